"""A run is published whole or not at all; killed at any step, the run before stays and the next call finishes."""

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ordercast import publish

STEPS = ("fsync", "rename", "replace", "mkdir", "utime", "unlink", "rmdir")


def results(root: Path, run_id: str, note: str = "") -> Path:
    """The results of a complete run under `root`; `note` goes into every file but orders.parquet."""
    for name in publish.NEEDED:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name} of {run_id} {note}")
    duckdb.sql(f"COPY (SELECT '{run_id}' AS run_id) TO '{root}/data/orders/orders.parquet'")
    (root / "data/orders/backtest.parquet").write_text("backtest")
    write(
        root,
        publish.ORDERS,
        run_id=run_id,
        data_hash=f"d-{run_id}",
        model_hash=f"m-{run_id}",
        currency="EUR",
        locale="de_DE",
    )
    write(root, publish.METADATA, data_hash=f"d-{run_id}", model_hash=f"m-{run_id}", currency="EUR", locale="de_DE")
    write(root, publish.METRICS, note=note)
    return root


def write(root: Path, name: str, **values: Any) -> None:
    (root / name).write_text(json.dumps(values))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_published_run_has_every_result_and_says_what_it_is(tmp_path: Path) -> None:
    said = publish.publish(results(tmp_path, "r1"))
    folder = publish.current(tmp_path)
    assert folder == tmp_path / "data/published/r1"
    copies = contents(folder)
    assert json.loads(copies.pop("run.json")) == said
    assert copies == {
        name: (tmp_path / name).read_bytes() for name in (*publish.NEEDED, "data/orders/backtest.parquet")
    }
    assert {key: said[key] for key in ("run_id", "data_hash", "currency", "locale")} == {
        "run_id": "r1",
        "data_hash": "d-r1",
        "currency": "EUR",
        "locale": "de_DE",
    }
    pointer = json.loads((tmp_path / "data/published/current.json").read_text())
    assert pointer == {"run_id": "r1", "published_from": "d-r1"}


def test_same_run_again_changes_nothing(tmp_path: Path) -> None:
    publish.publish(results(tmp_path, "r1"))
    before = contents(tmp_path / "data/published")
    publish.publish(tmp_path)
    assert contents(tmp_path / "data/published") == before


