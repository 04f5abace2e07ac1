"""What a purchasing policy must know: the demand ahead, stock, shelf and orders due."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CLOSED_STATUS = ("received", "cancelled", "canceled", "closed", "rejected")
P10_TO_P90_IN_SD = 2.5631
TAIL_DAYS = 7
PATIENCE_DAYS = 7  # an order overdue for no longer is expected any day; after that it is not counted on


def refuse_repeats(frame: pd.DataFrame, keys: list[str], table: str) -> None:
    """Nothing; raises ValueError naming the first key that stands in `frame` more than once."""
    repeated = frame.duplicated(keys)
    if repeated.any():
        key = ", ".join(f"{name} {value}" for name, value in frame.loc[repeated, keys].iloc[0].items())
        raise ValueError(f"{table}: {key} is there more than once; keep one row per {' and '.join(keys)}.")


@dataclass(frozen=True)
class DemandAhead:
    """Expected demand after today, summed up day by day; past its forecast each product's last 7 days go on.

    mean, variance: (products, days + 1) in units and units^2, column d = from tomorrow through day d;
    tail_mean, tail_variance: (products,) per day; horizon_days: (products,), 0 = no forecast. Days are taken
    as independent, so variances add. Sums are kept to 6 decimals: the same plan on every machine.
    """

    mean: Floats
    variance: Floats
    tail_mean: Floats
    tail_variance: Floats
    horizon_days: Ints

    def over(self, product: Ints, days: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the demand of the next `days` (>= 0, may be fractional); all shapes (n,)."""
        return (
            _through(self.mean, self.tail_mean, product, days),
            _through(self.variance, self.tail_variance, product, days),
        )

    def per_day(self, product: Ints) -> Floats:
        """Mean demand per day over each product's own forecast, 0 where there is none; shape (n,)."""
        horizon = self.horizon_days[product]
        return np.round(self.mean[product, horizon] / np.maximum(horizon, 1), 6)

    def days_until_used(self, product: Ints, units: Floats) -> Floats:
        """Days until the mean demand has used up `units`; 0 for none, inf for never; shape (n,)."""
        last = self.mean.shape[1] - 1
        whole = (self.mean[product, 1:] <= units[:, None]).sum(axis=1)
        after = np.minimum(whole + 1, last)
        start = self.mean[product, whole]
        rate = np.where(whole == last, self.tail_mean[product], self.mean[product, after] - start)
        rest = np.maximum(units - start, 0.0)
        part = np.divide(rest, rate, out=np.full_like(rest, np.inf), where=rate > 0)
        return np.asarray(np.round(whole + part, 6), dtype=np.float64)


def _through(cumulative: Floats, tail: Floats, product: Ints, days: Floats) -> Floats:
    last = cumulative.shape[1] - 1
    whole = np.minimum(np.floor(days), last).astype(np.int64)
    after = np.minimum(whole + 1, last)
    start = cumulative[product, whole]
    rate = np.where(whole == last, tail[product], cumulative[product, after] - start)
    return np.asarray(np.round(start + (days - whole) * rate, 6), dtype=np.float64)


