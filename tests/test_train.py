from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest
import small

from ordercast import features, forecast, samples, train
from ordercast.train import Window


@pytest.fixture(scope="module")
def lesson():
    problem = small.problem("price")
    return problem, small.training_rows(problem)


def texts(model: forecast.Forecaster) -> dict[str, str]:
    return {name: booster.model_to_string() for name, booster in model.boosters.items()}


def assert_same(one: forecast.Forecaster, other: forecast.Forecaster) -> None:
    assert texts(one) == texts(other)
    assert one.rounds == other.rounds
    for table in ("skill", "shifts"):
        for name, cells in getattr(one, table).items():
            assert cells.tolist() == getattr(other, table)[name].tolist(), (table, name)


@pytest.mark.parametrize(
    ("cut", "step_days", "changes", "expected"),
    [
        pytest.param(299, 1, {"folds": 2, "fold_days": 42}, [(215, 257), (257, 299)], id="as_long_as_asked_for"),
        pytest.param(99, 1, {"folds": 3, "fold_days": 42}, [(51, 67), (67, 83), (83, 99)], id="half_of_a_short_past"),
        pytest.param(299, 7, {"folds": 2, "fold_days": 140}, [(259, 279), (279, 299)], id="twenty_weeks"),
        pytest.param(299, 1, {"folds": 1, "fold_days": 999}, [(149, 299)], id="one_takes_the_newer_half"),
    ],
)
def test_folds(cut, step_days, changes, expected):
    found = train.folds(cut, step_days, small.TRAIN.model_copy(update=changes))
    assert found == [Window(*each) for each in expected]


def test_a_row_teaches_before_a_window_or_judges_within_it(lesson):
    """One whose origin lies before the window and whose target within, or beyond its end, does neither."""
    problem, rows = lesson
    known, window = train._lesson(problem, rows, 240, {"verbosity": -1}), Window(150, 200)
    early, late = train._rows_of(window, known, rows)
    origin, due = rows.origin[known.use], (rows.origin + rows.horizon)[known.use]
    assert due.max() <= 240
    for place in range(len(known.use)):
        assert (place in early) == (due[place] < 150)
        assert (place in late) == (origin[place] >= 150 and due[place] <= 200)
    assert len(early) > 100
    assert len(late) > 100


def test_a_fit_repeats_to_the_byte_whatever_the_threads(lesson):
    first = small.fitted(*lesson)
    assert_same(first, small.fitted(*lesson))
    alone = train.fit(*lesson, 299, small.TRAIN, seed=7, threads=1)
    for name, text in texts(first).items():
        assert text.replace("[num_threads: 2]", "[num_threads: 1]") == alone.boosters[name].model_to_string()
    other = train.fit(*lesson, 299, small.TRAIN, seed=8, threads=2)
    assert texts(other) != texts(first)


def test_nothing_after_the_cut_is_learned(lesson):
    problem, rows = lesson
    cut = 240
    prices = small.quotes()
    prices.loc[prices["date"] > str(problem.panel.dates[cut]), "unit_price"] *= 3.0
    corrupt = small.problem("price", prices)
    again = small.training_rows(corrupt)
    honest = small.fitted(problem, rows, cut)
    assert_same(honest, small.fitted(corrupt, again, cut))
    assert_same(honest, small.fitted(problem.at(cut), rows, cut))
    assert texts(small.fitted(corrupt, again)) != texts(small.fitted(problem, rows))


def test_what_can_be_learned_is_trusted_and_what_cannot_is_not(lesson):
    """The small world's moving prices revert to their mean within days; C changes every other week, by chance."""
    skill = small.fitted(*lesson).skill
    assert skill["mean"][small.MOVING, 0] > 0.4
    assert skill["mean"][small.STICKY, 0] < 0.3
    for name in ("mean", "p50", "recursive"):
        assert skill[name].shape == (12, 2)
        assert ((skill[name] >= 0) & (skill[name] <= 1)).all()


@pytest.mark.parametrize(
    ("days", "members"),
    [
        pytest.param(150, ("mean", "p50"), id="two_blocks_cannot_judge_each_other"),
        pytest.param(300, ("mean", "p50", "line"), id="four_can"),
    ],
)
def test_a_line_that_no_other_time_can_judge_takes_no_part(days, members):
    problem = small.problem("price", small.quotes(days))
    model = small.fitted(problem)
    assert forecast.members(model.target, model.line) == members
    assert model.line.any() == ("line" in members)
    assert model.skill["line"].any() == ("line" in members)


@pytest.mark.parametrize("level", [None, 0.1])
def test_the_rounds_are_those_of_the_least_mean_loss(lesson, level):
    """Each window's fit grown by itself, judged after every round by its near rows, in units of no learning at all."""
    problem, rows = lesson
    settings = train._settings(small.TRAIN, 7, 2) | train._objective(level, small.TRAIN)
    known = train._lesson(problem, rows, 299, settings)
    split = [train._rows_of(window, known, rows) for window in train.folds(299, 1, small.TRAIN)]
    trials = [train._trial(known, early, late) for early, late in split]
    grown, rounds, _ = train._in_lockstep(known, trials, settings, level, small.TRAIN)
    assert {trial.current_iteration() for trial in grown} == {min(rounds + 5, 30)}

    def loss(actual: np.ndarray, said: np.ndarray | float) -> float:
        error = actual - said
        return float(np.mean(error**2 if level is None else np.maximum(level * error, (level - 1) * error)))

    alone = [lgb.train(settings, known.data.subset(early.tolist()), num_boost_round=30) for early, _ in split]
    mean_loss = {0: 1.0}
    for count in range(1, 31):
        ratios = []
        for trial, (early, late) in zip(alone, split, strict=True):
            start = 0.0 if level is None else np.quantile(known.y[early], level)
            said = trial.predict(rows.x[known.use[late]], num_iteration=count)
            ratios.append(loss(known.y[late], said) / loss(known.y[late], start))
        mean_loss[count] = float(np.mean(ratios))
    until_it_stops = {count: each for count, each in mean_loss.items() if count <= rounds + 5}
    assert rounds == min(until_it_stops, key=until_it_stops.get)
    assert rounds > 0 or level is not None


