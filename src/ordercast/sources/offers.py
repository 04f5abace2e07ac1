"""What suppliers' terms must agree on: with the other tables, and with each other."""

from __future__ import annotations

import pandas as pd

from ordercast.sources import cells
from ordercast.sources.faults import UNEQUAL, UNKNOWN_SUPPLIER, Findings
from ordercast.sources.intake import Intake

KEY = ["product_id", "supplier_id"]


def check(tables: dict[str, Intake], findings: Findings) -> None:
    """Blame price tiers of strangers, and minimum order values of one supplier that disagree."""
    _check_tiers(tables["price_tiers"], tables["prices"], tables["suppliers"], findings)
    _check_minima(tables["suppliers"], findings)


def _check_tiers(tiers: Intake, prices: Intake, suppliers: Intake, findings: Findings) -> None:
    """A supplier nobody else knows for that product; unknown products are blamed already."""
    known = [table.frame[KEY] for table in (prices, suppliers) if set(KEY) <= set(table.frame.columns)]
    if not tiers.given or not prices.given or any(not set(KEY) <= set(one.frame.columns) for one in (tiers, prices)):
        return
    rows = tiers.frame[KEY].dropna()
    rows = rows[rows["product_id"].isin(prices.frame["product_id"])]
    strange = ~pd.MultiIndex.from_frame(rows).isin(pd.MultiIndex.from_frame(pd.concat(known)))
    findings.blame("price_tiers", "supplier_id", UNKNOWN_SUPPLIER, rows.loc[strange, "supplier_id"].astype("str"))


def _check_minima(suppliers: Intake, findings: Findings) -> None:
    if (
        not {"supplier_id", "min_order_value"} <= set(suppliers.frame.columns)
        or "min_order_value" not in suppliers.found
    ):
        return
    given = suppliers.frame.dropna(subset=["supplier_id", "min_order_value"])
    several = given.groupby("supplier_id")["min_order_value"].transform("nunique") > 1
    found = suppliers.found["min_order_value"][given.index[several]]
    findings.blame("suppliers", "min_order_value", UNEQUAL, found.map(cells.shown))
