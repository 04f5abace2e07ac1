"""The planner as a policy: what it does with a price that will fall or rise, with a floor, and with odd products."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import replayed
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercast.orders import assumed, nodes
from ordercast.orders.nodes import price_nodes
from ordercast.orders.planner import Ahead, Planner, _prices
from ordercast.orders.policies import just_in_time
from ordercast.orders.replay import _state as state_of
from ordercast.orders.replay import opening_morning, opening_stock, replay
from ordercast.orders.world import View, World

DAYS, FIRST = 30, 30


def expecting(change_a_day: float, demand_units: float = 1.0) -> Callable[[View], Ahead]:
    """Prices that surely move by so much a day, relative to today's, for ten days, and certain demand."""

    def said(view: View) -> Ahead:
        path = (1 + change_a_day) ** np.minimum(np.arange(1, DAYS + 1), 10)
        price = view.today_price[:, None] * path
        mean = np.full((len(view.base_price), DAYS), demand_units)
        link = np.full((len(price), DAYS - 1), 0.9)
        return Ahead(
            p10=0.999 * price,
            p50=price,
            p90=1.001 * price,
            correlation=link,
            persistence=link,
            quote_due=np.ones(DAYS, dtype=bool),
            demand_mean=mean,
            demand_variance=0.01 * mean,
            demand_level_cv=np.zeros(len(mean)),
        )

    return said


def decided(world: World, policy: Planner) -> tuple[int, float]:
    stock = opening_stock(world, FIRST)
    view = world.view(FIRST, world.base_price(FIRST))
    series, units = policy.decide(view, state_of(world, stock.lots_units, stock.open_orders, FIRST))
    return int(series[0]), float(units[0])


@pytest.mark.parametrize(
    ("change_a_day", "on_hand", "low", "high"),
    [
        pytest.param(0.02, 12.0, 20, 60, id="before_a_rise_it_stocks_up"),
        pytest.param(-0.02, 12.0, 0, 0, id="before_a_fall_it_waits_while_the_stock_lasts"),
        pytest.param(-0.02, 2.0, 1, 8, id="before_a_fall_it_bridges_when_the_stock_does_not_last"),
        pytest.param(0.0, 12.0, 0, 0, id="at_a_standing_price_it_does_not_hurry"),
    ],
)
def test_the_forecast_times_the_purchase(change_a_day, on_hand, low, high):
    world = replayed.world(on_hand=on_hand, order_cost=0.1)
    _, units = decided(world, Planner(expecting(change_a_day)))
    assert low <= units <= high


def test_what_is_missing_to_the_reorder_point_is_bought_however_the_price_will_fall():
    world = replayed.world(on_hand=3.0, order_cost=0.1)
    floor = just_in_time(5.0)
    _, alone = decided(world, Planner(expecting(-0.02)))
    _, floored = decided(world, Planner(expecting(-0.02), floor))
    stock = opening_stock(world, FIRST)
    view = world.view(FIRST, world.base_price(FIRST))
    _, least = floor.decide(view, state_of(world, stock.lots_units, stock.open_orders, FIRST))
    assert floored == max(alone, float(least[0]))


@pytest.mark.parametrize(
    ("terms", "units"),
    [
        pytest.param({"order_cost": 0.1}, 10, id="no_more_than_is_missing_while_orders_cost_little"),
        pytest.param({"order_cost": 0.1, "pack_units": 6.0}, 12, id="whole_packs"),
        pytest.param({"order_cost": 0.1, "moq_units": 25.0}, 25, id="at_least_the_moq"),
        pytest.param({"order_cost": 0.1, "shelf_capacity_units": 12.0}, 9, id="what_the_shelf_takes"),
    ],
)
def test_what_the_floor_buys_before_a_fall(terms, units):
    """Three are there; a day takes one, and ten more are missing to a reorder point of thirteen."""
    nobody_late = np.zeros(1, dtype=bool)
    short = SimpleNamespace(
        decide=lambda view, state: _missing(view, state, 13.0), late=lambda view, state: nobody_late
    )
    world = replayed.world(on_hand=3.0, **terms)
    assert decided(world, Planner(expecting(-0.02), short)) == (0, units)


def _missing(view: View, state: Any, point: float) -> tuple[np.ndarray, np.ndarray]:
    pack, moq = view.terms.pack_units[0], view.terms.moq_units[0]
    wish = max(np.ceil((point - state.on_hand_units[0]) / pack) * pack, moq)
    room = np.floor(state.room_units[0] / pack) * pack
    return np.zeros(1, dtype=np.int64), np.array([min(wish, room)])


