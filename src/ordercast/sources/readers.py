"""The files of a folder that hold tables, and their cells as a person finds them, whatever the format."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import python_calamine

from ordercast import store
from ordercast.project import SNAPSHOT_ABOUT
from ordercast.sources import cells

EXCEL_LOCK = "~$"
_KEPT_TYPES = re.compile(r"U?(TINY|SMALL|BIG)?INT(EGER)?|DOUBLE|BOOLEAN|DATE|TIMESTAMP(_N?S|_MS)?|VARCHAR")


class Unreadable(ValueError):
    """A file that holds no table: why, and what to do."""


@dataclass(frozen=True)
class Folder:
    """The files found for each table, by name, and the names of all other files."""

    tables: dict[str, list[Path]]
    others: list[str]


@dataclass(frozen=True)
class Sheet:
    """The cells of a file as found: text, or the types Parquet held.

    header: the column names as they stand there, possibly empty or repeated; cells: one column per name, by
    position; its index counts the rows as people do (the header of a CSV or XLSX file is row 1, Parquet has
    none). note: what of the file was left unread, or nothing.
    """

    header: list[str]
    cells: pd.DataFrame
    note: str = ""


def find(folder: str | Path, tables: Sequence[str]) -> Folder:
    """Return which files of the folder hold which of the tables: <table>.parquet, .csv or .xlsx, in any case.

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


def read(path: Path) -> Sheet:
    """Return the cells of a Parquet, CSV or XLSX file; blank rows of the latter two are left out.

    Raises Unreadable: an empty or broken file, rows longer than the header, no header.
    """
    try:
        if path.stat().st_size == 0:
            raise Unreadable("is empty (0 bytes). Export the table again, with its header")
        sheet = _READERS[path.suffix.lower()](path)
    except OSError as error:
        raise Unreadable(f"cannot be opened ({error.strerror}). See to it that it can be read") from None
    if not any(sheet.header):
        raise Unreadable("has no column names in its first row. Put them there")
    return sheet


def _parquet(path: Path) -> Sheet:
    try:
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            store.without_progress_bar(connection)
            table = connection.read_parquet(store.pattern(path), binary_as_string=True)
            header = [str(name) for name in table.columns]
            rows = table.project(", ".join(map(_as_found, header, map(str, table.types)))).df()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise Unreadable(f"cannot be read as Parquet ({reason}). Write the file again") from None
    return Sheet(header, rows.set_axis(range(len(header)), axis=1).set_axis(range(1, len(rows) + 1)))


def _as_found(column: str, kind: str) -> str:
    """SQL of a column in a type that pandas holds without a loss; all other types become text."""
    name = '"' + column.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST({name} AS TIMESTAMP) AS {name}"
    return name if _KEPT_TYPES.fullmatch(kind) else f"CAST({name} AS VARCHAR) AS {name}"


def _csv(path: Path) -> Sheet:
    try:
        table = pd.read_csv(
            path, header=None, dtype="str", na_filter=False, skip_blank_lines=False, encoding="utf-8-sig"
        )
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8 text (byte {error.start + 1}). Save it as CSV UTF-8") from None
    except pd.errors.EmptyDataError:
        return Sheet([], pd.DataFrame())
    except pd.errors.ParserError as error:
        raise Unreadable(_why_not_csv(str(error))) from None
    return _headed(table)


def _why_not_csv(reason: str) -> str:
    ragged = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", reason)
    if ragged:
        names, row, cells = ragged.groups()
        return (
            f"has {cells} cells in row {row} under {names} column names. Separate cells by commas, write decimals "
            "with a point, and put a cell that holds a comma in double quotes"
        )
    if "EOF inside string" in reason:
        return 'has a double quote that is never closed. Close it, or write a quote inside a cell as ""'
    return f"cannot be read as CSV ({reason.strip()}). Export the table again"


def _xlsx(path: Path) -> Sheet:
    try:
        with pd.ExcelFile(path, engine="calamine") as book:
            names = [str(name) for name in book.sheet_names]
            table = pd.read_excel(book, sheet_name=0, header=None, dtype=object, na_filter=False)
    except (python_calamine.CalamineError, python_calamine.PasswordError, python_calamine.ZipError) as error:
        raise Unreadable(f"cannot be read as XLSX ({error}). Save it again without a password") from None
    note = f"only the first sheet, {names[0]!r}, of {len(names)} is read" if len(names) > 1 else ""
    # Cell by cell: a column of a spreadsheet may mix texts, numbers and dates.
    return _headed(table.map(cells.shown), note)


def _headed(table: pd.DataFrame, note: str = "") -> Sheet:
    if table.empty:
        return Sheet([], table)
    header = [str(name) for name in table.iloc[0]]
    blank = pd.Series(True, index=table.index)
    for column in table:
        blank &= table[column] == ""
    rows = table.set_axis(range(1, len(table) + 1))[1:]
    return Sheet(header, rows[~blank.to_numpy()[1:]], note)


_READERS: dict[str, Callable[[Path], Sheet]] = {".parquet": _parquet, ".csv": _csv, ".xlsx": _xlsx}
