"""What the moment of a purchase may win or lose: days it could wait, chances of regret, and how often it came so."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import replayed
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercast.orders import timing
from ordercast.orders.planner import Ahead, Planner, Worked
from ordercast.orders.replay import opening_morning, replay
from ordercast.orders.timing import (
    LEAST_ORDERS,
    NO_CORRECTION,
    Recorded,
    bins,
    calibration_error,
    corrected,
    of_trusted,
)
from ordercast.orders.world import World

RECORD_DAYS = 20, 38


def bought(world: World, units: float, **prices: float) -> timing.Timing:
    """The timing of so many units ordered on the world's last morning; prices: p10, p50, p90 of every later day."""
    view, state = opening_morning(world)
    said = replayed.one_in_ten(view)
    said = replace(said, **{name: np.full_like(said.p50, price) for name, price in prices.items()})
    series = np.array([0 if units else -1])
    worked = Worked(
        np.zeros(1, dtype=np.int64),
        said,
        [],
        series,
        np.array([units]),
        np.zeros(1, dtype=bool),
        np.ones(1, dtype=bool),
    )
    return timing.timing(view, state, worked, "quote_seen")


@pytest.mark.parametrize("seed", range(4))
def test_who_waits_is_compared_with_prices_of_his_own(seed: int):
    world = replayed.random_world(seed, 5, 80)
    view, state = opening_morning(world)
    said = replayed.one_in_ten(view)
    offers, nobody = np.flatnonzero(view.orderable), np.full(5, -1)
    worked = Worked(offers, said, [], nobody, np.zeros(5), np.zeros(5, dtype=bool), np.ones(len(offers), dtype=bool))
    told = timing.timing(view, state, worked, "quote_seen")
    for p in np.unique(world.terms.product[offers]):
        own = offers[world.terms.product[offers] == p]
        cheapest = own[np.argmin(view.today_price[own])]
        assert told.low[p] in said.p10[cheapest]
        assert told.high[p] in said.p90[cheapest]
    assert not told.wait_days.any()
    assert not told.regret.any()


@pytest.mark.parametrize(
    ("change", "units", "wait_days", "early_units", "regret"),
    [
        pytest.param({"on_hand": 0.0}, 3.0, 0, 0.0, 0.0, id="needed_at_once_cannot_be_regretted"),
        pytest.param({"on_hand": 2.0}, 1.0, 0, 0.0, 0.0, id="stock_that_ends_with_the_delivery_calls_for_it_now"),
        pytest.param({"on_hand": 5.0}, 0.0, 0, 0.0, 0.0, id="nothing_is_bought"),
        pytest.param({"on_hand": 0.0, "orders": [(9, 8, 8)]}, 4.0, 1, 1.0, 0.496, id="an_order_that_comes_too_late"),
        pytest.param({"on_hand": 6.0, "review_period_days": 3}, 4.0, 3, 4.0, 0.496, id="seldom_looked_at"),
        pytest.param({"on_hand": 5.0}, 4.0, 4, 4.0, 0.496, id="all_could_wait"),
        pytest.param({"on_hand": 1.0}, 4.0, 1, 2.0, 0.496, id="half_could_wait"),
        pytest.param({"on_hand": 0.0, "orders": [(5, 1, 1)]}, 4.0, 4, 4.0, 0.496, id="units_on_order_count_as_stock"),
        pytest.param(
            {"on_hand": 1.0, "orders": [(9, -8, 2)]}, 4.0, 1, 2.0, 0.496, id="an_order_long_overdue_is_not_awaited"
        ),
    ],
)
def test_what_could_have_waited_and_the_chance_of_regret(change, units, wait_days, early_units, regret):
    told = bought(replayed.world(**change), units)
    assert told.wait_days.tolist() == [wait_days]
    assert told.early_units.tolist() == [early_units]
    assert told.regret.tolist() == pytest.approx([regret], abs=1e-6)


