"""What stages 1 and 2 take of a table of very many prices: `python -m benchmarks.rows --rows 1000000 --json F`.

The prices are the simulated world's (200 products, 3 years), again and again: each copy has products of its own, and
every quote of a series times one factor and a little noise of its own. A copy is ordered by day, as exports are, so
that the whole file is sorted by nothing. It is written copy by copy to one Parquet file, and goes through the code
cells of notebooks 1 and 2 as `data.source: files`, each notebook in a process of its own, under base.memory_limit of
params.yaml.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import pipeline
from ordercast import params, simulate, store

SEED, PRODUCTS, DAYS = 7, 200, 1095
STAGES = ("data", "features")


def copies(rows: int) -> Iterator[pd.DataFrame]:
    """The prices, copy by copy, `rows` of them in all."""
    world = simulate.world(PRODUCTS, DAYS, SEED, simulate.DEFAULT_TODAY, "BRL").prices
    world = world.sort_values(["date", "product_id", "supplier_id"], ignore_index=True)
    series = world.groupby(["product_id", "supplier_id"], observed=True).ngroup().to_numpy()
    left = rows
    while left > 0:
        copy = -(-(rows - left) // len(world))
        rng = np.random.default_rng([SEED, copy])
        factor = np.exp(rng.normal(0.0, 0.5, series.max() + 1))[series] * np.exp(rng.normal(0.0, 0.002, len(world)))
        # The digits from behind: later copies do not come after earlier ones.
        ids = f"{copy:06d}"[::-1] + "-" + world["product_id"].astype("str")
        price = np.round(world["unit_price"].to_numpy() * factor, 2).clip(0.01)
        yield world.assign(product_id=ids, unit_price=price).head(left)
        left -= len(world)


def make(folder: Path, rows: int) -> None:
    """Put params.yaml and data/input/prices.parquet into a folder."""
    settings, count = re.subn(r"(?m)^  source: \w+", "  source: files", (pipeline.ROOT / "params.yaml").read_text())
    if count != 1:
        raise ValueError("params.yaml has no data.source to set")
    store.write_text(settings, folder / "params.yaml")
    portions = folder / "portions"
    files = []
    for number, copy in enumerate(copies(rows)):
        files.append(portions / f"{number:06d}.parquet")
        store.write_parquet(copy.astype({"currency": "str"}), files[-1], ["date", "product_id", "supplier_id"])
    store.join_parquet(files, folder / "data" / "input" / "prices.parquet")
    shutil.rmtree(portions)


def measure(rows: int, scratch: Path | None) -> dict[str, Any]:
    """What each stage cost at this size: peak_rss_mb, cpu_s, wall_s, and the bytes of the input."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        make(Path(folder), rows)
        size = (Path(folder) / "data" / "input" / "prices.parquet").stat().st_size
        return {
            "input_mb": round(size / 1e6),
            **{stage: pipeline.cost(stage, Path(folder), f"{rows:>11,} rows") for stage in STAGES},
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 3_000_000])
    parser.add_argument("--scratch", type=Path, help="folder with room for the tables, by default the system's")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    given = parser.parse_args()
    runs = {str(rows): measure(rows, given.scratch) for rows in given.rows}
    limit = params.load(pipeline.ROOT / "params.yaml").base.memory_limit
    store.write_json({"memory_limit": limit, "runs": runs}, given.json)


if __name__ == "__main__":
    main()