def demand_ahead(forecast_demand: pd.DataFrame, product_ids: "pd.Index[str]", today: pd.Timestamp) -> DemandAhead:
    """The demand forecast as cumulative arrays, one row per entry of `product_ids`.

    A row covers the days since the row before it (horizon_days 1, 2, ..: one day each; 7, 14, ..: one week
    each, spread evenly, its variance too). Standard deviation = (p90 - p10) / 2.5631, as of a normal
    distribution. Days up to `today` are left out. Raises ValueError for two rows of one product and horizon.
    """
    refuse_repeats(forecast_demand, ["product_id", "horizon_days"], "forecast_demand")
    rows = forecast_demand.assign(product=product_ids.get_indexer(pd.Index(forecast_demand["product_id"])))
    rows = rows[rows["product"] >= 0].sort_values(["product", "horizon_days"])
    horizon = rows["horizon_days"].to_numpy(np.int64)
    product = rows["product"].to_numpy(np.int64)
    first = np.diff(product, prepend=-1) != 0
    covers = horizon - np.where(first, 0, np.roll(horizon, 1))
    spread = np.maximum(rows["p90"].to_numpy(np.float64) - rows["p10"].to_numpy(np.float64), 0.0)
    variance = np.square(spread / P10_TO_P90_IN_SD) / covers
    mean = np.maximum(rows["mean"].to_numpy(np.float64), 0.0) / covers
    last_day = (rows["date"] - today).dt.days.to_numpy(np.int64)
    row = np.repeat(np.arange(len(rows)), covers)
    days_left = np.repeat(np.cumsum(covers), covers) - np.arange(1, len(row) + 1)
    day = last_day[row] - days_left
    row, day = row[day > 0], day[day > 0]
    reach = np.zeros(len(product_ids), dtype=np.int64)
    np.maximum.at(reach, product[row], day)
    daily = np.zeros((2, len(product_ids), int(reach.max(initial=1))))
    daily[:, product[row], day - 1] = mean[row], variance[row]
    return _with_tail(daily, reach)


def _with_tail(daily: Floats, reach: Ints) -> DemandAhead:
    """daily: (2, products, days) mean and variance per day, known for the first `reach` days of each product."""
    days = np.arange(1, daily.shape[2] + 1)
    in_tail = (days <= reach[:, None]) & (days > reach[:, None] - TAIL_DAYS)
    tail = np.round((daily * in_tail).sum(axis=2) / np.maximum(in_tail.sum(axis=1), 1), 9)
    daily = np.where(days <= reach[:, None], daily, tail[:, :, None])
    sums = np.round(np.cumsum(np.pad(daily, ((0, 0), (0, 0), (1, 0))), axis=2), 6)
    return DemandAhead(sums[0], sums[1], tail[0], tail[1], reach)


@dataclass(frozen=True)
class Stock:
    """What each product has and expects, in units; arrays of shape (products,).

    on_hand: 0 where unknown (known is False there); capacity: inf where the shelf has no limit; shelf_life_days:
    inf where the goods keep; open_orders:
    all that is still to arrive; late_orders: the part of it that is not counted on; days_covered: until stock and the
    receipts that come in time are used up; keeps_days: until they are spoilt; lasts_days: the earlier of the two, an
    overdue order being no receipt yet; due: the open orders (see orders_due).
    """

    on_hand: Floats
    known: npt.NDArray[np.bool_]
    capacity: Floats
    shelf_life_days: Floats
    open_orders: Floats
    late_orders: Floats
    days_covered: Floats
    keeps_days: Floats
    lasts_days: Floats
    due: pd.DataFrame

    def due_within(self, product: Ints, days: Floats) -> Floats:
        """Units counted on to arrive from today through today + `days`; shape (n,)."""
        lines = pd.DataFrame({"product": product, "line": np.arange(len(product)), "days": days})
        both = lines.merge(self.due, on="product")
        counted = both[counted_on(both["due_days"]) & (both["due_days"] <= both["days"])]
        return _sums(counted["line"], counted["quantity_units"], len(product))


