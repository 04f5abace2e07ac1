"""The world of a replay from the project's tables: quotes and sales laid on days, terms filled in, lead times drawn."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from ordercast import panel
from ordercast.orders import assumed, supply, tiers
from ordercast.orders.assumed import Defaults
from ordercast.orders.world import Bools, Dates, Floats, Ints, Opening, Terms, World
from ordercast.panel import Panel

SHORTEST_LEAD_SHARE = 0.5  # of the usual lead time: no order comes sooner, however lucky


def world_of(
    prices: pd.DataFrame,
    sales: pd.DataFrame,
    products: pd.DataFrame,
    suppliers: pd.DataFrame,
    stock: pd.DataFrame,
    open_orders: pd.DataFrame,
    *,
    defaults: Defaults,
    today: date,
    seed: int,
    price_tiers: pd.DataFrame | None = None,
    wanted: pd.DataFrame | None = None,
    sales_cover_days: int = 1,
    review_period_days: int = 1,
) -> World:
    """The World up to `today` of the products with quotes and sales; what is left out stands in its notes.

    The tables are those of DESIGN section 5. Prices come as the forecasts see them: the median of a day's quotes, slips
    of the pen set aside. Stock and open orders, as of today in the tables, become what every replay opens with.
    wanted: product_id, date, demand_units asked for where it is known although it could not be sold; otherwise a day
    with a stock-out is taken to have wanted what the week before did. Only `sales` decide what a policy may know.
    sales_cover_days: of the days from its date on that a row of sales counts, 7 for weekly sales (see `by_day`).
    seed: of the lead times, normal around lead_time_days, one for each series and day.
    """
    end = pd.Timestamp(today)
    if sales_cover_days > 1:
        weeks = np.unique(sales["date"].to_numpy().astype("datetime64[D]"))
        sales = by_day(sales, sales_cover_days, seed)
    quoted = panel.price_panel(prices, end, step_days=1)
    sold = panel.demand_panel(sales, quoted)
    has_sales = quoted.ids["product_id"].isin(sold.ids["product_id"]).to_numpy()
    ids = pd.Index(quoted.ids["product_id"][has_sales].unique(), dtype="str")
    left_out = quoted.ids["product_id"].nunique() - len(ids)
    quoted = quoted.take(has_sales)
    demand, known = _on_calendar(sold, ids, quoted.steps)
    if wanted is not None:
        asked = panel.demand_panel(wanted.assign(in_stock=True), quoted)
        demand, _ = _on_calendar(asked, ids, quoted.steps)
    first_cell = np.arange(quoted.steps) < quoted.first[:, None]
    terms = _terms(quoted, ids, products, suppliers, price_tiers, defaults, review_period_days)
    days = np.arange(quoted.steps)
    demand_days = days if sales_cover_days == 1 else _weeks_over(weeks, quoted.dates, sales_cover_days)
    return World(
        product_ids=ids.to_numpy(object),
        supplier_ids=quoted.ids["supplier_id"].to_numpy(object),
        dates=quoted.dates,
        terms=terms,
        unit_price=np.where(first_cell, np.nan, quoted.value),
        quoted=quoted.observed & ~first_cell,
        demand_units=demand,
        demand_known=known,
        demand_days=demand_days,
        lead_days=drawn_lead_days(terms, quoted.steps, seed),
        opening=_opening(stock, open_orders, ids, quoted, terms, end),
        notes=(f"{left_out} products without a sale are left out",) if left_out else (),
    )


def by_day(sales: pd.DataFrame, cover_days: int, seed: int) -> pd.DataFrame:
    """Each row of sales spread over the `cover_days` from its date on: whole units by lot, others evenly."""
    units = np.repeat(sales["demand_units"].to_numpy(np.float64)[:, None] / cover_days, cover_days, axis=1)
    total = sales["demand_units"].to_numpy(np.float64)
    whole = total == np.round(total)
    rng = np.random.default_rng([seed, 1])
    units[whole] = rng.multinomial(total[whole].astype(np.int64), np.full(cover_days, 1 / cover_days))
    rows = sales.loc[sales.index.repeat(cover_days)].reset_index(drop=True)
    rows["date"] += pd.to_timedelta(np.tile(np.arange(cover_days), len(sales)), unit="D")
    return rows.assign(demand_units=units.ravel())


def drawn_lead_days(terms: Terms, days: int, seed: int) -> Ints:
    """Days until an order of each series and day arrives, (series, days); 0 only where the lead time is 0."""
    luck = np.random.default_rng([seed, 0]).standard_normal((len(terms.product), days))
    mean = terms.lead_time_days[:, None]
    drawn = np.rint(mean + terms.lead_time_sd_days[:, None] * luck)
    return np.asarray(np.maximum(drawn, np.ceil(SHORTEST_LEAD_SHARE * mean)), dtype=np.int64)


def _on_calendar(sold: Panel, ids: pd.Index, steps: int) -> tuple[Floats, Bools]:
    """Demand of each product on the days of the prices, 0 and known before its first sale, and where it is known."""
    row = pd.Index(sold.ids["product_id"]).get_indexer(ids)
    demand, known = np.zeros((len(ids), steps)), np.zeros((len(ids), steps), dtype=np.bool_)
    there = min(steps, sold.steps)
    demand[:, steps - there :] = sold.value[row, sold.steps - there :]
    known[:, steps - there :] = sold.observed[row, sold.steps - there :]
    before = np.arange(steps) < (sold.first[row] + steps - sold.steps)[:, None]
    demand[before], known[before] = 0.0, False
    return demand, known


def _weeks_over(weeks: Dates, dates: Dates, cover_days: int) -> Ints:
    """Of how many days the demand is known on each morning: a row of sales is in once all its days are over."""
    ends = np.sort(weeks) + np.timedelta64(cover_days, "D")
    last = np.searchsorted(ends, dates, side="right") - 1
    known = (ends[np.maximum(last, 0)] - dates[0]).astype(np.int64)
    return np.where(last >= 0, np.clip(known, 0, np.arange(len(dates))), 0)


def _terms(
    quoted: Panel,
    ids: pd.Index,
    products: pd.DataFrame,
    suppliers: pd.DataFrame,
    price_tiers: pd.DataFrame | None,
    defaults: Defaults,
    review_period_days: int,
) -> Terms:
    figures = assumed.fill_assumptions(suppliers, quoted.ids, products, defaults)
    columns = ("shelf_capacity_units", "shelf_life_days", "unit_value")
    goods = products.drop_duplicates("product_id").set_index("product_id").reindex(columns=columns, index=ids)
    capacity, life, value = (goods[column].to_numpy(np.float64, na_value=np.nan) for column in columns)
    product = ids.get_indexer(pd.Index(figures["product_id"])).astype(np.int64)
    starts = np.flatnonzero(np.diff(product, prepend=-1))
    tier_units, tier_discount = tiers.padded(price_tiers, figures)
    return Terms(
        product=product,
        **{name: figures[name].to_numpy(np.float64) for name in assumed.SUPPLIER_FIGURES},
        tier_units=tier_units,
        tier_discount=tier_discount,
        holding_rate_per_year=figures["holding_rate_per_year"].to_numpy(np.float64)[starts],
        shelf_capacity_units=np.where(np.isnan(capacity), np.inf, capacity),
        shelf_life_days=np.where(np.isnan(life), np.inf, life),
        unit_value=value,
        review_period_days=review_period_days,
    )


def _opening(
    stock: pd.DataFrame, open_orders: pd.DataFrame, ids: pd.Index, quoted: Panel, terms: Terms, today: pd.Timestamp
) -> Opening:
    """What is on hand and on order; an overdue order comes after one more usual lead time.

    One overdue for long or without a date is left out, as nobody counts on it: it would keep its room for ever.
    """
    on_hand = stock.drop_duplicates("product_id").set_index("product_id")["on_hand_units"].reindex(ids)
    due = supply.orders_due(open_orders, ids, today)
    due = due[supply.counted_on(due["due_days"])]
    due = due.merge(open_orders[["order_id", "supplier_id"]].drop_duplicates("order_id"), on="order_id", how="left")
    key = pd.MultiIndex.from_arrays([ids[due["product"]], due["supplier_id"]])
    series = pd.MultiIndex.from_frame(quoted.ids[["product_id", "supplier_id"]]).get_indexer(key).astype(np.int64)
    days = due["due_days"].to_numpy(np.float64)
    lead = np.where(series >= 0, terms.promised_days[series], terms.promised_days[terms.starts[due["product"]]])
    late = days < 0
    return Opening(
        on_hand_units=np.maximum(on_hand.fillna(0.0).to_numpy(np.float64), 0.0),
        order_product=due["product"].to_numpy(np.int64),
        order_series=series,
        order_units=due["quantity_units"].to_numpy(np.float64),
        order_due_in_days=days.astype(np.int64),
        order_arrives_in_days=np.where(late, np.maximum(lead, 1), days).astype(np.int64),
    )
