"""The planner and its rivals on the same forecasts, fitted on nothing but what precedes the test year."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from benchmarks import ours, truth
from benchmarks.worlds import Case
from benchmarks.worth import HEADLINE
from ordercast import quotes
from ordercast.orders import accounts, backtest, cuts, guard, outlook, timing
from ordercast.orders.clairvoyant import Clairvoyant
from ordercast.orders.guard import Guarded, Record
from ordercast.orders.outlook import Asked, Outlook
from ordercast.orders.planner import Planner
from ordercast.orders.policies import Policy, ReorderPoint
from ordercast.orders.replay import replay
from ordercast.orders.timing import Correction, Recorded
from ordercast.orders.world import World

NODES = 7
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
    lag_days = {"price": 0, "demand": outlook.sales_lag_days(world, step_days)}
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


@dataclass(frozen=True)
class Taught(Guarded):
    """The guarded planner with what corrects its chances, both from the tuning year."""

    correction: Correction = timing.NO_CORRECTION

    def promises(self, world: World) -> pd.DataFrame:
        """What it promised with the orders it was trusted to place, the chances corrected; see `Recorded`."""
        assert isinstance(self.planner, Recorded)
        told = timing.of_trusted(self.planner.promises(world), self.trusted)
        return told.assign(regret=self.correction(told["regret"].to_numpy()))


def contenders(case: Case, erp: ReorderPoint, floor: ReorderPoint) -> list[Policy]:
    """The guarded planner, the same without guard, its deterministic rival, the true model, and who knows it all.

    The guard judges by the tuning year, on forecasts that had not seen it. Simulated worlds alone have a true model.
    """
    record, correction = tuned(case, erp, floor)
    planner, point = backtest.rivals(outlook_of(case), floor, NODES, HEADLINE)
    guarded = Taught(Recorded(planner), erp, record.trusted, correction=correction)
    out: list[Policy] = [guarded, replace(planner, name="planner_unguarded"), point]
    out += [truth.true_model(case, floor)] if case.tables.truth else []
    return [*out, Clairvoyant(case.world, case.test_first, case.last, HEADLINE)]


def tuned(case: Case, erp: ReorderPoint, floor: ReorderPoint) -> tuple[Record, Correction]:
    """The planner's record beside the ERP rule through the tuning year, and the correction of its chances."""
    known, days = cuts.until(case.world, case.test_first), (case.tune_first, case.tune_last)
    planner = Recorded(Planner(outlook_of(case, case.tune_first), floor, NODES, HEADLINE))
    own, usual = (accounts.account(known, replay(known, each, *days), HEADLINE).daily for each in (planner, erp))
    record = guard.judged(own, usual)
    return record, timing.corrected(timing.of_trusted(planner.promises(known), record.trusted))
