"""Where the catalogue and each supplier are going, the mean steps of their series added up, how far a step usually
leads, and the season."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ordercast.kernels import offers

TICK = 1e-7  # the grid of log prices
USUAL_STEP = 0.6931472  # log 2: a price that doubles in a step counts as no more, or a typing error rules the scale
ANCHOR_DAYS, HALF_YEAR_DAYS = 14, 182
LEAST_GROWTH = 0.02  # of the one-step variance: no price is so mean-reverting that its band stops growing
PRIOR_VARIANCE = 1e-4  # of a step of which nothing is known
PRIOR_COUNT = 200  # changes of the catalogue as which that counts beside its own
USUAL_MOVE = 0.2  # a log price that moves further in a step tells of itself, not of the market


def lines(z: NDArray[np.float64], first: NDArray[np.int64], supplier: NDArray[np.int64]) -> NDArray[np.float64]:
    """Running sums of the mean step of all started series and of each supplier's, (1 + suppliers, steps).

    In whole ticks of the log grid: sums that no order of adding can change.
    """
    owners = int(supplier.max(initial=0)) + 1
    return np.cumsum(offers.mean_moves(z, first, supplier, owners, USUAL_MOVE, TICK), axis=1) * TICK


def usual_variances(z: NDArray[np.float64], first: NDArray[np.int64], step_days: int) -> NDArray[np.float64]:
    """The mean squared change of all started series over one step and over `anchor_steps`, (2, steps).

    Of changes that ended within the last 182 days. They count PRIOR_COUNT of a random walk's with a step of
    PRIOR_VARIANCE, so that a few quotes do not speak for a catalogue.
    """
    return np.stack(
        [_usual_variance(z, first, HALF_YEAR_DAYS // step_days, lag) for lag in (1, anchor_steps(step_days))]
    )


def anchor_steps(step_days: int) -> int:
    """The steps to the second point of a variogram: 14 days, or four on a weekly calendar."""
    return max(ANCHOR_DAYS // step_days, 4)


def variogram(
    one: NDArray[np.float64], many: NDArray[np.float64], steps: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nugget and growth of the line through the variance of `one` step and that of `many`, `steps` of them."""
    growth = np.maximum((many - one) / (steps - 1), LEAST_GROWTH * one)
    return one - growth, growth


def _usual_variance(z: NDArray[np.float64], first: NDArray[np.int64], window: int, lag: int) -> NDArray[np.float64]:
    total, count = offers.squared_moves(z, first, lag, USUAL_STEP, TICK)
    squares, moves = (np.cumsum(each) - np.cumsum(_before(each, window)) for each in (total, count))
    return np.asarray((squares * TICK + PRIOR_COUNT * lag * PRIOR_VARIANCE) / (moves + PRIOR_COUNT))


def _before(each: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    return np.concatenate([np.zeros(window), each])[: len(each)]


def waves(dates: NDArray[np.datetime64], step_days: int, more: int) -> NDArray[np.float64]:
    """Cosine and sine of the season on the dates and on `more` steps after them, (2, dates + more)."""
    days = dates[0].astype(np.int64) + step_days * np.arange(len(dates) + more)
    angle = 2 * np.pi * days / 365.25
    return np.round(np.stack([np.cos(angle), np.sin(angle)]), 9)
