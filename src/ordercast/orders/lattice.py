"""The planner's programme for many products: packs suppliers and grids, solves in blocks, returns today's best action.

One programme has one lead time: that of its suppliers with no spare days. A supplier that delivers d days faster takes
part with spare_days = d: buying from it can wait d days, so it counts as waiting. One that delivers d days later has
spare_days = -d and can be bought from as of day d. `paid` of a supplier holds the price of the day its order would be
placed. `orders.leads` makes one programme for each lead time of a product and compares what they find.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ordercast.kernels import plan, steps
from ordercast.orders import grids
from ordercast.orders.nodes import transitions
from ordercast.orders.risk import loss_table
from ordercast.orders.supply import Floats, Ints

Records = NDArray[np.void]
LEVELS = 96  # of stock on later days
LEVELS_PER_DAY = 4  # no finer than a quarter of a day's demand
ENDS = ("end_units", "end_order_cost")
BLOCK = 256  # products a thread takes at a time


@dataclass(frozen=True)
class Offers:
    """The suppliers of all products, one row each, sorted by product.

    rows: (products + 1,) offsets; pack_units: whole; moq_units, order_cost: any, spare_days: whole; tier_rows: (rows +
    1,) offsets into tier_units and tier_discount: from so many units on, all units cost (1 - discount) of the price.
    """

    rows: Ints
    moq_units: Floats
    pack_units: Floats
    order_cost: Floats
    spare_days: Ints
    tier_rows: Ints
    tier_units: Floats
    tier_discount: Floats


@dataclass(frozen=True)
class Problem:
    """What the programme is about: n products, H days, J nodes, R supplier rows; day 0 is today.

    paid: (R, H, J) price of an order by day and node, a product's lowest rising along the nodes; link: (n, H - 1) of
    `nodes.links`; lost_value: (n, H, J) money per unit not sold, at least the price of the day: it avoids its purchase
    too; end_price: (n, J) what a unit left at the end is worth, end_units: (n,) of at most so many; end_order_cost:
    (n,) money per order after the end (0: no correction). worth: (n, H) price at which stock is held and spoils;
    holding_rate_per_year, shelf_life_days (0: it keeps): (n,). stock: (n,), receipts, ceiling: (n, H) of
    `risk.stock_on_arrival` and `risk.stock_ceilings`. demand_mean, demand_variance: (n, any) by day, the last day going
    on; demand_level_cv: (n,) error in its level, a share of it; lead_days, lead_sd_days: (n,). step_units: (n,) between
    levels, 0 to have it chosen.
    """

    offers: Offers
    paid: Floats
    link: Ints
    lost_value: Floats
    end_price: Floats
    end_units: Floats
    end_order_cost: Floats
    worth: Floats
    holding_rate_per_year: Floats
    shelf_life_days: Ints
    stock: Floats
    receipts: Floats
    ceiling: Floats
    demand_mean: Floats
    demand_variance: Floats
    demand_level_cv: Floats
    lead_days: Ints
    lead_sd_days: Floats
    step_units: Floats


@dataclass(frozen=True)
class Actions:
    """Today's best action of each product, and all that other choices of today would cost.

    cost, wait: (n,) cost to go with the best action and with none; row: (n,) supplier row, -1 to wait; units: (n,).
    row_cost, row_units: (R,) the best order of each supplier (infinity, 0: none fits or it delivers too late).
    curve[curve_rows[p] + i] is the cost after ordering i x point_units[p]; the order's own cost comes on top.
    """

    cost: Floats
    wait: Floats
    row: Ints
    units: Floats
    row_cost: Floats
    row_units: Floats
    curve: Floats
    curve_rows: Ints
    point_units: Floats


def solve(problem: Problem, threads: int = 2, levels: int = LEVELS) -> Actions:
    """Today's actions; the same whatever the number of threads. levels: of stock, at most."""
    products, suppliers, tiers = records(problem, levels)
    curves = np.empty(int(products["points"].sum()))
    arguments = _arguments(problem, products, suppliers, tiers, curves, np.empty((0, 0, 0)))

    def block(begin: int) -> tuple[Floats, Floats, Ints, Floats]:
        end = min(begin + BLOCK, len(products))
        solved: tuple[Floats, Floats, Ints, Floats] = plan.plan(begin, end, *arguments)
        return solved

    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(block, range(0, len(products), BLOCK)))
    cost, wait, row, offers = (np.concatenate(part) for part in zip(*parts, strict=True))
    bought = np.append(offers[:, 1], 0.0)[row]  # row -1 reads the appended 0
    curve_rows = np.append(products["curve_from"], len(curves))
    return Actions(cost, wait, row, bought, offers[:, 0], offers[:, 1], curves, curve_rows, products["point_units"])


