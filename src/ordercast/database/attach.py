"""The database as DuckDB sees it, through the extension from the package index: nothing is downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ordercast.database.settings import Address
from ordercast.database.words import DatabaseError
from ordercast.duck import quoted as quoted
from ordercast.duck import text as text

CATALOGUE = "shop"
MEMORY_LIMIT = "1GB"
SETTINGS = {
    "memory_limit": f"'{MEMORY_LIMIT}'",
    "enable_progress_bar": "false",
    "TimeZone": "'UTC'",
    # ORDER BY is DuckDB's: a server sorts text by its collation, which no other machine repeats.
    "mysql_order_pushdown_enabled": "false",
    # MySQL would end a read of more than five minutes.
    "mysql_query_timeout_enabled": "false",
    # A column TINYINT(1) may hold a pack of 6.
    "mysql_tinyint1_as_boolean": "false",
    # 0000-00-00 is MySQL's way to say that there is no date; the checks tell of it.
    "mysql_incomplete_dates_as_nulls": "true",
}
ONE_MOMENT = (
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)
# What the extension does not quote safely in a name (it writes a backtick as \`, which ends the name).
UNSAFE = frozenset("`\\'\"\0\n\r")


@contextmanager
def attached(address: Address, spill: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a DuckDB connection in which `shop` is the server; its tables are shop.<database>.<table>.

    spill: the folder for what a sort cannot hold in memory. One thread, so that no byte depends on the machine.
    """
    if unsafe(address.database):
        raise DatabaseError(f"The database's name {address.database!r} holds a quote or a backslash: rename it.")
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"LOAD {text(extension())}")
        for name, value in SETTINGS.items():
            connection.execute(f"SET {name} = {value}")
        if spill is not None:
            connection.execute(f"SET temp_directory = {text(spill)}")
        # A secret, not a connection string: DuckDB repeats the latter, password and all, when it cannot connect.
        connection.execute(
            f"""
            CREATE SECRET (
                TYPE mysql, HOST {text(address.host)}, PORT {address.port}, USER {text(address.user)},
                PASSWORD {text(address.password)}, DATABASE {text(address.database)}
            )
            """
        )
        connection.execute(f"ATTACH '' AS {CATALOGUE} (TYPE mysql)")
        yield connection


@contextmanager
def one_moment(shop: duckdb.DuckDBPyConnection, session: str) -> Iterator[None]:
    """Let what is read within it be the tables as they stood at one moment; the server takes no write.

    session: the statement that sets the session up. ATTACH READ_ONLY would refuse it, and begin a transaction whose
    isolation is whatever the server's default is; so the transaction is begun here, in MySQL's own words.
    """
    shop.execute("BEGIN")
    for statement in (session, *ONE_MOMENT):
        execute(shop, statement)
    yield
    shop.execute("COMMIT")


def execute(shop: duckdb.DuckDBPyConnection, statement: str, *values: str) -> None:
    """Run a statement of MySQL's own on the connection of this transaction; values take the place of its `?`."""
    parameters = f", params := row({', '.join('CAST(? AS VARCHAR)' for _ in values)})" if values else ""
    shop.execute(f"CALL mysql_execute('{CATALOGUE}', ?{parameters})", [statement, *values])


def extension() -> Path:
    """The extension's file. Raises DatabaseError where its package is not installed, or for another platform."""
    try:
        import duckdb_extension_mysql_scanner as package
    except ImportError:
        raise DatabaseError("DuckDB's MySQL extension is not installed: run `make repro`, which installs it.") from None
    files = sorted(Path(str(package.__file__)).parent.glob("extensions/*/mysql_scanner.duckdb_extension"))
    if not files:
        raise DatabaseError("The package duckdb-extension-mysql-scanner holds no extension for this platform.")
    return files[0]


def unsafe(name: str) -> bool:
    """Whether a name of a database, table or column cannot be quoted safely by the extension."""
    return bool(UNSAFE & set(name))
