"""From dated values, as irregular as they come, to one value per series and step of a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast.kernels import past
from ordercast.kernels import slips as slips_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SLIP_FACTOR = 5.0  # a slipped decimal sign is worth ten; prices that move fivefold and back overnight are rare
FAR_FACTOR, MANY = 50.0, 14  # two digits more: no price moves so far, unless it stays there for so many quotes
LEAST_SALES = 14  # so many say how much a product sells at most
How = Literal["median", "sum", "max", "first"]
Frequency = Literal["auto", "daily", "weekly"]
WEEKLY_FROM_GAP_DAYS = 5


@dataclass(frozen=True)
class Quotes:
    """Dated values as plain arrays: ids, one row per series, sorted; series, day (since 1970-01-01), value, (rows,)."""

    ids: pd.DataFrame
    series: Ints
    day: Ints
    value: Floats

    def until(self, day: np.datetime64) -> Quotes:
        """The rows up to a day, and the series that have any."""
        kept = self.day <= day.astype("datetime64[D]").astype(np.int64)
        if kept.all():
            return self
        left, series = np.unique(self.series[kept], return_inverse=True)
        return Quotes(self.ids.iloc[left].reset_index(drop=True), series, self.day[kept], self.value[kept])


def coded(rows: pd.DataFrame, key: Sequence[str], column: str) -> Quotes:
    """The rows of a frame with the columns of `key`, date and `column`, as arrays."""
    groups = rows.groupby(list(key), observed=True, dropna=False)
    ids, series = groups.size().index.to_frame(index=False), groups.ngroup().to_numpy().astype(np.int64)
    day = rows["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    return Quotes(ids, series, day, rows[column].to_numpy(np.float64))


def laid(
    known: Quotes,
    how: How,
    today: np.datetime64,
    step_days: int,
    *,
    since: np.datetime64 | None = None,
    slips: bool = False,
) -> tuple[Floats, NDArray[np.bool_], Ints]:
    """Values (series, steps), which of them were observed, and each series' first observed step.

    The last step ends on `today`, which no row may lie behind. Several values of a step become their median, sum,
    maximum or first; a gap carries the last value forward, and before its first value a series holds that.
    since: a day that the calendar reaches back to, where that is further than the first row. slips: set slips of the
    pen aside, values five times above or below what is usual, as if they had not been observed.
    """
    last = int(today.astype("datetime64[D]").astype(np.int64))
    begin = last + step_days if since is None else int(since.astype("datetime64[D]").astype(np.int64))
    steps = (last - int(known.day.min(initial=begin))) // step_days + 1
    value = np.full((len(known.ids), steps), np.nan)
    if past.lay(value, known.series, known.day, known.value, last, step_days):
        step = steps - 1 - (last - known.day) // step_days
        cell, merged = _merged(known.series * steps + step, known.value, how)
        value.ravel()[cell] = merged
    if slips:
        slips_of.set_slips_aside(value, SLIP_FACTOR, FAR_FACTOR, MANY)
    observed = ~np.isnan(value)
    return value, observed, past.carry_forward(value)


def sales_beyond(sold: Floats, observed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of a day's sales are no sales but slips of the pen, (series, days): fifty times all before."""
    return slips_of.sales_beyond(sold, observed, FAR_FACTOR, LEAST_SALES)


def _merged(cell: Ints, value: Floats, how: How) -> tuple[Ints, Floats]:
    """The distinct cells and, for each, what its values come to."""
    order = np.lexsort((value, cell)) if how == "median" else np.argsort(cell, kind="stable")
    cell, value = cell[order], value[order]
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    count = np.diff(starts, append=len(cell))
    if how == "median":
        merged = (value[starts + (count - 1) // 2] + value[starts + count // 2]) / 2
    elif how == "first":
        merged = value[starts]
    else:
        merged = (np.add if how == "sum" else np.maximum).reduceat(value, starts)
    return cell[starts], merged


def detect_step_days(prices: pd.DataFrame, frequency: Frequency) -> int:
    """1 for a daily calendar, 7 for a weekly one.

    `auto` takes the median, over series, of the median gap between neighbouring quote days: 5 days or more is weekly.
    """
    return step_days_of(usual_gaps(prices), frequency)


def usual_gaps(prices: pd.DataFrame) -> pd.Series[float]:
    """The median gap between neighbouring quote days of each series, in days; NaN where there is but one."""
    days = prices[["product_id", "supplier_id", "date"]].drop_duplicates()
    days = days.sort_values(["product_id", "supplier_id", "date"])
    gap_days = days.groupby(["product_id", "supplier_id"])["date"].diff().dt.days
    usual: pd.Series[float] = gap_days.groupby([days["product_id"], days["supplier_id"]]).median()
    return usual


def step_days_of(usual_gaps: pd.Series[float], frequency: Frequency) -> int:
    """The calendar of a catalogue whose series have these usual gaps: as `detect_step_days`."""
    if frequency != "auto":
        return 7 if frequency == "weekly" else 1
    return 7 if usual_gaps.median() >= WEEKLY_FROM_GAP_DAYS else 1
