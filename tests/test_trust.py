from dataclasses import replace

import numpy as np
import pytest
import small

from ordercast import features, forecast, trust
from ordercast.states import PRICE_CLUSTERS

MOVING = PRICE_CLUSTERS.index("moving, steady, astir")
STICKY = PRICE_CLUSTERS.index("sticky, steady, calm")


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
    assert STICKY in seen
    assert MOVING in seen
    assert (skill["mean"][seen, 0] == 1).all()
    assert (skill["p50"][seen, 0] == 1).all()
    assert (skill["line"][seen, 0] == 1).all()


@pytest.mark.parametrize(
    ("model", "own", "share"),
    [
        pytest.param(-1.28, 1.0, 1.0, id="a_model_that_holds_stands_alone_beside_a_past_that_does_not"),
        pytest.param(-3.28, 0.72, 0.5, id="two_that_err_on_either_side_are_averaged"),
        pytest.param(-3.28, -1.28, 0.5, id="the_own_past_never_counts_for_more"),
        pytest.param(-1.28, -1.28, 0.5, id="where_both_say_the_same_nothing_is_proved"),
        pytest.param(-5.28, np.nan, 1.0, id="without_an_own_past_there_is_no_choice"),
    ],
)
def test_a_band_is_half_the_models_unless_more_is_worth_it(lesson, model, own, share):
    """Against normal errors, of which a tenth lies under -1.28."""
    problem, rows = lesson
    rows = replace(rows, scale=rows.unit)
    told, past = np.full(len(rows.x), model), np.full(len(rows.x), own)
    actual = np.random.default_rng(0).normal(size=len(rows.x))
    shares = trust.band_shares(problem, rows, told, past, actual, 0.1)
    assert shares[MOVING, 0] == pytest.approx(share, abs=0.05)
    assert ((shares >= 0.5) & (shares <= 1)).all()
