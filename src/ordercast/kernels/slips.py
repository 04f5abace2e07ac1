"""Values of a series that are none but slips of the pen, judged by those before them."""

from __future__ import annotations

import numba as nb
import numpy as np

from ordercast.kernels.compiled import CELLS, FLOAT, INT, MARKS, TABLE, Bools, Floats, jit


@jit(INT, TABLE, FLOAT, FLOAT, INT)
def set_slips_aside(value: Floats, factor: float, far: float, many: int) -> int:
    """Make NaN, in place, every value that is `factor` times above or below the median of the last five; their number.

    Judged by what came before alone, as it would have been on the day. The third such value in a row that agrees with
    those before it to a factor of two is believed: the level has changed. Of values that are `far` times above or below
    it takes `many`, for a slip is copied on for days, and no price moves so far. To doubt a value takes three before
    it; one that is so far off, two that agree.
    """
    kept = np.empty(5)
    count = 0
    for i in range(len(value)):
        row = value[i]
        low, high = np.inf, -np.inf
        for now in row:
            low, high = now if now < low else low, now if now > high else high
        if high / factor < low and high < low * factor:
            continue  # no two of its values are that far apart, as in most series
        known = doubts = 0
        least = most = 0.0  # of the doubted values that agree
        for t in range(len(row)):
            now = row[t]
            if np.isnan(now):
                continue
            last = kept[: min(known, 5)]
            usual = now  # what is near all of the last is near their median: most quotes need none
            if known == 2:
                agree = last.max() < last.min() * factor
                if agree and not last.max() / far < now < last.min() * far:
                    usual = np.median(last)
            elif known > 2 and not last.max() / factor < now < last.min() * factor:
                usual = np.median(last)
            if usual / factor < now < usual * factor:
                doubts = 0
            else:
                if doubts == 0 or max(most, now) >= 2 * min(least, now):
                    doubts, least, most = 0, now, now
                doubts, least, most = doubts + 1, min(least, now), max(most, now)
                if doubts < (3 if usual / far < now < usual * far else many):
                    row[t] = np.nan
                    count += 1
                    continue
                known = doubts = 0
            kept[known % 5] = now
            known += 1
    return count


@jit(nb.boolean[:, ::1], CELLS, MARKS, FLOAT, INT)
def sales_beyond(value: Floats, observed: Bools, far: float, least: int) -> Bools:
    """Which sales are `far` times above all before them, once there are `least`, (series, steps).

    Judged by what came before alone, as it would have been on the day. Such a sale is no measure of those that come
    after it, unless it is the fourth: then it is believed.
    """
    out = np.zeros(value.shape, np.bool_)
    for i in range(len(value)):
        largest = 0.0
        count = beyond = 0
        for t in range(value.shape[1]):
            now = value[i, t]
            if not observed[i, t] or now <= 0.0:
                continue
            count += 1
            if count > least and now > far * largest:
                beyond += 1
                out[i, t] = beyond < 4
            if not out[i, t]:
                beyond = 0 if now > far * largest else beyond
                largest = max(largest, now)
    return out
