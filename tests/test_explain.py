"""Why a forecast departs from no change, in words."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import calibrate, drivers, explain, features, reversion
from ordercast.forecast import Forecaster, asked, forecast
from ordercast.language import Voice

ENGLISH, PORTUGUESE = Voice("en", "BRL"), Voice("pt_BR", "BRL", "pt_BR")
FORESEEN = "the level to be expected and the rhythm of list prices say"
IN_WORDS = {"drivers": ENGLISH, "drivers_pt_BR": PORTUGUESE}


def believing(model: Forecaster, trees: float, level: float) -> Forecaster:
    """The forecaster whose trees, and whose level filter, are believed by so much."""
    weights = {name: np.full_like(weight, trees) for name, weight in model.skill.items()}
    return replace(model, skill=weights | {"level": np.full_like(weights["mean"], level)})


def told(name: str, value: float, unit: float = 0.01, price: bool = True, voice: Voice = ENGLISH) -> str:
    found, _, say = drivers.of(name, price)
    return say(found, value, unit, voice)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("over_mean_60d", -21.0, "19% under its 60-day mean", id="under_a_mean"),
        pytest.param("over_mean_5q", 9.53, "10% over the mean of its last 5 quotes", id="over_quotes"),
        pytest.param("change_7d", 0.0, "in 7 days it hardly moved", id="unchanged"),
        pytest.param("change_7d", -0.1, "in 7 days it hardly moved", id="fell_by_less_than_told"),
        pytest.param("over_mean_60d", 0.2, "at its 60-day mean", id="at_a_mean"),
        pytest.param("over_mean_5q", -0.2, "at the mean of its last 5 quotes", id="at_the_mean_of_quotes"),
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
        pytest.param("level_gap", 4.9, "5% under the level to be expected", id="under_comparable_prices"),
        pytest.param("level_gap", -9.53, "9% over the level to be expected", id="over_comparable_prices"),
        pytest.param("level_gap", 0.2, "at the level to be expected", id="in_line"),
        pytest.param(
            "level_forecast",
            2.956,
            "the level to be expected and the rhythm of list prices say +3%",
            id="foreseen_rise",
        ),
        pytest.param(
            "level_forecast",
            -0.4,
            "the level to be expected and the rhythm of list prices say -0.4%",
            id="foreseen_slight_fall",
        ),
        pytest.param(
            "level_forecast",
            0.0,
            "the level to be expected and the rhythm of list prices say no change",
            id="nothing_foreseen",
        ),
        pytest.param("change_1d", 3.0, "in a day it rose 3%", id="one_day"),
        pytest.param("days_to_holiday", 1.0, "a public holiday 1 day later", id="a_holiday_is_near"),
        pytest.param("days_since_holiday", 3.0, "a public holiday 3 days before", id="a_holiday_is_just_over"),
        pytest.param("days_to_holiday", 14.0, "no public holiday comes soon after", id="no_holiday_near"),
        pytest.param("season_sin", 0.3, "the time of year", id="season"),
        pytest.param("variance_ratio_7d", 1.0, "how much it usually moves", id="the_rest"),
    ],
)
def test_words(name, value, words):
    assert told(name, value) == words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("over_mean_60d", -21.0, "19% abaixo da média de 60 dias", id="under_a_mean"),
        pytest.param("level_forecast", -0.4, "o nível esperado e o ritmo da tabela indicam -0,4%", id="foreseen"),
        pytest.param("suppliers", 1.0, "um fornecedor o oferece", id="one_supplier"),
        pytest.param("suppliers", 3.0, "3 fornecedores o oferecem", id="suppliers"),
        pytest.param("days_since_change", 1200.0, "sem mudança há 1.200 dias", id="days"),
    ],
)
def test_words_in_portuguese(name, value, words):
    assert told(name, value, voice=PORTUGUESE) == words


def test_each_language_tells_the_same_reasons():
    problem = small.problem("price")
    model = believing(small.fitted(problem), 1.0, level=0.0)
    table = explain.drivers(model, problem, 7, "direct", IN_WORDS)
    for english, portuguese in zip(table["drivers"], table["drivers_pt_BR"], strict=True):
        ways = [each.rsplit(" (")[-1] for each in english.split("; ")]
        own = {"up)": "para cima)", "down)": "para baixo)"}
        assert [each.rsplit(" (")[-1] for each in portuguese.split("; ")] == [own[way] for way in ways]


def test_demand_has_words_of_its_own():
    assert told("price_over_mean_28d", -0.1, price=False) == "price 10% under its 28-day mean"
    assert told("mean_7d", 1.0, price=False) == "its 7-day mean is over the last month's"


@pytest.mark.parametrize("target", ["price", "demand"])
def test_every_feature_has_words(target):
    problem = small.problem(target)
    at = features.rows(problem, features.every_cell(problem, [250]))
    general = [name for name in at.names if drivers.of(name, problem.target.drifts)[0].re.pattern == ".*"]
    assert set(general) <= {
        *("volatility_log", "volatility_28d_to_182d", "variance_ratio_7d", "variance_ratio_14d", "variance_ratio_28d"),
        *("spread_to_step", "spread_to_level"),
    }


def test_the_largest_contributions_are_told_one_of_each_family():
    problem = small.problem("price")
    model = small.fitted(problem)
    model = believing(model, 1.0, level=0.0)
    table = explain.drivers(model, problem, 7, "direct", IN_WORDS)
    assert table["product_id"].tolist() == problem.panel.ids["product_id"].tolist()
    asked = replace(problem, horizons=np.array([7]))
    at = features.rows(asked, features.every_cell(asked, [problem.panel.steps - 1]))
    share = sum(model.boosters[name].predict(at.x, pred_contrib=True)[:, :-1] for name in ("mean", "p50"))
    share[:, [at.names.index(name) for name in reversion.names(at.names)]] += reversion.shares(model.line, at, 1)
    known_days = at.x[:, [at.names.index("age_days")]] + 1
    share[np.array([drivers.window_days(name) for name in at.names]) > known_days] = 0.0
    for row, sentence in enumerate(table["drivers"]):
        largest = int(np.argmax(np.abs(share[row])))
        way = "up" if share[row, largest] >= 0 else "down"
        first = told(at.names[largest], float(at.x[row, largest]), float(at.unit[row]))
        assert sentence.split("; ")[0] == f"{first} ({way})"
        assert 1 <= len(sentence.split("; ")) <= 3


@pytest.mark.parametrize("trees", [0.0, 0.5])
def test_what_is_taken_straight_from_the_level_filter_is_told(trees):
    """Where the trees are not believed it is the only reason."""
    problem = small.problem("price")
    model = believing(small.fitted(problem), trees, level=0.8)
    horizon = replace(problem, horizons=np.array([7]))
    raw = asked(model, horizon)
    table = explain.drivers(model, problem, 7, "direct", IN_WORDS)
    foreseen = np.expm1(raw.level[:, 0] * raw.scale[:, 0])
    assert (np.abs(foreseen) > 0.001).any()
    for change, sentence in zip(foreseen, table["drivers"], strict=True):
        reasons = [each for each in sentence.split("; ") if "rhythm of list prices" in each]
        if trees == 0:
            assert reasons == ([sentence] if change else [])
        for reason in reasons:
            number = float(reason.split(" say ")[1].split("%")[0]) if "no change" not in reason else 0.0
            assert number == pytest.approx(100 * change, abs=0.51)
            assert trees > 0 or reason.endswith("(up)" if change > 0 else "(down)")
    if trees > 0:
        assert table["drivers"].str.contains("rhythm of list prices say").any()


@pytest.mark.parametrize(
    ("name", "days"),
    [("over_mean_180d", 180), ("price_change_7d", 7), ("over_mean_5q", 0), ("age_days", 0), ("last_change", 0)],
)
def test_how_far_back_a_feature_looks(name, days):
    assert drivers.window_days(name) == days


def test_no_reason_is_older_than_the_series():
    problem = small.problem("price")
    model = believing(small.fitted(problem), 1.0, level=0.0)
    panel = problem.panel
    young = np.full(len(panel.ids), panel.steps - 20)
    told = [
        explain.drivers(model, each, 7, "direct", IN_WORDS)["drivers"]
        .str.extractall(r"(\d+)[ -]days?\b")[0]
        .astype(int)
        for each in (problem, replace(problem, panel=replace(panel, first=young)))
    ]
    assert told[0].max() > 20 >= told[1].max()


def test_a_recursion_takes_nothing_straight_from_the_level_filter():
    problem = small.problem("price")
    model = small.fitted(problem)
    told, untold = (
        explain.drivers(believing(model, 1.0, level), problem, 7, "recursive", IN_WORDS) for level in (1.0, 0.0)
    )
    pd.testing.assert_frame_equal(told, untold)
    assert (explain.drivers(believing(model, 0.0, 1.0), problem, 7, "recursive", IN_WORDS)["drivers"] == "").all()


def test_a_recursion_is_explained_by_the_trees_of_the_mean():
    """It asks no others, and has a skill of its own."""
    problem = small.problem("price")
    model = believing(small.fitted(problem), 0.0, level=0.0)
    model = replace(model, skill=model.skill | {"recursive": np.full_like(model.skill["mean"], 0.7)})
    deaf = replace(model, boosters={"mean": model.boosters["mean"]})
    told = explain.drivers(deaf, problem, 7, "recursive", IN_WORDS)["drivers"]
    assert (told != "").all()
    assert (explain.drivers(model, problem, 7, "direct", IN_WORDS)["drivers"] == "").all()


def test_what_is_too_small_to_act_on_is_not_explained(monkeypatch):
    problem = small.problem("price")
    model = believing(small.fitted(problem), 0.5, level=0.0)
    assert (explain.drivers(model, problem, 7, "direct", IN_WORDS)["drivers"] != "").any()
    monkeypatch.setattr(calibrate, "SNAP", 100.0)
    assert (explain.drivers(model, problem, 7, "direct", IN_WORDS)["drivers"] == "").all()


def test_who_is_not_believed_is_not_explained():
    problem = small.problem("price")
    model = small.fitted(problem)
    blind = replace(model, skill={name: 0 * weight for name, weight in model.skill.items()})
    assert (explain.drivers(blind, problem, 7, "direct", IN_WORDS)["drivers"] == "").all()


def test_an_explanation_does_not_depend_on_who_else_is_asked_for():
    problem = small.problem("price")
    model = small.fitted(problem)
    model = replace(model, skill={name: np.ones_like(weight) for name, weight in model.skill.items()})
    wanted = (problem.panel.ids["product_id"] == "A").to_numpy()
    whole, alone = (
        explain.drivers(model, problem, 7, "direct", IN_WORDS),
        explain.drivers(model, problem.take(wanted), 7, "direct", IN_WORDS),
    )
    assert alone["drivers"].tolist() == whole.loc[wanted, "drivers"].tolist()


def test_reasons_are_told_of_the_days_people_see_and_of_departures_alone():
    problem = small.problem("price")
    model = small.fitted(problem)
    model = replace(model, skill={name: np.ones_like(weight) for name, weight in model.skill.items()})
    known, why = (
        explain.told(model, problem, "direct", 7, IN_WORDS),
        explain.drivers(model, problem, 7, "direct", IN_WORDS),
    )
    pd.testing.assert_frame_equal(known.drop(columns=list(IN_WORDS)), forecast(model, problem, "direct"))
    said = known.merge(why, on=["product_id", "supplier_id"], suffixes=("", "_asked"))
    believed, days = said["skill_weight"] > 0, said["horizon_days"]
    asked = said["drivers_asked"].where(days == 7, said["any_day_drivers"]).where(believed & (days <= 7), "")
    assert (said["drivers"] == asked).all()
    assert said.loc[days < 7, "drivers"].str.len().any()


def test_nearer_days_are_told_nothing_of_the_last_one():
    problem = small.problem("demand")
    model = small.fitted(problem)
    model = replace(model, skill={name: np.ones_like(weight) for name, weight in model.skill.items()})
    why = explain.drivers(model, problem, 7, "direct", IN_WORDS)
    of_the_day = "weekday|holiday|day of the month|time of year|same days|how far ahead"
    assert why["drivers"].str.contains(of_the_day).any()
    assert not why["any_day_drivers"].str.contains(of_the_day).any()
