import numpy as np
import pytest
import small

from ordercast import features, forecast, samples, train


@pytest.fixture(scope="module")
def lesson():
    problem = small.problem("price")
    origins = samples.origins(problem.panel, 2, 300)
    return problem, features.rows(problem, origins)


def fit(problem, rows, cut=None, seed=7):
    at = train.split(problem.panel, problem.panel.steps - 1 if cut is None else cut, 56)
    return train.fit(problem, rows, at, small.TRAIN, seed=seed, threads=2)


def test_a_fit_repeats_to_the_byte(lesson):
    first, second = fit(*lesson), fit(*lesson)
    assert first.booster.model_to_string() == second.booster.model_to_string()
    for strategy in ("direct", "recursive"):
        np.testing.assert_array_equal(first.bands[strategy], second.bands[strategy])
        np.testing.assert_array_equal(first.skill[strategy], second.skill[strategy])


def test_nothing_after_the_cut_is_learned(lesson):
    problem, rows = lesson
    cut = 240
    prices = small.quotes()
    prices.loc[prices["date"] > str(problem.panel.dates[cut]), "unit_price"] *= 31.0
    corrupt = small.problem("price", prices)
    again = features.rows(corrupt, samples.origins(corrupt.panel, 2, 300))
    honest, other = fit(problem, rows, cut), fit(corrupt, again, cut)
    assert honest.booster.model_to_string() == other.booster.model_to_string()
    np.testing.assert_array_equal(honest.bands["direct"], other.bands["direct"])
    np.testing.assert_array_equal(honest.skill["direct"], other.skill["direct"])
    everything = fit(corrupt, again)
    assert everything.booster.model_to_string() != fit(problem, rows).booster.model_to_string()


def test_early_stopping_counts_on_the_validation_window(lesson):
    problem, rows = lesson
    hasty = small.TRAIN.model_copy(update={"learning_rate": 1.0})
    at = train.split(problem.panel, problem.panel.steps - 1, 56)
    assert train.fit(problem, rows, at, hasty, seed=7, threads=2).rounds < fit(problem, rows).rounds


def test_the_last_fit_knows_the_newest_targets(lesson):
    """After early stopping the model learns again, validation window included."""
    problem, rows = lesson
    model = fit(problem, rows)
    trees = model.booster.num_trees()
    assert trees == model.rounds
    usable = np.isfinite(features.scaled_target(problem.panel, rows))
    assert model.booster.dump_model()["tree_info"][0]["tree_structure"]["internal_count"] == usable.sum()


def test_validation_origins_have_all_their_targets_before_the_cut(lesson):
    problem, _ = lesson
    at = train.split(problem.panel, 240, 56)
    origins = at.validation_origins(problem.horizons)
    assert min(origins) >= at.valid_from
    assert max(origins) + 14 == at.cut


def test_validation_takes_a_quarter_of_a_short_history_at_most(lesson):
    problem, _ = lesson
    assert train.split(problem.panel, 99, 84).valid_from == 99 - 25
    assert train.split(problem.panel, 399, 84).valid_from == 399 - 84


@pytest.mark.parametrize("target", ["price", "demand"])
def test_with_nothing_observed_the_forecast_is_the_base(target):
    prices, sold = small.quotes(), small.sales().assign(in_stock=False)
    if target == "price":
        prices = prices.groupby(["product_id", "supplier_id"]).nth([0, -1])
    problem = small.problem(target, prices, sold)
    rows = features.rows(problem, samples.origins(problem.panel, 5, 300))
    model = fit(problem, rows)
    assert model.rounds == 0
    assert (model.skill["direct"] == 0).all()
    table = forecast.forecast(model, problem, "direct")
    state = problem.target.state(features.recent(problem.panel), problem.spec)
    base = np.repeat(problem.target.inverse(state.base), 14)
    np.testing.assert_allclose(table["mean"], base, rtol=1e-6)
    assert not table.isna().any().any()


def test_a_recursion_is_judged_on_whole_products(lesson):
    problem, _ = lesson
    kept = train._thinned(problem, 2).panel.ids
    assert kept["product_id"].tolist() == ["A", "A", "C"]
    assert len(train._thinned(problem, 30).panel.ids) == len(problem.panel.ids)
