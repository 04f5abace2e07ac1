"""The course of a plan as it is expected today: prices, the price worth buying at, orders and stock, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ordercast.kernels.steps import NEARLY
from ordercast.orders import lattice, tiers
from ordercast.orders.lattice import Problem
from ordercast.orders.planned import Morning
from ordercast.orders.world import Floats

MOST = 2000  # courses that are worked out: each takes its product's programme once more


def courses(known: Morning, products: Sequence[int]) -> pd.DataFrame:
    """A row per product and day, today first: the plan if prices take their median and demand its mean.

    product_id, supplier_id, date, p10, p50, p90 (of the supplier bought from, or usually), buy_below_unit_price (NaN
    where no order fits, and between days of review), order_units, arrival_units, stock_units (expected in the evening).
    """
    parts = []
    for one, problem, found in known.worked.parts:
        own = known.worked.offers[one.suppliers]
        for place, product in enumerate(one.products.tolist()):
            if product not in products:
                continue
            series = int(known.worked.series[product])
            rows = np.arange(one.rows[place], one.rows[place + 1])
            here = rows[one.spare_days[rows] == 0]
            if series >= 0 and series not in own[here]:
                continue  # its order is seen in the programme of its own lead time
            if series < 0 and place_of(known, product) is not one:
                continue
            row = int(here[own[here] == series][0]) if series >= 0 else int(here[np.argmin(found.row_cost[here])])
            parts.append(_course(known, problem, place, row, int(own[row]), product))
    return pd.concat(parts, ignore_index=True) if parts else NO_COURSE


def place_of(known: Morning, product: int) -> object:
    """The first programme that knows the product."""
    return next(one for one, _, _ in known.worked.parts if product in one.products)


def _course(known: Morning, problem: Problem, place: int, row: int, series: int, product: int) -> pd.DataFrame:
    ahead, view, state = known.worked.ahead, known.view, known.state
    limit, orders = followed(problem, place, row, float(known.worked.units[product]))
    days = len(orders)
    limit[np.arange(days) % view.terms.review_period_days != 0] = np.nan  # nobody orders between days of review
    lead = int(problem.lead_days[place])
    arrivals = np.zeros(days + lead + 1)
    arrivals[lead : lead + days] = orders
    due = state.days_ahead
    open_ = (state.order_product == product) & (due >= 0) & (due < days)
    np.add.at(arrivals, due[open_], state.order_units[open_])
    stock, evening = float(state.on_hand_units[product]), np.empty(days)
    for day in range(days):
        stock = max(stock + arrivals[day] - ahead.demand_mean[product, day], 0.0)
        evening[day] = stock
    today = view.today_price[series]
    band = {name: np.append(today, getattr(ahead, name)[series, : days - 1]) for name in ("p10", "p50", "p90")}
    return pd.DataFrame(
        {
            "product_id": known.world.product_ids[product],
            "supplier_id": known.world.supplier_ids[series],
            "date": pd.Timestamp(view.dates[-1]) + pd.to_timedelta(np.arange(days), unit="D"),
            **{name: np.round(each, 6) for name, each in band.items()},
            "buy_below_unit_price": np.round(limit, 6),
            "order_units": orders,
            "arrival_units": arrivals[:days],
            "stock_units": np.round(evening, 4),
        }
    )


def limits(known: Morning, line: pd.Series[Any]) -> dict[str, Any]:
    """What a figure of the line needs beside its course: reason, reorder_point_units, shelf_capacity_units."""
    product = int(np.flatnonzero(known.world.product_ids == line["product_id"])[0])
    capacity = float(known.view.terms.shelf_capacity_units[product])
    own = (known.view.terms.product == product) & (known.world.supplier_ids == line["supplier_id"])
    point = np.inf if known.reorder_point is None else float(known.reorder_point[own].max(initial=-np.inf))
    return {"reason": line["reason"], "reorder_point_units": point, "shelf_capacity_units": capacity}


def followed(problem: Problem, product: int, row: int, first_units: float) -> tuple[Floats, Floats]:
    """Price limit and order of each day along the median price, (H,) each, ordering from one supplier row only.

    The programme's own table of costs decides every day; day 0 orders first_units.
    """
    kept, step = lattice.tables(problem, product)
    days, middle = len(kept), kept.shape[1] // 2
    _, suppliers, _ = lattice.records(problem, lattice.LEVELS)
    lot, fixed = float(suppliers["lot_units"][row]), float(problem.offers.order_cost[row])
    least = max(np.ceil(max(problem.offers.moq_units[row], lot) / lot - NEARLY), 1) * lot
    own = slice(problem.offers.tier_rows[row], problem.offers.tier_rows[row + 1])
    tier_units, tier_discount = problem.offers.tier_units[own][None], problem.offers.tier_discount[own][None]
    level = np.arange(kept.shape[2]) * step
    sold = _by_arrival(problem.demand_mean[product], int(problem.lead_days[product]), days)
    limit, orders = np.full(days, np.nan), np.zeros(days)
    orders[0], stock = first_units, float(problem.stock[product]) + first_units
    for day in range(1, days):
        stock = max(stock - sold[day - 1], 0.0) + problem.receipts[product, day]
        most = max(problem.ceiling[product, day], stock) - stock
        lots = np.arange(least, most + NEARLY * step, lot)
        if not len(lots):
            continue
        after = np.interp(stock + lots, level, kept[day, middle])
        wait = float(np.interp(stock, level, kept[day, middle]))
        due = (1 - tiers.reached(tier_units, tier_discount, lots)[0]) * lots
        limit[day] = max(float(((wait - after - fixed) / due).max()), 0.0)
        cost = fixed + problem.paid[row, day, middle] * due + after
        if cost.min() < wait:
            orders[day] = lots[int(np.argmin(cost))]
            stock += orders[day]
    return limit, orders


def _by_arrival(demand: Floats, lead_days: int, days: int) -> Floats:
    """Mean demand of the days on which the orders of days 0..days-1 arrive."""
    return np.asarray(demand[np.minimum(np.arange(days) + lead_days, len(demand) - 1)], dtype=np.float64)


NO_COURSE = pd.DataFrame(
    {
        **{name: pd.Series(dtype="str") for name in ("product_id", "supplier_id")},
        "date": pd.Series(dtype="datetime64[us]"),
        **{
            name: pd.Series(dtype="float64")
            for name in ("p10", "p50", "p90", "buy_below_unit_price", "order_units", "arrival_units", "stock_units")
        },
    }
)
