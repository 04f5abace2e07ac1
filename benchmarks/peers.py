"""The peers: Nixtla's statsforecast and mlforecast, from the environment of `make bench-env`.

They are given what they are usually given: gaps filled with the last value, series from their first observation on.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from benchmarks.libraries import LAGS, library, rolling
from benchmarks.panels import Floats, Task
from benchmarks.scores import Outcome
from ordercast.panel import Panel

REFIT_STEPS = 240
HISTORY_STEPS = 730
DATE_FEATURE = {1: "dayofweek", 7: "month"}
LIGHTGBM: dict[str, Any] = {
    "n_estimators": 300,
    "learning_rate": 0.05,
    "num_leaves": 31,
    "n_jobs": 2,
    "seed": 7,
    "verbosity": -1,
}


def long_frame(known: Panel, steps: int) -> pd.DataFrame:
    """unique_id (the series' row), ds, y of the last `steps` steps, from each series' first observation on."""
    recent = known.tail(steps)
    series, step = np.nonzero(np.arange(recent.steps) >= recent.first[:, None])
    return pd.DataFrame(
        {"unique_id": series, "ds": pd.to_datetime(recent.dates[step]), "y": recent.value[series, step]}
    )


def _wide(said: pd.DataFrame, column: str, task: Task) -> Floats:
    ordered = said.sort_values(["unique_id", "ds"])[column].to_numpy(dtype=float)
    cells = ordered.reshape(len(task.panel.ids), len(task.horizons))
    return np.maximum(cells, 0.0) if task.target == "demand" else cells


def _frequency(task: Task) -> Any:
    return "D" if task.panel.step_days == 1 else pd.tseries.frequencies.to_offset(f"{task.panel.step_days}D")


def statistical(name: str, task: Task) -> Outcome:
    """AutoETS or AutoTheta, refitted at each origin on the last 240 steps; the .5 quantile is the mean.

    The season is 7 on a daily calendar; on a weekly one there is none, since 240 steps hold too few years (and AutoETS
    takes no season of 52). Where a fit fails the library's naive model answers (its own `fallback_model`). Demand below
    0 is taken as 0.
    """
    models, tools = library("statsforecast.models"), library("statsforecast")
    season = 7 if task.panel.step_days == 1 else 1
    start = time.process_time()
    model = getattr(models, name)(season_length=season)
    engine = tools.StatsForecast([model], freq=_frequency(task), n_jobs=1, fallback_model=models.Naive())
    means, quantiles = [], []
    for origin in task.origins:
        history = long_frame(task.known(origin), REFIT_STEPS)
        with warnings.catch_warnings():  # of a series that stood still for 240 steps, which is no fault
            warnings.filterwarnings("ignore", "invalid value encountered in divide", RuntimeWarning)
            said = engine.forecast(h=len(task.horizons), df=history, level=[80])
        columns = [_wide(said, column, task) for column in (f"{name}-lo-80", name, f"{name}-hi-80")]
        means.append(columns[1])
        quantiles.append(np.stack(columns, axis=2))
    return Outcome(np.stack(means, axis=1), np.stack(quantiles, axis=1), time.process_time() - start)


def learned(transforms: Callable[[Task], list[Any]], task: Task) -> Outcome:
    """mlforecast with LightGBM on 14 features, fitted once at the cut on the last 730 steps, recursive.

    300 trees of 31 leaves, learning rate .05; 7 lags, 4 rolling means, 2 rolling deviations, weekday (or month).
    """
    tools, days = library("mlforecast"), task.panel.step_days
    start = time.process_time()
    engine = tools.MLForecast(
        models={"lightgbm": lgb.LGBMRegressor(**LIGHTGBM)},
        freq=_frequency(task),
        lags=LAGS[days],
        lag_transforms={1: rolling(days)},
        date_features=[DATE_FEATURE[days]],
        target_transforms=transforms(task),
        num_threads=1,
    )
    means = []
    with warnings.catch_warnings():  # of young series, whose long windows are empty: LightGBM takes them as missing
        warnings.filterwarnings("ignore", "Found null values in|The following series were dropped", UserWarning)
        engine.fit(long_frame(task.known(task.cut), HISTORY_STEPS), static_features=[])
        for origin in task.origins:
            said = engine.predict(len(task.horizons), new_df=long_frame(task.known(origin), HISTORY_STEPS))
            means.append(_wide(said, "lightgbm", task))
    return Outcome(np.stack(means, axis=1), None, time.process_time() - start)


def _levels(task: Task) -> list[Any]:
    return []


def _log_differences(task: Task) -> list[Any]:
    """Log (of demand: of one more), then the change from step to step."""
    library("sklearn")
    from sklearn.preprocessing import FunctionTransformer

    there, back = (np.log, np.exp) if task.target == "price" else (np.log1p, np.expm1)
    tools = library("mlforecast.target_transforms")
    return [tools.GlobalSklearnTransformer(FunctionTransformer(there, back)), tools.Differences([1])]


def _scaled(task: Task) -> list[Any]:
    return [library("mlforecast.target_transforms").LocalStandardScaler()]


def contenders() -> dict[str, Callable[[Task], Outcome]]:
    """The peers by the names of their models."""
    return {
        "AutoETS": lambda task: statistical("AutoETS", task),
        "AutoTheta": lambda task: statistical("AutoTheta", task),
        "mlforecast": lambda task: learned(_levels, task),
        "mlforecast_logdiff": lambda task: learned(_log_differences, task),
        "mlforecast_scaled": lambda task: learned(_scaled, task),
    }
