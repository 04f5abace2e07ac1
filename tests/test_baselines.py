"""The forecasts anybody could make: each rule on a series that rises by one a day, their bands beside a plain loop."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import baselines, panel


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param(baselines.naive, [300.0] * 9, id="naive"),
        pytest.param(baselines.seasonal_naive, [294, 295, 296, 297, 298, 299, 300, 294, 295], id="seasonal_naive"),
        pytest.param(baselines.rolling_mean, [286.5] * 9, id="rolling_mean"),
    ],
)
def test_baselines(rule, expected):
    rising = pd.DataFrame({"product_id": "A", "date": pd.date_range("2025-01-01", periods=300), "in_stock": True})
    rising["demand_units"] = np.arange(1.0, 301)
    problem = small.problem("demand", sold=rising)
    at_the_end = problem.panel.until(300)
    assert rule(at_the_end, np.arange(1, 10))[0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rule", "back"),
    [
        pytest.param(baselines.naive, [0, 0], id="naive"),
        pytest.param(baselines.seasonal_naive, [51, 50], id="the_same_weeks_last_year"),
    ],
)
def test_baselines_by_the_week(rule, back):
    quotes = small.quotes(700)
    known = panel.price_panel(quotes, quotes["date"].max(), 7)
    expected = np.stack([known.z[:, known.steps - 1 - each] for each in back], axis=1)
    np.testing.assert_array_equal(rule(known, np.array([1, 2])), expected)


def outward(errors: list[float], level: float) -> float:
    """The quantile of the errors, its rank told as that of one more of them."""
    rank = int(level * (len(errors) + 1)) if level < 0.5 else -int(-(level * (len(errors) + 1)) // 1)
    return sorted(errors)[min(max(rank, 1), len(errors)) - 1]


@pytest.mark.parametrize("target", ["price", "demand"])
@pytest.mark.parametrize("rule", baselines.BASELINES.values(), ids=baselines.BASELINES)
def test_bands_against_a_plain_loop(target, rule):
    """Errors of the same cluster and range of horizons, 1000 at least, or of more; in units of the scale of the day."""
    problem = small.problem(target, small.quotes_with_comers_and_goers())
    problem = replace(problem, horizons=np.arange(1, 5))
    known, past, origins = problem.panel, list(range(60, 270, 2)), [280, 290]

    def scaled(origin: int) -> dict[tuple[int, int], tuple[float, float, float, int]]:
        """(series, horizon) -> departure, base, scale, cluster of those that have started."""
        at = small.rows(problem, [origin])
        said = rule(known.until(origin + 1), problem.horizons)
        return {
            (int(s), int(h)): (said[s, h - 1], base, scale, int(group))
            for s, h, base, scale, group in zip(at.series, at.horizon, at.base, at.scale, at.group, strict=True)
        }

    errors = []
    for origin in past:
        for (s, h), (said, _, scale, group) in scaled(origin).items():
            if known.observed[s, origin + h]:
                errors.append((group, (h - 1) // 2, (known.z[s, origin + h] - said) / scale))
    mean, quantiles = baselines.banded(rule, problem, past, origins)
    assert quantiles.shape == (len(known.ids), 2, 4, 3)
    for o, origin in enumerate(origins):
        for (s, h), (said, _, scale, group) in scaled(origin).items():
            place = (h - 1) // 2
            choices = [
                [e for g, b, e in errors if g == group and b == place],
                [e for g, b, e in errors if b == place],
                [e for _, _, e in errors],
            ]
            used = next((each for each in choices if len(each) >= 1000), choices[-1])
            assert mean[s, o, h - 1] == pytest.approx(problem.target.inverse(said), rel=1e-6)
            for q, level in enumerate((0.1, 0.5, 0.9)):
                z = max(said + scale * outward(used, level), problem.target.lowest)
                assert quantiles[s, o, h - 1, q] == pytest.approx(problem.target.inverse(z), rel=1e-4, abs=1e-4)


def test_without_earlier_origins_a_band_is_that_of_a_normal_step():
    problem = small.problem("price")
    mean, quantiles = baselines.banded(baselines.naive, problem, [], [280])
    np.testing.assert_allclose(quantiles[..., 1], mean)
    ratio = np.log(quantiles[..., 2] / mean), np.log(mean / quantiles[..., 0])
    np.testing.assert_allclose(*ratio, rtol=1e-6)
    assert (ratio[0] > 0).all()
    np.testing.assert_allclose(mean[:, 0], np.repeat(problem.panel.value[:, 280:281], 14, axis=1), rtol=1e-6)
