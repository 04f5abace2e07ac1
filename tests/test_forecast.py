import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import calibrate, features, forecast

STRATEGIES = pytest.mark.parametrize("strategy", forecast.STRATEGIES)


def believing(model: forecast.Forecaster, weight: float) -> forecast.Forecaster:
    """The model with the same trust in all it says."""
    return replace(model, skill={name: np.full_like(skill, weight) for name, skill in model.skill.items()})


@pytest.fixture(scope="module", params=["price", "demand"])
def fitted(request):
    problem = small.problem(request.param)
    return problem, small.fitted(problem)


@pytest.fixture(scope="module")
def bold(fitted):
    """The model trusted fully, so that nothing the tests say of it is said of a base that never moves."""
    problem, model = fitted
    return problem, believing(model, 1.0)


def assert_sound(table: pd.DataFrame, series: int, horizons: int = 14) -> None:
    assert len(table) == horizons * series
    assert not table.isna().any().any()
    assert (table["p10"] <= table["p50"]).all()
    assert (table["p50"] <= table["p90"]).all()
    assert (table[["p10", "mean"]] >= 0).all().all()
    assert table["skill_weight"].between(0, 1).all()


@STRATEGIES
@pytest.mark.parametrize("weight", [None, 0.0, 1.0])
def test_a_row_for_every_series_and_day(fitted, strategy, weight):
    problem, model = fitted
    table = forecast.forecast(model if weight is None else believing(model, weight), problem, strategy)
    assert_sound(table, len(problem.panel.ids))
    assert (table["date"] - table["origin"]).dt.days.tolist() == table["horizon_days"].tolist()
    assert table["horizon_days"].tolist() == [*range(1, 15)] * len(problem.panel.ids)
    ids = table[list(problem.panel.ids.columns)].drop_duplicates().reset_index(drop=True)
    pd.testing.assert_frame_equal(ids, problem.panel.ids)


@STRATEGIES
def test_a_forecast_does_not_depend_on_who_else_is_asked_for(bold, strategy):
    problem, model = bold
    whole = forecast.forecast(model, problem, strategy)
    wanted = (problem.panel.ids["product_id"] == "A").to_numpy()
    alone = forecast.forecast(model, problem.take(wanted), strategy)
    assert alone.to_csv(index=False) == whole[whole["product_id"] == "A"].to_csv(index=False)


@STRATEGIES
@pytest.mark.parametrize("block_series", [0, 1, 2, 3])
def test_blocks_give_the_same_as_one_block(bold, strategy, block_series):
    problem, model = bold
    whole = forecast.forecast(model, problem, strategy)
    assert forecast.forecast(model, problem, strategy, block_series).to_csv() == whole.to_csv()


@pytest.mark.parametrize(("block_series", "blocks"), [(1, ["AA", "B", "C"]), (3, ["AAB", "C"]), (5000, ["AABC"])])
def test_a_block_holds_whole_products(monkeypatch, block_series, blocks):
    """The suppliers of one product are compared with each other, so none may be described without the others."""
    problem, described = small.problem("price"), []
    believed = forecast.believed

    def listening(model, block, strategy):
        described.append("".join(block.panel.ids["product_id"]))
        return believed(model, block, strategy)

    monkeypatch.setattr(forecast, "believed", listening)
    forecast.forecast(small.fitted(problem, max_rounds=1), problem, "direct", block_series)
    assert described == blocks


@STRATEGIES
def test_a_past_forecast_does_not_see_the_future(bold, strategy):
    """The corrupted future leaves every forecast made before it as it was, bit for bit."""
    problem, model = bold
    prices, sold = small.quotes_with_comers_and_goers(), small.sales()
    problem = small.problem(problem.target.name, prices.copy(), sold.copy())
    after = str(problem.panel.dates[250])
    prices.loc[prices["date"] > after, "unit_price"] *= 13.0
    sold.loc[sold["date"] > after, "demand_units"] += 500.0
    corrupt = small.problem(problem.target.name, prices, sold)
    honest = forecast.forecast(model, problem.at(250), strategy)
    assert forecast.forecast(model, corrupt.at(250), strategy).to_csv() == honest.to_csv()
    assert forecast.forecast(model, corrupt, strategy).to_csv() != forecast.forecast(model, problem, strategy).to_csv()


