"""What a check of a folder of tables has found, told as text, as a table and as a page; nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from ordercast import exports, sources
from ordercast.contracts import INPUTS
from ordercast.outcomes import UsageError
from ordercast.sources import span
from ordercast.sources.faults import Findings, cure_of, many

COLUMNS = ("table", "file", "row", "column", "value", "fault", "cure")
MOST_LISTED = 100_000  # faults in a table for a spreadsheet
MOST_SHOWN = 50  # rows of one kind of fault on a page
LONGEST_SHOWN = 200
# The page may show what it carries and nothing else, so no cell can make it load or run anything.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #57606a; --line: #d8dee4; --ground: #fff; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --soft: #a5adb6; --line: #3c434b; --ground: #16191d; --bad: #ff8f85; }
}
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", sans-serif; }
main { max-width: 56rem; margin: 0 auto; padding: 1rem 1rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; color: var(--bad); }
p { margin: .3rem 0; }
.soft { color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:first-child, td:first-child { white-space: nowrap; width: 1%; }
td { white-space: pre-wrap; }
"""


@dataclass(frozen=True)
class Verdict:
    """What was found in a folder.

    rows: of each table, where nothing is at fault; findings: all there is to say; faults: those of rows, as
    schema.faults gives them; told: all faults in words, "" where there are none.
    """

    folder: str
    rows: dict[str, int] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    faults: pd.DataFrame = field(default_factory=pd.DataFrame)
    told: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing is at fault."""
        return not self.told


def judge(folder: str | Path, *, needs: span.Needs | None = None, **options: Any) -> Verdict:
    """Return the verdict on the tables of a folder; options: those of sources.read but on_bad_row.

    needs: what forecasts take; prices that fall short of it are not wrong, but a note says so.
    """
    findings = Findings()
    try:
        raw = sources.read(folder, on_bad_row="stop", findings=findings, **options)
    except sources.InputError as error:
        return Verdict(str(folder), {}, findings, findings.quarantine(), str(error))
    for lack in span.lacking(raw.prices, needs, options.get("today")) if needs else ():
        findings.note("prices", lack)
    rows = {name: len(table) for name, table in raw.tables().items() if name not in ("quarantine", "notes")}
    return Verdict(str(folder), rows, findings, findings.quarantine())


def text(verdict: Verdict) -> str:
    """Return the verdict for a terminal: the faults, one line per kind, or the tables and what was assumed."""
    notes = [f"note: {table}: {note}" for table, note in verdict.findings.notes_in_order()]
    if not verdict.good:
        return "\n".join([*notes, verdict.told]) + "\n"
    return "\n".join([*(f"{name:<12} {rows:>9} rows" for name, rows in verdict.rows.items()), *notes, "no faults\n"])


def csv(verdict: Verdict) -> str:
    """Return one line per fault under COLUMNS, those of whole tables first; what exceeds MOST_LISTED is counted."""
    findings = verdict.findings
    lines: list[tuple[str | int, ...]] = [
        (table, findings.files.get(table, ""), "", "", "", sentence, "") for table, sentence in findings.stops
    ]
    for table, row, column, value, fault in verdict.faults.head(MOST_LISTED).itertuples(index=False, name=None):
        file, name = findings.files.get(table, ""), findings.name(table, column)
        lines.append((table, file, row, name, value, fault, cure_of(fault)))
    further = len(verdict.faults) - MOST_LISTED
    if further > 0:
        lines.append(("", "", "", "", "", f"{many(further, 'further fault')} not listed", "Correct those listed first"))
    return exports.csv_text(COLUMNS, lines)


def page(verdict: Verdict) -> str:
    """Return a page that stands by itself: per table its faults, by kind with counts, and what was assumed of it."""
    findings = verdict.findings
    notes = findings.notes_in_order()
    named = [*dict.fromkeys([*(table for table, _ in findings.stops), *verdict.faults.get("table", ())])]
    tables = [*named, *dict.fromkeys(table for table, _ in notes if table not in named)]
    parts = [_table(table, verdict, notes) for table in tables]
    title = f"Check of {verdict.folder}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p>{in_short(verdict)} Nothing was changed.</p>
{"".join(parts)}
</main>
</body>
</html>
"""


