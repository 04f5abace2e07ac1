"""What dvc says, understood: which stage ran how long, and where and why one failed."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ordercast.outcomes import TOLD_BY_A_STAGE

STARTS = re.compile(r"Running stage '(?P<stage>[^']+)':")
SKIPS = re.compile(r"Stage '(?P<stage>[^']+)' (?P<how>didn't change|is cached)")
FAILS = re.compile(r"ERROR: failed to reproduce '(?P<stage>[^']+)': (?P<why>.*)")
EXIT = re.compile(r"exited with (?P<code>\d+)$")
NOTEBOOK = re.compile(
    r"stage (?P<stage>\S+) failed in notebook (?P<notebook>\S+), cell (?P<cell>\d+) \((?P<title>.*?)\): (?P<why>.*)"
)
BUSY = re.compile(r"is busy, it is being blocked|Unable to acquire lock", re.IGNORECASE)
BLOCKER = re.compile(r"  \(PID (?P<pid>\d+)\): (?P<command>.*)")
BUSY_MORE = re.compile(r"  \(PID|If there are no processes with such PIDs|$")
MISSING = re.compile(r"(?:missing data 'source': |No such file or directory: |^dependency )'?(?P<path>[^']+)'?")
TRACEBACK = "Traceback (most recent call last):"
TABLES_NOT_THERE = ". data.path in params.yaml names the folder of your tables: correct it, or put them there"
RECORD = "the cells as they ran"
KEPT = 20  # lines of what a failing stage said
# The password in an address; that of the example in our own texts is none.
SECRETS = re.compile(r"(?<=://)(?!user:password@)[^\s/@]*:\S*(?=@)")


class Story:
    """Hears dvc's lines one by one and tells `write` (event, fields) of each stage as it ends."""

    def __init__(self, write: Callable[..., object] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.write = write or (lambda event, **fields: None)
        self.clock = clock
        self.scrubbed = scrubber()
        self.stage: str | None = None
        self.entered = clock()
        self.failure: dict[str, Any] = {}
        self.code: int | None = None
        self.blockers: list[str] | None = None
        self.missing = False
        self.said: list[str] = []

    def hear(self, line: str, error: bool) -> bool:
        """Take in a line of dvc or of the stage that runs; whether `message` says it better.

        error: it came by standard error. What a stage prints there before dvc says that it failed is why it did.
        """
        line = self.scrubbed(line.rstrip())
        if BUSY.search(line):
            self.blockers = self.blockers or []
        elif self.blockers is not None and (found := BLOCKER.match(line)):
            self.blockers.append(f"pid {found['pid']} ({found['command']})")
        elif found := STARTS.match(line):
            self._leave(0)
            self.stage, self.entered, self.said = found["stage"], self.clock(), []
        elif found := SKIPS.match(line):
            self._leave(0)
            self.write("stage", stage=found["stage"], how="cached" if "cached" in found["how"] else "unchanged")
        elif found := FAILS.match(line):
            self._failed(found["stage"], found["why"])
            return self.missing
        elif error and line and not line.startswith("> "):
            self.said = [*self.said, line][-KEPT:]
        return self.blockers is not None and bool(BUSY.search(line) or BUSY_MORE.match(line))

    def end(self, code: int) -> None:
        """dvc has ended."""
        self._leave(code)

    def outcome(self, code: int) -> str:
        """done, busy, settings, not_there or failed, by dvc's exit code and that of the stage that failed."""
        if code == 0:
            return "done"
        if self.blockers is not None:
            return "busy"
        return "not_there" if self.missing else TOLD_BY_A_STAGE.get(self.code or 0, "failed")

    def message(self, code: int) -> str:
        """The outcome in a sentence or two, on one line."""
        if code == 0:
            return "the run is complete"
        if self.blockers is not None:
            who = " and ".join(self.blockers) or "another dvc"
            return f"{who} is at it in this folder. Wait for its end, or end that process, and run this again"
        return str(self.failure.get("message") or _on_one_line(self.said) or f"dvc ended with {code}")

    def told(self, outcome: str, message: str) -> dict[str, Any]:
        """What last.json says of the run: outcome, message, and stage, notebook, cell and title where one failed."""
        places = ("stage", "notebook", "cell", "title") if outcome != "done" else ()
        place: dict[str, Any] = {name: self.failure[name] for name in places if name in self.failure}
        if outcome in ("timed_out", "stopped") and self.stage:
            place, message = {"stage": self.stage}, f"{message}, in stage {self.stage}"
        return {"outcome": outcome, "message": message, **place}

    def _failed(self, stage: str, why: str) -> None:
        code, missing = EXIT.search(why), MISSING.search(why)
        self.code = int(code["code"]) if code else None
        self.missing = code is None and missing is not None
        said = self.said if stage == self.stage else []
        begins = next((number for number, line in enumerate(said) if NOTEBOOK.match(line)), None)
        if begins is not None and (found := NOTEBOOK.match(said[begins])):
            self.failure = {name: found[name] for name in ("stage", "notebook", "title")} | {"cell": int(found["cell"])}
            message = _on_one_line([line for line in said[begins:] if not line.startswith(RECORD)])
        elif self.missing and missing:
            message = f"stage {stage} needs {missing['path'].removeprefix(f'{Path.cwd()}/')}, which is not there"
            message += TABLES_NOT_THERE if stage == "data" else ""
        else:
            message = f"stage {stage} failed: {_on_one_line(said) or why}"
        self.failure |= {"stage": stage, "message": message}

    def _leave(self, code: int) -> None:
        if self.stage is not None:
            seconds = round(self.clock() - self.entered, 1)
            rc = code if self.code is None else self.code
            self.write("stage", stage=self.stage, how="ran", seconds=seconds, rc=rc)
        if code == 0:
            self.stage = None


def _on_one_line(said: list[str]) -> str:
    """Lines as one, of a traceback the last: the error itself."""
    return said[-1] if TRACEBACK in said else " ".join(line.strip() for line in said)


def scrubber() -> Callable[[str], str]:
    """What takes passwords out of a line: those in addresses, and that of the database wherever it stands."""
    from ordercast import database

    try:
        place = database.given()
    except database.DatabaseError:
        place = None
    known = place if place and len(place.password) > 3 else None  # a shorter one would blot out half a word

    def scrubbed(line: str) -> str:
        line = SECRETS.sub("***", line)
        return known.scrubbed(line) if known else line

    return scrubbed
