"""The runs that are kept: what each was made from and came to, beside the one before it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ordercast import publish
from ordercast.dashboard.data import Run
from ordercast.dashboard.files import Missing

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk


def values(desk: Desk) -> dict[str, Any]:
    """What runs.html takes: a row per run, the newest first, and the notebooks of the one shown."""
    folders = [each for each in (desk.root / publish.PUBLISHED).glob("[!.]*") if each.is_dir()]
    kept = sorted(folders, key=lambda each: -each.stat().st_mtime_ns)
    rows = [_row(Run(desk.root, each)) for each in kept]
    return {"rows": rows, "notebooks": publish.NOTEBOOKS, "shown": desk.run.run_id}


def _row(run: Run) -> dict[str, Any]:
    """What a run came to; what it lacks is None."""
    metrics, until, said = {}, None, {}
    with suppress(Missing):
        said = run.settings
    with suppress(Missing):
        metrics, until = run.metrics, run.data_until
    orders = said.get("orders")
    orders = orders if isinstance(orders, dict) else {}
    return {
        "run_id": said.get("run_id", run.folder.name),
        "data_until": until,
        "commit": said.get("commit"),
        "price": metrics.get("price", {}).get("ordercast", {}).get("rmsse_ratio"),
        "demand": metrics.get("demand", {}).get("ordercast", {}).get("rmsse_ratio"),
        **{name: orders.get(name) for name in ("to_place", "urgent", "total_cost", "expected_saving")},
    }
