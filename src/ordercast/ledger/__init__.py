"""What people decided about proposed orders: an append-only book, one row per step, that no run ever touches.

    book = ledger.Ledger.of(root)
    book.decide(line, "approved", who="ana")            # compare and append: who saw an older state is told so
    book.state()                                        # a frame: where every order stands

The rules stand in `life`, the tables and transactions in `tables`. Order is by id, never by the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ordercast.ledger import life, tables
from ordercast.ledger.life import TO_COME, Event, Line, Refused, Step, Terms, order_id
from ordercast.ledger.tables import EVENTS, LedgerError, address

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "TO_COME",
    "Event",
    "Ledger",
    "LedgerError",
    "Line",
    "Refused",
    "address",
    "flat",
    "now_utc",
    "of_plan",
    "order_id",
    "proposed",
]

STATE_COLUMNS = {
    "order_id": "str",
    "run_id": "str",
    "product_id": "str",
    "supplier_id": "str",
    "status": "str",
    "quantity_units": "float64",
    "unit_price": "float64",
    "ordered_on": "datetime64[us]",
    "due_on": "datetime64[us]",
    "until": "datetime64[us]",
    "reason": "str",
    "event": "str",
    "who": "str",
    "at": "datetime64[us]",
    "note": "str",
    "sequence": "int64",
}
IDS_AT_ONCE = 500


def now_utc() -> datetime:
    """The time, without a time zone: UTC is meant."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Ledger:
    """The book at a database. clock: gives the time a step is marked with; nothing else depends on it."""

    engine: sa.Engine
    clock: Callable[[], datetime] = now_utc

    @classmethod
    def of(cls, root: str | Path, clock: Callable[[], datetime] = now_utc) -> Ledger:
        """The ledger of the project in `root`. Raises LedgerError where its address is none; opens nothing yet."""
        return cls(tables.engine(address(root)), clock)

    def decide(self, line: Line, do: Step, who: str, note: str = "", **change: Any) -> Event:
        """The event that now stands in the ledger: `who` did `do` (approved, edited, rejected, snoozed, sent, ...).

        change: what `life.step` takes. Raises Refused, in words, where the step is impossible from where the order
        stands or somebody was there after `line.sequence`; LedgerError where the ledger cannot be written. When this
        returns, the event survives whatever happens.
        """
        return _or_raise(self.bulk([line], do, who, note, **change)[0])

    def undo(self, line: Line, who: str, note: str = "") -> Event:
        """The event that takes back the last step of a line; raises like `decide`."""
        at = self.clock()
        return _or_raise(self._append([line], lambda line, events: life.undo(line, events, who, at, note))[0])

    def bulk(self, lines: Sequence[Line], do: Step, who: str, note: str = "", **change: Any) -> list[Event | Refused]:
        """For every line, in order, its event or why it was refused; those that could be done are, in one transaction.

        Raises LedgerError where the ledger cannot be written: then none was.
        """
        at = self.clock()
        return self._append(lines, lambda line, events: life.step(line, events, do, who, at, note, **change))

    def state(self, *, only: Sequence[str] = ()) -> pd.DataFrame:
        """Where every order stands that somebody has decided about, a row each, by product, then order_id.

        Columns: STATE_COLUMNS; event, who, at and note are those of the last step, `at` in UTC, `sequence` is what a
        `Line` takes; texts and days that are not there are "" and NaT. only: the statuses wanted, by default all. A
        ledger that is not there yet is empty. Raises LedgerError.
        """
        import pandas as pd

        steps = [event for event in self.last_steps() if not only or event.after.status in only]
        frame = _typed(pd.DataFrame([flat(event) | event.after.as_json() for event in steps]))
        return frame.sort_values(["product_id", "order_id"], ignore_index=True)

    def history(self, line: Line | str) -> list[Event]:
        """All events of a line (or an order_id), first to last; none where nobody has touched it."""
        wanted = line if isinstance(line, str) else line.order_id
        with tables.reading(self.engine) as connection:
            return _events(connection, [wanted]).get(wanted, []) if connection else []

    def last_steps(self) -> list[Event]:
        """The last event of every order, by order_id; none where there is no ledger yet. Changes nothing."""
        newest = sa.select(EVENTS.c.order_id, sa.func.max(EVENTS.c.sequence).label("sequence"))
        last = newest.group_by(EVENTS.c.order_id).subquery()
        both = (EVENTS.c.order_id == last.c.order_id) & (EVENTS.c.sequence == last.c.sequence)
        with tables.reading(self.engine) as connection:
            if connection is None:
                return []
            rows = connection.execute(sa.select(EVENTS).join(last, both).order_by(EVENTS.c.order_id))
            return [_event(dict(row)) for row in rows.mappings()]

    @cached_property
    def _created(self) -> bool:
        tables.create(self.engine)
        return True

    def _append(self, lines: Sequence[Line], taken: Callable[[Line, Sequence[Event]], Event]) -> list[Event | Refused]:
        """Compare and append: what the database's unique key (order_id, sequence) lets only one writer do."""
        _ = self._created

        def work(connection: sa.Connection) -> list[Event | Refused]:
            known = _events(connection, sorted({line.order_id for line in lines}))
            answers: list[Event | Refused] = []
            for line in lines:
                so_far = known.setdefault(line.order_id, [])
                try:
                    event = taken(line, so_far)
                except Refused as refused:
                    answers.append(refused)
                else:
                    answers.append(event)
                    so_far.append(event)
            rows = [_row(answer) for answer in answers if isinstance(answer, Event)]
            if rows:
                connection.execute(sa.insert(EVENTS), sorted(rows, key=lambda row: str(row["order_id"])))
            return answers

        return tables.write(self.engine, work)


