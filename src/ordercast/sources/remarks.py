"""What is odd in tables that are not wrong: it is kept, and said, so that nobody has to wonder later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ordercast import store
from ordercast.quotes import WEEKLY_FROM_GAP_DAYS
from ordercast.sentences import Sentence, count, say
from ordercast.sources.faults import some
from ordercast.sources.kept import Table, distinct, parts

KEY = ["product_id", "supplier_id"]
OLD_DAYS = 30  # worth a word
LONG_LOT_YEARS, DAYS_PER_YEAR = 2, 365


def remarks(
    prices: Table,
    sales: Table,
    others: Mapping[str, pd.DataFrame],
    stock_given: bool,
    today: pd.Timestamp | None,
) -> Iterator[tuple[str, Sentence]]:
    """Yield (table, sentence) for all that a reader should know of the checked input tables."""
    yield from _without_price(prices, others)
    yield from _lesser_discounts(others["price_tiers"])
    if isinstance(sales, Path) or len(sales):
        yield from _sales_beside_prices(sales, prices)
        yield from _large_lots(others["suppliers"], sales)
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
    counts = "SELECT count(*) FILTER (date BETWEEN ? AND ?) AS used, count(*) AS rows, max(date) AS sold FROM t"
    used, rows, sold = store.query(counts, [first, last], t=sales).iloc[0]
    old_days = (last - sold).days
    if used and old_days > OLD_DAYS:
        told = say(
            "the last one, of %(sold)s, is %(days)s days before the last quote: demand is forecast from what was sold "
            "until then, and nothing tells how well. Bring newer sales",
            sold=sold.date(),
            days=old_days,
        )
        yield "sales", told
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


def _large_lots(terms: pd.DataFrame, sales: Table) -> Iterator[tuple[str, Sentence]]:
    """Offers whose least order lasts for years: most are a slip in the minimum order or the pack."""
    sold = "SELECT product_id, sum(demand_units) AS units, min(date) AS first FROM t GROUP BY product_id"
    last = store.query("SELECT max(date) AS last FROM t", t=sales)["last"].iloc[0]
    known = terms.merge(store.query(sold, t=sales), on="product_id")
    per_day = known["units"] / ((last - known["first"]).dt.days + 1)
    pack = known["pack_units"].fillna(1.0).clip(lower=1.0)
    least_units = np.ceil(known["moq_units"].fillna(1.0).clip(lower=1.0) / pack) * pack
    years = (least_units / per_day / DAYS_PER_YEAR).where(per_day > 0)
    order = years[years > LONG_LOT_YEARS].sort_values(ascending=False, kind="stable").index
    each = (
        say(
            "%(product)s from %(supplier)s (%(units)s units, %(years)s years)",
            product=of,
            supplier=by,
            units=lot,
            years=n,
        )
        for of, by, lot, n in zip(
            known["product_id"][order],
            known["supplier_id"][order],
            least_units[order].astype(float),
            years[order].round(1).astype(float),
            strict=True,
        )
    )
    if len(order):
        told = count(
            "%(n)s offer whose least order lasts for more than %(years)s years of its usual sales; correct what is a "
            "slip in moq_units or pack_units: %(offers)s",
            "%(n)s offers whose least order lasts for more than %(years)s years of its usual sales; correct what is a "
            "slip in moq_units or pack_units: %(offers)s",
            len(order),
            years=LONG_LOT_YEARS,
            offers=some(each, len(order)),
        )
        yield "suppliers", told


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
    old = int((age_days > OLD_DAYS).sum())
    if old:
        told = count(
            "%(n)s product counted more than %(days)s days before %(today)s, the oldest %(oldest)s days: taken as "
            "today's stock",
            "%(n)s products counted more than %(days)s days before %(today)s, the oldest %(oldest)s days: taken as "
            "today's stock",
            old,
            days=OLD_DAYS,
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
