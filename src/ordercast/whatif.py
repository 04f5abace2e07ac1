"""What if: another budget, another appetite for risk, more service or less stock than the plan of the run had.

Every product's value curve (`orders.curves`) is in hand, so nothing is planned anew: of each curve one point is chosen.
A limit gets a price, at which each product chooses for itself (Everett 1963). Along the lower hulls of the curves that
is to take the steps that return most per money until the money is gone (`knapsack`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ordercast.knapsack import Bools, Floats, Ints, lower_hull, taken
from ordercast.points import CENTS, Curves, by_product

NEUTRAL = 0.5
CHEAPEST, DEAREST = 2.0**-8, 2.0**12  # how much more a lost unit may count, times its price
ROUNDS = 10  # of bisection between them: to a 50th of it
SAVINGS = ("expected_saving", "saving_p10", "saving_p90")
SAME = 1e-9  # of a cost: no difference


@dataclass(frozen=True)
class Answer:
    """The orders of today under what was asked, beside which order lines they stand, and what they come to.

    quantity_units, spend: (lines,). orders, spend_total; expected_saving against the ERP rule and its band from
    saving_p10 to saving_p90, added up as if all prices came out alike, which makes it wide; cost: expected, over that
    of the best of all plans; expected_fill: share of the value of demand that is served; cover_days: that stock, orders
    and purchases last, by value of demand; both NaN where nothing is known. floors_missed: products under their reorder
    point for want of money; service_missed: whether less than asked is served all the same.
    """

    quantity_units: Ints
    spend: Floats
    orders: int
    spend_total: float
    expected_saving: float
    saving_p10: float
    saving_p90: float
    cost: float
    expected_fill: float
    cover_days: float
    floors_missed: int
    service_missed: bool


def answer(
    curves: Curves,
    *,
    budget: float | None = None,
    service_floor: float | None = None,
    risk_appetite: float = NEUTRAL,
    horizon_days: float | None = None,
) -> Answer:
    """The orders that cost least in expectation under what is asked; the plan of the run where nothing is.

    budget: money of today's orders, None for no limit, and never passed; the reorder points are served first, those
    that cost most per money if left. risk_appetite a, 0 to 1: a purchase counts for its expected saving less
    (1 - 2a)(expected - p10), from a = 1/2 on for its expected saving plus (2a - 1)(p90 - expected): at 0 for what it
    saves even if things go badly, at 1 for what it saves if they go well (mean-risk: Lau 1980 for the newsvendor,
    Ogryczak & Ruszczynski 2002). service_floor: share of the value of demand to serve at least, by letting what is lost
    count for more as far as it takes (as `orders.service` does, for all products alike). horizon_days: no order lasts
    longer, but the least order there is, and what the reorder point asks for. A larger budget never costs more (with
    the risk counted, without a service floor), once it pays the reorder points. The warehouse's room and suppliers'
    minimum orders are not looked at anew: what they changed stays as planned.
    """
    _refuse_odd(budget, service_floor, risk_appetite, horizon_days)
    if budget is None and service_floor is None and horizon_days is None and risk_appetite == NEUTRAL:
        return _told(curves, curves.plan, None)
    judged = _judged(curves, risk_appetite)
    may = _may(curves, horizon_days)
    points = np.flatnonzero(may)
    limit = np.inf if budget is None else np.floor(CENTS * budget + SAME)
    chosen = _chosen(curves, points, judged, limit)
    if service_floor is not None and _fill(curves, chosen) < service_floor:
        chosen = _served(curves, points, judged, limit, service_floor)
    kept = may[curves.plan].all() and curves.cents[curves.plan].sum() <= limit
    kept = kept and (service_floor is None or _fill(curves, curves.plan) >= service_floor)
    best = judged[chosen].sum()
    if kept and judged[curves.plan].sum() <= best + SAME * (1 + abs(best)):
        chosen = curves.plan
    return _told(curves, chosen, service_floor)


@dataclass(frozen=True)
class Broken:
    """A rule that a quantity breaks, and the figure of that rule.

    code: pack (units in a pack), moq (least order), shelf (room), floor (units to the reorder point); beyond (the
    largest quantity that was priced) and unpriced (0) are no rules of anybody: the figures are rough there.
    """

    code: str
    value: float


@dataclass(frozen=True)
class Deviation:
    """What another quantity than planned does: expected cost more than the plan's, its figures, and rules broken."""

    cost: float
    spend: float
    expected_saving: float
    cover_days: float
    broken: tuple[Broken, ...]


