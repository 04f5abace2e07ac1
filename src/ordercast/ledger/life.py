"""The life of an order, as rules without a database: which step may follow which, and what it changes.

    proposed -> approved -> sent -> received
    proposed -> rejected
    proposed -> snoozed, until a day, then proposed again
    approved, sent -> cancelled

An edit changes quantity, price or due day and leaves the status; an undo takes back the last step that still stands.
What was sent has left the house: it can be cancelled, not undone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from numbers import Real
from typing import Any, Literal

Status = Literal["proposed", "approved", "rejected", "snoozed", "sent", "received", "cancelled"]
Step = Literal["approved", "edited", "rejected", "snoozed", "sent", "received", "cancelled"]

MAY_FOLLOW: dict[str, tuple[Status, ...]] = {
    "approved": ("proposed", "snoozed"),
    "edited": ("proposed", "approved"),
    "rejected": ("proposed", "snoozed"),
    "snoozed": ("proposed", "snoozed"),
    "sent": ("approved",),
    "received": ("sent",),
    "cancelled": ("approved", "sent"),
}
TO_COME = ("approved", "sent")  # what a plan counts as on its way
IN_WORDS = {"undone": "undid the last step of it"}
LARGEST = 1e12  # units, or money per unit: what is larger was mistyped
FURTHEST = timedelta(days=3660)  # from the plan's day: a day that is further off was mistyped
# Characters, as wide as the columns are: a text is kept as it is, or refused here in words.
LONGEST_RUN, LONGEST_ID, LONGEST_NAME, LONGEST_NOTE = 180, 255, 200, 2000


@dataclass(frozen=True)
class Line:
    """A line of a plan as somebody sees it: its key, what the plan proposes, and how far its history was known.

    quantity_units, unit_price: of the plan. ordered_on, due_on: the plan's days, on the calendar of the data.
    sequence: the number of events the person has seen of it, 0 for a line nobody has touched.
    """

    run_id: str
    product_id: str
    supplier_id: str
    quantity_units: float
    unit_price: float
    ordered_on: date | None = None
    due_on: date | None = None
    sequence: int = 0

    @property
    def order_id(self) -> str:
        """The order's number: the run and a hash of product and supplier, 35 characters at most for our run ids."""
        return order_id(self.run_id, self.product_id, self.supplier_id)

    @property
    def words(self) -> str:
        return f"{self.product_id} from {self.supplier_id}" if self.supplier_id else self.product_id


def order_id(run_id: str, product_id: str, supplier_id: str) -> str:
    """The number of the order of a plan's line; the same on every machine, another in every run."""
    key = f"{product_id}\0{supplier_id}".encode("utf-8", "surrogatepass")
    return f"{run_id}-{hashlib.sha256(key).hexdigest()[:12]}"


@dataclass(frozen=True)
class Terms:
    """Where an order stands: status, units, money per unit, days (ISO), a rejection's reason, a snooze's end (ISO)."""

    status: Status
    quantity_units: float
    unit_price: float
    ordered_on: str | None = None
    due_on: str | None = None
    reason: str | None = None
    until: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Event:
    """One row of the ledger: who did what to which order, when (UTC), and where it stood before and after."""

    order_id: str
    sequence: int
    run_id: str
    product_id: str
    supplier_id: str
    event: str
    who: str
    at: datetime
    before: Terms
    after: Terms
    note: str = ""
    id: int | None = None


class Refused(Exception):
    """A decision that was not taken down, in words.

    kind: stale (somebody was there first), impossible (no such step from here) or invalid (a value, a name, a text).
    last: the event that stands in the way, if any: its `who`, `at` and `event` let a page say it in its own language.
    """

    def __init__(self, kind: Literal["stale", "impossible", "invalid"], text: str, last: Event | None = None) -> None:
        super().__init__(text)
        self.kind = kind
        self.last = last


def step(line: Line, events: Sequence[Event], do: Step, who: str, at: datetime, note: str = "", **change: Any) -> Event:
    """The event that `do` adds to the line's events (all there are, in order); raises Refused where it may not.

    change: quantity_units, unit_price and due_on (approved, edited, sent); reason (rejected); until (snoozed).
    """
    _check_texts(line, who, note)
    if do not in MAY_FOLLOW:
        raise Refused("invalid", f"{do!r} is no step; the steps are {', '.join([*MAY_FOLLOW, 'undone'])}")
    now = _present(line, events)
    if now.status not in MAY_FOLLOW[do]:
        raise Refused("impossible", _impossible(line, events, now.status, do), events[-1] if events else None)
    after = replace(now, status=now.status if do == "edited" else do, reason=None, until=None)
    after = replace(after, **_changes(line, do, at, change))
    if do in ("approved", "edited") and after.quantity_units <= 0:
        raise Refused("invalid", f"{line.words}: an order is of more than 0 units; reject the line instead")
    if do == "edited" and after == replace(now, reason=None, until=None):
        raise Refused("invalid", f"{line.words}: the edit changes nothing")
    return _event(line, events, do, who, at, note, now, after)


def undo(line: Line, events: Sequence[Event], who: str, at: datetime, note: str = "") -> Event:
    """The event that takes back the last step that still stands; raises Refused where there is none to take back."""
    _check_texts(line, who, note)
    now = _present(line, events)
    left = standing(events)
    if not left:
        raise Refused("impossible", f"{line.words}: nobody has decided anything; there is nothing to undo")
    if left[-1].event == "sent":
        text = f"{line.words}: {_told(left[-1])}; the supplier has it. Cancel it instead of undoing"
        raise Refused("impossible", text, left[-1])
    return _event(line, events, "undone", who, at, note, now, left[-1].before)


