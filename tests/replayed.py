"""Small replay worlds, policies that do as told, and a replay of one product written as a plain loop."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ordercast.orders.planner import Ahead, Planner
from ordercast.orders.policies import PromoRule, ReorderPoint, just_in_time, recent_demand
from ordercast.orders.world import Opening, Terms, View, World

DAYS = 40
TERMS: dict[str, Any] = {
    "lead_time_days": 2.0,
    "lead_time_sd_days": 0.0,
    "moq_units": 1.0,
    "pack_units": 1.0,
    "order_cost": 10.0,
    "holding_rate_per_year": 0.365,
    "shelf_capacity_units": math.inf,
    "shelf_life_days": math.inf,
    "unit_value": math.nan,
}


def one_in_ten(view: View) -> Ahead:
    """Prices that move a tenth either way in the next 20 days, demand as it was lately."""
    price, shape = view.today_price[:, None], (len(view.today_price), 20)
    mean, variance = recent_demand(view)
    return Ahead(
        *(np.broadcast_to(price * factor, shape) for factor in (0.9, 1.0, 1.1)),
        correlation=np.full((shape[0], 19), 0.9),
        persistence=np.full((shape[0], 19), 0.9),
        quote_due=np.ones(20, dtype=bool),
        demand_mean=np.repeat(mean[:, None], 20, axis=1),
        demand_variance=np.repeat(variance[:, None], 20, axis=1),
        demand_level_cv=np.zeros(len(mean)),
    )


POLICIES = [
    ReorderPoint(2.05),
    just_in_time(2.05),
    PromoRule(ReorderPoint(2.05), 0.06, 30),
    Planner(one_in_ten, just_in_time(2.05)),
]


def world(price: Any = 10.0, demand: Any = 1.0, *, on_hand: Any = 5.0, orders: Any = (), **changes: Any) -> World:
    """A world of one product and one supplier, quoted every day, unless `changes` say otherwise.

    price, demand: one number, or one per day; a NaN price is a day without a quote. orders: (units, due in days,
    arrives in days). changes: fields of Terms, numbers; lead_days and demand_days, arrays; tiers, {units: discount}.
    """
    quotes, asked = (np.broadcast_to(np.asarray(of, dtype=float), (1, DAYS)).copy() for of in (price, demand))
    quoted = ~np.isnan(quotes)
    given = TERMS | {name: value for name, value in changes.items() if name in TERMS}
    tiers = np.array(list(changes.get("tiers", {}).items()), dtype=float).reshape(-1, 2)
    terms = Terms(
        product=np.zeros(1, dtype=np.int64),
        tier_units=tiers[None, :, 0],
        tier_discount=tiers[None, :, 1],
        **{name: np.array([value]) for name, value in given.items()},
        review_period_days=changes.get("review_period_days", 1),
    )
    lead = np.full((1, DAYS), int(given["lead_time_days"]))
    units, due, arrives = np.array(orders, dtype=float).reshape(-1, 3).T
    return World(
        product_ids=np.array(["P1"], dtype=object),
        supplier_ids=np.array(["F1"], dtype=object),
        dates=np.datetime64("2026-01-01") + np.arange(DAYS),
        terms=terms,
        unit_price=carried(quotes),
        quoted=quoted,
        demand_units=asked,
        demand_known=np.ones((1, DAYS), dtype=bool),
        demand_days=changes.get("demand_days", np.arange(DAYS)),
        lead_days=changes.get("lead_days", lead),
        opening=Opening(
            np.array([on_hand], dtype=float),
            np.zeros(len(units), dtype=np.int64),
            np.zeros(len(units), dtype=np.int64),
            units,
            due.astype(np.int64),
            arrives.astype(np.int64),
        ),
    )


def carried(quotes: np.ndarray) -> np.ndarray:
    out = quotes.copy()
    for row in out:
        for day in range(1, len(row)):
            row[day] = row[day - 1] if np.isnan(row[day]) else row[day]
    return out


@st.composite
def worlds(draw: st.DrawFn, products: int = 4, days: int = 200) -> World:
    """Up to `products` products of one to three suppliers: gaps, shelves, packs, tiers, spoilage, uncertain leads."""
    return random_world(draw(st.integers(0, 2**32 - 1)), draw(st.integers(1, products)), days)


def random_world(seed: int, products: int, days: int) -> World:
    rng = np.random.default_rng(seed)
    suppliers = rng.integers(1, 4, products)
    product = np.repeat(np.arange(products), suppliers)
    series = len(product)
    rate = rng.uniform(0.3, 8, products)
    pack = rng.choice([1.0, 3.0, 6.0], series)
    terms = Terms(
        product=product,
        lead_time_days=rng.integers(0, 7, series).astype(float),
        lead_time_sd_days=rng.uniform(0, 2, series),
        moq_units=np.ceil(rng.uniform(0, 6, series) * rate[product]),
        pack_units=pack,
        order_cost=rng.uniform(0, 20, series),
        **random_tiers(seed, rate[product]),
        holding_rate_per_year=rng.uniform(0, 0.4, products),
        shelf_capacity_units=np.where(rng.random(products) < 0.3, np.inf, np.ceil(40 * rate)),
        shelf_life_days=rng.choice([3.0, 10.0, 30.0, np.inf], products),
        unit_value=np.where(rng.random(products) < 0.5, np.nan, 20.0),
    )
    level = np.exp(2 + np.cumsum(rng.normal(0, 0.03, (series, days)), axis=1))
    quoted = rng.random((series, days)) < rng.choice([0.15, 0.6, 1.0], series)[:, None]
    quoted[:, 0] |= rng.random(series) < 0.7
    quoted[terms.starts, 0] = True
    luck = rng.standard_normal((series, days))
    lead = np.rint(terms.lead_time_days[:, None] + terms.lead_time_sd_days[:, None] * luck)
    demand = rng.poisson(rate[:, None], (products, days)) * rng.choice([1.0, 0.25])
    orders = int(rng.integers(0, 3))
    due = rng.integers(-5, 6, orders)
    return World(
        product_ids=np.array([f"P{p}" for p in range(products)], dtype=object),
        supplier_ids=np.array([f"F{s}" for s in range(series)], dtype=object),
        dates=np.datetime64("2026-01-01") + np.arange(days),
        terms=terms,
        unit_price=carried(np.where(quoted, level.round(2), np.nan)),
        quoted=quoted,
        demand_units=demand,
        demand_known=rng.random((products, days)) < 0.95,
        demand_days=np.arange(days),
        lead_days=np.maximum(lead, 0).astype(np.int64),
        opening=Opening(
            np.ceil(10 * rate * rng.random(products)),
            np.zeros(orders, dtype=np.int64),
            np.full(orders, -1),
            rng.integers(1, 20, orders).astype(float),
            due,
            np.maximum(due, 3),
        ),
    )


def random_tiers(seed: int, rate: np.ndarray) -> dict[str, np.ndarray]:
    """None, one or two tiers for each series, from some days of demand on."""
    rng = np.random.default_rng([seed, 1])
    count = rng.integers(0, 3, len(rate))[:, None]
    units = np.cumsum(np.ceil(rng.uniform(3, 15, (len(rate), 2)) * rate[:, None]), axis=1)
    there = np.arange(2) < count
    discount = np.cumsum(rng.uniform(0, 0.15, (len(rate), 2)), axis=1)
    return {"tier_units": np.where(there, units, np.inf), "tier_discount": np.where(there, discount, 0.0)}


def corrupted(world: World, day: int, seed: int = 0) -> World:
    """The world with everything that becomes known after the morning of `day` made up anew."""
    rng = np.random.default_rng(seed)
    later = np.arange(world.days) > day
    price = np.where(later, 3 * np.nan_to_num(world.unit_price, nan=5.0) * rng.random(world.unit_price.shape), 0)
    wild = rng.random(world.quoted.shape) < 0.5
    unknown = np.arange(world.days) >= day
    return replace(
        world,
        unit_price=np.where(later, price, world.unit_price),
        quoted=np.where(later, wild, world.quoted),
        demand_units=np.where(unknown, rng.poisson(30, world.demand_units.shape), world.demand_units).astype(float),
        demand_known=np.where(unknown, rng.random(world.demand_known.shape) < 0.5, world.demand_known),
        lead_days=np.where(later, 1, world.lead_days),
    )


@dataclass
class AsTold:
    """Orders what a script says: {day: units}, of one product from its first supplier; keeps the states it saw."""

    script: dict[int, float]
    name: str = "as_told"

    def __post_init__(self) -> None:
        self.states: list[Any] = []
        self.views: list[Any] = []

    def decide(self, view: Any, state: Any) -> tuple[np.ndarray, np.ndarray]:
        self.states.append(state)
        self.views.append(view)
        units = self.script.get(view.day, 0.0)
        return np.array([0 if units else -1]), np.array([units])


@dataclass
class Noted:
    """Another policy, whose decisions are kept."""

    policy: Any

    def __post_init__(self) -> None:
        self.decisions: list[tuple[np.ndarray, np.ndarray]] = []
        self.name = self.policy.name

    def decide(self, view: Any, state: Any) -> tuple[np.ndarray, np.ndarray]:
        self.decisions.append(self.policy.decide(view, state))
        return self.decisions[-1]


def by_hand(world: World, product: int, decisions: list[tuple[int, float]], first_day: int) -> dict[str, list[float]]:
    """One product's days, its decisions given: every crate a pair of arrival day and units, every cost a sum."""
    terms, opening = world.terms, world.opening
    crates = [[first_day, float(opening.on_hand_units[product])]]
    lorries = [
        (first_day + int(arrives), float(units))
        for owner, units, arrives in zip(
            opening.order_product, opening.order_units, opening.order_arrives_in_days, strict=True
        )
        if owner == product
    ]
    year_before = world.cheapest_price[product, max(first_day - 365, 0) : first_day]
    base = float(np.nanmedian(year_before))
    held = base * terms.holding_rate_per_year[product] / 365
    told: dict[str, list[float]] = {
        name: [] for name in ("sold", "spoiled", "stock", "holding", "lost", "order", "paid")
    }
    for at, (series, units) in enumerate(decisions):
        day = first_day + at
        paid = order_cost = 0.0
        if series >= 0:
            lorries.append((day + int(world.lead_days[series, day]), units))
            paid = units * next_price(world, series, day) * (1 - discount(world, series, units))
            order_cost = float(terms.order_cost[series])
        crates += [[day, load] for arrives, load in lorries if arrives == day]
        wanted = float(world.demand_units[product, day])
        for crate in crates:
            taken = min(crate[1], wanted)
            crate[1] -= taken
            wanted -= taken
        old = [crate for crate in crates if day - crate[0] + 1 >= terms.shelf_life_days[product]]
        crates = [crate for crate in crates if crate not in old]
        stock = sum(crate[1] for crate in crates)
        value = terms.unit_value[product]
        value = 1.5 * base if math.isnan(value) else float(value)
        told["sold"].append(float(world.demand_units[product, day]) - wanted)
        told["spoiled"].append(sum(crate[1] for crate in old))
        told["stock"].append(stock)
        told["holding"].append(stock * held)
        told["lost"].append(wanted * max(value, float(world.cheapest_price[product, day])))
        told["order"].append(order_cost)
        told["paid"].append(paid)
    return told


def discount(world: World, series: int, units: float) -> float:
    """What an order of so many units gets off."""
    tiers = zip(world.terms.tier_units[series], world.terms.tier_discount[series], strict=True)
    return max((float(off) for least, off in tiers if units >= least), default=0.0)


def next_price(world: World, series: int, day: int) -> float:
    """The price of the next quote within 14 days, else the one that was seen."""
    for later in range(day + 1, min(day + 15, world.days)):
        if world.quoted[series, later]:
            return float(world.unit_price[series, later])
    return float(world.unit_price[series, day])
