"""The definitions of accuracy, on frames of forecasts that anybody can score again.

Errors count on observed days only. RMSSE and MASE (Hyndman & Koehler 2006) are scaled by the series' one-step naive
error before the first test origin; a series without a scale is not scored. All ratios are to the model `naive`, except
wql_ratio, which is to `naive_empirical`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.panels import Floats, InputError, Task
from ordercast import metrics

POOLED_RATIOS = ("rmsse_ratio", "mase_ratio", "wql_ratio", "p95_ratio")
QUANTILE_COLUMNS = ["p10", "p50", "p90"]
SERIES_KEY = ["product_id", "supplier_id"]


@dataclass(frozen=True)
class Outcome:
    """What a model said: mean (series, origins, horizons), quantiles (.., 3) or None, and its CPU seconds."""

    mean: Floats
    quantiles: Floats | None
    seconds: float


def frame(task: Task, model: str, outcome: Outcome) -> pd.DataFrame:
    """Every forecast of a model as a row, with its actual (NaN where nothing was observed) and the series' scales.

    panel, target, model, product_id, supplier_id (empty for demand), origin, date, horizon_days, actual, mean, p10,
    p50, p90 (NaN for a model without quantiles), rms_scale, mean_scale. Raises ValueError where a forecast is missing.
    """
    said = [outcome.mean] if outcome.quantiles is None else [outcome.mean, outcome.quantiles]
    if not all(np.isfinite(cells).all() for cells in said):
        raise ValueError(f"{model} left forecasts out on {task.name}: all models must answer for all series and days")
    series, origin, ahead = (axis.ravel() for axis in np.indices(outcome.mean.shape))
    start = np.array(task.origins)[origin]
    dates, days = task.panel.dates, task.panel.step_days * task.horizons[ahead]
    ids = task.panel.ids.reindex(columns=SERIES_KEY, fill_value="")
    table = ids.iloc[series].reset_index(drop=True)
    table.insert(0, "panel", task.name)
    table.insert(1, "target", task.target)
    table.insert(2, "model", model)
    table["origin"] = pd.to_datetime(dates[start])
    table["date"] = pd.to_datetime(dates[start + task.horizons[ahead]])
    table["horizon_days"] = days
    table["actual"] = task.actual().ravel()
    table["mean"] = outcome.mean.ravel()
    for k, name in enumerate(QUANTILE_COLUMNS):
        table[name] = np.nan if outcome.quantiles is None else outcome.quantiles[..., k].ravel()
    rms, mean = task.scales()
    text = dict.fromkeys(["panel", "target", "model", *SERIES_KEY], pd.StringDtype())
    return table.assign(rms_scale=rms[series], mean_scale=mean[series]).astype(text)


@dataclass(frozen=True)
class Cells:
    """The scored forecasts of one model as (series, forecasts) arrays, NaN beyond a series' last; quantiles (.., 3)."""

    mean: Floats
    median: Floats
    actual: Floats
    quantiles: Floats | None
    origin: NDArray[np.int64]
    rms_scale: Floats
    mean_scale: Floats


def cells(forecasts: pd.DataFrame) -> Cells:
    """The observed forecasts of one model on one panel, for series that have a scale."""
    known = forecasts[forecasts["actual"].notna() & forecasts["rms_scale"].notna()]
    known = known.sort_values([*SERIES_KEY, "origin", "date"])
    groups = known.groupby(SERIES_KEY, sort=True)
    row, column = groups.ngroup().to_numpy(), groups.cumcount().to_numpy()
    shape = (groups.ngroups, int(column.max()) + 1 if len(known) else 0)

    def laid(values: Floats) -> Floats:
        table = np.full(shape + values.shape[1:], np.nan)
        table[row, column] = values
        return table

    quantiles = known[QUANTILE_COLUMNS].to_numpy(dtype=float)
    has = bool(len(known)) and bool(np.isfinite(quantiles).all())
    mean = laid(known["mean"].to_numpy(dtype=float))
    origin = np.full(shape, -1)
    origin[row, column] = known["origin"].rank(method="dense").astype(int).to_numpy() - 1
    first = groups.first()
    return Cells(
        mean,
        laid(quantiles[:, 1]) if has else mean,
        laid(known["actual"].to_numpy(dtype=float)),
        laid(quantiles) if has else None,
        origin,
        first["rms_scale"].to_numpy(dtype=float),
        first["mean_scale"].to_numpy(dtype=float),
    )


