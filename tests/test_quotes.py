"""Dated values laid on a calendar."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercast import quotes, store

TODAY = np.datetime64("2026-03-10")


def frame(*rows: tuple[str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["product_id", "date", "value"])
    return table.assign(date=pd.to_datetime(table["date"]))


def coded(*rows: tuple[str, str, float]) -> quotes.Quotes:
    return quotes.coded(frame(*rows), ["product_id"], "value")


@pytest.mark.parametrize(
    ("how", "values", "expected"),
    [
        pytest.param("median", [5.0, 1.0, 2.0], 2.0, id="median_of_three"),
        pytest.param("median", [5.0, 1.0], 3.0, id="median_of_two"),
        pytest.param("sum", [5.0, 1.0, 2.0], 8.0, id="sum"),
        pytest.param("max", [1.0, 5.0, 2.0], 5.0, id="maximum"),
        pytest.param("first", [2.0, 5.0, 1.0], 2.0, id="first_in_the_order_given"),
    ],
)
def test_several_values_of_a_step(how, values, expected):
    known = coded(("B", "2026-03-08", 7.0), *(("A", "2026-03-09", value) for value in values))
    value, observed, first = quotes.laid(known, how, TODAY, 1)
    assert value.tolist() == [[expected, expected, expected], [7.0, 7.0, 7.0]]
    assert observed.tolist() == [[False, True, False], [True, False, False]]
    assert first.tolist() == [1, 0]


def test_weeks_end_today():
    known = coded(("A", "2026-02-24", 1.0), ("A", "2026-03-03", 2.0), ("A", "2026-03-04", 4.0))
    value, observed, _ = quotes.laid(known, "median", TODAY, 7)
    assert value.tolist() == [[1.0, 2.0, 4.0]]
    assert observed.all()


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 9), st.integers(1, 5)), min_size=1, max_size=40),
    st.sampled_from(["median", "sum", "max", "first"]),
)
def test_against_pandas(rows, how):
    table = frame(*((name, f"2026-03-{day + 1:02d}", float(value)) for name, day, value in rows))
    value, observed, _ = quotes.laid(quotes.coded(table, ["product_id"], "value"), how, TODAY, 1)
    wide = table.pivot_table(index="product_id", columns="date", values="value", aggfunc=how)
    wide = wide.reindex(columns=pd.date_range(table["date"].min(), "2026-03-10"))
    assert (observed == wide.notna().to_numpy()).all()
    np.testing.assert_array_equal(value, wide.ffill(axis=1).bfill(axis=1).to_numpy())


def test_later_rows_are_left_out_and_so_is_who_has_no_others():
    known = coded(("A", "2026-03-01", 1.0), ("B", "2026-03-09", 2.0), ("C", "2026-03-02", 3.0))
    past = known.until(np.datetime64("2026-03-05"))
    assert past.ids["product_id"].tolist() == ["A", "C"]
    assert past.value[past.series == 1].tolist() == [3.0]
    assert known.until(TODAY) is known


def test_a_file_that_is_not_sorted_by_its_key_is_refused(tmp_path):
    table = frame(("a", "2026-03-01", 1.0), ("b", "2026-03-02", 2.0), ("a", "2026-03-09", 3.0))
    path = tmp_path / "t.parquet"
    store.write_parquet(table.assign(product_id=table["product_id"].astype("str")), path, ["date"])
    with pytest.raises(ValueError, match="not sorted by product_id"):
        store.series_in(path, ["product_id"])


@pytest.mark.parametrize(("rows", "blocks"), [(1, 3), (3, 2), (10, 1)])
def test_a_file_gives_what_the_frame_gives_block_by_block(tmp_path, rows, blocks):
    table = frame(
        ("b", "2026-03-02", 2.0), ("b", "2026-03-02", 4.0), ("it's", "2026-03-01", 1.0), ("é", "2026-03-09", 3.0)
    )
    table = table.assign(product_id=table["product_id"].astype("str"))
    path = tmp_path / "data [old]" / "t.parquet"
    store.write_parquet(table, path, ["product_id", "date"])
    read, made = (
        list(store.read_quotes(path, store.series_in(path, ["product_id"]), "value", rows)),
        quotes.coded(table, ["product_id"], "value"),
    )
    assert len(read) == blocks
    assert [name for each in read for name in each.ids["product_id"]] == made.ids["product_id"].tolist()
    told = [
        cell
        for each in read
        for cell in zip(each.ids["product_id"].iloc[each.series], each.day, each.value, strict=True)
    ]
    assert told == list(zip(table["product_id"], made.day, table["value"], strict=True))


def test_a_block_holds_all_suppliers_of_its_products(tmp_path):
    table = frame(*[(product, f"2026-03-0{day}", 1.0) for product in "abc" for day in (1, 2, 3)])
    table = table.assign(
        product_id=table["product_id"].astype("str"), supplier_id=pd.array(list("xxyxyyxyz"), dtype="str")
    )
    store.write_parquet(table, tmp_path / "t.parquet", ["product_id", "supplier_id", "date"])
    series = store.series_in(tmp_path / "t.parquet", ["product_id", "supplier_id"])
    assert series["until"].tolist() == [pd.Timestamp(f"2026-03-0{day}") for day in (2, 3, 1, 3, 1, 2, 3)]
    read = store.read_quotes(tmp_path / "t.parquet", series, "value", 4)
    assert [each.ids["product_id"].tolist() for each in read] == [["a", "a", "b", "b"], ["c", "c", "c"]]
