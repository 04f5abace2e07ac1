"""A finished run, written into MySQL: all of its tables and the pointer that shows it, in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import sqlalchemy as sa

from ordercast import duck
from ordercast.contracts import TABLES
from ordercast.database import attach, migrate
from ordercast.database.engine import LOCK_WAIT_SECONDS, alone, session
from ordercast.database.settings import Address
from ordercast.database.words import DatabaseError, told

KEPT_RUNS = 5
PARTS = {
    "forecast_prices": "data/forecast/prices.parquet",
    "forecast_demand": "data/forecast/demand.parquet",
    "orders": "data/orders/orders.parquet",
}
METRICS = {"reports/metrics.json": "", "reports/orders.json": "plan."}
DETAILS = (*PARTS, "metrics")
ABOUT = ("data_hash", "model_hash", "currency", "locale")
NEEDED = {
    "runs": ("run_id", "number", "digest", *ABOUT, "published_at"),
    "current": ("id", "run_id"),
    "metrics": ("run_id", "name", "value"),
    **{table: ("run_id", *TABLES[table].names) for table in PARTS},
}
INSERT = "INSERT INTO {table} ({columns}) SELECT {values} FROM {source}"
FIGURES = "(SELECT unnest(?::VARCHAR[]) AS name, unnest(?::DOUBLE[]) AS value)"
NEW_RUN = """
INSERT INTO ordercast_runs (run_id, number, digest, data_hash, model_hash, currency, locale, published_at)
SELECT ?, COALESCE(MAX(number), 0) + 1, ?, ?, ?, ?, ?, UTC_TIMESTAMP() FROM ordercast_runs
"""
SHOW = "INSERT INTO ordercast_current (id, run_id) VALUES (1, ?) ON DUPLICATE KEY UPDATE run_id = VALUES(run_id)"
SERVED = """
SELECT runs.run_id, runs.digest FROM ordercast_runs AS runs JOIN ordercast_current AS now ON now.run_id = runs.run_id
"""


class Statement(NamedTuple):
    """One step of the transaction; native: in MySQL's own SQL, else in DuckDB's."""

    sql: str
    values: tuple[Any, ...] = ()
    native: bool = True


def deliver(address: Address, folder: Path, run: dict[str, Any]) -> None:
    """Return nothing; the database holds this run, its ordercast_current_* views show it, and the last five are kept.

    folder: a complete published run; run: its run.json. Everything is one transaction: killed at any moment, or the
    connection lost, the run before is still shown whole, and the next call does the work. A run that is shown already
    with the same files is left as it is. Raises DatabaseError in words.
    """
    with told(address, f"Publishing run {run['run_id']}", LOCK_WAIT_SECONDS), alone(address) as connection:
        migrate.upgrade(connection, address)
        wanted = run["run_id"], _digest(run)
        if _served(connection) == wanted:
            return
        _check_shape(connection, address)
        kept = _kept(connection, run["run_id"])
        with attach.attached(address) as shop:
            for statement in _transaction(shop, address, folder, run, kept):
                _run(shop, statement)
        # A connection lost at COMMIT can look like one that was not: what counts is what others see.
        if _served(connection) != wanted:
            raise DatabaseError(
                f"Publishing run {run['run_id']} failed, database {address}: the connection was lost at the last step. "
                "The run before is still shown; run the same command again."
            )


def flat(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of a nested JSON value with their path.

    >>> list(flat({"price": {"naive": {"rmsse": 1.5}}, "note": "x", "runs": [1, 2]}))
    [('price.naive.rmsse', 1.5), ('runs.0', 1.0), ('runs.1', 2.0)]
    """
    if isinstance(value, Mapping | list):
        for key, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, int | float):
        yield name, float(value)


