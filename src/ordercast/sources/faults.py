"""What is wrong with the input and how to put it right, in words a person can act on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

import pandas as pd

from ordercast.contracts import INFINITE, INPUTS, OUT_OF_CALENDAR, TABLES
from ordercast.schema import FAULT_DTYPES, MISSING
from ordercast.sentences import Sentence, listed, say
from ordercast.sources import amounts, days
from ordercast.sources.cells import ERROR, FORMULA, NO_FLAG, ROUNDED

EXAMPLES = 5
FOLDER = "folder"  # what notes on the files of a folder are told of
LONGEST_CELL = 40
DISAGREES = say("is given more than once, with different values")
UNKNOWN = say("is a product that neither products nor prices have")
UNKNOWN_SUPPLIER = say("is a supplier that neither suppliers nor prices have for this product")
NO_CURRENCY = say("is not the code of a currency")
UNEQUAL = say("is not the same in all rows of one supplier")
FUTURE = say("is after today")
ALONE = say("is long after all other quotes, and would make them all stale")
SHARE = "Write a share, such as 0.20 for 20%"
CURES = {
    MISSING: "Fill the cell or remove the row",
    amounts.NO_NUMBER: "Write digits and a decimal point only, such as 1234.50",
    amounts.PERCENT: SHARE,
    "is above 1": SHARE,
    "is not below 1": SHARE,
    amounts.OTHER_DECIMAL: "Write all numbers of a column alike, such as 1234.50",
    amounts.EITHER_NUMBER: "Set data.decimal: '.' or ',', or write it such as 1234.50",
    NO_CURRENCY: "Write its code, such as BRL; where a decimal comma cut a price, put the price in double quotes",
    amounts.OTHER_CURRENCY: "Convert it, or read one currency after the other",
    NO_FLAG: "Write true or false",
    ERROR: "Correct the formula, or write the value",
    FORMULA: "Open the file in Excel or LibreOffice and save it there, or write the value",
    ROUNDED: "Format the column as text and enter it again",
    days.NO_DAY["iso"]: "Write dates such as 2026-03-31",
    days.NO_DAY["dmy"]: "Write dates such as 31/03/2026",
    days.NO_DAY["mdy"]: "Write dates such as 03/31/2026",
    days.OTHER_ORDER: "Write all dates of a column alike, such as 2026-03-31",
    days.EITHER_DAY: "Set data.dates: dmy or mdy, or write it such as 2026-03-31",
    OUT_OF_CALENDAR: "Correct the year or remove the row",
    INFINITE: "Write the figure or remove the row",
    DISAGREES: "Keep one row of each, adding up what belongs together",
    UNKNOWN: "Add it to products, or correct or remove the row",
    UNKNOWN_SUPPLIER: "Correct the supplier, or remove the row",
    UNEQUAL: "A supplier has one minimum for all that is ordered of him on a day: keep one value",
    FUTURE: "Correct the date, or set base.today",
    ALONE: "Correct the date, or set base.today",
}
OTHER_CURE = "Correct the value or remove the row"


class InputError(ValueError):
    """The input cannot be used; the text has one line per kind of fault, and nothing was written."""


def many(number: int, thing: str) -> str:
    """Return the number and the thing: "1 row", "3 rows"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def some(names: Iterable[str], total: int) -> Sentence:
    """Return the first of `total` names, and how many there are beyond: "A, B, C, D, E and 7 more"."""
    first = listed(islice(names, EXAMPLES))
    return first if total <= EXAMPLES else say("%(names)s and %(more)s more", names=first, more=total - EXAMPLES)


def noted(notes: Iterable[tuple[str, Sentence]]) -> pd.DataFrame:
    """Return the table of such (table, sentence) pairs."""
    rows = [(place, table, str(sentence), sentence.packed()) for place, (table, sentence) in enumerate(notes, 1)]
    return pd.DataFrame(rows, columns=TABLES["notes"].names).astype({"place": "int64"})


