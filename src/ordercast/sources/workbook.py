"""The first sheet of an Excel file, refused in words where it could not be held in memory."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import python_calamine

from ordercast.sources import cells, layout
from ordercast.sources.layout import Known, Sheet, Unreadable

MOST_CELLS = 50_000_000  # a sheet is held whole, blank cells too: one stray cell in the far corner would be 17 billion
MOST_BYTES = 4_000_000_000
_CHUNK_BYTES = 1 << 20
_OVERLAP_BYTES = 16  # a place such as XFD1048576 may be cut in two
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_NOT_XLSX = (
    python_calamine.CalamineError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # zipfile, of a compression it does not know
    RuntimeError,  # zipfile, of a password
    UnicodeDecodeError,  # zipfile, of a name that says it is UTF-8
)


def read(path: Path, known: Known) -> Sheet:
    """Return the table in the first sheet; known: as in layout.table. Raises Unreadable."""
    try:
        _check_extent(path)
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            names = [str(name) for name in book.sheet_names]
            grid: list[list[Any]] = book.get_sheet_by_index(0).to_python(skip_empty_area=False) if names else []
    except _NOT_XLSX as error:
        raise Unreadable(f"cannot be read as XLSX ({error}). Save it again without a password") from None
    # Cell by cell: a column of a spreadsheet may mix texts, numbers and dates.
    sheet = layout.table(([cells.shown(cell) for cell in row] for row in grid), known, "Remove what stands beside them")
    rows = sheet.cells.index
    native = {
        place: pd.Series([not isinstance(grid[row - 1][place], str) for row in rows.to_list()], rows, dtype="bool")
        for place in map(int, sheet.cells.columns)
    }
    notes = [f"only the first sheet, {names[0]!r}, of {len(names)} is read"] if len(names) > 1 else []
    return replace(sheet, native=native, notes=[*notes, *sheet.notes])


def _check_extent(path: Path) -> None:
    """Raise Unreadable for a sheet whose outermost cells span more than can be held."""
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
            raise Unreadable("is larger than can be read. Save the table as CSV or Parquet")
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/sheet"):
                continue
            column, row = _outermost(archive, name)
            if column * row > MOST_CELLS:
                raise Unreadable(
                    f"has a cell in row {row} and one in column {column}: {column * row} cells, most of them blank. "
                    "Delete the rows and columns beyond the table and save it again"
                )


def _outermost(archive: zipfile.ZipFile, name: str) -> tuple[int, int]:
    """The largest column and row in which a sheet has a cell."""
    columns: set[bytes] = set()
    row, rest = 0, b""
    with archive.open(name) as file:
        while chunk := file.read(_CHUNK_BYTES):
            found = _PLACE.findall(rest + chunk)
            columns.update(letters for letters, _ in found)
            row = max(row, max((int(digits) for _, digits in found), default=0))
            rest = chunk[-_OVERLAP_BYTES:]
    return max(map(_number, columns), default=0), row


def _number(letters: bytes) -> int:
    """The number of a column: 1 for A, 28 for AB."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
