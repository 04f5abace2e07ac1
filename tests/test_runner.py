"""A stage runs, reports, fails readably and leaves no process behind. The projects here have two-cell notebooks."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat import v4

from ordercast import runner
from ordercast.params import Params

DVC = """
stages:
  features:
    cmd: python -m ordercast.runner features
    params: [base.seed, features, orders.defaults.order_cost]
  publish:
    cmd: ordercast publish
"""
PARAMETERS = "base = {}\nfeatures = {}\norders = {}"
# `PyDLL` keeps the interpreter locked for the whole call, as a long computation in native code does.
DEAF = "import ctypes\nopen('asleep', 'w').close()\nctypes.PyDLL(None).sleep(120)"


def project(folder: Path, *cells: str) -> Path:
    """A folder with params.yaml, dvc.yaml and one notebook: a parameters cell, then `cells`."""
    (folder / "notebooks").mkdir(exist_ok=True)
    (folder / "params.yaml").write_text("base:\n  seed: 11\n")
    (folder / "dvc.yaml").write_text(DVC)
    parameters = v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    body = [v4.new_markdown_cell("# What moves?"), parameters]
    for cell in cells:
        title, _, code = cell.partition("|") if "|" in cell else ("", "", cell)
        body += [v4.new_markdown_cell(f"Some words.\n\n## {title}")] if title else []
        body.append(v4.new_code_cell(code))
    nbformat.write(v4.new_notebook(cells=body), folder / "notebooks/2_features.ipynb")
    return folder


@pytest.fixture(autouse=True)
def swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a failing test leaves behind goes with it: temporary files of killed runners, living processes."""
    with tempfile.TemporaryDirectory(prefix="oc-") as temporary:
        monkeypatch.setenv("TMPDIR", temporary)
        yield
        for process in processes_in(tmp_path):
            os.kill(process, signal.SIGKILL)


def command(stage: str = "features") -> list[str]:
    return [sys.executable, "-m", "ordercast.runner", stage]


