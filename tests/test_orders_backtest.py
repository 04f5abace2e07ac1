"""The past year of every policy: who takes part, whom to trust, and a report that any program can read."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import replayed

from ordercast.orders import accounts, backtest, guard
from ordercast.orders.backtest import NO_COSTS, Backtest, Certain, days_to_replay, promo_rule, report, trusted
from ordercast.orders.planner import Planner, Remembered
from ordercast.orders.policies import PromoRule, ReorderPoint, just_in_time
from ordercast.orders.world import View

FIRST = 120
POLICIES = ["erp", "promo_rule", "point_dp", "planner", "clairvoyant"]


@pytest.fixture(scope="module")
def done() -> Backtest:
    """Three products through eighty days."""
    world = replayed.random_world(1, 3, 200)
    pair = backtest.rivals(replayed.one_in_ten, just_in_time(2.05), 7, "next_quote")
    return backtest.backtest(world, FIRST, ReorderPoint(2.05), pair)


@pytest.mark.parametrize(
    ("days", "wanted", "replayed_days"),
    [
        pytest.param(1000, 365, 365, id="as_many_as_wanted"),
        pytest.param(400, 365, 200, id="as_many_are_left_to_learn_from"),
        pytest.param(57, 365, 28, id="an_odd_day_is_learned_from"),
        pytest.param(56, 365, 28, id="just_enough"),
        pytest.param(55, 365, 0, id="too_short"),
        pytest.param(0, 365, 0, id="nothing"),
    ],
)
def test_how_many_days_are_replayed(days, wanted, replayed_days):
    assert days_to_replay(days, wanted) == replayed_days


def test_every_policy_is_replayed_at_the_same_prices(done):
    assert list(done.accounts) == POLICIES
    last, every = done.world.days - 1, done.accounts
    again = accounts.replay(done.world, ReorderPoint(2.05), FIRST, last)
    assert every["erp"].total.tolist() == accounts.account(done.world, again, "next_quote").total.tolist()
    assert every["clairvoyant"].total.sum() <= min(every[name].total.sum() for name in POLICIES[:-1])


def test_the_record_is_the_planners(done):
    expected = guard.judged(done.accounts["planner"].daily, done.accounts["erp"].daily)
    assert done.record.saving_pct == expected.saving_pct
    assert done.record.trusted.tolist() == expected.trusted.tolist()


def test_costs_hold_a_row_for_each_policy_and_product(done):
    costs = done.costs()
    assert list(costs.columns) == list(NO_COSTS.columns)
    assert not costs.duplicated(["policy", "product_id"]).any()
    assert len(costs) == len(POLICIES) * done.world.products
    for name, one in costs.groupby("policy"):
        assert one["total_cost"].to_numpy() == pytest.approx(done.accounts[name].total)


def test_the_summary_measures_against_the_rule(done):
    table = done.summary().set_index("policy")
    assert table.loc["erp", ["saving_pct", "saving_low", "saving_high"]].tolist() == [0.0, 0.0, 0.0]
    assert (table["saving_low"] <= table["saving_pct"]).all()
    assert (table["saving_pct"] <= table["saving_high"]).all()
    assert table.loc["planner", "saving_pct"] == pytest.approx(done.record.saving_pct, abs=1e-6)


def test_more_left_over_than_bought_still_saves_a_share_of_what_was_used():
    """A full shop for ten days: the rule's purchases less the credit for what is left are a negative sum."""
    pair = backtest.rivals(replayed.one_in_ten, just_in_time(2.05), 7, "next_quote")
    told = backtest.backtest(replayed.world(on_hand=60.0), 30, ReorderPoint(2.05), pair)
    assert told.accounts["erp"].total.sum() < 0
    table = told.summary().set_index("policy")
    assert table.loc["clairvoyant", "saving_pct"] >= 0
    assert (table["saving_low"] <= table["saving_high"]).all()


def test_the_report_is_plain_json(done):
    told = report(done)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["products"] == 3
    assert told["days"] == 80
    assert list(told["policies"]) == POLICIES
    assert 0 <= told["chance_of_gain"] <= 1
    assert 0 <= told["share_trusted"] <= 1


def test_a_record_without_promises_or_demand_is_plain_json_too(done):
    idle = {name: replace(each, fill_rate=np.full(3, np.nan)) for name, each in done.accounts.items()}
    told = report(replace(done, promises=done.promises.iloc[:0], accounts=idle))
    assert told["promised_over_realised"] is None
    assert told["regret_error"] is None
    assert told["policies"]["planner"]["fill_rate"] is None
    json.dumps(told, allow_nan=False)


