"""A folder of tables as the pipeline wants it, or refused with everything that is wrong told at once."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from ordercast import project, schema, simulate, store
from ordercast.contracts import INPUTS, TABLES
from ordercast.sentences import Sentence, say
from ordercast.sources import cells, headers, intake, kept, long, offers, readers, remarks, slips, span, statuses
from ordercast.sources import currency as money
from ordercast.sources.faults import FOLDER, FUTURE, UNKNOWN, Findings, InputError, noted
from ordercast.sources.intake import Intake
from ordercast.sources.reading import Writing
from ordercast.sources.span import Needs

__all__ = ["InputError", "Needs", "Raw", "Writing", "read"]

DEFAULT_SUPPLIER = "default"
ASSUMED = {
    "sales": say("no demand is forecast and nothing is ordered"),
    "products": say("products are named by their product_id, the holding rate is assumed from orders.defaults"),
    "suppliers": say("lead time, MOQ, pack and order cost are assumed from orders.defaults"),
    "stock": say("stock on hand is assumed to be 0"),
    "open_orders": say("nothing is assumed to be on order"),
    "price_tiers": say("every order pays the quoted price, however large"),
}


@dataclass(frozen=True)
class Raw:
    """The input tables as their contracts want them, the rows set aside, and what was assumed or ignored.

    A table nobody gave is empty; products has a row for every product of the other tables at any rate. files: the long
    tables, sorted by their keys, on the desk that `read` was given; their frames are empty.
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
    files: Mapping[str, Path] = field(default_factory=dict)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all frames by name."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "files"}


def read(
    folder: str | Path,
    *,
    columns: headers.Columns,
    on_bad_row: Literal["stop", "quarantine"],
    currency: str,
    today: dt.date | None = None,
    writing: Writing = Writing(),  # noqa: B008
    findings: Findings | None = None,
    desk: long.Desk | None = None,
    origins: Mapping[str, str] | None = None,
) -> Raw:
    """Return the tables of a folder: a Parquet, text (CSV) or Excel file of each of schema.INPUTS, prices at least.

    columns: your column names to ours (data.columns). currency: taken for prices that name none. today: no stock
    may be counted after it; None is the last day with a price. on_bad_row: quarantine sets faulty rows aside.
    writing: how numbers and dates are written, where that is known (data.decimal, data.dates). findings: an empty one,
    to see all that was found in parts. desk: where long tables are worked on; without one all are held in memory.
    origins: what messages call a table that is only a copy here, by its name.

    Raises InputError that tells all faults of all tables: those of a table as a whole (a lacking column, two
    currencies) at any rate, those of rows when on_bad_row is stop.
    """
    findings = Findings() if findings is None else findings
    findings.stops += [("", sentence) for sentence in headers.wrong_targets(columns)]
    sheets, longs = _sheets(Path(folder), columns, findings, desk, origins or {})
    sheets |= long.digests(longs, sheets, columns, writing, None if today else span.check)
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
    frames = {name: kept.good_rows(tables[name], frame, findings) for name, frame in frames.items()}
    if frames["prices"].empty:
        findings.stop("prices", "no row is left once the faulty ones are set aside. Correct them")
        raise InputError(findings.text(offer_quarantine=False))
    whole: dict[str, kept.Table] = dict(frames)
    for name in ("prices", "sales"):
        if name == "sales":
            frames[name] = kept.with_unknown_days(frames[name], set_aside, whole["prices"], findings)
        whole[name] = frames[name]
        if name in longs:
            whole[name] = longs[name].written(schema.check(frames[name], name), tables[name].filled)
            frames[name] = TABLES[name].empty()
    frames["products"] = kept.complete_products(whole, frames["products"], tables["products"].given, findings)
    for table, sentence in remarks.remarks(whole["prices"], whole["sales"], frames, tables["stock"].given, last):
        findings.note(table, sentence)
    doubted = {"prices": slips.remarks(whole["prices"]), "sales": slips.sold(whole["sales"])}
    findings.notes[:0] = [(name, sentence) for name, told in doubted.items() for sentence in told]  # they cost money
    frames["quarantine"] = findings.quarantine()
    frames["notes"] = noted(findings.notes_in_order())
    files = {name: table for name, table in whole.items() if isinstance(table, Path)}
    return _raw(frames, files)


def _raw(frames: Mapping[str, pd.DataFrame], files: Mapping[str, Path]) -> Raw:
    tables: dict[str, Any] = {name: schema.check(frame, name) for name, frame in frames.items()}
    return Raw(**tables, files=files)


