"""The planner's programme beside a plain recursion, an integer programme, textbook numbers, and by its properties."""

import doctest
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercast.kernels import steps
from ordercast.orders import grids, lattice, nodes, risk
from ordercast.orders.lattice import Offers, Problem, certain, solve
from ordercast.orders.nodes import links, paid_prices, price_nodes, transitions


def problem(seed: int, products: int = 2, days: int = 4, nodes: int = 3, **fixed: Any) -> Problem:
    """Small random products of one to three suppliers; spread=0 makes demand certain, other words replace fields."""
    rng = np.random.default_rng(seed)
    spread = fixed.pop("spread", rng.choice([0.0, 1.0], p=[0.3, 0.7]))
    count = rng.integers(1, 4, products)
    rows = np.append(0, np.cumsum(count))
    many, first = rows[-1], rows[:-1]
    tiers = rng.integers(0, 3, many)
    spare = rng.integers(-2, 3, many)
    spare[first] = 0
    offers = Offers(
        rows=rows,
        moq_units=rng.integers(0, 9, many).astype(float),
        pack_units=rng.choice([1.0, 2.0, 3.0, 4.0], many),
        order_cost=rng.uniform(0, 9, many),
        spare_days=spare,
        tier_rows=np.append(0, np.cumsum(tiers)),
        tier_units=rng.integers(2, 15, tiers.sum()).astype(float),
        tier_discount=rng.uniform(0, 0.2, tiers.sum()),
    )
    price = rng.uniform(5, 10, many)
    sigma = rng.uniform(0, 0.3, (many, 1)) * np.sqrt(np.arange(1, days + 1))
    middle = price[:, None] * np.exp(rng.normal(0, 0.1, (many, days)))
    prices = price_nodes(price, middle * np.exp(-sigma), middle, middle * np.exp(1.3 * sigma), nodes)
    link = links(rng.uniform(-0.2, 1, (products, days - 1)))
    demand = rng.integers(0, 7, (products, days + 3)).astype(float)
    lead = rng.integers(0, 3, products)
    stock = rng.integers(0, 12, products).astype(float)
    due = rng.integers(0, 6, (products, days + 3)) * rng.integers(0, 2, (products, days + 3)) * 1.0
    capacity = rng.integers(8, 25, products).astype(float)
    arrival, receipts = risk.stock_on_arrival(stock, due, demand, lead, days)
    values = {
        "offers": offers,
        "paid": paid_prices(prices, np.repeat(link, count, axis=0), rng.choice(["next_quote", "quote_seen"])),
        "link": link,
        "lost_value": np.maximum(12.0, 1.5 * prices[first, :days]),
        "end_price": np.minimum(prices[first, days], 7.0),
        "end_units": rng.integers(0, 20, products).astype(float),
        "end_order_cost": rng.choice([0.0, 4.0], products),
        "worth": prices[first, :days].mean(axis=2),
        "holding_rate_per_year": rng.uniform(0, 20, products),
        "shelf_life_days": rng.choice([0, 2, 4], products),
        "stock": arrival,
        "receipts": receipts,
        "ceiling": risk.stock_ceilings(arrival, capacity - stock - due.sum(axis=1), capacity, demand, lead, days),
        "demand_mean": demand,
        "demand_variance": spread * demand * rng.uniform(0.2, 3, demand.shape),
        "demand_level_cv": spread * rng.choice([0.0, 0.2], products),
        "lead_days": lead,
        "lead_sd_days": spread * rng.choice([0.0, 1.0], products),
        "step_units": np.zeros(products),
    }
    return Problem(**values | fixed)


def price_of(one: Problem, s: int, units: float, list_price: float) -> float:
    own = slice(one.offers.tier_rows[s], one.offers.tier_rows[s + 1])
    reached = [d for u, d in zip(one.offers.tier_units[own], one.offers.tier_discount[own], strict=True) if units >= u]
    return list_price * (1 - max(reached, default=0.0))


