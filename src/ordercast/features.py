"""The features: one definition, used for training, evaluation and forecasting alike.

A row belongs to a cell: a series, an origin (the last step that is known) and a horizon. Its state features look at no
step after the origin; its horizon features add what the calendar says of the target day and what the same days did a
year ago. Everything is free of scale: logs, ratios and multiples of the series' own usual step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import holidays.countries  # every country's module at once, which `holidays` would otherwise load amid the first rows
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast.calibrate import HORIZON_EDGES_DAYS
from ordercast.kernels import ahead, levels
from ordercast.market import HALF_YEAR_DAYS
from ordercast.panel import Panel
from ordercast.params import Features
from ordercast.states import (
    LOOK_BACK_DAYS,
    PRICE_CLUSTERS,
    YEAR_DAYS,
    Floats,
    Ints,
    State,
    demand_state,
    price_state,
)

HOLIDAY_REACH_DAYS = 14
TARGET_LIMIT = 6.0  # scaled departures beyond this are typing errors or shocks that nobody forecasts
WEEKS = 8
OWN_BAND = ("own_p10", "own_p90")  # features that are also bands in their own right
OWN_STEPS = 125  # of two years every sixth day at most: every seventh would see one weekday only
OWN_HORIZONS_DAYS = np.append(HORIZON_EDGES_DAYS, 60)  # a horizon's own band is that of the last one of its range


@dataclass(frozen=True)
class Target:
    """A quantity to forecast: how its history becomes a state, and how forecasts become units again.

    inverse: what the model sees -> units; lowest: the least the model's value may be; drifts: whether "no change" is
    the best guess of one who knows nothing, as for prices; groups: the names of the clusters that `state` tells apart;
    kin: how many of them, in this order, are of a kind and lend each other evidence.
    """

    name: str
    column: str
    state: Callable[[Panel, Features, Ints, Ints], State]
    inverse: Callable[[Floats], Floats]
    lowest: float
    drifts: bool
    groups: tuple[str, ...]
    kin: int


@dataclass(frozen=True)
class Problem:
    """What is to be forecast, and all that its features are made of.

    panel: the past, up to the origin; horizons: steps ahead; codes: (series, codes) product identity as numbers.
    """

    target: Target
    panel: Panel
    horizons: NDArray[np.int64]
    codes: pd.DataFrame
    spec: Features

    def at(self, origin: int) -> Problem:
        """The problem as it stood when step `origin` was the last one known."""
        return replace(self, panel=self.panel.until(origin + 1))

    def take(self, series: NDArray[np.bool_] | slice) -> Problem:
        """The problem of the series marked true, or of a slice of them."""
        return replace(self, panel=self.panel.take(series), codes=self.codes[series].reset_index(drop=True))

    def thinned(self, most_products: int) -> Problem:
        """The problem of an even sample of the products where there are more: errors share their shocks, a few tell.

        Whole products, since the suppliers of one are compared with each other.
        """
        product = self.panel.ids["product_id"]
        names = product.unique()
        if len(names) <= most_products:
            return self
        kept = names[np.linspace(0, len(names) - 1, most_products).round().astype(int)]
        return self.take(product.isin(kept).to_numpy())


@dataclass(frozen=True)
class Cells:
    """What to make rows of, (rows,) each, in steps and in the order of series, origin and horizon."""

    series: Ints
    origin: Ints
    horizon: Ints


@dataclass(frozen=True)
class Rows:
    """Feature rows with their bookkeeping: all arrays have one entry per row, x is float32 (rows, features).

    unit: the series' usual one-step change; scale: its usual change over the row's horizon, in which the target is
    told; trust: the share of the model's answer to use, which fades as the last quote ages.
    """

    names: list[str]
    x: NDArray[np.float32]
    series: Ints
    origin: Ints
    horizon: Ints
    base: Floats
    scale: Floats
    unit: Floats
    group: Ints
    trust: Floats

    def take(self, which: Ints) -> Rows:
        """The rows at these places."""
        parts = {name: cells[which] for name, cells in vars(self).items() if name != "names"}
        return replace(self, **parts)

    def own_band(self) -> Floats:
        """The features OWN_BAND, (rows, 2), NaN where a series is too young to have a band of its own."""
        return self.x[:, [self.names.index(name) for name in OWN_BAND]].astype(np.float64)

    def level_forecast(self) -> Floats:
        """The scaled change of a price that the level filter foresees, (rows,), itself a feature."""
        told = self.x[:, self.names.index("level_forecast")].astype(np.float64)
        return np.clip(told, -TARGET_LIMIT, TARGET_LIMIT)


def every_cell(problem: Problem, origins: Sequence[int]) -> Cells:
    """The cells of every series that has started, at each origin and each of the problem's horizons."""
    series, which = np.nonzero(problem.panel.first[:, None] <= np.asarray(origins))
    pair_origin = np.asarray(origins, dtype=np.int64)[which]
    count = len(problem.horizons)
    return Cells(np.repeat(series, count), np.repeat(pair_origin, count), np.tile(problem.horizons, len(series)))


