import numpy as np
import pytest

from ordercast import metrics

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "observed", "squared", "absolute"),
    [
        pytest.param([1, 2, 4], [1, 1, 1], (5 / 2) ** 0.5, 1.5, id="one_step_changes"),
        pytest.param([1, 1, 4], [1, 0, 1], 3.0, 3.0, id="carried_days_do_not_count"),
        pytest.param([5, 5, 5], [1, 1, 1], NAN, NAN, id="a_constant_has_no_scale"),
        pytest.param([7, 7, 9], [0, 1, 1], 2.0, 2.0, id="nothing_before_the_first_quote"),
    ],
)
def test_naive_scales(value, observed, squared, absolute):
    got = metrics.naive_scales(np.array([value], dtype=float), np.array([observed], dtype=bool))
    np.testing.assert_allclose([got[0][0], got[1][0]], [squared, absolute])


def test_errors_of_a_series_by_hand():
    forecast, actual = np.array([[2.0, 4.0, 9.0]]), np.array([[1.0, 2.0, NAN]])
    np.testing.assert_allclose(metrics.rmsse(forecast, actual, np.array([0.5])), [(5 / 2) ** 0.5 / 0.5])
    np.testing.assert_allclose(metrics.mase(forecast, actual, np.array([0.5])), [3.0])
    assert metrics.bias(forecast, actual) == pytest.approx(1.0)


def test_pinball_by_hand():
    quantiles = np.array([[[8.0, 10.0, 12.0]]])
    loss = metrics.pinball(quantiles, np.array([[13.0]]), np.array([1.0]))
    assert loss[0] == pytest.approx((0.1 * 5 + 0.5 * 3 + 0.9 * 1) / 3)


def test_pinball_of_the_true_quantiles_is_the_least():
    actual = np.random.default_rng(0).standard_normal((1, 4000))
    true = np.tile([-1.2816, 0.0, 1.2816], (1, 4000, 1))
    one = np.array([1.0])
    best = metrics.pinball(true, actual, one)[0]
    assert all(metrics.pinball(true * factor, actual, one)[0] > best for factor in (0.6, 1.6))


@pytest.mark.parametrize(
    ("actual", "share"), [([1.0, 2.0, 3.0, 9.0], 0.75), ([9.0, 9.0, 9.0, 9.0], 0.0), ([2.0, NAN, NAN, NAN], 1.0)]
)
def test_coverage(actual, share):
    cells = np.array([actual])
    assert metrics.coverage(np.full_like(cells, 1.0), np.full_like(cells, 3.0), cells) == share


def test_a_series_without_any_actual_has_no_error():
    assert np.isnan(metrics.rmsse(np.ones((1, 2)), np.full((1, 2), NAN), np.array([1.0]))[0])
    assert np.isnan(metrics.bias(np.ones((1, 2)), np.full((1, 2), NAN)))
