"""What people decide is kept: possible steps only, by one of two who try at once, through kills and full disks."""

import multiprocessing
import os
import resource
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import servers
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from test_sentences import untranslated

from ordercast import ledger
from ordercast.database.settings import VARIABLE
from ordercast.ledger import Event, Ledger, LedgerError, Line, Refused, life, tables

LINE = Line("2026-10-31-8cfb23a2", "P1", "S1", 10, 2.5, date(2026, 10, 31), date(2026, 11, 7))
NOON = datetime(2026, 11, 1, 12)
NASTY = [
    "'; DROP TABLE ledger_events; --",
    '" OR 1=1 --',
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "%s %(who)s {0} :who ?",
    "a\\'b\\",
    "São João 🛒 \u202e",
    "line\nbreak\ttab",
    " spaces ",
    "nul\x00l",
    "a",
    "A",
    "a ",
    "á",
]


@pytest.fixture(params=["sqlite", "mysql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.URL]:
    if request.param == "sqlite":
        yield sa.URL.create("sqlite", database=str(tmp_path / "data/ledger.sqlite"))
    else:
        with servers.ledger_place() as found:
            yield found


@pytest.fixture
def book(tmp_path: Path) -> Ledger:
    return Ledger.of(tmp_path, ticking())


def ticking(start: datetime = NOON, seconds: int = 1) -> Callable[[], datetime]:
    times = iter(range(10**6))
    return lambda: start + timedelta(seconds=seconds * next(times))


def product(number: int, **change: Any) -> Line:
    return replace(LINE, product_id=f"P{number}", **change)


CHANGES: dict[str, dict[str, Any]] = {
    "edited": {"quantity_units": 33},
    "rejected": {"reason": "too dear"},
    "snoozed": {"until": date(2026, 11, 20)},
}
PATHS: dict[str, list[Any]] = {
    "proposed": [],
    "approved": ["approved"],
    "rejected": ["rejected"],
    "snoozed": ["snoozed"],
    "sent": ["approved", "sent"],
    "received": ["approved", "sent", "received"],
    "cancelled": ["approved", "cancelled"],
}


def lived(steps: list[Any]) -> list[Event]:
    """The events of a line that took these steps."""
    events: list[Event] = []
    for do in steps:
        seen = replace(LINE, sequence=len(events))
        if do == "undone":
            events.append(life.undo(seen, events, "ana", NOON))
        else:
            events.append(life.step(seen, events, do, "ana", NOON, **CHANGES.get(do, {})))
    return events


@pytest.mark.parametrize("status", PATHS)
@pytest.mark.parametrize("do", life.MAY_FOLLOW)
def test_only_possible_steps_are_taken_down_and_others_say_what_is_possible(status: str, do: Any):
    events = lived(PATHS[status])
    seen = replace(LINE, sequence=len(events))
    if status in life.MAY_FOLLOW[do]:
        after = life.step(seen, events, do, "bob", NOON, **CHANGES.get(do, {})).after
        assert after.status == (status if do == "edited" else do)
    else:
        with pytest.raises(Refused, match=f"P1 from S1 is {status}.*it cannot be {do}. (It can be|Nothing)") as refused:
            life.step(seen, events, do, "bob", NOON, **CHANGES.get(do, {}))
        assert refused.value.kind == "impossible"
        assert untranslated(refused.value) == []


@pytest.mark.parametrize(
    ("steps", "status", "units"),
    [
        pytest.param(["approved", "undone"], "proposed", 10, id="approval"),
        pytest.param(["edited", "approved", "undone"], "proposed", 33, id="approval_of_an_edited_line"),
        pytest.param(["approved", "edited", "undone"], "approved", 10, id="edit_of_an_approved_line"),
        pytest.param(["edited", "approved", "undone", "undone"], "proposed", 10, id="twice"),
        pytest.param(["approved", "undone", "rejected", "undone"], "proposed", 10, id="after_an_undo"),
        pytest.param(["approved", "sent", "received", "undone"], "sent", 10, id="received_by_mistake"),
        pytest.param(["approved", "sent", "cancelled", "undone"], "sent", 10, id="cancelled_by_mistake"),
        pytest.param(["snoozed", "snoozed", "undone"], "snoozed", 10, id="second_snooze"),
    ],
)
def test_undo_takes_back_the_last_step_that_stands(steps: list[Any], status: str, units: float):
    after = lived(steps)[-1].after
    assert (after.status, after.quantity_units) == (status, units)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        pytest.param([], "nobody has decided anything", id="untouched"),
        pytest.param(["approved", "undone"], "nothing to undo", id="all_undone"),
        pytest.param(["approved", "sent"], "the supplier has it. Cancel it", id="sent"),
        pytest.param(["approved", "sent", "cancelled", "undone"], "ana sent it .*has it", id="sent_again"),
    ],
)
def test_what_cannot_be_undone_says_why(steps: list[Any], said: str):
    events = lived(steps)
    with pytest.raises(Refused, match=said) as refused:
        life.undo(replace(LINE, sequence=len(events)), events, "bob", NOON)
    assert untranslated(refused.value) == []


