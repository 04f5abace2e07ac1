"""Where the catalogue and each supplier are going, beside a plain loop."""

import loops
import numpy as np
import pytest
import small
from hypothesis import given
from hypothesis import strategies as st
from loops import Cells, at

from ordercast import market


def mean_step(known: Cells, members: list[int], t: int) -> float:
    """The mean change of the series that had started the day before, none told as more than .2."""
    moves = [known.z[s, t] - known.z[s, t - 1] for s in members if known.first[s] < t]
    ticks = [round(min(max(move, -0.2), 0.2) / 1e-7) for move in moves]
    return np.round(sum(ticks) / len(ticks)) * 1e-7 if ticks else 0.0


@given(loops.cells(), st.lists(st.integers(1, 3), min_size=5, max_size=5))
def test_lines(known: Cells, owners: list[int]):
    supplier = at(*owners[: len(known.z)])
    got = market.lines(known.z, known.first, supplier)
    everyone = list(range(len(known.z)))
    for line, row in enumerate(got):
        members = [s for s in everyone if line in (0, supplier[s])]
        steps = [mean_step(known, members, t) for t in range(1, known.z.shape[1])]
        np.testing.assert_allclose(row, np.cumsum([0.0, *steps]), atol=1e-9)


@given(loops.cells(), st.integers(0, 59))
def test_a_later_quote_changes_no_earlier_level(known: Cells, cut: int):
    torn, supplier = known.z.copy(), np.arange(1, len(known.z) + 1)
    torn[:, cut + 1 :] += 0.05
    honest, other = (market.lines(z, known.first, supplier)[:, : cut + 1] for z in (known.z, torn))
    assert honest.tobytes() == other.tobytes()


@given(loops.cells(), st.randoms())
def test_the_order_of_the_series_changes_no_bit(known: Cells, random):
    order = list(range(len(known.z)))
    supplier = np.array([1 + s % 2 for s in order])
    lines = market.lines(known.z, known.first, supplier)
    random.shuffle(order)
    assert market.lines(known.z[order], known.first[order], supplier[order]).tobytes() == lines.tobytes()


@pytest.mark.parametrize(
    ("rows", "first", "level"),
    [
        pytest.param([[0, 0.1], [0, 0.3]], [0, 0], 0.15, id="a_jump_counts_as_a_fifth"),
        pytest.param([[0, 0.1], [0, -0.1]], [0, 0], 0.0, id="up_and_down_cancel"),
        pytest.param([[0, 0.1], [5, 5]], [0, 1], 0.1, id="a_newcomer_says_nothing_yet"),
        pytest.param([[0, 0], [5, 5]], [0, 0], 0.0, id="flat"),
    ],
)
def test_the_whole_catalogue_by_hand(rows, first, level):
    got = market.lines(np.array(rows, dtype=float), at(*first), at(1, 2))
    assert got[0] == pytest.approx([0.0, level])


@given(loops.cells(), st.sampled_from([(1, 182, 14), (7, 26, 4), (28, 6, 4)]))
def test_usual_variances(known: Cells, calendar: tuple[int, int, int]):
    step_days, window, far = calendar
    got = market.usual_variances(known.z, known.first, step_days)
    for lag, line in zip((1, far), got, strict=True):
        for t, found in enumerate(line):
            moves = [
                min(abs(known.z[s, end] - known.z[s, end - lag]), market.USUAL_STEP)
                for end in range(max(t - window + 1, 0), t + 1)
                for s in range(len(known.z))
                if end - lag >= known.first[s]
            ]
            squares = [round(move**2 / 1e-7) * 1e-7 for move in moves]
            prior = market.PRIOR_COUNT * lag * market.PRIOR_VARIANCE
            assert found == pytest.approx((sum(squares) + prior) / (len(moves) + market.PRIOR_COUNT), rel=1e-9)


@given(loops.cells(), st.integers(0, 59), st.randoms())
def test_the_usual_variances_are_of_the_past_in_any_order(known: Cells, cut: int, random):
    torn, order = known.z.copy(), list(range(len(known.z)))
    torn[:, cut + 1 :] += 0.05
    random.shuffle(order)
    honest, other = (
        market.usual_variances(z, known.first[rows], 1)[:, : cut + 1]
        for z, rows in ((known.z, np.arange(len(known.z))), (torn[order], order))
    )
    assert honest.tobytes() == other.tobytes()


def test_the_lines_are_those_of_the_whole_catalogue_whoever_is_asked_for():
    known = small.problem("price").panel
    some = known.take(np.array([False, True, False, True]))
    assert some.market is known.market
    assert some.supplier.tolist() == known.supplier[[1, 3]].tolist()
    assert known.market.shape == (1 + 2, known.steps)


def test_each_series_has_the_line_of_its_supplier():
    known = small.problem("price").panel
    assert known.ids["supplier_id"].tolist() == ["F1", "F2", "F1", "F1"]
    assert known.supplier.tolist() == [1, 2, 1, 1]
    alone = np.clip(np.diff(known.z[1]), -market.USUAL_MOVE, market.USUAL_MOVE)
    np.testing.assert_allclose(known.market[2], np.append(0, np.cumsum(alone)), atol=1e-9)


def test_views_of_a_panel_take_their_part_of_the_lines():
    known = small.problem("price").panel
    assert known.until(100).market.tobytes() == known.market[:, :100].tobytes()
    assert known.tail(40).market.tobytes() == known.market[:, -40:].tobytes()
    longer = known.extended(known.value[:, -1], known.z[:, -1])
    assert (longer.market[:, -1] == known.market[:, -1]).all()
