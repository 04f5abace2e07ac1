"""The database as SQLAlchemy sees it: tables made, migrations, and a lock so that one command writes at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from ordercast.database.settings import Address
from ordercast.database.words import DatabaseError

CONNECT_SECONDS, LOCK_WAIT_SECONDS = 10, 20
SESSION = """
SET SESSION innodb_lock_wait_timeout = {wait}, lock_wait_timeout = {wait},
    sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'
"""


def url(address: Address) -> sa.URL:
    """The address as SQLAlchemy wants it."""
    return sa.URL.create("mysql+pymysql", address.user, address.password, address.host, address.port, address.database)


def engine(address: Address) -> sa.Engine:
    """An engine for the address: utf8mb4, strict, impatient with locks; a connection given back is closed."""
    return sa.create_engine(
        url(address),
        connect_args={"charset": "utf8mb4", "connect_timeout": CONNECT_SECONDS, "init_command": session()},
        poolclass=sa.NullPool,
        hide_parameters=True,
    )


def session() -> str:
    """The statement that makes a session strict about values and impatient with locks.

    The mode is set whatever the server's is: strings are quoted with backslashes here.
    """
    return " ".join(SESSION.format(wait=LOCK_WAIT_SECONDS).split())


@contextmanager
def alone(address: Address) -> Iterator[sa.Connection]:
    """Yield a connection that holds Ordercast's lock on this database; it goes with the connection.

    Raises DatabaseError when another process holds it for longer than a session waits, and for a system schema.
    """
    address.check_own()
    name = "ordercast:" + hashlib.sha256(address.database.encode()).hexdigest()[:32]
    with engine(address).connect() as connection:
        if connection.scalar(sa.select(sa.func.get_lock(name, LOCK_WAIT_SECONDS))) != 1:
            holder = connection.scalar(sa.select(sa.func.is_used_lock(name)))
            raise DatabaseError(
                f"Another Ordercast is writing to database {address} (its connection {holder}, see SHOW PROCESSLIST): "
                "wait for it and run the same command again."
            )
        connection.commit()
        yield connection
