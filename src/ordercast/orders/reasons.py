"""The sentence behind every order line: what was counted, what decided, what was assumed."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ordercast.orders import supply, tiers
from ordercast.orders.supply import FIGURES, Stock
from ordercast.orders.words import Words

LONGEST_COVER_DAYS = 365
LATE_ORDERS_NAMED = 3
URGENT = "; urgent: "  # marks the lines whose stock runs out before anyone delivers; counted by readers


def sentences(lines: pd.DataFrame, held: Stock, *, today: pd.Timestamp, currency: str, locale: str) -> "pd.Series[str]":
    """One English sentence per line, numbers, money and dates as `locale` writes them; index of `lines`.

    lines: the table of orders.erp before it is cut to the order columns. Its `situation` chooses the words:
    buy, enough (stock is), shelf (the order does not fit), no_demand, ended, no_forecast or unquoted.
    """
    words = Words(currency, locale)
    product = lines["product"].to_numpy(np.int64)
    told = lines.assign(
        on_hand=held.on_hand[product],
        runs_out_days=held.days_covered[product],
        stock_known=held.known[product],
        capacity=held.capacity[product],
        later_units=held.open_orders[product] - held.late_orders[product] - lines["on_order_units"],
        quote_age_days=(today - pd.to_datetime(lines["last_quote_on"])).dt.days,
    )
    main = np.full(len(lines), "", dtype=object)
    for situation, say in SENTENCES.items():
        there = (told["situation"] == situation).to_numpy(np.bool_)
        main[there] = say(told[there], words)
    clauses: list[Sequence[str]] = [
        main.tolist(),
        _never_fits(told, words),
        _urgent(told, today, words),
        _due_later(told, words),
        np.where(held.known[product], "", "; stock unknown, taken as 0").tolist(),
        _overdue(told["product"], held.due, words),
        _assumed(told, words),
    ]
    texts = ["".join(parts).rstrip(".") + "." for parts in zip(*clauses, strict=True)]
    return pd.Series(texts, index=lines.index, dtype="str")


def _buy(part: pd.DataFrame, words: Words) -> list[str]:
    rows = zip(
        part["supplier_id"],
        words.numbers(part["quantity_units"]),
        words.money(part["unit_price"]),
        tiers.said(part["discount"].to_numpy(), part["tier_units"].to_numpy(), words),
        words.numbers(part["on_hand"]),
        words.numbers(part["on_order_units"]),
        _cover(part, words),
        words.days(part["lead_time_days"]),
        _reorder_point(part, words),
        _lot(part, words),
        _choice(part),
        strict=True,
    )
    return [
        f"Buy {quantity} from {supplier} at {price}{tier}: stock {hand} + {order} on order covers {cover}, "
        f"{supplier} delivers in {lead}; reorder point {point}, {lot}{choice}"
        for supplier, quantity, price, tier, hand, order, cover, lead, point, lot, choice in rows
    ]


def _cover(part: pd.DataFrame, words: Words) -> list[str]:
    whole = np.floor(part["days_covered"].clip(upper=LONGEST_COVER_DAYS).to_numpy())
    more = f"more than {LONGEST_COVER_DAYS} days"
    texts = words.days(whole)
    return [more if days == LONGEST_COVER_DAYS else text for days, text in zip(whole, texts, strict=True)]


def _reorder_point(part: pd.DataFrame, words: Words) -> list[str]:
    points, demands, safeties = (
        words.numbers(part[name]) for name in ("reorder_point", "demand_units", "safety_units")
    )
    return [
        f"{point} (demand {demand} + safety {safety})"
        for point, demand, safety in zip(points, demands, safeties, strict=True)
    ]


def _lot(part: pd.DataFrame, words: Words) -> list[str]:
    """What set the quantity: the economic lot or the shortage, and what changed it."""
    texts = []
    for wanted, bound, moq, packs, pack, room, capacity in zip(
        _wanted(part, words),
        part["bound"],
        words.numbers(part["moq_units"]),
        words.numbers(part["quantity_units"] / part["pack_units"]),
        words.numbers(part["pack_units"]),
        words.numbers(part["room_units"]),
        words.numbers(part["capacity"]),
        strict=True,
    ):
        in_packs = f"{packs} pack{'' if packs == '1' else 's'} of {pack}"
        and_packs = "" if pack == "1" else f" and to {in_packs}"
        change = {
            "none": "",
            "moq": f", raised to the minimum order of {moq}{and_packs}",
            "pack": f", rounded up to {in_packs}",
            "shelf_capacity": f", cut to the room for {room} on the shelf of {capacity}{and_packs}",
        }
        texts.append(wanted + change[bound])
    return texts


def _wanted(part: pd.DataFrame, words: Words) -> list[str]:
    """The quantity before minimum, packs and shelf: the economic lot, cut where it would spoil, or the shortage."""
    texts = []
    for wish, lot, days, told in zip(
        words.numbers(part["wish_units"]),
        words.numbers(part["economic_lot"]),
        part["lot_days"],
        words.days(part["lot_days"].where(np.isfinite(part["lot_days"]), 0)),
        strict=True,
    ):
        if np.isnan(days):
            texts.append(f"{wish} missing to the reorder point")
        elif np.isinf(days):
            texts.append(f"economic lot {wish}")
        else:
            why = "a year" if days == LONGEST_COVER_DAYS else f"the shelf life of {told}"
            texts.append(f"economic lot {lot} cut to {wish}, the demand of {why}")
    return texts


def _choice(part: pd.DataFrame) -> list[str]:
    """Why this supplier, where there was a choice and nothing urgent about it."""
    texts = []
    counts = (part[name].astype("int64") for name in ("in_time", "candidates"))
    for late, in_time, candidates in zip(part["late"], *counts, strict=True):
        if late or candidates == 1:
            texts.append("")
        elif in_time == 1:
            texts.append(f"; the only one of {candidates} suppliers in time")
        else:
            texts.append(f"; the cheapest of {in_time} suppliers in time")
    return texts


def _enough(part: pd.DataFrame, words: Words) -> list[str]:
    rows = zip(
        words.numbers(part["on_hand"]),
        words.numbers(part["on_order_units"]),
        _cover(part, words),
        _reorder_point(part, words),
        _expected(part, words),
        strict=True,
    )
    return [
        f"Wait: {hand} in stock{'' if order == '0' else f' + {order} on order'} covers {cover}, "
        f"above the reorder point of {point}; expected to reach it {day}"
        for hand, order, cover, point, day in rows
    ]


def _expected(part: pd.DataFrame, words: Words) -> list[str]:
    days = words.dates(part["order_on"])
    return [
        f"not before {day}" if beyond else f"on {day}" for beyond, day in zip(part["not_before"], days, strict=True)
    ]


def _shelf(part: pd.DataFrame, words: Words) -> list[str]:
    rows = zip(
        part["supplier_id"],
        words.numbers(part["position_units"]),
        words.numbers(part["reorder_point"]),
        words.numbers(part["capacity"]),
        words.numbers(part["room_units"].clip(lower=0)),
        words.numbers(part["least_units"]),
        part["least_units"] > part["capacity"],
        _expected(part, words),
        strict=True,
    )
    return [
        f"Wait: {position} in stock and on order is not above the reorder point of {point}, but the shelf of "
        f"{capacity} has room for {room} beside stock and all open orders and the least {supplier} delivers is "
        f"{least}; {'it will never fit' if never else f'room expected {day}'}"
        for supplier, position, point, capacity, room, least, never, day in rows
    ]


def _no_demand(part: pd.DataFrame, words: Words) -> list[str]:
    return [
        f"Wait: {'the forecast expects no demand' if days else 'no demand forecast'}, {hand} in stock"
        for days, hand in zip(part["forecast_days"], words.numbers(part["on_hand"]), strict=True)
    ]


def _no_price(part: pd.DataFrame, words: Words) -> list[str]:
    ages, days = words.days(part["quote_age_days"]), words.dates(part["last_quote_on"])
    return [
        f"Wait: no {'current price' if situation == 'ended' else 'price forecast'}, "
        f"last quote {age} ago, on {day} from {supplier}"
        for situation, supplier, age, day in zip(part["situation"], part["supplier_id"], ages, days, strict=True)
    ]


def _unquoted(part: pd.DataFrame, words: Words) -> list[str]:
    return ["Wait: no supplier has ever quoted a price"] * len(part)


SENTENCES: dict[str, Callable[[pd.DataFrame, Words], list[str]]] = {
    "buy": _buy,
    "enough": _enough,
    "shelf": _shelf,
    "no_demand": _no_demand,
    "ended": _no_price,
    "no_forecast": _no_price,
    "unquoted": _unquoted,
}


def _never_fits(told: pd.DataFrame, words: Words) -> Sequence[str]:
    """That the least order is more than the shelf holds, where nothing is missing yet that would say so."""
    never = (told["situation"] == "enough") & (told["least_units"] > told["capacity"])
    return [
        f"; but the least {supplier} delivers is {least}, which the shelf of {capacity} never holds" if no else ""
        for no, supplier, least, capacity in zip(
            never,
            told["supplier_id"],
            words.numbers(told["least_units"].fillna(0.0)),
            words.numbers(told["capacity"].where(never, 0.0)),
            strict=True,
        )
    ]


def _urgent(told: pd.DataFrame, today: pd.Timestamp, words: Words) -> Sequence[str]:
    """From when stock is short, where no supplier delivers before it runs out; unknown stock is no emergency."""
    part = told[told["late"] & told["stock_known"]]
    shorts = words.dates(today + pd.to_timedelta(np.ceil(part["runs_out_days"]), unit="D"))
    firsts = words.dates(today + pd.to_timedelta(np.ceil(part["lead_time_days"]), unit="D"))
    texts = [
        f"{URGENT}stock is short from {short}, {supplier} delivers on {first} at the earliest"
        for supplier, short, first in zip(part["supplier_id"], shorts, firsts, strict=True)
    ]
    return pd.Series(texts, index=part.index, dtype="object").reindex(told.index, fill_value="").tolist()


def _due_later(told: pd.DataFrame, words: Words) -> Sequence[str]:
    units = told["later_units"].fillna(0.0).round(6)
    return [
        f"; {text} more on order is due later" if more else ""
        for more, text in zip(units > 0, words.numbers(units), strict=True)
    ]


def _overdue(product: "pd.Series[int]", due: pd.DataFrame, words: Words) -> Sequence[str]:
    """The orders that were due before today or have no date: they are named, and whether they are counted on."""
    late = due[~(due["due_days"] >= 0)]
    counted = supply.counted_on(late["due_days"])
    texts: dict[int, str] = {}
    more: dict[int, int] = {}
    days = words.dates(late["due_on"])
    for of, order, day, still in zip(late["product"], late["order_id"], days, counted, strict=True):
        more[of] = more.get(of, 0) + 1
        if more[of] <= LATE_ORDERS_NAMED:
            fault = "without a due date" if day == "no date" else f"due {day} is overdue and"
            fate = f"due {day} is overdue, expected any day" if still else f"{fault} not counted"
            texts[of] = texts.get(of, "") + f"; order {order} {fate}"
    for of, count in more.items():
        if count > LATE_ORDERS_NAMED:
            texts[of] += f"; {count - LATE_ORDERS_NAMED} more late orders"
    return [texts.get(of, "") for of in product]


def _assumed(told: pd.DataFrame, words: Words) -> Sequence[str]:
    """The figures that the tables lack, with the values taken instead."""
    rows = told[["assumed", *FIGURES]].to_numpy(object)
    places = {label: [FIGURES.index(name) + 1 for name in label.split(",") if name] for label in set(rows[:, 0])}
    texts: dict[tuple[Any, ...], str] = {}
    clauses = []
    for row in rows.tolist():
        taken = (row[0], *(row[place] for place in places[row[0]]))
        if taken not in texts:
            texts[taken] = _assumption(row[0].split(","), list(taken[1:]), words) if row[0] else ""
        clauses.append(texts[taken])
    return clauses


def _assumption(names: list[str], values: list[float], words: Words) -> str:
    texts: dict[str, Callable[[list[float]], str]] = {
        "lead_time_days": lambda days: f"lead time {words.days(days)[0]}",
        "lead_time_sd_days": lambda days: f"lead time spread {words.days(days)[0]}",
        "moq_units": lambda units: f"minimum order {words.numbers(units)[0]}",
        "pack_units": lambda units: f"pack of {words.numbers(units)[0]}",
        "order_cost": lambda cost: f"order cost {words.money(cost)[0]}",
        "holding_rate_per_year": lambda rate: f"holding {words.shares(rate)[0]} a year",
    }
    return "; assumed " + ", ".join(texts[name]([value]) for name, value in zip(names, values, strict=True))
