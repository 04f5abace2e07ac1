"""What each stage's notebook takes against the size of the catalogue: `python -m benchmarks.pipeline --json F`.

The code cells of notebooks 2 to 6 run as they stand, each notebook in a process of its own, on a made-up catalogue of
daily prices (one supplier a product, twelve in all) and daily sales at the settings of params.yaml. Stage 1 is measured
by `benchmarks.rows`. Growth exponents are slopes of log cost on log size (least squares): 1 is
proportional.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd

from benchmarks import panels, scale
from benchmarks.stages import peak_rss_mb
from ordercast import blocks, schema, store, watch

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("features", "train", "evaluate", "forecast", "orders")
PRODUCTS_AT_ONCE, SUPPLIERS, SEED = 1000, 12, 7


def catalogue(products: int, days: int) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Prices and sales as data/raw holds them, for a thousand products at a time."""
    for begin in range(0, products, PRODUCTS_AT_ONCE):
        count = min(PRODUCTS_AT_ONCE, products - begin)
        quoted = panels.synthetic(count, days, SEED + begin)
        number = quoted["product_id"].cat.codes.to_numpy().astype(np.int64)
        names = pd.array([f"P{begin + each:06d}" for each in range(count)], dtype="str")
        suppliers = pd.array([f"F{each:02d}" for each in range(SUPPLIERS)], dtype="str")
        prices = quoted.assign(product_id=names[number], supplier_id=suppliers[number % SUPPLIERS], currency="BRL")
        units = np.random.default_rng(SEED + begin).poisson(1.0 + number % 20)
        yield (
            prices.astype({"currency": "str"}),
            prices[["product_id", "date"]].assign(demand_units=units.astype(float), in_stock=True),
        )


def make(folder: Path, products: int, days: int) -> None:
    """Put params.yaml and the input tables into a folder, as stage 1 leaves them; nobody has decided anything."""
    raw = folder / "data" / "raw"
    shutil.copy(ROOT / "params.yaml", folder)
    for place, name in enumerate(("prices", "sales")):
        tables = (schema.check(made[place], name) for made in catalogue(products, days))
        blocks.write(tables, raw / f"{name}.parquet", schema.TABLES[name].key)
    ids = pd.Series([f"P{each:06d}" for each in range(products)], dtype="str")
    given = {"products": schema.TABLES["products"].empty().assign(product_id=ids)}
    for name in ("products", "suppliers", "stock", "open_orders", "price_tiers"):
        table = schema.check(given.get(name, schema.TABLES[name].empty()), name)
        store.write_parquet(table, raw / f"{name}.parquet", schema.TABLES[name].key)
    watch.write_decisions([], folder / watch.DECISIONS)
    store.write_json({"simulated": False}, folder / "data" / "truth" / "about.json")


def run_cells(stage: str) -> dict[str, float]:
    """The cost of a notebook's code cells, run here and now: peak_rss_mb, cpu_s, wall_s."""
    (notebook,) = (ROOT / "notebooks").glob(f"?_{stage}.ipynb")
    known: dict[str, Any] = {"__name__": "__main__"}
    cpu, wall = time.process_time(), time.perf_counter()
    for cell in store.read_json(notebook)["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), notebook.name, "exec"), known)
    spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    return {"peak_rss_mb": peak_rss_mb()} | {clock: round(seconds, 2) for clock, seconds in spent.items()}


def cost(stage: str, folder: Path, size: str) -> dict[str, float]:
    """The cost of a stage's notebook in a process of its own, on the project in a folder; told with its size."""
    command = [sys.executable, "-m", "benchmarks.pipeline", "--stage", stage]
    there = os.environ | {"ORDERCAST_ROOT": str(folder)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=there, cwd=ROOT)
    if done.returncode:
        sys.exit(f"{stage} stopped with code {done.returncode}.\n{done.stderr.strip()}")
    spent: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"{size}  {stage:<9} {'  '.join(f'{name} {figure:,.1f}' for name, figure in spent.items())}", flush=True)
    return spent


def measure(products: int, days: int) -> dict[str, dict[str, float]]:
    """The cost of every stage on a catalogue of this size."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), products, days)
        return {stage: cost(stage, Path(folder), f"{products:>8} products") for stage in STAGES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, nargs="+", default=[2000, 10_000])
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--stage", choices=("data", *STAGES), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.stage:
        mpl.use("agg")
        print(json.dumps(run_cells(given.stage)))
        return
    if given.json is None or len(set(given.products)) < 2:
        parser.error("give --json and two sizes of --products or more: growth shows between sizes")
    runs = {products: measure(products, given.days) for products in given.products}
    growth = {
        stage: {
            cost: scale.exponent(given.products, [runs[products][stage][cost] for products in given.products])
            for cost in ("peak_rss_mb", "cpu_s")
        }
        for stage in STAGES
    }
    store.write_json(
        {"exponents": growth, "days": given.days, "runs": {str(n): run for n, run in runs.items()}}, given.json
    )
    for stage, exponents in growth.items():
        print(f"{stage:<9} growth exponents: memory {exponents['peak_rss_mb']}, cpu {exponents['cpu_s']}")


if __name__ == "__main__":
    main()
