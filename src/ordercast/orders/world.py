"""The world a replay runs in, as plain arrays, and what a policy may see of it on a morning.

Products and series (product x supplier) are rows, calendar days are columns; series are sorted by product. A `World`
holds the whole history with its future; a policy is given a `View`, which ends today, and the `State` of its own stock.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ordercast.orders import tiers
from ordercast.orders.supply import PATIENCE_DAYS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Dates = NDArray[np.datetime64]
Execution = Literal["next_quote", "quote_seen"]

QUOTE_GOOD_DAYS = 14  # an older quote is no offer, and a price agreed on stands when no new one comes in that time
BASE_PRICE_DAYS = 365
LOST_VALUE = 1.5  # of the base price, for a product without a unit value


@dataclass(frozen=True)
class Terms:
    """What buying and storing each product is subject to; it does not change with time.

    Of shape (series,): product, the row of its product; lead_time_days and its standard deviation lead_time_sd_days;
    moq_units; pack_units; order_cost, money per order. tier_units, tier_discount: (series, tiers) of `tiers.padded`,
    the discount of an order of so many units. Of shape (products,): holding_rate_per_year, a share of the
    base price; shelf_capacity_units and shelf_life_days, inf without a limit; unit_value, money lost with a unit that
    could not be sold, NaN where unknown. Of all: review_period_days, between two looks at the stock, on which alone
    orders are placed.
    """

    product: Ints
    lead_time_days: Floats
    lead_time_sd_days: Floats
    moq_units: Floats
    pack_units: Floats
    order_cost: Floats
    tier_units: Floats
    tier_discount: Floats
    holding_rate_per_year: Floats
    shelf_capacity_units: Floats
    shelf_life_days: Floats
    unit_value: Floats
    review_period_days: int = 1

    @property
    def promised_days(self) -> Ints:
        """Days from order to the promised arrival, (series,)."""
        return np.ceil(self.lead_time_days).astype(np.int64)

    def discount(self, series: Ints, units: Floats) -> Floats:
        """Share off the quoted price of an order of `units` from each of `series`, (n,)."""
        return tiers.reached(self.tier_units[series], self.tier_discount[series], units)[0]

    @cached_property
    def starts(self) -> Ints:
        """The first series of each product, (products,)."""
        return np.flatnonzero(np.diff(self.product, prepend=-1))


@dataclass(frozen=True)
class View:
    """What is known on the morning of `day`: all quotes up to today, demand up to yesterday. Read-only, no copies.

    unit_price: (series, day + 1) quotes carried forward, NaN before the first; quoted: the same, true where a quote
    was published. demand_units, demand_known: (products, days known so far), false where a stock-out hid the demand;
    base_price: (products,) the usual price, as it was known when the replay began; dates: (day + 1,).
    """

    day: int
    dates: Dates
    terms: Terms
    unit_price: Floats
    quoted: Bools
    orderable: Bools
    demand_units: Floats
    demand_known: Bools
    base_price: Floats

    @property
    def today_price(self) -> Floats:
        """Today's quote of each series, or the last one before, (series,)."""
        return self.unit_price[:, -1]


@dataclass(frozen=True)
class State:
    """A policy's own stock and orders on the morning of `day`, after today's receipts. Units; read-only.

    on_hand_units, room_units: (products,), the latter what the shelf would still take if all orders were there.
    lots_units: (products, day + 1), what is left of the receipts of each day. order_product, order_series (-1: not
    known), order_units, order_due_day: (open orders,), the day being the promised one, in the past for a late order.
    """

    day: int
    on_hand_units: Floats
    room_units: Floats
    lots_units: Floats
    order_product: Ints
    order_series: Ints
    order_units: Floats
    order_due_day: Ints

    @property
    def days_ahead(self) -> Ints:
        """Days until each order is to be expected, (open orders,): one that is overdue tomorrow, or never after a week.

        Never is -1; see `supply.PATIENCE_DAYS`.
        """
        ahead = self.order_due_day - self.day
        return np.where(ahead >= 0, ahead, np.where(ahead >= -PATIENCE_DAYS, 1, -1))

    @property
    def expected_units(self) -> Floats:
        """Units on order that are counted on, (products,)."""
        ahead = self.days_ahead >= 0
        expected = np.bincount(self.order_product[ahead], self.order_units[ahead], minlength=len(self.on_hand_units))
        return expected.astype(np.float64)

    def due_on(self, days: int) -> Floats:
        """Units expected on each of the days 0..`days` - 1, (products, days)."""
        due, ahead = np.zeros((len(self.on_hand_units), days)), self.days_ahead
        counted = (ahead >= 0) & (ahead < days)
        np.add.at(due, (self.order_product[counted], ahead[counted]), self.order_units[counted])
        return due

    def due_by(self, days: int, patience_days: float) -> Floats:
        """Units promised to arrive from today through each of the days 0..`days`, (products, days + 1).

        An order that is overdue by more than `patience_days` is no longer counted on.
        """
        ahead = self.order_due_day - self.day
        counted = (ahead >= -patience_days) & (ahead <= days)
        expected = np.zeros((len(self.on_hand_units), days + 1))
        np.add.at(expected, (self.order_product[counted], np.maximum(ahead[counted], 0)), self.order_units[counted])
        return np.asarray(np.cumsum(expected, axis=1), dtype=np.float64)

    def due_within(self, product: Ints, days: Floats, patience_days: float) -> Floats:
        """Units of `due_by` through today + `days`; product, days: (n,), the result too."""
        by_day = self.due_by(int(np.max(days, initial=0)) + 1, patience_days)
        within: Floats = by_day[product, np.floor(days).astype(np.int64)]
        return within

    def runs_out_days(self, per_day: Floats, most: int, patience_days: float) -> Floats:
        """The first of the days 0..`most` that stock and what is due by then do not serve, (products,), inf: none.

        per_day: (products,) units. What comes after that day comes too late.
        """
        left = self.on_hand_units[:, None] + self.due_by(most, patience_days)
        short = np.round(left - per_day[:, None] * np.arange(most + 1), 6) < 0
        return np.where(short.any(axis=1), np.argmax(short, axis=1), np.inf)