def standing(events: Sequence[Event]) -> list[Event]:
    """The steps that were not undone, in order."""
    left: list[Event] = []
    for event in events:
        if event.event == "undone":
            left.pop()
        else:
            left.append(event)
    return left


def _present(line: Line, events: Sequence[Event]) -> Terms:
    """Where the order stands now; refused where others have been at it since the person looked."""
    if len(events) > line.sequence:
        last = events[-1]
        raise Refused("stale", f"{line.words}: {_told(last)}, after you looked; nothing was changed", last)
    if len(events) < line.sequence:
        text = f"{line.words}: you saw {line.sequence} steps, the ledger has {len(events)}; is it the same ledger?"
        raise Refused("stale", text)
    if events:
        return events[-1].after
    days = [None if day is None else day.isoformat() for day in (line.ordered_on, line.due_on)]
    units, price = (_number(line, name, getattr(line, name)) for name in ("quantity_units", "unit_price"))
    return Terms("proposed", units, price, *days)


def _event(
    line: Line, events: Sequence[Event], do: str, who: str, at: datetime, note: str, before: Terms, after: Terms
) -> Event:
    key = line.order_id, len(events) + 1, line.run_id, line.product_id, line.supplier_id
    return Event(*key, event=do, who=who.strip(), at=at, before=before, after=after, note=note)


ALLOWED = {
    **dict.fromkeys(("approved", "edited"), ("quantity_units", "unit_price", "due_on")),
    "sent": ("due_on",),
    "rejected": ("reason",),
    "snoozed": ("until",),
}


def _changes(line: Line, do: Step, at: datetime, change: dict[str, Any]) -> dict[str, Any]:
    """The given values, checked and as they are kept."""
    given = {name: value for name, value in change.items() if value is not None}
    unknown = sorted(set(given) - set(ALLOWED.get(do, ())))
    if unknown:
        raise Refused("invalid", f"{line.words}: {do} takes no {', '.join(unknown)}")
    if do == "rejected" and not str(given.get("reason", "")).strip():
        raise Refused("invalid", f"{line.words}: say why it is rejected")
    if do == "snoozed" and "until" not in given:
        raise Refused("invalid", f"{line.words}: say until which day it is snoozed")
    for name in ("due_on", "until"):
        if name in given:
            given[name] = _day(line, name, given[name], at.date())
    if "reason" in given:
        _check_text("the reason", given["reason"], LONGEST_NOTE)
    if do in ("approved", "edited"):
        for name in ("quantity_units", "unit_price"):
            if name in given:
                given[name] = _number(line, name, given[name])
    return given


def _day(line: Line, name: str, value: Any, today: date) -> str:
    """The day in ISO form; today: of the decision, which counts where the line has no day of its own."""
    if not isinstance(value, date) or value != value:  # the second is pandas' empty day
        raise Refused("invalid", f"{line.words}: {name} is {value!r}; it must be a date")
    day = value.date() if isinstance(value, datetime) else value
    near = line.ordered_on or line.due_on or today
    if abs(day - near) > FURTHEST:
        raise Refused("invalid", f"{line.words}: {name} is {day}, more than ten years from {near}")
    if line.ordered_on is not None and day < line.ordered_on:
        raise Refused("invalid", f"{line.words}: {name} is {day}, before the plan's day {line.ordered_on}")
    return day.isoformat()


def _number(line: Line, name: str, value: Any) -> float:
    # A text is no number: "1.234" could be two of them. True is none either.
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) <= LARGEST:
        found = repr(value) if isinstance(value, str) else value
        raise Refused("invalid", f"{line.words}: {name} is {found}; it must be a number from 0 to {LARGEST:g}")
    return float(value)


def _check_texts(line: Line, who: str, note: str) -> None:
    if who is None or (isinstance(who, str) and not who.strip()):
        raise Refused("invalid", "say who decides: a decision without a name is not taken down")
    for what, text, longest in (
        ("the name", who, LONGEST_NAME),
        ("the note", note, LONGEST_NOTE),
        ("run_id", line.run_id, LONGEST_RUN),
        ("product_id", line.product_id, LONGEST_ID),
        ("supplier_id", line.supplier_id, LONGEST_ID),
    ):
        _check_text(what, text, longest)


def _check_text(what: str, text: Any, longest: int) -> None:
    """Text is kept as it is or not at all."""
    if not isinstance(text, str) or len(text) > longest:
        raise Refused("invalid", f"{what} must be a text of at most {longest} characters")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("invalid", f"{what} holds half a character; type it again") from None


def _impossible(line: Line, events: Sequence[Event], status: Status, do: str) -> str:
    may = [name for name, froms in MAY_FOLLOW.items() if status in froms]
    if events and standing(events) and standing(events)[-1].event != "sent":
        may.append("undone")
    said = f"; {_told(events[-1])}" if events else ""
    rest = f"It can be {' or '.join(may)}" if may else "Nothing more can be done with it"
    return f"{line.words} is {status}{said}: it cannot be {do}. {rest}"


def _told(event: Event) -> str:
    did = IN_WORDS.get(event.event, f"{event.event} it")
    return f"{event.who} {did} on {event.at:%Y-%m-%d at %H:%M} UTC"
