"""What a day costs before prices are known: stock left, units lost and units spoiled, at every level of stock.

Demand over a window of days is taken as gamma with the window's mean and variance (Burgin 1975; Silver, Pyke & Thomas,
ch. 7): never negative, skewed where demand is erratic, normal in the limit. Its loss function is tabulated once in
standard units, G(z) = E(Z - z)+, by coefficient of variation, and read by cubic interpolation.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from ordercast.kernels.compiled import COLUMN, CUBE, FLOAT, INT, LEVELS, SOLID, TABLE, Floats, jit

ROWS_PER_UNIT = 64  # of cv / (1 + cv): finer where the demand of most windows is
ROWS = 53  # up to a coefficient of variation of 4.3
LOWEST, HIGHEST = -6.0, 16.0  # standard units; outside, the loss is -z and 0
KNOTS_PER_UNIT = 16
KNOTS = 353
DETERMINISTIC = 1e-18  # a variance in units^2 below which demand is certain


@jit(FLOAT, FLOAT, FLOAT)
def gamma_below(shape: float, x: float) -> float:
    """P(shape, x), the share of a gamma distribution of scale 1 below x, by its series (Abramowitz & Stegun 6.5.29)."""
    if x <= 0:
        return 0.0
    term = math.exp(shape * math.log(x) - x - math.lgamma(shape + 1.0))
    total, n = term, 1.0
    while (term > 1e-17 * total or x > shape + n) and n < 1e5:
        term *= x / (shape + n)
        total += term
        n += 1.0
    return min(total, 1.0)


@jit(CUBE)
def loss_table() -> Floats:
    """Loss G(z) of standardised demand at the knots and up to the next, (ROWS, 4, KNOTS); row 0 is the normal's.

    The four are coefficients of 1, t, t^2, t^3, t being the way to the next knot: the cubic Hermite interpolation, the
    slope of G being minus the survival P(Z > z).
    """
    table = np.zeros((ROWS, 4, KNOTS))
    loss, slope = np.empty(KNOTS), np.empty(KNOTS)
    for row in range(ROWS):
        share = row / ROWS_PER_UNIT
        for knot in range(KNOTS):
            z = LOWEST + knot / KNOTS_PER_UNIT
            if row == 0:
                above = 0.5 * math.erfc(z / math.sqrt(2.0))
                here = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) - z * above
            else:
                cv = share / (1.0 - share)
                shape = 1.0 / cv**2
                x = shape * (1.0 + cv * z)  # the demand in units of the scale
                above = 1.0 - gamma_below(shape, x)
                rest = math.exp(shape * math.log(x) - x - math.lgamma(shape + 1.0)) if x > 0 else 0.0
                here = (shape * (above + rest) - x * above) * cv
            loss[knot], slope[knot] = max(here, 0.0), -above / KNOTS_PER_UNIT
        table[row, 0], table[row, 1] = loss, slope
        rise = loss[1:] - loss[:-1]
        table[row, 2, :-1] = 3.0 * rise - 2.0 * slope[:-1] - slope[1:]
        table[row, 3, :-1] = slope[:-1] + slope[1:] - 2.0 * rise
    return table


@jit(nb.void, SOLID, FLOAT, FLOAT, INT, TABLE)
def blend(losses: Floats, mean: float, sd: float, parts: int, into: Floats) -> None:
    """Fill `into`, (4, KNOTS), with the first `parts` coefficients at the coefficient of variation sd / mean."""
    place = min(sd / (mean + sd) * ROWS_PER_UNIT, ROWS - 1.0)
    row = min(int(place), ROWS - 2)
    upper = place - row
    for part in range(parts):
        for knot in range(KNOTS):
            into[part, knot] = (1.0 - upper) * losses[row, part, knot] + upper * losses[row + 1, part, knot]


@jit(FLOAT, FLOAT, TABLE)
def loss_at(z: float, curve: Floats) -> float:
    """G(z) of a curve, (4, KNOTS)."""
    if z <= LOWEST:
        return -z
    if z >= HIGHEST:
        return 0.0
    place = (z - LOWEST) * KNOTS_PER_UNIT
    knot = np.uint64(place)
    t = place - knot
    return float(curve[0, knot] + t * (curve[1, knot] + t * (curve[2, knot] + t * curve[3, knot])))


@jit(nb.void, LEVELS, INT, FLOAT, FLOAT, SOLID, TABLE, COLUMN)
def positions(
    stock: Floats, count: int, mean: float, variance: float, losses: Floats, curve: Floats, into: Floats
) -> None:
    """Fill `into` with the position y whose expected rest E(y - D)+ is the stock, D being the lead time's demand.

    stock: units expected when today's order arrives, ascending, the first `count` are read. curve: scratch (4, KNOTS).
    """
    sd = math.sqrt(variance) if variance > DETERMINISTIC else 0.0
    if sd == 0.0:
        for i in range(count):
            into[i] = stock[i] + mean
        return
    blend(losses, mean, sd, 1, curve)
    knot = 0
    low = high = LOWEST + curve[0, 0]
    for i in range(count):
        rest = stock[i] / sd
        while knot < KNOTS - 1 and high < rest:
            knot += 1
            low, high = high, LOWEST + knot / KNOTS_PER_UNIT + curve[0, knot]
        z = LOWEST if knot == 0 else rest
        if knot > 0 and rest <= high:
            z = LOWEST + (knot - 1 + (rest - low) / (high - low)) / KNOTS_PER_UNIT
        into[i] = mean + sd * z


@jit(nb.void, LEVELS, INT, FLOAT, FLOAT, SOLID, TABLE, COLUMN)
def left_over(
    position: Floats, count: int, mean: float, variance: float, losses: Floats, curve: Floats, into: Floats
) -> None:
    """Fill `into` with E(y - D)+ for each of the first `count` positions y. curve: scratch (4, KNOTS)."""
    sd = math.sqrt(variance) if variance > DETERMINISTIC else 0.0
    if sd == 0.0:
        for i in range(count):
            into[i] = max(position[i] - mean, 0.0)
        return
    blend(losses, mean, sd, 4, curve)
    per_sd = 1.0 / sd
    for i in range(count):
        z = (position[i] - mean) * per_sd
        into[i] = sd * (z + loss_at(z, curve))


@jit(nb.void, LEVELS, LEVELS, INT, FLOAT, FLOAT, TABLE)
def windows(mean: Floats, variance: Floats, lead: int, lead_sd: float, level_cv: float, into: Floats) -> None:
    """Fill `into`, (days, 2), with mean and variance of the demand of the `lead` days from each day on.

    Days behind the last one repeat it. Days are independent but for an error in their level, of level_cv of the mean;
    a lead time with a spread adds (pace x lead_sd)^2 (Silver, Pyke & Thomas, ch. 7).
    """
    last = len(mean) - 1
    total = spread = 0.0
    for day in range(lead):
        total += mean[min(day, last)]
        spread += variance[min(day, last)]
    for day in range(len(into)):
        pace = total / lead if lead > 0 else mean[min(day, last)]
        into[day, 0] = total
        into[day, 1] = max(spread, 0.0) + (pace * lead_sd) ** 2 + (total * level_cv) ** 2
        total += mean[min(day + lead, last)] - mean[min(day, last)]
        spread += variance[min(day + lead, last)] - variance[min(day, last)]


@jit(nb.void, LEVELS, LEVELS, INT, FLOAT, COLUMN, COLUMN)
def close_day(stock: Floats, left: Floats, count: int, demand: float, into_left: Floats, into_lost: Floats) -> None:
    """Fill the stock at the end of the day and the units lost; what is not lost leaves the stock, so none appears."""
    for i in range(count):
        end = min(max(left[i], stock[i] - demand, 0.0), stock[i])
        into_left[i] = end
        into_lost[i] = max(demand - (stock[i] - end), 0.0)