def deviation(curves: Curves, product_id: str, supplier_id: str, quantity_units: float) -> Deviation:
    """Another quantity of a product from a supplier of its curve, linear between the points; LookupError for others."""
    if product_id not in curves.ids:
        raise LookupError(f"product {product_id} has no value curve: it cannot be bought today")
    at = int(np.flatnonzero(curves.ids == product_id)[0])
    own = curves.table.iloc[curves.begins[at] : curves.begins[at + 1]].sort_values("quantity_units")
    bought = own[(own["supplier_id"] == supplier_id) | (own["quantity_units"] == 0)]
    terms = own[own["supplier_id"] == supplier_id]
    if terms.empty:
        there = ", ".join(own["supplier_id"].unique())
        raise LookupError(f"supplier {supplier_id} is not on the curve of product {product_id}: {there} are")
    names = ("cost", "spend", "expected_saving", "cover_days")
    known = bought["quantity_units"].to_numpy(np.float64)
    cost, spend, saving, cover = (float(np.interp(quantity_units, known, bought[name])) for name in names)
    if quantity_units > known[-1] > 0:
        spend *= quantity_units / known[-1]
    plan = float(curves.cost[curves.plan[at]])
    return Deviation(cost - plan, spend, saving, cover, _broken(terms.iloc[0], float(known[-1]), quantity_units))


def _broken(terms: pd.Series, last: float, units: float) -> tuple[Broken, ...]:
    rules = (
        ("pack", terms["pack_units"], units % terms["pack_units"] != 0),
        ("moq", terms["moq_units"], 0 < units < terms["moq_units"]),
        ("shelf", terms["room_units"], units > terms["room_units"]),
        ("floor", terms["floor_units"], units < terms["floor_units"]),
        ("beyond", last, units > last),
        ("unpriced", 0.0, not terms["priced"]),
    )
    return tuple(Broken(code, float(value)) for code, value, is_broken in rules if is_broken)


def _refuse_odd(
    budget: float | None, service_floor: float | None, risk_appetite: float, horizon_days: float | None
) -> None:
    shares = {"risk_appetite": risk_appetite, "service_floor": service_floor}
    for name, value in (shares | {"budget": budget, "horizon_days": horizon_days}).items():
        if value is not None and not (value >= 0 and (name not in shares or value <= 1)):
            raise ValueError(f"{name} is {value:g}; it must be {'from 0 to 1' if name in shares else '0 or more'}")


def _judged(curves: Curves, appetite: float) -> Floats:
    """Cost of each point, the risk counted."""
    if appetite == NEUTRAL:
        return curves.cost
    bad, good = curves.expected_saving - curves.saving_p10, curves.saving_p90 - curves.expected_saving
    return curves.cost + (1 - 2 * appetite) * (bad if appetite < NEUTRAL else good)


def _may(curves: Curves, horizon_days: float | None) -> Bools:
    """Which points can be chosen, (points,), at least one of each product."""
    may = curves.may
    if horizon_days is not None:
        short = ~(curves.cover_days > horizon_days)  # not known: nothing is said against it
        may = may & (short | curves.least | (curves.units == 0))
    none = ~np.logical_or.reduceat(may, curves.begins[:-1]) if len(may) else may
    may = may.copy()
    may[curves.plan[none]] = True
    return may


