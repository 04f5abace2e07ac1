"""A run for the scheduler: alone, within its time, told in a log, and with an exit code that says what happened.

    code  outcome    what happened
    0     done       all that had changed ran, and the run is published
    1     failed     a stage failed; the last good run is still the published one
    2     settings   params.yaml or dvc.yaml is at fault; nothing or not all was run
    3     busy       another run holds the lock, or DVC; nothing was done
    4     timed_out  the time limit came, and everything was ended
    5     not_there  the source of the data, or the database, did not answer
    128+n stopped    by signal n

The lock is the kernel's (flock): it goes with the process that holds it, however that ends, and no clock is asked.
Seconds are counted on the monotonic clock; the times that are written down are for people.
"""

import fcntl
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, TextIO

from ordercast import repro
from ordercast.dvc_log import Story

FOLDER = Path("data/nightly")
LOCK, LAST, LOG = FOLDER / "lock", FOLDER / "last.json", FOLDER / "log.jsonl"
CODES = {"done": 0, "failed": 1, "settings": 2, "busy": 3, "timed_out": 4, "not_there": 5}
TRIES = 5
GRACE_S = 10  # from the request to end to the end by force


class Busy(Exception):
    """Another run holds the lock; the text names it."""


class Journal:
    """Appends events as JSON lines; a disk that takes none is told once and stops nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.complained = False

    def write(self, event: str, **fields: Any) -> None:
        line = json.dumps({"at": _now(), "pid": os.getpid(), "event": event, **fields}, ensure_ascii=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            if not self.complained:
                print(f"the log cannot be written: {error}", file=sys.stderr)
            self.complained = True


def run(time_limit_s: float | None = None, log: Path = LOG) -> int:
    """The exit code of a run of everything that has changed, in the current folder; see CODES.

    Prints what dvc prints, logs to `log`, and leaves the outcome in data/nightly/last.json, for `last`.
    """
    journal = Journal(log)
    if not Path("params.yaml").is_file():
        print("settings: there is no params.yaml here; run this in the project's folder", file=sys.stderr)
        return CODES["settings"]
    try:
        with _alone(journal):
            begun = time.monotonic()
            about: dict[str, Any] = {"began_at": _now(), "host": socket.gethostname(), "pid": os.getpid()}
            _note(about | {"outcome": "running", "code": None})
            journal.write("began", time_limit_s=time_limit_s)
            told = _told(journal, time_limit_s)
            told |= {"seconds": round(time.monotonic() - begun, 1), "run_id": _published()}
            journal.write("ended", **told)
            _note(about | told | {"ended_at": _now()})
    except (Busy, OSError) as error:  # an OSError: there is no room, or no right, for the lock
        outcome = "busy" if isinstance(error, Busy) else "failed"
        told = {"outcome": outcome, "code": CODES[outcome], "message": str(error)}
        journal.write("ended", **told)
    _say(f"{told['outcome'].replace('_', ' ')}: {told['message']}", sys.stderr if told["code"] else sys.stdout)
    return int(told["code"])


def last(root: str | Path = ".") -> dict[str, Any] | None:
    """The outcome of the last run: outcome, code, message, stage, notebook, cell, run_id, times; None before the first.

    A run that is on has the outcome `running`; one that was killed, or whose machine went down, `died`.
    """
    path = Path(root) / LAST
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if told["outcome"] == "running" and holder(root) is None:
        told |= {"outcome": "died", "message": f"the run that began {told['began_at']} was killed before its end"}
    return told


def holder(root: str | Path = ".") -> dict[str, Any] | None:
    """Who holds the lock (host, pid, since); None where nobody does."""
    try:
        with open(Path(root) / LOCK, encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _holder_in(Path(root) / LOCK)
    return None


@contextmanager
def _alone(journal: Journal) -> Iterator[None]:
    """The lock, held; raises Busy. What a dead holder left in it is noted and overwritten."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(LOCK, "a+", encoding="utf-8") as lock:
        if not _got(lock):
            held = _holder_in(LOCK)
            raise Busy("locked by pid {pid} on {host}, since {since}".format(**held))
        dead = _holder_in(LOCK)
        if dead["pid"] != "?":
            journal.write("took_over", **dead)
        _fill(lock, json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "since": _now()}))
        yield
        _fill(lock, "")


