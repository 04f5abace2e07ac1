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
from functools import reduce
from numbers import Real
from typing import Any, Literal

from ordercast.sentences import Sentence, say

Status = Literal["proposed", "approved", "rejected", "snoozed", "sent", "received", "cancelled"]
Step = Literal["approved", "edited", "rejected", "snoozed", "sent", "received", "cancelled"]
Kind = Literal["stale", "impossible", "invalid"]

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
IN_WORDS = {  # what an order is after a step, and what somebody did who took it
    "approved": (say("approved"), say("approved it")),
    "edited": (say("edited"), say("edited it")),
    "rejected": (say("rejected"), say("rejected it")),
    "snoozed": (say("snoozed"), say("snoozed it")),
    "sent": (say("sent"), say("sent it")),
    "received": (say("received"), say("received it")),
    "cancelled": (say("cancelled"), say("cancelled it")),
    "undone": (say("undone"), say("undid the last step of it")),
}
STATES = {"proposed": say("proposed")} | {step: state for step, (state, _) in IN_WORDS.items()}
FIELDS: dict[str, Sentence] = {
    name: name for name in (say("quantity_units"), say("unit_price"), say("due_on"), say("until"))
}
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
        if not self.supplier_id:
            return self.product_id
        return say("%(product)s from %(supplier)s", product=self.product_id, supplier=self.supplier_id)


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
    """A decision that was not taken down, in a sentence.

    kind: stale (somebody was there first), impossible (no such step from here) or invalid (a value, a name, a text).
    """

    def __init__(self, kind: Kind, said: Sentence) -> None:
        super().__init__(said)
        self.kind = kind


def step(line: Line, events: Sequence[Event], do: Step, who: str, at: datetime, note: str = "", **change: Any) -> Event:
    """The event that `do` adds to the line's events (all there are, in order); raises Refused where it may not.

    change: quantity_units, unit_price and due_on (approved, edited, sent); reason (rejected); until (snoozed).
    """
    _check_texts(line, who, note)
    if do not in MAY_FOLLOW:
        steps = ", ".join([*MAY_FOLLOW, "undone"])
        raise Refused("invalid", say("%(step)s is no step; the steps are %(steps)s", step=repr(do), steps=steps))
    now = _present(line, events)
    if now.status not in MAY_FOLLOW[do]:
        raise Refused("impossible", _impossible(line, events, now.status, do))
    after = replace(now, status=now.status if do == "edited" else do, reason=None, until=None)
    after = replace(after, **_changes(line, do, at, change))
    if do in ("approved", "edited") and after.quantity_units <= 0:
        raise _refused("invalid", line, say("an order is of more than 0 units; reject the line instead"))
    if do == "edited" and after == replace(now, reason=None, until=None):
        raise _refused("invalid", line, say("the edit changes nothing"))
    return _event(line, events, do, who, at, note, now, after)


def undo(line: Line, events: Sequence[Event], who: str, at: datetime, note: str = "") -> Event:
    """The event that takes back the last step that still stands; raises Refused where there is none to take back."""
    _check_texts(line, who, note)
    now = _present(line, events)
    left = standing(events)
    if not left:
        raise _refused("impossible", line, say("nobody has decided anything; there is nothing to undo"))
    if left[-1].event == "sent":
        text = say("%(told)s; the supplier has it. Cancel it instead of undoing", told=_told(left[-1]))
        raise _refused("impossible", line, text)
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
        text = say("%(told)s, after you looked; nothing was changed", told=_told(events[-1]))
        raise _refused("stale", line, text)
    if len(events) < line.sequence:
        counts = {"saw": line.sequence, "has": len(events)}
        text = say("you saw %(saw)s steps, the ledger has %(has)s; is it the same ledger?", **counts)
        raise _refused("stale", line, text)
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
        raise _refused("invalid", line, say("%(step)s takes no %(names)s", step=do, names=", ".join(unknown)))
    if do == "rejected" and not str(given.get("reason", "")).strip():
        raise _refused("invalid", line, say("say why it is rejected"))
    if do == "snoozed" and "until" not in given:
        raise _refused("invalid", line, say("say until which day it is snoozed"))
    for name in ("due_on", "until"):
        if name in given:
            given[name] = _day(line, name, given[name], at.date())
    if "reason" in given:
        _check_text(say("the reason"), given["reason"], LONGEST_NOTE)
    if do in ("approved", "edited"):
        for name in ("quantity_units", "unit_price"):
            if name in given:
                given[name] = _number(line, name, given[name])
    return given


