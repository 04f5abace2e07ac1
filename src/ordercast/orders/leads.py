"""Suppliers of different lead times: one programme for each lead time of a product, and the best action of them all.

A programme tells what an order that arrives on one certain day is worth, and must know what the other suppliers could
do meanwhile. All of them take part in every one: the faster ones as something that can wait, the slower ones as of the
day they can deliver on. The costs of two programmes are of different days, but what an action of today saves against
waiting is money of the same decision. (With two lead times the exact state is a vector of open orders; dual-index
policies compare the two suppliers one by one as well: Veeraraghavan & Scheller-Wolf 2008.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ordercast.orders.lattice import Actions
from ordercast.orders.supply import Floats, Ints


@dataclass(frozen=True)
class Programme:
    """Which products and supplier rows a programme is about, ascending, and how they stand to its lead time.

    products, lead_days: (m,), the lead time of each; suppliers, spare_days: (r,) rows of all their suppliers and by how
    many days each is faster than the programme; rows: (m + 1,) offsets into them.
    """

    products: Ints
    lead_days: Ints
    suppliers: Ints
    spare_days: Ints
    rows: Ints


def programmes(rows: Ints, lead_days: Ints) -> list[Programme]:
    """The programmes that cover every lead time of every product: the first those with the shortest one, and so on.

    rows: (products + 1,) offsets into lead_days, (suppliers,) whole days.

    >>> first, second = programmes(np.array([0, 2, 3]), np.array([7, 2, 4]))
    >>> first.products.tolist(), first.lead_days.tolist(), first.spare_days.tolist()
    ([0, 1], [2, 4], [-5, 0, 0])
    >>> second.products.tolist(), second.lead_days.tolist(), second.spare_days.tolist()
    ([0], [7], [0, 5])
    """
    owner = np.repeat(np.arange(len(rows) - 1), np.diff(rows))
    pairs = np.unique(np.stack([owner, lead_days], axis=1), axis=0)
    product, lead = pairs[:, 0], pairs[:, 1]
    rank = np.arange(len(pairs)) - np.searchsorted(product, product)
    out = []
    for turn in range(int(rank.max(initial=-1)) + 1):
        products, own = product[rank == turn], lead[rank == turn]
        place = np.searchsorted(products, owner)
        here = np.append(products, -1)[place] == owner
        count = np.diff(rows)[products]
        spare = own[place[here]] - lead_days[here]
        out.append(Programme(products, own, np.flatnonzero(here), spare, np.append(0, np.cumsum(count))))
    return out


def paid_when_ordered(paid: Floats, spare_days: Ints) -> Floats:
    """Prices of a programme's days from prices by day of order, (suppliers, H, nodes) both.

    What is to arrive with the order of day k is ordered from a supplier with d spare days on day k + d; behind the
    last day the last prices stand. The node is taken to stay what it is in between.

    >>> paid_when_ordered(np.array([[[1.0], [2], [3]]] * 2), np.array([1, -1]))[..., 0].tolist()
    [[2.0, 3.0, 3.0], [1.0, 1.0, 2.0]]
    """
    day = np.clip(np.arange(paid.shape[1]) + spare_days[:, None], 0, paid.shape[1] - 1)
    return np.take_along_axis(paid, day[:, :, None], axis=1)


def best_actions(parts: Sequence[tuple[Programme, Actions]], products: int) -> tuple[Floats, Ints, Floats]:
    """Saving against waiting (0: wait), supplier row (-1: wait) and units of the best action of each product, (n,)."""
    saving, supplier, units = np.zeros(products), np.full(products, -1), np.zeros(products)
    for programme, found in parts:
        gain = np.where(found.row >= 0, found.wait - found.cost, 0.0)
        better = gain > saving[programme.products]
        at = programme.products[better]
        saving[at], units[at] = gain[better], found.units[better]
        supplier[at] = programme.suppliers[found.row[better]]
    return saving, supplier, units
