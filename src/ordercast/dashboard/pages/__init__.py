"""The pages behind the tabs: each reads the run and gives its template's values."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk


def body(desk: Desk) -> str:
    """The HTML of the page that the visitor looks at. Raises Missing."""
    from ordercast.dashboard.pages import product, quality, record, runs, savings, today

    made = {
        "today": today.values,
        "product": product.values,
        "quality": quality.values,
        "savings": savings.values,
        "data": record.values,
        "runs": runs.values,
    }[desk.view.page]
    return desk.render(f"{desk.view.page}.html", **made(desk))
