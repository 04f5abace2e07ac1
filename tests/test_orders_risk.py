"""Demand risk beside scipy's gamma, a simulation and plain loops; grids that whole packs fit."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ordercast.kernels import grid
from ordercast.kernels import risk as kernels
from ordercast.orders import risk


def gamma_loss(y: float, mean: float, sd: float) -> float:
    shape, scale = (mean / sd) ** 2, sd**2 / mean
    above = scipy.stats.gamma.sf([y, y], [shape + 1, shape], scale=scale)
    return float(mean * above[0] - y * above[1])


@pytest.mark.parametrize("cv", [0.002, 0.03, 0.1, 0.3, 0.5, 0.8, 1.0, 1.5, 2.5, 4.0])
def test_the_loss_is_that_of_the_gamma_distribution(cv: float):
    curve = np.empty((4, kernels.KNOTS))
    kernels.blend(risk.loss_table(), 10.0, 10.0 * cv, 4, curve)
    for z in np.linspace(max(-5.0, -0.99 / cv), 12, 60):
        got, exact = 10 * cv * kernels.loss_at(z, curve), gamma_loss(10 + 10 * cv * z, 10.0, 10 * cv)
        assert got == pytest.approx(exact, abs=3e-3 * cv * 10)


def test_the_loss_of_steady_demand_is_that_of_the_normal_distribution():
    curve = np.empty((4, kernels.KNOTS))
    kernels.blend(risk.loss_table(), 1e9, 1.0, 4, curve)
    for z in np.linspace(-5, 5, 41):
        exact = scipy.stats.norm.pdf(z) - z * scipy.stats.norm.sf(z)
        assert kernels.loss_at(z, curve) == pytest.approx(exact, abs=1e-6)


@given(st.floats(0.1, 100), st.floats(0, 2), st.floats(0, 50), st.floats(0, 2), st.integers(0, 2**31))
def test_units_are_sold_lost_or_left(day: float, day_cv: float, lead: float, lead_cv: float, seed: int):
    stock = np.sort(np.random.default_rng(seed).uniform(0, 3 * day + lead, 30))
    stock[0] = 0.0
    before, variance = (lead, (lead_cv * lead) ** 2), (day_cv * day) ** 2
    left, lost = risk.expected_rest(stock, before, (lead + day, before[1] + variance))
    np.testing.assert_allclose(stock - left, day - lost, atol=1e-9 * (1 + day))
    assert (left >= 0).all()
    assert (lost >= 0).all()
    assert (lost <= day * (1 + 1e-12)).all()
    assert left[0] == 0
    assert lost[0] == pytest.approx(day)
    assert (np.diff(left) >= -1e-3 * (day + lead)).all()


def test_lost_units_are_those_of_a_simulation():
    """One order arrives after five days of demand 10 (sd 6); what it and the left-overs miss on the sixth day."""
    rng = np.random.default_rng(2)
    lead = rng.gamma((50 / 180**0.5) ** 2, 180 / 50, 400_000)
    day = rng.gamma((10 / 6) ** 2, 36 / 10, 400_000)
    for position in (40.0, 55.0, 70.0):
        there = np.maximum(position - lead, 0)
        left, lost = risk.expected_rest(np.array([there.mean()]), (50.0, 180.0), (60.0, 216.0))
        assert left[0] == pytest.approx(np.maximum(there - day, 0).mean(), abs=0.1)
        assert lost[0] == pytest.approx(np.maximum(day - there, 0).mean(), abs=0.1)


def test_certain_demand_is_plain_arithmetic():
    left, lost = risk.expected_rest(np.array([0.0, 3, 7, 9]), (20.0, 0.0), (27.0, 0.0))
    assert left.tolist() == [0, 0, 0, 2]
    assert lost.tolist() == [7, 4, 0, 0]


@pytest.mark.parametrize("level_cv", [0.0, 0.25])
@pytest.mark.parametrize(("lead", "lead_sd"), [(0, 0.0), (1, 1.5), (3, 0.5), (6, 2.0)])
def test_windows_add_up_days_and_repeat_the_last(lead: int, lead_sd: float, level_cv: float):
    """An error in the level is common to all days of a window: its share of the mean, not of the variance, adds up."""
    mean, variance = np.array([3.0, 5, 1, 2]), np.array([1.0, 2, 3, 4])
    got = risk.lead_demand(mean, variance, lead, lead_sd, days=6, level_cv=level_cv)
    for k in range(6):
        days = [min(k + t, 3) for t in range(lead)]
        total, own = sum(mean[t] for t in days), sum(variance[t] for t in days)
        pace = total / lead if lead else mean[min(k, 3)]
        assert got[0][k] == pytest.approx(total)
        assert got[1][k] == pytest.approx(own + (pace * lead_sd) ** 2 + (level_cv * total) ** 2)


@given(st.integers(0, 2**31), st.integers(0, 40), st.floats(0, 3), st.floats(0, 1))
def test_windows_that_slide_are_windows_added_up_anew(seed: int, lead: int, lead_sd: float, level_cv: float):
    rng = np.random.default_rng(seed)
    mean, variance = rng.uniform(0, 50, (2, rng.integers(1, 30)))
    last = len(mean) - 1
    got = np.empty((25, 2))
    kernels.windows(mean, variance, lead, lead_sd, level_cv, got)
    for k in range(25):
        days = [min(k + t, last) for t in range(lead)]
        total = math.fsum(mean[days])
        pace = total / lead if lead else mean[min(k, last)]
        spread = math.fsum(variance[days]) + (pace * lead_sd) ** 2 + (total * level_cv) ** 2
        assert got[k].tolist() == pytest.approx([total, spread], rel=1e-9, abs=1e-9)


@given(st.integers(0, 2**31), st.integers(0, 4))
def test_stock_on_arrival_is_what_a_diary_says(seed: int, longest: int):
    rng = np.random.default_rng(seed)
    lead, on_hand = rng.integers(0, longest + 1, 4), rng.integers(0, 20, 4).astype(float)
    due, demand = rng.integers(0, 9, (4, 12)).astype(float), rng.integers(0, 6, (4, 3)).astype(float)
    stock, receipts = risk.stock_on_arrival(on_hand, due, demand, lead, days=5)
    for p in range(4):
        there = on_hand[p]
        for day in range(lead[p]):
            there = max(there + due[p, day] - demand[p, min(day, 2)], 0)
        assert stock[p] == there + due[p, lead[p]]
        assert receipts[p].tolist() == [0.0, *due[p, lead[p] + 1 : lead[p] + 5]]


def test_ceilings_bind_the_position():
    demand = np.array([[4.0, 2, 6]])
    got = risk.stock_ceilings(np.array([7.0]), np.array([5.0]), np.array([20.0]), demand, np.array([2]), days=4)
    assert got.tolist() == [[12.0, 20 - 8, 20 - 12, 20 - 12]]
    full = risk.stock_ceilings(np.array([7.0]), np.array([-5.0]), np.array([3.0]), demand, np.array([2]), days=2)
    assert full.tolist() == [[7.0, 0.0]]


@pytest.mark.parametrize(
    ("packs", "moq", "wish", "divide", "step", "lots"),
    [
        pytest.param([1], [0], 0.3, True, 1 / 3, [1], id="slow_movers_are_told_apart_below_the_unit"),
        pytest.param([12], [0], 2.0, True, 2, [12], id="a_pack_is_divided_into_whole_units"),
        pytest.param([13], [0], 3.0, True, 13 / 4, [13], id="or_evenly_where_none_are_near"),
        pytest.param([6, 4], [0, 0], 2.5, True, 4, [12, 4], id="different_packs_take_the_multiple_that_fits_them"),
        pytest.param([1], [0], 12.5, True, 13, [13], id="many_units_make_a_step"),
        pytest.param([24, 25], [0, 0], 9.5, True, 10, [120, 50], id="unequal_packs_meet_in_small_lots"),
        pytest.param([12, 6], [0, 0], 2.0, False, 6, [12, 6], id="today_is_told_apart_by_the_pack"),
        pytest.param([1], [10_000], 6.2, False, 8, [8], id="a_large_minimum_order_is_met_exactly"),
        pytest.param([1], [9_973], 6.2, False, 7, [7], id="unless_nothing_near_divides_it"),
        pytest.param([1], [5], 6.2, False, 7, [7], id="or_it_is_less_than_a_step"),
    ],
)
def test_grid_steps(packs: list[int], moq: list[int], wish: float, divide: bool, step: float, lots: list[int]):
    own = np.array([0, len(packs)]), np.array(packs, dtype=float), np.array(moq, dtype=float)
    steps, got = grid.grid_steps(*own, np.array([wish]), divide)
    assert (steps.tolist(), got.tolist()) == ([step], lots)


def test_a_stock_that_stands_for_no_limit_is_laid_on_a_grid_at_once():
    """Some ERPs write 999,999,999 units; comparing all multiples of a pack took minutes."""
    steps, lots = grid.grid_steps(np.array([0, 2]), np.array([6.0, 4.0]), np.zeros(2), np.array([1e9 / 94]), True)
    assert 1e9 / 94 <= steps[0] <= 1.01e9 / 94
    assert (lots % steps[0]).tolist() == [0, 0]
    assert (lots % [6, 4]).tolist() == [0, 0]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=4), st.floats(0.001, 200), st.booleans())
def test_lots_are_whole_packs_and_whole_steps(packs: list[int], wish: float, divide: bool):
    own = np.array([0, len(packs)]), np.array(packs, dtype=float), np.zeros(len(packs))
    steps, lots = grid.grid_steps(*own, np.array([wish]), divide)
    for pack, lot in zip(packs, lots, strict=True):
        assert lot % pack == 0
        assert math.isclose(lot / steps[0], round(lot / steps[0]), abs_tol=1e-9 * lot / steps[0])
    assert steps[0] >= wish or wish > math.gcd(*packs) or steps[0] >= 0.5 * wish
    assert steps[0] <= max(2 * (wish + math.gcd(*packs)), math.gcd(*packs))
