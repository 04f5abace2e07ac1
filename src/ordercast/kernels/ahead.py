"""What the past says of a target day, and which target days are drawn for training."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from ordercast.kernels.compiled import (
    CELLS,
    COLUMN,
    FLOAT,
    INDEX,
    INDICES,
    INT,
    KEYS,
    MARKS,
    TABLE,
    Bools,
    Floats,
    Ints,
    Keys,
    jit,
)

LEAST_OWN = 20  # past changes below which a series has no band of its own
SORTED_ROWS = 1024  # whose past values are sorted at a time, near the processor
NEAR_PERCENT = 90  # of the training draws look at the near horizons only


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


@jit(INDICES, CELLS, MARKS, INDEX, INDEX, INDEX, INDEX, nb.boolean, INT, TABLE)
def past_values(
    z: Floats,
    observed: Bools,
    first: Ints,
    series: Ints,
    origin: Ints,
    horizon: Ints,
    changes: bool,
    reach: int,
    into: Floats,
) -> Ints:
    """Fill each row of `into` with a series' changes over `horizon` steps, or with its values; how many, (rows,).

    Only what ended on an observed step of the last `reach` counts, evenly thinned to the room there is; the rest is
    NaN.
    """
    counts = np.zeros(len(series), np.int64)
    for r in range(len(series)):
        i, now, back = series[r], origin[r], horizon[r] if changes else 0
        begin = max(first[i], now - reach, 0) + back
        stride = 1 + max(now - begin, 0) // into.shape[1]
        count = 0
        for step in range(now, begin - 1, -stride):
            if observed[i, step]:
                into[r, count] = z[i, step] - (z[i, step - back] if changes else 0.0)
                count += 1
        into[r, count:] = np.nan
        counts[r] = count
    return counts


def own_tails(
    z: Floats,
    observed: Bools,
    first: Ints,
    series: Ints,
    origin: Ints,
    horizon: Ints,
    changes: bool,
    reach: int,
    most: int,
) -> Floats:
    """The .1 and .9 quantiles of a series' own past changes over `horizon` steps, or of its values, (rows, 2).

    At most `most` of the last `reach` steps are looked at; NaN where fewer than 20 were observed. Rows that follow one
    of the same series, origin and horizon share its answer.
    """
    new = np.ones(len(series), dtype=bool)
    new[1:] = (np.diff(series) != 0) | (np.diff(origin) != 0) | (np.diff(horizon) != 0)
    asked = np.flatnonzero(new)
    out = np.full((len(asked), 2), np.nan)
    for start in range(0, len(asked), SORTED_ROWS):
        rows = asked[start : start + SORTED_ROWS]
        value = np.empty((len(rows), most))
        count = past_values(z, observed, first, series[rows], origin[rows], horizon[rows], changes, reach, value)
        value.sort(axis=1)
        known = np.flatnonzero(count >= LEAST_OWN)
        tail = count[known] // 10
        out[start + known, 0], out[start + known, 1] = value[known, tail], value[known, count[known] - 1 - tail]
    return np.asarray(out[np.cumsum(new) - 1])


@jit(nb.uint64, nb.uint64)
def mixed(key: Any) -> Any:
    """A number that looks random and follows from the key alone (splitmix64; Steele et al. 2014)."""
    key = key + nb.uint64(0x9E3779B97F4A7C15)
    key = (key ^ (key >> nb.uint64(30))) * nb.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> nb.uint64(27))) * nb.uint64(0x94D049BB133111EB)
    return key ^ (key >> nb.uint64(31))


@jit(INT, MARKS, INT, INT, nb.uint64, INT, INT)
def drawn_horizon(observed: Bools, series: int, origin: int, key: Any, reach: int, near: int) -> int:
    """One of the horizons at which the series was observed, drawn by the key; 0 where there is none.

    Nine draws in ten choose among the first `near` horizons, the others among all `reach`.
    """
    row = observed[series]
    most = near if key % nb.uint64(100) < nb.uint64(NEAR_PERCENT) else reach
    last = min(most, len(row) - 1 - origin)
    count = 0
    for h in range(1, last + 1):
        count += row[origin + h]
    if count == 0:
        return 0
    place = int((key // nb.uint64(100)) % nb.uint64(count))
    for h in range(1, last + 1):
        if row[origin + h]:
            if place == 0:
                return h
            place -= 1
    return 0


@jit((INDICES, INDICES, INDICES, COLUMN), MARKS, INDEX, KEYS, KEYS, INDEX, INT, FLOAT, INT, INT)
def drawn_cells(
    observed: Bools,
    first: Ints,
    names: Keys,
    days: Keys,
    origins: Ints,
    turns: int,
    share: float,
    reach: int,
    near: int,
) -> tuple[Ints, Ints, Ints, Floats]:
    """Cells (series, origin, horizon) with an observed target and the order in [0, 1) in which they are to be kept.

    names: (series,) and days: (origins,) keys. Every series that has started draws `turns` times at each origin; a draw
    counts where its order is under `share`.
    """
    most = len(origins) * turns  # that one series can add: rooms double before it might not fit
    series, origin, horizon = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    order = np.empty(most)
    found = 0
    for i in range(len(first)):
        if found + most > len(order):
            series, origin = np.append(series, series), np.append(origin, origin)
            horizon, order = np.append(horizon, horizon), np.append(order, order)
        for k in range(len(origins)):
            if first[i] > origins[k]:
                continue
            key = mixed(names[i] + days[k])
            for turn in range(turns):
                draw = mixed(key + nb.uint64(turn))
                place = (mixed(draw) >> nb.uint64(11)) * 2.0**-53
                if place >= share:
                    continue
                h = drawn_horizon(observed, i, origins[k], draw, reach, near)
                if h == 0:
                    continue
                series[found], origin[found], horizon[found], order[found] = i, origins[k], h, place
                found += 1
    return series[:found], origin[:found], horizon[:found], order[:found]
