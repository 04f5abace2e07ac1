"""What if: the form's sliders, and what the orders of today would come to under them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ordercast import whatif

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk

STEPS = 100  # of a slider; at its end there is no limit
LEAST_SERVICE, MOST_DAYS = 0.9, 60
CHANGED_MOST = 12


def shown(desk: Desk, fields: Mapping[str, Any]) -> dict[str, Any]:
    """answer: HTML of what the orders come to, "" where no slider was moved; says: by slider, what its place means."""
    if not fields:
        return {"answer": "", "says": _says(desk, settings({}, 0.0))}
    found = values(desk, fields)
    return {"answer": desk.render("answer.html", **found), "says": _says(desk, found["asked"])}


def _says(desk: Desk, asked: Mapping[str, Any]) -> dict[str, str]:
    say, voice = desk.voice.say, desk.voice
    budget, service, risk, days = (asked[name] for name in ("budget", "service_floor", "risk_appetite", "horizon_days"))
    return {
        "budget": say("no limit") if budget is None else voice.round_money(budget),
        "service": say("as planned") if service is None else voice.percent(service, 1),
        "risk": say("neutral") if risk == whatif.NEUTRAL else voice.percent(risk),
        "days": say("any") if days is None else voice.count("%(n)s day", "%(n)s days", days),
    }


def values(desk: Desk, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What answer.html takes: the settings, the plan's totals, the answer's, and the lines that change most."""
    curves, lines = desk.run.curves, desk.run.lines
    plan = whatif.answer(curves)
    own = (desk.run.settings.get("limits") or {}).get("budget")  # a run planned within a budget stays within it
    asked = settings(fields, plan.spend_total, None if own is None else max(float(own), plan.spend_total))
    answer = whatif.answer(curves, **asked)
    moved = answer.spend - plan.spend
    first = [place for place in np.argsort(-np.abs(moved), kind="stable")[:CHANGED_MOST].tolist() if moved[place] != 0]
    changed = [
        {
            **lines.iloc[place][["product_id", "name", "unit"]].to_dict(),
            "before": int(plan.quantity_units[place]),
            "after": int(answer.quantity_units[place]),
            "spend": float(moved[place]),
        }
        for place in first
    ]
    return {"asked": asked, "plan": plan, "answer": answer, "changed": changed, "moved": int((moved != 0).sum())}


def settings(fields: Mapping[str, Any], planned: float, most: float | None = None) -> dict[str, Any]:
    """What the sliders' places stand for; planned: what the plan spends, half the way; most: the budget at the end."""
    budget, service, risk, days = (_place(fields.get(name)) for name in ("budget", "service", "risk", "days"))
    return {
        "budget": most if budget is None or budget >= STEPS else round(2 * planned * budget / STEPS, 2),
        "service_floor": None if not service else LEAST_SERVICE + (1 - LEAST_SERVICE) * service / STEPS,
        "risk_appetite": 0.5 if risk is None else risk / STEPS,
        "horizon_days": None if days is None or days >= MOST_DAYS else max(days, 1.0),
    }


def _place(text: Any) -> float | None:
    """Where a slider stands, None where it says nothing."""
    try:
        place = float(text)
    except (TypeError, ValueError):
        return None
    return place if 0 <= place <= STEPS else None
