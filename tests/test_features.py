import itertools
import statistics
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import features, forecast, panel, samples, states

FIELDS = ("x", "origin", "horizon", "base", "scale", "unit", "group", "trust")


def named(known: features.Rows, index: int) -> dict[str, float]:
    return dict(zip(known.names, known.x[index].tolist(), strict=True))


def next_day(problem: features.Problem, origin: int) -> dict[int, dict[str, float]]:
    """The features of each series' first step after the origin."""
    at = small.rows(problem, [origin])
    return {int(at.series[i]): named(at, i) for i in np.flatnonzero(at.horizon == 1)}


def assert_same(one: features.Rows, other: features.Rows, which: np.ndarray | slice = slice(None)) -> None:
    for field in FIELDS:
        assert getattr(one, field).tobytes() == getattr(other, field)[which].tobytes(), field


@pytest.mark.parametrize("target", ["price", "demand"])
def test_no_feature_sees_the_future(target):
    """Everything after the origin is corrupted; every feature, base, scale and trust stays, bit for bit."""
    origin = 200
    prices, sold = small.quotes_with_comers_and_goers(), small.sales()
    honest = small.problem(target, prices.copy(), sold.copy())
    after = pd.Timestamp(honest.panel.dates[origin])
    prices.loc[prices["date"] > after, "unit_price"] *= 97.0
    sold.loc[sold["date"] > after, "demand_units"] += 1000.0
    sold.loc[sold["date"] > after, "in_stock"] = False
    corrupt = small.problem(target, prices, sold)
    for origins in ([origin], [100, 150, origin]):
        before, later = small.rows(honest, origins), small.rows(corrupt, origins)
        assert_same(before, later)
        assert before.series.tolist() == later.series.tolist()
    changed = features.scaled_target(corrupt.panel, small.rows(corrupt, [origin]))
    assert not np.array_equal(changed, features.scaled_target(honest.panel, small.rows(honest, [origin])))


@pytest.mark.parametrize("target", ["price", "demand"])
def test_a_row_is_the_same_from_the_past_alone(target):
    """Whether the panel ends at the origin, as in a forecast, or goes on, as in training."""
    whole = small.problem(target)
    assert_same(small.rows(whole.at(250), [250]), small.rows(whole, [250]))


@pytest.mark.parametrize("target", ["price", "demand"])
def test_a_row_does_not_depend_on_which_products_are_asked_for(target):
    whole = small.problem(target)
    some = (whole.panel.ids["product_id"] == "B").to_numpy()
    together, apart = small.rows(whole, [120, 250]), small.rows(whole.take(some), [120, 250])
    assert_same(apart, together, some[together.series])


def test_a_row_does_not_depend_on_which_rows_are_asked_for():
    whole = small.problem("price")
    cells = features.every_cell(whole, [100, 250])
    some = np.random.default_rng(0).random(len(cells.series)) < 0.3
    few = features.rows(whole, features.Cells(cells.series[some], cells.origin[some], cells.horizon[some]))
    assert_same(few, features.rows(whole, cells), some)


@pytest.mark.parametrize("step_days", [1, 7])
def test_a_forecast_knows_all_that_features_look_at(step_days):
    """Of 1,000 days `recent` keeps the newest: prices that stood for years or fell silent are described the same."""
    days = np.arange(1000)
    dates = pd.date_range("2023-01-01", periods=1000)
    walk = np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.02, (3, 1000)), axis=1))
    series = {
        ("A", "never_changed"): (5 + 0 * days, days >= 0),
        ("A", "silent_for_280_days"): (walk[0], days < 720),
        ("B", "changed_a_year_ago"): (np.where(days < 640, 10, 11), days >= 0),
        ("B", "with_sales"): (walk[1] * np.where(days % 50 < 6, 0.7, 1.0), days >= 0),
        ("C", "seldom_quoted"): (walk[2], days % 37 == 0),
    }
    quotes = pd.concat(
        pd.DataFrame({"product_id": product, "supplier_id": supplier, "date": dates, "unit_price": price})[quoted]
        for (product, supplier), (price, quoted) in series.items()
    )
    known = panel.price_panel(quotes, dates[-1], step_days)
    whole = replace(small.problem("price"), panel=known, codes=pd.DataFrame(index=known.ids.index))
    short = replace(whole, panel=features.recent(known))
    assert short.panel.steps < known.steps
    at, short_at = (small.rows(each, [each.panel.steps - 1]) for each in (whole, short))
    for k, name in enumerate(at.names):
        np.testing.assert_array_equal(short_at.x[:, k], at.x[:, k], err_msg=name)
    assert short_at.scale.tobytes() == at.scale.tobytes()


