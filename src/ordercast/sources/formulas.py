"""What the cells of an Excel file do not show: formulas without a result, and the day from which it counts days."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.parsers import expat

from ordercast.sources.layout import Unreadable

CHUNK_BYTES = 1 << 20
OVERLAP_BYTES = 16  # a place such as XFD1048576 may be cut in two
_WORTH_A_LOOK = re.compile(rb"""<(\w+:)?f[ />]|\bt=["']e["']""")
_LETTERS = re.compile(r"[A-Z]{1,3}")
Attributes = dict[str, str]


@dataclass(frozen=True)
class Book:
    """The first sheet's part of the archive; whether days count from 1904; whether stored results are to be renewed."""

    sheet: str
    from_1904: bool
    outdated: bool


def book(archive: zipfile.ZipFile) -> Book:
    """Return what the workbook says of itself. Raises Unreadable where its first sheet is not in the archive."""
    found: dict[str, Attributes] = {}
    for name, attributes in _elements(archive, "xl/workbook.xml"):
        found.setdefault(name, attributes)
    sheet = next((value for key, value in found.get("sheet", {}).items() if key.endswith(":id")), None)
    for name, attributes in _elements(archive, "xl/_rels/workbook.xml.rels"):
        if name == "Relationship" and attributes.get("Id") == sheet:
            part = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", ""))).lstrip("/")
            if part in archive.namelist():
                return Book(part, _is_on(found, "workbookPr", "date1904"), _is_on(found, "calcPr", "fullCalcOnLoad"))
    raise Unreadable("cannot be read as XLSX (its first sheet is not where it says). Save it again")


def without_result(archive: zipfile.ZipFile, of: Book) -> dict[tuple[int, int], str]:
    """Return by row and column, from 0, what stands for a result: an error such as #N/A, or the formula itself.

    Excel and LibreOffice store each result beside its formula; other programs store none, or 0 and a wish to renew it.
    """
    rest = b""
    for chunk in chunks(archive, of.sheet):
        if _WORTH_A_LOOK.search(rest + chunk):
            break
        rest = chunk[-OVERLAP_BYTES:]
    else:
        return {}
    found: dict[tuple[int, int], str] = {}
    row = column = -1
    cell: Attributes = {}
    texts: dict[str, str] = {}

    def starts(name: str, attributes: Attributes) -> None:
        nonlocal row, column, cell
        if name == "row":
            row, column = int(attributes.get("r", row + 2)) - 1, -1
            if row < 0:
                raise ValueError(f"it has a row {row + 1}")
        elif name == "c":
            letters = _LETTERS.match(attributes.get("r", ""))
            column = number(letters[0]) - 1 if letters else column + 1
            cell = attributes
            texts.clear()

    def ends(name: str, text: str) -> None:
        if name in "fv":
            texts[name] = text
        elif name == "c":
            kind, value = cell.get("t"), texts.get("v")
            if kind == "e":
                found[row, column] = value or "#N/A"
            elif "f" in texts and (value is None or (not value and kind != "str") or (of.outdated and value == "0")):
                found[row, column] = "=" + texts["f"]

    _parse(archive, of.sheet, starts, ends)
    return found


def number(letters: str) -> int:
    """Return the number of a column: 1 for A, 28 for AB."""
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - ord("A") + 1
    return found


def chunks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Yield the bytes of a part, some at a time."""
    with archive.open(part) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _is_on(found: dict[str, Attributes], element: str, attribute: str) -> bool:
    return found.get(element, {}).get(attribute) in ("1", "true")


def _elements(archive: zipfile.ZipFile, part: str) -> list[tuple[str, Attributes]]:
    if part not in archive.namelist():
        raise Unreadable(f"cannot be read as XLSX (it has no {part}). Save it again")
    found: list[tuple[str, Attributes]] = []
    _parse(archive, part, lambda name, attributes: found.append((name, attributes)), lambda name, text: None)
    return found


def _parse(
    archive: zipfile.ZipFile,
    part: str,
    starts: Callable[[str, Attributes], None],
    ends: Callable[[str, str], None],
) -> None:
    """Go through a part: each element's name, without its prefix, with its attributes or with the text in it."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    text: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        text.clear()
        starts(name.rpartition(":")[2], attributes)

    def end(name: str) -> None:
        ends(name.rpartition(":")[2], "".join(text))
        text.clear()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text.append
    for chunk in chunks(archive, part):
        parser.Parse(chunk)
    parser.Parse(b"", True)
