"""The table is found in its sheet: under titles, above totals, among blanks; what is left out is told."""

import pytest

from ordercast.sources import layout

NAMES = {"produto", "data", "preço"}
HEADER = ["produto", "data", "preço"]


def table(rows: list[list[str]]) -> layout.Sheet:
    return layout.table(rows, lambda row: sum(cell in NAMES for cell in row), "Split it otherwise")


def seen(sheet: layout.Sheet) -> dict[int, list[str]]:
    return dict(zip(sheet.cells.index.tolist(), sheet.cells.to_numpy().tolist(), strict=True))


ROW = ["A", "2026-01-01", "1"]


@pytest.mark.parametrize(
    ("rows", "found", "notes"),
    [
        pytest.param([HEADER, ROW], {2: ROW}, [], id="plain"),
        pytest.param([["Preços", "", ""], [], HEADER, ROW], {4: ROW},
            ["rows 1 to 2 are above the column names and left out: 'Preços'"], id="titles"),
        pytest.param([["Preços"], HEADER, ROW], {3: ROW},
            ["row 1 is above the column names and left out: 'Preços'"], id="one_title"),
        pytest.param([[], [""], HEADER, ROW], {4: ROW}, [], id="blank_rows_above"),
        pytest.param([HEADER, [], ROW, [" ", "", ""], ROW], {3: ROW, 5: ROW}, [], id="blank_rows_between"),
        pytest.param([[*HEADER, "", ""], [*ROW, "", " "], ROW], {2: ROW, 3: ROW}, [], id="blank_columns_behind"),
        pytest.param([["", *HEADER], ["", *ROW]], {2: ROW}, [], id="blank_column_before"),
        pytest.param([HEADER, [*ROW, "", ""]], {2: ROW}, [], id="blanks_beyond_the_names"),
        pytest.param([HEADER, ROW, HEADER, ROW], {2: ROW, 4: ROW},
            ["the column names stand again in row 3: left out"], id="names_on_every_page"),
        pytest.param([HEADER, ROW, ["TOTAL:", "", "1"], []], {2: ROW}, ["totals in row 3 are left out"], id="totals"),
        pytest.param([HEADER, ROW, ["Subtotal", "", "1"], [], ["", "Total geral", "1"]], {2: ROW},
            ["totals in row 3 and 5 are left out"], id="totals_of_totals"),
        *(
            pytest.param([HEADER, ROW, [word, "", "1"]], {2: ROW}, ["totals in row 3 are left out"], id=word)
            for word in ("Média geral", "Média:", "Average", "Sub-total")
        ),
        pytest.param([HEADER, ["Total", *ROW[1:]]], {2: ["Total", *ROW[1:]]}, [], id="a_product_named_total"),
        pytest.param([HEADER, ["Total", "", "1"], ROW], {2: ["Total", "", "1"], 3: ROW}, [], id="totals_in_the_middle"),
        pytest.param([["x", "y"], ["1", "2"]], {2: ["1", "2"]}, [], id="names_nobody_knows"),
    ],
)  # fmt: skip
def test_the_table_is_found(rows: list[list[str]], found: dict[int, list[str]], notes: list[str]):
    sheet = table(rows)
    assert seen(sheet) == found
    assert sheet.notes == notes


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param([], "has no column names in its first rows", id="nothing"),
        pytest.param([["", " "], []], "has no column names in its first rows", id="blanks"),
        pytest.param([["1", "2026-01-01"]], "has no column names in its first rows", id="no_letters"),
        pytest.param(
            [HEADER, [*ROW, "x"]], "has 4 cells in row 2 under 3 column names. Split it otherwise", id="ragged"
        ),
        pytest.param([["x"] * 20_000], "has 20000 columns, more than 16384. Export the table alone", id="columns"),
        pytest.param(
            [ROW, ROW, HEADER], "has column names in row 3, and above them in row 1 as many cells", id="below"
        ),
    ],
)
def test_what_holds_no_table_is_refused(rows: list[list[str]], message: str):
    with pytest.raises(layout.Unreadable, match=message):
        table(rows)


def test_many_rows_keep_their_order_and_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(layout, "CHUNK_ROWS", 2)
    sheet = table([HEADER, *([str(n), "d", "1"] for n in range(5))])
    assert seen(sheet) == {n + 2: [str(n), "d", "1"] for n in range(5)}
