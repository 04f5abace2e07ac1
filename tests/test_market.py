"""The exact expectation of simulated prices against the generator itself."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from ordercast.simulate import DEFAULT_TODAY, world
from ordercast.simulate.market import (
    KEY,
    Noise,
    State,
    advance,
    conditional_mean,
    day_numbers,
    price,
    rules_of,
    state_of,
)

Truth = dict[str, pd.DataFrame]
ORIGIN = DEFAULT_TODAY - timedelta(days=25)
HORIZONS = list(range(1, 15))


@pytest.fixture(scope="module")
def truth() -> Truth:
    return world(products=40, history_days=400, seed=7, today=DEFAULT_TODAY, currency="BRL").truth


def first_products(truth: Truth, count: int) -> Truth:
    return {name: table[table["product_id"] <= f"P{count:06d}"] for name, table in truth.items()}


def true_prices(truth: Truth) -> pd.DataFrame:
    joined = truth["price_states"].merge(truth["price_rules"], on=KEY, validate="m:1")
    return joined[[*KEY, "date"]].assign(actual=price(state_of(joined), rules_of(joined)))


def with_outcomes(truth: Truth, origins: list[pd.Timestamp]) -> pd.DataFrame:
    known = true_prices(truth)
    frame = conditional_mean(truth, origins, HORIZONS).merge(known, on=[*KEY, "date"])
    return frame.merge(known.rename(columns={"date": "origin", "actual": "naive"}), on=[*KEY, "origin"])


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        pytest.param("phi", None, id="world_as_drawn"),
        pytest.param("innovation_sd", 0.06, id="wild_levels_whose_mean_is_above_their_median"),
        pytest.param("shock_rate", 0.05, id="a_shock_every_twenty_days"),
        pytest.param("promotion_start", 0.15, id="a_promotion_every_other_week"),
        pytest.param("refresh_days", 14, id="list_prices_that_stand_for_two_weeks"),
    ],
)
def test_conditional_mean_and_sd_equal_a_monte_carlo_of_the_generator(
    truth: Truth, changed: str, value: float | None
) -> None:
    few, copies = first_products(truth, 6), 20_000
    if value is not None:
        few["price_rules"] = few["price_rules"].assign(**{changed: value})
    rules = rules_of(few["price_rules"])
    states = few["price_states"]
    state = state_of(states[states["date"] == pd.Timestamp(ORIGIN)])
    shape = (copies, len(few["price_rules"]))
    state = State(**{name: np.broadcast_to(column, shape) for name, column in vars(state).items()})
    origin = int(np.datetime64(ORIGIN, "D").astype(int))
    exact = conditional_mean(few, [ORIGIN], HORIZONS)
    rng = np.random.default_rng(3)
    for ahead in HORIZONS:
        noise = Noise(rng.standard_normal(shape), rng.random(shape), rng.random(shape))
        state = advance(state, rules, origin + ahead, noise)
        drawn = price(state, rules)
        row = exact[exact["horizon_days"] == ahead]
        mean, sd = drawn.mean(axis=0), drawn.std(axis=0)
        error = np.abs(row["conditional_mean"].to_numpy() - mean)
        assert (error <= 4.5 * sd / np.sqrt(copies) + 1e-6).all()
        np.testing.assert_allclose(row["conditional_sd"], sd, rtol=0.08, atol=1e-5)


def test_conditional_mean_beats_naive_at_every_horizon_and_its_sd_is_the_error_made(truth: Truth) -> None:
    days = sorted(truth["price_states"]["date"].unique())
    frame = with_outcomes(truth, days[30:-14:10])
    share = frame[["horizon_days"]].assign(
        exact=((frame["actual"] - frame["conditional_mean"]) / frame["naive"]) ** 2,
        naive=((frame["actual"] - frame["naive"]) / frame["naive"]) ** 2,
        promised=(frame["conditional_sd"] / frame["naive"]) ** 2,
    )
    rmse = share.groupby("horizon_days").mean() ** 0.5
    assert (rmse["exact"] < 0.97 * rmse["naive"]).all()
    assert rmse.loc[14, "exact"] < 0.85 * rmse.loc[14, "naive"]
    np.testing.assert_allclose(rmse["exact"], rmse["promised"], rtol=0.15)


def test_a_list_price_not_refreshed_and_without_promotions_is_known_for_sure(truth: Truth) -> None:
    rules = truth["price_rules"]
    calm = rules[(rules["refresh_days"] == 14) & (rules["promotion_start"] == 0)]
    frame = with_outcomes(truth, [pd.Timestamp(ORIGIN)]).merge(calm, on=KEY)
    since = (day_numbers(frame["date"]) + frame["refresh_phase"]) % frame["refresh_days"]
    standing = frame[since >= frame["horizon_days"]]
    assert len(standing) > 0
    assert (standing["conditional_sd"] == 0).all()
    np.testing.assert_allclose(standing["conditional_mean"], standing["naive"], atol=1e-6)


def test_frame_has_a_row_per_series_origin_and_horizon_in_order(truth: Truth) -> None:
    few = first_products(truth, 3)
    frame = conditional_mean(few, [ORIGIN, ORIGIN - timedelta(days=30)], [7, 1])
    assert list(frame) == [*KEY, "origin", "date", "horizon_days", "conditional_mean", "conditional_sd"]
    assert len(frame) == len(few["price_rules"]) * 2 * 2
    assert not frame.duplicated([*KEY, "origin", "horizon_days"]).any()
    ordered = frame.sort_values([*KEY, "origin", "date"], ignore_index=True)
    pd.testing.assert_frame_equal(frame, ordered)
    assert ((frame["date"] - frame["origin"]).dt.days == frame["horizon_days"]).all()
    assert frame["date"].dtype == frame["origin"].dtype == np.dtype("datetime64[us]")


def test_an_answer_does_not_depend_on_the_other_series_origins_or_horizons(truth: Truth) -> None:
    earlier = ORIGIN - timedelta(days=60)
    together = conditional_mean(truth, [earlier, ORIGIN], [1, 7, 60])
    alone = conditional_mean(first_products(truth, 3), [ORIGIN], [7])
    same = together[
        (together["origin"] == pd.Timestamp(ORIGIN))
        & (together["horizon_days"] == 7)
        & (together["product_id"] <= "P000003")
    ]
    pd.testing.assert_frame_equal(alone, same.reset_index(drop=True))


@pytest.mark.parametrize(
    ("origins", "horizons", "message"),
    [
        pytest.param([DEFAULT_TODAY + timedelta(days=1)], [1], "outside the simulated history", id="origin_ahead"),
        pytest.param([ORIGIN], [0, 1], "from 1 day ahead", id="horizon_of_no_day"),
        pytest.param([ORIGIN], [], "give both", id="no_horizon"),
        pytest.param([], [1], "give both", id="no_origin"),
    ],
)
def test_impossible_questions_are_refused(truth: Truth, origins: list, horizons: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        conditional_mean(truth, origins, horizons)
