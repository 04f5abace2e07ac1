"""The replay against a plain loop, its promises case by case, and what must hold in any world."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import replayed
from hypothesis import given, settings
from hypothesis import strategies as st
from replayed import POLICIES, AsTold, Noted

from ordercast.orders import accounts, cuts
from ordercast.orders.policies import ReorderPoint
from ordercast.orders.replay import Run, opening_morning, replay
from ordercast.orders.world import World

FIRST = 100  # of the random worlds, which have 200 days
NAMES = [policy.name for policy in POLICIES]
SLOW = settings(max_examples=25, deadline=None)


def told(script: dict[int, float], first: int = 10, last: int = 20, **world: Any) -> tuple[AsTold, Run, World]:
    policy, made = AsTold(script), replayed.world(**world)
    return policy, replay(made, policy, first, last), made


@SLOW
@given(replayed.worlds(), st.sampled_from(POLICIES))
def test_a_replay_is_what_a_plain_loop_makes_of_the_same_decisions(world: World, policy: Any) -> None:
    noted = Noted(policy)
    run = replay(world, noted, FIRST, world.days - 1)
    costs = accounts.account(world, run, "next_quote")
    for product in range(world.products):
        own = [(int(series[product]), float(units[product])) for series, units in noted.decisions]
        by_hand = replayed.by_hand(world, product, own, FIRST)
        for name, array in {
            "sold": run.sold_units,
            "spoiled": run.spoiled_units,
            "stock": run.stock_units,
            "holding": costs.holding,
            "lost": costs.lost,
            "order": costs.order,
            "paid": costs.purchase,
        }.items():
            np.testing.assert_allclose(array[product], by_hand[name], rtol=1e-9, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("policy", POLICIES, ids=NAMES)
def test_orders_are_placed_on_days_of_review_alone_and_cover_the_days_between(policy: Any) -> None:
    daily, weekly = (replay(replayed.world(review_period_days=each), policy, 10, 38) for each in (1, 7))
    assert set(weekly.orders.order_day.tolist()) <= {10, 17, 24, 31, 38}
    assert len(weekly.orders.order_day)
    assert weekly.sold_units[:, 10:].sum() == daily.sold_units[:, 10:].sum() == 19  # nothing is lost between two looks


@SLOW
@given(replayed.worlds(), st.integers(FIRST, 199))
@pytest.mark.parametrize("policy", POLICIES, ids=NAMES)
def test_what_comes_after_a_morning_moves_no_decision_up_to_it(policy: Any, world: World, day: int) -> None:
    other = replayed.corrupted(world, day)
    both = [Noted(policy), Noted(policy)]
    runs = [replay(each, noted, FIRST, day) for each, noted in zip((world, other), both, strict=True)]
    for left, right in zip(both[0].decisions, both[1].decisions, strict=True):
        np.testing.assert_array_equal(left[0], right[0])
        np.testing.assert_array_equal(left[1], right[1])
    np.testing.assert_array_equal(runs[0].stock_units[:, :-1], runs[1].stock_units[:, :-1])


def test_the_test_above_would_catch_a_policy_that_peeks() -> None:
    class Peeking(AsTold):
        def decide(self, view: Any, state: Any) -> tuple[np.ndarray, np.ndarray]:
            tomorrow = view.unit_price.base[0, view.day + 1]
            return np.zeros(1, dtype=np.int64), np.ceil([tomorrow])

    world = replayed.world()
    both = [Noted(Peeking({})) for _ in range(2)]
    for each, noted in zip((world, replayed.corrupted(world, 15)), both, strict=True):
        replay(each, noted, 10, 15)
    assert both[0].decisions[-1][1] != both[1].decisions[-1][1]


@SLOW
@given(replayed.worlds(), st.sampled_from(POLICIES))
def test_no_unit_is_lost_or_made_and_no_rule_is_broken(world: World, policy: Any) -> None:
    run = replay(world, policy, FIRST, world.days - 1)
    came = run.opening_units + run.received_units.sum(axis=1)
    went = run.sold_units.sum(axis=1) + run.spoiled_units.sum(axis=1) + run.closing.on_hand_units
    np.testing.assert_allclose(came, went, atol=1e-6)
    opening = np.bincount(world.opening.order_product, world.opening.order_units, minlength=world.products)
    ordered = np.bincount(run.orders.product, run.orders.units, minlength=world.products)
    np.testing.assert_allclose(opening + ordered, run.received_units.sum(axis=1) + run.closing.on_order_units)
    assert (run.sold_units <= run.demand_units).all()
    assert (run.stock_units >= 0).all()
    pack, moq = (getattr(world.terms, name)[run.orders.series] for name in ("pack_units", "moq_units"))
    assert (run.orders.units % pack == 0).all()
    assert (run.orders.units >= np.maximum(moq, 1)).all()
    assert world.orderable[run.orders.series, run.orders.order_day].all()
    overfull = np.maximum(run.opening_units + opening, world.terms.shelf_capacity_units)
    assert (run.stock_units <= overfull[:, None] + 1e-6).all()


@SLOW
@given(replayed.worlds(), st.sampled_from(POLICIES), st.sampled_from(["next_quote", "quote_seen"]))
def test_the_money_adds_up(world: World, policy: Any, execution: Any) -> None:
    run = replay(world, policy, FIRST, world.days - 1)
    costs = accounts.account(world, run, execution)
    table = costs.table(world.product_ids.tolist())
    parts = table[["purchase_cost", "holding_cost", "order_cost", "lost_cost"]].sum(axis=1)
    np.testing.assert_allclose(table["total_cost"], parts - table["end_credit"])
    np.testing.assert_allclose(costs.daily.sum(axis=1), costs.total + costs.opening_value, atol=1e-6)
    assert (costs.end_credit >= 0).all()
    paid = world.paid_price(execution)[run.orders.series, run.orders.order_day]
    due = [1 - replayed.discount(world, *each) for each in zip(run.orders.series, run.orders.units, strict=True)]
    assert table["purchase_cost"].sum() == pytest.approx((run.orders.units * paid * due).sum())


@pytest.mark.parametrize("policy", POLICIES, ids=NAMES)
def test_the_same_world_gives_the_same_run(policy: Any) -> None:
    runs = [replay(replayed.random_world(3, 3, 200), policy, FIRST, 199) for _ in range(2)]
    np.testing.assert_array_equal(runs[0].stock_units, runs[1].stock_units)


def test_views_end_today_and_cannot_be_written() -> None:
    policy, _, _ = told({}, first=10, last=12)
    for day, (view, state) in enumerate(zip(policy.views, policy.states, strict=True), start=10):
        assert view.unit_price.shape == view.quoted.shape == state.lots_units.shape == (1, day + 1)
        assert view.demand_units.shape == view.demand_known.shape == (1, day)
        assert view.dates[-1] == np.datetime64("2026-01-01") + day
        for array in (view.unit_price, view.demand_units, state.lots_units):
            with pytest.raises(ValueError, match="read-only"):
                array[0, 0] = 1.0


def test_weekly_sales_are_seen_once_the_week_is_over() -> None:
    policy, _, _ = told({}, first=10, last=15, demand_days=np.arange(replayed.DAYS) // 7 * 7)
    assert [view.demand_units.shape[1] for view in policy.views] == [7, 7, 7, 7, 14, 14]


@pytest.mark.parametrize(
    ("prices", "quoted_on", "next_quote", "quote_seen"),
    [
        pytest.param({10: 7, 11: 8}, 10, 8.0, 7.0, id="the_day_after"),
        pytest.param({10: 7, 15: 9}, 12, 9.0, 7.0, id="the_next_one_there_is"),
        pytest.param({10: 7, 24: 9}, 10, 9.0, 7.0, id="fourteen_days_later"),
        pytest.param({10: 7, 25: 9}, 10, 7.0, 7.0, id="none_in_fourteen_days_so_the_one_seen_stands"),
        pytest.param({10: 7}, 10, 7.0, 7.0, id="none_ever_again"),
    ],
)
def test_an_order_pays_the_next_published_quote(
    prices: dict[int, float], quoted_on: int, next_quote: float, quote_seen: float
) -> None:
    price = np.full(replayed.DAYS, np.nan)
    price[0] = 5.0
    price[list(prices)] = list(prices.values())
    _, run, world = told({quoted_on: 2.0}, price=price)
    assert accounts.account(world, run, "next_quote").purchase.sum() == 2 * next_quote
    assert accounts.account(world, run, "quote_seen").purchase.sum() == 2 * quote_seen


def test_no_order_on_a_quote_older_than_fourteen_days() -> None:
    price = np.full(replayed.DAYS, np.nan)
    price[[0, 5]] = 5.0
    told({19: 1.0}, price=price)
    with pytest.raises(
        ValueError, match=r"as_told, 2026-01-21, product P1: the quote is too old \(1 units, supplier F1"
    ):
        told({20: 1.0}, price=price)


@pytest.mark.parametrize(
    ("units", "terms", "message"),
    [
        pytest.param(3, {"pack_units": 2.0}, "not whole packs", id="half_a_pack"),
        pytest.param(2, {"moq_units": 3.0}, "less than the MOQ", id="under_the_moq"),
        pytest.param(-2, {"pack_units": 2.0, "moq_units": 0.0}, "less than the MOQ", id="negative"),
        pytest.param(6, {"shelf_capacity_units": 10.0}, "do not fit on the shelf", id="over_the_shelf"),
    ],
)
def test_an_order_nobody_would_take_is_refused(units: float, terms: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        told({10: units}, **terms)


def test_open_orders_take_room_on_the_shelf() -> None:
    policy, _, _ = told({10: 5.0}, last=11, demand=0.0, shelf_capacity_units=20.0)
    assert [state.room_units[0] for state in policy.states] == [15.0, 10.0]


def test_an_order_comes_on_the_morning_of_its_day_and_serves_it() -> None:
    _, run, _ = told({10: 6.0}, on_hand=0.0, demand=2.0)
    assert run.received_units[0].tolist()[:4] == [0, 0, 6, 0]
    assert run.sold_units[0].tolist()[:6] == [0, 0, 2, 2, 2, 0]


def test_without_a_lead_time_an_order_serves_the_same_day() -> None:
    _, run, _ = told({10: 6.0}, on_hand=0.0, demand=2.0, lead_time_days=0.0)
    assert run.sold_units[0].tolist()[:4] == [2, 2, 2, 0]


def test_a_late_order_is_seen_as_late_and_is_no_stock() -> None:
    policy, run, _ = told({}, on_hand=1.0, orders=[(50, -3, 4)])
    assert [state.on_hand_units[0] for state in policy.states[:6]] == [1, 0, 0, 0, 50, 49]
    assert run.sold_units[0].tolist()[:6] == [1, 0, 0, 0, 1, 1]
    first = policy.states[0]
    one, five = np.zeros(1, dtype=np.int64), np.array([5.0])
    assert first.order_due_day.tolist() == [7]
    assert first.due_within(one, five, patience_days=2).tolist() == [0]
    assert first.due_within(one, five, patience_days=3).tolist() == [50]


def test_orders_are_due_when_promised_whenever_they_come() -> None:
    lead = np.full((1, replayed.DAYS), 5)
    policy, run, _ = told({10: 3.0}, lead_time_days=1.5, lead_days=lead)
    assert [state.order_due_day.tolist() for state in policy.states[:7]] == [[], *[[12]] * 4, [], []]
    assert np.flatnonzero(run.received_units[0]).tolist() == [5]


@pytest.mark.parametrize(
    ("life", "spoiled"),
    [
        pytest.param(1.0, [4, 0, 2, 0], id="one_evening"),
        pytest.param(2.0, [0, 3, 0, 1], id="two"),
        pytest.param(np.inf, [0, 0, 0, 0], id="keeps"),
    ],
)
def test_goods_spoil_in_the_evening_of_their_last_day_the_oldest_sold_first(life: float, spoiled: list[float]) -> None:
    _, run, world = told({10: 3.0}, last=13, on_hand=5.0, demand=1.0, shelf_life_days=life)
    assert run.spoiled_units[0].tolist() == spoiled
    assert accounts.account(world, run, "next_quote").spoiled.sum() == 10 * sum(spoiled)


def test_a_run_goes_on_where_another_ended() -> None:
    world, policy = replayed.random_world(5, 3, 200), POLICIES[0]
    whole = replay(world, policy, FIRST, 180)
    first = replay(world, policy, FIRST, 140)
    rest = replay(world, policy, 141, 180, first.closing)
    np.testing.assert_allclose(np.column_stack([first.stock_units, rest.stock_units]), whole.stock_units)
    again = replay(world, policy, 141, 180, first.closing)
    np.testing.assert_array_equal(rest.stock_units, again.stock_units)


@pytest.mark.parametrize(("first", "last"), [(0, 5), (6, 5), (5, 40)])
def test_days_outside_the_world_are_refused(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="not within the world's 1 to 39"):
        told({}, first, last)


def test_a_product_nobody_quoted_before_is_refused_by_name() -> None:
    price = np.full(replayed.DAYS, np.nan)
    price[12:] = 5.0
    with pytest.raises(ValueError, match="product P1 has no quote in the year before 2026-01-11"):
        told({}, price=price)


def test_a_world_taken_apart_is_replayed_the_same() -> None:
    world = replayed.random_world(8, 4, 200)
    whole = replay(world, POLICIES[2], FIRST, 199)
    rows = np.array([0, 2, 3])
    part = replay(cuts.of_products(world, rows), POLICIES[2], FIRST, 199)
    np.testing.assert_array_equal(whole.stock_units[rows], part.stock_units)
    np.testing.assert_allclose(
        accounts.account(world, whole, "next_quote").total[rows],
        accounts.account(cuts.of_products(world, rows), part, "next_quote").total,
    )


@pytest.mark.parametrize(
    ("price", "value", "lost"),
    [
        pytest.param(10.0, np.nan, 15.0, id="half_more_than_the_usual_price"),
        pytest.param(10.0, 12.0, 12.0, id="the_unit_value"),
        pytest.param(
            np.r_[np.full(10, 10.0), np.full(30, 40.0)], 12.0, 40.0, id="never_less_than_the_price_of_the_day"
        ),
    ],
)
def test_a_lost_sale_costs_its_full_value(price: Any, value: float, lost: float) -> None:
    _, run, world = told({}, last=10, on_hand=0.0, demand=2.0, price=price, unit_value=value)
    assert accounts.account(world, run, "next_quote").lost.tolist() == [[2 * lost]]


@pytest.mark.parametrize(
    ("world", "credit"),
    [
        pytest.param({}, 40 * 10, id="at_its_price"),
        pytest.param({"on_hand": 5000.0}, 60 * 2 * 10, id="sixty_days_at_most"),
        pytest.param({"on_hand": 5000.0, "shelf_life_days": 30.0}, 30 * 2 * 10, id="what_is_used_before_it_spoils"),
        pytest.param({"price": np.r_[np.full(19, 10.0), np.full(21, 4.0)]}, 40 * 4, id="at_the_last_price_if_lower"),
        pytest.param({"price": np.r_[np.full(20, 10.0), np.full(20, 31.0)]}, 40 * 11, id="at_the_mean_if_lower"),
    ],
)
def test_stock_at_the_end_is_credited_conservatively(world: dict[str, Any], credit: float) -> None:
    """Of 62 units on hand or on order, 2 are sold on each of 11 days."""
    script = {} if "on_hand" in world else {20: 10.0}
    _, run, made = told(script, **{"on_hand": 52.0, "demand": 2.0} | world)
    assert accounts.account(made, run, "next_quote").end_credit.tolist() == pytest.approx([credit])


def test_holding_is_paid_for_what_stands_there_in_the_evening() -> None:
    _, run, world = told({}, last=12, on_hand=5.0, demand=1.0)
    np.testing.assert_allclose(accounts.account(world, run, "next_quote").holding, [[0.04, 0.03, 0.02]])


def test_buying_early_at_the_usual_price_costs_nothing_on_its_day() -> None:
    _, run, world = told({10: 30.0}, on_hand=20.0, holding_rate_per_year=0.0, order_cost=0.0)
    daily = accounts.account(world, run, "next_quote").daily
    np.testing.assert_allclose(daily, 10.0)  # a unit sold a day, worth 10


def test_stock_left_over_is_used_up_under_the_rule_that_comes_after() -> None:
    erp = POLICIES[0]
    world = replayed.world(demand=1.0, on_hand=30.0)
    hoarder = replay(world, AsTold({20: 40.0}), 10, 25)
    frugal = replay(world, AsTold({}), 10, 25)
    totals = [accounts.run_out_total(world, run, erp, "next_quote")[0] for run in (hoarder, frugal)]
    longer = cuts.extended(world, 120)
    assert longer.days == 160
    assert longer.quoted[:, 40:].all()
    assert longer.cheapest_price[0, -1] == 10.0
    # 40 units at 10 are used later: what remains is an order more or less, and holding some of them for a while.
    assert abs(totals[0] - totals[1]) < 25


def test_the_extended_world_repeats_demand_on_the_same_weekdays() -> None:
    longer = cuts.extended(replayed.world(demand=np.arange(40.0)), 9)
    assert longer.demand_units[0, 40:].tolist() == [33, 34, 35, 36, 37, 38, 39, 33, 34]
    assert (np.diff(longer.dates).astype(int) == 1).all()


def test_the_rule_that_would_have_cost_least_is_taken() -> None:
    world = replayed.world()
    candidates = [AsTold({}, "nothing"), AsTold({20: 10.0}, "once"), AsTold({20: 10.0, 21: 10.0, 22: 20.0}, "thrice")]
    assert accounts.tuned(world, candidates, 10, 30, "next_quote").name == "once"


def test_tuning_sees_nothing_of_what_comes_after_it() -> None:
    price = np.full(replayed.DAYS, 10.0)
    price[31:] = 1000.0  # what an order of day 30 would pay at the next quote
    world = replayed.world(price=price, order_cost=0.0, lead_time_days=0.0)
    candidates = [AsTold({}, "loses_a_sale"), AsTold({30: 1.0}, "buys")]
    assert accounts.tuned(world, candidates, 10, 30, "next_quote").name == "buys"


@SLOW
@given(replayed.worlds(days=60))
def test_the_cheapest_price_is_that_of_the_suppliers_who_quoted_lately(world: World) -> None:
    for product in range(world.products):
        lowest = np.nan
        for day in range(world.days):
            offers = [
                world.unit_price[series, day]
                for series in np.flatnonzero(world.terms.product == product)
                if world.quoted[series, max(day - 14, 0) : day + 1].any()
            ]
            lowest = min(offers) if offers else lowest
            np.testing.assert_equal(world.cheapest_price[product, day], lowest)


def test_the_usual_price_is_the_median_of_the_year_before() -> None:
    world = replayed.world(price=np.arange(1.0, 41.0))
    assert world.base_price(9).tolist() == [5.0]  # of 1 to 9: today's quote is not in it


def test_chance_is_the_same_for_every_policy() -> None:
    world = replayed.random_world(4, 2, 200)
    for policy in POLICIES:
        run = replay(world, policy, FIRST, 199)
        lead = world.lead_days[run.orders.series, run.orders.order_day]
        np.testing.assert_array_equal(run.orders.arrive_day - run.orders.order_day, lead)


def test_a_changed_world_keeps_nothing_of_the_old_one() -> None:
    world = replayed.world()
    assert world.cheapest_price[0, 0] == 10.0
    assert replace(world, unit_price=world.unit_price * 2).cheapest_price[0, 0] == 20.0


@pytest.mark.parametrize(
    ("orders", "expected", "room"),
    [
        pytest.param([], 0.0, 95.0, id="nothing_is_on_order"),
        pytest.param([(3, 0, 0), (4, 9, 9)], 7.0, 88.0, id="due_today_or_later"),
        pytest.param([(3, -7, 2), (4, 9, 9)], 7.0, 88.0, id="overdue_by_a_week_it_is_expected_any_day"),
        pytest.param([(3, -8, 2), (4, 9, 9)], 4.0, 88.0, id="overdue_for_longer_it_takes_room_but_is_not_counted_on"),
    ],
)
def test_the_last_morning_opens_with_stock_and_orders_of_today(orders: Any, expected: float, room: float) -> None:
    world = replayed.world(on_hand=5.0, orders=orders, shelf_capacity_units=100.0)
    view, state = opening_morning(world)
    assert view.day == state.day == world.days - 1
    assert state.on_hand_units.tolist() == [5.0]
    assert state.expected_units.tolist() == [expected]
    assert state.room_units.tolist() == [room]


def test_a_product_nobody_quoted_for_a_year_has_no_morning() -> None:
    with pytest.raises(ValueError, match="product P1 has no quote in the year before"):
        opening_morning(replayed.world([*[np.nan] * 39, 10.0]))


@SLOW
@given(replayed.worlds(days=120))
def test_a_reorder_point_is_where_the_rule_begins_to_order(world: World) -> None:
    """An order of a rule without open orders: where stock is at the point of some supplier on offer, and only there."""
    rule = ReorderPoint(2.05)
    view, state = opening_morning(world)
    point = rule.reorder_points(view)
    series, units = rule.decide(view, state)
    bought = series[units > 0]
    of = world.terms.product[bought]
    lead = world.terms.lead_time_days[bought] + 1
    position = state.on_hand_units[of] + state.due_within(of, lead, rule.patience_days)
    assert (np.round(position, 6) <= point[bought]).all()
    assert (point >= 0).all()
    assert (ReorderPoint(4.0).reorder_points(view) >= point).all()