def start(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | environment
    return subprocess.run(command(), cwd=folder, env=env, capture_output=True, text=True, timeout=120)


def processes_in(folder: Path) -> list[int]:
    """Every living process whose working directory is `folder`: the runner and its kernel."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(entry / "cwd")) == folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def wait_until(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}"
        time.sleep(0.05)


def test_run_prints_a_line_per_cell_and_leaves_notebook_and_page(tmp_path: Path) -> None:
    folder = project(tmp_path, "Load the quotes|print(base, 'change_days' in features, orders)", "# save\n1 + 1")
    done = start(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert [re.sub(r"\d+\.\d s$", "T", line) for line in done.stdout.splitlines()] == [
        "2 features · 1/3 What moves? · T",
        "2 features · 2/3 Load the quotes · T",
        "2 features · 3/3 save · T",
    ]
    executed = nbformat.read(folder / "reports/executed/2_features.ipynb", 4)
    printed = executed.cells[-2].outputs[0].text
    assert printed == "{'seed': 11} True {'defaults': {'order_cost': 50.0}}\n"
    page = (folder / "reports/2_features.html").read_text()
    assert "<title>What moves?</title>" in page
    assert printed.strip() in page.replace("&#x27;", "'")
    assert sorted(path.name for path in (folder / "reports").rglob("*.*")) == ["2_features.html", "2_features.ipynb"]


def test_failure_names_notebook_cell_and_whole_message(tmp_path: Path) -> None:
    fault = "class InputError(ValueError): ...\nraise InputError('prices.csv row 3: bad\\nprices.csv row 9: bad')"
    done = start(project(tmp_path, "Read the tables|" + fault, "Never|print('reached')"))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "stage features failed in notebook notebooks/2_features.ipynb, cell 2 (Read the tables): "
        "InputError: prices.csv row 3: bad",
        "prices.csv row 9: bad",
        "the cells as they ran, with the traceback: reports/unfinished/2_features.ipynb",
    ]
    assert re.search(r"2/3 Read the tables · \d+\.\d s · failed$", done.stdout.strip())
    assert "\x1b" not in done.stdout + done.stderr
    assert not (tmp_path / "reports/executed").exists()
    assert "Traceback" in (tmp_path / "reports/unfinished/2_features.ipynb").read_text()
    page = (tmp_path / "reports/unfinished/2_features.html").read_text()
    assert "This run stopped with an error at “Read the tables”" in page
    assert "Traceback" in page
    assert "papermill" not in page
    project(tmp_path, "Read the tables|1")
    assert start(tmp_path).returncode == 0
    left = sorted(str(path.relative_to(tmp_path / "reports")) for path in (tmp_path / "reports").rglob("*.*"))
    assert left == ["2_features.html", "executed/2_features.ipynb"]


def test_dead_kernel_is_told_with_its_cell(tmp_path: Path) -> None:
    done = start(project(tmp_path, "Big table|import os\nos.kill(os.getpid(), 9)"))
    assert done.returncode == 1
    assert "cell 2 (Big table): the kernel died" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        pytest.param(
            "params.yaml",
            "base:\n  sead: 1\n",
            "params.yaml line 2: base.sead is not a key; did you mean base.seed?",
            id="typo_in_params",
        ),
        pytest.param(
            "params.yaml",
            "orders:\n  service_level: 2\n",
            "params.yaml line 2: orders.service_level is 2",
            id="fault_in_another_stage's_section",
        ),
        pytest.param("dvc.yaml", "stages: {train: {}}\n", "no stage 'features'; the stages are train", id="stage"),
        pytest.param(
            "dvc.yaml", "stages: {features: {params: [base.sead]}}\n", "declares base.sead", id="declared_typo"
        ),
        pytest.param("notebooks/3_features.ipynb", "{}", "needs one notebook", id="two_notebooks"),
    ],
)
def test_fault_in_the_set_up_ends_before_any_kernel(tmp_path: Path, file: str, text: str, said: str) -> None:
    folder = project(tmp_path, "open('ran', 'w').close()")
    (folder / file).write_text(text)
    done = start(folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (folder / "ran").exists()
    assert not (folder / "reports").exists()


def test_declared_parameters_are_the_only_ones(tmp_path: Path) -> None:
    pipeline = tmp_path / "dvc.yaml"
    pipeline.write_text("stages: {orders: {params: [base, orders.defaults.pack_units, orders.policy]}}")
    assert runner.declared("orders", Params(), str(pipeline)) == {
        "base": Params().base.model_dump(mode="json"),
        "orders": {"defaults": {"pack_units": 1.0}, "policy": "planner"},
    }


def test_kernel_gets_no_secret_and_fixed_settings(tmp_path: Path) -> None:
    folder = project(tmp_path, "import os, json\njson.dump(dict(os.environ), open('env.json', 'w'))")
    secrets = {
        "ORDERCAST_DATABASE_URL": "mysql://u:p@h/db",
        "AWS_SECRET_ACCESS_KEY": "p",
        "MYSQL_PASSWORD": "p",
        "API_TOKEN": "p",
    }
    assert start(folder, ORDERCAST_SEEN="yes", OMP_NUM_THREADS="64", **secrets).returncode == 0
    seen = json.loads((folder / "env.json").read_text())
    assert not set(secrets) & set(seen)
    fixed = {"ORDERCAST_SEEN": "yes", "OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive", "PYTHONHASHSEED": "0"}
    assert fixed.items() <= seen.items()


def test_kernel_is_this_interpreter_whatever_the_user_installed(tmp_path: Path) -> None:
    spec = tmp_path / "data/kernels/python3/kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text('{"argv": ["/bin/false", "{connection_file}"], "display_name": "other", "language": "python"}')
    folder = project(tmp_path, "import sys\nassert sys.executable == open('expected').read(), sys.executable")
    (folder / "expected").write_text(sys.executable)
    done = start(folder, JUPYTER_DATA_DIR=str(tmp_path / "data"), JUPYTER_PATH=str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the tie to the parent is Linux's")
@pytest.mark.parametrize(
    "cell", [pytest.param(DEAF, id="deaf_cell"), pytest.param(DEAF.replace("PyDLL", "CDLL"), id="plain_cell")]
)
def test_killed_runner_leaves_no_kernel(tmp_path: Path, cell: str) -> None:
    folder = project(tmp_path, cell)
    driver = subprocess.Popen(command(), cwd=folder, stdout=subprocess.DEVNULL)
    wait_until((folder / "asleep").exists, "the cell runs")
    assert len(processes_in(folder)) == 2
    driver.kill()
    driver.wait()
    wait_until(lambda: not processes_in(folder), "the kernel is gone", seconds=3)


@pytest.mark.skipif(sys.platform != "linux", reason="the tie to the parent is Linux's")
def test_killed_parent_takes_runner_and_kernel_along(tmp_path: Path) -> None:
    folder = project(tmp_path, DEAF)
    code = f"import subprocess\nsubprocess.run({command()!r}, cwd={str(folder)!r}, stdout=subprocess.DEVNULL)"
    parent = subprocess.Popen([sys.executable, "-c", code])
    wait_until((folder / "asleep").exists, "the cell runs")
    parent.kill()
    parent.wait()
    wait_until(lambda: not processes_in(folder), "runner and kernel are gone", seconds=3)


@pytest.mark.skipif(sys.platform != "linux", reason="the tie to the parent is Linux's")
def test_process_whose_parent_died_early_ends_itself() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "print('alive')"], stdout=subprocess.PIPE, preexec_fn=runner.die_with(1)
    )
    assert child.communicate()[0] == b""
    assert child.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_runner_ends_at_once_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    folder = project(tmp_path, DEAF.replace("PyDLL", "CDLL"))
    driver = subprocess.Popen(command(), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wait_until((folder / "asleep").exists, "the cell runs")
    driver.send_signal(number)
    said = driver.communicate(timeout=60)[1]
    assert driver.returncode != 0
    assert "Traceback" not in said
    wait_until(lambda: not processes_in(folder), "the kernel is gone", seconds=3)


def test_every_stage_runs_in_place_of_its_shell() -> None:
    """Debian's sh stays between DVC and the command it was given; a killed DVC would then not be our dead parent."""
    stages = yaml.safe_load((Path(__file__).parents[1] / "dvc.yaml").read_text())["stages"]
    assert {name: stage["cmd"] for name, stage in stages.items() if " exec python " not in stage["cmd"]} == {}
