"""What whole paths tell of a forecaster: how errors hang together, what sums err by, when a recursion is believed."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import forecast, paths
from ordercast.features import Problem
from ordercast.forecast import Scaled
from ordercast.states import State

DAYS = 400


def prices(z: np.ndarray, quoted: np.ndarray | None = None) -> pd.DataFrame:
    """Quotes of one supplier's products with these log prices, (products, days), on the days marked."""
    dates = pd.date_range("2025-01-06", periods=z.shape[1], freq="D")  # a Monday
    kept = np.ones(z.shape[1], dtype=bool) if quoted is None else quoted
    parts = [
        pd.DataFrame(
            {"product_id": f"P{p:02d}", "supplier_id": "F1", "date": dates[kept], "unit_price": 10 * np.exp(row[kept])}
        )
        for p, row in enumerate(z)
    ]
    return pd.concat(parts, ignore_index=True)


def walks(noise: float = 0.0, products: int = 12, seed: int = 0) -> np.ndarray:
    """Log prices that walk by .01 a day, with noise in every single quote."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(0.01 * rng.standard_normal((products, DAYS)), axis=1)
    return walk + noise * rng.standard_normal((products, DAYS))


def alike(known: pd.DataFrame) -> Problem:
    """The problem of these prices, all of them in the first of two clusters."""
    problem = small.problem("price", known)

    def state(*asked: Any) -> State:
        told = problem.target.state(*asked)
        return replace(told, group=np.zeros_like(told.group))

    return replace(problem, target=replace(problem.target, state=state, groups=("all", "none"), kin=1))


def found(known: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Links and persistence of these prices over the whole history."""
    problem = alike(known)
    link, persistence = paths.links(problem, 60, problem.panel.steps - 1)
    assert link.shape == persistence.shape == (2, 13)
    return link[0], persistence[0]


def test_the_errors_of_a_walk_hang_together_as_its_steps_add_up():
    link, persistence = found(prices(walks()))
    ahead = np.arange(1, 14)
    assert link == pytest.approx(np.sqrt(ahead / (ahead + 1)), abs=0.06)
    assert persistence == pytest.approx((1 / 14) ** (1 / 26), abs=0.06)  # of days 1 and 14, by step


def test_noise_in_single_quotes_is_told_from_news():
    """Neighbours differ by it, what is left after weeks does not: persistence tells more than the link."""
    clean, noisy = found(prices(walks())), found(prices(walks(noise=0.03)))
    assert (noisy[0] < clean[0] + 0.02).all()
    assert noisy[0][-4:].max() < clean[0][-4:].min() - 0.1
    assert (noisy[1][-4:] > noisy[0][-4:] + 0.1).all()


def test_a_day_without_a_quote_links_the_days_around_it():
    link, _ = found(prices(walks(), np.arange(DAYS) % 7 < 5))
    assert link.min() > 0.6
    assert link[3:].min() > 0.8


def test_a_history_too_short_for_a_path_links_nothing():
    problem = small.problem("price")
    link, persistence = paths.links(problem, 290, 299)
    assert not link.any()
    assert not persistence.any()


def test_what_comes_after_the_cut_is_not_looked_at():
    known = prices(walks())
    torn = known.assign(unit_price=np.where(known["date"] > known["date"].min() + pd.Timedelta(days=250), 5, 1) + 9.0)
    torn["unit_price"] = known["unit_price"].where(torn["unit_price"] < 14, 33.0)
    for one, other in zip(*(paths.links(small.problem("price", each), 60, 250) for each in (known, torn)), strict=True):
        np.testing.assert_array_equal(one, other)


def sold(level_cv: float, products: int = 20, seed: int = 1) -> pd.DataFrame:
    """Sales of 40 a day with a spread of 10, and levels that are off by the share for each fortnight from day 60 on."""
    rng = np.random.default_rng(seed)
    fortnight = (np.arange(300) - 61) // 14
    off = np.clip(rng.standard_normal((products, fortnight.max() + 2)), -2.5, 2.5)[:, fortnight]
    units = 40 * (1 + level_cv * off) + 10 * rng.standard_normal((products, 300))
    return pd.DataFrame(
        {
            "product_id": np.repeat([f"P{p:02d}" for p in range(products)], 300),
            "date": np.tile(pd.date_range("2025-01-01", periods=300, freq="D"), products),
            "demand_units": np.maximum(units, 0).ravel(),
            "in_stock": True,
        }
    )


