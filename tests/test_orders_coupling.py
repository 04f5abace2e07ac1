"""Today's orders under a budget, a room and suppliers' minima: beside HiGHS, by properties, and in named cases."""

import doctest
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from test_orders_lattice import problem

from ordercast.kernels.choices import highest, pick
from ordercast.orders import coupling, lattice, leads
from ordercast.orders.choices import LINE, Choices, choices, from_lines
from ordercast.orders.coupling import Coupled, couple
from ordercast.orders.lattice import Problem
from ordercast.orders.leads import Programme

SUPPLIERS = 4


def pool(seed: int, products: int, points: int = 10, suppliers: int = SUPPLIERS, noise: float = 0.05) -> Choices:
    """Products of one to three lines of up to so many lots; half of the curves are bumpy."""
    rng = np.random.default_rng(seed)
    product = np.repeat(np.arange(products), rng.integers(1, 4, products))
    many, reach = len(product), 16 * points
    lines, value = np.zeros(many, LINE), np.exp(rng.normal(3, 1, products))
    pack = rng.choice([1, 2, 3, 6, 12], many)
    lines["product"], lines["row"], lines["supplier"] = product, np.arange(many), rng.integers(0, suppliers, many)
    lines["stride"], lines["lot_units"] = pack, pack
    lines["first_units"] = rng.integers(1, 4, many) * pack
    lines["points_from"] = product * reach + lines["first_units"]
    lines["count"] = np.minimum(rng.integers(points // 2, points + 1, many), (reach - lines["first_units"]) // pack)
    lines["price"] = np.round(value[product] * rng.uniform(0.9, 1.1, many), 2)
    lines["spend"] = lines["price"] * rng.choice([1.0, 0.97, 1.05], many)  # the limits count other quotes
    lines["volume"] = rng.uniform(0.01, 2, products)[product]
    lines["fixed"], lines["meets_floor"] = rng.uniform(0, 5, many) * value[product], 1
    units = np.arange(reach)
    need = rng.uniform(0.1, 0.8, products)[:, None] * reach
    missing = np.maximum(need - units, 0)
    after = value[:, None] * (1.3 * missing + 0.5 * missing**2 / need + 0.002 * units**2 / need)
    bumpy = rng.random(products) < 0.5
    after += bumpy[:, None] * noise * value[:, None] * rng.normal(size=after.shape)
    return from_lines(lines, (after - after[:, :1]).ravel(), products)


def table(one: Choices) -> dict[str, Any]:
    """All choices in full: product, supplier, cost, money, volume."""
    own = np.repeat(one.lines, one.lines["count"])
    step = np.arange(len(own)) - np.repeat(np.cumsum(one.lines["count"]) - one.lines["count"], one.lines["count"])
    units = own["first_units"] + step * own["lot_units"]
    cost = own["fixed"] + own["price"] * units + one.curve[own["points_from"] + step * own["stride"]]
    of = {name: own[name] for name in ("product", "supplier", "row", "meets_floor")}
    return of | {"units": units, "cost": cost, "money": own["spend"] * units, "volume": own["volume"] * units}


def by_integer_programme(
    one: Choices, budget: float | None, room: float | None, minimum: np.ndarray, need: np.ndarray | None = None
) -> float:
    """Least cost by HiGHS: a multiple-choice knapsack with a switch for each supplier; inf where there is none."""
    of = table(one)
    many, total = len(of["cost"]), len(of["cost"]) + len(minimum)
    rows, low, high = [], [], []

    def bound(row: Any, least: Any, most: Any) -> None:
        rows.append(scipy.sparse.csr_array(np.atleast_2d(row)))
        low.append(np.broadcast_to(least, rows[-1].shape[0])), high.append(np.broadcast_to(most, rows[-1].shape[0]))

    def wide(values: Any) -> np.ndarray:
        return np.append(values, np.zeros(total - many))

    for p in range(one.products):
        bound(wide(of["product"] == p), 0, 1)
        if need is not None and need[p]:
            bound(wide((of["product"] == p) & (of["meets_floor"] == 1)), 1, 1)
    if budget is not None:
        bound(wide(of["money"]), -np.inf, budget)
    if room is not None:
        bound(wide(of["volume"]), -np.inf, room)
    for s, least in enumerate(minimum):
        own = np.flatnonzero(of["supplier"] == s)
        row = wide(of["money"] * (of["supplier"] == s))
        row[many + s] = -least
        bound(row, 0, np.inf)
        if len(own):
            linked = np.zeros((len(own), total))
            linked[np.arange(len(own)), own], linked[:, many + s] = 1, -1
            bound(linked, -np.inf, 0)
    solved = scipy.optimize.milp(
        np.append(of["cost"], np.zeros(len(minimum))),
        integrality=np.ones(total),
        bounds=scipy.optimize.Bounds(0, 1),
        constraints=scipy.optimize.LinearConstraint(
            scipy.sparse.vstack(rows), np.concatenate(low), np.concatenate(high)
        ),
        options={"mip_rel_gap": 0},
    )
    return float(of["cost"] @ np.rint(solved.x[:many])) if solved.success else np.inf


def limits(seed: int, one: Choices) -> tuple[float | None, float | None, np.ndarray]:
    """A random budget, room and minima, each of them missing in some instances."""
    rng, best = np.random.default_rng(seed + 1000), couple(one)
    budget = best.spent * rng.uniform(0.05, 1.0) if rng.random() < 0.8 else None
    room = best.volume * rng.uniform(0.05, 1.0) if rng.random() < 0.5 else None
    minimum = rng.uniform(0, 0.8, SUPPLIERS) * best.spent * (rng.random(SUPPLIERS) < 0.6) * (rng.random() < 0.6)
    return budget, room, minimum


def check(one: Choices, found: Coupled, budget: float | None, room: float | None, minimum: np.ndarray) -> None:
    """Every limit is kept, every order is one of the choices, the figures agree, the bound is a bound."""
    of = table(one)
    begins = np.searchsorted(of["product"], np.arange(one.products + 1))
    supplier = np.full(one.products, -1)
    for p in range(one.products):
        own = slice(begins[p], begins[p + 1])
        if found.supplier_row[p] < 0:
            assert found.units[p] == found.money[p] == found.cost[p] == 0
            continue
        at = (of["row"][own] == found.supplier_row[p]) & np.isclose(of["units"][own], found.units[p])
        at &= np.isclose(of["money"][own], found.money[p]) & np.isclose(of["cost"][own], found.cost[p])
        assert at.any(), f"product {p}"
        supplier[p] = of["supplier"][own][at][0]
    assert budget is None or found.spent <= budget * (1 + 1e-11)
    assert room is None or found.volume <= room * (1 + 1e-11)
    for s, least in enumerate(minimum):
        ordered = found.money[supplier == s]
        assert len(ordered) == 0 or ordered.sum() >= least * (1 - 1e-11), f"supplier {s}"
    assert found.dual_bound <= found.cost.sum() + 1e-9
    assert set(found.bound_by) <= {"", "budget", "volume", "supplier_minimum"}


def test_100_random_instances_cost_what_the_integer_programme_finds():
    proved = 0
    for seed in range(100):
        one = pool(seed, products=3 + seed % 10)
        budget, room, minimum = limits(seed, one)
        found = couple(one, budget=budget, room=room, minimum=minimum)
        check(one, found, budget, room, minimum)
        exact = by_integer_programme(one, budget, room, minimum)
        assert found.cost.sum() == pytest.approx(exact, rel=1e-7, abs=1e-6), f"seed {seed}"
        proved += found.gap <= 1e-9
    assert proved >= 95


@pytest.mark.parametrize("share", [0.8, 0.5, 0.25])
@pytest.mark.parametrize("limit", ["budget", "room", "both"])
def test_2500_products_are_within_a_hundred_thousandth_of_the_bound(share: float, limit: str):
    one = pool(1, products=2500, points=40)
    best = couple(one)
    budget = best.spent * share if limit != "room" else None
    room = best.volume * share if limit != "budget" else None
    found = couple(one, budget=budget, room=room)
    check(one, found, budget, room, np.zeros(SUPPLIERS))
    assert found.gap <= (1e-4 if limit == "both" else 1e-5)
    assert found.budget_multiplier + found.volume_multiplier > 0


def test_minima_of_many_suppliers_are_near_their_bound():
    one = pool(2, products=2000, points=30, suppliers=20)
    best = couple(one)
    asked = np.bincount(one.lines["supplier"][one.wanted_line], best.money, 20)
    minimum = asked * np.random.default_rng(3).uniform(0, 1.3, 20)
    found = couple(one, budget=0.9 * best.spent, minimum=minimum)
    check(one, found, 0.9 * best.spent, None, minimum)
    assert found.gap <= 0.01


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(0, 1.2), st.floats(0, 1.2), st.booleans())
def test_limits_are_kept_and_a_larger_budget_never_costs_more(
    seed: int, products: int, share: float, more: float, minima: bool
):
    one = pool(seed, products, points=6)
    best = couple(one)
    minimum = np.random.default_rng(seed).uniform(0, 0.6, SUPPLIERS) * best.spent * minima
    costs = []
    for budget in (best.spent * share, best.spent * (share + more)):
        found = couple(one, budget=budget, room=0.9 * best.volume, minimum=minimum)
        check(one, found, budget, 0.9 * best.volume, minimum)
        costs.append(found.cost.sum())
    assert costs[1] <= costs[0] + 1e-9 * abs(costs[0])


def programme(one: Problem) -> tuple[Programme, Problem, lattice.Actions]:
    """The programme of all products of a problem, and what it finds."""
    products, rows = np.arange(len(one.stock)), np.arange(len(one.offers.moq_units))
    whole = Programme(products, one.lead_days, rows, one.offers.spare_days, one.offers.rows)
    return whole, one, lattice.solve(one)


@pytest.mark.parametrize("limit", [None, np.inf])
def test_without_a_limit_every_product_takes_its_own_best_action(limit: float | None):
    for seed in range(30):
        part = programme(problem(seed, products=40))
        saving, row, units = leads.best_actions([(part[0], part[2])], 40)
        found = couple(choices([part], 40), budget=limit, room=limit)
        assert found.supplier_row.tolist() == row.tolist()
        assert found.units.tolist() == units.tolist()
        np.testing.assert_allclose(-found.cost, saving, rtol=1e-9, atol=1e-9)
        assert (found.bound_by == "").all()
        assert found.gap == 0


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1])
def test_orders_of_the_programme_are_whole_packs_of_at_least_moq_under_the_ceiling(share: float):
    for seed in range(20):
        one = problem(seed, products=60)
        part = programme(one)
        whole = choices([part], 60, volume_per_unit=np.ones(60), supplier=np.arange(len(one.paid)) % SUPPLIERS)
        best = couple(whole)
        found = couple(whole, budget=share * best.spent, minimum=np.full(SUPPLIERS, 0.2 * best.spent))
        check(whole, found, share * best.spent, None, np.full(SUPPLIERS, 0.2 * best.spent))
        at = found.supplier_row >= 0
        row, units = found.supplier_row[at], found.units[at]
        assert (units % one.offers.pack_units[row] == 0).all()
        assert (units >= one.offers.moq_units[row]).all()
        assert (one.stock[at] + units <= one.ceiling[at, 0] + 1e-9).all()
        assert (one.offers.spare_days[row] == 0).all()


