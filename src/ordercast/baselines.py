"""The forecasts anybody could make, as the model sees values (log prices): what every forecast must be better than."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ordercast import calibrate, forecast
from ordercast.features import Problem
from ordercast.forecast import Scaled
from ordercast.metrics import QUANTILES
from ordercast.panel import Panel
from ordercast.states import Floats

Baseline = Callable[[Panel, NDArray[np.int64]], Floats]
ROLLING_DAYS = 28


def naive(known: Panel, horizons: NDArray[np.int64]) -> Floats:
    """The last value carried forward, (series, horizons)."""
    return np.repeat(known.z[:, -1:], len(horizons), axis=1)


def seasonal_naive(known: Panel, horizons: NDArray[np.int64]) -> Floats:
    """The value of the same weekday last week, or of the same week last year on a weekly calendar."""
    season = 7 if known.step_days == 1 else 52
    back = known.steps - 1 + horizons - season * (1 + (horizons - 1) // season)
    return known.z[:, np.maximum(back, 0)]


def rolling_mean(known: Panel, horizons: NDArray[np.int64]) -> Floats:
    """The mean of the last 28 days."""
    recent = known.z[:, -ROLLING_DAYS // known.step_days :]
    return np.repeat(recent.mean(axis=1)[:, None], len(horizons), axis=1)


BASELINES: dict[str, Baseline] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "rolling_mean": rolling_mean,
}


def banded(rule: Baseline, problem: Problem, past: Sequence[int], origins: Sequence[int]) -> tuple[Floats, Floats]:
    """A simple forecast with the band of its own past errors: values (series, origins, horizons) and (.., 3 quantiles).

    past: earlier origins, whose scaled errors give the band of each cluster and range of horizons.
    """
    panel, horizons, target = problem.panel, problem.horizons, problem.target
    before, now = _scaled(rule, problem, past), _scaled(rule, problem, origins)
    step = np.asarray(past, dtype=np.int64)[:, None] + horizons
    seen = panel.observed[:, step] & (panel.first[:, None] <= np.asarray(past))[:, :, None]
    actual = (panel.z[:, step] - before.base[..., None]) / before.scale
    bucket = calibrate.horizon_bucket(horizons * panel.step_days)
    ahead, group = (np.broadcast_to(each, seen.shape)[seen] for each in (bucket, before.group[..., None]))
    told = []
    for level in QUANTILES:
        shift = calibrate.shifts(before.departure["mean"][seen], actual[seen], level, ahead, group, len(target.groups))
        told.append(forecast.values(target, now, now.departure["mean"] + shift[now.group][:, :, bucket]))
    return forecast.values(target, now, now.departure["mean"]), np.stack(told, axis=-1)


def _scaled(rule: Baseline, problem: Problem, origins: Sequence[int]) -> Scaled:
    """A simple forecast at each origin, scaled as the model's are: departures (series, origins, horizons)."""
    panel, horizons = problem.panel, problem.horizons
    count = len(panel.ids)
    series = np.repeat(np.arange(count), len(origins))
    origin = np.tile(np.asarray(origins, dtype=np.int64), count)
    state = problem.target.state(panel, problem.spec, series, origin)
    pair = np.repeat(np.arange(len(series)), len(horizons))
    scale = state.scale(pair, np.tile(horizons, len(series))).reshape(count, len(origins), len(horizons))
    base, group = state.base.reshape(count, -1), state.group.reshape(count, -1)
    rules = [rule(problem.at(each).panel, horizons) for each in origins]
    said = np.stack(rules, axis=1) if rules else np.zeros(scale.shape)
    return Scaled(
        {"mean": (said - base[..., None]) / scale},
        base,
        scale,
        group,
        np.ones(base.shape),
        np.full((*scale.shape, 2), np.nan),
        np.zeros(scale.shape),
        np.zeros(scale.shape),
    )
