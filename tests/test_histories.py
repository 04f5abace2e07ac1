"""Panels on disk: what stage 2 lays by blocks is what the frames give, and what it keeps comes back."""

from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest
import small

from ordercast import blocks, histories, panel, store
from ordercast.panel import Panel

TODAY = pd.Timestamp("2025-10-27")


def assert_same(one: dict[str, Panel], other: dict[str, Panel]) -> None:
    assert list(one) == list(other)
    for name, known in one.items():
        for field in (
            "dates",
            "value",
            "z",
            "observed",
            "first",
            "driver",
            "market",
            "supplier",
            "usual",
            "step_days",
        ):
            np.testing.assert_array_equal(getattr(known, field), getattr(other[name], field), err_msg=f"{name} {field}")
        pd.testing.assert_frame_equal(known.ids, other[name].ids)
        assert (known.structure is None) == (other[name].structure is None) == (name == "demand")
        if known.structure:
            np.testing.assert_array_equal(known.structure.kept, other[name].structure.kept)


def with_text(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(dict.fromkeys({"product_id", "supplier_id"} & set(frame.columns), "str"))


def late_and_out_of_stock() -> pd.DataFrame:
    """The small world's sales, those of B from a day on which alone it had some in stock."""
    known = small.sales()
    first = known["date"].min()
    late = known[(known["product_id"] == "A") | (known["date"] >= first + pd.Timedelta(days=40))]
    soon = late["date"].between(first + pd.Timedelta(days=41), first + pd.Timedelta(days=44))
    return late.assign(in_stock=late["in_stock"] & ~(soon & (late["product_id"] == "B")))


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """The small world's tables in the folder one stands in."""
    monkeypatch.chdir(tmp_path)
    tables = (small.quotes_with_comers_and_goers(), late_and_out_of_stock())
    for path, table in zip((histories.PRICES, histories.SALES), tables, strict=True):
        key = [name for name in ("product_id", "supplier_id", "date") if name in table]
        store.write_parquet(with_text(table), path, key)
    return tables


@pytest.mark.parametrize("rows", [1, 700, 2**18])
@pytest.mark.parametrize(
    ("today", "step_days"), [(TODAY, 1), (TODAY, 7), (TODAY - pd.Timedelta(days=200), 1)], ids=["day", "week", "before"]
)
def test_panels_laid_by_blocks_are_those_of_the_frames(raw, monkeypatch, rows, today, step_days):
    monkeypatch.setattr(blocks, "ROWS", rows)
    assert_same(histories.lay(today, step_days), panel.panels(*raw, today, step_days))


def test_no_sales_no_demand(raw):
    store.write_parquet(with_text(raw[1].iloc[:0]), histories.SALES, ["product_id", "date"])
    known = histories.lay(TODAY, 1)
    assert set(known) == {"price"}
    histories.keep(known)
    assert_same(histories.load(1), known)


def test_a_today_before_the_first_quote_is_refused(raw):
    with pytest.raises(ValueError, match=r"base\.today is 2024-12-31, before the first quote"):
        histories.lay(pd.Timestamp("2024-12-31"), 1)


@pytest.mark.parametrize("rows", [1, 700, 2**18])
@pytest.mark.parametrize("step_days", [1, 7])
def test_what_is_kept_comes_back(raw, monkeypatch, rows, step_days):
    known = panel.panels(*raw, TODAY, step_days)
    monkeypatch.setattr(blocks, "ROWS", rows)
    histories.keep(known)
    assert_same(histories.load(step_days), known)


def test_a_series_with_a_hole_is_refused(raw):
    histories.keep(panel.panels(*raw, TODAY, 1))
    path = histories.FILES["price"][0]
    kept = duckdb.sql(f"SELECT * FROM '{path}' WHERE NOT (product_id = 'B' AND date = DATE '2025-05-05')").df()
    store.write_parquet(with_text(kept), path, ["product_id", "supplier_id", "date"])
    with pytest.raises(ValueError, match="lacks steps of a series"):
        histories.load(1)


def test_rows_begin_with_the_first_observation(raw):
    known = panel.panels(*raw, TODAY, 1)["price"]
    rows = histories.rows(known, "unit_price")
    assert len(rows) == (known.steps - known.first).sum()
    assert rows.groupby(["product_id", "supplier_id"])["observed"].first().all()
    assert replace(known).ids.equals(rows[["product_id", "supplier_id"]].drop_duplicates(ignore_index=True))
