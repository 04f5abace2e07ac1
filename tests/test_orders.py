"""The reorder rule case by case, against textbook numbers, against a plain-loop twin, and by its properties."""

import doctest
import math
from statistics import NormalDist
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercast import orders, schema
from ordercast.language import Voice, columns
from ordercast.orders import erp, lots, reasons
from ordercast.orders.words import Words

TODAY = pd.Timestamp("2026-11-23")
DEFAULTS = {
    "lead_time_days": 7.0,
    "lead_time_sd_days": 1.5,
    "moq_units": 1.0,
    "pack_units": 1.0,
    "order_cost": 50.0,
    "holding_rate_per_year": 0.2,
}
# A demand of exactly 10 a day; order cost 36.5, price 10, holding 20 %: reorder point 60, economic lot 365.
PRODUCT = {
    "product_id": "P1",
    "name": "Foam",
    "holding_rate_per_year": 0.2,
    "shelf_capacity_units": None,
    "shelf_life_days": None,
}
SERIES = {
    "product_id": "P1",
    "supplier_id": "F01",
    "first_quote_on": "2025-01-01",
    "last_quote_on": "2026-11-20",
    "quotes": 100,
    "unit_price": 10.0,
    "share_unchanged": 0.5,
    "status": "active",
}
SUPPLIER = {
    "product_id": "P1",
    "supplier_id": "F01",
    "lead_time_days": 5,
    "lead_time_sd_days": 0,
    "moq_units": 1,
    "pack_units": 1,
    "order_cost": 36.5,
}
STOCK = {"product_id": "P1", "on_hand_units": 50, "as_of": "2026-11-23"}
OPEN = {
    "order_id": "PO-1",
    "product_id": "P1",
    "supplier_id": "F01",
    "quantity_units": 100,
    "unit_price": 10.0,
    "ordered_on": "2026-11-10",
    "due_on": "2026-11-26",
    "status": "open",
}
DATES = ["first_quote_on", "last_quote_on", "as_of", "ordered_on", "due_on"]


def rules(**changes: Any) -> SimpleNamespace:
    plain = {"service_level": 0.975, "review_period_days": 1, "defaults": SimpleNamespace(**DEFAULTS)}
    return SimpleNamespace(**plain | changes)