def test_the_cost_of_a_unit_holds_it_until_the_later_day():
    told = bought(replayed.world(10.0, on_hand=5.0, holding_rate_per_year=0.365), 4.0)
    assert told.unit_cost.tolist() == pytest.approx([10.0 + 4 * 0.001 * 10.0])


@pytest.mark.parametrize(
    ("prices", "regret"),
    [
        pytest.param({"p10": 19.9, "p50": 20.0, "p90": 20.1}, 0.0, id="before_a_sure_rise"),
        pytest.param({"p10": 4.9, "p50": 5.0, "p90": 5.1}, 1.0, id="before_a_sure_fall"),
        pytest.param({"p10": 10.0, "p50": 10.0, "p90": 10.0}, 0.0, id="before_a_price_that_stands"),
    ],
)
def test_a_sure_price_is_regretted_surely_or_never(prices, regret):
    assert bought(replayed.world(on_hand=5.0), 4.0, **prices).regret.tolist() == [regret]


@given(world=replayed.worlds(days=60), units=st.integers(0, 60))
@settings(max_examples=25)
def test_chances_days_and_units_stay_in_their_bounds(world, units):
    view, state = opening_morning(world)
    worked = Planner(replayed.one_in_ten).work(view, state)
    of = np.where(worked.series >= 0, worked.series, -1)
    worked = replace(worked, units=np.where(of >= 0, np.maximum(units, 1.0), 0.0))
    told = timing.timing(view, state, worked, "next_quote")
    days = worked.ahead.demand_mean.shape[1]
    assert ((told.wait_days >= 0) & (told.wait_days <= days)).all()
    assert ((told.early_units >= 0) & (told.early_units <= worked.units)).all()
    assert ((told.regret >= 0) & (told.regret <= 1)).all()
    assert (told.regret[told.wait_days == 0] == 0).all()
    paid = timing.expected_paid(view, worked.ahead, "next_quote")[np.maximum(of, 0)]
    paid = paid * (1 - world.terms.discount(np.maximum(of, 0), worked.units))
    assert (told.unit_cost[of >= 0] >= paid[of >= 0]).all()


@pytest.mark.parametrize(
    ("due", "execution", "paid"),
    [
        pytest.param([True, True, True], "quote_seen", 10.0, id="todays_quote"),
        pytest.param([True, True, True], "next_quote", 11.0, id="tomorrows"),
        pytest.param([False, False, True], "next_quote", 13.0, id="the_next_weekly_quote"),
        pytest.param([False, False, False], "next_quote", 13.0, id="no_quote_is_due"),
    ],
)
def test_the_price_an_order_of_today_is_expected_to_cost(due, execution, paid):
    view, _ = opening_morning(replayed.world(10.0))
    ahead = replace(
        replayed.one_in_ten(view), p50=np.array([[11.0, 12.0, 13.0]]), quote_due=np.array(due, dtype=np.bool_)
    )
    assert timing.expected_paid(view, ahead, execution).tolist() == [paid]


@pytest.mark.parametrize(
    ("due", "execution", "charged"),
    [
        pytest.param([True, True, True], "quote_seen", [-1, 0, 1, 2], id="the_quote_of_the_day"),
        pytest.param([False, False, True], "quote_seen", [-1, 0, 1, 2], id="which_stands_until_the_next"),
        pytest.param([True, True, True], "next_quote", [0, 1, 2, 2], id="tomorrows"),
        pytest.param([False, True, False], "next_quote", [1, 1, 2, 2], id="a_quote_of_every_other_day"),
    ],
)
def test_the_quote_that_an_order_of_each_day_pays(due, execution, charged):
    view, _ = opening_morning(replayed.world(10.0))
    ahead = replace(replayed.one_in_ten(view), quote_due=np.array(due, dtype=np.bool_))
    assert timing.charged_at(ahead, execution).tolist() == charged


