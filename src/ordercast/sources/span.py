"""The first and the last days of the quotes, which one mistyped date would move: the last one is today."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ordercast.sources import cells
from ordercast.sources.faults import ALONE, Findings, many
from ordercast.sources.intake import Intake

STALE_AFTER_DAYS, EARLY_DAYS = 180, 730  # so long a gap makes all other quotes stale; so early none is of use
LONG_GAPS, LEAST_GAP_DAYS = 4, 10  # a gap of so many usual ones, and so many days, is worth a word
ALONE_SHARE = 0.5  # of the quotes and of the products, at most, are few


def check(prices: Intake, findings: Findings) -> None:
    """Blame a few quotes long after all others, and note a few that are later or earlier than all others.

    After a hole in the data (holidays, a closed month) most products are quoted again, so these are not few.
    """
    good = prices.frame.drop(index=findings.bad_rows("prices"))
    if not {"product_id", "date"} <= set(good.columns) or good["date"].isna().all():
        return
    good = good.dropna(subset=["product_id", "date"])
    days = good["date"].drop_duplicates().sort_values(ignore_index=True)
    gaps = days.diff().dt.days
    found = prices.found["date"]
    for place, gap_days in gaps[gaps > LEAST_GAP_DAYS].items():
        usual_days = gaps.drop(index=place).median()
        before, after = good[good["date"] < days[place]], good[good["date"] >= days[place]]
        unusual = gap_days > LONG_GAPS * usual_days  # never where there is no other gap
        if gap_days > STALE_AFTER_DAYS and (_of_few_products(after, good) or (unusual and len(after) == 1)):
            return findings.blame("prices", "date", ALONE, found[after.index].map(cells.shown))
        if unusual and (_of_few_products(after, good) or len(after) == 1):
            told = f"{int(gap_days)} days after all others: today is taken to be {days.iloc[-1]:%Y-%m-%d}. If it is not"
            return findings.note("prices", f"{_rows(after, found)} {told}, correct the date, or set base.today")
        if unusual and gap_days > EARLY_DAYS and (_of_few_products(before, good) or len(before) == 1):
            findings.note("prices", f"{_rows(before, found)} {int(gap_days)} days before all others: used as given")
    return None


def _of_few_products(some: pd.DataFrame, good: pd.DataFrame) -> bool:
    few = some["product_id"].nunique() <= ALONE_SHARE * good["product_id"].nunique()
    return few and len(some) <= ALONE_SHARE * len(good)


def _rows(some: pd.DataFrame, found: pd.Series[Any]) -> str:
    row, are = some.index[0], "is" if len(some) == 1 else "are"
    return f"{many(len(some), 'quote')} (first in row {row}: {cells.shown(found[row])}) {are}"
