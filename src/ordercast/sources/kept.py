"""What is kept of the input once it is checked: the good rows, and a product for every product_id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ordercast import blocks, store
from ordercast.contracts import DTYPES, TABLES
from ordercast.sentences import count
from ordercast.sources.faults import Findings
from ordercast.sources.intake import Intake

Table = pd.DataFrame | Path  # in memory, or in a Parquet file sorted by its key


def distinct(table: Table, *columns: str) -> pd.DataFrame:
    """Return these columns of a table, equal rows once."""
    if isinstance(table, pd.DataFrame):
        return table[list(columns)].drop_duplicates()
    return store.query(f"SELECT DISTINCT {', '.join(columns)} FROM t ORDER BY ALL", t=table)


def parts(table: Table) -> Iterator[pd.DataFrame]:
    """Yield a table in frames of whole products."""
    yield from [table] if isinstance(table, pd.DataFrame) else blocks.read(table)


def good_rows(taken: Intake, frame: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """The rows without a fault, with all columns of the contract, those not given being empty."""
    bad = findings.bad_rows(taken.table)
    if len(bad):
        rows = len(frame) + taken.rest.rows
        told = count(
            "%(n)s row set aside of %(rows)s: see quarantine",
            "%(n)s rows set aside of %(rows)s: see quarantine",
            len(bad),
            rows=rows,
        )
        findings.note(taken.table, told)
    good = frame.drop(index=bad)
    for column in TABLES[taken.table].columns:
        if column.name not in good:
            good[column.name] = pd.Series(index=good.index, dtype=DTYPES[column.kind])
    return good[TABLES[taken.table].names]


def with_unknown_days(sales: pd.DataFrame, set_aside: pd.DataFrame, prices: Table, findings: Findings) -> pd.DataFrame:
    """The sales with a censored row for each day whose row was set aside: what was sold is unknown, not nothing."""
    key = ["product_id", "date"]
    if set_aside.empty or not set(key) <= set(set_aside.columns):
        return sales
    priced = set_aside["product_id"].isin(distinct(prices, "product_id")["product_id"])
    days = set_aside.loc[priced, key].dropna().drop_duplicates()
    new = ~pd.MultiIndex.from_frame(days).isin(pd.MultiIndex.from_frame(sales[key]))
    unknown = days[new].assign(demand_units=0.0, in_stock=False)
    if unknown.empty:
        return sales
    told = count(
        "%(n)s day with a row set aside: what was sold then is taken as unknown",
        "%(n)s days with a row set aside: what was sold then is taken as unknown",
        len(unknown),
    )
    findings.note("sales", told)
    return pd.concat([sales, unknown[sales.columns]], ignore_index=True)


def complete_products(
    tables: dict[str, Table], products: pd.DataFrame, given: bool, findings: Findings
) -> pd.DataFrame:
    """The products with a row for every product_id of any table, and with a name each."""
    ids = pd.concat([distinct(table, "product_id") for table in tables.values()])["product_id"].drop_duplicates()
    further = ids[~ids.isin(products["product_id"])].sort_values()
    if given and len(further):
        told = count(
            "%(n)s product without a row: the product_id is the name",
            "%(n)s products without a row: the product_id is the name",
            len(further),
        )
        findings.note("products", told)
    nameless = int(products["name"].isna().sum())
    if nameless:
        told = count(
            "%(n)s product without a name: the product_id is the name",
            "%(n)s products without a name: the product_id is the name",
            nameless,
        )
        findings.note("products", told)
    products = pd.concat([products, pd.DataFrame({"product_id": further})], ignore_index=True)
    return products.assign(name=products["name"].fillna(products["product_id"]))
