"""Where the ledger is kept: its address, its tables, and transactions that either write all or nothing.

SQLite in data/ledger.sqlite unless ORDERCAST_DATABASE_URL names a MySQL database. DVC knows nothing of either.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from ordercast import database
from ordercast.database import words
from ordercast.database.engine import url
from ordercast.sentences import Sentence, say

SQLITE = Path("data/ledger.sqlite")
VERSION = 1
PATIENCE_S = 30  # for other writers, in all
LOCK_WAIT_S = 5  # for one of them, on MySQL
AGAIN_BY_HAND = say("Then look where the order stands, and decide again")
AGAIN = (1205, 1213)  # MySQL: waited too long for a lock; two writers waited for each other

BINARY: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}  # a is not A
TABLES = sa.MetaData()
EVENTS = sa.Table(
    "ledger_events",
    TABLES,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("order_id", sa.String(200), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("run_id", sa.String(200), nullable=False),
    sa.Column("product_id", sa.String(255), nullable=False),
    sa.Column("supplier_id", sa.String(255), nullable=False),
    sa.Column("event", sa.String(20), nullable=False),
    sa.Column("before", sa.JSON, nullable=False),
    sa.Column("after", sa.JSON, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.UniqueConstraint("order_id", "sequence", name="ledger_events_one_step"),
    sqlite_autoincrement=True,
    **BINARY,
)
VERSIONS = sa.Table(
    "ledger_version", TABLES, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False), **BINARY
)
SESSION = "SET SESSION sql_mode = 'STRICT_ALL_TABLES', innodb_lock_wait_timeout = {wait}"
APPEND_ONLY = (
    "CREATE TRIGGER IF NOT EXISTS ledger_events_never_{word} BEFORE {word} ON ledger_events "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is only ever added to'); END"
)
Answer = TypeVar("Answer")


class LedgerError(Exception):
    """The ledger cannot be read or written; the sentence says why and what to do, and never holds a password."""

    outcome = "not_there"


def address(root: str | Path) -> sa.URL:
    """Where the ledger of the project in `root` is: the MySQL database of the environment or of .env, else SQLite.

    Raises LedgerError for an address that is none, without repeating it.
    """
    try:
        given = database.given(root)
    except database.DatabaseError as error:
        told = say(
            "%(fault)s Ask whoever runs Ordercast to correct it in the environment or in .env; `ordercast doctor` "
            "tries it.",
            fault=error.args[0],
        )
        raise LedgerError(told) from None
    return sa.URL.create("sqlite", database=str(Path(root) / SQLITE)) if given is None else url(given)


def engine(url: sa.URL) -> sa.Engine:
    """An engine that opens a connection for each transaction: nothing is shared between threads and processes."""
    options: dict[str, Any] = {"poolclass": sa.NullPool, "hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        made = sa.create_engine(url, connect_args={"timeout": PATIENCE_S}, **options)
        sa.event.listen(made, "connect", _set_up_sqlite)
        sa.event.listen(made, "begin", _begin_sqlite)
        return made
    # Strict whatever the server's mode: nothing is cut to fit, and backslashes mean what the client takes them for.
    strict = {"charset": "utf8mb4", "init_command": SESSION.format(wait=LOCK_WAIT_S)}
    limits = {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60}
    return sa.create_engine(url, connect_args={**strict, **limits}, **options)


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver begins no transactions of its own
    connection.execute("PRAGMA synchronous = FULL")  # what was acknowledged survives a power cut


def _begin_sqlite(connection: sa.Connection) -> None:
    # At once for writers: two that had both begun by reading could not both go on.
    reads = connection.get_execution_options().get("reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def create(made: sa.Engine) -> None:
    """The ledger's tables are there, of this version; several processes may do so at once. Raises LedgerError."""
    if made.url.get_backend_name() == "sqlite":
        with in_words(made):
            Path(made.url.database or "").parent.mkdir(parents=True, exist_ok=True)
        _let_readers_in(made)
    else:
        try:
            _address(made).check_own()
        except database.DatabaseError as error:
            raise LedgerError(*error.args) from None
    found = version(made)
    if found is None:
        found = write(made, _create)
    if found != VERSION:
        told = say(
            "the ledger is of version %(found)s, this Ordercast writes version %(own)s: update Ordercast, or ask "
            "whoever runs it to",
            found=found,
            own=VERSION,
        )
        raise LedgerError(told)


