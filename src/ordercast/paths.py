"""What whole paths of a few products tell of a forecaster, each from one origin over all the days ahead.

How far a recursion is to be trusted, how the errors along a path hang together, and by how much sums over it err.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ordercast import calibrate, features, forecast, samples
from ordercast.features import Problem
from ordercast.forecast import Forecaster
from ordercast.states import Floats

PRODUCTS = 30  # enough to judge by: the evidence lies in the origins
PERSISTENCE_DAYS = 28  # about the time between two purchases


def recursive_skill(trial: Forecaster, problem: Problem, start: int, end: int) -> Floats:
    """The weight of the recursion's departures, (groups, 2), judged on near days from step `start` to `end`."""
    near = samples.near_steps(problem.panel.step_days)
    asked = replace(problem.thinned(PRODUCTS), horizons=problem.horizons[:near])
    panel, horizons = asked.panel, asked.horizons
    parts = []
    for origin in range(end - int(horizons.max()), start - 1, -int(horizons.max()) - 1):
        known = asked.at(origin)
        at = forecast.asked(trial, known, ("mean",))
        said, step = forecast.recursed(trial, known, at), origin + horizons
        seen = panel.observed[:, step] & (panel.first <= origin)[:, None]
        actual = (panel.z[:, step] - at.base[:, None]) / at.scale
        group = np.broadcast_to(at.group[:, None], seen.shape)
        parts.append(((said * at.trust[:, None])[seen], actual[seen], np.full(seen.sum(), origin), group[seen]))
    if not parts:
        return np.zeros((len(problem.target.groups), 2))
    said, actual, when, group = (np.concatenate(each) for each in zip(*parts, strict=True))
    weight = calibrate.mean_weights(said, actual, when, group, len(problem.target.groups), problem.target.kin)
    return np.repeat(weight[:, None], 2, axis=1)


def links(problem: Problem, start: int, cut: int) -> tuple[Floats, Floats]:
    """How the errors of no change hang together between the steps `start` and `cut`, (groups, horizons - 1) each.

    Of neighbouring horizons, and of such four weeks apart, told per step (see `calibrate.links`). On a day without a
    quote the last one stands: it links the days around it. Origins run through all weekdays.
    """
    asked = problem.thinned(PRODUCTS)
    panel, horizons = asked.panel, asked.horizons
    every = max(1, samples.near_steps(panel.step_days) - 1)
    origins = np.arange(start, cut - int(horizons.max()) + 1, every)
    cells = features.every_cell(replace(asked, horizons=np.array([1])), origins.tolist())
    state = asked.target.state(panel, asked.spec, cells.series, cells.origin)
    step = cells.origin[:, None] + horizons
    pair = np.repeat(np.arange(len(cells.series)), len(horizons))
    scale = state.scale(pair, np.tile(horizons, len(cells.series))).reshape(step.shape)
    error = (panel.z[cells.series[:, None], step] - state.base[:, None]) / scale
    groups, lag = len(asked.target.groups), PERSISTENCE_DAYS // panel.step_days
    return calibrate.links(error, state.group, groups), calibrate.links(error, state.group, groups, lag)


def level_cv(judged: Forecaster, problem: Problem, start: int, cut: int) -> Floats:
    """What sums of a fortnight's forecasts err by beyond their days' bands, (groups,) shares of them.

    Between the steps `start` and `cut`, which the boosters have seen: a little less than they will err by.
    """
    asked = problem.thinned(PRODUCTS)
    panel, near = asked.panel, samples.near_steps(asked.panel.step_days)
    asked = replace(asked, horizons=np.arange(1, near + 1))
    parts = []
    for origin in range(start, cut - near + 1, near):
        at = forecast.guarded(judged, asked.at(origin))
        step = origin + asked.horizons
        whole = panel.observed[:, step].all(axis=1) & (panel.first <= origin)
        told = {name: forecast.values(judged.target, at, each)[whole] for name, each in at.departure.items()}
        expected = told["mean"].sum(axis=1)
        error = panel.value[:, step][whole].sum(axis=1) - expected
        variance = np.square((told["p90"] - told["p10"]) / calibrate.P10_TO_P90_IN_SD).sum(axis=1)
        parts.append((error, expected, variance, at.group[whole]))
    if not parts:
        return np.zeros(len(judged.target.groups))
    error, expected, variance, group = (np.concatenate(each) for each in zip(*parts, strict=True))
    return calibrate.level_cv(error, expected, variance, group, len(judged.target.groups))
