"""The figures of replayed policies: a row per case and policy, and all seeds and years of a world together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.panels import Floats
from benchmarks.worlds import Case
from ordercast.orders import savings, timing
from ordercast.orders.accounts import Account
from ordercast.orders.policies import Policy
from ordercast.orders.replay import Run
from ordercast.orders.world import Execution

HEADLINE: Execution = "next_quote"
BESIDE: Execution = "quote_seen"
ERP, PROMO, PLANNER, POINT = "erp", "promo_rule", "planner", "point_dp"
TRUE_MODEL, CLAIRVOYANT = "true_model", "clairvoyant"
COSTS = ("purchase_cost", "holding_cost", "order_cost", "lost_cost", "spoiled_cost", "end_credit", "total_cost")


@dataclass(frozen=True)
class Replayed:
    """A policy's run in a case, priced at the next quote, at the quote seen, and with its stock used up at the end."""

    case: Case
    policy: Policy
    run: Run
    headline: Account
    beside: Account
    run_out: Floats
    seconds: float
    promises: pd.DataFrame | None = None

    @property
    def when(self) -> tuple[str, str]:
        """First and last day of the test."""
        dates = self.case.world.dates
        return str(dates[self.run.first_day]), str(dates[self.run.last_day])


def rows(done: Sequence[Replayed]) -> list[dict[str, object]]:
    """The rows of the policies of one case; savings are against its ERP rule."""
    by_name = {each.policy.name: [each] for each in done}
    return [
        {
            "world": each.case.name,
            "seed": each.case.seed,
            "products": each.case.world.products,
            "test_from": each.when[0],
            "test_to": each.when[1],
            "policy": name,
            "settings": repr(each.policy),
            **_rounded(_costs(each) | together(by_name, name) | {"seconds": each.seconds}),
        }
        for name, (each,) in by_name.items()
    ]


def _costs(done: Replayed) -> dict[str, float | None]:
    table = done.headline.table(done.case.world.product_ids.tolist())
    return {
        **{name: float(table[name].sum()) for name in COSTS},
        "fill_rate_median_product": float(table["fill_rate"].median()),
        "orders_per_product": float(table["orders"].mean()),
        "effective_series": done.case.effective_series,
    }


def together(done: dict[str, list[Replayed]], name: str) -> dict[str, float | None]:
    """What a policy saved in one case or in all of a world's, products as one list, days of several seeds added up.

    done: by policy, the same cases in the same order. saving_*: against the ERP rule, in % of its cost; over_promo_*:
    beyond what the promo rule saved; intervals over products and, saving_time_*, over blocks of 28 days. A real product
    has the same prices under every seed, so its seeds and years are drawn together.
    """
    own, erp, promo = (done.get(policy, done[ERP]) for policy in (name, ERP, PROMO))
    total, usual, promoted = (np.concatenate([each.headline.total for each in of]) for of in (own, erp, promo))
    seed = own[0].case.seed
    label = pd.factorize(np.concatenate([_labels(each) for each in own]))[0]
    drawn = [np.bincount(label, cost).astype(np.float64) for cost in (total, usual, promoted)]
    saving = savings.over_products(drawn[0], drawn[1], drawn[1], seed)
    beyond = savings.over_products(drawn[0], drawn[2], drawn[1], seed)
    days = _by_day(erp)
    blocks = savings.over_time(_by_day(own), days, days, seed)
    worse = savings.worse_off(total, usual)
    sold, asked = (sum(float(getattr(each.run, of).sum()) for each in own) for of in ("sold_units", "demand_units"))
    beside, run_out = (_saving(own, erp, of) for of in (_beside, _run_out))
    return {
        "fill_rate": sold / asked,
        "saving_pct": saving.value,
        "saving_low": saving.low,
        "saving_high": saving.high,
        "saving_time_low": blocks.low,
        "saving_time_high": blocks.high,
        "saving_pct_median_product": float(np.median(100 * (usual - total) / usual)),
        "saving_pct_quote_seen": beside,
        "saving_pct_run_out": run_out,
        "over_promo_pct": beyond.value,
        "over_promo_low": beyond.low,
        "over_promo_high": beyond.high,
        "share_worse_than_erp": worse.share,
        "losses_over_gains": worse.losses_over_gains if np.isfinite(worse.losses_over_gains) else None,
    }


def _labels(done: Replayed) -> NDArray[np.object_]:
    """What tells the products of a world apart: their names, and in simulated worlds the seed too."""
    names = done.case.world.product_ids
    return names if not done.case.tables.truth else np.array([f"{done.case.seed} {name}" for name in names], object)


def _beside(done: Replayed) -> Floats:
    return done.beside.total


def _run_out(done: Replayed) -> Floats:
    return done.run_out


