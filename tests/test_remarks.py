"""What is odd but not wrong is said in one sentence; what is usual is passed over in silence."""

import pandas as pd
import pytest

from ordercast.contracts import TABLES
from ordercast.sources.remarks import remarks


def prices(values: list[float], product: str = "A", every_days: int = 1, start: str = "2026-01-01") -> pd.DataFrame:
    dates = pd.date_range(start, periods=len(values), freq=f"{every_days}D")
    return pd.DataFrame({"product_id": product, "supplier_id": "F1", "date": dates, "unit_price": values})


def sales(days: int, every_days: int = 1, start: str = "2026-01-01") -> pd.DataFrame:
    dates = pd.date_range(start, periods=days, freq=f"{every_days}D")
    return pd.DataFrame({"product_id": "A", "date": dates, "demand_units": 1.0, "in_stock": True})


TODAY = pd.Timestamp("2026-03-01")


def said(stock_given: bool = False, **tables: pd.DataFrame) -> list[str]:
    given = {name: TABLES[name].empty() for name in ("sales", "products", "suppliers", "stock", "price_tiers")} | tables
    found = remarks(given["prices"], given["sales"], given, stock_given, TODAY)
    return [f"{table}: {sentence}" for table, sentence in found]


@pytest.mark.parametrize(
    ("sold", "quoted", "sentence"),
    [
        pytest.param(sales(60), prices([10.0] * 60), None, id="side_by_side"),
        pytest.param(sales(9, 7), prices([10.0] * 9, every_days=7), None, id="both_weekly"),
        pytest.param(
            sales(5, start="2020-01-01"),
            prices([10.0] * 60),
            "sales: none lies within the days of the prices (2026-01-01 to 2026-03-01): no demand is forecast and "
            "nothing is ordered",
            id="another_year",
        ),
        pytest.param(
            sales(70, start="2025-12-30"),
            prices([10.0] * 60),
            "sales: 10 rows before the first or after the last day of the prices: not used",
            id="longer_than_the_prices",
        ),
        pytest.param(
            sales(28),
            prices([10.0] * 60),
            "sales: the last one, of 2026-01-28, is 32 days before the last quote: demand is forecast from what was "
            "sold until then, and nothing tells how well. Bring newer sales",
            id="sales_that_stopped",
        ),
        pytest.param(
            sales(9, 7),
            prices([10.0] * 60),
            "sales: rows come every 7 days, quotes every 1: a day without a row counts as sold nothing. Bring sales by "
            "the day, or set data.frequency: weekly",
            id="weekly_sales_beside_daily_prices",
        ),
    ],
)
def test_sales_beside_prices(sold: pd.DataFrame, quoted: pd.DataFrame, sentence: str | None) -> None:
    assert said(sales=sold, prices=quoted) == ([sentence] if sentence else [])


def test_products_and_terms_without_a_price() -> None:
    products = pd.DataFrame({"product_id": ["A", "C", "B"]})
    terms = pd.DataFrame({"product_id": ["A", "A"], "supplier_id": ["F1", "F9"]})
    assert said(prices=prices([10, 10]), products=products, suppliers=terms) == [
        "prices: 2 products without a price, so without a forecast: B, C",
        "suppliers: 1 row of no use: prices has no quote of that supplier and product",
    ]


@pytest.mark.parametrize(
    ("given", "counted", "as_of", "sentences"),
    [
        pytest.param(True, "A", "2026-03-01", [], id="counted_today"),
        pytest.param(True, "A", "2026-01-30", [], id="counted_30_days_ago"),
        pytest.param(
            True,
            "A",
            "2026-01-29",
            [
                "stock: 1 product counted more than 30 days before 2026-03-01, the oldest 31 days: taken as "
                "today's stock"
            ],
            id="counted_long_ago",
        ),
        pytest.param(
            True,
            "B",
            "2026-03-01",
            ["stock: 1 product with sales but no row here, taken as 0 on hand: A"],
            id="another_product_counted",
        ),
        pytest.param(False, "B", "2020-01-01", [], id="no_stock_table_at_all_is_told_elsewhere"),
    ],
)
def test_stock_that_was_not_counted_or_long_ago(given: bool, counted: str, as_of: str, sentences: list[str]) -> None:
    stock = pd.DataFrame({"product_id": [counted], "on_hand_units": [3.0], "as_of": [pd.Timestamp(as_of)]})
    assert said(given, prices=prices([10.0] * 9), sales=sales(9), stock=stock) == sentences


@pytest.mark.parametrize(
    ("units", "discounts", "told"),
    [
        pytest.param([100, 500], [0.05, 0.12], [], id="more_for_more"),
        pytest.param([100, 500], [0.05, 0.05], [], id="as_much"),
        pytest.param(
            [500, 100],
            [0.05, 0.12],
            ["price_tiers: 1 tier with a smaller discount than a tier of fewer units: A from 500 on (0.05)"],
            id="less_for_more",
        ),
    ],
)
def test_a_larger_order_that_costs_more_a_unit(units: list[float], discounts: list[float], told: list[str]) -> None:
    tiers = pd.DataFrame({"product_id": "A", "supplier_id": "F1", "min_units": units, "discount_rate": discounts})
    assert said(prices=prices([10, 10]), price_tiers=tiers) == told


@pytest.mark.parametrize(
    ("terms", "offers"),
    [
        pytest.param([("F1", 1460, 1)], "", id="two_years_may_be"),
        pytest.param([("F1", 730_000, 1)], "A from F1 (730000 units, 1000 years)", id="a_minimum_for_a_thousand"),
        pytest.param([("F1", None, 7300)], "A from F1 (7300 units, 10 years)", id="a_pack_for_ten"),
        pytest.param(
            [("F1", 7300, 1), ("F2", 14_600, 7)],
            "A from F2 (14602 units, 20 years), A from F1 (7300 units, 10 years)",
            id="the_longest_first",
        ),
    ],
)
def test_least_orders_that_last_for_years_are_told(terms, offers) -> None:
    given = pd.DataFrame(terms, columns=["supplier_id", "moq_units", "pack_units"]).assign(product_id="A")
    sold = sales(60).assign(demand_units=2.0)
    quoted = pd.concat([prices([10.0] * 60).assign(supplier_id=supplier) for supplier in given["supplier_id"]])
    found = [line for line in said(prices=quoted, sales=sold, suppliers=given) if "least order" in line]
    assert [line.rpartition("pack_units: ")[2] for line in found] == ([offers] if offers else [])
