"""The files of a folder that hold tables, and their cells as a person finds them, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ordercast.project import SNAPSHOT_ABOUT
from ordercast.sources import delimited, layout, parquet, workbook
from ordercast.sources.layout import Known, Sheet, Unreadable

__all__ = ["ENDINGS", "Folder", "Known", "Sheet", "Unreadable", "find", "read"]

EXCEL_LOCK = "~$"
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


def _text(path: Path, known: Known) -> Sheet:
    lines = delimited.lines(path.read_bytes(), known)
    sheet = layout.table(lines.rows(), known, SPLIT_OTHERWISE[lines.separator])
    cut = delimited.cut_decimals(sheet, known) if lines.separator == "," else []
    return replace(sheet, notes=[*lines.notes, *sheet.notes, *cut])


_READERS: dict[str, Callable[[Path, Known], Sheet]] = {
    ".parquet": lambda path, _: parquet.file(path).whole(),
    ".csv": _text,
    ".tsv": _text,
    ".txt": _text,
    ".xlsx": workbook.read,
}
ENDINGS = tuple(_READERS)
