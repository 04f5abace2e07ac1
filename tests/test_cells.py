"""Cells become the type of their column, or are told apart as bad; nothing is guessed."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ordercast.contracts import Kind
from ordercast.sources import cells, reading
from ordercast.sources.reading import Dates

BAD = object()
DAY = pd.Timestamp("2026-03-31")


@pytest.mark.parametrize(
    ("kind", "text", "meant"),
    [
        ("number", "1234.50", 1234.5),
        ("number", " 3 ", 3.0),
        ("number", "-0.1", -0.1),
        ("number", "1e-3", 0.001),
        ("number", "13.757", BAD),
        ("number", "inf", float("inf")),
        ("number", "", None),
        ("number", "  ", None),
        ("number", "1,5", 1.5),
        ("number", "1.234,50", 1234.5),
        ("number", "R$ 3.00", BAD),
        ("number", "1_000", BAD),
        ("number", "nan", BAD),
        ("number", "NA", BAD),
        ("number", "true", BAD),
        ("number", "0x10", BAD),
        ("number", "\u0661\u0662", BAD),
        ("day", "2026-03-31", DAY),
        ("day", "2026-03-31 10:30", DAY),
        ("day", "2026-03-31T10:30:00.5", DAY),
        ("day", "", None),
        ("day", "2024-02-30", BAD),
        ("day", "2026-03-31 25:00", BAD),
        ("day", "31/03/2026", DAY),
        ("day", "01/03/2026", BAD),
        ("day", "2026-3-31", DAY),
        ("day", "2026/03/31", DAY),
        ("day", "20260331", DAY),
        ("day", "2026-03-31T00:00:00Z", DAY),
        ("day", "2026-03-31 25:00Z", BAD),
        ("day", "20263103", BAD),
        ("day", "2026-W14-2", BAD),
        ("day", "46112", DAY),
        ("day", "20534", BAD),
        ("day", "abc", BAD),
        ("flag", "true", True),
        ("flag", "NO", False),
        ("flag", "1", True),
        ("flag", "", None),
        ("flag", "Não", False),
        ("flag", "maybe", BAD),
        ("flag", "2", BAD),
        ("text", "00123", "00123"),
        ("text", " A 1 ", "A 1"),
        ("text", "NA", "NA"),
        ("text", "#N/A", BAD),
        ("text", "=A2&B2", BAD),
        ("text", '="00123"', '="00123"'),
        ("text", "7,89123E+12", BAD),
        ("number", "#DIV/0!", BAD),
        ("day", "#VALOR!", BAD),
        ("flag", "=1=1", BAD),
        ("text", "", None),
    ],
)
def test_text_is_taken_at_its_word(kind: Kind, text: str, meant: Any):
    typed = cells.typed(pd.Series([text], index=[7], dtype="str"), kind)
    assert (typed.bad.tolist() == [True] or bool(typed.doubt)) == (meant is BAD)
    assert typed.content.index.tolist() == [7]
    if meant is BAD or meant is None:
        assert typed.content.isna().all()
    else:
        assert typed.content.tolist() == [meant]


@pytest.mark.parametrize(
    ("kind", "found", "meant"),
    [
        pytest.param("text", pd.Series([102900005115168, 7]), ["102900005115168", "7"], id="whole_numbers"),
        pytest.param("text", pd.Series([7, None], dtype="Int64"), ["7", None], id="whole_numbers_and_a_gap"),
        pytest.param("text", pd.Series([123.0, 0.5]), ["123", "0.5"], id="numbers_without_needless_decimals"),
        pytest.param("text", pd.Series([7891234567890123.0, 7.0]), [BAD, "7"], id="numbers_that_lost_digits"),
        pytest.param("text", pd.Series(["7891234567890123"]), ["7891234567890123"], id="text_keeps_its_digits"),
        pytest.param("text", pd.Series([None, None], dtype=object), [None, None], id="nothing_at_all"),
        pytest.param("number", pd.Series([1, None], dtype="Int64"), [1.0, None], id="number_and_a_gap"),
        pytest.param("number", pd.Series([True]), [BAD], id="a_flag_is_no_number"),
        pytest.param("number", pd.Series([DAY]), [BAD], id="a_date_is_no_number"),
        pytest.param("day", pd.Series([DAY.as_unit("ns"), pd.NaT]), [DAY, None], id="other_units_of_time"),
        pytest.param("day", pd.Series([45000]), [BAD], id="a_number_is_no_date"),
        pytest.param("day", pd.Series([20260331]), [DAY], id="eight_digits_are_a_date"),
        pytest.param("flag", pd.Series([True, None], dtype="boolean"), [True, None], id="flag_and_a_gap"),
        pytest.param("flag", pd.Series([0, 1, 2]), [False, True, BAD], id="flags_as_numbers"),
    ],
)
def test_typed_columns_of_parquet_are_taken_too(kind: Kind, found: "pd.Series[Any]", meant: list[Any]):
    typed = cells.typed(found, kind)
    assert typed.bad.tolist() == [cell is BAD for cell in meant]
    assert [None if pd.isna(cell) else cell for cell in typed.content] == [None if c is BAD else c for c in meant]


@pytest.mark.parametrize(
    ("kind", "dtype"), [("text", "str"), ("number", "float64"), ("day", "datetime64[us]"), ("flag", "boolean")]
)
def test_the_type_does_not_depend_on_what_is_there(kind: Kind, dtype: str):
    for found in (["1"], [""], []):
        assert str(cells.typed(pd.Series(found, dtype="str"), kind).content.dtype) == dtype


def test_numbers_and_dates_of_a_spreadsheet_mean_one_thing_only():
    found = pd.Series(["1.234", "2,5", "1.234,5", "x"], index=[2, 3, 4, 5])
    native = pd.Series([True, False, False, False], index=found.index)
    typed = cells.typed(found, "number", native=native)
    assert typed.content.tolist()[:3] == [1.234, 2.5, 1234.5]
    assert typed.bad.tolist() == [False, False, False, True]
    days = cells.typed(pd.Series(["46112.5", "01/03/2026", "2026-03-31"]), "day", native=pd.Series([True, False, True]))
    assert days.content.tolist()[0::2] == [DAY, DAY]
    assert days.notes == ["holds Excel's day numbers: 46112.5 is 2026-03-31"]
    assert days.timed
    assert days.doubtful == "01/03/2026"


@pytest.mark.parametrize(
    ("kind", "text", "fault"),
    [
        pytest.param("number", "#DIV/0!", cells.ERROR, id="error"),
        pytest.param("text", "#N/D", cells.ERROR, id="error_in_portuguese"),
        pytest.param("day", "=A2+1", cells.FORMULA, id="formula"),
        pytest.param("text", "7.891234567890123e+15", cells.ROUNDED, id="rounded"),
    ],
)
def test_what_holds_no_value_says_so_and_proves_nothing(kind: Kind, text: str, fault: str):
    others = {"number": "1,5", "day": "46112", "text": "A"}
    typed = cells.typed(pd.Series([text, others[kind]]), kind)
    assert typed.fault.to_dict() == {0: fault}
    assert typed.content.notna().tolist() == [False, True]


EXCHANGED = "25/01/2026"


@pytest.mark.parametrize(
    ("natives", "text", "doubted"),
    [
        pytest.param(["2026-02-01", "2026-03-01"], EXCHANGED, True, id="all_days_up_to_12"),
        pytest.param(["46054"], EXCHANGED, True, id="as_a_day_number"),
        pytest.param(["2026-02-01"], "01/25/2026", True, id="the_other_way_round"),
        pytest.param(["2026-02-01", "2026-03-13"], EXCHANGED, False, id="a_day_beyond_12"),
        pytest.param(["2026-02-02"], EXCHANGED, False, id="the_same_either_way"),
        pytest.param(["2026-02-01"], "2026-01-25", False, id="text_with_the_year_first"),
    ],
)
@pytest.mark.parametrize("dates", ["auto", "set"])
def test_dates_of_a_spreadsheet_may_have_day_and_month_exchanged(
    natives: list[str], text: str, doubted: bool, dates: str
):
    order: Dates = "auto" if dates == "auto" else "mdy" if text == "01/25/2026" else "dmy"
    found = pd.Series([*natives, text])
    typed = cells.typed(found, "day", cells.Writing(dates=order), native=found != text)
    assert typed.doubtful == (text if doubted else "")
    assert typed.content.isna().all() == doubted
    if doubted:
        assert "such as 2026-02-01: a spreadsheet that expected another order" in typed.doubt
        assert f"Import the column again as text, or as dates in the order of {text}" in typed.doubt


def test_day_numbers_are_counted_from_where_the_file_says():
    writing = cells.Writing(day_0=reading.DAY_0_OF_1904)
    typed = cells.typed(pd.Series(["44560", "2025-12-31"]), "day", writing, native=pd.Series([True, True]))
    assert typed.content.tolist() == [pd.Timestamp("2025-12-31")] * 2


def test_what_people_say_about_their_writing_settles_it():
    comma = cells.typed(pd.Series(["1.234"]), "number", cells.Writing(decimal=","))
    month_first = cells.typed(pd.Series(["01/03/2026"]), "day", cells.Writing(dates="mdy"))
    assert comma.content.tolist() == [1234]
    assert month_first.content.tolist() == [pd.Timestamp("2026-01-03")]


def test_money_has_signs_and_units_have_none():
    found = pd.Series(["R$ 1,50"])
    assert cells.typed(found, "number", money=True).currency == "BRL"
    assert cells.typed(found, "number").bad.tolist() == [True]


def test_a_time_of_day_is_cut_off_and_told():
    assert cells.typed(pd.Series(["2026-03-31 10:30"]), "day").timed
    assert cells.typed(pd.Series([DAY + pd.Timedelta(hours=1)]), "day").timed
    assert not cells.typed(pd.Series(["2026-03-31", "not a date at all"]), "day").timed
    assert not cells.typed(pd.Series([DAY]), "day").timed


def test_a_number_is_the_nearest_one_to_its_digits():
    numbers = np.random.Generator(np.random.PCG64(1)).random(500).tolist()
    assert cells.typed(pd.Series([repr(number) for number in numbers]), "number").content.tolist() == numbers


def test_cells_are_shown_as_they_stand_in_the_file():
    found = [3.0, 0.1, 7, True, np.True_, "x", DAY, DAY + pd.Timedelta(hours=10), None, pd.NA, float("nan"), pd.NaT]
    shown = ["3", "0.1", "7", "true", "true", "x", "2026-03-31", "2026-03-31 10:00:00", "", "", "", ""]
    assert [cells.shown(cell) for cell in found] == shown
