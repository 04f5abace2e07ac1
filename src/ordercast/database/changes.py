"""Whether the shop's tables have changed since they were last read, told by the server without sending a row."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ordercast.contracts import TABLES
from ordercast.database import catalogue, engine
from ordercast.database.settings import Address
from ordercast.database.words import told
from ordercast.sources.headers import Columns


def fingerprint(address: Address, tables: catalogue.Tables, columns: Columns) -> dict[str, dict[str, Any]]:
    """What the mapped tables hold, by our name: from (schema.table), columns, rows, last (by date column), checksum.

    tables, columns: data.tables and data.columns. JSON-able, without host and user; equal as long as the columns that
    Ordercast reads hold the same rows, in any order. The server reads each table once, in one READ ONLY transaction;
    views too. Raises DatabaseError in words.
    """
    with told(address, "The fingerprint of the tables"), engine.engine(address).connect() as connection:
        connection.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.commit()
        found = catalogue.sources(connection, address, tables, columns)
        return {table: _of(connection, source) for table, source in found.items()}


def _of(connection: sa.Connection, source: catalogue.Source) -> dict[str, Any]:
    theirs = sa.table(source.name, *map(sa.column, source.columns), schema=source.schema)
    ours = TABLES[source.table]
    days = [name for name, canonical in source.columns.items() if ours.column(canonical).kind == "day"]
    # QUOTE tells an empty cell (NULL) from an empty text. A sum of hashes does not care for the order of rows.
    line = sa.func.concat_ws(",", *(sa.func.quote(theirs.c[name]) for name in source.columns))
    number = sa.func.conv(sa.func.left(sa.func.md5(line), 12), 16, 10)
    asked: Any = sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(sa.cast(number, sa.DECIMAL(20, 0))), 0),
        *(sa.func.max(theirs.c[name]) for name in days),
    ).select_from(theirs)
    rows, checksum, *last = connection.execute(asked).one()
    return {
        "from": source.place,
        "columns": source.columns,
        "rows": rows,
        "last": {source.columns[name]: None if day is None else str(day) for name, day in zip(days, last, strict=True)},
        "checksum": str(checksum),
    }