def table(base: dict[str, Any], rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame([base | row for row in rows], columns=list(base))
    dates = {name: "datetime64[us]" for name in DATES if name in base}
    numbers = {name: "float64" for name in base if name.endswith(("_units", "_days", "_cost", "_year", "unit_price"))}
    return frame.astype(dates | numbers | {name: "str" for name in base if name.endswith(("_id", "status"))})


def demand(product: str = "P1", means: Any = (10.0,) * 14, spread: float = 0.0, step: int = 1) -> pd.DataFrame:
    """A demand forecast with one row per `step` days; spread = p90 - p10 of each row."""
    horizon = [step * (place + 1) for place in range(len(means))]
    mean = np.asarray(means, dtype=np.float64)
    return pd.DataFrame(
        {
            "product_id": pd.Series([product] * len(means), dtype="str"),
            "origin": pd.Series([TODAY] * len(means), dtype="datetime64[us]"),
            "date": pd.Series([TODAY + pd.Timedelta(days=days) for days in horizon], dtype="datetime64[us]"),
            "horizon_days": pd.Series(horizon, dtype="int64"),
            "p10": mean - spread / 2,
            "p50": mean,
            "p90": mean + spread / 2,
            "mean": mean,
        }
    )


def prices(series: pd.DataFrame, low: float = 0.9, high: float = 1.1, days: int = 14) -> pd.DataFrame:
    """A price forecast that widens around today's price until `days`."""
    rows = series.loc[series.index.repeat(days), ["product_id", "supplier_id", "unit_price"]]
    horizon = np.tile(np.arange(1, days + 1), len(series))
    price = rows.pop("unit_price")
    return rows.reset_index(drop=True).assign(
        origin=TODAY,
        date=TODAY + pd.to_timedelta(horizon, unit="D"),
        horizon_days=horizon,
        p10=(price * (1 - (1 - low) * horizon / days)).to_numpy(),
        p50=price.to_numpy(),
        p90=(price * (1 + (high - 1) * horizon / days)).to_numpy(),
        mean=price.to_numpy(),
        skill_weight=1.0,
    )


def world(
    *,
    series: Any = ({},),
    suppliers: Any = ({},),
    products: Any = ({},),
    stock: Any = ({},),
    open_orders: Any = (),
    forecast_demand: pd.DataFrame | None = None,
    forecast_prices: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """The seven tables; each row is a dict of what differs from the constants above."""
    quotes = table(SERIES, list(series))
    return {
        "series": quotes,
        "forecast_prices": prices(quotes) if forecast_prices is None else forecast_prices,
        "forecast_demand": demand() if forecast_demand is None else forecast_demand,
        "products": table(PRODUCT, list(products)),
        "suppliers": table(SUPPLIER, list(suppliers)),
        "stock": table(STOCK, list(stock)),
        "open_orders": table(OPEN, list(open_orders)),
    }


def plan(tables: dict[str, pd.DataFrame], locale: str = "en_GB", language: str = "en", **changes: Any) -> pd.DataFrame:
    words = {"reason": Words(Voice(locale, "BRL", language))}
    return erp.plan(**tables, today=TODAY, run_id="run-1", params=rules(**changes), words=words)


def two(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Two suppliers, F01 and F02; unit_price goes to their series, the other figures to suppliers."""
    rows = [{"supplier_id": "F01"} | first, {"supplier_id": "F02"} | second]
    return {"series": [{k: row[k] for k in row if k in SERIES} for row in rows], "suppliers": rows}


CASES = [
    pytest.param(
        world(stock=[{"on_hand_units": 61}]),
        {"decision": "wait", "quantity_units": 0, "order_on": "2026-11-24", "total_cost": 0.0},
        "Wait: 61 in stock covers 6 days, above the reorder point of 60 (demand 60 + safety 0); "
        "expected to reach it on 24/11/2026.",
        id="stock_covers_lead_time_orders_nothing",
    ),
    pytest.param(
        world(stock=[{"on_hand_units": 60}]),
        {"decision": "buy", "quantity_units": 365, "order_on": "2026-11-23", "arrive_on": "2026-11-28"}
        | {"unit_price": 10.0, "total_cost": 3650.0, "erp_quantity_units": 365, "binding_constraint": "none"},
        "Buy 365 from F01 at R$10.00: stock 60 + 0 on order covers 6 days, F01 delivers in 5 days; "
        "reorder point 60 (demand 60 + safety 0), economic lot 365.",
        id="stock_at_the_reorder_point_orders_the_economic_lot",
    ),
    pytest.param(
        world(stock=[{"on_hand_units": 60.000001}]),
        {"decision": "wait", "order_on": "2026-11-24"},
        "Wait: 60 in stock",
        id="a_line_that_waits_waits_a_day_at_least",
    ),
    pytest.param(
        world(stock=[{"on_hand_units": -0.04}]),
        {"decision": "buy"},
        "stock 0 + 0 on order",
        id="nearly_nothing_is_written_without_a_sign",
    ),
    pytest.param(
        world(
            stock=[{"on_hand_units": 55}],
            open_orders=[
                {"order_id": f"PO-{day}", "due_on": f"2026-11-{day}", "quantity_units": 0.1} for day in (13, 24, 25)
            ],
        ),
        {"decision": "buy"},
        "stock 55 + 0.2 on order covers 5 days, F01 delivers in 5 days; reorder point 60 (demand 60 + safety 0), "
        "economic lot 365; order PO-13 due 13/11/2026 is overdue and not counted.",
        id="sums_of_tenths_leave_no_rest_due_later",
    ),
    pytest.param(
        world(stock=[{"on_hand_units": 410}]),
        {"decision": "wait", "order_on": "2026-12-07", "arrive_on": "2026-12-12"},
        "expected to reach it not before 07/12/2026.",
        id="wait_beyond_the_forecast_gives_its_last_day",
    ),
    pytest.param(
        world(stock=[{"on_hand_units": 55}], open_orders=[{"due_on": "2026-11-26", "quantity_units": 40}]),
        {"decision": "wait", "order_on": "2026-11-27"},
        "55 in stock + 40 on order covers 9 days",
        id="on_order_within_the_protection_period_counts",
    ),
    pytest.param(
        world(open_orders=[{"due_on": "2026-11-29"}]),
        {"decision": "wait"},
        "+ 100 on order",
        id="on_order_due_on_the_last_protected_day_counts",
    ),
    pytest.param(
        world(open_orders=[{"due_on": "2026-11-30"}]),
        {"decision": "buy", "quantity_units": 365},
        "stock 50 + 0 on order covers 5 days, F01 delivers in 5 days; reorder point 60 (demand 60 + safety 0), "
        "economic lot 365; urgent: stock is short from 28/11/2026, F01 delivers on 28/11/2026 at the earliest; "
        "100 more on order is due later.",
        id="on_order_due_after_the_protection_period_does_not_count",
    ),
    pytest.param(
        world(open_orders=[{"due_on": "2026-11-23"}]),
        {"decision": "wait"},
        "+ 100 on order",
        id="on_order_due_today_counts",
    ),
    pytest.param(
        world(open_orders=[{"due_on": "2026-11-16"}]),
        {"decision": "wait"},
        "50 in stock + 100 on order covers 15 days, above the reorder point of 60 (demand 60 + safety 0); expected to "
        "reach it on 02/12/2026; urgent: stock is short from 28/11/2026, F01 delivers on 28/11/2026 at the earliest; "
        "order PO-1 due 16/11/2026 is overdue, expected any day.",
        id="an_order_a_week_late_is_waited_for_but_is_no_stock",
    ),
    pytest.param(
        world(open_orders=[{"due_on": "2026-11-15"}]),
        {"decision": "buy", "quantity_units": 365},
        "; order PO-1 due 15/11/2026 is overdue and not counted.",
        id="overdue_for_longer_it_does_not_count",
    ),
    pytest.param(
        world(open_orders=[{"due_on": None}]),
        {"decision": "buy"},
        "; order PO-1 without a due date not counted.",
        id="order_without_a_date_does_not_count",
    ),
    pytest.param(
        world(open_orders=[{"order_id": f"PO-{n}", "due_on": f"2026-11-0{n}"} for n in range(1, 6)]),
        {"decision": "buy"},
        "order PO-3 due 03/11/2026 is overdue and not counted; 2 more late orders.",
        id="many_overdue_orders_are_counted_not_listed",
    ),
    pytest.param(
        world(open_orders=[{"status": "Received"}, {"order_id": "PO-2", "status": "cancelled"}]),
        {"decision": "buy"},
        "stock 50 + 0 on order",
        id="closed_orders_do_not_count",
    ),
    pytest.param(
        world(stock=[{"on_hand_units": -400}]),
        {"decision": "buy", "quantity_units": 460},
        "460 missing to the reorder point; urgent: stock is short from 23/11/2026",
        id="shortage_larger_than_the_economic_lot_is_filled",
    ),
    pytest.param(
        world(suppliers=[{"moq_units": 500}]),
        {"quantity_units": 500, "binding_constraint": "moq"},
        "economic lot 365, raised to the minimum order of 500",
        id="moq_raises_the_order",
    ),
    pytest.param(
        world(suppliers=[{"pack_units": 24}]),
        {"quantity_units": 384, "binding_constraint": "pack"},
        "economic lot 365, rounded up to 16 packs of 24",
        id="pack_rounds_up",
    ),
    pytest.param(
        world(products=[{"shelf_life_days": 12.5}], suppliers=[{"pack_units": 24}]),
        {"quantity_units": 144, "binding_constraint": "shelf_life"},
        "economic lot 365 cut to 125, the demand of the shelf life of 12.5 days, rounded up to 6 packs of 24",
        id="what_would_spoil_is_not_bought",
    ),
    pytest.param(
        world(products=[{"shelf_life_days": 40}]),
        {"quantity_units": 365, "binding_constraint": "none"},
        "economic lot 365;",
        id="shelf_life_longer_than_the_lot_changes_nothing",
    ),
    pytest.param(
        world(products=[{"shelf_life_days": 3}], stock=[{"on_hand_units": 5}]),
        {"quantity_units": 30, "binding_constraint": "shelf_life"},
        "economic lot 365 cut to 30, the demand of the shelf life of 3 days",
        id="no_more_of_a_shortage_than_keeps",
    ),
    pytest.param(
        world(products=[{"shelf_life_days": 3}], stock=[{"on_hand_units": 5}], suppliers=[{"order_cost": 0.1}]),
        {"quantity_units": 30, "binding_constraint": "shelf_life", "days_of_cover": 8},
        "55 missing to the reorder point, cut to 30: no more keeps until it is used",
        id="a_shortage_is_cut_to_what_keeps",
    ),
    pytest.param(
        world(products=[{"shelf_life_days": 20}], suppliers=[{"moq_units": 1000}]),
        {"quantity_units": 1000, "binding_constraint": "moq"},
        "raised to the minimum order of 1,000; about 800 of it would spoil",
        id="a_minimum_order_that_mostly_spoils",
    ),
    pytest.param(
        world(suppliers=[{"moq_units": 5000}]),
        {"quantity_units": 5000, "binding_constraint": "moq"},
        "raised to the minimum order of 5,000; more than the 3,650 of a year's demand",
        id="a_minimum_order_for_more_than_a_year",
    ),
    pytest.param(
        world(products=[{"shelf_life_days": 365}], suppliers=[{"moq_units": 5000, "order_cost": 1e6}]),
        {"quantity_units": 5000},
        "the demand of a year, raised to the minimum order of 5,000; about 1,350 of it would spoil",
        id="a_year_is_the_shelf_life",
    ),
    pytest.param(
        world(products=[{"shelf_life_days": 400}], suppliers=[{"moq_units": 5000, "order_cost": 1e6}]),
        {"quantity_units": 5000},
        "the demand of a year, raised to the minimum order of 5,000",
        id="more_than_a_year_is_not_said_twice",
    ),
    pytest.param(
        world(products=[{"shelf_life_days": 20}], suppliers=[{"pack_units": 150}]),
        {"quantity_units": 300, "binding_constraint": "shelf_life"},
        "the demand of the shelf life of 20 days, rounded up to 2 packs of 150; about 100 of it would spoil",
        id="a_pack_that_partly_spoils",
    ),
    pytest.param(
        world(products=[{"shelf_life_days": 60}], suppliers=[{"moq_units": 1000}]),
        {"quantity_units": 1000, "binding_constraint": "moq"},
        "about 400 of it would spoil: 600 are used within the shelf life of 60 days",
        id="an_economic_lot_that_keeps_in_a_minimum_order_that_does_not",
    ),
    pytest.param(
        world(products=[{"shelf_life_days": 30}], stock=[{"on_hand_units": 900}]),
        {"decision": "wait", "order_on": "2026-12-07", "days_of_cover": 30},
        "900 in stock covers 30 days, above the reorder point of 60 (demand 60 + safety 0); expected to reach it not "
        "before 07/12/2026",
        id="stock_that_spoils_before_it_is_used",
    ),
    pytest.param(
        world(products=[{"shelf_life_days": 6}], stock=[{"on_hand_units": 5}]),
        {"quantity_units": 60, "binding_constraint": "shelf_life"},
        "economic lot 365 cut to 60, the demand of the shelf life of 6 days",
        id="what_keeps_for_the_protection_days_is_bought_in_one",
    ),
    pytest.param(
        world(suppliers=[{"order_cost": 365000}]),
        {"quantity_units": 3650, "binding_constraint": "none"},
        "economic lot 36,500 cut to 3,650, the demand of a year",
        id="nobody_buys_for_longer_than_a_year",
    ),
    pytest.param(
        world(suppliers=[{"pack_units": 73}]),
        {"quantity_units": 365, "binding_constraint": "none"},
        "economic lot 365;",
        id="exact_packs_are_not_rounded_further",
    ),
    pytest.param(
        world(suppliers=[{"moq_units": 500, "pack_units": 24}]),
        {"quantity_units": 504, "binding_constraint": "moq"},
        "raised to the minimum order of 500 and to 21 packs of 24",
        id="moq_that_is_no_pack_multiple_goes_up_to_one",
    ),
    pytest.param(
        world(products=[{"shelf_capacity_units": 200}], suppliers=[{"pack_units": 24}]),
        {"quantity_units": 144, "binding_constraint": "shelf_capacity"},
        "cut to the room for 150 on the shelf of 200 and to 6 packs of 24",
        id="shelf_cuts_down_to_whole_packs",
    ),
    pytest.param(
        world(products=[{"shelf_capacity_units": 200}], suppliers=[{"pack_units": 24, "moq_units": 145}]),
        {"decision": "wait", "quantity_units": 0, "binding_constraint": "shelf_capacity"}
        | {"order_on": "2026-11-25", "arrive_on": "2026-11-30"},
        "Wait: 50 in stock and on order is not above the reorder point of 60, but the shelf of 200 has room for "
        "150 beside stock and open orders and the least F01 delivers is 168; room expected on 25/11/2026;",
        id="shelf_under_the_moq_orders_nothing",
    ),
    pytest.param(
        world(products=[{"shelf_capacity_units": 40}], suppliers=[{"moq_units": 60}]),
        {"decision": "wait", "order_on": "2026-12-07"},
        "room for 0 beside stock and open orders and the least F01 delivers is 60; it will never fit",
        id="shelf_smaller_than_the_moq_never_has_room",
    ),
    pytest.param(
        world(products=[{"shelf_capacity_units": 70}], suppliers=[{"moq_units": 80}], stock=[{"on_hand_units": 65}]),
        {"decision": "wait"},
        "above the reorder point of 60 (demand 60 + safety 0); expected to reach it on 24/11/2026; but the least F01 "
        "delivers is 80, which the shelf of 70 never holds.",
        id="a_shelf_that_never_holds_the_moq_is_said_before_it_matters",
    ),
    pytest.param(
        world(suppliers=[{"lead_time_days": 0}], stock=[{"on_hand_units": 5}]),
        {"decision": "buy", "arrive_on": "2026-11-23"},
        "F01 delivers in 0 days; reorder point 10 (demand 10 + safety 0)",
        id="no_lead_time_arrives_today",
    ),
    pytest.param(
        world(suppliers=[{}, {"supplier_id": "F09", "order_cost": 0.0}]),
        {"decision": "buy", "supplier_id": "F01"},
        "F01 delivers in 5 days",
        id="a_supplier_without_a_price_is_no_candidate",
    ),
    pytest.param(
        world(products=[{"shelf_capacity_units": 200}], open_orders=[{"due_on": "2026-12-24"}]),
        {"quantity_units": 50, "binding_constraint": "shelf_capacity"},
        "cut to the room for 50 on the shelf of 200",
        id="orders_due_later_take_their_place_on_the_shelf",
    ),
    pytest.param(
        world(products=[{"shelf_capacity_units": 200}], open_orders=[{"due_on": "2026-11-01"}]),
        {"quantity_units": 150, "binding_constraint": "shelf_capacity"},
        "cut to the room for 150",
        id="orders_that_nobody_counts_on_take_no_place_there",
    ),
    pytest.param(
        world(**two({"unit_price": 11.0}, {"unit_price": 10.0, "lead_time_days": 4}), stock=[{"on_hand_units": 60}]),
        {"supplier_id": "F02", "decision": "wait"},
        "above the reorder point of 50",
        id="the_cheaper_supplier_sets_the_reorder_point",
    ),
    pytest.param(
        world(**two({"unit_price": 11.0, "lead_time_days": 4}, {"lead_time_days": 4}), stock=[{"on_hand_units": 45}]),
        {"supplier_id": "F02", "quantity_units": 365, "buy_below_unit_price": 11.0},
        "; the cheapest of 2 suppliers in time.",
        id="cheapest_supplier_in_time",
    ),
    pytest.param(
        world(**two({"unit_price": 8.0}, {"lead_time_days": 3}), stock=[{"on_hand_units": 35}]),
        {"supplier_id": "F02", "buy_below_unit_price": 10.0},
        "; the only one of 2 suppliers in time.",
        id="cheaper_supplier_that_arrives_too_late_is_passed_over",
    ),
    pytest.param(
        world(**two({"order_cost": 365.0}, {"unit_price": 10.1, "order_cost": 3.65}), stock=[{"on_hand_units": 55}]),
        {"supplier_id": "F02"},
        "the cheapest of 2",
        id="order_cost_per_unit_belongs_to_the_price",
    ),
    pytest.param(
        world(**two({}, {}), stock=[{"on_hand_units": 55}]),
        {"supplier_id": "F01", "buy_below_unit_price": 10.0},
        "the cheapest of 2",
        id="equal_suppliers_the_first_name_wins",
    ),
    pytest.param(
        world(
            **two({"unit_price": 8.0}, {"lead_time_days": 3}),
            stock=[{"on_hand_units": 25}],
        ),
        {"supplier_id": "F02", "decision": "buy", "buy_below_unit_price": 10.0},
        "; urgent: stock is short from 26/11/2026, F02 delivers on 26/11/2026 at the earliest.",
        id="none_in_time_takes_the_fastest_and_says_urgent",
    ),
    pytest.param(
        world(**two({"unit_price": 11.0}, {}), stock=[{"on_hand_units": 0}]),
        {"supplier_id": "F02", "decision": "buy"},
        "urgent: stock is short from 23/11/2026",
        id="none_in_time_equally_fast_takes_the_cheaper",
    ),
    pytest.param(
        world(
            **two({"lead_time_days": 2, "moq_units": 50}, {"lead_time_days": 4, "moq_units": 10}),
            stock=[{"on_hand_units": 0}],
            products=[{"shelf_capacity_units": 20}],
        ),
        {"supplier_id": "F02", "quantity_units": 20, "binding_constraint": "shelf_capacity"},
        "urgent",
        id="none_in_time_a_lot_that_never_fits_stands_back",
    ),
    pytest.param(
        world(
            stock=[{"on_hand_units": 15}],
            open_orders=[{"due_on": "2026-11-26", "quantity_units": 100}],
        ),
        {"decision": "wait"},
        "urgent: stock is short from 25/11/2026, F01 delivers on 28/11/2026 at the earliest",
        id="a_receipt_after_the_stock_ran_out_does_not_hide_the_gap",
    ),
    pytest.param(
        world(stock=[{"on_hand_units": -10}], open_orders=[{"due_on": "2026-11-23"}]),
        {"decision": "wait"},
        "Wait: -10 in stock + 100 on order covers 9 days, above the reorder point of 60 (demand 60 + safety 0); "
        "expected to reach it on 26/11/2026.",
        id="a_receipt_of_today_fills_what_is_owed",
    ),
    pytest.param(
        world(suppliers=[{"lead_time_days": None}]),
        {"decision": "buy", "arrive_on": "2026-11-30"},
        "; assumed lead time 7 days.",
        id="assumed_lead_time_is_called_assumed",
    ),
    pytest.param(
        world(suppliers=[], products=[]),
        {"decision": "buy", "product_id": "P1"},
        "; assumed lead time 7 days, lead time spread 1.5 days, minimum order 1, pack of 1, order cost R$50.00, "
        "holding 20% a year.",
        id="no_suppliers_table_all_is_assumed",
    ),
    pytest.param(
        world(stock=[]),
        {"decision": "buy", "quantity_units": 365},
        "stock 0 + 0 on order covers 0 days, F01 delivers in 5 days; reorder point 60 (demand 60 + safety 0), "
        "economic lot 365; "
        "stock unknown, taken as 0.",
        id="no_stock_row_is_taken_as_zero",
    ),
    pytest.param(
        world(forecast_demand=demand(means=[0.0] * 14)),
        {"decision": "wait", "order_on": "2026-12-07", "supplier_id": "F01", "unit_price": 10.0},
        "Wait: the forecast expects no demand, 50 in stock.",
        id="zero_demand_waits",
    ),
    pytest.param(
        world(forecast_demand=demand(means=[])),
        {"decision": "wait", "order_on": "2026-12-07"},
        "Wait: no demand forecast, 50 in stock.",
        id="no_demand_forecast_waits",
    ),
    pytest.param(
        world(series=[{"status": "ended", "last_quote_on": "2026-09-21"}]),
        {"decision": "wait", "supplier_id": "F01", "unit_price": 10.0, "arrive_on": "2026-12-12"},
        "Wait: no current price, last quote 63 days ago, on 21/09/2026 from F01.",
        id="ended_series_waits",
    ),
    pytest.param(
        world(
            **two({"unit_price": 8.0, "status": "ended"}, {}),
            stock=[{"on_hand_units": 55}],
        ),
        {"decision": "buy", "supplier_id": "F02", "buy_below_unit_price": 10.0},
        "Buy 365 from F02",
        id="ended_series_is_no_candidate",
    ),
    pytest.param(
        world(
            series=[
                {"status": "ended", "last_quote_on": "2026-01-31"},
                {"status": "ended", "last_quote_on": "2026-09-21", "supplier_id": "F02"},
            ]
        ),
        {"decision": "wait", "supplier_id": "F02"},
        "last quote 63 days ago, on 21/09/2026 from F02; assumed lead time 7 days",
        id="of_ended_series_the_latest_is_named",
    ),
    pytest.param(
        world(forecast_prices=prices(table(SERIES, []))),
        {"decision": "wait", "regret_probability": 0.5, "supplier_id": "F01"},
        "Wait: no price forecast, last quote 3 days ago, on 20/11/2026 from F01.",
        id="no_price_forecast_waits",
    ),
    pytest.param(
        world(series=[]),
        {"decision": "wait", "product_id": "P1", "supplier_id": "", "unit_price": 0.0},
        "Wait: no supplier has ever quoted a price; assumed lead time 7 days.",
        id="product_nobody_quoted_has_its_line",
    ),
    pytest.param(
        world(forecast_demand=demand(means=[70.0, 70.0], spread=2.5631 * 7, step=7)),
        {"decision": "buy", "quantity_units": 365},
        "reorder point 72.7 (demand 60 + safety 12.7)",
        id="weekly_forecast_is_spread_over_its_days",
    ),
    pytest.param(
        world(
            forecast_demand=demand(means=[10.0] * 7 + [20.0] * 7, spread=2.5631),
            suppliers=[{"lead_time_days": 20}],
        ),
        {"decision": "buy"},
        "reorder point 359 (demand 350 + safety 9)",
        id="beyond_the_forecast_its_last_week_goes_on",
    ),
    pytest.param(
        world(suppliers=[{"lead_time_days": 2.5}], forecast_demand=demand(means=[10.0, 20.0, 30.0, 40.0])),
        {"decision": "buy", "arrive_on": "2026-11-26"},
        "reorder point 80 (demand 80 + safety 0)",
        id="half_days_of_lead_time_count_half",
    ),
    pytest.param(
        world(products=[{"holding_rate_per_year": 0.0}]),
        {"quantity_units": 3650},
        "economic lot 3,650",
        id="stock_that_costs_nothing_is_bought_for_a_year",
    ),
]


@pytest.mark.parametrize(("tables", "expected", "reason"), CASES)
def test_rule(tables: dict[str, pd.DataFrame], expected: dict[str, Any], reason: str) -> None:
    result = plan(tables)
    assert len(result) == 1
    line = result.iloc[0]
    days = {name: pd.Timestamp(value) for name, value in expected.items() if name.endswith("_on")}
    assert {name: line[name] for name in expected} == expected | days, line["reason"]
    assert reason in line["reason"]
    assert line["reason"].endswith(".")


def test_safety_stock_of_heizer_and_render() -> None:
    """Operations Management, ch. 12: 9-volt batteries, 150 a day (sd 16), 5 days (sd 1), 95 %: reorder at 1,004."""
    tables = world(
        forecast_demand=demand(means=[150.0] * 14, spread=16 * 2.5631),
        suppliers=[{"lead_time_days": 5, "lead_time_sd_days": 1}],
    )
    reason = plan(tables, service_level=0.95, review_period_days=0)["reason"].iloc[0]
    assert "reorder point 1,003.6 (demand 750 + safety 253.6)" in reason


def test_reorder_point_and_lot_of_snyder_and_shen() -> None:
    """Examples 3.1 and 5.5: 1300 a year (sd 150), K = 8, h = 0.225, 1/12 year, 7.5 / 7.725: (190.3, 304.05)."""
    day_sd = 150 / math.sqrt(365)
    tables = world(
        forecast_demand=demand(means=[1300 / 365] * 40, spread=day_sd * 2.5631),
        series=[{"unit_price": 0.75}],
        suppliers=[{"lead_time_days": 365 / 12, "order_cost": 8}],
        products=[{"holding_rate_per_year": 0.3}],
    )
    line = plan(tables, service_level=7.5 / 7.725, review_period_days=0).iloc[0]
    assert "reorder point 190.3 (demand 108.3 + safety 82), economic lot 304" in line["reason"]
    assert line["quantity_units"] == 305


def test_doctests() -> None:
    result = doctest.testmod(lots, extraglobs={"np": np})
    assert result.attempted >= 8
    assert result.failed == 0


@pytest.mark.parametrize(
    ("price", "p10", "p50", "p90", "expected"),
    [
        pytest.param(10, 10, 10, 10, 0.5, id="sticky_price"),
        pytest.param(10, 9, 9, 9, 1.0, id="certain_to_fall"),
        pytest.param(10, 11, 11, 11, 0.0, id="certain_to_rise"),
        pytest.param(9, 8, 10, 12, 0.3, id="between_p10_and_p50"),
        pytest.param(8, 8, 10, 12, 0.1, id="at_p10"),
        pytest.param(7.75, 8, 10, 12, 0.05, id="lower_tail_goes_on"),
        pytest.param(7, 8, 10, 12, 0.0, id="lower_tail_ends"),
        pytest.param(10.5, 8, 10, 14, 0.55, id="between_p50_and_p90"),
        pytest.param(15.5, 8, 10, 16, 0.8666667, id="near_p90"),
        pytest.param(30, 8, 10, 12, 1.0, id="above_all"),
        pytest.param(10, 10, 10, 12, 0.25, id="half_of_the_mass_at_the_price_below_rising"),
        pytest.param(10, 8, 10, 10, 0.75, id="half_of_the_mass_at_the_price_above_falling"),
    ],
)
def test_probability_lower(price: float, p10: float, p50: float, p90: float, expected: float) -> None:
    found = lots.probability_lower(*(np.array([float(value)]) for value in (price, p10, p50, p90)))
    assert found.tolist() == [pytest.approx(expected, abs=1e-6)]


def test_regret_is_read_at_the_end_of_the_horizon() -> None:
    tables = world()
    tables["forecast_prices"].loc[lambda rows: rows["horizon_days"] < 14, ["p10", "p50", "p90"]] = 99.0
    tables["forecast_prices"].loc[lambda rows: rows["horizon_days"] == 14, ["p10", "p50", "p90"]] = [8.0, 9.0, 11.0]
    assert plan(tables)["regret_probability"].tolist() == [0.7]


def test_numbers_money_and_dates_follow_the_locale() -> None:
    tables = world(stock=[{"on_hand_units": 2350.5}], series=[{"unit_price": 1234.5}])
    wait = plan(tables, locale="pt_BR")["reason"].iloc[0]
    buy = plan(world(series=[{"unit_price": 1234.5}]), locale="pt_BR")["reason"].iloc[0]
    assert wait.startswith("Wait: 2.350,5 in stock covers 235 days")
    assert wait.endswith("not before 07/12/2026.")
    assert "at R$ 1.234,50:" in buy.replace("\xa0", " ")


PORTUGUESE = [
    pytest.param(
        {"suppliers": [{"moq_units": 400, "pack_units": 30}], "open_orders": [{"due_on": "2026-11-15"}]},
        "Comprar 420 de F01 a R$ 10,00: estoque 50 + 0 em pedidos cobre 5 dias, F01 entrega em 5 dias; ponto de "
        "reposição 60 (demanda 60 + estoque de segurança 0), lote econômico 365, elevado ao lote mínimo (MOQ) de 400 "
        "e a 14 embalagens de 30; urgente: falta estoque a partir de 28/11/2026, F01 só entrega a partir de "
        "28/11/2026; pedido PO-1 previsto para 15/11/2026 está atrasado e não conta.",
        id="buy",
    ),
    pytest.param(
        {"stock": [{"on_hand_units": 61}]},
        "Aguardar: 61 em estoque cobre 6 dias, acima do ponto de reposição de 60 (demanda 60 + estoque de segurança "
        "0); deve chegar a ele em 24/11/2026.",
        id="enough",
    ),
    pytest.param(
        {"suppliers": (), "stock": ()},
        "; estoque desconhecido, tomado como 0; valores supostos: prazo de entrega de 7 dias, desvio do prazo de 1,5 "
        "dias, lote mínimo (MOQ) de 1, embalagem de 1, custo por pedido de R$ 50,00.",
        id="assumed",
    ),
    pytest.param(
        {"series": [{"status": "ended"}]},
        "Aguardar: sem preço atual, última cotação há 3 dias, em 20/11/2026, de F01.",
        id="ended",
    ),
]


@pytest.mark.parametrize(("tables", "says"), PORTUGUESE)
def test_the_same_in_portuguese(tables: dict[str, Any], says: str) -> None:
    told = plan(world(**tables), locale="pt_BR", language="pt_BR")["reason"].iloc[0]
    assert says in told.replace("\xa0", " ")


def test_reasons_of_every_language_stand_in_a_table_of_their_own() -> None:
    words = {name: Words(voice) for name, voice in columns("reason", "pt_BR", "BRL").items()}
    lines = erp.plan(**world(), today=TODAY, run_id="run-1", params=rules(), words=words)
    left, told = reasons.by_language(lines, words)
    assert list(left.columns) == list(dict.fromkeys([*orders.ORDER_COLUMNS, *erp.SUM_COLUMNS]))
    told = schema.check(told, "reasons").set_index("language")
    assert told.loc["pt_BR", "reason"] == left["reason"].iloc[0]
    assert told["reason"].str.split().str[0].to_dict() == {"en": "Buy", "pt_BR": "Comprar"}


def test_every_product_has_exactly_one_line_in_order() -> None:
    tables = world(
        products=[{"product_id": "P3"}, {"product_id": "P1"}],
        series=[{"product_id": "P2"}, {"product_id": "P1"}, {"product_id": "P1", "supplier_id": "F02"}],
        stock=[{"product_id": "P1"}, {"product_id": "P9"}],
    )
    result = plan(tables)
    assert result["product_id"].tolist() == ["P1", "P2", "P3"]
    pd.testing.assert_frame_equal(schema.check(result, "orders"), result)
    assert set(result["run_id"]) == {"run-1"}
    assert not result[list(orders.ORDER_COLUMNS)].isna().any().any()


SUMS = [
    pytest.param(
        world(open_orders=[{}]),
        {"on_hand_units": 50, "on_order_units": 100, "demand_units": 60, "safety_units": 0, "reorder_point_units": 60}
        | {"economic_lot_units": 365, "wish_units": 365, "lead_time_days": 5, "protection_days": 6}
        | {"erp_supplier_id": "F01", "moq_units": 1, "pack_units": 1, "days_of_cover": 15},
        id="stock_and_order_cover_15_days",
    ),
    pytest.param(
        world(products=[{"shelf_capacity_units": 90, "shelf_life_days": 20}]),
        {"economic_lot_units": 365, "wish_units": 200, "room_units": 40, "days_of_cover": 9},
        id="lot_cut_to_shelf_life_and_order_to_the_shelf",
    ),
    pytest.param(
        world(open_orders=[{"due_on": "2026-11-16"}]),
        {"quantity_units": 0, "on_order_units": 100, "days_of_cover": 15},
        id="an_order_expected_any_day_covers",
    ),
    pytest.param(
        world(open_orders=[{"due_on": "2026-12-20"}]),
        {"on_order_units": 0, "days_of_cover": 51},
        id="late_receipt_covers_but_is_not_counted_for_the_reorder_point",
    ),
]


@pytest.mark.parametrize(
    ("stock", "order_on", "says"),
    [
        pytest.param(125, "2026-11-30", "reach it by 30/11/2026", id="on_the_first_review_no_earlier"),
        pytest.param(200, "2026-12-07", "reach it by 07/12/2026", id="on_the_day_of_review_itself"),
        pytest.param(390, "2026-12-07", "reach it not before 07/12/2026", id="behind_the_forecast"),
    ],
)
def test_a_wait_of_who_looks_once_a_week_is_for_a_day_of_review(stock: float, order_on: str, says: str) -> None:
    line = plan(world(stock=[{"on_hand_units": stock}]), review_period_days=7).iloc[0]
    assert (line["decision"], line["order_on"]) == ("wait", pd.Timestamp(order_on))
    assert line["arrive_on"] == line["order_on"] + pd.Timedelta(days=5)
    assert says in line["reason"]


@pytest.mark.parametrize(("tables", "expected"), SUMS)
def test_the_sum_stands_beside_the_line(tables: dict[str, pd.DataFrame], expected: dict[str, Any]) -> None:
    line = plan(tables).iloc[0]
    assert {name: line[name] for name in expected} == expected


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(world(forecast_demand=demand(means=[0.0] * 14)), id="nothing_is_used"),
        pytest.param(world(series=[], stock=[{}]), id="nobody_quotes"),
    ],
)
def test_what_there_is_no_figure_for_is_empty(tables: dict[str, pd.DataFrame]) -> None:
    line = plan(tables).iloc[0]
    assert line["on_hand_units"] == 50
    assert math.isnan(line["room_units"])
    never = tables["series"].empty
    assert math.isnan(line["days_of_cover"]) != never
    assert math.isnan(line["reorder_point_units"]) == never


def test_no_products_give_no_lines() -> None:
    tables = {name: frame.iloc[:0] for name, frame in world(open_orders=[{}]).items()}
    assert list(plan(tables).columns) == [*orders.ORDER_COLUMNS, *erp.SUM_COLUMNS]
    assert plan(tables).empty


def fill(tables: dict[str, pd.DataFrame], **defaults: float) -> pd.DataFrame:
    given = SimpleNamespace(**DEFAULTS | defaults)
    return orders.fill_assumptions(tables["suppliers"], tables["series"], tables["products"], given)


def test_fill_assumptions_names_what_it_took_from_the_defaults() -> None:
    tables = world(
        series=({}, {"supplier_id": "F02"}),
        suppliers=({"moq_units": None, "order_cost": None}, {"supplier_id": "F07"}),
    )
    filled = fill(tables)
    assert filled["supplier_id"].tolist() == ["F01", "F02"]
    assert filled["assumed"].tolist() == [
        "moq_units,order_cost",
        "lead_time_days,lead_time_sd_days,moq_units,pack_units,order_cost",
    ]
    assert filled.loc[0, ["lead_time_days", "moq_units", "order_cost"]].tolist() == [5, 1, 50]
    again = orders.fill_assumptions(filled, tables["series"], tables["products"], SimpleNamespace(**DEFAULTS))
    pd.testing.assert_frame_equal(again, filled)


def test_fill_assumptions_takes_a_table_with_ids_only() -> None:
    tables = world()
    tables["suppliers"] = tables["suppliers"][["product_id", "supplier_id"]]
    tables["products"] = tables["products"][["product_id"]]
    assert fill(tables)["assumed"].tolist() == [",".join(DEFAULTS)]


@pytest.mark.parametrize(
    ("tables", "defaults", "message"),
    [
        pytest.param(
            world(suppliers=[{"pack_units": 2.5}]),
            {},
            "suppliers: pack_units is 2.5 for product P1, supplier F01; it must be a whole number of at least 1. "
            "Correct it, or leave it empty to use orders.defaults.pack_units.",
            id="pack_that_is_no_whole_number",
        ),
        pytest.param(
            world(suppliers=[{"lead_time_days": -1}]),
            {},
            "suppliers: lead_time_days is -1 for product P1, supplier F01; it must be 0 or more.",
            id="negative_lead_time",
        ),
        pytest.param(
            world(products=[{"holding_rate_per_year": -0.1}]),
            {},
            "products: holding_rate_per_year is -0.1 for product P1",
            id="negative_holding_rate",
        ),
        pytest.param(
            world(suppliers=[]),
            {"pack_units": 0.5},
            "orders.defaults.pack_units is 0.5; it must be a whole number of at least 1.",
            id="default_that_is_no_whole_number",
        ),
        pytest.param(
            world(suppliers=[{}, {}]),
            {},
            "suppliers: product_id P1, supplier_id F01 is there more than once; "
            "keep one row per product_id and supplier_id.",
            id="repeated_supplier",
        ),
    ],
)
def test_fill_assumptions_refuses(tables: dict[str, pd.DataFrame], defaults: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=r"must be|more than once") as caught:
        fill(tables, **defaults)
    assert message in str(caught.value)


def test_plan_refuses_two_forecasts_of_one_day() -> None:
    with pytest.raises(ValueError, match="forecast_demand: product_id P1, horizon_days 1 is there"):
        plan(world(forecast_demand=pd.concat([demand(), demand()])))


@pytest.mark.parametrize("gone", [3, 10])
def test_forecast_made_before_today_counts_from_today(gone: int) -> None:
    late = demand(means=[99.0] * gone + [10.0] * 4)
    late[["date", "origin"]] -= pd.Timedelta(days=gone)
    fresh = plan(world(forecast_demand=demand(means=[10.0] * 4)))
    pd.testing.assert_frame_equal(fresh, plan(world(forecast_demand=late)))


def test_days_already_gone_of_a_weekly_forecast_do_not_count() -> None:
    late = demand(means=[700.0, 70.0], step=7)
    late["date"] -= pd.Timedelta(days=4)
    assert "(demand 330 + safety 0)" in plan(world(forecast_demand=late))["reason"].iloc[0]


# The twin: the whole rule again, one product and one day at a time.


def day_list(rows: pd.DataFrame) -> list[tuple[float, float]]:
    """(mean, variance) of each forecast day of one product."""
    days, before = [], 0
    for row in rows.sort_values("horizon_days").itertuples():
        gap = row.horizon_days - before
        days += [(row.mean / gap, ((row.p90 - row.p10) / 2.5631) ** 2 / gap)] * gap
        before = row.horizon_days
    return days


def on_day(days: list[tuple[float, float]], day: int) -> tuple[float, float]:
    if day <= len(days):
        return days[day - 1]
    tail = days[-7:]
    return sum(mean for mean, _ in tail) / len(tail), sum(var for _, var in tail) / len(tail)


def runs_out(units: float, receipts: dict[int, float], days: list[tuple[float, float]]) -> float:
    units += receipts.get(0, 0)
    if units < 0:
        return 0.0
    for day in range(1, 3000):
        units += receipts.get(day, 0)
        mean, _ = on_day(days, day)
        if units < mean - 1e-9:
            return day - 1 + units / mean
        units -= mean
    return math.inf


def twin_candidate(row: Any, figures: Any, days: Any, given: Any) -> dict[str, Any]:
    lead, moq, pack = figures.lead_time_days, figures.moq_units, int(figures.pack_units)
    protection = lead + given.review_period_days
    mean = variance = 0.0
    for day in range(1, math.ceil(protection) + 1):
        part = min(1.0, protection - (day - 1))
        mean += part * on_day(days, day)[0]
        variance += part * on_day(days, day)[1]
    pace = mean / protection
    sd = math.sqrt(variance + (pace * figures.lead_time_sd_days) ** 2)
    point = mean + NormalDist().inv_cdf(given.service_level) * sd
    stock, counted, later, all_open = given.on_hand, 0.0, {}, 0.0
    for order in given.open_orders.itertuples():
        due = (order.due_on - TODAY).days
        all_open += order.quantity_units if due >= -7 else 0.0
        if -7 <= due <= protection:
            counted += order.quantity_units
        elif due > protection:
            enters = math.ceil(due - protection)
            later[enters] = later.get(enters, 0) + order.quantity_units
    position = stock + counted
    average = sum(mean for mean, _ in days) / len(days)
    lot = math.sqrt(2 * 365 * average * figures.order_cost / (figures.holding_rate_per_year * row.unit_price))
    economic, keeps = lot, min(given.shelf_life_days, 365)
    spoils = keeps < 365 and lot > keeps * average
    lot = min(lot, keeps * average)
    short = point - position
    most = keeps * average if given.shelf_life_days < protection else math.inf
    wish = max(lot, min(short, most))
    spoils = spoils if lot >= min(short, most) - 1e-6 else most < short
    units = pack
    while units < max(moq, 1, wish - 1e-6):
        units += pack
    free, room = units, given.capacity - stock - all_open
    while units > room:
        units -= pack
    units = 0 if units < max(moq, 1) else units
    due = position <= point
    bound = "moq" if wish < moq else "pack" if free > math.ceil(wish - 1e-6) else "none"
    bound = "shelf_capacity" if units < free else bound
    bound = "shelf_life" if spoils and bound in ("none", "pack") else bound
    least = math.ceil(max(moq, 1) / pack) * pack
    bought = units if due else free
    cost = row.unit_price + figures.order_cost / bought if bought else math.inf
    missing_room = math.inf if least > given.capacity else least - room
    wait = runs_out(missing_room, {}, days) if due else min(runs_out(position - point, later, days), given.keeps)
    return {
        "supplier_id": row.supplier_id,
        "sum": (stock, counted, mean, point - mean, point, economic, wish, moq, pack),
        "quantity_units": units if due else 0,
        "binding_constraint": bound if due else "none",
        "late": given.runs_out <= lead,
        "lead": lead,
        "cost": cost,
        "share": cost - row.unit_price,
        "unit_price": row.unit_price,
        "order_days": wait,
    }


def twin(tables: dict[str, pd.DataFrame], params: SimpleNamespace) -> pd.DataFrame:
    lines = []
    filled = fill(tables)
    for product in tables["products"].itertuples():
        days = day_list(tables["forecast_demand"].loc[lambda t, p=product: t["product_id"] == p.product_id])
        quotes = tables["series"].loc[
            lambda t, p=product: (t["product_id"] == p.product_id) & (t["status"] == "active")
        ]
        if not days or not len(quotes) or not sum(mean for mean, _ in days):
            lines.append({"product_id": product.product_id, "quantity_units": 0, "binding_constraint": "none"})
            continue
        own = [t[t["product_id"] == product.product_id] for t in (tables["stock"], tables["open_orders"])]
        capacity = product.shelf_capacity_units
        given = SimpleNamespace(
            on_hand=own[0]["on_hand_units"].sum(),
            open_orders=own[1],
            capacity=math.inf if math.isnan(capacity) else capacity,
            shelf_life_days=math.inf if math.isnan(product.shelf_life_days) else product.shelf_life_days,
            **vars(params),
        )
        receipts: dict[int, float] = {}
        given.overdue = 0.0
        for order in own[1].itertuples():
            due = (order.due_on - TODAY).days
            if due >= 0:
                receipts[due] = receipts.get(due, 0) + order.quantity_units
            elif due >= -7:
                given.overdue += order.quantity_units
        given.lasts = min(runs_out(given.on_hand, receipts, days), max(receipts, default=0) + given.shelf_life_days)
        given.runs_out = runs_out(given.on_hand, receipts | {0: receipts.get(0, 0) + given.overdue}, days)
        given.keeps = max(receipts, default=0) + given.shelf_life_days
        given.covers = min(given.runs_out, given.keeps)
        found = []
        for row in quotes.itertuples():
            mine = filled[(filled["product_id"] == row.product_id) & (filled["supplier_id"] == row.supplier_id)]
            found.append(twin_candidate(row, next(mine.itertuples()), days, given))
        in_time = [c for c in found if not c["late"]]
        if in_time:
            best = min(in_time, key=lambda c: (c["cost"], c["supplier_id"]))
        else:
            best = min(found, key=lambda c: (c["cost"] == math.inf, c["lead"], c["cost"], c["supplier_id"]))
        others = [c["cost"] for c in in_time if c is not best and best in in_time and c["cost"] < math.inf]
        limit = max(best["unit_price"], round(min(others) - best["share"], 2)) if others else best["unit_price"]
        wait = max(math.ceil(best["order_days"] - 1e-6), 1) if best["order_days"] < math.inf else math.inf
        every = params.review_period_days
        wait = 0 if best["quantity_units"] else math.ceil(min(wait, len(days)) / every) * every
        bought = best["quantity_units"]
        cover, lead = given.covers, best["lead"]
        if bought:
            until = sum(on_day(days, day)[0] for day in range(1, int(lead) + 1))
            until += lead % 1 * on_day(days, int(lead) + 1)[0]
            there = given.on_hand + sum(units for day, units in receipts.items() if day <= lead)
            there += given.overdue
            later = {day: units for day, units in receipts.items() if day > lead}
            cover = min(runs_out(max(there, until) + bought, later, days), lead + given.shelf_life_days)
        lines.append(
            {
                "product_id": product.product_id,
                "supplier_id": best["supplier_id"],
                "quantity_units": best["quantity_units"],
                "binding_constraint": best["binding_constraint"],
                "sum": best["sum"],
                "days_of_cover": cover,
                "order_days": wait,
                "buy_below_unit_price": limit,
                "urgent": given.lasts <= lead and product.product_id in set(tables["stock"]["product_id"]),
            }
        )
    return pd.DataFrame(lines)


def random_world(seed: int, products: int = 25) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(seed)

    def pick(*choices: Any) -> Any:
        return choices[rng.integers(len(choices))]

    ids = [f"P{n:02d}" for n in range(products)]
    quotes, terms, orders_open, demands = [], [], [], []
    for product in ids:
        for supplier in ("F01", "F02", "F03")[: rng.integers(1, 4)]:
            key = {"product_id": product, "supplier_id": supplier}
            price = round(float(rng.uniform(1, 40)), 2)
            quotes.append(key | {"unit_price": price, "status": pick("active", "active", "active", "ended")})
            terms.append(
                key
                | {"lead_time_days": pick(0, 1, 2.5, 4, 7, 20, None), "lead_time_sd_days": pick(0, 1, 2.5)}
                | {"moq_units": pick(0, 1, 10, 37.5, 90), "pack_units": pick(1, 1, 6, 24)}
                | {"order_cost": pick(0, 5, 30.5)}
            )
        for number in range(rng.integers(0, 4)):
            due = TODAY + pd.Timedelta(days=int(rng.integers(-12, 25)))
            units = int(rng.integers(1, 60))
            orders_open.append(
                {"order_id": f"{product}-{number}", "product_id": product, "due_on": due, "quantity_units": units}
            )
        step, rows = pick((1, 14), (1, 3), (7, 2))
        means = rng.integers(0, 40, rows) * step / 4
        demands.append(demand(product, means, spread=float(rng.integers(0, 30)), step=step))
    return world(
        series=quotes,
        suppliers=[row for row in terms if rng.random() < 0.9],
        products=[
            {
                "product_id": p,
                "shelf_capacity_units": pick(None, 40, 120.5, 400),
                "shelf_life_days": pick(None, None, 3, 9.5),
            }
            for p in ids
        ],
        stock=[{"product_id": p, "on_hand_units": rng.integers(-5, 120) / 2} for p in ids if rng.random() < 0.9],
        open_orders=orders_open,
        forecast_demand=pd.concat(demands, ignore_index=True),
    )


SUMMED = ["on_hand_units", "on_order_units", "demand_units", "safety_units", "reorder_point_units"]
SUMMED += ["economic_lot_units", "wish_units", "moq_units", "pack_units"]


@pytest.mark.parametrize("seed", range(12))
def test_whole_plan_equals_the_plain_loop_twin(seed: int) -> None:
    tables = random_world(seed)
    params = rules(service_level=[0.9, 0.975][seed % 2], review_period_days=[1, 7, 2][seed % 3])
    found = plan(tables, **vars(params))
    expected = twin(tables, params)
    assert set(found["decision"]) == {"buy", "wait"}
    pd.testing.assert_frame_equal(
        found[["product_id", "quantity_units", "binding_constraint"]],
        expected[["product_id", "quantity_units", "binding_constraint"]],
        check_dtype=False,
    )
    planned = expected["supplier_id"].notna()
    found, expected = found[planned], expected[planned]
    assert found["supplier_id"].tolist() == expected["supplier_id"].tolist()
    assert (found["order_on"] - TODAY).dt.days.tolist() == expected["order_days"].tolist()
    assert found["buy_below_unit_price"].tolist() == pytest.approx(expected["buy_below_unit_price"].tolist(), abs=0.011)
    assert found["urgent"].tolist() == expected["urgent"].tolist()
    assert found["reason"].str.contains("; urgent: ", regex=False).tolist() == expected["urgent"].tolist()
    assert found["erp_supplier_id"].tolist() == expected["supplier_id"].tolist()
    assert found[SUMMED].to_numpy() == pytest.approx(np.array(expected["sum"].tolist()), rel=1e-6, abs=2e-5)
    cover = found["days_of_cover"].fillna(math.inf).to_numpy()
    assert ((cover <= expected["days_of_cover"] + 1e-5) & (expected["days_of_cover"] <= cover + 1 + 1e-5)).all()


@pytest.mark.parametrize("seed", range(3))
def test_order_of_the_rows_does_not_matter(seed: int) -> None:
    tables = random_world(seed)
    shuffled = {name: frame.sample(frac=1, random_state=seed) for name, frame in tables.items()}
    pd.testing.assert_frame_equal(plan(shuffled), plan(tables))


SITUATIONS = {
    "moq": st.integers(0, 300),
    "pack": st.integers(1, 60),
    "lead": st.integers(0, 30),
    "mean": st.floats(0, 50).map(lambda units: round(units, 2)),
    "spread": st.floats(0, 80).map(lambda units: round(units, 2)),
    "price": st.floats(0.01, 500).map(lambda money: round(money, 2)),
    "order_cost": st.floats(0, 100).map(lambda money: round(money, 2)),
    "capacity": st.none() | st.integers(0, 600),
    "due": st.none() | st.integers(-12, 40),
}


@settings(max_examples=40, deadline=None)
@given(**SITUATIONS)
def test_orders_are_whole_packs_over_the_moq_within_the_shelf(
    moq: int, pack: int, lead: int, mean: float, spread: float, price: float, order_cost: float, **rest: Any
) -> None:
    on_hand = list(range(-20, 400, 21))
    ids = [f"P{place:03d}" for place in range(len(on_hand))]
    day = None if rest["due"] is None else TODAY + pd.Timedelta(days=rest["due"])
    capacity = rest["capacity"]
    ahead = demand("P", [mean] * 5, spread)
    tables = world(
        series=[{"product_id": product, "unit_price": price} for product in ids],
        suppliers=[
            {"product_id": product, "lead_time_days": lead, "moq_units": moq, "pack_units": pack}
            | {"order_cost": order_cost, "lead_time_sd_days": 1}
            for product in ids
        ],
        products=[{"product_id": product, "shelf_capacity_units": capacity} for product in ids],
        stock=[{"product_id": p, "on_hand_units": units} for p, units in zip(ids, on_hand, strict=True)],
        open_orders=[{"order_id": product, "product_id": product, "due_on": day} for product in ids],
        forecast_demand=ahead.loc[np.tile(ahead.index, len(ids))].assign(product_id=np.repeat(ids, len(ahead))),
    )
    found = plan(tables)
    quantity = found["quantity_units"]
    bought = quantity[quantity > 0]
    assert not found[list(orders.ORDER_COLUMNS)].isna().any().any()
    assert quantity.dtype == "int64"
    assert (bought % pack == 0).all()
    assert (bought >= moq).all()
    assert (quantity.diff().dropna() <= 0).all(), "more stock must never buy more"
    if capacity is not None:
        ordered = 0 if rest["due"] is None or rest["due"] < -7 else 100
        assert (bought + np.array(on_hand)[bought.index] + ordered <= capacity).all()
    assert found["regret_probability"].between(0, 1).all()
    assert (found["buy_below_unit_price"] >= found["unit_price"]).all()
    assert (found["decision"] == np.where(quantity > 0, "buy", "wait")).all()
    assert (found.loc[quantity > 0, "order_on"] == TODAY).all()
    assert (found.loc[quantity == 0, "order_on"] > TODAY).all()
    assert (found["arrive_on"] >= found["order_on"]).all()
