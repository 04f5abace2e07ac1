"""Why a forecast departs from "no change": the largest contributions to it, in words.

Contributions are those of the trees to one answer (TreeSHAP; Lundberg et al. 2020), in units of the scaled departure;
what the point forecast takes straight from the level filter is added to what the trees make of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast import calibrate, features
from ordercast.features import Problem
from ordercast.forecast import Forecaster, Strategy, forecast
from ordercast.states import Floats, Ints

REASONS = 3
LEAST_SHARE = 0.08  # of all contributions: what counts for less is not told

Say = Callable[[re.Match[str], float, float], str]


def _percent(log_change: float) -> str:
    return f"{abs(np.expm1(log_change)):.0%}" if abs(log_change) >= 0.005 else "0%"


def _side(value: float, over: str = "over", under: str = "under") -> str:
    return over if value >= 0 else under


def _beside(what: str) -> Say:
    return lambda m, value, unit: f"{_percent(value * unit)} {_side(value)} {what.format(*m.groups())}"


def _moved(what: str) -> Say:
    def say(m: re.Match[str], value: float, unit: float) -> str:
        return f"{what.format(*m.groups())} {_side(value, 'rose', 'fell')} {_percent(value * unit)}"

    return say


def _than(what: str) -> Say:
    def say(m: re.Match[str], value: float, unit: float) -> str:
        return f"{_percent(value * unit)} {_side(value, 'ahead of', 'behind')} {what.format(*m.groups())}"

    return say


def _weekday(_: re.Match[str], value: float, unit: float) -> str:
    return f"that weekday is usually {_percent(value * unit)} {_side(value, 'dearer', 'cheaper')}"


def _range(m: re.Match[str], value: float, _: float) -> str:
    if value in (0.0, 1.0):
        return f"at its {m[1]}-day {'high' if value else 'low'}"
    return f"at {value:.0%} of its {m[1]}-day range"


def _sellers(_: re.Match[str], value: float, __: float) -> str:
    return "one supplier offers it" if value <= 1 else f"{value:.0f} suppliers offer it"


def _plain(what: str) -> Say:
    return lambda m, value, unit: what.format(*m.groups(), value=value, days=round(value), unit=unit)


def _sale(_: re.Match[str], value: float, unit: float) -> str:
    return f"a price cut of {_percent(value * unit)} is running" if value < 0 else "no price cut is running"


def _gap(_: re.Match[str], value: float, unit: float) -> str:
    if _percent(value * unit) == "0%":
        return "in line with comparable prices"
    return f"{_percent(value * unit)} {_side(-value)} what comparable prices say"


def _foreseen(_: re.Match[str], value: float, unit: float) -> str:
    change = float(np.expm1(value * unit))
    said = f"{change:+.0%}" if abs(change) >= 0.01 else f"{change:+.1%}"
    return f"comparable prices and its list-price rhythm say {'no change' if abs(change) < 0.0005 else said}"


def _due(_: re.Match[str], value: float, __: float) -> str:
    return "a price change is due by then" if value >= 1 else "no price change is due by then"


# Prices: name of the feature, family (one reason each), words. Distances are told in units of the usual step.
PRICE_WORDS: list[tuple[str, str, Say]] = [
    (r"over_mean_(\d+)d", "mean", _beside("its {}-day mean")),
    (r"over_mean_(\d+)q", "mean", _beside("the mean of its last {} quotes")),
    (r"over_smooth_quote", "mean", _beside("its smoothed quotes")),
    (r"same_weekday_8w", "weekday", _weekday),
    (r"change_less_market_(\d+)d", "market", _than("the catalogue in {} days")),
    (r"change_less_supplier_(\d+)d", "supplier", _than("its supplier's other prices in {} days")),
    (r"change_(\d+)d", "change", _moved("in {} days it")),
    (r"last_change", "change", _moved("at its last change it")),
    (r"market_(\d+)d", "market", _moved("in {} days the catalogue")),
    (r"market_since_quote", "market", _moved("since its last quote the catalogue")),
    (r"market_since_change", "market", _moved("since it last changed the catalogue")),
    (r"supplier_(\d+)d", "supplier", _moved("in {} days the supplier's prices")),
    (r"supplier_since_quote", "supplier", _moved("since its last quote the supplier's prices")),
    (r"supplier_since_change", "supplier", _moved("since it last changed the supplier's prices")),
    (r"other_suppliers_(\d+)d", "others", _moved("in {} days the other suppliers' prices")),
    (r"other_suppliers_since_change", "others", _moved("since it last changed the other suppliers' prices")),
    (r"freshest_supplier_since_change", "others", _moved("since it last changed another supplier's price")),
    (r"over_cheapest_supplier", "others", _beside("the cheapest supplier")),
    (r"over_other_suppliers", "others", _beside("the other suppliers")),
    (r"over_usual_distance", "others", _beside("its usual distance from the other suppliers")),
    (r"suppliers", "others", _sellers),
    (r"level_gap", "gap", _gap),
    (r"level_forecast", "foreseen", _foreseen),
    (r"sale_depth", "sale", _sale),
    (r"sale_age_days", "sale", _plain("the price cut is {days} days old")),
    (r"changes_due", "rhythm", _due),
    (r"days_since_change", "rhythm", _plain("unchanged for {days} days")),
    (r"days_between_changes", "rhythm", _plain("it usually changes every {days} days")),
    (r"share_changed_91d", "rhythm", _plain("it changes on {value:.0%} of the days")),
    (r"range_position_(\d+)d", "range", _range),
    (r"same_days_last_year", "season", _plain("what it did on the same days last year")),
    (r"days_since_quote", "quotes", _plain("last quoted {days} days ago")),
    (r"quotes_per_day_28d", "quotes", _plain("how often it is quoted")),
    (r"age_days", "age", _plain("known for {days} days")),
]
DEMAND_WORDS: list[tuple[str, str, Say]] = [
    (r"price_over_mean_(\d+)d", "price", lambda m, v, _: f"price {_percent(v)} {_side(v)} its {m[1]}-day mean"),
    (r"price_change_(\d+)d", "price", lambda m, v, _: f"price {_side(v, 'rose', 'fell')} {_percent(v)} in {m[1]} days"),
    (r"mean_(\d+)d", "level", lambda m, v, _: f"its {m[1]}-day mean is {_side(v)} the last month's"),
    (r"mean_(\d+)_sales", "level", lambda m, v, _: f"its last {m[1]} days were {_side(v)} the month's mean"),
    (r"smooth_sales|last", "level", lambda _, v, __: f"its latest sales were {_side(v)} the month's mean"),
    (r"same_weekday_8w", "weekday", lambda _, v, __: f"that weekday sells {_side(v, 'more', 'less')} than others"),
    (r"same_days_last_year", "season", _plain("what it sold on the same days last year")),
    (r"share_zero_91d|days_since_sale|days_since_known", "level", _plain("how often it sells")),
]
ANY_WORDS: list[tuple[str, str, Say]] = [
    (r"season_sin|season_cos", "season", _plain("the time of year")),
    (r"day_of_month", "month", _plain("the day of the month")),
    (r"weekday", "weekday", _plain("the weekday")),
    (r"days_(?:to|since)_holiday", "holiday", _plain("a public holiday is near")),
    (r"(product|supplier|category)_code", "habit", _plain("what this {} usually does")),
    (r".*", "habit", _plain("how much it usually moves")),
]


def told(forecaster: Forecaster, problem: Problem, strategy: Strategy, shown: int) -> pd.DataFrame:
    """The forecasts of a problem, as `forecast.forecast` gives them, with the column `drivers`.

    shown: the steps ahead that people see. The reasons are those of the last of them; they are told of no later one,
    and of none that is no change.
    """
    known = forecast(forecaster, problem, strategy)
    why = drivers(forecaster, problem, shown, strategy)
    reasoned = known.merge(why, on=list(problem.panel.ids.columns), how="left", validate="many_to_one")
    unsaid = (reasoned["skill_weight"] == 0) | (reasoned["horizon_days"] > shown * problem.panel.step_days)
    return reasoned.assign(drivers=reasoned["drivers"].mask(unsaid, ""))


def drivers(forecaster: Forecaster, problem: Problem, horizon: int, strategy: Strategy) -> pd.DataFrame:
    """Per series of the problem (its ids) the column `drivers`: why the forecast departs from the base, in words.

    Asked at the panel's last step for one horizon, in steps. At most three reasons, the largest first, each with the
    way it pulls; empty where nothing is believed (skill 0) or the series has not started.
    """
    asked = replace(problem, horizons=np.array([horizon]))
    at = features.rows(asked, features.every_cell(asked, [problem.panel.steps - 1]))
    skill = forecaster.skill["mean"] + (forecaster.skill["p50"] if forecaster.target.drifts else 0.0)
    filtered = np.zeros_like(skill)
    if forecaster.target.drifts and strategy == "direct":  # a recursion asks the trees alone
        filtered = forecaster.skill["level"]
    far = int(calibrate.far_range(asked.horizons * problem.panel.step_days)[0])
    believed = np.flatnonzero((skill + filtered)[at.group, far] > 0)
    told = np.full(len(problem.panel.ids), "", dtype=object)
    if len(believed):
        group, x = at.group[believed], at.x[believed].astype(np.float64)
        trust = at.trust[believed]
        straight = filtered[group, far] * trust
        share = _shares(forecaster, at.x[believed], group, far) * (trust * (1 - straight))[:, None]
        if "level_forecast" in at.names:
            place, foreseen = at.names.index("level_forecast"), at.level_forecast()[believed]
            share[:, place] += straight * foreseen
            x[:, place] = foreseen * at.scale[believed] / at.unit[believed]  # told in the unit of the others
        words = (PRICE_WORDS if forecaster.target.drifts else DEMAND_WORDS) + ANY_WORDS
        known = [_words(name, words) for name in at.names]
        for row, own, cells in zip(believed, share, x, strict=True):
            told[at.series[row]] = _sentence(own, cells, float(at.unit[row]), known)
    return problem.panel.ids.assign(drivers=pd.Series(told, index=problem.panel.ids.index, dtype="str"))


def _shares(forecaster: Forecaster, x: NDArray[np.float32], group: Ints, far: int) -> Floats:
    """Contributions to the trees' point forecast, (rows, features): of a price, to the average of mean and median."""
    names = ("mean", "p50") if forecaster.target.drifts else ("mean",)
    parts = [
        forecaster.skill[name][group, far, None]
        * np.asarray(forecaster.boosters[name].predict(x, pred_contrib=True))[:, :-1]
        for name in names
    ]
    return np.asarray(np.mean(parts, axis=0))


def _words(name: str, table: list[tuple[str, str, Say]]) -> tuple[re.Match[str], str, Say]:
    return next((found, family, say) for pattern, family, say in table if (found := re.fullmatch(pattern, name)))


def _sentence(share: Floats, x: Floats, unit: float, known: list[tuple[re.Match[str], str, Say]]) -> str:
    """The largest contributions, one of each family, as `words (up); words (down)`."""
    said: dict[str, str] = {}
    least = LEAST_SHARE * np.abs(share).sum()
    for place in np.argsort(-np.abs(share), kind="stable"):
        found, family, say = known[place]
        value = float(x[place])
        if abs(share[place]) <= least or len(said) == REASONS:
            break
        if family not in said and np.isfinite(value):
            said[family] = f"{say(found, value, unit)} ({_side(float(share[place]), 'up', 'down')})"
    return "; ".join(said.values())