def simple(
    worth: list[float], price: list[float], moq: list[int], supplier: list[int], floor: list[bool] | None = None
) -> Choices:
    """Products of one line each of up to ten units; the first five are worth so much apiece, the others nothing."""
    many, units = len(worth), np.arange(11)
    lines = np.zeros(many, LINE)
    lines["product"] = lines["row"] = np.arange(many)
    lines["supplier"], lines["price"], lines["first_units"] = supplier, price, moq
    lines["spend"] = price
    lines["lot_units"] = lines["stride"] = lines["meets_floor"] = lines["volume"] = 1
    lines["points_from"], lines["count"] = np.arange(many) * 11 + moq, 11 - np.array(moq)
    curve = -np.array(worth)[:, None] * np.minimum(units, 5)
    return from_lines(lines, curve.ravel(), many, floor=None if floor is None else np.array(floor))


@pytest.mark.parametrize(
    ("limit", "units", "bound_by"),
    [
        pytest.param({}, [5, 5, 5], ["", "", ""], id="no_limit_no_cut"),
        pytest.param({"budget": 3.0}, [0, 0, 0], ["budget"] * 3, id="a_budget_under_one_moq_orders_nothing"),
        pytest.param({"budget": 0.0}, [0, 0, 0], ["budget"] * 3, id="no_budget_orders_nothing"),
        pytest.param({"budget": 20.0}, [5, 0, 0], ["", "budget", "budget"], id="what_returns_most_comes_first"),
        pytest.param({"budget": 35.0}, [5, 0, 3], ["", "budget", "budget"], id="the_rest_of_the_budget_is_used"),
        pytest.param({"room": 7.0}, [5, 0, 2], ["", "volume", "volume"], id="the_room_is_shared"),
        pytest.param({"minimum": np.array([0, 26.0])}, [5, 5, 6], ["", "", "supplier_minimum"], id="one_is_lifted"),
        pytest.param({"minimum": np.array([0, 50.0])}, [5, 5, 0], ["", "", "supplier_minimum"], id="one_is_dropped"),
    ],
)
def test_named_cases(limit: dict[str, Any], units: list[int], bound_by: list[str]):
    """Worth 12, 8 and 9 at 4, 5 and 5 apiece, two or more units each; the third has a supplier of its own."""
    found = couple(simple([12, 8, 9], [4, 5, 5], [2, 2, 2], [0, 0, 1]), **limit)
    assert found.units.tolist() == units
    assert found.bound_by.tolist() == bound_by
    assert found.least_order == 8
    assert found.too_small(limit.get("budget", np.inf)) == (limit.get("budget", np.inf) < 8)
    if "minimum" in limit and units[2] == 0:
        assert found.shortfall.tolist() == [0, 25]


