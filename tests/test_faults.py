"""Faults are told in one line per kind, with the place of the first rows and a cure."""

import pandas as pd
import pytest

from ordercast.sources import faults


def blamed(values: list[str], fault: str = "is not above 0") -> faults.Findings:
    findings = faults.Findings(files={"prices": "prices.csv"})
    rows = pd.Series(values, index=range(2, len(values) + 2), dtype="str")
    findings.blame("prices", "unit_price", fault, rows)
    return findings


def test_no_row_is_no_fault():
    findings = blamed([])
    assert findings.rows == {}
    assert findings.quarantine().empty
    assert findings.bad_rows("prices").empty


def test_a_row_blamed_twice_is_one_bad_row():
    findings = blamed(["0", "-1"])
    findings.blame("prices", "date", "is missing", pd.Series([""], index=[3]))
    assert findings.bad_rows("prices").tolist() == [2, 3]
    assert findings.quarantine()["row"].tolist() == [2, 3, 3]
    assert findings.bad_rows("sales").empty


def test_the_quarantine_goes_table_by_table_and_row_by_row():
    findings = faults.Findings()
    for table, row in (("stock", 9), ("prices", 8), ("prices", 3), ("sales", 2)):
        findings.blame(table, "product_id", "is missing", pd.Series([""], index=[row]))
    places = findings.quarantine()[["table", "row"]].to_numpy().tolist()
    assert places == [["prices", 3], ["prices", 8], ["sales", 2], ["stock", 9]]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param(["0"], "in 1 row: row 2 (0). Correct", id="one"),
        pytest.param(
            list("12345"), "in 5 rows: row 2 (1), row 3 (2), row 4 (3), row 5 (4), row 6 (5). Corr", id="five"
        ),
        pytest.param(list("1234567"), "row 6 (5) and 2 more. Correct", id="more_than_five"),
        pytest.param([""], "in 1 row: row 2 (empty). Correct", id="empty"),
        pytest.param(["a\n b\t c"], "in 1 row: row 2 (a b c). Correct", id="line_ends_in_a_cell"),
        pytest.param(["x" * 99], f"in 1 row: row 2 ({'x' * 40}...). Correct", id="long_cell"),
    ],
)
def test_rows_are_told_in_one_short_line(values: list[str], told: str):
    lines = blamed(values).text(offer_quarantine=True).splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("- prices (prices.csv): unit_price is not above 0 ")
    assert told in lines[1]
    assert lines[2] == ("Nothing was written. To set the faulty rows aside and go on, set data.on_bad_row: quarantine.")


def test_what_no_quarantine_can_cure_does_not_offer_it():
    findings = faults.Findings()
    findings.stop("stock", "is empty. Fill it")
    assert findings.text(offer_quarantine=True) == (
        "The input has faults:\n- stock: is empty. Fill it.\nNothing was written."
    )
    assert blamed(["0"]).text(offer_quarantine=False).endswith("\nNothing was written.")


@pytest.mark.parametrize("fault", faults.CURES)
def test_every_known_fault_has_its_own_cure(fault: str):
    assert blamed(["x"], fault).text(offer_quarantine=False).splitlines()[1].endswith(f". {faults.CURES[fault]}.")
