"""What one list price tells: of its product, of its supplier, of a sale that hides it and of its rhythm."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from ordercast.kernels.compiled import COLUMN, FLOAT, INT, Floats, jit

SHARED = 3  # parts of a product that its suppliers share: deviation, and the year's cosine and sine
OWN_DRIFT = 0.004  # of the variance of a step: how a series' own distance wanders
LIMIT = 3.0  # standard deviations: what lies further off is cut there, and doubted
SAMPLE = 128  # misses that their median is told from
FEW = 3  # prices of a supplier that changed together, below which no jump is told from them
SALES, DEPTHS = 0.02, 0.3  # chance of a sale to begin at a step; the range of its depths
SUREST = 4.0  # log odds of a sale at its beginning
ON_TIME = 1.01  # steps
DIGITS = 9  # of odds: the last bit of a logarithm differs between CPUs, these do not


@jit(nb.boolean, FLOAT, FLOAT)
def on_time(waited: float, every: float) -> bool:
    """Whether a list price that changes every so many steps is due after so long, or a multiple of it."""
    turns = round(waited / every)
    return turns >= 1 and abs(waited - turns * every) <= ON_TIME


@jit(FLOAT, FLOAT, FLOAT, FLOAT)
def chance_of_list(waited: float, every: float, punctual: float) -> float:
    """The chance that the list price changes at this very step; punctual: share of its changes that came on time."""
    if every <= 3:
        return 1 / every
    return punctual / 3 if on_time(waited, every) else max((1 - punctual) / max(every - 3, 1.0), 0.003)


@jit(nb.void, COLUMN, INT, INT, FLOAT, FLOAT, INT)
def grow_unsure(covs: Floats, corner: int, size: int, noise: float, keep: float, steps: int) -> None:
    """Let so many steps pass over what is known of a product, in place."""
    kept = keep if steps == 1 else keep**steps
    for x in range(size):
        covs[corner + x] *= kept
        covs[corner + x * size] *= kept
    covs[corner] += noise * (1 - kept * kept) / (1 - keep * keep)
    for own in range(SHARED, size):
        covs[corner + own * (size + 1)] += OWN_DRIFT * noise * steps


@jit((FLOAT, FLOAT), COLUMN, COLUMN, COLUMN, COLUMN, INT, INT, INT, INT)
def foretold(
    means: Floats, covs: Floats, responses: Floats, wave: Floats, at: int, corner: int, size: int, own: int
) -> tuple[float, float]:
    """Mean and variance of the price whose own distance is part `own` of a product; see `structures` for the places.

    responses: its covariance with every part is written there, in the row of that part.
    """
    told, variance, row = means[at + own], 0.0, corner + own * size
    for x in range(size):
        total = covs[row + x]
        for y in range(SHARED):
            total += covs[corner + y * size + x] * wave[y]
        responses[row + x] = total
        if x < SHARED:
            told += means[at + x] * wave[x]
            variance += total * wave[x]
    return told, variance + responses[row + own]


@jit((FLOAT, FLOAT), FLOAT, FLOAT, FLOAT, FLOAT, FLOAT)
def jumped(miss: float, doubt: float, calm: float, chance: float, size: float) -> tuple[float, float]:
    """How far a supplier moved, and what variance is left, given what his prices miss by on the whole.

    doubt: variance of that miss; calm: of him, if he did not jump, which he does with the chance given: a mixture of
    two normal priors, told apart by the miss and collapsed to one (Gordon & Smith 1990).
    """
    still, moved = calm + doubt, calm + size * size + doubt
    odds = 0.0
    if chance > 0:
        less = math.log(moved / still) + miss * miss * (1 / moved - 1 / still)
        odds = round(chance / (chance + (1 - chance) * math.exp(min(less / 2, 50.0))), DIGITS)
    slow, fast = calm / still, 1 - doubt / moved
    left = (1 - odds) * slow * doubt + odds * fast * doubt + odds * (1 - odds) * ((fast - slow) * miss) ** 2
    return ((1 - odds) * slow + odds * fast) * miss, left


@jit((FLOAT, FLOAT), COLUMN, COLUMN, INT)
def common_miss(misses: Floats, variances: Floats, count: int) -> tuple[float, float]:
    """The mean of misses that a sale among them does not rule, and its variance: weighted, cut around the median."""
    centre = np.median(misses[: count : 1 + count // SAMPLE]) if count >= FEW else 0.0
    total = weight = 0.0
    for k in range(count):
        most, certainty = 2 * math.sqrt(variances[k]), 1 / variances[k]
        total += (centre + min(max(misses[k] - centre, -most), most)) * certainty
        weight += certainty
    return total / weight, 1 / weight


@jit(nb.void, COLUMN, COLUMN, COLUMN, INT, INT, INT, INT, FLOAT, FLOAT)
def learn(
    means: Floats,
    covs: Floats,
    responses: Floats,
    at: int,
    corner: int,
    size: int,
    own: int,
    miss: float,
    variance: float,
) -> None:
    """Move the parts of a product, in place, by what one of its prices missed (Kalman)."""
    row = corner + own * size
    if miss * miss > LIMIT * LIMIT * variance:  # a slip, or the series' own affair
        miss = math.copysign(LIMIT * math.sqrt(variance), miss)
        covs[row + own] += variance / 2
        responses[row + own] += variance / 2
        variance *= 1.5
    certainty = 1 / variance
    for x in range(size):
        gain = responses[row + x] * certainty
        means[at + x] += gain * miss
        for y in range(size):
            covs[corner + x * size + y] -= gain * responses[row + y]


@jit((FLOAT, FLOAT), FLOAT, FLOAT, FLOAT, FLOAT)
def list_price(now: float, before: float, listed: float, odds: float) -> tuple[float, float]:
    """The list price behind a quote that changed, and the log odds left that a sale runs (0: none does).

    A sale is over when a rise takes back half its depth; other changes are those of the list price under it.
    """
    if odds <= 0 or now - before >= (listed - before) / 2:
        return now, 0.0
    return listed + now - before, odds


@jit(FLOAT, FLOAT, FLOAT, FLOAT)
def sale_odds(miss: float, variance: float, chance: float) -> float:
    """Log odds that a cut is a sale and no new list price, which would miss by so much and comes with that chance."""
    fit = math.log(2 * math.pi * variance) + min(miss * miss / variance, 16.0)
    return min(round(math.log(SALES / DEPTHS) - math.log(chance) + fit / 2, DIGITS), SUREST)
