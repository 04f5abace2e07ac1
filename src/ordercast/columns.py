"""What a column and a table of Ordercast promise: types, units, bounds, keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from ordercast.sentences import Sentence, listed, say

Kind = Literal["text", "number", "count", "flag", "day"]
DTYPES: dict[Kind, Any] = {
    "text": "str",
    "number": "float64",
    "count": "int64",
    "flag": "bool",
    "day": "datetime64[us]",
}
FIRST_DAY, LAST_DAY = pd.Timestamp("1900-01-01"), pd.Timestamp("2099-12-31")
INFINITE = say("is infinite")
NOT_WHOLE = say("is not a whole number")
OUT_OF_CALENDAR = say("is not between %(first)s and %(last)s", first=FIRST_DAY.date(), last=LAST_DAY.date())


@dataclass(frozen=True)
class Column:
    """One column: its kind (see `DTYPES`), unit, meaning and bounds. `required` cells may not be empty."""

    name: str
    kind: Kind
    unit: str
    description: str
    required: bool = False
    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    below: float | None = None
    whole: bool = False
    one_of: tuple[str, ...] = ()

    def rules(self) -> Iterator[tuple[Sentence, Any]]:
        """Yield (what a bad cell is, a test that good cells pass) for each bound; empty cells are exempt."""
        if self.kind == "number":
            yield INFINITE, np.isfinite
        if self.kind == "day":
            yield OUT_OF_CALENDAR, lambda cells: cells.between(FIRST_DAY, LAST_DAY)
        if self.above is not None:
            yield say("is not above %(bound)s", bound=self.above), lambda cells: cells > self.above
        if self.at_least is not None:
            yield say("is below %(bound)s", bound=self.at_least), lambda cells: cells >= self.at_least
        if self.at_most is not None:
            yield say("is above %(bound)s", bound=self.at_most), lambda cells: cells <= self.at_most
        if self.below is not None:
            yield say("is not below %(bound)s", bound=self.below), lambda cells: cells < self.below
        if self.whole:
            yield NOT_WHOLE, lambda cells: cells == cells.round()
        if self.one_of:
            yield say("is not one of %(words)s", words=listed(self.one_of)), lambda cells: cells.isin(self.one_of)

    def bounds(self) -> str:
        """Return what a cell must be beside its kind, in words: "above 0; a whole number"."""
        words = {
            "above {:g}": self.above,
            "at least {:g}": self.at_least,
            "at most {:g}": self.at_most,
            "below {:g}": self.below,
            "a whole number": self.whole or None,
            "one of {}": ", ".join(self.one_of) or None,
        }
        return "; ".join(text.format(bound) for text, bound in words.items() if bound is not None)


@dataclass(frozen=True)
class Table:
    """One table: its sort key and its columns in order.

    unique: one row per key. extensible: further columns may follow. ascending: columns of which none is below
    the one before it.
    """

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    unique: bool = True
    extensible: bool = False
    ascending: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Return the column names in order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """Return the column of that name; KeyError when the table has none."""
        return {column.name: column for column in self.columns}[name]

    def empty(self) -> pd.DataFrame:
        """Return a frame without rows that has every column in its type."""
        return pd.DataFrame({c.name: pd.Series([], dtype=DTYPES[c.kind]) for c in self.columns})
