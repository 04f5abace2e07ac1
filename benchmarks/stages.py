"""One contender's features, fit and forecast of all series, in a process of its own: `python -m benchmarks.stages`.

It is what `speed` and `scale` start. Each contender imports its own libraries only, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import libraries

HORIZON_DAYS = 14
STAGES = ("features", "fit", "forecast")
LIGHTGBM: dict[str, Any] = {
    "n_estimators": 300,
    "learning_rate": 0.05,
    "num_leaves": 63,
    "n_jobs": 2,
    "seed": 7,
    "verbosity": -1,
}


class Meter:
    """CPU and wall seconds by stage, of this process and all its threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, dict[str, float]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        self.seconds[name] = {clock: round(seconds, 3) for clock, seconds in spent.items()}


def ordercast(data: Path, meter: Meter) -> pd.DataFrame:
    """Forecasts of Ordercast's engine: product_id, date, mean."""
    with meter.stage("imports"):
        from benchmarks import ours
        from ordercast import histories
    with meter.stage("features"):
        priced = histories.prices(data, None, 1)
        products = priced.ids[["product_id"]].drop_duplicates().assign(category=None)
        lesson = ours.lesson_on(priced, priced.ids, products, "price", np.arange(1, HORIZON_DAYS + 1))
    with meter.stage("fit"):
        model = ours.fit(lesson)
    with meter.stage("forecast"):
        mean, _ = ours.forecast(model, lesson.cut)
    known = lesson.problem.panel
    dates = known.dates[-1] + np.arange(1, HORIZON_DAYS + 1).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "product_id": np.repeat(known.ids["product_id"].to_numpy(), HORIZON_DAYS),
            "date": np.tile(dates.astype("datetime64[us]"), len(mean)),
            "mean": mean.ravel(),
        }
    )


def mlforecast(data: Path, meter: Meter) -> pd.DataFrame:
    """Forecasts of mlforecast over polars: product_id, date, mean."""
    with meter.stage("imports"):
        import lightgbm as lgb

        pl, engine = libraries.library("polars"), libraries.library("mlforecast")
        changes, rolling = libraries.library("mlforecast.target_transforms"), libraries.rolling(1)
    with meter.stage("features"):
        frame = pl.read_parquet(data).select(
            pl.col("product_id").alias("unique_id"),
            pl.col("date").cast(pl.Datetime("us")).alias("ds"),
            pl.col("unit_price").log().cast(pl.Float32).alias("y"),
        )
        model = engine.MLForecast(
            models={"lightgbm": lgb.LGBMRegressor(**LIGHTGBM)},
            freq="1d",
            lags=libraries.LAGS[1],
            lag_transforms={1: rolling},
            date_features=["weekday"],
            target_transforms=[changes.Differences([1])],
            num_threads=2,
        )
        x, y = model.preprocess(frame, static_features=[], return_X_y=True, as_numpy=True)
    with meter.stage("fit"):
        model.fit_models(x, y)
    with meter.stage("forecast"):
        said = model.predict(HORIZON_DAYS)
    mean = np.exp(said["lightgbm"].to_numpy().astype(float))
    dates = said["ds"].to_numpy().astype("datetime64[us]")
    return pd.DataFrame({"product_id": said["unique_id"].to_list(), "date": dates, "mean": mean})


def peak_rss_mb() -> float:
    """The most memory this process held at once, in MiB.

    From the kernel's VmHWM where there is one: ru_maxrss would begin at the size of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return round(int(line.split()[1]) / 1024, 1)
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)


CONTENDERS = {"ordercast": ordercast, "mlforecast": mlforecast}


def main() -> None:
    """Run the contender; the folder gets <contender>.json with its cost and <contender>.parquet with its forecasts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("data", type=Path, help="Parquet file: product_id, supplier_id, date, unit_price")
    parser.add_argument("out", type=Path, help="folder for the results")
    given = parser.parse_args()
    meter = Meter()
    said = CONTENDERS[given.contender](given.data, meter)
    cost = {"contender": given.contender, "seconds": meter.seconds, "peak_rss_mb": peak_rss_mb()}
    (given.out / f"{given.contender}.json").write_text(json.dumps(cost))
    from ordercast import store

    text = {"product_id": pd.StringDtype()}
    store.write_parquet(said.astype(text), given.out / f"{given.contender}.parquet", ["product_id", "date"])


if __name__ == "__main__":
    main()
