"""Where the prices of the same product and of the same supplier say that each price should stand."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from ordercast.kernels.compiled import CELLS, FLOAT, INDEX, Floats, Ints, jit

STANDING_SERIES = 4.0  # of a supplier, counted as unmoved beside those that changed
STANDING_SUPPLIERS = 0.5  # of a product, likewise
MEMORY = 12.0  # changes of a series over which its usual distance is averaged
LIMIT = 3.0  # usual misses: what lies further off is a sale, a slip or that series' own affair
FIRST_MISS = 0.01  # of the log price, and how many such misses count beside a product's own
MISS_MEMORY = 30.0


@jit(FLOAT, FLOAT, FLOAT)
def limited(value: float, most: float) -> float:
    return min(max(value, -most), most)


@jit(nb.float32[:, ::1], CELLS, INDEX, INDEX, INDEX)
def gaps(z: Floats, first: Ints, product: Ints, supplier: Ints) -> Any:
    """How far each price stands under what the others say it should be, (series, steps) float32, 0 before its start.

    product, supplier: (series,) numbers from 0. A price is taken for the sum of its product's level, its supplier's
    effect and its own usual distance from both; whenever prices change, what they miss by moves first the supplier (the
    median miss of its series), then the product (the mean of the rest, limited), then the distance. A price that stands
    still tells nothing, and is told where it would stand: a two-way running decomposition, each part a local level
    (Durbin & Koopman 2012, ch. 2) with a fixed gain.
    """
    out = np.zeros(z.shape, dtype=np.float32)
    series, products, suppliers = len(z), product.max() + 1, supplier.max() + 1
    level, usual_miss, misses = np.zeros(products), np.full(products, FIRST_MISS), np.ones(products)
    effect, found = np.zeros(suppliers), np.zeros(suppliers, np.int64)
    distance, changes = np.zeros(series), np.zeros(series)
    miss, moved = np.zeros(series), np.zeros(series, np.bool_)
    asked = np.empty((suppliers, series))
    for t in range(z.shape[1]):
        found[:] = 0
        for i in range(series):
            p, s = product[i], supplier[i]
            if t == max(first[i], 0):
                distance[i] = z[i, t] - level[p] - effect[s]
            moved[i] = t > max(first[i], 0) and z[i, t] != z[i, t - 1]
            if moved[i]:
                asked[s, found[s]] = z[i, t] - level[p] - effect[s] - distance[i]
                found[s] += 1
        for s in range(suppliers):
            if found[s] > 0:
                effect[s] += np.median(asked[s, : found[s]]) * found[s] / (found[s] + STANDING_SERIES)
        pull, pulling = np.zeros(products), np.full(products, STANDING_SUPPLIERS)
        for i in range(series):
            if moved[i]:
                p = product[i]
                miss[i] = limited(z[i, t] - level[p] - effect[supplier[i]] - distance[i], LIMIT * usual_miss[p])
                pull[p] += miss[i]
                pulling[p] += 1.0
        level += pull / pulling
        for i in range(series):
            p, s = product[i], supplier[i]
            if moved[i]:
                rest = limited(z[i, t] - level[p] - effect[s] - distance[i], LIMIT * usual_miss[p])
                misses[p] = min(misses[p] + 1.0, MISS_MEMORY)
                usual_miss[p] += (abs(rest) - usual_miss[p]) / misses[p]
                changes[i] = min(changes[i] + 1.0, MEMORY)
                distance[i] += rest / (changes[i] + 1.0)
            if t >= first[i]:
                out[i, t] = level[p] + effect[s] + distance[i] - z[i, t]
    return out
