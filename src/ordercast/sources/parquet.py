"""Parquet files as a person finds them: whole, in parts, or some of their rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from ordercast import duck
from ordercast.sources.layout import Sheet, Unreadable

_KEPT_TYPES = re.compile(r"U?(TINY|SMALL|BIG)?INT(EGER)?|DOUBLE|BOOLEAN|DATE|TIMESTAMP(_N?S|_MS)?|VARCHAR")
# Cast to text they keep the digits of the file, and they are numbers, not the text of some.
_EXACT_TYPES = re.compile(r"DECIMAL|FLOAT|U?HUGEINT")
ROW_NUMBER = "file_row_number"


@dataclass(frozen=True)
class File:
    """A Parquet file: its column names, their types in DuckDB's words, and how many rows it has."""

    path: Path
    header: list[str]
    kinds: list[str]
    rows: int

    def whole(self) -> Sheet:
        """The cells of all rows."""
        with _readable(), duck.connect() as connection:
            cells = connection.sql(f"SELECT {self._columns()} FROM {self._source()}").df()
        return self._sheet(cells, pd.RangeIndex(1, len(cells) + 1))

    def parts(self, rows: int) -> Iterator[Sheet]:
        """The cells of `rows` rows at a time at most, in file order."""
        before = 0
        with _readable(), duck.connect() as connection:
            told = connection.execute(f"SELECT {self._columns()} FROM {self._source()}")
            while len(chunk := told.fetch_df_chunk(max(1, rows // duckdb.__standard_vector_size__))):
                for begin in range(0, len(chunk), rows):
                    cells = chunk.iloc[begin : begin + rows]
                    yield self._sheet(cells, pd.RangeIndex(before + 1, before + len(cells) + 1))
                    before += len(cells)

    def at(self, numbers: pd.Index[int]) -> Sheet:
        """The cells of these rows, each counted from 1, in file order."""
        with _readable(), duck.connect() as connection:
            connection.register("wanted", pd.DataFrame({"row": numbers - 1}))
            cells = connection.sql(
                f"""
                SELECT {self._columns()} FROM {self._source(f", {ROW_NUMBER} = true")}
                SEMI JOIN wanted ON {ROW_NUMBER} = row ORDER BY {ROW_NUMBER}
                """
            ).df()
        return self._sheet(cells, numbers.sort_values())

    def _source(self, options: str = "") -> str:
        return f"read_parquet({duck.text(duck.pattern(self.path))}, binary_as_string = true{options})"

    def _columns(self) -> str:
        return ", ".join(map(_as_found, self.header, self.kinds))

    def _sheet(self, cells: pd.DataFrame, numbers: pd.Index[int]) -> Sheet:
        cells = cells.set_axis(range(len(self.header)), axis=1).set_axis(numbers)
        exact = [place for place, kind in enumerate(self.kinds) if _EXACT_TYPES.match(kind)]
        return Sheet(self.header, cells, {place: pd.Series(True, index=numbers) for place in exact})


def file(path: Path) -> File:
    """Return what a Parquet file says of itself. Raises Unreadable, as reading its rows does."""
    with _readable(), duck.connect() as connection:
        table = connection.read_parquet(duck.pattern(path), binary_as_string=True)
        rows = int(table.count("*").fetchall()[0][0])
        return File(path, [str(name) for name in table.columns], [str(kind) for kind in table.types], rows)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise Unreadable(f"cannot be read as Parquet ({reason}). Write the file again") from None
    except UnicodeDecodeError:  # DuckDB hands out column names as they are
        raise Unreadable("cannot be read as Parquet (a column name is not UTF-8). Write the file again") from None


def _as_found(column: str, kind: str) -> str:
    """SQL of a column in a type that pandas holds without a loss; all other types become text."""
    name = duck.quoted(column)
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST({name} AS TIMESTAMP) AS {name}"
    return name if _KEPT_TYPES.fullmatch(kind) else f"CAST({name} AS VARCHAR) AS {name}"
