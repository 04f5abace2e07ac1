"""Perfect foresight against all plans of tiny worlds, against every policy on larger ones, and case by case."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import replayed
from hypothesis import given, settings
from hypothesis import strategies as st
from replayed import POLICIES

from benchmarks import worlds
from ordercast.orders import accounts, clairvoyant
from ordercast.orders.clairvoyant import Clairvoyant
from ordercast.orders.replay import Run, replay
from ordercast.orders.world import Execution, Opening, World

FIRST, LAST = 12, 16  # of the tiny worlds
SLOW = settings(max_examples=40, deadline=None)
EXECUTIONS = st.sampled_from(["next_quote", "quote_seen"])


def tiny(seed: int, **terms: Any) -> World:
    """A product of one or two suppliers for five days, few units, a shelf for seven; `terms` are set for all.

    Half of the series take something off orders of so many units.
    """
    rng = np.random.default_rng(seed)
    made = replayed.random_world(seed, 1, LAST + 8)
    series = int(rng.integers(1, 3))
    rows = np.resize(np.arange(len(made.supplier_ids)), series)
    drawn = {
        "moq_units": rng.integers(1, 5, series),
        "pack_units": rng.integers(2, 4, series),
        "order_cost": rng.choice([0.0, 1.0, 6.0], series),
        "lead_time_days": np.full(series, 2.0),
        "lead_time_sd_days": np.ones(series),
        "holding_rate_per_year": rng.choice([0.2, 20.0], 1),
        "shelf_capacity_units": np.array([7.0]),
        "shelf_life_days": rng.choice([2.0, 3.0, np.inf], 1),
        "unit_value": rng.choice([np.nan, 12.0], 1),
    }
    changed = {name: np.full(len(drawn[name]), value) for name, value in terms.items() if name in drawn}
    filled = {name: np.asarray(value, dtype=float) for name, value in (drawn | changed).items()}
    tiers = np.random.default_rng([seed, 2])
    filled["tier_units"] = np.where(tiers.random((series, 1)) < 0.5, tiers.integers(3, 7, (series, 1)), np.inf)
    filled["tier_discount"] = np.where(np.isfinite(filled["tier_units"]), tiers.uniform(0, 0.4, (series, 1)), 0.0)
    orders = int(rng.integers(0, 3))
    none = np.zeros(orders, dtype=np.int64)
    lead = rng.integers(0, 4, (series, made.days))
    return replace(
        made,
        supplier_ids=made.supplier_ids[rows],
        terms=replace(made.terms, product=np.zeros(series, dtype=np.int64), **filled),
        unit_price=made.unit_price[rows] * rng.uniform(0.6, 1.4, (series, made.days)),
        quoted=made.quoted[rows],
        demand_units=rng.integers(0, 4, (1, made.days)).astype(float),
        lead_days=np.full_like(lead, terms["lead"]) if "lead" in terms else lead,
        opening=Opening(
            rng.integers(0, 5, 1).astype(float), none, none - 1, none + 2.0, none, rng.integers(0, 4, orders)
        ),
    )


def cheapest(world: World, execution: Execution) -> float:
    """The cost of the best of all plans, each day told in crates of (day of arrival, units)."""
    terms, opening = world.terms, world.opening
    base = world.base_price(FIRST)
    held = float(base[0] * terms.holding_rate_per_year[0] / 365)
    value = 1.5 * float(base[0]) if math.isnan(terms.unit_value[0]) else float(terms.unit_value[0])
    year = world.cheapest_price[0, max(LAST - 364, 0) : LAST + 1]
    worth = min(float(np.nanmean(year)), float(year[-1]))
    used = world.demand_units[0, FIRST : LAST + 1].mean() * min(60, terms.shelf_life_days[0])
    worth *= 1 - max(replayed.discount(world, series, used) for series in range(len(terms.product)))
    paid = world.paid_price(execution)

    def from_morning(day: int, crates: list[tuple[int, float]], lorries: list[tuple[int, float]]) -> float:
        if day > LAST:
            return -worth * min(sum(units for _, units in crates + lorries), used)
        crates = crates + [each for each in lorries if each[0] <= day]
        lorries = [each for each in lorries if each[0] > day]
        room = terms.shelf_capacity_units[0] - sum(units for _, units in crates + lorries)
        costs = [rest_of(day, crates, lorries)]
        for series in np.flatnonzero(world.orderable[:, day]):
            pack, units = terms.pack_units[series], 0.0
            while (units := units + pack) <= room:
                if units >= terms.moq_units[series]:
                    load = (day + int(world.lead_days[series, day]), units)
                    due = (1 - replayed.discount(world, series, units)) * units
                    cost = terms.order_cost[series] + due * paid[series, day]
                    costs.append(cost + rest_of(day, crates, [*lorries, load]))
        return float(min(costs))

    def rest_of(day: int, crates: list[tuple[int, float]], lorries: list[tuple[int, float]]) -> float:
        crates = sorted(crates + [(day, units) for arrives, units in lorries if arrives == day])
        lorries = [each for each in lorries if each[0] != day]
        wanted, kept = float(world.demand_units[0, day]), []
        for arrived, units in crates:
            taken = min(units, wanted)
            wanted -= taken
            if units > taken and day - arrived + 1 < terms.shelf_life_days[0]:
                kept.append((arrived, units - taken))
        lost = wanted * max(value, float(world.cheapest_price[0, day]))
        return lost + held * sum(units for _, units in kept) + from_morning(day + 1, kept, lorries)

    lorries = [
        (FIRST + int(day), float(units))
        for day, units in zip(opening.order_arrives_in_days, opening.order_units, strict=True)
    ]
    return from_morning(FIRST, [(FIRST, float(opening.on_hand_units[0]))], lorries)


def lived(world: World, first: int, last: int, execution: Execution = "next_quote") -> tuple[Clairvoyant, Run, float]:
    """The clairvoyant, its run and what that cost."""
    policy = Clairvoyant(world, first, last, execution)
    run = replay(world, policy, first, last)
    return policy, run, float(accounts.account(world, run, execution).total.sum())


@SLOW
@given(st.integers(0, 2**32 - 1), EXECUTIONS)
def test_no_plan_is_below_the_bound_and_none_of_its_own_below_the_best(seed: int, execution: Execution) -> None:
    world = tiny(seed)
    policy, _, cost = lived(world, FIRST, LAST, execution)
    best = cheapest(world, execution)
    assert policy.bound[0] <= best + 1e-9
    assert best <= cost + 1e-9


@SLOW
@given(st.integers(0, 2**32 - 1), EXECUTIONS)
def test_where_nothing_is_under_way_and_nothing_spoils_it_is_the_best_of_all_plans(
    seed: int, execution: Execution
) -> None:
    world = tiny(seed, lead=0, shelf_life_days=np.inf)
    world = replace(world, opening=replace(world.opening, order_units=0 * world.opening.order_units))
    policy, _, cost = lived(world, FIRST, LAST, execution)
    best = cheapest(world, execution)
    assert policy.plan.cost[0] <= best + 1e-9  # two suppliers on one day would be cheaper still
    if len(world.supplier_ids) == 1:
        assert [policy.bound[0], policy.plan.cost[0], cost] == pytest.approx([best] * 3)


def test_on_most_tiny_worlds_it_is_the_best_of_all_plans() -> None:
    """A shelf for seven units, three asked for a day and up to three days under way: as hard as it can be."""
    found = [(lived(tiny(seed), FIRST, LAST)[2], cheapest(tiny(seed), "next_quote")) for seed in range(60)]
    cost, best = np.array(found).T
    assert (cost < best + 1e-6).mean() >= 0.8


@SLOW
@given(replayed.worlds(products=2, days=160), st.sampled_from(POLICIES), EXECUTIONS)
def test_no_policy_costs_less_than_the_bound(world: World, policy: Any, execution: Execution) -> None:
    clairvoyant, run, _ = lived(world, 100, 159, execution)
    bound = clairvoyant.bound
    for each in (run, replay(world, policy, 100, 159)):
        assert (accounts.account(world, each, execution).total >= bound - 1e-6 * (1 + np.abs(bound))).all()


RISE, FALL = (np.where(np.arange(replayed.DAYS) < 20, 10.0, later) for later in (20.0, 5.0))


@pytest.mark.parametrize(
    ("world", "orders"),
    [
        pytest.param({"price": RISE, "on_hand": 8.0}, {16: 73}, id="stocks_up_before_a_rise_when_the_stock_runs_out"),
        pytest.param({"price": FALL, "on_hand": 13.0}, {21: 8}, id="waits_for_a_fall"),
        pytest.param({"price": FALL, "on_hand": 5.0}, {13: 6, 19: 10}, id="bridges_the_time_until_a_fall"),
        pytest.param({"price": RISE, "on_hand": 8.0, "pack_units": 6.0}, {16: 72}, id="in_whole_packs"),
        pytest.param({"moq_units": 30.0, "unit_value": 99.0}, {13: 30}, id="no_less_than_the_moq"),
        pytest.param({"tiers": {40: 0.4}, "on_hand": 8.0}, {16: 40}, id="enough_for_a_discount"),
        pytest.param({"tiers": {40: 0.01}, "on_hand": 8.0}, {16: 13}, id="no_more_for_a_discount_that_is_none"),
        pytest.param({"moq_units": 90.0}, {}, id="nothing_where_the_moq_is_more_than_it_is_worth"),
        pytest.param(
            {"price": RISE, "on_hand": 10.0, "shelf_capacity_units": 12.0}, {18: 10}, id="no_more_than_the_shelf_takes"
        ),
        pytest.param(
            {"price": RISE, "on_hand": 5.0, "shelf_life_days": 5.0, "order_cost": 0.1},
            {13: 5, 18: 5},  # and at 20 a unit is worth no more than its price
            id="no_more_than_is_used_before_it_spoils",
        ),
        pytest.param({"price": RISE, "on_hand": 8.0, "lead_time_days": 6.0}, {12: 73}, id="a_lead_time_ahead"),
        pytest.param(
            {"on_hand": 2.0, "lead_days": np.full((1, 40), 5)}, {10: 16}, id="it_knows_which_order_comes_late"
        ),
        pytest.param({"price": RISE, "on_hand": 2.0, "orders": [(30, 3, 1)]}, {18: 49}, id="open_orders_come_first"),
        pytest.param({"demand": 0.0}, {}, id="nobody_wants_it"),
        pytest.param({"price": [*[10.0] * 5, *[np.nan] * 35], "on_hand": 8.0}, {16: 13}, id="while_it_is_offered"),
    ],
)
def test_it_orders(world: dict[str, Any], orders: dict[int, float]) -> None:
    """A unit is asked for a day, and at the end one more is worth its price for up to sixty days of that."""
    policy, run, cost = lived(replayed.world(**world), 10, 30)
    placed = dict(zip(run.orders.order_day.tolist(), run.orders.units.tolist(), strict=True))
    assert placed == orders
    assert [policy.plan.cost[0], policy.bound[0]] == pytest.approx([cost, cost])


def test_half_units_are_as_exact_as_whole_ones() -> None:
    whole, half = ({"price": RISE, "demand": units, "on_hand": 8 * units, "pack_units": 2.0} for units in (2.0, 2.5))
    for world in (whole, half):
        policy, _, cost = lived(replayed.world(**world), 10, 30)
        assert [policy.plan.cost[0], policy.bound[0]] == pytest.approx([cost, cost])


def test_units_of_no_round_part_are_told_on_a_fine_grid() -> None:
    policy, _, cost = lived(replayed.world(price=FALL, demand=np.pi / 3, on_hand=5.5), 10, 30)
    whole, _, _ = lived(replayed.world(price=FALL, demand=1.0, on_hand=5.0), 10, 30)
    assert [policy.plan.cost[0], policy.bound[0]] == pytest.approx([cost, cost], rel=0.02)
    assert whole.plan.cost[0] < cost < 1.15 * whole.plan.cost[0]


def test_single_packs_finer_than_the_grid_are_bought_by_the_several() -> None:
    """Fifty units and a third a day are told on steps of three units: a lot is three packs of one."""
    policy, run, cost = lived(replayed.world(price=FALL, demand=50 + 1 / 3, on_hand=250.0, pack_units=1.0), 10, 30)
    one = next(clairvoyant.problems(policy.world, 10, 30, "next_quote"))
    assert one.step > 1
    assert (one.offers["lot_levels"] >= 1).all()
    assert len(run.orders.units) > 0
    assert policy.bound[0] == pytest.approx(cost, rel=0.02)


def test_the_bound_is_near_in_the_simulated_world() -> None:
    case = worlds.simulated(0, 12)
    policy, run, cost = lived(case.world, case.test_first, case.last)
    gap = accounts.account(case.world, run, "next_quote").total / policy.bound - 1
    assert (gap >= -1e-9).all()
    assert np.median(gap) < 0.005
    assert cost < 1.01 * policy.bound.sum()
    assert cost == pytest.approx(policy.plan.cost.sum(), rel=1e-3)


def test_outside_its_days_it_orders_nothing() -> None:
    world = replayed.world()
    run = replay(world, Clairvoyant(world, 20, 30), 5, 19)
    assert len(run.orders.units) == 0
    assert "World" not in repr(Clairvoyant(world, 20, 30))


def test_it_orders_on_days_of_review_alone():
    falls = [12.0 - 0.1 * day for day in range(replayed.DAYS)]
    world = replayed.world(falls, on_hand=9.0, order_cost=0.1, review_period_days=7)
    policy = Clairvoyant(world, 10, 37, "quote_seen")
    run = replay(world, policy, 10, 37)
    assert set(run.orders.order_day.tolist()) == {17, 24, 31}  # what is there lasts until the first of them
    assert run.lost_units.sum() == 0
