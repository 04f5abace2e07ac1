"""Temporary price cuts, and the suppliers of one product beside each other."""

from __future__ import annotations

import numpy as np

from ordercast.kernels.compiled import (
    CELLS,
    COLUMN,
    FLOAT,
    INDEX,
    INDICES,
    INT,
    LEVELS,
    MARKS,
    TABLE,
    Bools,
    Floats,
    Ints,
    jit,
)

LEAST_CUT = 0.03  # of a log price: a smaller one is no sale


@jit((FLOAT, INT), LEVELS, INT, INT, INT)
def sale(row: Floats, now: int, window: int, expires: int) -> tuple[float, int]:
    """The temporary price cut that is in force at `now`: its log depth (negative, 0 without one) and its age in steps.

    A sale filter (Nakamura & Steinsson 2008), made causal: a cut of 3% and three usual changes (their median within
    the window) starts a sale, a rise of half its depth ends it, and one that lasts `expires` steps was a new price.
    """
    start = max(now - window, 0)
    lowest = 0.0
    for t in range(max(start, now - expires) + 1, now + 1):
        lowest = min(lowest, row[t] - row[t - 1])
    if lowest > -LEAST_CUT:
        return 0.0, 0  # no cut that has not expired, whatever the usual change is: most prices need no median
    moves = np.empty(now - start)
    found = 0
    for t in range(start + 1, now + 1):
        if row[t] != row[t - 1]:
            moves[found] = abs(row[t] - row[t - 1])
            found += 1
    least = max(LEAST_CUT, 3.0 * np.median(moves[:found]))
    depth = 0.0
    since = 0
    for t in range(start + 1, now + 1):
        move = row[t] - row[t - 1]
        if t - since >= expires:
            depth = 0.0
        if move <= -least:
            depth += move
            since = t
        elif depth < 0.0 and move >= -0.5 * depth:
            depth = 0.0
    return depth, now - since if depth < 0.0 else 0


@jit((COLUMN, INDICES), CELLS, INDEX, INDEX, INT, INT)
def sales(z: Floats, series: Ints, origin: Ints, window: int, expires: int) -> tuple[Floats, Ints]:
    """`sale` of each pair: its depth and its age, (pairs,) each."""
    depth, age = np.empty(len(series)), np.empty(len(series), np.int64)
    for p in range(len(series)):
        depth[p], age[p] = sale(z[series[p]], origin[p], window, expires)
    return depth, age


@jit(TABLE, CELLS, MARKS, INDEX, INDEX, INDEX, INDEX, INDEX, INDEX, INT, INT, INT)
def siblings(
    z: Floats,
    observed: Bools,
    series: Ints,
    origin: Ints,
    begins: Ints,
    ends: Ints,
    since: Ints,
    lags: Ints,
    usual: int,
    expires: int,
    reach: int,
) -> Floats:
    """The series' value among those of its group that still have one: the suppliers of one product.

    begins, ends: (series,) bounds of its group; since: (pairs,) steps since the series itself last changed. Columns:
    how many offer, itself included where it does; its distance over the cheapest offer and over the mean of the others;
    that less its mean of the last `usual` steps; the mean change of the others since the series' own last one; the same
    of the other that changed last; the mean change of the others over each lag. Sales are set aside in the middle
    three.
    """
    out = np.zeros((len(series), 6 + len(lags)))
    for p in range(len(series)):
        own, now = series[p], origin[p]
        cheapest = np.inf
        others = 0
        own_sale = 0.0
        span = min(usual, now + 1)
        if ends[own] - begins[own] > 1:
            own_sale, _ = sale(z[own], now, usual, expires)
        then = max(now - since[p], 0)
        freshest = reach
        latest = 0.0
        for j in range(begins[own], ends[own]):
            offered = False
            for back in range(min(reach, now) + 1):
                if observed[j, now - back]:
                    offered = True
                    break
            if not offered:
                continue
            out[p, 0] += 1
            cheapest = min(cheapest, z[j, now])
            if j == own:
                continue
            others += 1
            out[p, 2] += z[own, now] - z[j, now]
            distance = 0.0
            for back in range(span):
                distance += z[own, now - back] - z[j, now - back]
            other_sale, _ = sale(z[j], now, usual, expires)
            out[p, 3] += z[own, now] - own_sale - z[j, now] + other_sale - distance / span
            sale_then, _ = sale(z[j], then, usual, expires)
            moved = z[j, now] - other_sale - z[j, then] + sale_then
            out[p, 4] += moved
            for back in range(min(freshest, now)):
                if z[j, now - back] != z[j, now - back - 1]:
                    freshest, latest = back, moved
                    break
            for k, lag in enumerate(lags):
                out[p, 6 + k] += z[j, now] - z[j, max(now - lag, 0)]
        if out[p, 0] > 0:
            out[p, 1] = z[own, now] - cheapest
        if others > 0:
            out[p, 2:] /= others
            out[p, 5] = latest
    return out


@jit(TABLE, CELLS, INDEX, INDEX, INT, FLOAT, FLOAT)
def mean_moves(z: Floats, first: Ints, owner: Ints, owners: int, most: float, tick: float) -> Floats:
    """The mean one-step change of the series of each owner and, as row 0, of all series, in ticks, (owners, steps).

    Only series that have started count, each change cut at `most`. Changes and means are whole ticks: sums that no
    order of adding can change.
    """
    total, count = np.zeros((owners, z.shape[1])), np.zeros((owners, z.shape[1]))
    for i in range(len(z)):
        for t in range(max(first[i], 0) + 1, z.shape[1]):
            total[owner[i], t] += np.rint(min(max(z[i, t] - z[i, t - 1], -most), most) / tick)
            count[owner[i], t] += 1
    total[0], count[0] = total.sum(axis=0), count.sum(axis=0)
    return np.rint(total / np.maximum(count, 1))


@jit((COLUMN, COLUMN), CELLS, INDEX, INT, FLOAT, FLOAT)
def squared_moves(z: Floats, first: Ints, lag: int, most: float, tick: float) -> tuple[Floats, Floats]:
    """The sum of the squared changes over `lag` steps of all series, in ticks, and their count, (steps,) each.

    As in `mean_moves`: of series that have started, each change cut at `most`, each square a whole tick.
    """
    total, count = np.zeros(z.shape[1]), np.zeros(z.shape[1])
    for i in range(len(z)):
        for t in range(max(first[i], 0) + lag, z.shape[1]):
            total[t] += np.rint(min(abs(z[i, t] - z[i, t - lag]), most) ** 2 / tick)
            count[t] += 1
    return total, count
