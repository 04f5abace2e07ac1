"""The doctor tells what is there, what is missing and what to do, from what it is shown."""

import datetime as dt
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from ordercast import cli, doctor
from ordercast.database import DatabaseError
from ordercast.params import Params

URL = "mysql://ana:s3cr%40t@db.example:3306/shop"
NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)


def fail(error: Exception) -> Callable[..., str]:
    def run(*_: object) -> str:
        raise error

    return run


def works(*_: object) -> str:
    return "version 1.2\nmore"


HERE = Path(__file__)
LOCKED = PermissionError(13, "Permission denied")
CASES = [
    pytest.param(doctor.python((3, 11, 7), []), "ok", "3.11.7", "", id="python"),
    pytest.param(doctor.python((3, 10, 2), ["apt"]), "missing", "3.10.2; Ordercast needs 3.11", "sudo apt", id="old"),
    pytest.param(doctor.openmp(works, []), "ok", "LightGBM starts", "", id="openmp"),
    pytest.param(
        doctor.openmp(fail(OSError("libgomp.so.1: cannot open")), ["apt"]),
        "missing",
        "libgomp.so.1: cannot open",
        "Run sudo apt install libgomp1",
        id="no_openmp",
    ),
    pytest.param(
        doctor.openmp(fail(ImportError("no lightgbm")), ["apt"]),
        "missing",
        "no lightgbm",
        "make repro",
        id="no_lightgbm",
    ),
    pytest.param(doctor.extension(HERE, works, True), "ok", "loads", "", id="extension"),
    pytest.param(
        doctor.extension(Path("gone"), works, True), "missing", "gone is not there", "lock", id="no_extension"
    ),
    pytest.param(
        doctor.extension(HERE, fail(RuntimeError("built for 1.4\nx")), False),
        "warning",
        "does not load (built for 1.4)",
        "one version",
        id="wrong_extension_that_nobody_needs",
    ),
    pytest.param(doctor.database(None, works), "ok", "none is named", "", id="no_database"),
    pytest.param(doctor.database(URL, lambda _: "shop answers"), "ok", "shop answers", "", id="database"),
    pytest.param(
        doctor.database(URL, fail(DatabaseError("no server answers at db.example:3306. Start it."))),
        "missing",
        "no server answers at db.example:3306",
        "Start it",
        id="database_away",
    ),
    pytest.param(doctor.browser("/usr/bin/chromium", []), "ok", "/usr/bin/chromium", "", id="browser"),
    pytest.param(doctor.browser(None, ["dnf"]), "warning", "not found", "sudo dnf install chromium", id="no_browser"),
    pytest.param(doctor.room("disk", 9, 1, 5, "Free some"), "ok", "9.0 GB free", "", id="room"),
    pytest.param(
        doctor.room("disk", 2, 1, 5, "Free some"), "warning", "2.0 GB free; 5 GB are", "Free some", id="narrow"
    ),
    pytest.param(doctor.room("disk", 0.5, 1, 5, "Free some"), "missing", "0.5 GB free; 5 GB", "Free some", id="full"),
    pytest.param(doctor.tool("git", works, "Get it"), "ok", "version 1.2", "", id="tool"),
    pytest.param(
        doctor.tool("git", fail(FileNotFoundError(2, "No such file")), "Get it"),
        "missing",
        "No such file",
        "Get it",
        id="no_tool",
    ),
    pytest.param(
        doctor.tool("git", fail(subprocess.CalledProcessError(128, ["git"], stderr="fatal: not yours\n")), "Get"),
        "missing",
        "cannot be used (fatal: not yours)",
        "Get",
        id="broken_tool",
    ),
    pytest.param(doctor.tool("git", lambda: "", "Get it"), "missing", "cannot be used", "Get it", id="silent_tool"),
    pytest.param(
        doctor.writable("data", HERE.parent, works, "missing", "Ask"), "ok", "can be written", "", id="writable"
    ),
    pytest.param(
        doctor.writable("data", HERE.parent / "new", fail(LOCKED), "missing", "Ask"),
        "missing",
        "cannot be written to (Permission denied)",
        "Ask",
        id="not_writable",
    ),
    pytest.param(doctor.clock(NOW, NOW - dt.timedelta(days=1)), "ok", "2026-11-25 12:00", "", id="clock"),
    pytest.param(doctor.clock(NOW, None), "ok", "2026-11-25 12:00", "", id="clock_without_a_commit"),
    pytest.param(
        doctor.clock(NOW, NOW + dt.timedelta(days=1)),
        "warning",
        "before the last commit of 2026-11-26",
        "Set it",
        id="clock_behind",
    ),
    pytest.param(doctor.settings(works), "ok", "in order", "", id="params"),
    pytest.param(
        doctor.settings(fail(ValueError("line 2: no"))), "missing", "line 2: no", "Correct", id="params_at_fault"
    ),
]


@pytest.mark.parametrize(("check", "state", "told", "cure"), CASES)
def test_each_check_tells_what_it_saw_and_what_to_do(check: doctor.Check, state: str, told: str, cure: str):
    assert check.state == state
    assert told in check.told
    assert cure in check.cure
    assert bool(check.cure) == (state != "ok")


@pytest.mark.parametrize(
    ("systems", "told"),
    [
        pytest.param(["brew"], "Run brew install git", id="the_one_there_is"),
        pytest.param(["conda", "apt"], "Run conda install -c conda-forge git", id="the_first_of_two"),
        pytest.param(
            [], "apt: sudo apt install git; dnf: sudo dnf install git; brew: brew install git; conda:", id="none"
        ),
    ],
)
def test_the_cure_is_of_this_system(systems: list[str], told: str):
    assert doctor.install("git", systems).startswith(told)
    assert {frozenset(ways) for ways in doctor.GET.values()} == {frozenset(["apt", "dnf", "brew", "conda"])}


def test_lines_end_with_what_to_mend():
    checks = [doctor.Check("git", "ok", "2.39"), doctor.Check("clock", "warning", "is slow", "Set it")]
    assert doctor.lines(checks).splitlines() == [
        "ok       git    2.39",
        "warning  clock  is slow. Set it.",
        "all that is needed is there",
    ]
    lacking = [*checks, doctor.Check("dvc", "missing", "is away", "Get it")]
    assert doctor.lines(lacking).splitlines()[-1] == "1 of 3 must be mended"


def test_the_command_looks_at_this_machine_and_keeps_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(doctor.URL, raising=False)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(Params().model_dump(mode="json")))
    (tmp_path / ".env").write_text(f"{doctor.URL}=mysql://ana:hunter22@127.0.0.1:1/shop\n")
    monkeypatch.setattr(doctor, "_said", lambda command, folder: "1")
    monkeypatch.setattr(doctor, "_load_lightgbm", works)  # seconds of import, which other tests pay
    done = CliRunner().invoke(cli.app, ["doctor", "--json"])
    checks = {check["name"]: check for check in json.loads(done.output)}
    assert "hunter22" not in done.output
    assert checks["database"]["state"] == "missing"
    assert checks["database"]["told"].startswith(
        "Connecting failed, database shop at 127.0.0.1:1: no server answers at 127.0.0.1:1"
    )
    assert checks["database"]["cure"].startswith("Start it, or correct host and port")
    assert checks["params.yaml"]["state"] == "ok"
    assert done.exit_code == 1
    (tmp_path / ".env").unlink()
    told = CliRunner().invoke(cli.app, ["doctor"])
    assert told.exit_code == 0, told.output
    assert told.output.endswith("all that is needed is there\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["params.yaml"]
