"""How good the forecasts were: beside "no change", by group, by days ahead, calibrated or not, the worst products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ordercast import plots
from ordercast.dashboard.figures import svg
from ordercast.dashboard.files import records
from ordercast.sentences import say

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk

WORST_MOST = 15
FIGURES = ("rmsse_ratio", "mase_ratio", "pinball_ratio", "coverage80", "share_worse_5pct")


def values(desk: Desk) -> dict[str, Any]:
    """What quality.html takes. Raises Missing where the forecasts were not evaluated."""
    run = desk.run
    by_group = run.table("evaluate/by_group", say("The errors by group are missing"))
    ours = by_group[by_group["model"] == "ordercast"].sort_values(["target", "grouping", "rmsse_ratio"])
    return {
        "targets": [target for target in ("price", "demand") if target in run.metrics],
        "metrics": run.metrics,
        "models": _models(desk),
        "figures": FIGURES,
        "groups": records(ours),
        "worst": records(run.worst(WORST_MOST)),
    }


def figures(desk: Desk) -> str:
    """HTML of the error by days ahead and of the calibration."""
    run, words = desk.run, desk.words
    ahead = run.table("evaluate/by_horizon", say("The errors by days ahead are missing"))
    drawn = []
    for target in ("price", "demand"):
        part = ahead[ahead["target"] == target]
        if len(part):
            shown = plots.error_by_horizon(part, "rmsse_ratio", words)
            drawn.append({"kind": f"{target}_error", "svg": svg(shown), "rows": records(part)})
    past = run.past_forecasts()
    if len(past):
        shares = plots.shares_below(past).reset_index()
        drawn.append({"kind": "calibration", "svg": svg(plots.calibration(past, words)), "rows": records(shares)})
    return desk.render("quality_figures.html", drawn=drawn, models=_models(desk))


def _models(desk: Desk) -> dict[str, str]:
    return {name: desk.voice.say(named) for name, (named, _) in plots.MODELS.items()}
