"""Temporary price cuts and the suppliers of a product, each kernel beside a plain loop, and the edges by hand."""

import statistics

import loops
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops import Cells, at

from ordercast.kernels import offers

WINDOW, EXPIRES, REACH, LAGS = 40, 10, 30, at(7, 28)


def cut(row: list[float], window: int, expires: int) -> tuple[float, int]:
    """Depth and age of the sale at the end of a row: told from the changes of price alone."""
    recent = row[-window - 1 :]
    changes = {t: recent[t] - recent[t - 1] for t in range(1, len(recent)) if recent[t] != recent[t - 1]}
    if not changes:
        return 0.0, 0
    least = max(0.03, 3 * statistics.median(abs(change) for change in changes.values()))
    begun, depth = None, 0.0
    for t, change in changes.items():
        if begun is not None and t - begun >= expires:
            begun, depth = None, 0.0
        if change <= -least:
            begun, depth = t, depth + change
        elif begun is not None and change >= -depth / 2:
            begun, depth = None, 0.0
    if begun is None or len(recent) - 1 - begun >= expires:
        return 0.0, 0
    return depth, len(recent) - 1 - begun


@given(loops.cells(), st.integers(1, 70), st.integers(1, 12))
def test_sales(known: Cells, window: int, expires: int):
    depth, age = offers.sales(known.z, known.series, known.origin, window, expires)
    expected = [cut(known.z[s, : now + 1].tolist(), window, expires) for s, now in known.pairs()]
    np.testing.assert_allclose(np.column_stack([depth, age]), np.array(expected).reshape(-1, 2), rtol=1e-9)


