"""Slips of the pen, beside a plain loop."""

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercast.kernels import slips as kernels


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param([10, 10, 10, 9999, 10], [10, 10, 10, None, 10], id="a_slip"),
        pytest.param([10, 11, 10, None, 1, None, 9], [10, 11, 10, None, None, None, 9], id="a_slip_after_a_gap"),
        pytest.param([10, 10, 10, 60, 61, 62, 63], [10, 10, 10, None, None, 62, 63], id="a_new_level_is_believed"),
        pytest.param([10, 10, 10, 60, 600, 61, 10], [10, 10, 10, None, None, None, 10], id="slips_that_disagree"),
        pytest.param([10, 10, 99, 10], [10, 10, 99, 10], id="too_few_to_judge_by"),
        pytest.param([10, 10, 10, 9999], [10, 10, 10, None], id="the_last_day"),
        pytest.param([10, 11, 9999, 10], [10, 11, None, 10], id="so_far_off_two_that_agree"),
        pytest.param([10, 80, 9999, 90], [10, 80, 9999, 90], id="two_that_do_not_agree_judge_nothing"),
        pytest.param([10, 10, 10, *[9999] * 5, 10], [10, 10, 10, *[None] * 5, 10], id="a_slip_copied_on_for_days"),
        pytest.param([10, 10, 10, *[9999] * 7], [10, 10, 10, *[None] * 5, 9999, 9999], id="so_far_and_yet_it_stays"),
        pytest.param([9, 9, 9, 99, 900, 99, 99, 99], [9, 9, 9, *[None] * 4, 99], id="agreement_begins_anew"),
    ],
)
def test_slips_are_set_aside_by_what_came_before(given, kept):
    value = np.array([[np.nan if v is None else float(v) for v in given]])
    count = kernels.set_slips_aside(value, 5.0, 50.0, 6)
    assert [None if np.isnan(v) else v for v in value[0].tolist()] == kept
    assert count == sum(v is not None for v in given) - sum(v is not None for v in kept)


@pytest.mark.parametrize(
    ("sold", "beyond"),
    [
        pytest.param([1, 2, 3, 2, 5000, 2], [4], id="a_slip"),
        pytest.param([1, 2, 3, 2, 150, 999], [], id="a_large_sale"),
        pytest.param([1, 2, 3, 2, 5000, 200], [4, 5], id="a_slip_is_no_measure"),
        pytest.param([1, 2, 3, 5000, 2], [], id="too_few_to_judge_by"),
        pytest.param([1, 0, 2, None, 3, 2, 5000], [6], id="days_without_a_sale_tell_nothing"),
        pytest.param([1, 2, 3, 2, *[5000] * 6], [4, 5, 6], id="the_fourth_such_day_is_believed"),
        pytest.param([1, 2, 3, 2, 0, None], [], id="nothing_sold"),
    ],
)
def test_sales_that_are_none(sold, beyond):
    value = np.array([[0.0 if v is None else float(v) for v in sold]])
    observed = np.array([[v is not None for v in sold]])
    assert np.flatnonzero(kernels.sales_beyond(value, observed, 50.0, 4)).tolist() == beyond


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, 60.0, 5000.0, 1e6]), max_size=40))
def test_sales_beyond_all_before(row: list[float]):
    expected, believed, doubted = [], [], 0
    for t, now in enumerate(row):
        far_off = sum(each > 0 for each in row[:t]) >= 4 and now > 50 * max(believed)
        doubted = doubted + 1 if far_off else doubted
        if far_off and doubted < 4:
            expected.append(t)
        elif now > 0:
            believed.append(now)
            doubted = 0 if far_off else doubted
    value = np.array([row])
    assert np.flatnonzero(kernels.sales_beyond(value, np.ones(value.shape, bool), 50.0, 4)).tolist() == expected


PRICES = st.lists(st.sampled_from([1.0, 2.0, 3.0, 30.0, 31.0, 900.0, np.nan]), max_size=30)


def slips(row: list[float], factor: float, far: float, many: int) -> list[int]:
    """The places of the slips of a row: its quotes one by one, each beside the five before it that were kept."""
    found, kept, doubted = [], [], []
    for t, now in enumerate(row):
        if np.isnan(now):
            continue
        usual = statistics.median(kept[-5:] or [now])
        agree = len(kept) == 2 and max(kept) < min(kept) * factor
        few = len(kept) < 2 or (len(kept) == 2 and not (agree and (now <= max(kept) / far or now >= min(kept) * far)))
        if few or usual / factor < now < usual * factor:
            kept, doubted = [*kept, now], []
            continue
        doubted = [*doubted, now] if max(*doubted, now, now) < 2 * min(*doubted, now, now) else [now]
        if len(doubted) == (3 if usual / far < now < usual * far else many):
            kept, doubted = [now], []
        else:
            found.append(t)
    return found


@given(st.lists(PRICES, min_size=1, max_size=4))
def test_slips(rows: list[list[float]]):
    length = max(map(len, rows))
    value = np.array([row + [np.nan] * (length - len(row)) for row in rows])
    count = kernels.set_slips_aside(value, 5.0, 50.0, 6)
    places = [slips(row, 5.0, 50.0, 6) for row in rows]
    assert count == sum(map(len, places))
    for row, found, got in zip(rows, places, value, strict=True):
        expected = [np.nan if t in found else each for t, each in enumerate(row)]
        np.testing.assert_array_equal(got[: len(row)], expected)


@given(PRICES.filter(lambda row: len(row) > 1), st.integers(1, 29))
def test_a_later_quote_sets_none_before_it_aside(row, cut):
    whole, early = np.array([row]), np.array([row[:cut]])
    kernels.set_slips_aside(whole, 5.0, 50.0, 6)
    kernels.set_slips_aside(early, 5.0, 50.0, 6)
    np.testing.assert_array_equal(whole[:, : early.shape[1]], early)
