"""Towards the limits from either side: one product after the other takes more or less where that closes the gap."""

from __future__ import annotations

from typing import Any

import numpy as np

from ordercast.kernels.choices import FLAGS, POOL, Places, line_cost
from ordercast.kernels.compiled import COLUMN, FLOAT, INDICES, INT, LEVELS, Bools, Floats, Ints, jit
from ordercast.kernels.repair import TIE, keeps_minima

OVER, LEAST = 3.0, 1e-9


@jit(INT, *POOL, FLOAT, FLOAT, LEVELS, FLAGS, FLAGS, COLUMN, COLUMN, INDICES, INDICES, INDICES, INT)
def balance(
    rows: Ints,
    lines: Any,
    curve: Floats,
    hull: Places,
    per_money: float,
    per_volume: float,
    minimum: Floats,
    open: Bools,
    need: Bools,
    left: Floats,
    sums: Floats,
    counts: Ints,
    line: Ints,
    step: Ints,
    most: int,
) -> int:
    """Change one product after the other, `most` at most, while that lowers the gap; returns how many changed.

    The arguments of `repair.fill`; left: (2,), negative where a limit is exceeded. The gap is what all choices lose at
    per_money and per_volume and what is left is worth at them; what exceeds a limit counts OVER times.
    """
    weights = (per_money, per_volume)
    for turn in range(most):
        before = 0.0
        for j in range(2):
            if weights[j] == 0.0 and left[j] == np.inf:
                continue
            before += weights[j] * left[j] if left[j] >= 0.0 else -(OVER * weights[j] + LEAST) * left[j]
        best, who, to_line, to_step, to_a, to_b = -TIE * before, -1, -1, 0, -1, -1
        to_taken, to_put, to_more = 0.0, 0.0, 0.0
        for p in range(len(line)):
            now, a, taken, volume = 0.0, -1, 0.0, 0.0
            if line[p] >= 0:
                one = lines[line[p]]
                units = one.first_units + step[p] * one.lot_units
                now, a = line_cost(one, curve, step[p]), one.supplier
                taken, volume = one.spend * units, one.volume * units
            for n in range(rows[p] - 1, rows[p + 1]):
                wait = n < rows[p]
                if need[p] if wait else not open[lines[n].supplier] or (need[p] and lines[n].meets_floor == 0):
                    continue
                for k in range(1 if wait else lines[n].count):
                    cost, put, more = 0.0, 0.0, -volume
                    if not wait:
                        units = lines[n].first_units + k * lines[n].lot_units
                        put, more = lines[n].spend * units, lines[n].volume * units - volume
                    if not wait:
                        cost = line_cost(lines[n], curve, k)
                    change = cost - now - before
                    for j in range(2):
                        if weights[j] == 0.0 and left[j] == np.inf:
                            continue
                        used = put - taken if j == 0 else more
                        rest = left[j] - used
                        change += weights[j] * used
                        change += weights[j] * rest if rest >= 0.0 else -(OVER * weights[j] + LEAST) * rest
                    b = -1 if wait else lines[n].supplier
                    if change < best and keeps_minima(sums, counts, minimum, a, b, taken, put):
                        best, who, to_line, to_step, to_a, to_b = change, p, -1 if wait else n, k, a, b
                        to_taken, to_put, to_more = taken, put, more
        if who < 0:
            return turn
        left[0], left[1] = left[0] - (to_put - to_taken), left[1] - to_more
        if to_a >= 0:
            sums[to_a], counts[to_a] = sums[to_a] - to_taken, counts[to_a] - 1
        if to_b >= 0:
            sums[to_b], counts[to_b] = sums[to_b] + to_put, counts[to_b] + 1
        line[who], step[who] = to_line, to_step
    return most
