"""The files of a published run: read as they are, or told to be missing or damaged, with the next step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from ordercast import publish, store
from ordercast.sentences import Sentence, say

REPRO = say("Run `make repro`, then reload this page.")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame by column name, as templates take them."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


class Missing(LookupError):
    """Something the page needs is not there; the sentence says what, and what to do next."""


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
            told = say(
                "Neither run.json nor reports/orders.json of run %(run)s has “%(key)s”. %(cure)s",
                run=self.folder.name,
                key=key,
                cure=REPRO,
            )
            raise Missing(told)
        return str(self.settings[key])

    def table(self, name: str, else_said: Sentence) -> pd.DataFrame:
        """A small table of the run, whole."""
        return self._table(name, else_said)

    def page(self, name: str) -> bytes:
        """An executed notebook of the run as a page to read. Raises Missing."""
        path = self.folder / "reports" / f"{name}.html"
        if name not in publish.NOTEBOOKS or not path.is_file():
            raise self._absent(f"reports/{name}.html", say("This notebook is missing"))
        return path.read_bytes()

    def _json(self, name: str, else_said: Sentence) -> Any:
        if not (self.folder / name).is_file():
            raise self._absent(name, else_said)
        return self._read(name)

    def _read(self, name: str) -> Any:
        try:
            read = store.read_json(self.folder / name)
            if not isinstance(read, dict):
                raise ValueError("no JSON object")
            return read
        except ValueError as fault:
            raise self._unusable(name, fault) from fault

    def _table(self, name: str, else_said: Sentence, columns: Sequence[str] | None = None) -> pd.DataFrame:
        path = self._file(name, else_said)
        try:
            return store.read_parquet(path, columns)
        except (ValueError, duckdb.Error) as fault:
            raise self._unusable(f"data/{name}.parquet", fault) from fault

    def _query(self, name: str, sql: str, values: Sequence[Any]) -> pd.DataFrame:
        return self._asked({"data": name}, sql, values)

    def _asked(
        self,
        files: Mapping[str, str],
        sql: str,
        values: Sequence[Any] | Mapping[str, Any],
        **frames: pd.DataFrame,
    ) -> pd.DataFrame:
        paths = {alias: self._file(name, say("A table is missing")) for alias, name in files.items()}
        try:
            return store.query(sql, values, **paths, **frames)
        except duckdb.Error as fault:
            raise self._unusable(", ".join(f"data/{name}.parquet" for name in files.values()), fault) from fault

    def _file(self, name: str, else_said: Sentence) -> Path:
        path = self.folder / "data" / f"{name}.parquet"
        if not path.is_file():
            raise self._absent(f"data/{name}.parquet", else_said)
        return path

    def _absent(self, file: str, what: Sentence) -> Missing:
        named = {"what": what, "file": file, "run": self.folder.name, "cure": REPRO}
        return Missing(say("%(what)s: %(file)s is not in run %(run)s. %(cure)s", **named))

    def _unusable(self, files: str, fault: Exception) -> Missing:
        named = {"files": files, "run": self.folder.name, "fault": str(fault), "cure": REPRO}
        return Missing(say("%(files)s of run %(run)s cannot be used: %(fault)s. %(cure)s", **named))
