"""Ordercast's own engine as a contender: the only room here that knows how it is trained and asked.

features: `lesson`; fit: `fit`; forecasts at an origin: `forecast`. Settings are the project's defaults.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.panels import Floats, Ints
from ordercast import forecast as engine
from ordercast import panel, params, samples, train
from ordercast.features import TARGETS, Problem, Rows, rows

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
    spec = params.Features()
    known = panel.panels(prices, sales, today, step_days)[target]
    codes = samples.codes_of(known.ids, products, samples.code_table(products, prices))
    problem = Problem(TARGETS[target], known, horizons, codes, spec)
    cut = known.steps - 1 - last_steps
    past = problem.at(cut)
    starts = samples.origins(past.panel, spec.origin_every_days, spec.history_days)
    drawn = samples.drawn_horizons(past.panel, horizons, spec.horizons_per_origin, SEED)
    return Lesson(problem, rows(past, starts, drawn), cut)


def fit(known: Lesson) -> Model:
    """The forecaster as it would have been at the lesson's cut."""
    settings = params.Train()
    past = known.problem.at(known.cut)
    at = train.split(past.panel, known.cut, settings.validation_days)
    return Model(known.problem, train.fit(past, known.rows, at, settings, seed=SEED, threads=THREADS))


def forecast(model: Model, origin: int, strategy: Strategy = "direct") -> tuple[Floats, Floats]:
    """Mean (series, horizons) and quantiles .1, .5, .9 (series, horizons, 3) in units, as known at step `origin`."""
    table = engine.forecast(model.forecaster, model.problem.at(origin), strategy)
    shape = (len(model.problem.panel.ids), len(model.problem.horizons))
    quantiles = np.stack([table[name].to_numpy().reshape(shape) for name in ("p10", "p50", "p90")], axis=2)
    return table["mean"].to_numpy().reshape(shape), quantiles
