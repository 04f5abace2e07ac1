"""Perfect foresight as a policy of the replay: what buying could cost at best, and the orders that come nearest to it.

Prices paid, demand and lead times are known up to the last day; every rule of the replay holds. The programme of
`kernels.foresight` is exact over (day, stock) on whole units; three rules cannot be told from that state alone:

- the shelf must take an order when it is placed, stock and all that is under way counted. The plan leaves room on
  arrival for all demand since the order, which is always enough. The bound asks for that room only since the last unit
  that was lost and since the last order placed of those that came.
- one order per product and day. The bound allows one from every supplier; the plan keeps to it.
- goods spoil by age, the oldest sold first. Both throw away at once, unheld, what will spoil for certain, which is all
  that spoils unless an order brings more than is sold in its life.

So `bound` is a lower bound of what any policy costs, and `Clairvoyant` in the replay an upper bound of the best. Where
demand and stock are in no EXACT_PARTS of a unit, or the shelf holds more than MOST_LEVELS of them, values between the
levels of a grid are interpolated: then the bound holds but for the error of the grid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ordercast.kernels import foresight, grid
from ordercast.orders import accounts
from ordercast.orders.policies import DAYS_PER_YEAR, Decision
from ordercast.orders.world import Execution, Floats, Ints, State, View, World

MOST_LEVELS = 2**15
EXACT_PARTS = (1, 2, 4, 5, 10, 20, 100)  # of a unit: the first that all demand and stock is whole in
LEVELS_PER_DAY = 16  # of a mean day's demand, where it is in none


@dataclass(frozen=True)
class Plan:
    """What is best to order from first_day to last_day of a world.

    series (-1: no order), units: (products, days from first_day on); cost: (products,) what that is to cost, as
    accounts.Account.total counts it.
    """

    series: Ints
    units: Floats
    cost: Floats


@dataclass(frozen=True)
class Problem:
    """One product: its offers filed by arrival, and all that comes; the arguments of `kernels.foresight`.

    rows: (days + 2,); series: (offers,) of the world; demand, useful, lost_value: (days,); receipts: (days + 1,).
    """

    offers: NDArray[np.void]
    series: Ints
    rows: Ints
    demand: Floats
    useful: Floats
    lost_value: Floats
    receipts: Floats
    holding: float
    end_price: float
    end_units: float
    stock: float
    step: float
    levels: int


@dataclass(frozen=True)
class Clairvoyant:
    """Orders what is cheapest for the world from first_day to last_day, its stock being the world's opening.

    It alone may hold the world. What the shelf would not take on the morning is left out, in whole packs.
    """

    world: World = field(repr=False)
    first_day: int
    last_day: int
    execution: Execution = "next_quote"
    name: str = "clairvoyant"

    @cached_property
    def plan(self) -> Plan:
        return planned(self.world, self.first_day, self.last_day, self.execution)

    @cached_property
    def bound(self) -> Floats:
        """The cost of each product that no policy gets below, (products,)."""
        every = problems(self.world, self.first_day, self.last_day, self.execution)
        return np.array([foresight.bound(*_arguments(one, one.levels)) for one in every])

    def decide(self, view: View, state: State) -> Decision:
        plan, terms = self.plan, view.terms
        at = view.day - self.first_day
        if not 0 <= at < plan.units.shape[1]:
            return np.full(len(plan.cost), -1), np.zeros(len(plan.cost))
        series = plan.series[:, at]
        pack, moq = terms.pack_units[series], np.maximum(terms.moq_units[series], 1)
        units = np.minimum(plan.units[:, at], np.floor(state.room_units / pack) * pack)
        taken = (series >= 0) & (units >= moq)
        return np.where(taken, series, -1), np.where(taken, units, 0.0)


def planned(world: World, first_day: int, last_day: int, execution: Execution) -> Plan:
    """The plan for every product."""
    days = last_day - first_day + 1
    series, units = np.full((world.products, days), -1), np.zeros((world.products, days))
    cost = np.empty(world.products)
    for product, one in enumerate(problems(world, first_day, last_day, execution)):
        after = np.empty((days + 1, one.levels))
        cost[product] = foresight.values(*_arguments(one, after))
        bought = foresight.follow(
            one.offers, one.rows, one.demand, one.useful, one.receipts, one.stock, one.step, after
        )
        placed = np.flatnonzero(bought)
        day = one.offers["order_day"][placed]
        series[product, day], units[product, day] = one.series[placed], np.rint(bought[placed])
    return Plan(series, units, cost)


def _arguments(one: Problem, last: int | Floats) -> tuple[Any, ...]:
    return (
        *(one.offers, one.rows, one.demand, one.useful, one.lost_value, one.receipts),
        *(one.holding, one.end_price, one.end_units, one.stock, one.step, last),
    )


def problems(world: World, first_day: int, last_day: int, execution: Execution) -> Iterator[Problem]:
    """The programme's problem of each product, one by one."""
    terms, opening = world.terms, world.opening
    days = last_day - first_day + 1
    span = slice(first_day, last_day + 1)
    base = world.base_price(first_day)
    demand = world.demand_units[:, span]
    lost_value = accounts.lost_unit_value(world, base)[:, span]
    end_price, end_units = accounts.end_worth(world, first_day, last_day)
    receipts = np.zeros((world.products, days + 1))
    arrives = np.clip(opening.order_arrives_in_days, 0, days)
    np.add.at(receipts, (opening.order_product, arrives), opening.order_units)
    held = base * terms.holding_rate_per_year / DAYS_PER_YEAR
    arrival, order_day, series, least_units, off = _filed(world, first_day, last_day)
    product = terms.product[series]
    ends = np.searchsorted(product, np.arange(world.products + 1))
    price = world.paid_price(execution)
    for p in range(world.products):
        own = slice(ends[p], ends[p + 1])
        at, placed, maker, least = arrival[own], order_day[own], series[own], least_units[own]
        due = np.append(receipts[p], 0.0)[::-1].cumsum()[::-1][1:]  # still under way after each day
        shelf = np.minimum(terms.shelf_capacity_units[p], _most(world, p, demand[p].sum() + end_units[p]))
        sold = np.append(0.0, demand[p].cumsum())
        stock = float(opening.on_hand_units[p] + receipts[p, 0])
        step, levels, lots = _grid(world, p, demand[p], receipts[p], stock, float(shelf))
        offers = np.zeros(len(at), foresight.OFFER)
        offers["order_day"], offers["price"] = placed, (1 - off[own]) * price[maker, first_day + placed]
        offers["order_cost"] = terms.order_cost[maker]
        lot = lots[maker]
        offers["first_levels"] = np.rint(np.maximum(np.ceil(least / lot), 1) * lot / step)
        offers["lot_levels"] = np.rint(lot / step)
        offers["room_units"] = shelf - due[at]
        offers["ceiling_units"] = offers["room_units"] - (sold[at] - sold[placed])
        yield Problem(
            offers=offers,
            series=maker,
            rows=np.searchsorted(at, np.arange(days + 2)),
            demand=demand[p],
            useful=_useful(sold, terms.shelf_life_days[p]),
            lost_value=lost_value[p],
            receipts=receipts[p],
            holding=float(held[p]),
            end_price=float(end_price[p]),
            end_units=float(end_units[p]),
            stock=stock,
            step=step,
            levels=levels,
        )


