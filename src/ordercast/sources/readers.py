"""The files of a folder that hold tables, and their cells as a person finds them, whatever the format."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pandas as pd

from ordercast import store
from ordercast.project import SNAPSHOT_ABOUT
from ordercast.sources import delimited, layout, workbook
from ordercast.sources.layout import Known, Sheet, Unreadable

__all__ = ["ENDINGS", "Folder", "Known", "Sheet", "Unreadable", "find", "read"]

EXCEL_LOCK = "~$"
_KEPT_TYPES = re.compile(r"U?(TINY|SMALL|BIG)?INT(EGER)?|DOUBLE|BOOLEAN|DATE|TIMESTAMP(_N?S|_MS)?|VARCHAR")
# Cast to text they keep the digits of the file, and they are numbers, not the text of some.
_EXACT_TYPES = re.compile(r"DECIMAL|FLOAT|U?HUGEINT")
SPLIT_OTHERWISE = {
    ",": "Separate cells by commas, write decimals with a point, and put a cell that holds a comma in double quotes",
    ";": "Put a cell that holds ; in double quotes",
    "\t": "Put a cell that holds a tab in double quotes",
}


@dataclass(frozen=True)
class Folder:
    """The files found for each table, by name, and the names of all other files."""

    tables: dict[str, list[Path]]
    others: list[str]


def find(folder: str | Path, tables: Sequence[str]) -> Folder:
    """Return which files of the folder hold which of the tables: <table> with one of ENDINGS, in any case.

    Hidden files, those a spreadsheet keeps open, README files and folders are passed over. Raises Unreadable
    when there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise Unreadable(f"{folder} {what}. Set data.path to the folder that holds your tables")
    found: dict[str, list[Path]] = {}
    others = []
    for file in sorted(folder.iterdir()):
        if (
            file.is_dir()
            or file.name.startswith((".", EXCEL_LOCK))
            or file.stem.upper() == "README"
            or file.name == SNAPSHOT_ABOUT
        ):
            continue
        if file.stem.lower() in tables and file.suffix.lower() in _READERS:
            found.setdefault(file.stem.lower(), []).append(file)
        else:
            others.append(file.name)
    return Folder(found, others)


def read(path: Path, known: Known = lambda _: 0) -> Sheet:
    """Return the table in a Parquet, text (CSV) or Excel file.

    known: how many of the cells of a row are names of columns. Raises Unreadable: an empty or broken file, rows
    longer than the header, no header.
    """
    try:
        if path.stat().st_size == 0:
            raise Unreadable("is empty (0 bytes). Export the table again, with its header")
        sheet = _READERS[path.suffix.lower()](path, known)
    except OSError as error:
        raise Unreadable(f"cannot be opened ({error.strerror}). See to it that it can be read") from None
    return sheet


def _parquet(path: Path, _: Known) -> Sheet:
    try:
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            store.without_progress_bar(connection)
            table = connection.read_parquet(store.pattern(path), binary_as_string=True)
            header = [str(name) for name in table.columns]
            kinds = [str(kind) for kind in table.types]
            rows = table.project(", ".join(map(_as_found, header, kinds))).df()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise Unreadable(f"cannot be read as Parquet ({reason}). Write the file again") from None
    except UnicodeDecodeError:  # DuckDB hands out column names as they are
        raise Unreadable("cannot be read as Parquet (a column name is not UTF-8). Write the file again") from None
    rows = rows.set_axis(range(len(header)), axis=1).set_axis(range(1, len(rows) + 1))
    exact = [place for place, kind in enumerate(kinds) if _EXACT_TYPES.match(kind)]
    return Sheet(header, rows, {place: pd.Series(True, index=rows.index) for place in exact})


def _as_found(column: str, kind: str) -> str:
    """SQL of a column in a type that pandas holds without a loss; all other types become text."""
    name = '"' + column.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST({name} AS TIMESTAMP) AS {name}"
    return name if _KEPT_TYPES.fullmatch(kind) else f"CAST({name} AS VARCHAR) AS {name}"


def _text(path: Path, known: Known) -> Sheet:
    lines = delimited.lines(path.read_bytes(), known)
    sheet = layout.table(lines.rows(), known, SPLIT_OTHERWISE[lines.separator])
    cut = delimited.cut_decimals(sheet, known) if lines.separator == "," else []
    return replace(sheet, notes=[*lines.notes, *sheet.notes, *cut])


_READERS: dict[str, Callable[[Path, Known], Sheet]] = {
    ".parquet": _parquet,
    ".csv": _text,
    ".tsv": _text,
    ".txt": _text,
    ".xlsx": workbook.read,
}
ENDINGS = tuple(_READERS)
