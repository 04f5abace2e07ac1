"""Today's choices of all products: lines of lots, the hull of each, and the best of them at given prices of resources.

A line is what one supplier offers of one product at one price: so many units, and whole lots more of them. What its
k-th choice costs against waiting is

    fixed + price u + curve[points_from + k stride],  u = first_units + k lot_units

and both money and volume grow with u. Hence the lower hull of the curve holds the best choice of the line at whatever
the two are worth (Everett 1963), and is found by bisection over its slopes.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from ordercast.kernels.compiled import CELLS, COLUMN, FLOAT, INDEX, INDICES, INT, LEVELS, Bools, Floats, Ints, jit
from ordercast.kernels.steps import NEARLY, PRODUCTS, SUPPLIERS, TIERS

LINE = np.dtype(
    [
        ("product", np.int64),
        ("row", np.int64),  # of the product's supplier among the offers
        ("supplier", np.int64),
        ("points_from", np.int64),  # place of the first choice in the curve, and from one choice to the next
        ("stride", np.int64),
        ("count", np.int64),  # of choices
        ("hull_from", np.int64),  # places of the choices on the hull
        ("hull_to", np.int64),
        ("meets_floor", np.int64),  # 1: all its choices are of at least the product's floor
        ("price", np.float64),  # money per unit, as it is expected to be paid
        ("spend", np.float64),  # money per unit, as the limits of a day count it
        ("fixed", np.float64),  # cost of an order less the cost of waiting
        ("first_units", np.float64),
        ("lot_units", np.float64),
        ("volume", np.float64),  # per unit
    ],
    align=True,
)
A_LINE, LINES = nb.from_dtype(LINE), nb.types.Array(nb.from_dtype(LINE), 1, "C")
Places = NDArray[np.int32]
HULL = nb.types.Array(nb.int32, 1, "A", readonly=True)
NARROW, MOST_BONUS = 1e-7, 1e9  # how far a bonus is told apart, and what is given up at
FLAGS = nb.types.Array(nb.boolean, 1, "A", readonly=True)
POOL = (INDEX, LINES, LEVELS, HULL)  # rows (products + 1,) of the lines, lines, curve, hull


@jit(INT, PRODUCTS, SUPPLIERS, TIERS, CELLS, LEVELS, INDEX, LEVELS, LINES)
def lay_out(
    products: Any, suppliers: Any, tiers: Any, paid: Floats, wait: Floats, curve_rows: Ints, floor: Floats, lines: Any
) -> int:
    """Fill `lines` with the lines of a programme's suppliers without spare days; returns their number.

    paid: (suppliers, days) today's prices in column 0; wait, floor: (products,) cost of waiting and units that must
    be reached; lines: (2 tiers,). A tier's line ends where a better one begins; a line is parted at the floor.
    """
    found = 0
    for p in range(len(products)):
        one = products[p]
        for s in range(one.suppliers_from, one.suppliers_to):
            own = suppliers[s]
            if own.spare_days != 0:
                continue
            lot = own.point_lot_units
            stride = round(lot / one.point_units)
            most = math.floor((one.points - 1) / stride)
            for t in range(own.tiers_from, own.tiers_to):
                least, last = max(own.moq_units, tiers[t].min_units), most
                for other in range(own.tiers_from, own.tiers_to):
                    if tiers[other].discount_rate > tiers[t].discount_rate:
                        last = min(last, math.ceil(tiers[other].min_units / lot - NEARLY) - 1)
                first = int(max(math.ceil(least / lot - NEARLY), 1))
                reach = max(first, math.ceil(floor[p] / lot - NEARLY))
                for begin, end, above in ((first, min(reach - 1, last), 0), (reach, last, 1)):
                    if end < begin:
                        continue
                    line = lines[found]
                    line.product, line.row, line.supplier, line.stride = p, s, 0, stride
                    line.points_from, line.count = curve_rows[p] + begin * stride, end - begin + 1
                    line.meets_floor, line.price = above, paid[s, 0] * (1.0 - tiers[t].discount_rate)
                    line.fixed, line.first_units, line.lot_units = own.order_cost - wait[p], begin * lot, lot
                    found += 1
    return found


@jit(INT, LINES, LEVELS, nb.int32[::1])
def trace(lines: Any, curve: Floats, hull: Places) -> int:
    """Fill `hull` with the choices on each line's lower hull, ascending; returns how many (Andrew's monotone chain)."""
    end = 0
    for n in range(len(lines)):
        line = lines[n]
        begin, at, by = end, line.points_from, line.stride
        for k in range(line.count):
            while end - begin >= 2:
                a, b = hull[end - 2], hull[end - 1]
                low, middle = curve[at + a * by], curve[at + b * by]
                if (middle - low) * (k - b) < (curve[at + k * by] - middle) * (b - a):
                    break
                end -= 1
            hull[end] = k
            end += 1
        line.hull_from, line.hull_to = begin, end
    return end


@jit(FLOAT, A_LINE, LEVELS, INT)
def line_cost(line: Any, curve: Floats, step: int) -> float:
    """Cost of a line's choice against waiting."""
    units = line.first_units + step * line.lot_units
    cost: float = line.fixed + line.price * units + curve[line.points_from + step * line.stride]
    return cost


