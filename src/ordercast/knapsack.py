"""A budget shared by curves of cost over spend: their lower hulls, and the steps along them that return most first.

The greedy choice of the multiple-choice knapsack (Sinha & Zoltners 1979). What does not fit is passed over, whatever
comes later returns less per money: so a larger budget, which takes the first step that a smaller one had to pass over,
never returns less.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def lower_hull(product: Ints, x: Floats, y: Floats) -> Ints:
    """Places of the lower hull's points from the least x of each product to its least y, ascending.

    Whatever lies on or over the line between its neighbours is no corner; what is left is looked at until all are.
    """
    if not len(y):
        return np.zeros(0, np.int64)
    begins = np.flatnonzero(np.diff(product, prepend=-1))
    count, place = np.diff(np.append(begins, len(y))), np.arange(len(y))
    least = y == np.repeat(np.minimum.reduceat(y, begins), count)
    last = np.minimum.reduceat(np.where(least, place, len(y)), begins)
    at = place[place <= np.repeat(last, count)]
    while True:
        own, here, cost = product[at], x[at], y[at]
        run, rise, same = np.diff(here), np.diff(cost), np.diff(own) == 0
        gone = np.zeros(len(at), np.bool_)
        gone[1:-1] = same[:-1] & same[1:] & (run[1:] > 0) & (rise[:-1] * run[1:] >= rise[1:] * run[:-1])
        gone[1:] |= same & (run == 0) & (rise >= 0)
        gone[:-1] |= same & (run == 0) & (rise < 0)
        if not gone.any():
            return at
        at = at[~gone]


def taken(gain: Floats, price: Floats, product: Ints, step: Ints, left: float) -> Bools:
    """Which moves are paid: the dearest by gain per price first, one that does not fit ends those of its product.

    Moves of a product follow each other by `step`, their gain per price falling.
    """
    paid = np.zeros(len(gain), np.bool_)
    ended = np.full(int(product.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    rest = np.argsort(-gain / price, kind="stable")
    while len(rest):
        fits = price[rest] <= left
        np.minimum.at(ended, product[rest[~fits]], step[rest[~fits]])
        rest = rest[fits & (step[rest] < ended[product[rest]])]
        total = np.cumsum(price[rest])
        end = int(np.searchsorted(total, left, side="right"))
        paid[rest[:end]] = True
        left -= total[end - 1] if end else 0.0
        if end < len(rest):
            ended[product[rest[end]]] = min(ended[product[rest[end]]], step[rest[end]])
        rest = rest[end + 1 :]
    return paid