def scores(forecasts: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Model -> figures, from the forecasts of all models on one panel; `naive` must be among them.

    rmsse_ratio, mase_ratio (of the median, where there is one): mean over series of the model's error over that of
    naive. wql_ratio: summed pinball loss at .1, .5, .9 over summed actuals, each series first divided by its
    mean_scale, over that of naive_empirical. coverage80: share of actuals within p10 and p90.
    share_worse_5pct: share of series with RMSSE > 1.05 x naive + .01. p95_ratio: 95th percentile of
    (RMSSE + .05) / (naive + .05). rmsse_se_by_origin, coverage80_se_by_origin: standard errors, by the jackknife over
    origins (Efron 1982), since the series of one origin share their shocks. Figures that need quantiles are None
    without them.
    """
    of = {str(name): cells(own) for name, own in forecasts.groupby("model", sort=False)}
    naive = of["naive"]
    if not len(naive.actual):
        raise InputError("no drawn series was quoted on the days to be forecast: ask for more series or more origins")
    for name, own in of.items():
        if own.actual.shape != naive.actual.shape or not np.array_equal(own.actual, naive.actual, equal_nan=True):
            raise ValueError(f"{name} was not asked for the same days as naive: they cannot be compared")
    reference = of.get("naive_empirical")
    return {name: _figures(own, naive, reference) for name, own in of.items()}


def _figures(own: Cells, naive: Cells, reference: Cells | None) -> dict[str, float | None]:
    ours, theirs = _rmsse(own), _rmsse(naive)
    mase = [metrics.mase(c.median, c.actual, c.mean_scale) for c in (own, naive)]
    loss, beside = wql(own), None if reference is None else wql(reference)
    origins = int(own.origin.max()) + 1 if own.origin.size else 0
    figures = {
        "rmsse_ratio": _over(ours.mean(), theirs.mean()),
        "mase_ratio": _over(mase[0].mean(), mase[1].mean()),
        "wql_ratio": None if loss is None or beside is None else _over(loss, beside),
        "coverage80": _coverage(own),
        "share_worse_5pct": float((ours > 1.05 * theirs + 0.01).mean()),
        "p95_ratio": float(np.quantile((ours + 0.05) / (theirs + 0.05), 0.95)),
        "rmsse_se_by_origin": _jackknife(lambda k: _mean(_rmsse(own, k)) / _mean(_rmsse(naive, k)), origins),
        "coverage80_se_by_origin": None
        if own.quantiles is None
        else _jackknife(lambda k: float(_coverage(own, k) or 0.0), origins),
    }
    rounded = {name: None if figure is None else round(float(figure), 4) for name, figure in figures.items()}
    return rounded | {"series": len(ours), "origins": origins}


def _over(ours: float, reference: float) -> float | None:
    """The ratio, or None where the reference never erred."""
    return float(ours / reference) if reference > 0 else None


def _actual(of: Cells, without: int | None) -> Floats:
    """What came, but for the days forecast from one origin."""
    return of.actual if without is None else np.where(of.origin == without, np.nan, of.actual)


def _rmsse(of: Cells, without: int | None = None) -> Floats:
    return metrics.rmsse(of.mean, _actual(of, without), of.rms_scale)


def _coverage(of: Cells, without: int | None = None) -> float | None:
    if of.quantiles is None:
        return None
    return metrics.coverage(of.quantiles[..., 0], of.quantiles[..., 2], _actual(of, without))


def wql(of: Cells) -> float | None:
    """Weighted quantile loss: summed pinball loss over summed absolute actuals, each series in its own scale."""
    if of.quantiles is None:
        return None
    counted = np.isfinite(of.actual).sum(axis=1)
    loss = metrics.pinball(of.quantiles, of.actual, of.mean_scale) * counted
    size = np.nansum(np.abs(of.actual), axis=1) / of.mean_scale
    return float(loss.sum() / size.sum())


def _mean(errors: Floats) -> float:
    known = errors[np.isfinite(errors)]
    return float(known.mean()) if len(known) else float("nan")


def _jackknife(figure: Callable[[int], float], origins: int) -> float | None:
    """Standard error of a figure from what it is without each origin."""
    if origins < 2:
        return None
    left = [figure(k) for k in range(origins)]
    error = float(np.sqrt((origins - 1) / origins * np.sum((np.array(left) - np.mean(left)) ** 2)))
    return error if np.isfinite(error) else None


def rows(task: Task, forecasts: pd.DataFrame, seconds: dict[str, float]) -> list[dict[str, object]]:
    """The rows of the JSON for one panel: panel, target, model, the figures of `scores`, seconds."""
    named = {"panel": task.name, "target": task.target}
    return [
        {**named, "model": model, **figures, "seconds": round(seconds[model], 2)}
        for model, figures in scores(forecasts).items()
    ]


def geometric_mean(ratios: list[float]) -> float:
    """The geometric mean of ratios above 0."""
    return float(np.exp(np.mean(np.log(ratios))))


def pooled(scored: list[dict[str, object]], target: str = "price") -> list[dict[str, object]]:
    """One row per model over all real panels of a target: geometric means of ratios, means of shares, sums of the rest.

    The simulated catalogue is left out: it is nobody's prices. A model that is lacking on a panel is not pooled. The
    standard error is that of the log of the pooled ratio times the ratio, the panels taken as independent.
    """
    own = [row for row in scored if row["target"] == target and not str(row["panel"]).startswith("simulated")]
    panels = list(dict.fromkeys(row["panel"] for row in own))
    table = pd.DataFrame(own)
    made: list[dict[str, object]] = []
    for model, of in table.groupby("model", sort=False) if own else []:
        if len(of) < len(panels):
            continue
        row: dict[str, object] = {"panel": "pooled" if target == "price" else f"pooled:{target}", "target": target}
        row["model"] = model
        for name in POOLED_RATIOS:
            known = of[name].astype(float)
            row[name] = round(geometric_mean(known.tolist()), 4) if known.notna().all() else None
        for name in ("coverage80", "share_worse_5pct"):
            known = of[name].astype(float)
            row[name] = round(float(known.mean()), 4) if known.notna().all() else None
        errors = of["coverage80_se_by_origin"].astype(float)
        error = float(np.sqrt((errors**2).sum())) / len(of)
        row["coverage80_se_by_origin"] = round(error, 4) if errors.notna().all() else None
        relative = (of["rmsse_se_by_origin"].astype(float) / of["rmsse_ratio"].astype(float)) ** 2
        error = float(np.sqrt(relative.sum())) / len(of)
        known_error = relative.notna().all() and row["rmsse_ratio"] is not None
        row["rmsse_se_by_origin"] = round(error * float(str(row["rmsse_ratio"])), 4) if known_error else None
        row["series"], row["origins"] = int(of["series"].sum()), int(of["origins"].min())
        made.append({**row, "seconds": round(float(of["seconds"].sum()), 2)})
    return made
