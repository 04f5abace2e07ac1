"""A folder of tables as the pipeline wants it, or refused with everything that is wrong told at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from ordercast import project, schema, simulate
from ordercast.contracts import DTYPES, INPUTS, TABLES
from ordercast.sources import cells, headers, intake, offers, readers, remarks, span, statuses
from ordercast.sources import currency as money
from ordercast.sources.faults import FOLDER, FUTURE, UNKNOWN, Findings, InputError, many
from ordercast.sources.intake import Intake
from ordercast.sources.reading import Writing

__all__ = ["InputError", "Raw", "Writing", "read"]

DEFAULT_SUPPLIER = "default"
ASSUMED = {
    "sales": "no demand is forecast and nothing is ordered",
    "products": "products are named by their product_id, the holding rate is assumed from orders.defaults",
    "suppliers": "lead time, MOQ, pack and order cost are assumed from orders.defaults",
    "stock": "stock on hand is assumed to be 0",
    "open_orders": "nothing is assumed to be on order",
    "price_tiers": "every order pays the quoted price, however large",
}


@dataclass(frozen=True)
class Raw:
    """The input tables as their contracts want them, the rows set aside, and what was assumed or ignored.

    A table nobody gave is empty; products has a row for every product of the other tables at any rate.
    """

    prices: pd.DataFrame
    sales: pd.DataFrame
    products: pd.DataFrame
    suppliers: pd.DataFrame
    stock: pd.DataFrame
    open_orders: pd.DataFrame
    price_tiers: pd.DataFrame
    quarantine: pd.DataFrame
    notes: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all frames by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def read(
    folder: str | Path,
    *,
    columns: headers.Columns,
    on_bad_row: Literal["stop", "quarantine"],
    currency: str,
    today: dt.date | None = None,
    writing: Writing = Writing(),  # noqa: B008
    findings: Findings | None = None,
) -> Raw:
    """Return the tables of a folder: a Parquet, text (CSV) or Excel file of each of schema.INPUTS, prices at least.

    columns: your column names to ours (data.columns). currency: taken for prices that name none. today: no stock
    may be counted after it; None is the last day with a price. on_bad_row: quarantine sets faulty rows aside.
    writing: how numbers and dates are written, where that is known (data.decimal, data.dates). findings: an empty one,
    to see all that was found in parts.

    Raises InputError that tells all faults of all tables: those of a table as a whole (a lacking column, two
    currencies) at any rate, those of rows when on_bad_row is stop.
    """
    findings = Findings() if findings is None else findings
    findings.stops += [("", sentence) for sentence in headers.wrong_targets(columns)]
    sheets = _sheets(Path(folder), columns, findings)
    for sentence in headers.unused(columns, {name: sheet.header for name, sheet in sheets.items()}):
        findings.note(FOLDER, sentence)
    tables = {name: intake.take(name, sheets.get(name), columns, findings, writing) for name in INPUTS}
    for name in ("prices", "suppliers", "open_orders", "price_tiers"):
        intake.fill(tables[name], "supplier_id", DEFAULT_SUPPLIER, findings)
    intake.fill(tables["sales"], "in_stock", True, findings)
    money.settle(tables["prices"], (tables[name] for name in INPUTS[1:]), currency, findings)
    intake.check(tables["prices"], findings)
    statuses.translate(tables["open_orders"], findings)
    if today is None:
        span.check(tables["prices"], findings)
    last = pd.Timestamp(today) if today else _last_price_day(tables["prices"], findings)
    _check_stock(tables["stock"], last, findings)
    for name in ("sales", "products", "suppliers", "open_orders", "price_tiers"):
        intake.check(tables[name], findings)
    _check_products(tables, findings)
    offers.check(tables, findings)
    frames = {name: intake.without_repeats(table, findings) for name, table in tables.items()}
    if findings.stops or (findings.rows and on_bad_row == "stop"):
        raise InputError(findings.text(offer_quarantine=on_bad_row == "stop"))
    set_aside = frames["sales"].loc[findings.bad_rows("sales")]
    frames = {name: _good_rows(name, frame, findings) for name, frame in frames.items()}
    frames["sales"] = _with_unknown_days(frames["sales"], set_aside, frames["prices"], findings)
    if frames["prices"].empty:
        findings.stop("prices", "no row is left once the faulty ones are set aside. Correct them")
        raise InputError(findings.text(offer_quarantine=False))
    frames["products"] = _complete_products(frames, tables["products"].given, findings)
    for table, sentence in remarks.remarks(frames, tables["stock"].given, last):
        findings.note(table, sentence)
    frames["quarantine"] = findings.quarantine()
    frames["notes"] = pd.DataFrame(findings.notes_in_order(), columns=TABLES["notes"].names)
    return Raw(**{name: schema.check(frame, name) for name, frame in frames.items()})


def _sheets(folder: Path, columns: headers.Columns, findings: Findings) -> dict[str, readers.Sheet]:
    """The cells of every table that has one readable file with rows."""
    try:
        found = readers.find(folder, INPUTS)
    except readers.Unreadable as error:
        findings.stop("", str(error))
        return {}
    for name in found.others:
        findings.note(FOLDER, f"{name} is not a table Ordercast reads: ignored{_hint(Path(name), found)}")
    if "prices" not in found.tables:
        there = sorted([*found.others, *(file.name for files in found.tables.values() for file in files)])
        findings.stop(
            "",
            f"{folder} has no prices table; there are: {', '.join(there) or 'no files'}. "
            "Put prices.csv, prices.parquet or prices.xlsx there",
        )
    sheets = {}
    for name, files in found.tables.items():
        findings.files[name] = ", ".join(file.name for file in files)
        if len(files) > 1:
            findings.stop(name, "the table stands in more than one file. Keep one of them")
            continue
        try:
            sheets[name] = readers.read(files[0], partial(headers.recognised, table=name, columns=columns))
        except readers.Unreadable as error:
            findings.stop(name, str(error))
    for name, sheet in sheets.items():
        if sheet.cells.empty and name == "prices":
            findings.stop(name, "there is no row under the column names. Put the quotes there")
    for name, assumed in ASSUMED.items():
        if name not in found.tables:
            findings.note(name, f"no {name} table: {assumed}")
        elif name in sheets and sheets[name].cells.empty:
            findings.note(name, f"no row in {findings.files[name]}: {assumed}")
    return sheets


def _hint(file: Path, found: readers.Folder) -> str:
    """What to do with a file that may be meant for a table nobody gave."""
    near = get_close_matches(file.stem.lower(), [table for table in INPUTS if table not in found.tables], n=1)
    if not near:
        return ""
    readable = file.suffix.lower() in readers.ENDINGS
    cure = f"name it {near[0]}{file.suffix}" if readable else f"save it as {near[0]}.csv or {near[0]}.xlsx"
    return f"; if it is the {near[0]} table, {cure}"


def _check_stock(stock: Intake, today: pd.Timestamp | None, findings: Findings) -> None:
    if stock.given and today is not None:
        intake.fill(stock, "as_of", today, findings)
        if "as_of" in stock.found:
            future = stock.found["as_of"][stock.frame["as_of"] > today]
            findings.blame("stock", "as_of", f"{FUTURE} ({today:%Y-%m-%d})", future.map(cells.shown))
    intake.check(stock, findings)


def _last_price_day(prices: Intake, findings: Findings) -> pd.Timestamp | None:
    good = prices.frame.drop(index=findings.bad_rows("prices"))
    last = good["date"].max() if "date" in good else pd.NaT
    return None if pd.isna(last) else last


def _check_products(tables: dict[str, Intake], findings: Findings) -> None:
    """Blame rows whose product stands neither in products nor in prices; what is at fault there counts as known."""
    masters = [tables["products"], tables["prices"]]
    unread = any(table.table in findings.files and not table.given for table in masters)
    if unread or not tables["prices"].given or not all("product_id" in table.frame for table in masters):
        return  # who is known cannot be said; the reason is told already
    known = pd.concat([table.frame["product_id"] for table in masters])
    for name in ("sales", "suppliers", "stock", "open_orders", "price_tiers"):
        table = tables[name]
        if table.given and "product_id" in table.frame:
            ids = table.frame["product_id"]
            findings.blame(name, "product_id", UNKNOWN, ids[ids.notna() & ~ids.isin(known)])


def _good_rows(name: str, frame: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """The rows without a fault, with all columns of the contract, those not given being empty."""
    bad = findings.bad_rows(name)
    if len(bad):
        findings.note(name, f"{many(len(bad), 'row')} set aside of {len(frame)}: see quarantine")
    good = frame.drop(index=bad)
    for column in TABLES[name].columns:
        if column.name not in good:
            good[column.name] = pd.Series(index=good.index, dtype=DTYPES[column.kind])
    return good[TABLES[name].names]


def _with_unknown_days(
    sales: pd.DataFrame, set_aside: pd.DataFrame, prices: pd.DataFrame, findings: Findings
) -> pd.DataFrame:
    """The sales with a censored row for each day whose row was set aside: what was sold is unknown, not nothing."""
    key = ["product_id", "date"]
    if set_aside.empty or not set(key) <= set(set_aside.columns):
        return sales
    days = set_aside.loc[set_aside["product_id"].isin(prices["product_id"]), key].dropna().drop_duplicates()
    new = ~pd.MultiIndex.from_frame(days).isin(pd.MultiIndex.from_frame(sales[key]))
    unknown = days[new].assign(demand_units=0.0, in_stock=False)
    if unknown.empty:
        return sales
    findings.note("sales", f"{many(len(unknown), 'day')} with a row set aside: what was sold then is taken as unknown")
    return pd.concat([sales, unknown[sales.columns]], ignore_index=True)


def _complete_products(frames: dict[str, pd.DataFrame], given: bool, findings: Findings) -> pd.DataFrame:
    """The products with a row for every product_id of any table, and with a name each."""
    products = frames["products"]
    ids = pd.concat([frame["product_id"] for frame in frames.values()]).drop_duplicates()
    further = ids[~ids.isin(products["product_id"])].sort_values()
    if given and len(further):
        findings.note("products", f"{many(len(further), 'product')} without a row: the product_id is the name")
    nameless = int(products["name"].isna().sum())
    if nameless:
        findings.note("products", f"{many(nameless, 'product')} without a name: the product_id is the name")
    products = pd.concat([products, pd.DataFrame({"product_id": further})], ignore_index=True)
    return products.assign(name=products["name"].fillna(products["product_id"]))


@dataclass(frozen=True)
class Taken:
    """What stage 1 takes in: the tables and, for a simulated world only, the truth behind them."""

    raw: Raw
    truth: dict[str, pd.DataFrame]


def take(data: dict[str, Any], base: dict[str, Any]) -> Taken:
    """Return the tables of the source that the params name: simulate, files or database.

    data, base: those sections of params.yaml. Raises InputError where the source has faults or is not there.
    """
    today = dt.date.fromisoformat(base["today"]) if base["today"] else None
    if data["source"] == "simulate":
        world = simulate.world(
            data["products"], data["history_days"], base["seed"], today or simulate.DEFAULT_TODAY, base["currency"]
        )
        told = f"{data['products']} simulated products, seed {base['seed']}: nobody's real prices"
        notes = pd.DataFrame({"table": [FOLDER], "note": [told]})
        empty = {name: TABLES[name].empty() for name in ("price_tiers", "quarantine")}
        tables = world.tables() | empty | {"notes": notes}
        return Taken(Raw(**{name: schema.check(table, name) for name, table in tables.items()}), world.truth)
    folder = Path(data["path"]) if data["source"] == "files" else project.SNAPSHOT
    if data["source"] == "database" and not (folder / project.SNAPSHOT_ABOUT).is_file():
        raise InputError(f"{folder} holds no snapshot of the database; `ordercast repro` takes one.")
    raw = read(
        folder,
        columns=data["columns"],
        on_bad_row=data["on_bad_row"],
        currency=base["currency"],
        today=today,
        writing=Writing(data["decimal"], data["dates"]),
    )
    return Taken(raw, {})
