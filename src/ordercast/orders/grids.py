"""How finely the programme tells stock and orders apart: levels of later days, points of today's order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ordercast.kernels import grid
from ordercast.kernels.steps import NEARLY
from ordercast.orders.supply import Floats, Ints

POINTS = 2048  # of today's order,
MOST_POINTS = 1 << 16  # or, where so few leave no room for the least order of one of several suppliers


def later(rows: Ints, pack_units: Floats, moq_units: Floats, wish: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Step between two levels, (products,), and lot of each supplier on later days, (suppliers,), in units.

    rows: (products + 1,) offsets of the suppliers; wish: (products,) step that is wished; most: (products,) the highest
    ceiling: the least order of an only supplier that fits under it in packs does so in steps.
    """
    step, lot = grid.grid_steps(rows, pack_units, 0 * moq_units, wish, True)
    least = _least(moq_units, pack_units)
    alone = np.flatnonzero((np.diff(rows) == 1) & _lost(rows, least, _least(moq_units, lot), most))
    row = rows[alone]
    lot[row] = least[row]  # there is hardly room for more
    step[alone] = lot[row] / np.maximum(np.floor(lot[row] / step[alone]), 1)
    return step, lot


def today(rows: Ints, pack_units: Floats, moq_units: Floats, room: Floats) -> tuple[Floats, Floats]:
    """Units between two points of today's order, (products,), and lot of each supplier, (suppliers,).

    room: (products,) units that can be ordered; a least order that fits into it in packs does so in points, but for
    more than MOST_POINTS of several suppliers.
    """
    point, lot = grid.grid_steps(rows, pack_units, moq_units, room / POINTS, False)
    least = _least(moq_units, pack_units)
    lost = _lost(rows, least, _least(moq_units, lot), room)
    several = lost & (np.diff(rows) > 1)
    if several.any():
        wish = np.where(several, room / MOST_POINTS, room / POINTS)
        point, lot = grid.grid_steps(rows, pack_units, moq_units, wish, False)
    alone = np.flatnonzero(lost & ~several)
    point[alone] = lot[rows[alone]] = least[rows[alone]]
    return point, lot


def _least(moq_units: Floats, lot: Floats) -> Floats:
    """The least order of each supplier in whole `lot` units."""
    out: Floats = np.maximum(np.ceil(moq_units / lot - NEARLY), 1) * lot
    return out


def _lost(rows: Ints, packs: Floats, lots: Floats, room: Floats) -> NDArray[np.bool_]:
    """Products with a supplier whose least order fits into the room in packs but not in the lots of a grid."""
    owner = np.repeat(np.arange(len(room)), np.diff(rows))
    lost = (packs <= room[owner]) & (lots > room[owner])
    return np.bincount(owner[lost], minlength=len(room)) > 0