def _transaction(
    shop: duckdb.DuckDBPyConnection, address: Address, folder: Path, run: dict[str, Any], kept: list[str]
) -> list[Statement]:
    run_id, marks = str(run["run_id"]), ", ".join("?" for _ in kept)
    tables = [f"ordercast_{table}" for table in ("runs", *DETAILS)]
    about = [str(run.get(name) or "") for name in ABOUT]
    return [
        Statement("BEGIN", native=False),
        Statement(session()),
        *(Statement(f"DELETE FROM {table} WHERE run_id = ?", (run_id,)) for table in tables),
        Statement(NEW_RUN, (run_id, _digest(run), *about)),
        *(_rows(shop, address, table, folder / file, run_id) for table, file in PARTS.items()),
        _metrics(address, folder, run_id),
        *(Statement(f"DELETE FROM {table} WHERE run_id NOT IN ({marks})", tuple(kept)) for table in tables),
        Statement(SHOW, (run_id,)),
        Statement("COMMIT", native=False),
    ]


def _run(shop: duckdb.DuckDBPyConnection, statement: Statement) -> None:
    if statement.native:
        attach.execute(shop, statement.sql, *statement.values)
    else:
        shop.execute(statement.sql, list(statement.values))


def _rows(shop: duckdb.DuckDBPyConnection, address: Address, table: str, file: Path, run_id: str) -> Statement:
    """Send the columns of a Parquet file that MySQL's table has, too."""
    source = f"read_parquet({attach.text(duck.pattern(file))}, file_row_number = true)"
    there = {name for name, *_ in shop.execute(f"DESCRIBE FROM {source}").fetchall()}
    target = _target(address, table)
    values = {"run_id": attach.text(run_id)}
    for name, kind, *_ in shop.execute(f"DESCRIBE {target}").fetchall():
        if name == "line":
            values[name] = "file_row_number + 1"
        elif name in there and name not in values:
            values[name] = f"CAST({attach.quoted(name)} AS {kind})"
    return Statement(
        INSERT.format(
            table=target,
            columns=", ".join(map(attach.quoted, values)),
            values=", ".join(values.values()),
            source=source,
        ),
        native=False,
    )


def _metrics(address: Address, folder: Path, run_id: str) -> Statement:
    figures: dict[str, float] = {}
    for file, prefix in METRICS.items():
        found = flat(json.loads((folder / file).read_text(encoding="utf-8")))
        figures |= {prefix + name: value for name, value in found}
    values = f"{attach.text(run_id)}, name, value"
    return Statement(
        INSERT.format(table=_target(address, "metrics"), columns="run_id, name, value", values=values, source=FIGURES),
        (list(figures), list(figures.values())),
        native=False,
    )


def _target(address: Address, table: str) -> str:
    return attach.quoted(attach.CATALOGUE, address.database, f"ordercast_{table}")


def _check_shape(connection: sa.Connection, address: Address) -> None:
    """Refuse tables that somebody has changed, before anything is written."""
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    lacking = []
    for table, needed in NEEDED.items():
        name = f"ordercast_{table}"
        columns = {column["name"] for column in inspector.get_columns(name)} if name in there else set()
        lacking += [f"{name}.{column}" for column in needed if column not in columns] if columns else [name]
    connection.rollback()
    if lacking:
        raise DatabaseError(
            f"The tables of database {address} lack {', '.join(lacking)}. Put it back, or drop every ordercast_* table "
            "and view: the next publish makes them anew. Nothing was written; the views show the run before."
        )


def _kept(connection: sa.Connection, run_id: str) -> list[str]:
    """The run to publish and the four published last before it."""
    earlier = connection.exec_driver_sql("SELECT run_id FROM ordercast_runs ORDER BY number DESC").scalars().all()
    connection.rollback()
    return [run_id, *[one for one in earlier if one != run_id][: KEPT_RUNS - 1]]


def _served(connection: sa.Connection) -> tuple[str, str] | None:
    row = connection.exec_driver_sql(SERVED).one_or_none()
    connection.rollback()
    return None if row is None else (row[0], row[1])


def _digest(run: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(run, sort_keys=True).encode("utf-8")).hexdigest()
