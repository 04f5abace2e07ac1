"""Why a forecast departs from no change, in words."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import explain, features
from ordercast.forecast import forecast

WORDS = {True: explain.PRICE_WORDS + explain.ANY_WORDS, False: explain.DEMAND_WORDS + explain.ANY_WORDS}


def told(name: str, value: float, unit: float = 0.01, price: bool = True) -> str:
    found, _, say = explain._words(name, WORDS[price])
    return say(found, value, unit)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("over_mean_60d", -21.0, "19% under its 60-day mean", id="under_a_mean"),
        pytest.param("over_mean_5q", 9.53, "10% over the mean of its last 5 quotes", id="over_quotes"),
        pytest.param("change_7d", 0.0, "in 7 days it rose 0%", id="unchanged"),
        pytest.param("change_less_market_28d", -5.0, "5% behind the catalogue in 28 days", id="behind_the_market"),
        pytest.param("sale_depth", -22.3, "a price cut of 20% is running", id="sale"),
        pytest.param("sale_depth", 0.0, "no price cut is running", id="no_sale"),
        pytest.param("changes_due", 2.0, "a price change is due by then", id="change_due"),
        pytest.param("changes_due", 0.0, "no price change is due by then", id="no_change_due"),
        pytest.param("days_since_change", 12.0, "unchanged for 12 days", id="days"),
        pytest.param("range_position_91d", 0.25, "at 25% of its 91-day range", id="range"),
        pytest.param(
            "supplier_since_change", 3.0, "since it last changed the supplier's prices rose 3%", id="supplier"
        ),
        pytest.param("level_gap", 4.9, "5% under what comparable prices say", id="under_comparable_prices"),
        pytest.param("level_gap", -9.53, "9% over what comparable prices say", id="over_comparable_prices"),
        pytest.param("level_gap", 0.2, "in line with comparable prices", id="in_line"),
        pytest.param(
            "level_forecast",
            -1.0,
            "comparable prices foresee that it falls",
            id="foreseen_fall",
        ),
        pytest.param("level_forecast", 0.0, "comparable prices foresee no change by then", id="nothing_foreseen"),
        pytest.param("season_sin", 0.3, "the time of year", id="season"),
        pytest.param("variance_ratio_7d", 1.0, "how much it usually moves", id="the_rest"),
    ],
)
def test_words(name, value, words):
    assert told(name, value) == words


def test_demand_has_words_of_its_own():
    assert told("price_over_mean_28d", -0.1, price=False) == "price 10% under its 28-day mean"
    assert told("mean_7d", 1.0, price=False) == "its 7-day mean is over the last month's"


@pytest.mark.parametrize("target", ["price", "demand"])
def test_every_feature_has_words(target):
    problem = small.problem(target)
    at = features.rows(problem, features.every_cell(problem, [250]))
    table = WORDS[problem.target.drifts]
    general = [name for name in at.names if explain._words(name, table)[0].re.pattern == ".*"]
    assert set(general) <= {
        *("volatility_log", "volatility_28d_to_182d", "variance_ratio_7d", "variance_ratio_14d", "variance_ratio_28d"),
        *("echo", "days_ahead", "spread_to_step", "spread_to_level", "level_log", "age_days", "own_p10", "own_p90"),
    }


def test_the_largest_contributions_are_told_one_of_each_family():
    problem = small.problem("price")
    model = small.fitted(problem)
    model = replace(model, skill={name: np.ones_like(weight) for name, weight in model.skill.items()})
    table = explain.drivers(model, problem, 7)
    assert table["product_id"].tolist() == problem.panel.ids["product_id"].tolist()
    asked = replace(problem, horizons=np.array([7]))
    at = features.rows(asked, features.every_cell(asked, [problem.panel.steps - 1]))
    share = sum(model.boosters[name].predict(at.x, pred_contrib=True) for name in ("mean", "p50")) / 2
    for row, sentence in enumerate(table["drivers"]):
        largest = int(np.argmax(np.abs(share[row, :-1])))
        way = "up" if share[row, largest] >= 0 else "down"
        first = told(at.names[largest], float(at.x[row, largest]), float(at.unit[row]))
        assert sentence.split("; ")[0] == f"{first} ({way})"
        assert 1 <= len(sentence.split("; ")) <= 3


def test_who_is_not_believed_is_not_explained():
    problem = small.problem("price")
    model = small.fitted(problem)
    blind = replace(model, skill={name: 0 * weight for name, weight in model.skill.items()})
    assert (explain.drivers(blind, problem, 7)["drivers"] == "").all()


def test_an_explanation_does_not_depend_on_who_else_is_asked_for():
    problem = small.problem("price")
    model = small.fitted(problem)
    model = replace(model, skill={name: np.ones_like(weight) for name, weight in model.skill.items()})
    wanted = (problem.panel.ids["product_id"] == "A").to_numpy()
    whole, alone = explain.drivers(model, problem, 7), explain.drivers(model, problem.take(wanted), 7)
    assert alone["drivers"].tolist() == whole.loc[wanted, "drivers"].tolist()


def test_reasons_are_told_of_the_days_people_see_and_of_departures_alone():
    problem = small.problem("price")
    model = small.fitted(problem)
    model = replace(model, skill={name: np.ones_like(weight) for name, weight in model.skill.items()})
    known, why = explain.told(model, problem, "direct", 7), explain.drivers(model, problem, 7)
    pd.testing.assert_frame_equal(known.drop(columns="drivers"), forecast(model, problem, "direct"))
    said = known.merge(why, on=["product_id", "supplier_id"], suffixes=("", "_asked"))
    seen = (said["horizon_days"] <= 7) & (said["skill_weight"] > 0)
    assert seen.any()
    assert (said["drivers"] == said["drivers_asked"].where(seen, "")).all()
