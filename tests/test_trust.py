from dataclasses import replace

import numpy as np
import pytest
import small

from ordercast import calibrate, features, forecast, trust


@pytest.fixture(scope="module")
def lesson():
    problem = small.problem("price")
    return problem, small.training_rows(problem)


def test_skill_is_judged_with_what_silence_takes_away(lesson):
    """Answers that are right once they have faded with the age of the last quote deserve their full weight."""
    problem, rows = lesson
    faded = replace(rows, trust=np.where(rows.series % 2 == 0, 0.25, 1.0))
    actual = features.scaled_target(problem.panel, faded)
    known, actual = faded.take(np.flatnonzero(np.isfinite(actual))), actual[np.isfinite(actual)]
    late, right = np.arange(len(actual)), actual / known.trust
    skill, _, _ = trust.judged(problem, known, actual, late, dict.fromkeys(forecast.LEVELS, right), right)
    seen = np.unique(known.group)
    assert small.STICKY in seen
    assert small.MOVING in seen
    assert (skill["mean"][seen, 0] == 1).all()
    assert (skill["p50"][seen, 0] == 1).all()
    assert (skill["line"][seen, 0] == 1).all()


@pytest.fixture(scope="module")
def normal(lesson):
    """The rows told in one scale, with normal errors, of which a tenth lies under -1.28 and a tenth over 1.28."""
    problem, rows = lesson
    return problem, replace(rows, scale=rows.unit), np.random.default_rng(0).normal(size=len(rows.x))


@pytest.mark.parametrize("level", [0.1, 0.9])
@pytest.mark.parametrize(
    ("model", "own", "share"),
    [
        pytest.param(1.28, -1.0, 1.0, id="a_model_that_holds_stands_alone_beside_a_past_that_does_not"),
        pytest.param(3.28, -0.72, 0.5, id="two_that_err_on_either_side_are_averaged"),
        pytest.param(3.28, 1.28, 0.5, id="the_own_past_never_counts_for_more"),
        pytest.param(1.28, 1.28, 0.5, id="where_both_say_the_same_nothing_is_proved"),
        pytest.param(5.28, np.nan, 1.0, id="without_an_own_past_there_is_no_choice"),
    ],
)
def test_a_band_is_half_the_models_unless_more_is_worth_it(normal, level, model, own, share):
    """How far outwards the model and the own past are."""
    problem, rows, actual = normal
    told, past = (np.full(len(actual), np.sign(level - 0.5) * each) for each in (model, own))
    shares = trust.band_shares(problem, rows, told, past, actual, level)
    assert shares.shape == (12, 2)
    assert shares[small.MOVING, 0] == pytest.approx(share, abs=0.04 if share == 1 else 1e-9)


def test_bands_are_shared_by_group_and_range(normal):
    """The model holds near, its own past far; a series without a past says nothing."""
    problem, rows, actual = normal
    rows = replace(rows, horizon=np.where(np.arange(len(actual)) % 2 == 0, 5, 30))
    far = rows.horizon > 14
    told, past = np.where(far, -3.28, -1.28), np.where(far, -1.28, 1.0)
    shares = trust.band_shares(problem, rows, told, past, actual, 0.1)
    assert shares[small.MOVING] == pytest.approx([1.0, 0.5], abs=0.04)
    silent = rows.series == rows.series[0]
    wild, shaken = np.where(silent, 99.0, told), np.where(silent, np.nan, past)
    kept = np.flatnonzero(~silent)
    alone = trust.band_shares(problem, rows.take(kept), told[kept], past[kept], actual[kept], 0.1)
    assert trust.band_shares(problem, rows, wild, shaken, actual, 0.1).tolist() == alone.tolist()


@pytest.mark.parametrize(
    ("block_gains", "share"),
    [
        pytest.param([1, 1, 1, 1], 1.0, id="all_blocks_gain"),
        pytest.param([4, 0, 0, 0], 0.5, id="one_block_alone_is_not_enough"),
        pytest.param([1, 1, 0, 0], 1.0, id="a_gain_of_half_of_them_would_not_do_for_a_mean"),
        pytest.param([1, 1, 1, -1], 0.5, id="nor_three_where_the_fourth_loses_as_much"),
    ],
)
def test_a_band_takes_less_proof_than_a_mean_but_more_than_one_block(normal, block_gains, share):
    """Four fortnights, in each of which the model gains, loses or says as much as the own past."""
    problem, rows, _ = normal
    at = rows.take(np.arange(400))
    block = np.arange(400) % 4
    gain = np.array(block_gains, dtype=float)[block]
    at = replace(at, origin=14 * block, horizon=np.full(400, 7), group=np.full(400, small.MOVING))
    shares = trust.band_shares(problem, at, gain, -gain, np.full(400, 50.0), 0.1)
    assert shares[small.MOVING, 0] == share


def test_three_quarters_of_what_the_shared_band_lacked_is_added(lesson):
    problem, rows = lesson
    actual = features.scaled_target(problem.panel, rows)
    known, actual = rows.take(np.flatnonzero(np.isfinite(actual))), actual[np.isfinite(actual)]
    late = np.arange(len(actual))
    predicted = {name: np.full(len(actual), each) for name, each in {"mean": 0.0, "p50": 0.0, "p10": -0.5}.items()}
    predicted["p90"] = np.full(len(actual), 4.0)
    _, shares, shifts = trust.judged(problem, known, actual, late, predicted, np.zeros(len(actual)))
    ahead, far = known.horizon, (known.horizon > 14).astype(int)
    for k, (name, level) in enumerate({"p10": 0.1, "p90": 0.9}.items()):
        band = calibrate.blended(predicted[name], known.own_band()[:, k], shares[name][known.group, far])
        whole = calibrate.shifts(band, actual, level, calibrate.horizon_bucket(ahead), known.group, 12)
        np.testing.assert_allclose(shifts[name], 0.75 * whole, atol=1e-5)
