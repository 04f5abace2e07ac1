from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks import accuracy, floor, latent, panels
from ordercast.simulate.market import KEY, SHOCK_DECAY

NEVER_JUMPS = 1e-15
PHI, INNOVATION, BLUR = 0.96, 0.02, 1e-6


@pytest.fixture(scope="module")
def task():
    made = panels.tasks(panels.simulated(7, 30, 500), 6, 60, 7)
    return next(one for one in made if one.target == "price")


def known(seen, supplier, rate, origin, innovation=INNOVATION):
    """What `filtered` knows of one product's series at an origin, (histories, series, 6)."""
    product, rates = np.zeros(len(seen), dtype=np.int64), np.full(supplier.max() + 1, rate)
    blur = np.full(seen.shape, BLUR)
    own = (product, supplier, np.array([PHI]), np.array([innovation]), rates, np.array([origin]), 16)
    return latent.filtered(seen, blur, *own)[0]


def test_without_jumps_the_filter_is_the_gaussian_conditional_of_all_that_was_seen():
    """Two suppliers of a product, quoted every third and every fourth day: the AR(1) of day 20 by brute force."""
    rng = np.random.default_rng(7)
    days = np.arange(21)
    seen = np.full((2, 21), np.nan)
    seen[0, ::3], seen[1, 1:18:4] = rng.normal(0, 0.05, 7), rng.normal(0, 0.05, 5)
    there = np.isfinite(seen)
    day = np.concatenate([days[there[0]], days[there[1]]])
    covariance = INNOVATION**2 / (1 - PHI**2) * PHI ** np.abs(day[:, None] - day)
    with_now = INNOVATION**2 / (1 - PHI**2) * PHI ** (20 - day)
    gain = np.linalg.solve(covariance + BLUR * np.eye(len(day)), with_now)
    history = known(seen, np.array([0, 1]), NEVER_JUMPS, 20)[0]
    np.testing.assert_allclose(history[:, 1], gain @ np.concatenate([seen[0][there[0]], seen[1][there[1]]]), rtol=1e-5)
    np.testing.assert_allclose(history[:, 3], INNOVATION**2 / (1 - PHI**2) - gain @ with_now, rtol=1e-5)


def test_a_steady_price_quoted_daily_tells_its_shock():
    """Without innovations all that moves is the shock: .2 on day 100, told at once and as it decays."""
    shock = np.where(np.arange(120) < 100, 0.0, 0.2 * SHOCK_DECAY ** (np.arange(120) - 100.0))
    for origin in (100, 119):
        history = known(shock[None, : origin + 1], np.array([0]), 0.002, origin, innovation=1e-6)
        assert (history[:, 0, 0] * history[:, 0, 2]).sum() == pytest.approx(shock[origin], abs=2e-3)


def test_a_sister_told_daily_tells_of_a_price_that_stands():
    """The second supplier spoke on day 0 only; the product rose since, and the first one says so."""
    seen = np.full((2, 31), np.nan)
    seen[0], seen[1, 0] = np.linspace(0, 0.05, 31), 0.0
    together = known(seen, np.array([0, 1]), NEVER_JUMPS, 30)[0]
    alone = known(seen[1:], np.array([0]), NEVER_JUMPS, 30)[0]
    assert together[1, 1] == pytest.approx(0.05, abs=1e-3)
    assert abs(alone[0, 1]) < 1e-3
    assert together[1, 3] < 0.01 * alone[0, 3]


@pytest.mark.parametrize(("a", "b"), [(400.0, 60.0), (1e5, 1.7e4), (3.0, -1.0), (900.0, 20.0)])
def test_the_size_of_a_jump_is_told_by_its_uniform_prior_and_the_fit(a, b):
    size = np.linspace(0.08, 0.25, 200_001)
    fit = b * size - a * size**2 / 2
    chance = np.exp(fit - fit.max())
    mean = np.average(size, weights=chance)
    told = latent.told_jump(a, b, 0.08, 0.25)
    assert told == pytest.approx(
        (fit.max() + np.log(chance.mean()), mean, np.average((size - mean) ** 2, weights=chance)), rel=1e-3, abs=1e-8
    )


def test_who_knows_the_state_for_sure_says_the_truth(task):
    rules, ids = floor.rules_in(task), task.panel.ids
    states = task.tables.truth["price_states"].set_index([*KEY, "date"])
    dates = pd.DataFrame({"date": pd.to_datetime(task.panel.dates[task.origins]).as_unit("us")})
    at = states.loc[pd.MultiIndex.from_frame(ids.merge(dates, how="cross"))]
    ar, shock = (at[name].to_numpy().reshape(len(ids), -1).T for name in ("ar", "shock"))
    nothing = np.zeros_like(ar)
    sure = np.stack([nothing + 1, ar, shock, nothing, nothing, nothing], axis=2)[:, None]
    seen = floor.sight(task, rules)
    quoted = task.panel.observed[:, task.origins]
    assert quoted.mean() > 0.9
    assert seen.fresh[quoted].all()
    said, exact = floor.expected(task, rules, seen, sure), accuracy.truth(task).mean
    np.testing.assert_allclose(said[quoted], exact[quoted], atol=0.02)  # its list prices are in cents


def test_the_more_prices_are_seen_the_nearer_is_the_truth(task):
    exact, unit = accuracy.truth(task).mean, task.scales()[0][:, None, None]
    said = [accuracy.naive(task), *floor.floors(task, 32).values()]
    away = [np.mean(((outcome.mean - exact) / unit) ** 2) for outcome in said]
    assert away == sorted(away, reverse=True)  # naive, alone, product, panel
    assert away[-1] < away[0] / 2


def test_no_floor_looks_ahead_of_its_origin(task):
    later = np.arange(task.panel.steps) > task.cut
    tripled = replace(task.panel, value=np.where(later, 3 * task.panel.value, task.panel.value))
    calm, shaken = (floor.floors(one, 8) for one in (task, replace(task, panel=tripled)))
    for name, outcome in calm.items():
        np.testing.assert_array_equal(outcome.mean[:, 0], shaken[name].mean[:, 0])
        assert (outcome.mean[:, 1] != shaken[name].mean[:, 1]).any()