@pytest.mark.parametrize("daily_change", [0.05, 0.005])
def test_a_newcomers_spread_is_what_is_usual_in_the_catalogue(daily_change):
    """After one quote it is the catalogue's, after nine nearly its own; an old series' owes it nothing."""
    dates = pd.date_range("2024-01-01", periods=300)
    walks = 5 * np.exp(np.cumsum(np.random.default_rng(2).normal(0, daily_change, (40, 300)), axis=1))
    begins = {"N1": 299, "N9": 291} | {f"P{n:02}": 0 for n in range(38)}
    quotes = pd.concat(
        pd.DataFrame({"product_id": product, "supplier_id": "F", "date": dates[begin:], "unit_price": walk[begin:]})
        for (product, begin), walk in zip(begins.items(), walks, strict=True)
    )
    known = panel.price_panel(quotes, dates[-1], 1)
    whole = replace(small.problem("price"), panel=known, codes=pd.DataFrame(index=known.ids.index))
    at, alone = (small.rows(each, [299]) for each in (whole, replace(whole, panel=replace(known, usual=None))))
    spread = dict(zip(known.ids["product_id"], at.scale[at.horizon == 14] / (daily_change * 14**0.5), strict=True))
    assert spread["N1"] == pytest.approx(1, rel=0.1)
    assert 0.6 < spread["N9"] < 1.5
    old = known.first[at.series] == 0
    assert at.scale[old].tobytes() == alone.scale[old].tobytes()
    assert not np.isclose(at.scale[~old], alone.scale[~old]).any()


def price_by_hand(z: list[float], seen: list[bool], level: np.ndarray) -> dict[str, float]:
    """Price features of one series, of which z is known so far, by the plainest rules."""
    moves = [later - earlier for earlier, later in itertools.pairwise(z)]
    stale = seen[::-1].index(True)
    upto = len(z) - stale
    recent = [moves[t - 1] for t in range(max(upto - 182, 1), upto)]
    unit = ((sum(m**2 for m in recent) + 10 * 1e-4) / (len(recent) + 10)) ** 0.5
    changed = [t for t in range(len(z) - 1, 0, -1) if z[t] != z[t - 1]]
    since = len(z) - 1 - changed[0]
    gaps = [later - earlier for later, earlier in itertools.pairwise(changed)][:8]
    quotes = [value for value, is_seen in zip(z[::-1], seen[::-1], strict=True) if is_seen][:40]
    weights = [0.8**age for age in range(len(quotes))]
    smooth = sum(w * q for w, q in zip(weights, quotes, strict=True)) / sum(weights)
    year = z[-364:]
    return {
        "change_7d": (z[-1] - z[-8]) / unit,
        "over_mean_28d": (z[-1] - statistics.fmean(z[-28:])) / unit,
        "range_position_91d": (z[-1] - min(z[-91:])) / (max(z[-91:]) - min(z[-91:])),
        "range_position_364d": (z[-1] - min(year)) / (max(year) - min(year)),
        "volatility_log": np.log(unit),
        "share_changed_91d": sum(m != 0 for m in moves[-91:]) / 91,
        "days_since_change": since,
        "last_change": moves[changed[0] - 1] / unit,
        "days_between_changes": statistics.median(gaps),
        "changes_due": (since + 1) // statistics.median(gaps),
        "days_since_quote": stale,
        "quotes_per_day_28d": sum(seen[-28:]) / 28,
        "age_days": len(z) - 1,
        "over_mean_5q": (z[-1] - statistics.fmean(quotes[:5])) / unit,
        "over_smooth_quote": (z[-1] - smooth) / unit,
        "market_28d": (level[-1] - level[-29]) / unit,
        "change_less_market_28d": (z[-1] - z[-29] - level[-1] + level[-29]) / unit,
        "market_since_change": (level[-1] - level[-1 - since]) / unit,
        "market_since_quote": (level[-1] - level[-1 - stale]) / unit,
    }


