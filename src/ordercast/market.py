"""Where the catalogue and each supplier are going, the mean steps of their series added up; and the season."""

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


def waves(dates: NDArray[np.datetime64], step_days: int, more: int) -> NDArray[np.float64]:
    """Cosine and sine of the season on the dates and on `more` steps after them, (2, dates + more)."""
    days = dates[0].astype(np.int64) + step_days * np.arange(len(dates) + more)
    angle = 2 * np.pi * days / 365.25
    return np.round(np.stack([np.cos(angle), np.sin(angle)]), 9)
