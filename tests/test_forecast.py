from dataclasses import replace

import numpy as np
import pytest
import small

from ordercast import features, forecast, samples, train


@pytest.fixture(scope="module", params=["price", "demand"])
def fitted(request):
    problem = small.problem(request.param)
    rows = features.rows(problem, samples.origins(problem.panel, 2, 300))
    at = train.split(problem.panel, problem.panel.steps - 1, 56)
    return problem, train.fit(problem, rows, at, small.TRAIN, seed=7, threads=2)


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_a_row_for_every_series_and_day(fitted, strategy):
    problem, model = fitted
    table = forecast.forecast(model, problem, strategy)
    assert len(table) == 14 * len(problem.panel.ids)
    assert not table.isna().any().any()
    assert (table["p10"] <= table["p50"]).all()
    assert (table["p50"] <= table["p90"]).all()
    assert (table[["p10", "mean"]] >= 0).all().all()
    assert (table["date"] - table["origin"]).dt.days.tolist() == table["horizon_days"].tolist()
    assert table["skill_weight"].between(0, 1).all()


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_a_forecast_does_not_depend_on_who_else_is_asked_for(fitted, strategy):
    problem, model = fitted
    whole = forecast.forecast(model, problem, strategy)
    wanted = (problem.panel.ids["product_id"] == "A").to_numpy()
    alone = forecast.forecast(model, problem.take(wanted), strategy)
    assert alone.to_csv(index=False) == whole[whole["product_id"] == "A"].to_csv(index=False)


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_a_past_forecast_does_not_see_the_future(fitted, strategy):
    """The corrupted future leaves every forecast made before it as it was, bit for bit."""
    problem, model = fitted
    prices, sold = small.quotes_with_comers_and_goers(), small.sales()
    problem = small.problem(problem.target.name, prices.copy(), sold.copy())
    after = str(problem.panel.dates[250])
    prices.loc[prices["date"] > after, "unit_price"] *= 13.0
    sold.loc[sold["date"] > after, "demand_units"] += 500.0
    corrupt = small.problem(problem.target.name, prices, sold)
    honest = forecast.forecast(model, problem.at(250), strategy)
    assert forecast.forecast(model, corrupt.at(250), strategy).to_csv() == honest.to_csv()
    assert forecast.forecast(model, corrupt, strategy).to_csv() != forecast.forecast(model, problem, strategy).to_csv()


def test_without_skill_the_forecast_is_no_change(fitted):
    problem, model = fitted
    blind = replace(model, skill={name: 0 * weight for name, weight in model.skill.items()})
    table = forecast.forecast(blind, problem, "direct")
    state = problem.target.state(features.recent(problem.panel), problem.spec)
    base = problem.target.inverse(state.base)
    np.testing.assert_allclose(table["mean"].to_numpy().reshape(-1, 14), np.repeat(base[:, None], 14, 1), atol=1e-4)
    assert (table["skill_weight"] == 0).all()


def test_recursion_feeds_each_day_into_the_next(fitted):
    """A plain loop: predict a day, append it to the history as if known, predict the next."""
    problem, model = fitted
    path, steps = problem.panel, []
    for _ in range(3):
        one = replace(problem, panel=path, horizons=np.array([1]))
        at = forecast.scaled(model, one, "direct")
        z = np.maximum(at.base + at.scale[:, 0] * at.departure[:, 0], problem.target.lowest)
        steps.append(z)
        path = path.extended(problem.target.inverse(z), z)
    got = forecast.scaled(model, replace(problem, horizons=np.array([1, 2, 3])), "recursive")
    np.testing.assert_allclose(got.base[:, None] + got.scale * got.departure, np.stack(steps, axis=1), rtol=1e-9)


def test_a_stored_model_forecasts_the_same(fitted):
    problem, model = fitted
    back = forecast.restore(problem.target, model.booster.model_to_string(), forecast.describe(model))
    assert forecast.forecast(back, problem, "direct").to_csv() == forecast.forecast(model, problem, "direct").to_csv()


def test_a_model_and_a_description_that_do_not_match_are_refused(fitted):
    problem, model = fitted
    described = forecast.describe(model) | {"features": ["something", "else"]}
    with pytest.raises(ValueError, match="dvc repro"):
        forecast.restore(problem.target, model.booster.model_to_string(), described)


def test_prices_of_a_millionth_stay_above_zero():
    quotes = small.quotes()
    problem = small.problem("price", quotes.assign(unit_price=quotes["unit_price"] / 1e6))
    rows = features.rows(problem, samples.origins(problem.panel, 2, 300))
    at = train.split(problem.panel, problem.panel.steps - 1, 84)
    table = forecast.forecast(train.fit(problem, rows, at, small.TRAIN, seed=7, threads=2), problem, "direct")
    assert (table[["p10", "p50", "p90", "mean"]] > 0).all().all()