def test_the_multiplier_is_what_one_more_unit_of_money_returns():
    one = simple([12, 8], [4, 5], [1, 1], [0, 0])
    found = couple(one, budget=30.0)
    assert found.units.tolist() == [5, 2]
    assert found.budget_multiplier == pytest.approx(3 / 5)
    more = couple(one, budget=35.0)
    assert (found.cost.sum() - more.cost.sum()) / 5 == pytest.approx(3 / 5)


@pytest.mark.parametrize(
    ("budget", "units", "missed"),
    [
        pytest.param(None, [2, 5], [False, False], id="without_a_limit_all_are_kept"),
        pytest.param(28.0, [2, 5], [False, False], id="floors_come_before_savings"),
        pytest.param(11.0, [2, 0], [False, True], id="the_later_one_is_missed"),
        pytest.param(9.0, [0, 2], [True, False], id="what_is_paid_is_served"),
    ],
)
def test_floors(budget: float | None, units: list[int], missed: list[bool]):
    """The first costs 5 and is worth 4, the second 4 and 6; both must be ordered, at least two units each."""
    if budget == 11.0:
        found = couple(simple([9, 6], [5, 4], [2, 2], [0, 0], [True, True]), budget=budget)
    else:
        found = couple(simple([4, 6], [5, 4], [2, 2], [0, 0], [True, True]), budget=budget)
    if budget == 28.0:
        units = [2, 4]
    assert found.units.tolist() == units
    assert found.floor_missed.tolist() == missed


