"""Quotes and sales that may be slips of the pen: they are kept and told, those that are the price now first.

Which of them the forecasts use is for `quotes` to decide; here it is put into words, the farthest first.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast import blocks, quotes, store
from ordercast.quotes import FAR_FACTOR, SLIP_FACTOR, Quotes
from ordercast.sentences import Sentence, count, say
from ordercast.sources.faults import EXAMPLES, some
from ordercast.sources.kept import Table

KEY = ["product_id", "supplier_id"]


def remarks(prices: Table) -> Iterator[Sentence]:
    """Yield a sentence for each kind of doubted quote among the prices: how many, and the farthest of them."""
    number = dict.fromkeys(KINDS, 0)
    farthest = {kind: pd.DataFrame({"off": np.zeros(0)}) for kind in KINDS}
    for known in _quotes(prices, KEY, "unit_price"):
        for kind, found in _doubted(known).items():
            number[kind] += len(found)
            examples = pd.concat([farthest[kind], found]) if len(farthest[kind]) else found
            farthest[kind] = examples.sort_values("off", ascending=False, kind="stable").head(EXAMPLES)
    for kind, told in KINDS.items():
        if number[kind]:
            yield told(number[kind], some(map(_example, farthest[kind].to_dict("records")), number[kind]))


def sold(sales: Table) -> Iterator[Sentence]:
    """Yield the sentence for days on which so much was sold that it can be no sale, if there are any."""
    number, farthest = 0, pd.DataFrame({"off": np.zeros(0)})
    for known in _quotes(sales, KEY[:1], "demand_units"):
        found = _beyond(known)
        number += len(found)
        farthest = pd.concat([farthest, found]) if number > len(found) else found
        farthest = farthest.sort_values("off", ascending=False, kind="stable").head(EXAMPLES)
    if number:
        yield _sold(number, some(map(_example, farthest.to_dict("records")), number))


def _beyond(known: Quotes) -> pd.DataFrame:
    """The days of sales set aside, each beside the largest of any other day."""
    today = np.datetime64(int(known.day.max()), "D")
    units, observed, _ = quotes.laid(known, "sum", today, 1)
    beyond = quotes.sales_beyond(units, observed)
    series, step = np.nonzero(beyond)
    most = np.where(observed & ~beyond, units, 0.0).max(axis=1)
    day = today - (units.shape[1] - 1 - step)
    return _table(known.ids["product_id"].to_numpy(object)[series], day, units[series, step], most[series])


def _quotes(table: Table, key: list[str], column: str) -> Iterator[Quotes]:
    """The dated values of some whole products at a time."""
    if isinstance(table, Path):
        yield from store.read_quotes(table, store.series_in(table, key), column, blocks.ROWS)
    elif len(table):
        yield quotes.coded(table, key, column)


def _doubted(known: Quotes) -> dict[str, pd.DataFrame]:
    """By kind the doubted quotes: product, day, price, was (the price beside it), off (log of how far apart)."""
    today = np.datetime64(int(known.day.max()), "D")
    given, observed, _ = quotes.laid(known, "median", today, 1)
    found = {"differing": _several(known)} if observed.sum() < len(known.value) else {}
    wide = given.max(axis=1) >= SLIP_FACTOR * given.min(axis=1)  # no other series has a doubted quote
    if not wide.any():
        return found
    kept = quotes.laid(known, "median", today, 1, slips=True)[1][wide]
    names = known.ids["product_id"].to_numpy(object)[wide]
    series, step = np.nonzero(observed[wide])
    price, used = given[wide][series, step], kept[series, step]
    last_used = np.maximum.accumulate(np.where(used, np.arange(len(price)), 0))
    before = np.append(price[:1], price[last_used[:-1]])
    first = np.flatnonzero(np.diff(series, prepend=-1))
    before[first] = price[first + 1]  # what is as wide has two quotes at least
    unused = np.append([False, False], ~used)
    jumped = used & unused[1:-1] & unused[:-2] & (np.abs(np.log(price / before)) >= np.log(SLIP_FACTOR))
    lone = _off_both_neighbours(given[wide], observed[wide])[series, step]
    day = today - (given.shape[1] - 1 - step)
    stays, over = _parted(np.flatnonzero(jumped), series, before, price)
    marked = {"jumped": stays, "aside": ~used, "early": lone & used, "passed": over}
    for kind, marks in marked.items():
        found[kind] = _table(names[series[marks]], day[marks], price[marks], before[marks])
    return found


def _parted(
    jumps: NDArray[np.int64], series: NDArray[np.int64], before: NDArray[np.float64], price: NDArray[np.float64]
) -> tuple[list[int], list[int]]:
    """Of the places of jumps those that stay and those that are over; the way back is no jump of its own."""
    stays: dict[int, list[int]] = {}
    over: list[int] = []
    for place in jumps.tolist():
        own = stays.setdefault(int(series[place]), [])
        if own and abs(np.log(price[place] / before[own[-1]])) < np.log(SLIP_FACTOR):
            over.append(own.pop())
        else:
            own.append(place)
    return [place for own in stays.values() for place in own], over


def _table(
    product: NDArray[np.object_], day: NDArray[np.datetime64], price: NDArray[np.float64], was: NDArray[np.float64]
) -> pd.DataFrame:
    days = day.astype("datetime64[D]").astype(object)
    return pd.DataFrame(
        {"product": product, "day": days, "price": price, "was": was, "off": np.abs(np.log(price / was))}
    )


def _sold(days: int, examples: Sentence) -> Sentence:
    return count(
        "%(n)s day's sales more than %(times)s times as large as any before: kept in the data, set aside by the "
        "forecasts; if it is a slip of the pen, correct it: %(sales)s",
        "%(n)s days' sales more than %(times)s times as large as any before: kept in the data, set aside by the "
        "forecasts; correct what is a slip of the pen: %(sales)s",
        days,
        times=FAR_FACTOR,
        sales=examples,
    )


def _several(known: Quotes) -> pd.DataFrame:
    """Every day on which one supplier quotes several prices of a product: the greatest, and beside it the least."""
    order = np.lexsort((known.value, known.day, known.series))
    series, day, value = known.series[order], known.day[order], known.value[order]
    starts = np.flatnonzero((np.diff(series, prepend=-1) != 0) | (np.diff(day, prepend=-1) != 0))
    low, high = value[starts], value[np.append(starts[1:], len(value)) - 1]
    at = low < high
    names = known.ids["product_id"].to_numpy(object)[series[starts[at]]]
    return _table(names, day[starts[at]].astype("datetime64[D]"), high[at], low[at])


def _off_both_neighbours(value: NDArray[np.float64], observed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the first three quotes of a series are far above both neighbours, or far below both, (series, steps).

    The first one's are the two after it, those of the last of three the two before it.
    """
    doubted = np.zeros(observed.shape, dtype=bool)
    for row in range(len(value)):
        step = np.flatnonzero(observed[row])[:4]
        quote = value[row, step]
        for n in range(min(len(step), 3)):
            others = np.delete(quote, n)
            beside = max(min(n - 1, len(others) - 2), 0)
            ratio = quote[n] / others[beside : beside + 2]
            if len(ratio) and ((ratio > SLIP_FACTOR).all() or (ratio < 1 / SLIP_FACTOR).all()):
                doubted[row, step[n]] = n > 0 or len(step) > 2
    return doubted