def in_short(verdict: Verdict) -> str:
    """Return one sentence: how much is at fault."""
    if verdict.good:
        read = sum(rows for table, rows in verdict.rows.items() if table in verdict.findings.files)
        return f"No faults in {many(read, 'row')}."
    faults, stops = len(verdict.faults), len(verdict.findings.stops)
    whole = [f"{many(stops, 'fault')} of whole tables"] if stops else []
    return " and ".join([*whole, *([many(faults, "faulty cell")] if faults else [])]) + "."


FORMS = {"text": text, "csv": csv, "html": page}


def form(asked: str | None, out: Path | None, folder: Path) -> str:
    """Return which of FORMS is written: the one asked for, else as the file's name ends, else text.

    Raises UsageError for a file that cannot be written, or would be read as one of the folder's tables.
    """
    if out is None:
        return asked or "text"
    if out.stem.lower() in INPUTS and out.resolve().parent == folder.resolve():
        raise UsageError(f"{out} would be read as the {out.stem.lower()} table; give it another name")
    if out.is_dir():
        raise UsageError(f"{out} is a folder; name a file in it, such as {out / 'faults.html'}")
    if not out.parent.is_dir():
        raise UsageError(f"there is no folder {out.parent} to write {out.name} to; make it first, or name another")
    by_ending = {".txt": "text", ".csv": "csv", ".html": "html"}
    if asked is None and out.suffix.lower() not in by_ending:
        raise UsageError(f"{out}: name a file that ends in .txt, .csv or .html, or add --format text, csv or html")
    return asked or by_ending[out.suffix.lower()]


def _table(table: str, verdict: Verdict, notes: Sequence[tuple[str, str]]) -> str:
    findings = verdict.findings
    file = findings.files.get(table)
    parts = [f"<h2>{escape(table or 'settings')}{f' <span class=soft>{escape(file)}</span>' if file else ''}</h2>\n"]
    if table in verdict.rows:
        parts.append(f"<p>{many(verdict.rows[table], 'row')}, no faults.</p>\n")
    parts += [f"<h3>{escape(sentence)}</h3>\n" for name, sentence in findings.stops if name == table]
    if len(verdict.faults):
        kinds = verdict.faults[verdict.faults["table"] == table].groupby(["column", "fault"], sort=False)
        parts += [_kind(findings, rows) for _, rows in kinds]
    told = [note for name, note in notes if name == table]
    if told:
        parts.append('<p class="soft">Assumed or left out:</p>\n<ul class="soft">')
        parts += [f"<li>{escape(note)}</li>" for note in told]
        parts.append("</ul>\n")
    return "".join(parts)


def _kind(findings: Findings, rows: pd.DataFrame) -> str:
    """One kind of fault in one column, with its first rows."""
    first = next(rows.itertuples())
    name = findings.name(str(first.table), str(first.column))
    shown = [
        f"<tr><td>{row}</td><td>{escape(value[:LONGEST_SHOWN]) or '<i>empty</i>'}</td></tr>"
        for row, value in zip(rows["row"].head(MOST_SHOWN), rows["value"].head(MOST_SHOWN), strict=True)
    ]
    further = len(rows) - len(shown)
    return (
        f"<h3>{escape(f'{name} {first.fault}')}: {many(len(rows), 'row')}</h3>\n"
        f"<p>{escape(cure_of(str(first.fault)))}.</p>\n"
        f"<table><thead><tr><th>row</th><th>cell</th></tr></thead><tbody>{''.join(shown)}</tbody></table>\n"
        + (f'<p class="soft">and {many(further, "further row")}</p>\n' if further else "")
    )