@jit(INT, A_LINE, LEVELS, HULL, FLOAT)
def least_step(line: Any, curve: Floats, hull: Places, per_unit: float) -> int:
    """The choice of a line that costs least where a unit costs `per_unit`; the smaller one of equals."""
    low, high = line.hull_from, line.hull_to - 1
    slope = -per_unit * line.lot_units
    while low < high:
        middle = (low + high) // 2
        here, there = hull[middle], hull[middle + 1]
        rise = curve[line.points_from + there * line.stride] - curve[line.points_from + here * line.stride]
        if rise >= slope * (there - here):
            high = middle
        else:
            low = middle + 1
    step: int = hull[low]
    return step


@jit((FLOAT, FLOAT, FLOAT, FLOAT), INDEX, *POOL, FLOAT, FLOAT, LEVELS, FLAGS, FLAGS, INDICES, INDICES)
def pick(
    who: Ints,
    rows: Ints,
    lines: Any,
    curve: Floats,
    hull: Places,
    per_money: float,
    per_volume: float,
    bonus: Floats,
    open: Bools,
    need: Bools,
    line: Ints,
    step: Ints,
) -> tuple[float, float, float, float]:
    """Fill line (-1: wait) and step of the products `who` with their best choices; returns cost, credit, money, volume.

    A choice costs cost + per_money x money + per_volume x volume - credit, bonus of its supplier x money. bonus, open:
    (suppliers,), lines of others are not there; need: (products,) where waiting and what is under the floor are not.
    """
    cost, credit, money, volume = 0.0, 0.0, 0.0, 0.0
    for p in who:
        best, chosen, taken = np.inf if need[p] else 0.0, -1, 0
        for n in range(rows[p], rows[p + 1]):
            one = lines[n]
            if not open[one.supplier] or (need[p] and one.meets_floor == 0):
                continue
            extra = (per_money - bonus[one.supplier]) * one.spend + per_volume * one.volume
            k = least_step(one, curve, hull, one.price + extra)
            here = line_cost(one, curve, k) + extra * (one.first_units + k * one.lot_units)
            if here < best:
                best, chosen, taken = here, n, k
        line[p], step[p] = chosen, taken
        if chosen >= 0:
            units = lines[chosen].first_units + taken * lines[chosen].lot_units
            cost += line_cost(lines[chosen], curve, taken)
            credit += bonus[lines[chosen].supplier] * lines[chosen].spend * units
            money += lines[chosen].spend * units
            volume += lines[chosen].volume * units
    return cost, credit, money, volume