@pytest.mark.parametrize(
    ("later", "spread", "due", "regret"),
    [
        pytest.param(9.0, 0.001, np.arange(20) >= 0, 1.0, id="before_a_fall"),
        pytest.param(10.0, 0.001, np.arange(20) >= 0, 0.0, id="before_a_price_that_stands"),
        pytest.param(11.0, 0.001, np.arange(20) >= 0, 0.0, id="before_a_rise"),
        pytest.param(10.0, 2.0, np.arange(20) >= 0, 0.498, id="before_anything"),
        pytest.param(10.0, 2.0, np.arange(20) == 9, 0.0, id="no_new_quote_until_then"),
    ],
)
def test_regret_is_of_the_quote_that_the_later_day_pays(later, spread, due, regret):
    """Stock calls for it in four days: today's order pays the quote of day 1, that of day 4 the quote of day 5."""
    view, state = opening_morning(replayed.world(on_hand=5.0))
    price = np.where(np.arange(1, 21) < 5, 10.0, later)[None]
    said = replace(
        replayed.one_in_ten(view), p10=price - spread, p50=price, p90=price + spread, quote_due=np.asarray(due)
    )
    one, nobody = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=bool)
    worked = Worked(one, said, [], one, np.array([4.0]), nobody, ~nobody)
    told = timing.timing(view, state, worked, "next_quote")
    assert (told.wait_days.tolist(), told.middle.tolist()) == ([4], [later])
    assert told.regret.tolist() == pytest.approx([regret])


def recorded(price: Any, said: Any = replayed.one_in_ten, first: int = RECORD_DAYS[0]) -> pd.DataFrame:
    """What a planner promised and got that pays the quotes it sees, demand being 1 a day."""
    world = replayed.world(price, on_hand=12.0, order_cost=0.5)
    planner = Recorded(Planner(said, execution="quote_seen"))
    replay(world, planner, first, RECORD_DAYS[1])
    return planner.promises(world)


def expecting(factor: float) -> Any:
    def said(view: Any) -> Ahead:
        ahead = replayed.one_in_ten(view)
        return replace(ahead, **{name: factor * getattr(ahead, name) for name in ("p10", "p50", "p90")})

    return said


@pytest.mark.parametrize(
    ("path", "regretted"),
    [
        pytest.param([*[10.0] * 22, *[5.0] * 18], 1.0, id="the_price_fell"),
        pytest.param([*[10.0] * 22, *[20.0] * 18], 0.0, id="the_price_rose"),
    ],
)
def test_promises_are_held_beside_the_price_truly_paid_later(path, regretted):
    told = recorded(path, expecting(1.3))
    early = told[(told["day"] < 22) & (told["day"] + told["wait_days"] >= 22)]
    assert len(early)
    assert (early["regretted"] == regretted).all()
    held = 0.001 * 10.0 * early["wait_days"]
    expected = early["early_units"] * (path[-1] - 10.0 - held)
    assert early["saving"].tolist() == pytest.approx(expected.tolist())
    assert early["promised"].tolist() == pytest.approx((early["early_units"] * (13.0 - 10.0 - held)).tolist())


def test_orders_whose_later_day_lies_beyond_the_world_are_left_out():
    told = recorded(10.0, expecting(1.3))
    assert (told["day"] + told["wait_days"] < replayed.DAYS).all()
    late = recorded(10.0, expecting(1.3), first=36)
    assert late.empty
    assert list(late.columns) == list(told.columns)


def test_a_planner_that_was_never_asked_promised_nothing():
    late = replayed.world(
        price=[*[np.nan] * 20, *[10.0] * 20]
    )  # without a price in the first year there is no usual one
    told = Recorded(Planner(replayed.one_in_ten)).promises(late)
    assert told.empty
    assert {"regret", "regretted", "saving", "promised"} <= set(told.columns)