def proposed(plan: pd.DataFrame) -> pd.DataFrame:
    """Every line of a plan as it stands while nobody has decided about it, in its order: STATE_COLUMNS.

    plan: run_id, product_id, supplier_id, quantity_units, unit_price, order_on, arrive_on.
    """
    keys = ["run_id", "product_id", "supplier_id"]
    own = plan[[*keys, "quantity_units", "unit_price"]].assign(
        order_id=[order_id(*key) for key in plan[keys].itertuples(index=False)],
        ordered_on=plan["order_on"],
        due_on=plan["arrive_on"],
        status="proposed",
        sequence=0,
    )
    return _typed(own).reset_index(drop=True)


def of_plan(lines: pd.DataFrame, state: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """The lines of `proposed` as people's decisions, the frame of `Ledger.state`, have left them.

    A snooze holds for the product's lines of later runs too, and ends on the day it was given; today: the plan's.
    """
    asleep = state[(state["status"] == "snoozed") & (state["until"] > today)].sort_values("until")
    asleep = asleep.drop_duplicates(["product_id", "supplier_id"], keep="last")
    inherited = ["status", "until", "reason", "event", "who", "at", "note"]
    shown = _put(lines, asleep, ["product_id", "supplier_id"], inherited)
    shown = _put(shown, state, ["order_id"], list(STATE_COLUMNS))
    over = (shown["status"] == "snoozed") & ~(shown["until"] > today)
    shown.loc[over, "status"] = "proposed"
    return shown


def _put(lines: pd.DataFrame, news: pd.DataFrame, keys: list[str], columns: list[str]) -> pd.DataFrame:
    """The lines with what the news, a row per key, says of some of them."""
    there = lines[keys].reset_index(names="line").merge(news, on=keys)
    said = lines.copy()
    for column in columns:
        said.loc[there["line"], column] = there[column].array
    return said


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with STATE_COLUMNS, those it lacks empty: texts "", days NaT."""
    cells = frame.reindex(columns=list(STATE_COLUMNS)).astype("object")
    texts = [name for name, kind in STATE_COLUMNS.items() if kind == "str"]
    cells[texts] = cells[texts].where(cells[texts].notna(), "")
    return cells.astype(STATE_COLUMNS)


def _or_raise(answer: Event | Refused) -> Event:
    if isinstance(answer, Refused):
        raise answer
    return answer


def _events(connection: sa.Connection, order_ids: Sequence[str]) -> dict[str, list[Event]]:
    """The events of the orders, in order."""
    found: dict[str, list[Event]] = {}
    for begin in range(0, len(order_ids), IDS_AT_ONCE):
        some = order_ids[begin : begin + IDS_AT_ONCE]
        rows = connection.execute(sa.select(EVENTS).where(EVENTS.c.order_id.in_(some)).order_by(EVENTS.c.sequence))
        for row in rows.mappings():
            found.setdefault(row["order_id"], []).append(_event(dict(row)))
    return found


def _event(row: Mapping[str, Any]) -> Event:
    return Event(**{**row, "before": Terms(**row["before"]), "after": Terms(**row["after"])})


def _row(event: Event) -> dict[str, Any]:
    row = flat(event) | {"before": event.before.as_json(), "after": event.after.as_json()}
    return {name: value for name, value in row.items() if name != "id"}


def flat(event: Event) -> dict[str, Any]:
    """The event's fields by name, without `before` and `after`."""
    return {name: getattr(event, name) for name in event.__dataclass_fields__ if name not in ("before", "after")}
