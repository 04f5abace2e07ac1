"""Long Parquet tables by blocks of whole products: no more than a block of rows stands in memory at once.

A table is stored by product, and so read block by block without searching it for each; a table written in blocks has
the bytes it would have had in one piece.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ordercast import store

ROWS = 2**18  # the setting that bounds memory: about so many rows are held at a time
ROW_GROUP = 122_880  # rows that DuckDB compresses together; a file of other portions would have other bytes


def products(path: str | Path, rows: int | None = None) -> Iterator[tuple[str, str]]:
    """The first and the last product of each block of about `rows` rows, by default ROWS; none of an empty table.

    Raises ValueError for a row without a product, which no block would hold.
    """
    counted = store.query("SELECT product_id, count(*) AS rows FROM t GROUP BY 1 ORDER BY 1", t=path)
    if counted["product_id"].isna().any():
        raise ValueError(f"{path} has rows without a product_id")
    block = (counted["rows"].cumsum() - counted["rows"]).to_numpy() // (rows or ROWS)
    begins = np.flatnonzero(np.diff(block, prepend=-1))
    ends = np.flatnonzero(np.diff(block, append=-1))
    names = counted["product_id"].to_numpy()
    yield from ((str(names[begin]), str(names[end])) for begin, end in zip(begins, ends, strict=True))


def read(path: str | Path, rows: int | None = None) -> Iterator[pd.DataFrame]:
    """The table in frames of about `rows` rows, whole products each, in file order; an empty one where it is empty."""
    found = False
    for each in products(path, rows):
        found = True
        yield store.read_parquet(path, products=each)
    if not found:
        yield store.read_parquet(path)


def write(frames: Iterable[pd.DataFrame], path: str | Path, key: Sequence[str], rows: int = 2 * ROW_GROUP) -> None:
    """Return nothing; the frames, at least one, stand in `path` as one table, as `store.write_parquet` writes it.

    key: begins with the product; each frame holds whole products that come after those of the frame before it, or
    ValueError is raised. rows: about so many are held at a time, beside a frame.
    """
    path = Path(path)
    portions = path.with_name(f".{path.name}.portions")
    shutil.rmtree(portions, ignore_errors=True)  # what a killed run left behind
    try:
        files = []
        for number, portion in enumerate(_portions(frames, key[0], max(1, rows // ROW_GROUP) * ROW_GROUP)):
            files.append(portions / f"{number}.parquet")
            store.write_parquet(portion, files[-1], key)
        store.join_parquet(files, path)
    finally:
        shutil.rmtree(portions, ignore_errors=True)


def _portions(frames: Iterable[pd.DataFrame], product: str, rows: int) -> Iterator[pd.DataFrame]:
    """The rows of the frames, so many at a time; what is left comes last, and is empty only where all are."""
    left: pd.DataFrame | None = None
    last = None
    for frame in frames:
        if len(frame):
            if last is not None and frame[product].min() <= last:
                raise ValueError(f"a block with {product} {frame[product].min()} comes after one with {last}")
            last = frame[product].max()
        left = frame if left is None or left.empty else pd.concat([left, frame], ignore_index=True)
        while len(left) > rows:
            yield left.iloc[:rows]
            left = left.iloc[rows:].reset_index(drop=True)
    if left is None:
        raise ValueError("a table of no frames has no columns: give an empty one")
    yield left
