"""The first page: what to order today, and the ranked list of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ordercast.dashboard import supposed
from ordercast.dashboard.files import Missing, records
from ordercast.dashboard.listing import Cut
from ordercast.dashboard.pages import record
from ordercast.sentences import told

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk


def values(desk: Desk) -> dict[str, Any]:
    """What today.html takes: totals, suppliers to filter by, the track record and what list() and bulk() take."""
    skill, unskilled = _skill(desk)
    return {
        "totals": desk.listing.totals(),
        "suppliers": desk.listing.suppliers(),
        "skill": skill,
        "unskilled": unskilled,
        "supposition": supposed.shown(desk, desk.supposed),
        **listed(desk),
        **bulk(desk),
    }


def _skill(desk: Desk) -> tuple[list[tuple[str, float | None]], str]:
    """How good the forecasts were, or why that is not known: no reason to hide the orders."""
    try:
        return record.skill(desk), ""
    except Missing as error:
        return [], told(error, desk.voice)


def listed(desk: Desk) -> dict[str, Any]:
    """What list.html takes: the page of the list, its rows, by supplier where the view is grouped, and why."""
    cut = desk.listing.cut(desk.view)
    reasons = desk.run.reasons(cut.lines["product_id"].tolist(), desk.language)
    blocks = _blocks(cut) if desk.view.grouped else [(None, records(cut.lines))]
    return {"cut": cut, "blocks": blocks, "reasons": reasons}


def bulk(desk: Desk) -> dict[str, Any]:
    """What bulk.html takes: how many lines are ticked, their money, how many of them the filters hide."""
    lines = desk.listing.lines(list(desk.chosen))
    hidden = desk.listing.hidden(desk.view, list(desk.chosen)) if desk.chosen else 0
    return {"ticked": len(lines), "ticked_cost": float(lines["total_cost"].sum()), "hidden": hidden}


def _blocks(cut: Cut) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The suppliers on this page of the list, each with its subtotal, state of its minimum, and rows here."""
    known = {group["supplier_id"]: group for group in records(cut.groups)}
    return [
        ({"supplier": supplier, **known[supplier]}, records(lines))
        for supplier, lines in cut.lines.groupby("supplier_id", sort=False)
    ]
