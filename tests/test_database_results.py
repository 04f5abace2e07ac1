"""A run goes into MySQL whole or not at all; killed at any step, the run before is still shown."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import servers
import sqlalchemy as sa
from conftest import _orders, write_run

from ordercast import publish, store
from ordercast.database import DatabaseError, engine, migrate, results

VIEWS = ("run", "forecast_prices", "forecast_demand", "orders", "metrics")


def written(folder: Path, run_id: str, mark: float = 0.5) -> tuple[Path, dict[str, Any]]:
    """A tiny published run, whose metrics carry a mark, and what its run.json says."""
    run = write_run(folder, run_id)
    metrics = {"price": {"ordercast": {"rmsse_ratio": mark}}, "note": "x"}
    (run / "reports/metrics.json").write_text(json.dumps(metrics))
    return run, {"run_id": run_id, "data_hash": "d", "currency": "BRL", "locale": "pt_BR", "files": {"metrics": mark}}


def deliver(shop: servers.Shop, folder: Path, run_id: str, mark: float = 0.5) -> None:
    results.deliver(shop.address, *written(folder, run_id, mark))


def shown(shop: servers.Shop) -> dict[str, set[str]]:
    """The run that each view shows."""
    return {view: {row[0] for row in shop.rows(f"SELECT run_id FROM ordercast_current_{view}")} for view in VIEWS}


def whole(run_id: str) -> dict[str, set[str]]:
    return {view: {run_id} for view in VIEWS}


def test_the_views_show_the_run_with_every_row_and_every_cent(shop: servers.Shop, tmp_path: Path):
    deliver(shop, tmp_path, "r1")
    assert shown(shop) == whole("r1")
    run, _ = written(tmp_path, "r1")
    for table, file in results.PARTS.items():
        frame = store.read_parquet(run / file)
        assert shop.rows(f"SELECT COUNT(*) FROM ordercast_current_{table}") == [(len(frame),)]
    orders = shop.rows("SELECT line, product_id, unit_price, total_cost, reason FROM ordercast_current_orders LIMIT 2")
    assert [str(cell) for cell in orders[0][:4]] == ["1", "P001", "4.020000", "4824.000000"]
    assert "17/11/2026" in orders[0][4]
    ahead = shop.rows("SELECT p50, drivers FROM ordercast_current_forecast_prices WHERE product_id = 'P001' LIMIT 1")
    frame = store.read_parquet(run / results.PARTS["forecast_prices"])
    assert float(ahead[0][0]) == frame["p50"].iloc[0]
    metrics = dict(shop.rows("SELECT name, value FROM ordercast_current_metrics"))
    assert metrics == {"price.ordercast.rmsse_ratio": 0.5, "plan.orders": 3.0}


def test_the_tables_have_keys_exact_prices_and_the_indexes_a_page_asks_for(shop: servers.Shop, tmp_path: Path):
    deliver(shop, tmp_path, "r1")
    inspector = sa.inspect(engine.engine(shop.address))
    for table in ("runs", "current", *results.DETAILS):
        assert inspector.get_pk_constraint(f"ordercast_{table}")["constrained_columns"]
        assert inspector.get_table_options(f"ordercast_{table}")["mysql_default charset"] == "utf8mb4"
    indexes = {tuple(index["column_names"]) for index in inspector.get_indexes("ordercast_orders")}
    assert indexes == {("run_id", "product_id"), ("run_id", "decision", "order_on")}
    kinds = {column["name"]: str(column["type"]) for column in inspector.get_columns("ordercast_forecast_prices")}
    assert {kinds[name] for name in ("p10", "p50", "p90", "mean")} == {"DECIMAL(18, 6)"}


def test_again_changes_nothing_and_new_figures_of_the_same_plan_replace_the_old(shop: servers.Shop, tmp_path: Path):
    deliver(shop, tmp_path, "r1")
    number = shop.rows("SELECT number, published_at FROM ordercast_runs")
    deliver(shop, tmp_path, "r1")
    assert shop.rows("SELECT number, published_at FROM ordercast_runs") == number
    deliver(shop, tmp_path, "r1", mark=0.25)
    assert shown(shop) == whole("r1")
    assert shop.rows("SELECT value FROM ordercast_current_metrics WHERE name LIKE 'price%'") == [(0.25,)]


def test_the_last_five_runs_are_kept_and_an_old_one_can_come_back(
    shop: servers.Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(results, "KEPT_RUNS", 2)
    for run_id in ("r1", "r2", "r3", "r2"):
        deliver(shop, tmp_path, run_id)
    assert shown(shop) == whole("r2")
    for table in ("runs", *results.DETAILS):
        assert shop.rows(f"SELECT DISTINCT run_id FROM ordercast_{table} ORDER BY 1") == [("r2",), ("r3",)]


def test_a_run_id_and_names_that_look_like_sql_are_values(shop: servers.Shop, tmp_path: Path):
    folder, run = written(tmp_path, "r1")
    frame = store.read_parquet(folder / results.PARTS["orders"])
    evil = "x'); DROP TABLE ordercast_runs; -- \\"
    store.write_parquet(frame.assign(product_id=evil, reason=evil + "😀"), folder / results.PARTS["orders"], [])
    results.deliver(shop.address, folder, run | {"run_id": "r'1", "data_hash": evil})
    assert shown(shop) == whole("r'1")
    assert set(shop.rows("SELECT product_id, reason FROM ordercast_current_orders")) == {(evil, evil + "😀")}


def killed_in(act: Callable[[], None]) -> bool:
    """Run something in a child that may kill itself -9; whether it did."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


