"""DuckDB as the project opens it: one thread, UTC, within its share of the memory; names and texts as it reads them."""

from __future__ import annotations

from pathlib import Path

import duckdb

SHARE = 0.5  # of base.memory_limit; the rest is for the blocks of rows and for Python itself
_memory = {"limit": "2GB"}


def limit_memory(limit: str) -> None:
    """Return nothing; from here on a connection takes no more than half of the limit, such as "4GB".

    What a sort or a count needs beyond, it keeps on the disk.
    """
    _memory["limit"] = f"{SHARE * float(limit.removesuffix('GB')):g}GB"


def connect(file: Path | None = None, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Return a connection to a database in memory, or in a file; spill: the folder for what exceeds the memory."""
    # One thread: no result depends on the machine's cores. UTC: no date depends on where the machine stands.
    place = ":memory:" if file is None else str(file)
    connection = duckdb.connect(place, config={"threads": 1, "python_enable_replacements": False})
    connection.execute(f"SET memory_limit = {text(_memory['limit'])}")
    if spill is not None:
        connection.execute(f"SET temp_directory = {text(spill)}")
    connection.execute("SET TimeZone = 'UTC'")
    # A bar that DuckDB draws into a notebook when a query takes over 2 s would tell how busy it was.
    connection.execute("SET enable_progress_bar = false")
    return connection


def pattern(path: str | Path) -> str:
    """Return the path as DuckDB reads it: a glob, in which a folder named "data [old]" must stand for itself."""
    return "".join(f"[{sign}]" if sign in "[*?" else sign for sign in str(path))


def quoted(*names: str) -> str:
    """Return names as DuckDB reads them, joined by dots: ("a", "b c") is "a"."b c"."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def text(value: str | Path) -> str:
    """Return a text as an SQL literal of DuckDB."""
    return "'" + str(value).replace("'", "''") + "'"
