"""What a series' own past says of it: each kernel beside a plain loop, and the edges by hand."""

import itertools
import statistics

import loops
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops import Cells, at

from ordercast.kernels import past

LEVELS = {"rtol": 1e-9, "atol": 1e-12}
REACHES = st.integers(1, 70)


def rising(most: int) -> st.SearchStrategy[np.ndarray]:
    return st.sets(st.integers(1, most), min_size=1, max_size=4).map(lambda found: np.array(sorted(found)))


@given(loops.cells(), REACHES)
def test_last_seen(known: Cells, reach: int):
    def age(s: int, now: int) -> int:
        ages = [back for back in range(now + 1) if known.observed[s, now - back]]
        return min([*ages, reach])

    got = past.last_seen(known.observed, known.series, known.origin, reach)
    assert got.tolist() == [age(*pair) for pair in known.pairs()]


@given(loops.cells(), rising(30), st.integers(1, 70), st.sampled_from([0.05, 0.7]), st.integers(1, 10))
def test_squared_moves(known: Cells, lags: np.ndarray, window: int, most: float, weight: int):
    def mean(s: int, end: int, lag: int) -> float:
        start = max(end - window, known.first[s])
        squares = [min(abs(known.z[s, t] - known.z[s, t - lag]), most) ** 2 for t in range(end + 1) if t - lag >= start]
        young = lag > lags[0] and len(squares) < weight
        usual = mean(s, end, int(lags[0])) / lags[0] if young else 1e-4
        return (sum(squares) + weight * usual * lag) / (len(squares) + weight)

    got = past.squared_moves(known.z, known.first, known.series, known.origin, lags, window, most, 1e-4, weight)
    expected = [[mean(s, end, int(lag)) for lag in lags] for s, end in known.pairs()]
    np.testing.assert_allclose(got, np.array(expected).reshape(got.shape), **LEVELS)


@given(loops.cells(), rising(70))
def test_changes(known: Cells, lags: np.ndarray):
    got = past.changes(known.z, known.series, known.origin, lags)
    expected = [[known.z[s, now] - known.z[s, max(now - lag, 0)] for lag in lags] for s, now in known.pairs()]
    assert got.tolist() == expected


@given(loops.cells(), rising(70))
def test_window_means(known: Cells, windows: np.ndarray):
    got = past.window_means(known.z, known.series, known.origin, windows)
    expected = [
        [statistics.fmean(known.z[s, max(now - window + 1, 0) : now + 1]) for window in windows]
        for s, now in known.pairs()
    ]
    np.testing.assert_allclose(got, np.array(expected).reshape(got.shape), **LEVELS)


@given(loops.cells(), rising(70))
def test_range_positions(known: Cells, windows: np.ndarray):
    def place(s: int, now: int, window: int) -> float:
        seen = known.z[s, max(now - window + 1, 0) : now + 1].tolist()
        low, high = min(seen), max(seen)
        return (seen[-1] - low) / (high - low) if high > low else 0.5

    got = past.range_positions(known.z, known.series, known.origin, windows)
    assert got.tolist() == [[place(s, now, int(window)) for window in windows] for s, now in known.pairs()]
    assert ((got >= 0) & (got <= 1)).all()


@given(loops.cells(), rising(12), REACHES)
def test_last_quotes(known: Cells, counts: np.ndarray, reach: int):
    means, smooth, echo = past.last_quotes(known.z, known.observed, known.series, known.origin, counts, 0.8, reach)
    for p, (s, now) in enumerate(known.pairs()):
        near = [t for t in range(now, -1, -1) if t > now - reach and known.observed[s, t]]
        quotes = [float(known.z[s, t]) for t in near][: counts[-1]] or [float(known.z[s, now])]
        np.testing.assert_allclose(means[p], [statistics.fmean(quotes[:count]) for count in counts], **LEVELS)
        weights = [0.8**age for age in range(len(quotes))]
        expected = sum(w * q for w, q in zip(weights, quotes, strict=True)) / sum(weights)
        assert smooth[p] == pytest.approx(expected)
        moves = [newer - older for newer, older in itertools.pairwise(quotes)]
        cross = sum(later * earlier for later, earlier in itertools.pairwise(moves))
        own = sum(move**2 for move in moves)
        assert echo[p] == pytest.approx(cross / own if len(moves) >= 5 and own > 0 else 0.0)


@given(loops.cells(), REACHES, st.integers(1, 8))
def test_price_changes(known: Cells, reach: int, most: int):
    since, size, between = past.price_changes(known.z, known.first, known.series, known.origin, reach, most)
    for p, (s, now) in enumerate(known.pairs()):
        row, start = known.z[s], max(int(known.first[s]), now - reach)
        days = [t for t in range(now, start, -1) if row[t] != row[t - 1]]
        gaps = [later - earlier for later, earlier in itertools.pairwise(days)][:most]
        assert since[p] == (now - days[0] if days else now - start)
        assert size[p] == (row[days[0]] - row[days[0] - 1] if days else 0)
        assert between[p] == (statistics.median(gaps) if gaps else reach)


