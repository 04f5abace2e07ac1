"""Frames and numbers on disk: Parquet through DuckDB, JSON, and a DuckDB file of views for people who query.

Every file is written beside its place and renamed, so that a reader sees the old one or the new one, never a
part. The same frame always gives the same bytes.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd

from ordercast import duck
from ordercast.duck import pattern, quoted

if TYPE_CHECKING:
    from ordercast.quotes import Quotes

VECTORS = 32  # of DuckDB, 2,048 rows each, fetched at a time: memory that the system has at hand; more is cleared anew
STAGE_FOLDERS = ("watch", "raw", "truth", "features", "evaluate", "forecast", "orders")
_PANDAS_TYPES = {
    "VARCHAR": "str",
    **dict.fromkeys(("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "datetime64[us]"),
}
_SQL_TYPES = {
    "bool": "BOOLEAN",
    "boolean": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
    "float32": "FLOAT",
    "float64": "DOUBLE",
}


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield the path to write to instead of `path`; it takes its place when the block ends without an error.

    The folder is made. The name is the same in every run: what a killed one left behind is overwritten.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def write_parquet(frame: pd.DataFrame, path: str | Path, key: Sequence[str]) -> None:
    """Return nothing; the frame stands in `path`, sorted by key and, within one key, by its other columns.

    Columns: text, whole numbers, numbers, flags and dates at midnight (stored as DATE); the index is dropped,
    a frame without rows keeps its columns and types. Raises ValueError for a column of any other type, for a
    time of day and for a key that is not there.
    """
    names = [str(name) for name in frame.columns]
    lacking = [name for name in key if name not in names]
    if lacking:
        raise ValueError(f"{path}: the key {', '.join(lacking)} is not among its columns: {', '.join(names)}")
    columns = ", ".join(f"CAST({quoted(c)} AS {_sql_type(frame[c], path)}) AS {quoted(c)}" for c in names)
    order = ", ".join(quoted(c) for c in [*key, *(c for c in names if c not in key)])
    with replacing(path) as beside, duck.connect() as connection:
        connection.register("frame", frame)
        connection.execute(
            f"""
            COPY (SELECT {columns} FROM frame ORDER BY {order})
            TO {duck.text(beside)} (FORMAT parquet, COMPRESSION zstd)
            """
        )


def join_parquet(files: Sequence[Path], path: str | Path) -> None:
    """Return nothing; the rows of the files, one after the other, stand in `path`."""
    portions = ", ".join(duck.text(pattern(file)) for file in files)
    with replacing(path) as beside, duck.connect() as connection:
        connection.execute(
            f"COPY (FROM read_parquet([{portions}])) TO {duck.text(beside)} (FORMAT parquet, COMPRESSION zstd)"
        )


def series_in(path: str | Path, key: Sequence[str]) -> pd.DataFrame:
    """One row per series of a table: the columns of `key`, rows, since, until; ValueError where it is not sorted."""
    names = ", ".join(quoted(c) for c in key)
    sql = f"""
        SELECT {names}, count(*) AS rows, min(date) AS since, max(date) AS until,
            min(file_row_number) AS first, max(file_row_number) AS last
        FROM read_parquet({duck.text(pattern(path))}, file_row_number = true) GROUP BY {names} ORDER BY {names}
    """
    with duck.connect() as connection:
        series = connection.execute(sql).df()
    together = series["last"] - series["first"] + 1 == series["rows"]
    if not (together.all() and series["first"].is_monotonic_increasing):
        raise ValueError(f"{path} is not sorted by {', '.join(key)}: write it with store.write_parquet")
    return series.drop(columns=["first", "last"]).astype(dict.fromkeys(key, "str"))


def read_quotes(path: str | Path, series: pd.DataFrame, column: str, rows: int) -> Iterator["Quotes"]:
    """The dated values of a table's `series_in` as arrays, whole products of about `rows` rows at a time."""
    from ordercast.quotes import Quotes  # and with it the compiler, which readers of tables need not wait for

    key = [name for name in series if name not in ("rows", "since", "until")]
    before = series["rows"].cumsum() - series["rows"]
    block = before.groupby(series[key[0]], sort=False).transform("min").to_numpy() // rows
    held = [(np.zeros(0, np.int64), np.zeros(0))]
    with duck.connect() as connection:
        columns = f"date_diff('day', DATE '1970-01-01', date) AS day, CAST({quoted(column)} AS DOUBLE) AS value"
        told = connection.execute(f"SELECT {columns} FROM read_parquet({duck.text(pattern(path))})")
        for _, own in series.groupby(block, sort=False):
            count = int(own["rows"].sum())
            while sum(len(day) for day, _ in held) < count:
                more = told.fetch_df_chunk(VECTORS)
                if more.empty:
                    raise ValueError(f"{path} changed while it was read")
                held.append((more["day"].to_numpy(), more["value"].to_numpy()))
            day, value = (np.concatenate(parts) for parts in zip(*held, strict=True))
            place = np.repeat(np.arange(len(own)), own["rows"])
            yield Quotes(own[key].reset_index(drop=True), place, day[:count], value[:count])
            held = [(day[count:], value[count:])]