def at_least(problem: Problem, found: Actions, row: Ints, least_units: Floats) -> Floats:
    """Units of the best order of today from the supplier rows `row` that are no fewer than least_units, (m,) each.

    0 where no such order fits under the ceiling.
    """
    products, suppliers, tiers = records(problem, LEVELS)
    suppliers["moq_units"][row] = np.maximum(suppliers["moq_units"][row], least_units)
    product = np.searchsorted(problem.offers.rows, row, side="right") - 1
    paid = np.ascontiguousarray(problem.paid[row, 0, 0])
    return np.asarray(steps.best_of(products, suppliers, tiers, paid, found.curve, product, row)[:, 1])


def worth(problem: Problem, found: Actions, row: Ints, units: Floats) -> tuple[Floats, Floats]:
    """What ordering `units` today from the supplier rows `row` saves against waiting, and the price limit, (m,) each.

    The limit is the list price up to which some order of today from that supplier is better than waiting, all that is
    expected of later days staying the same; 0 where none ever is.
    """
    products, suppliers, tiers = records(problem, LEVELS)
    product = np.searchsorted(problem.offers.rows, row, side="right") - 1
    paid = np.ascontiguousarray(problem.paid[row, 0, 0])
    units, wait = np.ascontiguousarray(units, dtype=np.float64), found.wait[product]
    told = steps.worth_of(products, suppliers, tiers, paid, wait, found.curve, product, row, units)
    return wait - told[:, 0], told[:, 1]


def tables(problem: Problem, product: int, levels: int = LEVELS) -> tuple[Floats, float]:
    """Cost after ordering of one product, (H, nodes, levels), by the stock it is lifted to, and the step in units.

    Day 0, which has a curve of its own, is left NaN. The action in any state is the least of order cost + price x q +
    table at stock + q, as for today: `kernels.steps.best_today`.
    """
    products, suppliers, tiers = records(problem, levels)
    kept = np.full((*problem.lost_value.shape[1:], int(products["levels"][product])), np.nan)
    curves = np.empty(int(products["points"].sum()))
    plan.plan(product, product + 1, *_arguments(problem, products, suppliers, tiers, curves, kept))
    return kept, float(products["step_units"][product])


def _arguments(
    problem: Problem, products: Records, suppliers: Records, tiers: Records, curves: Floats, kept: Floats
) -> tuple[Any, ...]:
    return (
        products,
        suppliers,
        tiers,
        problem.paid,
        problem.lost_value,
        problem.end_price,
        problem.link,
        transitions(problem.lost_value.shape[2]),
        problem.worth,
        problem.receipts,
        problem.ceiling,
        problem.demand_mean,
        problem.demand_variance,
        loss_table(),
        curves,
        kept,
    )


