"""The parts of the page without a browser: each panel bears the loss of its own data."""

import json
from pathlib import Path

import ipywidgets as widgets
import pytest

from ordercast import dashboard
from ordercast.dashboard.data import current_run
from ordercast.dashboard.panels import Explorer
from ordercast.dashboard.text import Voice


def spoken(part: object) -> str:
    """All text of a part, whatever it is made of."""
    if isinstance(part, widgets.Box):
        return "".join(spoken(child) for child in part.children)
    return str(getattr(part, "value", getattr(part, "data", "")))


def explorer(root: Path) -> Explorer:
    return Explorer(current_run(root), Voice("pt_BR", "BRL"))


@pytest.mark.parametrize(
    ("lost", "sentence"),
    [
        pytest.param("data/orders/orders.parquet", "The orders are missing", id="orders"),
        pytest.param("data/forecast/prices.parquet", "data/forecast/prices.parquet is not in run", id="price_forecast"),
        pytest.param(
            "data/forecast/demand.parquet", "data/forecast/demand.parquet is not in run", id="demand_forecast"
        ),
        pytest.param("data/raw/prices.parquet", "No price of this product is known", id="prices"),
        pytest.param("data/raw/sales.parquet", "data/raw/sales.parquet is not in run", id="sales"),
        pytest.param("data/raw/products.parquet", "The catalogue is missing", id="products"),
        pytest.param("data/raw/notes.parquet", "The list of assumptions is missing", id="notes"),
        pytest.param("data/raw/quarantine.parquet", "The list of rows set aside is missing", id="quarantine"),
        pytest.param("reports/metrics.json", "The forecasts were not evaluated", id="metrics"),
        pytest.param("models/metadata.json", "Nothing is known about the model", id="model"),
    ],
)
def test_a_lost_file_is_told_where_it_is_missed(published_run: Path, lost: str, sentence: str):
    (current_run(published_run).folder / lost).unlink()
    parts = dashboard.page(published_run)
    said = "".join(spoken(part) for part in parts)
    assert len(parts) == 4
    assert sentence in said
    assert "Traceback" not in said


def test_a_lost_forecast_leaves_the_other_panels_alone(published_run: Path):
    (current_run(published_run).folder / "data/forecast/prices.parquet").unlink()
    said = "".join(spoken(part) for part in dashboard.page(published_run))
    assert "3 orders to place today" in said
    assert said.count("data:image/png") == 1
    assert "Run `make repro`" in said


def test_without_a_published_run_the_page_is_the_next_step(tmp_path: Path):
    (part,) = dashboard.page(tmp_path)
    assert "Run `make repro`" in spoken(part)


def test_a_run_without_currency_says_so(published_run: Path):
    (current_run(published_run).folder / "run.json").write_text(json.dumps({"run_id": "r", "locale": "pt_BR"}))
    (part,) = dashboard.page(published_run)
    assert "“currency”" in spoken(part)


def test_the_most_urgent_product_is_shown_first(published_run: Path):
    assert "Açúcar cristal" in explorer(published_run).title.value


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        pytest.param("product=P004", "Óleo lubrificante 20W50", id="known"),
        pytest.param("product=%3Cb%3E", "Açúcar cristal", id="unknown_is_ignored"),
        pytest.param("product=P001&product=P004", "Açúcar cristal", id="first_of_two"),
    ],
)
def test_the_address_can_name_a_product(published_run: Path, monkeypatch: pytest.MonkeyPatch, query, shown):
    monkeypatch.setenv("QUERY_STRING", query)
    assert shown in explorer(published_run).title.value


def test_search_lists_at_most_200_and_says_so(published_run: Path):
    page = explorer(published_run)
    assert len(page.select.options) == 200
    assert "showing 200 of 254" in page.count.value
    page.search.value = "parafuso m24"
    assert len(page.select.options) == 11
    assert "showing 11 of 11" in page.count.value


def test_search_keeps_the_product_in_view_until_another_is_picked(published_run: Path):
    page = explorer(published_run)
    before = page.body.value
    page.search.value = "parafuso"
    assert page.select.value is None
    assert page.body.value == before
    page.select.value = "Z010"
    assert "Parafuso M10" in page.title.value


def test_a_single_find_is_shown_at_once(published_run: Path):
    page = explorer(published_run)
    page.search.value = "20w50"
    assert "Óleo lubrificante" in page.title.value


def test_supplier_choice_appears_where_there_is_one_and_changes_the_chart(published_run: Path):
    page = explorer(published_run)
    assert page.supplier.layout.display is None
    assert page.supplier.value == "S1"
    before = page.body.value
    assert "trusted by 62%" in before
    page.supplier.value = "S2"
    assert page.body.value != before
    assert "no better than today&#x27;s price" in page.body.value
    page.show("P004")
    assert page.supplier.layout.display == "none"


def test_every_chart_has_a_text_for_those_who_cannot_see_it(published_run: Path):
    said = explorer(published_run).body.value
    assert said.count("<img alt=") == 2
    assert 'alt=""' not in said


def test_long_catalogues_cut_the_orders_table_and_say_so(published_run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ordercast.dashboard.panels.MOST_LINES", 5)
    said = spoken(dashboard.page(published_run)[2])
    assert "The table has the first 5" in said
    assert "Parafuso M2" not in said