@pytest.mark.parametrize(
    ("do", "change", "said"),
    [
        pytest.param("approved", {"quantity_units": 0}, "more than 0 units; reject", id="nothing"),
        pytest.param("approved", {"quantity_units": -3}, "quantity_units is -3", id="negative"),
        pytest.param("approved", {"quantity_units": float("nan")}, "quantity_units is nan", id="nan"),
        pytest.param(
            "approved", {"quantity_units": "a lot"}, "quantity_units is 'a lot'; it must be a num", id="words"
        ),
        pytest.param("approved", {"quantity_units": "1.234"}, "is '1.234'; it must be a num", id="number_as_text"),
        pytest.param("approved", {"quantity_units": True}, "is True; it must be a num", id="truth"),
        pytest.param("edited", {"due_on": date(1700, 1, 1)}, "more than ten years from 2026", id="due_centuries_ago"),
        pytest.param("edited", {"due_on": date(3026, 1, 1)}, "more than ten years from 2026", id="due_in_centuries"),
        pytest.param("edited", {"due_on": pd.NaT}, "must be a date", id="empty_date"),
        pytest.param("approved", {"unit_price": float("inf")}, "unit_price is inf", id="infinite"),
        pytest.param("edited", {}, "changes nothing", id="empty_edit"),
        pytest.param("edited", {"quantity_units": 10}, "changes nothing", id="edit_to_the_same"),
        pytest.param("edited", {"due_on": date(2026, 10, 30)}, "before the plan's day", id="due_before_ordered"),
        pytest.param("edited", {"due_on": "soon"}, "must be a date", id="no_date"),
        pytest.param("rejected", {}, "say why", id="no_reason"),
        pytest.param("rejected", {"reason": "  "}, "say why", id="blank_reason"),
        pytest.param("rejected", {"reason": "x" * 2001}, "at most 2000", id="long_reason"),
        pytest.param("snoozed", {}, "until which day", id="no_end"),
        pytest.param("rejected", {"quantity_units": 5, "reason": "x"}, "takes no quantity_units", id="wrong_change"),
        pytest.param("shipped", {}, "no step; the steps are approved", id="no_step"),
    ],
)
def test_values_that_make_no_sense_are_refused_in_words(do: Any, change: dict[str, Any], said: str):
    with pytest.raises(Refused, match=said) as refused:
        life.step(LINE, [], do, "ana", NOON, **change)
    assert refused.value.kind == "invalid"
    assert untranslated(refused.value) == []


def test_a_line_without_days_takes_those_near_the_decision():
    line = replace(LINE, ordered_on=None, due_on=None)
    with pytest.raises(Refused, match=f"due_on is 1700-01-01, more than ten years from {NOON.date()}"):
        life.step(line, [], "approved", "ana", NOON, due_on=date(1700, 1, 1))
    assert life.step(line, [], "approved", "ana", NOON, due_on=date(2026, 10, 1)).after.due_on == "2026-10-01"


@pytest.mark.parametrize(
    ("line", "who", "note"),
    [
        pytest.param(LINE, " ", "", id="nobody"),
        pytest.param(LINE, None, "", id="none"),
        pytest.param(LINE, 7, "", id="number"),
        pytest.param(LINE, "x" * 201, "", id="long_name"),
        pytest.param(LINE, "ana", "x" * 2001, id="long_note"),
        pytest.param(LINE, "ana", "half \ud83d", id="half_a_character"),
        pytest.param(replace(LINE, product_id="x" * 256), "ana", "", id="long_product"),
    ],
)
def test_texts_that_no_database_would_keep_as_they_are_are_refused(book: Ledger, line: Line, who: str, note: str):
    with pytest.raises(Refused) as refused:
        book.decide(line, "approved", who, note)
    assert refused.value.kind == "invalid"
    assert untranslated(refused.value) == []
    assert book.state().empty


