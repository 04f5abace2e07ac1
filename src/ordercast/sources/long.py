"""Tables of more rows than memory should hold: judged by blocks of rows, kept and sorted on the disk.

Whether a row of native types is at fault does not depend on other rows. So the checks first see a long table block by
block, which tells its faulty rows, and its typed rows are put on a desk, a DuckDB file. What the checks of whole tables
and between tables ask (who repeats a key, which products, suppliers, days and currencies there are) is then answered
by a *digest*: the rows at fault, those that repeat a key, and one row of each kind. Read like any table, the digest
gives the faults and notes of the whole; the rows beyond it are good, and told by `Rest`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from ordercast import blocks, duck
from ordercast.contracts import TABLES, Kind
from ordercast.sources import currency, headers, intake, parquet
from ordercast.sources.faults import Findings
from ordercast.sources.intake import Intake
from ordercast.sources.layout import Rest, Sheet, Unreadable
from ordercast.sources.reading import Writing

LONG = ("prices", "sales")  # all other tables have a row or a few per product
# Types that mean one thing in every row; a text is read as its whole column proves.
NATIVE: dict[Kind, str] = {
    "number": r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*",
    "day": r"DATE|TIMESTAMP(_N?S|_MS)?|TIMESTAMP WITH TIME ZONE",
}
SQL_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "count": "BIGINT",
    "flag": "BOOLEAN",
    "day": "DATE",
}
# Rows that a check of the whole table or between tables may blame, and one row of each kind that it asks for.
PICKED = {
    "prices": """
        SELECT min(row) AS row FROM prices GROUP BY product_id, supplier_id
        UNION SELECT min(row) FROM prices GROUP BY currency
        UNION SELECT min(row) FROM prices ANTI JOIN prices_marked USING (row) GROUP BY date
        UNION SELECT arg_max(row, date) FROM prices ANTI JOIN prices_marked USING (row) GROUP BY product_id
        UNION SELECT arg_min(row, date) FROM prices ANTI JOIN prices_marked USING (row) GROUP BY product_id
    """,
    "sales": """
        SELECT row FROM sales SEMI JOIN (
            SELECT product_id, date FROM sales GROUP BY product_id, date HAVING count(*) > 1
        ) USING (product_id, date)
    """,
}
STRANGERS = "SELECT row FROM {table} ANTI JOIN known USING (product_id)"
WRITE = """
COPY (
    SELECT {rest} FROM {table} ANTI JOIN {table}_digest USING (row)
    UNION ALL SELECT {own} FROM frame
    ORDER BY {order}
) TO {file} (FORMAT parquet, COMPRESSION zstd)
"""
LastDays = Callable[[Intake, Findings], None]


@dataclass(frozen=True)
class Desk:
    """Where long tables are worked on: a folder, its database, and the rows above which a table is long."""

    folder: Path
    rows: int
    shelf: duckdb.DuckDBPyConnection


@contextmanager
def desk(folder: str | Path, rows: int = blocks.ROWS) -> Iterator[Desk]:
    """Yield a desk in a folder that is made for it, and removed in the end with all that is left there."""
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)  # what a killed run left behind
    folder.mkdir(parents=True)
    try:
        with duck.connect(folder / "typed.duckdb", folder / "sorts") as shelf:
            yield Desk(folder, rows, shelf)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Long:
    """A long table on a desk; match: which of its columns is which."""

    table: str
    file: parquet.File
    match: headers.Match
    columns: headers.Columns
    desk: Desk

    def judge(self, sheet: Sheet) -> tuple[Intake, Findings]:
        """The rows of a sheet, typed, and what is wrong with each; an empty cell that will be filled is not."""
        findings = Findings()
        taken = intake.take(self.table, sheet, self.columns, findings, Writing())
        if "currency" in taken.found:
            taken.frame["currency"] = currency.codes(taken, findings)
        there = taken.frame.drop(columns=list(headers.FILLED), errors="ignore")
        intake.check(replace(taken, frame=there), findings)
        return taken, findings

    def shelve(self) -> None:
        """Put the typed rows on the shelf, and apart the numbers of those that are to be looked at again."""
        shelf, contract = self.desk.shelf, TABLES[self.table]
        kinds = {column.name: SQL_TYPES[column.kind] for column in contract.columns} | {"row": "BIGINT"}
        shelf.execute(f"CREATE TABLE {self.table} ({', '.join(f'{name} {kind}' for name, kind in kinds.items())})")
        shelf.execute(f"CREATE TABLE {self.table}_marked (row BIGINT)")
        for sheet in self.file.parts(self.desk.rows):
            taken, findings = self.judge(sheet)
            rows = taken.frame.assign(row=taken.frame.index)
            shelf.register("block", rows)
            casts = ", ".join(f"CAST({name} AS {kinds[str(name)]}) AS {name}" for name in rows)
            shelf.execute(f"INSERT INTO {self.table} BY NAME SELECT {casts} FROM block")
            self._add("marked", findings.bad_rows(self.table).union(_with_time(taken)))

    def digest(self, known: pd.Series[str] | None, last_days: LastDays | None) -> Sheet:
        """The rows that the checks of whole tables and between tables ask for, and what there is beyond them.

        known: the products of other tables; None where they cannot be said, or nobody asks. last_days: the check that
        blames all rows from a far day on.
        """
        shelf, contract = self.desk.shelf, TABLES[self.table]
        picked = [f"FROM {self.table}_marked", f"SELECT min(row) FROM {self.table}"]
        if not contract.unique or set(contract.key) <= set(self.match.positions):
            picked.append(PICKED[self.table])
        if known is not None:
            shelf.register("known", pd.DataFrame({"product_id": known}))
            picked.append(STRANGERS.format(table=self.table))
        picks = " UNION ".join(picked)
        shelf.execute(
            f"CREATE TABLE {self.table}_digest AS SELECT row FROM ({picks}) picked(row) WHERE row IS NOT NULL"
        )
        if last_days is not None and "date" in self.match.positions:
            self._add("digest", self._far_rows(last_days))
        return self._digested()

    def written(self, frame: pd.DataFrame, filled: Mapping[str, Any]) -> Path:
        """A file of the whole table, sorted as `store.write_parquet` sorts: the good rows beyond the digest, and these.

        frame: what has become of the digest; filled: what stands in cells that were empty.
        """
        path = self.desk.folder / f"{self.table}.parquet"
        contract = TABLES[self.table]
        rest, own = [], []
        for column in contract.columns:
            name, cell = column.name, column.name
            if name in filled:
                cell = f"coalesce({name}, {_literal(filled[name])})"
            rest.append(f"CAST({cell} AS {SQL_TYPES[column.kind]}) AS {name}")
            own.append(f"CAST({name} AS {SQL_TYPES[column.kind]})")
        self.desk.shelf.register("frame", frame)
        self.desk.shelf.execute(
            WRITE.format(
                rest=", ".join(rest),
                own=", ".join(own),
                table=self.table,
                order=", ".join([*contract.key, *(name for name in contract.names if name not in contract.key)]),
                file=duck.text(path),
            )
        )
        return path

    def _digested(self) -> Sheet:
        """The rows of the digest as it stands, and what there is beyond them."""
        filled = [name for name in headers.FILLED if name in self.match.positions]
        counts = ", ".join(["count(*)", *(f"count(*) - count({name})" for name in filled)])
        beyond = f"FROM {self.table} ANTI JOIN {self.table}_digest USING (row)"
        ((rows, *empty),) = self.desk.shelf.execute(f"SELECT {counts} {beyond}").fetchall()
        dates = self.desk.shelf.execute(f"SELECT date, count(*) {beyond} GROUP BY date").fetchall()
        of_date = {pd.Timestamp(date): count for date, count in dates if date is not None}
        return replace(self.file.at(self._numbers()), rest=Rest(rows, dict(zip(filled, empty, strict=True)), of_date))

    def _far_rows(self, last_days: LastDays) -> pd.Index[int]:
        """The rows beyond the digest, as it stands, that the check would blame."""
        taken, findings = self.judge(self._digested())
        before = findings.bad_rows(self.table)
        last_days(taken, findings)
        far = taken.frame.loc[np.setdiff1d(findings.bad_rows(self.table), before), "date"].min()
        if pd.isna(far):
            return pd.Index([], dtype="int64")
        later = self.desk.shelf.execute(f"SELECT row FROM {self.table} WHERE date >= ?", [far.date()])
        rows: pd.Index[int] = pd.Index(np.setdiff1d(later.fetchnumpy()["row"], self._numbers()))
        return rows

    def _add(self, to: str, rows: pd.Index[int]) -> None:
        self.desk.shelf.register("rows", pd.DataFrame({"row": rows.to_numpy(np.int64)}))
        self.desk.shelf.execute(f"INSERT INTO {self.table}_{to} FROM rows")

    def _numbers(self) -> pd.Index[int]:
        found = self.desk.shelf.execute(f"SELECT row FROM {self.table}_digest ORDER BY row").fetchnumpy()["row"]
        return pd.Index(found, dtype="int64")


def opened(desk: Desk, table: str, path: Path, columns: headers.Columns) -> Long | None:
    """The long table in a file; None where it is not long, or its rows cannot be judged each by itself."""
    if table not in LONG or path.suffix.lower() != ".parquet":
        return None
    try:
        file = parquet.file(path)
    except Unreadable:
        return None  # whoever reads it whole tells why
    match = headers.match(file.header, table, columns)
    kinds = {name: file.kinds[place] for name, place in match.positions.items()}
    native = all(
        re.fullmatch(NATIVE.get(TABLES[table].column(name).kind, ".*"), kind, re.DOTALL) for name, kind in kinds.items()
    )
    if file.rows <= desk.rows or not native or parquet.ROW_NUMBER in file.header:
        return None
    return Long(table, file, match, columns, desk)


def digests(
    longs: Mapping[str, Long],
    sheets: Mapping[str, Sheet],
    columns: headers.Columns,
    writing: Writing,
    last_days: LastDays | None,
) -> dict[str, Sheet]:
    """The digests of the long tables, by name; sheets: the other tables, whole."""
    for one in longs.values():
        one.shelve()
    found = {}
    if "prices" in longs:
        found["prices"] = longs["prices"].digest(None, last_days)
    if "sales" in longs:
        given = {name: found.get(name, sheets.get(name)) for name in ("products", "prices")}
        taken = [intake.take(name, sheet, columns, Findings(), writing).frame for name, sheet in given.items()]
        ids = [frame["product_id"].drop_duplicates() for frame in taken if "product_id" in frame]
        found["sales"] = longs["sales"].digest(pd.concat(ids) if len(ids) == len(taken) else None, None)
    return found


def _with_time(taken: Intake) -> pd.Index[int]:
    """The first row of each column of days that tells a time of day: it is cut off, and that is noted."""
    first: pd.Index[int] = pd.Index([], dtype="int64")
    for cells in taken.found.values():
        if pd.api.types.is_datetime64_any_dtype(cells):
            first = first.union(cells.index[(cells > cells.dt.normalize()).to_numpy()][:1])
    return first


def _literal(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else duck.text(value)
