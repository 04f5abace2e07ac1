"""The command line: what it prints, how it exits, and that nothing survives a killed or stopped run."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import nbformat
import pytest
import yaml
from nbformat import v4
from typer.testing import CliRunner

from ordercast import cli, publish, repro
from ordercast.params import Params

TABLES = {
    "raw/prices": """(VALUES ('P1', DATE '2026-01-30', 10.0), ('P1', DATE '2026-01-31', 11.0),
        ('P2', DATE '2026-01-31', 5.0)) t(product_id, date, unit_price)""",
    "raw/products": "(VALUES ('P1'), ('P2')) t(product_id)",
    "raw/sales": "(SELECT 'P1' AS product_id)",
    "raw/stock": "(SELECT 'P1' AS product_id)",
    **dict.fromkeys(("raw/suppliers", "raw/open_orders", "raw/price_tiers"), "(SELECT 'P1' AS product_id)"),
    "raw/notes": "(SELECT 'stock' AS \"table\", 'assumed to be 0' AS note)",
    "raw/quarantine": "(VALUES ('prices', 4, 'unit_price'), ('prices', 4, 'date'), ('prices', 9, 'date'))"
    ' t("table", "row", "column")',
    "features/series": "(SELECT 'P1' AS product_id)",
    "forecast/prices": "(SELECT 'P1' AS product_id, DATE '2026-01-31' AS origin)",
    "forecast/demand": "(SELECT 'P1' AS product_id)",
    "orders/reasons": "(SELECT 'P1' AS product_id)",
    "orders/orders": """(VALUES ('r1', 'buy', DATE '2026-01-31', 1000.5), ('r1', 'buy', DATE '2026-01-30', 234.0),
        ('r1', 'buy', DATE '2026-02-03', 48000.0), ('r1', 'wait', DATE '2026-01-31', 99999.0))
        t(run_id, decision, order_on, total_cost)""",
}
SCORES = {
    "price": {"naive": {"rmsse": 1.25}, "ordercast": {"rmsse": 1.0, "rmsse_ratio": 0.8}},
    "demand": {"naive": {"rmsse": 1.0}, "ordercast": {"rmsse": 1.1, "rmsse_ratio": 1.1}},
}
ASLEEP = "open('asleep', 'w').close()\nimport time\ntime.sleep(120)"
SUMMARY = """\
Run        r1
Data       2 products, 3 quotes up to 31/01/2026; 2 rows set aside (see data/raw/quarantine.parquet); \
1 remark in reports/1_data.html
Price      forecast error (RMSSE) 1,000 beside 1,250 of naive: 20,0% less
Demand     forecast error (RMSSE) 1,100 beside 1,000 of naive: 10,0% more
Orders     2 orders to place now, R$\xa01.234,50; 1 order for later, R$\xa048.000,00
Reports    reports/1_data.html, reports/2_features.html, reports/3_train.html, reports/4_evaluate.html, \
reports/5_forecast.html, reports/6_orders.html
Dashboard  make dashboard
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty project that is the current folder; processes a failing test leaves in it are ended."""
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(Params().model_dump(mode="json")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path.parent))
    yield tmp_path
    for process in processes_in(tmp_path) - {os.getpid()}:
        os.kill(process, signal.SIGKILL)


def results(root: Path) -> None:
    """What the six stages leave behind, in small."""
    for name, rows in TABLES.items():
        (root / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        duckdb.sql(f"COPY (FROM {rows}) TO '{root}/data/{name}.parquet'")
    for folder in ("models", "reports/executed"):
        (root / folder).mkdir(parents=True)
    (root / publish.METADATA).write_text('{"data_hash": "d"}')
    (root / publish.ORDERS).write_text('{"currency": "BRL", "data_hash": "d", "locale": "pt_BR", "run_id": "r1"}')
    (root / publish.METRICS).write_text(json.dumps(SCORES))
    for name in (*publish.PAGES, *publish.RECORDS):
        (root / name).touch()


def call(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, list(arguments))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def processes_in(folder: Path) -> set[int]:
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(entry / "cwd")) == folder:
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def wait_until(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}"
        time.sleep(0.05)


def test_check_accepts_and_names_faults(project: Path) -> None:
    assert call("check") == (0, "params.yaml is in order\n")
    (project / "params.yaml").write_text("base:\n  sead: 3\n")
    assert call("check") == (2, "params.yaml line 2: base.sead is not a key; did you mean base.seed?\n")


def test_publish_then_summary_says_what_to_act_on(project: Path) -> None:
    results(project)
    code, said = call("publish")
    assert code == 0
    assert "published run r1: 29 files in data/published/r1" in said
    assert (project / "data/ordercast.duckdb").exists()
    assert call("summary") == (0, SUMMARY)


@pytest.mark.parametrize(
    ("scores", "line"),
    [
        pytest.param({}, "Demand     not forecast: no sales on the days of the prices, or too few of them", id="none"),
        pytest.param(
            {"demand": {"naive": {"rmsse": 1.0}, "ordercast": {"rmsse": 1.0, "rmsse_ratio": 1.0}}},
            "Demand     forecast error (RMSSE) 1,000 beside 1,000 of naive: no better, no worse",
            id="as_naive",
        ),
        pytest.param(
            {"demand": {"naive": {}, "ordercast": {}}},
            "Demand     no error to measure: in the days of the test nothing was seen, or nothing changed",
            id="nothing_changed",
        ),
    ],
)
def test_summary_says_why_there_is_no_gain(project: Path, scores: dict[str, Any], line: str) -> None:
    results(project)
    (project / publish.METRICS).write_text(json.dumps({"price": SCORES["price"]} | scores))
    call("publish")
    assert line in call("summary")[1].splitlines()


@pytest.mark.parametrize("command", ["summary", "dashboard"])
def test_commands_that_need_a_run_say_how_to_get_one(project: Path, command: str) -> None:
    code, said = call(command)
    assert code == 1
    assert "run `make repro`" in said


def test_publish_of_nothing_is_refused(project: Path) -> None:
    code, said = call("publish")
    assert code == 1
    assert said.startswith("not a complete run: data/raw/prices.parquet")
    assert not (project / "data").exists()


@pytest.mark.parametrize(
    ("rows", "code", "said"),
    [
        pytest.param("P1,2026-01-30,3.5\nP1,2026-01-31,3.6\n", 0, "no faults", id="good"),
        pytest.param("P1,2026-01-30,-3.5\nP1,2026-13-31,3.6\n", 1, "-3.5", id="negative_price_and_no_date"),
    ],
)
def test_validate_tells_faults_and_writes_nothing(project: Path, rows: str, code: int, said: str) -> None:
    folder = project / "mine"
    folder.mkdir()
    (folder / "prices.csv").write_text("produto,date,unit_price\n" + rows)
    (project / "params.yaml").write_text("data:\n  columns: {produto: product_id}\n")
    before = sorted(project.rglob("*"))
    exit_code, output = call("validate", "mine")
    assert exit_code == code, output
    assert said in output
    assert "Traceback" not in output
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "file", "begins"),
    [
        pytest.param(["--out", "v.csv"], "v.csv", "\ufefftable,file,row,column", id="csv_by_its_ending"),
        pytest.param(["--out", "v.html"], "v.html", "<!doctype html>", id="html_by_its_ending"),
        pytest.param(["--out", "v.txt", "--format", "html"], "v.txt", "<!doctype html>", id="format_beats_ending"),
        pytest.param(["--format", "csv"], None, "table,file,row,column", id="csv_to_the_terminal"),
    ],
)
def test_validate_tells_it_as_a_table_or_a_page(
    project: Path, options: list[str], file: str | None, begins: str
) -> None:
    (project / "mine").mkdir()
    (project / "mine/prices.csv").write_text("product_id,date,unit_price\nA,2026-01-01,-1\n")
    (project / "params.yaml").unlink()  # without one, the defaults hold
    code, said = call("validate", "mine", *options)
    assert code == 1
    assert (project / file).read_text(encoding="utf-8").startswith(begins) if file else said.startswith(begins)
    assert not file or said == f"1 faulty cell. The details are in {file}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["gone"], "gone is not there; name the folder that holds your tables", id="no_folder"),
        pytest.param(["prices.csv"], "prices.csv is a file; name the folder that holds your tables", id="file"),
        pytest.param(
            [".", "--out", "prices.csv"],
            "prices.csv would be read as the prices table; give it another name",
            id="table",
        ),
        pytest.param(
            [".", "--out", "gone/v.csv"],
            "there is no folder gone to write v.csv to; make it first, or name another",
            id="no_folder_for_it",
        ),
        pytest.param(
            [".", "--out", "v.pdf"],
            "v.pdf: name a file that ends in .txt, .csv or .html, or add --format text, csv or html",
            id="pdf",
        ),
        pytest.param(
            [".", "--out", "data"], "data is a folder; name a file in it, such as data/faults.html", id="folder_for_it"
        ),
    ],
)
def test_validate_says_what_to_name_instead_and_writes_nothing(project: Path, arguments: list[str], said: str) -> None:
    (project / "prices.csv").write_text("product_id,date,unit_price\nA,2026-01-01,1\n")
    (project / "data").mkdir()
    before = sorted(project.rglob("*"))
    assert call("validate", *arguments) == (2, f"{said}\n")
    assert sorted(project.rglob("*")) == before


def test_dashboard_prints_the_address_it_then_serves(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results(project)
    call("publish")
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda path, command, environment: started.append(command))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = call("dashboard", "--port", str(port))
    address = said.split("http://")[1].split("/")[0]
    host, served = address.split(":")
    assert (code, host) == (0, "127.0.0.1")
    assert int(served) > port
    assert any(served in argument for argument in started[0])
    assert any("127.0.0.1" in argument for argument in started[0])


def pipeline(root: Path, command: str) -> None:
    """A DVC project without git and with one stage."""
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    stages = {"features": {"cmd": command, "params": ["base"], "outs": ["done"]}}
    (root / "dvc.yaml").write_text(json.dumps({"stages": stages}))
    (root / "notebooks").mkdir()
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(ASLEEP)]), root / "notebooks/2_features.ipynb")


def test_repro_runs_the_pipeline_and_sums_up(project: Path) -> None:
    results(project)
    call("publish")
    pipeline(project, "python -c \"open('done', 'w').close()\"")
    done = subprocess.run([sys.executable, "-m", "ordercast.cli", "repro"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "done").exists()
    assert done.stdout.endswith("\n" + SUMMARY)


def test_repro_of_a_stage_of_a_project_that_published_nothing_succeeds_and_says_so(project: Path) -> None:
    pipeline(project, "python -c \"open('done', 'w').close()\"")
    done = subprocess.run([sys.executable, "-m", "ordercast.cli", "repro"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("nothing is published yet; ")


def test_repro_passes_on_the_failure_of_a_stage(project: Path) -> None:
    pipeline(project, "python -c 'raise SystemExit(3)'")
    done = subprocess.run([sys.executable, "-m", "ordercast.cli", "repro"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "failed to reproduce" in done.stderr


def test_repro_says_who_else_runs_dvc_here(project: Path) -> None:
    pipeline(project, "python -c \"open('done', 'w').close()\"")
    (project / ".dvc/tmp").mkdir()
    somebody = {"pid": os.getpid(), "cmd": "dvc repro"}
    (project / ".dvc/tmp/rwlock").write_text(json.dumps({"write": {str(project / "done"): somebody}}))
    done = subprocess.run([sys.executable, "-m", "ordercast.cli", "repro"], capture_output=True, text=True)
    assert done.returncode == 3
    assert done.stderr == (
        f"pid {os.getpid()} (dvc repro) is at it in this folder. Wait for its end, or end that process, and run this "
        "again\n"
    )


def test_repro_says_which_folder_is_not_there(project: Path) -> None:
    pipeline(project, "true")
    (project / "dvc.yaml").write_text('{"stages": {"data": {"cmd": "true", "deps": ["gone"]}}}')
    done = subprocess.run([sys.executable, "-m", "ordercast.cli", "repro"], capture_output=True, text=True)
    assert done.returncode == 5
    assert done.stderr == (
        "stage data needs gone, which is not there. data.path in params.yaml names the folder of your tables: correct "
        "it, or put them there\n"
    )


def test_repro_checks_params_before_dvc(project: Path) -> None:
    pipeline(project, "python -c \"open('done', 'w').close()\"")
    (project / "params.yaml").write_text("base: {}\ntrian: {}\n")
    assert call("repro") == (2, "params.yaml line 2: trian is not a key; did you mean train?\n")
    assert not (project / "done").exists()


def dvc_in(folder: Path) -> int:
    """The dvc process: the only one there whose command has the word."""
    return next(p for p in processes_in(folder) if b"-m\0dvc" in Path(f"/proc/{p}/cmdline").read_bytes())


@pytest.mark.skipif(sys.platform != "linux", reason="the tie to the parent is Linux's")
@pytest.mark.parametrize(
    ("victim", "number", "exit_code"),
    [
        pytest.param("ordercast", signal.SIGKILL, -9, id="ordercast_killed"),
        pytest.param("dvc", signal.SIGKILL, 128 + 9, id="dvc_killed"),
        pytest.param("ordercast", signal.SIGTERM, 128 + 15, id="ordercast_terminated"),
        pytest.param("ordercast", signal.SIGINT, 128 + 2, id="ctrl_c"),
        pytest.param("make", signal.SIGKILL, -9, id="make_killed"),
    ],
)
def test_stopped_repro_leaves_no_process(
    project: Path, monkeypatch: pytest.MonkeyPatch, victim: str, number: signal.Signals, exit_code: int
) -> None:
    monkeypatch.setenv("SHELL", "/bin/sh")  # DVC's choice where the variable is not set
    pipeline(project, "X=1 exec python -m ordercast.runner features")
    (project / "Makefile").write_text(f"repro:\n\t@{sys.executable} -m ordercast.cli repro\n")
    command = ["make", "repro"] if victim == "make" else [sys.executable, "-m", "ordercast.cli", "repro"]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_until((project / "asleep").exists, "the cell runs", seconds=120)
    assert len(processes_in(project) - {os.getpid()}) >= 4
    os.kill(dvc_in(project) if victim == "dvc" else run.pid, number)
    assert run.wait(timeout=20) == exit_code
    wait_until(lambda: processes_in(project) == {os.getpid()}, "stage and kernel are gone", seconds=3)


def test_locks_of_the_killed_are_forgotten_and_those_of_the_living_kept(tmp_path: Path):
    dead = subprocess.Popen([sys.executable, "-c", ""])  # nobody waits for it: a zombie once it has ended
    while Path(f"/proc/{dead.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    zombie, living = ({"pid": pid, "cmd": "dvc repro"} for pid in (dead.pid, os.getpid()))
    locks = tmp_path / "rwlock"
    locks.write_text(json.dumps({"write": {"a": zombie, "b": living}, "read": {"c": [zombie], "d": [zombie, living]}}))
    repro.forget_the_dead(locks)
    assert json.loads(locks.read_text()) == {"write": {"b": living}, "read": {"d": [living]}}
    repro.forget_the_dead(tmp_path / "not there")
    dead.wait()
