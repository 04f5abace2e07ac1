"""Cells as they were found in a file, turned into the type of their column; what cannot be turned is told."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ordercast.contracts import DTYPES, Kind
from ordercast.sentences import Sentence, say
from ordercast.sources import amounts, days
from ordercast.sources.reading import Reading, Writing

NO_FLAG = say("is neither true nor false")
FLAGS = {
    **dict.fromkeys(("true", "1", "yes", "y", "sim", "s", "verdadeiro"), True),
    **dict.fromkeys(("false", "0", "no", "n", "não", "nao", "falso"), False),
}
LARGEST_EXACT = 1e15  # beyond it a spreadsheet has lost digits
ERROR = say("is an error of a formula")
FORMULA = say("is a formula that was never calculated")
ROUNDED = say("is a number of many digits, of which a spreadsheet kept some")
ERRORS = (
    *("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!"),
    *("#CONNECT!", "#BUSY!", "#UNKNOWN!", "#GETTING_DATA"),
    *("#N/D", "#N/DISP", "#NOME?", "#NULO!", "#NÚM!", "#VALOR!", "#DESPEJAR!"),
)
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{1,3}", re.IGNORECASE)


@dataclass(frozen=True)
class Typed:
    """Cells in the type of their column, empty where they were empty or at fault.

    bad: true where a cell holds something that could not be turned; fault: what is wrong with each of these; the rest
    as in Reading. In doubt all cells are empty.
    """

    content: pd.Series[Any]
    bad: pd.Series[bool]
    fault: pd.Series[str]
    notes: list[Sentence] = field(default_factory=list)
    doubt: str = ""
    doubtful: str = ""
    timed: bool = False
    currency: str | None = None
    proof: str = ""


def typed(
    cells: pd.Series[Any],
    kind: Kind,
    writing: Writing = Writing(),  # noqa: B008
    native: pd.Series[bool] | None = None,
    money: bool = False,
) -> Typed:
    """Return the cells as str, float64, boolean or datetime64[us], as the kind asks; they may be empty.

    cells: text from CSV and XLSX, and whatever type Parquet gave them. Blanks around text do not count; text of
    nothing else is empty; a time of day is cut off. writing: how people write numbers and dates there. native: which
    texts were numbers or dates in the file, so that they mean one thing only. money: whether it is a column of money.
    """
    types = pd.api.types
    fine = pd.Series(False, index=cells.index), pd.Series([], dtype="str")
    if kind == "day" and types.is_datetime64_any_dtype(cells):
        found = cells.astype(DTYPES["day"])
        return Typed(found.dt.normalize(), *fine, timed=bool((found > found.dt.normalize()).any()))
    if kind == "number" and types.is_numeric_dtype(cells) and not types.is_bool_dtype(cells):
        return Typed(cells.astype("float64"), *fine)
    if kind == "flag" and types.is_bool_dtype(cells):
        return Typed(cells.astype("boolean"), *fine)
    text = _stripped(cells)
    if types.is_numeric_dtype(cells) or types.is_datetime64_any_dtype(cells):
        native = pd.Series(True, index=cells.index) if kind == "number" else None
        writing = Writing(dates="iso")  # a number of days has no meaning in Parquet
    readers = _readers(kind, writing, money)
    dtype = "boolean" if kind == "flag" else DTYPES[kind]
    if native is None or not native.any():
        return _taken(text, readers[0], dtype)
    texts = _taken(text[~native], readers[0], dtype)
    natives = _taken(text[native], readers[1], dtype)
    return _exchanged(texts, natives) or _joined(texts, natives, text)


def shown(cell: Any) -> str:
    """Return a cell as a person finds it in the file: "" where it is empty, 3 for 3.0, days without a time.

    >>> shown(3.0), shown(0.1), shown(True), shown(pd.Timestamp("2026-03-31")), shown(pd.NA)
    ('3', '0.1', 'true', '2026-03-31', '')
    """
    if isinstance(cell, str):
        return cell
    if pd.isna(cell):
        return ""
    if isinstance(cell, float):
        if LARGEST_EXACT <= abs(cell) < np.inf:
            return np.format_float_scientific(cell, trim="-")
        return str(int(cell)) if cell.is_integer() else repr(float(cell))
    if isinstance(cell, bool | np.bool_):
        return str(cell).lower()
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(cell)


Reader = Callable[[Sequence[str], Sequence[int]], Reading]


def _readers(kind: Kind, writing: Writing, money: bool) -> tuple[Reader, Reader]:
    """How the texts of a column are read, and how those that were no texts in the file."""
    if kind in ("text", "flag"):
        same = _words if kind == "text" else _flags
        return same, _calculated(same)
    if kind == "number":
        return (
            lambda texts, counts: amounts.read(texts, counts, writing.decimal, money),
            _calculated(lambda texts, counts: amounts.read(texts, counts, ".", False)),
        )
    return (
        lambda texts, counts: days.read(texts, counts, writing.dates, writing.day_0),
        _calculated(lambda texts, counts: days.read_native(texts, writing.day_0)),
    )


def _calculated(read: Reader) -> Reader:
    """The same for cells that were no texts, where what begins with = is a formula and not a name."""
    return partial(_with_results, read=read, fault=lambda text: FORMULA if text.startswith("=") else "")


def _words(texts: Sequence[str], counts: Sequence[int]) -> Reading:
    faults = [ROUNDED if _ROUNDED.fullmatch(text) else "" for text in texts]
    return Reading([None if fault else text for text, fault in zip(texts, faults, strict=True)], faults)


def _flags(texts: Sequence[str], counts: Sequence[int]) -> Reading:
    values = [FLAGS.get(text.lower()) for text in texts]
    return Reading(values, [NO_FLAG if value is None else "" for value in values])


def _stripped(cells: pd.Series[Any]) -> pd.Series[str]:
    codes, distinct = pd.factorize(cells)
    return _spread([shown(cell).strip() or None for cell in distinct], codes, cells.index, "str")


def _taken(text: pd.Series[str], read: Reader, dtype: Any) -> Typed:
    """Read each distinct text once: a million rows hold some thousand dates and prices."""
    codes, distinct = pd.factorize(text)
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct)).tolist()
    reading = _with_results([str(one) for one in distinct], counts, read, lambda text: ERROR if text in ERRORS else "")
    bad = _spread([bool(fault) for fault in reading.faults], codes, text.index, "bool", empty=False)
    return Typed(
        _spread(reading.values, codes, text.index, dtype),
        bad,
        pd.Series([reading.faults[code] for code in codes[bad]], index=text.index[bad], dtype="str"),
        reading.notes,
        reading.doubt,
        reading.doubtful,
        reading.timed,
        reading.currency,
        reading.proof,
    )


def _with_results(texts: Sequence[str], counts: Sequence[int], read: Reader, fault: Callable[[str], str]) -> Reading:
    """Read the texts without that fault; those with it hold no value, and prove nothing."""
    faults = [fault(text) for text in texts]
    if not any(faults):
        return read(texts, counts)
    places = [place for place, fault in enumerate(faults) if not fault]
    reading = read([texts[place] for place in places], [counts[place] for place in places])
    values: list[Any] = [None] * len(texts)
    for place, value, found in zip(places, reading.values, reading.faults, strict=True):
        values[place], faults[place] = value, found
    return replace(reading, values=values, faults=faults)


def _spread(values: list[Any], codes: Any, index: pd.Index[Any], dtype: Any, empty: Any = None) -> pd.Series[Any]:
    each = pd.Series([*values, empty], dtype=dtype)
    return pd.Series(each.array.take(codes), index=index)  # an empty cell has code -1: the last one


def _exchanged(texts: Typed, natives: Typed) -> Typed | None:
    """A column in doubt, where a spreadsheet may have made dates of some of its texts in another order.

    It can do so with those only that have a day up to 12, and so none of its own dates has a later one.
    """
    if not texts.proof:
        return None
    known = natives.content.dropna()
    unequal = known[known.dt.day != known.dt.month]
    if unequal.empty or (known.dt.day > 12).any():
        return None
    doubt = (
        f"is text, and all real dates beside it have a day up to 12, such as {unequal.iloc[0]:%Y-%m-%d}: a spreadsheet "
        "that expected another order makes dates of the texts it can, day and month exchanged. Import the column again "
        f"as text, or as dates in the order of {texts.proof}"
    )
    empty = pd.concat([texts.content, natives.content]).sort_index().map(lambda _: pd.NaT)
    return Typed(empty, empty.notna(), pd.Series([], dtype="str"), doubt=doubt, doubtful=texts.proof)


def _joined(texts: Typed, natives: Typed, like: pd.Series[str]) -> Typed:
    """The two parts of a column, each read in its own way, in the order of its rows."""
    return Typed(
        pd.concat([texts.content, natives.content]).reindex(like.index),
        pd.concat([texts.bad, natives.bad]).reindex(like.index),
        pd.concat([texts.fault, natives.fault]).sort_index(),
        [*texts.notes, *natives.notes],
        texts.doubt,
        texts.doubtful,
        texts.timed or natives.timed,
        texts.currency,
    )
