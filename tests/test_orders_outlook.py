"""What the planner is told of a morning: days of a daily and of a weekly calendar, and nothing of what comes later."""

import doctest
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import small
from replayed import Noted

from benchmarks import ours, planners, worlds
from benchmarks.panels import Tables
from benchmarks.worlds import Case
from ordercast import forecast, panel, params, samples
from ordercast.features import TARGETS, Problem
from ordercast.forecast import Scaled
from ordercast.orders import outlook
from ordercast.orders.outlook import Asked, Outlook
from ordercast.orders.planner import Ahead, Planner, Remembered
from ordercast.orders.policies import just_in_time
from ordercast.orders.replay import replay

FIRST_DAY = np.datetime64("2026-01-04")
STEPS = 20
LINKS = np.array([[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]])


def calendar(step_days: int) -> dict[str, Problem]:
    """A product with one supplier, quoted every step at 10, and its sales of 3 units on each day of the steps."""
    quoted = FIRST_DAY + step_days * np.arange(STEPS)
    sold = FIRST_DAY - (step_days - 1) + np.arange(STEPS * step_days)
    prices = pd.DataFrame({"product_id": "A", "supplier_id": "F1", "date": pd.to_datetime(quoted), "unit_price": 10.0})
    sales = pd.DataFrame({"product_id": "A", "date": pd.to_datetime(sold), "demand_units": 3.0, "in_stock": True})
    known = panel.panels(prices, sales, pd.Timestamp(quoted[-1]), step_days)
    nothing = pd.DataFrame(index=[0])
    return {
        name: Problem(TARGETS[name], each, np.array([1]), nothing, params.Features()) for name, each in known.items()
    }


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, np.datetime64]]:
    """Forecasters that say 10 x the horizon, give or take 2.5631; what they were shown, and until when."""
    shown: list[tuple[str, np.datetime64]] = []

    def guarded(forecaster: Any, asked: Problem) -> Scaled:
        shown.append((asked.target.name, asked.panel.dates[-1]))
        middle = 10.0 * asked.horizons[None]
        told = {"mean": middle, "p50": middle, "p10": middle - 2.5631, "p90": middle + 2.5631}
        as_seen = np.log if asked.target.drifts else np.asarray
        return Scaled(
            {name: as_seen(units) for name, units in told.items()},
            base=np.zeros(1),
            scale=np.ones(middle.shape),
            group=np.zeros(1, dtype=np.int64),
            trust=np.ones(1),
            own=np.zeros((*middle.shape, 2)),
            line=np.zeros(middle.shape),
            level=np.zeros(middle.shape),
        )

    monkeypatch.setattr(forecast, "guarded", guarded)
    return shown


def told_on(
    today: np.datetime64, step_days: int, days: int, known_until: np.datetime64 | None = None, lag_days: int = 0
) -> Ahead:
    """What an outlook of so many days tells on a morning; sales are known up to the day before it."""
    problems = calendar(step_days)
    model = {
        name: SimpleNamespace(
            target=one.target, links=LINKS, persistence=0.5 * LINKS, level_cv=np.array([0.0, 0.1][name == "demand" :])
        )
        for name, one in problems.items()
    }
    lags = {"price": 0, "demand": lag_days}
    asked = {name: Asked(model[name], one, np.array([0]), lags[name]) for name, one in problems.items()}
    dates = np.arange(FIRST_DAY - 6, today + 1)
    known = len(dates) - 1 if known_until is None else int((known_until - dates[0]).astype(int)) + 1
    view = SimpleNamespace(dates=dates, today_price=np.array([7.0]), demand_units=np.zeros((1, known)))
    return Outlook(asked["price"], asked["demand"], days)(view)


