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
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import panels, planners, worlds, worth
from benchmarks.panels import InputError
from benchmarks.worlds import Case
from benchmarks.worth import BESIDE, HEADLINE, Replayed
from ordercast import store
from ordercast.orders import accounts, policies
from ordercast.orders.policies import Policy, ReorderPoint
from ordercast.orders.replay import replay

SHOWN = {  # figure of a row -> its heading
    "saving_pct": "saving %",
    "saving_low": "low",
    "saving_high": "high",
    "saving_time_low": "by time, low",
    "saving_time_high": "high",
    "saving_pct_quote_seen": "at quote seen",
    "saving_pct_run_out": "run out",
    "over_promo_pct": "over promo",
    "fill_rate": "fill",
    "share_worse_than_erp": "worse off",
    "losses_over_gains": "losses/gains",
}


def contenders(case: Case, floor_factor: float | None = None) -> tuple[ReorderPoint, list[Policy]]:
    """The tuned ERP rule, and every policy that is measured beside it.

    Of service factors that cost the same but for a thousandth the least is taken: its stock is the smallest.
    floor_factor: that of the reorder point under the planners, by default the ERP rule's.
    """
    tuning = (case.tune_first, case.tune_last, HEADLINE)
    erp = accounts.tuned(case.world, policies.erp_candidates(), *tuning, indifferent=0.001)
    promo = accounts.tuned(case.world, policies.promo_candidates(erp), *tuning)
    just_in_time = policies.just_in_time(erp.service_factor)
    floor = just_in_time if floor_factor is None else policies.just_in_time(floor_factor)
    return erp, [erp, just_in_time, promo, *planners.contenders(case, erp, floor)]


def replayed(case: Case, policy: Policy, erp: Policy) -> Replayed:
    """The policy through the test year; its last stock used up under the ERP rule."""
    start = time.process_time()
    run = replay(case.world, policy, case.test_first, case.last)
    seconds = time.process_time() - start
    headline, beside = (accounts.account(case.world, run, execution) for execution in (HEADLINE, BESIDE))
    run_out = accounts.run_out_total(case.world, run, erp, HEADLINE)
    promises = policy.promises(case.world) if isinstance(policy, planners.Taught) else None
    return Replayed(case, policy, run, headline, beside, run_out, seconds, promises)


def text(figures: Sequence[dict[str, Any]], names: Sequence[str]) -> str:
    """The figures of policies as lines, headed by their names."""
    lines = [" " * 14 + "".join(f"{shown:>14}" for shown in SHOWN.values())]
    for name, each in zip(names, figures, strict=True):
        cells = ["-" if each[figure] is None else f"{each[figure]:.4g}" for figure in SHOWN]
        lines.append(f"{name:14}" + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join(lines)


def cases(given: argparse.Namespace) -> Iterator[Case]:
    """What to measure, made one by one."""
    if not given.source or "simulated" in given.source:
        for seed in given.seeds:
            yield worlds.simulated(seed, given.products, volatility=given.volatility)
    for folder in (source for source in given.source if source != "simulated"):
        tables = panels.read(folder)
        for seed, years_back in itertools.product(given.seeds, range(given.years)):
            terms = given.shelf_life_days, tuple(given.lead_days)
            try:
                case = worlds.real(tables, seed, given.products, years_back, *terms)
            except InputError as error:
                if years_back == 0:
                    raise
                print(f"\n{tables.name}, seed {seed}, {years_back} years back: left out, as {error}", flush=True)
            else:
                yield case


def measure(given: argparse.Namespace) -> None:
    """Measure one case after the other; what is done is written after each, so that a stopped run keeps it."""
    done: list[Replayed] = []
    rows: list[dict[str, object]] = []
    for case in cases(given):
        erp, others = contenders(case, given.floor_factor)
        own = [replayed(case, policy, erp) for policy in others]
        done += own
        rows += worth.rows(own)
        load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        moves = f"{case.effective_series:.1f} effective series"
        said = "; ".join((f"{case.world.products} products", moves, *case.notes, load))
        first, last = own[0].when
        table = text(rows[-len(own) :], [each.policy.name for each in own])
        print(f"\n{case.name}, seed {case.seed}, {first} to {last}: {said}\n{table}", flush=True)
        together = worth.summary(done)
        store.write_json({"summary": together, "policies": rows}, given.json)
        if given.replay:
            days = pd.concat([worth.every_day(each) for each in done])
            store.write_parquet(days, given.replay, ["world", "seed", "policy", "product_id", "date"])
    for name, world in together["worlds"].items():
        print(f"\n{name}, all seeds and years\n{text(list(world.values()), list(world))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="*", metavar="DIR|simulated", help="folders of tables; simulated by default")
    parser.add_argument("--products", type=int, default=200, help="products of a simulated world, most of a folder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--volatility", type=float, default=1.0, help="of simulated prices, a share; .05 is a placebo")
    parser.add_argument("--years", type=int, default=1, help="test years of a folder, walking back from its last")
    parser.add_argument("--shelf-life-days", type=float, default=np.inf, help="of the products of a folder")
    parser.add_argument(
        "--lead-days", type=int, nargs=2, default=worlds.LEAD_DAYS, help="least and most, of the products of a folder"
    )
    parser.add_argument("--floor-factor", type=float, help="factor under the planners, by default the ERP rule's")
    parser.add_argument("--json", type=Path, required=True, help="file for the summary and the rows")
    parser.add_argument("--replay", type=Path, help="Parquet file for every simulated day")
    try:
        measure(parser.parse_args())
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
