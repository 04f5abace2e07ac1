"""Each baseline on a series that rises by one a day."""

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import baselines


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
