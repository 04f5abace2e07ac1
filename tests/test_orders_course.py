"""The expected course of a plan: it begins with today's order, and no day asks for what could not be ordered."""

import numpy as np
import pandas as pd
import pytest
import replayed
from hypothesis import given, settings
from mornings import PLANNER, rule, worked

from ordercast.orders import course
from ordercast.orders.course import NO_COURSE, courses, limits
from ordercast.orders.planner import Planner

DAYS = 20


@given(world=replayed.worlds(days=80))
@settings(max_examples=25)
def test_a_course_keeps_to_the_rules_of_ordering(world):
    known = worked(world)
    drawn = courses(known, list(range(world.products)))
    terms, state = world.terms, known.state
    assert list(drawn.columns) == list(NO_COURSE.columns)
    offered = {world.product_ids[terms.product[series]] for series in known.worked.offers}
    assert set(drawn["product_id"]) == offered
    for product, path in drawn.groupby("product_id"):
        at = int(np.flatnonzero(world.product_ids == product)[0])
        series = int(np.flatnonzero((terms.product == at) & (world.supplier_ids == path["supplier_id"].iloc[0]))[0])
        assert len(set(path["supplier_id"])) == 1
        assert path["date"].tolist() == list(pd.date_range(world.dates[-1], periods=DAYS))
        assert path["order_units"].iloc[0] == known.worked.units[at]
        if known.worked.series[at] >= 0:
            assert series == known.worked.series[at]
        assert (path["stock_units"] >= 0).all()
        placed = path["order_units"][path["order_units"] > 0]
        assert np.allclose(placed % terms.pack_units[series], 0)
        assert (placed >= terms.moq_units[series] - 1e-9).all()
        position = state.on_hand_units[at] + state.expected_units[at]
        if np.isfinite(capacity := terms.shelf_capacity_units[at]):
            assert (path["stock_units"] <= max(capacity, position) + 1e-6).all()
        assert path["arrival_units"].sum() <= path["order_units"].sum() + state.expected_units[at]
        assert not path[["p10", "p50", "p90"]].isna().any().any()
        assert (path["buy_below_unit_price"].dropna() >= 0).all()


@pytest.mark.parametrize(
    ("orders", "arrivals"),
    [
        pytest.param([(4, 3, 3)], {3: 4.0}, id="an_open_order_on_its_day"),
        pytest.param([(4, 0, 0)], {0: 4.0}, id="one_due_today"),
        pytest.param([(4, -2, 3)], {1: 4.0}, id="one_overdue_is_expected_any_day"),
        pytest.param([(4, -8, 3)], {}, id="one_overdue_by_more_than_a_week_is_not_awaited"),
        pytest.param([(4, 300, 300)], {}, id="one_beyond_the_plan"),
    ],
)
def test_arrivals_of_open_orders(orders, arrivals):
    drawn = courses(worked(replayed.world(on_hand=60.0, orders=orders)), [0])
    came = drawn["arrival_units"] - drawn["order_units"].shift(2, fill_value=0.0)
    assert {day: units for day, units in enumerate(came) if units} == arrivals


def test_stock_goes_down_by_demand_and_up_by_arrivals():
    drawn = courses(worked(replayed.world(on_hand=10.0, order_cost=0.5)), [0])
    before = np.append(10.0, drawn["stock_units"].to_numpy()[:-1])
    expected = np.maximum(before + drawn["arrival_units"] - 1.0, 0.0)
    assert drawn["stock_units"].tolist() == pytest.approx(expected.tolist(), abs=1e-3)


@pytest.mark.parametrize(
    "products",
    [pytest.param([], id="nobody_is_asked_for"), pytest.param([7], id="a_product_that_is_not_there")],
)
def test_no_course_has_the_columns_of_one(products):
    drawn = courses(worked(replayed.world()), products)
    assert drawn.empty
    assert drawn.dtypes.to_dict() == NO_COURSE.dtypes.to_dict()


def test_what_a_figure_needs_beside_the_course():
    world = replayed.world(shelf_capacity_units=50.0, on_hand=60.0)
    line = rule(world).iloc[0]
    told = limits(worked(world), line)
    assert told == {"reason": line["reason"], "reorder_point_units": 3.0, "shelf_capacity_units": 50.0}
    assert limits(worked(world, Planner(PLANNER.forecasts)), line)["reorder_point_units"] == np.inf


def test_nobody_buys_between_days_of_review_at_any_price():
    drawn = courses(worked(replayed.world(on_hand=6.0, order_cost=0.5, review_period_days=7)), [0])
    assert np.flatnonzero(drawn["buy_below_unit_price"].notna()).tolist() == [7, 14]
    assert set(np.flatnonzero(drawn["order_units"])) <= {0, 7, 14}


def test_a_limit_is_the_price_at_which_the_programme_would_order():
    """A lot of one, a price that stands: where the limit is above the price, the course orders."""
    known = worked(replayed.world(on_hand=6.0, order_cost=0.5))
    drawn = courses(known, [0]).iloc[1:]
    cheap = drawn["p50"] < drawn["buy_below_unit_price"]
    assert (drawn["order_units"][~cheap] == 0).all()
    assert course.MOST >= 1
