"""Excel files: real numbers and dates are told from text; what is too wide to hold is refused, not died of."""

import datetime as dt
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from ordercast.sources import workbook
from ordercast.sources.layout import Unreadable


def written(path: Path, cells: dict[str, object], **options: object) -> Path:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy", **options}) as book:
        sheet = book.add_worksheet()
        for place, value in cells.items():
            sheet.write(place, value)
    return path


def nobody(row: object) -> int:
    return 0


def test_real_numbers_and_dates_are_told_from_text(tmp_path: Path):
    cells = {"B3": "id", "C3": "date", "D3": "price", "A1": "Preços", "B4": "00123", "C4": dt.date(2025, 12, 31)}
    cells |= {"D4": 1.234, "B5": 123, "C5": 46022, "D5": "1.234", "D9": 7.0}
    sheet = workbook.read(written(tmp_path / "t.xlsx", cells), nobody)
    assert sheet.header == ["id", "date", "price"]
    assert dict(zip(sheet.cells.index.tolist(), sheet.cells.to_numpy().tolist(), strict=True)) == {
        4: ["00123", "2025-12-31", "1.234"],
        5: ["123", "46022", "1.234"],
        9: ["", "", "7"],
    }
    assert {place: native.tolist() for place, native in sheet.native.items()} == {
        1: [False, True, False],
        2: [True, True, False],
        3: [True, False, True],
    }


def test_a_stray_cell_in_the_far_corner_is_told(tmp_path: Path):
    path = written(tmp_path / "t.xlsx", {"A1": "id", "XFD1048576": "x"})
    with pytest.raises(Unreadable, match=r"has a cell in row 1048576 and one in column 16384.*Delete the rows"):
        workbook.read(path, nobody)


def test_a_sheet_that_unfolds_beyond_all_measure_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workbook, "MOST_BYTES", 100)
    with pytest.raises(Unreadable, match="is larger than can be read"):
        workbook.read(written(tmp_path / "t.xlsx", {"A1": "id"}), nobody)


def test_a_zip_of_something_else_is_refused(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    with pytest.raises(Unreadable, match="cannot be read as XLSX"):
        workbook.read(tmp_path / "t.xlsx", nobody)


def test_a_broken_name_in_the_archive_is_refused(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as archive:
        archive.writestr("preço", "no workbook")
    content = (tmp_path / "t.xlsx").read_bytes()
    (tmp_path / "t.xlsx").write_bytes(content.replace("ç".encode(), b"\xbc\xa7"))
    with pytest.raises(Unreadable, match="cannot be read as XLSX"):
        workbook.read(tmp_path / "t.xlsx", nobody)


def changed(path: Path, old: str, new: str) -> Path:
    """The file with a piece of XML in its sheets and its workbook written otherwise."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content.replace(old.encode(), new.encode()))
    return path


TABLE: dict[str, object] = {"A1": "id", "B1": "price", "A2": "A", "B2": 3.5}


@pytest.mark.parametrize(
    ("price", "old", "new", "shown"),
    [
        pytest.param("=1+2", "</f><v>0</v>", "</f><v>3</v>", "3", id="calculated"),
        pytest.param("=1+2", "</f><v>0</v>", "</f>", "=1+2", id="no_result"),
        pytest.param("=1+2", "</f><v>0</v>", "</f><v></v>", "=1+2", id="an_empty_result"),
        pytest.param("=1+2", "</f><v>0</v>", "</f><v/>", "=1+2", id="an_empty_element"),
        pytest.param("=1+2", "", "", "=1+2", id="nought_that_asks_to_be_calculated"),
        pytest.param("=1+2", ' fullCalcOnLoad="1"', "", "0", id="nought"),
        pytest.param("=1/0", ' fullCalcOnLoad="1"', "", "0", id="not_an_error_before_it_is_calculated"),
        pytest.param('=""', '<c r="B3"><f>""</f><v>0</v>', '<c r="B3" t="str"><f>""</f><v></v>', "", id="empty_text"),
        pytest.param(7, '<c r="B3"><v>7</v>', '<c r="B3" t="e"><v>#N/A</v>', "#N/A", id="error"),
    ],
)
def test_a_formula_without_a_result_is_shown_as_itself(tmp_path: Path, price: object, old: str, new: str, shown: str):
    path = written(tmp_path / "t.xlsx", TABLE | {"A3": "B", "B3": price})
    sheet = workbook.read(changed(path, old, new) if old else path, nobody)
    assert sheet.cells.loc[3].tolist() == ["B", shown]
    assert sheet.native[1].tolist() == [True, shown in ("3", "0")]


def test_a_column_of_formulas_alone_is_seen(tmp_path: Path):
    path = written(tmp_path / "t.xlsx", TABLE | {"B2": "=1", "B3": "=2", "A3": "B"})
    sheet = workbook.read(changed(path, "</f><v>0</v>", "</f>"), nobody)
    assert sheet.cells.to_numpy().tolist() == [["A", "=1"], ["B", "=2"]]


@pytest.mark.parametrize("from_1904", [False, True])
def test_the_day_before_day_1_is_known(tmp_path: Path, from_1904: bool):
    table = TABLE | {"B2": dt.date(2025, 12, 31)}
    sheet = workbook.read(written(tmp_path / "t.xlsx", table, date_1904=from_1904), nobody)
    assert sheet.cells.to_numpy().tolist() == [["A", "2025-12-31"]]
    assert sheet.day_0 == (dt.date(1904, 1, 1) if from_1904 else dt.date(1899, 12, 30))


def test_further_sheets_are_told_also_where_the_first_holds_no_table(tmp_path: Path):
    with xlsxwriter.Workbook(str(tmp_path / "t.xlsx")) as book:
        book.add_worksheet("Cover")
        book.add_worksheet("Prices").write_row("A1", ["id", "price"])
    told = "has no column names .*; only the first sheet, 'Cover', of 2 is read, not 'Prices'"
    with pytest.raises(Unreadable, match=told):
        workbook.read(tmp_path / "t.xlsx", nobody)


def test_the_first_sheet_is_the_one_the_workbook_names_first(tmp_path: Path):
    with xlsxwriter.Workbook(str(tmp_path / "t.xlsx")) as book:
        book.add_worksheet("One").write_row("A1", ["id", "price"])
        book.add_worksheet("Two").write_row("A1", ["id", "=1+1"])
    parts = [f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(["One", "Two"], 1)]
    sheet = workbook.read(changed(tmp_path / "t.xlsx", "".join(parts), "".join(parts[::-1])), nobody)
    assert sheet.header == ["id", "=1+1"]