def promoted(prices: list[float]) -> tuple[float, int]:
    """The sale at the end of a history of small changes, every tenth step, that ends in these prices."""
    row = np.log(np.append(100 + np.arange(41) // 10 % 2, prices))
    return offers.sale(row, len(row) - 1, 60, 10)


@pytest.mark.parametrize(
    ("prices", "depth", "age"),
    [
        pytest.param([100.0], 0.0, 0, id="no_cut"),
        pytest.param([80.0], np.log(0.8), 0, id="it_starts"),
        pytest.param([80.0] * 5, np.log(0.8), 4, id="it_lasts"),
        pytest.param([80.0, 80.0, 60.0], np.log(0.6), 0, id="it_deepens"),
        pytest.param([80.0, 80.0, 100.0], 0.0, 0, id="it_ends"),
        pytest.param([80.0, 80.0, 95.0], 0.0, 0, id="three_quarters_back_is_an_end"),
        pytest.param([80.0, 80.0, 85.0], np.log(0.8), 2, id="a_quarter_back_is_none"),
        pytest.param([80.0] * 11, 0.0, 0, id="it_expires_as_a_new_price"),
        pytest.param([97.5], 0.0, 0, id="a_usual_change_is_no_sale"),
    ],
)
def test_sale_by_hand(prices, depth, age):
    assert promoted(prices) == pytest.approx((depth, age))


def test_a_price_that_always_jumps_has_no_sales():
    wild = np.log(100 * 0.8 ** (np.arange(60) % 2))
    assert offers.sale(wild, 59, 60, 10) == (0.0, 0)


@given(loops.cells(), st.integers(0, 4))
def test_siblings(known: Cells, split: int):
    """Two products: the suppliers before `split` and those from it on."""
    z, count = known.z, len(known.z)
    begins = np.array([0 if s < split else split for s in range(count)])
    ends = np.array([min(split, count) if s < split else count for s in range(count)])
    since = known.origin // 2
    got = offers.siblings(
        z, known.observed, known.series, known.origin, begins, ends, since, LAGS, WINDOW, EXPIRES, REACH
    )
    for p, (s, now) in enumerate(known.pairs()):
        then = now - int(since[p])
        offering = [j for j in range(begins[s], ends[s]) if known.observed[j, max(now - REACH, 0) : now + 1].any()]
        others = [j for j in offering if j != s]
        assert got[p, 0] == len(offering)
        assert got[p, 1] == (z[s, now] - min(z[offering, now]) if offering else 0)
        if not others:
            assert (got[p, 2:] == 0).all()
            continue

        def regular(j: int, t: int) -> float:
            return z[j, t] - cut(z[j, : t + 1].tolist(), WINDOW, EXPIRES)[0]

        usual = slice(max(now - WINDOW + 1, 0), now + 1)
        moved = {j: regular(j, now) - regular(j, then) for j in others}
        quiet = {
            j: [back for back in range(min(REACH, now)) if z[j, now - back] != z[j, now - back - 1]] for j in others
        }
        freshest = min((days[0], j) for j, days in quiet.items() if days) if any(quiet.values()) else None
        expected = [
            statistics.fmean(z[s, now] - z[j, now] for j in others),
            statistics.fmean(regular(s, now) - regular(j, now) - (z[s] - z[j])[usual].mean() for j in others),
            statistics.fmean(moved.values()),
            moved[freshest[1]] if freshest else 0.0,
            *(statistics.fmean(z[j, now] - z[j, max(now - lag, 0)] for j in others) for lag in LAGS),
        ]
        np.testing.assert_allclose(got[p, 2:], expected, rtol=1e-9, atol=1e-12)


def beside(*rows: np.ndarray, own: int = 0, observed: np.ndarray | None = None, since: int = 0) -> list[float]:
    """What is said of one supplier of a product at the last step."""
    z = np.stack(rows)
    all_seen = np.ones(z.shape, dtype=bool)
    whole = np.zeros(len(z), dtype=np.int64), np.full(len(z), len(z))
    seen = all_seen if observed is None else observed
    table = offers.siblings(z, seen, at(own), at(z.shape[1] - 1), *whole, at(since), at(7), WINDOW, EXPIRES, REACH)
    return table[0].tolist()


FLAT = np.zeros(60)
LATE_RISE = np.where(np.arange(60) < 55, 1.0, 1.02)


def test_one_supplier_is_alone():
    assert beside(FLAT) == [1, 0, 0, 0, 0, 0, 0]


def test_another_that_rose_since_our_last_change():
    got = beside(FLAT, LATE_RISE, since=20)
    assert got == pytest.approx([2, 0, -1.02, -0.02 + 0.02 * 5 / 40, 0.02, 0.02, 0.02])


def test_the_one_that_changed_last_speaks_beside_the_mean():
    earlier_fall = np.where(np.arange(60) < 50, 1.0, 0.99)
    got = beside(FLAT, earlier_fall, LATE_RISE, since=20)
    assert got[4] == pytest.approx((0.02 - 0.01) / 2)
    assert got[5] == pytest.approx(0.02)


def test_a_sale_of_another_is_no_change_of_its_price():
    list_price = 1.0 + 0.01 * (np.arange(60) // 10 % 2)
    promotion = np.where(np.arange(60) < 57, list_price, 0.71)
    got = beside(FLAT, promotion, since=5)
    assert got[2] == pytest.approx(-0.71)  # how dear it is today counts the sale
    assert got[4:6] == pytest.approx([0.0, 0.0])
    assert beside(FLAT, promotion, since=15)[4] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("last_seen", "offered"),
    [
        pytest.param(59, 2, id="quoted_today"),
        pytest.param(59 - REACH, 2, id="quoted_just_within_reach"),
        pytest.param(58 - REACH, 1, id="left_the_day_before_that"),
        pytest.param(-1, 1, id="never_came"),
    ],
)
def test_a_sibling_that_left_is_not_compared_with(last_seen, offered):
    observed = np.ones((2, 60), dtype=bool)
    observed[1] = np.arange(60) <= last_seen
    got = beside(FLAT, FLAT - 1.0, observed=observed)
    assert got[0] == offered
    assert got[1] == (1.0 if offered == 2 else 0.0)


def test_one_that_left_itself_still_stands_beside_the_others():
    observed = np.ones((2, 60), dtype=bool)
    observed[0, 5:] = False
    assert beside(FLAT, FLAT + 1.0, observed=observed)[:3] == [1, -1, -1]


def test_the_first_step_looks_no_further_back():
    assert beside(FLAT[:1], FLAT[:1] + 1) == [2, 0, -1, 0, 0, 0, 0]


@given(loops.cells())
def test_nothing_looks_past_the_origin(known: Cells):
    whole = np.zeros(len(known.z), dtype=np.int64), np.full(len(known.z), len(known.z))
    for s, now in known.pairs():
        said = []
        for torn in (False, True):
            z, observed = known.z.copy(), known.observed.copy()
            if torn:
                z[:, now + 1 :], observed[:, now + 1 :] = 99.0, True
            table = offers.siblings(z, observed, at(s), at(now), *whole, at(now), LAGS, WINDOW, EXPIRES, REACH)
            depth, age = offers.sales(z, at(s), at(now), WINDOW, EXPIRES)
            said.append([table.tobytes(), depth.tobytes(), age.tobytes()])
        assert said[0] == said[1]