@pytest.mark.parametrize("origin", [100, 250, 299])
def test_price_features_against_a_plain_loop(origin):
    known = small.problem("price").panel
    got = next_day(small.problem("price"), origin)
    assert len(got) == 4
    for series, features_of in got.items():
        z, seen = (cells[series, : origin + 1].tolist() for cells in (known.z, known.observed))
        expected = price_by_hand(z, seen, known.market[0, : origin + 1])
        assert {name: features_of[name] for name in expected} == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_demand_features_against_a_plain_loop():
    problem = small.problem("demand")
    at = small.rows(problem, [250])
    for series in (0, 1):
        index = int(np.flatnonzero(at.series == series)[0])
        y = problem.panel.value[series, :251].tolist()
        price = problem.panel.driver[series, :251].tolist()
        level = statistics.fmean(y[-28:])
        mean, root = statistics.fmean(y[-91:]), statistics.fmean(v**0.5 for v in y[-91:])
        spread = (4 * mean * sum((v**0.5 - root) ** 2 for v in y[-91:]) + 10 * level) / 101
        assert at.base[index] == pytest.approx(level)
        assert at.scale[index] == at.unit[index] == pytest.approx(spread**0.5)
        assert at.trust[index] == 1
        expected = {
            "last": (y[-1] - level) / spread**0.5,
            "mean_7d": (statistics.fmean(y[-7:]) - level) / spread**0.5,
            "mean_182d": (statistics.fmean(y[-182:]) - level) / spread**0.5,
            "share_zero_91d": sum(v == 0 for v in y[-91:]) / 91,
            "days_since_sale": next(age for age, v in enumerate(reversed(y)) if v > 0),
            "days_since_known": problem.panel.observed[series, 250::-1].tolist().index(True),
            "level_log": np.log(level),
            "price_change_28d": price[-1] - price[-29],
            "price_over_mean_91d": price[-1] - statistics.fmean(price[-91:]),
        }
        got = named(at, index)
        assert {name: got[name] for name in expected} == pytest.approx(expected, rel=1e-4, abs=1e-5)


def silent_for(days: int) -> pd.DataFrame:
    """The small world's quotes, the last `days` of B missing."""
    known = small.quotes()
    return known[(known["product_id"] != "B") | (known["date"] <= known["date"].max() - pd.Timedelta(days=days))]


@pytest.mark.parametrize(
    ("days", "trust"),
    [
        pytest.param(0, 1.0, id="quoted_today"),
        pytest.param(7, 0.8, id="a_week"),
        pytest.param(28, 0.5, id="four_weeks"),
        pytest.param(84, 0.25, id="twelve_weeks"),
    ],
)
def test_trust_fades_as_the_last_quote_ages(days, trust):
    quotes = silent_for(days)
    at = small.rows(small.problem("price", quotes), [299])
    last = quotes.loc[quotes["product_id"] == "B", "date"].max()
    assert (at.trust[at.series == 2] == 28 / (28 + (quotes["date"].max() - last).days)).all()
    assert at.trust[at.series == 2][0] == pytest.approx(trust, abs=0.02)
    assert (at.trust[at.series != 2] == 1).all()


@pytest.mark.parametrize(
    ("recent", "changes", "expected"),
    [
        pytest.param(1.0, 28.0, 1.0, id="a_month_like_the_half_year"),
        pytest.param(4.0, 20.0, np.sqrt(115 / 31), id="unrest_of_a_price_that_moves_daily"),
        pytest.param(0.0, 20.0, np.sqrt(3 / 31), id="calm_never_ends_the_band"),
        pytest.param(0.0, 0.0, 1.0, id="a_still_month_of_a_sticky_price_is_no_news"),
    ],
)
def test_the_scale_follows_calm_and_unrest(recent, changes, expected):
    usual = np.array([2.5])
    assert states.calm_factor(recent * usual, usual, 28, np.array([changes])) == pytest.approx([expected])


