"""The input tables put into MySQL: all of them are replaced at one moment, or none is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb
import pandas as pd
import sqlalchemy as sa

from ordercast.contracts import INPUTS, TABLES
from ordercast.database import attach
from ordercast.database import tables as shapes
from ordercast.database.engine import LOCK_WAIT_SECONDS, alone, session
from ordercast.database.settings import Address
from ordercast.database.words import DatabaseError, told

STAGING, OLD = "ordercast_new_", "ordercast_old_"
INFORMATION = sa.table(
    "tables", *map(sa.column, ("table_schema", "table_name", "table_comment")), schema="information_schema"
)
INSERT = "INSERT INTO {table} ({columns}) SELECT {values} FROM frame ORDER BY {order}"


def load(address: Address, frames: Mapping[str, pd.DataFrame], tell: Callable[[str], None]) -> None:
    """Return nothing; the input tables of the database hold these frames, each as its contract wants it.

    The rows go into tables beside them first, then one RENAME puts all in their place: readers see all the old or all
    the new ones, and what a killed load left behind the next one removes. The same frames twice make the same rows.
    tell: given a line per table. Raises DatabaseError in words, and then nothing is changed: for an identifier that is
    too long, a price too large, and a table of that name which `load` has not made.
    """
    _check(frames)
    with told(address, "Loading the tables", LOCK_WAIT_SECONDS), alone(address) as connection:
        there = _ours(connection, address)
        _drop(connection, [f"{prefix}{table}" for prefix in (STAGING, OLD) for table in INPUTS])
        metadata = sa.MetaData()
        for table in INPUTS:
            shapes.input_table(table, f"{STAGING}{table}", metadata).create(connection)
        connection.commit()
        with attach.attached(address) as shop:
            for table in INPUTS:
                tell(
                    f"{table:<12} {_fill(shop, address, table, frames[table]):>10} rows{_rounded(table, frames[table])}"
                )
        swaps = [f"`{table}` TO `{OLD}{table}`" for table in there]
        swaps += [f"`{STAGING}{table}` TO `{table}`" for table in INPUTS]
        connection.exec_driver_sql(f"RENAME TABLE {', '.join(swaps)}")
        _drop(connection, [f"{OLD}{table}" for table in there])


def _check(frames: Mapping[str, pd.DataFrame]) -> None:
    """Refuse what MySQL would refuse halfway."""
    largest = 10.0 ** (shapes.PRICE_DIGITS - shapes.PRICE_DECIMALS)
    for table in INPUTS:
        for name in TABLES[table].names:
            cells = frames[table][name]
            if name.endswith("_id") and len(long := cells[cells.str.len() > shapes.LONGEST_KEY]):
                raise DatabaseError(
                    f"{table}: {name} {long.iloc[0][:40]!r}... has {len(long.iloc[0])} signs; MySQL's keys here take "
                    f"{shapes.LONGEST_KEY}. Shorten it; nothing was loaded."
                )
            if shapes.is_price(TABLES[table].column(name)) and (cells.abs() >= largest).any():
                raise DatabaseError(
                    f"{table}: {name} {cells.abs().max():g} is not below {largest:g}; nothing was loaded."
                )


def _rounded(table: str, frame: pd.DataFrame) -> str:
    names = [column.name for column in TABLES[table].columns if shapes.is_price(column)]
    changed = sum(int((frame[name].round(shapes.PRICE_DECIMALS) != frame[name]).sum()) for name in names if len(frame))
    changed -= sum(int(frame[name].isna().sum()) for name in names)
    return f", {changed} prices rounded to {shapes.PRICE_DECIMALS} decimals" if changed else ""


def _ours(connection: sa.Connection, address: Address) -> list[str]:
    """The input tables that are there, all made by `load`; a table of such a name that it has not made is refused."""
    names = [f"{prefix}{table}" for prefix in ("", STAGING, OLD) for table in INPUTS]
    asked = sa.select(INFORMATION.c.table_name, INFORMATION.c.table_comment).where(
        INFORMATION.c.table_schema == address.database, INFORMATION.c.table_name.in_(names)
    )
    there = {row.table_name: row.table_comment for row in connection.execute(asked)}
    foreign = [name for name, comment in there.items() if comment != shapes.MARK]
    if foreign:
        raise DatabaseError(
            f"Database {address} has tables that `ordercast load` did not make: {', '.join(sorted(foreign))}. Nothing "
            "was loaded; name an empty database. (A shop's own tables need no load: set data.source: database.)"
        )
    return [table for table in INPUTS if table in there]


def _drop(connection: sa.Connection, names: list[str]) -> None:
    for name in names:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS `{name}`")
    connection.commit()


def _fill(shop: duckdb.DuckDBPyConnection, address: Address, table: str, frame: pd.DataFrame) -> int:
    """The number of rows put into the staging table, in one transaction."""
    contract = TABLES[table]
    exact = f"DECIMAL({shapes.PRICE_DIGITS}, {shapes.PRICE_DECIMALS})"
    values = {
        column.name: f"CAST({attach.quoted(column.name)} AS {exact})"
        if shapes.is_price(column)
        else attach.quoted(column.name)
        for column in contract.columns
    }
    others = [name for name in contract.names if name not in contract.key]
    order = ", ".join(map(attach.quoted, [*contract.key, *others]))
    if not contract.unique:
        key = ", ".join(map(attach.quoted, contract.key))
        values[shapes.LINE] = f"row_number() OVER (PARTITION BY {key} ORDER BY {order})"
    shop.register("frame", frame)
    shop.execute("BEGIN")
    attach.execute(shop, session())
    shop.execute(
        INSERT.format(
            table=attach.quoted(attach.CATALOGUE, address.database, f"{STAGING}{table}"),
            columns=", ".join(map(attach.quoted, values)),
            values=", ".join(values.values()),
            order=order,
        )
    )
    shop.execute("COMMIT")
    shop.unregister("frame")
    return len(frame)