def read_parquet(
    path: str | Path, columns: Sequence[str] | None = None, products: tuple[str, str] | None = None
) -> pd.DataFrame:
    """Return the table in `path`, rows in file order; dates as datetime64[us], text as str.

    columns: the ones to read, in order; all of them by default. products: the first and the last product_id to read,
    by default all. Raises FileNotFoundError when the file is not
    there and ValueError when a column is not, each naming what there is.
    """
    path = Path(path)
    if not path.is_file():
        beside = ", ".join(sorted(file.name for file in path.parent.glob("*.parquet"))) or "no table"
        raise FileNotFoundError(f"{path} is not there; beside it: {beside}. `make repro` makes it")
    with duck.connect() as connection:
        table = connection.read_parquet(pattern(path))
        wanted = list(table.columns if columns is None else columns)
        lacking = [name for name in wanted if name not in table.columns]
        if lacking:
            raise ValueError(f"{path} has no {', '.join(lacking)}; there are: {', '.join(table.columns)}")
        if products is not None:
            table = table.filter(_between(products))
        return _frame(table.project(", ".join(map(quoted, wanted))))


def query(
    sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), /, **tables: pd.DataFrame | str | Path
) -> pd.DataFrame:
    """Return the answer to a query as a frame, typed as `read_parquet` does.

    tables: the tables it may name, each a frame or the path of a Parquet file. parameters: the values of its
    question marks, or of its $names: `query("SELECT max(date) FROM prices WHERE product_id = ?", ["P1"], prices=path)`.
    """
    with duck.connect() as connection:
        for name, table in tables.items():
            if isinstance(table, pd.DataFrame):
                connection.register(name, table)
            else:
                connection.read_parquet(pattern(table)).create_view(name)
        return _frame(connection.sql(sql, params=parameters if isinstance(parameters, Mapping) else list(parameters)))


def views(root: str | Path) -> Path:
    """Return the path of data/ordercast.duckdb, made anew: a view <stage>.<table> of every Parquet table.

    root: the project's folder. The views name their files relative to it (data/raw/prices.parquet), so the
    project can move; whoever queries stands in that folder.
    """
    root = Path(root)
    path = root / "data" / "ordercast.duckdb"
    with replacing(path) as beside:
        beside.unlink(missing_ok=True)  # DuckDB would add to what a killed run left
        with duckdb.connect(str(beside)) as connection:
            connection.execute(f"SET file_search_path = {duck.text(root)}")
            for folder in STAGE_FOLDERS:
                for file in sorted((root / "data" / folder).glob("[!.]*.parquet")):
                    schema, table = quoted(folder), quoted(file.stem)
                    source = duck.text(pattern(file.relative_to(root)))
                    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
                    connection.execute(f"CREATE VIEW {schema}.{table} AS FROM read_parquet({source})")
    return path


def write_json(value: Mapping[str, Any] | Sequence[Any], path: str | Path) -> None:
    """Return nothing; the value stands in `path` as JSON with sorted keys.

    Raises ValueError for NaN and infinity, which are not JSON. Whoever calls has rounded the numbers.
    """
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(text + "\n", path)


def read_json(path: str | Path) -> Any:
    """Return the value in a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_text(text: str, path: str | Path) -> None:
    """Return nothing; the text stands in `path`, in UTF-8 with the line ends it came with."""
    with replacing(path) as beside:
        beside.write_bytes(text.encode("utf-8"))


def read_text(path: str | Path) -> str:
    """Return the text in a file, UTF-8."""
    return Path(path).read_bytes().decode("utf-8")


def write_folder(folder: str | Path, files: Mapping[str, pd.DataFrame | Mapping[str, Any] | str | bytes]) -> None:
    """Return nothing; the folder holds these files, each by its kind: frame, JSON value, text or bytes.

    Frames are sorted by all their columns, in order. A folder is made even where there is nothing to put in it.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = Path(folder, name)
        if isinstance(content, pd.DataFrame):
            write_parquet(content, path, [])
        elif isinstance(content, str):
            write_text(content, path)
        elif isinstance(content, bytes):
            with replacing(path) as beside:
                beside.write_bytes(content)
        else:
            write_json(content, path)


def read_folder(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Return the Parquet tables of a folder by name; none where it is empty."""
    return {file.stem: read_parquet(file) for file in sorted(Path(folder).glob("[!.]*.parquet"))}


def digest(folder: str | Path) -> str:
    """Return a hash of the names and bytes of a folder's files."""
    files = sorted(path for path in Path(folder).rglob("[!.]*") if path.is_file())
    return digest_of(*(f"{file.relative_to(folder)} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files))


def digest_of(*texts: str) -> str:
    """Return a hash of some texts in their order."""
    return hashlib.sha256("\n".join(texts).encode("utf-8")).hexdigest()[:16]


def _frame(relation: duckdb.DuckDBPyRelation) -> pd.DataFrame:
    # Said by type, not left to DuckDB: a text column without a single text would come as objects.
    kinds = {
        name: _PANDAS_TYPES[str(kind)]
        for name, kind in zip(relation.columns, relation.types, strict=True)
        if str(kind) in _PANDAS_TYPES
    }
    frame: pd.DataFrame = relation.df()
    return frame.astype(kinds)


def _between(products: tuple[str, str]) -> str:
    # As texts, not as parameters: DuckDB would hold the answer row by row.
    return f"product_id BETWEEN {duck.text(products[0])} AND {duck.text(products[1])}"


def _sql_type(cells: "pd.Series[Any]", path: str | Path) -> str:
    dtype = cells.dtype
    if isinstance(dtype, pd.StringDtype | pd.CategoricalDtype):
        return "VARCHAR"
    if pd.api.types.is_datetime64_dtype(dtype):
        there = cells.dropna()
        if (there != there.dt.normalize()).any():
            raise ValueError(f"{path}: column {cells.name} holds times of day; store dates only")
        return "DATE"
    if str(dtype).lower() not in _SQL_TYPES:
        raise ValueError(f"{path}: column {cells.name} is {dtype}; make it str, a number, a flag or a date")
    return _SQL_TYPES[str(dtype).lower()]
