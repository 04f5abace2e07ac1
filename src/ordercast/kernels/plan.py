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
    FLOAT,
    INDEX,
    INDICES,
    INT,
    LEVELS,
    LINKS,
    TABLE,
    Floats,
    Ints,
    jit,
)
from ordercast.kernels.risk import KNOTS, close_day, left_over, positions, windows

PRODUCT = np.dtype(
    [
        ("suppliers_from", np.int64),  # rows of the suppliers
        ("suppliers_to", np.int64),
        ("curve_from", np.int64),  # place of the product's value curve, and its number of points
        ("points", np.int64),
        ("point_units", np.float64),  # between two points of the curve
        ("levels", np.int64),  # of stock on later days, from 0
        ("step_units", np.float64),  # between two levels
        ("stock_units", np.float64),  # expected when an order of today arrives
        ("lead_days", np.int64),
        ("lead_sd_days", np.float64),
        ("shelf_life_days", np.int64),  # 0: it keeps
        ("holding_rate_per_year", np.float64),
        ("end_units", np.float64),  # of the stock left at the end, at most so many are worth their price
        ("end_order_cost", np.float64),  # money per order after the end; 0: nothing is corrected for it
    ],
    align=True,
)
SUPPLIER = np.dtype(
    [
        ("moq_units", np.float64),
        ("order_cost", np.float64),
        ("spare_days", np.int64),  # lead time of the programme less the supplier's own
        ("lot_units", np.float64),  # on later days; whole packs and whole steps
        ("point_lot_units", np.float64),  # today; whole packs and whole points
        ("tiers_from", np.int64),  # the first tier is (0 units, no discount)
        ("tiers_to", np.int64),
    ],
    align=True,
)
TIER = np.dtype([("min_units", np.float64), ("discount_rate", np.float64)], align=True)
PRODUCTS, SUPPLIERS, TIERS = (nb.types.Array(nb.from_dtype(each), 1, "C") for each in (PRODUCT, SUPPLIER, TIER))
A_PRODUCT, A_SUPPLIER = nb.from_dtype(PRODUCT), nb.from_dtype(SUPPLIER)
DAYS_PER_YEAR = 365.0
TIE = 1e-12  # of the cost: the smaller order is taken where no more is at stake
NEARLY = 1e-9  # of a step: what rounding may take from a whole number


@jit(nb.void, A_PRODUCT, LEVELS, FLOAT, FLOAT, TABLE)
def end_values(product: Any, price: Floats, holding: float, pace: float, into: Floats) -> None:
    """Fill `into`, (nodes, levels), with the value of the stock at the end: minus its price, at most end_units of it.

    With end_order_cost K > 0, plus h y^2 / 2d - y sqrt(2Kh / d): what stock y saves and costs against an empty shelf
    where one goes on buying economic lots at that price, h and d per day (the bias function of the EOQ cycle).
    """
    order_cost = product.end_order_cost
    for i in range(product.levels):
        stock = i * product.step_units
        counted = min(stock, product.end_units)
        cycle = 0.0
        if order_cost > 0 and pace > 0:
            cycle = holding * stock * stock / (2 * pace) - stock * math.sqrt(2 * order_cost * holding / pace)
        for j in range(len(price)):
            into[j, i] = cycle - price[j] * counted


@jit(nb.void, COLUMN, INT, FLOAT, FLOAT, TABLE, TABLE)
def tomorrow(left: Floats, count: int, receipt: float, step: float, value: Floats, into: Floats) -> None:
    """Fill `into`, (nodes, count), with tomorrow's value of what is left plus the receipt, linear between levels."""
    top = value.shape[1] - 1
    for j in range(len(value)):
        row, out = value[j], into[j]
        for i in range(count):
            place = min((left[i] + receipt) / step, top)
            level = min(int(place), top - 1)
            out[i] = row[level] + (place - level) * (row[level + 1] - row[level])


