"""What-if: beside every combination on small instances, by its properties on random ones, and in named cases."""

import itertools

import numpy as np
import pandas as pd
import pytest
import replayed
from hypothesis import given, settings
from hypothesis import strategies as st
from mornings import NO_CORRECTION, REASONS, planned, rule, worked

from ordercast.orders import curves as value
from ordercast.orders.curves import COLUMNS
from ordercast.whatif import Broken, Curves, answer, deviation

SETTINGS = {
    "budget": st.none() | st.floats(0, 3000),
    "service_floor": st.none() | st.floats(0, 1),
    "risk_appetite": st.floats(0, 1),
    "horizon_days": st.none() | st.integers(0, 60),
}


def table(seed: int, products: int = 4, points: int = 5) -> pd.DataFrame:
    """Random curves: bumpy, some with a reorder point, a limit that holds them, or no programme behind them."""
    rng, parts = np.random.default_rng(seed), []
    for p in range(products):
        units = np.append(0, np.sort(rng.choice(np.arange(1, 40), points - 1, replace=False))) * 6
        need, price = rng.uniform(20, 150), np.round(rng.uniform(0.5, 4), 2)
        loss = np.round(price * (0.4 * np.maximum(need - units, 0) + 0.1 * units * rng.random()), 4)
        loss += np.round(rng.random(points) * rng.choice([0, 20]), 4)
        floor, best = rng.choice([0.0, 0.0, units[1] + 1.0]), int(np.argmin(loss))
        wanted = [k for k in range(points) if units[k] >= min(floor, units[-1])]
        chosen = min(wanted, key=lambda k: (loss[k], units[k]))
        spread = np.round(rng.uniform(0, 30) * abs(units - units[points // 2]) / 100, 2)
        frame = {"product_id": f"P{p:05d}", "supplier_id": "F1", "quantity_units": units, "cost": loss - loss[best]}
        frame |= {"spend": np.round(units * price, 2), "expected_saving": loss[points // 2] - loss}
        frame |= {"fill": np.minimum(1, (30 + units) / 180), "demand_value": 180 * price, "cover_days": units // 4 + 5}
        frame |= {"planned": np.arange(points) == chosen, "erp": np.arange(points) == points // 2, "choosable": True}
        frame |= {"priced": True, "floor_units": floor, "moq_units": 6.0, "pack_units": 6.0, "room_units": 240.0}
        saving = frame["expected_saving"]
        parts.append(pd.DataFrame(frame | {"saving_p10": saving - spread, "saving_p90": saving + 2 * spread}))
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)].astype(COLUMNS)


def lines_of(points: pd.DataFrame) -> pd.DataFrame:
    """The order lines of the points' plan, and one of a product that nobody offers, last first."""
    own = points.loc[points["planned"], ["product_id", "quantity_units"]]
    return pd.concat([pd.DataFrame({"product_id": ["X"], "quantity_units": [0]}), own.iloc[::-1]], ignore_index=True)


def curves(points: pd.DataFrame) -> Curves:
    return Curves.of(points, lines_of(points))


def best_of_all(points: pd.DataFrame, budget: float) -> float:
    """Least cost of all combinations within the budget that reach every reorder point; inf where there is none."""
    parts = [part for _, part in points.groupby("product_id")]
    parts = [
        part[part["quantity_units"] >= min(part["floor_units"].max(), part["quantity_units"].max())] for part in parts
    ]
    pairs = [list(zip(part["spend"], part["cost"], strict=True)) for part in parts]
    found = [[sum(of) for of in zip(*each, strict=True)] for each in itertools.product(*pairs)]
    return min((cost for spend, cost in found if spend <= budget + 1e-9), default=np.inf)


@pytest.mark.parametrize("seed", range(40))
def test_no_combination_within_the_budget_is_better_by_more_than_one_step(seed):
    points = table(seed)
    known, least = curves(points), answer(curves(points), budget=0.0)
    for share in (0.0, 0.1, 0.3, 0.5, 0.8, 1.2):
        budget = share * float(points.groupby("product_id")["spend"].max().sum())
        exact, found = best_of_all(points, budget), answer(known, budget=budget)
        assert found.spend_total <= budget + 1e-9
        assert np.isinf(exact) == (found.floors_missed > 0)
        if np.isfinite(exact):
            worst_step = points.groupby("product_id")["cost"].agg(np.ptp).max()
            assert exact - 1e-9 <= found.cost <= exact + worst_step
        if share > 1:
            assert found.cost == pytest.approx(exact, abs=1e-9)
    assert least.spend_total == 0


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_of_many_products_no_combination_at_all_is_much_better(share):
    """The Lagrangian's value at any price of money is a bound: no plan within the budget costs less."""
    points = table(7, products=400, points=12).assign(floor_units=0.0)
    known = curves(points.assign(planned=points["quantity_units"] == 0))
    budget = share * answer(known, budget=1e9).spend_total
    prices = np.linspace(0, 2, 2001)
    cost, spend = (points[name].to_numpy().reshape(400, 12) for name in ("cost", "spend"))
    bound = max((cost + price * spend).min(axis=1).sum() - price * budget for price in prices)
    found = answer(known, budget=budget)
    assert bound <= found.cost + 1e-9
    assert found.cost - bound <= 0.002 * answer(known, budget=0.0).cost
    assert found.spend_total > 0.99 * budget


@given(seed=st.integers(0, 10**6), products=st.integers(1, 12))
def test_nothing_asked_or_a_budget_that_does_not_bind_is_the_plan(seed, products):
    points = table(seed, products)
    known, own = curves(points), points[points["planned"]]
    told = answer(known)
    assert told.quantity_units.tolist() == lines_of(points)["quantity_units"].tolist()
    assert told.spend_total == pytest.approx(own["spend"].sum())
    assert told.orders == (own["quantity_units"] > 0).sum()
    for name in ("expected_saving", "saving_p10", "saving_p90"):
        assert getattr(told, name) == pytest.approx(own[name].sum())
    wide = answer(known, budget=told.spend_total, service_floor=0.0, horizon_days=1000)
    assert wide.quantity_units.tolist() == told.quantity_units.tolist()


@given(
    seed=st.integers(0, 10**6), budgets=st.lists(st.floats(0, 3000), min_size=2, max_size=6), appetite=st.floats(0, 1)
)
def test_a_larger_budget_never_costs_more(seed, budgets, appetite):
    points = table(seed, products=8)
    points["floor_units"] = 0.0
    known = curves(points.assign(planned=points["quantity_units"] == 0))
    spread = np.where(appetite < 0.5, "saving_p10", "saving_p90")

    def judged(budget: float) -> float:
        found = answer(known, budget=budget, risk_appetite=appetite)
        risk = abs(found.expected_saving - getattr(found, str(spread)))
        return found.cost + (1 - 2 * appetite) * risk

    costs = [judged(budget) for budget in sorted(budgets)]
    assert (np.diff(costs) <= 1e-6).all()


@given(seed=st.integers(0, 10**6), products=st.integers(1, 10), asked=st.fixed_dictionaries(SETTINGS))
@settings(max_examples=100)
def test_whatever_is_asked_every_rule_is_kept(seed, products, asked):
    points = table(seed, products)
    known = curves(points)
    found = answer(known, **asked)
    got = pd.Series(found.quantity_units, lines_of(points)["product_id"]).drop("X")
    rows = points.set_index(["product_id", "quantity_units"]).loc[list(got.items())].reset_index()
    assert found.spend_total == pytest.approx(rows["spend"].sum())
    assert found.spend.sum() == pytest.approx(found.spend_total)
    assert asked["budget"] is None or found.spend_total <= asked["budget"] + 1e-9
    most = rows["product_id"].map(points.groupby("product_id")["quantity_units"].max())
    under = rows["quantity_units"] < np.minimum(rows["floor_units"], most)
    assert under.sum() == found.floors_missed
    assert asked["budget"] is not None or not under.any()
    if asked["service_floor"] is not None:
        assert found.service_missed == (found.expected_fill < asked["service_floor"])
    if asked["horizon_days"] is not None:
        asks = points[(points["quantity_units"] >= points["floor_units"]) & (points["quantity_units"] > 0)]
        least = rows["product_id"].map(asks.groupby("product_id")["quantity_units"].min()).fillna(most)
        long = (rows["quantity_units"] > 0) & (rows["cover_days"] > asked["horizon_days"])
        assert (rows["quantity_units"][long] <= least[long]).all()


@given(seed=st.integers(0, 10**6), floor=st.floats(0, 1))
def test_a_service_floor_is_reached_where_it_can_be(seed, floor):
    points = table(seed, products=6)
    found = answer(curves(points), service_floor=floor)
    most = points.groupby("product_id").last()
    reachable = float(most["fill"] @ most["demand_value"] / most["demand_value"].sum())
    assert found.service_missed == (floor > reachable + 1e-12)
    assert found.cost >= answer(curves(points)).cost - 1e-9


@pytest.mark.parametrize("seed", range(10))
def test_a_shorter_horizon_lasts_no_longer_and_less_appetite_keeps_more_of_the_p10(seed):
    known = curves(table(seed, products=20))
    lasts = [answer(known, horizon_days=days).cover_days for days in (5, 10, 20, 40, 60)]
    assert (np.diff(lasts) >= -1e-9).all()
    bad = [answer(known, risk_appetite=appetite).saving_p10 for appetite in (0.0, 0.25, 0.5)]
    assert (np.diff(bad) <= 1e-6).all()
    good = [answer(known, risk_appetite=appetite).saving_p90 for appetite in (0.5, 0.75, 1.0)]
    assert (np.diff(good) >= -1e-6).all()


def test_what_a_limit_changed_stays_as_planned():
    points = table(5, products=6)
    held = points["product_id"] == "P00002"
    points.loc[held, "choosable"] = points.loc[held, "planned"]
    points.loc[held, "floor_units"] = 0.0
    found = answer(curves(points), risk_appetite=1.0, service_floor=1.0)
    own = lines_of(points)["product_id"] == "P00002"
    assert found.quantity_units[own] == points.loc[held & points["planned"], "quantity_units"].to_numpy()


def test_reorder_points_that_cannot_all_be_paid_are_served_by_what_their_lack_costs():
    points = table(0, products=2, points=2)
    points[["quantity_units", "spend"]] = np.array([[0, 0.0], [6, 10.0], [0, 0.0], [6, 10.0]])
    points["cost"], points["floor_units"], points["planned"] = [3.0, 0, 5, 0], 6.0, [False, True, False, True]
    found = answer(curves(points), budget=15.0)
    assert found.quantity_units.tolist() == [0, 6, 0]
    assert found.floors_missed == 1
    assert answer(curves(points), budget=20.0).floors_missed == 0


@pytest.mark.parametrize(
    ("units", "codes"),
    [
        pytest.param(12, [], id="a_pack_more"),
        pytest.param(13, [Broken("pack", 6.0)], id="half_a_pack"),
        pytest.param(6, [Broken("moq", 12.0), Broken("floor", 8.0)], id="too_few"),
        pytest.param(0, [Broken("floor", 8.0)], id="none"),
        pytest.param(66, [Broken("shelf", 60.0), Broken("beyond", 60.0)], id="too_many"),
    ],
)
def test_a_deviation_breaks_rules(units, codes):
    points = table(3, products=1, points=2)
    points[["quantity_units", "spend", "cost", "moq_units", "room_units", "floor_units"]] = [
        [0, 0.0, 9.0, 12.0, 60.0, 8.0],
        [60, 120.0, 3.0, 12.0, 60.0, 8.0],
    ]
    found = deviation(curves(points), "P00000", "F1", units)
    assert list(found.broken) == codes
    assert found.spend == pytest.approx(2.0 * units)
    assert found.cost == pytest.approx(6.0 * (1 - min(units, 60) / 60))


def test_a_deviation_of_somebody_else_is_refused():
    known = curves(table(1))
    with pytest.raises(LookupError, match="product Y has no value curve"):
        deviation(known, "Y", "F1", 6)
    with pytest.raises(LookupError, match="supplier F9 is not on the curve of product P00001: F1 are"):
        deviation(known, "P00001", "F9", 6)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        pytest.param({"budget": -1.0}, "budget is -1; it must be 0 or more", id="budget"),
        pytest.param({"risk_appetite": 1.5}, "risk_appetite is 1.5; it must be from 0 to 1", id="appetite"),
        pytest.param({"service_floor": np.nan}, "service_floor is nan; it must be from 0 to 1", id="service"),
        pytest.param({"horizon_days": -2}, "horizon_days is -2; it must be 0 or more", id="horizon"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked, message):
    with pytest.raises(ValueError, match=message):
        answer(curves(table(0)), **asked)


def test_curves_of_another_plan_are_refused():
    points = table(0)
    other = lines_of(points).assign(quantity_units=lambda t: t["quantity_units"] + 6)
    with pytest.raises(ValueError, match="come from different plans: product X has 0 units on its curve and 6 on its"):
        Curves.of(points, other)
    with pytest.raises(ValueError, match="a product has no planned point"):
        Curves.of(points.assign(planned=False), lines_of(points))


def test_no_products_cost_nothing():
    none = table(0).iloc[:0]
    found = answer(Curves.of(none, lines_of(none)), budget=10.0, service_floor=0.9, horizon_days=7)
    assert found.quantity_units.tolist() == [0]
    assert found.spend_total == found.cost == found.orders == 0


@pytest.mark.parametrize("seed", range(4))
def test_the_plan_of_a_morning_is_what_its_curves_give_back(seed):
    world = replayed.random_world(seed, 6, 80)
    erp, known, everyone = rule(world), worked(world), np.ones(world.products, dtype=np.bool_)
    lines = planned.lines(erp, known, everyone, NO_CORRECTION, REASONS)
    points = Curves.of(value.of_morning(erp, known, everyone), lines)
    told = answer(points)
    assert told.quantity_units.tolist() == lines["quantity_units"].tolist()
    assert told.spend_total == pytest.approx(lines["total_cost"].sum(), abs=0.05)
    free = answer(points, budget=1e9)
    assert free.quantity_units.tolist() == lines["quantity_units"].tolist()