@dataclass(frozen=True)
class Opening:
    """Stock and open orders on the first morning of a replay; due and arrival in days from then on.

    on_hand_units: (products,); order_*: (orders,). An order that was due before has order_due_in_days < 0 and still
    comes, on a day nobody is told.
    """

    on_hand_units: Floats
    order_product: Ints
    order_series: Ints
    order_units: Floats
    order_due_in_days: Ints
    order_arrives_in_days: Ints


@dataclass(frozen=True)
class World:
    """Prices, demand and terms of a catalogue over a span of days, with the chance of lead times drawn beforehand.

    product_ids: (products,); supplier_ids: (series,); dates: (days,) datetime64[D]. unit_price, quoted: (series, days)
    as in View. demand_units, demand_known: (products, days). demand_days: (days,) of how many days the demand is known
    on each morning: all before it, or for weekly sales those of the weeks that are over. lead_days: (series, days) from
    an order placed on that day to its arrival; drawn once, so that luck is the same for every policy.
    """

    product_ids: NDArray[np.object_]
    supplier_ids: NDArray[np.object_]
    dates: Dates
    terms: Terms
    unit_price: Floats
    quoted: Bools
    demand_units: Floats
    demand_known: Bools
    demand_days: Ints
    lead_days: Ints
    opening: Opening
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for part in (self, self.terms, self.opening):
            for field in fields(part):
                value = getattr(part, field.name)
                if isinstance(value, np.ndarray):
                    value.setflags(write=False)  # views of them are handed to policies

    @property
    def products(self) -> int:
        return len(self.product_ids)

    @property
    def days(self) -> int:
        return len(self.dates)

    @cached_property
    def orderable(self) -> Bools:
        """Where a series has a quote of the last QUOTE_GOOD_DAYS days, (series, days)."""
        day = np.arange(self.days)
        last = np.maximum.accumulate(np.where(self.quoted, day, -QUOTE_GOOD_DAYS - 1), axis=1)
        fresh: Bools = day - last <= QUOTE_GOOD_DAYS
        fresh.setflags(write=False)
        return fresh

    @cached_property
    def cheapest_price(self) -> Floats:
        """The lowest price each product could be ordered at, carried over days without an offer, (products, days).

        NaN before the first offer.
        """
        offers = np.where(self.orderable, self.unit_price, np.inf)
        lowest = np.minimum.reduceat(offers, self.terms.starts, axis=0)
        day = np.where(np.isfinite(lowest), np.arange(self.days), -1)
        last = np.maximum.accumulate(day, axis=1)
        carried = np.take_along_axis(lowest, np.maximum(last, 0), axis=1)
        return np.where(last >= 0, carried, np.nan)

    def paid_price(self, execution: Execution) -> Floats:
        """What a unit ordered on each day costs, (series, days): at the quote seen that day, or at the next published.

        Where none is published in the QUOTE_GOOD_DAYS days after, the price that was seen stands.
        """
        if execution == "quote_seen":
            return self.unit_price
        day = np.arange(self.days)
        at = np.where(self.quoted, day, self.days)
        following = np.minimum.accumulate(at[:, ::-1], axis=1)[:, ::-1]
        after = np.column_stack([following[:, 1:], np.full(len(at), self.days)])
        after = np.where(after - day <= QUOTE_GOOD_DAYS, np.minimum(after, self.days - 1), day)
        after = np.where(np.take_along_axis(self.quoted, after, axis=1), after, day)
        return np.take_along_axis(self.unit_price, after, axis=1)

    def base_price(self, day: int) -> Floats:
        """The usual price of each product on the morning of `day`, (products,): the median of the year before.

        Raises ValueError for a product nobody quoted in that time.
        """
        past = self.cheapest_price[:, max(day - BASE_PRICE_DAYS, 0) : day]
        unquoted = np.isnan(past).all(axis=1) if past.shape[1] else np.ones(self.products, dtype=bool)
        if unquoted.any():
            raise ValueError(
                f"product {self.product_ids[unquoted][0]} has no quote in the year before {self.dates[day]}, where "
                "the replay is to begin. Begin later, or leave the product out"
            )
        return np.asarray(np.nanmedian(past, axis=1), dtype=np.float64)

    def view(self, day: int, base_price: Floats) -> View:
        """What may be known on the morning of `day`."""
        known = int(self.demand_days[day])
        return View(
            day=day,
            dates=self.dates[: day + 1],
            terms=self.terms,
            unit_price=self.unit_price[:, : day + 1],
            quoted=self.quoted[:, : day + 1],
            orderable=self.orderable[:, day],
            demand_units=self.demand_units[:, :known],
            demand_known=self.demand_known[:, :known],
            base_price=base_price,
        )