def test_fits_that_only_get_worse_take_no_round_and_the_forecast_is_the_base(lesson):
    """A single huge step into the noise is worse than none in every window."""
    problem, rows = lesson
    rng = np.random.default_rng(0)
    noise = replace(rows, x=rng.standard_normal(rows.x.shape).astype(np.float32))
    model = small.fitted(problem, noise, learning_rate=1.0, num_leaves=200, min_data_in_leaf=1)
    assert model.rounds["mean"] == model.rounds["p50"] == 0
    assert (model.skill["mean"] == 0).all()
    assert (model.skill["recursive"] == 0).all()
    table = forecast.forecast(model, problem, "direct")
    np.testing.assert_allclose(table["mean"], np.repeat(problem.panel.value[:, -1], 14), rtol=1e-5)


@pytest.mark.parametrize("target", ["price", "demand"])
def test_with_nothing_observed_the_forecast_is_the_base(target):
    prices, sold = small.quotes(), small.sales().assign(in_stock=False)
    if target == "price":
        prices = prices.groupby(["product_id", "supplier_id"]).nth([0, -1])
    problem = small.problem(target, prices, sold)
    model = small.fitted(problem)
    assert set(model.rounds.values()) == {0}
    assert all((weight == 0).all() for weight in model.skill.values())
    table = forecast.forecast(model, problem, "direct")
    state = problem.target.state(problem.panel, problem.spec, *_last_step(problem))
    base = np.repeat(problem.target.inverse(state.base), 14)
    np.testing.assert_allclose(table["mean"], base, atol=1e-6)
    assert not table.isna().any().any()


def _last_step(problem: features.Problem) -> tuple[np.ndarray, np.ndarray]:
    series = np.arange(len(problem.panel.ids))
    return series, np.full(len(series), problem.panel.steps - 1)


def test_windows_with_too_few_rows_are_left_out():
    """C alone, quoted for the last 95 days only: the first windows have nothing to learn from, the last one does."""
    quotes = small.quotes()
    late = (quotes["product_id"] != "C") | (quotes["date"] >= quotes["date"].max() - np.timedelta64(95, "D"))
    problem = small.problem("price", quotes[late]).take(np.array([False, False, False, True]))
    rows = small.training_rows(problem)
    known = train._lesson(problem, rows, 299, {"verbosity": -1})
    early = [len(train._rows_of(window, known, rows)[0]) for window in train.folds(299, 1, small.TRAIN)]
    assert early[0] < early[1] < train.MIN_ROWS < early[2]
    model = small.fitted(problem, rows)
    assert (model.skill["mean"] == 0).all()  # one window of six weeks is three fortnights: no evidence
    assert np.isfinite(forecast.forecast(model, problem, "direct")[["p10", "p90", "mean"]]).all().all()


def test_the_last_fit_knows_the_newest_targets(lesson):
    """Once the rounds are found the model learns again, the windows that judged it included."""
    problem, rows = lesson
    model = small.fitted(problem, rows, bagging_fraction=1.0)
    usable = np.isfinite(features.scaled_target(problem.panel, rows))
    learned = {name: booster for name, booster in model.boosters.items() if model.rounds[name]}
    assert "mean" in learned
    for name, booster in learned.items():
        assert booster.num_trees() == model.rounds[name]
        assert booster.dump_model()["tree_info"][0]["tree_structure"]["internal_count"] == usable.sum()


def test_targets_are_cut_where_they_are_beyond_learning():
    prices = small.quotes()
    prices.loc[150, "unit_price"] *= 4
    problem = small.problem("price", prices)
    rows = small.training_rows(problem)
    y = features.scaled_target(problem.panel, rows)
    learned = train._lesson(problem, rows, 299, {"verbosity": -1}).y
    assert np.nanmax(y) > 10
    assert np.abs(learned).max() == features.TARGET_LIMIT
    assert len(learned) == np.isfinite(y).sum()


def test_a_recursion_earns_its_own_skill():
    """Prices that keep nine tenths of yesterday's departure: feeding a day into the next is right."""
    problem = small.problem("price", small.quotes(600))
    rows = small.training_rows(problem)
    model = small.fitted(problem, rows, folds=1, fold_days=140, learning_rate=0.1, max_rounds=40)
    near, far = model.skill["recursive"][small.MOVING]
    assert 0 < near <= 1
    assert near == far


def test_a_recursion_that_would_reach_past_its_window_is_not_judged():
    """A window shorter than a fortnight holds no path to judge."""
    problem = small.problem("price", small.quotes(160))
    model = small.fitted(problem, fold_days=12, folds=2)
    assert model.rounds["mean"] > 0
    assert (model.skill["recursive"] == 0).all()


@pytest.mark.parametrize("reach_days", [14, 60])
def test_far_horizons_are_learned_with_the_near_ones(reach_days):
    problem = replace(small.problem("price", small.quotes(600)), horizons=samples.horizons(reach_days, 1))
    model = small.fitted(problem, fold_days=140)
    assert (model.skill["mean"][:, 1] > 0).any() == (reach_days == 60)
    assert len(forecast.forecast(model, problem, "direct")) == 4 * reach_days
