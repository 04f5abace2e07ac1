"""What a run cost: purchases, holding, orders, lost sales, by product and day, and what is left at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from ordercast.orders import cuts
from ordercast.orders.policies import DAYS_PER_YEAR, DEMAND_DAYS, Policy
from ordercast.orders.replay import Run, replay
from ordercast.orders.world import BASE_PRICE_DAYS, LOST_VALUE, Execution, Floats, World

CREDIT_DAYS = 60  # of demand: more left-over stock than that counts for nothing
RUN_OUT_DAYS = 120
Candidate = TypeVar("Candidate", bound=Policy)


@dataclass(frozen=True)
class Account:
    """Money of one run at one execution. (products, days) each: purchase, holding, order, lost, spoiled, stock_value.

    purchase: what was paid, on the day of the order; lost: units that could not be sold, at their full value, since a
    unit that is not sold need not be bought either. spoiled: at the usual price, contained in purchase, not a further
    cost. stock_value: of all that is on hand and on order, at the usual price. end_credit: (products,) what the stock
    of the last evening is worth, conservatively. fill_rate: (products,) share of demand sold, NaN without demand.
    """

    purchase: Floats
    holding: Floats
    order: Floats
    lost: Floats
    spoiled: Floats
    stock_value: Floats
    opening_value: Floats
    end_credit: Floats
    fill_rate: Floats
    orders: Floats

    @property
    def total(self) -> Floats:
        """Cost of each product, the stock left over credited, (products,)."""
        spent = self.purchase + self.holding + self.order + self.lost
        return np.asarray(spent.sum(axis=1) - self.end_credit)

    @property
    def daily(self) -> Floats:
        """Cost of each day, (products, days), adding up to `total` but for the opening stock, the same for all.

        Stock is marked at the usual price every evening, so that a purchase costs on its day only what it is dearer
        than usual: otherwise buying early would look like a loss of one month and a gain of the next.
        """
        before = np.column_stack([self.opening_value, self.stock_value[:, :-1]])
        days = self.purchase + self.holding + self.order + self.lost + before - self.stock_value
        days[:, -1] += self.stock_value[:, -1] - self.end_credit
        return days

    def table(self, product_ids: Sequence[str]) -> pd.DataFrame:
        """A row per product: product_id, purchase_cost, holding_cost, ..., total_cost, fill_rate, orders."""
        costs = {
            f"{name}_cost": getattr(self, name).sum(axis=1)
            for name in ("purchase", "holding", "order", "lost", "spoiled")
        }
        rest = {"end_credit": self.end_credit, "total_cost": self.total}
        return pd.DataFrame(
            {"product_id": product_ids, **costs, **rest, "fill_rate": self.fill_rate, "orders": self.orders}
        )


def account(world: World, run: Run, execution: Execution) -> Account:
    """What `run` cost in `world`, each order paid as `execution` says."""
    terms, placed = world.terms, run.orders
    days = slice(run.first_day, run.last_day + 1)
    base = world.base_price(run.first_day)
    cell = placed.product, placed.order_day - run.first_day
    purchase, order, ordered = (np.zeros_like(run.stock_units) for _ in range(3))
    quote = world.paid_price(execution)[placed.series, placed.order_day]
    np.add.at(purchase, cell, placed.units * quote * (1 - terms.discount(placed.series, placed.units)))
    np.add.at(order, cell, terms.order_cost[placed.series])
    np.add.at(ordered, cell, placed.units)
    held = base * terms.holding_rate_per_year / DAYS_PER_YEAR
    on_order_first = run.closing.on_order_units + run.received_units.sum(axis=1) - ordered.sum(axis=1)
    on_order = on_order_first[:, None] + np.cumsum(ordered - run.received_units, axis=1)
    demand = run.demand_units.sum(axis=1)
    return Account(
        purchase=purchase,
        holding=run.stock_units * held[:, None],
        order=order,
        lost=run.lost_units * lost_unit_value(world, base)[:, days],
        spoiled=run.spoiled_units * base[:, None],
        stock_value=(run.stock_units + on_order) * base[:, None],
        opening_value=(run.opening_units + on_order_first) * base,
        end_credit=end_credit(world, run),
        fill_rate=np.divide(run.sold_units.sum(axis=1), demand, out=np.full(len(demand), np.nan), where=demand > 0),
        orders=np.bincount(placed.product, minlength=world.products).astype(np.float64),
    )


def lost_unit_value(world: World, base_price: Floats) -> Floats:
    """Money lost with a unit that was asked for and not there, (products, days): never less than the day's price."""
    value = world.terms.unit_value
    value = np.where(np.isnan(value), LOST_VALUE * base_price, value)
    return np.fmax(value[:, None], world.cheapest_price)


def end_credit(world: World, run: Run) -> Floats:
    """What the stock on hand and on order after the run is worth, (products,).

    At the lower of the last price and the mean of twelve months, and for no more units than 60 days' demand of the
    last 91 days, or what is used within the shelf life. A generous value would reward hoarding, none would punish any
    stock at all.
    """
    value, used = end_worth(world, run.first_day, run.last_day)
    left = run.stock_units[:, -1] + run.closing.on_order_units
    return np.asarray(value * np.minimum(left, used))


def end_worth(world: World, first_day: int, last_day: int) -> tuple[Floats, Floats]:
    """What a unit left over after those days is worth, and of how many at most, (products,) each; see `end_credit`.

    Where as many would get a discount in one order, they are worth what they would cost in it.
    """
    prices = world.cheapest_price[:, max(last_day + 1 - BASE_PRICE_DAYS, 0) : last_day + 1]
    value = np.fmin(np.nanmean(prices, axis=1), prices[:, -1])
    per_day = world.demand_units[:, first_day : last_day + 1][:, -DEMAND_DAYS:].mean(axis=1)
    used = per_day * np.minimum(CREDIT_DAYS, world.terms.shelf_life_days)
    every = np.arange(len(world.terms.product))
    off = np.maximum.reduceat(world.terms.discount(every, used[world.terms.product]), world.terms.starts)
    return (1 - off) * value, used


def run_out_total(world: World, run: Run, after: Policy, execution: Execution) -> Floats:
    """Cost of each product, its stock at the end used up under `after` for 120 more days rather than credited.

    Those days have the world's prices and demand, or the extended world's where it ends before. What is left after
    them is credited as ever; as all policies end under one rule, little of the difference hangs on that.
    """
    last_day = run.last_day + RUN_OUT_DAYS
    missing = last_day + 1 - world.days
    longer = cuts.extended(world, missing) if missing > 0 else world
    rest = replay(longer, after, run.last_day + 1, last_day, run.closing)
    before = account(longer, run, execution)
    return before.total + before.end_credit + account(longer, rest, execution).total


def tuned(
    world: World,
    candidates: Sequence[Candidate],
    first_day: int,
    last_day: int,
    execution: Execution,
    indifferent: float = 0.0,
) -> Candidate:
    """The candidate that would have cost least from `first_day` to `last_day`; the first of equals.

    indifferent: share of the cost by which a candidate may be dearer and still count as equal. Later days are cut off:
    even the price at which an order of the last day is paid must be known by then.
    """
    known = cuts.until(world, last_day + 1)
    costs = [
        float(account(known, replay(known, each, first_day, last_day), execution).total.sum()) for each in candidates
    ]
    return candidates[int(np.argmax(np.array(costs) <= (1 + indifferent) * min(costs)))]
