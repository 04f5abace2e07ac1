import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import features, panel, samples


def row(known: features.Rows, index: int) -> dict[str, float]:
    return dict(zip(known.names, known.x[index].tolist(), strict=True))


@pytest.mark.parametrize("target", ["price", "demand"])
def test_no_feature_sees_the_future(target):
    """Everything after the origin is corrupted; every feature, base and scale stays, bit for bit."""
    origin = 200
    prices, sold = small.quotes_with_comers_and_goers(), small.sales()
    honest = small.problem(target, prices.copy(), sold.copy())
    after = pd.Timestamp(honest.panel.dates[origin])
    prices.loc[prices["date"] > after, "unit_price"] *= 97.0
    sold.loc[sold["date"] > after, "demand_units"] += 1000.0
    sold.loc[sold["date"] > after, "in_stock"] = False
    corrupt = small.problem(target, prices, sold)
    for origins in ([origin], [100, 150, origin]):
        before, later = features.rows(honest, origins), features.rows(corrupt, origins)
        for field in ("x", "base", "scale", "group", "series"):
            assert getattr(before, field).tobytes() == getattr(later, field).tobytes(), field
    changed = features.scaled_target(corrupt.panel, features.rows(corrupt, [origin]))
    assert not np.array_equal(changed, features.scaled_target(honest.panel, features.rows(honest, [origin])))


def test_price_features_against_a_plain_loop():
    problem = small.problem("price")
    known, origin, step = problem.panel, 250, 0
    at = features.rows(problem, [origin])
    for index in np.flatnonzero(at.horizon == 1):
        series = at.series[index]
        z = [round(float(np.log(v)), 7) for v in known.value[series, : origin + 1]]
        got = row(at, index)
        assert got["change_7d"] == pytest.approx(z[-1] - z[-8], abs=1e-6)
        assert got["over_mean_28d"] == pytest.approx(z[-1] - sum(z[-28:]) / 28, abs=1e-6)
        assert got["range_position_91d"] == pytest.approx(
            (z[-1] - min(z[-91:])) / (max(z[-91:]) - min(z[-91:])), abs=1e-5
        )
        moves = [b - a for a, b in itertools.pairwise(z)]
        assert got["share_changed_91d"] == pytest.approx(sum(m != 0 for m in moves[-91:]) / 91, abs=1e-6)
        quiet = next(days for days, move in enumerate(reversed(moves)) if move != 0)
        assert got["days_since_change"] == quiet
        unseen = next(days for days, seen in enumerate(reversed(known.observed[series, : origin + 1])) if seen)
        assert got["days_since_quote"] == unseen
        step += 1
    assert step == 4


def test_demand_features_against_a_plain_loop():
    problem = small.problem("demand")
    at = features.rows(problem, [250])
    y = problem.panel.value[0, :251].tolist()
    got = row(at, 0)
    level = sum(y[-28:]) / 28
    assert at.base[0] == pytest.approx(level)
    assert got["mean_7d_to_28d"] == pytest.approx(sum(y[-7:]) / 7 / level, rel=1e-5)
    mean = sum(y[-91:]) / 91
    spread = (sum((v - mean) ** 2 for v in y[-91:]) + 10 * level) / 101
    assert at.scale[0] == pytest.approx(spread**0.5, rel=1e-5)


def test_a_supplier_knows_how_far_it_is_from_the_cheapest():
    problem = small.problem("price")
    at = features.rows(problem, [299])
    first = {int(s): row(at, i) for i, s in reversed(list(enumerate(at.series)))}
    log_price = np.log(problem.panel.value[:, -1])
    assert first[0]["suppliers"] == 2
    assert first[2]["suppliers"] == 1
    cheapest = min(log_price[0], log_price[1])
    assert first[1]["over_cheapest_supplier"] == pytest.approx(log_price[1] - cheapest, abs=1e-6)


def test_a_row_does_not_depend_on_which_products_are_asked_for():
    whole = small.problem("price")
    alone = whole.take((whole.panel.ids["product_id"] == "A").to_numpy())
    together, apart = features.rows(whole, [250]), features.rows(alone, [250])
    assert apart.x.tobytes() == together.x[together.series < 2].tobytes()
    assert apart.scale.tobytes() == together.scale[together.series < 2].tobytes()


def test_series_that_have_not_started_have_no_row():
    late = small.quotes()
    late = late[(late["product_id"] != "B") | (late["date"] > "2025-06-01")]
    at = features.rows(small.problem("price", late), [100])
    assert sorted(set(at.series.tolist())) == [0, 1, 3]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(
            "2026-09-07", {"days_to_holiday": 0, "days_since_holiday": 0, "weekday": 0}, id="independence_day"
        ),
        pytest.param("2026-09-05", {"days_to_holiday": 2, "weekday": 5}, id="two_days_before"),
        pytest.param("2026-12-25", {"days_to_holiday": 0, "day_of_month": 25}, id="christmas"),
        pytest.param("2026-08-01", {"days_to_holiday": 14, "days_since_holiday": 14}, id="far_from_any_is_capped"),
        pytest.param("2026-12-31", {"days_to_holiday": 1, "days_since_holiday": 6}, id="over_the_turn_of_the_year"),
    ],
)
def test_calendar_of_brazil(day, expected):
    got = features.calendar(np.array([day], dtype="datetime64[D]"), 1, "BR")
    assert {name: float(got[name][0]) for name in expected} == expected


def test_weekly_panels_have_weekly_features():
    weeks = small.quotes(700)
    known = panel.price_panel(weeks, weeks["date"].max(), 7)
    problem = replace(small.problem("price"), panel=known, horizons=samples.horizons(14, 7))
    at = features.rows(problem, [known.steps - 3])
    assert "change_1d" not in at.names
    assert "weekday" not in at.names
    assert set(at.x[:, at.names.index("days_ahead")]) == {7.0, 14.0}
    seen = features.scaled_target(known, at)
    assert np.isfinite(seen).all()


def test_targets_that_were_not_observed_teach_nothing():
    problem = small.problem("price")
    at = features.rows(problem, [290])
    y = features.scaled_target(problem.panel, at)
    beyond = at.origin + at.horizon >= problem.panel.steps
    assert np.isnan(y[beyond]).all()
    inside = ~beyond
    step = (at.origin + at.horizon)[inside]
    assert (np.isfinite(y[inside]) == problem.panel.observed[at.series[inside], step]).all()


def test_suppliers_that_have_not_come_or_have_left_are_not_compared_with():
    problem = small.problem("price", small.quotes_with_comers_and_goers())
    ids = problem.panel.ids
    for origin, of_b, of_c in ((150, 1, 2), (230, 2, 1)):
        at = features.rows(problem, [origin])
        suppliers = {ids["product_id"][series]: row(at, i)["suppliers"] for i, series in enumerate(at.series)}
        assert suppliers["B"] == of_b
        assert suppliers["C"] == of_c


def test_a_typing_error_does_not_rule_the_scale():
    typo = small.quotes()
    typo.loc[200, "unit_price"] *= 1000
    usual, wrong = (features.rows(small.problem("price", prices), [299]) for prices in (small.quotes(), typo))
    assert wrong.scale[0] < 4 * usual.scale[0]
