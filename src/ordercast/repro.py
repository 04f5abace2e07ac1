"""DVC as a child: in a process group of its own, tied to us, and without the locks that the killed left behind."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from ordercast.dvc_log import Story
from ordercast.outcomes import CODES
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
    """The exit code, one of `outcomes`, of dvc, which the signals that reach us reach too.

    What dvc says is passed on, but that it is blocked or lacks a file is said in our words.
    """
    story = Story()
    process = start(arguments, stderr=subprocess.PIPE)
    stopped: list[int] = []

    def stop(number: int, _: object) -> None:
        stopped.append(number)
        tell(process, number)

    before = {number: signal.signal(number, stop) for number in FORWARDED}
    reader = threading.Thread(target=_pass_on, args=(process.stderr, story), daemon=True)
    reader.start()
    code = process.wait()
    reader.join(1)  # what dvc left behind may hold its output open
    for number, handler in before.items():
        signal.signal(number, handler)
    if code < 0:
        # dvc was killed; a stage that was just starting may not have noticed.
        tell(process, signal.SIGKILL)
    if stopped or code < 0:
        return 128 + (stopped[0] if stopped else -code)
    outcome = story.outcome(code)
    if outcome == "busy" or story.missing:
        print(story.message(code), file=sys.stderr)
    return CODES[outcome]


def _pass_on(source: IO[str], story: Story) -> None:
    for line in source:
        if not story.hear(line, error=True):
            sys.stderr.write(line)
            sys.stderr.flush()


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
