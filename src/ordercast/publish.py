"""A complete run, copied to where people read it: data/published/<run_id>/, and one pointer flipped at the end.

Readers follow data/published/current.json, so they see the whole old run or the whole new one, whatever happens to
the process that publishes. Inside a run the files keep their paths in the project.
"""

import ctypes
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KEPT_RUNS = 5
AT_FDCWD, RENAME_EXCHANGE = -100, 2
PUBLISHED = Path("data/published")
POINTER = "current.json"
UNFINISHED, UNWANTED = ".new-", ".old-"
METADATA, METRICS, ORDERS = "models/metadata.json", "reports/metrics.json", "reports/orders.json"
NOTEBOOKS = ("1_data", "2_features", "3_train", "4_evaluate", "5_forecast", "6_orders")
PAGES = tuple(f"reports/{name}.html" for name in NOTEBOOKS)
RECORDS = tuple(f"reports/executed/{name}.ipynb" for name in NOTEBOOKS)
NEEDED = (
    "data/raw/prices.parquet",
    "data/raw/sales.parquet",
    "data/raw/products.parquet",
    "data/raw/stock.parquet",
    "data/raw/suppliers.parquet",
    "data/raw/open_orders.parquet",
    "data/raw/price_tiers.parquet",
    "data/raw/notes.parquet",
    "data/raw/quarantine.parquet",
    "data/features/series.parquet",
    "data/forecast/prices.parquet",
    "data/forecast/demand.parquet",
    "data/orders/orders.parquet",
    "data/orders/reasons.parquet",
    METADATA,
    METRICS,
    ORDERS,
    *PAGES,
    *RECORDS,
)
TAKEN_WHOLE = ("data/evaluate", "data/forecast", "data/orders")


class PublishError(Exception):
    """There is no complete run to publish or to read; the text says what lacks and what to do."""


def publish(root: str | Path, deliver: Callable[[Path, dict[str, Any]], None] | None = None) -> dict[str, Any]:
    """What run.json says of the run that is now the current one: run_id, hashes, currency, locale and files.

    Copies the results under `root` into data/published/<run_id>/, flips the pointer and removes all but the last
    five runs. Publishing the same run again changes nothing; killed at any moment, it leaves the run before in
    place, and the next call finishes the work. Raises PublishError, before anything is written, when a result is
    missing or the results come from different runs; and where the disk is full.

    deliver: where else the run is shown, given its folder and what run.json says. It is called when the copy is whole
    and before the pointer flips, because it is what may fail: then neither place shows the new run. All that is left
    to do after it is one rename; a process killed just there shows the new run in one place and the one before, whole
    too, in the other, until the next call.
    """
    root = Path(root)
    run = _describe(root)
    published = root / PUBLISHED
    with _on_a_disk_with_space(published):
        published.mkdir(parents=True, exist_ok=True)
        _publish(root, run, published, deliver)
    return run


def _publish(
    root: Path, run: dict[str, Any], published: Path, deliver: Callable[[Path, dict[str, Any]], None] | None
) -> None:
    with _alone(published):
        for leftover in [*published.glob(f"{UNFINISHED}*"), *published.glob(f"{UNWANTED}*")]:
            shutil.rmtree(leftover)
        folder = published / str(run["run_id"])
        if not folder.exists() or _read(folder / "run.json") != run:
            _copy(root, run, folder)
        if deliver is not None:
            deliver(folder, run)
        os.utime(folder)
        _flip(published, {"run_id": run["run_id"], "published_from": run["data_hash"]})
        _keep_the_last(published, folder)


def ever(root: str | Path) -> bool:
    """Whether a run was ever published here."""
    return (Path(root) / PUBLISHED / POINTER).is_file()


def current(root: str | Path) -> Path:
    """The folder of the run that people are to see. Raises PublishError where none was published."""
    pointer = Path(root) / PUBLISHED / POINTER
    try:
        folder = pointer.parent / str(_read(pointer)["run_id"])
    except FileNotFoundError:
        raise PublishError(f"no run has been published yet ({pointer} is not there); run `make repro`") from None
    if not folder.is_dir():
        raise PublishError(f"{pointer} names {folder.name}, which is not there; run `make repro`")
    return folder