@jit((FLOAT, FLOAT, FLOAT), INDEX, *POOL, FLOAT, FLOAT, COLUMN, FLAGS, FLAGS, INT, FLOAT, INDICES, INDICES)
def lift(
    who: Ints,
    rows: Ints,
    lines: Any,
    curve: Floats,
    hull: Places,
    per_money: float,
    per_volume: float,
    bonus: Floats,
    open: Bools,
    need: Bools,
    supplier: int,
    minimum: float,
    line: Ints,
    step: Ints,
) -> tuple[float, float, float]:
    """The least bonus that brings a supplier to its minimum (inf: none does), what it then has, and the choices' value.

    The units added are those of least marginal cost. who: its products, whose line and step are filled; the rest as in
    `pick`, the value being that without the bonus.
    """
    before, low, high, tried = bonus[supplier], 0.0, np.inf, 0.0
    reached, value = 0.0, 0.0
    while True:
        bonus[supplier] = tried
        cost, credit, money, volume = pick(
            who, rows, lines, curve, hull, per_money, per_volume, bonus, open, need, line, step
        )
        reached = 0.0
        for p in who:
            if line[p] >= 0 and lines[line[p]].supplier == supplier:
                one = lines[line[p]]
                reached += one.spend * (one.first_units + step[p] * one.lot_units)
        value = cost + per_money * money + per_volume * volume - (credit - tried * reached)
        if reached >= minimum:
            high = tried
            if high - low <= NARROW * high or reached <= minimum * (1.0 + NEARLY):
                break
        else:
            low = tried
        if high == np.inf:
            tried = max(8.0 * tried, 1.0)
            if tried > MOST_BONUS:
                break
        else:
            tried = high if high - low <= NARROW * high else (low + high) / 2
    bonus[supplier] = before
    return high, reached, value


@jit((FLOAT, FLOAT, FLOAT), CELLS, FLOAT, FLOAT)
def highest(cuts: Floats, most_money: float, most_volume: float) -> tuple[float, float, float]:
    """The highest point under all cuts value + x money + y volume, and its x and y of 0..most_money, 0..most_volume.

    cuts: (m, 3), few of them: every corner where three of the planes meet is looked at, the sides of the box among them
    (the master problem of Kelley 1960).
    """
    m = len(cuts)
    planes = np.zeros((m + 4, 4))  # a z + b x + c y = d
    for i in range(m):
        planes[i, 0], planes[i, 1], planes[i, 2], planes[i, 3] = 1.0, -cuts[i, 1], -cuts[i, 2], cuts[i, 0]
    planes[m : m + 2, 1] = 1.0
    planes[m + 2 :, 2] = 1.0
    planes[m + 1, 3], planes[m + 3, 3] = most_money, most_volume
    best, at_x, at_y = -np.inf, 0.0, 0.0
    for i in range(m):
        p = planes[i]
        for j in range(i + 1, m + 3):
            q = planes[j]
            for k in range(j + 1, m + 4):
                r = planes[k]
                minor, of_x, of_y = q[1] * r[2] - q[2] * r[1], q[0] * r[2] - q[2] * r[0], q[0] * r[1] - q[1] * r[0]
                square = p[0] * minor - p[1] * of_x + p[2] * of_y
                if square == 0.0:
                    continue
                x = p[0] * (q[3] * r[2] - q[2] * r[3]) - p[3] * of_x + p[2] * (q[0] * r[3] - q[3] * r[0])
                y = p[0] * (q[1] * r[3] - q[3] * r[1]) - p[1] * (q[0] * r[3] - q[3] * r[0]) + p[3] * of_y
                x, y = x / square, y / square
                if max(-x, x - most_money) > NEARLY * most_money or max(-y, y - most_volume) > NEARLY * most_volume:
                    continue
                x, y = min(max(x, 0.0), most_money), min(max(y, 0.0), most_volume)
                least = np.inf
                for c in range(m):
                    least = min(least, cuts[c, 0] + x * cuts[c, 1] + y * cuts[c, 2])
                    if least <= best:
                        break
                if least > best:
                    best, at_x, at_y = least, x, y
    return best, at_x, at_y