def test_a_decision_is_kept_with_who_when_before_and_after(url: sa.URL):
    book = Ledger(tables.engine(url), ticking())
    book.decide(LINE, "approved", "ana", "as agreed", quantity_units=12, due_on=pd.Timestamp("2026-11-09"))
    book.decide(replace(LINE, sequence=1), "sent", "bob")
    first, second = book.history(LINE)
    assert (first.who, first.at, first.event, first.note) == ("ana", NOON, "approved", "as agreed")
    assert (first.before.quantity_units, first.after.quantity_units) == (10, 12)
    assert (second.before, second.after) == (first.after, replace(first.after, status="sent"))
    assert first.id is not None
    assert second.id is not None
    assert first.id < second.id
    (row,) = book.state().to_dict("records")
    assert row == {
        "order_id": LINE.order_id,
        "run_id": LINE.run_id,
        "product_id": "P1",
        "supplier_id": "S1",
        "status": "sent",
        "quantity_units": 12.0,
        "unit_price": 2.5,
        "ordered_on": pd.Timestamp("2026-10-31"),
        "due_on": pd.Timestamp("2026-11-09"),
        "until": pd.NaT,
        "reason": "",
        "event": "sent",
        "who": "bob",
        "at": pd.Timestamp(NOON + timedelta(seconds=1)),
        "note": "",
        "sequence": 2,
    }
    assert book.state(only=["approved"]).empty


def test_many_lines_are_decided_at_once_and_those_that_cannot_be_say_why(url: sa.URL):
    book = Ledger(tables.engine(url), ticking())
    book.decide(product(3), "rejected", "bob", reason="not needed")
    answers = book.bulk([*map(product, range(1200)), product(5)], "approved", "ana")
    refused = {place: answer for place, answer in enumerate(answers) if isinstance(answer, Refused)}
    assert list(refused) == [3, 1200]
    assert "bob rejected it on 2026-11-01 at 12:00 UTC, after you looked" in str(refused[3])
    state = book.state()
    assert state["status"].value_counts().to_dict() == {"approved": 1199, "rejected": 1}
    assert {event.at for event in answers if isinstance(event, Event)} == {NOON + timedelta(seconds=1)}


def test_text_from_people_is_kept_as_it_is_and_never_run(url: sa.URL):
    book = Ledger(tables.engine(url), ticking())
    for text in NASTY:
        book.decide(replace(LINE, product_id=text, supplier_id=text), "rejected", f"x{text}x", text, reason=text)
    state = book.state().set_index("product_id")
    assert sorted(state.index) == sorted(NASTY)
    for text in NASTY:
        row = state.loc[text]
        assert (row["supplier_id"], row["who"], row["note"], row["reason"]) == (text, f"x{text}x", text, text)
        assert len(book.history(row["order_id"])) == 1


def test_a_clock_that_jumps_back_reorders_nothing(url: sa.URL):
    times = iter([NOON, NOON - timedelta(days=900), NOON + timedelta(days=1), NOON - timedelta(days=1)])
    book = Ledger(tables.engine(url), lambda: next(times))
    for sequence, do in enumerate(("approved", "sent", "received")):
        book.decide(replace(LINE, sequence=sequence), do, "ana")  # type: ignore[arg-type]
    book.undo(replace(LINE, sequence=3), "ana")
    assert [event.event for event in book.history(LINE)] == ["approved", "sent", "received", "undone"]
    assert book.state()["status"].tolist() == ["sent"]


def together(work: Callable[[int], list[Any]], processes: int = 4) -> list[list[Any]]:
    """What each of some processes that work at the same time returns."""
    fork = multiprocessing.get_context("fork")
    barrier, answers = fork.Barrier(processes), fork.SimpleQueue()

    def run(number: int) -> None:
        barrier.wait()
        answers.put((number, work(number)))

    started = [fork.Process(target=run, args=(number,)) for number in range(processes)]
    for process in started:
        process.start()
    found = dict(answers.get() for _ in started)
    for process in started:
        process.join()
    return [found[number] for number in range(processes)]