def test_a_planner_that_is_recorded_decides_as_ever():
    world = replayed.random_world(3, 4, 80)
    planner = Planner(replayed.one_in_ten)
    assert Recorded(planner).name == planner.name
    alone, noted = (replay(world, each, 40, 60).orders for each in (planner, Recorded(planner)))
    assert alone.units.tolist() == noted.units.tolist()


def chances(promised: list[float], regretted: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"regret": promised, "regretted": regretted})


def test_fewer_orders_than_two_bins_take_correct_nothing():
    few = 2 * LEAST_ORDERS - 1
    assert corrected(chances([0.5] * few, [1.0] * few)) is NO_CORRECTION
    assert NO_CORRECTION(np.array([0.0, 0.3, 1.0])).tolist() == [0.0, 0.3, 1.0]


def test_what_was_always_promised_becomes_what_came():
    learned = corrected(chances([0.5] * 120, [1.0] * 30 + [0.0] * 90))
    assert learned(np.array([0.0, 0.5, 1.0])).tolist() == [0.25, 0.25, 0.25]


def test_each_promise_becomes_what_came_of_such():
    learned = corrected(chances([0.2] * 100 + [0.8] * 100, [0.0] * 100 + [1.0] * 50 + [0.0] * 50))
    assert learned(np.array([0.2, 0.8])) == pytest.approx([0.0, 0.5])


def test_a_correction_is_that_of_bins_of_as_many_orders_that_rise():
    """Of 150 orders three bins of 50: the first two of which came the wrong way round share what came of both."""
    rng = np.random.default_rng(3)
    promised = np.concatenate([rng.uniform(low, low + 0.1, 50) for low in (0.1, 0.4, 0.8)])
    came = np.concatenate([np.arange(50) < count for count in (20, 10, 40)]).astype(float)
    order = rng.permutation(150)
    learned = corrected(chances(promised[order].tolist(), came[order].tolist()))
    middle = [promised[part].mean() for part in np.split(np.arange(150), 3)]
    assert learned.promised == pytest.approx(middle)
    assert learned.true == pytest.approx([0.3, 0.3, 0.8])
    assert learned(np.array([0.0, (middle[1] + middle[2]) / 2, 1.0])) == pytest.approx([0.3, 0.55, 0.8])


def test_only_what_was_promised_for_trusted_products_is_kept():
    notes = chances([0.1, 0.2, 0.3], [0.0, 1.0, 0.0]).assign(product=[0, 2, 1])
    assert of_trusted(notes, np.array([True, False, True]))["regret"].tolist() == [0.1, 0.2]


@given(st.integers(0, 2**32 - 1), st.integers(LEAST_ORDERS, 200))
@settings(max_examples=25)
def test_a_correction_rises_and_gives_chances(seed, orders):
    rng = np.random.default_rng(seed)
    learned = corrected(chances(rng.random(orders).tolist(), rng.integers(0, 2, orders).astype(float).tolist()))
    true = learned(np.linspace(0, 1, 101))
    assert (np.diff(true) >= 0).all()
    assert ((true >= 0) & (true <= 1)).all()


def test_bins_and_their_error_on_a_table_by_hand():
    table = bins(np.array([0.05, 0.07, 0.15, 1.0]), np.array([0.0, 1.0, 0.0, 1.0]))
    assert table.index.tolist() == [0, 1, 9]
    assert table["promised"].tolist() == pytest.approx([0.06, 0.15, 1.0])
    assert table["realised"].tolist() == [0.5, 0.0, 1.0]
    assert table["orders"].tolist() == [2, 1, 1]
    assert calibration_error([table]) == pytest.approx((2 * 0.44 + 0.15 + 0.0) / 4)
    assert calibration_error([table, table]) == pytest.approx(calibration_error([table]))


def test_no_order_at_all_has_no_error():
    assert np.isnan(calibration_error([bins(np.zeros(0), np.zeros(0))]))
