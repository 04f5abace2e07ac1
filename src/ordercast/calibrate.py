"""The rules by which trust is earned and bands are made to hold, on errors of days the model was not fitted on.

Series of one time share shocks, so that rows are no evidence of their own: errors are summed over blocks of time and
all standard errors are taken over these, by the jackknife (Efron 1982).
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ordercast import metrics

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MIN_PAIRS = 200  # errors a group needs at two neighbouring horizons before it gets a correlation of its own
MIN_CELL = 1000  # errors a group needs at a range of horizons before it gets a shift of its own: they share shocks
MIN_BLOCKS = 4
MIN_EVIDENCE = 100  # forecasts that must speak for a group, those of its kin by what they count
SNAP = 0.07  # of the usual change: a smaller departure is no change where nothing of it is trusted
LOWER_BOUND = 2.576  # standard errors: one-sided 99.5%
BORROWED = 0.3  # the weight of a row of a group's kin beside one of its own
WEIGHTS = np.arange(1, 11) / 10  # the shares of a quantile's departure that are tried
P10_TO_P90_IN_SD = 2.5631  # of a normal distribution
NEAR_DAYS = 14  # what people see first; skill is judged for these days and for the later ones apart
HORIZON_EDGES_DAYS = np.array([2, 4, 7, 10, 14, 21, 30, 45])  # horizons between two of them are judged together
RANGES = len(HORIZON_EDGES_DAYS) + 1


def mean_weights(forecast: Floats, actual: Floats, block: Ints, group: Ints, groups: int, kin: int = 1) -> Floats:
    """Weight in [0, 1] per group by which a mean forecast's departure from its base is multiplied.

    forecast, actual: departures from the base, one per out-of-sample forecast, no NaN; block, group: their block of
    time and cluster; kin: how many neighbouring groups lend each other evidence. The weight is the one-sided 99.5%
    lower bound of the least-squares slope of actual on forecast, 0 where fewer than 4 blocks or 100 forecasts speak or
    the bound is not positive.
    """
    weights = np.zeros(groups)
    for g in range(groups):
        near, count = _kin(group, g, kin)
        cross, square = (_by_block(value[near] * count, block[near]) for value in (forecast * actual, forecast**2))
        if len(cross) < MIN_BLOCKS or count.sum() < MIN_EVIDENCE or square.sum() <= 0:
            continue
        left_out = (cross.sum() - cross) / np.maximum(square.sum() - square, 1e-12)
        weights[g] = np.clip(cross.sum() / square.sum() - LOWER_BOUND * _jackknife(left_out), 0.0, 1.0)
    return np.round(weights, 4)


def quantile_weights(
    forecast: Floats,
    actual: Floats,
    block: Ints,
    group: Ints,
    groups: int,
    kin: int = 1,
    level: float = 0.5,
    doubt: float = LOWER_BOUND,
) -> Floats:
    """Weight in [0, 1] per group of a quantile's departure, by default a median's: the share with the surest gain.

    As `mean_weights`, but the loss of a quantile has no slope: of the shares .1 to 1 that with the largest lower bound
    of the gain over no departure is taken, 0 where none is positive. doubt: its distance in standard errors.
    """
    weights = np.zeros(groups)
    for g in range(groups):
        near, count = _kin(group, g, kin)
        best, usual = 0.0, metrics.quantile_loss(actual[near], level)
        for weight in WEIGHTS:
            gain = usual - metrics.quantile_loss(actual[near] - weight * forecast[near], level)
            gains = _by_block(gain * count, block[near])
            if len(gains) < MIN_BLOCKS or count.sum() < MIN_EVIDENCE:
                break
            bound = gains.sum() - doubt * _jackknife(gains.sum() - gains)
            if bound > best:
                best, weights[g] = bound, weight
    return np.round(weights, 4)


def _kin(group: Ints, g: int, kin: int) -> tuple[NDArray[np.bool_], Floats]:
    """The rows that speak for a group, its own and its kin's, and what each of them counts."""
    near = group // kin == g // kin
    return near, np.where(group[near] == g, 1.0, BORROWED)


def _by_block(value: Floats, block: Ints) -> Floats:
    if len(value) == 0:
        return np.zeros(0)
    _, index = np.unique(block, return_inverse=True)
    return np.bincount(index, value).astype(np.float64)


def _jackknife(left_out: Floats) -> float:
    count = len(left_out)
    return float(np.sqrt((count - 1) / count * ((left_out - left_out.mean()) ** 2).sum()))


def by_range(
    rule: Callable[[Floats, Floats, Ints, Ints, int, int], Floats],
    forecast: Floats,
    actual: Floats,
    origin_days: Ints,
    horizon_days: Ints,
    group: Ints,
    groups: int,
    kin: int = 1,
) -> Floats:
    """The weights of a rule for the near and for the far horizons, (groups, 2); blocks are as long as the range."""
    weights = np.zeros((groups, 2))
    for far in (0, 1):
        own = far_range(horizon_days) == far
        if own.any():
            block = origin_days[own] // (NEAR_DAYS if far == 0 else int(horizon_days[own].max()))
            weights[:, far] = rule(forecast[own], actual[own], block, group[own], groups, kin)
    return weights


