"""DVC as a child: in a process group of its own, tied to us, and without the locks that the killed left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ordercast.runner import die_with

RWLOCK = Path(".dvc/tmp/rwlock")
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def start(arguments: Sequence[str], **options: Any) -> "subprocess.Popen[str]":
    """dvc, starting; our death ends it. options: of Popen."""
    # The stages' `python` is this one, also where the environment was not activated.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "dvc", *arguments],
        start_new_session=True,
        preexec_fn=die_with(os.getpid()),
        env=os.environ | {"PATH": path},
        encoding="utf-8",
        errors="replace",  # what a stage prints is for people to read
        **options,
    )


def run(arguments: Sequence[str]) -> int:
    """The exit code of dvc, which the signals that reach us reach too; 128 + n where signal n ended it."""
    process = start(arguments)
    before = {n: signal.signal(n, lambda number, _: tell(process, number)) for n in FORWARDED}
    code = process.wait()
    for number, handler in before.items():
        signal.signal(number, handler)
    if code < 0:
        # dvc was killed; a stage that was just starting may not have noticed.
        tell(process, signal.SIGKILL)
    return code if code >= 0 else 128 - code


def tell(process: "subprocess.Popen[str]", number: int) -> None:
    """Send a signal to dvc and all it has started in its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def forget_the_dead(locks: Path = RWLOCK) -> None:
    """Take the killed out of DVC's list of who reads and writes what.

    DVC does so itself, but holds a process for alive until its parent has asked for its end; in a container nobody may.
    """
    if not locks.is_file():
        return
    held = json.loads(locks.read_text(encoding="utf-8"))
    writers = {path: one for path, one in held.get("write", {}).items() if not one or _alive(one["pid"])}
    readers = {path: [one for one in all_ if _alive(one["pid"])] for path, all_ in held.get("read", {}).items()}
    kept = {"write": writers, "read": {path: all_ for path, all_ in readers.items() if all_}}
    locks.write_text(json.dumps(kept), encoding="utf-8")


def _alive(pid: int) -> bool:
    """Whether a process still runs; a zombie does not. Where there is no /proc, whatever is listed counts as alive."""
    if not Path("/proc/self/stat").exists():
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
