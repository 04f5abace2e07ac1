"""One mistyped date does not move today for everybody in silence; a hole in the data is no reason to ask."""

import pandas as pd
import pytest

from ordercast.sources import intake, layout, span
from ordercast.sources.faults import ALONE, Findings


def told(*quotes: tuple[str, list[str]]) -> list[str]:
    """What is said of the quotes (product, days): the rows blamed, or the notes."""
    rows = [[product, day, "1"] for product, days in quotes for day in days]
    cells = pd.DataFrame(rows, index=range(2, 2 + len(rows)), dtype="str")
    prices = intake.take("prices", layout.Sheet(["product_id", "date", "unit_price"], cells), {}, Findings())
    findings = Findings()
    span.check(prices, findings)
    faults = findings.quarantine()
    assert set(faults["fault"]) <= {ALONE}
    return [f"row {row} refused" for row in faults["row"]] or [note for _, note in findings.notes]


def every(days: int, number: int, first: str = "2025-01-01") -> list[str]:
    return [f"{day:%Y-%m-%d}" for day in pd.date_range(first, periods=number, freq=f"{days}D")]


DAILY, WEEKLY = every(1, 30), every(7, 30)  # until 2025-01-30 and 2025-07-23


@pytest.mark.parametrize(
    ("quotes", "sentences"),
    [
        pytest.param([("A", DAILY), ("B", DAILY)], [], id="no_gap"),
        pytest.param([("A", [*DAILY, "2025-02-09"]), ("B", DAILY)], [], id="ten_days"),
        pytest.param(
            [("A", [*DAILY, "2025-02-28"]), ("B", DAILY)],
            [
                "1 quote (first in row 32: 2025-02-28) is 29 days after all others: today is taken to be 2025-02-28. "
                "If it is not, correct the date, or set base.today"
            ],
            id="a_month_ahead",
        ),
        pytest.param(
            [("A", [*DAILY, "2025-05-01", "2025-05-02"]), ("B", DAILY)],
            [
                "2 quotes (first in row 32: 2025-05-01) are 91 days after all others: today is taken to be 2025-05-02. "
                "If it is not, correct the date, or set base.today"
            ],
            id="two_quotes_of_one_product",
        ),
        pytest.param([("A", [*DAILY, "2025-03-20"]), ("B", [*DAILY, "2025-03-20"])], [], id="all_are_quoted_again"),
        pytest.param([("A", [*DAILY, *every(1, 9, "2025-03-20")])], [], id="one_product_after_a_hole"),
        pytest.param([("A", [*WEEKLY, "2025-08-20"]), ("B", WEEKLY)], [], id="a_month_is_no_gap_of_weeks"),
        pytest.param([("A", [*DAILY, "2026-01-29"])], ["row 32 refused"], id="one_product_a_year_ahead"),
        pytest.param(
            [("A", [*DAILY, "2026-01-29", "2027-01-29"]), ("B", DAILY)],
            ["row 32 refused", "row 33 refused"],
            id="two_far_years_at_once",
        ),
        pytest.param([("A", ["2025-01-01", "2026-01-01"])], [], id="nothing_is_usual_of_two_quotes"),
        pytest.param([("A", every(365, 5))], [], id="a_quote_a_year"),
        pytest.param(
            [("A", ["1926-01-05", *DAILY]), ("B", DAILY)],
            ["1 quote (first in row 2: 1926-01-05) is 36156 days before all others: used as given"],
            id="a_century_early",
        ),
    ],
)
def test_what_is_said_of_the_first_and_last_days(quotes: list[tuple[str, list[str]]], sentences: list[str]):
    assert told(*quotes) == sentences
