"""How the data came in: how fresh, what was set aside, what was assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk

MOST_ROWS = 200


def values(desk: Desk) -> dict[str, Any]:
    """What data.html takes: tables with rows and last days, notes, rows set aside, series no longer quoted."""
    run = desk.run
    quarantine = run.table("raw/quarantine", "The list of rows set aside is missing")
    series = run.table("features/series", "The list of price series is missing")
    ended = series[series["status"] == "ended"].sort_values("last_quote_on", ascending=False)
    return {
        "notes": run.notes,
        "set_aside": quarantine.head(MOST_ROWS).to_dict("records"),
        "set_aside_total": len(quarantine),
        "ended": ended.head(MOST_ROWS).to_dict("records"),
        "ended_total": len(ended),
        "spans": run.spans(),
    }


def skill(desk: Desk) -> list[tuple[str, float | None]]:
    """(price or demand, error as a multiple of "no change" or None), prices first."""
    metrics = desk.run.metrics
    return [
        (target, metrics[target]["ordercast"].get("rmsse_ratio"))
        for target in ("price", "demand")
        if "ordercast" in metrics.get(target, {})
    ]
