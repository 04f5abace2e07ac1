"""What the past says of a target day, and which target days are drawn for training."""

from __future__ import annotations

import numpy as np

from ordercast.kernels.compiled import CELLS, COLUMN, INDEX, INDICES, INT, LEVELS, MARKS, Bools, Floats, Ints, jit

NEAR_SHARE = 0.9  # of the training draws look at the near horizons only


@jit(COLUMN, CELLS, INDEX, INDEX, INDEX, INDEX, INT, INT)
def same_days_before(z: Floats, first: Ints, series: Ints, origin: Ints, horizon: Ints, year: int, half: int) -> Floats:
    """How the value moved over the same days a year ago: its mean around their end less that around their start.

    Both means take `half` steps either side, (rows,). NaN where the series is not that old, or the days lie ahead.
    """
    out = np.full(len(series), np.nan)
    for r in range(len(series)):
        row, then = z[series[r]], origin[r] - year
        if then - half < max(first[series[r]], 0) or then + horizon[r] + half > origin[r]:
            continue
        before = after = 0.0
        for step in range(-half, half + 1):
            before += row[then + step]
            after += row[then + horizon[r] + step]
        out[r] = (after - before) / (2 * half + 1)
    return out


@jit(COLUMN, CELLS, INDEX, INDEX, INDEX, INT)
def same_weekday(z: Floats, series: Ints, origin: Ints, horizon: Ints, weeks: int) -> Floats:
    """Mean of the target's weekday over the last `weeks` known weeks less the mean of all their days, (rows,)."""
    out = np.empty(len(series))
    for r in range(len(series)):
        row, now = z[series[r]], origin[r]
        whole = alike = 0.0
        for step in range(7 * weeks):
            whole += row[max(now - step, 0)]
        latest = now + horizon[r] - 7 * (1 + (horizon[r] - 1) // 7)
        for week in range(weeks):
            alike += row[max(latest - 7 * week, 0)]
        out[r] = alike / weeks - whole / (7 * weeks)
    return out


@jit(INDICES, MARKS, INDEX, INDEX, LEVELS, INT, INT)
def drawn_horizons(observed: Bools, series: Ints, origin: Ints, uniform: Floats, reach: int, near: int) -> Ints:
    """One of the horizons at which the series was observed, by a uniform draw; 0 where there is none, (pairs,).

    Draws under NEAR_SHARE choose among the first `near` horizons, the others among all `reach`.
    """
    out = np.zeros(len(series), np.int64)
    for p in range(len(series)):
        row, now = observed[series[p]], origin[p]
        is_near = uniform[p] < NEAR_SHARE
        most = near if is_near else reach
        place_in = uniform[p] / NEAR_SHARE if is_near else (uniform[p] - NEAR_SHARE) / (1.0 - NEAR_SHARE)
        last = min(most, len(row) - 1 - now)
        count = 0
        for h in range(1, last + 1):
            count += row[now + h]
        place = int(place_in * count)
        for h in range(1, last + 1):
            if row[now + h]:
                if place == 0:
                    out[p] = h
                    break
                place -= 1
    return out
