"""What stage 6 begins with: the world of some products from data/raw, and forecasters as they were on a past day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ordercast import params, problems, store
from ordercast.orders import doubts, history, outlook
from ordercast.orders.outlook import Asked, Outlook, Stored
from ordercast.orders.world import World
from ordercast.train import fit

TABLES = ("prices", "sales", "products", "suppliers", "stock", "open_orders", "price_tiers")
KEY = ["product_id", "supplier_id"]
BLOCK_PRODUCTS = 2000
PLANNED_DAYS = 400  # of history that today's plan looks back on: a year of usual prices and what leads up to it


def plannable(today: pd.Timestamp, since: pd.Timestamp) -> pd.DataFrame:
    """product_id of what the planner can plan or replay, sorted: quoted in the year before `since`, and sold.

    Of products whose quotes have ended by `today` none is there.
    """
    sql = """
        SELECT product_id FROM prices WHERE date >= ? AND date < ? GROUP BY product_id
        INTERSECT SELECT product_id FROM series WHERE status = 'active'
        INTERSECT SELECT product_id FROM sales WHERE date <= ?
        ORDER BY product_id
    """
    year = pd.Timedelta(days=365)
    return store.query(
        sql,
        [(since - year).date(), since.date(), today.date()],
        prices="data/raw/prices.parquet",
        series="data/features/series.parquet",
        sales="data/raw/sales.parquet",
    )


def world(
    products: pd.DataFrame,
    settings: params.Orders,
    today: pd.Timestamp,
    step_days: int,
    seed: int,
    days: int | None = None,
    open_orders: pd.DataFrame | None = None,
) -> World:
    """The world of the given products (product_id) up to `today`, from the tables of data/raw.

    days: of its history at most (None: all). open_orders: instead of those of data/raw, for today's plan those with the
    decisions of people; a replay of the past does without, or its record would change whenever somebody approves.
    """
    tables = {}
    since = pd.Timestamp.min if days is None else today - pd.Timedelta(days=days - 1)
    for name in TABLES:
        dated = "WHERE date >= ?" if name in ("prices", "sales") else ""
        tables[name] = store.query(
            f"FROM t SEMI JOIN wanted USING (product_id) {dated}",
            [since.date()] if dated else [],
            t=f"data/raw/{name}.parquet",
            wanted=products,
        )
    if open_orders is not None:
        tables["open_orders"] = open_orders[open_orders["product_id"].isin(products["product_id"])]
    return history.world_of(
        **tables,
        defaults=settings.defaults,
        today=today.date(),
        seed=seed,
        sales_cover_days=step_days,
        review_period_days=settings.review_period_days,
    )


def recent_quotes(lines: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Of the products and suppliers of the lines that buy, what `doubts.asked_for` wants to know of their quotes."""
    sql = """
        SELECT product_id, supplier_id, max(date) AS newest_on,
            arg_max(unit_price, (date, unit_price)) AS newest_unit_price,
            median(unit_price) FILTER (date <= $recent) AS before_unit_price
        FROM prices SEMI JOIN bought USING (product_id, supplier_id)
        WHERE date > $before AND date <= $today
        GROUP BY product_id, supplier_id ORDER BY product_id, supplier_id
    """
    recent = today - pd.Timedelta(days=doubts.RECENT_DAYS)
    days = {"today": today, "recent": recent, "before": recent - pd.Timedelta(days=doubts.BEFORE_DAYS)}
    bought = lines.loc[lines["decision"] == "buy", KEY]
    parameters = {name: day.date() for name, day in days.items()}
    return store.query(sql, parameters, prices="data/raw/prices.parquet", bought=bought)


def blocks(products: pd.DataFrame, coupled: bool) -> list[pd.DataFrame]:
    """The products in blocks that bound the memory; in one where limits couple them all."""
    size = max(len(products), 1) if coupled else BLOCK_PRODUCTS
    return [products.iloc[begin : begin + size].reset_index(drop=True) for begin in range(0, len(products), size)]


def evenly(products: pd.DataFrame, most: int) -> pd.DataFrame:
    """The products, or of more than `most` an even sample."""
    at = np.unique(np.linspace(0, len(products) - 1, min(most, len(products))).round().astype(int))
    return products.iloc[at].reset_index(drop=True)


def outlook_as_of(
    known: World, first_day: int, features: dict[str, Any], train: dict[str, Any], base: dict[str, Any], days: int
) -> Outlook:
    """Forecasts for every morning of the world from `first_day` on, by models fitted on what precedes it."""
    settings = params.Train(**train)
    asked = {}
    for name, problem in problems.load(days, features).items():
        columns = KEY if name == "price" else KEY[:1]
        cut = int(np.searchsorted(problem.panel.dates, known.dates[first_day])) - 1
        rows = problems.training_rows(problem)
        model = fit(problem, rows, cut, settings, seed=base["seed"], threads=base["threads"])
        lag_days = 0 if name == "price" else outlook.sales_lag_days(known, problem.panel.step_days)
        own = outlook.rows_of(problem, keys(known)[columns].drop_duplicates())
        asked[name] = Asked(model, problem, own, lag_days)
    return Outlook(asked["price"], asked["demand"], days)


def keys(known: World) -> pd.DataFrame:
    """product_id and supplier_id of the world's series, in its order."""
    named = {"product_id": known.product_ids[known.terms.product], "supplier_id": known.supplier_ids}
    return pd.DataFrame(named, dtype="str")


def stored_outlook(known: World, metadata: dict[str, Any], step_days: int, days: int) -> Stored:
    """What the forecasts in data/forecast say of the world's series and products from its last day on."""
    told = {}
    offered = known.orderable[:, -1]
    for name, file in (("price", "prices"), ("demand", "demand")):
        key = keys(known) if name == "price" else keys(known)[KEY[:1]].drop_duplicates(ignore_index=True)
        table = store.query(
            "FROM t SEMI JOIN wanted USING (product_id)",
            t=f"data/forecast/{file}.parquet",
            wanted=key[["product_id"]].drop_duplicates(),
        )
        needed = offered if name == "price" else np.ones(len(key), dtype=np.bool_)
        told[name] = outlook.told_in(table, key, metadata["targets"][name], step_days, days, needed)
    return Stored(outlook.ahead_of(told["price"], told["demand"], known.unit_price[:, -1]))
