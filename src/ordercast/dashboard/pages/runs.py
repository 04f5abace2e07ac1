"""The runs that are kept: what each was made from and came to, beside the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ordercast import publish
from ordercast.dashboard.data import Run
from ordercast.dashboard.files import Missing

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk


def values(desk: Desk) -> dict[str, Any]:
    """What runs.html takes: a row per run, the newest first, and the notebooks of the one shown."""
    kept = sorted((desk.root / publish.PUBLISHED).glob("[!.]*/run.json"), key=lambda path: -path.stat().st_mtime_ns)
    rows = [_row(Run(desk.root, path.parent)) for path in kept]
    return {"rows": rows, "notebooks": publish.NOTEBOOKS, "shown": desk.run.run_id}


def _row(run: Run) -> dict[str, Any]:
    """What a run came to; what it lacks is None."""
    try:
        metrics, until = run.metrics, run.data_until
    except Missing:
        metrics, until = {}, None
    orders = run.settings.get("orders")
    orders = orders if isinstance(orders, dict) else {}
    return {
        "run_id": run.run_id,
        "data_until": until,
        "commit": run.settings.get("commit"),
        "price": metrics.get("price", {}).get("ordercast", {}).get("rmsse_ratio"),
        "demand": metrics.get("demand", {}).get("ordercast", {}).get("rmsse_ratio"),
        **{name: orders.get(name) for name in ("to_place", "urgent", "total_cost", "expected_saving")},
    }