@pytest.mark.parametrize("system", ["can exchange folders", "cannot"])
def test_same_plan_with_new_metrics_takes_the_place_of_the_old_one(
    tmp_path: Path, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish.publish(results(tmp_path, "r1"))
    pointer = (tmp_path / "data/published/current.json").read_bytes()
    write(tmp_path, publish.METRICS, note="scored again")
    if system == "cannot":
        monkeypatch.setattr(publish.ctypes, "CDLL", lambda name: None)
    said = publish.publish(tmp_path)
    folder = publish.current(tmp_path)
    assert json.loads((folder / publish.METRICS).read_text()) == {"note": "scored again"}
    assert json.loads((folder / "run.json").read_text()) == said
    assert (tmp_path / "data/published/current.json").read_bytes() == pointer
    assert sorted(path.name for path in (tmp_path / "data/published").iterdir()) == [".lock", "current.json", "r1"]


def test_last_five_runs_are_kept_with_the_current_one(tmp_path: Path) -> None:
    for number in range(7):
        publish.publish(results(tmp_path, f"r{number}"))
    publish.publish(results(tmp_path, "r3"))
    publish.publish(results(tmp_path, "r9"))
    kept = sorted(path.name for path in (tmp_path / "data/published").iterdir() if path.is_dir())
    assert kept == ["r3", "r4", "r5", "r6", "r9"]
    assert publish.current(tmp_path).name == "r9"


def without(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).unlink()


def with_(name: str, **values: Any) -> Callable[[Path], None]:
    return lambda root: write(root, name, **values)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(without("data/forecast/demand.parquet"), "data/forecast/demand.parquet not there", id="file"),
        pytest.param(
            with_(publish.METADATA, data_hash="d-old"), "results come from different runs", id="model_of_old_data"
        ),
        pytest.param(
            with_(publish.METADATA, data_hash="d-r2", model_hash="m-old"),
            f"{publish.METADATA} has m-old, {publish.ORDERS} has m-r2",
            id="orders_of_another_model",
        ),
        pytest.param(with_(publish.METADATA), "must both name their data_hash", id="model_without_hash"),
        pytest.param(
            with_(publish.ORDERS, run_id="r3", data_hash="d-r2", currency="BRL", locale="pt_BR"),
            "orders.parquet has r2",
            id="lines_of_another_plan",
        ),
        pytest.param(with_(publish.ORDERS, run_id="../r2", data_hash="d-r2"), "run_id is '../r2'", id="bad_run_id"),
    ],
)
def test_incomplete_or_mixed_results_are_refused_and_the_old_run_stays(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    publish.publish(results(tmp_path, "r1"))
    before = contents(tmp_path / "data/published")
    spoil(results(tmp_path, "r2"))
    with pytest.raises(publish.PublishError, match=said):
        publish.publish(tmp_path)
    assert contents(tmp_path / "data/published") == before


def test_a_clock_that_jumps_back_hides_no_new_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, years = os.utime, iter(range(2030, 2000, -1))
    monkeypatch.setattr(os, "utime", lambda path: real(path, (then := (next(years) - 1970) * 365 * 86400, then)))
    for number in range(1, 9):
        publish.publish(results(tmp_path, f"r{number}"))
        assert publish.current(tmp_path).name == f"r{number}"
        assert contents(publish.current(tmp_path))["reports/metrics.json"]
    assert len(list((tmp_path / "data/published").glob("r*"))) == publish.KEPT_RUNS


def test_nothing_published_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(publish.PublishError, match="make repro"):
        publish.current(tmp_path)


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder that makes thousands of small files quickly, where the system has one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


def publish_killed_at(root: Path, step: int) -> bool:
    """Publish in a child that is killed -9 before its `step`-th change to the disk; whether it got that far."""
    child = os.fork()
    if child == 0:
        taken = 0

        def deadly(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                nonlocal taken
                taken += 1
                if taken == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*args, **kwargs)

            return call

        for name in STEPS:
            setattr(os, name, deadly(getattr(os, name)))
        shutil.copyfile = deadly(shutil.copyfile)
        try:
            publish.publish(root)
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize(
    ("run_id", "kept"),
    [
        pytest.param("r5", ["r4", "r5"], id="new_run"),
        pytest.param("r4", ["r3", "r4"], id="same_plan_scored_again"),
    ],
)
def test_killed_at_any_step_the_old_run_or_the_new_one_is_served_whole(
    in_memory: Path, run_id: str, kept: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # a step to be killed at, but no power fails here
    monkeypatch.setattr(publish, "KEPT_RUNS", 2)
    monkeypatch.setattr(publish, "_check_one_run", lambda root, plan: None)  # reads only, hundreds of times the same
    project = in_memory / "project"
    for earlier in ("r3", "r4"):
        publish.publish(results(project, earlier))
    old = contents(project / "data/published/r4")
    results(project, run_id, note="new")
    new = {name: (project / name).read_bytes() for name in (*publish.NEEDED, "data/orders/backtest.parquet")}
    served: list[bool] = []
    killed = True
    while killed:
        tried = in_memory / "tried"
        shutil.copytree(project, tried)
        killed = publish_killed_at(tried, step=len(served) + 1)
        there = contents(publish.current(tried))
        about = there.pop("run.json")
        served.append(there == new)
        assert there == new or {**there, "run.json": about} == old
        publish.publish(tried)
        assert new.items() <= contents(publish.current(tried)).items()
        names = sorted(path.name for path in (tried / "data/published").iterdir())
        assert names == [".lock", "current.json", *kept]
        shutil.rmtree(tried)
    assert len(served) > 40, "the child must have been killed at many steps"
    assert served == sorted(served), "once the new run is served it stays"
    assert not served[0]
    assert served[-1]
