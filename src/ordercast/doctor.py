"""What this machine lacks, and how to get it: checks that are told what was seen, and the look around at the end."""

from __future__ import annotations

import ctypes
import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

OLDEST_PYTHON = (3, 11)
LEAST_DISK_GB, GOOD_DISK_GB = 1.0, 5.0
LEAST_MEMORY_GB, GOOD_MEMORY_GB = 1.0, 4.0
PATIENCE_SECONDS = 20
URL = "ORDERCAST_DATABASE_URL"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
INSTALLERS = {"apt-get": "apt", "dnf": "dnf", "brew": "brew"}
GET = {
    "Python": {
        "apt": "sudo apt install python3.12 python3.12-venv",
        "dnf": "sudo dnf install python3.12",
        "brew": "brew install python@3.12",
        "conda": "conda env create -f environment.yml",
    },
    "OpenMP": {
        "apt": "sudo apt install libgomp1",
        "dnf": "sudo dnf install libgomp",
        "brew": "brew install libomp",
        "conda": "conda install -c conda-forge openmp",
    },
    "Chromium": {
        "apt": "sudo apt install chromium",
        "dnf": "sudo dnf install chromium",
        "brew": "brew install --cask chromium",
        "conda": "playwright install chromium",
    },
    "git": {
        "apt": "sudo apt install git",
        "dnf": "sudo dnf install git",
        "brew": "brew install git",
        "conda": "conda install -c conda-forge git",
    },
}
State = Literal["ok", "missing", "warning"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was found and, where that is not well, what to do."""

    name: str
    state: State
    told: str
    cure: str = ""


def install(thing: str, systems: list[str]) -> str:
    """Return how to install something, on these package systems or, where none is known, on each."""
    known = [GET[thing][system] for system in systems if system in GET[thing]]
    return f"Run {known[0]}" if known else "; ".join(f"{system}: {get}" for system, get in GET[thing].items())


def python(version: tuple[int, ...], systems: list[str]) -> Check:
    """Return whether this Python is new enough."""
    told = ".".join(map(str, version[:3]))
    if version >= OLDEST_PYTHON:
        return Check("Python", "ok", told)
    cure = f"{install('Python', systems)}, then make repro PYTHON=python3.12"
    return Check("Python", "missing", f"{told}; Ordercast needs 3.11 or newer", cure)


def openmp(load: Callable[[], object], systems: list[str]) -> Check:
    """Return whether LightGBM finds OpenMP; load: what needs it, and raises OSError or ImportError without it."""
    try:
        load()
    except OSError as error:
        return Check("OpenMP", "missing", f"LightGBM cannot start ({error})", install("OpenMP", systems))
    except ImportError as error:
        return Check("OpenMP", "missing", str(error), "Run make repro, which installs what the lock names")
    return Check("OpenMP", "ok", "LightGBM starts")


def extension(file: Path, load: Callable[[Path], object], needed: bool) -> Check:
    """Return whether DuckDB's MySQL extension is there and loads; needed: whether a database is named."""
    bad: State = "missing" if needed else "warning"
    cure = "Run pip install -r requirements.lock again; DuckDB and duckdb-extension-mysql-scanner have one version"
    if not file.is_file():
        return Check("DuckDB's MySQL extension", bad, f"{file} is not there", cure)
    try:
        load(file)
    except Exception as error:  # whatever DuckDB raises, it does not load
        return Check("DuckDB's MySQL extension", bad, f"does not load ({str(error).splitlines()[0]})", cure)
    return Check("DuckDB's MySQL extension", "ok", "loads")


def database(url: str | None, reach: Callable[[str], str]) -> Check:
    """Return whether the named database answers; reach: returns its name and version, or raises DatabaseError."""
    from ordercast.database import DatabaseError

    if not url:
        return Check("database", "ok", f"none is named; files need none ({URL})")
    try:
        return Check("database", "ok", reach(url))
    except DatabaseError as error:
        told, _, cure = str(error).removesuffix(".").partition(". ")
        return Check("database", "missing", told, cure or f"Correct {URL}")


def browser(found: str | None, systems: list[str]) -> Check:
    """Return whether there is a Chromium, which only the dashboard's own tests need."""
    if found:
        return Check("Chromium", "ok", found)
    return Check("Chromium", "warning", "not found; only the dashboard's tests need it", install("Chromium", systems))


def room(name: str, free_gb: float, least_gb: float, good_gb: float, cure: str) -> Check:
    """Return whether there is enough of something that is counted in GB."""
    state: State = "ok" if free_gb >= good_gb else "warning" if free_gb >= least_gb else "missing"
    wanted = "" if state == "ok" else f"; {good_gb:g} GB are good, {least_gb:g} GB the least"
    return Check(name, state, f"{free_gb:.1f} GB free{wanted}", "" if state == "ok" else cure)


def tool(name: str, run: Callable[[], str], cure: str) -> Check:
    """Return whether a program runs; run: returns what it says of itself, or raises."""
    try:
        return Check(name, "ok", run().strip().splitlines()[0])
    except (OSError, subprocess.SubprocessError, IndexError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().splitlines() or [type(error).__name__]
        return Check(name, "missing", f"cannot be used ({said[-1]})", cure)


def writable(name: str, folder: Path, write: Callable[[Path], object], bad: State, cure: str) -> Check:
    """Return whether a folder, or the first above it that there is, can be written to."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    try:
        write(there)
    except OSError as error:
        return Check(name, bad, f"{folder} cannot be written to ({error.strerror})", cure)
    return Check(name, "ok", f"{folder} can be written to")


def clock(now: dt.datetime, built: dt.datetime | None) -> Check:
    """Return whether today comes after what is known to lie in the past; built: the last commit."""
    if built is not None and now < built:
        told = f"says {now:%Y-%m-%d %H:%M}, before the last commit of {built:%Y-%m-%d %H:%M}"
        return Check("clock", "warning", told, "Set it: sudo timedatectl set-ntp true")
    return Check("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")


def settings(load: Callable[[], object]) -> Check:
    """Return whether params.yaml is in order; load: raises ValueError with a line per fault."""
    try:
        load()
    except ValueError as error:
        return Check("params.yaml", "missing", str(error), "Correct these lines, then ordercast check")
    return Check("params.yaml", "ok", "in order")


def lines(checks: list[Check]) -> str:
    """Return one line per check, with its cure, and a last one that sums up."""
    width = max(len(check.name) for check in checks)
    told = [f"{c.state:<8} {c.name:<{width}}  {c.told}" + (f". {c.cure}." if c.cure else "") for c in checks]
    lacking = sum(check.state == "missing" for check in checks)
    end = f"{lacking} of {len(checks)} must be mended" if lacking else "all that is needed is there"
    return "\n".join([*told, end])


def report(checks: list[Check]) -> list[dict[str, str]]:
    """Return the checks as JSON values."""
    return [asdict(check) for check in checks]


def look(root: Path, environment: Mapping[str, str], now: dt.datetime) -> list[Check]:
    """Return all checks of this machine and the project in `root`; environment: as os.environ, now: with a zone."""
    from ordercast import params

    systems = (["conda"] if "CONDA_PREFIX" in environment else []) + [
        system for program, system in INSTALLERS.items() if shutil.which(program)
    ]
    url = environment.get(URL) or _from_file(root / ".env")
    data, cache = root / "data", Path(environment.get("NUMBA_CACHE_DIR") or Path(__file__).parent / "kernels")
    in_place = [sys.executable, "-m", "dvc"]
    free_gb = shutil.disk_usage(root).free / 1e9
    return [
        python(sys.version_info[:3], systems),
        openmp(_load_lightgbm, systems),
        extension(_extension_file(), _load_extension, needed=bool(url)),
        database(url, _reach),
        browser(next(filter(None, map(shutil.which, BROWSERS)), None), systems),
        room("disk", free_gb, LEAST_DISK_GB, GOOD_DISK_GB, "Free some: dvc gc -w drops results of older runs"),
        room("memory", _memory_gb(), LEAST_MEMORY_GB, GOOD_MEMORY_GB, "Close other programs, or lower data.products"),
        tool("git", lambda: _said(["git", "--version"], root), install("git", systems)),
        tool(
            "repository", lambda: _said(["git", "rev-parse", "--show-toplevel"], root), "git clone it, or git init here"
        ),
        tool("dvc", lambda: f"dvc {_said([*in_place, '--version'], root)}", "Run make repro, which installs it"),
        writable("data", data, _touch, "missing", f"Give yourself the right: sudo chown -R $USER {data}"),
        writable(
            "numba cache", cache, _touch, "warning", "Set NUMBA_CACHE_DIR to a folder of yours, or wait each time"
        ),
        clock(now, _last_commit(root)),
        settings(lambda: params.load(root / "params.yaml", whole=True)),
    ]


def _from_file(path: Path) -> str | None:
    from dotenv import dotenv_values

    return dotenv_values(path).get(URL) if path.is_file() else None


def _load_lightgbm() -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL("libgomp.so.1")
    import lightgbm  # noqa: F401


def _extension_file() -> Path:
    import importlib.util

    import duckdb

    spec = importlib.util.find_spec("duckdb_extension_mysql_scanner")
    folder = Path(spec.origin or "").parent if spec else Path("duckdb_extension_mysql_scanner")
    return folder / "extensions" / f"v{duckdb.__version__}" / "mysql_scanner.duckdb_extension"


def _load_extension(file: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.load_extension(str(file))


def _reach(url: str) -> str:
    """The name and version of a MySQL database that answers within some seconds."""
    from ordercast.database import engine, settings, words

    address = settings.parse(url)
    with words.told(address, "Connecting"), engine.engine(address).connect() as connection:
        version = connection.exec_driver_sql("SELECT version()").scalar()
    return f"{address} answers, version {version}"


def _memory_gb() -> float:
    """Memory that programs may still take; where the system does not tell, all there is."""
    known = Path("/proc/meminfo")
    if known.is_file():
        for line in known.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) / 1e6
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _said(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True)
    return done.stdout


def _touch(folder: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor"):
        pass


def _last_commit(root: Path) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(int(_said(["git", "log", "-1", "--format=%ct"], root)), dt.UTC)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