def cure_of(fault: str) -> str:
    """Return what puts a faulty cell right."""
    return next((cure for start, cure in CURES.items() if fault.startswith(start)), OTHER_CURE)


@dataclass
class Findings:
    """What reading a folder brings to light, table by table.

    stops: (table, sentence) on what is wrong beyond single rows, of no one table where that is ""; rows: by table,
    frames like schema.faults gives; notes: (table, sentence) pairs; files: file name by table; yours: the reader's
    name of a column by (table, column).
    """

    stops: list[tuple[str, str]] = field(default_factory=list)
    rows: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    notes: list[tuple[str, Sentence]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    yours: dict[tuple[str, str], str] = field(default_factory=dict)

    def stop(self, table: str, sentence: str) -> None:
        """Record what is wrong with a table beyond single rows."""
        self.stops.append((table, f"{sentence}."))

    def blame(self, table: str, column: str, fault: str, value: pd.Series[str]) -> None:
        """Record rows at fault: `value` is what stands there, its index the rows as people count them."""
        if len(value):
            found = {"table": table, "row": value.index, "column": column, "value": value.array, "fault": fault}
            self.rows.setdefault(table, []).append(pd.DataFrame(found).astype(FAULT_DTYPES))

    def note(self, table: str, sentence: Sentence) -> None:
        """Record what was assumed, mapped or ignored."""
        self.notes.append((table, sentence))

    def notes_in_order(self) -> list[tuple[str, Sentence]]:
        """Return the notes, those on the folder first, then table by table."""
        order = [FOLDER, *INPUTS]
        return sorted(self.notes, key=lambda note: order.index(note[0]))

    def bad_rows(self, table: str) -> pd.Index[int]:
        """Return the rows of a table that are at fault, each once."""
        rows = [found["row"] for found in self.rows.get(table, [])]
        bad: pd.Index[int] = pd.Index(pd.concat(rows).unique() if rows else [], dtype="int64")
        return bad

    def quarantine(self) -> pd.DataFrame:
        """Return one row per fault (table, row, column, value, fault), table by table, row by row."""
        tables = [pd.concat(self.rows[name]).sort_values("row", kind="stable") for name in INPUTS if name in self.rows]
        if not tables:
            return TABLES["quarantine"].empty()
        return pd.concat(tables, ignore_index=True)

    def text(self, offer_quarantine: bool) -> str:
        """Return all that is wrong, one line per kind of fault, and how to go on without the faulty rows."""
        kinds = self.quarantine().groupby(["table", "column", "fault"], sort=False)
        stops = [f"{self._where(table)}: {sentence}" if table else sentence for table, sentence in self.stops]
        lines = [*stops, *(self._line(rows) for _, rows in kinds)]
        end = "Nothing was written."
        if self.rows and offer_quarantine:
            end += " To set the faulty rows aside and go on, set data.on_bad_row: quarantine."
        return "\n".join(["The input has faults:", *(f"- {line}" for line in lines), end])

    def _line(self, rows: pd.DataFrame) -> str:
        table, column, fault = (str(rows[name].iloc[0]) for name in ("table", "column", "fault"))
        name, cure = self.name(table, column), cure_of(fault)
        cells = (f"row {row} ({_brief(value)})" for row, value in zip(rows["row"], rows["value"], strict=True))
        examples = some(cells, len(rows))
        return f"{self._where(table)}: {name} {fault} in {many(len(rows), 'row')}: {examples}. {cure}."

    def name(self, table: str, column: str) -> str:
        """Return the name of a column, and beside it the reader's own."""
        yours = self.yours.get((table, column), column)
        return column if yours == column else f"{column} (your column '{yours}')"

    def _where(self, table: str) -> str:
        return f"{table} ({self.files[table]})" if table in self.files else table


def _brief(value: str) -> str:
    """A cell in one short line."""
    line = " ".join(value.split())
    return (line if len(line) <= LONGEST_CELL else line[:LONGEST_CELL] + "...") or "empty"