class Plain:
    """The programme of one product as it stands in the books: a recursion over days, nodes, levels and whole orders."""

    def __init__(self, one: Problem, p: int, levels: int) -> None:
        products, self.suppliers, _ = lattice.records(one, levels)
        self.one, self.p, self.product = one, p, products[p]
        self.days, self.nodes = one.lost_value.shape[1:]
        self.chances = transitions(self.nodes)
        self.worths: dict[tuple[int, int, int], float] = {}

    def day(self, k: int, stock: float) -> tuple[float, float, float]:
        """Left, lost and spoiled units of day k after ordering up to a stock."""
        one, p, life = self.one, self.p, int(self.product["shelf_life_days"])
        lead, sd = int(one.lead_days[p]), float(one.lead_sd_days[p])
        mean, variance, level_cv = one.demand_mean[p], one.demand_variance[p], float(one.demand_level_cv[p])
        until = [
            tuple(float(w[k]) for w in risk.lead_demand(mean, variance, n, sd, self.days, level_cv))
            for n in (lead, lead + 1, lead + life)
        ]
        left, lost = (float(x[0]) for x in risk.expected_rest(np.array([stock]), until[0], until[1]))
        return left, lost, float(risk.expected_rest_of(np.array([stock]), until[0], until[2])[0]) if life else 0.0

    def after(self, k: int, j: int, stock: float) -> float:
        one, p = self.one, self.p
        left, lost, spoiled = self.day(k, stock)
        cost = one.holding_rate_per_year[p] / 365 * one.worth[p, k] * left + one.worth[p, k] * spoiled
        cost += lost * (one.lost_value[p, k, j] if k else one.lost_value[p, 0].mean())
        ahead = left + (one.receipts[p, k + 1] if k + 1 < self.days else 0.0)
        for tomorrow in range(self.nodes):
            chance = self.chances[one.link[p, k - 1], j, tomorrow] if k else 1 / self.nodes
            cost += chance * self.between(k + 1, tomorrow, ahead)
        return cost

    def between(self, k: int, j: int, stock: float) -> float:
        place = min(stock / self.product["step_units"], self.product["levels"] - 1)
        level = min(int(place), int(self.product["levels"]) - 2)
        low, high = self.value(k, j, level), self.value(k, j, level + 1)
        return low + (place - level) * (high - low)

    def end(self, j: int, stock: float) -> float:
        one, p = self.one, self.p
        fixed, last = float(one.end_order_cost[p]), self.days - 1
        pace = one.demand_mean[p, min(last + one.lead_days[p], one.demand_mean.shape[1] - 1)]
        holding = one.holding_rate_per_year[p] / 365 * one.worth[p, last]
        cycle = 0.0
        life = float(one.shelf_life_days[p])
        sound = min(stock, life * pace) if life else stock
        if fixed > 0 and pace > 0:
            cycle = holding * sound**2 / (2 * pace) - sound * math.sqrt(2 * fixed * holding / pace)
        value = one.end_price[p, j] * min(sound, one.end_units[p])
        return cycle - value - one.worth[p, last] * (stock - sound)  # what spoils was charged when it was ordered

    def orders(self, k: int, stock: float, lots: str) -> list[tuple[int, float]]:
        out = []
        for s in range(self.product["suppliers_from"], self.product["suppliers_to"]):
            lot, least = self.suppliers[lots][s], self.suppliers["moq_units"][s]
            if k < -self.suppliers["spare_days"][s]:
                continue
            whole = range(1, int((self.one.ceiling[self.p, k] - stock) / lot + 1e-9) + 1)
            out += [(s, n * lot) for n in whole if n * lot >= least - 1e-9]
        return out

    def money(self, k: int, j: int, s: int, units: float) -> float:
        return self.one.offers.order_cost[s] + units * price_of(self.one, s, units, self.one.paid[s, k, j])

    def value(self, k: int, j: int, level: int) -> float:
        stock = level * float(self.product["step_units"])
        if k == self.days:
            return self.end(j, stock)
        if (k, j, level) not in self.worths:
            found = [self.after(k, j, stock)]
            for s, units in self.orders(k, stock, "lot_units"):
                found.append(self.money(k, j, s, units) + self.after(k, j, stock + units))
            self.worths[k, j, level] = min(found) - self.one.worth[self.p, k] * self.day(k, stock)[2]
        return self.worths[k, j, level]

    def today(self) -> tuple[float, float, dict[int, float]]:
        """Cost of the best action, of waiting, and of the best order of each supplier."""
        stock, sunk = float(self.product["stock_units"]), 0.0
        sunk = self.one.worth[self.p, 0] * self.day(0, stock)[2]
        wait, best = self.after(0, 0, stock) - sunk, {}
        for s, units in self.orders(0, stock, "point_lot_units"):
            if self.suppliers["spare_days"][s] >= 0:
                cost = self.money(0, 0, s, units) + self.after(0, 0, stock + units) - sunk
                best[s] = min(cost, best.get(s, np.inf))
        wait = min([wait, *(best[s] for s in best if self.suppliers["spare_days"][s] > 0)])
        return min([wait, *best.values()]), wait, best


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 3), st.sampled_from([5, 9, 30]))
def test_the_programme_is_the_plain_recursion(seed: int, days: int, nodes: int, levels: int):
    one = problem(seed, days=days, nodes=nodes)
    found = solve(one, levels=levels)
    for p in range(len(one.stock)):
        cost, wait, best = Plain(one, p, levels).today()
        np.testing.assert_allclose([found.cost[p], found.wait[p]], [cost, wait], rtol=1e-9, atol=1e-9)
        for s in range(one.offers.rows[p], one.offers.rows[p + 1]):
            np.testing.assert_allclose(found.row_cost[s], best.get(s, np.inf), rtol=1e-9, atol=1e-9)
        assert found.row[p] == -1 or found.row_cost[found.row[p]] == found.cost[p]


