"""The orders of a morning within a budget, the room of the warehouse, and suppliers' minimum orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast.language import phrase
from ordercast.orders import choices, leads, supply
from ordercast.orders.choices import Choices
from ordercast.orders.coupling import Coupled, couple
from ordercast.orders.fixed import NO_ORDERS, Fixed
from ordercast.orders.planner import Worked
from ordercast.orders.words import Words
from ordercast.orders.world import Bools, Floats, Ints, World

NONE, NAMED = np.zeros(0), 3  # suppliers that a sentence names


@dataclass(frozen=True)
class Limits:
    """What today's orders must keep to together.

    budget: money, room: volume they may take; None: no limit. overfull: volume that stock and orders take beyond the
    warehouse's. unit_volume: (products,), empty: none is known;
    unmeasured: how many products are taken to need no room. Of suppliers: names, (suppliers,); minimum: (suppliers,)
    money that their lines come to at least if there are any; supplier: (series,) places in the two, empty: no minimum.
    """

    budget: float | None = None
    room: float | None = None
    overfull: float = 0.0
    unit_volume: Floats = field(default_factory=lambda: NONE)
    unmeasured: int = 0
    names: NDArray[np.object_] = field(default_factory=lambda: np.zeros(0, dtype=object))
    minimum: Floats = field(default_factory=lambda: NONE)
    supplier: Ints = field(default_factory=lambda: NONE.astype(np.int64))

    def minimum_beside(self, spent: Floats) -> Floats | None:
        """What is left of the minima beside orders for so much, (suppliers,); None without any."""
        return np.maximum(self.minimum - spent, 0.0) if len(self.supplier) else None

    @property
    def any(self) -> bool:
        return self.budget is not None or self.room is not None or bool((self.minimum > 0).any())


def wanted(budget: float | None, warehouse_volume: float | None, suppliers: pd.DataFrame) -> bool:
    """Whether anything couples the orders of a day."""
    return budget is not None or warehouse_volume is not None or bool((suppliers["min_order_value"] > 0).any())


def of(
    world: World,
    lines: pd.DataFrame,
    trusted: Bools,
    *,
    budget: float | None,
    warehouse_volume: float | None,
    products: pd.DataFrame,
    suppliers: pd.DataFrame,
    stock: pd.DataFrame,
    open_orders: pd.DataFrame,
) -> Limits:
    """What the settings and tables leave for the orders of a world, those of its `trusted` products the planner's.

    lines: of all products, those of the ERP rule. Those of other products take their part first: of money, and of room
    beside all that is on hand and on order, and count towards their suppliers' minima.
    """
    others = lines[~lines["product_id"].isin(world.product_ids)]
    names, supplier = np.unique(world.supplier_ids.astype(str), return_inverse=True)
    asked = suppliers.groupby("supplier_id")["min_order_value"].max().reindex(names).fillna(0.0).to_numpy(np.float64)
    theirs = others.groupby("supplier_id")["total_cost"].sum().reindex(names).fillna(0.0).to_numpy(np.float64)
    volume = products.set_index("product_id")["unit_volume"].astype("float64")
    room, overfull = None, 0.0
    if warehouse_volume is not None:
        ordered = supply.orders_due(open_orders, volume.index, pd.Timestamp(world.dates[-1]))
        ordered = ordered[supply.counted_on(ordered["due_days"])]
        taken = [
            (stock["product_id"], stock["on_hand_units"]),
            (volume.index.to_series().iloc[ordered["product"]], ordered["quantity_units"]),
            (others["product_id"], others["quantity_units"]),
        ]
        used = sum(float(np.nansum(volume.reindex(ids).to_numpy() * units.to_numpy())) for ids, units in taken)
        room, overfull = max(warehouse_volume - used, 0.0), max(used - warehouse_volume, 0.0)
    own = volume.reindex(world.product_ids.tolist())
    return Limits(
        budget=None if budget is None else max(budget - float(others["total_cost"].sum()), 0.0),
        room=room,
        overfull=overfull,
        unit_volume=np.nan_to_num(own.to_numpy(np.float64)),
        unmeasured=int(own.isna().to_numpy()[trusted].sum()),
        names=names.astype(object),
        minimum=np.maximum(asked - theirs, 0.0),
        supplier=supplier.astype(np.int64),
    )


def under_minimum(lines: pd.DataFrame, suppliers: pd.DataFrame, words: Mapping[str, Words]) -> pd.DataFrame:
    """The lines, those to be placed today of a supplier who gets less than his minimum order value saying so.

    words: the columns of the lines that hold reasons, and the words of each.
    """
    buys = lines["quantity_units"] > 0
    asked = lines["supplier_id"].map(suppliers.groupby("supplier_id")["min_order_value"].max()).fillna(0.0)
    total = lines["total_cost"].where(buys, 0.0).groupby(lines["supplier_id"]).transform("sum")
    short = buys & (total < asked)
    told = {}
    for column, each in words.items():
        texts = each.say(
            "%(reason)s All lines to %(supplier)s come to %(total)s, under its minimum of %(least)s.",
            reason=lines.loc[short, column],
            supplier=lines.loc[short, "supplier_id"],
            total=each.money(total[short]),
            least=each.money(asked[short]),
        )
        told[column] = lines[column].mask(short, pd.Series(texts, index=lines.index[short], dtype="str"))
    return lines.assign(**told)


def within(
    worked: Worked, limits: Limits, quote: Floats, trusted: Bools, floor_units: Floats, fixed: Fixed = NO_ORDERS
) -> tuple[Worked, Coupled]:
    """The decision with which the orders of trusted products keep the limits, at today's quotes, as their lines say.

    quote: (series,); floor_units: (products,) that the reorder point asks for, which are bought first (0: none). fixed:
    orders of other products, bought as first, whole or not at all; of those without one the decision stays as it is.
    Those that are placed count towards their suppliers' minima, which do not bind them.
    """
    products = len(worked.units)
    pool = choices.choices(
        worked.parts,
        products,
        supplier=limits.supplier[worked.offers] if len(limits.supplier) else None,
        volume_per_unit=limits.unit_volume if len(limits.unit_volume) else None,
        floor_units=np.where(trusted, floor_units, 0.0),
        for_floor=worked.for_floor,
        quote=quote[worked.offers],
    )
    own = pool.lines[trusted[pool.lines["product"]]]
    nobody = max(int(own["supplier"].max(initial=-1)) + 1, len(limits.minimum))  # a supplier who asks for no minimum
    theirs, costs = fixed.lines(nobody, limits.unit_volume, len(pool.curve))
    _, row, units = leads.best_actions([(one, found) for one, _, found in worked.parts], products)
    row, units, floor = np.where(trusted, row, -1), np.where(trusted, units, 0.0), pool.floor & trusted
    row[fixed.product], units[fixed.product], floor[fixed.product] = fixed.row, fixed.units, True
    pool = choices.from_lines(
        np.concatenate([own, theirs]),
        np.concatenate([pool.curve, costs]),
        products,
        wanted=(row, units),
        floor=floor,
    )
    found = _with_minima(pool, limits, fixed)
    series = np.append(worked.offers, -1)[np.minimum(found.supplier_row, len(worked.offers))]
    bound = trusted.copy()
    bound[fixed.product] = True
    decided = replace(
        worked,
        series=np.where(bound, series, worked.series),
        units=np.where(bound, found.units, worked.units),
    )
    return decided, found


def _with_minima(pool: Choices, limits: Limits, fixed: Fixed) -> Coupled:
    """The orders within the limits, an order that is held back filling nobody's minimum."""

    def beside(placed: Bools) -> tuple[Coupled, Bools]:
        minimum = limits.minimum_beside(fixed.spent_at(limits.names, placed))
        found = couple(pool, budget=limits.budget, room=limits.room, minimum=minimum)
        return found, found.units[fixed.product] > 0

    counted = np.ones(len(fixed.product), dtype=np.bool_)
    found, placed = beside(counted)
    while (counted & ~placed).any():
        counted = counted & placed
        found, placed = beside(counted)
    if (placed & ~counted).any():  # held back at first, and placed when others were
        whole, still = beside(placed)
        found = whole if still[placed].all() else found
    return found


