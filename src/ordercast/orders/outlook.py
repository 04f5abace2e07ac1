"""What the planner expects on a morning, from the project's own forecasters: prices and demand by day.

On a weekly calendar a price stands until the next week's quote is due, and demand spreads evenly over its week.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ordercast import features, forecast
from ordercast.features import Problem
from ordercast.forecast import Forecaster
from ordercast.orders.planner import Ahead
from ordercast.orders.supply import P10_TO_P90_IN_SD
from ordercast.orders.world import Floats, Ints, View
from ordercast.states import Floats as Cells

QUANTILES = ("p10", "p50", "p90")


@dataclass(frozen=True)
class Asked:
    """A fitted forecaster with the problem on the whole history, of which a morning is shown its past only.

    rows: the series of the problem in the order of the replay's world.
    """

    forecaster: Forecaster
    problem: Problem
    rows: Ints

    def on(self, today: np.datetime64, days: int) -> tuple[dict[str, Cells], tuple[Cells, Cells], Ints]:
        """Values by name (rows, horizons), links and persistence of neighbouring horizons (rows, horizons - 1), and
        which horizon each of the `days` after the last known day is, (days,); -1 while the last step still stands.
        """
        panel = self.problem.panel
        last = int(np.searchsorted(panel.dates, today, side="right")) - 1
        passed = int((today - panel.dates[last]).astype(np.int64))
        which = (passed + np.arange(1, days + 1)) // panel.step_days - 1
        asked = replace(
            self.problem,
            panel=features.recent(panel.until(last + 1)),
            horizons=np.arange(1, max(int(which[-1]) + 1, 1) + 1),
        )
        at = forecast.guarded(self.forecaster, asked)
        target = self.forecaster.target
        told = {name: forecast.values(target, at, each)[self.rows] for name, each in at.departure.items()}
        group, between = at.group[self.rows], len(asked.horizons) - 1
        links, persistence = (each[group, :between] for each in (self.forecaster.links, self.forecaster.persistence))
        return told, (links, persistence), which


@dataclass(frozen=True)
class Outlook:
    """`planner.Forecasts` from fitted forecasters: `days` days of prices and demand as known on a view's morning."""

    price: Asked
    demand: Asked
    days: int = 60

    def __call__(self, view: View) -> Ahead:
        told, linked, which = self.price.on(view.dates[-1], self.days)
        later = np.maximum(which, 0)
        standing = which < 0
        p10, p50, p90 = (np.where(standing, view.today_price[:, None], told[name][:, later]) for name in QUANTILES)
        same_step = which[1:] == which[:-1]
        correlation, persistence = (
            np.where(same_step, 1.0, np.pad(each, ((0, 0), (0, 1)))[:, later[:-1]]) for each in linked
        )
        known_until = view.dates[view.demand_units.shape[1] - 1]
        gap = int((view.dates[-1] - known_until).astype(np.int64)) - 1  # days already over whose sales are not in yet
        units, _, week = self.demand.on(known_until, gap + self.days)
        step_days, day = self.demand.problem.panel.step_days, np.maximum(week[gap:], 0)
        mean = units["mean"][:, day] / step_days
        sd = np.maximum(units["p90"] - units["p10"], 0.0)[:, day] / P10_TO_P90_IN_SD
        return Ahead(p10, p50, p90, correlation, persistence, np.maximum(mean, 0.0), np.square(sd) / step_days)


def rows_of(problem: Problem, key: pd.DataFrame) -> Ints:
    """The rows of the problem's series named by the columns of `key`, in its order; ValueError for one not there."""
    known = pd.MultiIndex.from_frame(problem.panel.ids[list(key.columns)])
    rows = known.get_indexer(pd.MultiIndex.from_frame(key)).astype(np.int64)
    if (rows < 0).any():
        raise ValueError(f"no history of {key[rows < 0].iloc[0].to_dict()} to forecast from")
    return rows
