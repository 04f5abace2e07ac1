"""What the dashboard reads of a published run: small tables whole, long ones product by product."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from ordercast import project, publish, store

HISTORY_DAYS = 180
LABEL_LETTERS = 60
REPRO = "Run `make repro`, then reload this page."


class Missing(LookupError):
    """Something the page needs is not there; the text says what, and what to do next."""


def current_run(root: Path | None = None) -> "Run":
    """The run that is published now in the project at `root` (found where none is given).

    Raises Missing where there is no project, no published run, or its folder is gone.
    """
    try:
        root = root or project.root()
        return Run(root, publish.current(root))
    except FileNotFoundError as absent:
        raise Missing(str(absent)) from None
    except publish.PublishError:
        raise Missing(f"No run is published yet, or it is no longer there. {REPRO}") from None


@dataclass(frozen=True)
class Run:
    """One published run in `folder`. Its files never change, so what is read once is kept."""

    root: Path
    folder: Path

    @property
    def run_id(self) -> str:
        """The run's id, as its order lines carry it."""
        return str(self.settings.get("run_id", self.folder.name))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What run.json and reports/orders.json say, the latter first."""
        named = (self.folder / name for name in ("run.json", "reports/orders.json"))
        return {key: value for file in named if file.is_file() for key, value in store.read_json(file).items()}

    def setting(self, key: str) -> str:
        """A setting of the run, such as currency or locale; Missing names the files that lack it."""
        if key not in self.settings:
            raise Missing(f"Neither run.json nor reports/orders.json of {self.run_id} has “{key}”. {REPRO}")
        return str(self.settings[key])

    @cached_property
    def model(self) -> dict[str, Any]:
        """models/metadata.json: trained_on, data_span [first, last] and more."""
        known: dict[str, Any] = self._json("models/metadata.json", "Nothing is known about the model")
        return known

    @cached_property
    def data_until(self) -> pd.Timestamp:
        """The last day of the data this run was made from."""
        return pd.Timestamp(self.model["data_span"][1])

    @cached_property
    def today(self) -> pd.Timestamp:
        """The day the forecasts start from, on which orders are placed; the data's last where nothing is forecast."""
        try:
            start = self._query("forecast/prices", "SELECT max(origin) AS day FROM data", [])["day"].iloc[0]
        except Missing:  # the price panel says so
            start = pd.NaT
        return self.data_until if pd.isna(start) else start

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """reports/metrics.json: target -> model -> metric -> figure."""
        scores: dict[str, Any] = self._json("reports/metrics.json", "The forecasts were not evaluated")
        return scores

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        """product_id, name, category, unit and `words` to search in, by name; without a name the id is it."""
        columns = ["product_id", "name", "category", "unit"]
        named = self._table("raw/products", "The catalogue is missing", columns)
        quoted = self._table("features/series", "The list of price series is missing", ["product_id"])
        ids = pd.concat([named["product_id"], quoted["product_id"]]).drop_duplicates()
        table = named.merge(ids, on="product_id", how="right").astype("str")
        if table.empty:
            raise Missing(f"This run has no product. Bring prices (data.path in params.yaml). {REPRO}")
        table["name"] = table["name"].fillna(table["product_id"])
        table = table.fillna({"unit": "units", "category": ""})
        table["words"] = (table["name"] + " " + table["product_id"] + " " + table["category"]).map(plain)
        return table.sort_values(["words", "product_id"], ignore_index=True)

    @cached_property
    def orders(self) -> pd.DataFrame:
        """The order lines with name, unit, `buy` and `urgent`: urgent ones first, then buys; the dearest first."""
        lines = self._table("orders/orders", "The orders are missing")
        if lines.empty:
            raise Missing(f"This run holds no order lines. {REPRO}")
        lines = lines.merge(self.catalogue[["product_id", "name", "unit"]], on="product_id", how="left")
        lines["buy"] = lines["decision"] == "buy"
        lines["urgent"] &= lines["buy"]
        rank = ["urgent", "buy", "total_cost", "product_id"]
        return lines.sort_values(rank, ascending=[False, False, False, True], ignore_index=True)

    @cached_property
    def choices(self) -> pd.DataFrame:
        """The catalogue with a label to pick by and the supplier_id of the order line, in the orders' order."""
        table = self.catalogue
        try:
            lines = self.orders[["product_id", "supplier_id", "urgent", "buy"]]
        except Missing:  # its panels say so; the products can be looked at all the same
            return table.assign(supplier_id="", label=_labels(table, np.full(len(table), "")))
        table = table.merge(lines, on="product_id", how="left")
        kind = np.select([table["urgent"].eq(True), table["buy"].eq(True)], ["urgent", "buy"], "")
        table["label"] = _labels(table, kind)
        place = np.select([kind == "urgent", kind == "buy"], [0, 1], 2)
        return table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)

    @cached_property
    def quarantined(self) -> int:
        """Input rows that were set aside, whatever the number of their faults."""
        rows = self._table("raw/quarantine", "The list of rows set aside is missing", ["table", "row"])
        return len(rows.drop_duplicates())

    @cached_property
    def notes(self) -> list[tuple[str, str]]:
        """(table, sentence) of everything that was assumed, mapped or ignored."""
        table = self._table("raw/notes", "The list of assumptions is missing", ["table", "note"])
        return list(table.itertuples(index=False, name=None))

    def suppliers(self, product_id: str) -> list[str]:
        """The suppliers that quoted this product, the one last quoted from first."""
        rows = self._query(
            "raw/prices",
            "SELECT supplier_id FROM data WHERE product_id = ? GROUP BY 1 ORDER BY max(date) DESC, 1",
            [product_id],
        )
        return [str(supplier) for supplier in rows["supplier_id"]]

    def price_history(self, product_id: str, supplier_id: str) -> pd.DataFrame:
        """date, unit_price of the last 180 days; the median where a day has several quotes."""
        sql = """
            SELECT date, median(unit_price) AS unit_price FROM data
            WHERE product_id = ? AND supplier_id = ? AND date > ? GROUP BY date ORDER BY date
        """
        return self._query("raw/prices", sql, [product_id, supplier_id, self._since])

    def price_forecast(self, product_id: str, supplier_id: str) -> pd.DataFrame:
        """date, p10, p50, p90, skill_weight, drivers of the days ahead that people look at."""
        sql = """
            SELECT date, p10, p50, p90, skill_weight, drivers FROM data
            WHERE product_id = ? AND supplier_id = ? AND horizon_days <= ? ORDER BY date
        """
        return self._query("forecast/prices", sql, [product_id, supplier_id, self.model["horizon_days"]])

    def demand_history(self, product_id: str) -> pd.DataFrame:
        """date, demand_units of the last 180 days."""
        sql = "SELECT date, demand_units FROM data WHERE product_id = ? AND date > ? ORDER BY date"
        return self._query("raw/sales", sql, [product_id, self._since])

    def demand_forecast(self, product_id: str) -> pd.DataFrame:
        """date, horizon_days, p10, p50, p90, mean of the days ahead that people look at."""
        sql = """
            SELECT date, horizon_days, p10, p50, p90, mean FROM data
            WHERE product_id = ? AND horizon_days <= ? ORDER BY date
        """
        return self._query("forecast/demand", sql, [product_id, self.model["horizon_days"]])

    def on_hand(self, product_id: str) -> float | None:
        """Units in stock as last counted, None where nobody said."""
        sql = "SELECT on_hand_units FROM data WHERE product_id = ? ORDER BY as_of DESC LIMIT 1"
        rows = self._query("raw/stock", sql, [product_id])
        return None if rows.empty else float(rows["on_hand_units"].iloc[0])

    @property
    def _since(self) -> str:
        return str((self.data_until - pd.Timedelta(days=HISTORY_DAYS)).date())

    def _json(self, name: str, else_said: str) -> Any:
        if not (self.folder / name).is_file():
            raise Missing(f"{else_said}: {name} is not in run {self.run_id}. {REPRO}")
        return store.read_json(self.folder / name)

    def _table(self, name: str, else_said: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        path = self._file(name, else_said)
        try:
            return store.read_parquet(path, columns)
        except (ValueError, duckdb.Error) as fault:
            raise Missing(f"{else_said}: {fault}. {REPRO}") from fault

    def _query(self, name: str, sql: str, values: Sequence[Any]) -> pd.DataFrame:
        path = self._file(name, "A table is missing")
        try:
            return store.query(sql, values, data=path)
        except duckdb.Error as fault:
            raise Missing(f"data/{name}.parquet of run {self.run_id} cannot be used: {fault}. {REPRO}") from fault

    def _file(self, name: str, else_said: str) -> Path:
        path = self.folder / "data" / f"{name}.parquet"
        if not path.is_file():
            raise Missing(f"{else_said}: data/{name}.parquet is not in run {self.run_id}. {REPRO}")
        return path


def matching(catalogue: pd.DataFrame, text: str) -> pd.DataFrame:
    """The catalogue's rows with every word of `text` in name, id or category; case and accents aside."""
    for word in plain(text).split():
        catalogue = catalogue[catalogue["words"].str.contains(word, regex=False)]
    return catalogue


def _labels(table: pd.DataFrame, kind: "npt.NDArray[np.str_]") -> list[str]:
    return [
        " · ".join(part for part in (said, name[:LABEL_LETTERS], product_id) if part)
        for name, product_id, said in zip(table["name"], table["product_id"], kind, strict=True)
    ]


def plain(text: str) -> str:
    """`text` in lower case without accents, so that “acucar” finds “Açúcar”."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
