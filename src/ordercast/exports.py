"""Tables for other programs: CSV whose cells no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# What a spreadsheet may run when it opens the file; the last four are full-width forms that some take for the first.
ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def defused(text: str) -> str:
    """Return a text that a spreadsheet shows and does not run: one that could be a formula gets an apostrophe.

    For cells that came from people or files, names and reasons; numbers of our own are written as they are.

    >>> defused("=HYPERLINK(1)"), defused(" -2"), defused("A-2")
    ("'=HYPERLINK(1)", "' -2", 'A-2')
    """
    return "'" + text if text.startswith(ACTIVE) or text.lstrip().startswith(ACTIVE) else text


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str | int | float]]) -> str:
    """Return CSV with commas; every text cell is defused, None is not expected."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([defused(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return target.getvalue()
