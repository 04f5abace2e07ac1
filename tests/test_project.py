"""Tests that read the project: notebooks, docs, pins, and what must not be committed."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
ON_THE_COMMAND_LINE = {name for name, stage in STAGES.items() if "ordercast.cli" in stage["cmd"]}
NOTEBOOKS = [*sorted((ROOT / "notebooks").glob("*.ipynb")), ROOT / "dashboard/dashboard.ipynb"]
README = (ROOT / "README.md").read_text()
TRACKED = subprocess.run(
    ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.splitlines()


def cells(notebook: Path) -> list[dict]:
    return json.loads(notebook.read_text())["cells"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_committed_clean(notebook):
    code = [cell for cell in cells(notebook) if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert not any(re.search(r"^\s*(def|class|async def) ", source(cell), re.MULTILINE) for cell in code)
    ids = [cell["id"] for cell in cells(notebook)]
    assert len(ids) == len(set(ids))
    if notebook.parent.name == "notebooks":
        assert source(cells(notebook)[0]).startswith("# ")


@pytest.mark.parametrize("stage", [name for name in STAGES if name not in ON_THE_COMMAND_LINE])
def test_a_stage_is_one_notebook_with_a_story(stage):
    (notebook,) = (ROOT / "notebooks").glob(f"?_{stage}.ipynb")
    found = cells(notebook)
    assert 5 <= sum(cell["cell_type"] == "code" for cell in found) <= 12
    assert [cell["metadata"].get("tags") for cell in found].count(["parameters"]) == 1
    assert "How to read it." in source(found[-1])
    assert str(notebook.relative_to(ROOT)) in STAGES[stage]["deps"]


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_stands_in_the_readme(stage):
    assert re.search(rf"^\| {stage} \|", README, re.MULTILINE)


@pytest.mark.parametrize(
    "command",
    [
        "repro",
        "watch",
        "snapshot",
        "nightly",
        "publish",
        "summary",
        "check",
        "validate",
        "load",
        "export",
        "doctor",
        "dashboard",
    ],
    ids=lambda name: f"ordercast {name}",
)
def test_every_command_stands_in_the_readme(command):
    assert f"ordercast {command}" in README or f"make {command}" in README


def test_a_stage_depends_on_all_the_code_it_imports():
    """What a notebook imports of ours, and what that imports in turn, stands in the stage's deps."""
    unlisted = {}
    for stage, declared in STAGES.items():
        if stage in ON_THE_COMMAND_LINE:
            continue
        (notebook,) = (ROOT / "notebooks").glob(f"?_{stage}.ipynb")
        needed = reached("\n".join(source(cell) for cell in cells(notebook) if cell["cell_type"] == "code"))
        listed = [dep for dep in declared["deps"] if dep.startswith("src/")]
        missing = [path for path in needed if not any(path == dep or path.startswith(dep + "/") for dep in listed)]
        unlisted[stage] = sorted(missing)
    assert not any(unlisted.values()), f"dvc.yaml: add to the deps of these stages: {unlisted}"


# Ground and edges that only read, write and check: a change there changes no figure, or a contract's test fails.
PLUMBING = {"project", "store", "schema", "columns", "contracts", "params", "params_faults", "plots"}


def reached(text: str) -> set[str]:
    found: set[str] = set()
    todo = [text]
    while todo:
        code = todo.pop()
        modules = re.findall(r"^\s*from (ordercast[.\w]*) import ([\w, ()\n]+?)(?:$|\n(?=\S))", code, re.MULTILINE)
        for module, names in modules:
            for name in [module, *(f"{module}.{n.strip()}" for n in re.split(r"[,\s()]+", names) if n.strip())]:
                path = Path("src", *name.split("."))
                for file in (path.with_suffix(".py"), path / "__init__.py"):
                    relative = str(file)
                    own = file.stem in PLUMBING or name == "ordercast"
                    if (ROOT / file).is_file() and relative not in found and not own:
                        found.add(relative)
                        todo.append((ROOT / file).read_text())
    return found


def test_conda_has_the_versions_of_pip():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = [entry["pip"] for entry in conda if isinstance(entry, dict)]
    assert sorted(pip) == sorted([*wanted, "--no-deps -e ."])
    assert f"python{project['requires-python']}" in conda


def test_the_lock_holds_every_pin_with_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for pin in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        assert re.search(rf"^{re.escape(pin)} ", lock, re.MULTILINE), pin
    assert lock.count("--hash=sha256:") > 500
    assert "://" not in lock


def test_no_machine_path_and_no_index_address_is_committed():
    forbidden = re.compile(r"index[-]url|https?://[^ ]+/(simple|packages)/|(^|[^\w.{}$])/(work|root|home)/[a-z]")
    for name in TRACKED:
        path = ROOT / name
        if path.suffix in {".png", ".svg"} or path == Path(__file__) or not path.is_file():
            continue
        found = forbidden.search(path.read_text(encoding="utf-8"))
        assert not found, f"{name}: {found and found.group(0)}"


def test_rooms_stay_small():
    sizes = {path: len(path.read_text().splitlines()) for path in (ROOT / "src").rglob("*.py")}
    assert not {str(path): size for path, size in sizes.items() if size > 310}


def test_floors_are_kept():
    """The domain knows no file, no parameter file, no database and no clock."""
    domain = [
        "panel",
        "states",
        "features",
        "samples",
        "train",
        "forecast",
        "calibrate",
        "evaluate",
        "metrics",
        "plots",
    ]
    names = "store blocks histories problems sources database runner publish ledger watch nightly project dashboard cli"
    edges = rf"\b({names.replace(' ', '|')})\b"
    source = ROOT / "src/ordercast"
    rooms = [*(source / "orders").glob("*.py"), *(source / "simulate").glob("*.py")]
    for path in [*rooms, *(source / f"{name}.py" for name in domain)]:
        text = path.read_text()
        upward = rf"^\s*(from ordercast import .*{edges}|from ordercast\.{edges})"
        assert not re.search(upward, text, re.MULTILINE), path
        assert not re.search(r"open\(|read_text|params\.load|\.today\(\)|\.now\(\)|time\.time", text), path