def _filed(world: World, first_day: int, last_day: int) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """All that can be ordered: day of arrival and of ordering, series, least units and discount; sorted by product
    and in that order.

    Days count from first_day; what comes after the last day comes on the one after it. Each price tier is an offer of
    its own.
    """
    series, placed = np.nonzero(world.orderable[:, first_day : last_day + 1])
    reviewed = placed % world.terms.review_period_days == 0
    series, placed = series[reviewed], placed[reviewed]
    arrival = np.minimum(placed + world.lead_days[series, first_day + placed], last_day - first_day + 1)
    terms, rows = world.terms, np.arange(len(series))
    least, off = [terms.moq_units[series]], [np.zeros(len(series))]
    for tier_units, tier_discount in zip(terms.tier_units.T, terms.tier_discount.T, strict=True):
        there = np.flatnonzero(np.isfinite(tier_units[series]))
        own = series[there]
        rows = np.append(rows, there)
        least.append(np.maximum(terms.moq_units[own], tier_units[own]))
        off.append(tier_discount[own])
    arrival, placed, series = arrival[rows], placed[rows], series[rows]
    order = np.lexsort((series, placed, arrival, terms.product[series]))
    return arrival[order], placed[order], series[order], np.concatenate(least)[order], np.concatenate(off)[order]


def _useful(sold: Floats, life_days: float) -> Floats:
    """Units that can be sold before they spoil, by day, (days,); without limit where that is after the last day."""
    days = len(sold) - 1
    useful = np.full(days, np.inf)
    if life_days < days:
        life = int(life_days)
        useful[: days - life + 1] = sold[life:] - sold[: days - life + 1]
    return useful


def _most(world: World, product: int, units: float) -> float:
    """The most stock there is any use for: what can be sold or credited, and the least lot on top of it."""
    own = world.terms.product == product
    return float(units + np.max(np.maximum(world.terms.moq_units[own], 1) + world.terms.pack_units[own]))


def _grid(
    world: World, product: int, demand: Floats, receipts: Floats, stock: float, shelf_units: float
) -> tuple[float, int, Floats]:
    """Units between two levels of stock, their number, and the lots of each of the world's series that are whole steps.

    A lot is a pack, or several of a product that sells so fast that single packs are finer than the grid.
    """
    reach = max(shelf_units, stock) + float(receipts[1:].sum())
    units, lots = np.concatenate([[stock], demand, receipts]), world.terms.pack_units.astype(np.float64)
    for parts in EXACT_PARTS:
        if reach * parts <= MOST_LEVELS and np.array_equal(units * parts, np.rint(units * parts)):
            return 1.0 / parts, int(np.ceil(reach * parts)) + 2, lots
    own = np.flatnonzero(world.terms.product == product)
    wish, its_lots = max(float(demand.mean()) / LEVELS_PER_DAY, reach / MOST_LEVELS), lots[own]
    step = grid.grid_step(lots[own], 0 * its_lots, wish, True, its_lots)
    lots[own] = its_lots
    return step, int(np.ceil(reach / step)) + 2, lots
