"""The forecasts anybody could make, as the model sees values (log prices): what every forecast must be better than."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ordercast.panel import Panel
from ordercast.states import Floats

Baseline = Callable[[Panel, NDArray[np.int64]], Floats]
ROLLING_DAYS = 28


def naive(known: Panel, horizons: NDArray[np.int64]) -> Floats:
    """The last value carried forward, (series, horizons)."""
    return np.repeat(known.z[:, -1:], len(horizons), axis=1)


def seasonal_naive(known: Panel, horizons: NDArray[np.int64]) -> Floats:
    """The value of the same weekday last week, or of the same week last year on a weekly calendar."""
    season = 7 if known.step_days == 1 else 52
    back = known.steps - 1 + horizons - season * (1 + (horizons - 1) // season)
    return known.z[:, np.maximum(back, 0)]


def rolling_mean(known: Panel, horizons: NDArray[np.int64]) -> Floats:
    """The mean of the last 28 days."""
    recent = known.z[:, -ROLLING_DAYS // known.step_days :]
    return np.repeat(recent.mean(axis=1)[:, None], len(horizons), axis=1)


BASELINES: dict[str, Baseline] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "rolling_mean": rolling_mean,
}
