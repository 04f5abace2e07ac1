"""Order lines of the planner: what it buys or waits with, beside what the ERP rule would have done, and why.

The lines of the ERP rule are the ground: the planner rewrites those of the products it is trusted with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast.orders import coverage, limits, tiers, timing, waits, whys
from ordercast.orders.coupling import Coupled
from ordercast.orders.fixed import NO_ORDERS, Fixed, held_back
from ordercast.orders.limits import Limits
from ordercast.orders.lots import probability_lower
from ordercast.orders.planner import Planner, Worked
from ordercast.orders.replay import opening_morning
from ordercast.orders.supply import PATIENCE_DAYS
from ordercast.orders.timing import Correction, Timing
from ordercast.orders.words import Words
from ordercast.orders.world import Bools, Execution, Floats, Ints, State, Terms, View, World


@dataclass(frozen=True)
class Morning:
    """A catalogue's morning worked through: what is known, held and decided on the last day of its world."""

    world: World
    view: View
    state: State
    worked: Worked
    timing: Timing
    execution: Execution
    reorder_point: Floats | None  # (series,) of the floor, where there is one
    floor_units: Floats  # (products,) that the floor asks for today at least
    coupled: Coupled | None  # what the limits did, where there are any
    held_back: Bools  # (products,) of which the ERP rule's order is not placed, for one of the limits

    @property
    def paid(self) -> Floats:
        """Price that an order of today is expected to cost, (series,)."""
        return timing.expected_paid(self.view, self.worked.ahead, self.execution)


def morning(
    world: World, planner: Planner, trusted: Bools, allowed: Limits | None = None, erp: pd.DataFrame | None = None
) -> Morning:
    """The planner's decision on the last day of a world that opens with today's stock and orders.

    allowed: what today's orders must keep to together; None: no limit. erp: the lines of `by_erp`, of which those of
    products that the planner is not trusted with are placed as they are, or not at all; without them only the planner's
    orders are limited.
    """
    view, state = opening_morning(world)
    worked, coupled = planner.work(view, state), None
    held_back = np.zeros(world.products, dtype=np.bool_)
    least = planner.floor.decide(view, state)[1] if planner.floor is not None else np.zeros(world.products)
    if allowed is not None and allowed.any:
        orders = NO_ORDERS if erp is None else _fixed(erp.set_index("product_id"), world, view, worked, trusted)
        worked, coupled = limits.within(worked, allowed, view.today_price, trusted, least, orders)
        held_back[orders.product] = worked.units[orders.product] == 0
    point = None if planner.floor is None else planner.floor.reorder_points(view)
    when = timing.timing(view, state, worked, planner.execution)
    return Morning(world, view, state, worked, when, planner.execution, point, least, coupled, held_back)


def by_erp(lines: pd.DataFrame) -> pd.DataFrame:
    """The ERP rule's lines with the columns that only the planner fills."""
    return lines.assign(planned_by="erp", just_in_time_saving=0.0, waiting_cost=0.0)


def lines(
    erp: pd.DataFrame, known: Morning, trusted: Bools, correction: Correction, words: Mapping[str, Words]
) -> pd.DataFrame:
    """The ERP rule's lines, those of trusted products rewritten by the planner's decision.

    erp: of `by_erp`, product_id distinct; trusted: (products of the world,); a product nobody offers today, or only in
    lots that its shelf never holds, stays with the rule. words: the columns that hold reasons, and the words of each.
    expected_saving is against the ERP rule and just_in_time_saving against buying when stock calls for it, in the
    programme's eyes; saving_p10, saving_p90: as the price on the day to compare with may come out. regret_probability,
    corrected by the record: for a purchase that the price is lower then, for a wait that it is higher
    on the better day. waiting_cost: what ordering today instead would cost. days_of_cover: until stock, orders and
    purchase are used up, at most the days of the forecast. The rule's sum stays beside what it would have bought
    (`erp.SUM_COLUMNS`). unit_price: of an order what is paid, the discount of its size taken off; else the quote.
    """
    ground = erp.set_index("product_id")
    offers = Spoken.of(ground, known.world, known.view, known.worked)
    told = _figures(ground, known, offers)[offers.planned(known.world, trusted)]
    buys = (told["decision"] == "buy").to_numpy()
    regret = told["regret_probability"].to_numpy(np.float64)
    timed = buys & (told["later_days"] > 0).to_numpy()  # what stock calls for now cannot be regretted
    told["regret_probability"] = np.round(np.where(timed, correction(regret), regret), 4)
    ground = _held_back(ground, known, offers, words)
    reasons = {column: whys.sentences(told, ground.loc[told.index, column], each) for column, each in words.items()}
    told = told.assign(**reasons)
    told["planned_by"] = "planner"
    columns = [name for name in ground.columns if name in told.columns]
    rest = ground.loc[ground.index.difference(told.index, sort=False), columns]
    whole = pd.concat([rest, told[columns]]).loc[ground.index]
    return ground.assign(**{name: whole[name].astype(ground[name].dtype) for name in columns}).reset_index()[
        erp.columns
    ]


