"""Where the whole catalogue and each supplier are going: the mean of the steps of their series, added up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ordercast.kernels import offers

TICK = 1e-7  # the grid of log prices
USUAL_MOVE = 0.2  # a log price that moves further in a step tells of itself, not of the market


def lines(z: NDArray[np.float64], first: NDArray[np.int64], supplier: NDArray[np.int64]) -> NDArray[np.float64]:
    """Running sums of the mean step of all started series and of each supplier's, (1 + suppliers, steps).

    In whole ticks of the log grid: sums that no order of adding can change.
    """
    owners = int(supplier.max(initial=0)) + 1
    return np.cumsum(offers.mean_moves(z, first, supplier, owners, USUAL_MOVE, TICK), axis=1) * TICK