@pytest.mark.parametrize(
    ("minimum", "units"),
    [
        pytest.param([0.0, 0.0], [2, 0, 0], id="what_costs_most_to_leave_is_paid"),
        pytest.param([0.0, 100.0], [0, 2, 0], id="a_supplier_that_is_dropped_leaves_its_money_to_the_next"),
        pytest.param([10.0, 100.0], [0, 2, 0], id="whose_minimum_it_reaches"),
        pytest.param([12.0, 100.0], [0, 0, 2], id="or_to_no_floor_at_all"),
        pytest.param([0.0, 10.0], [2, 0, 0], id="or_has_its_minimum"),
    ],
)
def test_money_kept_for_a_floor_goes_where_it_can(minimum: list[float], units: list[int]):
    """Two units at 5 of each of the first two must be ordered, the second at a loss; there is money for one.

    A third, of a supplier of its own, is worth more than it costs, but nobody must order it.
    """
    one = simple([9, 4, 6], [5, 5, 5], [2, 2, 2], [1, 0, 2], [True, True, False])
    found = couple(one, budget=11.0, minimum=np.array([*minimum, 0.0]))
    assert found.units.tolist() == units
    assert found.floor_missed.tolist() == [units[0] == 0, units[1] == 0, False]


def test_floors_cost_what_the_integer_programme_finds():
    for seed in range(40):
        one = pool(seed, products=6)
        rng, best = np.random.default_rng(seed), couple(one)
        floor = rng.random(6) < 0.4
        one = from_lines(one.lines, one.curve, 6, floor=floor)
        minimum = rng.uniform(0, 0.3, SUPPLIERS) * best.spent * (seed % 2)
        budget = best.spent * rng.uniform(0.3, 1.0)
        found = couple(one, budget=budget, minimum=minimum)
        check(one, found, budget, None, minimum)
        exact = by_integer_programme(one, budget, None, minimum, need=floor)
        if np.isfinite(exact):
            assert not found.floor_missed.any(), f"seed {seed}"
            assert found.cost.sum() == pytest.approx(exact, rel=1e-7, abs=1e-6), f"seed {seed}"
        else:
            assert found.floor_missed.any(), f"seed {seed}"