def far_range(horizon_days: Ints) -> Ints:
    """0 for the near horizons, 1 for the far ones."""
    return (horizon_days > NEAR_DAYS).astype(np.int64)


def blended(model: Floats, own: Floats, share: Floats | float) -> Floats:
    """The model's quantile averaged with the series' own; the model's alone where the series has none."""
    return np.where(np.isfinite(own), share * model + (1 - share) * own, model)


def horizon_bucket(horizon_days: Ints) -> Ints:
    """Which of the 9 ranges of horizons each belongs to: 1-2, 3-4, 5-7, ... 46 and more days ahead."""
    return np.searchsorted(HORIZON_EDGES_DAYS, horizon_days)


def shifts(
    predicted: Floats, actual: Floats, level: float, bucket: Ints, group: Ints, groups: int, share: float = 1.0
) -> Floats:
    """What must be added to a predicted quantile so that it holds, (groups, 9): conformalised quantile regression
    (Romano et al. 2019), one-sided, per group and range of horizons.

    The level is taken outwards by the finite-sample correction. A group with fewer than 1000 errors at a range takes
    the shift of all groups there, or of all errors where that is thin too: its predictions know the group, so that what
    they lack depends on the distance more than on it. share: how much of what the errors ask for is done; without any
    error a normal one is taken, whole.
    """
    error = share * (actual - predicted)
    table = np.zeros((groups, RANGES))
    for b in range(RANGES):
        for g in range(groups):
            candidates = [(bucket == b) & (group == g), bucket == b, group >= 0]
            enough = [each for each in candidates if each.sum() >= MIN_CELL] or candidates[-1:]
            table[g, b] = _outward_quantile(error[enough[0]], level)
    return np.round(table, 6)


def _outward_quantile(error: Floats, level: float) -> float:
    count = len(error)
    if count == 0:  # nothing to go by: as if scaled errors were normal
        return NormalDist().inv_cdf(level)
    rank = np.floor(level * (count + 1)) if level < 0.5 else np.ceil(level * (count + 1))
    place = int(np.clip(rank, 1, count)) - 1
    return float(np.partition(error, place)[place])


def links(departure: Floats, group: Ints, groups: int, lag: int = 1) -> Floats:
    """Correlation of the errors of neighbouring horizons, (groups, horizons - 1): how a path of prices hangs together.

    departure: (paths, horizons) scaled errors, NaN where nothing was observed; group: (paths,). With a longer lag it is
    that of errors `lag` horizons apart, told per step (its lag-th root): noise in single quotes makes neighbours differ
    without any news in it, and lasts no longer. Horizons with no other so far ahead take the last one that has. A group
    with fewer than 200 pairs at a horizon takes the correlation over all groups, 0 where there is no pair at all.
    """
    lag = min(lag, departure.shape[1] - 1)
    if lag < 1:
        return np.zeros((groups, 0))
    near, far = np.nan_to_num(departure[:, :-lag]), np.nan_to_num(departure[:, lag:])
    both = np.isfinite(departure[:, :-lag]) & np.isfinite(departure[:, lag:])
    table = np.zeros((groups, departure.shape[1] - 1))
    reach = near.shape[1]
    for g in range(groups):
        own = both & (group == g)[:, None]
        used = np.where(own.sum(axis=0) >= MIN_PAIRS, own, both)
        spread = np.sqrt((near**2 * used).sum(axis=0) * (far**2 * used).sum(axis=0))
        found = np.divide((near * far * used).sum(axis=0), spread, out=np.zeros(reach), where=spread > 0)
        table[g, :reach] = np.sign(found) * np.abs(found) ** (1 / lag)
    table[:, reach:] = table[:, reach - 1 : reach]
    return np.asarray(np.round(table, 4), dtype=np.float64)


def level_cv(error: Floats, expected: Floats, variance: Floats, group: Ints, groups: int) -> Floats:
    """What sums over several days err by beyond their days' own variance, as a share of them, (groups,).

    error, expected, variance: (sums,) actual less expected, and the days' variances added up as if independent: an
    error in the level is common to all days of a sum, and the larger share of a long one (Silver, Pyke & Thomas, ch.
    3).
    """
    beyond = np.bincount(group, error**2 - variance, minlength=groups)
    square = np.bincount(group, expected**2, minlength=groups)
    share = np.divide(beyond, square, out=np.zeros(groups), where=square > 0)
    return np.asarray(np.round(np.sqrt(np.maximum(share, 0.0)), 4), dtype=np.float64)


def snapped(departure: Floats, trust: Floats) -> Floats:
    """Scaled departures drawn towards 0 by SNAP, and 0 within it: what is too small to act on is no change.

    trust: the share of them that was earned; what is trusted to the full is not drawn at all.
    """
    return np.sign(departure) * np.maximum(np.abs(departure) - SNAP * (1 - trust), 0.0)


def rising(cells: Floats) -> Floats:
    """Rows that never fall, near the given ones: halfway between the highest so far and the lowest still to come.

    The highest so far alone would keep every error upwards and none downwards.
    """
    so_far = np.maximum.accumulate(cells, axis=1)
    to_come = np.minimum.accumulate(cells[:, ::-1], axis=1)[:, ::-1]
    return np.asarray((so_far + to_come) / 2)
