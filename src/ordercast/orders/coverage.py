"""How long stock lasts at mean demand: what is due comes on its day, an order once it has been delivered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ordercast.kernels.steps import NEARLY
from ordercast.orders import supply
from ordercast.orders.supply import DemandAhead, Floats, Ints, Stock


def of_rule(demand: DemandAhead, held: Stock, product: Ints, ordered: Floats, lead_days: Floats) -> Floats:
    """Whole days until stock, the orders that come in time and the purchase are used up or spoilt, (n,), inf: never.

    ordered: units, there after lead_days; from a stock-out until then there is nothing to sell.
    """
    there = np.maximum(held.on_hand[product] + held.due_within(product, lead_days), demand.over(product, lead_days)[0])
    lines = pd.DataFrame({"product": product, "line": np.arange(len(product)), "lead_days": lead_days})
    later = lines.merge(held.due, on="product")
    later = later[later["due_days"] > later["lead_days"]]
    until_used = supply.days_covered(
        demand,
        product,
        there + ordered,
        later["line"].to_numpy(np.int64),
        later["due_days"].to_numpy(np.float64),
        later["quantity_units"].to_numpy(np.float64),
    )
    cover = np.minimum(until_used, lead_days + held.shelf_life_days[product])
    without = np.minimum(held.days_covered, held.keeps_days)[product]
    return np.floor(np.where(ordered > 0, cover, without))


def lasts(
    demand_mean: Floats,
    on_hand: Floats,
    due: Floats,
    ordered: Floats,
    lead_days: Ints,
    shelf_life_days: Floats,
    since_days: Ints | None = None,
) -> Ints:
    """Whole days that are served until stock runs out or is spoilt, at most those of the forecast, (n,).

    demand_mean: (n, days) units a day; on_hand, ordered: (n,) units, the latter there after lead_days; due: (n, >=
    days) units that arrive on each day, before its demand. Where the order comes after the stock has run out, it is
    when that is used up that counts. shelf_life_days: (n,), inf where nothing spoils. since_days: (n,) on which a
    shortage begins to count; None: at once, or after the order.

    Two days' stock, and an order of two days' that comes after five: used up on the evening of the seventh day.
    >>> days, none = np.full((1, 14), 10.0), np.zeros((1, 14))
    >>> lasts(days, np.array([20.0]), none, np.array([20.0]), np.array([5]), np.array([np.inf])).tolist()
    [7]
    """
    buys, days = ordered > 0, demand_mean.shape[1]
    served, stock = np.full(len(on_hand), days), np.asarray(on_hand, dtype=np.float64)
    newest = np.where(buys, lead_days, 0)  # the day on which what is sold last arrived
    since = newest if since_days is None else since_days
    for day in range(days):
        arrives = due[:, day] + np.where(buys & (lead_days == day), ordered, 0.0)
        left = stock + arrives - demand_mean[:, day]
        newest = np.where((arrives > 0) & (day < served), np.maximum(newest, day), newest)
        short = (left < -NEARLY) & (day >= since)
        served = np.where(short, np.minimum(served, day), served)
        stock = np.maximum(left, 0.0)
    return np.asarray(np.minimum(served, newest + shelf_life_days), dtype=np.int64)


def days_until_due(
    demand_mean: Floats, on_hand: Floats, due: Floats, reorder_point: Floats, protection_days: Floats
) -> Ints:
    """The first of the days 1.. on which stock and what is due in time are no more than the reorder point, (n,).

    In time: within protection_days of that day, (n,); due: (n, >= days + longest protection + 1) as in `lasts`. The
    days of the forecast where it stays above it, or nothing is wanted.
    """
    used, days = np.cumsum(demand_mean, axis=1), demand_mean.shape[1]
    within = np.floor(protection_days).astype(np.int64)[:, None] + np.arange(1, days + 1)
    position = on_hand[:, None] + np.take_along_axis(np.cumsum(due, axis=1), within, axis=1) - used
    under = (position <= reorder_point[:, None] + NEARLY) & (used[:, -1:] > 0)
    return np.asarray(np.where(under.any(axis=1), np.argmax(under, axis=1) + 1, days), dtype=np.int64)
