"""What the benchmarks measure on: folders of tables, a simulated catalogue, and a seeded draw of whole series.

A folder is understood with Ordercast's own column names and with those of public price panels (`price`, `units`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast import histories, metrics, panel, quotes, simulate
from ordercast.panel import Panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RECENT_DAYS = 60  # a series without a quote for longer is not drawn: there is nothing to be right about
MIN_OBSERVED = 30  # steps observed before the first test origin
MIN_PAST_DAYS = 240  # before the first test origin, to learn from
SIMULATED_PRODUCTS, SIMULATED_DAYS = 200, 1095
WANTED = {  # table -> our column -> (SQL type, the names it may have, what stands for a column that is not there)
    "prices": {
        "product_id": ("VARCHAR", ["product_id"], None),
        "supplier_id": ("VARCHAR", ["supplier_id"], "'default'"),
        "date": ("DATE", ["date"], None),
        "unit_price": ("DOUBLE", ["unit_price", "price"], None),
    },
    "sales": {
        "product_id": ("VARCHAR", ["product_id"], None),
        "date": ("DATE", ["date"], None),
        "demand_units": ("DOUBLE", ["demand_units", "units"], None),
        "in_stock": ("BOOLEAN", ["in_stock"], "true"),
    },
    "products": {
        "product_id": ("VARCHAR", ["product_id"], None),
        "category": ("VARCHAR", ["category"], "NULL"),
    },
}


class InputError(ValueError):
    """A folder that cannot be measured on; the text says why and what to do."""


@dataclass(frozen=True)
class Tables:
    """A panel as it came, in Ordercast's column names.

    prices: product_id, supplier_id, date, unit_price; sales: product_id, date, demand_units, in_stock; products:
    product_id, category; truth: the tables of simulate.World.truth; notes: what was left out or taken as given.
    """

    name: str
    prices: pd.DataFrame
    sales: pd.DataFrame
    products: pd.DataFrame
    truth: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """What every contender is asked: forecasts of the drawn series at the origins, after one fit at the first of them.

    name: the panel, with `:demand` for its sales; tables: of the drawn series only, so that all know the same;
    horizons, origins: in steps. Nobody may look past `panel.until(origin + 1)` at an origin, nor past the cut to learn.
    """

    name: str
    target: str
    tables: Tables
    panel: Panel
    horizons: Ints
    origins: list[int]
    notes: tuple[str, ...]

    @property
    def cut(self) -> int:
        return self.origins[0]

    def known(self, origin: int) -> Panel:
        """The panel as it stood when step `origin` was the last one known."""
        return self.panel.until(origin + 1)

    def actual(self) -> Floats:
        """What came, (series, origins, horizons), NaN where nothing was observed."""
        step = np.array(self.origins)[:, None] + self.horizons
        return np.where(self.panel.observed[:, step], self.panel.value[:, step], np.nan)

    def scales(self) -> tuple[Floats, Floats]:
        """Root mean squared and mean absolute one-step naive error before the first origin, (series,) each."""
        past = self.known(self.cut)
        return metrics.naive_scales(past.value, past.observed)


def read(folder: str | Path) -> Tables:
    """The tables of a folder: prices.parquet or .csv, and sales and products where they are there.

    Rows without a product, a date or a number, and prices that are not above 0, are left out and counted in the notes.
    """
    folder = Path(folder)
    found = {name: _table(folder, name) for name in WANTED}
    prices, notes = found["prices"]
    if prices is None:
        raise InputError(f"{folder} holds neither prices.parquet nor prices.csv. Name a folder that does")
    sold, more = found["sales"]
    sales = no_sales() if sold is None else sold
    products = pd.DataFrame({"product_id": prices["product_id"].unique()})
    named, _ = found["products"]
    if named is None:
        products["category"] = None
    else:
        products = products.merge(named.drop_duplicates("product_id"), on="product_id", how="left")
    return Tables(folder.resolve().name, prices, sales, products, notes=(*notes, *more))


def no_sales() -> pd.DataFrame:
    """A sales table without a row."""
    return histories.NO_DEMAND.drop(columns="observed").assign(in_stock=pd.Series(dtype="bool"))


def _table(folder: Path, name: str) -> tuple[pd.DataFrame | None, list[str]]:
    path = next((p for kind in ("parquet", "csv") if (p := folder / f"{name}.{kind}").exists()), None)
    if path is None:
        return None, []
    options = ", all_varchar = true" if path.suffix == ".csv" else ""
    source = f"read_{path.suffix[1:]}(?{options})"
    with duckdb.connect(config={"threads": 1}) as connection:
        there = connection.execute(f"DESCRIBE SELECT * FROM {source}", [str(path)]).df()["column_name"].tolist()
        chosen = {column: _choice(path, there, column, *spec) for column, spec in WANTED[name].items()}
        columns = ", ".join(f"{expression} AS {column}" for column, expression in chosen.items())
        frame = connection.execute(f"SELECT {columns} FROM {source}", [str(path)]).df()
    frame["product_id"] = frame["product_id"].astype("str")
    if name == "products":
        return frame, []
    frame["date"] = frame["date"].astype("datetime64[us]")
    number = frame.columns[-1] if name == "prices" else "demand_units"
    good = frame.notna().all(axis=1) & ((frame[number] > 0) if name == "prices" else (frame[number] >= 0))
    notes = [] if good.all() else [f"{path.name}: {(~good).sum()} of {len(frame)} rows cannot be used and are left out"]
    key = [column for column in ("product_id", "supplier_id", "date") if column in frame]
    return frame[good].sort_values(key, ignore_index=True), notes


def _choice(path: Path, there: list[str], column: str, kind: str, names: list[str], otherwise: str | None) -> str:
    for name in names:
        if name in there:
            return f'TRY_CAST("{name}" AS {kind})'
    if otherwise is None:
        raise InputError(f"{path} has no column {' or '.join(names)}; it has: {', '.join(there)}")
    return f"CAST({otherwise} AS {kind})"


def simulated(seed: int, products: int = SIMULATED_PRODUCTS, days: int = SIMULATED_DAYS) -> Tables:
    """The default simulated catalogue, with its truth."""
    world = simulate.world(products, days, seed, simulate.DEFAULT_TODAY, "BRL")
    return Tables("simulated", world.prices, world.sales, world.products, world.truth)


def earlier(tables: Tables, skip_days: int) -> Tables:
    """Prices and sales up to `skip_days` days before the last price: days to choose settings by, not to report.

    Raises InputError for fewer than 0 days, or where no price is left.
    """
    if skip_days < 0:
        raise InputError(f"--skip-days is {skip_days}: give 0 or more")
    end = tables.prices["date"].max() - pd.Timedelta(days=skip_days)
    prices, sales = (each[each["date"] <= end].reset_index(drop=True) for each in (tables.prices, tables.sales))
    if prices.empty:
        raise InputError(f"{tables.name} has no price {skip_days} days before its last one: skip fewer days")
    note = (f"the last {skip_days} days left out",) if skip_days else ()
    return replace(tables, prices=prices, sales=sales, notes=(*tables.notes, *note))


def tasks(tables: Tables, origins: int, max_series: int, seed: int, horizon_days: int = 14) -> list[Task]:
    """The price task of a panel and, where there are sales, its demand task."""
    today = tables.prices["date"].max()
    step_days = quotes.detect_step_days(tables.prices, "auto")
    horizons = np.arange(1, -(-horizon_days // step_days) + 1)
    made = []
    for target, whole in panel.panels(tables.prices, tables.sales, today, step_days).items():
        at, note = last_origins(whole, horizons, origins)
        drawn = draw(whole, at[0], max_series, seed)
        own = _only(tables, whole.ids[drawn])
        small = panel.panels(own.prices, own.sales, today, step_days)[target]
        shift = whole.steps - small.steps  # the drawn series may begin later than the whole catalogue
        name = tables.name if target == "price" else f"{tables.name}:{target}"
        said = f"{len(small.ids)} of {len(whole.ids)} series"
        notes = (*tables.notes, said, *([note] if note else []))
        made.append(Task(name, target, own, small, horizons, [origin - shift for origin in at], notes))
    return made


def last_origins(whole: Panel, horizons: Ints, asked: int) -> tuple[list[int], str]:
    """The last `asked` origins (steps), one horizon apart, the last with all its targets in the panel; and a note.

    A short history gives fewer, so that 240 days at least lie before the first. Raises InputError where none fits.
    """
    reach = int(horizons.max())
    last = whole.steps - 1 - reach
    count = min(asked, (last - MIN_PAST_DAYS // whole.step_days) // reach + 1)
    if count < 1:
        raise InputError(
            f"the history spans {whole.steps * whole.step_days} days, and forecasts of {reach * whole.step_days} days "
            f"take {MIN_PAST_DAYS + reach * whole.step_days} to be measured. Bring a longer one"
        )
    note = f"{count} of {asked} origins: the history is short" if count < asked else ""
    return [last - reach * back for back in range(count)][::-1], note


def draw(whole: Panel, cut: int, max_series: int, seed: int) -> NDArray[np.bool_]:
    """Which series are drawn, (series,): whole products in a seeded order, as long as `max_series` is not passed.

    Drawn are series observed in the last 60 days (demand: sold), with 30 observed steps and a scale before the cut.
    """
    past = whole.until(cut + 1)
    alive = whole.observed & (whole.value > 0)
    recent = alive[:, -max(RECENT_DAYS // whole.step_days, 1) :].any(axis=1)
    scale, _ = metrics.naive_scales(past.value, past.observed)
    usable = recent & np.isfinite(scale) & (past.observed.sum(axis=1) >= MIN_OBSERVED)
    if not usable.any():
        raise InputError("no series is still quoted, long enough and ever changing: there is nothing to measure on")
    product = whole.ids["product_id"].to_numpy()
    order = np.random.default_rng(seed).permutation(np.unique(product[usable]))
    size = pd.Series(product[usable]).value_counts().reindex(order).cumsum().to_numpy()
    kept = order[: max(int((size <= max_series).sum()), 1)]
    return np.asarray(usable & np.isin(product, kept))


def _only(tables: Tables, ids: pd.DataFrame) -> Tables:
    """The tables of the given series; for demand, all prices of their products."""
    key = list(ids.columns)
    wanted = pd.MultiIndex.from_frame(ids) if len(key) > 1 else pd.Index(ids[key[0]])
    there = pd.MultiIndex.from_frame(tables.prices[key]) if len(key) > 1 else pd.Index(tables.prices[key[0]])
    product = ids["product_id"]
    return replace(
        tables,
        prices=tables.prices[there.isin(wanted)].reset_index(drop=True),
        sales=tables.sales[tables.sales["product_id"].isin(product)].reset_index(drop=True),
        products=tables.products[tables.products["product_id"].isin(product)].reset_index(drop=True),
        truth={
            name: table[table["product_id"].isin(product)].reset_index(drop=True)
            for name, table in tables.truth.items()
        },
    )


def synthetic(series: int, days: int, seed: int, new_share: float = 0.0) -> pd.DataFrame:
    """Daily prices of a made-up catalogue: a third sticky, a third mean-reverting, a third seasonal.

    product_id, supplier_id, date, unit_price, sorted. new_share: part of the products that began 60 days ago. It costs
    little at any size, unlike the simulated world with its suppliers, stock and truth.
    """
    rng = np.random.default_rng(seed)
    level, kind = rng.normal(2.5, 1.0, series), np.arange(series) % 3
    noise = np.zeros((series, days), dtype=np.float32)
    shock = rng.standard_normal((series, days), dtype=np.float32) * 0.02
    for day in range(1, days):
        noise[:, day] = 0.95 * noise[:, day - 1] + shock[:, day]
    stands = np.arange(days) // 14 * 14
    noise[kind == 0] = noise[kind == 0][:, stands]
    phase = rng.uniform(0, 2 * np.pi, series)
    noise[kind == 2] += 0.15 * np.sin(2 * np.pi * np.arange(days) / 365.25 + phase[kind == 2, None])
    price = np.round(np.exp(level[:, None] + noise), 2).clip(0.01)
    first = np.where(np.arange(series) < round(new_share * series), max(days - 60, 0), 0)
    row, step = np.nonzero(np.arange(days) >= first[:, None])
    ids = np.array([f"P{number:06d}" for number in range(series)])
    dates = np.datetime64(date(2026, 10, 31), "us") - (days - 1 - np.arange(days)).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "product_id": pd.Categorical.from_codes(row, pd.Index(ids)),
            "supplier_id": pd.Categorical.from_codes(np.zeros(len(row), dtype=np.int8), pd.Index(["default"])),
            "date": dates[step],
            "unit_price": price[row, step],
        }
    )
