"""Which rows a model learns from: origins, horizons, identity codes, and the rows as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast.calibrate import NEAR_DAYS
from ordercast.features import Cells, Rows
from ordercast.kernels import ahead as ahead_of
from ordercast.panel import Panel
from ordercast.params import Features

MIN_HISTORY_DAYS = 56
DAY_BITS = 20  # room for a date beside the seed in a key of the draws
SPARE = 4  # draws for each row wanted, since some look at days that nobody quoted
NOT_FEATURES = ("product_id", "supplier_id", "origin", "horizon_days", "base", "scale", "unit", "cluster", "trust")


def horizons(horizon_days: int, step_days: int) -> NDArray[np.int64]:
    """The steps that reach `horizon_days`: 1..14 on a daily calendar, 1..2 on a weekly one for 14 days."""
    return np.arange(1, -(-horizon_days // step_days) + 1)


def shown_days(horizon_days: int, step_days: int) -> int:
    """The days ahead that people see: `horizon_days`, or the whole weeks that hold them."""
    return step_days * len(horizons(horizon_days, step_days))


def near_steps(step_days: int) -> int:
    """The horizons that people see first, in steps: a fortnight."""
    return max(1, NEAR_DAYS // step_days)


def least_days(horizon_days: int) -> int:
    """The days of history that it takes to learn, judge and test forecasts so far ahead."""
    return 100 + 3 * horizon_days


def long_enough(panels: dict[str, Panel], horizon_days: int) -> dict[str, Panel]:
    """The panels whose history suffices to learn from, to judge the model and to test it once.

    Demand that is known for too short a time is left out (no forecast, no order); raises ValueError for such prices.
    """
    least = least_days(horizon_days)
    panel = panels["price"]
    known = panel.steps * panel.step_days
    if known < least:
        raise ValueError(
            f"the prices up to {panel.dates[-1]} span {known} days; to learn, judge and test forecasts of "
            f"{horizon_days} days takes {least}. Bring a longer history, or a shorter base.horizon_days"
        )
    return {name: each for name, each in panels.items() if each.steps * each.step_days >= least}


def origins(panel: Panel, spec: Features) -> NDArray[np.int64]:
    """The steps that `training_cells` draws from."""
    day = panel.dates.astype(np.int64)
    on_grid = (day // panel.step_days) % max(1, spec.origin_every_days // panel.step_days) == 0
    recent = day > day[-1] - spec.history_days
    grown = np.arange(panel.steps) * panel.step_days >= MIN_HISTORY_DAYS
    return np.flatnonzero(on_grid & recent & grown)


def training_cells(panel: Panel, ahead: NDArray[np.int64], spec: Features, seed: int) -> Cells:
    """The cells to learn from: a sample of origins and horizons whose target was observed, `spec.max_rows` at most.

    Origins stand every `origin_every_days` of the last `history_days`, on a daily calendar on a fixed grid of dates;
    each (series, origin) draws `horizons_per_origin` of the horizons that were observed, nine draws in ten from the
    near ones. The draws follow from the seed, the date and the series' name alone: until there are more than
    `max_rows`, of which an even sample is kept, a new product moves no row, a new day none whose horizons were all
    known before.
    """
    origin, day = origins(panel, spec), panel.dates.astype(np.int64)
    names = pd.util.hash_pandas_object(panel.ids, index=False).to_numpy().astype(np.uint64)
    draws = int((panel.first[:, None] <= origin).sum()) * spec.horizons_per_origin
    series, start, horizon, order = ahead_of.drawn_cells(
        panel.observed,
        panel.first,
        names,
        (day[origin] + (seed << DAY_BITS)).astype(np.uint64),
        origin,
        spec.horizons_per_origin,
        SPARE * spec.max_rows / max(draws, 1),
        len(ahead),
        min(near_steps(panel.step_days), len(ahead)),
    )
    kept = np.argsort(order, kind="stable")[: spec.max_rows]
    shape = len(panel.first), panel.steps, len(ahead) + 1
    cells = np.unique(np.ravel_multi_index((series[kept], start[kept], horizon[kept]), shape))
    return Cells(*(np.ascontiguousarray(place) for place in np.unravel_index(cells, shape)))


def code_table(products: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """The identity codes, stored with the model: kind (product, supplier, category), value, code.

    products: product_id, category; prices: product_id, supplier_id. Codes are numbers in the order of the sorted values
    of the whole catalogue, so they never depend on which products are asked for together.
    """
    kinds = {
        "product": prices["product_id"],
        "supplier": prices["supplier_id"],
        "category": products["category"].dropna(),
    }
    parts = [
        pd.DataFrame({"kind": kind, "value": values, "code": np.arange(len(values))})
        for kind, column in kinds.items()
        if len(values := np.sort(column.unique().astype(str)))
    ]
    return pd.concat(parts, ignore_index=True)


def codes_from(stored: dict[str, list[str]]) -> pd.DataFrame:
    """The code table as `models/metadata.json` holds it: kind -> values in the order of their codes."""
    return pd.DataFrame(
        [(kind, value, code) for kind, values in stored.items() for code, value in enumerate(values)],
        columns=["kind", "value", "code"],
    )


def codes_of(ids: pd.DataFrame, products: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The codes of each series of `ids` as features: product_code, category_code and, for prices, supplier_code.

    What the table does not know (a product that came after training) is NaN, which the model reads as unknown.
    """
    named = ids.merge(products[["product_id", "category"]], on="product_id", how="left", validate="many_to_one")
    columns = {"product": "product_id", "category": "category", "supplier": "supplier_id"}
    return pd.DataFrame(
        {
            f"{kind}_code": named[column].map(known["code"]).astype(float).to_numpy()
            for kind, column in columns.items()
            if column in named
            for known in [table[table["kind"] == kind].set_index("value")]
        }
    )


