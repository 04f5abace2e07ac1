"""`ordercast load` puts six tables into MySQL at one moment: exactly, again without a change, or not at all."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import servers
import yaml
from typer.testing import CliRunner

from ordercast import cli, sources
from ordercast.contracts import INPUTS, TABLES
from ordercast.database import DatabaseError, engine
from ordercast.database import load as loading
from ordercast.database.snapshot import snapshot
from ordercast.ledger import LedgerError
from ordercast.ledger import tables as ledger_tables
from ordercast.params import Params


def frames(**given: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {name: TABLES[name].empty() for name in INPUTS} | {"prices": servers.PRICES, "sales": servers.SALES} | given


def load(shop: servers.Shop, **given: pd.DataFrame) -> list[str]:
    told: list[str] = []
    loading.load(shop.address, frames(**given), told.append)
    return told


def contents(shop: servers.Shop) -> dict[str, Any]:
    return {name: shop.rows(f"SELECT * FROM `{name}` ORDER BY 1, 2, 3") for (name,) in shop.rows("SHOW TABLES")}


def test_every_value_comes_back_and_twice_is_once(shop: servers.Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(1)
    days = pd.date_range("2025-01-01", periods=300)
    demand = rng.random(300) * 10.0 ** rng.integers(-20, 20, 300)
    sales = pd.DataFrame({"product_id": "A", "date": days, "demand_units": demand, "in_stock": True})
    products = TABLES["products"].empty().reindex(range(2)).assign(product_id=["A", "a"], name=["x\n'\\ 😀", None])
    told = load(shop, sales=sales, products=products)
    assert told[0] == "prices                4 rows"
    once = contents(shop)
    assert load(shop, sales=sales, products=products) == told
    assert contents(shop) == once
    assert sorted(once) == sorted(INPUTS)
    assert [str(row[3]) for row in once["prices"]] == ["12.340000", "0.100000", "7.000000", "999999.990000"]
    monkeypatch.setenv("ORDERCAST_DATABASE_URL", shop.url)
    snapshot("database", {}, {}, told.append, tmp_path)
    raw = sources.read(tmp_path, columns={}, on_bad_row="stop", currency="BRL")
    assert raw.sales["demand_units"].tolist() == demand.tolist()
    assert raw.products.set_index("product_id").loc[["A", "a"], "name"].tolist() == ["x\n'\\ 😀", "a"]
    assert set(raw.prices["product_id"]) == set(servers.PRICES["product_id"])


def test_two_quotes_of_a_day_are_two_rows(shop: servers.Shop):
    load(shop, prices=pd.concat([servers.PRICES, servers.PRICES.assign(unit_price=5.0)], ignore_index=True))
    assert shop.rows("SELECT line, COUNT(*) FROM prices GROUP BY line ORDER BY line") == [(1, 4), (2, 4)]


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        pytest.param(servers.PRICES.assign(product_id="x" * 256), "product_id 'x+'... has 256 signs", id="long_id"),
        pytest.param(servers.PRICES.assign(unit_price=1e12), "unit_price 1e.12 is not below 1e.12", id="price"),
    ],
)
def test_what_mysql_cannot_hold_is_told_before_anything_changes(shop: servers.Shop, prices: pd.DataFrame, said: str):
    load(shop)
    before = contents(shop)
    with pytest.raises(DatabaseError, match=said):
        load(shop, prices=prices)
    assert contents(shop) == before


def test_rounded_prices_are_told(shop: servers.Shop):
    assert "1 prices rounded to 6 decimals" in load(shop, prices=servers.PRICES.assign(unit_price=[1, 2, 3, 1 / 3]))[0]


def test_a_shops_own_tables_are_never_replaced(shop: servers.Shop):
    shop.run("CREATE TABLE prices (id INT)", "CREATE VIEW stock AS SELECT 1 AS x")
    with pytest.raises(DatabaseError, match="has tables that `ordercast load` did not make: prices, stock"):
        load(shop)
    assert sorted(name for (name,) in shop.rows("SHOW TABLES")) == ["prices", "stock"]


@pytest.mark.parametrize("name", ["ordercast_new_sales", "ordercast_old_prices"])
def test_what_only_looks_like_a_leftover_is_not_removed(shop: servers.Shop, name: str):
    load(shop)
    before = contents(shop)
    shop.run(f"CREATE TABLE {name} (id INT)", f"INSERT INTO {name} VALUES (7)")
    with pytest.raises(DatabaseError, match=f"did not make: {name}. Nothing was loaded; name an empty"):
        load(shop, sales=servers.SALES.assign(demand_units=9.0))
    assert shop.rows(f"SELECT id FROM {name}") == [(7,)]
    shop.run(f"DROP TABLE {name}")
    assert contents(shop) == before


@pytest.mark.parametrize("schema", ["mysql", "INFORMATION_SCHEMA", "performance_schema", "sys"])
def test_the_servers_own_databases_are_refused(shop: servers.Shop, schema: str):
    tables = f"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '{schema.lower()}'"
    before = shop.rows(tables)
    with pytest.raises(DatabaseError, match=f"Database {schema} at .* is the server's own: nothing is written there"):
        loading.load(replace(shop.address, database=schema), frames(), lambda line: None)
    with pytest.raises(LedgerError, match="is the server's own"):
        ledger_tables.create(ledger_tables.engine(engine.url(replace(shop.address, database=schema))))
    assert shop.rows(tables) == before


@pytest.mark.parametrize("table", ["prices", "suppliers", "rename"])
def test_killed_halfway_the_old_tables_stay_and_the_next_load_completes(shop: servers.Shop, table: str):
    load(shop)
    before = contents(shop)
    child = os.fork()
    if child == 0:
        real, drop = loading._fill, loading._drop

        def fill(*given: Any) -> int:
            return os.kill(os.getpid(), signal.SIGKILL) or 0 if given[2] == table else real(*given)

        def dropped(connection: Any, names: list[str]) -> None:
            if names and names[0].startswith(loading.OLD) and len(names) == len(INPUTS):
                os.kill(os.getpid(), signal.SIGKILL)
            drop(connection, names)

        loading._fill, loading._drop = fill, dropped
        try:
            load(shop, sales=servers.SALES.assign(demand_units=9.0))
        finally:
            os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    there = contents(shop)
    new_sales = [row[2] for row in there["sales"]] == [9.0, 9.0]
    assert new_sales == (table == "rename")
    assert new_sales or {name: there[name] for name in INPUTS} == before
    load(shop)
    assert contents(shop) == before


def test_a_lock_is_not_waited_for_for_ever(shop: servers.Shop, monkeypatch: pytest.MonkeyPatch):
    load(shop)
    before = contents(shop)
    for module in (engine, loading):
        monkeypatch.setattr(module, "LOCK_WAIT_SECONDS", 1)
    with engine.engine(shop.address).connect() as reader:
        reader.exec_driver_sql("SELECT * FROM prices").all()  # an open transaction holds the table's name
        with pytest.raises(DatabaseError, match="another session held a lock for more than 1 s"):
            load(shop, sales=servers.SALES.assign(demand_units=9.0))
    load(shop)
    assert contents(shop) == before
    with engine.alone(shop.address), pytest.raises(DatabaseError, match="Another Ordercast is writing to database"):
        load(shop)


def test_the_command_loads_a_folder_and_the_simulated_world(
    shop: servers.Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    given = Params().model_dump(mode="json")
    given["data"] |= {"products": 2, "history_days": 120}
    Path("params.yaml").write_text(yaml.safe_dump(given))
    Path("mine").mkdir()
    duckdb.from_df(servers.PRICES).write_csv("mine/prices.csv")
    done = CliRunner().invoke(cli.app, ["load", "mine", "--database", shop.url])
    assert done.exit_code == 0, done.output
    assert "prices                4 rows" in done.output
    assert shop.rows("SELECT COUNT(*) FROM sales") == [(0,)]
    monkeypatch.setenv("ORDERCAST_DATABASE_URL", shop.url)
    done = CliRunner().invoke(cli.app, ["load", "simulated"])
    assert done.exit_code == 0, done.output
    assert shop.rows("SELECT COUNT(DISTINCT product_id) FROM prices") == [(2,)]
    done = CliRunner().invoke(cli.app, ["load", "not-there"])
    assert (done.exit_code, done.output) == (2, "not-there is not there; name the folder that holds your tables\n")
