"""Cells as they were found in a file, turned into the type of their column; what cannot be turned is told."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ordercast.contracts import DTYPES, Kind

FAULT_OF_KIND: dict[Kind, str] = {
    "number": "is not a number",
    "flag": "is neither true nor false",
    "day": "is not a date written YYYY-MM-DD",
}
FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_NUMBER = re.compile(r"[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|inf|infinity)", re.IGNORECASE)
_DAY = re.compile(r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?")


@dataclass(frozen=True)
class Typed:
    """Cells in the type of their column, empty where they were empty or bad.

    bad: true where a cell holds something that could not be turned. timed: whether times of day were cut off.
    """

    content: pd.Series[Any]
    bad: pd.Series[bool]
    timed: bool = False


def typed(cells: pd.Series[Any], kind: Kind) -> Typed:
    """Return the cells as str, float64, boolean or datetime64[us], as the kind asks; they may be empty.

    cells: text from CSV and XLSX, and whatever type Parquet gave them. Blanks around text do not count; text of
    nothing else is empty. Numbers have a decimal point. Dates are ISO (YYYY-MM-DD); a time of day is cut off.
    """
    types = pd.api.types
    fine = pd.Series(False, index=cells.index)
    if kind == "day" and types.is_datetime64_any_dtype(cells):
        days = cells.astype(DTYPES["day"])
        return Typed(days.dt.normalize(), fine, timed=bool((days > days.dt.normalize()).any()))
    if kind == "number" and types.is_numeric_dtype(cells) and not types.is_bool_dtype(cells):
        return Typed(cells.astype("float64"), fine)
    if kind == "flag" and types.is_bool_dtype(cells):
        return Typed(cells.astype("boolean"), fine)
    text = _each(cells, lambda cell: shown(cell).strip() or None, "str")
    if kind == "text":
        return Typed(text, fine)
    content = _each(text, *_PARSERS[kind])
    there = content.notna()
    longer = text[there].str.len() > len("YYYY-MM-DD")
    return Typed(content, text.notna() & ~there, timed=kind == "day" and bool(longer.any()))


def shown(cell: Any) -> str:
    """Return a cell as a person finds it in the file: "" where it is empty, 3 for 3.0, days without a time.

    >>> shown(3.0), shown(0.1), shown(True), shown(pd.Timestamp("2026-03-31")), shown(pd.NA)
    ('3', '0.1', 'true', '2026-03-31', '')
    """
    if pd.isna(cell):
        return ""
    if isinstance(cell, float):
        return repr(float(cell)).removesuffix(".0")
    if isinstance(cell, bool | np.bool_):
        return str(cell).lower()
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(cell)


def _each(cells: pd.Series[Any], parse: Callable[[Any], Any], dtype: Any) -> pd.Series[Any]:
    """Parse each distinct cell once: a million rows hold some thousand dates and prices."""
    codes, distinct = pd.factorize(cells)
    parsed = pd.Series([*map(parse, distinct), None], dtype=dtype)
    return pd.Series(parsed.array.take(codes), index=cells.index)  # an empty cell has code -1: the last one


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _day(text: str) -> dt.date | None:
    found = _DAY.fullmatch(text)
    try:
        dt.datetime.fromisoformat(text)
        return dt.date.fromisoformat(found["day"]) if found else None
    except ValueError:
        return None


_PARSERS: dict[Kind, tuple[Callable[[str], Any], Any]] = {
    "number": (_number, "float64"),
    "flag": (lambda text: FLAGS.get(text.lower()), "boolean"),
    "day": (_day, DTYPES["day"]),
}
