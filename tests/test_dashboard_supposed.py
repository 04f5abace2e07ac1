"""What the sliders of the page's what-if stand for."""

import pytest

from ordercast.dashboard.supposed import settings

NEUTRAL = {"budget": None, "service_floor": None, "risk_appetite": 0.5, "horizon_days": None}


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        pytest.param({}, {}, id="nothing_said"),
        pytest.param({"budget": "100", "service": "0", "risk": "50", "days": "60"}, {}, id="as_they_stand_at_first"),
        pytest.param({"budget": "50"}, {"budget": 1000.0}, id="middle_is_what_the_plan_spends"),
        pytest.param({"budget": "0"}, {"budget": 0.0}, id="no_money"),
        pytest.param({"service": "50"}, {"service_floor": 0.95}, id="service"),
        pytest.param({"risk": "10"}, {"risk_appetite": 0.1}, id="careful"),
        pytest.param({"days": "14"}, {"horizon_days": 14.0}, id="two_weeks"),
        pytest.param({"days": "0"}, {"horizon_days": 1.0}, id="a_day_at_least"),
        pytest.param({"budget": "-3", "service": "nan", "risk": "x", "days": "1e9"}, {}, id="what_no_slider_says"),
    ],
)
def test_settings(fields, changed):
    assert settings(fields, planned=1000.0) == NEUTRAL | changed


def test_a_run_within_a_budget_stays_within_it_when_nothing_is_said():
    assert settings({"risk": "10"}, planned=1000.0, most=1200.0)["budget"] == 1200.0
