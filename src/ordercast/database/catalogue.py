"""Which of a shop's tables and columns are ours: the map of the params held against what the database has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import sqlalchemy as sa

from ordercast.contracts import INPUTS, TABLES
from ordercast.database.attach import unsafe
from ordercast.database.settings import Address
from ordercast.database.words import DatabaseError
from ordercast.sources import headers

Tables = Mapping[str, str | None]
MOST_NAMED = 20
COLUMNS = sa.table(
    "columns",
    *map(sa.column, ("table_schema", "table_name", "column_name", "ordinal_position")),
    schema="information_schema",
)


@dataclass(frozen=True)
class Source:
    """A table or view of the shop that is one of our input tables; columns maps its names to ours, in our order."""

    table: str
    schema: str
    name: str
    columns: dict[str, str]

    @property
    def place(self) -> str:
        """Return schema.name, as data.tables writes it."""
        return f"{self.schema}.{self.name}"


def sources(connection: sa.Connection, address: Address, tables: Tables, columns: headers.Columns) -> dict[str, Source]:
    """The shop's table for each input table that it has, by our name, prices at least.

    tables: data.tables, {ours: theirs}; theirs may name another schema (shop.price_list) or be None: not read. One
    that is not mapped is read where a table of our name is there. columns: data.columns. Raises DatabaseError that
    tells every table and every mandatory column that is not there, and what is.
    """
    read = [table for table in INPUTS if tables.get(table, table) is not None]
    wanted = {table: _split(tables.get(table) or table, address) for table in read}
    there = _there(connection, {schema for schema, _ in wanted.values()})
    found, faults = {}, headers.wrong_targets(columns)
    for table, (schema, name) in wanted.items():
        if (schema, name) in there:
            matched = headers.match(there[schema, name], table, columns)
            ours = [column for column in TABLES[table].names if column in matched.positions]
            names = [there[schema, name][matched.positions[column]] for column in ours]
            found[table] = Source(table, schema, name, dict(zip(names, ours, strict=True)))
            faults += [f"{schema}.{name}: {fault}" for fault in [*matched.faults, *_unsafe(found[table])]]
        elif table in tables or table == "prices":
            faults.append(_lacking(table, schema, name, [one for place, one in there if place == schema]))
    if faults:
        raise DatabaseError(_refusal(address, faults))
    return found


def _refusal(address: Address, faults: list[str]) -> str:
    lines = [f"- {fault}" if fault.endswith((".", "?")) else f"- {fault}." for fault in faults]
    return "\n".join(
        [
            f"The tables of database {address} cannot be read:",
            *lines,
            "Nothing was written. In params.yaml, data.tables and data.columns say which table and column is which; "
            "data.tables: {products: null} leaves one out.",
        ]
    )


def _split(name: str, address: Address) -> tuple[str, str]:
    """The schema and the name of a table that may be written with or without its schema."""
    schema, dot, table = name.rpartition(".")
    return (schema if dot else address.database), table


def _there(connection: sa.Connection, schemas: set[str]) -> dict[tuple[str, str], list[str]]:
    """The columns, in order, of every table and view of these schemas that the user may see."""
    asked = (
        sa.select(COLUMNS.c.table_schema, COLUMNS.c.table_name, COLUMNS.c.column_name)
        .where(COLUMNS.c.table_schema.in_(sorted(schemas)))
        .order_by(COLUMNS.c.table_schema, COLUMNS.c.table_name, COLUMNS.c.ordinal_position)
    )
    there: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in connection.execute(asked):
        there.setdefault((schema, table), []).append(column)
    return there


def _lacking(table: str, schema: str, name: str, there: list[str]) -> str:
    near = get_close_matches(name, there, n=1)
    hint = f". Did you mean {schema}.{near[0]}?" if near else ""
    named = ", ".join(there[:MOST_NAMED]) + (", ..." if len(there) > MOST_NAMED else "")
    return f"{table}: there is no table {schema}.{name} that this user may read; there are: {named or 'none'}{hint}"


def _unsafe(source: Source) -> list[str]:
    names = [source.schema, source.name, *source.columns]
    return [
        f"the name {name!r} holds a quote, a backtick or a backslash. Read it through a view with another name"
        for name in names
        if unsafe(name)
    ]
