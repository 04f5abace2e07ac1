"""The first and the last days of the quotes, which one mistyped date would move: the last one is today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from ordercast import quotes
from ordercast.sentences import Sentence, count, say
from ordercast.sources import cells
from ordercast.sources.faults import ALONE, Findings
from ordercast.sources.intake import Intake

STALE_AFTER_DAYS, EARLY_DAYS = 180, 730  # so long a gap makes all other quotes stale; so early none is of use
OLD_DAYS = 28  # of the last quote: worth a word
LONG_GAPS, LEAST_GAP_DAYS = 4, 10  # a gap of so many usual ones, and so many days, is worth a word
ALONE_SHARE = 0.5  # of the quotes and of the products, at most, are few


@dataclass(frozen=True)
class Needs:
    """What forecasts take: least_days of history for so many horizon_days, and a quote in the last ended_after_days."""

    horizon_days: int
    least_days: int
    ended_after_days: int
    frequency: quotes.Frequency


def lacking(prices: pd.DataFrame, needs: Needs, today: date | None) -> Iterator[Sentence]:
    """Yield what keeps good prices from being forecast: too short a history, or none of late."""
    first, last = prices["date"].min(), prices["date"].max()
    day = pd.Timestamp(today) if today else last
    step_days = quotes.detect_step_days(prices, needs.frequency)
    known_days = ((day - first).days // step_days + 1) * step_days
    if day < first:
        yield say("the first quote, of %(first)s, is after base.today: nothing can be forecast", first=first.date())
        return
    old_days = (day - last).days
    if OLD_DAYS < old_days <= needs.ended_after_days:
        yield say(
            "the last quote, of %(last)s, is %(days)s days before base.today, %(today)s: what was asked then counts as "
            "today's price",
            last=last.date(),
            days=old_days,
            today=day.date(),
        )
    if old_days > needs.ended_after_days:
        yield say(
            "the last quote, of %(last)s, is older than the %(days)s days before base.today, %(today)s, in which a "
            "price counts (features.ended_after_days): nothing can be forecast",
            last=last.date(),
            days=needs.ended_after_days,
            today=day.date(),
        )
    elif known_days < needs.least_days:
        yield say(
            "they span %(known)s days, and to learn, judge and test forecasts of %(horizon)s days (base.horizon_days) "
            "takes %(least)s: nothing can be forecast",
            known=int(known_days),
            horizon=needs.horizon_days,
            least=needs.least_days,
        )


def check(prices: Intake, findings: Findings) -> None:
    """Blame a few quotes long after all others, and note a few that are later or earlier than all others.

    After a hole in the data (holidays, a closed month) most products are quoted again, so these are not few.
    """
    good = prices.frame.drop(index=findings.bad_rows("prices"))
    if not {"product_id", "date"} <= set(good.columns) or good["date"].isna().all():
        return
    good = good.dropna(subset=["product_id", "date"])
    quotes = good["date"].value_counts().add(pd.Series(prices.rest.of_date, dtype="int64"), fill_value=0).sort_index()
    spans = good.groupby("product_id")["date"].agg(["min", "max"])
    days = quotes.index.to_series().reset_index(drop=True)
    gaps = days.diff().dt.days
    found = prices.found["date"]
    for place, gap_days in gaps[gaps > LEAST_GAP_DAYS].items():
        usual_days = gaps.drop(index=place).median()
        before, after = good["date"] < days[place], good["date"] >= days[place]
        early, late = int(quotes.iloc[:place].sum()), int(quotes.iloc[place:].sum())
        few_before = early == 1 or _few(early, quotes, spans["min"] < days[place])
        few_after = _few(late, quotes, spans["max"] >= days[place])
        unusual = gap_days > LONG_GAPS * usual_days  # never where there is no other gap
        if gap_days > STALE_AFTER_DAYS and (few_after or (unusual and late == 1)):
            return findings.blame("prices", "date", ALONE, found[good.index[after]].map(cells.shown))
        if unusual and (few_after or late == 1):
            first = _first(found[good.index[after]])
            return findings.note("prices", _late(late, first, int(gap_days), days.iloc[-1].date()))
        if unusual and gap_days > EARLY_DAYS and few_before:
            findings.note("prices", _early(early, _first(found[good.index[before]]), int(gap_days)))
    return None


def _few(some: int, quotes: pd.Series[int], have: pd.Series[bool]) -> bool:
    """Whether so many quotes, of the products that have any of them, are few beside all."""
    return bool(have.mean() <= ALONE_SHARE and some <= ALONE_SHARE * quotes.sum())


def _first(found: pd.Series[Any]) -> dict[str, str]:
    return {"row": str(found.index[0]), "cell": cells.shown(found.iloc[0])}


def _late(quotes: int, first: dict[str, str], days: int, today: date) -> Sentence:
    return count(
        "%(n)s quote (first in row %(row)s: %(cell)s) is %(days)s days after all others: today is taken to be "
        "%(today)s. If it is not, correct the date, or set base.today",
        "%(n)s quotes (first in row %(row)s: %(cell)s) are %(days)s days after all others: today is taken to be "
        "%(today)s. If it is not, correct the date, or set base.today",
        quotes,
        **first,
        days=days,
        today=today,
    )


def _early(quotes: int, first: dict[str, str], days: int) -> Sentence:
    return count(
        "%(n)s quote (first in row %(row)s: %(cell)s) is %(days)s days before all others: used as given",
        "%(n)s quotes (first in row %(row)s: %(cell)s) are %(days)s days before all others: used as given",
        quotes,
        **first,
        days=days,
    )
