"""Where the whole catalogue and each supplier are going: the mean of the steps of their series, added up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TICK = 1e-7  # the grid of log prices
USUAL_MOVE = 0.2  # a log price that moves further in a step tells of itself, not of the market


def lines(z: NDArray[np.float64], first: NDArray[np.int64], supplier: NDArray[np.int64]) -> NDArray[np.float64]:
    """Running sums of the mean step of all started series and of each supplier's, (1 + suppliers, steps).

    In whole ticks of the log grid: sums that no order of adding can change.
    """
    moved = np.zeros((int(supplier.max(initial=0)) + 1, z.shape[1]))
    for t in range(1, z.shape[1]):
        step = np.clip(z[:, t] - z[:, t - 1], -USUAL_MOVE, USUAL_MOVE)
        started = first < t
        ticks, owner = np.rint(step[started] / TICK), supplier[started]
        count = np.bincount(owner, minlength=len(moved))
        total = np.bincount(owner, ticks, minlength=len(moved))
        count[0], total[0] = count.sum(), total.sum()
        moved[:, t] = np.round(total / np.maximum(count, 1))
    return np.cumsum(moved, axis=1) * TICK
