"""A run for the scheduler: alone, within its time, told in a log, and with an exit code that says what happened.

Seconds are counted on the monotonic clock; the times that are written down are for people.
"""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TextIO

from ordercast import lock, repro
from ordercast.dvc_log import Story
from ordercast.outcomes import CODES

LAST, LOG = lock.FOLDER / "last.json", lock.FOLDER / "log.jsonl"
GRACE_S = 10  # from the request to end to the end by force


class Journal:
    """Appends events as JSON lines; complaints: what could not be written, which stops nothing, each told once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.complaints: list[str] = []

    def write(self, event: str, **fields: Any) -> None:
        line = json.dumps({"at": lock.now(), "pid": os.getpid(), "event": event, **fields}, ensure_ascii=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            self.complain(self.path, error)

    def note(self, told: dict[str, Any]) -> None:
        """Leave the outcome in LAST."""
        beside = LAST.with_name(f".{LAST.name}.tmp")
        try:
            beside.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            os.replace(beside, LAST)
        except OSError as error:
            self.complain(LAST, error)

    def complain(self, path: Path, error: OSError) -> None:
        """Take down that a file cannot be written."""
        complaint = f"{path} cannot be written ({error.strerror})"
        if complaint not in self.complaints:
            self.complaints.append(complaint)


def run(time_limit_s: float | None = None, log: Path = LOG) -> int:
    """The exit code, one of `outcomes`, of a run of everything that has changed, in the current folder.

    Prints what dvc prints, logs to `log`, and leaves the outcome in data/nightly/last.json, for `last`. What went wrong
    is one line of standard error.
    """
    journal = Journal(log)
    if not Path("params.yaml").is_file():
        print("settings: there is no params.yaml here; run this in the project's folder", file=sys.stderr)
        return CODES["settings"]
    try:
        with lock.alone("ordercast nightly", lambda dead: journal.write("took_over", **dead)):
            begun = time.monotonic()
            about: dict[str, Any] = {"began_at": lock.now(), "host": socket.gethostname(), "pid": os.getpid()}
            journal.note(about | {"outcome": "running", "code": None})
            journal.write("began", time_limit_s=time_limit_s)
            told = _told(journal, time_limit_s)
            told |= {"seconds": round(time.monotonic() - begun, 1), "run_id": _published()}
            journal.write("ended", **told)
            journal.note(about | told | {"ended_at": lock.now()})
    except (lock.Busy, OSError) as error:  # an OSError: there is no room, or no right, for the lock
        outcome = "busy" if isinstance(error, lock.Busy) else "failed"
        told = {"outcome": outcome, "code": CODES[outcome], "message": str(error)}
        journal.write("ended", **told)
    text = "; ".join([*told["message"].splitlines(), *journal.complaints])
    _say(f"{told['outcome'].replace('_', ' ')}: {text}", sys.stderr if told["code"] or journal.complaints else None)
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
    holder = lock.holder(root) or {"pid": None}
    if told["outcome"] == "running" and holder["pid"] not in (told["pid"], "?"):
        told |= {"outcome": "died", "message": f"the run that began {told['began_at']} was killed before its end"}
    return told


def _told(journal: Journal, time_limit_s: float | None) -> dict[str, Any]:
    """The outcome of the run itself: settings first, then dvc."""
    from ordercast import params

    try:
        params.load("params.yaml", whole=True)
    except params.ParamsError as error:
        return {"outcome": "settings", "code": CODES["settings"], "message": str(error)}
    repro.forget_the_dead()
    story = Story(journal.write)
    process = repro.start(["repro"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
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
    lines: queue.Queue[tuple[str | None, bool]] = queue.Queue()

    def read(source: IO[str], error: bool) -> None:
        for line in source:
            lines.put((line, error))
        lines.put((None, error))

    assert process.stdout is not None
    assert process.stderr is not None
    open_ends = 2
    for source in (process.stdout, process.stderr):
        threading.Thread(target=read, args=(source, source is process.stderr), daemon=True).start()
    while not stopped:
        if limit is not None and time.monotonic() >= limit:
            return True
        try:
            line, error = lines.get(timeout=0.2)
        except queue.Empty:
            if process.poll() is not None:  # what it had started and left behind may hold its output open
                return False
            continue
        if line is not None:
            _say(line.rstrip("\n"))
            story.hear(line, error)
        elif not (open_ends := open_ends - 1):
            process.wait()
            return False
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