def test_of_buyers_who_approve_the_same_lines_at_once_one_wins_and_the_others_are_told(url: sa.URL):
    """None of them has made the tables either."""

    def approve(number: int) -> list[Any]:
        book, told = Ledger(tables.engine(url)), []
        for line in map(product, range(4)):
            try:
                book.decide(line, "approved", f"buyer {number}")
                told.append(None)
            except Refused as refused:
                told.append((refused.kind, str(refused)))
        return told

    answers = together(approve)
    book = Ledger(tables.engine(url))
    for place in range(4):
        (winner,) = [number for number, told in enumerate(answers) if told[place] is None]
        (event,) = book.history(product(place))
        assert event.who == f"buyer {winner}"
        for number, told in enumerate(answers):
            if number != winner:
                kind, said = told[place]
                assert kind == "stale"
                assert f"{event.who} approved it on {event.at:%Y-%m-%d at %H:%M} UTC" in said


def test_many_processes_that_append_at_once_lose_nothing(url: sa.URL):
    def append(number: int) -> list[Any]:
        book = Ledger(tables.engine(url))
        some = [product(1000 * number + place) for place in range(3)]
        events = [book.decide(line, "approved", f"buyer {number}") for line in some]
        events += [book.decide(replace(line, sequence=1), "sent", f"buyer {number}") for line in some]
        answers = book.bulk([product(77 + place) for place in range(40)], "approved", f"buyer {number}")
        return [*events, *(answer for answer in answers if isinstance(answer, Event))]

    acknowledged = [event for events in together(append, 4) for event in events]
    book = Ledger(tables.engine(url))
    with book.engine.connect() as connection:
        kept = connection.execute(sa.select(tables.EVENTS)).mappings().all()
    assert len(kept) == len(acknowledged) == 4 * 6 + 40
    assert {(row["order_id"], row["sequence"], row["who"]) for row in kept} == {
        (event.order_id, event.sequence, event.who) for event in acknowledged
    }
    assert book.state()["status"].value_counts().to_dict() == {"sent": 12, "approved": 40}


def test_kill_9_between_click_and_write_loses_nothing_that_was_acknowledged(url: sa.URL):
    Ledger(tables.engine(url)).decide(product(0), "approved", "ana")
    for last in (1, 4, 9):  # acknowledged when the killing comes, at some moment of the next write
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            book = Ledger(tables.engine(url))
            for number in range(1000 * last, 1000 * last + 900):
                event = book.decide(product(number), "approved", "ana")
                os.write(writing, f"{event.order_id}\n".encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as said:
            acknowledged = [said.readline().strip() for _ in range(last)]
            os.kill(child, signal.SIGKILL)
            acknowledged += said.read().split()
        os.waitpid(child, 0)
        book = Ledger(tables.engine(url))
        kept = set(book.state()["order_id"])
        assert set(acknowledged) <= kept
        assert len(kept - set(acknowledged)) >= 1
        assert book.decide(product(-last), "approved", "bob").sequence == 1


def test_a_full_disk_is_told_and_what_was_there_stays(tmp_path: Path):
    book = Ledger.of(tmp_path, ticking())
    book.bulk([product(number) for number in range(50)], "approved", "ana")
    size = (tmp_path / "data/ledger.sqlite").stat().st_size

    def fill(_: int) -> list[Any]:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        try:
            Ledger.of(tmp_path).bulk([product(number) for number in range(50, 2000)], "approved", "bob")
        except LedgerError as error:
            return [str(error)]
        return []

    (said,) = together(fill, 1)
    assert "the ledger (" in said[0]
    assert "fails: d" in said[0]  # disk I/O error, database or disk is full
    assert len(book.state()) == 50
    assert book.decide(product(60), "approved", "ana").sequence == 1


def test_a_connection_that_breaks_writes_nothing_and_is_told():
    with servers.ledger_place() as url:
        book = Ledger(tables.engine(url), ticking())
        book.decide(product(1), "approved", "ana")

        def broken(connection: sa.Connection) -> None:
            values = ledger._row(life.step(product(2), [], "approved", "ana", NOON))
            connection.execute(sa.insert(tables.EVENTS), [values])
            connection.exec_driver_sql("KILL CONNECTION_ID()")

        with pytest.raises(
            LedgerError,
            match=r"Using the ledger failed, database ordercast_test_\S+ at 127.0.0.1:3306: the connection was lost",
        ):
            tables.write(book.engine, broken)
        assert book.state()["product_id"].tolist() == ["P1"]
        assert book.decide(product(2), "approved", "ana").sequence == 1


def test_who_waits_too_long_for_another_writer_is_told_and_readers_do_not_wait(
    url: sa.URL, monkeypatch: pytest.MonkeyPatch
):
    for name in ("PATIENCE_S", "LOCK_WAIT_S"):
        monkeypatch.setattr(tables, name, 1)
    book = Ledger(tables.engine(url), ticking())
    book.decide(product(1), "approved", "ana")
    with tables.engine(url).begin() as other:  # has written, and does not commit
        other.execute(sa.insert(tables.EVENTS), [ledger._row(life.step(product(2), [], "approved", "bob", NOON))])
        with pytest.raises(LedgerError, match=r"database is locked|another session held a lock for more than 1 s"):
            book.decide(product(2), "approved", "ana")
        assert book.state()["product_id"].tolist() == ["P1"]
    with pytest.raises(Refused, match="bob approved it") as refused:
        book.decide(product(2), "approved", "ana")
    assert untranslated(refused.value) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"port": 1}, "no server answers at 127.0.0.1:1", id="no_server"),
        pytest.param({"username": "ordercast_nobody"}, "refuses user ordercast_nobody", id="wrong_password"),
        pytest.param({"database": "ordercast_nix"}, "there is no database ordercast_nix", id="no_such_schema"),
    ],
)
def test_a_database_that_does_not_answer_is_told_without_the_password(change: dict[str, Any], said: str):
    with servers.ledger_place() as url:
        if "database" not in change:
            change["password"] = "hush-hush"
        book = Ledger(tables.engine(url.set(**change)))
        for call in (book.state, lambda: book.decide(LINE, "approved", "ana"), lambda: book.history(LINE)):
            with pytest.raises(LedgerError) as error:
                call()
            assert untranslated(error.value) == []
            assert said in str(error.value)
            assert "hush" not in f"{error.value} {error.value.__cause__} {book}"


