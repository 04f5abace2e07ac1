from dataclasses import replace

import numpy as np
import pytest
import small

from ordercast import evaluate, panel, samples, simulate, train
from ordercast.features import TARGETS, Problem
from ordercast.forecast import forecast


def scored(problem, strategy="direct"):
    plan = evaluate.windows(problem.panel, problem.horizons, 4, 14, small.TRAIN)
    model = small.fitted(problem, cut=plan.cut)
    labels = evaluate.groupings(problem.panel, small.PRODUCTS)
    return plan, evaluate.score(model, problem, plan, strategy=strategy, groupings=labels)


@pytest.fixture(scope="module")
def prices():
    return small.problem("price"), *scored(small.problem("price"))


def test_every_model_has_the_same_figures_beside_naive(prices):
    _, _, result = prices
    assert list(result.summary) == ["ordercast", "ordercast_recursive", "naive", "seasonal_naive", "rolling_mean"]
    assert result.summary["naive"]["rmsse_ratio"] == 1
    for figures in result.summary.values():
        assert {"rmsse", "mase", "pinball", "coverage80", "bias", "rmsse_ratio", "mase_ratio"} <= set(figures)


def test_figures_follow_from_the_stored_forecasts(prices):
    """RMSSE, coverage and bias again, from the table anybody can read, in plain pandas."""
    problem, plan, result = prices
    table = result.forecasts
    ours = result.summary["ordercast"]
    covered = table["actual"].between(table["p10"], table["p90"]).mean()
    assert covered == pytest.approx(ours["coverage80"], abs=1e-3)
    past = problem.panel.until(plan.cut + 1)
    errors = []
    for (product, supplier), own in table.groupby(["product_id", "supplier_id"]):
        (index,) = np.flatnonzero((past.ids["product_id"] == product) & (past.ids["supplier_id"] == supplier))
        step = [
            past.value[index, t] - past.value[index, t - 1]
            for t in range(past.first[index] + 1, past.steps)
            if past.observed[index, t]
        ]
        scale = (sum(s * s for s in step) / len(step)) ** 0.5
        errors.append(((own["mean"] - own["actual"]) ** 2).mean() ** 0.5 / scale)
    assert np.mean(errors) == pytest.approx(ours["rmsse"], abs=1e-3)


def test_errors_count_on_observed_days_only(prices):
    problem, plan, result = prices
    step = np.array(plan.origins)[:, None] + problem.horizons
    assert len(result.forecasts) == problem.panel.observed[:, step].sum()


def test_by_horizon_and_by_group_are_complete(prices):
    _, _, result = prices
    assert sorted(result.by_horizon["horizon_days"].unique()) == list(range(1, 15))
    groups = result.by_group[result.by_group["model"] == "ordercast"]
    assert set(zip(groups["grouping"], groups["group"], strict=True)) == {
        ("category", "x"),
        ("category", "-"),
        ("supplier", "F1"),
        ("supplier", "F2"),
    }


def test_the_scored_forecasts_are_those_that_people_are_shown(prices):
    """Stage 5's table, made at the first test origin, says what stage 4 scored there."""
    problem, plan, result = prices
    told = forecast(small.fitted(problem, cut=plan.cut), problem.at(plan.origins[0]), "direct")
    both = result.forecasts.merge(told, on=["product_id", "supplier_id", "origin", "date"], suffixes=("", "_told"))
    assert len(both) == (result.forecasts["origin"] == result.forecasts["origin"].min()).sum() > 40
    for name in ("p10", "p50", "p90", "mean"):
        np.testing.assert_allclose(both[name], both[f"{name}_told"], atol=1e-4)


def test_the_chosen_strategy_is_ours_and_the_other_stands_beside_it(prices):
    problem, _, direct = prices
    _, recursive = scored(problem, "recursive")
    assert list(recursive.summary)[:2] == ["ordercast", "ordercast_direct"]
    assert recursive.summary["ordercast"] == direct.summary["ordercast_recursive"]
    assert recursive.summary["ordercast_direct"] == direct.summary["ordercast"]


def test_demand_is_scored_too():
    _, result = scored(small.problem("demand"))
    assert result.summary["ordercast"]["rmsse_ratio"] < 1


def test_series_that_come_and_go_are_scored_while_they_are_there():
    plan, result = scored(small.problem("price", small.quotes_with_comers_and_goers()))
    counts = result.forecasts.groupby(["product_id", "supplier_id"])["origin"].nunique()
    assert counts[("B", "F8")] == 4
    assert ("C", "F9") not in counts.index
    assert min(plan.origins) > 220


