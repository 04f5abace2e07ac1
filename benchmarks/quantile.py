"""A plain quantile LightGBM, as one would write it in an afternoon: direct, the horizon a feature, nothing after it.

One global model per quantile (.1, .5, .9), without guard or conformal adjustment. The target is the change from the
last value (price: of the log; demand: from the mean of four weeks) in units of the series' own one-step deviation, for
prices times the root of the horizon.
"""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from benchmarks.panels import Floats, Ints
from ordercast import baselines, metrics
from ordercast.panel import Panel

EVERY, HISTORY, WARM_UP = 5, 730, 28  # steps between training origins, steps of them, steps before the first
DEVIATION_STEPS = 240
TARGET_LIMIT = 6.0  # without it one typing error of the past sends the outer quantiles anywhere
SETTINGS: dict[str, Any] = {
    "objective": "quantile",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 50,
    "num_threads": 2,
    "seed": 7,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
ROUNDS = 300


class Model:
    """The three fitted boosters of a panel of prices or demand."""

    def __init__(self, boosters: list[lgb.Booster], target: str) -> None:
        self.boosters, self.target = boosters, target

    def quantiles(self, known: Panel, horizons: Ints) -> Floats:
        """Quantiles .1, .5, .9 in units, in order, (series, horizons, 3), as known at the panel's last step."""
        x, base, scale = rows(known, horizons, self.target)
        said = np.column_stack([np.asarray(booster.predict(x)) for booster in self.boosters])
        z = base[:, None] + scale[:, None] * np.sort(said, axis=1)
        units = np.exp(z) if self.target == "price" else np.maximum(z, 0.0)
        return np.asarray(units).reshape(len(known.ids), len(horizons), len(metrics.QUANTILES))


def fit(past: Panel, horizons: Ints, target: str) -> Model:
    """The model of everything up to the panel's last step: rows whose target lies there and was observed."""
    starts = range(max(WARM_UP, past.steps - 1 - HISTORY), past.steps - int(horizons.max()), EVERY)
    parts = [_learned(past, origin, horizons, target) for origin in starts]
    x, y = (np.concatenate(column) for column in zip(*parts, strict=True))
    boosters = [
        lgb.train({**SETTINGS, "alpha": level}, lgb.Dataset(x, label=y), num_boost_round=ROUNDS)
        for level in metrics.QUANTILES
    ]
    return Model(boosters, target)


def _learned(past: Panel, origin: int, horizons: Ints, target: str) -> tuple[NDArray[np.float32], Floats]:
    x, base, scale = rows(past.until(origin + 1), horizons, target)
    step = origin + horizons
    use = (past.observed[:, step] & (past.first[:, None] <= origin)).ravel()
    return x[use], np.clip((past.z[:, step].ravel() - base) / scale, -TARGET_LIMIT, TARGET_LIMIT)[use]


def rows(known: Panel, horizons: Ints, target: str) -> tuple[NDArray[np.float32], Floats, Floats]:
    """Features, base and scale as the model sees values, a row per series and horizon, at the panel's last step."""
    z, last, price = known.z, known.z[:, -1], target == "price"

    def recent(days: int) -> Floats:
        return z[:, -max(days // known.step_days, 1) :]

    month, changes = recent(28), np.diff(z[:, -DEVIATION_STEPS - 1 :], axis=1)
    level = month.mean(axis=1)
    base = last if price else level
    unit = np.maximum(np.sqrt((changes**2).mean(axis=1)), 1e-3 if price else 0.1 * level + 1e-3)
    columns = [(last - recent(days + known.step_days)[:, 0]) / unit for days in (1, 2, 3, 7, 14, 28, 91)]
    columns += [(last - recent(days).mean(axis=1)) / unit for days in (7, 14, 28, 91, 364)]
    columns += [month.std(axis=1) / unit, (changes[:, -month.shape[1] :] == 0).mean(axis=1), np.log(unit)]
    date = known.dates[-1] + known.step_days * horizons.astype("timedelta64[D]")
    day_of_year = (date - date.astype("datetime64[Y]")).astype(np.int64)
    ahead = np.column_stack([horizons, (date.astype(np.int64) + 3) % 7, day_of_year])
    season = (baselines.seasonal_naive(known, horizons) - base[:, None]) / unit[:, None]
    x = np.column_stack(
        [np.repeat(np.column_stack(columns), len(horizons), axis=0), np.tile(ahead, (len(z), 1)), season.ravel()]
    )
    spread = np.sqrt(horizons) if price else np.ones(len(horizons))
    return x.astype(np.float32), np.repeat(base, len(horizons)), (unit[:, None] * spread).ravel()