@pytest.mark.parametrize(
    ("share", "unit", "month", "cluster"),
    [
        (0.0, 0.01, 0.0, "sticky, steady, calm"),
        (0.1, 0.01, 1.0, "stepwise, steady, astir"),
        (0.39, 0.05, 0.49, "stepwise, wild, calm"),
        (1.0, 0.2, 0.5, "moving, wild, astir"),
    ],
)
def test_prices_are_judged_by_stickiness_and_volatility(share, unit, month, cluster):
    place = states.price_cluster(*(np.array([each]) for each in (share, unit, month)))[0]
    assert states.PRICE_CLUSTERS[place] == cluster


def test_one_bulk_sale_hardly_widens_the_spread_of_demand():
    problem = small.problem("demand")
    y = problem.panel.value.copy()
    y[0, 200] += 1000 * y[0].mean()
    problem = replace(problem, panel=replace(problem.panel, value=y, z=y))
    at = small.rows(problem, [250])
    scale, plain = at.scale[at.series == 0][0], y[0, 160:251].std()
    assert scale < plain / 3


@pytest.mark.parametrize("days", [0, 10, 60])
def test_the_scale_grows_with_the_days_since_the_last_quote(days):
    """Variance = calm x (nugget + growth x days), through one day and a fortnight; days without a quote are ahead."""
    problem = small.problem("price", silent_for(days))
    at, known = small.rows(problem, [299]), problem.panel
    for series in range(4):
        stale = known.observed[series, ::-1].tolist().index(True)
        past = known.z[series, : 300 - stale].tolist()
        variance = {}
        for lag in (1, 14):
            moves = [past[t] - past[t - lag] for t in range(len(past)) if t - lag >= max(len(past) - 183, 0)]
            variance[lag] = (sum(m**2 for m in moves) + 10 * 1e-4 * lag) / (len(moves) + 10)
        growth = max((variance[14] - variance[1]) / 13, 0.02 * variance[1])
        nugget = variance[1] - growth
        month = [past[t] - past[t - 1] for t in range(len(past) - 28, len(past))]
        recent = (sum(m**2 for m in month) + 1e-4) / 29
        quarter = known.z[series, 208:300]
        changes = 28 * sum(a != b for a, b in itertools.pairwise(quarter.tolist())) / 91
        calm = states.calm_factor(np.array([recent]), np.array([variance[1]]), 28, np.array([changes]))[0]
        expected = [(calm * (nugget + growth * (h + stale))) ** 0.5 for h in range(1, 15)]
        np.testing.assert_allclose(at.scale[at.series == series], expected, rtol=1e-9)


def first_series(problem: features.Problem) -> tuple[features.Rows, np.ndarray]:
    at = small.rows(problem, [problem.panel.steps - 1])
    return at, at.series == 0


@pytest.mark.parametrize("factor", [pytest.param(1000, id="thousandfold"), pytest.param(1 / 1000, id="a_thousandth")])
def test_a_typing_error_rules_neither_the_scale_nor_the_forecast(factor):
    typo = small.quotes()
    typo.loc[200, "unit_price"] *= factor
    (usual, own), (wrong, _) = (first_series(small.problem("price", prices)) for prices in (small.quotes(), typo))
    assert (wrong.scale[own] < 4 * usual.scale[own]).all()
    problem = small.problem("price", typo)
    table = forecast.forecast(small.fitted(problem), problem, "direct").iloc[:14]
    last = problem.panel.value[0, -1]
    assert table["mean"].between(0.9 * last, 1.1 * last).all()
    assert table["p10"].gt(0.6 * last).all()
    assert table["p90"].lt(1.6 * last).all()


def test_a_supplier_knows_how_far_it_is_from_the_cheapest():
    problem = small.problem("price")
    got, z = next_day(problem, 299), problem.panel.z[:, -1]
    at = small.rows(problem, [299])
    unit = {int(s): u for s, u in zip(at.series, at.unit, strict=True)}
    assert [got[s]["suppliers"] for s in range(4)] == [2, 2, 1, 1]
    for series in (0, 1):
        over = (z[series] - z[:2].min()) / unit[series]
        assert got[series]["over_cheapest_supplier"] == pytest.approx(over, rel=1e-5)
        assert got[series]["over_other_suppliers"] == pytest.approx(
            (z[series] - z[1 - series]) / unit[series], rel=1e-5
        )


