"""What is odd in tables that are not wrong: it is kept, and said, so that nobody has to wonder later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast import blocks, quotes, store
from ordercast.quotes import WEEKLY_FROM_GAP_DAYS, Quotes
from ordercast.sentences import Sentence, count, say
from ordercast.sources.faults import EXAMPLES, some
from ordercast.sources.kept import Table, distinct, parts

KEY = ["product_id", "supplier_id"]
OLD_COUNT_DAYS = 30


def remarks(
    prices: Table,
    sales: Table,
    others: Mapping[str, pd.DataFrame],
    stock_given: bool,
    today: pd.Timestamp | None,
) -> Iterator[tuple[str, Sentence]]:
    """Yield (table, sentence) for all that a reader should know of the checked input tables."""
    yield from _without_price(prices, others)
    yield from _doubted(prices)
    yield from _lesser_discounts(others["price_tiers"])
    if isinstance(sales, Path) or len(sales):
        yield from _sales_beside_prices(sales, prices)
    if stock_given and today is not None:
        yield from _counted(others["stock"], sales, today)


def _without_price(prices: Table, others: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, Sentence]]:
    ids, quoted = others["products"]["product_id"], distinct(prices, *KEY)
    priceless = ids[~ids.isin(quoted["product_id"])].sort_values()
    if len(priceless):
        told = count(
            "%(n)s product without a price, so without a forecast: %(products)s",
            "%(n)s products without a price, so without a forecast: %(products)s",
            len(priceless),
            products=some(priceless, len(priceless)),
        )
        yield "prices", told
    offers = pd.MultiIndex.from_frame(quoted)
    unused = int((~pd.MultiIndex.from_frame(others["suppliers"][KEY]).isin(offers)).sum())
    if unused:
        told = count(
            "%(n)s row of no use: prices has no quote of that supplier and product",
            "%(n)s rows of no use: prices has no quote of that supplier and product",
            unused,
        )
        yield "suppliers", told


def _doubted(prices: Table) -> Iterator[tuple[str, Sentence]]:
    """Days with several prices; quotes far from the others: those the forecasts set aside, those too early for it."""
    kinds = (_differing, _aside, _early)
    number, examples = dict.fromkeys(kinds, 0), {told: list[Sentence]() for told in kinds}
    for known in _quotes(prices):
        today = np.datetime64(int(known.day.max()), "D")
        given, before, _ = quotes.laid(known, "median", today, 1)
        if before.sum() < len(known.value):
            product, day, low, high = _several(known)
            number[_differing] += len(product)
            examples[_differing] += (
                say("%(product)s on %(day)s (%(low)s and %(high)s)", product=of, day=on.item(), low=least, high=most)
                for of, on, least, most in islice(zip(product, day, low, high, strict=True), EXAMPLES)
            )
        _, after, _ = quotes.laid(known, "median", today, 1, slips=True)
        aside = before & ~after
        for told, doubted in ((_aside, aside), (_early, _off_both_neighbours(given, before) & ~aside)):
            series, step = np.nonzero(doubted)
            names, days = known.ids["product_id"].to_numpy()[series], today - doubted.shape[1] + 1 + step
            each = (
                say("%(product)s on %(day)s (%(price)s)", product=name, day=day.item(), price=float(price))
                for name, day, price in zip(names, days, given[series, step], strict=True)
            )
            number[told] += len(series)
            examples[told] += islice(each, EXAMPLES)
    for told, quoted in number.items():
        if quoted:
            yield "prices", told(quoted, some(examples[told], quoted))


def _several(known: Quotes) -> tuple[NDArray[np.object_], NDArray[np.datetime64], list[float], list[float]]:
    """Product, day, least and greatest price of every day on which one supplier quotes several."""
    order = np.lexsort((known.value, known.day, known.series))
    series, day, value = known.series[order], known.day[order], known.value[order]
    starts = np.flatnonzero((np.diff(series, prepend=-1) != 0) | (np.diff(day, prepend=-1) != 0))
    low, high = value[starts], value[np.append(starts[1:], len(value)) - 1]
    differ = low < high
    at = starts[differ]
    names = known.ids["product_id"].to_numpy(object)[series[at]]
    return names, day[at].astype("datetime64[D]"), low[differ].tolist(), high[differ].tolist()


def _differing(quoted: int, examples: Sentence) -> Sentence:
    return count(
        "%(n)s day with different prices of one product and supplier: their median is used; correct what is not "
        "right: %(quotes)s",
        "%(n)s days with different prices of one product and supplier: their median is used; correct what is not "
        "right: %(quotes)s",
        quoted,
        quotes=examples,
    )


def _aside(quoted: int, examples: Sentence) -> Sentence:
    return count(
        "%(n)s quote at least %(times)s times above or below the five before: kept in the data, set aside by the "
        "forecasts; correct what is a slip of the pen: %(quotes)s",
        "%(n)s quotes at least %(times)s times above or below the five before: kept in the data, set aside by the "
        "forecasts; correct what is a slip of the pen: %(quotes)s",
        quoted,
        times=float(quotes.SLIP_FACTOR),
        quotes=examples,
    )


def _early(quoted: int, examples: Sentence) -> Sentence:
    return count(
        "%(n)s quote at least %(times)s times above or below the quotes around, too early to be judged: used as "
        "given: %(quotes)s",
        "%(n)s quotes at least %(times)s times above or below the quotes around, too early to be judged: used as "
        "given: %(quotes)s",
        quoted,
        times=float(quotes.SLIP_FACTOR),
        quotes=examples,
    )


def _quotes(prices: Table) -> Iterator[Quotes]:
    """The quotes of some whole products at a time."""
    if isinstance(prices, Path):
        yield from store.read_quotes(prices, store.series_in(prices, KEY), "unit_price", blocks.ROWS)
    elif len(prices):
        yield quotes.coded(prices, KEY, "unit_price")


def _off_both_neighbours(value: NDArray[np.float64], observed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the first three quotes of a series are far above both neighbours, or far below both, (series, steps)."""
    doubted = np.zeros(observed.shape, dtype=bool)
    for row in range(len(value)):
        step = np.flatnonzero(observed[row])[:4]
        quote = value[row, step]
        for n in range(min(len(step), 3)):
            ratio = quote[n] / np.delete(quote, n)[max(n - 1, 0) : n + 1]
            if len(ratio) and ((ratio > quotes.SLIP_FACTOR).all() or (ratio < 1 / quotes.SLIP_FACTOR).all()):
                doubted[row, step[n]] = n > 0 or len(step) > 2
    return doubted


