"""Value curves: what other quantities of today than the planned one would cost, save, serve and last.

All figures of a product's points come from the programme that decided on it (`Worked.worth`), so that the planned
quantity has those of its order line. Units lost are the slope of that cost in what a lost unit counts (`service`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ordercast.orders import choices, coverage, planned, service, tiers, timing
from ordercast.orders.planned import Morning, Spoken
from ordercast.orders.world import Bools, Floats, Ints

EVEN = 19  # points spread evenly, beside 0, the planned quantity, the ERP rule's, and the first ones of floor and tiers
COLUMNS = {
    "product_id": "str",
    "supplier_id": "str",
    "quantity_units": "int64",
    "spend": "float64",  # money of today, discounts taken off
    "cost": "float64",  # expected, of all that is still to come, over that of the product's best point
    "expected_saving": "float64",  # against the ERP rule, with its band, as in the order lines
    "saving_p10": "float64",
    "saving_p90": "float64",
    "fill": "float64",  # expected share of demand served that an order of today or later can reach; NaN: not known
    "demand_value": "float64",  # that demand at usual prices, the same in all rows of a product
    "cover_days": "float64",  # whole days of stock, orders and this purchase, at most those of the forecast; NaN
    "planned": "bool",  # the plan's own point
    "erp": "bool",  # the ERP rule's
    "choosable": "bool",  # may be taken in its stead; False: another supplier's, or a limit of the warehouse's or his
    "priced": "bool",  # by a programme; False: by its spend alone, as nothing more is known
    "floor_units": "float64",  # that the reorder point asks for today at least, the same in all rows of a product
    "moq_units": "float64",  # terms of the supplier
    "pack_units": "float64",
    "room_units": "float64",  # what the shelf still takes, the same in all rows of a product; NaN: no limit
}
NO_CURVES = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})


def of_morning(erp: pd.DataFrame, known: Morning, trusted: Bools) -> pd.DataFrame:
    """The points of a world's products, sorted; columns: COLUMNS.

    erp, trusted: as in `planned.lines`. A product that the planner plans has 0, quantities spread over all that its
    line's supplier and the shelf allow, and the ERP rule's; any other has 0 and the ERP rule's, of which the rule's
    counts as the best: the planner is not trusted there. A product whose rule buys where no programme can price it is
    left to `whole`.
    """
    rule = Spoken.of(erp.set_index("product_id"), known.world, known.view, known.worked)
    mine = rule.planned(known.world, trusted)
    ground = erp.set_index("product_id").loc[known.world.product_ids.tolist()]
    unseen = ~mine & (rule.erp_series < 0) & (ground["quantity_units"] > 0).to_numpy()
    points = _points(known, rule, mine)
    points = points[~unseen[points["product"]]].reset_index(drop=True)
    points = _priced(_served(points, known), known, rule, mine)
    return _told(points, ground, known, rule, mine)


def whole(parts: Sequence[pd.DataFrame], lines: pd.DataFrame) -> pd.DataFrame:
    """The points of all products: `parts`, and 0 and the rule's quantity of those who buy and are in none of them.

    What nothing is known of is worth what is spent on it, and `priced` is False.
    """
    known = pd.concat([NO_CURVES, *parts], ignore_index=True)
    rest = lines[(lines["quantity_units"] > 0) & ~lines["product_id"].isin(known["product_id"])]
    bought = rest.assign(
        spend=rest["total_cost"],
        cost=0.0,
        fill=np.nan,
        demand_value=0.0,
        cover_days=rest["days_of_cover"],
        planned=True,
        erp=True,
        choosable=True,
        priced=False,
        floor_units=rest["quantity_units"].astype("float64"),
    )
    gone = bought.assign(quantity_units=0, spend=0.0, cost=bought["spend"], cover_days=np.nan, planned=False, erp=False)
    for name in ("expected_saving", "saving_p10", "saving_p90"):
        gone[name] = -bought["spend"]
    both: pd.DataFrame = pd.concat([bought, gone])
    table = pd.concat([known, both[list(COLUMNS)].astype(COLUMNS)], ignore_index=True).astype(COLUMNS)
    return table.sort_values(["product_id", "supplier_id", "quantity_units"], ignore_index=True)


def _line(rule: Spoken, mine: Bools) -> Ints:
    """The series of each product's line, or one that is offered, (products,)."""
    return np.where(mine | (rule.erp_shown < 0), rule.shown, rule.erp_shown)


