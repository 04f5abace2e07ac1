"""Purchasing policies for the replay: just in time, the ERP's rule, and the rule that stocks up in a promotion.

A policy looks at a morning's View and State and says for each product from which series to order how much. Anything
with that method can be replayed: a planner brings its forecaster along and asks it about the view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ordercast.orders.lots import LONGEST_LOT_DAYS, economic_lot, lead_time_demand_sd, order_quantity
from ordercast.orders.supply import PATIENCE_DAYS
from ordercast.orders.world import Bools, Floats, Ints, State, View

DAYS_PER_YEAR = 365
DEMAND_DAYS = 91  # thirteen whole weeks
PRICE_MEAN_DAYS = 60
SERVICE_FACTORS = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.05, 2.6, 3.2, 4.0, 5.0, 6.5, 8.0, 10.0)
PROMO_DISCOUNTS = (0.03, 0.06, 0.10, 0.15)
PROMO_DAYS = (15, 30, 45, 60)
WORTH_AN_ORDER = 0.25  # share of the promo fill that must be missing

Decision = tuple[Ints, Floats]


class Policy(Protocol):
    """Decides every morning of a replay what to order."""

    @property
    def name(self) -> str: ...

    def decide(self, view: View, state: State) -> Decision:
        """The series to order from, -1 for none, and the units, (products,) each.

        Units are whole packs, at least the MOQ and at most state.room_units; the series is one of the product's own
        with view.orderable. The replay raises ValueError for anything else.
        """
        ...


def recent_demand(view: View) -> tuple[Floats, Floats]:
    """Mean and variance of a day's demand over the last 91 days, days of unknown demand left out, (products,) each."""
    units, known = view.demand_units[:, -DEMAND_DAYS:], view.demand_known[:, -DEMAND_DAYS:]
    count = known.sum(axis=1)
    mean = np.where(known, units, 0.0).sum(axis=1) / np.maximum(count, 1)
    squares = np.square(np.where(known, units - mean[:, None], 0.0)).sum(axis=1)
    return np.round(mean, 6), np.round(squares / np.maximum(count - 1, 1), 6)


@dataclass(frozen=True)
class ReorderPoint:
    """The rule of orders.erp on arrays: reorder point, economic lot, the cheapest supplier of those in time.

    service_factor: safety stock in standard deviations of the demand over lead time and review period [z];
    economic: false buys no more than what is missing, packs and MOQ aside, which is buying just in time.
    """

    service_factor: float = 2.05
    economic: bool = True
    patience_days: float = PATIENCE_DAYS

    @property
    def name(self) -> str:
        return "erp" if self.economic else "just_in_time"

    def decide(self, view: View, state: State) -> Decision:
        terms, price = view.terms, view.today_price
        product, lead = terms.product, terms.lead_time_days
        per_day = recent_demand(view)[0][product]
        on_hand = state.on_hand_units[product]
        protection = lead + terms.review_period_days
        reorder_point = self.reorder_points(view)
        position = np.round(on_hand + state.due_within(product, protection, self.patience_days), 6)
        late = self.late(view, state)
        due = view.orderable & (per_day > 0) & (position <= reorder_point)
        keeps_days = terms.shelf_life_days[product]
        # As in orders.erp: what spoils before the protection days are over comes in several deliveries.
        used = np.round(per_day * np.minimum(keeps_days, protection), 6)
        wish = reorder_point - position
        wish = np.where(keeps_days < protection, np.minimum(wish, used), wish)
        if self.economic:
            wish = np.maximum(self._lot(view, per_day, price), wish)
        wish = np.where(per_day > 0, wish, 0.0)
        room = state.room_units[product]
        units, _ = order_quantity(wish, terms.moq_units, terms.pack_units, room)
        otherwise, _ = order_quantity(wish, terms.moq_units, terms.pack_units, np.full(len(wish), np.inf))
        lot = np.where(due, units, otherwise)
        share = np.divide(terms.order_cost, lot, out=np.full(len(lot), np.inf), where=lot > 0)
        paid = price * (1 - terms.discount(np.arange(len(lot)), lot))  # a tier is paid where it is reached, not sought
        unit_cost = np.round(np.where(view.orderable, paid + share, np.inf), 6)
        blocked = late & np.isinf(unit_cost)
        order = np.lexsort((unit_cost, np.where(late, lead, 0.0), blocked, late, ~view.orderable, product))
        best = order[terms.starts]
        buys = due[best] & (units[best] > 0)
        return np.where(buys, best, -1), np.where(buys, units[best], 0).astype(np.float64)

    def late(self, view: View, state: State) -> Bools:
        """Whether what is on hand and due runs out before a supplier delivers, (series,)."""
        product, lead = view.terms.product, view.terms.lead_time_days
        per_day = recent_demand(view)[0]
        in_lead_time = state.on_hand_units[product] + state.due_within(product, lead, self.patience_days)
        # What comes once the stock has run out makes no slower supplier one in time.
        runs_out = state.runs_out_days(per_day, int(np.max(lead, initial=0)), self.patience_days)[product]
        pace = per_day[product]
        return np.asarray((pace > 0) & ((runs_out <= lead) | (in_lead_time <= pace * lead)))

    def reorder_points(self, view: View) -> Floats:
        """Units of stock and orders under which each series is ordered from, (series,)."""
        terms = view.terms
        per_day, variance = (of[terms.product] for of in recent_demand(view))
        protection = terms.lead_time_days + terms.review_period_days
        sd = lead_time_demand_sd(variance * protection, per_day, terms.lead_time_sd_days)
        return np.asarray(np.round(per_day * protection + self.service_factor * sd, 6), dtype=np.float64)

    @staticmethod
    def _lot(view: View, per_day: Floats, price: Floats) -> Floats:
        """The economic lot of each series, cut to what is used within the shelf life or a year, (series,)."""
        terms, product = view.terms, view.terms.product
        holding = terms.holding_rate_per_year[product] * np.nan_to_num(price)
        lot = np.round(economic_lot(DAYS_PER_YEAR * per_day, terms.order_cost, holding), 6)
        keeps_days = np.minimum(terms.shelf_life_days[product], LONGEST_LOT_DAYS)
        cut: Floats = np.minimum(lot, np.round(per_day * keeps_days, 6))
        return cut