def said(found: Coupled, limits: Limits, words: Words) -> str:
    """The limits in sentences: what is used of each, whom it binds, and what one more of it would return."""
    parts = []
    if limits.budget is not None:
        parts.append(_budget(found, limits.budget, words))
    if limits.room is not None:
        parts.append(_room(found, limits.room, words))
    if limits.overfull > 0:
        text = phrase("Stock and orders on their way take %(more)s more than the warehouse holds.")
        parts.append(words.voice.say(text, more=words.voice.number(limits.overfull, 1)))
    if limits.room is not None and limits.unmeasured:
        parts.append(
            words.voice.count(
                "%(n)s product without unit_volume is taken to need none of it.",
                "%(n)s products without unit_volume are taken to need none of it.",
                limits.unmeasured,
            )
        )
    if (limits.minimum > 0).any():
        parts.append(_minima(found, limits, words))
    missed = int(found.floor_missed.sum())
    if missed:
        parts.append(
            words.voice.count(
                "%(n)s product stays under its reorder point.", "%(n)s products stay under their reorder point.", missed
            )
        )
    if found.gap > 0:
        share = words.voice.number(float(f"{found.gap:.2g}"), 9)
        parts.append(
            words.voice.say("No plan within these limits is better by more than %(share)s of the cost.", share=share)
        )
    return " ".join(parts)