def _points(known: Morning, rule: Spoken, mine: Bools) -> pd.DataFrame:
    """product, series (that of the line for 0), units, planned, erp: a row per point, sorted."""
    worked, everyone = known.worked, np.arange(len(mine))
    theirs = np.where(known.held_back, 0.0, rule.erp_units)
    series, units = np.where(mine, worked.series, rule.erp_series), np.where(mine, worked.units, theirs)
    shown = _line(rule, mine)
    told = [
        _frame(everyone, shown, np.zeros(len(mine))),
        _frame(everyone, series, units, planned=True),
        _frame(everyone, rule.erp_series, rule.erp_units, erp=True),
        *_spread(known, shown, mine),
    ]
    table = pd.concat(told, ignore_index=True)
    waits = table["units"] == 0
    table.loc[waits, "series"] = shown[table.loc[waits, "product"]]
    key = ["product", "series", "units"]
    return table.groupby(key, as_index=False)[["planned", "erp"]].any()


def _frame(product: Ints, series: Ints, units: Floats, planned: bool = False, erp: bool = False) -> pd.DataFrame:
    return pd.DataFrame({"product": product, "series": series, "units": units, "planned": planned, "erp": erp})


def _spread(known: Morning, shown: Ints, mine: Bools) -> list[pd.DataFrame]:
    """What can be ordered of the planner's products: evenly spread, and the first lots over floor and tiers."""
    worked = known.worked
    pool = choices.choices(worked.parts, len(mine), floor_units=known.floor_units).lines
    series = worked.offers[pool["row"]] if len(pool) else pool["row"]
    pool = pool[(series == shown[pool["product"]]) & mine[pool["product"]]]
    if not len(pool):
        return []
    product, begins = np.unique(pool["product"], return_index=True)
    lot, last = pool["lot_units"], pool["first_units"] + (pool["count"] - 1) * pool["lot_units"]
    first = np.minimum.reduceat(pool["first_units"], begins)
    lots = np.rint((np.maximum.reduceat(last, begins) - first) / lot[begins])
    place = np.rint(np.linspace(0, 1, EVEN)[:, None] * lots)
    spread = first + place * lot[begins]
    own = np.tile(product, EVEN)
    return [
        _frame(own, shown[own], spread.ravel()),
        _frame(pool["product"], shown[pool["product"]], pool["first_units"].astype(np.float64)),
    ]


def _served(points: pd.DataFrame, known: Morning) -> pd.DataFrame:
    """The points with saving (against waiting), fill and demand_units."""
    worked, view = known.worked, known.view
    asked, more, waiting = np.zeros((3, len(view.terms.product)))
    parts = []
    for one, problem, found in worked.parts:
        dearer, probe, added = service.probed(problem)
        parts.append((one, dearer, probe))
        rows = np.flatnonzero(one.spare_days == 0)
        own, product = worked.offers[one.suppliers[rows]], np.searchsorted(one.rows, rows, side="right") - 1
        asked[own], more[own] = service.asked_units(problem)[product], added[product]
        waiting[own] = (probe.wait - found.wait)[product]
    series, units = points["series"].to_numpy(), points["units"].to_numpy()
    ordered = np.where(units > 0, series, -1)
    saving = worked.worth(view, ordered, units)[0]
    then = replace(worked, parts=parts).worth(view, ordered, units)[0]
    known_of = more[series] > 0
    lost = np.divide(waiting[series] - (then - saving), more[series], out=np.zeros(len(points)), where=known_of)
    share = np.divide(lost, asked[series], out=np.zeros(len(points)), where=asked[series] > 0)
    fill = np.where(known_of, np.clip(1 - share, 0.0, 1.0), np.nan)
    return points.assign(saving=saving, fill=fill, demand_units=asked[series])


