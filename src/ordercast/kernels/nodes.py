"""The price lattice: equiprobable nodes a day, the chance of each after each, and the price an order is paid at."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from ordercast.kernels.compiled import CELLS, CUBE, CUBES, FLOAT, INDEX, LEVELS, LINKS, TABLE, Floats, Ints, jit

P90 = 1.2815515655446004  # standard normal quantile of .9
NEARLY = 1e-9  # of a bin: what rounding may take from it


@jit(FLOAT, FLOAT)
def normal_below(z: float) -> float:
    """The standard normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@jit(FLOAT, FLOAT, FLOAT, FLOAT)
def tilted(low: float, high: float, spread: float) -> float:
    """The integral of exp(spread z) over standard normal z in [low, high]."""
    if low >= high:
        return 0.0
    if low > 0:  # the upper tail is read from its end, where it keeps its digits
        mass = normal_below(spread - low) - normal_below(spread - high)
    else:
        mass = normal_below(high - spread) - normal_below(low - spread)
    return math.exp(0.5 * spread * spread) * mass


@jit(CUBE, CELLS, CELLS, CELLS, LEVELS)
def node_prices(p10: Floats, p50: Floats, p90: Floats, edges: Floats) -> Floats:
    """Mean price of each bin between the normal quantiles `edges`, (rows, days, bins).

    The log price is p50 + z (p50 - p10) / 1.2816 below the median and p50 + z (p90 - p50) / 1.2816 above, in logs; its
    mean within a bin is the closed form of a lognormal's partial expectation, so that the nodes keep the mean price.
    """
    rows, days = p50.shape
    bins = len(edges) - 1
    out = np.empty((rows, days, bins))
    for i in range(rows):
        for day in range(days):
            middle = math.log(p50[i, day])
            below = max(middle - math.log(p10[i, day]), 0.0) / P90
            above = max(math.log(p90[i, day]) - middle, 0.0) / P90
            for j in range(bins):
                low, high = edges[j], edges[j + 1]
                mean = tilted(low, min(high, 0.0), below) + tilted(max(low, 0.0), high, above)
                out[i, day, j] = p50[i, day] * mean * bins
    return out


@jit(CUBE, LEVELS, LEVELS, CELLS)
def bin_chances(correlations: Floats, edges: Floats, points: Floats) -> Floats:
    """Chance of each bin tomorrow given today's, for a Gaussian copula, (correlations, bins, bins).

    points: (bins, n) standard normal values that stand for a bin, equally likely.
    """
    bins, count = points.shape
    out = np.zeros((len(correlations), bins, bins))
    for c in range(len(correlations)):
        spread = math.sqrt(max(1.0 - correlations[c] ** 2, 1e-24))
        for j in range(bins):
            for n in range(count):
                before = 0.0
                for k in range(bins):
                    below = normal_below((edges[k + 1] - correlations[c] * points[j, n]) / spread)
                    out[c, j, k] += (below - before) / count
                    before = below
    return out


@jit(CUBE, CUBES, LINKS, CUBES, nb.boolean)
def paid_prices(nodes: Floats, link: Ints, transitions: Floats, next_quote: bool) -> Floats:
    """Price paid for an order decided on day 0..H-1 in a node, (rows, H, bins), from the prices of days 0..H.

    At the next quote it is the mean price of the next day given the node; else the node's price itself.
    """
    rows, days, bins = nodes.shape
    out = np.empty((rows, days - 1, bins))
    for i in range(rows):
        for day in range(days - 1):
            for j in range(bins):
                if not next_quote:
                    out[i, day, j] = nodes[i, day, j]
                    continue
                price = 0.0
                for k in range(bins):
                    chance = 1.0 / bins if day == 0 else transitions[link[i, day - 1], j, k]
                    price += chance * nodes[i, day + 1, k]
                out[i, day, j] = price
    return out


@jit(TABLE, LEVELS, LEVELS, FLOAT)
def climbs(shared: Floats, edges: Floats, correlation: float) -> Floats:
    """Chance of a bin above each, given that it is no lower and what all share, (bins, shared).

    shared: standard normal values that stand for the shared part, equally likely; correlation: of any two, under 1.
    """
    out = np.zeros((len(edges) - 1, len(shared)))
    for z in range(len(shared)):
        lower = 1.0
        for j in range(len(edges) - 1):
            above = normal_below((math.sqrt(correlation) * shared[z] - edges[j + 1]) / math.sqrt(1.0 - correlation))
            out[j, z] = above / lower if lower > 0.0 else 0.0
            lower = above
    return out


@jit(CUBE, CUBES, INDEX, CELLS)
def cheapest_prices(paid: Floats, begins: Ints, climb: Floats) -> Floats:
    """Prices of suppliers whose nodes are those of their product's lowest price, (rows, H, bins); day 0 is kept.

    begins: (products + 1,) offsets into the rows; climb: of `climbs`. The product's lowest price is told from the
    chances of all combinations of its suppliers' nodes, walked upwards by price, and cut into bins as likely as each
    other. In a bin it is the price of the supplier who mostly asks it; the others stand at the mean of their nodes that
    are not under it.
    """
    days, bins, kinds = paid.shape[1], paid.shape[2], climb.shape[1]
    out = paid.copy()
    still = np.empty(kinds)  # chance that the lowest price is not reached yet
    for p in range(len(begins) - 1):
        first, count = begins[p], begins[p + 1] - begins[p]
        if count < 2:
            continue
        at, share = np.empty(count, np.int64), np.empty(count)
        for day in range(1, days):
            at[:], share[:], still[:] = 0, 0.0, 1.0
            left, total, taken, j = 1.0, 0.0, 0.0, 0
            while j < bins:
                low = 0
                for s in range(1, count):
                    if paid[first + s, day, at[s]] < paid[first + low, day, at[low]]:
                        low = s
                price, rest = paid[first + low, day, at[low]], 0.0
                for z in range(kinds):
                    still[z] *= climb[at[low], z]
                    rest += still[z] / kinds
                at[low] += 1
                mass, left = left - rest, rest
                last = at[low] == bins
                while j < bins:
                    part = min(mass, 1.0 / bins - taken)
                    total, taken, mass = total + part * price, taken + part, mass - part
                    share[low] += part
                    if taken < (1.0 - NEARLY) / bins and not (last and j == bins - 1):
                        break
                    lead, least = np.argmax(share), total / taken
                    for s in range(count):
                        own = paid[first + s, day, min(at[s], bins - 1) :].mean()
                        out[first + s, day, j] = least if s == lead else max(own, least)
                    share[:] = 0.0
                    total, taken, j = 0.0, 0.0, j + 1
    return out
