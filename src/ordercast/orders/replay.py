"""A policy let loose on a past it does not know: day by day, with receipts, sales, spoilage and open orders.

A day: receipts arrive; the policy decides from what was seen up to today; the day's demand is met or lost; what is too
old spoils; what is left is held overnight. A quantity never depends on the price that is paid in the end, so one replay
is priced at the quote seen and at the next quote alike (see orders.accounts).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ordercast.kernels import shelf
from ordercast.orders.policies import Policy
from ordercast.orders.world import Floats, Ints, State, View, World

KEEPS_FOR_EVER = 2**40  # days


@dataclass(frozen=True)
class Orders:
    """Orders as rows: product, series (-1: not known), units, and the days of ordering, promise and arrival."""

    product: Ints
    series: Ints
    units: Floats
    order_day: Ints
    due_day: Ints
    arrive_day: Ints

    def take(self, rows: Ints) -> Orders:
        """The given rows."""
        return Orders(**{name: column[rows] for name, column in vars(self).items()})

    def and_(self, more: Orders) -> Orders:
        """These rows and then those of `more`."""
        return Orders(**{name: np.concatenate([column, getattr(more, name)]) for name, column in vars(self).items()})


@dataclass(frozen=True)
class Stock:
    """What stands on the shelf and is under way between two days: lots_units as in State, and the open orders.

    lots_units: (products, world days), written in place by the replay that owns it.
    """

    lots_units: Floats
    open_orders: Orders

    @property
    def on_hand_units(self) -> Floats:
        return np.asarray(self.lots_units.sum(axis=1))

    @property
    def on_order_units(self) -> Floats:
        """Units on their way, (products,)."""
        orders = self.open_orders
        return np.bincount(orders.product, orders.units, minlength=len(self.lots_units)).astype(np.float64)


@dataclass(frozen=True)
class Run:
    """What happened to a policy: units by product and day, its orders, and where it ended.

    Of shape (products, days from first_day to last_day): demand, sold (the rest was lost), received, spoiled, stock in
    the evening. opening_units: (products,) on hand before the first receipt. orders: those placed in that time, at most
    one per product and day.
    """

    policy: str
    first_day: int
    last_day: int
    demand_units: Floats
    sold_units: Floats
    received_units: Floats
    spoiled_units: Floats
    stock_units: Floats
    opening_units: Floats
    orders: Orders
    closing: Stock

    @property
    def lost_units(self) -> Floats:
        return self.demand_units - self.sold_units


def opening_stock(world: World, first_day: int) -> Stock:
    """The stock and open orders of the world's opening, taken as new on the morning of `first_day`."""
    opening = world.opening
    lots = np.zeros((world.products, world.days))
    lots[:, first_day] = opening.on_hand_units
    due = first_day + opening.order_due_in_days
    orders = Orders(
        opening.order_product,
        opening.order_series,
        opening.order_units,
        np.full(len(due), -1),
        due,
        first_day + opening.order_arrives_in_days,
    )
    return Stock(lots, orders)


def opening_morning(world: World) -> tuple[View, State]:
    """What is known on the world's last morning, with its opening as stock and orders of that day.

    Raises ValueError for a product nobody quoted in the year before.
    """
    day = world.days - 1
    stock = opening_stock(world, day)
    view = world.view(day, world.base_price(day))
    return view, _state(world, stock.lots_units, stock.open_orders, day)


