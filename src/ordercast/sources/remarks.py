"""What is odd in tables that are not wrong: it is kept, and said, so that nobody has to wonder later."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ordercast.panel import WEEKLY_FROM_GAP_DAYS
from ordercast.quotes import SLIP_FACTOR
from ordercast.sources.faults import many, some

OLD_COUNT_DAYS = 30


def remarks(
    frames: dict[str, pd.DataFrame], stock_given: bool, today: pd.Timestamp | None
) -> Iterator[tuple[str, str]]:
    """Yield (table, sentence) for all that a reader should know of the six checked input tables."""
    yield from _without_price(frames)
    yield from _slips(frames["prices"])
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
    """Quotes that are five times away from the one before and, in the same direction, from the one after."""
    quotes = prices.sort_values(["product_id", "supplier_id", "date"], kind="stable")
    log_price = np.log(quotes["unit_price"])
    series = [quotes["product_id"], quotes["supplier_id"]]
    before = log_price - log_price.groupby(series).shift(1)
    after = (log_price - log_price.groupby(series).shift(-1)).fillna(before)  # the last one has only one neighbour
    far = np.log(SLIP_FACTOR)
    slips = quotes[((before > far) & (after > far)) | ((before < -far) & (after < -far))]
    if len(slips):
        told = (
            f"{line.product_id} on {line.date:%Y-%m-%d} ({line.unit_price:g})" for line in slips.itertuples(index=False)
        )
        yield (
            "prices",
            f"{many(len(slips), 'quote')} at least {SLIP_FACTOR:g} times above or below the quotes around: kept in "
            f"the data, set aside by the forecasts; correct what is a slip of the pen: {some(told, len(slips))}",
        )


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
