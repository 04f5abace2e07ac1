"""The price lattice of the planner: from the forecast's quantiles to equiprobable price nodes, linked day by day.

A node is a bin of a standard normal variable, whose autocorrelation from day to day is that of the forecast's error.
One variable stands behind all suppliers of a product: where it has several, that of the lowest price among them, since
each has promotions of his own and who can wait will buy in the next of them, whoever makes it.
"""

from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np

from ordercast.kernels import nodes as kernels
from ordercast.orders.supply import Floats, Ints

Execution = Literal["next_quote", "quote_seen"]
LINK_STEPS = 180  # correlations are tabulated at the cosines of 0, 1, ... 180 degrees
POINTS = 200  # that stand for a bin
MOST_ROUNDS = 2000
UNEVEN = 1e-12  # what a marginal may miss by
SHARED = 8  # values that stand for what the suppliers of a product share
YEAR_DAYS, WEEK_DAYS, LAG_WEEKS = 365, 7, 4  # changes of four weeks, about the time between two purchases
MOST_TOGETHER = 0.9


def price_nodes(price: Floats, p10: Floats, p50: Floats, p90: Floats, nodes: int = 7) -> Floats:
    """Prices of the nodes of days 0..H, (series, H + 1, nodes), each node as likely as the next, rising along the axis.

    price: (series,) known today, the same at all nodes of day 0; p10, p50, p90: (series, H) of days 1..H, > 0. Between
    and beyond them the log price is normal, with a spread of its own on each side of the median; a node is the mean
    price of its bin, hence their mean is the mean of that distribution.

    >>> price_nodes(np.array([10.0]), *np.array([[[8.0]], [[10.0]], [[11.0]]]), nodes=3).round(2).tolist()
    [[[10.0, 10.0, 10.0], [8.3, 9.9, 10.85]]]
    """
    out = np.empty((*p50.shape[:1], p50.shape[1] + 1, nodes))
    out[:, 0] = price[:, None]
    out[:, 1:] = kernels.node_prices(p10, p50, p90, _edges(nodes))
    return out


def links(correlation: Floats) -> Ints:
    """Row of `transitions` for each correlation of -1..1; any shape."""
    angle = np.arccos(np.clip(correlation, -1.0, 1.0))
    return np.asarray(np.rint(angle * LINK_STEPS / np.pi), dtype=np.int64)


@lru_cache
def transitions(nodes: int = 7) -> Floats:
    """Chance of tomorrow's node given today's for each of the tabulated correlations, (181, nodes, nodes), read only.

    A Gaussian copula on equiprobable bins; rows and columns are brought to sum to 1 by iterative proportional fitting
    (Deming & Stephan 1940). Row 0 stays in its node, row 90 forgets it, row 180 turns it over.
    """
    correlations = np.cos(np.arange(LINK_STEPS + 1) * np.pi / LINK_STEPS)
    share = (np.arange(nodes * POINTS) + 0.5) / (nodes * POINTS)
    points = np.array([NormalDist().inv_cdf(each) for each in share]).reshape(nodes, POINTS)
    table: Floats = kernels.bin_chances(correlations, _edges(nodes), points)
    table += table.transpose(0, 2, 1).copy()  # tomorrow given today is today given tomorrow
    for _ in range(MOST_ROUNDS):
        table /= table.sum(axis=1, keepdims=True)
        table /= table.sum(axis=2, keepdims=True)
        if np.abs(table.sum(axis=1) - 1).max() < UNEVEN:
            break
    table.setflags(write=False)
    return table


def paid_prices(nodes: Floats, link: Ints, execution: Execution = "next_quote") -> Floats:
    """Price expected to be paid for an order decided on days 0..H-1 in each node, (series, H, nodes).

    nodes: (series, H + 1, nodes) of `price_nodes`; link: (series, H - 1) of `links`, from day 1 to 2 and so on.
    next_quote: what is decided at one quote is bought at the next, at its mean given the node; quote_seen: at the
    node's own price.
    """
    return kernels.paid_prices(nodes, link, transitions(nodes.shape[2]), execution == "next_quote")


def cheapest_prices(paid: Floats, begins: Ints, correlation: float) -> Floats:
    """Prices paid in nodes that are those of the lowest price of each product, (suppliers, H, nodes); day 0 is kept.

    paid: of `paid_prices`; begins: (products + 1,) offsets into its rows; correlation: of the normal variables behind
    two suppliers of one product (see `together`). A product with one supplier keeps its prices.

    Two suppliers that ask 8 or 12, whichever the other asks: three times in four one of them asks 8.
    >>> some = np.array([[[10.0, 10.0], [8.0, 12.0]]] * 2)
    >>> cheapest_prices(some, np.array([0, 2]), 0.0)[:, 1].min(axis=0).round(2).tolist()
    [8.0, 10.0]
    """
    shared = np.array([NormalDist().inv_cdf((k + 0.5) / SHARED) for k in range(SHARED)])
    return kernels.cheapest_prices(paid, begins, kernels.climbs(shared, _edges(paid.shape[2]), correlation))


def together(price: Floats, product: Ints) -> float:
    """Correlation of the changes over four weeks of a product's suppliers in the last year, 0 to .9, of all pooled.

    price: (series, days), the last one today; product: (series,) sorted. Series with a gap or a standing price tell
    nothing.
    """
    log = np.log(price[:, -YEAR_DAYS:][:, ::-WEEK_DAYS])
    change = log[:, LAG_WEEKS:] - log[:, :-LAG_WEEKS]
    spread = change.std(axis=1, keepdims=True) if change.shape[1] else np.zeros((len(log), 1))
    tells = np.isfinite(spread[:, 0]) & (spread[:, 0] > 0)
    starts = np.flatnonzero(np.diff(product[tells], prepend=-1))
    if not len(starts):
        return 0.0
    scaled = (change[tells] - change[tells].mean(axis=1, keepdims=True)) / spread[tells]
    count = np.diff(np.append(starts, len(scaled)))
    total = np.square(np.add.reduceat(scaled, starts, axis=0)).sum() - np.square(scaled).sum()
    pairs = (count * (count - 1)).sum() * scaled.shape[1]
    return round(float(np.clip(total / pairs, 0.0, MOST_TOGETHER)), 2) if pairs else 0.0


def _edges(nodes: int) -> Floats:
    inner = [NormalDist().inv_cdf(j / nodes) for j in range(1, nodes)]
    return np.array([-np.inf, *inner, np.inf])
