"""The forecaster: one global LightGBM per target over the whole catalogue, guarded and calibrated.

It knows the scaled departure from a base (for prices: the last quote; for demand: the level of the last 28 days)
with the horizon as a feature. `direct` asks it for every horizon at once; `recursive` asks for one step, appends
it to the history and goes on. Either way the departure is multiplied by the skill it showed out of sample, so that
where it knows nothing the forecast is the base.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast import features
from ordercast.features import Problem, Target
from ordercast.states import Floats

Strategy = Literal["direct", "recursive"]
STRATEGIES: tuple[Strategy, ...] = ("direct", "recursive")


@dataclass(frozen=True)
class Forecaster:
    """A fitted model of one target with what it takes to forecast from a panel.

    skill: strategy -> (groups,) weight; bands: strategy -> (groups, horizons, quantiles) of the scaled error.
    """

    target: Target
    booster: lgb.Booster
    names: list[str]
    rounds: int
    skill: dict[str, Floats]
    bands: dict[str, Floats]


@dataclass(frozen=True)
class Scaled:
    """Scaled forecasts at one origin: departure and scale (series, horizons), base and group (series,)."""

    departure: Floats
    base: Floats
    scale: Floats
    group: NDArray[np.int64]


@dataclass(frozen=True)
class Departures:
    """Scaled forecasts beside scaled actuals, one entry each per forecast that can be judged."""

    predicted: Floats
    actual: Floats
    horizon: NDArray[np.int64]
    group: NDArray[np.int64]
    origin: NDArray[np.int64]


def describe(forecaster: Forecaster) -> dict[str, Any]:
    """What `restore` needs besides the text of the booster, as plain JSON values."""
    return {
        "features": forecaster.names,
        "best_iteration": forecaster.rounds,
        "groups": list(forecaster.target.groups),
        "skill_weight": {name: weight.tolist() for name, weight in forecaster.skill.items()},
        "bands": {name: band.tolist() for name, band in forecaster.bands.items()},
    }


def restore(target: Target, booster_text: str, described: dict[str, Any]) -> Forecaster:
    """The forecaster whose `booster.model_to_string()` and `describe` were stored.

    Raises ValueError where the stored features are not those the booster was fitted on.
    """
    booster = lgb.Booster(model_str=booster_text)
    if booster.feature_name() != described["features"]:
        raise ValueError(
            f"models/{target.name}.lgb.txt and models/metadata.json do not belong together: run `dvc repro train`"
        )
    return Forecaster(
        target,
        booster,
        described["features"],
        described["best_iteration"],
        {name: np.array(weight) for name, weight in described["skill_weight"].items()},
        {name: np.array(band) for name, band in described["bands"].items()},
    )


def scaled(forecaster: Forecaster, problem: Problem, strategy: Strategy) -> Scaled:
    """The model's own departures from the base, unguarded, for all series at the last step of the problem's panel."""
    if strategy == "direct":
        return _ask(forecaster, problem)
    known = features.recent(problem.panel)
    one_step = replace(problem, panel=known, horizons=np.array([1]))
    here = step = _ask(forecaster, one_step)
    spread = forecaster.target.spread
    scale = here.scale * spread(problem.horizons) / spread(one_step.horizons)
    path = known
    for _ in range(int(problem.horizons.max())):
        z = np.maximum(step.base + step.scale[:, 0] * step.departure[:, 0], forecaster.target.lowest)
        path = path.extended(forecaster.target.inverse(z), z)
        step = _ask(forecaster, replace(one_step, panel=path))
    reached = path.z[:, known.steps - 1 + problem.horizons]
    return Scaled((reached - here.base[:, None]) / scale, here.base, scale, here.group)


def guarded(forecaster: Forecaster, problem: Problem, strategy: Strategy) -> Scaled:
    """The departures that are believed: the model's own times the skill of the series' group."""
    at = scaled(forecaster, problem, strategy)
    return replace(at, departure=forecaster.skill[strategy][at.group][:, None] * at.departure)


def _ask(forecaster: Forecaster, problem: Problem) -> Scaled:
    known, ahead = problem.panel, len(problem.horizons)
    at = features.rows(problem, [known.steps - 1])
    count = len(known.ids)
    departure, scale = np.zeros((count, ahead)), np.ones((count, ahead))
    base, group = np.zeros(count), np.zeros(count, dtype=np.int64)
    series = at.series[::ahead]
    departure[series] = np.asarray(forecaster.booster.predict(at.x)).reshape(-1, ahead)
    scale[series] = at.scale.reshape(-1, ahead)
    base[series] = at.base[::ahead]
    group[series] = at.group[::ahead]
    return Scaled(departure, base, scale, group)


def forecast(forecaster: Forecaster, problem: Problem, strategy: Strategy) -> pd.DataFrame:
    """One row per series and horizon: ids, origin, date, horizon_days, p10, p50, p90, mean, skill_weight.

    The origin is the panel's last step. `mean` is the point forecast: for prices the exponential of the expected log,
    a little under the mean of a wide band; p50 adds the median of the group's past errors. `skill_weight` is the share
    of the model's departure that is used: 0 is the base itself (for prices: no change). Figures are rounded to 6
    decimals; no price is under the last of them.
    """
    at, known = guarded(forecaster, problem, strategy), problem.panel
    centre = at.departure[:, :, None]
    quantiles = values(forecaster.target, at, centre + forecaster.bands[strategy][at.group])
    mean = values(forecaster.target, at, centre)
    count = len(problem.horizons)
    table = known.ids.loc[np.repeat(np.arange(len(known.ids)), count)].reset_index(drop=True)
    days = np.tile(problem.horizons * known.step_days, len(known.ids))
    table["origin"] = pd.Timestamp(known.dates[-1])
    table["date"] = pd.to_datetime(known.dates[-1] + days.astype("timedelta64[D]"))
    table["horizon_days"] = days
    for index, name in enumerate(("p10", "p50", "p90")):
        table[name] = _rounded(forecaster.target, quantiles[:, :, index])
    table["mean"] = _rounded(forecaster.target, mean)
    table["skill_weight"] = np.repeat(forecaster.skill[strategy][at.group], count)
    return table


def _rounded(target: Target, cells: Floats) -> Floats:
    return np.maximum(np.round(cells.ravel(), 6), 1e-6 if target.lowest < 0 else 0.0)


def values(target: Target, at: Scaled, departure: Floats) -> Floats:
    """Scaled departures (series, horizons, any) in the target's own units."""
    z = at.base[:, None, None] + at.scale[:, :, None] * departure
    return target.inverse(np.maximum(z, target.lowest))


def departures(problem: Problem, outcome: Sequence[tuple[int, Scaled]]) -> Departures:
    """Scaled forecasts beside what came after each origin, observed steps only.

    outcome: (origin, forecast there); the problem's panel must reach past the origins' targets.
    """
    panel = problem.panel
    none, nowhere = np.zeros(0), np.zeros(0, dtype=np.int64)
    parts: list[list[Any]] = [[none, none, nowhere, nowhere, nowhere]]
    for origin, at in outcome:
        step = origin + problem.horizons
        actual = (panel.z[:, step] - at.base[:, None]) / at.scale
        seen = panel.observed[:, step] & (panel.first <= origin)[:, None]
        horizon = np.broadcast_to(problem.horizons, seen.shape)
        group = np.broadcast_to(at.group[:, None], seen.shape)
        when = np.full(seen.shape, origin)
        parts.append([cells[seen] for cells in (at.departure, actual, horizon, group, when)])
    return Departures(*(np.concatenate(column) for column in zip(*parts, strict=True)))
