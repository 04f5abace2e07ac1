"""The steps of the planner's recursion: what a day costs at each stock, what tomorrow is worth, what an order saves."""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

from ordercast.kernels.compiled import (
    CELLS,
    COLUMN,
    CUBES,
    FLOAT,
    INDEX,
    INDICES,
    INT,
    LEVELS,
    SOLID,
    TABLE,
    Floats,
    Ints,
    jit,
)
from ordercast.kernels.risk import close_day, left_over, positions

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
        ("demand_level_cv", np.float64),  # error in the level of demand, a share of it
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
GRID = nb.int64[:, ::1]
A_PRODUCT, A_SUPPLIER = nb.from_dtype(PRODUCT), nb.from_dtype(SUPPLIER)
DAYS_PER_YEAR = 365.0
TIE = 1e-12  # of the cost: the smaller order is taken where no more is at stake
NEARLY = 1e-9  # of a step: what rounding may take from a whole number


@jit(nb.void, A_PRODUCT, LEVELS, FLOAT, FLOAT, TABLE)
def end_values(product: Any, price: Floats, worth: float, pace: float, into: Floats) -> None:
    """Fill `into`, (nodes, levels), with the value of the stock at the end: minus its price, at most end_units of it.

    What outlives the shelf life is given back at `worth`, as it was charged when it was ordered (`day_costs`).
    With end_order_cost K > 0, plus h y^2 / 2d - y sqrt(2Kh / d): what stock y saves and costs against an empty shelf
    where one goes on buying economic lots at that price, h and d per day (the bias function of the EOQ cycle).
    """
    order_cost, holding = product.end_order_cost, product.holding_rate_per_year / DAYS_PER_YEAR * worth
    keeps = product.shelf_life_days * pace if product.shelf_life_days > 0 else math.inf
    for i in range(product.levels):
        stock = i * product.step_units
        sound = min(stock, keeps)
        counted, cycle = min(sound, product.end_units), 0.0
        if order_cost > 0 and pace > 0:
            cycle = holding * sound * sound / (2 * pace) - sound * math.sqrt(2 * order_cost * holding / pace)
        for j in range(len(price)):
            into[j, i] = cycle - price[j] * counted - worth * (stock - sound)


@jit(nb.void, COLUMN, INT, FLOAT, FLOAT, TABLE, INDICES, COLUMN, TABLE)
def tomorrow(
    left: Floats, count: int, receipt: float, step: float, value: Floats, below: Ints, share: Floats, into: Floats
) -> None:
    """Fill `into`, (nodes, count), with tomorrow's value of what is left plus the receipt, linear between levels.

    below, share: scratch (count,), the level below and the way to the next one.
    """
    top = value.shape[1] - 1
    for i in range(count):
        place = min((left[i] + receipt) / step, top)
        below[i] = min(int(place), top - 1)
        share[i] = place - below[i]
    for j in range(len(value)):
        for i in range(count):
            level = below[i]
            into[j, i] = value[j, level] + share[i] * (value[j, level + 1] - value[j, level])


@jit(nb.void, CELLS, INT, TABLE, COLUMN, COLUMN, LEVELS, TABLE)
def after_order(
    chances: Floats, count: int, ahead: Floats, money: Floats, lost: Floats, lost_value: Floats, into: Floats
) -> None:
    """Fill `into`, (nodes, count), with the cost from a day on by stock after ordering: its own, tomorrow expected.

    chances: (nodes, nodes of tomorrow); ahead: (nodes of tomorrow, count) their values; money: holding and spoilage of
    the day; lost: its lost units, each worth lost_value, (nodes,).
    """
    for j in range(len(chances)):
        for i in range(count):
            into[j, i] = money[i] + lost_value[j] * lost[i]
        for k in range(len(ahead)):
            chance = chances[j, k]
            for i in range(count):
                into[j, i] += chance * ahead[k, i]


