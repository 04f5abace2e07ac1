"""Training: how many rounds, and then a fit on everything.

Past windows judge what each fit on the days before them would have said, all other times the line beside the trees;
what both deserve is for `trust` to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from ordercast import calibrate, features, metrics, paths, reversion, samples, trust
from ordercast.features import Problem, Rows
from ordercast.forecast import LEVELS, Forecaster
from ordercast.params import Train
from ordercast.states import Floats, Ints

MIN_ROWS = 50
BAGGING_EVERY = 5  # rounds: drawing the rows anew costs as much as a tree
ROWS_PER_THREAD = 100_000  # a smaller fit is no faster on two cores, and burns both
NO_LINE = np.zeros((calibrate.RANGES, 0))
OUTER_STEP = 1.2  # outer quantiles may stride: what they get wrong in general is shifted afterwards


@dataclass(frozen=True)
class Window:
    """A stretch of the past, in steps: rows whose target lies before `start` teach, those from start to end judge."""

    start: int
    end: int


@dataclass(frozen=True)
class Lesson:
    """What is known up to a cut: the usable rows' places, targets, which are near, and all binned for LightGBM."""

    use: Ints
    y: Floats
    near: NDArray[np.bool_]
    data: lgb.Dataset


@dataclass(frozen=True)
class Trial:
    """A window's rows as places in the lesson, binned once for all levels: early ones teach, late ones judge.

    near: the late rows whose loss ends the training.
    """

    early: Ints
    late: Ints
    near: Ints
    taught: lgb.Dataset
    asked: lgb.Dataset