def _sheets(
    folder: Path,
    columns: headers.Columns,
    findings: Findings,
    desk: long.Desk | None,
    origins: Mapping[str, str],
) -> tuple[dict[str, readers.Sheet], dict[str, long.Long]]:
    """The cells of every table that has one readable file, and the tables that are too long for that."""
    try:
        found = readers.find(folder, INPUTS)
    except readers.Unreadable as error:
        findings.stop("", str(error))
        return {}, {}
    for name in found.others:
        findings.note(FOLDER, _ignored(Path(name), found))
    if "prices" not in found.tables:
        there = sorted([*found.others, *(file.name for files in found.tables.values() for file in files)])
        findings.stop(
            "",
            f"{folder} has no prices table; there are: {', '.join(there) or 'no files'}. "
            "Put prices.csv, prices.parquet or prices.xlsx there",
        )
    sheets, longs = {}, {}
    for name, files in found.tables.items():
        findings.files[name] = origins.get(name) or ", ".join(file.name for file in files)
        if len(files) > 1:
            findings.stop(name, "the table stands in more than one file. Keep one of them")
            continue
        one = desk and long.opened(desk, name, files[0], columns)
        if one:
            longs[name] = one
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
            findings.note(name, say("no %(table)s table: %(assumed)s", table=name, assumed=assumed))
        elif name in sheets and sheets[name].cells.empty:
            file = findings.files[name]
            findings.note(name, say("no row in %(file)s: %(assumed)s", file=file, assumed=assumed))
    return sheets, longs


def _ignored(file: Path, found: readers.Folder) -> Sentence:
    """A note on a file that is not read, and what to do if it is meant for a table nobody gave."""
    near = get_close_matches(file.stem.lower(), [table for table in INPUTS if table not in found.tables], n=1)
    if not near:
        return say("%(file)s is not a table Ordercast reads: ignored", file=file.name)
    if file.suffix.lower() in readers.ENDINGS:
        return say(
            "%(file)s is not a table Ordercast reads: ignored; if it is the %(table)s table, name it %(name)s",
            file=file.name,
            table=near[0],
            name=f"{near[0]}{file.suffix}",
        )
    return say(
        "%(file)s is not a table Ordercast reads: ignored; if it is the %(table)s table, save it as %(table)s.csv or "
        "%(table)s.xlsx",
        file=file.name,
        table=near[0],
    )


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


@dataclass(frozen=True)
class Taken:
    """What stage 1 takes in: the tables and, for a simulated world only, the truth behind them."""

    raw: Raw
    truth: dict[str, pd.DataFrame]

    def keep(self, folder: str | Path) -> dict[str, int]:
        """Return the rows of each table; all stand in the folder as Parquet, sorted by their keys."""
        rows = {}
        for name, table in self.raw.tables().items():
            path = Path(folder, f"{name}.parquet")
            if name in self.raw.files:
                path.parent.mkdir(parents=True, exist_ok=True)
                os.replace(self.raw.files[name], path)
            else:
                store.write_parquet(table, path, TABLES[name].key)
            rows[name] = int(store.query("SELECT count(*) AS rows FROM t", t=path)["rows"].iloc[0])
        return rows


def take(data: dict[str, Any], base: dict[str, Any], desk: long.Desk | None = None) -> Taken:
    """Return the tables of the source that the params name: simulate, files or database.

    data, base: those sections of params.yaml; desk: as `read` takes it. Raises InputError where the source has faults
    or is not there.
    """
    today = dt.date.fromisoformat(base["today"]) if base["today"] else None
    if data["source"] == "simulate":
        world = simulate.world(
            data["products"], data["history_days"], base["seed"], today or simulate.DEFAULT_TODAY, base["currency"]
        )
        told = say(
            "%(products)s simulated products, seed %(seed)s: nobody's real prices",
            products=data["products"],
            seed=str(base["seed"]),
        )
        empty = {name: TABLES[name].empty() for name in ("price_tiers", "quarantine")}
        tables = world.tables() | empty | {"notes": noted([(FOLDER, told)])}
        return Taken(_raw(tables, {}), world.truth)
    folder, origins = Path(data["path"]), {}
    if data["source"] == "database":
        folder, origins = project.SNAPSHOT, _copied_from(project.SNAPSHOT)
    raw = read(
        folder,
        columns=data["columns"],
        on_bad_row=data["on_bad_row"],
        currency=base["currency"],
        today=today,
        writing=Writing(data["decimal"], data["dates"]),
        desk=desk,
        origins=origins,
    )
    return Taken(raw, {})


def _copied_from(snapshot: Path) -> dict[str, str]:
    """The table of the database that each table of the snapshot was copied from, and where its rows can be counted."""
    about = snapshot / project.SNAPSHOT_ABOUT
    tables = store.read_json(about).get("tables") if about.is_file() else None
    if tables is None:
        raise InputError(f"{snapshot} holds no snapshot of the database; `ordercast repro` takes one.")
    return {name: f"{each['from']}, rows as in {snapshot / name}.parquet" for name, each in tables.items()}