def _chosen(curves: Curves, points: Ints, judged: Floats, limit: float) -> Ints:
    """The point of each product, (n,), of those given."""
    if not np.isfinite(limit):
        return _least(curves, points, judged)
    begins = np.searchsorted(curves.product[points], np.arange(len(curves.plan) + 1))
    least, left = points[begins[:-1]], limit
    must = np.flatnonzero(curves.cents[least] > 0)
    if len(must):
        zero = curves.begins[must]  # ascending by spend
        worth = judged[zero] - judged[least[must]]
        paid = taken(worth, curves.cents[least[must]], must, np.zeros(len(must), np.int64), left)
        left -= curves.cents[least[must[paid]]].sum()
        if not paid.all():
            points = _dropped(curves, points, must[~paid])
    hull = lower_hull(curves.product[points], curves.cents[points], judged[points])
    hull = points[hull]
    first = np.searchsorted(curves.product[hull], np.arange(len(curves.plan)))
    step = np.arange(len(hull)) - first[curves.product[hull]]
    moves = np.flatnonzero(step > 0)
    gain = judged[hull[moves - 1]] - judged[hull[moves]]
    price = curves.cents[hull[moves]] - curves.cents[hull[moves - 1]]
    own = curves.product[hull[moves]]
    paid = taken(gain, price, own, step[moves], left)
    steps: Ints = np.bincount(own[paid], minlength=len(first))
    return np.asarray(hull[first + steps])


def _dropped(curves: Curves, points: Ints, products: Ints) -> Ints:
    """The points, of some products nothing but not to buy."""
    gone = np.zeros(len(curves.plan), np.bool_)
    gone[products] = True
    return np.sort(np.concatenate([points[~gone[curves.product[points]]], curves.begins[products]]))


def _least(curves: Curves, points: Ints, judged: Floats) -> Ints:
    """The point of each product that costs least, the one of least spend among equals."""
    begins = np.searchsorted(curves.product[points], np.arange(len(curves.plan) + 1))
    cost = judged[points]
    best = points[cost == by_product(np.minimum, cost, begins)[curves.product[points]]]
    return np.asarray(best[np.searchsorted(curves.product[best], np.arange(len(curves.plan)))])


def _served(curves: Curves, points: Ints, judged: Floats, limit: float, floor: float) -> Ints:
    """The choice that serves the floor at the least price of what is lost, the one that serves most if none does."""
    low, high = CHEAPEST, DEAREST
    found = _chosen(curves, points, judged + high * curves.lost_value, limit)
    if _fill(curves, found) < floor:
        return found
    for _ in range(ROUNDS):
        middle = np.sqrt(low * high)
        chosen = _chosen(curves, points, judged + middle * curves.lost_value, limit)
        if _fill(curves, chosen) >= floor:
            high, found = middle, chosen
        else:
            low = middle
    return found


def _fill(curves: Curves, chosen: Ints) -> float:
    asked = curves.demand_value.sum()
    return 1 - float(curves.lost_value[chosen].sum() / asked) if asked > 0 else np.nan


def _told(curves: Curves, chosen: Ints, floor: float | None) -> Answer:
    fill, known = _fill(curves, chosen), np.isfinite(curves.cover_days[chosen])
    weight = np.where(known, curves.demand_value, 0.0)
    lasts = float(weight @ np.nan_to_num(curves.cover_days[chosen]))
    savings = {name: float(getattr(curves, name)[chosen].sum()) for name in SAVINGS}
    return Answer(
        quantity_units=np.append(curves.units[chosen], 0.0)[curves.place].astype(np.int64),
        spend=np.append(curves.cents[chosen] / CENTS, 0.0)[curves.place],
        orders=int((curves.units[chosen] > 0).sum()),
        spend_total=float(curves.cents[chosen].sum() / CENTS),
        **savings,
        cost=float(curves.cost[chosen].sum()),
        expected_fill=fill,
        cover_days=lasts / float(weight.sum()) if weight.sum() > 0 else np.nan,
        floors_missed=int((~curves.may[chosen]).sum()),
        service_missed=floor is not None and fill < floor,
    )
