"""What the past says of a target day and which days are drawn: each kernel beside a plain loop, the edges by hand."""

import statistics

import loops
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops import Cells, at

from ordercast import features
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


@given(loops.cells(), HORIZONS, st.booleans(), st.integers(1, 80), st.integers(20, 40))
def test_own_tails(known: Cells, horizon: int, changes: bool, reach: int, most: int):
    where = (known.first, known.series, known.origin, np.full(len(known.series), horizon))
    got = ahead.own_tails(known.z, known.observed, *where, changes, reach, most)
    assert got.shape == (len(known.series), 2)
    for p, (s, now) in enumerate(known.pairs()):
        back = horizon if changes else 0
        earliest = max(known.first[s], now - reach, 0) + back
        stride = 1 + max(now - earliest, 0) // most
        ends = [t for t in range(now, earliest - 1, -stride) if known.observed[s, t]]
        values = sorted(known.z[s, t] - (known.z[s, t - back] if changes else 0) for t in ends)
        if len(values) < 20:
            assert np.isnan(got[p]).all()
        else:
            tail = len(values) // 10
            assert got[p].tolist() == [values[tail], values[-1 - tail]]


def test_a_series_has_a_band_of_its_own_once_it_was_seen_often_enough():
    z, every = loops.series(*range(30)), np.ones((1, 30), dtype=bool)
    for seen, band in ((19, [np.nan, np.nan]), (20, [2.0, 17.0])):
        at_last = (np.array([0]), np.array([0]), np.array([seen - 1]), np.array([1]))
        np.testing.assert_array_equal(ahead.own_tails(z, every, *at_last, False, 100, 100)[0], band)


@pytest.mark.parametrize("today", range(1088, 1095))
def test_quotes_of_working_days_give_a_band_on_every_day_of_the_week(today):
    """Were every seventh day looked at, a Sunday would see Sundays only, on which nobody quotes."""
    z, quoted = loops.series(*np.cumsum(np.sin(np.arange(1095)))), (np.arange(1095) % 7 < 5)[None]
    horizon = features.OWN_HORIZONS_DAYS.astype(np.int64)
    rows = (np.zeros(len(horizon), np.int64), np.full(len(horizon), today), horizon)
    assert np.isfinite(ahead.own_tails(z, quoted, at(0), *rows, True, 2 * 364, features.OWN_STEPS)).all()


def plain_mix(key: int) -> int:
    """splitmix64 in whole numbers."""
    key = (key + 0x9E3779B97F4A7C15) % 2**64
    key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    key = (key ^ (key >> 27)) * 0x94D049BB133111EB % 2**64
    return key ^ (key >> 31)


@given(loops.cells(), st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40), st.floats(0, 1))
def test_drawn_cells(known: Cells, seed: int, one: int, other: int, share: float):
    near, reach = sorted((one, other))
    rng = np.random.default_rng(seed)
    origins = np.arange(0, known.observed.shape[1], 2)
    names = rng.integers(0, 2**63, len(known.first)).astype(np.uint64)
    days = rng.integers(0, 2**40, len(origins)).astype(np.uint64)
    got = ahead.drawn_cells(known.observed, known.first, names, days, origins, 2, share, reach, near)
    expected = []
    for s, first in enumerate(known.first):
        for k, now in enumerate(origins):
            for turn in range(2 if first <= now else 0):
                draw = plain_mix((plain_mix((int(names[s]) + int(days[k])) % 2**64) + turn) % 2**64)
                order = (plain_mix(draw) >> 11) * 2.0**-53
                most = near if draw % 100 < 90 else reach
                seen = [h for h in range(1, most + 1) if known.observed[s, now + h : now + h + 1].any()]
                if seen and order < share:
                    expected.append((s, now, seen[draw // 100 % len(seen)], order))
    assert list(zip(*(each.tolist() for each in got), strict=True)) == expected


ONE = at(0)


def test_draws_are_even_and_nine_in_ten_are_near():
    every = np.ones((400, 100), dtype=bool)
    names = np.arange(400).astype(np.uint64) * np.uint64(7919)
    days, origins = np.arange(40).astype(np.uint64), np.arange(40)
    first = np.zeros(400, dtype=np.int64)
    _, _, horizon, order = ahead.drawn_cells(every, first, names, days, origins, 5, 1.0, 56, 14)
    drawn = np.bincount(horizon, minlength=57) / len(horizon)
    assert len(horizon) == 400 * 40 * 5
    assert drawn[1:15] == pytest.approx(0.9 / 14 + 0.1 / 56, rel=0.1)
    assert drawn[15:] == pytest.approx(0.1 / 56, rel=0.3)
    assert np.histogram(order, bins=10, range=(0, 1))[0] / len(order) == pytest.approx(0.1, rel=0.05)


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