@pytest.mark.parametrize(
    ("days", "asked", "origins", "said"),
    [
        pytest.param(900, 12, 12, "", id="long_history"),
        pytest.param(320, 12, 12, "windows that judge of 25 of 42 days", id="short_windows"),
        pytest.param(150, 4, 4, "windows that judge of 15 of 42 days", id="shorter_windows"),
        pytest.param(110, 4, 1, "1 of 4 origins: the history is short; windows", id="short_history"),
    ],
)
def test_windows_shrink_with_the_history(days, asked, origins, said):
    known = small.problem("price", small.quotes(days)).panel
    plan = evaluate.windows(known, samples.horizons(14, 1), asked, 14, small.TRAIN)
    assert len(plan.origins) == origins
    assert said in plan.note
    assert bool(said) == bool(plan.note)
    assert plan.origins[-1] + 14 == known.steps - 1
    assert plan.cut == plan.origins[0]


@pytest.mark.parametrize("days", [110, 320, 900])
def test_the_simple_forecasts_bands_rest_on_days_before_the_cut(days):
    """On origins within the windows that judge the model, with no two paths over the same days."""
    known = small.problem("price", small.quotes(days)).panel
    plan = evaluate.windows(known, samples.horizons(14, 1), 12, 14, small.TRAIN)
    assert plan.past[-1] + 14 <= plan.cut
    assert plan.past[0] >= train.folds(plan.cut, 1, small.TRAIN)[0].start
    assert set(np.diff(plan.past)) == {15}


def test_a_quarter_of_history_is_too_short():
    known = small.problem("price", small.quotes(90)).panel
    with pytest.raises(ValueError, match="too short to evaluate"):
        evaluate.windows(known, samples.horizons(14, 1), 12, 14, small.TRAIN)


def test_a_world_by_the_week_or_of_ones_own_has_no_floor(prices):
    problem, plan, _ = prices
    assert evaluate.floor({}, problem, plan) is None
    weekly = replace(problem, panel=panel.price_panel(small.quotes(), small.quotes()["date"].max(), 7))
    assert evaluate.floor({"price_states": small.quotes()}, weekly, plan) is None


def test_the_simulated_world_can_be_learned_and_the_truth_is_the_floor():
    """The accuracy is pinned: better than no change by a margin, worse than the truth."""
    world = simulate.world(40, 700, 7, simulate.DEFAULT_TODAY, "BRL")
    known = panel.panels(world.prices, world.sales, world.prices["date"].max(), 1)
    table = samples.code_table(world.products, world.prices)
    results = {}
    for name in known:
        codes = samples.codes_of(known[name].ids, world.products, table)
        problem = Problem(TARGETS[name], known[name], samples.horizons(14, 1), codes, small.SPEC)
        plan = evaluate.windows(known[name], problem.horizons, 8, 14, small.TRAIN)
        model = small.fitted(problem, cut=plan.cut, fold_days=84, max_rounds=60, min_data_in_leaf=100)
        truth = evaluate.floor(world.truth, problem, plan) if name == "price" else None
        labels = evaluate.groupings(known[name], world.products)
        results[name] = evaluate.score(model, problem, plan, strategy="direct", groupings=labels, truth=truth).summary
    price, demand = results["price"], results["demand"]
    assert price["truth"]["rmsse_ratio"] < 0.82
    assert price["truth"]["rmsse"] < price["ordercast"]["rmsse"] < price["naive"]["rmsse"]
    assert price["ordercast"]["rmsse_ratio"] < 0.89
    assert price["ordercast"]["pinball_ratio"] < 0.79
    assert price["ordercast"]["p95_ratio"] < price["truth"]["p95_ratio"]  # by luck alone the truth's is 1.16 here
    assert demand["ordercast"]["rmsse_ratio"] < 0.75
    assert demand["ordercast"]["rmsse"] < 0.95 * demand["rolling_mean"]["rmsse"]
    for figures in (price["ordercast"], demand["ordercast"]):
        assert 0.75 < figures["coverage80"] < 0.85


def test_prices_that_never_change_have_no_error_to_measure_by():
    still = small.quotes().assign(unit_price=5.0)
    _, result = scored(small.problem("price", still))
    assert "rmsse_ratio" not in result.summary["ordercast"]
    assert result.summary["ordercast"]["series"] == 0
    assert len(result.forecasts) > 0
