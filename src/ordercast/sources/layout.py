"""Where in a sheet the table stands: its column names, its rows, and what people write above and below them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain, islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast.sentences import Sentence, listed, say
from ordercast.sources.reading import EXCEL_DAY_0

HEAD_ROWS = 30  # the column names stand among the first so many rows
TOTALS = {
    *("total", "totals", "totais", "total geral", "totais gerais", "grand total", "soma", "sum"),
    *("subtotal", "subtotals", "subtotais", "sub-total", "sub total"),
    *("média", "media", "médias", "média geral", "media geral", "average", "averages", "avg", "mean"),
}
CHUNK_ROWS = 50_000
MOST_COLUMNS = 16_384  # as many as Excel has
Known = Callable[[Sequence[str]], int]  # how many of the cells of a row are names of columns


class Unreadable(ValueError):
    """A file that holds no table: why, and what to do."""


@dataclass(frozen=True)
class Rest:
    """The rows of a long table that are not among its cells: how many, in how many of them a column is empty, and how
    many there are of each date."""

    rows: int = 0
    empty: dict[str, int] = field(default_factory=dict)
    of_date: dict[pd.Timestamp, int] = field(default_factory=dict)


NO_REST = Rest()


@dataclass(frozen=True)
class Sheet:
    """The cells of a file as found: text, or the types Parquet held.

    header: the column names as they stand there, possibly empty or repeated; cells: one column per name, labelled by
    its place in the file; its index counts the rows as people do (Parquet has no header row). native: by that label,
    which cells were numbers, dates or formulas and not text; notes: what was assumed of the file or left unread; part:
    what to know where a column is looked for in vain; day_0: the day before a spreadsheet's day 1; rest: what the cells
    of a long table leave out (see `long`).
    """

    header: list[str]
    cells: pd.DataFrame
    native: dict[int, pd.Series[bool]] = field(default_factory=dict)
    notes: list[Sentence] = field(default_factory=list)
    part: str = ""
    day_0: dt.date = EXCEL_DAY_0
    rest: Rest = NO_REST


def table(rows: Iterable[Sequence[str]], known: Known, cure: str) -> Sheet:
    """Return the table in the rows of a sheet, the first of which is row 1; blank rows and columns are left out.

    The column names stand in the row with the most names that are `known`; where none is, in the first with two cells.
    Rows above them, repetitions of them and totals at the end are left out and noted. Raises Unreadable where there
    are no names, and where a row has a cell beyond them; cure: what to do about that.
    """
    following = iter(rows)
    head = list(islice(following, HEAD_ROWS))
    at = _header_at(head, known)
    header, notes = [cell.strip() for cell in head[at]], _above(head[:at])
    if len(header) > MOST_COLUMNS:
        raise Unreadable(f"has {len(header)} columns, more than {MOST_COLUMNS}. Export the table alone")
    index, columns, repeated = _gathered(chain(head[at + 1 :], following), at + 2, head[at], cure)
    keep = [place for place, name in enumerate(header) if name or not all(map(_blank, columns[place]))]
    cells = pd.DataFrame({place: pd.array(columns[place], dtype="str") for place in keep}, index=index)
    if repeated:
        again = listed(map(str, repeated[:5]))
        notes.append(say("the column names stand again in row %(rows)s: left out", rows=again))
    names = [header[place] for place in keep]
    totals = _totals(cells, names)
    if totals:
        last = reduce(lambda rows, row: say("%(rows)s and %(row)s", rows=rows, row=row), map(str, totals))
        notes.append(say("totals in row %(rows)s are left out", rows=last))
    return Sheet(names, cells.drop(index=totals), notes=notes)


def _header_at(head: Sequence[Sequence[str]], known: Known) -> int:
    """The place of the row of column names."""
    filled = [sum(not _blank(cell) for cell in row) for row in head]
    if not any(filled):
        raise Unreadable("has no column names in its first rows. Put them above the cells")
    names = [known(row) for row in head]
    if not any(names):
        at = next(row for row, cells in enumerate(filled) if cells >= min(2, max(filled)))
        if not any(letter.isalpha() for cell in head[at] for letter in cell):
            raise Unreadable("has no column names in its first rows. Put them above the cells")
        return at
    at = names.index(max(names))
    wide = [row for row in range(at) if filled[row] > filled[at] or filled[row] == filled[at] > 2]
    if wide:
        raise Unreadable(
            f"has column names in row {at + 1}, and above them in row {wide[0] + 1} as many cells. "
            "Remove what stands above the column names"
        )
    return at


def _above(rows: Sequence[Sequence[str]]) -> list[Sentence]:
    """A note on the rows above the column names, where they hold anything."""
    texts = [cell.strip() for row in rows for cell in row if not _blank(cell)]
    if not texts:
        return []
    text = repr(texts[0][:60])
    if len(rows) == 1:
        return [say("row 1 is above the column names and left out: %(text)s", text=text)]
    return [say("rows 1 to %(last)s are above the column names and left out: %(text)s", last=str(len(rows)), text=text)]


def _gathered(
    rows: Iterable[Sequence[str]], first: int, header: Sequence[str], cure: str
) -> tuple[list[int], list[NDArray[Any]], list[int]]:
    """The row numbers and the columns of all rows with a cell, and the numbers of those that repeat the header."""
    width, names = len(header), list(header)
    index: list[int] = []
    repeated: list[int] = []
    parts: list[list[NDArray[Any]]] = [[np.empty(0, dtype=object)] for _ in header]
    seen: list[dict[str, str]] = [{} for _ in header]
    for numbers, kept in _chunks(rows, first, width, names, repeated, cure):
        index += numbers
        for place, column in enumerate(zip(*kept, strict=True)):
            once = seen[place].setdefault  # equal texts share their memory
            cells = np.empty(len(column), dtype=object)
            cells[:] = [once(cell, cell) for cell in column]
            parts[place].append(cells)
    return index, [np.concatenate(part) for part in parts], repeated


def _chunks(
    rows: Iterable[Sequence[str]], first: int, width: int, names: list[str], repeated: list[int], cure: str
) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Yield row numbers and rows of exactly `width` cells, some thousands at a time, without the blank ones."""
    numbers: list[int] = []
    kept: list[list[str]] = []
    for number, row in enumerate(rows, first):
        if not any(row) or all(map(_blank, row)):
            continue
        if len(row) != width:
            row = _fitted(row, width, number, cure)
        if row == names:
            repeated.append(number)
            continue
        numbers.append(number)
        kept.append(list(row))
        if len(kept) == CHUNK_ROWS:
            yield numbers, kept
            numbers, kept = [], []
    if kept:
        yield numbers, kept


def _fitted(row: Sequence[str], width: int, number: int, cure: str) -> list[str]:
    if any(not _blank(cell) for cell in row[width:]):
        filled = max(place for place, cell in enumerate(row, 1) if not _blank(cell))
        raise Unreadable(f"has {filled} cells in row {number} under {width} column names. {cure}")
    return [*row[:width], *[""] * (width - len(row))]


def _totals(cells: pd.DataFrame, names: Sequence[str]) -> list[int]:
    """The numbers of the last rows that begin with a word for totals and lack cells that other rows have."""
    found: list[int] = []
    for number in reversed(cells.index[-5:]):
        texts = [text.strip() for text in cells.loc[number]]
        first = next(text for text in texts if text)
        lacking = any(not text for text, name in zip(texts, names, strict=True) if name)
        if first.casefold().rstrip(": ") not in TOTALS or not (lacking or len(names) == 2):
            break
        found.insert(0, int(number))
    return found


def _blank(cell: str) -> bool:
    return not cell or cell.isspace()
