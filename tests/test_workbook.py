"""Excel files: real numbers and dates are told from text; what is too wide to hold is refused, not died of."""

import datetime as dt
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from ordercast.sources import workbook
from ordercast.sources.layout import Unreadable


def written(path: Path, cells: dict[str, object]) -> Path:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"}) as book:
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