def folds(cut: int, step_days: int, train: Train) -> list[Window]:
    """The windows that judge, the last one ending at the cut; together they take half of a short history at most."""
    length = min(train.fold_days // step_days, (cut + 1) // (2 * train.folds))
    return [Window(cut - (back + 1) * length, cut - back * length) for back in range(train.folds)][::-1]


def fit(problem: Problem, rows: Rows, cut: int, train: Train, *, seed: int, threads: int) -> Forecaster:
    """A forecaster that has seen nothing after step `cut`.

    rows: training rows; those whose target lies after the cut or was not observed are left out. For the mean and each
    quantile the windows of `folds` find the number of rounds, the one with the least mean loss (in units of the loss of
    no change); their predictions give the guard and the shifts of the bands. Then the model is fitted again on
    everything up to the cut. Where a window has fewer than 50 rows to learn from or to judge by it is left out; without
    any there are no trees, and the forecast is the base or what the line of `reversion` makes of it.
    """
    settings, lesson, trials = _prepared(problem, rows, cut, train, seed, threads)
    boosters: dict[str, lgb.Booster] = {}
    rounds: dict[str, int] = {}
    losses: dict[str, float] = {}
    predicted: dict[str, Floats] = {}
    newest: lgb.Booster | None = None
    for name, level in LEVELS.items():
        own = settings | _objective(level, train)
        grown, rounds[name], losses[name] = _in_lockstep(lesson, trials, own, level, train)
        answers = [
            _answers(booster, rows, lesson.use[trial.late], rounds[name])
            for booster, trial in zip(grown, trials, strict=True)
        ]
        predicted[name] = np.concatenate([np.zeros(0), *answers])
        boosters[name] = _final(lesson, rows.names, own, rounds[name])
        if name == "mean" and rounds[name]:
            newest = grown[-1]
            newest.best_iteration = rounds[name]
    late = np.concatenate([np.zeros(0, dtype=np.int64), *(trial.late for trial in trials)])
    known = rows.take(lesson.use)
    line, crossed = _line(problem, known, lesson.y)
    skill, shares, shifts = trust.judged(problem, known, lesson.y, late, predicted, crossed)
    groups, windows = len(problem.target.groups), folds(cut, problem.panel.step_days, train)
    links, persistence = paths.links(problem, windows[0].start, cut)
    judged = Forecaster(
        problem.target,
        boosters,
        rows.names,
        rounds,
        line,
        skill,
        shares,
        shifts,
        losses,
        links,
        persistence,
        level_cv=np.zeros(groups),
    )
    skill["recursive"] = (
        paths.recursive_skill(replace(judged, boosters={"mean": newest}), problem, windows[-1].start, windows[-1].end)
        if newest
        else skill["mean"]
    )
    if problem.target.drifts:
        return judged
    return replace(judged, level_cv=paths.level_cv(judged, problem, windows[0].start, cut))


def window_loss(problem: Problem, rows: Rows, cut: int, train: Train, *, seed: int, threads: int) -> float:
    """The mean loss of the mean and the quantiles in the windows that judge, in units of the loss of no model.

    What a search over settings goes by: nothing after step `cut` is seen. 1 where there is too little to learn from.
    """
    settings, lesson, trials = _prepared(problem, rows, cut, train, seed, threads)
    losses = []
    for level in LEVELS.values():
        _, _, loss = _in_lockstep(lesson, trials, settings | _objective(level, train), level, train)
        losses.append(loss)
    return float(np.mean(losses))


def _prepared(
    problem: Problem, rows: Rows, cut: int, train: Train, seed: int, threads: int
) -> tuple[dict[str, Any], Lesson, list[Trial]]:
    """LightGBM's settings, the lesson, and the trial of each window that has enough early and late rows."""
    settings = _settings(train, seed, min(threads, 1 + len(rows.series) // ROWS_PER_THREAD))
    lesson = _lesson(problem, rows, cut, settings)
    split = [_rows_of(window, lesson, rows) for window in folds(cut, problem.panel.step_days, train)]
    trials = [_trial(lesson, early, late) for early, late in split if min(len(early), len(late)) >= MIN_ROWS]
    return settings, lesson, trials


def _settings(train: Train, seed: int, threads: int) -> dict[str, Any]:
    return {
        "learning_rate": train.learning_rate,
        "num_leaves": train.num_leaves,
        "min_data_in_leaf": train.min_data_in_leaf,
        "feature_fraction": train.feature_fraction,
        "bagging_fraction": train.bagging_fraction,
        "bagging_freq": BAGGING_EVERY,
        "lambda_l2": train.lambda_l2,
        "feature_pre_filter": False,
        "enable_bundle": False,  # no feature is sparse: looking for some to bundle costs, and finds none
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": threads,
        "verbosity": -1,
    }


def _objective(level: float | None, train: Train) -> dict[str, Any]:
    """Trees for the mean and the median start from no change, those for an outer quantile where it usually lies."""
    if level is None:
        return {"objective": "regression", "metric": "l2", "boost_from_average": False}
    quantile = {"objective": "quantile", "metric": "quantile", "alpha": level}
    if level == 0.5:
        return quantile | {"boost_from_average": False}
    return quantile | {"boost_from_average": True, "learning_rate": min(OUTER_STEP * train.learning_rate, 1.0)}


def _lesson(problem: Problem, rows: Rows, cut: int, settings: dict[str, Any]) -> Lesson:
    y = features.scaled_target(problem.panel, rows)
    use = np.flatnonzero(np.isfinite(y) & (rows.origin + rows.horizon <= cut))
    y = np.clip(y[use], -features.TARGET_LIMIT, features.TARGET_LIMIT)
    data = lgb.Dataset(rows.x[use], label=y, feature_name=rows.names, params=settings, free_raw_data=True)
    near = rows.horizon[use] <= samples.near_steps(problem.panel.step_days)
    return Lesson(use, y, near, data.construct() if len(use) >= MIN_ROWS else data)


def _rows_of(window: Window, lesson: Lesson, rows: Rows) -> tuple[Ints, Ints]:
    origin = rows.origin[lesson.use]
    due = origin + rows.horizon[lesson.use]
    return np.flatnonzero(due < window.start), np.flatnonzero((origin >= window.start) & (due <= window.end))


def _trial(lesson: Lesson, early: Ints, late: Ints) -> Trial:
    near = late[lesson.near[late]]
    near = near if len(near) >= MIN_ROWS else late
    return Trial(early, late, near, lesson.data.subset(early.tolist()), lesson.data.subset(near.tolist()))


def _in_lockstep(
    lesson: Lesson,
    trials: Sequence[Trial],
    settings: dict[str, Any],
    level: float | None,
    train: Train,
) -> tuple[list[lgb.Booster], int, float]:
    """A booster per window, all grown until their mean loss has not fallen for a while; the best rounds; their loss.

    The near horizons decide, which people see and whose errors are the surer evidence.
    """
    if not trials:
        return [], 0, 1.0
    boosters = [lgb.Booster(settings, trial.taught).add_valid(trial.asked, "late") for trial in trials]
    still = np.array([_loss_of_start(lesson.y[trial.early], lesson.y[trial.near], level) for trial in trials])
    best, least = 0, 1.0
    for round_ in range(1, train.max_rounds + 1):
        for booster in boosters:
            booster.update()
        loss = float(np.mean(np.array([booster.eval_valid()[0][2] for booster in boosters]) / still))
        if loss < least:
            best, least = round_, loss
        if round_ - best >= train.early_stopping_rounds:
            break
    return boosters, best, round(least, 6)


def _loss_of_start(early: Floats, late: Floats, level: float | None) -> float:
    if level is None:
        return float((late**2).mean()) or 1.0
    error = late - (0.0 if level == 0.5 else np.quantile(early, level))
    return float(metrics.quantile_loss(error, level).mean()) or 1.0


def _answers(booster: lgb.Booster, rows: Rows, which: Ints, rounds: int) -> Floats:
    return np.asarray(booster.predict(rows.x[which], num_iteration=rounds)) if rounds else np.zeros(len(which))


def _final(lesson: Lesson, names: list[str], settings: dict[str, Any], rounds: int) -> lgb.Booster:
    if rounds:
        return lgb.train(settings, lesson.data, num_boost_round=rounds)
    nothing = lgb.Dataset(np.zeros((1, len(names))), label=[0.0], feature_name=names)  # a model that always answers 0
    return lgb.train({**settings, "bagging_freq": 0}, nothing, num_boost_round=1)


def _line(problem: Problem, at: Rows, actual: Floats) -> tuple[Floats, Floats]:
    """The coefficients of `reversion`, and what those of other times say of each row; none where none judge them."""
    crossed = np.zeros(len(actual))
    if problem.target.drifts:
        crossed = reversion.crossed(at, actual, problem.panel.step_days)
    return reversion.fit(at, actual, problem.panel.step_days) if crossed.any() else NO_LINE, crossed
