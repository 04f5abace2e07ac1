"""Parts of a replay's world, and the world with days added to it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from ordercast.orders.world import Ints, Opening, Terms, World

WEEKDAYS, WEEKS_A_YEAR = 7, 52
BY_PRODUCT = ("holding_rate_per_year", "shelf_capacity_units", "shelf_life_days", "unit_value")


def until(world: World, days: int) -> World:
    """The world as if it ended after its first `days` days: what is judged in it owes nothing to later ones."""
    return replace(
        world,
        dates=world.dates[:days],
        unit_price=world.unit_price[:, :days],
        quoted=world.quoted[:, :days],
        demand_units=world.demand_units[:, :days],
        demand_known=world.demand_known[:, :days],
        demand_days=world.demand_days[:days],
        lead_days=world.lead_days[:, :days],
    )


def extended(world: World, days: int) -> World:
    """The world with `days` more in which prices stand where they were last and demand is that of a year before.

    For stock that is left over at the end to be used up, under the same future for every policy. A supplier whose last
    quote still was good quotes it every day.
    """
    weeks = WEEKS_A_YEAR if world.days >= WEEKS_A_YEAR * WEEKDAYS else 1
    before = world.days - weeks * WEEKDAYS + np.arange(days) % (weeks * WEEKDAYS)
    whole = np.concatenate([np.arange(world.days), np.full(days, world.days - 1)])
    again = np.concatenate([np.arange(world.days), before])
    after = np.arange(1, days + 1)
    return replace(
        world,
        dates=np.concatenate([world.dates, world.dates[-1] + after]),
        unit_price=world.unit_price[:, whole],
        quoted=np.concatenate([world.quoted, np.repeat(world.orderable[:, -1:], days, axis=1)], axis=1),
        demand_units=world.demand_units[:, again],
        demand_known=world.demand_known[:, again],
        demand_days=np.concatenate([world.demand_days, world.demand_days[-1] + after]),
        lead_days=world.lead_days[:, again],
    )


def of_products(world: World, products: Ints) -> World:
    """The world of the given products alone, rising rows."""
    series = np.flatnonzero(np.isin(world.terms.product, products))
    row = np.full(world.products, -1)
    row[products] = np.arange(len(products))
    return replace(
        world,
        product_ids=world.product_ids[products],
        supplier_ids=world.supplier_ids[series],
        terms=_terms_of(world.terms, products, series, row),
        unit_price=world.unit_price[series],
        quoted=world.quoted[series],
        demand_units=world.demand_units[products],
        demand_known=world.demand_known[products],
        lead_days=world.lead_days[series],
        opening=_opening_of(world.opening, products, series, row),
    )


def _terms_of(terms: Terms, products: Ints, series: Ints, row: Ints) -> Terms:
    parts: dict[str, Any] = {
        field.name: getattr(terms, field.name)[products if field.name in BY_PRODUCT else series]
        for field in fields(terms)
        if field.name != "review_period_days"
    }
    return replace(terms, **parts | {"product": row[terms.product[series]]})


def _opening_of(opening: Opening, products: Ints, series: Ints, row: Ints) -> Opening:
    kept = row[opening.order_product] >= 0
    own = np.searchsorted(series, opening.order_series[kept])
    return Opening(
        on_hand_units=opening.on_hand_units[products],
        order_product=row[opening.order_product[kept]],
        order_series=np.where(opening.order_series[kept] >= 0, own, -1),
        order_units=opening.order_units[kept],
        order_due_in_days=opening.order_due_in_days[kept],
        order_arrives_in_days=opening.order_arrives_in_days[kept],
    )
