"""Calendar panels: irregular quotes and sales laid on one calendar, a row per series and a column per step.

A step is a day, or a week where the quotes come weekly. A panel never looks ahead: `until` hands out its past
as a view, and everything that learns or forecasts is given such a past and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast import market, quotes
from ordercast.kernels import levels, past
from ordercast.kernels.compiled import room
from ordercast.quotes import How, Quotes
from ordercast.structure import Structure

BLOCK_SERIES = 5000
OPTIONAL = ("driver", "market", "usual")  # arrays with a column per step that not every panel has
LIVE_DAYS = 180  # a supplier silent for longer offers no price to compare with


@dataclass(frozen=True)
class Panel:
    """One value per series and step.

    ids: frame with one row per series (product_id, and supplier_id for prices), sorted.
    dates: (steps,) datetime64[D], `step_days` apart; a weekly step is named after its last day.
    value: (series, steps) float64. Gaps carry the last value forward; before a series starts it holds its first
        value, so no cell is NaN, and no step from `first` on has seen a later one.
    z: (series, steps) float64, the value as features and models see it: the log of a price, the demand as it is.
    observed: (series, steps) bool, true where the value was quoted or sold rather than carried.
    first: (series,) index of the first observed step; negative in a `tail` that starts later.
    driver: (series, steps) float64 or None: for demand, the log of the cheapest price of the product.
    market: (1 + suppliers, steps) float64 or None: for prices, the log level of the whole catalogue and then of what
        each supplier offers, the same whoever is asked for; supplier: (series,) its row for each series.
    usual: (2, steps) float64 or None: for prices, what `market.usual_variances` says of the whole catalogue.
    structure: for prices, what the level filter knows, or None.
    """

    ids: pd.DataFrame
    dates: NDArray[np.datetime64]
    value: NDArray[np.float64]
    z: NDArray[np.float64]
    observed: NDArray[np.bool_]
    first: NDArray[np.int64]
    step_days: int
    driver: NDArray[np.float64] | None = None
    market: NDArray[np.float64] | None = None
    supplier: NDArray[np.int64] | None = None
    usual: NDArray[np.float64] | None = None
    structure: Structure | None = None

    def __post_init__(self) -> None:
        for cells in (self.value, self.z, self.observed):
            cells.setflags(write=False)  # many views share them

    @property
    def steps(self) -> int:
        return len(self.dates)

    def until(self, steps: int) -> Panel:
        """The panel as it was known after its first `steps` steps (views, no copies)."""
        return self._slice(slice(None, steps), 0)

    def tail(self, steps: int) -> Panel:
        """The last `steps` steps of the panel (views, no copies)."""
        skipped = max(self.steps - steps, 0)
        return self._slice(slice(skipped, None), skipped)

    def _slice(self, steps: slice, skipped: int) -> Panel:
        cells: dict[str, Any] = {
            name: each[:, steps] for name, each in self._known("value", "z", "observed", *OPTIONAL).items()
        }
        structure = None if self.structure is None else self.structure.steps(steps)
        return replace(self, dates=self.dates[steps], first=self.first - skipped, structure=structure, **cells)

    def _known(self, *names: str) -> dict[str, Any]:
        """The arrays of these names that the panel has."""
        return {name: cells for name in names if (cells := getattr(self, name)) is not None}

    def take(self, series: NDArray[np.bool_] | slice) -> Panel:
        """The panel of the series marked true (copies), or of a slice of them (views)."""
        names = ("value", "z", "observed", "first", "driver", "supplier")
        own: dict[str, Any] = {name: each[series] for name, each in self._known(*names).items()}
        structure = None if self.structure is None else self.structure.take(series)
        return replace(self, ids=self.ids[series].reset_index(drop=True), structure=structure, **own)

    def extended(self, value: NDArray[np.float64], z: NDArray[np.float64]) -> Panel:
        """The panel with one more step of the given (series,) values, as if observed, and all else standing still."""
        last = {name: each[:, -1] for name, each in self._known(*OPTIONAL).items()}
        last |= {"value": value, "z": z, "observed": np.ones(len(value), dtype=bool)}
        longer: dict[str, Any] = {
            name: np.concatenate([getattr(self, name), each[:, None]], axis=1) for name, each in last.items()
        }
        structure = None if self.structure is None else self.structure.extended(z - self.z[:, -1])
        dates = np.append(self.dates, self.dates[-1] + np.timedelta64(self.step_days, "D"))
        return replace(self, dates=dates, structure=structure, **longer)

    def days_since_observed(self) -> NDArray[np.int64]:
        """Days from each series' last observation to the last step, (series,); the panel's length without one."""
        back = np.argmax(self.observed[:, ::-1], axis=1)
        return self.step_days * np.where(self.observed.any(axis=1), back, self.steps)


def live(panel: Panel) -> NDArray[np.bool_]:
    """Which cells stand for an offer: the series has started and was observed within 180 days, (series, steps)."""
    step = np.arange(panel.steps)
    last = np.maximum.accumulate(np.where(panel.observed, step, -1), axis=1)
    started = step >= panel.first[:, None]
    return started & (step - last <= LIVE_DAYS // panel.step_days)


def panels(prices: pd.DataFrame, sales: pd.DataFrame, today: pd.Timestamp, step_days: int) -> dict[str, Panel]:
    """The price panel and, where there are sales, the demand panel, by the name of their target."""
    price = price_panel(prices, today, step_days)
    known = sales["date"].between(first_day(price), today)
    return {"price": price} | ({"demand": demand_panel(sales, price)} if known.any() else {})


def first_day(panel: Panel) -> pd.Timestamp:
    """The day the first step begins with."""
    return pd.Timestamp(panel.dates[0]) - pd.Timedelta(days=panel.step_days - 1)


def price_panel(prices: pd.DataFrame, today: pd.Timestamp, step_days: int) -> Panel:
    """Panel of unit prices, one series per product and supplier.

    prices: product_id, supplier_id, date, unit_price; several quotes of one step become their median. Quotes after
    `today` are not used, and slips of the pen (fivefold quotes, see `quotes.laid`) are set aside.
    """
    known = quotes.coded(prices, ["product_id", "supplier_id"], "unit_price")
    in_time = known.until(today.to_datetime64())
    if len(in_time.day) == 0:
        first = known.day.min().astype("datetime64[D]")
        raise ValueError(f"base.today is {today:%Y-%m-%d}, before the first quote of {first}")
    return with_market(price_part(in_time, today, step_days))


def price_part(prices: Quotes, today: pd.Timestamp, step_days: int, since: pd.Timestamp | None = None) -> Panel:
    """The price panel of some whole products, without the market, which takes all of them.

    prices: none after `today`; since: the first day of the whole catalogue.
    """
    return in_logs(_laid(prices, "median", today, step_days, since, slips=True))


def in_logs(prices: Panel) -> Panel:
    """Prices as the models see them."""
    return replace(prices, z=rounded_log(prices.value))


def with_market(prices: Panel, origins: NDArray[np.int64] | None = None) -> Panel:
    """The prices of a whole catalogue with the lines of its market and suppliers, and with their structure.

    origins: the steps at which the structure will be asked for, by default all.
    """
    supplier = pd.factorize(prices.ids["supplier_id"], sort=True)[0] + 1
    product = pd.factorize(prices.ids["product_id"])[0].astype(np.int64)
    waves = market.waves(prices.dates, prices.step_days, levels.DRIFT_DAYS)
    lines = market.lines(prices.z, prices.first, supplier)
    usual = market.usual_variances(prices.z, prices.first, prices.step_days)
    place, origins = np.full(prices.steps, -1), np.arange(prices.steps) if origins is None else origins
    place[origins] = np.arange(len(origins))
    kept = levels.structures(prices.z, prices.first, product, supplier, waves, prices.step_days, place)
    return replace(prices, market=lines, supplier=supplier, usual=usual, structure=Structure(kept, place))


def demand_panel(sales: pd.DataFrame, prices: Panel) -> Panel:
    """Panel of demand per product on the calendar of `prices`, with the product's cheapest log price as driver.

    sales: product_id, date, demand_units, in_stock. A day without a row sold nothing. A step with a stock-out, one with
    a slip of the pen (see `quotes.sales_beyond`), and one after the last day anything was sold (the sales are not in
    yet), is censored: it is not observed and holds the value of the week before, so that means are not dragged.
    """
    today = pd.Timestamp(prices.dates[-1])
    known = sales[sales["date"].between(first_day(prices), today)]
    span = (known["date"].min(), known["date"].max())
    return with_price_driver(demand_part(known, today, prices.step_days, span), prices)


def demand_part(
    known: pd.DataFrame, today: pd.Timestamp, step_days: int, span: tuple[pd.Timestamp, pd.Timestamp]
) -> Panel:
    """The demand panel of some whole products, as `demand_panel` says, without the driver.

    known: sales on the days of the prices; span: the first and the last of these days in the whole catalogue.
    """
    since, last_sold = span
    sales = quotes.coded(known, ["product_id"], "demand_units")
    summed = _laid(sales, "sum", today, step_days, since)
    by_day = summed if step_days == 1 else _laid(sales, "sum", today, 1, since)
    slip = quotes.sales_beyond(by_day.value, by_day.observed)
    out = known.assign(out=(~known["in_stock"]).astype(float))
    out_of_stock = _laid(quotes.coded(out, ["product_id"], "out"), "max", today, step_days, since)
    started = np.arange(summed.steps) >= summed.first[:, None]
    sold = np.where(started & ~summed.observed, 0.0, summed.value)
    not_in_yet = summed.dates > last_sold.to_datetime64()
    censored = (out_of_stock.observed & (out_of_stock.value > 0)) | (not_in_yet & (summed.step_days == 1))
    series, day = np.nonzero(slip)
    censored[series, summed.steps - 1 - (by_day.steps - 1 - day) // step_days] = True
    week = max(1, 7 // step_days)
    for step in range(week, summed.steps):
        sold[:, step] = np.where(censored[:, step], sold[:, step - week], sold[:, step])
    return replace(summed, value=sold, z=sold, observed=started & ~censored)


def with_price_driver(demand: Panel, prices: Panel) -> Panel:
    """The demand panel with, as its driver, the log of the cheapest price each product was offered at.

    Days without an offer carry the one before, those ahead of the first it; for products without a price it is 0.
    """
    products = pd.Index(demand.ids["product_id"])
    driver = np.zeros(demand.value.shape)
    for each in by_products(prices, BLOCK_SERIES):  # what is offered takes several arrays as large as the prices
        own = prices.take(each)
        starts = np.flatnonzero(~own.ids["product_id"].duplicated())
        offered = np.minimum.reduceat(np.where(live(own), own.z, np.inf), starts, axis=0)
        carried = np.where(np.isfinite(offered), offered, np.nan)
        past.carry_forward(carried)
        rank = products.get_indexer(pd.Index(own.ids["product_id"].iloc[starts]))
        driver[rank[rank >= 0]] = np.nan_to_num(carried)[rank >= 0, prices.steps - demand.steps :]
    return replace(demand, driver=driver)


def by_products(panel: Panel, most_series: int) -> Iterator[slice]:
    """The series of the panel in slices of whole products, about `most_series` each."""
    starts = np.flatnonzero(~panel.ids["product_id"].duplicated())
    count = max(1, most_series * len(starts) // max(1, len(panel.ids)))
    for begin, end in pairwise([0, *starts[count::count].tolist(), len(panel.ids)]):
        yield slice(begin, end)


def joined(parts: Iterable[Panel], most_series: int) -> Panel:
    """One panel of parts with different products on one calendar; what only a whole catalogue has is not there yet.

    most_series: no fewer than there are in all. Parts are copied as they come, so that none need stay in memory.
    """
    ids: list[pd.DataFrame] = []
    whole: dict[str, Any] = {}
    filled, last = 0, None
    for part in parts:
        own: dict[str, Any] = {"value": part.value, "observed": part.observed, "first": part.first}
        own |= {} if part.z is part.value else {"z": part.z}
        rows = slice(filled, filled + len(part.ids))
        for name, cells in own.items():
            if name not in whole:
                shape = (most_series, *cells.shape[1:])
                whole[name] = room(*shape) if cells.dtype == np.float64 else np.empty(shape, cells.dtype)
            whole[name][rows] = cells
        ids.append(part.ids)
        filled, last = rows.stop, part
    if last is None:
        raise ValueError("a panel of no parts")
    cut = {name: cells[:filled] for name, cells in whole.items()}
    return replace(last, ids=pd.concat(ids, ignore_index=True), **({"z": cut["value"]} | cut))


def _laid(
    known: Quotes,
    how: How,
    today: pd.Timestamp,
    step_days: int,
    since: pd.Timestamp | None = None,
    *,
    slips: bool = False,
) -> Panel:
    last = today.to_datetime64().astype("datetime64[D]")
    begin = None if since is None else since.to_datetime64()
    value, observed, first = quotes.laid(known, how, last, step_days, since=begin, slips=slips)
    dates = last - step_days * np.arange(value.shape[1] - 1, -1, -1).astype("timedelta64[D]")
    return Panel(known.ids, dates, value, value, observed, first, step_days)


def rounded_log(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural log on a grid of 1e-7: the last bit of a log differs between CPUs, the grid does not."""
    log = np.log(value)
    return np.asarray(np.round(log, 7, out=log))