@jit(nb.void, LEVELS, INT, TABLE, COLUMN, COLUMN, FLOAT, COLUMN)
def after_order(
    chance: Floats, count: int, ahead: Floats, money: Floats, lost: Floats, lost_value: float, into: Floats
) -> None:
    """Fill `into` with the cost from a day on by stock after ordering: its money, its lost units, tomorrow expected.

    chance: (nodes,) of tomorrow's nodes; ahead: (nodes, count) their values; money: holding and spoilage of the day.
    """
    for i in range(count):
        into[i] = money[i] + lost_value * lost[i]
    for j in range(len(chance)):
        weight, row = chance[j], ahead[j]
        for i in range(count):
            into[i] += weight * row[i]


@jit(nb.void, A_PRODUCT, LEVELS, INT, LEVELS, LEVELS, INT, FLOAT, FLOAT, CUBES, TABLE, TABLE)
def day_costs(
    product: Any,
    stock: Floats,
    count: int,
    mean: Floats,
    variance: Floats,
    day: int,
    worth: float,
    demand: float,
    losses: Floats,
    curve: Floats,
    into: Floats,
) -> None:
    """Fill `into` (4, count): stock left, units lost, money of holding and spoilage, that money's part known before.

    mean, variance: (3,) of the demand over the lead time, one day more, and lead time + shelf life. Spoilage is charged
    when stock is ordered, as the growth of the units expected to outlive it (Nahmias 1976): row 3 is what the stock
    found already there had been charged.
    """
    left, lost, money, known = into[0], into[1], into[2], into[3]
    positions(stock, count, mean[0], variance[0], losses, curve, known)
    left_over(known, count, mean[1], variance[1], losses, curve, left)
    if product.shelf_life_days > 0:
        left_over(known, count, mean[2], variance[2], losses, curve, money)
        for i in range(count):
            known[i] = worth * min(money[i], stock[i])
    else:
        known[:count] = 0.0
    close_day(stock, left, count, demand, left, lost)
    holding = product.holding_rate_per_year / DAYS_PER_YEAR * worth
    for i in range(count):
        money[i] = holding * left[i] + known[i]


@jit(nb.void, COLUMN, INT, FLOAT, INT, INT, FLOAT, COLUMN, COLUMN)
def buy(
    after: Floats, top: int, slope: float, first: int, stride: int, order_cost: float, best: Floats, value: Floats
) -> None:
    """Lower `value` where buying `first` levels, or whole strides more, up to level `top`, is cheaper than what is there.

    slope: money per level bought; best: scratch, the suffix minima of slope y + after(y) over y, y + stride, ...
    """
    for y in range(top, first - 1, -1):
        cost = slope * y + after[y]
        if y + stride <= top:
            cost = min(cost, best[y + stride])
        best[y] = cost
        cost += order_cost - slope * (y - first)
        value[y - first] = min(value[y - first], cost)


@jit(INT, FLOAT, FLOAT, FLOAT, FLOAT)
def first_lot(moq: float, tier: float, lot: float, unit: float) -> int:
    """The least order of whole lots that reaches MOQ and tier, counted in `unit` units."""
    lots = max(math.ceil(max(moq, tier) / lot - NEARLY), 1.0)
    return round(lots * lot / unit)


@jit(nb.void, A_PRODUCT, SUPPLIERS, TIERS, COLUMN, CELLS, INT, FLOAT, COLUMN, COLUMN)
def best_orders(
    product: Any,
    suppliers: Any,
    tiers: Any,
    after: Floats,
    paid: Floats,
    day: int,
    ceiling: float,
    best: Floats,
    value: Floats,
) -> None:
    """Lower `value` (levels,) to the cost of the best order at each level, of all suppliers and tiers usable that day.

    paid: (suppliers, days) at the node.
    """
    top = min(int(math.floor(ceiling / product.step_units + NEARLY)), product.levels - 1)
    for s in range(product.suppliers_from, product.suppliers_to):
        one = suppliers[s]
        if day < -one.spare_days:
            continue
        stride = round(one.lot_units / product.step_units)
        for t in range(one.tiers_from, one.tiers_to):
            slope = paid[s, day] * (1.0 - tiers[t].discount_rate) * product.step_units
            first = first_lot(one.moq_units, tiers[t].min_units, one.lot_units, product.step_units)
            buy(after, top, slope, first, stride, one.order_cost, best, value)


