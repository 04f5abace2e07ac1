"""What the true model says: as often right as it claims, as the generator's own moments have it, and blind ahead."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import truth, worlds
from benchmarks.panels import Tables
from ordercast.orders.planner import Planner
from ordercast.orders.policies import ReorderPoint
from ordercast.simulate import conditional_mean

BUCKETS = {"1-7": slice(0, 7), "8-14": slice(7, 14), "15-30": slice(14, 30), "31-60": slice(30, 60)}
CENT = 0.005


@pytest.fixture(scope="module")
def case():
    return worlds.simulated(3, 12)


@pytest.fixture(scope="module")
def model(case):
    return truth.true_forecasts(case)


@pytest.fixture(scope="module")
def prices(model):
    """(series, days), before they are rounded to cents."""
    return np.exp(model.log_list) * (1 - model.rules.discount * model.on_promotion)


def said(case, model, day):
    return model(case.world.view(day, case.world.base_price(400)))


def test_the_mean_of_its_nodes_is_the_generators_own(case, model):
    for day in (700, 811):
        exact = conditional_mean(case.tables.truth, [case.world.dates[day].astype(object)], range(1, 61))
        mean = exact["conditional_mean"].to_numpy().reshape(-1, 60)
        nodes = said(case, model, day).nodes
        np.testing.assert_allclose(nodes.mean(axis=2), mean, rtol=1e-3)
        assert (np.diff(nodes, axis=2) >= -1e-9 * nodes[:, :, 1:]).all()


def test_its_band_holds_as_often_as_it_says(case, model, prices):
    """A price known for sure, or one of two, is on an edge of the band: each edge counts for what it claims."""
    days = range(400, 1035, 5)
    inside, under, demand = [], [], []
    for day in days:
        ahead, came = said(case, model, day), prices[:, day + 1 : day + 61]
        inside.append((came >= ahead.p10 - CENT) & (came <= ahead.p90 + CENT))
        under.append([came < ahead.p10 - CENT, came > ahead.p90 + CENT])
        demand.append(ahead.demand_mean)
    wanted = case.tables.truth["demand_states"].pivot_table(index="product_id", columns="date", values="expected_units")
    wanted = wanted.loc[case.world.product_ids].to_numpy()
    wanted = np.stack([wanted[:, day : day + 60] for day in days])
    for name, bucket in BUCKETS.items():
        covered = np.array(inside)[:, :, bucket].mean()
        low, high = np.array(under)[:, :, :, bucket].mean(axis=(0, 2, 3))
        ratio = wanted[:, :, bucket].sum() / np.array(demand)[:, :, bucket].sum()
        print(f"{name:6} covered {covered:.3f}, below {low:.3f}, above {high:.3f}, demand {ratio:.3f} of what it says")
        if name != "1-7":
            assert 0.72 <= covered <= 0.88
        assert low < 0.15
        assert high < 0.15
        assert 0.96 < ratio < 1.04


def test_neighbouring_errors_move_together_as_it_says(case, model, prices):
    ahead = [said(case, model, day) for day in range(400, 1035, 5)]
    error = np.stack(
        [np.log(prices[:, day + 1 : day + 61] / each.p50) for day, each in zip(range(400, 1035, 5), ahead, strict=True)]
    )
    told = np.mean([each.correlation for each in ahead], axis=(0, 1))
    for days in (10, 30, 50):
        left, right = error[..., days], error[..., days + 1]
        assert (left * right).mean() / np.sqrt((left**2).mean() * (right**2).mean()) == pytest.approx(
            told[days], abs=0.06
        )


def test_what_comes_after_a_morning_moves_nothing_it_says(case, model):
    later = np.arange(case.world.days) > 700
    shaken = replace(
        model, **{name: np.where(later, 9.0, getattr(model, name)) for name in ("ar", "shock", "log_list")}
    )
    shaken.__dict__["said"] = model.said
    for left, right in zip(vars(said(case, model, 700)).values(), vars(said(case, shaken, 700)).values(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_the_contender_is_a_planner_over_the_floor(case):
    policy = truth.true_model(case, ReorderPoint(1.5, economic=False))
    assert isinstance(policy, Planner)
    assert policy.name == "true_model"
    assert (policy.floor.service_factor, policy.floor.economic) == (1.5, False)
    assert len(repr(policy)) < 300


def test_a_world_nobody_made_has_no_true_model(case):
    real = replace(case, tables=Tables("real", case.tables.prices, case.tables.sales, case.tables.products))
    with pytest.raises(ValueError, match="was not simulated"):
        truth.true_model(real, ReorderPoint(1.5))
