"""From what a visitor clicked to the ledger: the questions a decision needs, and the decision taken down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from ordercast import whatif
from ordercast.dashboard.bridge import Reply
from ordercast.dashboard.files import Missing, records
from ordercast.language import phrase
from ordercast.ledger import Event, Line, Refused
from ordercast.ledger.life import MAY_FOLLOW
from ordercast.sentences import say, told

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk

STEPS = ("approved", "rejected", "snoozed", "edited", "sent", "received", "cancelled", "undone")
SNOOZE_DAYS = 7
LEAST_UNITS, MOST_UNITS = 0.01, 1e9  # what is less is written as 0
COSTS = phrase("Expected to cost %(money)s more than the plan's %(units)s.")
SAVES = phrase("Expected to cost %(money)s less than the plan's %(units)s.")


def question(desk: Desk, wanted: Mapping[str, Any]) -> Reply:
    """The dialog for a step of some lines, or for the visitor's name."""
    if wanted.get("step") == "name":
        return Reply({"oc-dialog": desk.render("name.html", then=None)}, dialog=True)
    return _question(desk, _step(wanted), asked(desk, wanted), wanted)


def take(desk: Desk, wanted: Mapping[str, Any], fields: Mapping[str, Any]) -> Reply:
    """The answer to a decision: a reply without a dialog where it was taken down, else the dialog that is in the way.

    Raises Refused for a value that is none, LedgerError where nothing could be written.
    """
    step = _step(wanted)
    if not desk.given_name and str(fields.get("who") or "").strip():
        desk.who = str(fields["who"]).strip()[:200]
    lines = asked(desk, wanted)
    if lines.empty:
        raise Refused("invalid", say("No line is ticked."))
    if not desk.who:
        return _question(desk, step, lines, wanted, given=fields)
    if desk.newest and not wanted.get("superseded"):
        return _question(desk, step, lines, wanted, superseded=True, given=fields)
    try:
        change = _change(desk, step, fields)
    except Refused as refused:
        return _question(desk, step, lines, wanted, given=fields, fault=told(refused, desk.voice))
    note = str(fields.get("note") or "")
    if step == "undone":
        answers: list[Event | Refused] = [desk.book.undo(each, desk.who, note) for each in _lines(lines)]
    else:
        answers = desk.book.bulk(_lines(lines), step, desk.who, note, **change)  # type: ignore[arg-type]
    return _told(desk, step, lines, answers)


def asked(desk: Desk, wanted: Mapping[str, Any]) -> pd.DataFrame:
    """The lines a message is about: one `order`, some `orders`, or all that are ticked."""
    orders = [str(wanted["order"])] if "order" in wanted else list(map(str, wanted.get("orders") or desk.chosen))
    return desk.listing.lines(orders)


def weighed(desk: Desk, wanted: Mapping[str, Any], value: Any) -> list[str]:
    """What another quantity of one line would do, in sentences: money, cost against the plan, rules it breaks."""
    lines = asked(desk, wanted)
    units = _units(desk, value)
    if units is None or len(lines) != 1:
        return []
    line, say, money = lines.iloc[0], desk.voice.say, desk.voice.money
    told = [say("Comes to %(money)s.", money=money(units * line["unit_price"]))]
    try:
        found = whatif.deviation(desk.run.curves, str(line["product_id"]), str(line["supplier_id"]), units)
    except (LookupError, Missing):
        return [*told, say("What it would cost against the plan is not known.")]
    priced = "beyond" not in {each.code for each in found.broken}
    if not priced:
        told.append(say("So much was not priced: what it would cost against the plan is not known."))
    elif units != line["planned_units"]:
        text = COSTS if found.cost >= 0 else SAVES
        told.append(say(text, money=money(abs(found.cost)), units=desk.voice.number(line["planned_units"])))
    if priced and not pd.isna(found.cover_days):
        told.append(say("Lasts %(days)s days.", days=desk.voice.number(found.cover_days, 0)))
    texts = {
        "pack": phrase("It is not in whole packs of %(figure)s."),
        "moq": phrase("It is under the minimum order of %(figure)s."),
        "shelf": phrase("The shelf has room for %(figure)s only."),
        "floor": phrase("It is less than the %(figure)s that the reorder point asks for."),
    }
    broken = [each for each in found.broken if each.code in texts]
    return [*told, *(say(texts[each.code], figure=desk.voice.number(each.value)) for each in broken)]