def test_nothing_is_there_before_the_first_decision_and_looking_makes_nothing(tmp_path: Path):
    book = Ledger.of(tmp_path)
    assert list(book.state().columns) == list(ledger.STATE_COLUMNS)
    assert book.state().empty
    assert book.history(LINE) == []
    assert list(tmp_path.iterdir()) == []


def test_rows_are_neither_changed_nor_removed(book: Ledger):
    book.decide(LINE, "approved", "ana")
    for statement in ("UPDATE ledger_events SET who = 'bob'", "DELETE FROM ledger_events"):
        with book.engine.connect() as connection, pytest.raises(sa.exc.IntegrityError, match="only ever added to"):
            connection.exec_driver_sql(statement)
    assert book.state()["who"].tolist() == ["ana"]


def test_a_ledger_of_a_later_version_is_not_written(tmp_path: Path, book: Ledger):
    book.decide(LINE, "approved", "ana")
    with book.engine.begin() as connection:
        connection.execute(sa.insert(tables.VERSIONS).values(version=99))
    with pytest.raises(LedgerError, match=r"version 99.*update Ordercast") as error:
        Ledger.of(tmp_path).decide(product(2), "approved", "ana")
    assert untranslated(error.value) == []


def test_another_ledger_than_the_one_somebody_looked_at_is_noticed(book: Ledger):
    with pytest.raises(Refused, match="is it the same ledger") as refused:
        book.decide(replace(LINE, sequence=3), "sent", "ana")
    assert untranslated(refused.value) == []


