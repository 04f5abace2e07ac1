"""What one list price tells: of its product, of its supplier, of a sale that hides it and of its rhythm."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from ordercast.kernels.compiled import COLUMN, FLOAT, INT, TABLE, Floats, jit

SHARED = 3  # parts of a product that its suppliers share: deviation, and the year's cosine and sine
LEVEL, COSINE, SINE, LEVEL_COSINE, LEVEL_SINE, BOTH_WAVES = range(6)  # their variances and covariances
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


@jit(nb.void, TABLE, TABLE, COLUMN, INT, INT, INT, INT, FLOAT, FLOAT, INT)
def grow_unsure(
    shared: Floats,
    cross: Floats,
    between: Floats,
    p: int,
    begin: int,
    end: int,
    corner: int,
    noise: float,
    keep: float,
    steps: int,
) -> None:
    """Let so many steps pass over what is known of product `p`, in place; see `structures` for the places."""
    kept = keep if steps == 1 else keep**steps
    own, size = shared[p], end - begin
    own[LEVEL] = own[LEVEL] * (kept * kept) + noise * (1 - kept * kept) / (1 - keep * keep)
    own[LEVEL_COSINE] *= kept
    own[LEVEL_SINE] *= kept
    for k in range(size):
        cross[begin + k, 0] *= kept
        between[corner + k * (size + 1)] += OWN_DRIFT * noise * steps


@jit((FLOAT,) * 5, TABLE, COLUMN, TABLE, TABLE, COLUMN, FLOAT, FLOAT, INT, INT, INT)
def foretold(
    means: Floats,
    distance: Floats,
    shared: Floats,
    cross: Floats,
    between: Floats,
    cosine: float,
    sine: float,
    p: int,
    i: int,
    place: int,
) -> tuple[float, float, float, float, float]:
    """Mean and variance of price `i` of product `p`, and its covariance with the three parts that prices share.

    place: of the variance of its own distance in `between`. Three parts are few: their sums are written out, which the
    compiler keeps in registers.
    """
    mean, own, with_it = means[p], shared[p], cross[i]
    level = own[LEVEL] + own[LEVEL_COSINE] * cosine + own[LEVEL_SINE] * sine + with_it[0]
    in_cosine = own[LEVEL_COSINE] + own[COSINE] * cosine + own[BOTH_WAVES] * sine + with_it[1]
    in_sine = own[LEVEL_SINE] + own[BOTH_WAVES] * cosine + own[SINE] * sine + with_it[2]
    told = mean[0] + mean[1] * cosine + mean[2] * sine + distance[i]
    variance = level + in_cosine * cosine + in_sine * sine
    variance += with_it[0] + with_it[1] * cosine + with_it[2] * sine + between[place]
    return told, variance, level, in_cosine, in_sine


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
        off, certainty = misses[k] - centre, 1 / variances[k]
        if off * off > 4 * variances[k]:
            off = math.copysign(2 * math.sqrt(variances[k]), off)
        total += (centre + off) * certainty
        weight += certainty
    return total / weight, 1 / weight


@jit(nb.void, TABLE, COLUMN, TABLE, TABLE, COLUMN, COLUMN, FLOAT, FLOAT, INT, INT, INT, INT, INT, *(FLOAT,) * 5)
def learn(
    means: Floats,
    distance: Floats,
    shared: Floats,
    cross: Floats,
    between: Floats,
    response: Floats,
    cosine: float,
    sine: float,
    p: int,
    begin: int,
    end: int,
    corner: int,
    i: int,
    miss: float,
    variance: float,
    level: float,
    in_cosine: float,
    in_sine: float,
) -> None:
    """Move what is known of product `p`, in place, by what its price `i` missed (Kalman).

    level, in_cosine, in_sine: as `foretold` gave them; response: room for its covariance with all own distances.
    """
    size = end - begin
    row = corner + (i - begin) * size
    if miss * miss > LIMIT * LIMIT * variance:  # a slip, or the series' own affair
        miss = math.copysign(LIMIT * math.sqrt(variance), miss)
        between[row + i - begin] += variance / 2
        variance *= 1.5
    certainty = 1 / variance
    mean, own = means[p], shared[p]
    gain, gain_cosine, gain_sine = level * certainty, in_cosine * certainty, in_sine * certainty
    mean[0] += gain * miss
    mean[1] += gain_cosine * miss
    mean[2] += gain_sine * miss
    own[LEVEL] -= gain * level
    own[COSINE] -= gain_cosine * in_cosine
    own[SINE] -= gain_sine * in_sine
    own[LEVEL_COSINE] -= gain * in_cosine
    own[LEVEL_SINE] -= gain * in_sine
    own[BOTH_WAVES] -= gain_cosine * in_sine
    for k in range(size):
        with_it = cross[begin + k]
        response[k] = between[row + k] + with_it[0] + with_it[1] * cosine + with_it[2] * sine
        with_it[0] -= gain * response[k]
        with_it[1] -= gain_cosine * response[k]
        with_it[2] -= gain_sine * response[k]
    for k in range(size):
        own_gain = response[k] * certainty
        distance[begin + k] += own_gain * miss
        for other in range(size):
            between[corner + k * size + other] -= own_gain * response[other]


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
