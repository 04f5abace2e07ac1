"""One table of the input under way: its columns named, typed, filled in and checked row by row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from ordercast import schema
from ordercast.contracts import DTYPES, TABLES
from ordercast.sentences import count, listed, say
from ordercast.sources import cells, headers, readers
from ordercast.sources.faults import DISAGREES, Findings
from ordercast.sources.layout import NO_REST, Rest
from ordercast.sources.reading import Writing


@dataclass(frozen=True)
class Intake:
    """A table under way; the index of all its parts counts the rows as people do.

    frame: the canonical columns that the file gives, typed (filling adds some); found: its cells as they stand
    there; bad: which of them could not be typed; currencies: the currency that a column's signs of money name; filled:
    what stands in the cells of a column that were empty; rest: the rows that a long table has beyond these.
    """

    table: str
    frame: pd.DataFrame
    found: dict[str, pd.Series[Any]]
    bad: dict[str, pd.Series[bool]]
    currencies: dict[str, str] = field(default_factory=dict)
    filled: dict[str, Any] = field(default_factory=dict)
    rest: Rest = NO_REST

    @property
    def given(self) -> bool:
        """Whether there is a file for it."""
        return bool(self.found)


def take(
    table: str,
    sheet: readers.Sheet | None,
    columns: headers.Columns,
    findings: Findings,
    writing: Writing = Writing(),  # noqa: B008
) -> Intake:
    """Return the columns of a sheet under their canonical names, typed; no sheet gives a table without rows.

    Faults and notes on the header and on cells that are no text, number, flag or date go to the findings.
    """
    if sheet is None:
        return Intake(table, TABLES[table].empty(), {}, {})
    match = headers.match(sheet.header, table, columns)
    for sentence in match.faults:
        findings.stop(table, f"{sentence}; {sheet.part}" if sheet.part else sentence)
    for sentence in [*sheet.notes, *match.notes]:
        findings.note(table, sentence)
    taken = Intake(table, pd.DataFrame(index=sheet.cells.index), {}, {}, rest=sheet.rest)
    writing = replace(writing, day_0=sheet.day_0)
    for column in TABLES[table].columns:
        if column.name not in match.positions:
            continue
        position = match.positions[column.name]
        found = sheet.cells.iloc[:, position]
        native = sheet.native.get(int(sheet.cells.columns[position]))
        typed = cells.typed(found, column.kind, writing, native, money=column.unit.startswith("currency"))
        taken.frame[column.name] = typed.content
        taken.found[column.name], taken.bad[column.name] = found, typed.bad | bool(typed.doubt)
        if typed.currency:
            taken.currencies[column.name] = typed.currency
        findings.yours[table, column.name] = sheet.header[position].strip()
        _tell(table, column.name, found, typed, findings)
    optional = [c.name for c in TABLES[table].columns if not c.required and c.name not in match.positions]
    if optional:
        findings.note(table, say("columns not given are left empty: %(columns)s", columns=listed(optional)))
    return taken


def _tell(table: str, column: str, found: pd.Series[Any], typed: cells.Typed, findings: Findings) -> None:
    """Put what could not be read in a column, and what was assumed, into the findings."""
    if typed.doubt:
        row = found.index[(found.map(cells.shown).str.strip() == typed.doubtful).to_numpy()][0]
        findings.stop(table, f"{findings.name(table, column)}: {typed.doubtful} in row {row} {typed.doubt}")
    for fault in typed.fault.unique():
        findings.blame(table, column, fault, found[typed.fault.index[typed.fault == fault]].map(cells.shown))
    for sentence in typed.notes:
        findings.note(table, say("%(column)s %(sentence)s", column=column, sentence=sentence))
    if typed.timed:
        findings.note(table, say("the time of day in %(column)s was cut off", column=column))


def fill(taken: Intake, column: str, value: Any, findings: Findings) -> None:
    """Put the value into the empty cells of a column, or into a column that was not given, and note it."""
    frame, filled = taken.frame, {"column": column, "value": cells.shown(value)}
    taken.filled[column] = value
    if column not in frame:
        kind = TABLES[taken.table].column(column).kind
        frame[column] = pd.Series(value, index=frame.index, dtype=DTYPES[kind])
        told = say("no column %(column)s: every row is read as %(column)s = %(value)s", **filled)
        findings.note(taken.table, told)
        return
    empty = frame[column].isna()
    if column in taken.bad:
        empty &= ~taken.bad[column]
    rows = int(empty.sum()) + taken.rest.empty.get(column, 0)
    if rows:
        told = count(
            "%(n)s row without %(column)s: read as %(column)s = %(value)s",
            "%(n)s rows without %(column)s: read as %(column)s = %(value)s",
            rows,
            **filled,
        )
        findings.note(taken.table, told)
    frame[column] = frame[column].fillna(value)


def check(taken: Intake, findings: Findings) -> None:
    """Put every cell that breaks the contract into the findings: empty, out of bounds, infinite."""
    cases = schema.faults(taken.frame, taken.table)
    for kind, rows in cases.groupby(["column", "fault"], sort=False):
        column, fault = map(str, kind)
        if fault == schema.REPEATED or column not in taken.found:
            continue  # without_repeats tells of the one; the other was filled in
        found = taken.found[column][pd.Index(rows["row"])]
        # What could not be typed is empty by now, and told already.
        findings.blame(taken.table, column, fault, found[~taken.bad[column][found.index]].map(cells.shown))


def without_repeats(taken: Intake, findings: Findings) -> pd.DataFrame:
    """Return the frame with rows that say the same once; rows of one key that disagree go to the findings."""
    frame, contract = taken.frame, TABLES[taken.table]
    key = list(contract.key)
    if not contract.unique or not set(key) <= set(frame.columns):
        return frame
    # A column in doubt is empty and not blamed row by row; rows without a key repeat nothing.
    good = frame.drop(index=findings.bad_rows(taken.table)).dropna(subset=key)
    same = good.duplicated()
    if same.any():
        told = count(
            "%(n)s row left out: each repeats another row",
            "%(n)s rows left out: each repeats another row",
            int(same.sum()),
        )
        findings.note(taken.table, told)
    once = good[~same]
    disagree = once.loc[once.duplicated(key, keep=False), key]
    text = disagree.astype("str").agg(", ".join, axis=1) if len(disagree) else pd.Series(dtype="str")
    findings.blame(taken.table, ", ".join(key), DISAGREES, text)
    return frame.drop(index=good.index[same])
