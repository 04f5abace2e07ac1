"""The rows of a text file: how its letters are encoded and what separates its cells."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from ordercast.sentences import Sentence, say
from ordercast.sources.layout import HEAD_ROWS, Known, Sheet, Unreadable

SEPARATORS = {",": "commas", ";": ";", "\t": say("tabs")}
DOS, WINDOWS = say("DOS (code page 850)"), "Windows-1252 (Latin-1)"
ENCODINGS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
LONGEST_CELL = 1_000_000
_NAMED = re.compile(r"sep=(?P<sign>[,;\t])(?=[\r\n])", re.IGNORECASE)  # Excel's own first line
_FOREIGN = re.compile(r"\w{0,30}[^\x00-\x7f]\w{0,30}")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_SIGNS_AT_LETTERS = "ªº°§®™²³€£¥‘’“”–—…"
_DIGITS = r"-?[0-9]+"
_AFTER_A_COMMA = r"[0-9]{1,3}|[0-9]{3}\.[0-9]+"


@dataclass(frozen=True)
class Lines:
    """The text of a file and how it is cut into cells; notes: what was assumed of it."""

    text: str
    separator: str
    notes: list[Sentence]

    def rows(self) -> Iterator[list[str]]:
        """Yield the cells of each row, a blank one without any. Raises Unreadable for quotes gone wrong."""
        csv.field_size_limit(LONGEST_CELL)
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.separator, strict=True)
        rows = 0
        try:
            for row in reader:
                rows += 1
                yield [] if rows == 1 and _NAMED.match(self.text) else row
        except csv.Error as error:
            raise Unreadable(_why(str(error), rows + 1)) from None


def lines(content: bytes, known: Known) -> Lines:
    """Return the text of a CSV file and its separator: the one by which most column names are found.

    known: how many of the cells of a row are names of columns. Raises Unreadable for what is no text.
    """
    text, notes = _decoded(content)
    named = _NAMED.match(text)
    separator = named["sign"] if named else max(SEPARATORS, key=lambda sign: _fit(text, sign, known))
    if separator != ",":
        notes.append(say("cells are separated by %(separator)s", separator=SEPARATORS[separator]))
    return Lines(text, separator, notes)


def _decoded(content: bytes) -> tuple[str, list[Sentence]]:
    encoding = next((name for mark, name in ENCODINGS.items() if content.startswith(mark)), "utf-8")
    notes = []
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise Unreadable(f"is no {encoding.upper()} text (byte {error.start + 1}). Save it as CSV UTF-8") from None
        text, page = _western(content, error.start)
        found = _FOREIGN.search(text)
        read = repr(found[0] if found else "")
        notes.append(say("text is %(page)s, not UTF-8: it reads %(read)s", page=page, read=read))
    if "\0" in text:
        raise Unreadable("holds zero bytes, so it is no text of a known encoding. Save it as CSV UTF-8")
    if encoding == "utf-16":
        notes.append(say("text is UTF-16"))
    return text, notes


def _western(content: bytes, first_odd: int) -> tuple[str, str]:
    """The text in the code page of Windows, or in that of DOS where its words look better in it."""
    dos = content.decode("cp850")
    strange = _strange(dos)
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        if strange:
            odd = f"is neither UTF-8 (byte {first_odd + 1}) nor Windows-1252 (byte {error.start + 1})"
            raise Unreadable(f"{odd}. Save it as CSV UTF-8") from None
        return dos, DOS
    return (dos, DOS) if strange < _strange(text) else (text, WINDOWS)


def _strange(text: str) -> int:
    """How many letters beyond ASCII are not of their word: of the other case, or a sign beside letters."""
    strange = 0
    for found in _BEYOND_ASCII.finditer(text):
        before, letter, after = (
            text[max(found.start() - 1, 0) : found.start()],
            found[0],
            text[found.end() : found.end() + 1],
        )
        if letter.isupper():
            strange += before.islower()
        elif letter.islower():
            strange += before.isupper() and after.isupper()
        elif not letter.isspace() and letter not in _SIGNS_AT_LETTERS:
            strange += before.isalpha() or after.isalpha()
    return strange


def cut_decimals(sheet: Sheet, known: Known) -> list[Sentence]:
    """Return a note where a decimal comma may have cut the numbers of a table that is separated by commas.

    Of 6,50 the 50 then stands in the next column, to which nothing else belongs. Raises Unreadable where that column
    has no name; known: as in `lines`.
    """
    notes = []
    places = [int(place) for place in sheet.cells.columns]
    for left in range(len(places) - 1):
        name, right = sheet.header[left + 1], sheet.cells.iloc[:, left + 1].str.strip()
        filled = right != ""
        whole = sheet.cells.iloc[:, left].str.strip()[filled]
        if places[left + 1] != places[left] + 1 or known([name]) or not filled.any():
            continue
        if not whole.str.fullmatch(_DIGITS).all():
            continue
        row, one, other = str(whole.index[0]), whole.iloc[0], right[filled].iloc[0]
        if not name and right[filled].str.fullmatch(_AFTER_A_COMMA).all():
            raise Unreadable(
                f"has digits in a column without a name, right of whole numbers (row {row}: {one} and {other}): a "
                "decimal comma may have cut them in two. Put a cell that holds a comma in double quotes, or name the "
                "column"
            )
        if known([sheet.header[left]]) and right[filled].str.fullmatch("[0-9]{2}").all():
            told = say(
                "column '%(name)s' has two digits right of whole numbers (row %(row)s: %(one)s and %(other)s): "
                "if a comma cut them in two, put them in quotes",
                name=name,
                row=row,
                one=one,
                other=other,
            )
            notes.append(told)
    return notes


def _fit(text: str, separator: str, known: Known) -> tuple[int, int]:
    """How well a separator cuts the first rows: by names of columns found in one row, then by cells found in all."""
    start = io.StringIO(text[: LONGEST_CELL * 2], newline="")
    rows: list[list[str]] = []
    with suppress(csv.Error):  # it is told when the whole is read
        rows.extend(islice(csv.reader(start, delimiter=separator), HEAD_ROWS))
    return max(map(known, rows), default=0), sum(len(row) - 1 for row in rows if row)


def _why(reason: str, row: int) -> str:
    if "unexpected end of data" in reason:
        return 'has a double quote that is never closed. Close it, or write a quote inside a cell as ""'
    if "expected after" in reason:
        return f'has text after a closing double quote in row {row}. Write a quote inside a cell as ""'
    if "field limit" in reason:
        return (
            f"has a cell of more than {LONGEST_CELL} letters in row {row}. Look for a double quote never closed there"
        )
    return f"cannot be read as CSV in row {row} ({reason}). Export the table again"