@jit(nb.void, A_PRODUCT, LEVELS, INT, LEVELS, LEVELS, FLOAT, FLOAT, SOLID, TABLE, TABLE)
def day_costs(
    product: Any,
    stock: Floats,
    count: int,
    mean: Floats,
    variance: Floats,
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
            known[i] = worth * min(max(money[i], stock[i] - (mean[2] - mean[0]), 0.0), stock[i])
    else:
        known[:count] = 0.0
    close_day(stock, left, count, demand, left, lost)
    holding = product.holding_rate_per_year / DAYS_PER_YEAR * worth
    for i in range(count):
        money[i] = holding * left[i] + known[i]


@jit(INT, FLOAT, FLOAT, FLOAT, FLOAT)
def first_lot(moq: float, tier: float, lot: float, unit: float) -> int:
    """The least order of whole lots that reaches MOQ and tier, counted in `unit` units."""
    lots = max(math.ceil(max(moq, tier) / lot - NEARLY), 1.0)
    return round(lots * lot / unit)


@jit((GRID, TABLE), A_PRODUCT, SUPPLIERS, TIERS)
def order_terms(product: Any, suppliers: Any, tiers: Any) -> tuple[Ints, Floats]:
    """What can be ordered on later days, one row per tier: supplier, first day, first lot and stride in levels.

    Beside it, (rows, 2): the share of the list price that is paid, and the cost of an order.
    """
    rows = 0
    for s in range(product.suppliers_from, product.suppliers_to):
        rows += suppliers[s].tiers_to - suppliers[s].tiers_from
    terms, money = np.empty((rows, 4), np.int64), np.empty((rows, 2))
    row, step = 0, product.step_units
    for s in range(product.suppliers_from, product.suppliers_to):
        one = suppliers[s]
        for t in range(one.tiers_from, one.tiers_to):
            terms[row, 0], terms[row, 1] = s, -one.spare_days
            terms[row, 2] = first_lot(one.moq_units, tiers[t].min_units, one.lot_units, step)
            terms[row, 3] = round(one.lot_units / step)
            money[row, 0], money[row, 1] = 1.0 - tiers[t].discount_rate, one.order_cost
            row += 1
    return terms, money


@jit(nb.void, GRID, TABLE, CUBES, INT, COLUMN, TABLE, INT, COLUMN, TABLE, TABLE)
def best_actions(
    terms: Ints,
    money: Floats,
    paid: Floats,
    day: int,
    stock: Floats,
    after: Floats,
    top: int,
    known: Floats,
    least: Floats,
    value: Floats,
) -> None:
    """Fill `value`, (nodes, levels), with the least cost of waiting and of every order that fits under level `top`.

    stock: (levels,) units; after: (nodes, levels) cost after ordering; known: (levels,) what of it was charged before;
    least: scratch (nodes, levels). The orders of a level are the first lot, or whole strides more; those of the level
    a stride above are one fewer of the same, so that the least of price x units + cost after ordering is carried down,
    stride by stride: all nodes side by side, for a comparison must wait for the one before it.
    """
    nodes, levels = value.shape
    for j in range(nodes):
        for i in range(levels):
            value[j, i] = after[j, i]
    for row in range(len(terms)):
        supplier, first, stride = terms[row, 0], terms[row, 2], terms[row, 3]
        count = top + 1 - first
        if day < terms[row, 1] or count <= 0:
            continue
        shift, whole = np.uint64(first), np.uint64(count)  # no look for negative indices: the loops are vectorised
        for j in range(nodes):
            price = paid[supplier, day, j] * money[row, 0]
            for x in range(whole):
                least[j, x] = after[j, x + shift] + price * stock[x]
        for x in range(count - 1 - stride, -1, -1):
            for j in range(nodes):
                least[j, x] = min(least[j, x], least[j, x + stride])
        for j in range(nodes):
            price = paid[supplier, day, j] * money[row, 0]
            order_cost = money[row, 1] + price * stock[first]
            for x in range(count):
                cost = order_cost + (least[j, x] - price * stock[x])
                value[j, x] = cost if cost < value[j, x] else value[j, x]
    for j in range(nodes):
        for i in range(levels):
            value[j, i] -= known[i]


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


@jit(TABLE, PRODUCTS, SUPPLIERS, TIERS, COLUMN, COLUMN, COLUMN, INDEX, INDEX, COLUMN)
def worth_of(
    products: Any,
    suppliers: Any,
    tiers: Any,
    price: Floats,
    wait: Floats,
    curves: Floats,
    product: Ints,
    row: Ints,
    units: Floats,
) -> Floats:
    """Cost to go of ordering `units` today, and up to which list price some order is better than waiting, (n, 2).

    price: (n,) paid today; wait: (n,) cost to go of waiting, a faster supplier's order being one that waits.
    """
    out = np.zeros((len(row), 2))
    for i in range(len(row)):
        one, maker = products[product[i]], suppliers[row[i]]
        curve, unit = curves[one.curve_from : one.curve_from + one.points], one.point_units
        place = min(units[i] / unit, len(curve) - 1.0)
        below = min(int(place), max(len(curve) - 2, 0))
        above = min(below + 1, len(curve) - 1)
        out[i, 0] = curve[below] + (place - below) * (curve[above] - curve[below])
        stride, share = round(maker.point_lot_units / unit), 1.0
        for t in range(maker.tiers_from, maker.tiers_to):
            paid = 1.0 - tiers[t].discount_rate
            share = paid if units[i] >= tiers[t].min_units else share
            for q in range(
                first_lot(maker.moq_units, tiers[t].min_units, maker.point_lot_units, unit), len(curve), stride
            ):
                out[i, 1] = max(out[i, 1], (wait[i] - curve[q] - maker.order_cost) / (paid * q * unit))
        if units[i] > 0:
            out[i, 0] += maker.order_cost + price[i] * share * units[i]
    return out


@jit(TABLE, PRODUCTS, SUPPLIERS, TIERS, COLUMN, COLUMN, INDEX, INDEX)
def best_of(
    products: Any, suppliers: Any, tiers: Any, price: Floats, curves: Floats, product: Ints, row: Ints
) -> Floats:
    """`best_today` of some suppliers, (n, 2); price: (n,) paid today; product, row: (n,) of the records."""
    out = np.empty((len(row), 2))
    for i in range(len(row)):
        one = products[product[i]]
        curve = curves[one.curve_from : one.curve_from + one.points]
        out[i, 0], out[i, 1] = best_today(suppliers[row[i]], tiers, price[i], one.point_units, curve)
    return out
