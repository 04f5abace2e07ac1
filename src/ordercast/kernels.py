"""Compiled loops over (series, origin) pairs: what the past up to an origin says, each number by the plainest rule.

Every kernel takes the (series, steps) cells of a panel and the pairs to describe, looks at no step after a pair's
origin, and gives one row per pair. Cost follows the pairs that are asked for, not the calendar. Values are logs of
prices, or demand as it is; windows and lags are in steps. The same rules stand as plain loops in tests/test_kernels.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba as nb
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# One signature a kernel, for any view of a panel, read only: compiled once, whoever asks.
CELLS = nb.types.Array(nb.float64, 2, "A", readonly=True)
MARKS = nb.types.Array(nb.boolean, 2, "A", readonly=True)
INDEX = nb.types.Array(nb.int64, 1, "A", readonly=True)
INT, FLOAT, TABLE, COLUMN, INDICES = nb.int64, nb.float64, nb.float64[:, ::1], nb.float64[::1], nb.int64[::1]


def jit(signature: nb.core.typing.templates.Signature) -> Callable[[Kernel], Kernel]:
    """Compile for the signature, keep the machine code beside the source, let go of the interpreter lock."""
    return nb.njit(signature, cache=True, nogil=True)


@jit(INDICES(MARKS, INDEX, INDEX, INT))
def last_seen(observed: Bools, series: Ints, origin: Ints, reach: int) -> Ints:
    """Steps from the last observation to the origin, (pairs,); `reach` where none lies within it."""
    out = np.full(len(series), reach)
    for p in range(len(series)):
        for back in range(min(reach, origin[p] + 1)):
            if observed[series[p], origin[p] - back]:
                out[p] = back
                break
    return out


@jit(TABLE(CELLS, INDEX, INDEX, INDEX, INDEX, INT, FLOAT, FLOAT, INT))
def squared_moves(
    z: Floats, first: Ints, series: Ints, end: Ints, lags: Ints, window: int, most: float, prior: float, weight: int
) -> Floats:
    """Mean squared change over each lag within `window` steps up to `end`, (pairs, lags).

    A change is cut at `most`, lest a typing error rule the scale; the mean counts `weight` changes of variance
    prior x lag (those of a random walk) beside the series' own.
    """
    out = np.empty((len(series), len(lags)))
    for p in range(len(series)):
        row, stop = z[series[p]], end[p]
        start = max(stop - window, max(first[series[p]], 0))
        for k, lag in enumerate(lags):
            total = 0.0
            count = 0
            for t in range(start + lag, stop + 1):
                move = min(max(row[t] - row[t - lag], -most), most)
                total += move * move
                count += 1
            out[p, k] = (total + weight * prior * lag) / (count + weight)
    return out


@jit(TABLE(CELLS, INDEX, INDEX, INDEX))
def changes(z: Floats, series: Ints, origin: Ints, lags: Ints) -> Floats:
    """Value at the origin less the value each lag before it (the first known, where that lies outside), (pairs, lags)."""
    out = np.empty((len(series), len(lags)))
    for p in range(len(series)):
        row, now = z[series[p]], origin[p]
        for k, lag in enumerate(lags):
            out[p, k] = row[now] - row[max(now - lag, 0)]
    return out


@jit(TABLE(CELLS, INDEX, INDEX, INDEX))
def window_means(z: Floats, series: Ints, origin: Ints, windows: Ints) -> Floats:
    """Mean of the last `windows` (rising) steps, the origin among them, (pairs, windows); short histories what there is."""
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


@jit(TABLE(CELLS, INDEX, INDEX, INDEX))
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


@jit(nb.types.Tuple((TABLE, COLUMN, COLUMN))(CELLS, MARKS, INDEX, INDEX, INDEX, FLOAT, INT))
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


@jit(nb.types.Tuple((INDICES, COLUMN, COLUMN))(CELLS, INDEX, INDEX, INDEX, INT, INT))
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


@jit(COLUMN(MARKS, INDEX, INDEX, INT))
def shares(marked: Bools, series: Ints, origin: Ints, window: int) -> Floats:
    """Share of the last `window` steps that are marked, (pairs,)."""
    out = np.empty(len(series))
    for p in range(len(series)):
        now = origin[p]
        last = min(window, now + 1)
        count = 0
        for step in range(last):
            if marked[series[p], now - step]:
                count += 1
        out[p] = count / window
    return out


@jit(TABLE(CELLS, MARKS, INDEX, INDEX, INDEX, INDEX, INDEX, INT, INT))
def siblings(
    z: Floats,
    observed: Bools,
    series: Ints,
    origin: Ints,
    begins: Ints,
    ends: Ints,
    lags: Ints,
    usual: int,
    reach: int,
) -> Floats:
    """The series' value among those of its group that still have one: the suppliers of one product.

    begins, ends: (series,) bounds of its group. Columns: how many offer, itself included where it does; its distance
    over the cheapest offer and over the mean of the others; that less its mean of the last `usual` steps; the mean
    change of the others over each lag.
    """
    out = np.zeros((len(series), 4 + len(lags)))
    for p in range(len(series)):
        own, now = series[p], origin[p]
        cheapest = np.inf
        others = 0
        span = min(usual, now + 1)
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
            out[p, 3] += z[own, now] - z[j, now] - distance / span
            for k, lag in enumerate(lags):
                out[p, 4 + k] += z[j, now] - z[j, max(now - lag, 0)]
        if out[p, 0] > 0:
            out[p, 1] = z[own, now] - cheapest
        if others > 0:
            out[p, 2:] /= others
    return out


@jit(COLUMN(CELLS, INDEX, INDEX, INDEX, INDEX, INT, INT))
def same_days_before(z: Floats, first: Ints, series: Ints, origin: Ints, horizon: Ints, year: int, half: int) -> Floats:
    """How a year ago the value moved over the same days: mean around origin + horizon - year less that around origin - year.

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


@jit(COLUMN(CELLS, INDEX, INDEX, INDEX, INT))
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


@jit(INDICES(MARKS, INDEX, INDEX, nb.types.Array(nb.float64, 1, "A", readonly=True), INT, INT))
def drawn_horizons(observed: Bools, series: Ints, origin: Ints, uniform: Floats, reach: int, near: int) -> Ints:
    """One of the horizons at which the series was observed, by a uniform draw; 0 where there is none, (pairs,).

    Draws under one half choose among the first `near` horizons, the others among all `reach`.
    """
    out = np.zeros(len(series), np.int64)
    for p in range(len(series)):
        row, now = observed[series[p]], origin[p]
        most = near if uniform[p] < 0.5 else reach
        last = min(most, len(row) - 1 - now)
        count = 0
        for h in range(1, last + 1):
            count += row[now + h]
        place = int((2.0 * uniform[p]) % 1.0 * count)
        for h in range(1, last + 1):
            if row[now + h]:
                if place == 0:
                    out[p] = h
                    break
                place -= 1
    return out
