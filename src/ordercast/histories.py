"""The panels of a run: laid from data/raw, kept in data/features and read again, block by block of whole products."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast import blocks, panel, store
from ordercast.panel import Panel

SALES = "data/raw/sales.parquet"
PRICES = "data/raw/prices.parquet"
FILES = {
    "price": ("data/features/prices.parquet", ["product_id", "supplier_id"], "unit_price"),
    "demand": ("data/features/demand.parquet", ["product_id"], "demand_units"),
}
Origins = Callable[[Panel], NDArray[np.int64]]
NO_DEMAND = pd.DataFrame(
    {
        "product_id": pd.Series(dtype="str"),
        "date": pd.Series(dtype="datetime64[us]"),
        "demand_units": pd.Series(dtype="float64"),
        "observed": pd.Series(dtype="bool"),
    }
)


def lay(today: pd.Timestamp, step_days: int, origins: Origins | None = None) -> dict[str, Panel]:
    """The panels of the quotes and sales in data/raw up to `today`, as `panel.panels` gives them.

    origins: tells the steps at which the structure of the prices will be asked for, by default all.
    """
    price = prices(PRICES, today, step_days, origins)
    first = panel.first_day(price)
    begin, end, series = _span(SALES, ["product_id"], first, today)
    if not series:
        return {"price": price}
    sold = (sales[sales["date"].between(first, today)] for sales in blocks.read(SALES))
    parts = (panel.demand_part(known, today, step_days, (begin, end)) for known in sold if len(known))
    return {"price": price, "demand": panel.with_price_driver(panel.joined(parts, series), price)}


def prices(path: str | Path, today: pd.Timestamp | None, step_days: int, origins: Origins | None = None) -> Panel:
    """The price panel of the quotes in a Parquet file up to `today`, by default the last day, laid block by block."""
    series = store.series_in(path, ["product_id", "supplier_id"])
    last = series["until"].max() if today is None else today
    known = series["since"] <= last
    if not known.any():
        raise ValueError(f"base.today is {last:%Y-%m-%d}, before the first quote in {path}")
    quoted = store.read_quotes(path, series, "unit_price", blocks.ROWS)
    begin = series["since"].min()
    parts = (panel.price_part(each.until(last.to_datetime64()), last, step_days, begin) for each in quoted)
    whole = panel.joined(parts, int(known.sum()))
    return panel.with_market(whole, None if origins is None else origins(whole))


def _span(
    path: str | Path, key: list[str], first: pd.Timestamp, last: pd.Timestamp
) -> tuple[pd.Timestamp, pd.Timestamp, int]:
    """The first and the last day of a table between two days, and how many series it has there."""
    sql = f"""
        SELECT min(since) AS since, max(until) AS until, count(*) AS series
        FROM (SELECT min(date) AS since, max(date) AS until FROM t WHERE date BETWEEN ? AND ? GROUP BY {", ".join(key)})
    """
    found = store.query(sql, [first.date(), last.date()], t=path).iloc[0]
    return found["since"], found["until"], int(found["series"])


def rows(known: Panel, column: str) -> pd.DataFrame:
    """A panel as rows from each series' first observation on: key, date, `column`, observed."""
    started = np.arange(known.steps) >= known.first[:, None]
    series, step = np.nonzero(started)
    frame = known.ids.iloc[series].reset_index(drop=True)
    frame["date"] = pd.to_datetime(known.dates[step])
    frame[column] = known.value[series, step]
    frame["observed"] = known.observed[series, step]
    return frame


def keep(panels: dict[str, Panel]) -> None:
    """Return nothing; the panels stand in data/features, demand too where nothing was sold."""
    for name, (path, key, column) in FILES.items():
        if name in panels:
            whole = panels[name]
            parts = panel.by_products(whole, max(1, blocks.ROWS // whole.steps))
            blocks.write((rows(whole.take(each), column) for each in parts), path, [*key, "date"])
        else:
            store.write_parquet(NO_DEMAND, path, [*key, "date"])


def load(step_days: int) -> dict[str, Panel]:
    """The panels that `keep` was given."""
    price = panel.with_market(_stored("price", step_days))
    path, _, _ = FILES["demand"]
    if store.query("SELECT count(*) AS rows FROM t", t=path)["rows"].iloc[0] == 0:
        return {"price": price}
    return {"price": price, "demand": panel.with_price_driver(_stored("demand", step_days), price)}


def _stored(name: str, step_days: int) -> Panel:
    path, key, column = FILES[name]
    names = ", ".join(key)
    spans = f"SELECT {names}, min(date) AS since, max(date) AS until, count(*) AS steps FROM t GROUP BY {names}"
    series = store.query(f"{spans} ORDER BY {names}", t=path)
    today = series["until"].max()
    due = (today - series["since"]).dt.days // step_days + 1
    if not (due == series["steps"]).all():
        raise ValueError(f"{path} lacks steps of a series: run `dvc repro features`")
    dates = today.to_datetime64().astype("datetime64[D]") - step_days * np.arange(due.max())[::-1]
    parts = (
        _unfolded(
            series.loc[series["product_id"].between(*each), key].reset_index(drop=True),
            len(dates) - series.loc[series["product_id"].between(*each), "steps"].to_numpy(),
            store.read_parquet(path, [column, "observed"], each).rename(columns={column: "value"}),
            dates,
            step_days,
        )
        for each in blocks.products(path)
    )
    return panel.joined(map(panel.in_logs, parts) if name == "price" else parts, len(series))


def _unfolded(
    ids: pd.DataFrame, first: NDArray[np.int64], cells: pd.DataFrame, dates: NDArray[np.datetime64], step_days: int
) -> Panel:
    """The panel of series that start at the steps `first`, from the value and observed of their steps from there on."""
    started = np.arange(len(dates)) >= first[:, None]
    value, observed = np.empty(started.shape), np.zeros(started.shape, dtype=bool)
    value[started], observed[started] = cells["value"], cells["observed"]
    value = np.where(started, value, value[np.arange(len(ids)), first][:, None])
    return Panel(ids, dates, value, value, observed, first, step_days)
