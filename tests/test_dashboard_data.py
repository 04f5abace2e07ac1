"""The published run as the dashboard reads it."""

import json
import threading
from pathlib import Path

import pandas as pd
import pytest
from conftest import LAST_DAY, write_run
from test_database_results import project

from ordercast import publish, store
from ordercast.dashboard.data import current_run
from ordercast.dashboard.files import Missing


def test_without_a_published_run_the_next_step_is_told(tmp_path: Path):
    with pytest.raises(Missing, match=r"No run is published yet.*make repro"):
        current_run(tmp_path)


def test_without_a_project_the_next_step_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ORDERCAST_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Missing, match=r"No params\.yaml .* ORDERCAST_ROOT"):
        current_run()


def test_currency_that_nobody_wrote_down_is_asked_for(published_run: Path):
    run = current_run(published_run)
    (run.folder / "run.json").write_text(json.dumps({"run_id": "r"}))
    with pytest.raises(Missing, match="“currency”"):
        run.setting("currency")


def test_prices_of_one_series_are_the_last_180_days_with_one_figure_a_day(published_run: Path):
    run = current_run(published_run)
    path = run.folder / "data/raw/prices.parquet"
    again = pd.DataFrame(
        {
            "product_id": "P001",
            "supplier_id": "S1",
            "date": [LAST_DAY] * 2,
            "unit_price": [90.0, 99.0],
            "currency": "BRL",
        }
    ).astype({"product_id": "str", "supplier_id": "str", "currency": "str"})
    store.write_parquet(pd.concat([store.read_parquet(path), again]), path, ["product_id", "supplier_id", "date"])
    history = run.price_history("P001", "S1")
    assert len(history) == 180
    assert history["date"].is_unique
    assert history["unit_price"].iloc[-1] == 90.0


@pytest.mark.parametrize(
    ("product", "suppliers", "days_ahead", "open_orders"),
    [
        pytest.param("P001", ["S1", "S2"], 14, 0, id="two_suppliers"),
        pytest.param("P003", ["S1"], 0, 0, id="no_forecast"),
        pytest.param("Z001", [], 0, 0, id="catalogue_only"),
        pytest.param("' OR 1=1 --", [], 0, 0, id="no_sql_from_outside"),
    ],
)
def test_a_product_has_its_own_rows_only(published_run: Path, product, suppliers, days_ahead, open_orders):
    run = current_run(published_run)
    assert run.offers(product)["supplier_id"].tolist() == suppliers
    assert len(run.price_forecast(product, "S1")) == days_ahead
    assert len(run.of_product("raw/open_orders", product)) == open_orders


def test_products_without_name_or_unit_keep_their_id(published_run: Path):
    run = current_run(published_run)
    nameless = pd.DataFrame({"product_id": ["P001"], "name": [None], "category": [None], "unit": [None]}).astype("str")
    store.write_parquet(nameless, run.folder / "data/raw/products.parquet", [])
    shown = run.catalogue.set_index("product_id").loc[["P001", "P004"]]  # P004 is known from its prices alone
    assert shown[["name", "category", "unit"]].to_numpy().tolist() == [["P001", "", ""], ["P004", "", ""]]


def test_a_table_of_another_shape_is_told_not_traced(published_run: Path):
    run = current_run(published_run)
    store.write_parquet(pd.DataFrame({"product_id": ["P001"]}).astype("str"), run.folder / "data/raw/sales.parquet", [])
    with pytest.raises(Missing, match=r"data/raw/sales\.parquet .* cannot be used"):
        run.demand_history("P001")


def test_a_product_id_that_looks_like_sql_is_an_id(published_run: Path):
    run = current_run(published_run)
    evil = "P001' OR '1'='1"
    assert run.offers(evil).empty
    assert run.price_forecast(evil, "S1' OR '1'='1").empty
    assert run.price_history("P001", "S1'; DROP TABLE data; --").empty
    assert run.of_product("raw/stock", evil).empty


def test_runs_published_while_the_page_reads_are_seen_whole(tmp_path: Path):
    """A page that stays open reads its own run to the end, through four newer ones; a new page sees the newest."""

    def publish_run(number: int) -> None:
        publish.publish(project(tmp_path, f"r{number}"))

    def publish_more() -> None:
        for number in range(2, 6):
            publish_run(number)

    publish_run(1)
    (tmp_path / "params.yaml").touch()
    open_page = current_run(tmp_path)
    publishing = threading.Thread(target=publish_more)
    publishing.start()
    seen = []
    while publishing.is_alive() or not seen:
        run = current_run(tmp_path)
        assert set(run.lines["run_id"]) == {run.run_id} == {run.folder.name}
        seen.append(run.run_id)
    publishing.join()
    assert seen == sorted(seen)
    assert current_run(tmp_path).run_id == "r5"
    assert set(open_page.lines["run_id"]) == {"r1"}
    assert "P001" in set(open_page.catalogue["product_id"])


def test_two_runs_of_one_id_are_told_apart(published_run: Path):
    before = current_run(published_run)
    write_run(published_run, "2026-11-15-d4e5f6")
    assert current_run(published_run).folder != before.folder
