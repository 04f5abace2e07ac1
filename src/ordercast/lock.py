"""One run at a time in a project's folder, of `ordercast repro` or `ordercast nightly`: a lock that names its holder.

The lock is the kernel's (flock): it goes with the process that holds it, however that ends, and no clock is asked.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

FOLDER = Path("data/nightly")
LOCK = FOLDER / "lock"
TRIES = 5


class Busy(Exception):
    """Another run holds the lock; the text names it."""

    outcome = "busy"


def now() -> str:
    """The time for people to read, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@contextmanager
def alone(run: str, took_over: Callable[[dict[str, Any]], object] = lambda dead: None) -> Iterator[None]:
    """Hold the lock of the current folder; run: the command that does so.

    took_over: told what a holder that died has left in the lock. Raises Busy, and OSError where the lock cannot be
    opened: there is no room for it, or no right.
    """
    with _opened() as lock:
        if not _got(lock):
            held = "{run} (pid {pid} on {host}, since {since})".format(**_holder_in(LOCK))
            raise Busy(f"{held} is at it; nothing was done. Wait for its end, or end that process, and run this again")
        dead = _holder_in(LOCK)
        if dead["pid"] != "?":
            took_over(dead)
        _fill(lock, json.dumps({"run": run, "host": socket.gethostname(), "pid": os.getpid(), "since": now()}))
        yield
        _fill(lock, "")


def holder(root: str | Path = ".") -> dict[str, Any] | None:
    """Who holds the lock (run, host, pid, since); None where nobody does."""
    try:
        with open(Path(root) / LOCK, encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _holder_in(Path(root) / LOCK)
    return None


def _opened() -> IO[str]:
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        return open(LOCK, "a+", encoding="utf-8")
    except OSError as error:
        raise OSError(f"{LOCK}, which keeps two runs apart, cannot be opened: {error.strerror}") from None


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
    unknown = {"run": "another run", "host": "?", "pid": "?", "since": "?"}
    try:
        return {**unknown, **json.loads(lock.read_text(encoding="utf-8"))}
    except ValueError:  # empty, or a disk was too full for it
        return unknown


def _fill(lock: IO[str], text: str) -> None:
    with suppress(OSError):  # a full disk: the lock holds all the same, without a name
        os.ftruncate(lock.fileno(), 0)
        os.write(lock.fileno(), text.encode())
