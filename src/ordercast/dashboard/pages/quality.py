"""How good the forecasts were: beside "no change", by group, by days ahead, calibrated or not, the worst products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ordercast import plots
from ordercast.dashboard.figures import svg

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk

WORST_MOST = 15
FIGURES = ("rmsse_ratio", "mase_ratio", "pinball_ratio", "coverage80", "share_worse_5pct")


def values(desk: Desk) -> dict[str, Any]:
    """What quality.html takes. Raises Missing where the forecasts were not evaluated."""
    run = desk.run
    by_group = run.table("evaluate/by_group", "The errors by group are missing")
    ours = by_group[by_group["model"] == "ordercast"].sort_values(["target", "grouping", "rmsse_ratio"])
    return {
        "targets": [target for target in ("price", "demand") if target in run.metrics],
        "metrics": run.metrics,
        "models": {name: named for name, (named, _) in plots.MODELS.items()},
        "figures": FIGURES,
        "groups": ours.to_dict("records"),
        "worst": run.worst(WORST_MOST).to_dict("records"),
    }


def figures(desk: Desk) -> str:
    """HTML of the error by days ahead and of the calibration."""
    run, words = desk.run, desk.words
    ahead = run.table("evaluate/by_horizon", "The errors by days ahead are missing")
    drawn = []
    for target in ("price", "demand"):
        part = ahead[ahead["target"] == target]
        if len(part):
            shown = plots.error_by_horizon(part, "rmsse_ratio", words)
            drawn.append({"kind": f"{target}_error", "svg": svg(shown), "rows": part.to_dict("records")})
    past = run.past_forecasts()
    if len(past):
        drawn.append({"kind": "calibration", "svg": svg(plots.calibration(past)), "rows": []})
    return desk.render("quality_figures.html", drawn=drawn)