def test_suppliers_that_have_not_come_or_have_left_are_not_compared_with():
    problem = small.problem("price", small.quotes_with_comers_and_goers())
    ids = problem.panel.ids
    for origin, of_b, of_c in ((150, 1, 2), (230, 2, 1)):
        got = next_day(problem, origin)
        suppliers = {ids["product_id"][series]: each["suppliers"] for series, each in got.items()}
        assert (suppliers["B"], suppliers["C"]) == (of_b, of_c)


def test_series_that_have_not_started_have_no_row():
    late = small.quotes()
    late = late[(late["product_id"] != "B") | (late["date"] > "2025-06-01")]
    cells = features.every_cell(small.problem("price", late), [100])
    assert cells.series.tolist() == [0] * 14 + [1] * 14 + [3] * 14
    assert cells.horizon.tolist() == [*range(1, 15)] * 3


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


def test_no_dates_have_an_empty_calendar():
    nothing = features.calendar(np.array([], dtype="datetime64[D]"), 7, "BR")
    assert {len(values) for values in nothing.values()} == {0}
    assert "weekday" not in nothing


def test_weekly_panels_have_weekly_features():
    weeks = small.quotes(700)
    known = panel.price_panel(weeks, weeks["date"].max(), 7)
    problem = replace(small.problem("price"), panel=known, horizons=samples.horizons(14, 7))
    at = small.rows(problem, [known.steps - 3])
    assert {"change_1d", "weekday", "same_weekday_8w", "over_mean_7d"}.isdisjoint(at.names)
    assert {"change_7d", "over_mean_28d", "same_days_last_year"} <= set(at.names)
    assert at.x[:, at.names.index("days_ahead")].tolist() == [7.0, 14.0] * 4
    z = known.z[0]
    got = named(at, 0)
    assert got["change_7d"] == pytest.approx((z[-3] - z[-4]) / at.unit[0], rel=1e-5)
    assert got["same_days_last_year"] == pytest.approx((z[-3 - 51] - z[-3 - 52]) / at.scale[0], rel=1e-5)
    assert np.isfinite(features.scaled_target(known, at)).all()


def test_targets_that_were_not_observed_teach_nothing():
    problem = small.problem("price")
    at = small.rows(problem, [290])
    y = features.scaled_target(problem.panel, at)
    for index, (series, step) in enumerate(zip(at.series, at.origin + at.horizon, strict=True)):
        if step < problem.panel.steps and problem.panel.observed[series, step]:
            assert y[index] == (problem.panel.z[series, step] - at.base[index]) / at.scale[index]
        else:
            assert np.isnan(y[index])


def test_a_price_told_in_other_money_has_the_same_features():
    """Free of scale, but for the grid on which logs stand."""
    quotes = small.quotes()
    dearer = quotes.assign(unit_price=1000 * quotes["unit_price"])
    at, other = (small.rows(small.problem("price", each), [250]) for each in (quotes, dearer))
    np.testing.assert_allclose(other.x, at.x, atol=2e-3, rtol=1e-3)
    np.testing.assert_allclose(other.base - at.base, np.log(1000), atol=1e-6)


@pytest.mark.parametrize("rule", [states.price_state, states.demand_state])
def test_states_are_finite_at_the_first_step(rule: Callable[..., states.State]):
    problem = small.problem("price" if rule is states.price_state else "demand")
    series = np.arange(len(problem.panel.ids))
    state = rule(problem.panel, problem.spec, series, problem.panel.first[series])
    assert np.isfinite(state.x).all()
    assert (state.scale(series, np.ones(len(series), dtype=np.int64)) > 0).all()
    assert len(set(state.names)) == len(state.names) == state.x.shape[1]


def test_of_many_products_an_even_sample_is_drawn_whole():
    problem = small.problem("price")
    assert problem.thinned(3) is problem
    few = problem.thinned(2)
    assert few.panel.ids["product_id"].tolist() == ["A", "A", "C"]
    assert len(few.codes) == 3
    np.testing.assert_array_equal(few.panel.market, problem.panel.market)