def _saving(own: Sequence[Replayed], erp: Sequence[Replayed], of: Callable[[Replayed], Floats]) -> float:
    return savings.saving_pct(*(np.concatenate([of(each) for each in side]) for side in (own, erp)))


def _by_day(done: Sequence[Replayed]) -> Floats:
    """Cost of each calendar day, seeds added up, years one after the other, (days,)."""
    added: dict[tuple[str, str], Floats] = {}
    for each in done:
        added[each.when] = added.get(each.when, 0.0) + each.headline.daily.sum(axis=0)
    return np.concatenate(list(added.values()))


def summary(done: Sequence[Replayed]) -> dict[str, Any]:
    """The planner's figures over the simulated seeds, null until it and its rivals take part, and all worlds' together.

    capture: its share of the clairvoyant's saving; vs_*: its saving as a multiple of theirs.
    """
    worlds = {
        name: _by_policy([each for each in done if each.case.name == name])
        for name in dict.fromkeys(each.case.name for each in done)
    }
    said = {
        world: {
            name: _rounded(together(by_policy, name) | {"worst_saving_pct": _worst(by_policy, name)})
            for name in by_policy
        }
        for world, by_policy in worlds.items()
    }
    simulated = worlds.get("simulated", {})
    total = {name: np.concatenate([each.headline.total for each in cases]) for name, cases in simulated.items()}
    planner = said.get("simulated", {}).get(PLANNER, {})
    figures = {
        "capture": _captured(total, PLANNER, CLAIRVOYANT),
        "capture_of_true_model": _captured(total, PLANNER, TRUE_MODEL),
        "fill_rate": planner.get("fill_rate"),
        "share_worse_than_erp": planner.get("share_worse_than_erp"),
        "losses_over_gains": planner.get("losses_over_gains"),
        "vs_point_dp": _captured(total, PLANNER, POINT),
        "vs_promo_rule": _captured(total, PLANNER, PROMO),
        **_kept_promises(simulated.get(PLANNER, [])),
    }
    return {**_rounded(figures), "worlds": said}


def _kept_promises(done: Sequence[Replayed]) -> dict[str, float | None]:
    """How far off the planner's chances of regret were, and what its timing promised beside what it brought."""
    told = [each.promises for each in done if each.promises is not None and len(each.promises)]
    if not told:
        return {"regret_ece": None, "promised_over_realised": None}
    every = pd.concat(told)
    table = timing.bins(every["regret"].to_numpy(), every["regretted"].to_numpy())
    promised, came = float(every["promised"].sum()), float(every["saving"].sum())
    return {
        "regret_ece": timing.calibration_error([table]),
        "promised_over_realised": promised / came if came > 0 else None,
    }


def _by_policy(done: Sequence[Replayed]) -> dict[str, list[Replayed]]:
    found: dict[str, list[Replayed]] = {}
    for each in done:
        found.setdefault(each.policy.name, []).append(each)
    return found


def _worst(by_policy: dict[str, list[Replayed]], name: str) -> float:
    """The saving of the policy's worst case."""
    pairs = zip(by_policy[name], by_policy[ERP], strict=True)
    return min(savings.saving_pct(own.headline.total, erp.headline.total) for own, erp in pairs)


def _captured(total: dict[str, Floats], name: str, best: str) -> float | None:
    """One policy's saving as a share of another's, None without both or where the other saves nothing."""
    if not {name, best} <= total.keys():
        return None
    share = savings.capture(total[name], total[ERP], total[best])
    return share if np.isfinite(share) else None


def _rounded(figures: dict[str, float | None]) -> dict[str, float | None]:
    return {name: None if value is None else round(value, 6) for name, value in figures.items()}


def every_day(done: Replayed) -> pd.DataFrame:
    """Every simulated day, a row per product and date: what was asked, ordered, received and left, and the costs."""
    world, run, costs = done.case.world, done.run, done.headline
    shape = run.stock_units.shape
    ordered, paid, seen = np.zeros(shape), np.full(shape, np.nan), np.full(shape, np.nan)
    supplier = np.full(shape, "", dtype=object)
    placed = run.orders
    cell = placed.product, placed.order_day - run.first_day
    ordered[cell] = placed.units
    due = 1 - world.terms.discount(placed.series, placed.units)
    paid[cell] = due * world.paid_price(HEADLINE)[placed.series, placed.order_day]
    seen[cell] = due * world.paid_price(BESIDE)[placed.series, placed.order_day]
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
    frame = frame.assign(world=done.case.name, seed=done.case.seed, policy=done.policy.name)
    frame["product_id"] = np.repeat(world.product_ids, shape[1])
    frame["date"] = np.tile(world.dates[days].astype("datetime64[us]"), shape[0])
    return frame.astype(dict.fromkeys(["world", "policy", "product_id", "supplier_id"], pd.StringDtype()))