def _fixed(ground: pd.DataFrame, world: World, view: View, worked: Worked, trusted: Bools) -> Fixed:
    """The orders of the ERP rule's lines that the planner does not rewrite.

    What no programme can price, as its quote is old, has no row among the offers, and saves what is spent on it.
    """
    offers, rule = Spoken.of(ground, world, view, worked), ground.loc[world.product_ids.tolist()]
    units, money = (rule[name].to_numpy(np.float64) for name in ("erp_quantity_units", "total_cost"))
    at = np.flatnonzero(~offers.planned(world, trusted) & (units > 0))
    row = np.full(len(view.terms.product) + 1, len(worked.offers))  # series -1 reads the last
    row[worked.offers] = np.arange(len(worked.offers))
    saving = worked.worth(view, offers.erp_series, offers.erp_units)[0]
    saving = np.where(offers.erp_series >= 0, saving, money)
    suppliers = rule["supplier_id"].to_numpy(object)
    return Fixed(at, row[offers.erp_series[at]], suppliers[at], units[at], money[at], saving[at])


def _held_back(ground: pd.DataFrame, known: Morning, offers: Spoken, words: Mapping[str, Words]) -> pd.DataFrame:
    """The ERP rule's lines, those that the limits leave nothing for waiting, and saying so."""
    at = np.flatnonzero(known.held_back)
    if not len(at):
        return ground
    names, bound_by = known.world.product_ids[at].tolist(), held_by(known)[at].tolist()
    rule = ground.loc[names]
    # To go without is a loss, or at best none: what a limit forbids is no saving.
    saving = np.minimum(-known.worked.worth(known.view, offers.erp_series, offers.erp_units)[0], 0.0)
    low, high = timing.band(saving, -offers.erp_units, known.timing)
    mean, none = known.worked.ahead.demand_mean, np.zeros(known.world.products)
    have, due = known.state.on_hand_units, known.state.due_on(mean.shape[1])
    cover = coverage.lasts(mean, have, due, none, none.astype(np.int64), known.view.terms.shelf_life_days)
    series, day = offers.erp_shown[at], pd.Timedelta(days=known.view.terms.review_period_days)
    charged = timing.charged_at(known.worked.ahead, known.execution)
    later = charged[min(day.days, len(charged) - 1)]
    higher = np.round(_higher(known, series, np.full(len(series), later)) * (later > charged[0]), 4)
    figures = {
        "decision": "wait",
        "quantity_units": 0,
        "total_cost": 0.0,
        "order_on": rule["order_on"] + day,
        "arrive_on": rule["arrive_on"] + day,
        "expected_saving": np.round(saving[at], 2),
        "saving_p10": np.round(np.minimum(low, saving)[at], 2),
        "saving_p90": np.round(np.clip(high, saving, 0.0)[at], 2),
        "unit_price": np.where(series >= 0, known.view.today_price[series], rule["unit_price"]),
        "regret_probability": np.where(series >= 0, higher, 1 - rule["regret_probability"]),
        "binding_constraint": bound_by,
        "days_of_cover": cover[at].astype(np.float64),
    }
    reasons = {name: held_back(bound_by, ground.loc[names, name].tolist(), each) for name, each in words.items()}
    told = pd.DataFrame(figures | reasons, index=names)
    whole = ground.copy()
    for name in told.columns:
        whole.loc[names, name] = told[name].astype(ground[name].dtype)
    return whole