def test_without_a_history_there_is_no_record():
    assert report(None) is None
    assert NO_COSTS.empty


@pytest.mark.parametrize(
    ("chance", "saving_pct", "expected"),
    [
        pytest.param(0.9, 2.0, [False, True, True], id="a_catalogue_that_gained"),
        pytest.param(0.6, 2.0, [False, True, False], id="a_gain_that_may_be_luck"),
        pytest.param(0.9, -1.0, [False, True, False], id="a_loss"),
    ],
)
def test_products_that_were_not_replayed_are_trusted_as_the_catalogue(done, chance, saving_pct, expected):
    record = replace(done.record, chance=chance, saving_pct=saving_pct, trusted=np.array([False, True, True]))
    world = replace(done.world, product_ids=np.array(["P0", "P1", "new"], dtype=object))
    assert trusted(replace(done, record=record), world).tolist() == expected


def test_certain_forecasts_leave_the_doubt_out_of_demand():
    def doubting(view: View):
        return replace(replayed.one_in_ten(view), demand_level_cv=np.full(view.terms.starts.shape, 0.3))

    world = replayed.world(demand=np.arange(replayed.DAYS) % 3)
    view = world.view(30, world.base_price(30))
    told, sure = doubting(view), Certain(doubting)(view)
    assert told.demand_variance.any()
    assert not sure.demand_variance.any()
    assert not sure.demand_level_cv.any()
    assert np.array_equal(sure.demand_mean, told.demand_mean)
    assert np.array_equal(sure.p50, told.p50)


def test_a_forecast_is_asked_for_once_a_morning_and_told_alike():
    asked: list[int] = []

    def counting(view: View):
        asked.append(view.day)
        return replayed.one_in_ten(view)

    once, world = Remembered(counting), replayed.world(demand=np.arange(replayed.DAYS) % 3)
    views = [world.view(day, world.base_price(30)) for day in (30, 31)]
    told = [once(view) for view in (views[0], views[1], views[0])]
    assert asked == [30, 31]
    for name, value in vars(replayed.one_in_ten(views[0])).items():
        again, first = getattr(told[2], name), getattr(told[0], name)
        assert np.array_equal(again, first)
        if value is not None:
            assert again.dtype == value.dtype
            assert again == pytest.approx(value, rel=1e-6)


def test_rivals_are_the_planner_and_the_deterministic_programme():
    floor = just_in_time(2.05)
    planner, point = backtest.rivals(replayed.one_in_ten, floor, 5, "quote_seen")
    assert isinstance(planner, Planner)
    assert (planner.name, planner.nodes, planner.execution) == ("planner", 5, "quote_seen")
    assert (point.name, point.nodes, point.execution) == ("point_dp", 1, "quote_seen")
    assert planner.floor is floor


def test_the_promotion_rule_is_tuned_on_days_before_the_record():
    world = replayed.random_world(2, 3, 200)
    erp = ReorderPoint(2.05)
    chosen = promo_rule(world, erp, FIRST, "next_quote")
    after = promo_rule(replayed.corrupted(world, FIRST - 1), erp, FIRST, "next_quote")
    assert chosen == after
    assert promo_rule(world, erp, 20, "next_quote") == PromoRule(erp)


@pytest.mark.parametrize(
    ("indifferent", "factor"),
    [pytest.param(0.0, 0.5, id="the_cheapest"), pytest.param(10.0, 5.0, id="the_first_that_is_hardly_dearer")],
)
def test_tuning_takes_the_first_of_those_that_cost_about_the_same(indifferent, factor):
    world = replayed.world(demand=1.0, holding_rate_per_year=2.0)
    rules = [ReorderPoint(each) for each in (5.0, 2.0, 0.5)]
    found = accounts.tuned(world, rules, 10, 38, "quote_seen", indifferent)
    costs = [accounts.account(world, accounts.replay(world, each, 10, 38), "quote_seen").total.sum() for each in rules]
    cheapest = rules[int(np.argmin(costs))]
    assert found == (cheapest if indifferent == 0 else ReorderPoint(factor))


def test_no_costs_are_a_table_of_the_same_columns():
    assert NO_COSTS.dtypes["total_cost"] == "float64"
    assert isinstance(NO_COSTS["policy"].dtype, pd.StringDtype)
