"""Where the prices of the same product and of the same supplier say that each price stands, and where it will go."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from ordercast.kernels.compiled import CELLS, COLUMN, INDEX, INT, Floats, Ints, jit
from ordercast.kernels.lists import (
    COSINE,
    FEW,
    LEVEL,
    LIMIT,
    OWN,
    OWN_CUT,
    SHARED,
    SINE,
    chance_of_list,
    common_miss,
    foretold,
    grow_unsure,
    jumped,
    learn,
    list_price,
    rhythm,
    sale_odds,
    steps_to_change,
)

GAP, DRIFT, SALE, WAIT = range(4)  # the parts of a structure
DRIFT_DAYS = 14
KEEP = 0.985  # of a product's or a supplier's deviation, from day to day
SEASON = 3.0  # usual steps: how far a year's wave may be thought to swing before it is seen
BLUR = 0.1  # of the variance of a step: what rounding hides, and weekdays
FIRST_STEP, FIRST_STEPS, MOST_STEPS = 0.015, 20.0, 100.0  # of the log price; how many a step's variance is the mean of
LEAST_STEP = 1e-4  # of the log price: a cent of a hundred; suppliers in lockstep would leave a variance of nothing
DISTANCE = 0.3  # of the log price: between two suppliers
CALM = 1e-7  # variance a day by which a supplier wanders when he does not jump
JUMPS, MOST_JUMPED = 0.002, 0.3  # chance a day that a supplier moves all he sells, and the most of many days
LEAST_CUT = 0.05  # of the log price: a smaller one is no sale
SALE_ENDS = 0.1  # chance a day; by so much less sure of it is who still sees it
BESIDE = 16  # steps of all series that are laid beside each other at a time, for the memory's sake


@jit(nb.float32[:, :, :], CELLS, INDEX, INDEX, INDEX, CELLS, INT, INDEX)
def structures(z: Floats, first: Ints, product: Ints, supplier: Ints, waves: Floats, step_days: int, kept: Ints) -> Any:
    """What the others say of each price, (series, kept steps, 4) float32, 0 before it began; in log price but WAIT.

    GAP: how far the list price stands under what it would be if it were set today; DRIFT: what that will move by in the
    next 14 days; SALE: how far the price is over the list price, negative while a sale runs; WAIT: steps until the list
    price will usually change, negative when it is overdue. product, supplier: (series,) numbers from 0, those of
    products rising; waves: (2, steps + 14 days) cosine and sine of the season; kept: (steps,) where to keep each step,
    -1 for nowhere.

    A list price is the sum of what its product's suppliers share (a mean-reverting deviation and a wave of the year),
    of what its supplier asks for everything and of its own distance; it is seen whole on the day it changes, and not
    again until the next. So each product is a small structural time series model (Harvey 1989) with a Kalman filter
    of its own and a variance learned from what it misses, and a supplier moves by what all his prices miss at once.
    Each series' rhythm is learned too, and how often and how deep it is on sale; what fades, swings and jumps are fixed
    figures.
    """
    series, steps = z.shape
    products, suppliers = product.max() + 1, supplier.max() + 1
    begins, corners = np.zeros(products + 1, np.int64), np.zeros(products + 1, np.int64)
    begins[1:] = np.cumsum(np.bincount(product))
    sizes = np.diff(begins)
    corners[1:] = np.cumsum(sizes * sizes)
    means, distance = np.zeros((products, SHARED)), np.zeros(series)
    shared, cross, between = np.zeros((products, 2 * SHARED)), np.zeros((series, SHARED)), np.zeros(corners[-1])
    noise, told = np.full(products, FIRST_STEP**2 * step_days), np.full(products, FIRST_STEPS)
    keep, ahead = KEEP**step_days, -(-DRIFT_DAYS // step_days)
    left = keep ** np.arange(steps + 1)
    grown, faded = (1 - left * left) / (1 - keep * keep), 1 - keep**ahead
    for p in range(products):
        shared[p, LEVEL] = noise[p] / (1 - keep * keep)
        shared[p, COSINE] = shared[p, SINE] = SEASON**2 * noise[p]
        for k in range(sizes[p]):
            between[corners[p] + k * (sizes[p] + 1)] = DISTANCE**2
    asks, asks_doubt, asked = np.zeros(suppliers), np.full(suppliers, 1e-3), np.zeros(suppliers, np.int64)
    by_supplier, ends = np.argsort(supplier, kind="mergesort"), np.cumsum(np.bincount(supplier))
    listed, before, earlier, odds = np.zeros(series), np.zeros(series), np.zeros(series), np.zeros(series)
    changed, every, punctual = np.zeros(series), np.full(series, 3.0), np.full(series, 0.5)
    fresh, cut = np.zeros(series, np.bool_), np.zeros(series, np.bool_)
    sales, depth = np.zeros(series), np.zeros(series)
    miss, doubt, latest = np.zeros(series), np.zeros(series), np.full(products, -1)
    misses, doubts, response = np.empty(series), np.empty(series), np.empty(sizes.max())
    out = np.empty((kept.max() + 1, series, 4), dtype=np.float32)  # as it is filled
    for start in range(0, steps, BESIDE):
        columns = z[:, start : start + BESIDE].T.copy()
        for step in range(len(columns)):
            now, t = columns[step], start + step
            cosine, sine = waves[0, t], waves[1, t]
            asks *= keep
            asks_doubt *= keep * keep
            asks_doubt += CALM * step_days
            for p in range(products):
                means[p, 0] *= keep
                begin, end = begins[p], begins[p + 1]
                for i in range(begin, end):
                    fresh[i] = cut[i] = False
                    if t < first[i]:
                        continue
                    if t == max(first[i], 0):
                        listed[i], fresh[i], changed[i] = now[i], True, t
                    elif now[i] != before[i]:
                        earlier[i], was = listed[i], odds[i]
                        listed[i], odds[i] = list_price(now[i], before[i], listed[i], odds[i])
                        fresh[i] = listed[i] != earlier[i]
                        if was > 0 and odds[i] <= 0:
                            sales[i], depth[i] = sales[i] + 1, before[i] - earlier[i]
                        cut[i] = was <= 0 and now[i] - before[i] <= -LEAST_CUT
                    elif odds[i] > 0:
                        odds[i] -= SALE_ENDS * step_days
                        if odds[i] <= 0:
                            listed[i], fresh[i], odds[i] = now[i], True, 0.0
                    if not fresh[i]:
                        continue
                    if latest[p] < t:
                        gone = t - latest[p]
                        grow_unsure(
                            shared, cross, between, p, begin, end, corners[p], noise[p], left[gone], grown[gone], gone
                        )
                        latest[p] = t
                    place = corners[p] + (i - begin) * (end - begin + 1)
                    said, variance, _, _, _ = foretold(
                        means, distance, shared, cross, between, cosine, sine, p, i, place
                    )
                    if t == max(first[i], 0):
                        distance[i] = now[i] - said - asks[supplier[i]]
                        said = now[i] - asks[supplier[i]]
                    miss[i], doubt[i] = listed[i] - said - asks[supplier[i]], variance + BLUR * noise[p]
            for s in range(suppliers):
                count, own = 0, 1.0
                for i in by_supplier[(ends[s - 1] if s else 0) : ends[s]]:
                    if fresh[i]:
                        misses[count], doubts[count] = miss[i], doubt[i]
                        count += 1
                        own *= OWN_CUT if cut[i] else OWN
                if count:
                    common, unsure = common_miss(misses, doubts, count)
                    jumps = min(JUMPS * step_days * (t - asked[s]), MOST_JUMPED)
                    own = own if count < FEW else 0.0
                    move, asks_doubt[s] = jumped(common, unsure, asks_doubt[s], jumps, own)
                    asks[s] += move
                    asked[s] = t
                    for i in by_supplier[(ends[s - 1] if s else 0) : ends[s]]:
                        miss[i] -= move
            for p in range(products):
                begin, end = begins[p], begins[p + 1]
                for i in range(begin, end):
                    if not fresh[i]:
                        continue
                    s, place = supplier[i], corners[p] + (i - begin) * (end - begin + 1)
                    said, variance, level, in_cosine, in_sine = foretold(
                        means, distance, shared, cross, between, cosine, sine, p, i, place
                    )
                    rest, variance = listed[i] - said - asks[s], variance + BLUR * noise[p] + asks_doubt[s]
                    waited = t - changed[i]
                    if cut[i] and rest < 0:
                        along = False
                        for j in range(begin, end):
                            along |= j != i and fresh[j] and miss[j] < miss[i] / 2
                        chance = chance_of_list(waited, every[i], punctual[i])
                        fall, age = now[i] - before[i], step_days * (t - max(first[i], 0))
                        likely = sale_odds(rest, variance, chance, fall, sales[i], depth[i], age, step_days)
                        odds[i] = 0.0 if along else max(likely, 0.0)
                        if odds[i] > 0:
                            listed[i] = earlier[i]
                            continue
                    if waited > 0:
                        every[i], punctual[i], since = rhythm(waited, every[i], punctual[i])
                        changed[i] = t - since
                    if rest * rest <= LIMIT * LIMIT * variance:
                        told[p] = min(told[p] + 1, MOST_STEPS)
                        learned = noise[p] * (1 + (rest * rest / variance - 1) / told[p])
                        noise[p] = max(learned, LEAST_STEP**2 * step_days)
                    learn(
                        means,
                        distance,
                        shared,
                        cross,
                        between,
                        response,
                        cosine,
                        sine,
                        p,
                        begin,
                        end,
                        corners[p],
                        i,
                        rest,
                        variance,
                        level,
                        in_cosine,
                        in_sine,
                    )
                if kept[t] < 0:
                    continue
                level = means[p, 0] + means[p, 1] * cosine + means[p, 2] * sine
                drift = means[p, 1] * (waves[0, t + ahead] - cosine) + means[p, 2] * (waves[1, t + ahead] - sine)
                for i in range(begin, end):
                    now_known, s = out[kept[t], i], supplier[i]
                    if t < first[i]:
                        now_known[:] = 0
                        continue
                    now_known[GAP] = level + distance[i] + asks[s] - listed[i]
                    now_known[DRIFT] = drift - faded * (means[p, 0] + asks[s])
                    now_known[SALE] = now[i] - listed[i]
                    now_known[WAIT] = steps_to_change(t - changed[i], every[i], punctual[i])
            before = now
    return out.transpose(1, 0, 2)


@jit(COLUMN, CELLS, INDEX, INDEX, INT)
def foreseen(structure: Floats, pair: Ints, horizon: Ints, step_days: int) -> Floats:
    """The change of a log price that its structure foresees `horizon` steps on, (rows,); pair: the row of each.

    Once the list price is due it will stand where it would by then; a sale lasts as long as sales do.
    """
    out = np.empty(len(pair))
    for r in range(len(pair)):
        at, days = structure[pair[r]], step_days * horizon[r]
        out[r] = 0.0
        if horizon[r] >= at[WAIT] - 0.5:
            out[r] = at[GAP] + at[DRIFT] * (1 - KEEP**days) / (1 - KEEP**DRIFT_DAYS)
        out[r] -= at[SALE] * (1 - (1 - SALE_ENDS) ** days)
    return out


def moved(structure: Floats, change: Floats) -> Floats:
    """The structure (series, 4) a step later, when the log prices changed by (series,) and nothing else is known."""
    later = structure.copy()
    later[:, GAP] -= change
    later[:, WAIT] -= 1
    return later
