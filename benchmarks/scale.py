"""What features, fit and forecast cost against the size of the catalogue: `python -m benchmarks.scale --json F`.

Each size runs in a process of its own on a made-up catalogue of daily prices. With --half-new half of the products
began 60 days ago, as in a catalogue that has just doubled. Growth exponents are slopes of log cost on log size (least
squares): 1 is proportional.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import panels, speed
from benchmarks.stages import STAGES
from ordercast import store


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The slope of log cost on log size by least squares: cost grows as size to this power."""
    slope, _ = np.polyfit(np.log(sizes), np.log(costs), 1)
    return round(float(slope), 3)


def run(products: int, days: int, new_share: float) -> dict[str, Any]:
    """What one size cost: products, quotes, cpu_s, wall_s, peak_rss_mb, seconds by stage, the load before."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "prices.parquet")
        made = panels.synthetic(products, days, 7, new_share)
        store.write_parquet(made, data, ["product_id", "supplier_id", "date"])
        quotes = len(made)
        del made
        cost = speed.run("ordercast", data, Path(folder))
    total = {clock: round(sum(cost["seconds"][stage][clock] for stage in STAGES), 3) for clock in ("cpu", "wall")}
    return {"products": products, "quotes": quotes, "cpu_s": total["cpu"], "wall_s": total["wall"], **cost}


def measure(sizes: Sequence[int], days: int, new_share: float) -> dict[str, Any]:
    """The JSON: cpu_exponent, memory_exponent (of the whole process), runs, load, days, new_share."""
    runs = []
    for products in sizes:
        one = run(products, days, new_share)
        runs.append(one)
        stages = "  ".join(f"{stage} {one['seconds'][stage]['cpu']:8.2f}" for stage in STAGES)
        print(
            f"{products:>8} products  cpu s: {stages}  total {one['cpu_s']:8.2f}  {one['peak_rss_mb']:8.0f} MB",
            flush=True,
        )
    return {
        "cpu_exponent": exponent(sizes, [one["cpu_s"] for one in runs]),
        "memory_exponent": exponent(sizes, [one["peak_rss_mb"] for one in runs]),
        "load": [round(load, 2) for load in os.getloadavg()],
        "days": days,
        "new_share": new_share,
        "runs": runs,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, nargs="+", default=[1000, 3000, 10_000])
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--half-new", action="store_true", help="half of the products began 60 days ago")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    given = parser.parse_args()
    if len(set(given.products)) < 2:
        parser.error("--products needs two sizes or more: growth shows between sizes")
    result = measure(given.products, given.days, 0.5 if given.half_new else 0.0)
    store.write_json(result, given.json)
    print(
        f"growth exponents: cpu {result['cpu_exponent']}, memory {result['memory_exponent']}; load {result['load'][0]}"
    )


if __name__ == "__main__":
    main()
