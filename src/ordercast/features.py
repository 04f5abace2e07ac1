"""The features: one definition, used for training, evaluation and forecasting alike.

A row belongs to a series, an origin (the last step that is known) and a horizon. Its state features are computed
from `panel.until(origin + 1)`, so that no later value can reach them; its horizon features add what the calendar
says of the target day and what the same days did a year ago. Everything is free of scale: logs and ratios.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache

import holidays
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast.panel import Panel
from ordercast.params import Features
from ordercast.states import YEAR_DAYS, Floats, State, demand_state, price_state

LOOK_BACK_DAYS = YEAR_DAYS + 14  # no feature sees further back, so a recursion need not carry more
HOLIDAY_REACH_DAYS = 14


@dataclass(frozen=True)
class Target:
    """A quantity to forecast: how its history becomes a state, and how forecasts become units again.

    inverse: what the model sees -> units; lowest: the least the model's value may be; spread: steps ahead -> the factor
    by which the scale grows; groups: the names of the clusters that `state` tells apart.
    """

    name: str
    column: str
    state: Callable[[Panel, Features], State]
    inverse: Callable[[Floats], Floats]
    lowest: float
    spread: Callable[[NDArray[np.int64]], Floats]
    groups: tuple[str, ...]


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

    def take(self, series: NDArray[np.bool_]) -> Problem:
        """The problem of the series marked true."""
        return replace(self, panel=self.panel.take(series), codes=self.codes[series].reset_index(drop=True))


@dataclass(frozen=True)
class Rows:
    """Feature rows with their bookkeeping: all arrays have one entry per row, x is float32 (rows, features)."""

    names: list[str]
    x: NDArray[np.float32]
    series: NDArray[np.int64]
    origin: NDArray[np.int64]
    horizon: NDArray[np.int64]
    base: Floats
    scale: Floats
    group: NDArray[np.int64]


def rows(problem: Problem, origins: Sequence[int], horizons: Callable[[int], NDArray[np.int64]] | None = None) -> Rows:
    """Feature rows of every series that has started, at each origin (a step) and each of its horizons (in steps).

    horizons: origin -> steps ahead, by default all of the problem's.
    """
    parts = [
        _rows_at(problem, origin, problem.horizons if horizons is None else horizons(origin)) for origin in origins
    ]
    return Rows(
        parts[0].names,
        *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Rows) if f.name != "names"),
    )


def recent(known: Panel) -> Panel:
    """The part of the history that features look at: its last 378 days."""
    return known.tail(LOOK_BACK_DAYS // known.step_days)


def _rows_at(problem: Problem, origin: int, horizons: NDArray[np.int64]) -> Rows:
    target, spec, codes = problem.target, problem.spec, problem.codes
    known = recent(problem.panel.until(origin + 1))
    state = target.state(known, spec)
    ahead = _ahead(known, state, horizons, spec)
    started = np.flatnonzero(known.first < known.steps)
    n, h = len(started), len(horizons)
    columns = [np.repeat(value[started], h) for value in state.features.values()]
    columns += [value[started].ravel() for value in ahead.values()]
    columns += [np.repeat(codes[name].to_numpy()[started], h) for name in codes]
    return Rows(
        names=[*state.features, *ahead, *codes],
        x=np.column_stack(columns).astype(np.float32),
        series=np.repeat(started, h),
        origin=np.full(n * h, origin),
        horizon=np.tile(horizons, n),
        base=np.repeat(state.base[started], h),
        scale=(state.scale[started, None] * target.spread(horizons)).ravel(),
        group=np.repeat(state.group[started], h),
    )


def scaled_target(panel: Panel, at: Rows) -> Floats:
    """The value to learn, (rows,): (actual - base) / scale as the model sees values, NaN where none was observed."""
    step = at.origin + at.horizon
    known = step < panel.steps
    step = np.minimum(step, panel.steps - 1)
    actual = panel.z[at.series, step]
    return np.where(known & panel.observed[at.series, step], (actual - at.base) / at.scale, np.nan)


def _ahead(known: Panel, state: State, horizons: NDArray[np.int64], spec: Features) -> dict[str, Floats]:
    series = len(known.ids)
    features = {"days_ahead": np.broadcast_to(known.step_days * horizons.astype(float), (series, len(horizons)))}
    dates = known.dates[-1] + known.step_days * horizons.astype("timedelta64[D]")
    for name, value in calendar(dates, known.step_days, spec.country).items():
        features[name] = np.broadcast_to(value, (series, len(horizons)))
    year = YEAR_DAYS // known.step_days
    then = known.steps - 1 - year
    z = known.z
    week = 7 // known.step_days
    smooth = [np.clip(then + horizons + shift, 0, known.steps - 1) for shift in range(-(week // 2), week // 2 + 1)]
    around_then = z[:, max(then - week // 2, 0) : then + week // 2 + 1].mean(axis=1) if then >= 0 else z[:, 0]
    last_year = np.mean([z[:, s] for s in smooth], axis=0) - around_then[:, None]
    a_year_old = (known.first[:, None] <= then) & (then + horizons + week // 2 < known.steps)
    features["same_days_last_year"] = np.where(a_year_old, last_year / state.scale[:, None], np.nan)
    if known.step_days == 1:
        back = np.stack([known.steps - 1 + horizons - 7 * (weeks + (horizons - 1) // 7) for weeks in range(1, 9)])
        same_weekday = z[:, np.maximum(back, 0)].mean(axis=1)
        features["same_weekday_8w"] = (same_weekday - z[:, -56:].mean(axis=1)[:, None]) / state.scale[:, None]
    return features


def calendar(dates: NDArray[np.datetime64], step_days: int, country: str) -> dict[str, Floats]:
    """Calendar features of the target dates: weekday (daily calendars only), season, distance to public holidays.

    Distances are in days, capped at 14; `country` is an ISO code of the `holidays` package.
    """
    years = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    first, last = int(years.min()), int(years.max())
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


def _root_of_steps(horizons: NDArray[np.int64]) -> Floats:
    return np.asarray(np.sqrt(horizons.astype(float)))


def _constant(horizons: NDArray[np.int64]) -> Floats:
    return np.ones(len(horizons))


PRICE = Target("price", "unit_price", price_state, np.exp, -np.inf, _root_of_steps, ("sticky", "stepwise", "moving"))
DEMAND = Target("demand", "demand_units", demand_state, _as_it_is, 0.0, _constant, ("steady", "patchy", "rare"))
TARGETS = {target.name: target for target in (PRICE, DEMAND)}
