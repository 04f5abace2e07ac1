"""What a product that waits is told: the better day to order, and what an order of today would cost instead."""

from __future__ import annotations

import numpy as np

from ordercast.orders import coverage
from ordercast.orders.planner import Worked
from ordercast.orders.timing import EQUAL
from ordercast.orders.world import Floats, Ints, State, Terms


def better_day(asked: Floats, latest: Ints, review_period_days: int) -> tuple[Ints, Floats]:
    """Of the days of review until stock calls for an order, the last of the cheapest, and its price, (products,) each.

    asked: (products, days) median price that an order of the days 1.. is expected to pay; latest: (products,) days
    until stock calls for an order.
    """
    day = np.arange(1, asked.shape[1] + 1)
    reviewed = day % min(review_period_days, len(day)) == 0
    open_ = np.where(reviewed & (day <= np.maximum(latest, review_period_days)[:, None]), asked, np.inf)
    best = open_ <= (1 + EQUAL) * open_.min(axis=1, keepdims=True)
    last = asked.shape[1] - 1 - np.argmax(best[:, ::-1], axis=1)
    return last + 1, asked[np.arange(len(asked)), last]


def floor_days(mean: Floats, state: State, terms: Terms, reorder_point: Floats | None, shown: Ints) -> Ints:
    """Days until the floor calls for an order from the series shown, at expected demand, (products,).

    mean: (products, days) demand; reorder_point: (series,) of the floor; None: no floor, and the days of the forecast.
    """
    if reorder_point is None:
        return np.full(len(mean), mean.shape[1])
    protection = terms.lead_time_days[shown] + terms.review_period_days
    due = state.due_on(mean.shape[1] + int(protection.max(initial=0)) + 2)
    return coverage.days_until_due(mean, state.on_hand_units, due, reorder_point[shown], protection)


def best_today(worked: Worked, products: int) -> tuple[Ints, Floats]:
    """The series of the best order of today (-1: none) and what it would cost more than waiting (0), (products,)."""
    series, cost = np.full(products, -1), np.full(products, np.inf)
    for one, _, found in worked.parts:
        own = np.repeat(one.products, np.diff(one.rows))
        more = np.where(one.spare_days == 0, found.row_cost, np.inf) - np.repeat(found.wait, np.diff(one.rows))
        row = np.lexsort((more, own))[np.flatnonzero(np.diff(own, prepend=-1))]
        row = row[more[row] < cost[own[row]]]
        series[own[row]], cost[own[row]] = worked.offers[one.suppliers[row]], more[row]
    return series, np.where(np.isfinite(cost), cost, 0.0)
