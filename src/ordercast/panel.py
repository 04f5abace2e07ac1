"""Calendar panels: irregular quotes and sales laid on one calendar, a row per series and a column per step.

A step is a day, or a week where the quotes come weekly. A panel never looks ahead: `until` hands out its past
as a view, and everything that learns or forecasts is given such a past and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast import market, quotes
from ordercast.kernels import levels, past
from ordercast.quotes import How, Quotes

Frequency = Literal["auto", "daily", "weekly"]
NO_DEMAND = pd.DataFrame(
    {
        "product_id": pd.Series(dtype="str"),
        "date": pd.Series(dtype="datetime64[us]"),
        "demand_units": pd.Series(dtype="float64"),
        "observed": pd.Series(dtype="bool"),
    }
)
WEEKLY_FROM_GAP_DAYS = 5
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
    gap: (series, steps) float32 or None: for prices, how far each log price stands under what the other prices of the
        product and of the supplier say it should be (see `kernels.levels`).
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
    gap: NDArray[np.float32] | None = None

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
        return replace(
            self,
            dates=self.dates[steps],
            value=self.value[:, steps],
            z=self.z[:, steps],
            observed=self.observed[:, steps],
            first=self.first - skipped,
            driver=None if self.driver is None else self.driver[:, steps],
            market=None if self.market is None else self.market[:, steps],
            gap=None if self.gap is None else self.gap[:, steps],
        )

    def take(self, series: NDArray[np.bool_]) -> Panel:
        """The panel of the series marked true."""
        return replace(
            self,
            ids=self.ids[series].reset_index(drop=True),
            value=self.value[series],
            z=self.z[series],
            observed=self.observed[series],
            first=self.first[series],
            driver=None if self.driver is None else self.driver[series],
            supplier=None if self.supplier is None else self.supplier[series],
            gap=None if self.gap is None else self.gap[series],
        )

    def extended(self, value: NDArray[np.float64], z: NDArray[np.float64]) -> Panel:
        """The panel with one more step of the given (series,) values, as if observed; driver and market are carried."""
        return replace(
            self,
            dates=np.append(self.dates, self.dates[-1] + np.timedelta64(self.step_days, "D")),
            value=np.column_stack([self.value, value]),
            z=np.column_stack([self.z, z]),
            observed=np.column_stack([self.observed, np.ones(len(value), dtype=bool)]),
            driver=None if self.driver is None else np.column_stack([self.driver, self.driver[:, -1]]),
            market=None if self.market is None else np.column_stack([self.market, self.market[:, -1]]),
            gap=None
            if self.gap is None
            else np.column_stack([self.gap, self.gap[:, -1] - (z - self.z[:, -1]).astype(self.gap.dtype)]),
        )

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


def detect_step_days(prices: pd.DataFrame, frequency: Frequency) -> int:
    """1 for a daily calendar, 7 for a weekly one.

    `auto` takes the median, over series, of the median gap between neighbouring quote days: 5 days or more is weekly.
    """
    if frequency != "auto":
        return 7 if frequency == "weekly" else 1
    days = prices[["product_id", "supplier_id", "date"]].drop_duplicates()
    days = days.sort_values(["product_id", "supplier_id", "date"])
    gap_days = days.groupby(["product_id", "supplier_id"])["date"].diff().dt.days
    per_series = gap_days.groupby([days["product_id"], days["supplier_id"]]).median()
    return 7 if per_series.median() >= WEEKLY_FROM_GAP_DAYS else 1


def panels(prices: pd.DataFrame, sales: pd.DataFrame, today: pd.Timestamp, step_days: int) -> dict[str, Panel]:
    """The price panel and, where there are sales, the demand panel, by the name of their target."""
    price = price_panel(prices, today, step_days)
    known = sales["date"].between(_first_day(price), today)
    return {"price": price} | ({"demand": demand_panel(sales, price)} if known.any() else {})


def _first_day(panel: Panel) -> pd.Timestamp:
    return pd.Timestamp(panel.dates[0]) - pd.Timedelta(days=panel.step_days - 1)


def price_panel(prices: pd.DataFrame | Quotes, today: pd.Timestamp, step_days: int) -> Panel:
    """Panel of unit prices, one series per product and supplier.

    prices: product_id, supplier_id, date, unit_price, as a frame or already as arrays; several quotes of one step
    become their median; quotes after `today` are not used, and slips of the pen (fivefold quotes, see `quotes.laid`)
    are set aside.
    """
    known = prices if isinstance(prices, Quotes) else quotes.coded(prices, ["product_id", "supplier_id"], "unit_price")
    last = today.to_datetime64().astype("datetime64[D]")
    in_time = known.until(last)
    if len(in_time.day) == 0:
        first = known.day.min().astype("datetime64[D]")
        raise ValueError(f"base.today is {today:%Y-%m-%d}, before the first quote of {first}")
    return _in_logs(_laid(in_time, "median", last, step_days, slips=True))


def _in_logs(panel: Panel) -> Panel:
    z = rounded_log(panel.value)
    supplier = pd.factorize(panel.ids["supplier_id"], sort=True)[0] + 1
    product = pd.factorize(panel.ids["product_id"])[0].astype(np.int64)
    gap = levels.gaps(z, panel.first, product, supplier)
    return replace(panel, z=z, market=market.lines(z, panel.first, supplier), supplier=supplier, gap=gap)


def demand_panel(sales: pd.DataFrame, prices: Panel) -> Panel:
    """Panel of demand per product on the calendar of `prices`, with the product's cheapest log price as driver.

    sales: product_id, date, demand_units, in_stock. A day without a row sold nothing. A step with a stock-out, and one
    after the last day anything was sold (the sales are not in yet), is censored: it is not observed and holds the value
    of the week before, so that means are not dragged down.
    """
    today = pd.Timestamp(prices.dates[-1])
    known = sales[sales["date"].between(_first_day(prices), today)]
    summed = _panel(known, ["product_id"], "demand_units", "sum", today, prices.step_days)
    out_of_stock = _panel(
        known.assign(out=(~known["in_stock"]).astype(float)),
        ["product_id"],
        "out",
        "max",
        today,
        prices.step_days,
    )
    started = np.arange(summed.steps) >= summed.first[:, None]
    sold = np.where(started & ~summed.observed, 0.0, summed.value)
    not_in_yet = summed.dates > known["date"].max().to_datetime64()
    censored = (out_of_stock.observed & (out_of_stock.value > 0)) | (not_in_yet & (summed.step_days == 1))
    week = max(1, 7 // prices.step_days)
    for step in range(week, summed.steps):
        sold[:, step] = np.where(censored[:, step], sold[:, step - week], sold[:, step])
    return with_price_driver(replace(summed, value=sold, z=sold, observed=started & ~censored), prices)


def with_price_driver(demand: Panel, prices: Panel) -> Panel:
    """The demand panel with, as its driver, the log of the cheapest price each product was offered at.

    Days without an offer carry the one before, those ahead of the first it; for products without a price it is 0.
    """
    starts = np.flatnonzero(~prices.ids["product_id"].duplicated())
    offered = np.minimum.reduceat(np.where(live(prices), prices.z, np.inf), starts, axis=0)
    carried = np.where(np.isfinite(offered), offered, np.nan)
    past.carry_forward(carried)
    cheapest = np.nan_to_num(carried)[:, prices.steps - demand.steps :]
    rank = pd.Index(prices.ids["product_id"].iloc[starts]).get_indexer(demand.ids["product_id"])
    return replace(demand, driver=np.where(rank[:, None] >= 0, cheapest[rank], 0.0))


def _panel(rows: pd.DataFrame, key: list[str], column: str, how: How, today: pd.Timestamp, step_days: int) -> Panel:
    return _laid(quotes.coded(rows, key, column), how, today.to_datetime64().astype("datetime64[D]"), step_days)


def _laid(known: Quotes, how: How, today: np.datetime64, step_days: int, *, slips: bool = False) -> Panel:
    value, observed, first = quotes.laid(known, how, today, step_days, slips=slips)
    dates = today - step_days * np.arange(value.shape[1] - 1, -1, -1).astype("timedelta64[D]")
    return Panel(known.ids, dates, value, value, observed, first, step_days)


def rounded_log(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural log on a grid of 1e-7: the last bit of a log differs between CPUs, the grid does not."""
    log = np.log(value)
    return np.asarray(np.round(log, 7, out=log))


