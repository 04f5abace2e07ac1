"""The first sheet of an Excel file, refused in words where it could not be held in memory."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import pandas as pd
import python_calamine

from ordercast.sentences import Sentence, listed, say
from ordercast.sources import cells, formulas, layout
from ordercast.sources.layout import Known, Sheet, Unreadable
from ordercast.sources.reading import DAY_0_OF_1904, EXCEL_DAY_0

MOST_CELLS = 50_000_000  # a sheet is held whole, blank cells too: one stray cell in the far corner would be 17 billion
MOST_BYTES = 4_000_000_000
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_NOT_XLSX = (
    python_calamine.CalamineError,
    zipfile.BadZipFile,
    zlib.error,
    ExpatError,
    EOFError,
    NotImplementedError,  # zipfile, of a compression it does not know
    RuntimeError,  # zipfile, of a password
    ValueError,  # zipfile and XML of bytes that are no text, or of a row that is no number
)


def read(path: Path, known: Known) -> Sheet:
    """Return the table in the first sheet; known: as in layout.table. Raises Unreadable.

    An error of a formula stands there as its text, and a formula that was never calculated as itself.
    """
    try:
        _check_extent(path)
        with python_calamine.CalamineWorkbook.from_path(path) as file:
            names = [str(name) for name in file.sheet_names]
            grid: list[list[Any]] = file.get_sheet_by_index(0).to_python(skip_empty_area=False) if names else []
        with zipfile.ZipFile(path) as archive:
            book = formulas.book(archive)
            unknown = formulas.without_result(archive, book)
            _put(grid, unknown)
    except Unreadable:
        raise
    except _NOT_XLSX as error:
        raise Unreadable(f"cannot be read as XLSX ({error}). Save it again without a password") from None
    alone = _alone(names)
    # Cell by cell: a column of a spreadsheet may mix texts, numbers and dates.
    rows = ([cells.shown(cell) for cell in row] for row in grid)
    try:
        sheet = layout.table(rows, known, "Remove what stands beside them")
    except Unreadable as error:
        raise Unreadable(f"{error}; {alone}" if alone else str(error)) from None
    index = sheet.cells.index
    native = {
        place: pd.Series(
            [not isinstance(grid[row - 1][place], str) or (row - 1, place) in unknown for row in index.to_list()],
            index,
            dtype="bool",
        )
        for place in map(int, sheet.cells.columns)
    }
    day_0 = DAY_0_OF_1904 if book.from_1904 else EXCEL_DAY_0
    return replace(
        sheet, native=native, notes=[alone, *sheet.notes] if alone else sheet.notes, part=alone or "", day_0=day_0
    )


def _alone(names: list[str]) -> Sentence | None:
    """A note on the sheets that are not read, where there are any."""
    if len(names) < 2:
        return None
    first, *further = map(repr, names)
    return say(
        "only the first sheet, %(sheet)s, of %(sheets)s is read, not %(further)s",
        sheet=first,
        sheets=len(names),
        further=listed(further),
    )


def _put(grid: list[list[Any]], found: dict[tuple[int, int], str]) -> None:
    """Put texts into the grid, which grows where they stand beyond it."""
    if not found:
        return
    height, width = len(grid), len(grid[0]) if grid else 0
    height = max(height, *(row + 1 for row, _ in found))
    width = max(width, *(column + 1 for _, column in found))
    if height * width > MOST_CELLS:
        raise Unreadable(f"has a formula in row {height}: {height * width} cells, most of them blank. Delete it")
    grid += [[] for _ in range(height - len(grid))]
    for row in grid:
        row += [""] * (width - len(row))
    for (number, column), text in found.items():
        grid[number][column] = text


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


def _outermost(archive: zipfile.ZipFile, part: str) -> tuple[int, int]:
    """The largest column and row in which a sheet has a cell."""
    columns: set[bytes] = set()
    row, rest = 0, b""
    for chunk in formulas.chunks(archive, part):
        found = _PLACE.findall(rest + chunk)
        columns.update(letters for letters, _ in found)
        row = max(row, max((int(digits) for _, digits in found), default=0))
        rest = chunk[-formulas.OVERLAP_BYTES :]
    return max((formulas.number(letters.decode()) for letters in columns), default=0), row