def base_of(problem: features.Problem) -> np.ndarray:
    series = np.arange(len(problem.panel.ids))
    last = np.full(len(series), problem.panel.steps - 1)
    return problem.target.inverse(problem.target.state(problem.panel, problem.spec, series, last).base)


@STRATEGIES
def test_without_skill_the_forecast_is_no_change(fitted, strategy):
    problem, model = fitted
    table = forecast.forecast(believing(model, 0.0), problem, strategy)
    base = np.repeat(base_of(problem), 14)
    np.testing.assert_allclose(table["mean"], base, atol=1e-6)
    np.testing.assert_allclose(table["p50"], base, atol=1e-6)
    assert (table["skill_weight"] == 0).all()


def test_with_skill_the_forecast_departs_and_says_how_much_it_is_believed(bold):
    problem, model = bold
    half = believing(model, 0.5)
    table = forecast.forecast(half, problem, "direct")
    departs = np.abs(table["mean"] - np.repeat(base_of(problem), 14)) > 1e-5
    assert departs.mean() > 0.3
    share = 0.75 if problem.target.drifts else 0.5  # of a price's other half the level filter takes half
    assert (table.loc[departs, "skill_weight"] == share).all()


def test_the_guard_by_hand(bold):
    """Prices: a third of mean, median and line each, snapped, then to the level; demand: the mean. Bands in order."""
    problem, model = bold
    model = believing(model, 0.6)
    raw, got = forecast.asked(model, problem), forecast.guarded(model, problem)
    mean, median = (0.6 * raw.departure[name] for name in ("mean", "p50"))
    bucket = [int(calibrate.horizon_bucket(np.array([h]))[0]) for h in problem.horizons]
    if problem.target.drifts:
        mean = (mean + median + 0.6 * raw.line) / 3
        mean, median = (np.sign(d) * np.maximum(np.abs(d) - 0.4 * calibrate.SNAP, 0) for d in (mean, median))
        mean = 0.4 * mean + 0.6 * raw.level
    np.testing.assert_allclose(got.departure["mean"], mean)
    np.testing.assert_allclose(got.departure["p50"], median)
    for s, group in enumerate(raw.group):
        for side, (name, outwards) in enumerate((("p10", -1), ("p90", 1))):
            share = model.shares[name][group, 0]
            wide = [
                share * raw.departure[name][s, k] + (1 - share) * raw.own[s, k, side] + model.shifts[name][group, place]
                for k, place in enumerate(bucket)
            ]
            if problem.target.drifts:  # a price's band never narrows: halfway between what was and what comes
                wide = [outwards * cell * scale for cell, scale in zip(wide, raw.scale[s], strict=True)]
                wide = [(max(wide[: k + 1]) + min(wide[k:])) / 2 for k in range(len(wide))]
                wide = [max(cell, outwards * m * c) for cell, m, c in zip(wide, median[s], raw.scale[s], strict=True)]
                wide = [outwards * max(wide[: k + 1]) / raw.scale[s, k] for k in range(len(wide))]
            else:
                wide = [outwards * max(outwards * cell, outwards * m) for cell, m in zip(wide, median[s], strict=True)]
            assert got.departure[name][s].tolist() == pytest.approx(wide)


@STRATEGIES
def test_skill_fades_with_silence(strategy):
    """B was last quoted 28 days ago: half of what the model says is believed."""
    quotes = small.quotes()
    last = quotes["date"].max()
    b = quotes["product_id"] == "B"
    silent = quotes[~b | (quotes["date"] < last - pd.Timedelta(days=28))]
    silent = pd.concat([silent, quotes[b].tail(1).assign(date=last - pd.Timedelta(days=28))])
    problem = small.problem("price", silent)
    table = forecast.forecast(believing(small.fitted(problem), 1.0), problem, strategy)
    said = table[table["skill_weight"] > 0].groupby(["product_id", "supplier_id"])["skill_weight"].unique()
    assert said[("A", "F1")].tolist() == [1.0]
    assert said[("B", "F1")].tolist() == [0.5]


