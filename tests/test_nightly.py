"""A nightly run: alone, in time, and whatever happens told, with the last good run still published.

The projects are tiny; where dvc itself does not matter, a shell that speaks like it stands in.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from nbformat import v4
from test_cli import processes_in, wait_until
from typer.testing import CliRunner

from ordercast import cli, lock, nightly, outcomes, publish, repro
from ordercast.params import Params

COMMAND = [sys.executable, "-m", "ordercast.cli", "nightly"]
ASLEEP = "open('asleep', 'w').close()\nimport time\ntime.sleep(120)"
TIED = "import os\nfrom ordercast.runner import die_with\ndie_with(os.getppid())()\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project without git in which r1 is published; what a failing test leaves running is ended."""
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(Params().model_dump(mode="json")))
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text(
        "[core]\n    no_scm = true\n    analytics = false\n    check_update = false\n"
    )
    (tmp_path / "data/published/r1").mkdir(parents=True)
    (tmp_path / "data/published/current.json").write_text('{"run_id": "r1"}')
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for process in processes_in(tmp_path) - {os.getpid()}:
        os.kill(process, signal.SIGKILL)


def stages(project: Path, **commands: str) -> None:
    """A dvc.yaml of stages that run these Python programs, one after the other."""
    made: dict[str, Any] = {}
    for name, code in commands.items():
        (project / f"{name}.py").write_text(code)
        deps = [f"{name}.py", *(f"{before}.out" for before in list(made)[-1:])]
        made[name] = {"cmd": f"exec python {name}.py", "deps": deps, "outs": [f"{name}.out"]}
    (project / "dvc.yaml").write_text(json.dumps({"stages": made}))


