"""Where the project is, and its parameters for somebody who opens a notebook by hand."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ordercast.sentences import say

SNAPSHOT, SNAPSHOT_ABOUT = Path("data/snapshot"), "about.json"  # a database's tables, and what was copied


def root(start: str | Path = ".") -> Path:
    """The project's folder: $ORDERCAST_ROOT, else the nearest one from `start` upwards that holds params.yaml.

    Raises FileNotFoundError where there is none.
    """
    named = os.environ.get("ORDERCAST_ROOT")
    if named:
        return Path(named).resolve()
    here = Path(start).resolve()
    for folder in (here, *here.parents):
        if (folder / "params.yaml").is_file():
            return folder
    raise FileNotFoundError(
        say(
            "No params.yaml in %(folder)s or above it. Start in the project's folder, or name it in ORDERCAST_ROOT.",
            folder=str(here),
        )
    )


def section(name: str) -> dict[str, Any]:
    """The named section of params.yaml, after moving to the project's folder, from where all paths start.

    JupyterLab starts a notebook beside its file. In a run papermill puts its own values, those that dvc.yaml declares,
    after the cell that calls this.
    """
    from ordercast import params

    os.chdir(root())
    loaded: dict[str, Any] = params.load("params.yaml").model_dump(mode="json")[name]
    return loaded


def versions(*packages: str) -> dict[str, str]:
    """The installed version of each package."""
    return {name: version(name) for name in packages}