STEPS = {
    "at_begin": "BEGIN",
    "in_the_session": "SET SESSION",
    "at_the_first_delete": "DELETE FROM ordercast_runs WHERE run_id = ",
    "at_the_run": "INSERT INTO ordercast_runs",
    "at_the_prices": '"ordercast_forecast_prices"',
    "at_the_orders": '"ordercast_orders"',
    "at_the_metrics": '"ordercast_metrics"',
    "at_the_old_runs": "DELETE FROM ordercast_orders WHERE run_id NOT IN",
    "at_the_pointer": "INSERT INTO ordercast_current",
    "at_commit": "COMMIT",
    "after_commit": "",
}


def test_killed_at_any_step_the_run_before_is_shown_and_the_next_call_completes(
    shop: servers.Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(results, "KEPT_RUNS", 2)
    for run_id in ("r0", "r1"):
        deliver(shop, tmp_path, run_id)
    new = written(tmp_path, "r2")
    real = results._run
    for name, step in STEPS.items():

        def run(connection: Any, statement: results.Statement, step: str = step) -> None:
            if step and step in statement.sql:
                os.kill(os.getpid(), signal.SIGKILL)
            real(connection, statement)
            if not step and statement.sql == "COMMIT":
                os.kill(os.getpid(), signal.SIGKILL)

        def killed(run: Any = run) -> None:
            results._run = run
            results.deliver(shop.address, *new)

        assert killed_in(killed), name
        assert shown(shop) == whole("r2" if name == "after_commit" else "r1"), name
        assert len(shop.rows("SELECT run_id FROM ordercast_runs")) == 2, name
    results.deliver(shop.address, *new)
    assert shown(shop) == whole("r2")


def test_killed_at_any_statement_of_a_migration_the_next_call_goes_on(shop: servers.Shop):
    """MySQL keeps each table it has made: every call finds those of the one before, and the last one completes."""
    step, killed = 0, True
    while killed:
        step += 1

        def migrated(step: int = step) -> None:
            taken = 0

            def deadly(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
                nonlocal taken
                taken += statement.split()[0] in ("CREATE", "INSERT", "UPDATE")
                if taken == step:
                    os.kill(os.getpid(), signal.SIGKILL)

            made = engine.engine(shop.address)
            sa.event.listen(made, "before_cursor_execute", deadly)
            with made.connect() as connection:
                migrate.upgrade(connection, shop.address)

        killed = killed_in(migrated)
    assert step > 14
    assert len(shop.rows("SHOW TABLES")) == 12
    assert shop.rows("SELECT version_num FROM ordercast_version") == [("0002",)]


def test_lines_of_the_first_version_get_their_urgency_from_their_reason(shop: servers.Shop, tmp_path: Path):
    deliver(shop, tmp_path, "r1")
    shop.run("ALTER TABLE ordercast_orders DROP COLUMN urgent", "UPDATE ordercast_version SET version_num = '0001'")
    said = "'Buy 9 from S1; urgent: stock is short from 17/11/2026.'"
    shop.run(f"UPDATE ordercast_orders SET reason = {said} WHERE product_id = 'P002'")
    with engine.engine(shop.address).connect() as connection:
        migrate.upgrade(connection, shop.address)
    assert shop.rows("SELECT product_id FROM ordercast_current_orders WHERE urgent") == [("P002",)]


def test_a_newer_schema_and_a_lost_column_are_refused_in_words(shop: servers.Shop, tmp_path: Path):
    deliver(shop, tmp_path, "r1")
    shop.run("ALTER TABLE ordercast_orders DROP COLUMN reason")
    with pytest.raises(DatabaseError, match=r"lack ordercast_orders\.reason\. Put it back, or drop every"):
        deliver(shop, tmp_path, "r2")
    shop.run("ALTER TABLE ordercast_orders ADD COLUMN reason TEXT")
    assert shown(shop) == whole("r1")
    shop.run("UPDATE ordercast_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match="of version 9999, which a newer Ordercast has made; this one knows 0002"):
        deliver(shop, tmp_path, "r2")
    assert shown(shop) == whole("r1")
    shop.run(*(f"DROP VIEW ordercast_current_{view}" for view in VIEWS))
    shop.run(*(f"DROP TABLE `{name}`" for (name,) in shop.rows("SHOW TABLES")))
    deliver(shop, tmp_path, "r2")
    assert shown(shop) == whole("r2")


def test_a_reader_sees_one_run_while_another_is_published(shop: servers.Shop, tmp_path: Path):
    deliver(shop, tmp_path, "r1")
    with engine.engine(shop.address).connect() as reader:
        reader.exec_driver_sql("START TRANSACTION READ ONLY")
        assert reader.exec_driver_sql("SELECT DISTINCT run_id FROM ordercast_current_run").scalars().all() == ["r1"]
        deliver(shop, tmp_path, "r2")
        assert reader.exec_driver_sql("SELECT DISTINCT run_id FROM ordercast_current_orders").scalars().all() == ["r1"]
    assert shown(shop) == whole("r2")


def project(root: Path, run_id: str) -> Path:
    """The results of a run, as stages leave them; where those of another stand, only what differs is written."""
    if (root / publish.NEEDED[0]).exists():
        store.write_parquet(_orders(run_id), root / results.PARTS["orders"], [])
    else:
        shutil.copytree(write_run(root / "made", run_id), root, dirs_exist_ok=True)
        shutil.rmtree(root / "made")
        for name in publish.NEEDED:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
    for name in (publish.METADATA, publish.ORDERS):
        about = {"run_id": run_id, "data_hash": f"d-{run_id}", "currency": "BRL", "locale": "pt_BR"}
        (root / name).write_text(json.dumps(about))
    return root


def test_publish_shows_a_run_in_both_places_or_in_neither(shop: servers.Shop, tmp_path: Path):
    def to_shop(folder: Path, run: dict[str, Any]) -> None:
        results.deliver(shop.address, folder, run)

    publish.publish(project(tmp_path, "r1"), to_shop)
    assert (publish.current(tmp_path).name, shown(shop)) == ("r1", whole("r1"))
    project(tmp_path, "r2")
    shop.run("RENAME TABLE ordercast_orders TO taken_away")
    with pytest.raises(DatabaseError, match="lack ordercast_orders"):
        publish.publish(tmp_path, to_shop)
    shop.run("RENAME TABLE taken_away TO ordercast_orders")
    assert (publish.current(tmp_path).name, shown(shop)) == ("r1", whole("r1"))
    publish.publish(tmp_path, to_shop)
    assert (publish.current(tmp_path).name, shown(shop)) == ("r2", whole("r2"))
