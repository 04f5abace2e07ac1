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
    prices and in units for demand, added to the last value. Only steps up to the panel's last are looked at; a series
    with no such change in two years takes those of its whole past, and one that never had any keeps its last value.
    """
    steps = min(HISTORY_DAYS // known.step_days, known.steps)
    out = np.zeros((len(known.ids), len(horizons), len(metrics.QUANTILES)))
    for k, ahead in enumerate(horizons):
        lacking = np.ones(len(known.ids), dtype=bool)
        for past in (known.tail(steps), known):
            started = np.arange(past.steps) >= past.first[:, None]
            counted = started[:, :-ahead] & past.observed[:, ahead:]
            new = np.flatnonzero(lacking & counted.any(axis=1))
            change = np.where(counted[new], past.z[new, ahead:] - past.z[new, :-ahead], np.nan)
            if len(new):
                out[new, k] = np.nanquantile(change, metrics.QUANTILES, axis=1).T
            lacking[new] = False
    z = known.z[:, -1, None, None] + out
    return np.asarray(np.exp(z)) if target == "price" else np.maximum(z, 0.0)