def _example(quote: dict[Hashable, Any]) -> Sentence:
    named = {name: quote[name] for name in ("product", "day", "price", "was")}
    return say("%(product)s on %(day)s (%(price)s beside %(was)s)", **named)


def _jumped(quoted: int, examples: Sentence) -> Sentence:
    return count(
        "%(n)s price became at least %(times)s times larger or smaller and stayed so. It is believed: orders "
        "and forecasts use it. If it is a slip of the pen, correct it: %(quotes)s",
        "%(n)s prices became at least %(times)s times larger or smaller and stayed so. They are believed: orders "
        "and forecasts use them. Correct what is a slip of the pen: %(quotes)s",
        quoted,
        times=SLIP_FACTOR,
        quotes=examples,
    )


def _passed(quoted: int, examples: Sentence) -> Sentence:
    return count(
        "%(n)s price that became at least %(times)s times larger or smaller, stayed so for some quotes and is "
        "back: forecasts learn from it, and their errors count it. If it is a slip of the pen, correct it: %(quotes)s",
        "%(n)s prices that became at least %(times)s times larger or smaller, stayed so for some quotes and "
        "are back: forecasts learn from them, and their errors count them. Correct what is a slip of the "
        "pen: %(quotes)s",
        quoted,
        times=SLIP_FACTOR,
        quotes=examples,
    )


def _aside(quoted: int, examples: Sentence) -> Sentence:
    return count(
        "%(n)s quote at least %(times)s times above or below the five before: kept in the data, set aside by the "
        "forecasts; correct what is a slip of the pen: %(quotes)s",
        "%(n)s quotes at least %(times)s times above or below the five before: kept in the data, set aside by the "
        "forecasts; correct what is a slip of the pen: %(quotes)s",
        quoted,
        times=SLIP_FACTOR,
        quotes=examples,
    )


def _early(quoted: int, examples: Sentence) -> Sentence:
    return count(
        "%(n)s quote at least %(times)s times above or below the quotes around, too early to be judged: used as "
        "given: %(quotes)s",
        "%(n)s quotes at least %(times)s times above or below the quotes around, too early to be judged: used as "
        "given: %(quotes)s",
        quoted,
        times=SLIP_FACTOR,
        quotes=examples,
    )


def _differing(quoted: int, examples: Sentence) -> Sentence:
    return count(
        "%(n)s day with different prices of one product and supplier: their median is used; correct what is not "
        "right: %(quotes)s",
        "%(n)s days with different prices of one product and supplier: their median is used; correct what is not "
        "right: %(quotes)s",
        quoted,
        quotes=examples,
    )


KINDS = {"jumped": _jumped, "aside": _aside, "early": _early, "passed": _passed, "differing": _differing}