def test_the_weight_is_that_of_the_group_and_the_range(fitted):
    problem, model = fitted
    far = replace(problem, horizons=np.arange(1, 31))
    skill = np.arange(2 * len(problem.target.groups)).reshape(-1, 2) / 100 + 0.4
    told = replace(
        model, skill={"mean": skill, "p50": skill, "line": skill, "level": 0 * skill, "recursive": 0 * skill}
    )
    table = forecast.forecast(told, far, "direct")
    group = np.repeat(forecast.asked(told, far, ("mean",)).group, 30)
    moved = table["skill_weight"].to_numpy() > 0
    expected = skill[group, (table["horizon_days"] > 14).astype(int)]
    assert moved.any()
    np.testing.assert_allclose(table["skill_weight"][moved], expected[moved])


def test_recursion_feeds_each_day_into_the_next(bold):
    """A plain loop: predict a day, append it to the history as if known, predict the next."""
    problem, model = bold
    problem = replace(problem, horizons=np.array([1, 2, 3]))
    path, steps = problem.panel, []
    for _ in range(3):
        one = replace(problem, panel=path, horizons=np.array([1]))
        at = forecast.asked(model, one, ("mean",))
        z = np.maximum(at.base + at.scale[:, 0] * at.departure["mean"][:, 0], problem.target.lowest)
        steps.append(z)
        path = path.extended(problem.target.inverse(z), z)
    at = forecast.guarded(model, problem)
    got = forecast.recursed(model, problem, at)
    np.testing.assert_allclose(at.base[:, None] + at.scale * got, np.stack(steps, axis=1), rtol=1e-9)


def test_a_recursion_moves_its_band_along(bold):
    problem, model = bold
    direct, recursive = (forecast.believed(model, problem, strategy) for strategy in forecast.STRATEGIES)
    from_here = "p50" if problem.target.drifts else "mean"  # a price's median and mean are one
    moved = recursive.departure["mean"] - direct.departure[from_here]
    assert np.abs(moved).max() > 0.01
    for name in ("p10", "p50", "p90"):
        np.testing.assert_allclose(recursive.departure[name] - direct.departure[name], moved, atol=1e-12)


def test_a_recursion_that_is_not_believed_leaves_the_price_of_today():
    problem = small.problem("price")
    model = small.fitted(problem)
    skill = {name: np.full_like(weight, name != "recursive") for name, weight in model.skill.items()}
    told = forecast.believed(replace(model, skill=skill), problem, "recursive")
    assert (told.departure["p50"] == 0).all()
    assert (told.departure["mean"] == 0).all()


@STRATEGIES
def test_a_stored_model_forecasts_the_same(bold, strategy):
    problem, model = bold
    texts = {name: booster.model_to_string() for name, booster in model.boosters.items()}
    assert set(texts) == set(forecast.model_files("price")) == {"mean", "p10", "p50", "p90"}
    back = forecast.restore(problem.target, texts, json.loads(json.dumps(forecast.describe(model))))
    assert back.rounds == model.rounds
    assert forecast.forecast(back, problem, strategy).to_csv() == forecast.forecast(model, problem, strategy).to_csv()


@pytest.mark.parametrize(("name", "file"), [("mean", "price.lgb.txt"), ("p90", "price_p90.lgb.txt")])
def test_a_model_and_a_description_that_do_not_match_are_refused(name, file):
    problem = small.problem("price")
    model = small.fitted(problem, max_rounds=1)
    other = small.fitted(replace(problem, codes=problem.codes.iloc[:, :1]), max_rounds=1)
    texts = {each: booster.model_to_string() for each, booster in model.boosters.items()}
    texts[name] = other.boosters[name].model_to_string()
    with pytest.raises(ValueError, match=rf"models/{file} and .*dvc repro train"):
        forecast.restore(problem.target, texts, forecast.describe(model))