@dataclass(frozen=True)
class PromoRule:
    """The ERP rule, and where a price is `discount` under its 60-day mean, stock for `fill_days` of demand.

    A promotion is not bought by the crumb: without need, only when at least a quarter of those days are missing. Where
    the ERP rule buys anyway, its supplier is kept, as the others may come too late.
    """

    erp: ReorderPoint
    discount: float = 0.06
    fill_days: int = 30

    @property
    def name(self) -> str:
        return "promo_rule"

    def decide(self, view: View, state: State) -> Decision:
        series, units = self.erp.decide(view, state)
        terms, product = view.terms, view.terms.product
        usual = _mean_price(view)
        low = view.orderable & (view.today_price <= (1 - self.discount) * usual)
        if not low.any():
            return series, units
        per_day = recent_demand(view)[0]
        days = np.minimum(self.fill_days, terms.shelf_life_days)
        on_order = np.bincount(state.order_product, state.order_units, minlength=len(per_day))
        missing = np.round(per_day * days - state.on_hand_units - on_order, 6)
        fill, _ = order_quantity(
            np.maximum(missing, 0.0)[product], terms.moq_units, terms.pack_units, state.room_units[product]
        )
        order = np.lexsort((np.where(low, view.today_price, np.inf), product))
        cheapest = order[terms.starts]
        worth_it = low[cheapest] & (missing >= WORTH_AN_ORDER * per_day * days) & (per_day > 0) & (fill[cheapest] > 0)
        alone = (series < 0) & worth_it
        chosen = np.where(alone, cheapest, series)
        more = low[chosen] & (missing > 0) & (fill[chosen] > units) & (chosen >= 0)
        return chosen, np.where(alone | more, fill[chosen], units).astype(np.float64)


def _mean_price(view: View) -> Floats:
    """The mean of each series' carried price over the last 60 days, from its first quote on, (series,)."""
    recent = view.unit_price[:, -PRICE_MEAN_DAYS:]
    there = ~np.isnan(recent)
    mean: Floats = np.where(there, recent, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return mean


def just_in_time(service_factor: float) -> ReorderPoint:
    """Buying what is missing when it is missing, with the safety stock of the ERP rule."""
    return ReorderPoint(service_factor, economic=False)


def erp_candidates() -> list[ReorderPoint]:
    """The ERP rules among which to tune."""
    return [ReorderPoint(factor) for factor in SERVICE_FACTORS]


def promo_candidates(erp: ReorderPoint) -> list[PromoRule]:
    """The promo rules among which to tune, on top of a tuned ERP rule."""
    return [PromoRule(erp, discount, days) for discount in PROMO_DISCOUNTS for days in PROMO_DAYS]
