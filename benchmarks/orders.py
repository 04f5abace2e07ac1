"""What purchasing policies are worth: `python -m benchmarks.orders [--products N] [--seeds 0 1 2] [DIR...] --json F`.

Every policy buys through the same held-out year, day by day, knowing only what was known on each morning; the ERP rule
and the promo rule are tuned on the year before. Orders pay the next published quote; what it would have been at the
quote seen stands beside. Simulated worlds by default; folders of real prices under assumed terms, which are printed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import panels, worlds
from benchmarks.panels import InputError
from benchmarks.worlds import Case
from ordercast import store
from ordercast.orders import accounts, policies, savings
from ordercast.orders.accounts import Account
from ordercast.orders.policies import Policy, ReorderPoint
from ordercast.orders.replay import Run, replay
from ordercast.orders.world import Execution

HEADLINE: Execution = "next_quote"
BESIDE: Execution = "quote_seen"
COSTS = ("purchase_cost", "holding_cost", "order_cost", "lost_cost", "spoiled_cost", "end_credit", "total_cost")
SHOWN = (
    *("saving_pct", "saving_low", "saving_high", "saving_time_low", "saving_time_high", "saving_pct_quote_seen"),
    *("saving_pct_run_out", "fill_rate", "orders_per_product", "share_worse_than_erp", "losses_over_gains"),
)
PLANNER_FIGURES = (
    *("capture", "capture_of_true_model", "vs_point_dp", "vs_promo_rule", "regret_ece", "promised_over_realised"),
    *("fill_rate", "share_worse_than_erp", "losses_over_gains"),
)


@dataclass(frozen=True)
class Replayed:
    """A policy's run in a case, priced at the next quote, at the quote seen, and with its stock used up at the end."""

    policy: Policy
    run: Run
    headline: Account
    beside: Account
    run_out: np.ndarray[Any, np.dtype[np.float64]]
    seconds: float


def contenders(case: Case) -> tuple[ReorderPoint, list[Policy]]:
    """The tuned ERP rule, and every policy that is measured beside it."""
    tuning = (case.tune_first, case.tune_last, HEADLINE)
    erp = accounts.tuned(case.world, policies.erp_candidates(), *tuning)
    promo = accounts.tuned(case.world, policies.promo_candidates(erp), *tuning)
    return erp, [erp, policies.just_in_time(erp.service_factor), promo]


def replayed(case: Case, policy: Policy, erp: Policy) -> Replayed:
    """The policy through the test year; its last stock used up under the ERP rule."""
    start = time.process_time()
    run = replay(case.world, policy, case.test_first, case.last)
    seconds = time.process_time() - start
    headline, beside = (accounts.account(case.world, run, execution) for execution in (HEADLINE, BESIDE))
    run_out = accounts.run_out_total(case.world, run, erp, HEADLINE)
    return Replayed(policy, run, headline, beside, run_out, seconds)


def row(case: Case, done: Replayed, erp: Replayed) -> dict[str, object]:
    """The figures of one policy in one case; intervals are of the saving, over products and over blocks of time."""
    table = done.headline.table(case.world.product_ids.tolist())
    total, reference = done.headline.total, erp.headline.total
    products = savings.over_products(total, reference, reference, case.seed)
    days, usual_days = done.headline.daily.sum(axis=0), erp.headline.daily.sum(axis=0)
    blocks = savings.over_time(days, usual_days, usual_days, case.seed)
    worse = savings.worse_off(total, reference)
    figures = {
        **{name: float(table[name].sum()) for name in COSTS},
        "fill_rate": float(done.run.sold_units.sum() / done.run.demand_units.sum()),
        "fill_rate_median_product": float(table["fill_rate"].median()),
        "orders_per_product": float(table["orders"].mean()),
        "saving_pct": products.value,
        "saving_low": products.low,
        "saving_high": products.high,
        "saving_time_low": blocks.low,
        "saving_time_high": blocks.high,
        "saving_pct_quote_seen": savings.saving_pct(done.beside.total, erp.beside.total),
        "saving_pct_run_out": savings.saving_pct(done.run_out, erp.run_out),
        "share_worse_than_erp": worse.share,
        "losses_over_gains": worse.losses_over_gains if np.isfinite(worse.losses_over_gains) else None,
        "effective_series": case.effective_series,
        "seconds": done.seconds,
    }
    rounded = {name: None if value is None else round(value, 6) for name, value in figures.items()}
    return {**heading(case), "policy": done.policy.name, "settings": repr(done.policy), **rounded}


def heading(case: Case) -> dict[str, object]:
    """What tells a case from others."""
    dates = case.world.dates
    return {
        "world": case.name,
        "seed": case.seed,
        "products": case.world.products,
        "test_from": str(dates[case.test_first]),
        "test_to": str(dates[case.last]),
    }