@dataclass(frozen=True)
class Spoken:
    """Who is spoken of, (products,) each: the ERP rule's series and units today (-1, 0: waits), the series shown.

    erp_shown: the series of the ERP rule's line, even where it waits; -1 where it is not offered today.
    """

    any: Bools
    erp_series: Ints
    erp_units: Floats
    shown: Ints
    erp_shown: Ints

    @staticmethod
    def of(ground: pd.DataFrame, world: World, view: View, worked: Worked) -> Spoken:
        terms = view.terms
        rule = ground.loc[world.product_ids.tolist()]
        key = pd.MultiIndex.from_arrays([world.product_ids[terms.product], world.supplier_ids])
        named = pd.MultiIndex.from_arrays([world.product_ids, rule["supplier_id"].to_numpy(object)])
        place = key.get_indexer(named).astype(np.int64)
        offered = np.zeros(len(key), dtype=np.bool_)
        offered[worked.offers] = True
        price = np.where(offered, view.today_price, np.inf)
        cheapest = np.lexsort((price, terms.product))[terms.starts]
        best, _ = waits.best_today(worked, world.products)
        theirs = np.where((place >= 0) & offered[place], place, -1)
        units = np.where(theirs >= 0, rule["erp_quantity_units"].to_numpy(np.float64), 0.0)
        other = np.where(best >= 0, best, np.where(theirs >= 0, theirs, cheapest))
        shown = np.where(worked.series >= 0, worked.series, other)
        return Spoken(offered[shown], np.where(units > 0, theirs, -1), units, shown, theirs)

    def planned(self, world: World, trusted: Bools) -> Bools:
        """Products whose lines are the planner's: trusted, offered today, and in lots that the shelf holds."""
        return trusted & self.any & _fits(world.terms)