def series_table(panel: Panel, ended_after_days: int) -> pd.DataFrame:
    """One row per price series: key, first_quote_on, last_quote_on, quotes, unit_price, share_unchanged, status.

    A series whose last quote is older than `ended_after_days` is `ended`: it still teaches the model, but it is
    neither forecast nor bought.
    """
    age_days = panel.days_since_observed()
    count = panel.observed.sum(axis=1)
    unchanged = panel.observed[:, 1:] & (panel.value[:, 1:] == panel.value[:, :-1])
    later_quotes = np.maximum(panel.observed[:, 1:].sum(axis=1), 1)
    table = panel.ids.copy()
    table["first_quote_on"] = pd.to_datetime(panel.dates[panel.first])
    table["last_quote_on"] = pd.to_datetime(panel.dates[-1] - age_days.astype("timedelta64[D]"))
    table["quotes"] = count
    table["unit_price"] = panel.value[:, -1]
    table["share_unchanged"] = np.round(np.where(count > 1, unchanged.sum(axis=1) / later_quotes, 1.0), 6)
    ended = age_days > ended_after_days
    if ended.all():
        raise ValueError(
            f"no price was quoted in the last {ended_after_days} days before {panel.dates[-1]}: bring newer quotes, "
            "an earlier base.today, or raise features.ended_after_days"
        )
    table["status"] = np.where(ended, "ended", "active")
    return table
