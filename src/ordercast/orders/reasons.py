"""The sentence behind every order line: what was counted, what decided, what was assumed."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from ordercast.language import phrase
from ordercast.orders import remarks, tiers
from ordercast.orders.supply import Stock
from ordercast.orders.words import Words

LONGEST_COVER_DAYS = 365


def by_language(lines: pd.DataFrame, words: Mapping[str, Words]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lines with the column `reason` alone, and the reasons in every language: as in the contracts of the two.

    words: the columns of the lines that hold reasons, of `language.columns`, and the words of each.
    """
    key = ["product_id", "supplier_id"]
    parts = [
        lines[[*key, column]].set_axis([*key, "reason"], axis=1).assign(language=each.voice.language)
        for column, each in words.items()
    ]
    told = pd.concat(parts, ignore_index=True)
    return lines.drop(columns=[name for name in words if name != "reason"]), told


def sentences(lines: pd.DataFrame, held: Stock, words: Words, *, today: pd.Timestamp) -> "pd.Series[str]":
    """One sentence per line in the language of `words`; index of `lines`.

    lines: the table of orders.erp before it is cut to the order columns. Its `situation` chooses the words:
    buy, enough (stock is), shelf (the order does not fit), no_demand, ended, no_forecast or unquoted.
    """
    product = lines["product"].to_numpy(np.int64)
    told = lines.assign(
        on_hand=held.on_hand[product],
        runs_out_days=held.lasts_days[product],
        capacity=held.capacity[product],
        shelf_life_days=held.shelf_life_days[product],
        later_units=held.open_orders[product] - held.late_orders[product] - lines["on_order_units"],
        quote_age_days=(today - pd.to_datetime(lines["last_quote_on"])).dt.days,
    )
    main = np.full(len(lines), "", dtype=object)
    for situation, say in SENTENCES.items():
        there = (told["situation"] == situation).to_numpy(np.bool_)
        main[there] = say(told[there], words)
    enough = told["situation"] == "enough"
    clauses: list[Sequence[str]] = [
        main.tolist(),
        _where(told["situation"] == "buy", told, _choice, words),
        # The least order is more than the shelf holds, where nothing is missing yet that would say so.
        _where(enough & (told["least_units"] > told["capacity"]), told, remarks.never_fits, words),
        _where(remarks.lasts_too_long(told), told, remarks.spoils, words),
        _where(told["urgent"], told, lambda part, words: remarks.urgent(part, today, words), words),
        _where(told["later_units"].fillna(0.0).round(6) > 0, told, remarks.due_later, words),
        np.where(held.known[product], "", words.voice.say("stock unknown, taken as 0")).tolist(),
        remarks.overdue(told["product"], held.due, words),
        remarks.assumed(told, words),
    ]
    texts = ["; ".join(filter(None, parts)).rstrip(".") + "." for parts in zip(*clauses, strict=True)]
    return pd.Series(texts, index=lines.index, dtype="str")


def _where(
    true: "pd.Series[bool]", told: pd.DataFrame, say: Callable[[pd.DataFrame, Words], list[str]], words: Words
) -> list[str]:
    """What is said of the lines of which that is true, nothing of the others."""
    texts = np.full(len(told), "", dtype=object)
    there = true.to_numpy(np.bool_)
    texts[there] = say(told[there], words)
    said: list[str] = texts.tolist()
    return said


def _buy(part: pd.DataFrame, words: Words) -> list[str]:
    return words.say(
        "Buy %(quantity)s from %(supplier)s at %(price)s: stock %(hand)s + %(order)s on order covers %(cover)s, "
        "%(supplier)s delivers in %(lead)s; reorder point %(point)s, %(lot)s",
        quantity=words.numbers(part["quantity_units"]),
        supplier=part["supplier_id"],
        price=tiers.said(part["unit_price"], part["discount"].to_numpy(), part["tier_units"].to_numpy(), words),
        hand=words.numbers(part["on_hand"]),
        order=words.numbers(part["on_order_units"]),
        cover=_cover(part, words),
        lead=words.days(part["lead_time_days"]),
        point=_reorder_point(part, words),
        lot=_lot(part, words),
    )


def _cover(part: pd.DataFrame, words: Words) -> list[str]:
    whole = np.floor(part["days_covered"].clip(upper=LONGEST_COVER_DAYS).to_numpy())
    return words.choose(["%(days)s", phrase("more than %(days)s")], whole == LONGEST_COVER_DAYS, days=words.days(whole))


def _reorder_point(part: pd.DataFrame, words: Words) -> list[str]:
    return words.say(
        "%(point)s (demand %(demand)s + safety %(safety)s)",
        point=words.numbers(part["reorder_point"]),
        demand=words.numbers(part["demand_units"]),
        safety=words.numbers(part["safety_units"]),
    )


BOUNDS = ("none", "moq", "pack", "shelf_capacity")
CHANGES = (
    "%(wanted)s",
    phrase("%(wanted)s, raised to the minimum order of %(moq)s"),
    phrase("%(wanted)s, rounded up to %(packs)s"),
    phrase("%(wanted)s, cut to the room for %(room)s on the shelf of %(capacity)s"),
    phrase("%(wanted)s, raised to the minimum order of %(moq)s and to %(packs)s"),
    phrase("%(wanted)s, cut to the room for %(room)s on the shelf of %(capacity)s and to %(packs)s"),
)


