"""Features, fit, 14-day forecast of all series: their cost beside mlforecast. `python -m benchmarks.speed --json F`.

Both read the same Parquet, a made-up catalogue of daily prices, and learn from all but its last 14 days, on which both
are scored. Each contender has a process of its own, in which its stages are timed; runs take turns (ours, theirs, ours,
...). The peer is mlforecast as its users run it: polars frames, 14 features (lags 1, 2, 3, 5, 7, 14, 28; rolling means
of 7, 14, 28, 56 and deviations of 7, 28 days; weekday), log prices differenced once, LightGBM with 300 trees of 63
leaves and a learning rate of .05. Ours is the engine at the project's defaults, bands and guard included. Both have two
threads.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import libraries, panels
from benchmarks.stages import HORIZON_DAYS, STAGES
from ordercast import metrics, store

CONTENDERS = ("ordercast", "mlforecast")


def run(contender: str, data: Path, out: Path) -> dict[str, Any]:
    """What a contender cost in a process of its own, with the machine's load before it; its forecasts are in `out`."""
    load = round(os.getloadavg()[0], 2)
    command = [sys.executable, "-m", "benchmarks.stages", contender, str(data), str(out)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{contender} stopped with code {done.returncode}.\n{done.stderr.strip()}")
    cost: dict[str, Any] = store.read_json(out / f"{contender}.json")
    return {"load_before": load, **cost}


def rmsse(past: pd.DataFrame, ahead: pd.DataFrame, forecasts: dict[str, pd.DataFrame]) -> dict[str, float]:
    """rmsse_ratio of each contender to naive on the held-out days: mean RMSSE over series, both scored alike.

    past, ahead: product_id, date, unit_price; forecasts: product_id, date, mean of each.
    """
    quoted, actual = _wide(past, "unit_price"), _wide(ahead, "unit_price")
    history = quoted.ffill(axis=1)
    scale, _ = metrics.naive_scales(history.bfill(axis=1).to_numpy(), quoted.notna().to_numpy())
    actual = actual.reindex(history.index)
    naive = np.repeat(history.iloc[:, -1:].to_numpy(), actual.shape[1], axis=1)
    reference = np.nanmean(metrics.rmsse(naive, actual.to_numpy(), scale))
    ratios = {}
    for name, said in forecasts.items():
        mean = _wide(said, "mean").reindex(index=history.index, columns=actual.columns)
        if mean.isna().to_numpy().any():
            sys.exit(f"{name} left forecasts out: the contenders cannot be compared")
        ratios[name] = float(np.nanmean(metrics.rmsse(mean.to_numpy(), actual.to_numpy(), scale)) / reference)
    return {name: round(ratio, 4) for name, ratio in ratios.items()}


def _wide(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """A row per product and a column per date."""
    wide = table.pivot_table(index="product_id", columns="date", values=column, observed=True)
    return wide.set_index(wide.index.astype("object"))


def ratios(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Ours over mlforecast's, each the median of its runs: features_cpu, fit_cpu, forecast_cpu, total_cpu, peak_rss."""

    def median(contender: str, stages: tuple[str, ...]) -> float:
        own = [run for run in runs if run["contender"] == contender]
        return float(statistics.median(sum(run["seconds"][stage]["cpu"] for stage in stages) for run in own))

    def peak(contender: str) -> float:
        return float(statistics.median(run["peak_rss_mb"] for run in runs if run["contender"] == contender))

    ours, theirs = CONTENDERS
    spent = {f"{stage}_cpu": median(ours, (stage,)) / median(theirs, (stage,)) for stage in STAGES}
    spent["total_cpu"] = median(ours, STAGES) / median(theirs, STAGES)
    spent["peak_rss"] = peak(ours) / peak(theirs)
    return {name: round(ratio, 3) for name, ratio in spent.items()}


def measure(series: int, days: int, repeat: int) -> dict[str, Any]:
    """The JSON: ratios, load (1, 5, 15 minutes at the end), raw runs, accuracy, what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "prices.parquet")
        whole = panels.synthetic(series, days + HORIZON_DAYS, 7)
        last = whole["date"].max() - pd.Timedelta(days=HORIZON_DAYS)
        past, ahead = whole[whole["date"] <= last], whole[whole["date"] > last]
        store.write_parquet(past, data, ["product_id", "supplier_id", "date"])
        runs = [run(contender, data, Path(folder)) for _ in range(repeat) for contender in CONTENDERS]
        said = {name: store.read_parquet(Path(folder, f"{name}.parquet")) for name in CONTENDERS}
        accuracy = rmsse(past, ahead, said)
    return {
        "ratios": ratios(runs),
        "load": [round(load, 2) for load in os.getloadavg()],
        "rmsse_ratio": accuracy,
        "series": series,
        "days": days,
        "raw": runs,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each contender")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    given = parser.parse_args()
    try:
        libraries.library("mlforecast")
    except libraries.MissingPeer as error:
        sys.exit(str(error))
    result = measure(given.series, given.days, given.repeat)
    store.write_json(result, given.json)
    load = f"load {result['load'][0]} on {os.cpu_count()} cores"
    print(f"{given.series} series x {given.days} days, ours / mlforecast; {load}")
    print(json.dumps(result["ratios"], indent=2))
    for one in result["raw"]:
        print(one["contender"], {stage: one["seconds"][stage] for stage in STAGES}, f"{one['peak_rss_mb']} MB")
    print(f"error on the 14 days after, as a share of naive's: {result['rmsse_ratio']}")


if __name__ == "__main__":
    main()