def recent(known: Panel) -> Panel:
    """The part of the history that features look at.

    A quote or a change may be 378 days old, and its surroundings are looked at half a year further back; a series' own
    band looks two years back.
    """
    return known.tail(max(LOOK_BACK_DAYS + HALF_YEAR_DAYS, 2 * YEAR_DAYS) // known.step_days + 1)


def rows(problem: Problem, cells: Cells) -> Rows:
    """Feature rows of the cells, one each and in their order. No origin may lie past the panel's end."""
    panel = problem.panel
    new = np.ones(len(cells.series), dtype=bool)
    new[1:] = (np.diff(cells.series) != 0) | (np.diff(cells.origin) != 0)
    pair = np.cumsum(new) - 1
    series, origin = cells.series[new], cells.origin[new]
    state = problem.target.state(panel, problem.spec, series, origin)
    scale = state.scale(pair, cells.horizon)
    told = _ahead(problem, cells, state, pair, scale)
    names = [*state.names, *told, *problem.codes.columns]
    x = np.empty((len(pair), len(names)), dtype=np.float32)
    x[:, : len(state.names)] = state.x.astype(np.float32)[pair]
    for k, column in enumerate(told.values(), start=len(state.names)):
        x[:, k] = column
    x[:, len(state.names) + len(told) :] = problem.codes.to_numpy(np.float32)[cells.series]
    return Rows(
        names,
        x,
        cells.series,
        cells.origin,
        cells.horizon,
        state.base[pair],
        scale,
        state.unit[pair],
        state.group[pair],
        state.trust[pair],
    )


def scaled_target(panel: Panel, at: Rows) -> Floats:
    """The value to learn, (rows,): (actual - base) / scale as the model sees values, NaN where none was observed."""
    step = at.origin + at.horizon
    known = step < panel.steps
    step = np.minimum(step, panel.steps - 1)
    actual = panel.z[at.series, step]
    return np.where(known & panel.observed[at.series, step], (actual - at.base) / at.scale, np.nan)


def _ahead(problem: Problem, cells: Cells, state: State, pair: Ints, scale: Floats) -> dict[str, Floats]:
    panel, horizon = problem.panel, cells.horizon
    unit = state.unit[pair]
    features = {"days_ahead": panel.step_days * horizon.astype(float), "spread_to_step": scale / unit}
    if state.since is not None and state.between is not None and state.structure is not None:
        features["changes_due"] = np.floor((state.since[pair] + horizon) / state.between[pair])
        features["level_forecast"] = levels.foreseen(state.structure, pair, horizon, panel.step_days) / scale
    dates = panel.dates[cells.origin] + panel.step_days * horizon.astype("timedelta64[D]")
    features |= calendar(dates, panel.step_days, problem.spec.country)
    year, half = YEAR_DAYS // panel.step_days, 7 // panel.step_days // 2
    where = (cells.series, cells.origin, horizon)
    features["same_days_last_year"] = ahead.same_days_before(panel.z, panel.first, *where, year, half) / scale
    if panel.step_days == 1:
        features["same_weekday_8w"] = ahead.same_weekday(panel.z, *where, WEEKS) / unit
    return features | dict(zip(OWN_BAND, _own_band(problem, cells, state, pair, scale), strict=True))


def _own_band(problem: Problem, cells: Cells, state: State, pair: Ints, scale: Floats) -> Floats:
    """The outer quantiles of the series' own past, (2, rows), told as the target is: what no model needs to know.

    For prices those of its changes over the same horizon in two years, for demand those of its values in half a year.
    """
    panel, changes = problem.panel, problem.target.drifts
    reach = (2 * YEAR_DAYS if changes else HALF_YEAR_DAYS) // panel.step_days
    ahead_days = OWN_HORIZONS_DAYS[np.searchsorted(OWN_HORIZONS_DAYS[:-1], cells.horizon * panel.step_days)]
    like = -(-ahead_days // panel.step_days)
    tails = ahead.own_tails(
        panel.z, panel.observed, panel.first, cells.series, cells.origin, like, changes, reach, OWN_STEPS
    )
    if changes:
        return np.asarray(tails.T / state.scale(pair, like))
    return np.asarray((tails.T - state.base[pair]) / scale)


def calendar(dates: NDArray[np.datetime64], step_days: int, country: str) -> dict[str, Floats]:
    """Calendar features of the target dates: weekday (daily calendars only), season, distance to public holidays.

    Distances are in days, capped at 14; `country` is an ISO code of the `holidays` package.
    """
    years = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    first, last = (int(years.min()), int(years.max())) if len(years) else (2000, 2000)
    position = (dates - np.datetime64(f"{first}-01-01")).astype(np.int64)
    every_day = _calendar_of_years(country, first, last)
    return {name: value[position] for name, value in every_day.items() if step_days == 1 or name != "weekday"}


@cache
def _calendar_of_years(country: str, first: int, last: int) -> dict[str, Floats]:
    """The calendar features of every day from one year's first to another's last: made once, looked up often."""
    dates = np.arange(f"{first}-01-01", f"{last + 1}-01-01", dtype="datetime64[D]")
    day = pd.DatetimeIndex(dates)
    angle = 2 * np.pi * (day.day_of_year.to_numpy() - 1) / 365.25
    public = _public_holidays(country, first - 1, last + 1)
    after = np.searchsorted(public, dates)
    to_next = (public[np.minimum(after, len(public) - 1)] - dates).astype(float)
    since_last = (dates - public[np.searchsorted(public, dates, side="right") - 1]).astype(float)
    return {
        "season_sin": np.round(np.sin(angle), 6),
        "season_cos": np.round(np.cos(angle), 6),
        "day_of_month": day.day.to_numpy().astype(float),
        "days_to_holiday": np.minimum(to_next, HOLIDAY_REACH_DAYS),
        "days_since_holiday": np.minimum(since_last, HOLIDAY_REACH_DAYS),
        "weekday": day.day_of_week.to_numpy().astype(float),
    }


def _public_holidays(country: str, first_year: int, last_year: int) -> NDArray[np.datetime64]:
    days = holidays.country_holidays(country, years=range(first_year, last_year + 1))
    return np.array(sorted(days), dtype="datetime64[D]")


def _as_it_is(value: Floats) -> Floats:
    return value


PRICE = Target("price", "unit_price", price_state, np.exp, -np.inf, True, PRICE_CLUSTERS, 4)
DEMAND = Target("demand", "demand_units", demand_state, _as_it_is, 0.0, False, ("steady", "patchy", "rare"), 1)
TARGETS = {target.name: target for target in (PRICE, DEMAND)}
