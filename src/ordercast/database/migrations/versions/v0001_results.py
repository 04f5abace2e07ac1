"""The tables of finished runs, and views of the one that people are to see.

MySQL does not undo DDL: every statement here can be run again after a kill.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from ordercast.database.tables import OPTIONS, long_text, price, text

revision = "0001"
down_revision = None

RUN_ID = 64
VIEW = """
CREATE OR REPLACE SQL SECURITY INVOKER VIEW ordercast_current_{name} AS
SELECT shown.* FROM ordercast_{table} AS shown JOIN ordercast_current AS pointer ON pointer.run_id = shown.run_id
"""


def upgrade() -> None:
    """Make what is not there yet."""
    _runs()
    _table(
        "forecast_prices",
        *_keys("product_id", "supplier_id"),
        *_ahead(price),
        key=("run_id", "product_id", "supplier_id", "origin", "date"),
    )
    _table(
        "forecast_demand", *_keys("product_id"), *_ahead(mysql.DOUBLE), key=("run_id", "product_id", "origin", "date")
    )
    _table("orders", *_order_columns(), key=("run_id", "line"))
    op.create_index("ordercast_orders_product", "ordercast_orders", ["run_id", "product_id"], if_not_exists=True)
    op.create_index("ordercast_orders_due", "ordercast_orders", ["run_id", "decision", "order_on"], if_not_exists=True)
    _table(
        "metrics",
        sa.Column("name", text(), nullable=False),
        sa.Column("value", mysql.DOUBLE(), nullable=False),
        key=("run_id", "name"),
    )
    for table in ("forecast_prices", "forecast_demand", "orders", "metrics"):
        op.execute(VIEW.format(name=table, table=table))
    op.execute(VIEW.format(name="run", table="runs"))


def _runs() -> None:
    _table(
        "runs",
        sa.Column("number", sa.BigInteger, nullable=False, comment="rises with every run published"),
        sa.Column("digest", text(64), nullable=False, comment="of all the run's files"),
        sa.Column("data_hash", text(64)),
        sa.Column("model_hash", text(64)),
        sa.Column("currency", text(3)),
        sa.Column("locale", text(32)),
        sa.Column("published_at", mysql.DATETIME(), nullable=False, comment="UTC, by the server's clock"),
        key=("run_id",),
    )
    op.create_index("ordercast_runs_number", "ordercast_runs", ["number"], if_not_exists=True)
    op.create_table(
        "ordercast_current",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run_id", text(RUN_ID), nullable=False),
        comment="Ordercast: one row, the run that the views show",
        if_not_exists=True,
        **OPTIONS,
    )


def _table(name: str, *columns: sa.Column[Any], key: tuple[str, ...]) -> None:
    op.create_table(
        f"ordercast_{name}",
        sa.Column("run_id", text(RUN_ID), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint(*key),
        comment="Ordercast: written by publish, a run at a time",
        if_not_exists=True,
        **OPTIONS,
    )


def _keys(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, text(), nullable=False) for name in names]


def _ahead(number: Callable[[], Any]) -> list[sa.Column[Any]]:
    return [
        sa.Column("origin", sa.Date, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("horizon_days", sa.Integer, nullable=False),
        *(sa.Column(name, number(), nullable=False) for name in ("p10", "p50", "p90", "mean")),
        sa.Column("skill_weight", mysql.DOUBLE()),
        sa.Column("drivers", long_text()),
    ]


def _order_columns() -> list[sa.Column[Any]]:
    prices = ("unit_price", "buy_below_unit_price")
    money = ("total_cost", "expected_saving", "saving_p10", "saving_p90", "waiting_cost")
    return [
        sa.Column("line", sa.Integer, nullable=False, autoincrement=False),
        *_keys("product_id"),
        sa.Column("supplier_id", text()),
        sa.Column("decision", text(16), nullable=False),
        sa.Column("quantity_units", sa.BigInteger, nullable=False),
        sa.Column("order_on", sa.Date),
        sa.Column("arrive_on", sa.Date),
        *(sa.Column(name, price()) for name in prices),
        *(sa.Column(name, sa.Numeric(24, 6)) for name in money),
        sa.Column("regret_probability", mysql.DOUBLE()),
        sa.Column("erp_quantity_units", sa.BigInteger, nullable=False),
        sa.Column("binding_constraint", text(64)),
        sa.Column("planned_by", text(32)),
        sa.Column("days_of_cover", mysql.DOUBLE()),
        sa.Column("reason", long_text(), nullable=False),
    ]