def test_on_a_daily_calendar_every_day_has_a_quote_of_its_own(said):
    today = FIRST_DAY + 12
    ahead = told_on(today, 1, 5)
    assert ahead.p50.round(9).tolist() == [[10, 20, 30, 40, 50]]
    assert (ahead.p90 - ahead.p10).round(9).tolist() == [[2 * 2.5631] * 5]
    assert ahead.quote_due.all()
    assert ahead.correlation.tolist() == LINKS[:, :4].tolist()
    assert ahead.persistence.tolist() == (0.5 * LINKS[:, :4]).tolist()
    assert dict(said) == {"price": today, "demand": today - 1}


@pytest.mark.parametrize("passed", [0, 1, 3, 6])
def test_on_a_weekly_calendar_a_price_stands_until_the_next_quote_is_due(said, passed):
    """Today is `passed` days after a quote, the next ones come on days 7 - passed, 14 - passed and so on."""
    quoted = FIRST_DAY + 7 * 10
    ahead = told_on(quoted + passed, 7, 20)
    price, due = [], []
    for day in range(passed + 1, passed + 21):
        price.append(7.0 if day < 7 else 10.0 * (day // 7))
        due.append(day % 7 == 0)
    assert ahead.p50[0].round(9).tolist() == price
    assert ahead.quote_due.tolist() == due
    band = [0.0 if each == 7.0 else 2 * 2.5631 for each in price]
    assert (ahead.p90 - ahead.p10)[0].round(9).tolist() == band
    correlation, persistence = [], []
    for day in range(passed + 2, passed + 21):  # from the day before
        week = day // 7
        steady = day % 7 > 0
        # What stands until the first quote that is due tells nothing of it.
        correlation.append(1.0 if steady else 0.0 if week == 1 else LINKS[0, week - 2])
        persistence.append(1.0 if steady else 0.0 if week == 1 else 0.5 * LINKS[0, week - 2])
    assert ahead.correlation[0].tolist() == correlation
    assert ahead.persistence[0].tolist() == persistence
    assert dict(said)["price"] == quoted


def test_the_demand_of_a_day_and_its_spread(said):
    ahead = told_on(FIRST_DAY + 12, 1, 4)
    assert ahead.demand_mean.tolist() == [[10, 20, 30, 40]]  # from today on
    assert ahead.demand_variance == pytest.approx(np.full((1, 4), 4.0))
    assert ahead.demand_level_cv.tolist() == [0.1]


def test_days_whose_sales_are_not_in_yet_are_passed_over(said):
    today = FIRST_DAY + 12
    ahead = told_on(today, 1, 4, known_until=today - 4)
    assert ahead.demand_mean.tolist() == [[40, 50, 60, 70]]
    assert dict(said)["demand"] == today - 4


@pytest.mark.parametrize("passed", [0, 1, 3, 6])
def test_the_demand_of_a_week_is_spread_over_its_days(said, passed):
    """Sales are known until `passed` days after a week has ended: today's week is the first that is forecast."""
    ended = FIRST_DAY + 7 * 10
    ahead = told_on(ended + passed + 1, 7, 20)
    week = [1 + (passed + day) // 7 for day in range(20)]
    assert ahead.demand_mean[0] == pytest.approx([10 * each / 7 for each in week])
    assert ahead.demand_variance == pytest.approx(np.full((1, 20), 4.0 / 7))
    assert dict(said)["demand"] == ended


def test_weeks_whose_sales_are_not_in_yet_are_passed_over(said):
    ended = FIRST_DAY + 7 * 10
    ahead = told_on(ended + 6, 7, 20, known_until=ended)
    week = [1 + (5 + day) // 7 for day in range(20)]
    assert ahead.demand_mean[0] == pytest.approx([10 * each / 7 for each in week])


def stored(target: str, step_days: int, steps: int) -> pd.DataFrame:
    """A table of forecasts of A and B: the middle is 10 x the step for A and 100 x for B, give or take 2.5631."""
    table = pd.DataFrame(
        [
            {"product_id": product, "horizon_days": step_days * step, "mean": size * step, "cluster": cluster}
            for product, size, cluster in (("A", 10.0, "calm"), ("B", 100.0, "wild"))
            for step in range(1, steps + 1)
        ]
    )
    quantiles = {"p10": table["mean"] - 2.5631, "p50": table["mean"], "p90": table["mean"] + 2.5631}
    return table.assign(**quantiles, **({"supplier_id": "F1"} if target == "price" else {}))


ALL = np.ones(2, dtype=bool)
DESCRIBED = {
    "groups": ["wild", "calm"],
    "error_correlation": [[0.9] * 9, [0.6] * 9],
    "error_persistence": [[0.8] * 9, [0.5] * 9],
    "level_cv": [0.2, 0.1],
}


@pytest.mark.parametrize("step_days", [1, 7])
def test_stored_forecasts_tell_the_same_days_as_a_forecaster_of_today(step_days):
    ahead, keys = {}, pd.DataFrame({"product_id": ["B", "A"], "supplier_id": "F1"})
    for target, key in (("price", keys), ("demand", keys[["product_id"]])):
        ahead[target] = outlook.told_in(stored(target, step_days, 10), key, DESCRIBED, step_days, 10, ALL)
    told = outlook.ahead_of(ahead["price"], ahead["demand"], np.array([70.0, 7.0]))
    due = [day % step_days == 0 for day in range(1, 11)]
    price = [10.0 * (day // step_days) if day >= step_days else 7.0 for day in range(1, 11)]
    assert told.quote_due.tolist() == due
    assert told.p50.tolist() == [[10 * each for each in price], price]
    steps = [1 + (day - 1) // step_days for day in range(1, 11)]
    assert told.demand_mean[1] == pytest.approx([10 * step / step_days for step in steps])
    assert told.demand_variance == pytest.approx(np.full((2, 10), 4.0 / step_days))
    assert told.demand_level_cv.tolist() == [0.2, 0.1]
    if step_days == 1:
        assert told.correlation.tolist() == [[0.9] * 9, [0.6] * 9]
        assert told.persistence.tolist() == [[0.8] * 9, [0.5] * 9]
    else:
        assert told.correlation.tolist() == [[1, 1, 1, 1, 1, 0, 1, 1, 1]] * 2


def test_a_series_without_a_forecast_of_all_days_is_refused_by_name():
    key = pd.DataFrame({"product_id": ["A", "C"]})
    with pytest.raises(ValueError, match=r"no forecast of 10 days for \{'product_id': 'C'\}: run `dvc repro forecast`"):
        outlook.told_in(stored("demand", 1, 10), key, DESCRIBED, 1, 10, ALL)
    with pytest.raises(ValueError, match="no forecast of 11 days"):
        outlook.told_in(stored("demand", 1, 10), key.iloc[:1], DESCRIBED, 1, 11, ALL[:1])
    told = outlook.told_in(stored("demand", 1, 10), key, DESCRIBED, 1, 10, np.array([True, False]))
    assert told.units["mean"][1].tolist() == [1.0] * 10


@pytest.mark.parametrize("over", [1, 2, 7])
def test_a_week_of_sales_that_begins_on_its_day_is_followed_by_the_next(said, over):
    """The last step tells of its day and the six after it, the end of which is as far as sales are known."""
    ended = FIRST_DAY + 7 * 10 + 6
    ahead = told_on(ended + over, 7, 20, known_until=ended, lag_days=6)
    week = [1 + (over - 1 + day) // 7 for day in range(20)]
    assert ahead.demand_mean[0] == pytest.approx([10 * each / 7 for each in week])
    assert dict(said)["demand"] == ended - 6


@pytest.fixture(scope="module")
def fitted() -> dict[str, Asked]:
    """The small world's forecasters, each asked about its series in reversed order."""
    asked = {}
    for name in ("price", "demand"):
        problem = small.problem(name)
        count = len(problem.panel.ids)
        asked[name] = Asked(small.fitted(problem, cut=200, max_rounds=5), problem, np.arange(count)[::-1])
    return asked


@pytest.mark.parametrize("target", ["price", "demand"])
def test_what_is_told_is_what_the_forecaster_says_of_the_past_up_to_then(fitted, target):
    asked = fitted[target]
    problem = asked.problem
    told = asked.on(problem.panel.dates[250], 14)
    table = forecast.forecast(asked.forecaster, problem.at(250), "direct")
    for name in ("p10", "p50", "p90", "mean"):
        expected = table[name].to_numpy().reshape(-1, 14)[::-1]
        np.testing.assert_allclose(told.units[name], expected, atol=1e-6)
    assert told.ended.tolist() == told.within.tolist() == list(range(14))
    group = forecast.guarded(asked.forecaster, problem.at(250)).group[::-1]
    np.testing.assert_array_equal(told.links, asked.forecaster.links[group])
    np.testing.assert_array_equal(told.persistence, asked.forecaster.persistence[group])
    np.testing.assert_array_equal(told.level_cv, asked.forecaster.level_cv[group])


def test_the_example_of_the_docstring():
    assert doctest.testmod(outlook) == (0, 2)


def test_rows_of_names_series_in_the_order_of_the_key(fitted):
    key = pd.DataFrame({"product_id": ["C", "A", "A"], "supplier_id": ["F1", "F2", "F1"]})
    assert outlook.rows_of(fitted["price"].problem, key).tolist() == [3, 1, 0]
    assert outlook.rows_of(fitted["demand"].problem, key[["product_id"]].iloc[1:]).tolist() == [0, 0]


def test_a_series_without_a_history_is_refused_by_name(fitted):
    key = pd.DataFrame({"product_id": ["A", "B"], "supplier_id": ["F1", "F7"]})
    with pytest.raises(ValueError, match=r"no history of \{'product_id': 'B', 'supplier_id': 'F7'\} to forecast from"):
        outlook.rows_of(fitted["price"].problem, key)


def simulated() -> Case:
    return worlds.simulated(5, 8, 480)


def weekly() -> Case:
    """Weekly quotes and sales of four products, under assumed terms; a row of sales counts from its day on."""
    week = pd.date_range("2025-01-06", periods=75, freq="7D")
    rng = np.random.default_rng(5)
    level = np.cumsum(rng.normal(0, 0.05, (4, 75)), axis=1)
    frame = pd.DataFrame({"product_id": np.repeat(["p0", "p1", "p2", "p3"], 75), "date": np.tile(week, 4)})
    frame["product_id"] = frame["product_id"].astype("str")
    prices = frame.assign(supplier_id="F1", unit_price=np.exp(2 + level).round(2).ravel())
    sales = frame.assign(demand_units=rng.poisson(60, 300).astype(float), in_stock=True)
    goods = pd.DataFrame({"product_id": pd.Series(["p0", "p1", "p2", "p3"], dtype="str")})
    return worlds.real(Tables("weekly", prices, sales, goods), 5, 4)


@pytest.fixture(scope="module", params=[pytest.param(simulated, id="daily"), pytest.param(weekly, id="weekly")])
def case(request: pytest.FixtureRequest) -> Case:
    return request.param()


@pytest.fixture(scope="module")
def quick() -> Any:
    """Few and small trees: what is looked at does not hang on how well it was learned."""
    settings = params.Params()
    fast = settings.model_copy(
        update={
            "train": settings.train.model_copy(update={"max_rounds": 4, "folds": 2, "fold_days": 42}),
            "forecast": settings.forecast.model_copy(update={"reach_days": 20}),
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ours.params, "Params", lambda: fast)
        patch.setattr(planners, "PLAN_DAYS", 20)
        yield


def torn(case: Case, day: int) -> Case:
    """The case with all that becomes known after the morning of `day` made up: prices tripled, nothing sold."""
    world, tables = case.world, case.tables
    later, unsold = np.arange(world.days) > day, np.arange(world.days) >= day
    world = replace(
        world,
        unit_price=np.where(later, 3 * world.unit_price, world.unit_price),
        demand_units=np.where(unsold, 0.0, world.demand_units),
        lead_days=np.where(later, 1, world.lead_days),
    )
    covers = pd.Timedelta(days=6 if tables.name == "weekly" else 0)
    quoted = tables.prices["date"] <= pd.Timestamp(world.dates[day])
    sold = tables.sales["date"] + covers <= pd.Timestamp(world.dates[world.demand_days[day] - 1])
    prices = tables.prices.assign(unit_price=tables.prices["unit_price"].where(quoted, 3 * tables.prices["unit_price"]))
    sales = tables.sales.assign(demand_units=tables.sales["demand_units"].where(sold, 0.0))
    return replace(case, world=world, tables=replace(tables, prices=prices, sales=sales))


@pytest.fixture(scope="module")
def outlooks(case: Case, quick: Any) -> dict[int | None, Outlook]:
    """Forecasters fitted on the case, and on the case torn after a day."""
    first = case.test_first
    return {
        day: planners.outlook_of(case if day is None else torn(case, day)) for day in (None, first + 20, first + 39)
    }


@pytest.mark.parametrize("after", [20, 39])
def test_what_comes_after_a_morning_moves_no_decision_up_to_it(case, outlooks, after):
    first, day = case.test_first, case.test_first + after
    policies = [Noted(Planner(outlooks[each], just_in_time(2.05))) for each in (None, day)]
    for each, policy in zip((case, torn(case, day)), policies, strict=True):
        replay(each.world, policy, first, day)
    for left, right in zip(*(policy.decisions for policy in policies), strict=True):
        np.testing.assert_array_equal(left[0], right[0])
        np.testing.assert_array_equal(left[1], right[1])
    assert sum((units > 0).sum() for _, units in policies[0].decisions) > 5


def test_a_week_after_the_torn_case_is_told_apart(case, outlooks):
    day, step_days = case.test_first + 20, outlooks[None].price.problem.panel.step_days
    base = case.world.base_price(case.test_first)
    for later in (0, step_days, 2 * step_days):
        honest, other = (
            outlooks[each](one.world.view(day + later, base)) for each, one in ((None, case), (day, torn(case, day)))
        )
        assert np.array_equal(honest.p50, other.p50) == (later == 0)
        assert later == step_days or np.array_equal(honest.demand_mean, other.demand_mean) == (later == 0)


def test_what_a_step_of_sales_tells_of_is_found(case, outlooks):
    asked = outlooks[None].demand
    assert (asked.lag_days, outlooks[None].price.lag_days) == (6 if case.name == "weekly" else 0, 0)
    known_until = case.world.dates[case.world.demand_days - 1][case.test_first :]
    last = asked.problem.panel.dates[np.searchsorted(asked.problem.panel.dates, known_until, side="right") - 1]
    assert ((known_until - last).astype(int) == asked.lag_days).all()


def test_the_planner_and_its_rivals_ask_once_a_morning(case, outlooks):
    asked: list[int] = []

    def source(view: Any) -> Ahead:
        asked.append(view.day)
        return outlooks[None](view)

    remembered = Remembered(source)
    first = case.test_first
    views = [case.world.view(day, case.world.base_price(first)) for day in (first, first + 1, first)]
    for view in views:
        told, exact = remembered(view), outlooks[None](view)
        np.testing.assert_allclose(told.p50, exact.p50, rtol=1e-6)
        assert told.p50.dtype == np.float64
        assert told.quote_due.dtype == np.bool_
        assert told.nodes is None
    assert asked == [first, first + 1]


def test_what_is_taught_and_asked_reaches_as_far_as_the_planner_looks():
    """Of a whole year's mornings, on either calendar: no horizon is asked for that no link was found for."""
    reach = params.Params().forecast.reach_days
    assert reach >= planners.PLAN_DAYS
    for step_days in (1, 7):
        furthest = max((passed + planners.PLAN_DAYS) // step_days for passed in range(step_days))
        assert furthest <= len(samples.horizons(reach, step_days))
