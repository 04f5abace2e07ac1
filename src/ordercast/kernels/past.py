"""What a series' own past says of it."""

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


@jit(INDICES, MARKS, INDEX, INDEX, INT)
def last_seen(observed: Bools, series: Ints, origin: Ints, reach: int) -> Ints:
    """Steps from the last observation to the origin, (pairs,); `reach` where none lies within it."""
    out = np.full(len(series), reach)
    for p in range(len(series)):
        for back in range(min(reach, origin[p] + 1)):
            if observed[series[p], origin[p] - back]:
                out[p] = back
                break
    return out


@jit(TABLE, CELLS, INDEX, INDEX, INDEX, INDEX, INT, FLOAT, FLOAT, INT)
def squared_moves(
    z: Floats, first: Ints, series: Ints, end: Ints, lags: Ints, window: int, most: float, prior: float, weight: int
) -> Floats:
    """Mean squared change over each lag within `window` steps up to `end`, (pairs, lags).

    A change is cut at `most`, lest a typing error rule the scale; the mean counts `weight` changes of variance
    prior x lag (those of a random walk) beside the series' own. Where it is too young for as many over a later lag,
    they are of the variance it showed over the first: its band must not stop growing where its history does.
    """
    out = np.empty((len(series), len(lags)))
    for p in range(len(series)):
        row, stop = z[series[p]], end[p]
        start = max(stop - window, max(first[series[p]], 0))
        own = prior
        for k, lag in enumerate(lags):
            total = 0.0
            count = 0
            for t in range(start + lag, stop + 1):
                move = min(max(row[t] - row[t - lag], -most), most)
                total += move * move
                count += 1
            usual = own if count < weight else prior
            out[p, k] = (total + weight * usual * lag) / (count + weight)
            if k == 0:
                own = out[p, 0] / lag
    return out


@jit(TABLE, CELLS, INDEX, INDEX, INDEX)
def changes(z: Floats, series: Ints, origin: Ints, lags: Ints) -> Floats:
    """Value at the origin less the value each lag before it (or the first known), (pairs, lags)."""
    out = np.empty((len(series), len(lags)))
    for p in range(len(series)):
        row, now = z[series[p]], origin[p]
        for k, lag in enumerate(lags):
            out[p, k] = row[now] - row[max(now - lag, 0)]
    return out


@jit(TABLE, CELLS, INDEX, INDEX, INDEX)
def window_means(z: Floats, series: Ints, origin: Ints, windows: Ints) -> Floats:
    """Mean of the last `windows` (rising) steps, the origin among them, or of what there is, (pairs, windows)."""
    out = np.empty((len(series), len(windows)))
    for p in range(len(series)):
        row, now = z[series[p]], origin[p]
        total = 0.0
        step = 0
        for k, window in enumerate(windows):
            last = min(window, now + 1)
            while step < last:
                total += row[now - step]
                step += 1
            out[p, k] = total / step
    return out


@jit(TABLE, CELLS, INDEX, INDEX, INDEX)
def range_positions(z: Floats, series: Ints, origin: Ints, windows: Ints) -> Floats:
    """Where the origin's value lies between the lowest (0) and the highest (1) of each window; .5 in a flat one."""
    out = np.empty((len(series), len(windows)))
    for p in range(len(series)):
        row, now = z[series[p]], origin[p]
        low = high = row[now]
        step = 1
        for k, window in enumerate(windows):
            last = min(window, now + 1)
            while step < last:
                low = min(low, row[now - step])
                high = max(high, row[now - step])
                step += 1
            out[p, k] = (row[now] - low) / (high - low) if high > low else 0.5
    return out


