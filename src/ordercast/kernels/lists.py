"""What one list price tells: of its product, of its supplier, of a sale that hides it and of its rhythm."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from ordercast.kernels.compiled import COLUMN, FLOAT, INT, TABLE, Floats, inlined, jit

SHARED = 3  # parts of a product that its suppliers share: deviation, and the year's cosine and sine
LEVEL, COSINE, SINE, LEVEL_COSINE, LEVEL_SINE, BOTH_WAVES = range(6)  # their variances and covariances
OWN_DRIFT = 0.004  # of the variance of a step: how a series' own distance wanders
LIMIT = 3.0  # standard deviations: what lies further off is cut there, and doubted
SAMPLE = 128  # misses that their median is told from
FEW = 3  # prices of a supplier that changed together, below which one of them may rule their mean
JUMP, OWN_JUMP = 0.1, 0.6  # of the log price: usual size of the jump of a supplier, and of one of his prices alone
OWN, OWN_CUT = 0.1, 0.45  # chance that a change, or a cut, is such a jump of one price
NO_JUMP = 2.0  # standard deviations: what his prices miss by less than that is no jump
DEPTHS, LIKE = 0.3, 0.015  # of the log price: the range of sales' depths; how near one is to the last of its series
FIRST_SALE_DAYS = 20.0  # in which a sale is thought to begin, before a series shows how often they do
SUREST = 4.0  # log odds of a sale at its beginning
ON_TIME = 1.01  # steps
REGULAR = 0.35  # share of changes on time, from which a rhythm is kept through those that are not
LEAST = 1e-300  # a chance that is divided by
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


@jit(nb.void, TABLE, TABLE, COLUMN, INT, INT, INT, INT, FLOAT, FLOAT, FLOAT, INT)
def grow_unsure(
    shared: Floats,
    cross: Floats,
    between: Floats,
    p: int,
    begin: int,
    end: int,
    corner: int,
    noise: float,
    kept: float,
    grown: float,
    steps: int,
) -> None:
    """Let so many steps pass over what is known of product `p`, in place; see `structures` for the places.

    kept: the share of its deviation that is left after them; grown: the steps' variance by then, in that of one.
    """
    own, size = shared[p], end - begin
    own[LEVEL] = own[LEVEL] * (kept * kept) + noise * grown
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
def jumped(miss: float, doubt: float, calm: float, chance: float, own: float) -> tuple[float, float]:
    """How far a supplier moved, and what variance is left, given what his prices miss by on the whole.

    doubt: variance of that miss; calm: of him, if he did not jump, which he does with the chance given; own: chance
    that his prices jumped and he did not. A mixture of three normal priors, told apart by the miss and collapsed to one
    (Gordon & Smith 1990): where prices are few it leaves him unsure, and the next of them decides.
    """
    still = calm + doubt
    slow = calm / still
    if miss * miss <= NO_JUMP * NO_JUMP * still:
        return slow * miss, slow * doubt
    his, apart = still + JUMP * JUMP, still + OWN_JUMP * OWN_JUMP
    near, far = miss * miss * (1 / still - 1 / his) / 2, miss * miss * (1 / still - 1 / apart) / 2
    most = max(near, far)
    stood = (1 - chance - own) / math.sqrt(still) * math.exp(-most)
    went, alone = chance / math.sqrt(his) * math.exp(near - most), own / math.sqrt(apart) * math.exp(far - most)
    told = max(stood + went + alone, LEAST)
    went, alone = went / told, alone / told
    went, alone = round(went, DIGITS), round(alone, DIGITS)
    stayed = 1 - went - alone
    fast, little = 1 - doubt / his, calm / apart
    gain = stayed * slow + went * fast + alone * little
    left = stayed * slow * doubt + went * fast * doubt + alone * little * (apart - calm)
    spread = stayed * slow * slow + went * fast * fast + alone * little * little - gain * gain
    return gain * miss, left + max(spread, 0.0) * miss * miss


@jit((FLOAT, FLOAT), COLUMN, COLUMN, INT)
def common_miss(misses: Floats, variances: Floats, count: int) -> tuple[float, float]:
    """The weighted mean of misses and its variance; from FEW on cut around the median, lest a sale among them rule."""
    centre = np.median(misses[: count : 1 + count // SAMPLE]) if count >= FEW else 0.0
    total = weight = 0.0
    for k in range(count):
        off, certainty = misses[k] - centre, 1 / variances[k]
        if count >= FEW and off * off > 4 * variances[k]:
            off = math.copysign(2 * math.sqrt(variances[k]), off)
        total += (centre + off) * certainty
        weight += certainty
    return total / weight, 1 / weight


@inlined
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


@jit(FLOAT, *(FLOAT,) * 8)
def sale_odds(
    miss: float,
    variance: float,
    chance: float,
    cut: float,
    sales: float,
    like: float,
    age_days: float,
    step_days: float,
) -> float:
    """Log odds that a cut is a sale and no new list price, which would miss by so much and comes with that chance.

    cut: of the log price, below 0; sales, like: how many sales its series has had in age_days, and how deep the last
    one cut: a series repeats itself.
    """
    deep = 1 / DEPTHS
    if sales > 0:
        off = (cut - like) / LIKE
        deep = (deep + math.exp(-min(off * off / 2, 50.0)) / (LIKE * math.sqrt(2 * math.pi))) / 2
    begins = step_days * (sales + 1) / (age_days + FIRST_SALE_DAYS)
    fit = math.log(2 * math.pi * variance) + min(miss * miss / variance, 16.0)
    return min(round(math.log(begins * deep) - math.log(chance) + fit / 2, DIGITS), SUREST)


@jit((FLOAT, FLOAT, FLOAT), FLOAT, FLOAT, FLOAT)
def rhythm(waited: float, every: float, punctual: float) -> tuple[float, float, float]:
    """What a change of the list price, so many steps after it was due last, says of its rhythm.

    Gives the usual steps between two changes, the share of them that come on time, and the steps since the list price
    was due. A change on time corrects both softly, as it may have been seen a day late (an alpha-beta filter, Kalata
    1984); one that is not moves a regular rhythm nowhere, and is all there is to know of an irregular one.
    """
    turns = max(np.rint(waited / every), 1.0)
    late = waited - turns * every
    timely = abs(late) <= ON_TIME
    share = punctual + 0.1 * ((timely and turns == 1) - punctual)
    share = min(max(share, 0.1), 0.95)
    if timely and (turns == 1 or share >= REGULAR):
        return every + (0.1 * late if turns == 1 else 0.0), share, 0.6 * late
    if share >= REGULAR:
        return every, share, waited
    return every + 0.3 * (min(max(waited, every / 2), 2 * every) - every), share, 0.0


@jit(FLOAT, FLOAT, FLOAT, FLOAT)
def steps_to_change(since: float, every: float, punctual: float) -> float:
    """Steps until the list price will usually change; of an irregular one that is overdue less than 0."""
    left = every - since
    if punctual >= REGULAR and left < -0.5:
        left += every * math.ceil((-0.5 - left) / every)
    return left