def by_integer_programme(one: Problem) -> float:
    """Least cost of a certain problem by HiGHS: lots, orders and tiers chosen by day, stock and lost sales follow."""
    days, offers = one.lost_value.shape[1], one.offers
    choices = [
        (s, low, price_of(one, s, low, 1.0))
        for s in range(len(offers.moq_units))
        for low in {0.0, *offers.tier_units[offers.tier_rows[s] : offers.tier_rows[s + 1]].tolist()}
    ]
    width = 2 * len(choices) + 3  # lots and a switch for each choice; stock, lost units, units credited at the end
    cost, upper = np.zeros((days, width)), np.full((days, width), np.inf)
    whole, rows, low, high = np.zeros((days, width)), [], [], []
    whole[:, : 2 * len(choices)] = 1
    upper[:, len(choices) : 2 * len(choices)] = 1
    stock, lost, credited = 2 * len(choices), 2 * len(choices) + 1, 2 * len(choices) + 2
    cost[:, stock] = one.holding_rate_per_year[0] / 365 * one.worth[0]
    cost[:, lost], cost[:, credited] = one.lost_value[0, :, 0], 0.0
    cost[-1, credited], upper[:, credited] = -one.end_price[0, 0], one.end_units[0]

    def bound(entries: dict[tuple[int, int], float], least: float, most: float) -> None:
        row = np.zeros((days, width))
        for place, value in entries.items():
            row[place] = value
        rows.append(row.ravel()), low.append(least), high.append(most)

    for k in range(days):
        demand, before = one.demand_mean[0, k], one.stock[0] if k == 0 else one.receipts[0, k]
        lots = {(k, c): offers.pack_units[choices[c][0]] for c in range(len(choices))}
        carried = {(k - 1, stock): 1.0} if k else {}
        bound(carried | lots | {(k, stock): -1.0, (k, lost): 1.0}, demand - before, demand - before)
        bound({(k, lost): 1.0}, 0, demand)
        for c, (s, tier, share) in enumerate(choices):
            pack = offers.pack_units[s]
            most = max(one.ceiling[0, k], 0)
            cost[k, c], cost[k, len(choices) + c] = share * pack * one.paid[s, k, 0], offers.order_cost[s]
            bound({(k, c): pack, (k, len(choices) + c): -max(offers.moq_units[s], tier, 1)}, 0, np.inf)
            bound({(k, c): pack, (k, len(choices) + c): -most}, -np.inf, 0)
            bound(carried | {(k, c): pack, (k, len(choices) + c): 1e3}, -np.inf, one.ceiling[0, k] - before + 1e3)
        bound({(k, len(choices) + c): 1.0 for c in range(len(choices))}, 0, 1)
    bound({(days - 1, credited): 1.0, (days - 1, stock): -1.0}, -np.inf, 0)
    solved = scipy.optimize.milp(
        cost.ravel(),
        integrality=whole.ravel(),
        bounds=scipy.optimize.Bounds(0, upper.ravel()),
        constraints=scipy.optimize.LinearConstraint(scipy.sparse.csr_array(np.array(rows)), low, high),
        options={"mip_rel_gap": 1e-12},
    )
    assert solved.success, solved.message
    lots = np.rint(solved.x.reshape(days, width)[:, : len(choices)])  # the solver is content with 1e-6 of a lot
    stock_left, total = one.stock[0], 0.0
    for k in range(days):
        stock_left += one.receipts[0, k]
        for c, (s, _, share) in enumerate(choices):
            units = lots[k, c] * offers.pack_units[s]
            total += (units > 0) * offers.order_cost[s] + share * one.paid[s, k, 0] * units
            stock_left += units
        sold = min(stock_left, one.demand_mean[0, k])
        stock_left -= sold
        total += one.lost_value[0, k, 0] * (one.demand_mean[0, k] - sold) + cost[k, stock] * stock_left
    return float(total - one.end_price[0, 0] * min(stock_left, one.end_units[0]))


