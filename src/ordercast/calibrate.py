"""How far to trust the model, and how wide its band must be: both learned from origins it was not fitted on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ordercast.metrics import QUANTILES

Floats = NDArray[np.float64]
MIN_CELL = 200  # errors a group needs at a horizon before it gets quantiles of its own
MIN_ORIGINS = 4
LOWER_BOUND = 1.645  # standard errors: one-sided 95%


def skill_weights(
    forecast: Floats, actual: Floats, origin: NDArray[np.int64], group: NDArray[np.int64], groups: int
) -> Floats:
    """Weight in [0, 1] per group by which the model's departure from its base is multiplied.

    forecast, actual: scaled departures from the base, one per out-of-sample forecast, no NaN; origin, group: their
    origin and cluster. The weight is the one-sided 95% lower bound of the least-squares slope of actual on
    forecast, its standard error taken over origins by the jackknife (Efron 1982): series of one origin share shocks,
    so rows are no evidence of their own. It is 0 where fewer than 4 origins speak, or where the bound is not positive.
    """
    weights = np.zeros(groups)
    for g in range(groups):
        own = group == g
        _, index = np.unique(origin[own], return_inverse=True)
        count = int(index.max()) + 1 if own.any() else 0
        if count < MIN_ORIGINS:
            continue
        cross = np.bincount(index, forecast[own] * actual[own])
        square = np.bincount(index, forecast[own] ** 2)
        if square.sum() <= 0:
            continue
        left_out = (cross.sum() - cross) / np.maximum(square.sum() - square, 1e-12)
        error = np.sqrt((count - 1) / count * ((left_out - left_out.mean()) ** 2).sum())
        weights[g] = np.clip(cross.sum() / square.sum() - LOWER_BOUND * error, 0.0, 1.0)
    return np.round(weights, 4)


def bands(
    error: Floats,
    horizon: NDArray[np.int64],
    group: NDArray[np.int64],
    groups: int,
    horizons: NDArray[np.int64],
) -> Floats:
    """Quantiles of the scaled error, shape (groups, horizons, quantiles): split conformal prediction per cell.

    The outer quantiles take the finite-sample level (Papadopoulos et al. 2002; Lei et al. 2018). A group with fewer
    than 200 errors at a horizon takes the quantiles of all groups there, or of all horizons where that is thin too.
    """
    table = np.zeros((groups, len(horizons), len(QUANTILES)))
    for h, ahead in enumerate(horizons):
        here = horizon == ahead
        pooled = error[here] if here.sum() >= MIN_CELL else error
        for g in range(groups):
            own = error[here & (group == g)]
            table[g, h] = _outward_quantiles(own if len(own) >= MIN_CELL else pooled)
    return np.round(table, 6)


def _outward_quantiles(error: Floats) -> Floats:
    if len(error) == 0:
        return np.zeros(len(QUANTILES))
    n = len(error)
    low = max(np.floor(QUANTILES[0] * (n + 1)) / n, 0.0)
    high = min(np.ceil(QUANTILES[2] * (n + 1)) / n, 1.0)
    return np.asarray(np.quantile(error, [low, QUANTILES[1], high], method="inverted_cdf"))
