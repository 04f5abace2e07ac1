"""What the texts of one column mean, decided from all of them together: nothing is read that could mean two things."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

from ordercast.sentences import Sentence

Decimal = Literal["auto", ".", ","]
Dates = Literal["auto", "iso", "dmy", "mdy"]
# The days before day 1 of a spreadsheet; Excel for Macintosh once counted from 1904.
EXCEL_DAY_0, DAY_0_OF_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)


@dataclass(frozen=True)
class Writing:
    """How people write numbers and dates, where they say so: data.decimal and data.dates.

    day_0: the day before day 1, where a file counts days.
    """

    decimal: Decimal = "auto"
    dates: Dates = "auto"
    day_0: dt.date = EXCEL_DAY_0


@dataclass(frozen=True)
class Reading:
    """The distinct texts of a column, read.

    values: one per text, None where it is at fault; faults: what is wrong with each, "" where nothing is; notes: what
    was assumed, each a sentence whose subject is the column; doubt: what the texts in `doubtful` could mean, where
    no text of the column settles it, so that the column cannot be read at all; timed: whether times of day were cut
    off; currency: code of the money signs among them; proof: a text that proves the order of day and month.
    """

    values: list[Any]
    faults: list[str]
    notes: list[Sentence] = field(default_factory=list)
    doubt: str = ""
    doubtful: str = ""
    timed: bool = False
    currency: str | None = None
    proof: str = ""