def _figures(ground: pd.DataFrame, known: Morning, offers: Spoken) -> pd.DataFrame:
    """The planner's figures of every product of the world, indexed by product_id."""
    world, view, state, worked, when = known.world, known.view, known.state, known.worked, known.timing
    shown, terms, buys = offers.shown, known.view.terms, known.worked.series >= 0
    rule = ground.loc[world.product_ids.tolist()]
    saving, limit = worked.worth(view, np.where(buys, worked.series, shown), worked.units)
    expected = np.where(buys, saving, 0.0) - worked.worth(view, offers.erp_series, offers.erp_units)[0]
    most = np.where(buys | (held_by(known) == ""), np.inf, 0.0)  # nothing is saved by what a limit forbids
    expected = np.minimum(expected, most)
    low, high = (np.minimum(end, most) for end in timing.band(expected, worked.units - offers.erp_units, when))
    lead, protection = terms.promised_days[shown], terms.lead_time_days + terms.review_period_days
    mean, due = worked.ahead.demand_mean, state.due_on(worked.ahead.demand_mean.shape[1])
    cover = coverage.lasts(mean, state.on_hand_units, due, worked.units, lead, terms.shelf_life_days)
    # No order of today mends what runs out before it could come.
    until = coverage.lasts(mean, state.on_hand_units, due, 0 * worked.units, lead, terms.shelf_life_days, lead)
    latest = np.minimum(until - lead, waits.floor_days(mean, state, terms, known.reorder_point, shown))
    charged = timing.charged_at(worked.ahead, known.execution)
    better, later = waits.better_day(worked.ahead.p50[shown][:, charged[1:]], latest, terms.review_period_days)
    today, order_days = pd.Timestamp(view.dates[-1]), np.where(buys, 0, better)
    off, tier_units = tiers.reached(terms.tier_units[shown], terms.tier_discount[shown], worked.units)
    quote, (best, cost_of_today) = view.today_price[shown], waits.best_today(worked, len(buys))
    paid = np.where(off > 0, np.round((1 - off) * quote, 6), quote)
    # An order of the better day pays the same where no new quote is due until then.
    higher = np.where(charged[better] > charged[0], _higher(known, shown, charged[better]), 0.0)
    figures = {
        "supplier_id": world.supplier_ids[shown],
        "decision": np.where(buys, "buy", "wait"),
        "quantity_units": worked.units.astype(np.int64),
        "order_on": today + pd.to_timedelta(order_days, unit="D"),
        "arrive_on": today + pd.to_timedelta(order_days + lead, unit="D"),
        "unit_price": paid,
        "total_cost": np.round(worked.units * paid, 2),
        "expected_saving": np.round(expected, 2),
        "saving_p10": np.round(low, 2),
        "saving_p90": np.round(high, 2),
        "regret_probability": np.where(buys, when.regret, higher),
        "buy_below_unit_price": np.round(limit, 4),
        "binding_constraint": _bound(known, terms.moq_units[shown], terms.pack_units[shown]),
        "held_by": held_by(known),
        "lost_unit_added": np.zeros(len(buys)) if worked.served is None else worked.served.added,
        "just_in_time_saving": np.round(np.where(buys, saving, 0.0), 2),
        "waiting_cost": np.round(np.where(buys, 0.0, np.maximum(cost_of_today, 0.0)), 2),
        "cost_of_today": cost_of_today,
        "no_room": ~buys & (best < 0),
        "open_shelf": np.isinf(terms.shelf_capacity_units),
        "days_of_cover": cover.astype(np.float64),
        "cover_ends": cover < mean.shape[1],
        "quote": quote,
        "paid_unit_price": (1 - off) * known.paid[shown],
        "discount": off,
        "tier_units": tier_units,
        "later_unit_price": np.where(buys, when.middle, later),
        "later_days": np.where(buys, when.wait_days, better),
        "early_units": when.early_units,
        "on_hand_units": state.on_hand_units,
        "coming_units": state.expected_units,
        "in_time_units": state.due_within(np.arange(len(buys)), protection[shown], PATIENCE_DAYS),
        "erp_quantity_units": offers.erp_units,
        "floored": worked.floored,
        "floor_units": np.zeros(len(buys)) if known.reorder_point is None else known.reorder_point[shown],
        "line_point_units": rule.get("reorder_point_units", pd.Series(0.0, rule.index)).fillna(0.0).to_numpy(),
        # A wait says in its own words which day is better, and what today would cost; a floor, that it is one.
        "same": buys
        & (held_by(known) == "")
        & (worked.series == offers.erp_series)
        & (worked.units == offers.erp_units)
        & ~(worked.floored & (limit < quote)),
    }
    return pd.DataFrame(figures, index=pd.Index(world.product_ids, name="product_id", dtype="str"))


def _higher(known: Morning, shown: Ints, then: Ints) -> Floats:
    """Chance that the series shown is dearer on that day of the forecast than an order of today is charged."""
    ahead, asked = known.worked.ahead, (1 + timing.EQUAL) * known.paid[shown]
    return 1 - probability_lower(asked, *(each[shown, then] for each in (ahead.p10, ahead.p50, ahead.p90)))


def _fits(terms: Terms) -> Bools:
    """Whether the shelf holds the least order of any supplier, (products,)."""
    least = np.ceil(np.maximum(terms.moq_units, 1) / terms.pack_units) * terms.pack_units
    return np.asarray(np.minimum.reduceat(least, terms.starts) <= terms.shelf_capacity_units)


def held_by(known: Morning) -> NDArray[np.str_]:
    """The limit of all orders together that changed a product's order, "" for none, (products,)."""
    if known.coupled is None:
        return np.full(len(known.worked.units), "")
    return np.where(known.coupled.bound_by == "volume", "warehouse_volume", known.coupled.bound_by)


def _bound(known: Morning, moq: Floats, pack: Floats) -> NDArray[np.str_]:
    """What kept the quantity from being another: a limit of all orders, moq, shelf_capacity, pack or none, (n,)."""
    units, room, held = known.worked.units, known.state.room_units, held_by(known)
    least = np.ceil(np.maximum(moq, 1) / pack) * pack
    at_least, at_most = (units > 0) & (units == least), (units > 0) & (units + pack > room)
    causes = {"moq": at_least & (moq > pack), "shelf_capacity": at_most, "pack": at_least & (pack > 1)}
    return np.select([held != "", *causes.values()], [held, *causes], "none")