def records(problem: Problem, levels: int) -> tuple[Records, Records, Records]:
    """The records the kernel reads: grids of levels and of points, lots on both, every supplier's list-price tier."""
    offers = problem.offers
    reach = np.maximum(problem.ceiling.max(axis=1), problem.stock) + problem.receipts.sum(axis=1)
    if not np.isfinite(reach).all():
        raise ValueError(
            f"Product {int(np.argmin(np.isfinite(reach)))}: ceiling, stock and receipts must be finite; "
            "limit an open shelf with risk.useful_capacity."
        )
    if (offers.pack_units < 1).any():
        raise ValueError(f"Supplier row {int(np.argmax(offers.pack_units < 1))}: a pack holds at least 1 unit.")
    room = problem.ceiling[:, 0] - problem.stock
    finest = problem.demand_mean.mean(axis=1) / LEVELS_PER_DAY
    packs, moq = (np.ascontiguousarray(each) for each in (offers.pack_units, offers.moq_units))
    wish = np.maximum(reach / (levels - 2), finest)
    step, lot = grids.later(offers.rows, packs, moq, wish, problem.ceiling.max(axis=1))
    given = problem.step_units > 0
    step = np.where(given, problem.step_units, step)
    lot = np.where(np.repeat(given, np.diff(offers.rows)), offers.pack_units, lot)
    point, point_lot = grids.today(offers.rows, packs, moq, room)
    points = np.floor(room / point + steps.NEARLY).astype(np.int64) + 1
    products = np.zeros(len(problem.stock), steps.PRODUCT)
    products["suppliers_from"], products["suppliers_to"] = offers.rows[:-1], offers.rows[1:]
    products["points"], products["point_units"] = np.maximum(points, 1), point
    products["curve_from"] = np.cumsum(products["points"]) - products["points"]
    products["levels"], products["step_units"] = np.maximum(np.ceil(reach / step - steps.NEARLY) + 1, 2), step
    products["stock_units"] = problem.stock
    for name in ("lead_days", "lead_sd_days", "demand_level_cv", "shelf_life_days", "holding_rate_per_year", *ENDS):
        products[name] = getattr(problem, name)
    suppliers = np.zeros(len(offers.moq_units), steps.SUPPLIER)
    for name in ("moq_units", "order_cost", "spare_days"):
        suppliers[name] = getattr(offers, name)
    suppliers["lot_units"], suppliers["point_lot_units"] = lot, point_lot
    own = np.arange(len(suppliers))
    suppliers["tiers_from"], suppliers["tiers_to"] = offers.tier_rows[:-1] + own, offers.tier_rows[1:] + own + 1
    tiers = np.zeros(len(offers.tier_units) + len(suppliers), steps.TIER)
    listed = np.ones(len(tiers), dtype=np.bool_)
    listed[suppliers["tiers_from"]] = False  # left as (0 units, no discount)
    tiers["min_units"][listed], tiers["discount_rate"][listed] = offers.tier_units, offers.tier_discount
    return products, suppliers, tiers


def certain(
    demand_units: Floats,
    prices: Floats,
    order_cost: Floats,
    *,
    holding_cost: float,
    lost_value: float,
    ceiling_units: float,
    stock_units: float = 0.0,
    moq_units: Floats | None = None,
    pack_units: Floats | None = None,
) -> Problem:
    """The problem of one product with known demand, (H,), and prices, (suppliers, H), no lead time, and no time after.

    holding_cost: money per unit left at the end of a day; lost_value: money per unit not sold. Levels are whole units.

    Snyder & Shen, Fundamentals of Supply Chain Theory, example 3.9 (Wagner & Whitin): K = 500, h = 2.
    >>> demand = np.array([90.0, 120, 80, 70])
    >>> problem = certain(
    ...     demand, np.zeros((1, 4)), np.array([500.0]), holding_cost=2, lost_value=1000, ceiling_units=360
    ... )
    >>> best = solve(problem)
    >>> best.cost.tolist(), best.units.tolist()
    ([1380.0], [210.0])
    """
    days, count = len(demand_units), len(order_cost)
    one, row = np.ones(1), np.ones((1, days))
    offers = Offers(
        rows=np.array([0, count]),
        moq_units=np.zeros(count) if moq_units is None else moq_units,
        pack_units=np.ones(count) if pack_units is None else pack_units,
        order_cost=order_cost,
        spare_days=np.zeros(count, dtype=np.int64),
        tier_rows=np.zeros(count + 1, dtype=np.int64),
        tier_units=np.zeros(0),
        tier_discount=np.zeros(0),
    )
    return Problem(
        offers=offers,
        paid=prices[:, :, None],
        link=np.zeros((1, days - 1), dtype=np.int64),
        lost_value=np.full((1, days, 1), float(lost_value)),
        end_price=np.zeros((1, 1)),
        end_units=np.zeros(1),
        end_order_cost=np.zeros(1),
        worth=row * holding_cost,
        holding_rate_per_year=one * steps.DAYS_PER_YEAR,
        shelf_life_days=np.zeros(1, dtype=np.int64),
        stock=one * stock_units,
        receipts=row * 0.0,
        ceiling=row * ceiling_units,
        demand_mean=np.asarray(demand_units, dtype=np.float64)[None],
        demand_variance=row * 0.0,
        demand_level_cv=one * 0.0,
        lead_days=np.zeros(1, dtype=np.int64),
        lead_sd_days=one * 0.0,
        step_units=one,
    )