def _got(lock: IO[str]) -> bool:
    """Whether the lock is ours now; `holder` has it for a moment when somebody asks, so one try is not enough."""
    for attempt in range(TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.1 * (attempt < TRIES - 1))
    return False


def _holder_in(lock: Path) -> dict[str, Any]:
    try:
        return {**json.loads(lock.read_text(encoding="utf-8"))}
    except ValueError:  # empty, or a disk was too full for it
        return {"host": "?", "pid": "?", "since": "?"}


def _fill(lock: IO[str], text: str) -> None:
    try:
        lock.truncate(0)
        lock.write(text)
        lock.flush()
    except OSError as error:
        print(f"the lock does not name its holder: {error}", file=sys.stderr)


def _told(journal: Journal, time_limit_s: float | None) -> dict[str, Any]:
    """The outcome of the run itself: settings first, then dvc."""
    from ordercast import params

    try:
        params.load("params.yaml", whole=True)
    except params.ParamsError as error:
        return {"outcome": "settings", "code": CODES["settings"], "message": str(error)}
    repro.forget_the_dead()
    story = Story(journal.write)
    process = repro.start(["repro"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    stopped: list[int] = []
    before = {number: signal.signal(number, lambda n, _: stopped.append(n)) for number in repro.FORWARDED}
    try:
        limit = None if time_limit_s is None else time.monotonic() + time_limit_s
        late = _follow(process, story, limit, stopped)
    finally:
        _end(process)
        for number, handler in before.items():
            signal.signal(number, handler)
    story.end(process.returncode)
    if stopped:
        text = f"stopped by {signal.Signals(stopped[0]).name}"
        return story.told("stopped", text) | {"code": 128 + stopped[0]}
    outcome = "timed_out" if late else story.outcome(process.returncode)
    text = f"not done after {time_limit_s:g} s" if late else story.message(process.returncode)
    return story.told(outcome, text) | {"code": CODES[outcome]}


def _follow(process: "subprocess.Popen[str]", story: Story, limit: float | None, stopped: list[int]) -> bool:
    """Print and read what dvc says until it ends or is to be ended; whether the time limit came."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read(source: IO[str]) -> None:
        for line in source:
            lines.put(line)
        lines.put(None)

    assert process.stdout is not None
    threading.Thread(target=read, args=(process.stdout,), daemon=True).start()
    while not stopped:
        if limit is not None and time.monotonic() >= limit:
            return True
        try:
            line = lines.get(timeout=0.2)
        except queue.Empty:
            if process.poll() is not None:  # what it had started and left behind may hold its output open
                return False
            continue
        if line is None:
            process.wait()
            return False
        _say(line.rstrip("\n"))
        story.hear(line)
    return False


def _end(process: "subprocess.Popen[str]") -> None:
    """Nothing of the run is left: asked first, by force after GRACE_S."""
    if process.poll() is None:
        repro.tell(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
    repro.tell(process, signal.SIGKILL)
    process.wait()


def _say(text: str, stream: TextIO | None = None) -> None:
    """Print; where nobody listens any more the run goes on in silence."""
    stream = stream or sys.stdout
    try:
        print(text, file=stream, flush=True)
    except UnicodeError:
        print(ascii(text), file=stream, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _published() -> str | None:
    from ordercast import publish

    try:
        return publish.current(".").name
    except publish.PublishError:
        return None


def _note(told: dict[str, Any]) -> None:
    beside = LAST.with_name(f".{LAST.name}.tmp")
    try:
        beside.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(beside, LAST)
    except OSError as error:
        print(f"{LAST} cannot be written: {error}", file=sys.stderr)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
