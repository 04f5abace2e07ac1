"""A simulated world worth learning: prices, demand, stock and suppliers, with the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast.simulate import catalogue
from ordercast.simulate.market import (
    KEY,
    Floats,
    Ints,
    Noise,
    Rules,
    State,
    advance,
    conditional_mean,
    day_numbers,
    price,
    rules_of,
    shock_sd,
    switch,
)

__all__ = ["DEFAULT_TODAY", "World", "conditional_mean", "world"]

DEFAULT_TODAY = date(2026, 10, 31)
MIN_HISTORY_DAYS = 30
MAX_PRODUCTS = 999_999
WARM_UP_DAYS = 280  # seven half-lives of a supplier shock
STOCK_OUT_START, STOCK_OUT_END = 1 / 240, 1 / 4
SECOND_QUOTE_SHARE = 0.005
STREAMS = (
    *("product", "size", "choice", "series", "supplier", "level", "jump", "promotion"),
    *("gamma", "poisson", "stock_out", "gap", "second_quote"),
)
TERMS = [*KEY, "lead_time_days", "lead_time_sd_days", "moq_units", "pack_units", "order_cost"]
DEMAND_COLUMNS = [
    *("base_units", "reference_price", "elasticity", "dispersion"),
    *("demand_year_amplitude", "demand_year_phase", "weekday_strength"),
]
Rngs = dict[str, np.random.Generator]


@dataclass(frozen=True)
class World:
    """The six input tables, and in `truth` what no stage but evaluate may read.

    truth holds price_rules (per product and supplier the constants of its price; noise_floor is the standard
    deviation of tomorrow's change of the log latent price, given today's full state), price_states (the
    Markov state per product, supplier and day), demand_rules (per product) and demand_states (per product and
    day: expected_units at that day's price, true_units before censoring).
    """

    prices: pd.DataFrame
    sales: pd.DataFrame
    products: pd.DataFrame
    suppliers: pd.DataFrame
    stock: pd.DataFrame
    open_orders: pd.DataFrame
    truth: dict[str, pd.DataFrame]

    def tables(self) -> dict[str, pd.DataFrame]:
        """The six input tables by name, without the truth."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "truth"}


def world(products: int, history_days: int, seed: int, today: date, currency: str) -> World:
    """A World of `products` materials whose last day of history is `today`.

    Same arguments, same world; its first products stay when more are asked for. Every supplier quotes on the
    last day unless it is a Sunday, so that the plan starts from fresh prices.
    Raises ValueError when there is no product or the history is shorter than MIN_HISTORY_DAYS.
    """
    if not 1 <= products <= MAX_PRODUCTS:
        raise ValueError(f"data.products is {products}; set it between 1 and {MAX_PRODUCTS}")
    if history_days < MIN_HISTORY_DAYS:
        raise ValueError(f"data.history_days is {history_days}; set it to {MIN_HISTORY_DAYS} or more")
    children = np.random.SeedSequence(seed).spawn(len(STREAMS))
    rngs = {name: np.random.Generator(np.random.PCG64(s)) for name, s in zip(STREAMS, children, strict=True)}
    last = np.datetime64(today, "D")
    dates = (last - np.arange(history_days)[::-1]).astype("datetime64[us]")
    goods = _goods(rngs, products)
    series, owner = _series(rngs, goods)
    path = _path(rngs, series, owner, day_numbers(dates))
    rules = series[[*KEY, *(field.name for field in fields(Rules)), "noise_floor"]]
    by_day = State(**{name: values.T for name, values in vars(path).items()})
    unit_price = price(by_day, rules_of(rules)).T.round(2)
    cheapest = np.minimum.reduceat(unit_price, np.flatnonzero(np.diff(owner, prepend=-1)), axis=0)
    sales, demand_states = _sales(rngs, goods, cheapest, dates)
    columns = {name: np.round(values, 6) for name, values in vars(path).items() if name != "on_promotion"}
    states = _long(series[KEY], dates, {**columns, "on_promotion": path.on_promotion})
    return World(
        prices=_prices(rngs, series, unit_price, dates, currency),
        sales=sales,
        products=_products(goods),
        suppliers=series[TERMS].assign(min_order_value=np.nan),
        stock=_stock(goods, dates[-1]),
        open_orders=_open_orders(goods, series, unit_price, dates),
        truth={
            "price_rules": rules,
            "price_states": states,
            "demand_rules": goods[["product_id", *DEMAND_COLUMNS]],
            "demand_states": demand_states,
        },
    )


def _draw(rng: np.random.Generator, ranges: dict[str, tuple[float, float]], rows: int) -> pd.DataFrame:
    low, high = np.array(list(ranges.values())).T
    # From a grid, so that a draw rounded to 6 decimals stays below the upper end.
    values = low + (high - low) * rng.integers(2**20, size=(rows, len(ranges))) / 2**20
    return pd.DataFrame(values.round(6), columns=list(ranges))


def _goods(rngs: Rngs, products: int) -> pd.DataFrame:
    """One row per product: its material, its level price and everything drawn for it."""
    goods = catalogue.materials(products).join(_draw(rngs["product"], catalogue.PRODUCT_RANGES, products))
    low, high = np.log(goods["price_low"]), np.log(goods["price_high"])
    goods["log_level"] = (low + goods["price_position"] * (high - low)).round(6)
    goods["reference_price"] = np.exp(goods["log_level"]).round(2)
    spread = rngs["size"].standard_normal(products)
    goods["base_units"] = np.exp(np.log(10) + 1.15 * spread).clip(0.5, 200).round(6)
    goods["innovation_sd"] = (goods["ar_sd"] * np.sqrt(1 - goods["phi"] ** 2)).round(6)
    ids = [f"P{number:06d}" for number in range(1, products + 1)]
    goods.insert(0, "product_id", pd.Series(ids, dtype="str"))
    return goods


def _series(rngs: Rngs, goods: pd.DataFrame) -> tuple[pd.DataFrame, Ints]:
    """One row per product and supplier with its rules and terms, and the row of `goods` it belongs to."""
    sold_by = np.array([catalogue.SOLD_BY[category] for category in goods["category"]])
    rank = rngs["choice"].random(sold_by.shape).argsort(axis=1).argsort(axis=1)
    owner, column = np.nonzero(rank < np.floor(goods["supplier_count"]).to_numpy()[:, None])
    drawn = _draw(rngs["series"], catalogue.SERIES_RANGES, len(owner))
    series = goods.take(owner).reset_index(drop=True).join(drawn)
    series.insert(1, "supplier_id", pd.Series(sold_by[owner, column], dtype="str"))
    shocks = _draw(rngs["supplier"], catalogue.SUPPLIER_RANGES, len(catalogue.SUPPLIERS))
    rate = dict(zip(catalogue.SUPPLIERS, (shocks["shocks_per_year"] / 365.25).round(6), strict=True))
    series["shock_rate"] = series["supplier_id"].map(rate)
    jump_sd = shock_sd(series["shock_rate"].to_numpy())
    series["noise_floor"] = np.hypot(series["innovation_sd"], jump_sd).round(6)
    series["refresh_days"] = np.array(catalogue.REFRESH_DAYS)[series["refresh_choice"].astype("int64")]
    series["refresh_phase"] = (series["refresh_phase"] * series["refresh_days"]).astype("int64")
    series["promotion_end"] = (1 / series["promotion_days"]).round(6)
    start = 1 / (365.25 / series["promotions_per_year"] - series["promotion_days"])
    series["promotion_start"] = start.where(series["promotes"] < catalogue.SHARE_WITH_PROMOTIONS, 0).round(6)
    series["lead_time_days"] = series["lead_time_days"].astype("int64")
    series["lead_time_sd_days"] = (series["lead_time_days"] * series["lead_time_spread"]).round(2)
    series["moq_units"] = np.ceil(series["moq_days"] * series["base_units"]).astype("int64")
    pack = np.array(catalogue.PACK_UNITS)[series["pack_choice"].astype("int64")]
    # A pack lasts three weeks at most, so that three packs, and twice the MOQ in packs, fit on every shelf.
    series["pack_units"] = np.where(pack <= 20 * series["base_units"], pack, 1)
    series["order_cost"] = series["order_cost"].round(2)
    series["least_units"] = -(-series["moq_units"] // series["pack_units"]) * series["pack_units"]
    return series, owner


def _path(rngs: Rngs, series: pd.DataFrame, owner: Ints, days: Ints) -> State:
    """The state of every series on every day, (series, days) each, after a warm-up that is thrown away."""
    supplier = pd.Index(list(catalogue.SUPPLIERS)).get_indexer(pd.Index(series["supplier_id"]))
    span = np.arange(days[0] - WARM_UP_DAYS, days[-1] + 1)
    # Drawn series by series, so that the first stay the same when more are asked for; used day by day.
    normal = rngs["level"].standard_normal((owner[-1] + 1, len(span))).T.copy()
    jump = rngs["jump"].random((len(catalogue.SUPPLIERS), len(span))).T.copy()
    promotion = rngs["promotion"].random((len(series), len(span))).T.copy()
    rules, nothing = rules_of(series), np.zeros(len(series))
    state = State(ar=nothing, shock=nothing, log_list=rules.log_level, on_promotion=nothing > 0)
    states = []
    for step, day in enumerate(span):
        noise = Noise(normal[step, owner], jump[step, supplier], promotion[step])
        state = advance(state, rules, int(day), noise)
        if step >= WARM_UP_DAYS:
            states.append(state)
    paths = {name: np.stack([getattr(state, name) for state in states], axis=1) for name in vars(state)}
    return State(**paths)


def _long(
    keys: pd.DataFrame,
    dates: NDArray[np.datetime64],
    columns: dict[str, NDArray[np.generic]],
    cells: Ints | None = None,
) -> pd.DataFrame:
    """Frame with a row per key and date, or per flat position in `cells`, from (keys, dates) arrays."""
    cells = np.arange(len(keys) * len(dates)) if cells is None else cells
    row, step = np.divmod(cells, len(dates))
    frame = keys.take(row).reset_index(drop=True)
    frame["date"] = dates[step]
    return frame.assign(**{name: values.ravel()[cells] for name, values in columns.items()})


def _prices(
    rngs: Rngs, series: pd.DataFrame, unit_price: Floats, dates: NDArray[np.datetime64], currency: str
) -> pd.DataFrame:
    gap = rngs["gap"].random(unit_price.shape) < series["gap_share"].to_numpy()[:, None]
    gap[:, -1] = False
    gap[:, (day_numbers(dates) + 3) % 7 == 6] = True
    second = rngs["second_quote"].random(unit_price.shape)
    cells = np.repeat(np.arange(unit_price.size), np.where(gap, 0, 1 + (second < SECOND_QUOTE_SHARE)).ravel())
    frame = _long(series[KEY], dates, {"unit_price": unit_price}, cells)
    cents = np.where(second.ravel()[cells] < SECOND_QUOTE_SHARE / 2, 0.01, 0.02)
    repeated = np.diff(cells, prepend=-1) == 0
    frame["unit_price"] = (frame["unit_price"] + cents * repeated).round(2)
    frame["currency"] = pd.array([currency], dtype="str").take(np.zeros(len(frame), dtype=np.int64))
    return frame


def _sales(
    rngs: Rngs, goods: pd.DataFrame, cheapest: Floats, dates: NDArray[np.datetime64]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sales and their truth: negative binomial around a mean that follows seasons and the cheapest price."""
    days, shape = day_numbers(dates), cheapest.shape
    rule = {name: goods[name].to_numpy()[:, None] for name in DEMAND_COLUMNS}
    weekday = np.array(catalogue.WEEKDAY_DEMAND) ** rule["weekday_strength"]
    weekly = (weekday / weekday.mean(axis=1, keepdims=True))[:, (days + 3) % 7]
    turn = catalogue.FULL_TURN * days / 365.25 + rule["demand_year_phase"]
    response = (cheapest / rule["reference_price"]) ** -rule["elasticity"]
    expected = rule["base_units"] * weekly * (1 + rule["demand_year_amplitude"] * np.sin(turn)) * response
    expected = expected.round(6)
    # Poisson around a gamma is negative binomial: variance = mean + mean^2 / dispersion.
    mixing = rngs["gamma"].standard_gamma(np.broadcast_to(rule["dispersion"], shape)) / rule["dispersion"]
    units = rngs["poisson"].poisson((expected * mixing).round(6))
    uniform = rngs["stock_out"].random(shape)
    out = np.zeros(shape, dtype=np.bool_)
    for step in range(1, shape[1]):
        out[:, step] = switch(out[:, step - 1], uniform[:, step], STOCK_OUT_START, STOCK_OUT_END)
    keys = goods[["product_id"]]
    sales = _long(keys, dates, {"demand_units": np.where(out, 0, units), "in_stock": ~out})
    return sales, _long(keys, dates, {"expected_units": expected, "true_units": units})


def _products(goods: pd.DataFrame) -> pd.DataFrame:
    frame = goods[["product_id", "name", "category", "unit"]].copy()
    frame["holding_rate_per_year"] = goods["holding_rate_per_year"].round(3)
    frame["shelf_capacity_units"] = np.ceil(goods["shelf_days"] * goods["base_units"]).astype("int64")
    frame["shelf_life_days"] = goods["shelf_life_days"]
    frame["unit_value"] = (1.5 * goods["reference_price"]).round(2)
    frame["unit_volume"] = np.nan
    return frame


def _stock(goods: pd.DataFrame, today: np.datetime64) -> pd.DataFrame:
    frame = goods[["product_id"]].copy()
    frame["on_hand_units"] = np.ceil(goods["on_hand_days"] * goods["base_units"]).astype("int64")
    frame["as_of"] = today
    return frame


def _open_orders(
    goods: pd.DataFrame, series: pd.DataFrame, unit_price: Floats, dates: NDArray[np.datetime64]
) -> pd.DataFrame:
    """One order of the least quantity on its way for some products; the second and the fifth are late."""
    first = ~series["product_id"].duplicated().to_numpy()
    at = np.flatnonzero(first & (series["ordered"] < catalogue.SHARE_WITH_OPEN_ORDER).to_numpy())
    frame = series.take(at)[[*KEY, "least_units", "lead_time_days", "order_progress"]].reset_index(drop=True)
    lead = frame["lead_time_days"].to_numpy()
    left = 1 + (frame["order_progress"].to_numpy() * lead).astype(np.int64)
    left[[number for number in (1, 4) if number < len(left)]] = -2
    step = len(dates) - 1 + left - lead
    ids = [f"OC{number:06d}" for number in range(1, len(at) + 1)]
    frame.insert(0, "order_id", pd.Series(ids, dtype="str"))
    frame = frame.rename(columns={"least_units": "quantity_units"})
    frame["unit_price"] = unit_price[at, step]
    frame["ordered_on"] = dates[step]
    frame["due_on"] = dates[-1] + left.astype("timedelta64[D]")
    frame["status"] = pd.array(["open"] * len(at), dtype="str")
    return frame.drop(columns=["lead_time_days", "order_progress"])
