"""Ordercast's own engine as a contender: the only room here that knows how it is trained and asked.

features: `lesson`; fit: `fit`; forecasts at an origin: `forecast`. Settings are the project's defaults.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from benchmarks.panels import Floats, Ints
from ordercast import forecast as engine
from ordercast import panel, params, samples, train
from ordercast.features import TARGETS, Problem, Rows, rows
from ordercast.panel import Panel

Strategy = engine.Strategy
SEED, THREADS = 7, 2


@dataclass(frozen=True)
class Lesson:
    """A problem on the whole panel, and the rows to learn from, which look no further than step `cut`."""

    problem: Problem
    rows: Rows
    cut: int


@dataclass(frozen=True)
class Model:
    """A fitted forecaster with the problem it is asked about."""

    problem: Problem
    forecaster: engine.Forecaster


def lesson(
    prices: pd.DataFrame,
    sales: pd.DataFrame,
    products: pd.DataFrame,
    target: str,
    horizons: Ints,
    *,
    today: pd.Timestamp,
    step_days: int = 1,
    last_steps: int = 0,
) -> Lesson:
    """Panel up to `today` and training rows; the last `last_steps` steps are not learned from."""
    priced = panel.price_panel(prices, today, step_days)
    known = priced if target == "price" else panel.demand_panel(sales, priced)
    return lesson_on(known, priced.ids, products, target, horizons, last_steps)


def lesson_on(
    known: Panel, priced: pd.DataFrame, products: pd.DataFrame, target: str, horizons: Ints, last_steps: int = 0
) -> Lesson:
    """The lesson on a panel that is laid; priced: the ids of the price series."""
    settings = params.Params()
    codes = samples.codes_of(known.ids, products, samples.code_table(products, priced))
    problem = Problem(TARGETS[target], known, horizons, codes, settings.features)
    cut = known.steps - 1 - last_steps
    past = problem.at(cut)
    cells = samples.training_cells(past.panel, _taught(known.step_days), settings.features, SEED)
    return Lesson(problem, rows(past, cells), cut)


def _taught(step_days: int) -> Ints:
    """The horizons that the project trains for, whatever it is asked here."""
    settings = params.Params()
    return samples.horizons(max(settings.base.horizon_days, settings.forecast.reach_days), step_days)


def fit(known: Lesson) -> Model:
    """The forecaster as it would have been at the lesson's cut."""
    past = replace(known.problem.at(known.cut), horizons=_taught(known.problem.panel.step_days))
    forecaster = train.fit(past, known.rows, known.cut, params.Params().train, seed=SEED, threads=THREADS)
    return Model(known.problem, forecaster)


def forecast(model: Model, origin: int, strategy: Strategy = "direct") -> tuple[Floats, Floats]:
    """Mean (series, horizons) and quantiles .1, .5, .9 (series, horizons, 3) in units, as known at step `origin`."""
    table = engine.forecast(model.forecaster, model.problem.at(origin), strategy)
    shape = (len(model.problem.panel.ids), len(model.problem.horizons))
    quantiles = np.stack([table[name].to_numpy().reshape(shape) for name in ("p10", "p50", "p90")], axis=2)
    return table["mean"].to_numpy().reshape(shape), quantiles
