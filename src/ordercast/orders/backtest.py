"""What each policy would have cost over the last year, day by day, knowing only what was known on each morning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from ordercast.orders import accounts, cuts, guard, policies, savings, timing
from ordercast.orders.accounts import Account
from ordercast.orders.clairvoyant import Clairvoyant
from ordercast.orders.guard import Record
from ordercast.orders.planner import Ahead, Forecasts, Planner, Remembered
from ordercast.orders.policies import Policy, ReorderPoint
from ordercast.orders.replay import replay
from ordercast.orders.timing import Correction
from ordercast.orders.world import Bools, Execution, View, World

SEED = 7


@dataclass(frozen=True)
class Backtest:
    """The replay of every policy from `first_day` on.

    accounts: by policy; record: the planner's against the ERP rule; correction: of the chances it gave; promises: the
    table of `timing.Recorded`.
    """

    world: World
    first_day: int
    accounts: dict[str, Account]
    record: Record
    correction: Correction
    promises: pd.DataFrame

    def costs(self) -> pd.DataFrame:
        """A row per policy and product: policy, then the columns of `Account.table`."""
        ids = self.world.product_ids.tolist()
        parts = [account.table(ids).assign(policy=name) for name, account in self.accounts.items()]
        table = pd.concat(parts, ignore_index=True)
        return table[["policy", *(name for name in table.columns if name != "policy")]]

    def summary(self) -> pd.DataFrame:
        """A row per policy: policy, saving_pct against the ERP rule with its 95% interval over products, fill_rate.

        The saving is a share of what the rule used up, opening stock included: of a short span, what was bought less
        what is left may be nothing or less.
        """
        usual = self.accounts["erp"].daily.sum(axis=1)
        rows = []
        for name, account in self.accounts.items():
            saving = savings.over_products(account.daily.sum(axis=1), usual, usual, SEED)
            figures = {"saving_pct": saving.value, "saving_low": saving.low, "saving_high": saving.high}
            known = account.fill_rate[~np.isnan(account.fill_rate)]
            rows.append({"policy": name, **figures, "fill_rate": float(known.mean()) if len(known) else np.nan})
        return pd.DataFrame(rows).round(6)


@dataclass(frozen=True)
class Certain:
    """Forecasts taken at their word: demand comes as expected. With one price node, the deterministic programme."""

    forecasts: Forecasts

    def __call__(self, view: View) -> Ahead:
        told = self.forecasts(view)
        return replace(told, demand_variance=0 * told.demand_variance, demand_level_cv=0 * told.demand_level_cv)


def service_factor(service_level: float) -> float:
    """Standard deviations of safety stock for a share of order cycles without a stock-out."""
    return float(NormalDist().inv_cdf(service_level))


def days_to_replay(days: int, wanted: int) -> int:
    """How many of a history's days to replay, as many as are left to learn from at least; 0 where it is too short."""
    return min(wanted, days // 2) if days >= 2 * savings.BLOCK_DAYS else 0


def trusted(done: Backtest | None, now: World) -> Bools:
    """Which products of another world the planner is trusted with, (products,): those not replayed as the catalogue.

    Without a record with none.
    """
    if done is None:
        return np.zeros(now.products, dtype=np.bool_)
    whole = done.record.chance >= guard.SURE and done.record.saving_pct > 0
    own = dict(zip(done.world.product_ids, done.record.trusted, strict=True))
    return np.array([bool(own.get(product, whole)) for product in now.product_ids], dtype=np.bool_)


def correction(done: Backtest | None) -> Correction:
    """The correction of chances of regret that the record has taught, none without a record."""
    return timing.NO_CORRECTION if done is None else done.correction


def report(done: Backtest | None) -> dict[str, Any] | None:
    """The record as plain JSON values, None without one."""
    if done is None:
        return None
    table = timing.bins(done.promises["regret"].to_numpy(), done.promises["regretted"].to_numpy())
    promised, came = (float(done.promises[name].sum()) for name in ("promised", "saving"))
    error = timing.calibration_error([table])
    return {
        "products": done.world.products,
        "days": done.world.days - done.first_day,
        "chance_of_gain": round(done.record.chance, 4),
        "share_trusted": round(float(done.record.trusted.mean()), 4),
        "promised_over_realised": round(promised / came, 4) if came > 0 else None,
        "regret_error": None if np.isnan(error) else round(error, 4),
        "policies": {
            row.pop("policy"): {name: None if np.isnan(figure) else figure for name, figure in row.items()}
            for row in done.summary().to_dict("records")
        },
    }


def rivals(
    forecasts: Forecasts, floor: ReorderPoint, nodes: int, execution: Execution, service_floor: float | None = None
) -> list[Planner]:
    """The planner, and the deterministic programme on the means of the same forecasts."""
    once = Remembered(forecasts)
    return [
        Planner(once, floor, nodes, execution, service_floor=service_floor),
        Planner(Certain(once), floor, 1, execution, "point_dp"),
    ]


def backtest(world: World, first_day: int, erp: ReorderPoint, contenders: Sequence[Planner]) -> Backtest:
    """The replay of the ERP rule, its promotion rule, the contenders (the first is the planner) and the clairvoyant."""
    planner, *others = contenders
    last, execution = world.days - 1, planner.execution
    recorded = timing.Recorded(planner)
    every: list[Policy] = [erp, promo_rule(world, erp, first_day, execution), *others, recorded]
    every.append(Clairvoyant(world, first_day, last, execution))
    done = {each.name: accounts.account(world, replay(world, each, first_day, last), execution) for each in every}
    promises = recorded.promises(world)
    record = guard.judged(done[planner.name].daily, done["erp"].daily)
    correction = timing.corrected(timing.of_trusted(promises, record.trusted))
    return Backtest(world, first_day, done, record, correction, promises)


def promo_rule(world: World, erp: ReorderPoint, first_day: int, execution: Execution) -> Policy:
    """The promotion rule tuned on the days before; with too few of them, its usual setting."""
    before = days_to_replay(first_day, world.days - first_day)
    if not before:
        return policies.PromoRule(erp)
    known = cuts.until(world, first_day)
    return accounts.tuned(known, policies.promo_candidates(erp), first_day - before, first_day - 1, execution)


NO_COSTS = pd.DataFrame(
    {
        **{name: pd.Series(dtype="str") for name in ("policy", "product_id")},
        **{
            name: pd.Series(dtype="float64")
            for name in (
                *(f"{kind}_cost" for kind in ("purchase", "holding", "order", "lost", "spoiled")),
                *("end_credit", "total_cost", "fill_rate", "orders"),
            )
        },
    }
)