def certain_problem(seed: int) -> Problem:
    """A product of whole demands, one price a day, no lead time, levels of one unit; some with several suppliers."""
    days = 6
    one = problem(
        seed,
        products=1,
        days=days,
        nodes=1,
        spread=0.0,
        lead_days=np.zeros(1, dtype=np.int64),
        shelf_life_days=np.zeros(1, dtype=np.int64),
        end_order_cost=np.zeros(1),
        lost_value=np.full((1, days, 1), 15.0),
        step_units=np.ones(1),
    )
    ceiling = np.maximum(one.ceiling, one.ceiling.max())
    offers = replace(one.offers, spare_days=0 * one.offers.spare_days)
    return replace(one, offers=offers, ceiling=ceiling)


def test_200_random_instances_cost_what_the_integer_programme_finds():
    for seed in range(200):
        one = certain_problem(seed)
        found, exact = solve(one, threads=1).cost[0], by_integer_programme(one)
        assert found == pytest.approx(exact, rel=1e-9, abs=1e-9), f"seed {seed}"


def one_day(mean: float, sd: float, stock: float = 0.0, **fixed: Any) -> Problem:
    """A single selling day without lead time: the newsvendor."""
    base = certain(
        np.array([mean]),
        np.full((1, 1), fixed.pop("price", 0.0)),
        np.zeros(1),
        holding_cost=fixed.pop("holding", 0.0),
        lost_value=fixed.pop("lost", 1.0),
        ceiling_units=fixed.pop("ceiling", 8 * mean),
        stock_units=stock,
    )
    return replace(base, demand_variance=np.array([[sd**2]]), **fixed)


def test_the_newsvendor_of_the_textbook():
    """Snyder & Shen, example 4.3: demand N(50, 8^2), h = 0.18, p = 0.70: S = 56.60, cost 1.9976; ours is gamma."""
    found = solve(one_day(50.0, 8.0, holding=0.18, lost=0.70))
    assert found.units[0] in (56, 57)
    assert found.cost[0] == pytest.approx(1.9976, rel=0.05)
    shape, scale = (50 / 8) ** 2, 64 / 50
    missed = 50 * scipy.stats.gamma.sf(57, shape + 1, scale=scale) - 57 * scipy.stats.gamma.sf(57, shape, scale=scale)
    assert found.curve[57] == pytest.approx(0.18 * (7 + missed) + 0.70 * missed, rel=1e-4)


@pytest.mark.parametrize(("price", "lost", "salvage"), [(4.0, 10.0, 1.0), (8.0, 10.0, 0.0), (1.0, 20.0, 0.5)])
def test_the_newsvendor_buys_to_the_critical_ratio(price: float, lost: float, salvage: float):
    mean, sd = 40.0, 20.0
    left = {"end_price": np.full((1, 1), salvage), "end_units": np.full(1, np.inf)}
    found = solve(one_day(mean, sd, price=price, lost=lost, **left))
    shape = (mean / sd) ** 2
    exact = scipy.stats.gamma.ppf((lost - price) / (lost - salvage), shape, scale=mean / shape)
    assert found.units[0] == pytest.approx(exact, abs=1.0)


def test_what_spoils_within_the_day_is_not_bought():
    """A shelf life of a day makes the newsvendor of the paid price: left-overs are worth nothing the next day."""
    days = np.full(3, 40.0)
    base = certain(days, np.full((1, 3), 5.0), np.zeros(1), holding_cost=5.0, lost_value=9.0, ceiling_units=320)
    keeps = replace(base, demand_variance=np.full((1, 3), 400.0), holding_rate_per_year=np.zeros(1))
    spoils = replace(keeps, shelf_life_days=np.ones(1, dtype=np.int64))
    exact = scipy.stats.gamma.ppf(1 - 5 / 9, 4.0, scale=10.0)
    assert solve(spoils).units[0] < 1.2 * exact < solve(keeps).units[0]


@pytest.mark.parametrize(
    ("end_days", "cost"),
    [
        pytest.param(4, 20 + 60, id="credited_as_far_as_it_keeps"),
        pytest.param(50, 20 + 60, id="credited_for_longer_than_it_keeps"),
        pytest.param(2, 20 + 60 + 20, id="credited_for_two_of_four_days"),
    ],
)
def test_what_spoils_is_paid_once(end_days: int, cost: float):
    """Of a least lot of 100 at 1 each 40 are used in the four days it keeps, and 20 by the end of the programme."""
    one = certain(
        np.full(2, 10.0),
        np.ones((1, 2)),
        np.zeros(1),
        holding_cost=1.0,
        lost_value=99.0,
        ceiling_units=100,
        moq_units=np.array([100.0]),
    )
    left = {"end_price": np.ones((1, 1)), "end_units": np.full(1, 10.0 * end_days)}
    one = replace(one, shelf_life_days=np.array([4]), holding_rate_per_year=np.zeros(1), **left)
    found = solve(one)
    assert found.units[0] == 100
    assert found.curve[100] + 100 == pytest.approx(cost)


