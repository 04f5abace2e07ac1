"""The world of a replay from tables: what is quoted, asked for, known, on hand and on its way."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import small
from test_orders import DEFAULTS

from ordercast import simulate
from ordercast.orders import history
from ordercast.orders.world import World

TODAY = pd.Timestamp("2025-10-27")  # the last of the small world's 300 days
FILLED = SimpleNamespace(**DEFAULTS)
NO_ORDERS = pd.DataFrame(columns=["order_id", "product_id", "supplier_id", "quantity_units", "due_on", "status"])


def built(**changes: Any) -> World:
    tables = {
        "prices": small.quotes(),
        "sales": small.sales(),
        "products": pd.DataFrame({"product_id": ["A", "B"], "shelf_capacity_units": [50.0, np.nan]}),
        "suppliers": pd.DataFrame(columns=["product_id", "supplier_id"]).astype("str"),
        "stock": pd.DataFrame({"product_id": ["A"], "on_hand_units": [7.0]}),
        "open_orders": NO_ORDERS,
    }
    return history.world_of(**tables | {"defaults": FILLED, "today": TODAY.date(), "seed": 1} | changes)


def test_products_without_a_sale_are_left_out_and_said() -> None:
    world = built()
    assert world.product_ids.tolist() == ["A", "B"]
    assert world.supplier_ids.tolist() == ["F1", "F2", "F1"]
    assert world.terms.product.tolist() == [0, 0, 1]
    assert world.terms.starts.tolist() == [0, 2]
    assert world.notes == ("1 products without a sale are left out",)
    assert world.terms.shelf_capacity_units.tolist() == [50, np.inf]
    assert world.opening.on_hand_units.tolist() == [7, 0]
    assert world.dates[-1] == TODAY.to_datetime64()


def test_quotes_are_carried_forward_and_never_back() -> None:
    quotes = small.quotes_with_comers_and_goers()
    world = built(prices=quotes)
    late = world.supplier_ids.tolist().index("F8")
    assert np.isnan(world.unit_price[late, :220]).all()
    assert not world.quoted[late, :220].any()
    own = quotes[(quotes["product_id"] == "B") & (quotes["supplier_id"] == "F8")].set_index("date")["unit_price"]
    carried = own.reindex(pd.to_datetime(world.dates)).ffill().to_numpy()
    np.testing.assert_allclose(world.unit_price[late], carried)
    assert not world.orderable[late, : own.index[0].day_of_year - 1].any()


def test_a_stock_out_hides_demand_from_policies_and_not_from_the_world() -> None:
    sales = small.sales()
    out = sales[~sales["in_stock"] & (sales["product_id"] == "B")]
    wanted = sales.drop(columns="in_stock").assign(demand_units=sales["demand_units"] + 100.0)
    plain, told = built(), built(wanted=wanted)
    days = (out["date"] - pd.Timestamp(plain.dates[0])).dt.days.to_numpy()
    assert len(days)
    assert not plain.demand_known[1, days].any()
    assert (told.demand_units[1, days] >= 100).all()
    np.testing.assert_array_equal(plain.demand_known, told.demand_known)


@pytest.mark.parametrize(
    ("due", "due_in", "arrives_in"),
    [
        pytest.param(3, 3, 3, id="as_promised"),
        pytest.param(0, 0, 0, id="today"),
        pytest.param(-2, -2, 7, id="overdue_comes_after_one_more_lead_time"),
        pytest.param(-8, None, None, id="overdue_for_long_nobody_counts_on_it"),
        pytest.param(None, None, None, id="nor_on_one_without_a_date"),
    ],
)
def test_open_orders(due: int | None, due_in: int | None, arrives_in: int | None) -> None:
    due_on = pd.NaT if due is None else TODAY + pd.Timedelta(days=due)
    order = {"order_id": "O1", "product_id": "A", "supplier_id": "F2", "quantity_units": 9.0, "status": "sent"}
    opening = built(open_orders=pd.DataFrame([order | {"due_on": due_on}])).opening
    if due_in is None:
        assert not len(opening.order_units)
        return
    assert (opening.order_product.tolist(), opening.order_series.tolist()) == ([0], [1])
    assert opening.order_units.tolist() == [9]
    assert (opening.order_due_in_days.tolist(), opening.order_arrives_in_days.tolist()) == ([due_in], [arrives_in])


def test_closed_orders_do_not_come() -> None:
    order = {"order_id": "O1", "product_id": "A", "supplier_id": "F2", "quantity_units": 9.0, "status": "received"}
    assert len(built(open_orders=pd.DataFrame([order | {"due_on": TODAY}])).opening.order_units) == 0


def test_weekly_sales_are_spread_over_the_days_of_their_week_and_known_after_it() -> None:
    sales = small.sales()
    weekly = sales[sales["date"].dt.day_of_week == 0].assign(demand_units=70.0, in_stock=True)
    world = built(sales=weekly, sales_cover_days=7)
    first = int((weekly["date"].min() - pd.Timestamp(world.dates[0])).days)
    weeks = world.demand_units[0, first:][:280].reshape(-1, 7).sum(axis=1)
    assert (weeks == 70).all()
    assert (world.demand_units == np.round(world.demand_units)).all()
    known = world.demand_days
    assert (known <= np.arange(world.days)).all()
    assert known[first + 6] < first + 1
    assert known[first + 7] == first + 7
    assert known[first + 13] == first + 7


def test_fractions_are_spread_evenly() -> None:
    week = pd.DataFrame({"product_id": ["A"], "date": [TODAY], "demand_units": [3.5], "in_stock": [True]})
    by_day = history.by_day(week, 7, seed=0)
    assert by_day["demand_units"].tolist() == [0.5] * 7
    assert (by_day["date"].iloc[-1] - TODAY).days == 6


def test_lead_times_scatter_about_their_mean_and_follow_the_seed() -> None:
    world = built()
    lead = world.lead_days
    assert lead.min() >= 4
    assert lead.mean() == pytest.approx(7, abs=0.2)
    assert lead.std() == pytest.approx(1.5, abs=0.2)
    np.testing.assert_array_equal(lead, built().lead_days)
    assert (lead != built(seed=2).lead_days).any()
    at_once = replace(world.terms, lead_time_days=np.zeros(3), lead_time_sd_days=np.zeros(3))
    assert not history.drawn_lead_days(at_once, 5, seed=0).any()


def test_a_simulated_world_opens_with_its_stock_and_orders() -> None:
    made = simulate.world(20, 400, 3, simulate.DEFAULT_TODAY, "BRL")
    world = history.world_of(**made.tables(), defaults=FILLED, today=simulate.DEFAULT_TODAY, seed=3)
    assert world.products == 20
    assert world.opening.on_hand_units.tolist() == made.stock["on_hand_units"].tolist()
    assert len(world.opening.order_units) == len(made.open_orders)
    assert (world.opening.order_due_in_days < 0).sum() == 1
    assert world.days == 400
