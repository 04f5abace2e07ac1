"""Databases for tests: a SQLite file, and a schema of its own on the MySQL server, dropped afterwards."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

VARIABLE = "ORDERCAST_TEST_DATABASE_URL"


def server() -> sa.URL:
    """The server that tests may use, without a schema."""
    url = sa.make_url(os.environ.get(VARIABLE) or "mysql://root@127.0.0.1:3306")
    return url.set(drivername="mysql+pymysql", database=None)


@contextmanager
def schema() -> Iterator[sa.URL]:
    """The address of an empty schema; the test that uses it is skipped where no server answers."""
    made, name = sa.create_engine(server(), poolclass=sa.NullPool), f"ordercast_test_{uuid.uuid4().hex[:12]}"
    try:
        connection = made.connect()
    except sa.exc.OperationalError:
        pytest.skip(f"no MySQL server at {server().host}:{server().port}; {VARIABLE} names another")
    with connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET latin1")  # what it is does not matter
        try:
            yield server().set(database=name)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
