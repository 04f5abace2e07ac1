"""Why a forecast departs from "no change": the largest contributions to it, in words.

Contributions are those of the trees to one answer (TreeSHAP; Lundberg et al. 2020), in units of the scaled departure;
what the point forecast takes from its line, and straight from the level filter, is added to what the trees make of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from ordercast import calibrate, features, reversion
from ordercast import drivers as words
from ordercast.features import Problem, Rows
from ordercast.forecast import Forecaster, Strategy, forecast, members, point
from ordercast.language import Voice, phrase
from ordercast.states import Floats

REASONS = 3
ANY_DAY = "any_day_"
LEAST_SHARE = 0.08  # of all contributions: what counts for less is not told

Reason = tuple[int, float, bool]  # place of the feature, its value, whether it pulls up


def told(
    forecaster: Forecaster, problem: Problem, strategy: Strategy, shown: int, voices: Mapping[str, Voice]
) -> pd.DataFrame:
    """The forecasts of a problem, as `forecast.forecast` gives them, with the columns of `voices`: `drivers` in each.

    Words are made here and not where they are read: a page needs no model's code, and whoever queries the table
    reads sentences. Few distinct ones in many rows cost a Parquet file little, a language more even less.
    shown: the steps ahead that people see. The reasons are those of the last of them, and of the days before it those
    that are not about that one day; they are told of no later one, and of none that is no change.
    """
    known = forecast(forecaster, problem, strategy)
    why = drivers(forecaster, problem, shown, strategy, voices)
    reasoned = known.merge(why, on=list(problem.panel.ids.columns), how="left", validate="many_to_one")
    last = shown * problem.panel.step_days
    unsaid = (reasoned["skill_weight"] == 0) | (reasoned["horizon_days"] > last)
    before = reasoned["horizon_days"] < last
    told = {column: reasoned[column].mask(before, reasoned[ANY_DAY + column]).mask(unsaid, "") for column in voices}
    return known.assign(**told)


def drivers(
    forecaster: Forecaster, problem: Problem, horizon: int, strategy: Strategy, voices: Mapping[str, Voice]
) -> pd.DataFrame:
    """Per series of the problem (its ids) the columns of `voices`: why the forecast departs from the base, in words.

    Asked at the panel's last step for one horizon, in steps. At most three reasons, the largest first, each with the
    way it pulls; empty where nothing is believed (skill 0) or the series has not started. Beside each column one whose
    name begins with ANY_DAY: without what is true of that day alone, such as its weekday.
    """
    asked = replace(problem, horizons=np.array([horizon]))
    at = features.rows(asked, features.every_cell(asked, [problem.panel.steps - 1]))
    parts = ("recursive",) if strategy == "recursive" else members(forecaster.target, forecaster.line)
    straight = ("level",) if strategy == "direct" and forecaster.target.drifts else ()
    far = calibrate.far_range(at.horizon * problem.panel.step_days)
    weight = {name: skill[at.group, far] * at.trust for name, skill in forecaster.skill.items()}
    believed = np.sum([weight[name] for name in (*parts, *straight)], axis=0) > 0
    at, weight = at.take(np.flatnonzero(believed)), {name: each[believed] for name, each in weight.items()}
    columns = [*voices, *(ANY_DAY + column for column in voices)]
    told = {column: np.full(len(problem.panel.ids), "", dtype=object) for column in columns}
    if len(at.x):
        share, x = _averaged(forecaster, at, parts, weight, problem.panel.step_days), at.x.astype(np.float64)
        if straight:
            place = at.names.index("level_forecast")
            share *= 1 - weight["level"][:, None]
            share[:, place] += weight["level"] * at.level_forecast()
            x[:, place] = at.level_forecast() * at.scale / at.unit  # told in the unit of the others
        known = [words.of(name, forecaster.target.drifts) for name in at.names]
        families = [family for _, family, _ in known]
        window_days = np.array([words.window_days(name) for name in at.names])
        seen_days = x[:, [at.names.index("age_days")]] + problem.panel.step_days
        x[window_days > seen_days] = np.nan  # what is older than the series is no reason that people can follow
        for names, each in ((voices, share), ([ANY_DAY + name for name in voices], _of_any_day(share, at.names))):
            for series, unit, own, cells in zip(at.series, at.unit, each, x, strict=True):
                found = _largest(own, cells, families)
                for column, voice in zip(names, voices.values(), strict=True):
                    told[column][series] = _sentence(found, float(unit), known, voice)
    index = problem.panel.ids.index
    return problem.panel.ids.assign(**{name: pd.Series(each, index, dtype="str") for name, each in told.items()})


def _of_any_day(share: Floats, names: list[str]) -> Floats:
    """The contributions without those of the day that is forecast: of what the level filter foresees for it, the gap to
    the level stands for all days."""
    lasting = share.copy()
    if "level_forecast" in names:
        lasting[:, names.index("level_gap")] += share[:, names.index("level_forecast")]
    lasting[:, [words.of_the_day(name) for name in names]] = 0.0
    return lasting


def _averaged(
    forecaster: Forecaster, at: Rows, parts: tuple[str, ...], weight: Mapping[str, Floats], step_days: int
) -> Floats:
    """Contributions to the average of the parts that are believed, (rows, features), less what is too small to tell."""
    said, shares = {}, np.zeros(at.x.shape)
    for name in parts:
        if name == "line":
            added = np.zeros(at.x.shape)
            places = [at.names.index(term) for term in reversion.names(at.names)]
            added[:, places] = reversion.shares(forecaster.line, at, step_days)
            said[name] = reversion.foreseen(forecaster.line, at, step_days)
        else:
            booster = forecaster.boosters["mean" if name == "recursive" else name]
            answer = np.asarray(booster.predict(at.x, pred_contrib=True))
            added, said[name] = answer[:, :-1], answer.sum(axis=1)
        shares += weight[name][:, None] * added / len(parts)
    if len(parts) == 1:
        return shares
    whole = np.mean([weight[name] * said[name] for name in parts], axis=0)
    left = np.divide(point(weight, said, parts), whole, out=np.zeros(len(whole)), where=whole != 0)
    return np.asarray(shares * left[:, None])


def _largest(share: Floats, x: Floats, families: list[str]) -> list[Reason]:
    """The largest contributions, one of each family."""
    found: dict[str, Reason] = {}
    least = LEAST_SHARE * np.abs(share).sum()
    for place in np.argsort(-np.abs(share), kind="stable").tolist():
        if abs(share[place]) <= least or len(found) == REASONS:
            break
        if families[place] not in found and np.isfinite(x[place]):
            found[families[place]] = place, float(x[place]), bool(share[place] >= 0)
    return list(found.values())


def _sentence(found: list[Reason], unit: float, known: list[words.Found], voice: Voice) -> str:
    """The reasons as `words (up); words (down)`."""
    up, down = phrase("%(reason)s (up)"), phrase("%(reason)s (down)")
    said = []
    for place, value, rises in found:
        match, _, say = known[place]
        said.append(voice.say(up if rises else down, reason=say(match, value, unit, voice)))
    return "; ".join(said)
