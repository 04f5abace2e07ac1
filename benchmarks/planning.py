"""What a morning's plan of a large catalogue takes: `python -m benchmarks.planning [--products 100000] --json F`.

A simulated block as large as stage 6 plans at a time is planned over and over, with all its suppliers, until so many
products are: forecasts are given, so that the programmes alone are measured. Seconds by the CPU and by the clock; MB
are the peak beyond what the block itself takes.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np

from benchmarks import worlds
from benchmarks.stages import peak_rss_mb
from ordercast import store
from ordercast.orders import policies
from ordercast.orders.planner import Ahead, Planner
from ordercast.orders.replay import opening_morning
from ordercast.orders.world import View
from ordercast.purchasing import BLOCK_PRODUCTS

DAYS, NODES, SERVICE_FACTOR = 60, 7, 2.0
DAILY_SPREAD = 0.02  # of the log price, at p10 and p90
CORRELATION, PERSISTENCE = 0.9, 0.97
RESET_PEAK = Path("/proc/self/clear_refs")  # of Linux


def flat(view: View) -> Ahead:
    """No change, with a band that grows with the root of the days, and the demand of the last quarter."""
    today, root = view.today_price[:, None], np.sqrt(np.arange(1, DAYS + 1))
    pace = view.demand_units[:, -91:].mean(axis=1)
    links = np.ones((len(today), DAYS - 1))
    units = np.repeat(pace[:, None], DAYS, axis=1)
    return Ahead(
        p10=today * np.exp(-DAILY_SPREAD * root),
        p50=np.repeat(today, DAYS, axis=1),
        p90=today * np.exp(DAILY_SPREAD * root),
        correlation=CORRELATION * links,
        persistence=PERSISTENCE * links,
        quote_due=np.ones(DAYS, dtype=np.bool_),
        demand_mean=units,
        demand_variance=2 * units,
        demand_level_cv=np.full(len(pace), 0.1),
    )


def measure(products: int, seed: int) -> dict[str, float]:
    """products, series: planned; cpu_s, wall_s; peak_mb beyond the block; load."""
    block = min(BLOCK_PRODUCTS, products)
    world = worlds.simulated(seed, block).world
    view, state = opening_morning(world)
    planner = Planner(flat, policies.just_in_time(SERVICE_FACTOR), NODES)
    RESET_PEAK.write_text("5")  # what it took to make the block does not count
    before = peak_rss_mb()
    cpu, wall, planned = time.process_time(), time.perf_counter(), 0
    while planned < products:
        planner.work(view, state)
        planned += world.products
    return {
        "products": planned,
        "series": planned // world.products * len(world.terms.product),
        "cpu_s": round(time.process_time() - cpu, 2),
        "wall_s": round(time.perf_counter() - wall, 2),
        "peak_mb": round(peak_rss_mb() - before, 1),
        "load": round(os.getloadavg()[0], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    given = parser.parse_args()
    found = measure(given.products, given.seed)
    store.write_json(found, given.json)
    print(", ".join(f"{name} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