def every_day(case: Case, done: Replayed) -> pd.DataFrame:
    """Every simulated day: a row per product and date: what was asked, ordered, received and left, and the costs."""
    world, run, costs = case.world, done.run, done.headline
    shape = run.stock_units.shape
    ordered, paid, seen, supplier = np.zeros(shape), np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, "")
    supplier = supplier.astype(object)
    placed = run.orders
    cell = placed.product, placed.order_day - run.first_day
    ordered[cell] = placed.units
    paid[cell] = world.paid_price(HEADLINE)[placed.series, placed.order_day]
    seen[cell] = world.paid_price(BESIDE)[placed.series, placed.order_day]
    supplier[cell] = world.supplier_ids[placed.series]
    days = slice(run.first_day, run.last_day + 1)
    columns = {
        "unit_price": world.cheapest_price[:, days],
        "demand_units": run.demand_units,
        "sold_units": run.sold_units,
        "lost_units": run.lost_units,
        "supplier_id": supplier,
        "order_units": ordered,
        "order_unit_price": paid,
        "order_unit_price_seen": seen,
        "received_units": run.received_units,
        "spoiled_units": run.spoiled_units,
        "stock_units": run.stock_units,
        "purchase_cost": costs.purchase,
        "holding_cost": costs.holding,
        "order_cost": costs.order,
        "lost_cost": costs.lost,
    }
    frame = pd.DataFrame({name: values.ravel() for name, values in columns.items()})
    frame = frame.assign(world=case.name, seed=case.seed, policy=done.policy.name)
    frame["product_id"] = np.repeat(world.product_ids, shape[1])
    frame["date"] = np.tile(world.dates[days].astype("datetime64[us]"), shape[0])
    return frame.astype(dict.fromkeys(["world", "policy", "product_id", "supplier_id"], pd.StringDtype()))


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, object]:
    """By policy, means over the simulated seeds and over the real cases, and the worst real case.

    The figures of the planner are null until it takes part.
    """
    frame = pd.DataFrame(rows)
    figures = ["saving_pct", "saving_pct_quote_seen", "saving_pct_run_out", "fill_rate", "share_worse_than_erp"]
    said: dict[str, object] = dict.fromkeys(
        (*PLANNER_FIGURES, "fill_rate", "share_worse_than_erp", "losses_over_gains")
    )
    for kind, own in frame.groupby(np.where(frame["world"] == "simulated", "simulated", "real")):
        by_policy = own.groupby("policy")
        means = by_policy[figures].mean().round(6)
        means["worst_saving_pct"] = by_policy["saving_pct"].min()
        said[str(kind)] = means.to_dict(orient="index")
    return said


def text(rows: Sequence[dict[str, Any]]) -> str:
    """The rows of one case as lines."""
    lines = [f"{'policy':14}" + "".join(f"{name.replace('saving', 's').replace('share_', ''):>19}" for name in SHOWN)]
    for each in rows:
        cells = ["-" if each[name] is None else f"{each[name]:.4g}" for name in SHOWN]
        lines.append(f"{each['policy']:14}" + "".join(f"{cell:>19}" for cell in cells))
    return "\n".join(lines)


def cases(given: argparse.Namespace) -> Iterator[Case]:
    """What to measure, made one by one."""
    if not given.source or "simulated" in given.source:
        for seed in given.seeds:
            yield worlds.simulated(seed, given.products)
    for folder in (source for source in given.source if source != "simulated"):
        tables = panels.read(folder)
        for seed, years_back in itertools.product(given.seeds, range(given.years)):
            yield worlds.real(tables, seed, given.products, years_back, given.shelf_life_days)


def measure(given: argparse.Namespace) -> None:
    """Measure one case after the other; what is done is written after each, so that a stopped run keeps it."""
    rows: list[dict[str, object]] = []
    days: list[pd.DataFrame] = []
    for case in cases(given):
        erp, others = contenders(case)
        done = [replayed(case, policy, erp) for policy in others]
        own = [row(case, each, done[0]) for each in done]
        rows += own
        load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        print(f"\n{heading(case)}\n{'; '.join((*case.notes, load))}\n{text(own)}", flush=True)
        store.write_json({"summary": summary(rows), "policies": rows}, given.json)
        if given.replay:
            days += [every_day(case, each) for each in done]
            store.write_parquet(pd.concat(days), given.replay, ["world", "seed", "policy", "product_id", "date"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="*", metavar="DIR|simulated", help="folders of tables; simulated by default")
    parser.add_argument("--products", type=int, default=200, help="products of a simulated world, most of a folder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--years", type=int, default=1, help="test years of a folder, walking back from its last")
    parser.add_argument("--shelf-life-days", type=float, default=np.inf, help="of the products of a folder")
    parser.add_argument("--json", type=Path, required=True, help="file for the summary and the rows")
    parser.add_argument("--replay", type=Path, help="Parquet file for every simulated day")
    try:
        measure(parser.parse_args())
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
