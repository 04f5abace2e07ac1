"""Training: which rows, which split, how many rounds, and how far to trust the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from ordercast import calibrate, features, forecast
from ordercast.features import Problem, Rows
from ordercast.forecast import STRATEGIES, Forecaster
from ordercast.panel import Panel
from ordercast.params import Train
from ordercast.states import Floats

MIN_ROWS = 50
RECURSED_PRODUCTS = 30  # enough to judge a recursion by: the evidence lies in the origins
TARGET_LIMIT = 6.0  # scaled departures beyond this are typing errors or shocks that nobody forecasts


@dataclass(frozen=True)
class Split:
    """Steps that divide the past: rows whose target lies before `valid_from` train, the others up to `cut` validate."""

    valid_from: int
    cut: int

    def validation_origins(self, horizons: NDArray[np.int64]) -> list[int]:
        """Origins, in steps, whose targets all lie in the validation window.

        They are one step further apart than the longest horizon: no two share a target, and they fall on every weekday.
        """
        reach = int(horizons.max())
        return list(range(self.cut - reach, self.valid_from - 1, -reach - 1))[::-1]


def split(panel: Panel, cut: int, validation_days: int) -> Split:
    """The temporal split of the history up to step `cut`; validation takes a quarter of a short history at most."""
    known_days = (cut + 1) * panel.step_days
    return Split(cut - min(validation_days, known_days // 4) // panel.step_days, cut)


def fit(problem: Problem, rows: Rows, at: Split, train: Train, *, seed: int, threads: int) -> Forecaster:
    """A forecaster that has seen nothing after step `at.cut`.

    rows: training rows of any origins; those whose target lies after the cut or was not observed are left out.
    Early stopping finds the number of rounds on the validation window, whose origins also give the guard and the
    bands; then the model is fitted again on everything up to the cut. With fewer than 50 rows on either side of the
    split there are no trees, and the forecast is the base.
    """
    y = features.scaled_target(problem.panel, rows)
    due = rows.origin + rows.horizon
    usable = np.isfinite(y) & (due <= at.cut)
    y = np.clip(y, -TARGET_LIMIT, TARGET_LIMIT)
    settings = _settings(train, seed, threads)
    early, late = usable & (due < at.valid_from), usable & (rows.origin >= at.valid_from)
    enough = min(early.sum(), late.sum()) >= MIN_ROWS
    trial, rounds = _early_stopped(rows, y, early, late, settings, train) if enough else (_silent(rows, settings), 0)
    judged = Forecaster(problem.target, trial, rows.names, rounds, {}, {})
    skill, bands = _judge(judged, problem, at.validation_origins(problem.horizons))
    final = lgb.train(settings, _dataset(rows, y, usable), num_boost_round=rounds) if enough else trial
    return Forecaster(problem.target, final, rows.names, rounds, skill, bands)


def _silent(rows: Rows, settings: dict[str, Any]) -> lgb.Booster:
    """A model that always answers 0, the base itself: where next to nothing was observed, nothing is learned."""
    nothing = lgb.Dataset(np.zeros((1, len(rows.names))), label=[0.0], feature_name=rows.names)
    return lgb.train(settings, nothing, num_boost_round=1)


def _settings(train: Train, seed: int, threads: int) -> dict[str, Any]:
    return {
        "objective": "regression",
        "metric": "l2",
        "learning_rate": train.learning_rate,
        "num_leaves": train.num_leaves,
        "min_data_in_leaf": train.min_data_in_leaf,
        "feature_fraction": train.feature_fraction,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbosity": -1,
    }


def _dataset(rows: Rows, y: Floats, use: NDArray[np.bool_], reference: lgb.Dataset | None = None) -> lgb.Dataset:
    return lgb.Dataset(
        rows.x[use],
        label=y[use],
        feature_name=rows.names,
        reference=reference,
        free_raw_data=True,
    )


def _early_stopped(
    rows: Rows,
    y: Floats,
    early: NDArray[np.bool_],
    late: NDArray[np.bool_],
    settings: dict[str, Any],
    train: Train,
) -> tuple[lgb.Booster, int]:
    learning = _dataset(rows, y, early)
    booster = lgb.train(
        settings,
        learning,
        num_boost_round=train.max_rounds,
        valid_sets=[_dataset(rows, y, late, reference=learning)],
        callbacks=[lgb.early_stopping(train.early_stopping_rounds, verbose=False)],
    )
    return booster, max(booster.best_iteration, 1)


def _judge(trial: Forecaster, problem: Problem, origins: Sequence[int]) -> tuple[dict[str, Floats], dict[str, Floats]]:
    groups = len(trial.target.groups)
    skill: dict[str, Floats] = {}
    bands: dict[str, Floats] = {}
    for strategy in STRATEGIES:
        asked = _thinned(problem, RECURSED_PRODUCTS) if strategy == "recursive" else problem
        outcome = [(origin, forecast.scaled(trial, asked.at(origin), strategy)) for origin in origins]
        past = forecast.departures(asked, outcome)
        skill[strategy] = calibrate.skill_weights(past.predicted, past.actual, past.origin, past.group, groups)
        error = past.actual - skill[strategy][past.group] * past.predicted
        bands[strategy] = calibrate.bands(error, past.horizon, past.group, groups, problem.horizons)
    return skill, bands


def _thinned(problem: Problem, most: int) -> Problem:
    """The problem of `most` products at most, evenly spread: a recursion asks the model once per day ahead.

    Whole products, since the suppliers of one are compared with each other.
    """
    product = problem.panel.ids["product_id"]
    names = product.unique()
    kept = names[np.linspace(0, len(names) - 1, min(most, len(names))).round().astype(int)]
    return problem.take(product.isin(kept).to_numpy())
