"""Databases for the tests: a schema of their own on the test server, and a server of their own to be killed."""

import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from ordercast.database import engine, settings
from ordercast.database.settings import Address

URL = os.environ.get("ORDERCAST_TEST_DATABASE_URL", "mysql://root@127.0.0.1:3306/mysql")
SECRET = "s3cr3t'p@ss/%41\\x"
NUMBERS = itertools.count()
PRICES = pd.DataFrame(
    {
        "product_id": ["A", "A", "Ç😀", "d'or\\"],
        "supplier_id": "S",
        "date": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-02", "2026-01-02"]),
        "unit_price": [12.34, 0.1, 999999.99, 7.0],
        "currency": "BRL",
    }
)
SALES = pd.DataFrame(
    {"product_id": ["A", "A"], "date": pd.to_datetime(["2026-01-01", "2026-01-02"]), "demand_units": [1 / 3, 0.0]}
).assign(in_stock=[True, False])


@dataclass(frozen=True)
class Shop:
    """A schema of its own, with all rights to it, and the secret of every user made for a test."""

    address: Address

    @property
    def url(self) -> str:
        """The URL that names it."""
        return url(self.address)

    def run(self, *statements: str) -> None:
        """Run statements, each on its own."""
        with engine.engine(self.address).connect() as connection:
            raw = connection.connection.cursor()
            for statement in statements:
                raw.execute(statement)
            connection.connection.commit()

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """The answer to a query."""
        with engine.engine(self.address).connect() as connection:
            raw = connection.connection.cursor()
            raw.execute(statement)
            return list(raw.fetchall())

    def user(self, grant: str) -> Address:
        """A user with a hard password and these rights on the schema; it ends with the fixture."""
        name = f"{self.address.database[:28]}_u"
        quoted = SECRET.replace("\\", "\\\\").replace("'", "''")
        self.run(f"CREATE OR REPLACE USER `{name}`@'%' IDENTIFIED BY '{quoted}'")
        if grant:
            self.run(f"GRANT {grant} ON `{self.address.database}`.* TO `{name}`@'%'")
        return replace(self.address, user=name, password=SECRET)

    def connections(self) -> list[int]:
        """The server's numbers of the other connections to this schema."""
        return [
            row[0] for row in self.rows(f"{PROCESSES} WHERE db = '{self.address.database}' AND id <> connection_id()")
        ]


PROCESSES = "SELECT id FROM information_schema.processlist"


def url(address: Address) -> str:
    """The URL of an address, its password included."""
    made = sa.URL.create("mysql", address.user, address.password, address.host, address.port, address.database)
    return made.render_as_string(hide_password=False)


@contextmanager
def schema(server: Address) -> Iterator[Shop]:
    """A new schema on a server, dropped in the end with its user."""
    name = f"ordercast_test_{os.getpid()}_{next(NUMBERS)}"
    root = Shop(server)
    root.run(f"DROP DATABASE IF EXISTS `{name}`", f"CREATE DATABASE `{name}`")
    try:
        yield Shop(replace(server, database=name))
    finally:
        root.run(f"DROP DATABASE `{name}`", f"DROP USER IF EXISTS `{name[:28]}_u`@'%'")


@contextmanager
def ledger_place() -> Iterator[sa.URL]:
    """Where a ledger of its own may be: a new schema on the test server."""
    with schema(server()) as shop:
        yield engine.url(shop.address)


def server() -> Address:
    """The test server. Skips the test where none answers: `.ci/run` fails on any skip."""
    address = settings.parse(URL)
    try:
        Shop(address).rows("SELECT 1")
    except sa.exc.SQLAlchemyError as error:
        pytest.skip(f"no database server at {address.host}:{address.port} ({error.orig})")
    return address


class OwnServer:
    """A server of one's own, to be killed and started again."""

    def __init__(self, folder: Path) -> None:
        """Install it into the folder and start it."""
        if not shutil.which("mariadb-install-db"):
            pytest.skip("no mariadb-install-db here")
        self.data, port = folder / "db", free_port()
        self.address = Address("127.0.0.1", port, "root", "", "mysql")
        self.who = ["--user=root"] if os.geteuid() == 0 else []
        install = ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run([*install, f"--datadir={self.data}", *self.who], check=True, capture_output=True)
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        where = [f"--datadir={self.data}", f"--port={self.address.port}", f"--socket={self.data}/s"]
        small = ["--innodb-buffer-pool-size=16M", "--bind-address=127.0.0.1", "--skip-log-bin"]
        program = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
        self.process = subprocess.Popen(
            [program, "--no-defaults", *where, *small, *self.who], stderr=subprocess.DEVNULL
        )
        wait_until_it_answers(self.address)

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait()


def wait_until_it_answers(address: Address, seconds: float = 60) -> None:
    """Return when the server takes connections."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            Shop(address).rows("SELECT 1")
            return
        except sa.exc.SQLAlchemyError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
