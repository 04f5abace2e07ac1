"""What stands behind the main clause of an order line: shelf, urgency, orders under way, and what was assumed."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ordercast.language import phrase
from ordercast.orders import supply
from ordercast.orders.assumed import FIGURES
from ordercast.orders.lots import LONGEST_LOT_DAYS
from ordercast.orders.words import Words

LATE_ORDERS_NAMED = 3
MUCH = 0.1  # of an order


def never_fits(part: pd.DataFrame, words: Words) -> list[str]:
    """That the least order is more than the shelf holds."""
    return words.say(
        "but the least %(supplier)s delivers is %(least)s, which the shelf of %(capacity)s never holds",
        supplier=part["supplier_id"],
        least=words.numbers(part["least_units"]),
        capacity=words.numbers(part["capacity"]),
    )


def lasts_too_long(told: pd.DataFrame) -> "pd.Series[bool]":
    """Whether much of an order outlives the shelf life, or a year, before it is used."""
    too_many = told["quantity_units"] - told["keep_units"]
    yearly = (told["lot_days"] == LONGEST_LOT_DAYS) & (told["shelf_life_days"] > LONGEST_LOT_DAYS)  # said already
    return (too_many >= np.maximum(MUCH * told["quantity_units"], 1.0)) & ~yearly


def spoils(part: pd.DataFrame, words: Words) -> list[str]:
    """What of the order nobody will use in time."""
    return words.choose(
        [
            phrase("about %(units)s of it would spoil: %(used)s are used within the shelf life of %(days)s"),
            phrase("about %(units)s of it would spoil"),
            phrase("more than the %(used)s of a year's demand"),
        ],
        np.select([part["shelf_life_days"] > LONGEST_LOT_DAYS, np.isfinite(part["lot_days"])], [2, 1], 0),
        units=words.numbers(part["quantity_units"] - part["keep_units"]),
        used=words.numbers(part["keep_units"]),
        days=words.days(part["shelf_life_days"].where(np.isfinite(part["shelf_life_days"]), 0.0)),
    )


def urgent(part: pd.DataFrame, today: pd.Timestamp, words: Words) -> list[str]:
    """From when stock is short, where no supplier delivers before it runs out."""
    return words.say(
        "urgent: stock is short from %(short)s, %(supplier)s delivers on %(first)s at the earliest",
        short=words.dates(today + pd.to_timedelta(np.ceil(part["runs_out_days"]), unit="D")),
        supplier=part["supplier_id"],
        first=words.dates(today + pd.to_timedelta(np.ceil(part["lead_time_days"]), unit="D")),
    )


def due_later(part: pd.DataFrame, words: Words) -> list[str]:
    """What of the open orders comes too late to be counted on."""
    return words.say("%(units)s more on order is due later", units=words.numbers(part["later_units"]))


def overdue(product: "pd.Series[int]", due: pd.DataFrame, words: Words) -> Sequence[str]:
    """The orders that were due before today or have no date: they are named, and whether they are counted on."""
    late = due[~(due["due_days"] >= 0)]
    fates = words.choose(
        [
            phrase("order %(order)s due %(day)s is overdue and not counted"),
            phrase("order %(order)s due %(day)s is overdue, expected any day"),
            phrase("order %(order)s without a due date not counted"),
        ],
        np.select([supply.counted_on(late["due_days"]), late["due_on"].isna()], [1, 2], 0),
        order=late["order_id"],
        day=words.dates(late["due_on"]),
    )
    named: dict[int, list[str]] = {}
    for of, fate in zip(late["product"], fates, strict=True):
        named.setdefault(of, []).append(fate)
    texts = {}
    for of, told in named.items():
        more = len(told) - LATE_ORDERS_NAMED
        rest = [words.voice.count("%(n)s more late order", "%(n)s more late orders", more)] if more > 0 else []
        texts[of] = "; ".join([*told[:LATE_ORDERS_NAMED], *rest])
    return [texts.get(of, "") for of in product]


def assumed(told: pd.DataFrame, words: Words) -> Sequence[str]:
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
    texts: dict[str, tuple[str, Callable[[list[float]], list[str]]]] = {
        "lead_time_days": (phrase("lead time %(figure)s"), words.days),
        "lead_time_sd_days": (phrase("lead time spread %(figure)s"), words.days),
        "moq_units": (phrase("minimum order %(figure)s"), words.numbers),
        "pack_units": (phrase("pack of %(figure)s"), words.numbers),
        "order_cost": (phrase("order cost %(figure)s"), words.money),
        "holding_rate_per_year": (phrase("holding %(figure)s a year"), words.shares),
    }
    figures = []
    for name, value in zip(names, values, strict=True):
        text, write = texts[name]
        figures.append(words.voice.say(text, figure=write([value])[0]))
    return words.voice.say("assumed %(figures)s", figures=", ".join(figures))