def test_a_steady_demand_is_bought_in_economic_lots():
    """Harris: K = 900, h = 0.5 a day, demand 10 a day: lots of sqrt(2 K d / h) = 190 units, here for 19 days."""
    demand = np.full(60, 10.0)
    one = certain(demand, np.ones((1, 60)), np.array([900.0]), holding_cost=0.5, lost_value=1e4, ceiling_units=600)
    one = replace(one, end_order_cost=np.array([900.0]), end_price=np.ones((1, 1)), end_units=np.full(1, 600.0))
    assert solve(one).units[0] == pytest.approx(math.sqrt(2 * 900 * 10 / 0.5), abs=10)


def worth_by_hand(one: Problem, found: lattice.Actions, s: int, units: float) -> tuple[float, float]:
    """Saving of `units` today from supplier row s, and the list price up to which some lot is better than waiting."""
    p = int(np.searchsorted(one.offers.rows, s, side="right")) - 1
    curve = found.curve[found.curve_rows[p] : found.curve_rows[p + 1]]
    unit, pack = float(found.point_units[p]), float(one.offers.pack_units[s])

    def after(lot: float) -> float:
        place = min(lot / unit, len(curve) - 1)
        below = min(int(place), max(len(curve) - 2, 0))
        above = min(below + 1, len(curve) - 1)
        return float(curve[below] + (place - below) * (curve[above] - curve[below]))

    fixed, list_price = float(one.offers.order_cost[s]), float(one.paid[s, 0, 0])
    spent = fixed + units * price_of(one, s, units, list_price) if units else 0.0
    limit, lot = 0.0, math.ceil(max(one.offers.moq_units[s], 1) / pack) * pack
    while lot <= (len(curve) - 1) * unit + 1e-9:
        limit = max(limit, (float(found.wait[p]) - after(lot) - fixed) / (lot * price_of(one, s, lot, 1.0)))
        lot += pack
    return float(found.wait[p]) - spent - after(units), limit


def one_tier(seed: int) -> Problem:
    """A problem whose suppliers have a discount or none; packs are whole points."""
    one = problem(seed)
    many = len(one.offers.moq_units)
    tiers = np.arange(many) % 2
    count = int(tiers.sum())
    rng = np.random.default_rng(seed)
    offers = replace(
        one.offers,
        tier_rows=np.append(0, np.cumsum(tiers)),
        tier_units=rng.integers(2, 9, count).astype(float),
        tier_discount=rng.uniform(0, 0.2, count),
    )
    return replace(one, offers=offers)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_the_worth_of_an_order_is_what_a_plain_loop_over_lots_says(seed: int):
    one = one_tier(seed)
    found, rows = solve(one), np.arange(len(one.offers.moq_units))
    for units in (0.0, 3.0, 12.0):
        saving, limit = lattice.worth(one, found, rows, np.full(len(rows), units))
        expected = [worth_by_hand(one, found, int(s), units) for s in rows]
        assert saving == pytest.approx([each for each, _ in expected], rel=1e-9, abs=1e-9)
        assert limit == pytest.approx([each for _, each in expected], rel=1e-9, abs=1e-9)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_the_best_order_is_worth_what_it_saves_and_its_price_under_the_limit_and_of_no_other(seed: int):
    one = one_tier(seed)
    found = solve(one)
    product = np.flatnonzero(found.row >= 0)
    row, units = found.row[product], found.units[product]
    saving, limit = lattice.worth(one, found, row, units)
    assert saving == pytest.approx((found.wait - found.cost)[product], rel=1e-9, abs=1e-9)
    assert (one.paid[row, 0, 0] <= limit + 1e-9).all()
    rows = np.arange(len(one.offers.moq_units))
    _, limit = lattice.worth(one, found, rows, np.zeros(len(rows)))
    in_time = (one.offers.spare_days == 0) & np.repeat(found.row < 0, np.diff(one.offers.rows))
    assert (one.paid[:, 0, 0] >= limit - 1e-6)[in_time].all()