def _day(line: Line, name: str, value: Any, today: date) -> str:
    """The day in ISO form; today: of the decision, which counts where the line has no day of its own."""
    if not isinstance(value, date) or value != value:  # the second is pandas' empty day
        text = say("%(name)s is %(value)s; it must be a date", name=FIELDS[name], value=repr(value))
        raise _refused("invalid", line, text)
    day = value.date() if isinstance(value, datetime) else value
    near = line.ordered_on or line.due_on or today
    told: dict[str, Any] = {"name": FIELDS[name], "day": day, "near": near}
    if abs(day - near) > FURTHEST:
        raise _refused("invalid", line, say("%(name)s is %(day)s, more than ten years from %(near)s", **told))
    if line.ordered_on is not None and day < line.ordered_on:
        raise _refused("invalid", line, say("%(name)s is %(day)s, before the plan's day %(near)s", **told))
    return day.isoformat()


def _number(line: Line, name: str, value: Any) -> float:
    # A text is no number: "1.234" could be two of them. True is none either.
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) <= LARGEST:
        text = say(
            "%(name)s is %(value)s; it must be a number from 0 to %(largest)s",
            name=FIELDS[name],
            value=repr(value) if isinstance(value, str) else str(value),
            largest=LARGEST,
        )
        raise _refused("invalid", line, text)
    return float(value)


def _check_texts(line: Line, who: str, note: str) -> None:
    if who is None or (isinstance(who, str) and not who.strip()):
        raise Refused("invalid", say("say who decides: a decision without a name is not taken down"))
    for what, text, longest in (
        (say("the name"), who, LONGEST_NAME),
        (say("the note"), note, LONGEST_NOTE),
        ("run_id", line.run_id, LONGEST_RUN),
        ("product_id", line.product_id, LONGEST_ID),
        ("supplier_id", line.supplier_id, LONGEST_ID),
    ):
        _check_text(what, text, longest)


def _check_text(what: str, text: Any, longest: int) -> None:
    """Text is kept as it is or not at all."""
    if not isinstance(text, str) or len(text) > longest:
        told = say("%(what)s must be a text of at most %(longest)s characters", what=what, longest=longest)
        raise Refused("invalid", told)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("invalid", say("%(what)s holds half a character; type it again", what=what)) from None


def _impossible(line: Line, events: Sequence[Event], status: Status, do: str) -> Sentence:
    may = [STATES[name] for name, froms in MAY_FOLLOW.items() if status in froms]
    if events and standing(events) and standing(events)[-1].event != "sent":
        may.append(STATES["undone"])
    rest = say("Nothing more can be done with it")
    if may:
        steps = reduce(lambda a, b: say("%(a)s or %(b)s", a=a, b=b), may)
        rest = say("It can be %(steps)s", steps=steps)
    stands = STATES[status]
    if events:
        stands = Sentence("%(status)s; %(last)s", {"status": stands, "last": _told(events[-1])})
    named = {"line": line.words, "status": stands, "step": STATES[do], "rest": rest}
    return say("%(line)s is %(status)s: it cannot be %(step)s. %(rest)s", **named)


def _refused(kind: Kind, line: Line, said: Sentence) -> Refused:
    return Refused(kind, Sentence("%(line)s: %(said)s", {"line": line.words, "said": said}))


def _told(event: Event) -> Sentence:
    day, time = event.at.date(), f"{event.at:%H:%M}"
    _, did = IN_WORDS[event.event]
    return say("%(who)s %(did)s on %(day)s at %(time)s UTC", who=event.who, did=did, day=day, time=time)
