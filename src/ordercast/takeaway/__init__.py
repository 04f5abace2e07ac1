"""Order lines as files that leave the house: a workbook, CSV, UBL 2.1 orders for suppliers, a calendar.

    made = takeaway.file("xlsx", lines, voice, day)

Every form is made from the same frame (`lines.COLUMNS`, a row per order line) and is the same bytes for the same lines:
the day is that of the plan, never the clock's. Workbook and CSV hold every line given; what is an order to a supplier
or a day to place one (UBL, calendar, print) holds those `lines.to_order` leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from ordercast.language import Voice
from ordercast.takeaway import agenda, table, ubl, workbook
from ordercast.takeaway.lines import COLUMNS, NothingToOrder, by_supplier, number, ready, to_order

__all__ = ["COLUMNS", "FORMS", "Made", "NothingToOrder", "by_supplier", "file", "number", "ready", "to_order"]

FORMS = ("xlsx", "csv", "ubl", "ics")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Made:
    """A file: its name, its media type, its bytes."""

    name: str
    type: str
    content: bytes


def file(form: str, lines: pd.DataFrame, voice: Voice, day: date, buyer: str = "") -> Made:
    """The lines in one of FORMS. voice: language, figures and currency; day: the plan's; buyer: the company's name.

    Raises NothingToOrder where ubl or ics is asked for and no line is to be ordered, KeyError for another form.
    """
    kept = ready(lines, voice.currency)
    if form == "xlsx":
        return Made(f"orders-{day}.xlsx", XLSX, workbook.xlsx(kept, voice, day))
    if form == "csv":
        return Made(f"orders-{day}.csv", "text/csv", table.csv(kept, voice.currency))
    if form == "ics":
        return Made(f"orders-{day}.ics", "text/calendar", agenda.ics(kept, voice, day))
    if form == "ubl":
        documents = ubl.orders(kept, voice, day, buyer)
        if len(documents) > 1:
            return Made(f"orders-{day}.zip", "application/zip", ubl.zipped(documents))
        ((name, content),) = documents.items()
        return Made(name, "application/xml", content)
    raise KeyError(f"{form!r} is no form; the forms are {', '.join(FORMS)}")
