"""Rolling-origin evaluation: our forecasts beside the simple ones, on origins that no fit or calibration has seen.

One fit before the first test origin serves all of them. The simple forecasts get bands too, from their own errors at
earlier origins and by the rule that shifts the model's quantiles, so that the quantile scores compare like with like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast import baselines, forecast, metrics, train
from ordercast.baselines import BASELINES
from ordercast.features import Problem, Target
from ordercast.forecast import Forecaster, Scaled, Strategy
from ordercast.panel import Panel
from ordercast.params import Train
from ordercast.simulate.market import conditional_mean
from ordercast.states import Floats

MIN_TRAIN_DAYS = 84


@dataclass(frozen=True)
class Windows:
    """The last step of the fit and the test origins (steps); `note` says what a short history took away.

    past: earlier origins, whose targets the fit may know: by them the simple forecasts get their bands.
    """

    cut: int
    past: list[int]
    origins: list[int]
    note: str


@dataclass(frozen=True)
class Outcome:
    """What one model said at the test origins: mean (series, origins, horizons), quantiles (.., 3) or None."""

    mean: Floats
    quantiles: Floats | None


@dataclass(frozen=True)
class Evaluation:
    """Scores of one target.

    summary: model -> metric -> figure. by_horizon: target, model, horizon_days, rmsse, rmsse_ratio, coverage80.
    by_group: target, grouping, group, model, series, rmsse, rmsse_ratio. forecasts: ids, origin, date, horizon_days,
    actual, naive, p10, p50, p90, mean.
    """

    summary: dict[str, dict[str, float]]
    by_horizon: pd.DataFrame
    by_group: pd.DataFrame
    forecasts: pd.DataFrame


def windows(panel: Panel, horizons: NDArray[np.int64], origins: int, every_days: int, settings: Train) -> Windows:
    """As many test origins as asked for, the last with all its targets known, or as many as the history allows.

    A short history gives fewer origins, and half of it at most to the windows that judge; the note says so. Raises
    ValueError where not even one origin fits.
    """
    every = max(1, every_days // panel.step_days)
    reach = int(horizons.max())
    last = panel.steps - 1 - reach
    judging = 2 * settings.folds * (reach + 1)  # half of it holds a horizon's length for each window that judges
    least = judging if last >= judging else MIN_TRAIN_DAYS * 4 // 3 // panel.step_days
    count = min(origins, (last - least) // every + 1)
    if count < 1:
        raise ValueError(
            f"a history of {panel.steps * panel.step_days} days is too short to evaluate forecasts of "
            f"{reach * panel.step_days} days: bring a longer one"
        )
    kept = [last - every * back for back in range(count)][::-1]
    said = [f"{count} of {origins} origins: the history is short"] if count < origins else []
    judged = train.folds(kept[0], panel.step_days, settings)
    days = (judged[-1].end - judged[-1].start) * panel.step_days
    said += [f"windows that judge of {days} of {settings.fold_days} days"] if days < settings.fold_days else []
    past = list(range(kept[0] - reach, judged[0].start - 1, -reach - 1))[::-1]
    return Windows(kept[0], past, kept, "; ".join(said))


def floor(truth: dict[str, pd.DataFrame], problem: Problem, plan: Windows) -> Floats | None:
    """The exact expectation at the test origins, (series, origins, horizons), or None where the world is not simulated.

    truth: price_rules and price_states of a simulated world (simulate.World.truth); known by the day, not by the week.
    """
    panel = problem.panel
    if not truth or panel.step_days > 1:
        return None
    origins = panel.dates[plan.origins].astype("datetime64[us]")
    exact = conditional_mean(truth, list(origins), problem.horizons.tolist())
    return exact["conditional_mean"].to_numpy().reshape(len(panel.ids), len(origins), len(problem.horizons))


def groupings(panel: Panel, products: pd.DataFrame) -> dict[str, NDArray[np.str_]]:
    """The labels by which scores are split: category and, for prices, supplier; (series,) each, "-" where unknown."""
    named = panel.ids.merge(products[["product_id", "category"]], on="product_id", how="left", validate="many_to_one")
    labels = {"category": named["category"].fillna("-")}
    if "supplier_id" in named:
        labels["supplier"] = named["supplier_id"]
    return {name: column.to_numpy(dtype=str) for name, column in labels.items()}


def score(
    forecaster: Forecaster,
    problem: Problem,
    plan: Windows,
    *,
    strategy: Strategy,
    groupings: dict[str, NDArray[np.str_]],
    truth: Floats | None = None,
) -> Evaluation:
    """Scores of `forecaster`, fitted at `plan.cut`, at the test origins.

    strategy: the one people are shown, scored as `ordercast`, the other beside it; groupings: name -> (series,) label;
    truth: (series, origins, horizons) conditional mean of a simulated world.
    """
    outcomes: dict[str, Outcome] = {}
    for way in (strategy, *(s for s in forecast.STRATEGIES if s != strategy)):
        tested = [forecast.believed(forecaster, problem.at(origin), way) for origin in plan.origins]
        outcomes["ordercast" if way == strategy else f"ordercast_{way}"] = _outcome(problem.target, tested)
    for name, rule in BASELINES.items():
        outcomes[name] = Outcome(*baselines.banded(rule, problem, plan.past, plan.origins))
    if truth is not None:
        outcomes["truth"] = Outcome(truth, None)
    return _scores(problem, plan, outcomes, groupings)


def _outcome(target: Target, at_origins: Sequence[Scaled]) -> Outcome:
    value = {
        name: np.stack([forecast.values(target, at, at.departure[name]) for at in at_origins], axis=1)
        for name in ("mean", "p10", "p50", "p90")
    }
    return Outcome(value["mean"], np.stack([value["p10"], value["p50"], value["p90"]], axis=-1))


def _scores(
    problem: Problem, plan: Windows, outcomes: dict[str, Outcome], groupings: dict[str, NDArray[np.str_]]
) -> Evaluation:
    target, panel, horizons = problem.target, problem.panel, problem.horizons
    step = np.array(plan.origins)[:, None] + horizons
    seen = panel.observed[:, step] & (panel.first[:, None] <= plan.origins)[:, :, None]
    actual = np.where(seen, panel.value[:, step], np.nan)
    past = panel.until(plan.cut + 1)
    scales = metrics.naive_scales(past.value, past.observed)
    per_series = {name: _per_series(outcome, actual, scales) for name, outcome in outcomes.items()}
    summary = {name: _summary(name, outcome, actual, scales, per_series) for name, outcome in outcomes.items()}
    return Evaluation(
        summary,
        _by_horizon(target, panel.step_days * horizons, outcomes, actual, scales),
        _by_group(target, groupings, per_series),
        _forecasts(panel, plan, horizons, outcomes, actual),
    )


def _flat(cells: Floats) -> Floats:
    return cells.reshape(cells.shape[0], -1, *cells.shape[3:])


def _per_series(outcome: Outcome, actual: Floats, scales: tuple[Floats, Floats]) -> dict[str, Floats]:
    squared, absolute = scales
    median = outcome.mean if outcome.quantiles is None else outcome.quantiles[..., 1]
    scores = {
        "rmsse": metrics.rmsse(_flat(outcome.mean), _flat(actual), squared),
        "mase": metrics.mase(_flat(median), _flat(actual), absolute),
    }
    if outcome.quantiles is not None:
        scores["pinball"] = metrics.pinball(_flat(outcome.quantiles), _flat(actual), absolute)
    return scores


def _summary(
    name: str,
    outcome: Outcome,
    actual: Floats,
    scales: tuple[Floats, Floats],
    per_series: dict[str, dict[str, Floats]],
) -> dict[str, float]:
    own, reference = per_series[name], per_series["naive"]
    figures = {metric: _mean(score) for metric, score in own.items()}
    for metric in own:
        beside = _mean(reference[metric])
        figures[f"{metric}_ratio"] = _mean(own[metric]) / beside if beside else float("nan")
    known = np.isfinite(own["rmsse"])
    ours, naive = own["rmsse"][known], reference["rmsse"][known]
    figures["share_worse_5pct"] = _mean((ours > 1.05 * naive + 0.01).astype(float))
    if len(ours):  # beside the means, which a few series of tiny scale can rule
        figures["median_ratio"], figures["p95_ratio"] = np.quantile((ours + 0.05) / (naive + 0.05), [0.5, 0.95])
    figures["bias"] = metrics.bias(outcome.mean, actual)
    if outcome.quantiles is not None:
        figures["coverage80"] = metrics.coverage(outcome.quantiles[..., 0], outcome.quantiles[..., 2], actual)
    by_origin = [_mean(metrics.rmsse(outcome.mean[:, o], actual[:, o], scales[0])) for o in range(actual.shape[1])]
    figures["rmsse_se_by_origin"] = (
        float(np.std(by_origin, ddof=1) / np.sqrt(len(by_origin))) if len(by_origin) > 1 else 0.0
    )
    figures["series"] = float(np.isfinite(own["rmsse"]).sum())
    return {metric: round(figure, 4) for metric, figure in figures.items() if np.isfinite(figure)}


def _mean(score: Floats) -> float:
    known = score[np.isfinite(score)]
    return float(known.mean()) if len(known) else float("nan")


def _by_horizon(
    target: Target,
    horizon_days: NDArray[np.int64],
    outcomes: dict[str, Outcome],
    actual: Floats,
    scales: tuple[Floats, Floats],
) -> pd.DataFrame:
    lines = []
    for name, outcome in outcomes.items():
        for index, days in enumerate(horizon_days):
            line = {"target": target.name, "model": name, "horizon_days": int(days)}
            line["rmsse"] = _mean(metrics.rmsse(outcome.mean[:, :, index], actual[:, :, index], scales[0]))
            if outcome.quantiles is not None:
                low, high = outcome.quantiles[:, :, index, 0], outcome.quantiles[:, :, index, 2]
                line["pinball"] = _mean(metrics.pinball(outcome.quantiles[:, :, index], actual[:, :, index], scales[1]))
                line["coverage80"] = metrics.coverage(low, high, actual[:, :, index])
            lines.append(line)
    return _beside_naive(pd.DataFrame(lines), ["target", "horizon_days"])


def _by_group(
    target: Target, groupings: dict[str, NDArray[np.str_]], per_series: dict[str, dict[str, Floats]]
) -> pd.DataFrame:
    lines = [
        {
            "target": target.name,
            "grouping": grouping,
            "group": str(group),
            "model": name,
            "series": int(np.isfinite(scores["rmsse"][labels == group]).sum()),
            "rmsse": _mean(scores["rmsse"][labels == group]),
            "mase": _mean(scores["mase"][labels == group]),
        }
        for grouping, labels in groupings.items()
        for group in np.unique(labels)
        for name, scores in per_series.items()
    ]
    return _beside_naive(pd.DataFrame(lines), ["target", "grouping", "group"])


def _beside_naive(table: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    reference = table[table["model"] == "naive"].set_index(key)["rmsse"]
    table["rmsse_ratio"] = table["rmsse"] / reference.reindex(pd.MultiIndex.from_frame(table[key])).to_numpy()
    return table.round(4)


def _forecasts(
    panel: Panel,
    plan: Windows,
    horizons: NDArray[np.int64],
    outcomes: dict[str, Outcome],
    actual: Floats,
) -> pd.DataFrame:
    series, origin, ahead = np.nonzero(np.isfinite(actual))
    start = np.array(plan.origins)[origin]
    table = panel.ids.loc[series].reset_index(drop=True)
    table["origin"] = pd.to_datetime(panel.dates[start])
    table["date"] = pd.to_datetime(panel.dates[start + horizons[ahead]])
    table["horizon_days"] = panel.step_days * horizons[ahead]
    table["actual"] = actual[series, origin, ahead]
    ours = outcomes["ordercast"]
    assert ours.quantiles is not None
    for index, name in enumerate(("p10", "p50", "p90")):
        table[name] = np.round(ours.quantiles[series, origin, ahead, index], 4)
    table["mean"] = np.round(ours.mean[series, origin, ahead], 4)
    table["naive"] = np.round(outcomes["naive"].mean[series, origin, ahead], 4)
    return table
