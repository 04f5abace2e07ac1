"""How much one policy saved against another, for whom, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ordercast.orders.world import Floats, Ints

DRAWS = 2000
BLOCK_DAYS = 28
SAME_COST = 1e-9  # share of the reference: less is no difference


@dataclass(frozen=True)
class Interval:
    """A figure with the 95% interval of its bootstrap."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Worse:
    """share: of products that cost more than under the reference; losses_over_gains: theirs / what the others gained.

    losses_over_gains is inf where nobody gained and 0 where nobody lost.
    """

    share: float
    losses_over_gains: float


def saving_pct(cost: Floats, reference: Floats) -> float:
    """Saving against the reference in % of its total cost; (products,) each.

    >>> saving_pct(np.array([90.0, 95.0]), np.array([100.0, 100.0]))
    7.5
    """
    return float(100 * (reference.sum() - cost.sum()) / reference.sum())


def capture(cost: Floats, reference: Floats, clairvoyant: Floats) -> float:
    """Share of the clairvoyant's saving against the reference, NaN where even the clairvoyant saves nothing.

    >>> capture(np.array([94.0]), np.array([100.0]), np.array([80.0]))
    0.3
    """
    possible = float(reference.sum() - clairvoyant.sum())
    return float(reference.sum() - cost.sum()) / possible if possible > 0 else float("nan")


def worse_off(cost: Floats, reference: Floats) -> Worse:
    """Which share of products lost against the reference, and how much beside the gains of the others."""
    gain = reference - cost
    gain = np.where(np.abs(gain) > SAME_COST * np.abs(reference), gain, 0.0)
    losses, gains = -gain[gain < 0].sum(), gain[gain > 0].sum()
    ratio = float(losses / gains) if gains > 0 else (float("inf") if losses > 0 else 0.0)
    return Worse(float((gain < 0).mean()), ratio)


def over_products(cost: Floats, other: Floats, reference: Floats, seed: int) -> Interval:
    """How many % of the reference's cost `cost` saved beyond `other`; paired bootstrap over products.

    (products,) each; `other` may be the reference itself. Whole products are drawn, so that a few big ones widen the
    interval as they should.
    """
    drawn = np.random.default_rng(seed).integers(0, len(cost), (DRAWS, len(cost)))
    return _interval(other - cost, reference, drawn)


def over_time(cost: Floats, other: Floats, reference: Floats, seed: int) -> Interval:
    """As `over_products`, the costs being those of days, (days,) each; bootstrap over blocks of 28 days.

    Blocks begin anywhere and go round the end (circular block bootstrap, Politis & Romano 1992): what moved all
    products at once in a month counts once.
    """
    return _interval(other - cost, reference, block_days(len(cost), seed))


def block_days(days: int, seed: int) -> Ints:
    """Draws of as many days, in blocks of 28, (draws, days)."""
    block = max(min(BLOCK_DAYS, days), 1)
    starts = np.random.default_rng(seed).integers(0, max(days, 1), (DRAWS, -(-days // block)))
    drawn = (starts[:, :, None] + np.arange(block)) % max(days, 1)
    return np.asarray(drawn.reshape(DRAWS, -1)[:, :days], dtype=np.int64)


def _interval(gain: Floats, reference: Floats, drawn: Ints) -> Interval:
    """100 x the sum of gains over the sum of references, and its interval over the drawn rows, (draws, rows)."""
    value = 100 * gain.sum() / reference.sum()
    low, high = np.quantile(100 * gain[drawn].sum(axis=1) / reference[drawn].sum(axis=1), [0.025, 0.975])
    return Interval(float(value), float(low), float(high))
