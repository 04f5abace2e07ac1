"""What dvc says, understood: which stage ran how long, and where and why one failed."""

import os
import re
import time
from collections.abc import Callable
from typing import Any

STARTS = re.compile(r"Running stage '(?P<stage>[^']+)':")
SKIPS = re.compile(r"Stage '(?P<stage>[^']+)' (?P<how>didn't change|is cached)")
FAILS = re.compile(r"ERROR: failed to reproduce '(?P<stage>[^']+)': (?P<why>.*)")
EXIT = re.compile(r"exited with (?P<code>\d+)$")
NOTEBOOK = re.compile(
    r"stage (?P<stage>\S+) failed in notebook (?P<notebook>\S+), cell (?P<cell>\d+) \((?P<title>.*?)\): (?P<why>.*)"
)
BUSY = re.compile(r"is busy, it is being blocked|Unable to acquire lock", re.IGNORECASE)
MISSING = re.compile(r"missing data 'source'|No such file or directory")
KEPT = 20  # lines of what a failing stage said last
SECRETS = re.compile(r"(?<=://)[^\s/@]*:[^\s@]*(?=@)")


class Story:
    """Hears dvc's lines one by one and tells `write` (event, fields) of each stage as it ends."""

    def __init__(self, write: Callable[..., None], clock: Callable[[], float] = time.monotonic) -> None:
        self.write = write
        self.clock = clock
        self.stage: str | None = None
        self.entered = clock()
        self.failure: dict[str, Any] = {}
        self.code: int | None = None
        self.busy = ""
        self.missing = False
        self.said: list[str] = []

    def hear(self, line: str) -> None:
        """Take in a line of dvc or of the stage that runs."""
        line = _without_secrets(line.rstrip())
        if BUSY.search(line) or (self.busy and line.startswith("  (PID")):
            self.busy = f"{self.busy} {line.removeprefix('ERROR: ').strip()}".strip()
        elif found := STARTS.match(line):
            self._leave(0)
            self.stage, self.entered, self.said = found["stage"], self.clock(), []
        elif found := SKIPS.match(line):
            self._leave(0)
            self.write("stage", stage=found["stage"], how="cached" if "cached" in found["how"] else "unchanged")
        elif found := NOTEBOOK.match(line):
            self.failure = {name: found[name] for name in ("stage", "notebook", "title")}
            self.failure |= {"cell": int(found["cell"]), "message": line}
        elif found := FAILS.match(line):
            code = EXIT.search(found["why"])
            self.code = int(code["code"]) if code else None
            self.missing = code is None and MISSING.search(found["why"]) is not None
            words = self._last_words(found)
            self.failure = {"stage": found["stage"], "message": words} | self.failure
        elif line and not line.startswith("> "):
            self.said = [*self.said, line][-KEPT:]

    def end(self, code: int) -> None:
        """dvc has ended."""
        self._leave(code)

    def outcome(self, code: int) -> str:
        """done, busy, settings, not_there or failed, by dvc's exit code and that of the stage that failed."""
        if code == 0:
            return "done"
        if self.busy:
            return "busy"
        if self.missing:
            return "not_there"
        return {2: "settings", 5: "not_there"}.get(self.code or 0, "failed")

    def message(self, code: int) -> str:
        """The outcome in a sentence or two."""
        if code == 0:
            return "the run is complete"
        if self.busy:
            return self.busy
        return str(self.failure.get("message") or "\n".join(self.said[-3:]) or f"dvc ended with {code}")

    def told(self, outcome: str, message: str) -> dict[str, Any]:
        """What last.json says of the run: outcome, message, and stage, notebook, cell and title where one failed."""
        places = ("stage", "notebook", "cell", "title") if outcome != "done" else ()
        place: dict[str, Any] = {name: self.failure[name] for name in places if name in self.failure}
        if outcome in ("timed_out", "stopped") and self.stage:
            place, message = {"stage": self.stage}, f"{message}, in stage {self.stage}"
        return {"outcome": outcome, "message": message, **place}

    def _leave(self, code: int) -> None:
        if self.stage is not None:
            seconds = round(self.clock() - self.entered, 1)
            rc = code if self.code is None else self.code
            self.write("stage", stage=self.stage, how="ran", seconds=seconds, rc=rc)
        if code == 0:
            self.stage = None

    def _last_words(self, found: "re.Match[str]") -> str:
        words = self.said[-3:] if self.said and found["stage"] == self.stage else [found["why"]]
        return f"stage {found['stage']} failed: " + "\n".join(words)


def _without_secrets(line: str) -> str:
    """The line without passwords: those in addresses, and that of the database wherever it stands."""
    line = SECRETS.sub("***", line)
    secret = re.search(r"://[^:/@]*:([^@]+)@", os.environ.get("ORDERCAST_DATABASE_URL", ""))
    return line.replace(secret[1], "***") if secret and len(secret[1]) > 3 else line