def to_frame(panel: Panel, column: str) -> pd.DataFrame:
    """The panel as rows from each series' first observation on: key, date, `column`, observed."""
    started = np.arange(panel.steps) >= panel.first[:, None]
    series, step = np.nonzero(started)
    frame = panel.ids.iloc[series].reset_index(drop=True)
    frame["date"] = pd.to_datetime(panel.dates[step])
    frame[column] = panel.value[series, step]
    frame["observed"] = panel.observed[series, step]
    return frame


def from_frame(frame: pd.DataFrame, column: str, step_days: int) -> Panel:
    """The panel that `to_frame` wrote."""
    key = [name for name in ("product_id", "supplier_id") if name in frame]
    known, today = quotes.coded(frame, key, column), frame["date"].max().to_datetime64().astype("datetime64[D]")
    panel = _laid(known, "first", today, step_days)
    observed = np.zeros(panel.value.shape, dtype=bool)
    age = (today.astype(np.int64) - known.day) // step_days
    observed[known.series, panel.steps - 1 - age] = frame["observed"].to_numpy()
    panel = replace(panel, observed=observed)
    return _in_logs(panel) if column == "unit_price" else panel


def from_frames(prices: pd.DataFrame, demand: pd.DataFrame, step_days: int) -> dict[str, Panel]:
    """The panels that `panels` gave, from their stored rows; no demand where nothing was sold."""
    price = from_frame(prices, "unit_price", step_days)
    sold = {} if demand.empty else {"demand": with_price_driver(from_frame(demand, "demand_units", step_days), price)}
    return {"price": price} | sold


def series_table(panel: Panel, ended_after_days: int) -> pd.DataFrame:
    """One row per price series: key, first_quote_on, last_quote_on, quotes, unit_price, share_unchanged, status, note.

    A series whose last quote is older than `ended_after_days` is `ended`: it still teaches the model, but it is
    neither forecast nor bought, and its note says so.
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
    table["note"] = [
        f"last quoted {age} days ago, more than {ended_after_days}: not forecast, not bought" if over else ""
        for age, over in zip(age_days, ended, strict=True)
    ]
    return table