def replay(world: World, policy: Policy, first_day: int, last_day: int, start: Stock | None = None) -> Run:
    """The run of `policy` from the morning of `first_day` to the evening of `last_day`, both columns of the world.

    The policy is asked on the first day and then every `review_period_days` of the terms.
    start: stock to begin with, the world's opening otherwise; a run's `closing` goes on where it ended. The usual price
    in the views is that of the first day. Raises ValueError where a decision is none the supplier or the shelf would
    take, and for days outside the world.
    """
    if not 0 < first_day <= last_day < world.days:
        raise ValueError(f"days {first_day} to {last_day} are not within the world's 1 to {world.days - 1}")
    stock = opening_stock(world, first_day) if start is None else _carried_over(start, world)
    lots, waiting, base_price = stock.lots_units, stock.open_orders, world.base_price(first_day)
    life = world.terms.shelf_life_days
    life_days = np.where(np.isfinite(life), np.nan_to_num(life, posinf=0), KEEPS_FOR_EVER).astype(np.int64)
    oldest = np.zeros(world.products, dtype=np.int64)
    opening, span = stock.on_hand_units, last_day - first_day + 1
    demand = world.demand_units[:, first_day : last_day + 1]
    sold, spoiled, evening, received = (np.zeros((world.products, span)) for _ in range(4))
    placed = nothing = waiting.take(np.zeros(0, dtype=np.int64))
    for at, day in enumerate(range(first_day, last_day + 1)):
        waiting, arrived = _receive(lots, waiting, day)
        state = _state(world, lots, waiting, day)
        orders = nothing
        if at % world.terms.review_period_days == 0:
            series, units = policy.decide(world.view(day, base_price), state)
            orders = _placed(world, state, series, units, policy.name)
        placed = placed.and_(orders)
        waiting, at_once = _receive(lots, waiting.and_(orders), day)
        received[:, at] = arrived + at_once
        sold[:, at], spoiled[:, at], evening[:, at] = shelf.use(
            lots, oldest, np.ascontiguousarray(demand[:, at]), life_days, day
        )
    return Run(
        policy.name,
        first_day,
        last_day,
        demand,
        sold,
        received,
        spoiled,
        evening,
        opening,
        placed,
        Stock(lots, waiting),
    )


def _carried_over(stock: Stock, world: World) -> Stock:
    """A copy of the stock with a column for each day of a world that may be longer than its own."""
    lots = np.zeros((world.products, world.days))
    lots[:, : stock.lots_units.shape[1]] = stock.lots_units
    return replace(stock, lots_units=lots)


def _receive(lots: Floats, waiting: Orders, day: int) -> tuple[Orders, Floats]:
    """What is still waited for once the arrivals of `day` stand on the shelf, and the units that came, (products,)."""
    here = waiting.arrive_day <= day
    arrived = np.bincount(waiting.product[here], waiting.units[here], minlength=len(lots)).astype(np.float64)
    lots[:, day] += arrived
    return waiting.take(np.flatnonzero(~here)), arrived


def _state(world: World, lots: Floats, waiting: Orders, day: int) -> State:
    past = lots[:, : day + 1]
    seen = past.view()
    seen.setflags(write=False)
    on_hand = np.round(past.sum(axis=1), 6)
    on_order = np.bincount(waiting.product, waiting.units, minlength=len(lots))
    return State(
        day=day,
        on_hand_units=on_hand,
        room_units=np.maximum(np.round(world.terms.shelf_capacity_units - on_hand - on_order, 6), 0.0),
        lots_units=seen,
        order_product=waiting.product,
        order_series=waiting.series,
        order_units=waiting.units,
        order_due_day=waiting.due_day,
    )


def _placed(world: World, state: State, series: Ints, units: Floats, policy: str) -> Orders:
    """The orders of a decision; ValueError for one that no supplier or shelf would take."""
    terms, day = world.terms, state.day
    product = np.flatnonzero(series >= 0)
    series, units = series[product], np.asarray(units, dtype=np.float64)[product]
    pack, moq = terms.pack_units[series], terms.moq_units[series]
    rules = {
        "the series is another product's": terms.product[series] != product,
        "the quote is too old": ~world.orderable[series, day],
        "the units are not whole packs": np.mod(units, pack) != 0,
        "the units are less than the MOQ": (units < moq) | (units <= 0),
        "the units do not fit on the shelf": units > state.room_units[product],
    }
    for rule, broken in rules.items():
        if broken.any():
            row = np.flatnonzero(broken)[0]
            raise ValueError(
                f"policy {policy}, {world.dates[day]}, product {world.product_ids[product[row]]}: {rule} "
                f"({units[row]:g} units, supplier {world.supplier_ids[series[row]]})"
            )
    return Orders(
        product=product,
        series=series,
        units=units,
        order_day=np.full(len(product), day),
        due_day=day + terms.promised_days[series],
        arrive_day=day + world.lead_days[series, day],
    )
