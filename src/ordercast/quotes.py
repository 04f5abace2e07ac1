"""From dated values, as irregular as they come, to one value per series and step of a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast.kernels import past

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SLIP_FACTOR = 5.0  # a slipped decimal sign is worth ten; prices that move fivefold and back overnight are rare
How = Literal["median", "sum", "max", "first"]


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
    known: Quotes, how: How, today: np.datetime64, step_days: int, *, slips: bool = False
) -> tuple[Floats, NDArray[np.bool_], Ints]:
    """Values (series, steps), which of them were observed, and each series' first observed step.

    The last step ends on `today`, which no row may lie behind. Several values of a step become their median, sum,
    maximum or first; a gap carries the last value forward, and before its first value a series holds that.
    slips: set slips of the pen aside, values five times above or below what is usual, as if they had not been observed.
    """
    last = int(today.astype("datetime64[D]").astype(np.int64))
    steps = (last - int(known.day.min(initial=last + step_days))) // step_days + 1
    value = np.full((len(known.ids), steps), np.nan)
    if past.lay(value, known.series, known.day, known.value, last, step_days):
        step = steps - 1 - (last - known.day) // step_days
        cell, merged = _merged(known.series * steps + step, known.value, how)
        value.ravel()[cell] = merged
    if slips:
        past.set_slips_aside(value, SLIP_FACTOR)
    observed = ~np.isnan(value)
    return value, observed, past.carry_forward(value)


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
