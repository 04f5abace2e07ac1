"""The planner as a policy: forecast distributions, stock and the suppliers' terms become the programme's problem.

Every morning anew: forecast, price nodes, one programme for each lead time, the best action of all (`orders.leads`).
The ERP rule's reorder point stays under it as a floor: where that is undercut, at least what is missing is bought.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from ordercast.orders import lattice, leads, nodes, risk, service, tiers
from ordercast.orders.floors import Floor
from ordercast.orders.lattice import Actions, Offers, Problem
from ordercast.orders.leads import Programme
from ordercast.orders.policies import Decision
from ordercast.orders.service import Served
from ordercast.orders.world import LOST_VALUE, Bools, Execution, Floats, Ints, State, View

YEAR_DAYS = 365
END_COVER_DAYS = 60  # a unit left at the end is worth something as far as it is used within so many days,
LOT_COVER_DAYS = 365  # or, of the least lot that anybody delivers, within so many
NO_REVIEW = 1e6  # times its price: what nobody orders, as the day is none of review
SHELF_COVER_DAYS = 120  # more is never worth holding; what a shelf without a limit is taken for


@dataclass(frozen=True)
class Ahead:
    """What is expected on a morning of the days 1..H after it.

    p10, p50, p90: (series, H) prices; correlation: (series, H - 1) of the errors of neighbouring days; persistence:
    the same by what is left of an error after four weeks, more than the noise of single quotes lets it seem.
    quote_due: (H,) whether new quotes are due that day; none in between. demand_mean, demand_variance: (products, H)
    units a day, from today on; demand_level_cv: (products,) error in the level of all these days, a share of it.
    nodes: (series, H, nodes) equally likely prices, rising, where more is known than three quantiles tell.
    """

    p10: Floats
    p50: Floats
    p90: Floats
    correlation: Floats
    persistence: Floats
    quote_due: Bools
    demand_mean: Floats
    demand_variance: Floats
    demand_level_cv: Floats
    nodes: Floats | None = None


class Forecasts(Protocol):
    """Says what is expected on the morning of a view."""

    def __call__(self, view: View) -> Ahead: ...


@dataclass
class Remembered:
    """Forecasts asked once a morning, however many policies want them; kept in single precision for the memory."""

    source: Forecasts

    def __post_init__(self) -> None:
        self._said: dict[int, Ahead] = {}

    def __call__(self, view: View) -> Ahead:
        if view.day not in self._said:
            self._said[view.day] = _cast(self.source(view), np.float64, np.float32)
        return _cast(self._said[view.day], np.float32, np.float64)


def _cast(told: Ahead, kind: type, to: type) -> Ahead:
    cells = {name: each for name, each in vars(told).items() if isinstance(each, np.ndarray) and each.dtype == kind}
    return replace(told, **{name: each.astype(to) for name, each in cells.items()})


@dataclass(frozen=True)
class Worked:
    """A morning's decision and the programmes behind it.

    offers: the series that can be ordered; rows of the programmes are places in it. parts: every programme with its
    problem and what it found. series (-1: wait), units: (products,), the decision; floored: (products,) where the floor
    asked for it; for_floor: (offers,) whose orders it counts. served: what the service floor changed, where there is
    one.
    """

    offers: Ints
    ahead: Ahead
    parts: list[tuple[Programme, Problem, Actions]]
    series: Ints
    units: Floats
    floored: Bools
    for_floor: Bools
    served: Served | None = None

    def worth(self, view: View, series: Ints, units: Floats) -> tuple[Floats, Floats]:
        """Saving against waiting and price limit of ordering `units` from `series`, any number of them; -1: 0 and 0.

        See `lattice.worth`; an order of another lead time is seen through the programme of its own. The limit is one
        for today's quote: the price that will be paid is expected to move with it.
        """
        saving, limit = np.zeros(len(units)), np.zeros(len(units))
        for one, problem, found in self.parts:
            rows = np.flatnonzero(one.spare_days == 0)
            row = np.full(len(view.terms.product) + 1, -1)  # series -1 reads the last
            row[self.offers[one.suppliers[rows]]] = rows
            at = np.flatnonzero(row[series] >= 0)
            asked = row[series[at]]
            saving[at], paid_limit = lattice.worth(problem, found, asked, units[at])
            limit[at] = paid_limit * view.today_price[series[at]] / problem.paid[asked, 0, 0]
        return saving, limit


@dataclass(frozen=True)
class Planner:
    """The stochastic programme on the forecasts' price lattice.

    floor: the just-in-time rule with the tuned ERP rule's service factor, which buys what is missing to its reorder
    point; None: no floor. execution: at which quote an order is paid. service_floor: share of demand to serve at least.
    """

    forecasts: Forecasts = field(repr=False)  # its models would fill a page
    floor: Floor | None = None
    nodes: int = 7
    execution: Execution = "next_quote"
    name: str = "planner"
    service_floor: float | None = None

    def decide(self, view: View, state: State) -> Decision:
        worked = self.work(view, state)
        return worked.series, worked.units

    def work(self, view: View, state: State) -> Worked:
        """The decision with all that led to it."""
        offers = np.flatnonzero(view.orderable)
        ahead = self.forecasts(view)
        price, paid, link = _prices(view, ahead, offers, self.nodes, self.execution)
        rows = np.searchsorted(view.terms.product[offers], np.arange(len(view.base_price) + 1))
        parts = []
        for one in leads.programmes(rows, view.terms.promised_days[offers]):
            problem = _problem(view, state, ahead, offers, price, paid, link, one)
            parts.append((one, problem, lattice.solve(problem)))
        served = None
        if self.service_floor is not None:
            parts, served = service.kept(parts, len(view.base_price), self.service_floor)
        _, row, units = leads.best_actions([(one, found) for one, _, found in parts], len(view.base_price))
        series = np.where(row >= 0, offers[row] if len(offers) else -1, -1)
        nobody, everyone = np.zeros(len(units), dtype=np.bool_), np.ones(len(offers), dtype=np.bool_)
        free = Worked(offers, ahead, parts, series, units, nobody, everyone, served)
        if self.floor is None:
            return free
        return _floored(free, *self.floor.decide(view, state), self.floor.late(view, state), view)


def _floored(free: Worked, rule: Ints, least: Floats, late: Bools, view: View) -> Worked:
    """The same, but at least what the floor's rule buys, from its supplier, in the lot that is then the best.

    late: (series,) whose deliveries come after the stock has run out; an order from one that is slower than the rule's
    supplier does not count.
    """
    lead, owner = view.terms.lead_time_days, view.terms.product
    too_late = (rule[owner] >= 0) & late & (lead > lead[rule[owner]])
    short = (rule >= 0) & ((free.units < least) | ((free.series >= 0) & too_late[free.series]))
    series, units = np.where(short, rule, free.series), np.where(short, least, free.units)
    for one, problem, found in free.parts:
        own = free.offers[one.suppliers]
        product = owner[own]
        asked = np.flatnonzero((one.spare_days == 0) & short[product] & (rule[product] == own))
        product = product[asked]
        units[product] = np.maximum(units[product], lattice.at_least(problem, found, asked, least[product]))
    whose = owner[free.offers]
    counts = np.where(short[whose], free.offers == rule[whose], ~too_late[free.offers])
    return replace(free, series=series, units=units, floored=short, for_floor=counts)


def _prices(view: View, ahead: Ahead, series: Ints, count: int, execution: Execution) -> tuple[Floats, Floats, Ints]:
    """Node prices (series, H + 1, nodes), prices paid (series, H, nodes) and links (series, H - 1) of the offers."""
    today = view.today_price[series]
    if ahead.nodes is None:
        price = nodes.price_nodes(today, ahead.p10[series], ahead.p50[series], ahead.p90[series], count)
    else:
        price = np.concatenate([np.repeat(today[:, None, None], count, axis=2), ahead.nodes[series]], axis=1)
    paid = nodes.paid_prices(price, nodes.links(ahead.correlation[series]), execution)
    if execution == "next_quote":  # what is ordered until a quote is due is paid as on the day before it
        paid = paid[:, next_quotes(ahead.quote_due)]
    product = view.terms.product
    begins = np.searchsorted(product[series], np.arange(len(view.base_price) + 1))
    paid = nodes.cheapest_prices(paid, begins, nodes.together(view.unit_price, product))
    reviewed = np.arange(paid.shape[1]) % view.terms.review_period_days == 0
    paid = np.where(reviewed[:, None], paid, NO_REVIEW * paid)
    return price, paid, nodes.links(ahead.persistence[series])


def next_quotes(quote_due: Bools) -> Ints:
    """The first of the days of a forecast, no earlier than each, on which a new quote is due, else the last, (H,)."""
    day = np.arange(len(quote_due))
    return np.asarray(np.minimum.accumulate(np.where(quote_due, day, len(day) - 1)[::-1])[::-1], dtype=np.int64)


def _problem(
    view: View, state: State, ahead: Ahead, series: Ints, price: Floats, paid: Floats, link: Ints, one: Programme
) -> Problem:
    """The problem of a programme's products; its suppliers are rows of `series`."""
    terms, products, own = view.terms, one.products, series[one.suppliers]
    days = paid.shape[1]
    mean, variance = ahead.demand_mean[products], ahead.demand_variance[products]
    firsts = one.rows[:-1]
    cheapest = np.minimum.reduceat(price[one.suppliers], firsts, axis=0)
    pace = mean.mean(axis=1)
    least = np.maximum.reduceat(np.maximum(terms.moq_units[own], 1) + terms.pack_units[own], firsts)
    shelf_life = np.where(np.isfinite(terms.shelf_life_days), np.nan_to_num(terms.shelf_life_days, posinf=0), 0)
    capacity = risk.useful_capacity(terms.shelf_capacity_units[products], pace, least, SHELF_COVER_DAYS)
    reach = days + int(one.lead_days.max(initial=0)) + 1
    stock, receipts = risk.stock_on_arrival(
        state.on_hand_units[products], state.due_on(reach)[products], mean, one.lead_days, days
    )
    on_hand, on_order = state.on_hand_units[products], _on_order(state, len(view.base_price))[products]
    room = np.minimum(state.room_units[products], np.maximum(capacity - on_hand - on_order, 0.0))
    value = np.where(np.isnan(terms.unit_value), LOST_VALUE * view.base_price, terms.unit_value)[products]
    usual = np.nanmean(view.unit_price[own, -YEAR_DAYS:], axis=1)
    tier_rows, tier_units, tier_discount = tiers.flat(terms.tier_units[own], terms.tier_discount[own])
    end_units = _end_units(pace, np.minimum.reduceat(np.maximum(terms.moq_units[own], 1), firsts), shelf_life[products])
    # What is left is worth what as much would cost in one order: no more, or discounts would be hoarded.
    off = np.maximum.reduceat(terms.discount(own, np.repeat(end_units, np.diff(one.rows))), firsts)
    return Problem(
        offers=Offers(
            rows=one.rows,
            moq_units=terms.moq_units[own],
            pack_units=terms.pack_units[own],
            order_cost=terms.order_cost[own],
            spare_days=one.spare_days,
            tier_rows=tier_rows,
            tier_units=tier_units,
            tier_discount=tier_discount,
        ),
        paid=leads.paid_when_ordered(paid[one.suppliers], one.spare_days),
        link=link[one.suppliers][firsts],
        lost_value=np.maximum(cheapest[:, :days], value[:, None, None]),
        end_price=(1 - off)[:, None] * np.minimum(cheapest[:, -1], np.minimum.reduceat(usual, firsts)[:, None]),
        end_units=end_units,
        end_order_cost=np.minimum.reduceat(terms.order_cost[own], firsts),
        worth=np.repeat(view.base_price[products][:, None], days, axis=1),
        holding_rate_per_year=terms.holding_rate_per_year[products],
        shelf_life_days=shelf_life[products].astype(np.int64),
        stock=stock,
        receipts=receipts,
        ceiling=risk.stock_ceilings(stock, room, capacity, mean, one.lead_days, days),
        demand_mean=mean,
        demand_variance=variance,
        demand_level_cv=ahead.demand_level_cv[products],
        lead_days=one.lead_days,
        lead_sd_days=np.maximum.reduceat(terms.lead_time_sd_days[own], firsts),
        step_units=np.zeros(len(products)),
    )


def _end_units(pace: Floats, least_lot: Floats, shelf_life_days: Floats) -> Floats:
    """Units left at the end that are worth their price, (products,): 60 days of demand, or what a least lot makes one
    keep for up to a year, unless it spoils."""
    longest = np.where(shelf_life_days > 0, np.clip(shelf_life_days, END_COVER_DAYS, LOT_COVER_DAYS), LOT_COVER_DAYS)
    return np.clip(least_lot, END_COVER_DAYS * pace, longest * pace)


def _on_order(state: State, products: int) -> Floats:
    return np.bincount(state.order_product, state.order_units, minlength=products).astype(np.float64)
