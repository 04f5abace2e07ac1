"""The days on which to order, as a calendar (RFC 5545): a whole-day event per supplier and day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
from icalendar import Calendar, Event

from ordercast.language import Voice
from ordercast.takeaway.lines import by_supplier, number, to_order, writable


def ics(lines: pd.DataFrame, voice: Voice, day: date) -> bytes:
    """The calendar; a line without an order day is to be ordered on `day`, the plan's. Raises NothingToOrder.

    The same lines give the same bytes and the same UID, so that a calendar that takes them twice shows them once.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Ordercast//orders//EN")
    calendar.add("version", "2.0")
    due = to_order(lines).fillna({"order_on": pd.Timestamp(day)})
    for supplier, some in by_supplier(due):
        for on, those in some.groupby("order_on"):
            calendar.add_component(_event(supplier, pd.Timestamp(str(on)).date(), those, voice, day))
    return bytes(calendar.to_ical())


def _event(supplier: str, on: date, lines: pd.DataFrame, voice: Voice, day: date) -> Event:
    total = voice.money(lines["total_cost"].sum())
    event = Event()
    event.add("uid", f"{number(lines)}@ordercast")
    event.add("dtstamp", datetime(day.year, day.month, day.day, tzinfo=UTC))
    event.add("dtstart", on)
    event.add("dtend", on + timedelta(days=1))
    event.add("transp", "TRANSPARENT")  # a day with an order to place is not a day that is taken
    event.add("summary", writable(voice.say("Order from %(supplier)s: %(total)s", supplier=supplier, total=total)))
    told = [
        voice.say(
            "%(product)s: %(quantity)s, %(total)s, arrives %(day)s",
            product=f"{line['name']} ({line['product_id']})",
            quantity=f"{voice.number(line['quantity_units'])} {line['unit']}".strip(),
            total=voice.money(line["total_cost"]),
            day=voice.day(line["arrive_on"]),
        )
        for line in lines.to_dict("records")
    ]
    event.add("description", writable("\n".join(told)))
    return event
