"""The forecaster: global LightGBM models per target over the whole catalogue, guarded and calibrated.

They know the scaled departure from a base (for prices: the last quote; for demand: the level of the last 28 days) with
the horizon as a feature: one for the mean, three for the quantiles; beside them stands a line, see `reversion`.
`direct` asks for every horizon at once; `recursive` asks the trees for one step, appends it to the history and goes on.
Either way the departure is multiplied by the skill it showed out of sample, so that where the models know nothing the
forecast is the base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast import calibrate, features, reversion
from ordercast.features import Problem, Target
from ordercast.panel import by_products
from ordercast.states import Floats

Strategy = Literal["direct", "recursive"]
STRATEGIES: tuple[Strategy, ...] = ("direct", "recursive")
LEVELS = {"mean": None, "p10": 0.1, "p50": 0.5, "p90": 0.9}
OUTER = {"p10": 0.1, "p90": 0.9}


@dataclass(frozen=True)
class Forecaster:
    """The fitted models of one target with what it takes to forecast from a panel.

    boosters, rounds: by the names of LEVELS. line: (ranges of horizons, terms) coefficients of `reversion`, without
    terms for demand and where the history is too short to judge them. skill: mean, p50, recursive and, of prices, line,
    level -> (groups, 2) weight of the near and the far horizons; shares: p10, p90 -> (groups, 2) that of the model's
    quantile beside the series' own past; shifts: p10, p90 -> (groups, ranges of horizons) scaled addition. losses: by
    the names of LEVELS, the loss in the windows that judge, in units of that of no model. links: (groups, horizons - 1)
    correlation of the errors of neighbouring horizons; persistence: that of errors four weeks apart, per step (see
    `calibrate.links`). level_cv: (groups,) what sums over a fortnight err by beyond what their days' bands say, a share
    of the sum; 0 for prices.
    """

    target: Target
    boosters: dict[str, lgb.Booster]
    names: list[str]
    rounds: dict[str, int]
    line: Floats
    skill: dict[str, Floats]
    shares: dict[str, Floats]
    shifts: dict[str, Floats]
    losses: dict[str, float]
    links: Floats
    persistence: Floats
    level_cv: Floats


@dataclass(frozen=True)
class Scaled:
    """Scaled forecasts at one origin: departures by name and scale (series, horizons), base, group, trust (series,).

    own: (series, horizons, 2) outer quantiles of the series' own past, NaN where there is none; line, level: (series,
    horizons) departures that `reversion` and the level filter (`kernels.levels`) foresee, 0 for demand.
    """

    departure: Mapping[str, Floats]
    base: Floats
    scale: Floats
    group: NDArray[np.int64]
    trust: Floats
    own: Floats
    line: Floats
    level: Floats


def members(target: Target, line: Floats) -> tuple[str, ...]:
    """The departures whose average is the point forecast; a line that no other time could judge is not among them."""
    if not target.drifts:
        return ("mean",)
    return ("mean", "p50", "line") if line.any() else ("mean", "p50")


def point(weight: Mapping[str, Floats], said: Mapping[str, Floats], names: tuple[str, ...]) -> Floats:
    """A price's average of what is believed of its members; what is too small to act on and not surely known is 0."""
    average = np.mean([weight[name] * said[name] for name in names], axis=0)
    return calibrate.snapped(average, np.minimum(weight["mean"], weight["p50"]))


def describe(forecaster: Forecaster) -> dict[str, Any]:
    """What `restore` needs besides the texts of the boosters, as plain JSON values."""
    return {
        "features": forecaster.names,
        "best_iteration": forecaster.rounds,
        "line": forecaster.line.tolist(),
        "groups": list(forecaster.target.groups),
        "skill_weight": {name: weight.tolist() for name, weight in forecaster.skill.items()},
        "band_share": {name: share.tolist() for name, share in forecaster.shares.items()},
        "shifts": {name: shift.tolist() for name, shift in forecaster.shifts.items()},
        "losses": forecaster.losses,
        "error_correlation": forecaster.links.tolist(),
        "error_persistence": forecaster.persistence.tolist(),
        "level_cv": forecaster.level_cv.tolist(),
    }


def model_files(target: str) -> dict[str, str]:
    """The file in models/ of each booster of a target: price.lgb.txt for the mean, price_p10.lgb.txt and so on."""
    return {name: f"{target}.lgb.txt" if name == "mean" else f"{target}_{name}.lgb.txt" for name in LEVELS}


