"""What the past says of a target day and which days are drawn: each kernel beside a plain loop, the edges by hand."""

import statistics

import loops
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops import Cells, at

from ordercast.kernels import ahead

HORIZONS = st.integers(1, 30)


@given(loops.cells(), HORIZONS, st.integers(1, 40), st.integers(0, 3))
def test_same_days_before(known: Cells, horizon: int, year: int, half: int):
    ahead_of = np.full(len(known.series), horizon)
    got = ahead.same_days_before(known.z, known.first, known.series, known.origin, ahead_of, year, half)
    for p, (s, now) in enumerate(known.pairs()):
        start, end = ([now - year + h + step for step in range(-half, half + 1)] for h in (0, horizon))
        if start[0] < known.first[s] or end[-1] > now:
            assert np.isnan(got[p])
        else:
            expected = statistics.fmean(known.z[s, end]) - statistics.fmean(known.z[s, start])
            assert got[p] == pytest.approx(expected)


@given(loops.cells(), HORIZONS, st.integers(1, 9))
def test_same_weekday(known: Cells, horizon: int, weeks: int):
    got = ahead.same_weekday(known.z, known.series, known.origin, np.full(len(known.series), horizon), weeks)
    for p, (s, now) in enumerate(known.pairs()):
        days = [known.z[s, max(t, 0)] for t in range(now, now - 7 * weeks, -1)]
        alike = [day for back, day in enumerate(days) if (horizon + back) % 7 == 0]
        assert len(alike) == weeks
        assert got[p] == pytest.approx(statistics.fmean(alike) - statistics.fmean(days), abs=1e-12)


@given(loops.cells(), st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_drawn_horizons(known: Cells, seed: int, one: int, other: int):
    near, reach = sorted((one, other))
    uniform = np.random.default_rng(seed).random(len(known.series))
    got = ahead.drawn_horizons(known.observed, known.series, known.origin, uniform, reach, near)
    for p, (s, now) in enumerate(known.pairs()):
        is_near = uniform[p] < 0.75
        within = uniform[p] / 0.75 if is_near else (uniform[p] - 0.75) * 4
        seen = [h for h in range(1, (near if is_near else reach) + 1) if known.observed[s, now + 1 :][h - 1 : h].any()]
        assert got[p] == (seen[int(within * len(seen))] if seen else 0)


ONE = at(0)
SEEN = np.array([[True, False, True, False, True, True]])


@pytest.mark.parametrize(
    ("origin", "uniform", "horizon"),
    [
        pytest.param(0, 0.0, 2, id="the_first_that_was_observed"),
        pytest.param(0, np.nextafter(0.75, 0), 4, id="the_last_of_the_near"),
        pytest.param(0, 0.75, 2, id="a_draw_from_all_starts_anew"),
        pytest.param(0, 1 - 2.0**-53, 5, id="the_last_of_all"),
        pytest.param(4, 0.5, 1, id="only_tomorrow_is_known"),
        pytest.param(5, 0.5, 0, id="nothing_is_known_of_tomorrow"),
    ],
)
def test_draws_by_hand(origin, uniform, horizon):
    got = ahead.drawn_horizons(SEEN, ONE, at(origin), np.array([uniform]), 5, 4)
    assert got.tolist() == [horizon]


def test_a_series_that_was_not_observed_again_gives_no_horizon():
    never = np.zeros((1, 6), dtype=bool)
    assert ahead.drawn_horizons(never, ONE, ONE, np.array([0.1]), 5, 4).tolist() == [0]


def test_draws_are_even_and_three_quarters_are_near():
    every, uniform = np.ones((1, 100), dtype=bool), (np.arange(56_000) + 0.5) / 56_000
    many = np.zeros(len(uniform), dtype=np.int64)
    drawn = np.bincount(ahead.drawn_horizons(every, many, many, uniform, 56, 14), minlength=57)
    assert drawn[1:15].tolist() == [3000 + 250] * 14
    assert drawn[15:].tolist() == [250] * 42


def test_last_year_by_hand():
    z = np.arange(20.0)[None] ** 2
    assert ahead.same_days_before(z, ONE, ONE, at(15), at(2), 10, 0).tolist() == [7**2 - 5**2]
    assert np.isnan(ahead.same_days_before(z, at(6), ONE, at(15), at(2), 10, 0)[0])  # not that old
    assert np.isnan(ahead.same_days_before(z, ONE, ONE, at(15), at(11), 10, 0)[0])  # lies ahead
    assert ahead.same_days_before(z, at(-30), ONE, at(15), at(2), 10, 0).tolist() == [24.0]  # a tail's older start


def test_a_weekday_that_is_always_dearer():
    z = np.where(np.arange(70) % 7 == 3, 8.0, 1.0)[None]
    got = [ahead.same_weekday(z, ONE, at(69), at(h), 4)[0] for h in range(1, 8)]
    assert got == [6.0 if (69 + h) % 7 == 3 else -1.0 for h in range(1, 8)]


@given(loops.cells(), HORIZONS)
def test_the_past_of_a_target_day_is_past(known: Cells, horizon: int):
    for s, now in known.pairs():
        torn = known.z.copy()
        torn[:, now + 1 :] = 99.0
        pair = at(s), at(now), at(horizon)
        year, honest_year = (ahead.same_days_before(z, known.first, *pair, 20, 1) for z in (torn, known.z))
        assert year.tobytes() == honest_year.tobytes()
        assert ahead.same_weekday(torn, *pair, 3).tobytes() == ahead.same_weekday(known.z, *pair, 3).tobytes()
