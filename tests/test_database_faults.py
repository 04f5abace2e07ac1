"""What goes wrong with a database, done for real: one sentence, no password, the last run shown, the next completes."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import servers
import yaml
from test_database_load import frames
from test_database_results import project, shown, whole
from typer.testing import CliRunner

from ordercast import cli, publish, store
from ordercast.contracts import TABLES
from ordercast.database import Address, engine, load, reading, results, words
from ordercast.params import Params


def call(command: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, [command])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def refused(command: str, said: str, code: int = 5) -> None:
    """The command ends with this code and one line with these words; nobody finds the password in this folder."""
    done = CliRunner().invoke(cli.app, [command])
    assert isinstance(done.exception, SystemExit), done.exception
    assert (done.exit_code, done.stderr.count("\n")) == (code, 1), done.output
    assert said in done.stderr
    assert "s3cr3t" not in done.output
    found = subprocess.run(["grep", "-rlF", "s3cr3t", "."], capture_output=True, text=True, check=False)
    assert found.stdout == ""


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Address], None]:
    """Name a database; the current folder is a project whose source it is, with the results of run r2."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(store, "views", lambda root: None)
    given = Params().model_dump(mode="json")
    given["data"]["source"] = "database"
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(given))
    project(tmp_path, "r2")
    return lambda address: monkeypatch.setenv("ORDERCAST_DATABASE_URL", servers.url(address))


def with_a_run(shop: servers.Shop, at: Callable[[Address], None]) -> None:
    """Input tables in the shop, and run r1 shown by it and in the project; r2 is to be published next."""
    load.load(shop.address, frames(), lambda line: None)
    at(shop.address)
    project(Path(), "r1")
    assert call("publish")[0] == 0
    project(Path(), "r2")


def shows(shop: servers.Shop, run_id: str) -> bool:
    return (publish.current(Path()).name, shown(shop)) == (run_id, whole(run_id))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"password": "s3cr3t"}, "refuses user ordercast_test", id="wrong_password"),
        pytest.param({"port": 1}, "no server answers at 127.0.0.1:1. Start it, or correct host", id="no_server"),
        pytest.param({"host": "nohost.invalid"}, "no server answers at nohost.invalid:", id="no_host"),
        pytest.param({"database": "ordercast_nix"}, "in database ordercast_nix", id="no_such_database"),
    ],
)
def test_a_database_that_cannot_be_opened(
    shop: servers.Shop, at: Callable[[Address], None], change: dict[str, Any], said: str
):
    at(replace(shop.user("ALL"), **change))
    refused("snapshot", said)
    refused("publish", said)
    assert not Path("data/published/current.json").exists()


def test_a_user_who_may_only_read_takes_snapshots_and_publishes_nothing(
    shop: servers.Shop, at: Callable[[Address], None]
):
    with_a_run(shop, at)
    at(shop.user("SELECT"))
    assert call("snapshot")[0] == 0
    refused("publish", "_u may not DELETE in table")
    assert shows(shop, "r1")
    at(replace(shop.user("SELECT, INSERT, UPDATE, DELETE"), port=shop.address.port))
    assert call("publish")[0] == 0
    assert shows(shop, "r2")


def test_a_user_who_may_make_no_tables_is_told_so(shop: servers.Shop, at: Callable[[Address], None]):
    at(shop.user("SELECT, INSERT"))
    refused("publish", "_u may not CREATE in table")
    assert shop.rows("SHOW TABLES") == []
    at(shop.user(words.RIGHTS))
    assert call("publish")[0] == 0
    assert shows(shop, "r2")


