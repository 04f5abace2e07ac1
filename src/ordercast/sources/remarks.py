"""What is odd in tables that are not wrong: it is kept, and said, so that nobody has to wonder later."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast import quotes
from ordercast.quotes import WEEKLY_FROM_GAP_DAYS
from ordercast.sources.faults import many, some

OLD_COUNT_DAYS = 30


def remarks(
    frames: dict[str, pd.DataFrame], stock_given: bool, today: pd.Timestamp | None
) -> Iterator[tuple[str, str]]:
    """Yield (table, sentence) for all that a reader should know of the checked input tables."""
    yield from _without_price(frames)
    yield from _slips(frames["prices"])
    yield from _lesser_discounts(frames["price_tiers"])
    if len(frames["sales"]):
        yield from _sales_beside_prices(frames["sales"], frames["prices"])
    if stock_given and today is not None:
        yield from _counted(frames, today)


def _without_price(frames: dict[str, pd.DataFrame]) -> Iterator[tuple[str, str]]:
    ids = frames["products"]["product_id"]
    priceless = ids[~ids.isin(frames["prices"]["product_id"])].sort_values()
    if len(priceless):
        number = many(len(priceless), "product")
        yield "prices", f"{number} without a price, so without a forecast: {some(priceless, len(priceless))}"
    key = ["product_id", "supplier_id"]
    offers = pd.MultiIndex.from_frame(frames["prices"][key].drop_duplicates())
    unused = int((~pd.MultiIndex.from_frame(frames["suppliers"][key]).isin(offers)).sum())
    if unused:
        yield "suppliers", f"{many(unused, 'row')} of no use: prices has no quote of that supplier and product"


def _slips(prices: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Quotes far from the others: those the forecasts set aside, by their own rule, and those too early for it."""
    if prices.empty:
        return
    known = quotes.coded(prices, ["product_id", "supplier_id"], "unit_price")
    today = np.datetime64(int(known.day.max()), "D")
    given, before, _ = quotes.laid(known, "median", today, 1)
    _, after, _ = quotes.laid(known, "median", today, 1, slips=True)
    aside = before & ~after
    far = f"at least {quotes.SLIP_FACTOR:g} times above or below"
    for doubted, told in (
        (
            aside,
            f"{far} the five before: kept in the data, set aside by the forecasts; correct what is a slip of the pen",
        ),
        (
            _off_both_neighbours(given, before) & ~aside,
            f"{far} the quotes around, too early to be judged: used as given",
        ),
    ):
        series, step = np.nonzero(doubted)
        names, days = known.ids["product_id"].to_numpy()[series], today - doubted.shape[1] + 1 + step
        each = (f"{n} on {d} ({v:g})" for n, d, v in zip(names, days, given[series, step], strict=True))
        if len(series):
            yield "prices", f"{many(len(series), 'quote')} {told}: {some(each, len(series))}"


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


def _lesser_discounts(tiers: pd.DataFrame) -> Iterator[tuple[str, str]]:
    key = ["product_id", "supplier_id"]
    rising = tiers.sort_values([*key, "min_units"])
    less = rising[rising.groupby(key)["discount_rate"].diff() < 0]
    each = (f"{tier.product_id} from {tier.min_units:g} on ({tier.discount_rate:g})" for tier in less.itertuples())
    if len(less):
        told = f"{many(len(less), 'tier')} with a smaller discount than a tier of fewer units"
        yield "price_tiers", f"{told}: {some(each, len(less))}"


def _sales_beside_prices(sales: pd.DataFrame, prices: pd.DataFrame) -> Iterator[tuple[str, str]]:
    first, last = prices["date"].min(), prices["date"].max()
    used = sales["date"].between(first, last)
    if not used.any():
        yield (
            "sales",
            f"none lies within the days of the prices ({first:%Y-%m-%d} to {last:%Y-%m-%d}): no demand is forecast "
            "and nothing is ordered",
        )
    elif not used.all():
        unused = many(int((~used).sum()), "row")
        yield "sales", f"{unused} before the first or after the last day of the prices: not used"
    sold_every, quoted_every = (_usual_gap_days(table) for table in (sales, prices))
    if quoted_every < WEEKLY_FROM_GAP_DAYS <= sold_every:
        yield (
            "sales",
            f"rows come every {sold_every:g} days, quotes every {quoted_every:g}: a day without a row counts as sold "
            "nothing. Bring sales by the day, or set data.frequency: weekly",
        )


def _usual_gap_days(table: pd.DataFrame) -> float:
    days = table[["product_id", "date"]].drop_duplicates().sort_values(["product_id", "date"])
    gaps = days.groupby("product_id")["date"].diff().dt.days
    per_product = gaps.groupby(days["product_id"]).median().median()
    return 1.0 if pd.isna(per_product) else float(per_product)


def _counted(frames: dict[str, pd.DataFrame], today: pd.Timestamp) -> Iterator[tuple[str, str]]:
    age_days = (today - frames["stock"]["as_of"]).dt.days
    old = int((age_days > OLD_COUNT_DAYS).sum())
    if old:
        yield (
            "stock",
            f"{many(old, 'product')} counted more than {OLD_COUNT_DAYS} days before {today:%Y-%m-%d}, the oldest "
            f"{int(age_days.max())} days: taken as today's stock",
        )
    sold = frames["sales"]["product_id"].drop_duplicates()
    uncounted = sold[~sold.isin(frames["stock"]["product_id"])].sort_values()
    if len(uncounted):
        yield (
            "stock",
            f"{many(len(uncounted), 'product')} with sales but no row here, taken as 0 on hand: "
            f"{some(uncounted, len(uncounted))}",
        )
