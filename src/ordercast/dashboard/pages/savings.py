"""What the plan is worth: the replay of the past year, and what became of the orders that people approved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ordercast import plots_savings
from ordercast.dashboard.figures import svg
from ordercast.dashboard.files import records
from ordercast.sentences import say

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk

AFTER_DAYS = 14  # after so many days the price paid is held against what the supplier asked then
DONE = ("approved", "sent", "received")


def values(desk: Desk) -> dict[str, Any]:
    """What savings.html takes: the replay's summary and the record since adoption."""
    replay = desk.run.settings.get("backtest") or {}
    policies = replay.get("policies") or {}
    names = {name: desk.voice.say(named) for name, (named, _) in plots_savings.POLICIES.items()}
    ranked = sorted(policies.items(), key=lambda each: -each[1]["saving_pct"])
    adopted = since_adoption(desk)
    return {
        "replay": replay,
        "policies": [{"policy": name, "named": names.get(name, name), **each} for name, each in ranked],
        "adopted": records(adopted),
        "paid": float(adopted["paid"].sum()),
        "later": float(adopted["later"].sum()),
        "promised": float(adopted["promised"].sum()),
        "after_days": AFTER_DAYS,
    }


def figures(desk: Desk) -> str:
    """HTML of the saving by policy and of where the planner's comes from."""
    run, words = desk.run, desk.words
    policies = (run.settings.get("backtest") or {}).get("policies") or {}
    if not policies:
        return ""
    table = pd.DataFrame([{"policy": name, **each} for name, each in policies.items()])
    costs = run.table("orders/backtest", say("The replay's costs are missing"))
    costs = costs.groupby("policy", as_index=False).sum(numeric_only=True)
    drawn = [{"kind": "policies", "svg": svg(plots_savings.savings_by_policy(table, words))}]
    changes: dict[str, float] = {}
    if {"erp", "planner"} <= set(costs["policy"]):
        drawn.append({"kind": "waterfall", "svg": svg(plots_savings.waterfall(costs, desk.voice.symbol, words))})
        changes = plots_savings.changes_of_cost(costs)
    return desk.render("savings_figures.html", drawn=drawn, changes=changes)


def since_adoption(desk: Desk) -> pd.DataFrame:
    """product_id, supplier_id, ordered_on, quantity_units, paid, later, promised: a row per order old enough to judge.

    later: what the same units cost at the supplier's last quote AFTER_DAYS after the order; promised: the saving that
    its line promised, NaN where its run is no longer kept.
    """
    state = desk.book.state(only=DONE)
    done = state[state["ordered_on"] + pd.Timedelta(days=AFTER_DAYS) <= desk.run.data_until]
    quoted = desk.run.quotes_on(
        done[["product_id", "supplier_id"]].assign(day=done["ordered_on"] + pd.Timedelta(days=AFTER_DAYS))
    )
    promised = desk.run.promises(done["run_id"].unique().tolist())
    told = done.merge(promised, on=["run_id", "product_id", "supplier_id"], how="left")
    return pd.DataFrame(
        {
            "product_id": told["product_id"],
            "supplier_id": told["supplier_id"],
            "ordered_on": told["ordered_on"],
            "quantity_units": told["quantity_units"],
            "paid": told["quantity_units"] * told["unit_price"],
            "later": told["quantity_units"] * np.asarray(quoted, dtype=np.float64),
            "promised": told["expected_saving"],
        }
    )