def stock_ahead(
    stock: pd.DataFrame,
    products: pd.DataFrame,
    open_orders: pd.DataFrame,
    demand: DemandAhead,
    product_ids: "pd.Index[str]",
    today: pd.Timestamp,
) -> Stock:
    """Stock, shelf and open orders of all `product_ids`; ValueError for a product with two rows of stock."""
    refuse_repeats(stock, ["product_id"], "stock")
    on_hand = _by_product(stock, "on_hand_units", product_ids)
    capacity, shelf_life_days = (
        np.nan_to_num(_by_product(products, column, product_ids), nan=np.inf)
        for column in ("shelf_capacity_units", "shelf_life_days")
    )
    due = orders_due(open_orders, product_ids, today)
    late = ~counted_on(due["due_days"])
    covered, lasts = (
        days_covered(
            demand,
            np.arange(len(product_ids)),
            np.nan_to_num(on_hand),
            each["product"].to_numpy(np.int64),
            each["due_days"].clip(lower=0).to_numpy(np.float64),
            each["quantity_units"].to_numpy(np.float64),
        )
        for each in (due[~late], due[due["due_days"] >= 0])
    )
    coming = due[due["due_days"] >= 0]
    newest = coming.groupby("product")["due_days"].max().reindex(range(len(product_ids)), fill_value=0.0)
    keeps = newest.to_numpy(np.float64) + shelf_life_days
    return Stock(
        on_hand=np.nan_to_num(on_hand),
        known=~np.isnan(on_hand),
        capacity=capacity,
        shelf_life_days=shelf_life_days,
        open_orders=_sums(due["product"], due["quantity_units"], len(product_ids)),
        late_orders=_sums(due["product"][late], due["quantity_units"][late], len(product_ids)),
        days_covered=covered,
        keeps_days=keeps,
        lasts_days=np.minimum(lasts, keeps),
        due=due,
    )


def counted_on(due_days: "pd.Series[float]") -> "pd.Series[bool]":
    """Whether an order that is due in so many days is expected to come; one without a date (NaN) never is."""
    return due_days >= -PATIENCE_DAYS


def _by_product(frame: pd.DataFrame, column: str, product_ids: "pd.Index[str]") -> Floats:
    values = frame.reindex(columns=["product_id", column]).set_index("product_id")[column]
    return np.asarray(values.astype("float64").reindex(product_ids), dtype=np.float64)


def _sums(group: "pd.Series[int]", units: "pd.Series[float]", size: int) -> Floats:
    return np.bincount(group, units, minlength=size).astype(np.float64)


def orders_due(open_orders: pd.DataFrame, product_ids: "pd.Index[str]", today: pd.Timestamp) -> pd.DataFrame:
    """The orders that are still to arrive, with `product` (row in product_ids) and `due_days` from today.

    A status in CLOSED_STATUS means the order is no longer open; any other is. due_days < 0: overdue; no
    due_on: due_days is NaN, no comparison with it is true, and so nobody counts on such an order.
    """
    status = open_orders["status"].astype("object").fillna("").astype("str").str.strip().str.lower()
    due = open_orders[~status.isin(CLOSED_STATUS)]
    due = due.assign(
        product=product_ids.get_indexer(pd.Index(due["product_id"])),
        due_days=(pd.to_datetime(due["due_on"]) - today).dt.days.astype("float64"),
        quantity_units=due["quantity_units"].astype("float64"),
    )
    due = due.loc[due["product"] >= 0, ["product", "order_id", "quantity_units", "due_on", "due_days"]]
    return due.sort_values(["product", "due_days", "order_id"], ignore_index=True)


def days_covered(
    demand: DemandAhead, product: Ints, units: Floats, line: Ints, arrives_days: Floats, arriving_units: Floats
) -> Floats:
    """Days until `units` and the receipts that come in time are used up at mean demand; (n,), may be inf.

    product, units: (n,), one entry per line. line, arrives_days, arriving_units: (r,), the receipts, `line`
    pointing into the former. A receipt of day d serves day d; one after the stock ran out does not count.
    """
    by_day = np.lexsort((arrives_days, line))
    line, arrives_days, arriving = line[by_day], arrives_days[by_day], arriving_units[by_day]
    so_far = pd.Series(arriving).groupby(line).cumsum().to_numpy(np.float64)
    used, _ = demand.over(product[line], np.maximum(arrives_days - 1, 0.0))
    too_late = (arrives_days > 0) & (used > np.round(units[line] + so_far - arriving, 6))
    in_time = ~pd.Series(too_late).groupby(line).cummax().to_numpy(np.bool_)
    received = np.bincount(line[in_time], arriving[in_time], minlength=len(units))
    return demand.days_until_used(product, np.round(units + received, 6))
