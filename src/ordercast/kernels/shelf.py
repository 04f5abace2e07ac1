"""A day on the shelf: the oldest goods go first, and what is too old in the evening spoils."""

from __future__ import annotations

from typing import Any

import numpy as np

from ordercast.kernels.compiled import COLUMN, INDEX, INDICES, INT, LEVELS, TABLE, Floats, Ints, jit


@jit((COLUMN, COLUMN, COLUMN), TABLE, INDICES, LEVELS, INDEX, INT)
def use(lots: Floats, oldest: Ints, demand: Floats, life_days: Ints, day: int) -> Any:
    """Units sold, spoiled and left in the evening of `day`, (products,) each; takes them out of `lots`.

    lots: (products, days) units that are left of what arrived on each day; oldest: (products,) a day before which
    nothing is left, moved on; demand: (products,) units; life_days: (products,) evenings a unit lives to see, the one
    of its arrival being the first: on the last of them it is thrown away.
    """
    products = len(lots)
    sold, spoiled, left = np.zeros(products), np.zeros(products), np.zeros(products)
    for p in range(products):
        wanted, first = demand[p], oldest[p]
        while first <= day:
            taken = min(lots[p, first], wanted)
            lots[p, first] -= taken
            wanted -= taken
            if lots[p, first] > 0.0:
                break
            first += 1
        sold[p] = demand[p] - wanted
        while first <= day - life_days[p] + 1:
            spoiled[p] += lots[p, first]
            lots[p, first] = 0.0
            first += 1
        oldest[p] = first
        for arrived in range(first, day + 1):
            left[p] += lots[p, arrived]
    return sold, spoiled, left
