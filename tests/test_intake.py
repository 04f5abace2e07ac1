"""One table: what lacks is filled and noted, what repeats is read once, what disagrees is told."""

import pandas as pd
import pytest

from ordercast.sources import intake, readers
from ordercast.sources.faults import Findings


def taken(header: list[str], rows: list[list[str]], table: str = "sales") -> tuple[intake.Intake, Findings]:
    """A table as taken from a sheet whose first row is row 2."""
    findings = Findings()
    cells = pd.DataFrame(rows, index=range(2, len(rows) + 2), columns=range(len(header)), dtype="str")
    return intake.take(table, readers.Sheet(header, cells), {}, findings), findings


KEYS = ["product_id", "date", "demand_units"]


def test_cells_take_their_type_and_keep_their_row():
    table, findings = taken(KEYS, [["A", "2026-01-01", "2"], ["B", "x", "many"]])
    assert table.given
    assert table.frame.index.tolist() == [2, 3]
    assert table.frame["demand_units"].tolist()[:1] == [2.0]
    assert findings.quarantine()[["row", "column", "value"]].to_numpy().tolist() == [
        [3, "date", "x"],
        [3, "demand_units", "many"],
    ]


def test_no_sheet_is_a_table_without_rows():
    table = intake.take("stock", None, {}, Findings())
    assert not table.given
    assert table.frame.empty
    assert list(table.frame) == ["product_id", "on_hand_units", "as_of"]


@pytest.mark.parametrize(
    ("header", "cells", "filled", "note"),
    [
        pytest.param([], [], [True, True], "no column in_stock: every row is read as in_stock = true", id="no_column"),
        pytest.param(
            ["in_stock"], ["", "no"], [True, False], "1 row without in_stock: read as in_stock = true", id="gap"
        ),
        pytest.param(["in_stock"], ["yes", "no"], [True, False], None, id="nothing_to_fill"),
        pytest.param(["in_stock"], ["yes", "maybe"], [True, True], None, id="what_is_bad_is_told_not_noted"),
    ],
)
def test_what_lacks_is_filled_and_noted(header: list[str], cells: list[str], filled: list[bool], note: str | None):
    rows = [["A", "2026-01-01", "2"], ["B", "2026-01-01", "2"]]
    table, findings = taken(KEYS + header, [row + cells[at : at + 1] for at, row in enumerate(rows)])
    intake.fill(table, "in_stock", True, findings)
    assert table.frame["in_stock"].tolist() == filled
    assert [text for _, text in findings.notes] == [note] * (note is not None)


def test_a_cell_of_no_type_is_not_told_as_missing_too():
    table, findings = taken(KEYS, [["A", "soon", ""], ["B", "2026-01-01", "-1"]])
    intake.check(table, findings)
    assert findings.quarantine()[["row", "column", "value", "fault"]].to_numpy().tolist() == [
        [2, "date", "soon", "is not a date written YYYY-MM-DD"],
        [2, "demand_units", "", "is missing"],
        [3, "demand_units", "-1", "is below 0"],
    ]


@pytest.mark.parametrize(
    ("rows", "kept", "blamed"),
    [
        pytest.param([["A", "1"], ["A", "1.0"], ["B", "1"]], [2, 4], [], id="the_same_is_read_once"),
        pytest.param([["A", "1"], ["A", "2"], ["B", "1"]], [2, 3, 4], [2, 3], id="different_values_disagree"),
        pytest.param([["A", "1"], ["A", "1"], ["A", "2"]], [2, 4], [2, 4], id="the_same_and_a_different_one"),
        pytest.param([["A", "1"], ["A", "-2"], ["A", "1"]], [2, 3], [3], id="a_bad_row_disagrees_with_nobody"),
    ],
)
def test_repeated_keys(rows: list[list[str]], kept: list[int], blamed: list[int]):
    table, findings = taken(KEYS, [[product, "2026-01-01", units] for product, units in rows])
    intake.check(table, findings)
    assert intake.without_repeats(table, findings).index.tolist() == kept
    assert findings.bad_rows("sales").tolist() == blamed


def test_rows_of_a_date_in_doubt_do_not_repeat_each_other():
    table, findings = taken(KEYS, [["A", "01/02/2026", "1"], ["A", "01/02/2026", "2"]])
    intake.check(table, findings)
    assert len(intake.without_repeats(table, findings)) == 2
    assert findings.rows == {}
    assert len(findings.stops) == 1


def test_prices_may_repeat():
    table, findings = taken(["product_id", "date", "unit_price"], [["A", "2026-01-01", "1"]] * 2, "prices")
    intake.fill(table, "supplier_id", "default", findings)
    assert len(intake.without_repeats(table, findings)) == 2
    assert findings.rows == {}