@pytest.mark.parametrize(
    ("on_hand", "supplier"),
    [
        pytest.param(1.0, "fast", id="what_comes_after_the_stock_has_run_out_is_no_floor"),
        pytest.param(31.0, "slow", id="in_time_the_cheap_one_may_be_slow"),
    ],
)
def test_the_floor_counts_no_order_that_comes_too_late(on_hand, supplier):
    """A lost unit is worth hardly more than its price, so that the programme alone would wait for the cheap one."""
    slow = replayed.world(demand=2.0, on_hand=on_hand, price=5.0, lead_time_days=15.0, unit_value=8.0, order_cost=1.0)
    fast = replayed.world(price=9.0, lead_time_days=1.0)
    names = ("product", *assumed.SUPPLIER_FIGURES, "tier_units", "tier_discount")
    both = {name: np.concatenate([getattr(slow.terms, name), getattr(fast.terms, name)]) for name in names}
    daily = ("unit_price", "quoted", "lead_days")
    of_days = {name: np.vstack([getattr(slow, name), getattr(fast, name)]) for name in daily}
    named = np.array(["slow", "fast"], dtype=object)
    world = replace(slow, supplier_ids=named, terms=replace(slow.terms, **both), **of_days)
    alone, floored = (decided(world, Planner(expecting(0.0, 2.0), floor)) for floor in (None, just_in_time(2.05)))
    assert named[alone[0]] == "slow"
    assert named[floored[0]] == supplier


def test_once_the_floor_makes_it_order_it_fills_up_where_orders_are_dear():
    """An order costs as much as holding ten units for a month does: two small ones are dearer than a large one."""
    world, floor = replayed.world(on_hand=2.0, order_cost=30.0), just_in_time(5.0)
    bare = decided(world, floor)
    alone = decided(world, Planner(expecting(0.0)))
    floored = decided(world, Planner(expecting(0.0), floor))
    assert floored[0] == 0
    assert floored[1] >= max(bare[1] * 2, alone[1])


@settings(max_examples=25, deadline=None)
@given(replayed.worlds(), st.integers(100, 199), st.sampled_from([1.0, 5.0]))
def test_the_floor_holds_in_any_world(world: World, day: int, factor: float):
    """At least what is missing, from the rule's supplier; else the programme's own order, unless it comes too late."""
    floor, seen = just_in_time(factor), []

    class Onlooker:
        name = "onlooker"

        def decide(self, view: View, state: Any) -> tuple[np.ndarray, np.ndarray]:
            both = (Planner(replayed.one_in_ten), floor, Planner(replayed.one_in_ten, floor))
            seen.append([*(each.decide(view, state) for each in both), floor.late(view, state)])
            return seen[-1][2]  # whole packs, at least the MOQ, never over the shelf: or the replay refuses it

    replay(world, Onlooker(), day, day)
    (alone, own), (rule, least), (series, units), late = seen[0]
    lead = world.terms.lead_time_days
    for product in range(world.products):
        slower = own[product] > 0 and lead[alone[product]] > lead[rule[product]]
        too_late = least[product] > 0 and slower and late[alone[product]]
        if own[product] >= least[product] and not too_late:
            assert (series[product], units[product]) == (alone[product], own[product])
        else:
            assert series[product] == rule[product]
            assert units[product] >= least[product]


@pytest.mark.parametrize(
    ("due", "before"),
    [
        pytest.param([1, 1, 1, 1, 1, 1], [0, 1, 2, 3, 4, 5], id="every_day"),
        pytest.param([0, 0, 1, 0, 0, 1], [2, 2, 2, 5, 5, 5], id="every_third_day"),
        pytest.param([1, 0, 0, 1, 0, 0], [0, 3, 3, 3, 5, 5], id="none_at_the_end"),
        pytest.param([0, 0, 0, 0, 0, 0], [5, 5, 5, 5, 5, 5], id="none_at_all"),
    ],
)
def test_what_is_ordered_until_a_quote_is_due_is_paid_as_on_the_day_before_it(due, before):
    world = replayed.world()
    view = world.view(FIRST, world.base_price(FIRST))
    p50 = 10 + np.arange(6.0)[None]
    ahead = replace(
        expecting(0.0)(view),
        p10=0.9 * p50,
        p50=p50,
        p90=1.2 * p50,
        correlation=np.array([[0.9, 0.5, 0.0, 1.0, 0.3]]),
        persistence=np.full((1, 5), 0.7),
        quote_due=np.array(due, dtype=bool),
    )
    price, paid, link = _prices(view, ahead, np.array([0]), 5, "next_quote")
    expected = nodes.paid_prices(price, nodes.links(ahead.correlation))
    for day in range(6):
        np.testing.assert_array_equal(paid[:, day], expected[:, before[day]])
    np.testing.assert_array_equal(link, nodes.links(ahead.persistence))
    _, seen, _ = _prices(view, ahead, np.array([0]), 5, "quote_seen")
    np.testing.assert_array_equal(seen, price[:, :6])


