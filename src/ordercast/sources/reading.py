"""What the texts of one column mean, decided from all of them together: nothing is read that could mean two things."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Decimal = Literal["auto", ".", ","]
Dates = Literal["auto", "iso", "dmy", "mdy"]


@dataclass(frozen=True)
class Writing:
    """How people write numbers and dates, where they say so: data.decimal and data.dates."""

    decimal: Decimal = "auto"
    dates: Dates = "auto"


@dataclass(frozen=True)
class Reading:
    """The distinct texts of a column, read.

    values: one per text, None where it is at fault; faults: what is wrong with each, "" where nothing is; notes: what
    was assumed, each a sentence whose subject is the column; doubt: what the texts in `doubtful` could mean, where
    no text of the column settles it, so that the column cannot be read at all; timed: whether times of day were cut
    off; currency: code of the money signs among them.
    """

    values: list[Any]
    faults: list[str]
    notes: list[str] = field(default_factory=list)
    doubt: str = ""
    doubtful: str = ""
    timed: bool = False
    currency: str | None = None
