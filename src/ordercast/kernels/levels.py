"""Where the prices of the same product and of the same supplier say that each price should stand."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from ordercast.kernels.compiled import CELLS, COLUMN, FLOAT, INDEX, INDICES, TABLE, Floats, Ints, jit

STANDING_SERIES = 4.0  # of a supplier, counted as unmoved beside those that changed
STANDING_SUPPLIERS = 0.5  # of a product, likewise
MEMORY = 12.0  # changes of a series over which its usual distance is averaged
LIMIT = 3.0  # usual misses: what lies further off is a sale, a slip or that series' own affair
FEW = 3  # prices of a supplier that changed together, below which each is limited likewise
FIRST_MISS = 0.01  # of the log price, and how many such misses count beside a product's own
MISS_MEMORY = 30.0
BESIDE = 16  # steps of all series that are laid beside each other at a time, for the memory's sake


@jit(FLOAT, FLOAT, FLOAT)
def limited(value: float, most: float) -> float:
    return min(max(value, -most), most)


@jit(nb.void, COLUMN, INDEX, INDEX, INDEX, COLUMN, COLUMN, TABLE, INDICES)
def settle(
    now: Floats,
    moved: Ints,
    product: Ints,
    supplier: Ints,
    expected: Floats,
    changes: Floats,
    usual: Floats,
    begins: Ints,
) -> None:
    """Move what is expected of every series, in place, to meet the prices that moved; see `gaps`.

    usual: (2, products) usual miss and how many it is the mean of; begins: (suppliers + 1,) running count of series.
    """
    spared = np.empty(len(expected))
    asked, ends, effect = np.empty(len(expected)), begins[:-1].copy(), np.zeros(len(begins) - 1)
    for i in moved:
        s = supplier[i]
        asked[ends[s]] = now[i] - expected[i]
        spared[ends[s]] = limited(asked[ends[s]], LIMIT * usual[0, product[i]])
        ends[s] += 1
    for s in range(len(effect)):
        found = ends[s] - begins[s]
        if 0 < found < FEW:  # no median of so few passes over a sale or a slip
            asked[begins[s] : ends[s]] = spared[begins[s] : ends[s]]
        if found > 0:
            effect[s] = np.median(asked[begins[s] : ends[s]]) * found / (found + STANDING_SERIES)
    level, pulling = np.zeros(usual.shape[1]), np.full(usual.shape[1], STANDING_SUPPLIERS)
    for i in moved:
        p = product[i]
        level[p] += limited(now[i] - expected[i] - effect[supplier[i]], LIMIT * usual[0, p])
        pulling[p] += 1.0
    level /= pulling
    for i in range(len(expected)):
        expected[i] += effect[supplier[i]] + level[product[i]]
    for i in moved:
        p = product[i]
        rest = limited(now[i] - expected[i], LIMIT * usual[0, p])
        usual[1, p] = min(usual[1, p] + 1.0, MISS_MEMORY)
        usual[0, p] += (abs(rest) - usual[0, p]) / usual[1, p]
        changes[i] = min(changes[i] + 1.0, MEMORY)
        expected[i] += rest / (changes[i] + 1.0)


@jit(nb.float32[:, ::1], CELLS, INDEX, INDEX, INDEX)
def gaps(z: Floats, first: Ints, product: Ints, supplier: Ints) -> Any:
    """How far each price stands under what the others say it should be, (series, steps) float32, 0 before its start.

    product, supplier: (series,) numbers from 0. A price is expected to be the sum of its product's level, its
    supplier's effect and its own usual distance from both; whenever prices change, what they miss it by moves first the
    supplier (the median miss of its series), then the product (the mean of the rest, limited), then the distance. So a
    price that stands still is told where it would stand: a two-way running decomposition, each part a local level
    (Durbin & Koopman 2012, ch. 2) with a fixed gain.
    """
    series, steps = z.shape
    out = np.zeros(z.shape, dtype=np.float32)
    expected, changes, before = np.zeros(series), np.zeros(series), np.zeros(series)
    usual = np.ones((2, product.max() + 1))
    usual[0] = FIRST_MISS
    moved, begins = np.empty(series, np.int64), np.zeros(supplier.max() + 2, np.int64)
    begins[1:] = np.cumsum(np.bincount(supplier))
    for start in range(0, steps, BESIDE):
        columns = z[:, start : start + BESIDE].T.copy()
        told = np.zeros((series, len(columns)), dtype=np.float32)
        for step in range(len(columns)):
            now, t, movers = columns[step], start + step, 0
            for i in range(series):
                if t > first[i] and t > 0 and now[i] != before[i]:
                    moved[movers] = i
                    movers += 1
                elif t == first[i] or t == 0:
                    expected[i] = now[i]
            settle(now, moved[:movers], product, supplier, expected, changes, usual, begins)
            for i in range(series):
                if t >= first[i]:
                    told[i, step] = expected[i] - now[i]
            before = now
        out[:, start : start + len(columns)] = told
    return out