def _create(connection: sa.Connection) -> int:
    for table in TABLES.sorted_tables:
        connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
    if connection.dialect.name == "sqlite":
        for word in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(APPEND_ONLY.format(word=word))
    there = connection.scalar(sa.select(sa.func.max(VERSIONS.c.version)))
    if there is None:
        connection.execute(sa.insert(VERSIONS).values(version=VERSION))
    return VERSION if there is None else int(there)


def _let_readers_in(made: sa.Engine) -> None:
    """SQLite's write-ahead log, a property of the file: readers and the writer do not wait for each other."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with in_words(made):
                raw = made.raw_connection()
                try:
                    raw.cursor().execute("PRAGMA journal_mode = WAL")
                finally:
                    raw.close()
            return
        except LedgerError:  # SQLite waits for nobody here: another process is just doing the same
            if time.monotonic() > until:
                raise
            time.sleep(0.05 * random.random())


def version(made: sa.Engine) -> int | None:
    """The version of the tables that are there; None where there is no ledger yet."""
    with reading(made) as connection:
        return None if connection is None else connection.scalar(sa.select(sa.func.max(VERSIONS.c.version)))


@contextmanager
def reading(made: sa.Engine) -> Iterator[sa.Connection | None]:
    """A connection that only reads and waits for no writer; None where there is no ledger yet. Raises LedgerError."""
    if made.url.get_backend_name() == "sqlite" and not Path(made.url.database or "").is_file():
        yield None
        return
    with in_words(made), made.connect().execution_options(reads=True) as connection:
        yield connection if sa.inspect(connection).has_table(VERSIONS.name) else None


@contextmanager
def in_words(made: sa.Engine) -> Iterator[None]:
    """A fault of the database becomes a LedgerError: what happened and where, without user or password."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise LedgerError(_told(made, error)) from None


def _told(made: sa.Engine, error: Exception) -> Sentence:
    if made.url.get_backend_name() != "sqlite":
        return words.sentence(error, _address(made), say("Using the ledger"), LOCK_WAIT_S, AGAIN_BY_HAND)
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    text = str(cause) if isinstance(cause, OSError) or not cause.args else str(cause.args[-1])
    return say(
        "the ledger (%(file)s) fails: %(fault)s. Try again in a moment; if it fails again, ask whoever runs Ordercast "
        "to look at this file, its rights and its disk (`ordercast doctor`)",
        file=made.url.database or "",
        fault=text,
    )


def _address(made: sa.Engine) -> database.Address:
    url = made.url
    return database.Address(
        url.host or "", url.port or 3306, url.username or "", str(url.password or ""), url.database or ""
    )


def write(made: sa.Engine, work: Callable[[sa.Connection], Answer]) -> Answer:
    """What `work` answers, once its transaction is committed; worked again where another writer was first.

    An IntegrityError means that somebody appended the same step since `work` read: the next attempt sees that step.
    Raises LedgerError for any other fault; when the server went away in the commit, nobody can know whether it counts.
    """
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with made.begin() as connection:
                return work(connection)
        except (SQLAlchemyError, OSError) as error:
            code = getattr(getattr(error, "orig", None), "args", (None,))[0]
            again = isinstance(error, IntegrityError) or code in AGAIN
            if not again or time.monotonic() > until:
                raise LedgerError(_told(made, error)) from None
            time.sleep(0.02 * random.random())