def restore(target: Target, texts: Mapping[str, str], described: dict[str, Any]) -> Forecaster:
    """The forecaster whose `booster.model_to_string()`, by name, and `describe` were stored.

    Raises ValueError where the stored features are not those a booster was fitted on.
    """
    boosters = {name: lgb.Booster(model_str=text) for name, text in texts.items()}
    for name, booster in boosters.items():
        if booster.feature_name() != described["features"]:
            raise ValueError(
                f"models/{model_files(target.name)[name]} and models/metadata.json do not belong together: "
                "run `dvc repro train`"
            )
    return Forecaster(
        target,
        boosters,
        described["features"],
        described["best_iteration"],
        np.array(described["line"]),
        {name: np.array(weight) for name, weight in described["skill_weight"].items()},
        {name: np.array(share) for name, share in described["band_share"].items()},
        {name: np.array(shift) for name, shift in described["shifts"].items()},
        described["losses"],
        np.array(described["error_correlation"]),
        np.array(described["error_persistence"]),
        np.array(described["level_cv"]),
    )


def asked(forecaster: Forecaster, problem: Problem, names: tuple[str, ...] = tuple(LEVELS)) -> Scaled:
    """The models' own departures from the base, unguarded, for all series at the last step of the problem's panel."""
    known, ahead = problem.panel, len(problem.horizons)
    at = features.rows(problem, features.every_cell(problem, [known.steps - 1]))
    shape = (len(known.ids), ahead)
    series = at.series[::ahead]
    departure = {name: np.zeros(shape) for name in names}
    for name in names:
        departure[name][series] = np.asarray(forecaster.boosters[name].predict(at.x)).reshape(-1, ahead)
    scale = np.ones(shape)
    scale[series] = at.scale.reshape(-1, ahead)
    base, group, trust = np.zeros(shape[0]), np.zeros(shape[0], dtype=np.int64), np.ones(shape[0])
    base[series], group[series], trust[series] = at.base[::ahead], at.group[::ahead], at.trust[::ahead]
    own = np.full((*shape, 2), np.nan)
    own[series] = at.own_band().reshape(-1, ahead, 2)
    line, level = np.zeros(shape), np.zeros(shape)
    if "line" in members(forecaster.target, forecaster.line):
        line[series] = reversion.foreseen(forecaster.line, at, known.step_days).reshape(-1, ahead)
    if forecaster.target.drifts:
        level[series] = at.level_forecast().reshape(-1, ahead)
    return Scaled(departure, base, scale, group, trust, own, line, level)


def guarded(forecaster: Forecaster, problem: Problem) -> Scaled:
    """The departures that are believed: mean, p10, p50, p90, the quantiles in order.

    A price's point forecast is the average of its mean, its median and its line, each guarded (combining: Bates &
    Granger 1969), and what is too small to act on and not surely known is no change; from there it moves towards what
    the level filter foresees, by the share that this proved to be worth. The outer quantiles are shifted to where they
    held, and a price's band never narrows further ahead.
    """
    at, drifts = asked(forecaster, problem), forecaster.target.drifts
    weight = {name: _weight(each, at, problem) for name, each in forecaster.skill.items()}
    mean, p50 = (weight[name] * at.departure[name] for name in ("mean", "p50"))
    if drifts:
        p50 = calibrate.snapped(p50, weight["p50"])
        mean = point(weight, {**at.departure, "line": at.line}, members(forecaster.target, forecaster.line))
        mean = mean + weight["level"] * (at.level - mean)
    bucket = calibrate.horizon_bucket(problem.horizons * problem.panel.step_days)
    far = calibrate.far_range(problem.horizons * problem.panel.step_days)
    p10, p90 = (
        calibrate.blended(at.departure[name], at.own[..., k], forecaster.shares[name][at.group][:, far])
        + forecaster.shifts[name][at.group][:, bucket]
        for k, name in enumerate(OUTER)
    )
    if drifts:
        p10, p90 = -calibrate.rising(-p10 * at.scale) / at.scale, calibrate.rising(p90 * at.scale) / at.scale
    p10, p90 = np.minimum(p10, p50), np.maximum(p90, p50)
    if drifts:
        p10 = np.minimum.accumulate(p10 * at.scale, axis=1) / at.scale
        p90 = np.maximum.accumulate(p90 * at.scale, axis=1) / at.scale
    return replace(at, departure={"mean": mean, "p10": p10, "p50": p50, "p90": p90})


