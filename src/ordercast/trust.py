"""How far to trust the models: what their answers of days they were not fitted on have earned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from ordercast import calibrate, forecast
from ordercast.features import Problem, Rows
from ordercast.states import Floats, Ints

Rule = Callable[[Floats, Floats, Ints, Ints, int, int], Floats]
ByName = dict[str, Floats]
LEAST_BAND_SHARE = 0.5  # of the model's band beside that of a series' own past: averages of both are hard to beat
BAND_DOUBT = 1.5  # standard errors of what a larger share gains: of four blocks one alone is not enough
SHIFTED = 0.75  # of what a band was found to lack: past windows' calm or unrest returns only in part


def judged(
    problem: Problem, known: Rows, actual: Floats, late: Ints, predicted: Mapping[str, Floats], line: Floats
) -> tuple[ByName, ByName, ByName]:
    """The skill, and the shares and shifts of the bands; see `forecast.Forecaster`.

    known, actual: the rows with their scaled departures; line: what the line of other times says of each. late: the
    places of those in the windows that judge; predicted: what earlier fits say of these, by the names of LEVELS.
    """
    at, came, groups = known.take(late), actual[late], len(problem.target.groups)
    ahead = at.horizon * problem.panel.step_days
    bucket, far = calibrate.horizon_bucket(ahead), calibrate.far_range(ahead)
    rules: dict[str, Rule] = {"mean": calibrate.mean_weights, "p50": calibrate.quantile_weights}
    skill = {name: _skill(problem, at, rule, predicted[name] * at.trust, came) for name, rule in rules.items()}
    if problem.target.drifts:
        said = {**predicted, "line": line[late]}
        skill["line"] = _skill(problem, known, calibrate.mean_weights, line * known.trust, actual)
        weight = {name: each[at.group, far] * at.trust for name, each in skill.items()}
        point = forecast.point(weight, said, forecast.members(problem.target, line))
        beyond = (at.level_forecast() - point) * at.trust
        skill["level"] = _skill(problem, at, calibrate.mean_weights, beyond, came - point)
    shares, shifts = {}, {}
    for (name, level), own in zip(forecast.OUTER.items(), at.own_band().T, strict=True):
        shares[name] = band_shares(problem, at, predicted[name], own, came, level)
        band = calibrate.blended(predicted[name], own, shares[name][at.group, far])
        shifts[name] = calibrate.shifts(band, came, level, bucket, at.group, groups, share=SHIFTED)
    return skill, shares, shifts


def band_shares(problem: Problem, at: Rows, said: Floats, own: Floats, actual: Floats, level: float) -> Floats:
    """Share of the model's quantile beside that of the series' own past, (groups, 2) for near and far horizons.

    Half, since averages of quantiles are hard to beat (Lichtendahl et al. 2013), and more where that has proved worth
    it: judged like all skill, with kin and by scale, and left at half where fewer than four blocks speak. 1 where no
    series has a past of its own.
    """
    has_own = np.flatnonzero(np.isfinite(own))
    if not len(has_own):
        return np.ones((len(problem.target.groups), 2))
    start = calibrate.blended(said, own, LEAST_BAND_SHARE)[has_own]
    rule = partial(calibrate.quantile_weights, level=level, doubt=BAND_DOUBT)
    more = _skill(problem, at.take(has_own), rule, said[has_own] - start, actual[has_own] - start)
    return LEAST_BAND_SHARE + (1 - LEAST_BAND_SHARE) * more


def _skill(problem: Problem, at: Rows, rule: Rule, said: Floats, actual: Floats) -> Floats:
    """The weight (groups, 2) that departures earned; far days err more, and count by it, as they do in RMSSE."""
    step_days, weight = problem.panel.step_days, at.scale / at.unit
    return calibrate.by_range(
        rule,
        said * weight,
        actual * weight,
        at.origin * step_days,
        at.horizon * step_days,
        at.group,
        len(problem.target.groups),
        problem.target.kin,
    )