@pytest.mark.parametrize(
    ("named", "dotenv", "expected"),
    [
        pytest.param(None, None, "sqlite:///ROOT/data/ledger.sqlite", id="nothing_set"),
        pytest.param(None, "OTHER=2\n", "sqlite:///ROOT/data/ledger.sqlite", id="others_set"),
        pytest.param("mysql://u:p@h:3307/shop", None, "mysql+pymysql://u:p@h:3307/shop", id="set"),
        pytest.param("mariadb://u@h/shop", None, "mysql+pymysql://u:@h:3306/shop", id="mariadb"),
        pytest.param(None, f"{VARIABLE}='mysql://u:p$x@h/s'\n", "mysql+pymysql://u:p%24x@h:3306/s", id="dotenv"),
        pytest.param("mysql://u@h/env", f"{VARIABLE}=mysql://u@h/file", "mysql+pymysql://u:@h:3306/env", id="both"),
    ],
)
def test_where_the_ledger_is(
    tmp_path: Path, named: str | None, dotenv: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv(VARIABLE, raising=False)
    if named:
        monkeypatch.setenv(VARIABLE, named)
    if dotenv:
        (tmp_path / ".env").write_text(dotenv)
    found = ledger.address(tmp_path)
    assert found == sa.make_url(expected.replace("ROOT", str(tmp_path)))


@pytest.mark.parametrize("given", ["postgresql://u:hush@h/db", "mysql://u:hush@h", "hush", "mysql://u:hush@x@h:y/db"])
def test_an_address_that_is_none_is_refused_without_being_repeated(
    tmp_path: Path, given: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(LedgerError, match=r"mysql://user:password@host:3306/database.*`ordercast doctor`") as error:
        ledger.address(tmp_path)
    assert "hush" not in str(error.value)
    assert untranslated(error.value) == []


def test_a_file_that_is_no_ledger_is_told_with_the_next_step(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/ledger.sqlite").write_text("no database " * 100)
    with pytest.raises(LedgerError, match=r"fails: file is not a database.*`ordercast doctor`") as error:
        Ledger.of(tmp_path).state()
    assert untranslated(error.value) == []


def plan(run_id: str, *products: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "run_id": run_id,
            "product_id": list(products),
            "supplier_id": "S1",
            "quantity_units": 7,
            "unit_price": 2.0,
            "order_on": pd.Timestamp("2026-11-01"),
            "arrive_on": pd.Timestamp("2026-11-05"),
        }
    )


def test_a_plan_shows_decisions_and_a_snooze_lasts_through_later_runs(book: Ledger):
    book.decide(replace(LINE, run_id="r1", product_id="B"), "approved", "ana", quantity_units=9)
    book.decide(replace(LINE, run_id="r1", product_id="C"), "snoozed", "bob", "later", until=date(2026, 11, 3))
    for run_id, day, expected in (
        ("r1", "2026-11-02", ["proposed", "approved", "snoozed"]),
        ("r1", "2026-11-03", ["proposed", "approved", "proposed"]),
        ("r2", "2026-11-02", ["proposed", "proposed", "snoozed"]),
        ("r2", "2026-11-03", ["proposed", "proposed", "proposed"]),
    ):
        shown = ledger.of_plan(ledger.proposed(plan(run_id, "A", "B", "C")), book.state(), pd.Timestamp(day))
        assert shown["product_id"].tolist() == ["A", "B", "C"]
        assert shown["status"].tolist() == expected
        assert shown.dtypes.astype("str").to_dict() == ledger.STATE_COLUMNS
        assert shown["sequence"].tolist() == ([0, 1, 1] if run_id == "r1" else [0, 0, 0])
        assert shown["quantity_units"].tolist() == ([7.0, 9.0, 10.0] if run_id == "r1" else [7.0, 7.0, 7.0])
    assert shown["who"].tolist() == ["", "", ""]


class Life(RuleBasedStateMachine):
    """Random steps by random people, seen late now and then: the ledger is where a plain model says."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.book = Ledger.of(self.memory.name, ticking(seconds=-1))
        self.stack = [("proposed", 10.0)]
        self.taken: list[str] = []

    def line(self, behind: int = 0) -> Line:
        return replace(LINE, sequence=len(self.taken) - behind)

    @rule(do=st.sampled_from(list(life.MAY_FOLLOW)), units=st.integers(1, 9))
    def decide(self, do: Any, units: int) -> None:
        change = {"quantity_units": units} if do in ("approved", "edited") else CHANGES.get(do, {})
        status, before = self.stack[-1]
        possible = status in life.MAY_FOLLOW[do] and not (do == "edited" and units == before)
        try:
            self.book.decide(self.line(), do, "ana", **change)
        except Refused:
            assert not possible
            return
        assert possible
        self.stack.append((status if do == "edited" else do, float(change.get("quantity_units", before))))
        self.taken.append(do)

    @rule()
    def undo(self) -> None:
        possible = len(self.stack) > 1 and self.stack[-1][0] != "sent"
        try:
            self.book.undo(self.line(), "bob")
        except Refused:
            assert not possible
            return
        assert possible
        self.stack.pop()
        self.taken.append("undone")

    @precondition(lambda self: self.taken)
    @rule(do=st.sampled_from([*life.MAY_FOLLOW]))
    def come_late(self, do: Any) -> None:
        with pytest.raises(Refused) as refused:
            self.book.decide(self.line(behind=1), do, "eve", **CHANGES.get(do, {}))
        assert refused.value.kind == "stale"

    @invariant()
    def is_where_the_model_is(self) -> None:
        assert [event.event for event in self.book.history(LINE)] == self.taken
        if self.taken:
            last = self.book.last_steps()[0]
            assert (last.after.status, last.after.quantity_units) == self.stack[-1]
            assert last.sequence == len(self.taken)

    def teardown(self) -> None:
        self.memory.cleanup()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
