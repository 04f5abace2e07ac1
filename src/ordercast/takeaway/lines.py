"""Lines that are taken away: their columns, which of them are orders, the number of an order of several lines."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import pandas as pd
from babel.numbers import get_currency_precision

COLUMNS = (
    "order_id",
    "run_id",
    "product_id",
    "name",
    "unit",
    "supplier_id",
    "quantity_units",
    "unit_price",
    "total_cost",
    "order_on",
    "arrive_on",
    "status",
    "note",
    "expected_saving",
    "reason",
)
TEXTS = ("order_id", "run_id", "product_id", "name", "unit", "supplier_id", "status", "note", "reason")
OPEN = ("proposed", "approved", "sent")  # rejected, snoozed, cancelled and received lines are no orders to place
# What XML 1.0 and a calendar cannot hold: control characters but tab and line ends, halves of surrogate pairs.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class NothingToOrder(ValueError):
    """None of the lines is an order: each waits, or is rejected, snoozed, cancelled or received."""


def ready(lines: pd.DataFrame, currency: str) -> pd.DataFrame:
    """The lines with COLUMNS only: texts "" where absent, total_cost in whole cents of the currency, days as dates."""
    kept = lines[list(COLUMNS)].reset_index(drop=True)
    for name in TEXTS:
        kept[name] = kept[name].astype("object").where(kept[name].notna(), "").map(str)
    for name in ("order_on", "arrive_on"):
        kept[name] = pd.to_datetime(kept[name])
    kept["total_cost"] = kept["total_cost"].round(get_currency_precision(currency))
    return kept


def to_order(lines: pd.DataFrame) -> pd.DataFrame:
    """Those that are to be ordered: a quantity, a price, a supplier, and not put aside. Raises NothingToOrder."""
    priced = (lines["quantity_units"] > 0) & (lines["unit_price"] >= 0) & (lines["supplier_id"] != "")
    found = lines[priced & lines["status"].isin(OPEN)]
    if found.empty:
        raise NothingToOrder(f"none of {len(lines)} lines is an order")
    return found


def by_supplier(lines: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """(supplier_id, its lines by order day and product), suppliers by name."""
    ordered = lines.sort_values(["supplier_id", "order_on", "product_id", "order_id"], ignore_index=True)
    for supplier, some in ordered.groupby("supplier_id", sort=False):
        yield str(supplier), some.reset_index(drop=True)


def number(lines: pd.DataFrame) -> str:
    """The number of an order of these lines: the last run and a hash of their order_ids."""
    ids = "\0".join(sorted(lines["order_id"]))
    return f"{lines['run_id'].max()}-{hashlib.sha256(ids.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def writable(text: str) -> str:
    """The text with � for every character that XML and calendars cannot hold."""
    return UNWRITABLE.sub("\ufffd", text)


def file_name(text: str) -> str:
    """A text as part of a file's name: letters, digits, dots and dashes, 60 of them at most."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.")[:60] or "x"