@jit((FLOAT, FLOAT), A_SUPPLIER, TIERS, FLOAT, FLOAT, LEVELS)
def best_today(one: Any, tiers: Any, price: float, unit: float, curve: Floats) -> tuple[float, float]:
    """Cost and units of the best order of today from one supplier; infinity and 0 where none fits under the ceiling.

    curve: (points,) cost after ordering 0, 1, 2, ... times `unit` units.
    """
    cost, units = np.inf, 0.0
    stride = round(one.point_lot_units / unit)
    for t in range(one.tiers_from, one.tiers_to):
        slope = price * (1.0 - tiers[t].discount_rate) * unit
        for i in range(first_lot(one.moq_units, tiers[t].min_units, one.point_lot_units, unit), len(curve), stride):
            here = one.order_cost + slope * i + curve[i]
            if here + TIE * abs(here) < cost:
                cost, units = here, i * unit
    return cost, units


@jit(CUBE, A_PRODUCT, LEVELS, LEVELS, INT)
def demand_windows(product: Any, mean: Floats, variance: Floats, days: int) -> Floats:
    """Mean and variance of demand from each day on over lead time, a day more, lead time + shelf life, (3, days, 2)."""
    out = np.empty((3, days, 2))
    for row, more in enumerate((0, 1, max(product.shelf_life_days, 1))):
        windows(mean, variance, product.lead_days + more, product.lead_sd_days, out[row])
    return out


@jit(
    nb.void,
    *(A_PRODUCT, SUPPLIERS, TIERS, CUBES, CELLS, LEVELS, INDEX, CUBES, LEVELS, LEVELS, LEVELS, CUBE, CUBES, CUBE, COLUMN),
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
    value, ahead, after = np.empty((nodes, levels)), np.empty((nodes, wide)), np.empty((nodes, levels))
    costs, scratch, best = np.empty((4, wide)), np.empty((2, KNOTS)), np.empty(levels)
    pace = demand[1, days - 1, 0] - demand[0, days - 1, 0]
    end_values(product, end_price, product.holding_rate_per_year / DAYS_PER_YEAR * worth[days - 1], pace, value)
    for day in range(days - 1, -1, -1):
        receipt = receipts[day + 1] if day + 1 < days else 0.0
        sales = demand[1, day, 0] - demand[0, day, 0]
        count = levels if day > 0 else points
        stock = level if day > 0 else product.stock_units + np.arange(points) * product.point_units
        day_costs(
            product, stock, count, demand[:, day, 0], demand[:, day, 1], day, worth[day], sales, losses, scratch, costs
        )
        tomorrow(costs[0], count, receipt, product.step_units, value, ahead)
        if day == 0:
            chance = np.full(nodes, 1.0 / nodes)
            after_order(chance, count, ahead, costs[2], costs[1], lost_value[0].mean(), curve)
            curve -= costs[3, 0]
            break
        for j in range(nodes):
            row = after[j]
            after_order(transitions[link[day - 1], j], count, ahead, costs[2], costs[1], lost_value[day, j], row)
            if len(kept):
                kept[day, j, :levels] = row
            value[j] = row
            best_orders(product, suppliers, tiers, row, paid[:, :, j], day, ceiling[day], best, value[j])
            for i in range(levels):
                value[j, i] -= costs[3, i]


@jit(
    (COLUMN, COLUMN, INDICES, TABLE),
    *(INT, INT, PRODUCTS, SUPPLIERS, TIERS, CUBES, CUBES, CELLS, LINKS, CUBES),
    *(CELLS, CELLS, CELLS, CELLS, CELLS, CUBES, COLUMN, CUBE),
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