def _lesser_discounts(tiers: pd.DataFrame) -> Iterator[tuple[str, Sentence]]:
    key = ["product_id", "supplier_id"]
    rising = tiers.sort_values([*key, "min_units"])
    less = rising[rising.groupby(key)["discount_rate"].diff() < 0]
    each = (
        say("%(product)s from %(units)s on (%(discount)s)", product=product, units=float(units), discount=float(rate))
        for product, units, rate in zip(less["product_id"], less["min_units"], less["discount_rate"], strict=True)
    )
    if len(less):
        told = count(
            "%(n)s tier with a smaller discount than a tier of fewer units: %(tiers)s",
            "%(n)s tiers with a smaller discount than a tier of fewer units: %(tiers)s",
            len(less),
            tiers=some(each, len(less)),
        )
        yield "price_tiers", told


def _sales_beside_prices(sales: Table, prices: Table) -> Iterator[tuple[str, Sentence]]:
    first, last = store.query("SELECT min(date) AS first, max(date) AS last FROM t", t=prices).iloc[0]
    counts = "SELECT count(*) FILTER (date BETWEEN ? AND ?) AS used, count(*) AS rows FROM t"
    used, rows = store.query(counts, [first, last], t=sales).iloc[0]
    if not used:
        told = say(
            "none lies within the days of the prices (%(first)s to %(last)s): no demand is forecast and nothing is "
            "ordered",
            first=first.date(),
            last=last.date(),
        )
        yield "sales", told
    elif used < rows:
        told = count(
            "%(n)s row before the first or after the last day of the prices: not used",
            "%(n)s rows before the first or after the last day of the prices: not used",
            int(rows - used),
        )
        yield "sales", told
    sold_every, quoted_every = (_usual_gap_days(table) for table in (sales, prices))
    if quoted_every < WEEKLY_FROM_GAP_DAYS <= sold_every:
        told = say(
            "rows come every %(sold)s days, quotes every %(quoted)s: a day without a row counts as sold nothing. "
            "Bring sales by the day, or set data.frequency: weekly",
            sold=sold_every,
            quoted=quoted_every,
        )
        yield "sales", told


def _usual_gap_days(table: Table) -> float:
    usual = pd.concat([_gaps(part) for part in parts(table)]).median()
    return 1.0 if pd.isna(usual) else float(usual)


def _gaps(table: pd.DataFrame) -> pd.Series[float]:
    """The median of the days between two neighbouring days of each product."""
    days = table[["product_id", "date"]].drop_duplicates().sort_values(["product_id", "date"])
    gaps = days.groupby("product_id")["date"].diff().dt.days
    usual: pd.Series[float] = gaps.groupby(days["product_id"]).median()
    return usual


def _counted(stock: pd.DataFrame, sales: Table, today: pd.Timestamp) -> Iterator[tuple[str, Sentence]]:
    age_days = (today - stock["as_of"]).dt.days
    old = int((age_days > OLD_COUNT_DAYS).sum())
    if old:
        told = count(
            "%(n)s product counted more than %(days)s days before %(today)s, the oldest %(oldest)s days: taken as "
            "today's stock",
            "%(n)s products counted more than %(days)s days before %(today)s, the oldest %(oldest)s days: taken as "
            "today's stock",
            old,
            days=OLD_COUNT_DAYS,
            today=today.date(),
            oldest=int(age_days.max()),
        )
        yield "stock", told
    sold = distinct(sales, "product_id")["product_id"]
    uncounted = sold[~sold.isin(stock["product_id"])].sort_values()
    if len(uncounted):
        told = count(
            "%(n)s product with sales but no row here, taken as 0 on hand: %(products)s",
            "%(n)s products with sales but no row here, taken as 0 on hand: %(products)s",
            len(uncounted),
            products=some(uncounted, len(uncounted)),
        )
        yield "stock", told