def test_stock_is_lifted_to_one_level_up_to_a_reorder_point():
    """Fixed cost and steady prices: an (s, S) policy (Scarf 1960)."""
    base = problem(3, products=1, days=20, nodes=3)
    demand = np.full((1, 23), 6.0)
    offers = Offers(
        np.array([0, 1]),
        np.zeros(1),
        np.ones(1),
        np.array([20.0]),
        np.zeros(1, np.int64),
        np.zeros(2, np.int64),
        np.zeros(0),
        np.zeros(0),
    )
    flat = replace(
        base, offers=offers, paid=np.full((1, 20, 3), 8.0), demand_mean=demand, demand_variance=3 * demand,
        ceiling=np.full((1, 20), 150.0), receipts=np.zeros((1, 20)), shelf_life_days=np.zeros(1, np.int64),
        end_order_cost=np.full(1, 20.0), step_units=np.ones(1), holding_rate_per_year=np.full(1, 5.0),
    )  # fmt: skip
    after = {x: x + solve(replace(flat, stock=np.array([float(x)]))).units[0] for x in range(60)}
    bought = [x for x in after if after[x] > x]
    assert bought == list(range(len(bought)))
    assert bought
    assert len({after[x] for x in bought}) == 1


def test_prices_without_a_spread_make_the_certain_programme():
    for seed in range(20):
        many = problem(seed, nodes=7, days=6)
        flat = replace(
            many,
            paid=np.repeat(many.paid.mean(axis=2, keepdims=True), 7, axis=2),
            lost_value=np.full_like(many.lost_value, 15.0),
            end_price=np.full_like(many.end_price, 5.0),
        )
        single = replace(
            flat, paid=flat.paid[..., :1], lost_value=flat.lost_value[..., :1], end_price=flat.end_price[:, :1]
        )
        np.testing.assert_allclose(solve(flat).cost, solve(single).cost, rtol=1e-12, atol=1e-9)


def test_a_wider_spread_around_the_same_mean_price_never_costs_more():
    for seed in range(30):
        one = problem(seed, nodes=7, days=6, lost_value=np.full((2, 6, 7), 15.0), end_price=np.full((2, 7), 5.0))
        mean = one.paid.mean(axis=2, keepdims=True)
        costs = [solve(replace(one, paid=mean + spread * (one.paid - mean))).cost for spread in (0, 0.5, 1, 2)]
        assert (np.diff(costs, axis=0) <= 1e-9).all(), f"seed {seed}"


def test_no_order_breaks_a_constraint():
    """A hundred thousand products: every supplier's best order is whole packs, of at least MOQ, and has room."""
    orders = 0
    for seed in range(20):
        one = problem(seed, products=5000, days=2, nodes=2)
        found = solve(one, levels=20)
        units, owner = found.row_units, np.repeat(np.arange(5000), np.diff(one.offers.rows))
        placed = units > 0
        assert (units[placed] % one.offers.pack_units[placed] == 0).all()
        assert (units[placed] >= one.offers.moq_units[placed]).all()
        assert (one.stock[owner] + units <= one.ceiling[owner, 0] + 1e-9)[placed].all()
        assert np.isinf(found.row_cost[~placed]).all()
        chosen = found.row >= 0
        assert (found.units[chosen] > 0).all()
        assert (found.units[~chosen] == 0).all()
        assert (owner[found.row[chosen]] == np.flatnonzero(chosen)).all()
        assert (found.cost <= found.wait).all()
        orders += int(placed.sum())
    assert orders > 50_000


@pytest.mark.parametrize(
    ("moq", "pack", "ceiling", "units"),
    [
        pytest.param(0.0, 1.0, 100.0, 7, id="a_wish_of_the_days_demand"),
        pytest.param(0.0, 4.0, 100.0, 8, id="whole_packs_that_reach_the_wish"),
        pytest.param(9.0, 4.0, 100.0, 12, id="whole_packs_that_reach_the_moq"),
        pytest.param(9.0, 4.0, 11.0, 0, id="no_order_where_the_least_lot_does_not_fit"),
        pytest.param(0.0, 4.0, 7.0, 4, id="never_above_the_shelf"),
    ],
)
def test_rounding(moq: float, pack: float, ceiling: float, units: int):
    one = certain(
        np.array([7.0, 0.0]),
        np.full((1, 2), 2.0),
        np.zeros(1),
        holding_cost=1.0,
        lost_value=100.0,
        ceiling_units=ceiling,
        moq_units=np.array([moq]),
        pack_units=np.array([pack]),
    )
    assert solve(one).units[0] == units


