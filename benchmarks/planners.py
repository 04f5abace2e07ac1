"""The planner and its rivals on the same forecasts, fitted on nothing but what precedes the test year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks import ours
from benchmarks.worlds import Case
from ordercast import quotes
from ordercast.orders import outlook
from ordercast.orders.outlook import Asked, Outlook
from ordercast.orders.planner import Ahead
from ordercast.orders.world import View

PLAN_DAYS = 60


def outlook_of(case: Case, first_day: int | None = None) -> Outlook:
    """Forecasters for every morning from `first_day` on, by default the test's: they learn from what precedes."""
    world, tables = case.world, case.tables
    first = case.test_first if first_day is None else first_day
    today = pd.Timestamp(world.dates[-1])
    step_days = quotes.detect_step_days(tables.prices, "auto")
    horizons = np.arange(1, -(-PLAN_DAYS // step_days) + 1)
    last_steps = -(-(world.days - first) // step_days)
    key = pd.DataFrame(
        {"product_id": world.product_ids[world.terms.product], "supplier_id": world.supplier_ids}, dtype="str"
    )
    known_days = world.demand_days[-1] if (np.diff(world.demand_days) == 0).any() else world.days  # rows of whole weeks
    lag_days = {"price": 0, "demand": int((known_days - world.days) % step_days)}
    asked = {}
    for target, names in (("price", key), ("demand", pd.DataFrame({"product_id": world.product_ids}, dtype="str"))):
        lesson = ours.lesson(
            tables.prices,
            tables.sales,
            tables.products.reindex(columns=["product_id", "category"]),
            target,
            horizons,
            today=today,
            step_days=step_days,
            last_steps=last_steps,
        )
        model = ours.fit(lesson)
        asked[target] = Asked(model.forecaster, model.problem, outlook.rows_of(model.problem, names), lag_days[target])
    return Outlook(asked["price"], asked["demand"], PLAN_DAYS)


@dataclass
class Remembered:
    """Forecasts asked once a morning, however many policies want them; in single precision for the memory's sake."""

    source: Outlook

    def __post_init__(self) -> None:
        self._said: dict[int, Ahead] = {}

    def __call__(self, view: View) -> Ahead:
        if view.day not in self._said:
            told = self.source(view)
            self._said[view.day] = _cast(told, np.float64, np.float32)
        return _cast(self._said[view.day], np.float32, np.float64)


def _cast(told: Ahead, kind: type, to: type) -> Ahead:
    return Ahead(
        **{
            name: each.astype(to) if isinstance(each, np.ndarray) and each.dtype == kind else each
            for name, each in vars(told).items()
        }
    )