def _priced(points: pd.DataFrame, known: Morning, rule: Spoken, mine: Bools) -> pd.DataFrame:
    """The points with cost, expected_saving, saving_p10 and saving_p90."""
    product, units = points["product"].to_numpy(), points["units"].to_numpy()
    usual = known.worked.worth(known.view, rule.erp_series, rule.erp_units)[0]
    saving = points["saving"].to_numpy()
    best = np.where(mine, points.groupby("product")["saving"].max().reindex(range(len(mine))).to_numpy(), usual)
    cost = np.where(mine[product], best[product] - saving, np.maximum(best[product] - saving, 0.0))
    expected = np.where(mine[product], saving - usual[product], -cost)
    low, high = np.zeros((2, len(points)))
    rank = points.groupby("product").cumcount().to_numpy()
    for turn in range(int(rank.max(initial=-1)) + 1):
        at = np.flatnonzero(rank == turn)
        series, bought, gained = np.full(len(mine), -1), np.zeros(len(mine)), np.zeros(len(mine))
        own = product[at]
        series[own] = np.where(units[at] > 0, points["series"].to_numpy()[at], -1)
        bought[own], gained[own] = units[at], expected[at]
        decided = replace(known.worked, series=series, units=bought)
        when = timing.timing(known.view, known.state, decided, known.execution)
        ends = timing.band(gained, bought - rule.erp_units, when)
        low[at], high[at] = ends[0][own], ends[1][own]
    return points.assign(cost=cost, expected_saving=expected, saving_p10=low, saving_p90=high)


def _told(points: pd.DataFrame, ground: pd.DataFrame, known: Morning, rule: Spoken, mine: Bools) -> pd.DataFrame:
    """The points as the table has them; ground: the ERP rule's lines of the world's products."""
    world, terms, state = known.world, known.view.terms, known.state
    product, series, units = (points[name].to_numpy() for name in ("product", "series", "units"))
    off, _ = tiers.reached(terms.tier_units[series], terms.tier_discount[series], units)
    quote = known.view.today_price[series]
    spend = units * np.where(off > 0, np.round((1 - off) * quote, 6), quote)
    theirs = ~mine[product] & (units > 0)
    spend = np.where(theirs, ground["total_cost"].to_numpy()[product], np.where(units > 0, spend, 0.0))
    held = np.isin(planned.held_by(known), ["warehouse_volume", "supplier_minimum"]) & mine
    line = _line(rule, mine)
    floor = np.where(mine, known.floor_units, rule.erp_units)
    mean, have = known.worked.ahead.demand_mean, state.on_hand_units[product]
    due, lead, keeps_days = state.due_on(mean.shape[1]), terms.promised_days[series], terms.shelf_life_days[product]
    room = np.where(np.isfinite(state.room_units), state.room_units, np.nan)
    table = pd.DataFrame(
        {
            "product_id": world.product_ids[product],
            "supplier_id": world.supplier_ids[series],
            "quantity_units": np.rint(units),
            "spend": np.round(spend, 2),
            "cost": np.round(points["cost"], 4),
            **{name: np.round(points[name], 2) for name in ("expected_saving", "saving_p10", "saving_p90")},
            "fill": np.round(points["fill"], 6),
            "demand_value": np.round(points["demand_units"] * known.view.base_price[product], 2),
            "cover_days": coverage.lasts(mean[product], have, due[product], units, lead, keeps_days),
            "planned": points["planned"],
            "erp": points["erp"],
            "choosable": points["planned"] | ((series == line[product]) & ~held[product]),
            "priced": True,
            "floor_units": floor[product],
            "moq_units": terms.moq_units[series],
            "pack_units": terms.pack_units[series],
            "room_units": room[product],
        }
    )
    return table.astype(COLUMNS)
