"""The shop's input tables, copied to Parquet as they stood at one moment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb

from ordercast.contracts import TABLES
from ordercast.database import attach, catalogue, engine
from ordercast.database.settings import Address
from ordercast.database.words import DatabaseError
from ordercast.sources.headers import Columns

COPY = """
COPY (SELECT {columns} FROM {table} ORDER BY {order})
TO {file} (FORMAT parquet, COMPRESSION zstd)
"""


def copied(
    place: Address, tables: catalogue.Tables, columns: Columns, tell: Callable[[str], None], folder: Path
) -> dict[str, object]:
    """What was copied to the folder, by our name of the table: from, rows, columns (theirs: ours).

    Read in one READ ONLY transaction, so that no table is younger than another; streamed, and sorted on the disk where
    memory does not do. Only the columns that mean something to Ordercast leave the shop, under their own names; each
    table is sorted by its key. An empty table is left out. tables, columns: data.tables and data.columns.
    """
    with engine.engine(place).connect() as connection:
        found = catalogue.sources(connection, place, tables, columns)
    spill = folder / ".spill"
    about: dict[str, object] = {}
    try:
        with attach.attached(place, spill) as shop, attach.one_moment(shop, engine.session()):
            for table, source in found.items():
                rows = _copy(shop, source, folder / f"{table}.parquet")
                about[table] = {"from": source.place, "rows": rows, "columns": source.columns}
                tell(f"{table:<12} {rows:>10} rows from {source.place}")
    finally:
        shutil.rmtree(spill, ignore_errors=True)
    return about


def _copy(shop: duckdb.DuckDBPyConnection, source: catalogue.Source, path: Path) -> int:
    """The rows that now stand in `path`; a file of none is not kept: the table is one that nobody fills."""
    contract = TABLES[source.table]
    table = attach.quoted(attach.CATALOGUE, source.schema, source.name)
    types = {name: kind for name, kind, *_ in shop.execute(f"DESCRIBE {table}").fetchall()}
    key = [name for name, ours in source.columns.items() if ours in contract.key]
    order = [*key, *(name for name in source.columns if name not in key)]
    statement = COPY.format(
        columns=", ".join(_as_number(name, types[name]) for name in source.columns),
        table=table,
        order=", ".join(map(attach.quoted, order)),
        file=attach.text(path.with_name(f".{path.name}.tmp")),
    )
    beside = path.with_name(f".{path.name}.tmp")
    try:
        rows = int(shop.execute(statement).fetchall()[0][0])
        if rows:
            os.replace(beside, path)
        elif source.table == "prices":
            raise DatabaseError(
                f"{source.place} has no row: without prices there is nothing to forecast. Fill it first."
            )
    finally:
        beside.unlink(missing_ok=True)
    return rows


def _as_number(name: str, kind: str) -> str:
    """A column as it is, a DECIMAL as the number next to it: what reading 12.34 from a file gives."""
    column = attach.quoted(name)
    return f"CAST({column} AS DOUBLE) AS {column}" if kind.startswith("DECIMAL") else column