def test_a_price_that_stands_is_no_reason_to_hurry():
    """Prices rise on day 8 for good. Ordered today or on day 6, the same is paid: the next quote is the dear one."""

    def said(view: View) -> Ahead:
        ahead = expecting(0.0)(view)
        price = view.today_price[:, None] * np.where(np.arange(1, DAYS + 1) < 8, 1.0, 1.5)
        link = np.where(np.arange(1, DAYS) == 7, 0.0, 1.0)[None]
        weekly = replace(ahead, p10=price, p50=price, p90=price, correlation=link, persistence=link)
        return replace(weekly, quote_due=np.arange(1, DAYS + 1) == 8)

    def daily(view: View) -> Ahead:
        return replace(said(view), quote_due=np.ones(DAYS, dtype=bool))

    world = replayed.world(on_hand=20.0, order_cost=0.1)
    assert decided(world, Planner(said)) == (-1, 0.0)
    assert decided(world, Planner(said, execution="quote_seen"))[1] == 0  # nor today, while it stands
    assert decided(world, Planner(daily))[1] == 0  # nor where new quotes stay as they are until then
    near = replace(world, opening=replace(world.opening, on_hand_units=np.array([2.0])))
    assert decided(near, Planner(daily))[1] <= 8  # it will stock up on the last cheap day
    assert decided(near, Planner(said))[1] <= 8  # and where there is none, holding decides


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"demand": 0.0}, expecting(0.05, 0.0), id="nobody_wants_it"),
        pytest.param({"price": [*[10.0] * 5, *[np.nan] * 35]}, expecting(0.05), id="nobody_offers_it_any_more"),
        pytest.param({"shelf_capacity_units": 5.0}, expecting(0.05), id="the_shelf_is_full"),
    ],
)
def test_what_cannot_or_need_not_be_bought_is_not(change, told):
    assert decided(replayed.world(on_hand=5.0, **change), Planner(told)) == (-1, 0.0)


@pytest.mark.parametrize(
    ("due_in_days", "buys"),
    [
        pytest.param(1, False, id="due_tomorrow"),
        pytest.param(-7, False, id="a_week_late_it_is_expected_any_day"),
        pytest.param(-8, True, id="later_than_that_it_is_bought_again"),
    ],
)
def test_what_is_on_its_way_is_not_bought_twice(due_in_days, buys):
    world = replayed.world(on_hand=1.0, orders=[(25, due_in_days, 3)])
    assert (decided(world, Planner(expecting(0.0)))[1] > 0) == buys


@pytest.mark.parametrize("change_a_day", [0.02, 0.002, -0.02])
def test_nodes_that_are_brought_stand_for_those_of_the_quantiles(change_a_day):
    def bringing(view: View) -> Ahead:
        ahead = expecting(change_a_day)(view)
        return replace(
            ahead, nodes=price_nodes(view.today_price, ahead.p10, ahead.p50, ahead.p90)[:, 1:], p50=ahead.p90
        )

    world = replayed.world(on_hand=12.0, order_cost=0.1)
    assert decided(world, Planner(bringing)) == decided(world, Planner(expecting(change_a_day)))


def test_a_large_least_lot_is_worth_its_price_as_far_as_a_year_uses_it():
    """A lot of 250 days is no loss of what 120 days do not use; one of ten years is, and so is one that spoils."""

    def loss(**terms: float) -> float:
        view, state = opening_morning(replayed.world(10.0, 4.0, on_hand=8.0, order_cost=1.0, **terms))
        worked = Planner(expecting(0.0, 4.0)).work(view, state)
        return -worked.worth(view, np.zeros(1, dtype=np.int64), np.array([terms["moq_units"]]))[0][0]

    assert loss(moq_units=1000.0) < 0.1 * 10.0 * 1000
    assert loss(moq_units=14600.0) > 0.8 * 10.0 * (14600 - 365 * 4)
    assert loss(moq_units=1000.0, shelf_life_days=20.0) > 0.8 * 10.0 * 700


@pytest.mark.parametrize(("review_period_days", "hurries"), [(1, False), (7, True)])
def test_who_looks_seldom_orders_what_is_needed_until_the_next_look(review_period_days, hurries):
    """Stock for six days, a delivery in two and prices that fall: a daily look may wait, a weekly one may not."""
    world = replayed.world(10.0, on_hand=6.0, order_cost=0.1, review_period_days=review_period_days)
    view, state = opening_morning(world)
    worked = Planner(expecting(-0.2)).work(view, state)
    assert (worked.units[0] > 0) == hurries


def test_a_planner_is_named_by_its_settings_alone():
    assert repr(Planner(expecting(0.0), nodes=5)) == (
        "Planner(floor=None, nodes=5, execution='next_quote', name='planner', service_floor=None)"
    )
