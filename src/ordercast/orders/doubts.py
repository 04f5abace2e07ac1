"""Prices to ask for before an order: old ones, and those that moved so far that they may be slips of the pen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ordercast.language import phrase
from ordercast.orders.words import Words
from ordercast.quotes import SLIP_FACTOR

RECENT_DAYS = 28  # a price of before is old, unless its supplier usually quotes less often
BEFORE_DAYS = 60  # what a price is usually, before the recent days
KEY = ["product_id", "supplier_id"]
KINDS = ("", "set_aside", "moved", "old")
DOUBTS = (
    "%(reason)s",
    phrase(
        "%(reason)s Ask for the price first: the newest quote, %(newest)s on %(day)s, is set aside as a likely slip of "
        "the pen."
    ),
    phrase("%(reason)s Ask for the price first: some weeks ago it was usually %(before)s."),
    phrase("%(reason)s Ask for the price first: it was last quoted %(age)s ago, on %(quoted)s."),
)


def asked_for(
    lines: pd.DataFrame, series: pd.DataFrame, recent: pd.DataFrame, today: pd.Timestamp, words: Mapping[str, Words]
) -> pd.DataFrame:
    """The lines with `price_doubt`; where one buys at a doubted price, its reason ends with why to ask for it first.

    price_doubt: set_aside (a newer quote is), moved (far, of late), old, or "" where nothing is doubted or bought.
    series: the table of that name. recent: per product and supplier newest_on, newest_unit_price and
    before_unit_price, the usual price of the days before the last RECENT_DAYS, NaN where it had none; of the bought
    at least. words: the columns of the lines that hold reasons, and the words of each.
    """
    named = ["last_quote_on", "first_quote_on", "quotes", "unit_price"]
    quoted = series[[*KEY, *named]].rename(columns={"unit_price": "quote"})
    known = lines[KEY].merge(quoted, on=KEY, how="left").merge(recent, on=KEY, how="left").set_axis(lines.index)
    age_days = (today - known["last_quote_on"]).dt.days
    gap_days = (known["last_quote_on"] - known["first_quote_on"]).dt.days / (known["quotes"] - 1).clip(lower=1)
    apart = np.abs(np.log(known["quote"] / known["before_unit_price"].astype("float64")))
    found = [
        known["newest_on"] > known["last_quote_on"],
        apart >= np.log(SLIP_FACTOR),
        age_days > np.maximum(RECENT_DAYS, 2 * gap_days),
    ]
    doubt = np.where(lines["decision"] == "buy", np.select(found, [1, 2, 3], 0), 0)
    told = {
        column: each.choose(
            DOUBTS,
            doubt,
            reason=lines[column],
            newest=each.money(known["newest_unit_price"]),
            day=each.dates(known["newest_on"]),
            before=each.money(known["before_unit_price"]),
            age=each.days(age_days),
            quoted=each.dates(known["last_quote_on"]),
        )
        for column, each in words.items()
    }
    told["price_doubt"] = np.array(KINDS)[doubt].tolist()
    return lines.assign(**{column: pd.Series(texts, lines.index, dtype="str") for column, texts in told.items()})