@jit((TABLE, COLUMN, COLUMN), CELLS, MARKS, INDEX, INDEX, INDEX, FLOAT, INT)
def last_quotes(
    z: Floats, observed: Bools, series: Ints, origin: Ints, counts: Ints, keep: float, reach: int
) -> tuple[Floats, Floats, Floats]:
    """Means of the last observed values, whatever days they fell on.

    Gives means of the last `counts` (rising) quotes (pairs, counts), the exponential mean with factor `keep` of the
    last max(counts), and the lag-1 autocorrelation of their changes (0 under five of them), (pairs,) each.
    """
    pairs, most = len(series), counts[-1]
    means, smooth, echo = np.empty((pairs, len(counts))), np.empty(pairs), np.zeros(pairs)
    quotes = np.empty(most)
    for p in range(pairs):
        row, seen, now = z[series[p]], observed[series[p]], origin[p]
        found = 0
        for t in range(now, max(now - reach, -1), -1):
            if seen[t]:
                quotes[found] = row[t]
                found += 1
                if found == most:
                    break
        if found == 0:
            quotes[0] = row[now]
            found = 1
        total = weights = weighted = 0.0
        weight = 1.0
        k = 0
        for i in range(found):
            total += quotes[i]
            weighted += weight * quotes[i]
            weights += weight
            weight *= keep
            while k < len(counts) and counts[k] == i + 1:
                means[p, k] = total / (i + 1)
                k += 1
        for rest in range(k, len(counts)):
            means[p, rest] = total / found
        smooth[p] = weighted / weights
        if found > 5:
            own = cross = 0.0
            for i in range(found - 1):
                move = quotes[i] - quotes[i + 1]
                own += move * move
                if i + 2 < found:
                    cross += move * (quotes[i + 1] - quotes[i + 2])
            echo[p] = cross / own if own > 0 else 0.0
    return means, smooth, echo


@jit((INDICES, COLUMN, COLUMN), CELLS, INDEX, INDEX, INDEX, INT, INT)
def price_changes(
    z: Floats, first: Ints, series: Ints, origin: Ints, reach: int, most: int
) -> tuple[Ints, Floats, Floats]:
    """The rhythm of changes: steps since the last one and its size, and the median steps between the last `most`.

    Gives (pairs,) each: steps since the last change (since the start where there was none), its size, and the usual
    steps between two changes, which is `reach` where fewer than two fell within it.
    """
    pairs = len(series)
    since, size, between = np.empty(pairs, np.int64), np.zeros(pairs), np.full(pairs, float(reach))
    gaps = np.empty(most)
    for p in range(pairs):
        row, now = z[series[p]], origin[p]
        start = max(first[series[p]], 0, now - reach)
        since[p] = now - start
        found = 0
        latest = -1
        for t in range(now, start, -1):
            if row[t] != row[t - 1]:
                if latest < 0:
                    since[p], size[p] = now - t, row[t] - row[t - 1]
                else:
                    gaps[found] = latest - t
                    found += 1
                latest = t
                if found == most:
                    break
        if found > 0:
            between[p] = np.median(gaps[:found])
    return since, size, between


@jit(COLUMN, MARKS, INDEX, INDEX, INDEX, INT)
def shares(marked: Bools, first: Ints, series: Ints, origin: Ints, window: int) -> Floats:
    """Share of the last `window` steps, or of those since the series' first, that are marked, (pairs,)."""
    out = np.empty(len(series))
    for p in range(len(series)):
        now = origin[p]
        last = min(window, now + 1)
        count = 0
        for step in range(last):
            if marked[series[p], now - step]:
                count += 1
        out[p] = count / max(min(window, now - first[series[p]] + 1), 1)
    return out


@jit(INT, TABLE, INDEX, INDEX, LEVELS, INT, INT)
def lay(cells: Floats, series: Ints, day: Ints, value: Floats, last: int, step_days: int) -> int:
    """Write dated values into the NaN cells of a calendar that ends on day `last`, in place; how many found none free.

    Of several values for a cell the last stands; one that is NaN itself counts as if its cell had been taken.
    """
    taken = 0
    for r in range(len(series)):
        row, step = cells[series[r]], cells.shape[1] - 1 - (last - day[r]) // step_days
        if np.isnan(value[r]) or not np.isnan(row[step]):
            taken += 1
        row[step] = value[r]
    return taken


@jit(INDICES, TABLE)
def carry_forward(value: Floats) -> Ints:
    """Fill the NaN of each row in place by the value before, those ahead of the first by it; the firsts, (series,)."""
    first = np.zeros(len(value), np.int64)
    for i in range(len(value)):
        row = value[i]
        start = 0
        while start < len(row) and np.isnan(row[start]):
            start += 1
        if start == len(row):
            continue
        first[i] = start
        row[:start] = row[start]
        for t in range(start + 1, len(row)):
            if np.isnan(row[t]):
                row[t] = row[t - 1]
    return first
