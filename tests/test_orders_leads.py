"""Suppliers of different lead times: which programmes there are, and what a product does that has two of them."""

import doctest
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercast.orders import leads, risk
from ordercast.orders.lattice import Offers, Problem, solve


def test_the_docstrings():
    assert doctest.testmod(leads).failed == 0


@given(st.lists(st.lists(st.integers(0, 4), max_size=4), min_size=1, max_size=6))
def test_every_lead_time_of_every_product_has_its_programme(days: list[list[int]]):
    rows = np.append(0, np.cumsum([len(each) for each in days]))
    flat = np.array([lead for each in days for lead in each], dtype=np.int64)
    found = leads.programmes(rows, flat)
    covered = [
        (p, lead) for one in found for p, lead in zip(one.products.tolist(), one.lead_days.tolist(), strict=True)
    ]
    assert sorted(covered) == sorted({(p, lead) for p, each in enumerate(days) for lead in each})
    for one in found:
        for place, (p, lead) in enumerate(zip(one.products, one.lead_days, strict=True)):
            own = slice(one.rows[place], one.rows[place + 1])
            assert one.suppliers[own].tolist() == list(range(rows[p], rows[p + 1]))
            assert one.spare_days[own].tolist() == [lead - each for each in days[p]]


def actions(stock: float, prices: tuple[float, float], lead_days: tuple[int, int]) -> tuple[float, int, float]:
    """What a product does that sells 10 a day for 20 days, with an order cost of 5 at either supplier."""
    days, parts = 20, []
    demand = np.full((1, days + 10), 10.0)
    for one in leads.programmes(np.array([0, 2]), np.array(lead_days)):
        arrival, receipts = risk.stock_on_arrival(
            np.array([stock]), np.zeros((1, days + 10)), demand, one.lead_days, days
        )
        offers = Offers(
            rows=one.rows,
            moq_units=np.zeros(2),
            pack_units=np.ones(2),
            order_cost=np.full(2, 5.0),
            spare_days=one.spare_days,
            tier_rows=np.zeros(3, dtype=np.int64),
            tier_units=np.zeros(0),
            tier_discount=np.zeros(0),
        )
        paid = np.repeat(np.array(prices)[:, None, None], days, axis=1)
        problem = Problem(
            offers=offers,
            paid=leads.paid_when_ordered(paid, one.spare_days),
            link=np.zeros((1, days - 1), dtype=np.int64),
            lost_value=np.full((1, days, 1), 50.0),
            end_price=np.zeros((1, 1)),
            end_units=np.zeros(1),
            end_order_cost=np.zeros(1),
            worth=np.full((1, days), 10.0),
            holding_rate_per_year=np.full(1, 3.65),
            shelf_life_days=np.zeros(1, dtype=np.int64),
            stock=arrival,
            receipts=receipts,
            ceiling=np.full((1, days), 200.0),
            demand_mean=demand,
            demand_variance=0 * demand,
            demand_level_cv=np.zeros(1),
            lead_days=one.lead_days,
            lead_sd_days=np.zeros(1),
            step_units=np.ones(1),
        )
        parts.append((one, solve(problem)))
    saving, supplier, units = leads.best_actions(parts, 1)
    return float(saving[0]), int(supplier[0]), float(units[0])


@pytest.mark.parametrize(
    ("stock", "prices", "lead_days", "supplier", "units"),
    [
        pytest.param(100.0, (12.0, 10.0), (1, 5), -1, 0, id="stock_for_ten_days_waits"),
        pytest.param(50.0, (12.0, 10.0), (1, 5), 1, None, id="the_cheap_slow_one_is_ordered_just_in_time"),
        pytest.param(10.0, (12.0, 10.0), (1, 5), 0, 40, id="the_fast_one_bridges_until_the_slow_one_delivers"),
        pytest.param(50.0, (10.0, 10.0), (1, 5), -1, 0, id="at_the_same_price_the_fast_one_is_waited_for"),
        pytest.param(10.0, (10.0, 10.0), (1, 5), 0, None, id="and_bought_in_time"),
        pytest.param(30.0, (12.0, 10.0), (3, 3), 1, None, id="with_one_lead_time_the_cheaper_one"),
    ],
)
def test_two_lead_times(
    stock: float, prices: tuple[float, float], lead_days: tuple[int, int], supplier: int, units: Any
):
    saving, chosen, bought = actions(stock, prices, lead_days)
    assert chosen == supplier
    assert (saving > 0) == (supplier >= 0)
    assert units is None or bought == units