def _describe(root: Path) -> dict[str, Any]:
    missing = [name for name in NEEDED if not (root / name).is_file()]
    if missing:
        raise PublishError(f"not a complete run: {', '.join(missing)} not there; run `make repro`")
    plan = _read(root / ORDERS)
    _check_one_run(root, plan)
    more = [str(path.relative_to(root)) for part in TAKEN_WHOLE for path in (root / part).glob("[!.]*.parquet")]
    return {
        "run_id": plan["run_id"],
        "data_hash": plan["data_hash"],
        "model_hash": plan.get("model_hash"),
        "currency": plan["currency"],
        "locale": plan["locale"],
        "commit": _commit(root),
        "files": {name: _digest(root / name) for name in sorted({*NEEDED, *more})},
    }


def _commit(root: Path) -> str | None:
    """The commit the run was made with, marked where files had changed since; None outside of a git project."""
    asked = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=8", "--exclude=*"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=30).stdout.strip() or None
    except (OSError, subprocess.SubprocessError):
        return None


def _check_one_run(root: Path, plan: dict[str, Any]) -> None:
    """Every file that names its data or its model must name the same; the order lines must be the plan's."""
    import duckdb

    if not re.fullmatch(r"\w[\w.-]*", str(plan.get("run_id"))):
        raise PublishError(f"{ORDERS}: run_id is {plan.get('run_id')!r}; it must be letters, digits, - and .")
    cure = "results come from different runs: run `dvc repro`"
    for part in ("data_hash", "model_hash"):
        named = {name: _read(root / name).get(part) for name in (METADATA, METRICS, ORDERS)}
        told = {name: value for name, value in named.items() if value is not None}
        if len(set(told.values())) > 1:
            raise PublishError(f"{cure} ({part}: " + ", ".join(f"{n} has {v}" for n, v in told.items()) + ")")
        if part == "data_hash" and not {METADATA, ORDERS} <= set(told):
            raise PublishError(f"{METADATA} and {ORDERS} must both name their data_hash; run `make repro`")
    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.read_parquet(str(root / "data/orders/orders.parquet")).project("run_id").distinct()
        others = {run_id for (run_id,) in rows.fetchall()} - {plan["run_id"]}
    if others:
        raise PublishError(f"{cure} (orders.parquet has {others.pop()}, {ORDERS} has {plan['run_id']})")


def _copy(root: Path, run: dict[str, Any], folder: Path) -> None:
    beside = folder.with_name(UNFINISHED + folder.name)
    for name in run["files"]:
        copy = beside / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, copy)
        _sync(copy)
    changed = [name for name, digest in run["files"].items() if _digest(beside / name) != digest]
    if changed:
        raise PublishError(f"{', '.join(changed)} changed while being copied; run `dvc repro` again")
    _write(beside / "run.json", _json(run))
    for directory in {(beside / name).parent for name in run["files"]}:
        _sync(directory)
    if folder.exists():
        _exchange(beside, folder)
        shutil.rmtree(beside)
    else:
        beside.rename(folder)
    _sync(folder.parent)


def _exchange(new: Path, old: Path) -> None:
    """Let two folders change names: the same plan was published before with other contents (new metrics, say).

    One step on Linux. Elsewhere, and on file systems that cannot, there is a moment with neither.
    """
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None)
    names = AT_FDCWD, os.fsencode(new), AT_FDCWD, os.fsencode(old)
    if renameat2 is None or renameat2(*names, RENAME_EXCHANGE) != 0:
        aside = old.with_name(UNWANTED + old.name)
        old.rename(aside)
        new.rename(old)
        aside.rename(new)


def _flip(published: Path, pointer: dict[str, Any]) -> None:
    beside = published / f".{POINTER}.tmp"
    _write(beside, _json(pointer))
    os.replace(beside, published / POINTER)
    _sync(published)


def _keep_the_last(published: Path, current: Path) -> None:
    """Remove old runs, by renaming first: a folder with a run's name is never half there."""
    runs = [path.parent for path in published.glob("[!.]*/run.json") if path.parent != current]
    runs.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in runs[KEPT_RUNS - 1 :]:
        unwanted = old.with_name(UNWANTED + old.name)
        old.rename(unwanted)
        shutil.rmtree(unwanted)


@contextmanager
def _on_a_disk_with_space(published: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise PublishError(
            f"{published}: {error.strerror}. Free space on this disk and run `ordercast publish` again; "
            "the run published before is still shown"
        ) from None


@contextmanager
def _alone(published: Path) -> Iterator[None]:
    """One publisher at a time; the lock goes with the process that holds it."""
    with open(published / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    """Bring a file's contents, or a folder's names, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
