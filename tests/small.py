"""Small literal worlds that several test modules share."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from ordercast import features, panel, params, samples, train
from ordercast.features import TARGETS, Problem, Rows
from ordercast.forecast import Forecaster
from ordercast.states import PRICE_CLUSTERS

SPEC = params.Features(origin_every_days=1, change_days=(1, 7, 28), mean_days=(7, 28, 365))
TRAIN = params.Train(
    fold_days=42,
    learning_rate=0.2,
    num_leaves=7,
    min_data_in_leaf=20,
    feature_fraction=1.0,
    max_rounds=30,
    early_stopping_rounds=5,
)
MOVING = PRICE_CLUSTERS.index("moving, steady, astir")  # that of A and B
STICKY = PRICE_CLUSTERS.index("sticky, steady, calm")  # that of C
PRODUCTS = pd.DataFrame({"product_id": ["A", "B", "C"], "category": ["x", "x", None]})


def quotes(days: int = 300, seed: int = 0) -> pd.DataFrame:
    """Daily quotes of A (two suppliers), B and C: mean-reverting, C sticky, with gaps."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2025-01-01", periods=days, freq="D")
    parts = []
    for index, (product, supplier) in enumerate([("A", "F1"), ("A", "F2"), ("B", "F1"), ("C", "F1")]):
        level = np.zeros(days)
        for day in range(1, days):
            level[day] = 0.9 * level[day - 1] + 0.03 * rng.standard_normal()
        if product == "C":
            level = level[np.arange(days) // 14 * 14]
        price = np.round((10 + index) * np.exp(level), 2)
        kept = rng.random(days) > 0.1
        kept[[0, -1]] = True
        parts.append(
            pd.DataFrame({"product_id": product, "supplier_id": supplier, "date": dates, "unit_price": price})[kept]
        )
    return pd.concat(parts, ignore_index=True)


def quotes_with_comers_and_goers() -> pd.DataFrame:
    """The small world's quotes, with a supplier of B that comes on day 220 and one of C that left on day 40."""
    known = quotes()
    first = known["date"].min()
    late = known[(known["product_id"] == "A") & (known["supplier_id"] == "F1")].assign(product_id="B", supplier_id="F8")
    gone = late.assign(product_id="C", supplier_id="F9")
    late = late[late["date"] >= first + pd.Timedelta(days=220)]
    gone = gone[gone["date"] < first + pd.Timedelta(days=40)]
    return pd.concat([known, late, gone], ignore_index=True)


def sales(days: int = 300, seed: int = 1) -> pd.DataFrame:
    """Daily sales of A and B with a weekly rhythm; B runs out of stock now and then."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2025-01-01", periods=days, freq="D")
    rhythm = 1 + 0.4 * np.sin(2 * np.pi * np.arange(days) / 7)
    parts = []
    for product, level in (("A", 20), ("B", 5)):
        in_stock = (rng.random(days) > 0.05) | (product == "A")
        demand = rng.poisson(level * rhythm) * in_stock
        parts.append(
            pd.DataFrame({"product_id": product, "date": dates, "demand_units": demand * 1.0, "in_stock": in_stock})
        )
    return pd.concat(parts, ignore_index=True)


def problem(target: str = "price", prices: pd.DataFrame | None = None, sold: pd.DataFrame | None = None) -> Problem:
    """The problem of forecasting the small world's prices or demand a fortnight ahead."""
    prices = quotes() if prices is None else prices
    known = panel.panels(prices, sales() if sold is None else sold, prices["date"].max(), 1)[target]
    codes = samples.code_table(PRODUCTS, prices)
    return Problem(TARGETS[target], known, samples.horizons(14, 1), samples.codes_of(known.ids, PRODUCTS, codes), SPEC)


def rows(asked: Problem, origins: list[int]) -> Rows:
    """The feature rows of every started series at the origins, at each horizon."""
    return features.rows(asked, features.every_cell(asked, origins))


def training_rows(asked: Problem) -> Rows:
    """The rows that stage 2 draws, of any small problem."""
    return features.rows(asked, samples.training_cells(asked.panel, asked.horizons, asked.spec, seed=7))


def fitted(asked: Problem, known: Rows | None = None, cut: int | None = None, **changes: float) -> Forecaster:
    """A forecaster of the problem that knows everything up to `cut`; changes: of the small world's settings."""
    return train.fit(
        asked,
        training_rows(asked) if known is None else known,
        asked.panel.steps - 1 if cut is None else cut,
        TRAIN.model_copy(update=changes),
        seed=7,
        threads=2,
    )


def lay_small_params_over(path: str | Path) -> None:
    """Change a params.yaml into the small world's."""
    params = yaml.safe_load(Path(path).read_text())
    for section, changes in yaml.safe_load(Path(__file__).with_name("params.small.yaml").read_text()).items():
        params[section] |= changes
    Path(path).write_text(yaml.safe_dump(params, sort_keys=False))


if __name__ == "__main__":
    lay_small_params_over(sys.argv[1])