def test_products_that_buy_nothing():
    """No supplier at all; no demand; stock above its shelf: all wait, and cost what holding and lost sales cost."""
    one = problem(5, products=3, spread=0.0, receipts=np.zeros((3, 4)), shelf_life_days=np.zeros(3, dtype=np.int64))
    count = np.diff(one.offers.rows)
    rows = np.array([0, 0, count[1], count[1] + count[2]])
    kept = np.arange(one.offers.rows[1], one.offers.rows[3])
    tier_rows = np.zeros(len(kept) + 1, dtype=np.int64)
    offers = Offers(
        rows=rows,
        moq_units=one.offers.moq_units[kept],
        pack_units=one.offers.pack_units[kept],
        order_cost=one.offers.order_cost[kept],
        spare_days=one.offers.spare_days[kept],
        tier_rows=tier_rows,
        tier_units=np.zeros(0),
        tier_discount=np.zeros(0),
    )
    demand = np.array([[2.0], [0.0], [4.0]])
    stock = np.array([0.0, 3.0, 500.0])
    ceiling = np.array([[1e6], [20.0], [50.0]]) * np.ones(4)
    calm = replace(
        one, offers=offers, paid=one.paid[kept], demand_mean=demand, demand_variance=0 * demand, stock=stock,
        ceiling=ceiling, lead_sd_days=np.zeros(3), end_units=np.array([0.0, 0.0, 240.0]),
    )  # fmt: skip
    found = solve(calm)
    assert found.row.tolist() == [-1, -1, -1]
    assert found.units.tolist() == [0, 0, 0]
    assert found.cost[0] == pytest.approx(2.0 * one.lost_value[0].mean(axis=1).sum())
    assert np.isfinite(found.cost).all()


def test_an_open_shelf_is_refused_with_the_cure():
    with pytest.raises(ValueError, match="useful_capacity"):
        solve(problem(1, ceiling=np.full((2, 4), np.inf)))


@pytest.mark.parametrize("pack_units", [0.0, 0.4])
def test_a_pack_of_less_than_a_unit_is_refused(pack_units):
    one = problem(1)
    packs = np.append(one.offers.pack_units[:-1], pack_units)
    with pytest.raises(ValueError, match=rf"Supplier row {len(packs) - 1}: a pack holds at least 1 unit"):
        solve(replace(one, offers=replace(one.offers, pack_units=packs)))


def test_large_rooms_are_told_apart_in_whole_lots():
    demand = np.full(10, 900.0)
    one = certain(
        demand,
        np.full((2, 10), 2.0),
        np.full(2, 1.0),
        holding_cost=0.01,
        lost_value=100.0,
        ceiling_units=50_000,
        moq_units=np.array([130.0, 75.0]),
        pack_units=np.array([24.0, 25.0]),
    )
    found = solve(replace(one, step_units=np.zeros(1)))
    assert found.units[0] >= 900
    assert found.units[0] % one.offers.pack_units[found.row[0]] == 0
    assert len(found.curve) <= grids.POINTS + 1


@pytest.mark.parametrize(("moq_units", "most"), [(10_000, 10_000), (9_973, 9_973 + 20)])
def test_a_large_minimum_order_is_met_exactly_where_the_grid_can(moq_units: float, most: float):
    one = certain(
        np.full(10, 100.0),
        np.full((1, 10), 2.0),
        np.ones(1),
        holding_cost=0.1,
        lost_value=99.0,
        ceiling_units=14_321,
        moq_units=np.array([float(moq_units)]),
    )
    found = solve(replace(one, step_units=np.zeros(1)))
    assert moq_units <= found.units[0] <= most
    assert len(found.curve) <= grids.POINTS + 1


def best_by_hand(one: Problem, found: lattice.Actions, s: int, least: float) -> tuple[float, dict[float, float]]:
    """The least cost of an order of today from a supplier row, and that of each order of at least so many units."""
    p = int(np.searchsorted(one.offers.rows, s, side="right")) - 1
    curve = found.curve[found.curve_rows[p] : found.curve_rows[p + 1]]
    point = float(found.point_units[p])
    lot = float(lattice.records(one, lattice.LEVELS)[1]["point_lot_units"][s])
    costs = {}
    for n in range(1, int((len(curve) - 1) * point / lot + 1e-9) + 1):
        units = n * lot
        if units >= max(least, one.offers.moq_units[s]) - 1e-9:
            paid = units * price_of(one, s, units, float(one.paid[s, 0, 0]))
            costs[units] = float(one.offers.order_cost[s]) + paid + float(curve[round(units / point)])
    return min(costs.values(), default=np.inf), costs


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 30), min_size=9, max_size=9))
def test_an_order_of_at_least_so_many_units_is_the_best_of_them(seed: int, wanted: list[int]):
    """A plain loop over the curve; the bare minimum is one of those it compares, so none is dearer than that."""
    one = problem(seed, products=3)
    found, rows = solve(one), np.arange(len(one.offers.moq_units))
    least = np.array(wanted[: len(rows)], dtype=float)
    units = lattice.at_least(one, found, rows, least)
    products, suppliers, tiers = lattice.records(one, lattice.LEVELS)
    owner = np.searchsorted(one.offers.rows, rows, side="right") - 1
    price = np.ascontiguousarray(one.paid[:, 0, 0])
    best = steps.best_of(products, suppliers, tiers, price, found.curve, owner, rows)
    for s in rows:
        cost, costs = best_by_hand(one, found, s, least[s])
        assert (units[s] > 0) == bool(costs)
        if costs:
            assert costs[units[s]] == pytest.approx(cost, rel=1e-9, abs=1e-9)
        free, _ = best_by_hand(one, found, s, 0.0)
        np.testing.assert_allclose(best[s, 0], free, rtol=1e-9, atol=1e-9)


