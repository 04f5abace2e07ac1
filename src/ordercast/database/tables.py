"""The input tables as MySQL has them, from their contracts: keys, exact prices, every sign of Unicode."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from ordercast.contracts import TABLES, Column

LONGEST_KEY = 255
PRICE_DIGITS, PRICE_DECIMALS = 18, 6
LINE = "line"
# Binary order and equality: AÇO and aço are two products, as everywhere else in Ordercast.
OPTIONS: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
MARK = "Ordercast input: made and replaced by `ordercast load`"


def text(length: int = LONGEST_KEY) -> mysql.VARCHAR:
    """A short text, such as an identifier."""
    return mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")


def long_text() -> mysql.TEXT:
    """A text of any length that a person reads."""
    return mysql.TEXT(charset="utf8mb4", collation="utf8mb4_bin")


def price() -> sa.Numeric[Any]:
    """An exact price: cents survive."""
    return sa.Numeric(PRICE_DIGITS, PRICE_DECIMALS)


def is_price(column: Column) -> bool:
    """Whether a column of a contract holds prices that people quote, which MySQL keeps exactly."""
    return column.name == "unit_price"


def input_table(table: str, name: str, metadata: sa.MetaData) -> sa.Table:
    """The input table of that contract under a name of its own.

    Where the contract lets a key repeat (two quotes on a day), `line` numbers its rows.
    """
    contract = TABLES[table]
    key = contract.key if contract.unique else (*contract.key, LINE)
    parts: list[Any] = [sa.Column(c.name, _kind(c, c.name in key), nullable=not c.required) for c in contract.columns]
    if not contract.unique:
        parts.append(sa.Column(LINE, sa.Integer, nullable=False, autoincrement=False))
    parts.append(sa.PrimaryKeyConstraint(*key))
    made: sa.Table = sa.Table(name, metadata, *parts, comment=MARK, **OPTIONS)
    return made


def _kind(column: Column, in_key: bool) -> Any:
    if is_price(column):
        return price()
    kinds: dict[str, Any] = {
        "text": text() if in_key or column.name.endswith("_id") else long_text(),
        "number": mysql.DOUBLE(),
        "count": sa.BigInteger(),
        "flag": sa.Boolean(),
        "day": sa.Date(),
    }
    return kinds[column.kind]
