"""The files of a published run: read as they are, or told to be missing or damaged, with the next step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from ordercast import publish, store

REPRO = "Run `make repro`, then reload this page."


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame by column name, as templates take them."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


class Missing(LookupError):
    """Something the page needs is not there; the text says what, and what to do next."""


@dataclass(frozen=True)
class RunFiles:
    """What stands in the folder of one published run, beside the root of its project."""

    root: Path
    folder: Path

    @property
    def run_id(self) -> str:
        """The run's id, as its order lines carry it."""
        return str(self.settings.get("run_id", self.folder.name))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What run.json and reports/orders.json say, the latter first."""
        named = [name for name in ("run.json", "reports/orders.json") if (self.folder / name).is_file()]
        return {key: value for name in named for key, value in self._read(name).items()}

    def setting(self, key: str) -> str:
        """A setting of the run, such as currency or locale; Missing names the files that lack it."""
        if key not in self.settings:
            raise Missing(f"Neither run.json nor reports/orders.json of {self.run_id} has “{key}”. {REPRO}")
        return str(self.settings[key])

    def table(self, name: str, else_said: str) -> pd.DataFrame:
        """A small table of the run, whole."""
        return self._table(name, else_said)

    def page(self, name: str) -> bytes:
        """An executed notebook of the run as a page to read. Raises Missing."""
        path = self.folder / "reports" / f"{name}.html"
        if name not in publish.NOTEBOOKS or not path.is_file():
            raise Missing(f"reports/{name}.html is not in run {self.run_id}. {REPRO}")
        return path.read_bytes()

    def _json(self, name: str, else_said: str) -> Any:
        if not (self.folder / name).is_file():
            raise Missing(f"{else_said}: {name} is not in run {self.run_id}. {REPRO}")
        return self._read(name)

    def _read(self, name: str) -> Any:
        try:
            return store.read_json(self.folder / name)
        except ValueError as fault:
            raise Missing(f"{name} of run {self.folder.name} is damaged: {fault}. {REPRO}") from fault

    def _table(self, name: str, else_said: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        path = self._file(name, else_said)
        try:
            return store.read_parquet(path, columns)
        except (ValueError, duckdb.Error) as fault:
            raise Missing(f"{else_said}: {fault}. {REPRO}") from fault

    def _query(self, name: str, sql: str, values: Sequence[Any]) -> pd.DataFrame:
        return self._asked({"data": name}, sql, values)

    def _asked(
        self,
        files: Mapping[str, str],
        sql: str,
        values: Sequence[Any] | Mapping[str, Any],
        **frames: pd.DataFrame,
    ) -> pd.DataFrame:
        paths = {alias: self._file(name, "A table is missing") for alias, name in files.items()}
        try:
            return store.query(sql, values, **paths, **frames)
        except duckdb.Error as fault:
            told = ", ".join(f"data/{name}.parquet" for name in files.values())
            raise Missing(f"{told} of run {self.run_id} cannot be used: {fault}. {REPRO}") from fault

    def _file(self, name: str, else_said: str) -> Path:
        path = self.folder / "data" / f"{name}.parquet"
        if not path.is_file():
            raise Missing(f"{else_said}: data/{name}.parquet is not in run {self.run_id}. {REPRO}")
        return path
