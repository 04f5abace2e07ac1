"""What the planner expects on a morning, from the project's own forecasters: prices and demand by day.

On a weekly calendar a price stands until the next week's quote is due, and demand spreads evenly over its week.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ordercast import features, forecast
from ordercast.features import Problem
from ordercast.forecast import Forecaster
from ordercast.orders.planner import Ahead
from ordercast.orders.supply import P10_TO_P90_IN_SD
from ordercast.orders.world import Bools, Floats, Ints, View, World

QUANTILES = ("p10", "p50", "p90")


@dataclass(frozen=True)
class Told:
    """What a forecaster says one morning of the series it is asked about.

    units: by name (rows, horizons); links, persistence: (rows, horizons - 1) as in `Forecaster`; level_cv: (rows,), 0
    for prices. Of the days asked for, (days,): ended, the last horizon whose step is over by that day, -1 while the
    last known step stands; within, the horizon whose step the day lies in.
    """

    units: dict[str, Floats]
    links: Floats
    persistence: Floats
    level_cv: Floats
    ended: Ints
    within: Ints
    step_days: int

    def after(self, days: int) -> Told:
        """The same without the first `days` days."""
        return replace(self, ended=self.ended[days:], within=self.within[days:])


@dataclass(frozen=True)
class Asked:
    """A fitted forecaster with the problem on the whole history, of which a morning is shown its past only.

    rows: the series of the problem in the order of the replay's world. lag_days: by how many days what a step tells of
    ends after the step: 6 where it holds the sales of the week that begins on its day.
    """

    forecaster: Forecaster
    problem: Problem
    rows: Ints
    lag_days: int = 0

    def on(self, today: np.datetime64, days: int) -> Told:
        """What is expected of the `days` after `today`, which need not be a day of the calendar."""
        panel = self.problem.panel
        last = int(np.searchsorted(panel.dates, today, side="right")) - 1
        passed = max(int((today - panel.dates[last]).astype(np.int64)) - self.lag_days, 0)
        ended, within = steps_of(passed, days, panel.step_days)
        horizons = np.arange(1, int(within[-1]) + 2)
        asked = replace(self.problem, panel=features.recent(panel.until(last + 1)), horizons=horizons)
        at, model = forecast.guarded(self.forecaster, asked), self.forecaster
        group = at.group[self.rows]
        return Told(
            {name: forecast.values(model.target, at, each)[self.rows] for name, each in at.departure.items()},
            model.links[group, : len(horizons) - 1],
            model.persistence[group, : len(horizons) - 1],
            model.level_cv[group],
            ended,
            within,
            panel.step_days,
        )


def sales_lag_days(world: World, step_days: int) -> int:
    """By how many days what a row of the world's sales tells of ends after its step."""
    whole_weeks = (np.diff(world.demand_days) == 0).any()
    known_days = world.demand_days[-1] if whole_weeks else world.days
    return int((known_days - world.days) % step_days)


def steps_of(passed_days: int, days: int, step_days: int) -> tuple[Ints, Ints]:
    """`ended` and `within` of `Told` for the `days` days after one that lies so many days after the last known step.

    >>> ended, within = steps_of(5, 10, 7)
    >>> ended.tolist(), within.tolist()
    ([-1, 0, 0, 0, 0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 1, 1, 1, 1, 1, 2])
    """
    after = passed_days + np.arange(1, days + 1)
    return after // step_days - 1, (after - 1) // step_days


@dataclass(frozen=True)
class Outlook:
    """`planner.Forecasts` from fitted forecasters: `days` days of prices and demand as known on a view's morning."""

    price: Asked
    demand: Asked
    days: int = 60

    def __call__(self, view: View) -> Ahead:
        known_until = view.dates[view.demand_units.shape[1] - 1]
        over = int((view.dates[-1] - known_until).astype(np.int64)) - 1  # days whose sales are not in yet
        sold = self.demand.on(known_until, over + self.days)
        return ahead_of(self.price.on(view.dates[-1], self.days), sold.after(over), view.today_price)


@dataclass(frozen=True)
class Stored:
    """`planner.Forecasts` of one morning, already made."""

    ahead: Ahead

    def __call__(self, view: View) -> Ahead:
        return self.ahead


def ahead_of(price: Told, demand: Told, today_price: Floats) -> Ahead:
    """The planner's view of what was told of the same days; today_price: (series,) what stands until a quote is due."""
    later, standing = np.maximum(price.ended, 0), price.ended < 0
    due = np.diff(price.ended, prepend=-1) > 0
    p10, p50, p90 = (np.where(standing, today_price[:, None], price.units[name][:, later]) for name in QUANTILES)
    # What stands until the first quote is due tells nothing of it; in between, a price stays what it is.
    known = np.where(standing[:-1], 0.0, 1.0)
    correlation, persistence = (
        np.where(due[1:], known * np.pad(each, ((0, 0), (0, 1)))[:, later[:-1]], 1.0)
        for each in (price.links, price.persistence)
    )
    sd = np.maximum(demand.units["p90"] - demand.units["p10"], 0.0)[:, demand.within] / P10_TO_P90_IN_SD
    return Ahead(
        p10=p10,
        p50=p50,
        p90=p90,
        correlation=correlation,
        persistence=persistence,
        quote_due=due,
        demand_mean=np.maximum(demand.units["mean"][:, demand.within] / demand.step_days, 0.0),
        demand_variance=np.square(sd) / demand.step_days,
        demand_level_cv=demand.level_cv,
    )


def told_in(
    table: pd.DataFrame, key: pd.DataFrame, described: dict[str, Any], step_days: int, days: int, needed: Bools
) -> Told:
    """What the stored forecasts say of the series named by the columns of `key`, from their origin on.

    table: the rows of data/forecast with the series' `cluster`; described: the target's part of models/metadata.json.
    needed: (rows,); ValueError for such a series without a forecast of every step. Others may lack it: theirs is 1.
    """
    steps = -(-days // step_days)
    row = pd.MultiIndex.from_frame(key).get_indexer(pd.MultiIndex.from_frame(table[list(key.columns)]))
    step = table["horizon_days"].to_numpy(np.int64) // step_days - 1
    own = (row >= 0) & (step < steps)
    units = {name: np.full((len(key), steps), np.nan) for name in (*QUANTILES, "mean")}
    for name, cells in units.items():
        cells[row[own], step[own]] = table[name].to_numpy(np.float64)[own]
    missing = np.isnan(units["mean"]).any(axis=1)
    if (missing & needed).any():
        first = key[missing & needed].iloc[0].to_dict()
        raise ValueError(f"no forecast of {days} days for {first}: run `dvc repro forecast`")
    for cells in units.values():
        cells[missing] = 1.0
    group = np.zeros(len(key), dtype=np.int64)
    group[row[own]] = pd.Index(described["groups"]).get_indexer(table["cluster"])[own]
    links, persistence = (
        np.array(described[name])[group, : steps - 1] for name in ("error_correlation", "error_persistence")
    )
    level_cv = np.array(described["level_cv"])[group]
    return Told(units, links, persistence, level_cv, *steps_of(0, days, step_days), step_days)


def rows_of(problem: Problem, key: pd.DataFrame) -> Ints:
    """The rows of the problem's series named by the columns of `key`, in its order; ValueError for one not there."""
    known = pd.MultiIndex.from_frame(problem.panel.ids[list(key.columns)])
    rows = known.get_indexer(pd.MultiIndex.from_frame(key)).astype(np.int64)
    if (rows < 0).any():
        raise ValueError(f"no history of {key[rows < 0].iloc[0].to_dict()} to forecast from")
    return rows