def _budget(found: Coupled, budget: float, words: Words) -> str:
    voice = words.voice
    told = {"budget": voice.money(budget), "spent": voice.money(found.spent)}
    if found.too_small(budget):
        text = phrase("The budget of %(budget)s does not pay the smallest order, %(least)s: none is placed.")
        return voice.say(text, **told, least=voice.money(found.least_order))
    cut = int((found.bound_by == "budget").sum())
    if not cut:
        return voice.say("The budget of %(budget)s does not bind: %(spent)s are spent.", **told)
    return voice.count(
        "The budget of %(budget)s cuts %(n)s product, %(spent)s are spent; one more of it would return %(more)s.",
        "The budget of %(budget)s cuts %(n)s products, %(spent)s are spent; one more of it would return %(more)s.",
        cut,
        **told,
        more=voice.money(found.budget_multiplier),
    )


def _room(found: Coupled, room: float, words: Words) -> str:
    voice = words.voice
    told = {"room": voice.number(room, 1), "taken": voice.number(found.volume, 1)}
    cut = int((found.bound_by == "volume").sum())
    if not cut:
        return voice.say("The warehouse's room for %(room)s does not bind: %(taken)s are taken.", **told)
    if not room:
        return voice.count(
            "The warehouse is full: the order of %(n)s product is not placed.",
            "The warehouse is full: the orders of %(n)s products are not placed.",
            cut,
        )
    return voice.count(
        "The warehouse's room for %(room)s cuts %(n)s product, %(taken)s are taken; one more of it would return "
        "%(more)s.",
        "The warehouse's room for %(room)s cuts %(n)s products, %(taken)s are taken; one more of it would return "
        "%(more)s.",
        cut,
        **told,
        more=voice.money(found.volume_multiplier),
    )


def _minima(found: Coupled, limits: Limits, words: Words) -> str:
    voice = words.voice
    changed = int((found.bound_by == "supplier_minimum").sum())
    short = np.flatnonzero(found.shortfall > 0)
    if not changed and not len(short):
        return voice.say("No supplier's minimum order value binds.")
    text = voice.count(
        "Suppliers' minimum order values change %(n)s product",
        "Suppliers' minimum order values change %(n)s products",
        changed,
    )
    if len(short):
        first = short[:NAMED]
        lacks = words.money(found.shortfall[first])
        named = ", ".join(words.say("%(supplier)s (%(lack)s short)", supplier=limits.names[first].tolist(), lack=lacks))
        if len(short) > NAMED:
            named = voice.say("%(named)s and %(n)s more", named=named, n=voice.number(len(short) - NAMED))
        text = voice.say("%(changes)s; without an order stay %(suppliers)s", changes=text, suppliers=named)
    return text + "."


def report(found: Coupled | None, limits: Limits) -> dict[str, Any] | None:
    """The limits as plain JSON values, None without any."""
    if found is None:
        return None
    return {
        "budget": limits.budget,
        "spent": round(found.spent, 2),
        "budget_multiplier": round(found.budget_multiplier, 6),
        "room": limits.room,
        "overfull": round(limits.overfull, 6),
        "volume": round(found.volume, 6),
        "volume_multiplier": round(found.volume_multiplier, 6),
        "suppliers_below_minimum": int((found.shortfall > 0).sum()),
        "products_bound": {
            name: int((found.bound_by == name).sum()) for name in ("budget", "volume", "supplier_minimum")
        },
        "floors_missed": int(found.floor_missed.sum()),
        "gap_to_dual_bound": float(f"{found.gap:.3g}"),
    }
