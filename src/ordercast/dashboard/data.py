"""What the dashboard reads of a published run: small tables whole, long ones product by product."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from ordercast import project, publish, store
from ordercast.dashboard.files import REPRO, Missing, RunFiles, records
from ordercast.dashboard.words import plain
from ordercast.language import columns
from ordercast.ledger import order_id, proposed
from ordercast.points import Curves
from ordercast.sentences import say

HISTORY_DAYS = 180


def current_run(root: Path | None = None) -> "Run":
    """The run that is published now in the project at `root` (found where none is given).

    Raises Missing where there is no project, no published run, or its folder is gone.
    """
    try:
        root = root or project.root()
    except FileNotFoundError as absent:
        raise Missing(*absent.args) from None
    try:
        folder = publish.current(root)
        told = folder.stat()
        return _run(root, folder, told.st_ino, told.st_mtime_ns)
    except (publish.PublishError, FileNotFoundError, ValueError, KeyError):
        raise Missing(say("No run is published yet, or it is no longer there. %(cure)s", cure=REPRO)) from None


@lru_cache(maxsize=1)
def _run(root: Path, folder: Path, *_: int) -> "Run":
    """The run in a folder; a warm kernel has read it before its visitor comes, if it is still the same one."""
    return Run(root, folder)


class Run(RunFiles):
    """One published run. Its files never change, so what is read once is kept."""

    @cached_property
    def model(self) -> dict[str, Any]:
        """models/metadata.json: trained_on, data_span [first, last] and more."""
        known: dict[str, Any] = self._json("models/metadata.json", say("Nothing is known about the model"))
        if lacking := {"data_span", "horizon_days"} - known.keys():
            named = {"run": self.folder.name, "key": min(lacking), "cure": REPRO}
            raise Missing(say("models/metadata.json of run %(run)s lacks %(key)s. %(cure)s", **named))
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

    @property
    def simulated(self) -> bool:
        """Whether the prices are a simulated world's, whose days are not ours."""
        return "truth" in self.metrics.get("price", {})

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """reports/metrics.json: target -> model -> metric -> figure."""
        scores: dict[str, Any] = self._json("reports/metrics.json", say("The forecasts were not evaluated"))
        return scores

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        """product_id, name, category, unit and `words` to search in, by name; without a name the id is it."""
        columns = ["product_id", "name", "category", "unit"]
        named = self._table("raw/products", say("The catalogue is missing"), columns)
        quoted = self._table("features/series", say("The list of price series is missing"), ["product_id"])
        ids = pd.concat([named["product_id"], quoted["product_id"]]).drop_duplicates()
        table = named.merge(ids, on="product_id", how="right").astype("str")
        if table.empty:
            raise Missing(say("This run has no product. Bring prices (data.path in params.yaml). %(cure)s", cure=REPRO))
        table["name"] = table["name"].fillna(table["product_id"])
        table = table.fillna({"unit": "", "category": ""})
        table["words"] = (table["name"] + " " + table["product_id"] + " " + table["category"]).map(plain)
        return table.sort_values(["words", "product_id"], ignore_index=True)

    @cached_property
    def lines(self) -> pd.DataFrame:
        """The order lines as `Listing` takes them; `value` ranks them by what waiting would lose, then by money."""
        lines = self._table("orders/orders", say("The orders are missing"))
        if lines.empty:
            raise Missing(say("This run holds no order lines. %(cure)s", cure=REPRO))
        lines = lines.merge(self.catalogue, on="product_id", how="left")
        keys = zip(lines["run_id"], lines["product_id"], lines["supplier_id"], strict=True)
        lines["order_id"] = pd.array([order_id(*key) for key in keys], dtype="str")
        lines["due"] = (lines["decision"] == "buy") & (lines["order_on"] <= self.today)
        lines["urgent"] = lines["due"] & lines["urgent"]
        lines["value"] = lines["expected_saving"].clip(lower=0) + 1e-9 * lines["total_cost"]
        return lines

    @cached_property
    def proposed(self) -> pd.DataFrame:
        """The same lines as they stand while nobody has decided about them, as `ledger.of_plan` takes them."""
        return proposed(self.lines)

    @cached_property
    def least_values(self) -> pd.DataFrame:
        """supplier_id, min_order_value: the least that a day's lines of a supplier must come to, where there is one."""
        terms = self._table(
            "raw/suppliers", say("The terms of the suppliers are missing"), ["supplier_id", "min_order_value"]
        )
        return terms.dropna().groupby("supplier_id", as_index=False).max()

    def offers(self, product_id: str) -> pd.DataFrame:
        """supplier_id, unit_price and date of the last quote, lead_time_days, moq_units, pack_units, expected price.

        One row per supplier that ever quoted, the cheapest that still quotes first; expected_price is the median at the
        end of the forecast, NaN where there is none.
        """
        sql = """
            SELECT series.supplier_id, series.unit_price, series.last_quote_on, series.status,
                terms.lead_time_days, terms.moq_units, terms.pack_units, ahead.p50 AS expected_price
            FROM series
            LEFT JOIN terms USING (product_id, supplier_id)
            LEFT JOIN (
                SELECT supplier_id, arg_max(p50, horizon_days) AS p50 FROM ahead
                WHERE product_id = $product AND horizon_days <= $days GROUP BY 1
            ) AS ahead USING (supplier_id)
            WHERE series.product_id = $product ORDER BY series.status, series.unit_price, series.supplier_id
        """
        files = {"series": "features/series", "terms": "raw/suppliers", "ahead": "forecast/prices"}
        values = {"product": product_id, "days": self.model["horizon_days"]}
        return self._asked(files, sql, values)

    def reasons(self, product_ids: Sequence[str], language: str) -> dict[tuple[str, str], str]:
        """Why the lines of these products are as they are, in the language, by (product_id, supplier_id)."""
        sql = "SELECT * FROM data WHERE list_contains(?, product_id) AND language = ?"
        found = self._query("orders/reasons", sql, [list(product_ids), language])
        return dict(zip(zip(found["product_id"], found["supplier_id"], strict=True), found["reason"], strict=True))

    @cached_property
    def curves(self) -> Curves:
        """What other quantities of today would do. Raises Missing."""
        table = self._table("orders/curves", say("The value curves are missing"))
        return Curves.of(table, self._table("orders/orders", say("The orders are missing")))

    def course(self, product_id: str) -> pd.DataFrame:
        """The plan of a product day by day, as `orders.course` writes it; empty where it has none."""
        return self._query("orders/plan", "FROM data WHERE product_id = ? ORDER BY date", [product_id])

    def of_product(self, name: str, product_id: str) -> pd.DataFrame:
        """The rows of a product in a table such as raw/open_orders."""
        return self._query(name, "FROM data WHERE product_id = ?", [product_id])

    def spans(self) -> list[dict[str, Any]]:
        """table, rows, and the first and last date of those that have dates, for each input table of the run."""
        spans = []
        for name in ("prices", "sales", "products", "suppliers", "stock", "open_orders", "price_tiers"):
            if not (self.folder / "data" / "raw" / f"{name}.parquet").is_file():
                continue
            dated = ", min(date) AS first, max(date) AS last" if name in ("prices", "sales") else ""
            (row,) = records(self._query(f"raw/{name}", f"SELECT count(*) AS rows{dated} FROM data", []))
            spans.append({"table": name, "first": None, "last": None, **row})
        return spans

    def worst(self, most: int) -> pd.DataFrame:
        """product_id, name, ratio, forecasts of the products whose price forecasts lose most against "no change"."""
        sql = """
            SELECT product_id, sqrt(sum((mean - actual)^2) / sum((naive - actual)^2)) AS ratio, count(*) AS forecasts
            FROM data GROUP BY product_id HAVING sum((naive - actual)^2) > 0 AND ratio > 1.005
            ORDER BY ratio DESC, product_id LIMIT ?
        """
        found = self._query("evaluate/price_forecasts", sql, [most])
        return found.merge(self.catalogue[["product_id", "name"]], on="product_id", how="left")

    def past_forecasts(self) -> pd.DataFrame:
        """horizon_days, actual, p10, p50, p90 of the price forecasts that were scored."""
        return self._query("evaluate/price_forecasts", "SELECT horizon_days, actual, p10, p50, p90 FROM data", [])

    def quotes_on(self, asked: pd.DataFrame) -> list[float]:
        """The last quote of each product, supplier_id on or before its day, NaN where there is none."""
        sql = """
            SELECT arg_max(data.unit_price, data.date) AS unit_price
            FROM asked LEFT JOIN data ON data.product_id = asked.product_id AND data.supplier_id = asked.supplier_id
                AND data.date <= asked.day GROUP BY asked.place ORDER BY asked.place
        """
        found = self._asked({"data": "raw/prices"}, sql, [], asked=asked.assign(place=range(len(asked))))
        return found["unit_price"].astype("float64").tolist()

    def promises(self, run_ids: Sequence[str]) -> pd.DataFrame:
        """run_id, product_id, supplier_id, expected_saving of the lines of runs that are still kept."""
        columns = ["run_id", "product_id", "supplier_id", "expected_saving"]
        files = [self.folder.parent / run_id / "data/orders/orders.parquet" for run_id in run_ids if "/" not in run_id]
        frames = [store.read_parquet(file, columns) for file in files if file.is_file()]
        empty = self.lines[columns].head(0)
        return pd.concat([empty, *frames], ignore_index=True)

    def price_history(self, product_id: str, supplier_id: str) -> pd.DataFrame:
        """date, unit_price of the last 180 days; the median where a day has several quotes."""
        sql = """
            SELECT date, median(unit_price) AS unit_price FROM data
            WHERE product_id = ? AND supplier_id = ? AND date > ? GROUP BY date ORDER BY date
        """
        return self._query("raw/prices", sql, [product_id, supplier_id, self._since])

    def price_forecast(self, product_id: str, supplier_id: str, language: str = "en") -> pd.DataFrame:
        """date, p10, p50, p90, skill_weight, drivers (in the language) of the days ahead that people look at."""
        spoken = columns("drivers", self.setting("locale"), self.setting("currency"))
        column = next(name for name, voice in spoken.items() if voice.language == language)
        sql = f"""
            SELECT date, p10, p50, p90, skill_weight, {column} AS drivers FROM data
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

    @property
    def _since(self) -> str:
        return str((self.data_until - pd.Timedelta(days=HISTORY_DAYS)).date())
