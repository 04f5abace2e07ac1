"""Forecast metrics on plain arrays, with one definition each.

Errors count on observed steps only. RMSSE and MASE (Hyndman & Koehler 2006; M5 competition 2020) are scaled by the
series' own one-step naive error before the first test origin; a series whose scale is zero has no RMSSE or MASE.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

QUANTILES = (0.1, 0.5, 0.9)

Floats = NDArray[np.float64]


def naive_scales(value: Floats, observed: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Root mean squared and mean absolute one-step naive error per series, (series,) each; NaN where it is zero.

    value, observed: (series, steps) history before the first test origin.
    """
    step = np.abs(np.diff(value, axis=1))
    counted = observed[:, 1:] & (np.cumsum(observed, axis=1)[:, :-1] > 0)
    count = np.maximum(counted.sum(axis=1), 1)
    squared = np.sqrt((step**2 * counted).sum(axis=1) / count)
    absolute = (step * counted).sum(axis=1) / count
    return np.where(squared > 0, squared, np.nan), np.where(absolute > 0, absolute, np.nan)


def rmsse(forecast: Floats, actual: Floats, scale: Floats) -> Floats:
    """Root mean squared error per series over its (series, errors) cells, in units of `scale`, NaN cells left out."""
    return np.sqrt(_row_mean((forecast - actual) ** 2)) / scale


def mase(forecast: Floats, actual: Floats, scale: Floats) -> Floats:
    """Mean absolute error per series, in units of `scale`; NaN cells do not count."""
    return _row_mean(np.abs(forecast - actual)) / scale


def quantile_loss(error: Floats, level: Floats | float) -> Floats:
    """Pinball loss (Koenker & Bassett 1978) of a quantile that the actual is over by `error`."""
    return np.maximum(level * error, (level - 1) * error)


def pinball(quantiles: Floats, actual: Floats, scale: Floats) -> Floats:
    """Mean pinball loss per series over the quantiles .1, .5, .9, in units of `scale`.

    quantiles: (series, errors, 3).
    """
    level = np.array(QUANTILES)
    error = actual[:, :, None] - quantiles
    return _row_mean(quantile_loss(error, level).mean(axis=2)) / scale


def coverage(low: Floats, high: Floats, actual: Floats) -> float:
    """Share of actuals inside [low, high]; a calibrated 10-90% band covers .8."""
    known = np.isfinite(actual)
    return float(((actual >= low) & (actual <= high))[known].mean()) if known.any() else float("nan")


def bias(forecast: Floats, actual: Floats) -> float:
    """Mean forecast over mean actual, less one: +.02 is 2% too high."""
    known = np.isfinite(actual) & np.isfinite(forecast)
    total = float(actual[known].sum())
    return float(forecast[known].sum()) / total - 1.0 if total else float("nan")


def _row_mean(cells: Floats) -> Floats:
    known = np.isfinite(cells)
    count = known.sum(axis=1)
    total = np.where(known, cells, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
