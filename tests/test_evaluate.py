import numpy as np
import pytest
import small

from ordercast import evaluate, features, samples, simulate, train
from ordercast.features import TARGETS, Problem


def scored(problem, strategy="direct", truth=None):
    plan = evaluate.windows(problem.panel, problem.horizons, 4, 14, 56)
    rows = features.rows(problem, samples.origins(problem.panel, 3, 700))
    model = train.fit(problem, rows, plan.split, small.TRAIN, seed=7, threads=2)
    labels = evaluate.groupings(problem.panel, small.PRODUCTS)
    return plan, evaluate.score(model, problem, plan, strategy=strategy, groupings=labels, truth=truth)


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
    past = problem.panel.until(plan.split.cut + 1)
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


def test_demand_is_scored_too():
    _, result = scored(small.problem("demand"))
    assert result.summary["ordercast"]["rmsse_ratio"] < 1


@pytest.mark.parametrize(
    ("days", "asked", "origins", "said"),
    [
        pytest.param(600, 12, 12, "", id="long_history"),
        pytest.param(320, 12, 5, "5 of 12 origins", id="short_history"),
        pytest.param(200, 4, 4, "validation window 36 of 84 days", id="short_validation"),
    ],
)
def test_windows_shrink_with_the_history(days, asked, origins, said):
    known = small.problem("price", small.quotes(days)).panel
    plan = evaluate.windows(known, samples.horizons(14, 1), asked, 14, 84)
    assert len(plan.origins) == origins
    assert said in plan.note
    assert plan.origins[-1] + 14 == known.steps - 1
    assert plan.split.cut == plan.origins[0]


def test_a_quarter_of_history_is_too_short():
    known = small.problem("price", small.quotes(90)).panel
    with pytest.raises(ValueError, match="too short to evaluate"):
        evaluate.windows(known, samples.horizons(14, 1), 12, 14, 84)


def test_the_simulated_world_can_be_learned_and_the_truth_is_the_floor():
    """The accuracy is pinned: better than no change by a margin, worse than the truth."""
    world = simulate.world(40, 500, 7, simulate.DEFAULT_TODAY, "BRL")
    from ordercast import panel

    known = panel.panels(world.prices, world.sales, world.prices["date"].max(), 1)
    table = samples.code_table(world.products, world.prices)
    results = {}
    for name in known:
        codes = samples.codes_of(known[name].ids, world.products, table)
        problem = Problem(TARGETS[name], known[name], samples.horizons(14, 1), codes, small.SPEC)
        plan = evaluate.windows(known[name], problem.horizons, 8, 14, 84)
        rows = features.rows(problem, samples.origins(known[name], 3, 500))
        model = train.fit(problem, rows, plan.split, small.TRAIN, seed=7, threads=2)
        truth = evaluate.floor(world.truth, problem, plan) if name == "price" else None
        labels = evaluate.groupings(known[name], world.products)
        results[name] = evaluate.score(model, problem, plan, strategy="direct", groupings=labels, truth=truth).summary
    price, demand = results["price"], results["demand"]
    assert price["truth"]["rmsse_ratio"] < 0.9
    assert price["truth"]["rmsse"] < price["ordercast"]["rmsse"] < price["naive"]["rmsse"]
    assert demand["ordercast"]["rmsse_ratio"] < 0.85
    assert demand["ordercast"]["rmsse"] < demand["rolling_mean"]["rmsse"]
    for figures in (price["ordercast"], demand["ordercast"]):
        assert 0.7 < figures["coverage80"] < 0.9


def test_prices_that_never_change_have_no_error_to_measure_by():
    still = small.quotes().assign(unit_price=5.0)
    _, result = scored(small.problem("price", still))
    assert "rmsse_ratio" not in result.summary["ordercast"]
    assert result.summary["ordercast"]["series"] == 0
    assert len(result.forecasts) > 0