def believed(forecaster: Forecaster, problem: Problem, strategy: Strategy) -> Scaled:
    """What is told to people: `guarded`, by the chosen way of reaching the far days.

    A recursion has a mean of its own, times its own skill; its quantiles are those of `direct`, moved along with it: of
    prices, whose mean and median are one where nothing is known, so that the median becomes that mean.
    """
    at = guarded(forecaster, problem)
    if strategy == "direct":
        return at
    weight = _weight(forecaster.skill["recursive"], at, problem)
    mean = weight * recursed(forecaster, problem, at)
    if forecaster.target.drifts:
        mean = calibrate.snapped(mean, weight)
    moved = mean - at.departure["p50" if forecaster.target.drifts else "mean"]
    return replace(at, departure={name: each + moved for name, each in at.departure.items()} | {"mean": mean})


def recursed(forecaster: Forecaster, problem: Problem, at: Scaled) -> Floats:
    """Scaled departures (series, horizons) of the mean, one step at a time, each fed into the next."""
    known = features.recent(problem.panel)
    path = known
    for _ in range(int(problem.horizons.max())):
        step = asked(forecaster, replace(problem, panel=path, horizons=np.array([1])), ("mean",))
        z = np.maximum(step.base + step.scale[:, 0] * step.departure["mean"][:, 0], forecaster.target.lowest)
        path = path.extended(forecaster.target.inverse(z), z)
    reached = path.z[:, known.steps - 1 + problem.horizons]
    return (reached - at.base[:, None]) / at.scale


def values(target: Target, at: Scaled, departure: Floats) -> Floats:
    """Scaled departures (series, ..., horizons) in the target's own units."""
    return target.inverse(np.maximum(at.base[..., None] + at.scale * departure, target.lowest))


def forecast(forecaster: Forecaster, problem: Problem, strategy: Strategy, block_series: int = 5000) -> pd.DataFrame:
    """One row per series and horizon: ids, origin, date, horizon_days, p10, p50, p90, mean, skill_weight, cluster.

    The origin is the panel's last step. `mean` is the point forecast: for prices the exponential of the expected log,
    a little under the mean of a wide band. `skill_weight` is the share of the model's departure that is used: 0 is the
    base itself (for prices: no change). Figures are rounded to 6 decimals; no price is under the last of them.
    block_series: about so many series are described at a time, whole products, so that memory stays bounded.
    """
    whole = replace(problem, panel=features.recent(problem.panel))
    parts = [_table(forecaster, whole.take(each), strategy) for each in by_products(whole.panel, block_series)]
    return pd.concat(parts, ignore_index=True)


def _table(forecaster: Forecaster, problem: Problem, strategy: Strategy) -> pd.DataFrame:
    at, known = believed(forecaster, problem, strategy), problem.panel
    count = len(problem.horizons)
    table = known.ids.loc[np.repeat(np.arange(len(known.ids)), count)].reset_index(drop=True)
    days = np.tile(problem.horizons * known.step_days, len(known.ids))
    table["origin"] = pd.Timestamp(known.dates[-1])
    table["date"] = pd.to_datetime(known.dates[-1] + days.astype("timedelta64[D]"))
    table["horizon_days"] = days
    for name in ("p10", "p50", "p90", "mean"):
        table[name] = _rounded(forecaster.target, values(forecaster.target, at, at.departure[name]))
    table["skill_weight"] = _skill_weight(forecaster, at, problem, strategy).ravel()
    table["cluster"] = pd.array(np.array(forecaster.target.groups, dtype=object)[at.group].repeat(count), dtype="str")
    return table


def _weight(skill: Floats, at: Scaled, problem: Problem) -> Floats:
    """The share of each departure to use, (series, horizons): the skill of its group, faded as its last quote ages."""
    far = calibrate.far_range(problem.horizons * problem.panel.step_days)
    return skill[at.group][:, far] * at.trust[:, None]


def _skill_weight(forecaster: Forecaster, at: Scaled, problem: Problem, strategy: Strategy) -> Floats:
    """What is told as the weight of each forecast's departure, 0 where it came out as no change."""
    skill = forecaster.skill["mean"]
    if strategy == "recursive":
        skill = forecaster.skill["recursive"]
    elif forecaster.target.drifts:
        share = forecaster.skill["level"]
        names = members(forecaster.target, forecaster.line)
        averaged = np.mean([forecaster.skill[name] for name in names], axis=0)
        skill = share + (1 - share) * averaged
    still = (at.departure["mean"] == 0) & (at.departure["p50"] == 0)
    return np.where(still, 0.0, np.round(_weight(skill, at, problem), 4))


def _rounded(target: Target, cells: Floats) -> Floats:
    return np.maximum(np.round(cells.ravel(), 6), 1e-6 if target.lowest < 0 else 0.0)
