"""Grids of stock and orders: what can be ordered in packs can be ordered in their steps and points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercast.orders import grids


def least(moq: float, lot: float) -> float:
    """The first of lot, 2 lots, ... that is no less than the MOQ."""
    return max(np.ceil(moq / lot - 1e-9), 1) * lot


@given(
    st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, 60)), min_size=1, max_size=3),
    st.integers(0, 40_000),
)
def test_a_least_order_that_fits_into_the_room_can_be_placed(suppliers: list[tuple[int, int]], room: int):
    moq, packs = (np.array(each, dtype=float) for each in zip(*suppliers, strict=True))
    point, lot = grids.today(np.array([0, len(moq)]), packs, moq, np.array([float(room)]))
    for at, each in enumerate(lot):
        assert each % packs[at] == 0
        assert each % point[0] == 0
        assert (least(moq[at], each) <= room) == (least(moq[at], packs[at]) <= room)


@given(st.integers(0, 30_000), st.integers(1, 60), st.integers(0, 3_000))
def test_an_only_suppliers_least_order_fits_under_the_ceiling_of_later_days(moq: int, pack: int, more: int):
    most = least(moq, pack) + more
    wish = np.array([most / 94])
    step, lot = grids.later(np.array([0, 1]), np.array([float(pack)]), np.array([float(moq)]), wish, np.array([most]))
    assert lot[0] / step[0] == pytest.approx(round(lot[0] / step[0]))
    assert least(moq, lot[0]) <= most
    assert lot[0] % pack == 0


def test_a_product_without_a_supplier_has_the_step_it_wishes():
    nobody, rows = np.zeros(0), np.zeros(2, dtype=np.int64)
    step, lot = grids.later(rows, nobody, nobody, np.array([2.5]), np.array([200.0]))
    assert (step.tolist(), lot.tolist()) == ([2.5], [])