def wanted(ids: pd.DataFrame, series: pd.DataFrame) -> NDArray[np.bool_]:
    """Which series of `ids` are to be forecast: prices that are still quoted, demand of products that are.

    series: product_id, supplier_id, status of every price series.
    """
    keys = list(ids.columns)
    active = pd.MultiIndex.from_frame(series.loc[series["status"] == "active", keys])
    return pd.MultiIndex.from_frame(ids).isin(active)


def to_frame(rows: Rows, panel: Panel) -> pd.DataFrame:
    """Rows as a table: ids, origin, horizon_days, base, scale, unit, cluster, trust, then the float32 features."""
    frame = panel.ids.iloc[rows.series].reset_index(drop=True)
    frame["origin"] = pd.to_datetime(panel.dates[rows.origin])
    frame["horizon_days"] = rows.horizon * panel.step_days
    frame["base"], frame["scale"], frame["unit"], frame["cluster"] = rows.base, rows.scale, rows.unit, rows.group
    frame["trust"] = rows.trust
    return pd.concat([frame, pd.DataFrame(rows.x, columns=rows.names)], axis=1)


def from_frame(frame: pd.DataFrame, panel: Panel) -> Rows:
    """The rows that `to_frame` wrote, with series and origins as positions in `panel`."""
    keys = list(panel.ids.columns)
    series = pd.MultiIndex.from_frame(panel.ids).get_indexer(pd.MultiIndex.from_frame(frame[keys]))
    origin = (frame["origin"].to_numpy().astype("datetime64[D]") - panel.dates[0]).astype(np.int64) // panel.step_days
    names = [name for name in frame.columns if name not in NOT_FEATURES]
    return Rows(
        names,
        frame[names].to_numpy(dtype=np.float32),
        series,
        origin,
        frame["horizon_days"].to_numpy() // panel.step_days,
        frame["base"].to_numpy(),
        frame["scale"].to_numpy(),
        frame["unit"].to_numpy(),
        frame["cluster"].to_numpy(dtype=np.int64),
        frame["trust"].to_numpy(),
    )
