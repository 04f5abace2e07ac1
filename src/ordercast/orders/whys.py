"""The sentence behind a line of the planner: what today's price is beside the one to compare with, and what then."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ordercast.orders import tiers
from ordercast.orders.words import Words

AS_THE_RULE = "The planner agrees with the ERP rule. "
BY_THE_RULE = " The ERP rule: "
HELD = {
    "": "",
    "budget": " The budget of today's orders changed it.",
    "warehouse_volume": " The room left in the warehouse changed it.",
    "supplier_minimum": " The supplier's minimum order value changed it.",
}
EQUAL = 1e-3  # of a price: a day no cheaper than that is no better one


def sentences(told: pd.DataFrame, rule: pd.Series[str], words: Words) -> pd.Series[str]:
    """One or two sentences per line, the ERP rule's own behind them; index of `told`.

    told: the figures of `orders.planned`; rule: the reason of the ERP rule's line.
    """
    main = np.where(told["decision"] == "buy", _buy(told, words), _wait(told, words))
    texts = [
        f"{AS_THE_RULE}{reason}{more}" if same else f"{text}{HELD[held]}{more}{BY_THE_RULE}{reason}"
        for text, reason, same, held, more in zip(
            main, rule, told["same"], told["held_by"], _raised(told, words), strict=True
        )
    ]
    return pd.Series(texts, index=told.index, dtype="str")


def _raised(told: pd.DataFrame, words: Words) -> list[str]:
    """Where the service floor made a lost unit count for more, how much more."""
    added = told["lost_unit_added"]
    return [
        f" To serve enough, a unit that lacks counts {more} more." if raised else ""
        for raised, more in zip(added > 0, words.money(added), strict=True)
    ]


def _buy(told: pd.DataFrame, words: Words) -> list[str]:
    rows = zip(
        words.numbers(told["quantity_units"]),
        told["supplier_id"],
        words.money(told["unit_price"]),
        tiers.said(told["discount"].to_numpy(), told["tier_units"].to_numpy(), words),
        _why_now(told, words),
        _cover(told, words),
        words.money(told["buy_below_unit_price"]),
        told["buy_below_unit_price"] >= told["quote"],  # what the floor forced says no limit that it broke
        strict=True,
    )
    return [
        f"Buy {units} from {supplier} at {price}{tier}: {why}; covers {cover}"
        + (f"; worth it up to {'a quote of ' if tier else ''}{limit}." if any_ else ".")
        for units, supplier, price, tier, why, cover, limit, any_ in rows
    ]


def _cover(told: pd.DataFrame, words: Words) -> list[str]:
    """Days of cover; what lasts beyond the forecast's last day lasts so long or more."""
    days = words.days(told["days_of_cover"])
    return [text if ends else f"{text} or more" for text, ends in zip(days, told["cover_ends"], strict=True)]


def _why_now(told: pd.DataFrame, words: Words) -> list[str]:
    days, later = words.days(told["later_days"]), words.money(told["later_unit_price"])
    stands = (told["later_unit_price"] - told["unit_price"]).abs() <= EQUAL * told["unit_price"]
    return [
        "stock and orders are under the reorder point"
        if floored
        else "stock calls for it now"
        if ahead == 0
        else f"{'no lower price' if same else price} is expected in {wait}, when stock would call for it"
        for floored, ahead, wait, price, same in zip(
            told["floored"], told["later_days"], days, later, stands, strict=True
        )
    ]


def _wait(told: pd.DataFrame, words: Words) -> list[str]:
    rows = zip(
        told["supplier_id"],
        words.money(told["unit_price"]),
        words.money(told["later_unit_price"]),
        words.days(told["later_days"]),
        words.numbers(told["on_hand_units"]),
        words.numbers(told["on_order_units"]),
        _cover(told, words),
        words.money(told["cost_of_today"].abs()),
        told["cost_of_today"] < -0.005,  # it waits for want of money, room or company
        strict=True,
    )
    return [
        f"Wait: {supplier} asks {price}, {later} is expected in {days}; stock {hand} + {order} on order lasts {cover}; "
        f"ordering today would {'save' if saves else 'cost'} {cost}{'' if saves else ' more'}."
        for supplier, price, later, days, hand, order, cover, cost, saves in rows
    ]
