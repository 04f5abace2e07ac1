"""Whom the planner is trusted for: named records, what must hold of any record, and what is done with the verdict."""

from typing import Any

import numpy as np
import pytest
import replayed
from hypothesis import given, settings
from hypothesis import strategies as st
from replayed import POLICIES

from ordercast.orders import guard
from ordercast.orders.guard import Guarded, judged
from ordercast.orders.replay import replay
from ordercast.orders.world import World

DAYS = 364
ERP = np.full((10, DAYS), 100.0)
NOISE = 30 * np.random.default_rng(0).standard_normal((10, DAYS))
NOISE -= NOISE.mean(axis=1, keepdims=True)  # which moves no total
BAD = np.arange(10)[:, None] == 9
MONTH = (np.arange(DAYS) >= 100) & (np.arange(DAYS) < 128)


@pytest.mark.parametrize(
    ("cost", "trusted"),
    [
        pytest.param(ERP - 5 + NOISE, range(10), id="a_clear_gain"),
        pytest.param(ERP + 5 + NOISE, [], id="a_clear_loss"),
        pytest.param(ERP, [], id="no_difference"),
        pytest.param(ERP - 8 + 40 * BAD + NOISE, range(9), id="one_bad_product_among_good_ones"),
        pytest.param(ERP - 5 + 7 * BAD + 4 * NOISE, range(9), id="a_loss_of_its_own_though_it_may_be_luck"),
        pytest.param(ERP - 5 + 4.9 * BAD + 4 * NOISE, range(10), id="a_small_gain_among_good_ones"),
        pytest.param(ERP + 8 - 40 * BAD + NOISE, [], id="one_good_product_among_bad_ones"),
        pytest.param(ERP + np.where(MONTH, -30.0, 2.0), [], id="the_luck_of_one_month"),
        pytest.param(ERP + np.where(MONTH, 30.0, -4.0), range(10), id="one_bad_month"),
    ],
)
def test_trusted(cost, trusted):
    record = judged(cost, ERP)
    assert np.flatnonzero(record.trusted).tolist() == list(trusted)
    assert record.saving_pct == pytest.approx(100 * (1 - cost.mean() / 100))


@pytest.mark.parametrize(
    "days", [pytest.param(0, id="no_day"), pytest.param(1, id="one_day"), pytest.param(27, id="less_than_a_month")]
)
def test_without_a_record_nobody_is_trusted_and_a_short_one_is_read(days):
    record = judged(ERP[:, :days] - 5, ERP[:, :days])
    assert record.trusted.tolist() == [days > 0] * 10
    assert record.chance == (1.0 if days else 0.0)


def test_a_product_that_costs_nothing_goes_with_the_others():
    erp = np.where(BAD, 0.0, ERP)
    assert judged(erp - 5.0 * ~BAD, erp).trusted.all()
    assert not judged(erp + 5.0 * ~BAD, erp).trusted.any()
    nothing = judged(0 * ERP, 0 * ERP)
    assert (nothing.saving_pct, nothing.chance, nothing.trusted.any()) == (0, 0, False)


def test_a_record_does_not_hang_on_the_size_of_a_product():
    size = np.geomspace(1, 1e4, 10)[:, None]
    small, large = judged(ERP - 5 + NOISE, ERP), judged(size * (ERP - 5), size * ERP)
    assert small.trusted.all()
    np.testing.assert_allclose(large.gain, 0.05)


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 60), st.floats(-0.3, 0.3))
@settings(max_examples=40)
def test_trusted_are_those_that_gained_once_the_catalogue_surely_gained(seed, products, days, gain):
    rng = np.random.default_rng(seed)
    erp = rng.uniform(0, 100, (products, days)) * (rng.random((products, 1)) < 0.9)
    cost = erp * (1 - gain + rng.uniform(0, 0.5) * rng.standard_normal((products, days)))
    record = judged(cost, erp)
    for p in range(products):
        usual, own = erp[p].sum(), cost[p].sum()
        assert record.trusted[p] == (record.chance >= guard.SURE and (own < usual or usual == 0))
        assert record.gain[p] == pytest.approx(1 - own / usual if usual else 0)


class Unasked:
    name = "unasked"

    def decide(self, view: Any, state: Any) -> Any:
        raise AssertionError("nobody trusts it")


@settings(max_examples=15, deadline=None)
@given(replayed.worlds(), st.integers(100, 199), st.integers(0, 15))
def test_untrusted_products_are_ordered_as_the_erp_rule_orders(world: World, day: int, which: int):
    erp, _, _, planner = POLICIES
    trusted = (which >> np.arange(world.products)) % 2 == 1
    made: list[Any] = []

    class Onlooker:
        name = "onlooker"

        def decide(self, view: Any, state: Any) -> Any:
            made.append([each.decide(view, state) for each in (Guarded(planner, erp, trusted), erp, planner)])
            return made[-1][0]

    replay(world, Onlooker(), day, day)
    (series, units), by_rule, by_plan = made[0]
    for product in range(world.products):
        owner = by_plan if trusted[product] else by_rule
        assert (series[product], units[product]) == (owner[0][product], owner[1][product])


def test_where_nobody_is_trusted_the_planner_is_not_even_asked():
    world = replayed.random_world(3, 3, 200)
    runs = [
        replay(world, policy, 100, 199)
        for policy in (Guarded(Unasked(), POLICIES[0], np.zeros(3, dtype=bool)), POLICIES[0])
    ]
    np.testing.assert_array_equal(runs[0].stock_units, runs[1].stock_units)