@pytest.fixture
def honest_band(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forecaster of demand that always says 40 and, of single days, a spread of 10."""

    def guarded(forecaster: object, asked: Problem) -> Scaled:
        shape = (len(asked.panel.ids), len(asked.horizons))
        told = {"mean": 40.0, "p10": 40 - 12.8155, "p90": 40 + 12.8155}
        return Scaled(
            {name: np.full(shape, units) for name, units in told.items()},
            base=np.zeros(shape[0]),
            scale=np.ones(shape),
            group=np.zeros(shape[0], dtype=np.int64),
            trust=np.ones(shape[0]),
            own=np.zeros((*shape, 2)),
            line=np.zeros(shape),
            level=np.zeros(shape),
        )

    monkeypatch.setattr(forecast, "guarded", guarded)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_the_level_error_of_a_fortnight_is_found(honest_band, share):
    problem = small.problem("demand", sold=sold(share))
    cv = paths.level_cv(SimpleNamespace(target=problem.target), problem, 60, 299)
    assert cv == pytest.approx([share, 0, 0], rel=0.15)


def test_days_that_err_by_themselves_are_no_level_error(honest_band):
    problem = small.problem("demand", sold=sold(0.0))
    assert paths.level_cv(SimpleNamespace(target=problem.target), problem, 60, 299)[0] < 0.04


def test_fortnights_that_were_not_seen_whole_do_not_count(honest_band):
    """In each of them the shelf was empty once, and nothing sold for the rest of it."""
    known = sold(0.0)
    day = (known["date"] - known["date"].min()).dt.days
    in_it = (day - 61) % 14
    out = known.assign(
        in_stock=(in_it != 3) | (day < 61), demand_units=known["demand_units"].where((in_it < 3) | (day < 61), 0)
    )
    problem = small.problem("demand", sold=out)
    model = SimpleNamespace(target=problem.target)
    assert paths.level_cv(model, problem, 60, 299).tolist() == [0, 0, 0]
    assert paths.level_cv(model, problem, 290, 299).tolist() == [0, 0, 0]  # no fortnight left


@pytest.mark.parametrize(
    ("told", "noise", "low", "high"),
    [
        pytest.param(1.0, 0.0, 1.0, 1.0, id="a_recursion_that_is_right_is_believed"),
        pytest.param(2.0, 0.0, 0.5, 0.5, id="one_that_exaggerates_is_halved"),
        pytest.param(0.0, 1.0, 0.0, 0.15, id="one_that_guesses_is_not"),
        pytest.param(-1.0, 0.0, 0.0, 0.0, id="nor_one_that_is_wrong"),
    ],
)
def test_recursive_skill(monkeypatch, told, noise, low, high):
    problem = alike(prices(walks()))
    whole, rng = problem.panel, np.random.default_rng(2)

    def asked(model: object, known: Problem, names: tuple[str, ...]) -> Scaled:
        assert names == ("mean",)
        shape = (len(known.panel.ids), len(known.horizons))
        state = known.target.state(
            known.panel, known.spec, np.arange(shape[0]), np.full(shape[0], known.panel.steps - 1)
        )
        own, level = np.zeros((*shape, 2)), np.zeros(shape)
        return Scaled({}, state.base, np.ones(shape), state.group, np.ones(shape[0]), own, level, level)

    def recursed(model: object, known: Problem, at: Scaled) -> np.ndarray:
        to_come = whole.z[:, known.panel.steps - 1 + known.horizons] - at.base[:, None]
        return told * to_come + noise * 0.03 * rng.standard_normal(to_come.shape)

    monkeypatch.setattr(forecast, "asked", asked)
    monkeypatch.setattr(forecast, "recursed", recursed)
    skill = paths.recursive_skill(SimpleNamespace(), problem, 60, whole.steps - 1)
    assert low <= skill[0, 0] == skill[0, 1] <= high
    assert skill[1].tolist() == [0, 0]  # nobody spoke
    assert not paths.recursive_skill(SimpleNamespace(), problem, 380, whole.steps - 1).any()  # one path is no evidence


def test_a_few_products_tell_of_a_large_catalogue(monkeypatch):
    monkeypatch.setattr(paths, "PRODUCTS", 3)
    problem = alike(prices(walks(products=9)))
    kept = problem.take(problem.panel.ids["product_id"].isin(["P00", "P04", "P08"]).to_numpy())
    for one, other in zip(paths.links(problem, 60, 390), paths.links(replace(kept), 60, 390), strict=True):
        np.testing.assert_array_equal(one, other)