def test_at_least_nothing_is_the_best_order_of_each_supplier():
    one = problem(2, products=200)
    found = solve(one)
    rows = np.flatnonzero(one.offers.spare_days >= 0)
    assert (lattice.at_least(one, found, rows, np.zeros(len(rows))) == found.row_units[rows]).all()
    nowhere = np.zeros(0, dtype=np.int64)
    assert len(lattice.at_least(one, found, nowhere, np.zeros(0))) == 0


@pytest.mark.parametrize(
    ("least", "changes", "units"),
    [
        pytest.param(3, {}, 7, id="less_than_the_wish_is_the_wish"),
        pytest.param(9, {}, 9, id="more_than_the_wish_is_no_more_than_asked"),
        pytest.param(9, {"pack_units": 4.0}, 12, id="in_whole_packs"),
        pytest.param(2, {"moq_units": 20.0}, 20, id="at_least_the_moq"),
        pytest.param(9, {"pack_units": 4.0, "ceiling_units": 11}, 0, id="nothing_where_it_does_not_fit"),
        pytest.param(9, {"ceiling_units": 9}, 9, id="up_to_the_shelf"),
        pytest.param(3, {"order_cost": 30.0, "holding_cost": 0.1}, 20, id="once_ordering_it_fills_up"),
    ],
)
def test_at_least(least: float, changes: dict[str, float], units: float):
    """Seven units are sold today, five tomorrow and eight the day after, at one price."""
    given = {"holding_cost": 1.0, "ceiling_units": 100, "pack_units": 1.0, "moq_units": 0.0, "order_cost": 0.0}
    given |= changes
    arrays = {name: np.array([given.pop(name)]) for name in ("order_cost", "pack_units", "moq_units")}
    one = certain(np.array([7.0, 5, 8]), np.full((1, 3), 2.0), lost_value=100.0, **arrays, **given)
    assert lattice.at_least(one, solve(one), np.array([0]), np.array([float(least)])).tolist() == [units]


@pytest.mark.parametrize("lead_days", [0, 5])
def test_the_less_is_known_of_the_level_the_more_is_ordered(lead_days: int):
    """A lost sale costs twenty times a unit, a unit left over is worth nearly its price."""
    left = {"end_price": np.full((1, 1), 0.9), "end_units": np.full(1, np.inf)}
    wanted = [
        solve(
            one_day(
                50.0,
                8.0,
                price=1.0,
                lost=20.0,
                ceiling=20 * 50.0,
                lead_days=np.full(1, lead_days),
                demand_level_cv=np.full(1, cv),
                **left,
            )
        ).units[0]
        for cv in (0.0, 0.1, 0.2, 0.4)
    ]
    assert wanted == sorted(wanted)
    assert wanted[-1] > wanted[0] + 20


def test_threads_and_blocks_change_no_bit():
    one = problem(7, products=700)
    first, second = solve(one, threads=1), solve(one, threads=3)
    assert all(getattr(first, name).tobytes() == getattr(second, name).tobytes() for name in vars(first))


def test_the_tables_tell_the_cost_after_ordering():
    one = problem(11, products=3, days=4, nodes=3)
    table, step = lattice.tables(one, 1)
    plain = Plain(one, 1, lattice.LEVELS)
    for k, j, level in [(1, 0, 0), (2, 2, 3), (3, 1, 5)]:
        assert table[k, j, level] == pytest.approx(plain.after(k, j, level * step), rel=1e-9, abs=1e-9)
    assert np.isnan(table[0]).all()


def test_the_textbook_numbers_of_the_docstrings():
    for module in (lattice, risk, nodes):
        assert doctest.testmod(module).failed == 0
