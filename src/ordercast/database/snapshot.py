"""The stage `snapshot`: the folder that stage 1 reads where data.source is database."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ordercast.database.settings import address
from ordercast.database.words import told
from ordercast.project import SNAPSHOT, SNAPSHOT_ABOUT


def snapshot(
    source: str,
    tables: Mapping[str, str | None],
    columns: Mapping[str, Any],
    tell: Callable[[str], None],
    folder: Path = SNAPSHOT,
) -> None:
    """Return nothing; where data.source is database, its mapped tables stand in the folder as Parquet, else none.

    about.json comes last: without it a folder is half a snapshot. tell: given a line per table. Raises DatabaseError
    in words.
    """
    about: dict[str, Any] = {"source": source}
    if source != "database":
        _emptied(folder)
        tell(f"data.source is {source}: there is nothing to copy from a database")
    else:
        place = address()
        from ordercast.database import engine, reading

        with told(place, "The snapshot of the tables", engine.LOCK_WAIT_SECONDS):
            _emptied(folder)
            about["tables"] = reading.copied(place, tables, columns, tell, folder)
    (folder / SNAPSHOT_ABOUT).write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _emptied(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
