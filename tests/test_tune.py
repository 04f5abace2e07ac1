"""The search over training settings, and what it writes."""

from pathlib import Path

import pytest
import small

from ordercast import params, train, tune

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def found() -> tuple[tune.Task, tune.Found]:
    problem = small.problem("price")
    task = tune.Task(problem, small.training_rows(problem), 240)
    return task, tune.search({"price": task}, small.TRAIN, trials=3, seed=7, threads=2)


def test_the_settings_in_force_come_first_and_the_best_is_never_worse(found):
    task, outcome = found
    assert len(outcome.trials) == 4
    own = train.window_loss(task.problem, task.rows, 240, small.TRAIN, seed=7, threads=2)
    assert outcome.loss_before == pytest.approx(own, abs=1e-5)
    assert outcome.loss == pytest.approx(outcome.trials["loss"].min(), abs=1e-5)
    best = train.window_loss(task.problem, task.rows, 240, outcome.settings, seed=7, threads=2)
    assert best == pytest.approx(outcome.loss, abs=1e-5)


def test_a_study_repeats(found):
    task, outcome = found
    again = tune.search({"price": task}, small.TRAIN, trials=3, seed=7, threads=2)
    assert again.trials.equals(outcome.trials)


def test_nothing_after_the_first_test_day_is_seen(found):
    task, outcome = found
    prices = small.quotes()
    prices.loc[prices["date"] > str(task.problem.panel.dates[240]), "unit_price"] *= 3.0
    corrupt = small.problem("price", prices)
    torn = tune.Task(corrupt, small.training_rows(corrupt), 240)
    assert tune.search({"price": torn}, small.TRAIN, trials=3, seed=7, threads=2).trials.equals(outcome.trials)


def test_the_best_is_written_where_people_look_and_nothing_else_changes(tmp_path):
    text = (PROJECT / "params.yaml").read_text()
    best = params.Train(learning_rate=0.071, num_leaves=31)
    once = tune.rewritten(text, best, ", 3 trials: loss 0.9300")
    (tmp_path / "params.yaml").write_text(once)
    assert params.load(tmp_path / "params.yaml", whole=True).train == best
    changed = [
        new for new, old in zip(once.splitlines(), text.splitlines(), strict=False) if new not in text.splitlines()
    ]
    assert [line.split(":")[0].strip() for line in changed] == [
        "# `ordercast tune`, 3 trials",
        "learning_rate",
        "num_leaves",
    ]
    assert once.count("# step of a boosting round") == 1
    twice = tune.rewritten(once, best, ", 9 trials: loss 0.9300")
    assert twice.count("ordercast tune") == 1
    assert "9 trials" in twice


def test_a_gain_too_small_to_matter_is_none():
    assert not tune.Found(small.TRAIN, small.quotes().head(0), 0.95, 0.9498).better
    assert tune.Found(small.TRAIN, small.quotes().head(0), 0.95, 0.93).better


@pytest.mark.parametrize(
    ("train", "kept"),
    [
        pytest.param("train: # ours", True, id="a_comment_behind_the_section"),
        pytest.param("train:\n", True, id="a_blank_line_within"),
        pytest.param("train: {folds: 3}\nother:", False, id="a_section_in_one_line"),
        pytest.param("learn:", False, id="no_section"),
    ],
)
def test_all_settings_are_written_or_none(train, kept):
    text = (PROJECT / "params.yaml").read_text().replace("\ntrain:", f"\n{train}")
    if kept:
        assert "num_leaves: 31 " in tune.rewritten(text, params.Train(num_leaves=31), "")
    else:
        with pytest.raises(ValueError, match=r"does not find train\.folds"):
            tune.rewritten(text, params.Train(), "")