@STRATEGIES
@pytest.mark.parametrize("part", [1e6, 1e8])
def test_prices_of_a_millionth_and_less_stay_above_zero(strategy, part):
    quotes = small.quotes()
    problem = small.problem("price", quotes.assign(unit_price=quotes["unit_price"] / part))
    table = forecast.forecast(small.fitted(problem), problem, strategy)
    assert (table[["p10", "p50", "p90", "mean"]] > 0).all().all()


def with_more(*series: tuple[str, list[int], float]) -> pd.DataFrame:
    """The small world's quotes and more series: product, days on which it was quoted, its price."""
    first = small.quotes()["date"].min()
    more = [
        pd.DataFrame({"product_id": name, "supplier_id": "F1", "date": first + pd.to_timedelta(days, unit="D")}).assign(
            unit_price=price
        )
        for name, days, price in series
    ]
    return pd.concat([small.quotes(), *more], ignore_index=True)


@STRATEGIES
@pytest.mark.parametrize(
    "more",
    [
        pytest.param([("D", [100, 200, 290], 7.0)], id="three_quotes"),
        pytest.param([("D", [299], 7.0)], id="its_first_quote_today"),
        pytest.param([("D", [*range(300)], 7.0)], id="constant"),
        pytest.param([("D", [3], 7.0)], id="one_quote_long_ago"),
        pytest.param([(f"N{n}", [*range(290, 300)], 5.0 + n) for n in range(4)], id="half_of_the_catalogue_is_new"),
    ],
)
def test_odd_products_are_forecast_sanely(strategy, more):
    problem = small.problem("price", with_more(*more))
    model = believing(small.fitted(problem), 1.0)
    table = forecast.forecast(model, problem, strategy)
    assert_sound(table, 4 + len(more))
    price = table["product_id"].map({name: price for name, _, price in more})
    odd = price.notna()
    assert odd.sum() == 14 * len(more)
    for name in ("p50", "mean"):
        assert (table[odd][name] / price[odd]).between(0.7, 1.4).all()
    for name in ("p10", "p90"):  # of a price last seen a year ago in a catalogue whose prices move by 3% a day
        assert (table[odd][name] / price[odd]).between(0.4, 2.5).all()


def test_newcomers_leave_the_forecasts_of_the_others_nearly_alone():
    """They belong to the market, whose level every price is set beside; nothing else of them is seen."""
    problem = small.problem("price")
    model = small.fitted(problem)
    wider = small.problem("price", with_more(*[(f"N{n}", [*range(290, 300)], 5.0 + n) for n in range(4)]))
    before, after = (forecast.forecast(model, each, "direct") for each in (problem, wider))
    old = after[after["product_id"].isin(["A", "B", "C"])].reset_index(drop=True)
    np.testing.assert_allclose(old["mean"], before["mean"], rtol=0.02)


@STRATEGIES
def test_one_product_alone(strategy):
    quotes = small.quotes()
    problem = small.problem("price", quotes[quotes["product_id"] == "B"])
    model = small.fitted(problem)
    assert not any(name.startswith("supplier_") and name != "supplier_code" for name in model.names)
    assert_sound(forecast.forecast(model, problem, strategy), 1)


def test_a_constant_catalogue_stays_where_it_is():
    problem = small.problem("price", small.quotes().assign(unit_price=5.0))
    table = forecast.forecast(small.fitted(problem), problem, "direct")
    assert (table["mean"] == 5.0).all()
    assert (table["skill_weight"] == 0).all()
    assert_sound(table, 4)


def test_a_series_that_has_not_started_has_no_departure(bold):
    """Evaluation asks at origins before some series began; these answer nothing, and count nowhere."""
    problem, model = bold
    late = small.quotes()
    late = late[(late["product_id"] != "B") | (late["date"] > "2025-06-01")]
    sold = small.sales()
    sold = sold[(sold["product_id"] != "B") | (sold["date"] > "2025-06-01")]
    then = small.problem(problem.target.name, late, sold).at(100)
    at = forecast.guarded(model, then)
    unborn = then.panel.first > 100
    assert unborn.sum() == 1
    assert (at.base[unborn] == 0).all()
    assert (at.departure["mean"][unborn] == 0).all()
    assert np.isfinite(at.scale).all()
