"""The current selection as files or on paper: the ticked lines, else all that the filters let through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from ordercast import takeaway
from ordercast.dashboard.bridge import File, Reply
from ordercast.dashboard.files import records
from ordercast.language import of_locale
from ordercast.takeaway.approved import buyer

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk

TO_SUPPLIERS = ("ubl", "ics", "print")  # what holds orders only; the others hold every line


def reply(desk: Desk, wanted: Mapping[str, Any]) -> Reply:
    """The selection in the `form` wanted: one of takeaway.FORMS as a file, `print` as purchase orders on paper."""
    say, count = desk.voice.say, desk.voice.count
    form, lines = str(wanted.get("form")), selected(desk)
    if form not in (*takeaway.FORMS, "print"):
        return desk.told(say("There is no such form of file."))
    if lines.empty:
        return desk.told(say("No line is ticked, and none passes the filters."))
    try:
        orders = takeaway.to_order(lines) if form in TO_SUPPLIERS else lines
    except takeaway.NothingToOrder:
        return desk.told(say("None of these lines is an order: they wait, or were put aside."))
    put: dict[str, str] = {}
    said = count("Taken away: %(n)s line.", "Taken away: %(n)s lines.", len(orders))
    if len(orders) < len(lines):
        left = count(
            "%(n)s line is no order and stays out.", "%(n)s lines are no orders and stay out.", len(lines) - len(orders)
        )
        said = f"{said} {left}"
        put["oc-toast"] = desk.render("toast.html", said=said, step="sent", line=None)
    if form == "print":
        return Reply({**put, "oc-print": paper(desk, orders)}, said=said, print=True)
    made = takeaway.file(form, orders, desk.voice, _day(desk).date(), buyer(desk.root))
    return Reply(put, files=(File(made.name, made.type, made.content),), said=said)


def selected(desk: Desk) -> pd.DataFrame:
    """The ticked lines, else all that the filters let through, with their reasons in the visitor's language."""
    lines = desk.listing.lines(list(desk.chosen)) if desk.chosen else desk.listing.matching(desk.view)
    if desk.language == of_locale(desk.run.setting("locale")):  # in which the lines have them
        return lines
    told = desk.run.reasons(lines["product_id"].tolist(), desk.language)
    keys = zip(lines["product_id"], lines["supplier_id"], strict=True)
    return lines.assign(reason=[told.get(key, said) for key, said in zip(keys, lines["reason"], strict=True)])


def paper(desk: Desk, orders: pd.DataFrame) -> str:
    """HTML of a purchase order for each supplier of `orders`."""
    sheets = [
        {
            "supplier": supplier,
            "number": takeaway.number(some),
            "lines": records(some),
            "total": some["total_cost"].sum(),
            "unapproved": int((some["status"] == "proposed").sum()),
        }
        for supplier, some in takeaway.by_supplier(takeaway.ready(orders, desk.voice.currency))
    ]
    return desk.render("print.html", sheets=sheets, day=_day(desk), buyer=buyer(desk.root))


def _day(desk: Desk) -> pd.Timestamp:
    return desk.run.today