def before(step: str, act: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something happen when a publication comes to the statement with these words, once."""
    real, done = results._run, []

    def run(connection: Any, statement: results.Statement) -> None:
        if step in statement.sql and not done:
            done.append(act())
        real(connection, statement)

    monkeypatch.setattr(results, "_run", run)


def before_the_second_table(act: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something happen when a snapshot has copied its first table."""
    real, taken = reading._copy, []

    def copy(*given: Any) -> int:
        taken.append(given)
        if len(taken) == 2:
            act()
        return real(*given)

    monkeypatch.setattr(reading, "_copy", copy)


@pytest.mark.parametrize("step", ['"ordercast_orders"', "COMMIT"])
def test_connections_killed_during_publish(
    shop: servers.Shop, at: Callable[[Address], None], step: str, monkeypatch: pytest.MonkeyPatch
):
    with_a_run(shop, at)
    before(step, lambda: shop.run(*(f"KILL {number}" for number in shop.connections())), monkeypatch)
    refused("publish", "the connection was lost")
    assert shows(shop, "r1")
    assert call("publish")[0] == 0
    assert shows(shop, "r2")


def test_connections_killed_during_the_snapshot(
    shop: servers.Shop, at: Callable[[Address], None], monkeypatch: pytest.MonkeyPatch
):
    with_a_run(shop, at)
    before_the_second_table(lambda: shop.run(*(f"KILL {number}" for number in shop.connections())), monkeypatch)
    refused("snapshot", "the connection was lost. See to it that the server runs")
    assert not Path("data/snapshot/about.json").exists()
    assert call("snapshot")[0] == 0
    assert shows(shop, "r1")


def test_a_server_killed_during_snapshot_and_publish(
    at: Callable[[Address], None], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    own = servers.OwnServer(tmp_path_factory.mktemp("server"))
    servers.Shop(own.address).run("CREATE DATABASE shop")
    shop = servers.Shop(replace(own.address, database="shop"))
    try:
        with_a_run(shop, at)
        before_the_second_table(own.kill, monkeypatch)
        refused("snapshot", "the connection was lost")
        refused("snapshot", "no server answers at 127.0.0.1:")
        own.start()
        assert call("snapshot")[0] == 0
        before("INSERT INTO ordercast_current", own.kill, monkeypatch)
        refused("publish", "the connection was lost")
        own.start()
        assert shows(shop, "r1")
        assert call("publish")[0] == 0
        assert shows(shop, "r2")
    finally:
        own.kill()


def test_locks_of_another_session(shop: servers.Shop, at: Callable[[Address], None], monkeypatch: pytest.MonkeyPatch):
    with_a_run(shop, at)
    for module in (engine, results):
        monkeypatch.setattr(module, "LOCK_WAIT_SECONDS", 1)
    with engine.engine(shop.address).connect() as other:
        other.exec_driver_sql("SELECT * FROM ordercast_current FOR UPDATE")
        refused("publish", "another session held a lock for more than 1 s. SHOW PROCESSLIST names it")
        other.exec_driver_sql("LOCK TABLES prices WRITE")
        refused("snapshot", "another session held a lock for more than 1 s")
    assert shows(shop, "r1")
    assert call("publish")[0] == call("snapshot")[0] == 0
    assert shows(shop, "r2")


def test_an_input_table_that_lost_a_column(shop: servers.Shop, at: Callable[[Address], None]):
    with_a_run(shop, at)
    shop.run("ALTER TABLE prices DROP COLUMN unit_price")
    code, output = call("snapshot")
    assert code == 5
    assert "prices: column unit_price is missing; there are: product_id, supplier_id, date, currency, line" in output
    assert shows(shop, "r1")


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[], None]]:
    """A disk of 96 kB in the folder's place, with what the folder held; yields what gives it space."""
    folder.mkdir(parents=True, exist_ok=True)
    held = shutil.copytree(folder, folder.with_name(f"held-{folder.name}"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(folder)], check=True)
    try:
        shutil.copytree(held, folder, dirs_exist_ok=True)
        yield lambda: subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True) and None
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def short_files(folder: Path) -> Iterator[Callable[[], None]]:
    """Where nothing may be mounted: no file may grow beyond 96 kB until space is given."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (96 * 1024, limits[1]))
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def full_disk(folder: Path) -> Any:
    """A disk with little space, as far as this machine lets us."""
    try:
        with small_disk(folder.with_name("trial")):
            pass
    except (OSError, subprocess.CalledProcessError):
        return short_files(folder)
    return small_disk(folder)


def test_a_full_disk_during_the_snapshot(shop: servers.Shop, at: Callable[[Address], None]):
    rng = np.random.default_rng(0)
    many = pd.DataFrame({"product_id": "A", "date": pd.date_range("1950-01-01", periods=20_000)})
    sales = many.assign(demand_units=rng.random(len(many)), in_stock=True)
    load.load(shop.address, frames(sales=sales, stock=TABLES["stock"].empty()), lambda line: None)
    at(shop.address)
    with full_disk(Path("data/snapshot")) as give_space:
        code, output = call("snapshot")
        assert code == 5
        assert "the disk of this folder is full. Free space on it." in output
        assert not Path("data/snapshot/about.json").exists()
        give_space()
        assert call("snapshot")[0] == 0
        assert len(store.read_parquet("data/snapshot/sales.parquet")) == 20_000


def test_a_full_disk_during_publish(shop: servers.Shop, at: Callable[[Address], None]):
    with_a_run(shop, at)
    Path(publish.PAGES[0]).write_text("x" * 200_000)
    with full_disk(Path("data/published")) as give_space:
        refused(
            "publish", "Free space on this disk and run `ordercast publish` again; the run published before is still", 1
        )
        assert shows(shop, "r1")
        give_space()
        assert call("publish")[0] == 0
        assert shows(shop, "r2")
        assert json.loads(Path("data/published/current.json").read_text())["run_id"] == "r2"
