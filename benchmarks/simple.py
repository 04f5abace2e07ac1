"""The forecasts anybody could make, in units: no change, last week again, no change with the errors it made before."""

from __future__ import annotations

import numpy as np

from benchmarks.panels import Floats, Ints
from ordercast import baselines, metrics
from ordercast.panel import Panel

HISTORY_DAYS = 730


def naive(known: Panel, horizons: Ints) -> Floats:
    """The last value known at the origin, carried forward: (series, horizons)."""
    return np.repeat(known.value[:, -1:], len(horizons), axis=1)


def seasonal_naive(known: Panel, horizons: Ints, target: str) -> Floats:
    """The value of the same weekday last week, or of the same week last year on a weekly calendar."""
    z = baselines.seasonal_naive(known, horizons)
    return np.asarray(np.exp(z)) if target == "price" else z


def empirical_quantiles(known: Panel, horizons: Ints, target: str) -> Floats:
    """Naive with the errors it made before: its own h-step errors of the last two years, (series, horizons, 3).

    The .1, .5 and .9 quantiles of each series' past changes over h steps that ended on an observed step, relative for
    prices and in units for demand, added to the last value. Only steps up to the panel's last are looked at.
    Raises ValueError for a series without any such change.
    """
    steps = min(HISTORY_DAYS // known.step_days, known.steps)
    recent = known.tail(steps)
    started = np.arange(steps) >= recent.first[:, None]
    out = np.empty((len(known.ids), len(horizons), len(metrics.QUANTILES)))
    for k, ahead in enumerate(horizons):
        change = recent.z[:, ahead:] - recent.z[:, :-ahead]
        counted = started[:, :-ahead] & recent.observed[:, ahead:]
        if not counted.any(axis=1).all():
            raise ValueError(f"a series has no past change over {ahead} steps: draw series with a longer history")
        past = np.where(counted, change, np.nan)
        out[:, k] = np.nanquantile(past, metrics.QUANTILES, axis=1).T
    z = recent.z[:, -1, None, None] + out
    return np.asarray(np.exp(z)) if target == "price" else np.maximum(z, 0.0)