def _units(desk: Desk, value: Any) -> float | None:
    """The quantity that somebody typed in the page's language, None where it is none."""
    units = desk.voice.read(str(value))
    return None if units is None or not LEAST_UNITS <= units <= MOST_UNITS else units


def _step(wanted: Mapping[str, Any]) -> str:
    step = str(wanted.get("step"))
    if step not in STEPS:
        raise Refused("invalid", say("There is no such step."))
    return step


def possible(status: str, units: float) -> list[str]:
    """The steps that a line may take from where it stands; without units it must be edited first."""
    steps = [step for step in STEPS[:-1] if status in MAY_FOLLOW[step]]
    return [step for step in steps if units > 0 or step not in ("approved", "sent")]


def _question(
    desk: Desk,
    step: str,
    lines: pd.DataFrame,
    wanted: Mapping[str, Any],
    superseded: bool = False,
    given: Mapping[str, Any] | None = None,
    fault: str = "",
) -> Reply:
    """The form of a step; given: what stood in it when it was sent, before it was refused for the fault."""
    stands = desk.voice.number(lines["quantity_units"].iloc[0], 6) if len(lines) else ""
    typed = str((given or {}).get("quantity_units") or stands)
    values = {
        "typed": typed,
        "given": {name: str(value) for name, value in (given or {}).items()},
        "fault": fault,
        "step": step,
        "lines": records(lines),
        "sent": {**{key: wanted[key] for key in ("order", "orders") if key in wanted}, "step": step}
        | {"superseded": superseded},
        "superseded": superseded,
        "weighed": weighed(desk, wanted, typed) if step == "edited" and len(lines) else [],
        "until": (desk.run.today + timedelta(days=SNOOZE_DAYS)).date().isoformat(),
        "first": (desk.run.today + timedelta(days=1)).date().isoformat(),
    }
    return Reply({"oc-dialog": desk.render("question.html", **values)}, dialog=True, said=fault)


def _lines(lines: pd.DataFrame) -> list[Line]:
    return [
        Line(
            row["run_id"],
            row["product_id"],
            row["supplier_id"],
            float(row["planned_units"]),
            float(row["planned_price"]),
            row["order_on"].date(),
            row["arrive_on"].date(),
            int(row["sequence"]),
        )
        for row in records(lines)
    ]


def _change(desk: Desk, step: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values a step takes, from the text of its form."""
    if step == "rejected":
        reason = str(fields.get("reason") or "").strip()
        if not reason:
            raise Refused("invalid", say("Say why it is rejected."))
        return {"reason": reason}
    if step == "snoozed":
        try:
            until = date.fromisoformat(str(fields.get("until")))
        except ValueError:
            until = date.min
        if until <= desk.run.today.date():
            raise Refused("invalid", say("Say until which day after today."))
        return {"until": until}
    if step == "edited":
        units = _units(desk, fields.get("quantity_units"))
        if units is None:
            text = say("The quantity must be a number above 0, a billion at most. Reject the line to buy nothing.")
            raise Refused("invalid", text)
        return {"quantity_units": units}
    return {}


def _told(desk: Desk, step: str, lines: pd.DataFrame, answers: Sequence[Event | Refused]) -> Reply:
    """What became of the decisions: a sentence, and a dialog with those that were refused."""
    refused = [told(answer, desk.voice) for answer in answers if isinstance(answer, Refused)]
    done = len(answers) - len(refused)
    for order, answer in zip(lines["order_id"], answers, strict=True):
        if not isinstance(answer, Refused):
            desk.chosen.pop(order, None)
    said = desk.voice.count("Taken down: %(n)s line.", "Taken down: %(n)s lines.", done) if done else ""
    if refused:
        desk.refresh()
        html = desk.render("refused.html", refused=refused, done=done)
        return Reply({"oc-dialog": html, "oc-body": desk.body()}, dialog=True, said=" ".join([said, *refused]))
    toast = desk.render("toast.html", said=said, step=step, orders=lines["order_id"].tolist())
    return Reply({"oc-toast": toast}, said=said)