def logged(path: str | Path = nightly.LOG) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def dvc_says(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let a shell script stand in for dvc."""

    def start(arguments: list[str], **options: Any) -> "subprocess.Popen[str]":
        command = ["sh", "-c", script]
        return subprocess.Popen(command, start_new_session=True, encoding="utf-8", errors="replace", **options)

    monkeypatch.setattr(repro, "start", start)


def writes(name: str, then: str = "") -> str:
    return f"{then}\nopen('{name}.out', 'w').write('done')\n"


def test_a_run_that_fails_then_one_that_completes(project: Path):
    """A real notebook fails in a real dvc; then it is mended."""
    (project / "notebooks").mkdir()
    cells = [
        v4.new_code_cell("features = {}", metadata={"tags": ["parameters"]}),
        v4.new_markdown_cell("## Read the tables"),
        v4.new_code_cell("raise ValueError('prices.csv row 3: bad')"),
    ]
    nbformat.write(v4.new_notebook(cells=cells), project / "notebooks/2_features.ipynb")
    first = {"cmd": "exec python first.py", "deps": ["first.py"], "outs": ["first.out"]}
    features = {"cmd": "exec python -m ordercast.runner features", "params": ["features"]}
    features |= {"deps": ["first.out", "notebooks/2_features.ipynb"], "outs": ["reports/2_features.html"]}
    (project / "first.py").write_text(writes("first"))
    (project / "dvc.yaml").write_text(json.dumps({"stages": {"first": first, "features": features}}))

    done = subprocess.run([*COMMAND, "--log", "mine.jsonl"], capture_output=True, text=True)
    where = "notebook notebooks/2_features.ipynb, cell 2 (Read the tables): ValueError: prices.csv row 3: bad"
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr == f"failed: stage features failed in {where}\n"
    assert "2/2 Read the tables" in done.stdout
    told = nightly.last()
    assert told is not None
    expected = {
        "outcome": "failed",
        "code": 1,
        "stage": "features",
        "cell": 2,
        "title": "Read the tables",
        "run_id": "r1",
    }
    assert expected.items() <= told.items()
    assert told["notebook"] == "notebooks/2_features.ipynb"
    assert [(event["event"], event.get("stage"), event.get("rc")) for event in logged("mine.jsonl")] == [
        ("began", None, None),
        ("stage", "first", 0),
        ("stage", "features", 1),
        ("ended", "features", None),
    ]
    assert publish.current(project).name == "r1"

    cells[-1]["source"] = "1 + 1"
    nbformat.write(v4.new_notebook(cells=cells), project / "notebooks/2_features.ipynb")
    done = subprocess.run([*COMMAND, "--log", "mine.jsonl"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\ndone: the run is complete\n")
    assert nightly.last()["outcome"] == "done"  # type: ignore[index]
    assert [(event["stage"], event["how"]) for event in logged("mine.jsonl") if event["event"] == "stage"][2:] == [
        ("first", "unchanged"),
        ("features", "ran"),
    ]
    assert Path(lock.LOCK).read_text() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="the tie to the parent is Linux's")
def test_two_at_once_then_killed_then_stopped_then_done(project: Path):
    stages(
        project,
        one=writes("one"),
        two=TIED + writes("two", "open('asleep', 'w').close()\nimport time\ntime.sleep(120)"),
    )
    first = subprocess.Popen(COMMAND, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until((project / "asleep").exists, "the second stage runs", seconds=120)
    assert lock.holder() == {
        "run": "ordercast nightly",
        "host": os.uname().nodename,
        "pid": first.pid,
        "since": nightly.last()["began_at"],  # type: ignore[index]
    }

    second = subprocess.run(COMMAND, capture_output=True, text=True)
    assert second.returncode == 3
    holder = f"ordercast nightly (pid {first.pid} on {os.uname().nodename}, since 20"
    assert second.stderr.startswith(f"busy: {holder}")
    by_hand = subprocess.run([*COMMAND[:-1], "repro"], capture_output=True, text=True)
    assert (by_hand.returncode, by_hand.stdout, by_hand.stderr.count("\n")) == (3, "", 1)
    assert by_hand.stderr.startswith(holder)
    assert by_hand.stderr.endswith("nothing was done. Wait for its end, or end that process, and run this again\n")
    assert nightly.last()["outcome"] == "running"  # type: ignore[index]

    first.kill()
    first.wait()
    wait_until(lambda: processes_in(project) == {os.getpid()}, "dvc and its stage are gone", seconds=5)
    assert lock.holder() is None
    assert nightly.last()["outcome"] == "died"  # type: ignore[index]
    assert "was killed before its end" in nightly.last()["message"]  # type: ignore[index]

    (project / "asleep").unlink()
    third = subprocess.Popen(COMMAND, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wait_until((project / "asleep").exists, "the second stage runs again", seconds=120)
    third.terminate()
    assert third.communicate(timeout=30)[1] == "stopped: stopped by SIGTERM, in stage two\n"
    assert third.returncode == 128 + signal.SIGTERM
    wait_until(lambda: processes_in(project) == {os.getpid()}, "dvc and its stage are gone", seconds=5)
    (took,) = [event for event in logged() if event["event"] == "took_over"]
    assert took["pid"] == first.pid or took["pid"] == third.pid

    (project / "two.py").write_text(writes("two"))
    fourth = subprocess.run(COMMAND, capture_output=True, text=True)
    assert fourth.returncode == 0, fourth.stdout + fourth.stderr
    assert (project / "two.out").read_text() == "done"
    assert publish.current(project).name == "r1"


def test_a_full_disk_leaves_the_last_run_and_the_next_completes(project: Path):
    """No file may grow beyond 300 kB, as on a full disk.

    A log that takes nothing stops nothing either, nor does a closed terminal, nor what is no text in the output.
    """
    noise = "import os\nos.write(1, b'\\xff\\xfe' * 50_000 + b'\\n')\n"
    stages(
        project,
        one=noise + writes("one"),
        two="with open('two.out', 'wb') as file:\n    file.write(bytes(1_000_000))\n",
    )

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    full = subprocess.run([*COMMAND, "--log", "/dev/full"], preexec_fn=fill, capture_output=True, text=True)
    assert full.returncode == 1, full.stdout + full.stderr
    assert full.stderr.endswith("; /dev/full cannot be written (No space left on device)\n")
    assert full.stderr.count("\n") == 1
    assert nightly.last()["message"].endswith("OSError: [Errno 27] File too large")  # type: ignore[index]
    assert nightly.last()["stage"] == "two"  # type: ignore[index]
    assert publish.current(project).name == "r1"
    reading, writing = os.pipe()
    os.close(reading)
    closed = subprocess.run(COMMAND, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (closed.returncode, closed.stderr) == (0, b"")
    assert (project / "two.out").stat().st_size == 1_000_000


def test_a_database_that_does_not_answer_has_its_own_code_and_its_password_stays_hidden(project: Path):
    watch = {"cmd": "exec python -m ordercast.cli watch", "always_changed": True, "outs": ["data/watch"]}
    (project / "dvc.yaml").write_text(json.dumps({"stages": {"watch": watch}}))
    environment = os.environ | {"ORDERCAST_DATABASE_URL": "mysql://u:hush-hush@127.0.0.1:1/shop"}
    done = subprocess.run(COMMAND, env=environment, capture_output=True, text=True)
    assert done.returncode == 5, done.stdout + done.stderr
    assert done.stderr.startswith(
        "not there: stage watch failed: Using the ledger failed, database shop at 127.0.0.1:1: no server answers at "
    )
    assert done.stderr.count("\n") == 1
    written = "".join(path.read_text(errors="replace") for path in (project / "data").rglob("*") if path.is_file())
    assert "hush" not in done.stdout + done.stderr + written


def test_the_time_limit_ends_the_whole_group(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(nightly, "GRACE_S", 0.2)
    deaf = "trap '' TERM; sleep 119 & sleep 120"
    dvc_says(monkeypatch, f"echo \"Running stage 'train':\"; {deaf}")
    assert nightly.run(time_limit_s=0.7) == 4
    told = nightly.last()
    assert told is not None
    assert told["message"] == "not done after 0.7 s, in stage train"
    assert (told["outcome"], told["stage"]) == ("timed_out", "train")
    wait_until(lambda: processes_in(project) == {os.getpid()}, "nothing of it is left", seconds=3)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_what_a_run_left_behind_does_not_hold_it_up(project: Path, monkeypatch: pytest.MonkeyPatch):
    dvc_says(monkeypatch, "setsid sleep 120 & echo fine")
    assert nightly.run() == 0


def jumping(times: list[str]) -> Callable[[], str]:
    left = iter(times)
    return lambda: next(left)


def test_a_clock_that_jumps_back_proves_nothing(project: Path, monkeypatch: pytest.MonkeyPatch):
    """A lock from the future without a holder is free; a held one from long ago is not; times are only written down."""
    lock.FOLDER.mkdir(parents=True)
    lock.LOCK.write_text('{"host": "elsewhere", "pid": 1, "since": "2999-01-01T00:00:00Z"}')
    nightly.LAST.write_text('{"outcome": "failed", "code": 1, "ended_at": "2999-01-01T00:05:00Z"}')
    assert lock.holder() is None
    dvc_says(monkeypatch, "echo \"Running stage 'data':\"")
    monkeypatch.setattr(lock, "now", jumping([f"{year}-01-01T00:00:00Z" for year in range(2030, 1990, -1)]))
    assert nightly.run() == 0
    told = nightly.last()
    assert told is not None
    assert (told["outcome"], told["code"]) == ("done", 0)
    assert told["seconds"] >= 0
    assert told["began_at"] > told["ended_at"]
    assert [event["event"] for event in logged()] == ["took_over", "began", "stage", "ended"]
    code = "import time\nfrom ordercast import lock\nwith lock.alone('a run'):\n"
    code += '    lock.LOCK.write_text(\'{"host": "h", "pid": 9, "since": "1970-01-01T00:00:00Z"}\')\n'
    holding = subprocess.Popen(
        [sys.executable, "-c", code + "    print(flush=True)\n    time.sleep(60)"], stdout=subprocess.PIPE
    )
    assert holding.stdout is not None
    holding.stdout.readline()
    try:
        assert nightly.run() == 3
        assert nightly.last() == told
    finally:
        holding.kill()
        holding.communicate()


def test_wrong_settings_end_before_dvc(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    dvc_says(monkeypatch, "touch ran")
    (project / "params.yaml").write_text("base:\n  sead: 3\n")
    assert nightly.run() == 2
    assert capsys.readouterr().err == "settings: params.yaml line 2: base.sead is not a key; did you mean base.seed?\n"
    assert nightly.last()["outcome"] == "settings"  # type: ignore[index]
    assert not (project / "ran").exists()
    monkeypatch.chdir(project / "data/published")
    assert nightly.run() == 2
    assert not Path("data").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param([], {"time_limit_s": None, "log": nightly.LOG}, id="none"),
        pytest.param(["--time-limit", "1.5", "--log", "l"], {"time_limit_s": 90.0, "log": Path("l")}, id="both"),
    ],
)
def test_options_reach_the_run_and_its_code_the_shell(
    options: list[str], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    given: dict[str, Any] = {}
    monkeypatch.setattr(nightly, "run", lambda **options: given.update(options) or 4)
    assert CliRunner().invoke(cli.app, ["nightly", *options]).exit_code == 4
    assert given == expected


def test_before_the_first_run_there_is_nothing_to_tell(project: Path):
    assert nightly.last() is None
    assert lock.holder() is None


def test_every_code_stands_in_the_docs():
    text = (Path(__file__).parents[1] / "docs/nightly.md").read_text()
    for outcome, code in outcomes.CODES.items():
        assert f"| {code} | {outcome} |" in text
