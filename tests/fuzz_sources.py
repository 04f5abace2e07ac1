"""Table files as nobody would write them, by the hundred thousand: each is read, or refused in words.

`python -m tests.fuzz_sources --files 200000 --seed 0` runs it; the default tests run a few hundred. Every file goes
through the readers and the reading of its columns, some through the whole intake; in one of `WHOLE_EVERY` cases a
folder of them goes through `sources.read`. A case is drawn from its number alone: `--case N` runs it again.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from types import FrameType

import pandas as pd

from ordercast import schema, sources, store
from ordercast.contracts import TABLES
from ordercast.sources import amounts, cells, days, headers, intake, layout, readers
from ordercast.sources.faults import OTHER_CURE, Findings, cure_of
from ordercast.sources.reading import Writing

WHOLE_EVERY = 50
CHECK_EVERY = 4  # of the single files that can be read, so many go through the whole intake
WRITE_EVERY = 5  # of the folders that are read well, so many are written and read back
CASES_PER_PROCESS = 1000
PATIENCE_SECONDS = 60
WORDS = """
0 -0 1e400 -1e-400 nan NaN inf -inf true não #N/A =1+1 - -- . , 1,2,3 1.2.3 1.234 1,234 1.234.567,8 (1,50) R$ US$ R$-
٣ ½ 1_000 0x1F ١٢٣ 5% Total 31/12/2025 12/31/2025 01/02/2026 1/2/26 31/02/2025 99/99/9999 0/0/0 2026-02-30 0000-00-00
9999-12-31 1899-12-30 2026-01-01T24:00 46022 46022,5 60 -1 2958466 99999999999 20260101 2026-W01-1 ' A;B A,B <script>
product_id data preço ß İ 😀 e\u0301 \ud7ff \ufeff \u202e
"""
SPACED = [
    "",
    " ",
    "\t",
    "\u00a0",
    "R$ -",
    "US$ 1.5",
    "€ 1",
    "1 234,5",
    "TOTAL GERAL:",
    "2026-01-01 10:30",
    "31/12/2025 25:61",
]
BROKEN = ['"', '""', "a\nb", "a\r\nb", "\r", "A\tB", "9" * 400, "9" * 16, "0" * 20, "x" * 300]
JUNK = [*WORDS.split(), *SPACED, *BROKEN]
PRODUCTS = ["A", "B", "00123", "Aço 1\u00bd", "Ç-9"]
Cell = str | int | float | bool
Grid = list[list[Cell]]


def spoken(draw: random.Random, kind: str, point: str, order: str) -> str:
    """A good cell of a kind, as one with this decimal sign and this order of dates writes it."""
    if kind == "day":
        year, month, day = 2025, draw.randint(1, 12), draw.randint(1, 28)
        return {"iso": f"{year}-{month:02}-{day:02}", "dmy": f"{day:02}/{month:02}/{year}", "mdy": f"{month}/{day}/25"}[
            order
        ]
    if kind == "number":
        text = f"{draw.choice([1, 3.5, 12.25, 1234.5, 987654.321, 1234]):,}"
        return text if point == "." else text.translate({44: ".", 46: ","})
    return draw.choice(["true", "false", ""]) if kind == "flag" else draw.choice(PRODUCTS)


def grid(draw: random.Random, table: str, tame: bool) -> Grid:
    """A table with its header; unless it is tame, at times with titles, totals, blanks and cells of any kind."""
    contract, point, order = TABLES[table], draw.choice(".,"), draw.choice(["iso", "iso", "dmy", "mdy"])
    columns = [column for column in contract.columns if column.required or draw.random() < 0.5]
    if draw.random() < 0.1:
        draw.shuffle(columns)
    if not tame and draw.random() < 0.05:
        columns = columns[1:]
    known = headers.ALIASES[table]
    names = [draw.choice([column.name, column.name, *known.get(column.name, ())]) for column in columns]
    rows: Grid = [
        ["BRL" if column.name == "currency" else spoken(draw, column.kind, point, order) for column in columns]
        for _ in range(draw.choice([0, 1, 2, 3, 3, 4, 8]))
    ]
    money = [place for place, column in enumerate(columns) if column.unit.startswith("currency")]
    for place in money if draw.random() < 0.2 else ():
        for row in rows:
            row[place] = f"R$ {row[place]}"
    if tame:
        return [list(names), *rows]
    filled: Grid = [[strange(draw, name) for name in names], *rows]
    for _ in range(draw.choice([0, 0, 0, 1, 1, 2, 5])):
        row = draw.choice(filled[draw.random() < 0.9 :] or filled)
        if row:
            row[draw.randrange(len(row))] = junk(draw)
    for make in (titled, summed, gapped, widened, ragged, repeated):
        if draw.random() < 0.08:
            make(draw, filled)
    return filled


def strange(draw: random.Random, name: str) -> str:
    """A column name, now and then in other letters."""
    if draw.random() < 0.85:
        return name
    return draw.choice(
        [name.upper(), f" {name.replace('_', ' ')} ", f"{name} (R$)", f'"{name}"', name[:-1], f"{name}\n", ""]
    )


def junk(draw: random.Random) -> Cell:
    if draw.random() < 0.8:
        return draw.choice(JUNK)
    if draw.random() < 0.3:
        return draw.choice([0, -1, 3.5, 1e308, True, 46022, 10**18])
    return "".join(
        chr(draw.choice([*range(1, 128), 0xE7, 0xFEFF, 0x2028, 0x3000, 0x1F600])) for _ in range(draw.randint(1, 8))
    )


def titled(draw: random.Random, rows: Grid) -> None:
    rows[:0] = [[junk(draw)] for _ in range(draw.randint(1, 4))]


def summed(draw: random.Random, rows: Grid) -> None:
    rows.append([draw.choice(["Total", "Soma:", "Total geral"]), *[""] * max(len(rows[0]) - 2, 0), "99"])


def gapped(draw: random.Random, rows: Grid) -> None:
    rows.insert(draw.randint(0, len(rows)), draw.choice([[], [""], [" "] * 3]))


def widened(draw: random.Random, rows: Grid) -> None:
    blank = draw.choice(["", " "])
    front = draw.random() < 0.5
    rows[:] = [[blank, *row] if front else [*row, blank, blank] for row in rows]


def ragged(draw: random.Random, rows: Grid) -> None:
    draw.choice(rows).append(junk(draw))


def repeated(draw: random.Random, rows: Grid) -> None:
    rows.insert(draw.randint(0, len(rows)), list(draw.choice(rows)))


def as_text(draw: random.Random, rows: Grid, tame: bool) -> bytes:
    """The rows as CSV in some encoding; unless it is tame, also in one that nobody can tell."""
    target = io.StringIO()
    quoting = draw.choice([csv.QUOTE_MINIMAL] * 4 + [csv.QUOTE_ALL])
    separator, end = draw.choice([",", ",", ";", ";", "\t", "," if tame else "|"]), draw.choice(["\n", "\r\n", "\r"])
    if draw.random() < 0.02:
        target.write(f"sep={separator}{end}")
    if not tame and draw.random() < 0.1:  # as a careless program would, without quotes
        target.write(end.join(separator.join(map(str, row)) for row in rows))
    else:
        csv.writer(target, delimiter=separator, quoting=quoting, lineterminator=end).writerows(rows)
    known, unknown = ["utf-8"] * 5 + ["utf-8-sig", "cp1252", "cp1252", "utf-16"], ["utf-16-le", "utf-32", "cp037"]
    encoding = draw.choice(known if tame else known + unknown)
    return target.getvalue().encode(encoding, errors="replace")


def as_xlsx(draw: random.Random, rows: Grid, tame: bool) -> bytes:
    """The rows as an Excel file, now and then with its insides changed before they are packed."""
    import zipfile

    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(
        target, {"in_memory": True, "nan_inf_to_errors": True, "strings_to_formulas": False}
    ) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, place, cell)
                else:
                    sheet.write(number, place, cell, day if cell == 46022 else None)
    if tame or draw.random() < 0.5:
        return target.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(target) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if draw.random() < 0.3:
                content = mutated(draw, content)
            after.writestr(name, content)
    return changed.getvalue()


def as_parquet(draw: random.Random, rows: Grid, tame: bool) -> bytes:
    """The rows as Parquet: text as it is, or whatever types pandas finds in it."""
    width = max(map(len, rows))
    header = [*map(str, rows[0]), *[""] * (width - len(rows[0]))]
    names = [name if header.index(name) == place and name else f"c{place}" for place, name in enumerate(header)]
    body = [[*map(str, row), *[""] * (width - len(row))] for row in rows[1:]]
    frame = pd.DataFrame(body, columns=names, dtype="str")
    if draw.random() < 0.5:
        for name in frame:
            numbers = pd.to_numeric(frame[name], errors="coerce")
            if numbers.notna().any() and draw.random() < 0.7:
                frame[name] = numbers
    with tempfile.TemporaryDirectory() as folder:
        store.write_parquet(frame, Path(folder, "t.parquet"), [])
        return Path(folder, "t.parquet").read_bytes()


FORMS: dict[str, Callable[[random.Random, Grid, bool], bytes]] = {
    "csv": as_text,
    "xlsx": as_xlsx,
    "parquet": as_parquet,
}


def mutated(draw: random.Random, content: bytes) -> bytes:
    """Bytes with a few of them changed, lost, doubled or moved."""
    data = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        at, size = draw.randrange(len(data) + 1), draw.choice([1, 1, 1, 2, 5, 40])
        match draw.randrange(5):
            case 0:
                data[at : at + size] = draw.randbytes(size)
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = data[at : at + size] * draw.choice([1, 2, 30])
            case 3:
                data[at:at] = draw.choice([b"\x00", b'"', b"\xff", b"\n", b"\r", b";", b",", b"\xef\xbb\xbf", b"\xc3"])
            case _:
                del data[at:]
    return bytes(data)


def file_of(draw: random.Random, table: str, tame: bool) -> tuple[str, bytes]:
    """The name and the bytes of a file that should hold a table."""
    form = draw.choices(["csv", "xlsx", "parquet"], [93, 4, 3])[0]
    content = FORMS[form](draw, grid(draw, table, tame), tame)
    if not tame and draw.random() < 0.3:
        content = mutated(draw, content)
    ending = draw.choice(["csv", "txt", "tsv"]) if form == "csv" and draw.random() < 0.1 else form
    if draw.random() < 0.01:
        ending = draw.choice(["csv", "xlsx", "parquet"])
    return f"{table}.{ending}", content


def case(number: int, folder: Path) -> Counter[str]:
    """Run one case in an empty folder; return what became of it. Whatever it raises is a fault of ours."""
    draw = random.Random(number)
    whole = draw.randrange(WHOLE_EVERY) == 0
    tables = draw.sample(schema.INPUTS[1:], draw.choice([0, 1, 1, 2])) if whole else []
    tables.append("prices" if whole else draw.choice(schema.INPUTS))
    tame = draw.random() < 0.4
    files = dict(file_of(draw, table, tame) for table in tables)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    writing = Writing(draw.choice(["auto", "auto", ".", ","]), draw.choice(["auto", "auto", "iso", "dmy", "mdy"]))
    writing = Writing() if tame else writing
    counts = Counter(files=len(files))
    counts["folders" if whole else "tables"] += 1
    outcome = read_folder(draw, folder, writing) if whole else read_table(draw, tables[0], folder, writing)
    counts[outcome] += 1
    left = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert left == files, f"the folder holds {sorted(left)} and not {sorted(files)} as they were"
    return counts


def read_table(draw: random.Random, table: str, folder: Path, writing: Writing) -> str:
    """Read one file as `sources.read` does up to the checks between tables; return what became of it."""
    (path,) = folder.iterdir()
    try:
        sheet = readers.read(path, partial(headers.recognised, table=table, columns={}))
    except readers.Unreadable:
        return "table refused"
    if draw.randrange(CHECK_EVERY):
        return read_columns(table, sheet, writing)
    findings = Findings(files={table: path.name})
    taken = intake.take(table, sheet, {}, findings, writing)
    intake.check(taken, findings)
    intake.without_repeats(taken, findings)
    if findings.stops or findings.rows:
        assert findings.text(offer_quarantine=True).startswith("The input has faults:\n- ")
        return "table with faults"
    return "table read"


def read_columns(table: str, sheet: layout.Sheet, writing: Writing) -> str:
    """Read the texts of each column; each has either a value or a fault, unless the column is in doubt."""
    match = headers.match(sheet.header, table, {})
    wrong = bool(match.faults)
    for name, position in match.positions.items():
        column = TABLES[table].column(name)
        found = dict.fromkeys(cells.shown(cell).strip() for cell in sheet.cells.iloc[:, position])
        texts = [text for text in found if text]
        counts = [1] * len(texts)
        if column.kind == "number":
            reading = amounts.read(texts, counts, writing.decimal, money=column.unit.startswith("currency"))
        elif column.kind == "day":
            reading = days.read(texts, counts, writing.dates)
            days.read_native(texts)
        else:
            continue
        for value, fault in zip(reading.values, reading.faults, strict=True):
            assert (value is None) == bool(fault or reading.doubt)
        assert not reading.doubt or reading.doubtful in texts
        assert not any(fault and cure_of(fault) == OTHER_CURE for fault in reading.faults)
        wrong |= bool(reading.doubt) or any(reading.faults)
    return "table with faults" if wrong else "table read"


def read_folder(draw: random.Random, folder: Path, writing: Writing) -> str:
    """Read the folder; what is read well keeps its contracts, and is now and then written and read back."""
    on_bad_row = draw.choice(["stop", "quarantine"])
    try:
        raw = sources.read(folder, columns={}, on_bad_row=on_bad_row, currency="BRL", writing=writing)
    except sources.InputError:
        return "folder refused"
    tables = raw.tables()
    for name, frame in tables.items():
        schema.check(frame, name)
    if draw.randrange(WRITE_EVERY) == 0:
        with tempfile.TemporaryDirectory() as out:
            for name, frame in tables.items():
                store.write_parquet(frame, Path(out, f"{name}.parquet"), TABLES[name].key)
            assert {path.stem for path in Path(out).iterdir()} == set(tables)
            back = store.read_parquet(Path(out, "prices.parquet"))
            assert len(back) == len(raw.prices)
    return "folder read"


def cases(first: int, last: int, place: Path) -> Counter[str]:
    """Run the cases from `first` up to `last`; the one under way stands in the file `under way` of the place."""
    counts: Counter[str] = Counter()
    signal.signal(signal.SIGALRM, too_long)
    for number in range(first, last):
        (place / "under way").write_text(str(number))
        folder = place / "case"
        folder.mkdir()
        signal.alarm(PATIENCE_SECONDS)
        try:
            counts += case(number, folder)
        except BaseException as error:  # a panic of a library in Rust is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            counts["failures"] += 1
            print(f"case {number}: {type(error).__name__}: {error}", file=sys.stderr)
        finally:
            signal.alarm(0)
            shutil.rmtree(folder)
    return counts


def too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"more than {PATIENCE_SECONDS} s")


@cache
def fast_folder() -> str | None:
    """A folder in memory, where there is one: the files are tiny and many."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def run(files: int, seed: int, minutes: float) -> Counter[str]:
    """Run cases until so many files were read; each thousands in a process, so that one that dies is told."""
    counts: Counter[str] = Counter()
    number, end = seed * 10_000_000, time.monotonic() + minutes * 60
    while counts["files"] < files and time.monotonic() < end:
        last = number + min(CASES_PER_PROCESS, files - counts["files"])
        with tempfile.TemporaryDirectory(dir=fast_folder()) as place:
            command = [sys.executable, "-m", "tests.fuzz_sources", "--cases", str(number), str(last), place]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            if done.returncode:
                counts["failures"] += 1
                died = int(Path(place, "under way").read_text())
                print(f"case {died}: the process died with {done.returncode}", file=sys.stderr)
                last = died + 1
            else:
                counts += Counter(json.loads(done.stdout))
        number = last
        print(dict(counts), file=sys.stderr, flush=True)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=1e6, help="most time to take")
    parser.add_argument("--case", type=int, help="run this one, and show where it fails")
    parser.add_argument("--cases", nargs=3, metavar=("FIRST", "LAST", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case is not None:
        with tempfile.TemporaryDirectory() as folder:
            print(dict(case(given.case, Path(folder))))
    elif given.cases:
        print(json.dumps(cases(int(given.cases[0]), int(given.cases[1]), Path(given.cases[2]))))
    else:
        counts = run(given.files, given.seed, given.minutes)
        print(json.dumps(counts))
        sys.exit(counts["failures"] > 0)


if __name__ == "__main__":
    main()