def test_nothing_to_choose_from():
    found = couple(from_lines(np.zeros(0, LINE), np.zeros(0), 3), budget=5.0, minimum=np.array([3.0]))
    assert found.units.tolist() == [0, 0, 0]
    assert found.least_order == np.inf


def test_the_docstrings():
    assert doctest.testmod(coupling).failed == 0


def test_the_best_choices_at_given_prices_are_those_of_a_plain_search():
    for seed in range(20):
        one, rng = pool(seed, products=8), np.random.default_rng(seed)
        of, (money, volume) = table(one), rng.uniform(0, 2, 2)
        bonus, open_to = rng.uniform(0, 1, SUPPLIERS), rng.random(SUPPLIERS) < 0.8
        line, step = np.zeros(8, np.int64), np.zeros(8, np.int64)
        pools = (one.rows, one.lines, one.curve, one.hull)
        found = pick(np.arange(8), *pools, money, volume, bonus, open_to, np.zeros(8, np.bool_), line, step)
        value = of["cost"] + (money - bonus[of["supplier"]]) * of["money"] + volume * of["volume"]
        value[~open_to[of["supplier"]]] = np.inf
        least = [min(0.0, value[of["product"] == p].min()) for p in range(8)]
        assert found[0] - found[1] + money * found[2] + volume * found[3] == pytest.approx(sum(least), rel=1e-12)


def test_the_highest_point_under_the_cuts_is_that_of_a_linear_programme():
    rng = np.random.default_rng(0)
    for turn in range(60):
        count, top = rng.integers(1, 12), 7.0 * (turn % 3 > 0)
        cuts = np.column_stack([5 * rng.normal(size=count), rng.normal(size=(count, 2))])
        exact = scipy.optimize.linprog(
            [-1, 0, 0],
            A_ub=np.column_stack([np.ones(count), -cuts[:, 1:]]),
            b_ub=cuts[:, 0],
            bounds=[(None, None), (0, 10), (0, top)],
        )
        assert highest(cuts, 10.0, top)[0] == pytest.approx(-exact.fun, abs=1e-9)
