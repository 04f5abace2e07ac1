"""The cheapest orders of one product when its prices, demand and lead times are all known: values, then the way.

Backwards over the days, x being the stock of a morning and y that stock and what was bought to arrive on it:

    before_d(x) = min(after_d(x), min over offers and q of order cost + price q + before_d(x + q) without that offer)
    after_d(y) = lost and held money of the day + before_d+1(what is left + receipts)

An offer is one supplier on one day of ordering, filed under the day its goods arrive. The inner minimum is a suffix
minimum of price y + value(y) in strides of a pack, so exact in one pass (Wagner & Whitin 1958 with lots and shelves).
Day `days` stands for all that comes later: its stock is credited.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

from ordercast.kernels.compiled import COLUMN, FLOAT, INDEX, INT, LEVELS, TABLE, Floats, Ints, jit

OFFER = np.dtype(
    [
        ("order_day", np.int64),  # counted from the first day
        ("price", np.float64),  # paid per unit
        ("order_cost", np.float64),
        ("first_levels", np.int64),  # the least order, whole packs that reach the MOQ
        ("lot_levels", np.int64),  # a pack
        ("room_units", np.float64),  # the shelf, less what is under way and comes later than the order
        ("ceiling_units", np.float64),  # the room, less the demand between order and arrival
    ],
    align=True,
)
OFFERS, AN_OFFER = nb.types.Array(nb.from_dtype(OFFER), 1, "C"), nb.from_dtype(OFFER)
NEARLY = 1e-9  # of a step: what rounding may take from a whole number


@jit(INT, AN_OFFER, FLOAT, FLOAT, LEVELS, COLUMN)
def lifted(offer: Any, ceiling: float, step: float, value: Floats, least: Floats) -> int:
    """The highest level under the ceiling; fills `least`, (levels,), with the least of price y + value(y).

    Over the levels y that whole packs lead to from a level on; below the first order it is left as it was.
    """
    top = min(math.floor(ceiling / step + NEARLY), len(value) - 1)
    first, lot, slope = offer.first_levels, offer.lot_levels, offer.price * step
    for y in range(top, first - 1, -1):
        least[y] = value[y] + slope * y
    for y in range(top - lot, first - 1, -1):
        least[y] = min(least[y], least[y + lot])
    return top


@jit(nb.void, AN_OFFER, INT, FLOAT, LEVELS, COLUMN)
def buy(offer: Any, top: int, step: float, least: Floats, value: Floats) -> None:
    """Lower `value`, (levels,), to what it is with the best order from the offer; top, least: of `lifted`."""
    first, slope = offer.first_levels, offer.price * step
    for x in range(top - first + 1):
        value[x] = min(value[x], offer.order_cost - slope * x + least[x + first])


@jit(nb.void, FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, LEVELS, LEVELS, COLUMN)
def serve(
    step: float,
    demand: float,
    useful: float,
    lost_value: float,
    holding: float,
    receipt: float,
    tomorrow: Floats,
    after_loss: Floats,
    into: Floats,
) -> None:
    """Fill `into`, (levels,), with the cost from a day on by stock after receipts: the day's own, then tomorrow's.

    tomorrow, after_loss: where all demand of the day was sold, and where not. useful: units, of which no more can be
    sold before they spoil: the rest is thrown away at once.
    """
    top = len(into) - 1
    for i in range(len(into)):
        rest = min(i * step, useful) - demand
        left = max(rest, 0.0)
        place = min((left + receipt) / step, float(top))
        below = min(int(place), top - 1)
        row = tomorrow if rest >= 0 else after_loss
        ahead = row[below] + (place - below) * (row[below + 1] - row[below])
        into[i] = lost_value * (left - rest) + holding * left + ahead


@jit(FLOAT, LEVELS, FLOAT)
def at(value: Floats, place: float) -> float:
    """`value` between two levels."""
    below = min(int(place), len(value) - 2)
    return float(value[below] + (place - below) * (value[below + 1] - value[below]))


@jit(
    FLOAT,
    *(OFFERS, INDEX, LEVELS, LEVELS, LEVELS, LEVELS),
    *(FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, TABLE),
)
def values(
    offers: Any,
    rows: Ints,
    demand: Floats,
    useful: Floats,
    lost_value: Floats,
    receipts: Floats,
    holding: float,
    end_price: float,
    end_units: float,
    stock: float,
    step: float,
    after: Floats,
) -> float:
    """The least cost from the first morning's stock on; fills `after`, (days + 1, levels), the costs after receipts.

    offers: by day of arrival, within it by day of ordering; rows: (days + 2,) offsets of the days. demand, useful,
    lost_value: (days,), receipts: (days + 1,) of orders that are under way already, those of day 0 in the stock.
    holding: money per unit and evening; end_price: what a unit of the last day is worth, of at most end_units.
    """
    days, levels = len(demand), after.shape[1]
    before, least = np.empty(levels), np.empty(levels)
    for i in range(levels):
        after[days, i] = -end_price * min(i * step, end_units)
    for day in range(days, -1, -1):
        if day < days:
            serve(
                step, demand[day], useful[day], lost_value[day], holding, receipts[day + 1], before, before, after[day]
            )
        before[:] = after[day]
        for o in range(rows[day + 1] - 1, rows[day] - 1, -1):
            top = lifted(offers[o], offers[o].ceiling_units, step, before, least)
            buy(offers[o], top, step, least, before)
    return at(before, stock / step)


@jit((FLOAT, FLOAT), AN_OFFER, FLOAT, FLOAT, LEVELS)
def best(offer: Any, step: float, stock: float, value: Floats) -> tuple[float, float]:
    """Cost and units of the best order from one offer at a stock; infinity and 0 where none fits."""
    cost, units = np.inf, 0.0
    levels = offer.first_levels
    while stock + levels * step <= offer.ceiling_units + NEARLY * step:
        here = offer.order_cost + offer.price * levels * step + at(value, stock / step + levels)
        if here < cost:
            cost, units = here, levels * step
        levels += offer.lot_levels
    return cost, units


@jit(COLUMN, OFFERS, INDEX, LEVELS, LEVELS, LEVELS, FLOAT, FLOAT, TABLE)
def follow(
    offers: Any,
    rows: Ints,
    demand: Floats,
    useful: Floats,
    receipts: Floats,
    stock: float,
    step: float,
    after: Floats,
) -> Floats:
    """Units of each offer, (offers,), on the cheapest way from the first morning on; the arguments of `values`.

    No two orders are placed on one day: of two that would be, the one that arrives first stands.
    """
    days, levels = len(demand), after.shape[1]
    units, least = np.zeros(len(offers)), np.empty(levels)
    placed = np.zeros(days, np.bool_)
    for day in range(days + 1):
        count = rows[day + 1] - rows[day]
        if count > 0:
            # Row n is the value with the offers from n on still open.
            before = np.empty((count + 1, levels))
            before[count] = after[day]
            for n in range(count - 1, -1, -1):
                before[n] = before[n + 1]
                offer = offers[rows[day] + n]
                if not placed[offer.order_day]:
                    top = lifted(offer, offer.ceiling_units, step, before[n], least)
                    buy(offer, top, step, least, before[n])
            for n in range(count):
                offer = offers[rows[day] + n]
                if placed[offer.order_day]:
                    continue
                cost, wish = best(offer, step, stock, before[n + 1])
                if cost < at(before[n + 1], stock / step):
                    units[rows[day] + n] = wish
                    stock += wish
                    placed[offer.order_day] = True
        if day < days:
            stock = max(min(stock, useful[day]) - demand[day], 0.0) + receipts[day + 1]
    return units


@jit(
    FLOAT,
    *(OFFERS, INDEX, LEVELS, LEVELS, LEVELS, LEVELS),
    *(FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, INT),
)
def bound(
    offers: Any,
    rows: Ints,
    demand: Floats,
    useful: Floats,
    lost_value: Floats,
    receipts: Floats,
    holding: float,
    end_price: float,
    end_units: float,
    stock: float,
    step: float,
    levels: int,
) -> float:
    """A cost that no orders get below; the arguments of `values`, but no ceilings are taken from the offers.

    Beside the stock the state has g: so many days before the morning all demand was sold, and nothing was ordered that
    has arrived. What was on the shelf and under way at the last of the orders has been sold from since: hence the
    stock after an order's arrival is at most room_units less the demand of as many of the g days as are after it.
    """
    days, most = len(demand), 0
    for day in range(days + 1):
        for o in range(rows[day], rows[day + 1]):
            most = max(most, day - offers[o].order_day)
    sold = np.zeros(days + 1)
    sold[1:] = np.cumsum(demand)
    after, before, least = np.empty((most + 1, levels)), np.empty((most + 1, levels)), np.empty(levels)
    for g in range(most + 1):
        for i in range(levels):
            after[g, i] = -end_price * min(i * step, end_units)
    for day in range(days, -1, -1):
        if day < days:
            for g in range(most + 1):
                tomorrow = before[min(g + 1, most)]
                serve(
                    *(step, demand[day], useful[day], lost_value[day], holding, receipts[day + 1]),
                    *(tomorrow, before[0], after[g]),
                )
        before[:] = after
        for o in range(rows[day + 1] - 1, rows[day] - 1, -1):
            offer = offers[o]
            since = day - offer.order_day
            for g in range(since + 1):
                ceiling = offer.room_units - (sold[day] - sold[day - g])
                top = lifted(offer, ceiling, step, before[g], least)
                for longer in range(g, most + 1 if g == since else g + 1):
                    buy(offer, top, step, least, before[longer])
    return at(before[most], stock / step)