@given(loops.cells(), REACHES)
def test_shares(known: Cells, window: int):
    got = past.shares(known.observed, known.first, known.series, known.origin, window)
    marked = [known.observed[s, max(now - window + 1, 0) : now + 1].sum() for s, now in known.pairs()]
    steps = [max(min(window, now - int(known.first[s]) + 1), 1) for s, now in known.pairs()]
    assert got.tolist() == [count / of for count, of in zip(marked, steps, strict=True)]


def everything(z: np.ndarray, observed: np.ndarray, first: np.ndarray, *pair: np.ndarray) -> list[bytes]:
    windows = at(1, 3, 20)
    said = [
        past.last_seen(observed, *pair, 9),
        past.squared_moves(z, first, *pair, windows, 30, 0.7, 1e-4, 5),
        past.changes(z, *pair, windows),
        past.window_means(z, *pair, windows),
        past.range_positions(z, *pair, windows),
        *past.last_quotes(z, observed, *pair, windows, 0.8, 30),
        *past.price_changes(z, first, *pair, 30, 4),
        past.shares(observed, first, *pair, 9),
    ]
    return [each.tobytes() for each in said]


@given(loops.cells())
def test_no_kernel_looks_past_the_origin(known: Cells):
    """The steps after each origin are overwritten; nothing that was said of it changes."""
    for s, now in known.pairs():
        torn, seen = known.z.copy(), known.observed.copy()
        torn[:, now + 1 :] = 99.0
        seen[:, now + 1 :] ^= True
        pair = at(s), at(now)
        assert everything(torn, seen, known.first, *pair) == everything(known.z, known.observed, known.first, *pair)


ONE, STEPS = at(0), loops.series(0, 0, 0.1, 0.1, 0.1, 0.3, 0.3)
NONE_SEEN = np.zeros((1, 7), dtype=bool)


@pytest.mark.parametrize(
    ("origin", "since", "size", "between"),
    [
        pytest.param(0, 0, 0.0, 20, id="the_first_step_has_no_change"),
        pytest.param(1, 1, 0.0, 20, id="unchanged_since_the_start"),
        pytest.param(2, 0, 0.1, 20, id="one_change_has_no_distance"),
        pytest.param(6, 1, 0.2, 3, id="two_changes_three_steps_apart"),
    ],
)
def test_rhythm_by_hand(origin, since, size, between):
    got = past.price_changes(STEPS, ONE, ONE, at(origin), 20, 4)
    assert [each[0] for each in got] == pytest.approx([since, size, between])


def test_a_series_without_quotes_in_reach_is_what_it_carries():
    means, smooth, echo = past.last_quotes(STEPS, NONE_SEEN, ONE, at(6), at(2, 5), 0.8, 7)
    assert means.tolist() == [[0.3, 0.3]]
    assert (smooth[0], echo[0]) == (0.3, 0.0)
    assert past.last_seen(NONE_SEEN, ONE, at(6), 5).tolist() == [5]


def test_a_flat_series_has_the_variance_of_the_prior():
    flat = np.full((1, 50), 1.5)
    got = past.squared_moves(flat, ONE, ONE, at(49), at(1, 4), 40, 0.7, 1e-4, 10)
    np.testing.assert_allclose(got, [[10 * 1e-4 / (40 + 10), 40 * 1e-4 / (37 + 10)]])


def test_a_typing_error_counts_as_a_doubling():
    typo = np.zeros((1, 21))
    typo[0, 10] = np.log(1000)
    got = past.squared_moves(typo, ONE, ONE, at(20), at(1), 20, np.log(2), 0.0, 0)
    assert got[0, 0] == pytest.approx(2 * np.log(2) ** 2 / 20)


def test_alternating_quotes_echo_and_a_trend_does_too():
    to_and_fro, trend = np.arange(40) % 2 * 1.0, np.arange(40) * 1.0
    both = np.stack([to_and_fro, trend])
    _, _, echo = past.last_quotes(both, np.ones((2, 40), dtype=bool), at(0, 1), at(39, 39), at(21), 0.8, 40)
    assert echo == pytest.approx([-19 / 20, 19 / 20])


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.sampled_from([1.0, 2.0, np.nan])), max_size=12))
@pytest.mark.parametrize("step_days", [1, 7])
def test_lay(step_days: int, rows: list[tuple[int, int, float]]):
    """Values of three series on days 100 to 109, the last of them the calendar's end."""
    series, age, value = np.array(rows, dtype=float).reshape(-1, 3).T
    cells = np.full((3, 10), np.nan)
    given = series.astype(np.int64), 109 - age.astype(np.int64), value.copy()
    taken = past.lay(cells, *given, 109, step_days)
    expected: dict[tuple[int, int], float] = {}
    clashes = 0
    for s, back, each in rows:
        place = (s, 9 - back // step_days)
        clashes += np.isnan(each) or not np.isnan(expected.get(place, np.nan))
        expected[place] = each
    assert taken == clashes
    assert {place: cells[place] for place in np.ndindex(3, 10) if not np.isnan(cells[place])} == {
        place: each for place, each in expected.items() if not np.isnan(each)
    }
