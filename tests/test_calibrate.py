import numpy as np
import pytest

from ordercast import calibrate

RNG = np.random.default_rng(3)
SIGNAL = RNG.standard_normal(2400)
NOISE = RNG.standard_normal(2400)
ORIGIN = np.repeat(np.arange(12), 200)
ONE = np.zeros(2400, dtype=np.int64)


@pytest.mark.parametrize(
    ("forecast", "actual", "low", "high"),
    [
        pytest.param(SIGNAL, SIGNAL, 1.0, 1.0, id="a_model_that_is_right_is_believed"),
        pytest.param(SIGNAL, 0.5 * SIGNAL + 0.1 * NOISE, 0.45, 0.52, id="one_that_exaggerates_is_halved"),
        pytest.param(SIGNAL, NOISE, 0.0, 0.05, id="one_that_knows_nothing_is_not_heard"),
        pytest.param(SIGNAL, -SIGNAL, 0.0, 0.0, id="one_that_is_wrong_is_not_turned_round"),
        pytest.param(np.zeros(2400), NOISE, 0.0, 0.0, id="one_that_says_nothing"),
        pytest.param(0.3 * SIGNAL, SIGNAL, 1.0, 1.0, id="no_weight_above_one"),
    ],
)
def test_skill_weight(forecast, actual, low, high):
    (weight,) = calibrate.skill_weights(forecast, actual, ORIGIN, ONE, 1)
    assert low <= weight <= high


def test_skill_that_rests_on_one_origin_is_doubted():
    """The same gain, once spread over all origins and once from a single shock."""
    spread = calibrate.skill_weights(SIGNAL, 0.3 * SIGNAL + NOISE, ORIGIN, ONE, 1)[0]
    shock = np.where(ORIGIN == 5, 3.6 * SIGNAL, 0.0) + NOISE
    assert spread > 0.2
    assert calibrate.skill_weights(SIGNAL, shock, ORIGIN, ONE, 1)[0] < spread / 2


def test_three_origins_are_no_evidence():
    first = ORIGIN < 3
    assert calibrate.skill_weights(SIGNAL[first], SIGNAL[first], ORIGIN[first], ONE[first], 1)[0] == 0


def test_groups_are_judged_apart():
    group = np.where(np.arange(2400) % 2 == 0, 0, 2)
    actual = np.where(group == 0, SIGNAL, NOISE)
    weights = calibrate.skill_weights(SIGNAL, actual, ORIGIN, group, 3)
    assert weights[0] == 1
    assert weights[1] == 0
    assert weights[2] < 0.1


def test_bands_cover_what_they_promise():
    error = RNG.standard_normal(4000)
    horizon = np.tile([1, 2], 2000)
    error = np.where(horizon == 2, 3 * error, error)
    table = calibrate.bands(error, horizon, np.zeros(4000, dtype=np.int64), 1, np.array([1, 2]))
    fresh = RNG.standard_normal(20_000)
    for index, factor in enumerate((1, 3)):
        low, middle, high = table[0, index] / factor
        assert ((fresh >= low) & (fresh <= high)).mean() == pytest.approx(0.8, abs=0.03)
        assert abs(middle) < 0.1


def test_thin_cells_borrow():
    error = np.concatenate([RNG.standard_normal(1000), 50 + RNG.standard_normal(10)])
    group = np.repeat([0, 1], [1000, 10])
    table = calibrate.bands(error, np.ones(1010, dtype=np.int64), group, 2, np.array([1, 2]))
    assert table[1, 0, 1] < 1  # ten errors of 50 move nothing
    assert np.isfinite(table).all()
    assert (np.diff(table, axis=2) >= 0).all()


def test_no_errors_at_all_give_a_flat_band():
    none = np.zeros(0)
    assert (calibrate.bands(none, none.astype(int), none.astype(int), 2, np.array([1])) == 0).all()