def _lot(part: pd.DataFrame, words: Words) -> list[str]:
    """What set the quantity: the economic lot or the shortage, and what changed it."""
    bound, pack = part["bound"].to_numpy(object), words.numbers(part["pack_units"])
    plain = np.array([BOUNDS.index(each) for each in bound], dtype=np.int64)
    in_packs = (part["pack_units"].round(1) != 1).to_numpy()
    return words.choose(
        CHANGES,
        np.select([in_packs & (bound == "moq"), in_packs & (bound == "shelf_capacity")], [4, 5], plain),
        wanted=_wanted(part, words),
        moq=words.numbers(part["moq_units"]),
        packs=words.count(
            "%(n)s pack of %(pack)s", "%(n)s packs of %(pack)s", part["quantity_units"] / part["pack_units"], pack=pack
        ),
        room=words.numbers(part["room_units"]),
        capacity=words.numbers(part["capacity"]),
    )


def _wanted(part: pd.DataFrame, words: Words) -> list[str]:
    """The quantity before minimum, packs and shelf: the economic lot or the shortage, cut where it would spoil."""
    days = part["lot_days"]
    return words.choose(
        [
            phrase("economic lot %(lot)s cut to %(wish)s, the demand of the shelf life of %(days)s"),
            phrase("%(wish)s missing to the reorder point"),
            phrase("economic lot %(wish)s"),
            phrase("economic lot %(lot)s cut to %(wish)s, the demand of a year"),
            phrase("%(missing)s missing to the reorder point, cut to %(wish)s: no more keeps until it is used"),
        ],
        np.select(
            [
                days.isna() & (part["wish_units"] < part["missing_units"]),
                days.isna(),
                np.isinf(days),
                days == LONGEST_COVER_DAYS,
            ],
            [4, 1, 2, 3],
            0,
        ),
        missing=words.numbers(part["missing_units"]),
        wish=words.numbers(part["wish_units"]),
        lot=words.numbers(part["economic_lot"]),
        days=words.days(days.where(np.isfinite(days), 0)),
    )


def _choice(part: pd.DataFrame, words: Words) -> list[str]:
    """Why this supplier, where there was a choice and nothing urgent about it."""
    in_time, candidates = (part[name].astype("int64") for name in ("in_time", "candidates"))
    return words.choose(
        [
            phrase("the cheapest of %(in_time)s suppliers in time"),
            phrase("the only one of %(candidates)s suppliers in time"),
            "",
        ],
        np.select([part["late"] | (candidates == 1), in_time == 1], [2, 1], 0),
        in_time=words.numbers(in_time),
        candidates=words.numbers(candidates),
    )


def _enough(part: pd.DataFrame, words: Words) -> list[str]:
    return words.choose(
        [
            phrase(
                "Wait: %(hand)s in stock covers %(cover)s, above the reorder point of %(point)s; expected to reach it "
                "%(day)s"
            ),
            phrase(
                "Wait: %(hand)s in stock + %(order)s on order covers %(cover)s, above the reorder point of %(point)s; "
                "expected to reach it %(day)s"
            ),
        ],
        part["on_order_units"].round(1) != 0,
        hand=words.numbers(part["on_hand"]),
        order=words.numbers(part["on_order_units"]),
        cover=_cover(part, words),
        point=_reorder_point(part, words),
        day=_expected(part, words),
    )


def _expected(part: pd.DataFrame, words: Words) -> list[str]:
    which = [phrase("on %(day)s"), phrase("by %(day)s"), phrase("not before %(day)s")]
    place = np.select([part["not_before"], part["reviewed"]], [2, 1], 0)
    return words.choose(which, place, day=words.dates(part["order_on"]))


def _shelf(part: pd.DataFrame, words: Words) -> list[str]:
    now = words.say(
        "Wait: %(position)s in stock and on order is not above the reorder point of %(point)s, but the shelf of "
        "%(capacity)s has room for %(room)s beside stock and open orders and the least %(supplier)s delivers is "
        "%(least)s",
        position=words.numbers(part["position_units"]),
        point=words.numbers(part["reorder_point"]),
        capacity=words.numbers(part["capacity"]),
        room=words.numbers(part["room_units"].clip(lower=0)),
        supplier=part["supplier_id"],
        least=words.numbers(part["least_units"]),
    )
    then = words.choose(
        [phrase("room expected %(day)s"), phrase("it will never fit")],
        part["least_units"] > part["capacity"],
        day=_expected(part, words),
    )
    return ["; ".join(both) for both in zip(now, then, strict=True)]


def _no_demand(part: pd.DataFrame, words: Words) -> list[str]:
    return words.choose(
        [
            phrase("Wait: no demand forecast, %(hand)s in stock"),
            phrase("Wait: the forecast expects no demand, %(hand)s in stock"),
        ],
        part["forecast_days"] > 0,
        hand=words.numbers(part["on_hand"]),
    )


def _no_price(part: pd.DataFrame, words: Words) -> list[str]:
    return words.choose(
        [
            phrase("Wait: no price forecast, last quote %(age)s ago, on %(day)s from %(supplier)s"),
            phrase("Wait: no current price, last quote %(age)s ago, on %(day)s from %(supplier)s"),
        ],
        part["situation"] == "ended",
        age=words.days(part["quote_age_days"]),
        day=words.dates(part["last_quote_on"]),
        supplier=part["supplier_id"],
    )


def _unquoted(part: pd.DataFrame, words: Words) -> list[str]:
    return [words.voice.say("Wait: no supplier has ever quoted a price")] * len(part)


SENTENCES: dict[str, Callable[[pd.DataFrame, Words], list[str]]] = {
    "buy": _buy,
    "enough": _enough,
    "shelf": _shelf,
    "no_demand": _no_demand,
    "ended": _no_price,
    "no_forecast": _no_price,
    "unquoted": _unquoted,
}
