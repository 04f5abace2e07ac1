"""Dates are read in the order that their column proves; what could be two dates is not read."""

import datetime as dt

import pytest

from ordercast.sources import days
from ordercast.sources.reading import Dates

GOOD = ""
LAST = dt.date(2025, 12, 31)
THIRD_OF_JANUARY, FIRST_OF_MARCH = dt.date(2026, 1, 3), dt.date(2026, 3, 1)


@pytest.mark.parametrize(
    ("texts", "values", "notes"),
    [
        pytest.param(["2025-12-31", "2026-01-03 10:30"], [LAST, THIRD_OF_JANUARY], [], id="iso"),
        pytest.param(
            ["31/12/2025", "3/1/2026"],
            [LAST, THIRD_OF_JANUARY],
            ["is day/month/year: 31/12/2025 proves it"],
            id="day_first",
        ),
        pytest.param(
            ["01/03/2026", "12/31/2025"],
            [THIRD_OF_JANUARY, LAST],
            ["is month/day/year: 12/31/2025 proves it"],
            id="month_first",
        ),
        pytest.param(
            ["31.12.25", "03-01-2026"],
            [LAST, THIRD_OF_JANUARY],
            [
                "is day/month/year: 31.12.25 proves it",
                "has years of two digits, read as 1970 to 2069: 31.12.25 is 2025-12-31",
            ],
            id="short_years",
        ),
        pytest.param(
            ["2025/12/31", "2026.1.3", "2025-12-31"],
            [LAST, THIRD_OF_JANUARY, LAST],
            ["has the year first: 2025/12/31 is 2025-12-31"],
            id="year_first",
        ),
        pytest.param(
            ["20251231", "2026-01-03"],
            [LAST, THIRD_OF_JANUARY],
            ["has the year first: 20251231 is 2025-12-31"],
            id="eight_digits",
        ),
        pytest.param(
            ["2025-12-31T00:00:00Z", "2026-01-03T00:00:00-03:00"],
            [LAST, THIRD_OF_JANUARY],
            ["has times of a zone, and the day is the one written there: 2025-12-31T00:00:00Z is 2025-12-31"],
            id="time_zone",
        ),
        pytest.param(["05/05/2026"], [dt.date(2026, 5, 5)], ["is day/month/year"], id="the_same_in_either_order"),
        pytest.param(
            ["46022", "46025.75"],
            [LAST, THIRD_OF_JANUARY],
            ["holds Excel's day numbers: 46022 is 2025-12-31"],
            id="day_numbers",
        ),
    ],
)
def test_the_column_proves_its_order(texts: list[str], values: list[dt.date], notes: list[str]):
    reading = days.read(texts, [1] * len(texts), "auto")
    assert reading.values == values
    assert reading.faults == [GOOD] * len(texts)
    assert reading.notes == notes


@pytest.mark.parametrize(("setting", "value"), [("dmy", FIRST_OF_MARCH), ("mdy", THIRD_OF_JANUARY)])
def test_what_could_be_two_dates_is_told_and_settled_by_a_setting(setting: Dates, value: dt.date):
    reading = days.read(["05/05/2026", "01/03/2026"], [9, 1], "auto")
    assert reading.doubtful == "01/03/2026"
    assert reading.doubt.startswith(
        "could be 2026-03-01 or 2026-01-03, and no other date of the column tells. Set data."
    )
    assert days.read(["01/03/2026"], [1], setting).values == [value]


@pytest.mark.parametrize(
    ("texts", "doubtful"),
    [
        pytest.param(["25/01/01", "25/01/13", "25/12/31"], "25/01/01", id="a_year_of_days"),
        pytest.param(["31/12/25"], "31/12/25", id="one_date"),
        pytest.param(["31/12/25", "03/01/26"], "", id="days_four_days_apart"),
        pytest.param(["31/12/25", "31/12/2025"], "", id="a_year_of_four_digits"),
        pytest.param(["31/12/25", "3/1/26"], "", id="no_year_of_one_digit"),
        pytest.param(["12/31/25"], "", id="no_month_31"),
    ],
)
def test_a_short_year_may_be_the_first_part(texts: list[str], doubtful: str):
    reading = days.read(texts, [1] * len(texts), "auto")
    assert reading.doubtful == doubtful
    if doubtful:
        told = "could be 2001-01-25 or, with the year first, 2025-01-01. Write years of four digits"
        assert reading.doubt.startswith(told) == (doubtful == "25/01/01")
        assert not days.read(texts, [1] * len(texts), "dmy").doubt


@pytest.mark.parametrize(
    ("texts", "setting", "faults"),
    [
        pytest.param(["31/12/2025", "12/30/2025", "13/1/26", "1/3/2026"], "auto",
            [GOOD, days.OTHER_ORDER, GOOD, days.EITHER_DAY], id="both_orders"),
        pytest.param(["2025-12-31", "2025-12-30", "01/03/2026"], "auto", [GOOD, GOOD, days.OTHER_ORDER], id="iso"),
        pytest.param(["31/12/2025", "30/12/2025", "2025-12-30"], "auto", [GOOD, GOOD, days.OTHER_ORDER], id="dmy"),
        pytest.param(["31/12/2025", "31/02/2026", "soon"], "auto", [GOOD, *[days.NO_DAY["dmy"]] * 2], id="no_dates"),
        pytest.param(["31/12/2025 25:00", "1-2/2026", "31/12/025"], "auto", [days.NO_DAY["iso"]] * 3, id="broken"),
        pytest.param(["31/12/2025"], "iso", [days.OTHER_ORDER], id="iso_is_asked_for"),
        pytest.param(["12/31/2025"], "dmy", [days.OTHER_ORDER], id="day_first_is_asked_for"),
        pytest.param(["2025-12-31"], "dmy", [GOOD], id="iso_means_one_thing_only"),
        pytest.param(["46022", "x"], "auto", [days.NO_DAY["iso"]] * 2, id="a_day_number_among_others"),
        pytest.param(["20251331", "12345"], "auto", [days.NO_DAY["iso"]] * 2, id="numbers_of_no_day"),
    ],
)  # fmt: skip
def test_what_differs_from_the_column_is_at_fault(texts: list[str], setting: Dates, faults: list[str]):
    reading = days.read(texts, [1] * len(texts), setting)
    assert reading.faults == faults
    assert [value is None for value in reading.values] == [bool(fault) for fault in faults]


def test_cells_of_a_spreadsheet_are_dates_or_day_numbers():
    reading = days.read_native(["2025-12-31", "46022.5", "-3", "99999999", "0", "2026", "2025-12-31 08:00:00"])
    assert reading.values == [LAST, LAST, None, None, None, None, LAST]
    assert reading.timed
