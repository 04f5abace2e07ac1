"""How long stock lasts, beside a diary; what the reorder point calls for, and when."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercast.orders import coverage

NEVER = np.array([np.inf])


def test_doctests():
    assert doctest.testmod(coverage, extraglobs={"np": np}).failed == 0


@pytest.mark.parametrize(
    ("on_hand", "due", "ordered", "lead", "life", "days"),
    [
        pytest.param(30, {}, 0, 0, np.inf, 3, id="stock_alone"),
        pytest.param(30, {2: 20}, 0, 0, np.inf, 5, id="what_is_due_in_time"),
        pytest.param(30, {9: 500}, 0, 0, np.inf, 3, id="what_is_due_after_the_stock_has_run_out"),
        pytest.param(30, {}, 20, 3, np.inf, 5, id="an_order_that_comes_in_time"),
        pytest.param(30, {}, 20, 6, np.inf, 8, id="an_order_that_comes_late_counts_from_its_day"),
        pytest.param(500, {}, 0, 0, np.inf, 14, id="beyond_the_forecast"),
        pytest.param(500, {}, 0, 0, 5, 5, id="stock_that_spoils"),
        pytest.param(500, {4: 100}, 0, 0, 5, 9, id="a_fresh_delivery_keeps_longer"),
        pytest.param(500, {}, 100, 3, 5, 8, id="so_does_an_order"),
    ],
)
def test_days_that_stock_lasts(on_hand, due, ordered, lead, life, days):
    arrivals = np.array([[float(due.get(day, 0)) for day in range(14)]])
    got = coverage.lasts(
        np.full((1, 14), 10.0),
        np.array([float(on_hand)]),
        arrivals,
        np.array([float(ordered)]),
        np.array([lead]),
        np.array([float(life)]),
    )
    assert got.tolist() == [days]


@pytest.mark.parametrize(("since", "days"), [(0, 1), (3, 8), (8, 8)])
def test_a_shortage_counts_from_a_day_on(since: int, days: int):
    """A day's stock, and five days' that come on day 3: days 1 and 2 go without."""
    due = np.zeros((1, 14))
    due[0, 3] = 50.0
    one, none = np.ones(1), np.zeros(1)
    got = coverage.lasts(
        np.full((1, 14), 10.0), 10 * one, due, none, np.zeros(1, dtype=np.int64), NEVER, np.array([since])
    )
    assert got.tolist() == [days]


@given(st.integers(0, 2**31), st.integers(0, 6))
def test_the_first_day_at_the_reorder_point(seed: int, protection: int):
    rng = np.random.default_rng(seed)
    demand, due = rng.integers(0, 6, (1, 10)).astype(float), rng.integers(0, 4, (1, 18)).astype(float)
    on_hand, point = float(rng.integers(0, 40)), float(rng.integers(0, 20))
    got = coverage.days_until_due(demand, np.array([on_hand]), due, np.array([point]), np.array([float(protection)]))
    expected = 10
    for day in reversed(range(1, 11)):
        position = on_hand + due[0, : day + protection + 1].sum() - demand[0, :day].sum()
        expected = day if position <= point and demand.any() else expected
    assert got.tolist() == [expected]
