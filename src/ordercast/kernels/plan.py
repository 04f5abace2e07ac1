"""The stochastic dynamic programme of one product after the other: what to buy today, at which cost to go.

The state of day k is the stock expected when an order of that day arrives, k + lead days from now, and the price node.
Backwards over the days, an order moves the stock up, the day's expected sales move it down:

    after_k(y, j) = cost of the day at stock y + E[value_k+1(what is left + receipts, j') | j]
    value_k(x, j) = min(after_k(x, j), min over supplier and q of order cost + price q + after_k(x + q, j))

The inner minimum over q = first lot, one lot more, ... is a suffix minimum of price y + after_k(y), hence exact in one
pass per supplier and tier (Wagner & Whitin's recursion with price-dependent stock levels: Berling & Martinez-de-Albeniz
2011). Values between two levels are interpolated.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

from ordercast.kernels.compiled import (
    CELLS,
    COLUMN,
    CUBE,
    CUBES,
    INDEX,
    INDICES,
    INT,
    LEVELS,
    LINKS,
    SOLID,
    TABLE,
    Floats,
    Ints,
    jit,
)
from ordercast.kernels.risk import KNOTS, windows
from ordercast.kernels.steps import (
    A_PRODUCT,
    NEARLY,
    PRODUCTS,
    SUPPLIERS,
    TIE,
    TIERS,
    after_order,
    best_actions,
    best_today,
    day_costs,
    end_values,
    order_terms,
    tomorrow,
)


@jit(CUBE, A_PRODUCT, LEVELS, LEVELS, INT)
def demand_windows(product: Any, mean: Floats, variance: Floats, days: int) -> Floats:
    """Mean and variance of demand from each day on over lead time, a day more, lead time + shelf life, (3, days, 2)."""
    out = np.empty((3, days, 2))
    for row, more in enumerate((0, 1, max(product.shelf_life_days, 1))):
        windows(mean, variance, product.lead_days + more, product.lead_sd_days, product.demand_level_cv, out[row])
    return out


@jit(
    nb.void,
    *(A_PRODUCT, SUPPLIERS, TIERS, CUBES, CELLS, LEVELS, INDEX, CUBES),
    *(LEVELS, LEVELS, LEVELS, CUBE, SOLID, CUBE, COLUMN),
)
def solve(
    product: Any,
    suppliers: Any,
    tiers: Any,
    paid: Floats,
    lost_value: Floats,
    end_price: Floats,
    link: Ints,
    transitions: Floats,
    worth: Floats,
    receipts: Floats,
    ceiling: Floats,
    demand: Floats,
    losses: Floats,
    kept: Floats,
    curve: Floats,
) -> None:
    """Fill `curve`, (points,), with the cost after today's order by its size; the arguments of `plan`, of one product.

    kept: (days, nodes, levels) takes the cost after ordering of days 1.. where it is not empty.
    """
    days, nodes = lost_value.shape
    levels, points = product.levels, product.points
    wide = max(levels, points)
    level = np.arange(levels) * product.step_units
    value, least = np.empty((nodes, levels)), np.empty((nodes, levels))
    ahead, after = np.empty((nodes, wide)), np.empty((nodes, wide))
    costs, scratch = np.empty((4, wide)), np.empty((4, KNOTS))
    below, share = np.empty(wide, np.int64), np.empty(wide)
    terms, money = order_terms(product, suppliers, tiers)
    pace = demand[1, days - 1, 0] - demand[0, days - 1, 0]
    end_values(product, end_price, worth[days - 1], pace, value)
    for day in range(days - 1, -1, -1):
        receipt = receipts[day + 1] if day + 1 < days else 0.0
        sales = demand[1, day, 0] - demand[0, day, 0]
        count = levels if day > 0 else points
        stock = level if day > 0 else product.stock_units + np.arange(points) * product.point_units
        day_costs(
            product, stock, count, demand[:, day, 0], demand[:, day, 1], worth[day], sales, losses, scratch, costs
        )
        tomorrow(costs[0], count, receipt, product.step_units, value, below, share, ahead)
        if day == 0:
            even, usual = np.full((1, nodes), 1.0 / nodes), np.full(1, lost_value[0].mean())
            after_order(even, count, ahead, costs[2], costs[1], usual, after)
            for i in range(points):
                curve[i] = after[0, i] - costs[3, 0]
            break
        after_order(transitions[link[day - 1]], count, ahead, costs[2], costs[1], lost_value[day], after)
        top = min(math.floor(ceiling[day] / product.step_units + NEARLY), levels - 1)
        best_actions(terms, money, paid, day, level, after, top, costs[3], least, value)
        if len(kept):
            kept[day] = after[:, :levels]


@jit(
    (COLUMN, COLUMN, INDICES, TABLE),
    *(INT, INT, PRODUCTS, SUPPLIERS, TIERS, CUBES, CUBES, CELLS, LINKS, CUBES),
    *(CELLS, CELLS, CELLS, CELLS, CELLS, SOLID, COLUMN, CUBE),
)
def plan(
    begin: int,
    end: int,
    products: Any,
    suppliers: Any,
    tiers: Any,
    paid: Floats,
    lost_value: Floats,
    end_price: Floats,
    link: Ints,
    transitions: Floats,
    worth: Floats,
    receipts: Floats,
    ceiling: Floats,
    mean: Floats,
    variance: Floats,
    losses: Floats,
    curves: Floats,
    kept: Floats,
) -> tuple[Floats, Floats, Ints, Floats]:
    """Cost with the best action of today, cost of waiting, supplier row (-1: wait), per row its best cost and units.

    For the products begin..end-1; `orders.lattice.Problem` describes the arguments, and `curves` is filled.
    """
    value, wait, chosen = np.empty(end - begin), np.empty(end - begin), np.full(end - begin, -1)
    rows_from, rows_to = products[begin].suppliers_from, products[end - 1].suppliers_to
    offers = np.empty((rows_to - rows_from, 2))
    for p in range(begin, end):
        product = products[p]
        curve = curves[product.curve_from : product.curve_from + product.points]
        demand = demand_windows(product, mean[p], variance[p], lost_value.shape[1])
        solve(
            product,
            suppliers,
            tiers,
            paid,
            lost_value[p],
            end_price[p],
            link[p],
            transitions,
            worth[p],
            receipts[p],
            ceiling[p],
            demand,
            losses,
            kept,
            curve,
        )
        n = p - begin
        wait[n] = curve[0]
        for s in range(product.suppliers_from, product.suppliers_to):
            one = suppliers[s]
            cost, units = np.inf, 0.0
            if one.spare_days >= 0:
                cost, units = best_today(one, tiers, paid[s, 0, 0], product.point_units, curve)
            offers[s - rows_from, 0], offers[s - rows_from, 1] = cost, units
            if one.spare_days > 0:
                wait[n] = min(wait[n], cost)
        value[n] = wait[n]
        for s in range(product.suppliers_from, product.suppliers_to):
            cost = offers[s - rows_from, 0]
            if suppliers[s].spare_days == 0 and cost + TIE * abs(cost) < value[n]:
                value[n], chosen[n] = cost, s
    return value, wait, chosen, offers
