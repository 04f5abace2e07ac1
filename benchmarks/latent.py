"""The unseen state of the simulated world, filtered from what list prices tell of it.

Given its jumps the state of a group of series is Gaussian (Kalman). Between two observations of a supplier one jump at
most is told, its size uniform (truncated moments, as his answers to a jump of size 1 are carried along); every history
so branches in three, and the likeliest are kept.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from ordercast.kernels.compiled import CELLS, INDEX, LEVELS, Floats, Ints, jit
from ordercast.simulate.market import SHOCK_DECAY, SHOCK_SIZE, SHOCK_UP_SHARE

LOW, HIGH = SHOCK_SIZE
FIRST = (2 * SHOCK_UP_SHARE - 1) * (LOW + HIGH) / 2  # moments of a jump
SECOND = (LOW**2 + LOW * HIGH + HIGH**2) / 3
FORGOTTEN = 14.0  # a history e^14 times less likely than the best is dropped
NEVER = -1e300
SNAPSHOT = nb.float64[:, :, :, ::1]


@jit((nb.float64,) * 3, *(nb.float64,) * 4)
def told_jump(a: float, b: float, low: float, high: float) -> tuple[float, float, float]:
    """Log evidence, mean and variance of a jump uniform in low..high whose log likelihood is b x - a x^2 / 2."""
    centre, sd = b / a, 1 / math.sqrt(a)
    left, right = (low - centre) / sd, (high - centre) / sd
    side = 1.0 if left > 0 else -1.0
    mass = side * (math.erfc(side * left / math.sqrt(2.0)) - math.erfc(side * right / math.sqrt(2.0))) / 2
    if mass < 1e-12:
        return NEVER, 0.0, 0.0
    root = math.sqrt(2 * math.pi)
    at_left, at_right = math.exp(-left * left / 2) / root, math.exp(-right * right / 2) / root
    shift = (at_left - at_right) / mass
    spread = 1 + (left * at_left - right * at_right) / mass - shift**2
    evidence = b * centre / 2 + math.log(root * sd * mass / (high - low))
    mean = min(max(centre + sd * shift, low), high)
    return evidence, mean, min(max(sd * sd * spread, 0.0), (high - low) ** 2 / 12)


@jit(SNAPSHOT, CELLS, CELLS, INDEX, INDEX, LEVELS, LEVELS, LEVELS, INDEX, nb.int64)
def filtered(
    seen: Floats,
    blur: Floats,
    product: Ints,
    supplier: Ints,
    phi: Floats,
    innovation: Floats,
    rate: Floats,
    origins: Ints,
    most: int,
) -> Floats:
    """What is known of each series' ar and shock at the origins, in `most` histories: (origins, most, series, 6).

    The six: weight of the history, mean ar, mean shock, their variances and covariance. seen: ar + shock where a list
    price told it on its day, else NaN; blur: variance of its rounding; phi, innovation: of the products; rate: of the
    suppliers; all that is numbered counts from 0 within the group that is filtered together.
    """
    goods, makers = len(phi), len(rate)
    size, live = goods + makers, 1
    out = np.zeros((len(origins), most, len(product), 6))
    mean, cov, log_weight = np.zeros((most, size)), np.zeros((most, size, size)), np.zeros(most)
    next_mean, next_cov, next_weight = mean.copy(), cov.copy(), log_weight.copy()
    turn, last = np.append(phi, np.full(makers, SHOCK_DECAY)), [-1] * makers
    told, child, response = np.zeros((3 * most, 3)), np.zeros(3 * most), np.zeros((most, size))
    for p in range(goods):
        cov[0, p, p] = innovation[p] ** 2 / (1 - phi[p] ** 2)
    for s in range(makers):
        mean[0, goods + s] = rate[s] * FIRST / (1 - SHOCK_DECAY)
        cov[0, goods + s, goods + s] = rate[s] * SECOND / (1 - SHOCK_DECAY**2)
    for t in range(seen.shape[1]):
        for m in range(live):
            for j in range(size):
                mean[m, j] *= turn[j]
                for k in range(size):
                    cov[m, j, k] *= turn[j] * turn[k]
            for p in range(goods):
                cov[m, p, p] += innovation[p] ** 2
        for s in range(makers):
            rows = np.flatnonzero((supplier == s) & np.isfinite(seen[:, t]))
            if len(rows) == 0:
                continue
            gap, q = t - last[s], goods + s
            last[s] = t
            for m in range(live):
                own, answer = cov[m], response[m]
                answer[:] = 0
                answer[q] = 1
                a, b, fit = 0.0, 0.0, log_weight[m]
                for i in rows:
                    p = product[i]
                    with_it = own[:, p] + own[:, q]
                    variance = with_it[p] + with_it[q] + blur[i, t]
                    error, slope = seen[i, t] - mean[m, p] - mean[m, q], answer[p] + answer[q]
                    a += slope * slope / variance
                    b += slope * error / variance
                    fit -= (math.log(variance) + error * error / variance) / 2
                    for j in range(size):
                        gain = with_it[j] / variance
                        mean[m, j] += gain * error
                        answer[j] -= gain * slope
                        for k in range(size):
                            own[j, k] -= gain * with_it[k]
                faded = LOW * SHOCK_DECAY ** (gap - 1)
                told[3 * m] = 0
                child[3 * m] = fit - rate[s] * gap
                for side in range(2):
                    low, high = (faded, HIGH) if side == 0 else (-HIGH, -faded)
                    evidence, mean_size, variance = told_jump(a, b, low, high)
                    share = SHOCK_UP_SHARE if side == 0 else 1 - SHOCK_UP_SHARE
                    told[3 * m + 1 + side] = np.array([0.0, mean_size, variance])
                    child[3 * m + 1 + side] = fit + evidence + math.log(rate[s] * gap * share)
            order = np.argsort(-child[: 3 * live])
            best, kept = child[order[0]], 0
            for c in order[:most]:
                if child[c] < best - FORGOTTEN:
                    break
                answer = response[c // 3]
                next_weight[kept] = child[c] - best
                next_mean[kept] = mean[c // 3] + told[c, 1] * answer
                next_cov[kept] = cov[c // 3] + told[c, 2] * np.outer(answer, answer)
                kept += 1
            live = kept
            mean, next_mean, cov, next_cov = next_mean, mean, next_cov, cov
            log_weight, next_weight = next_weight, log_weight
        for o in np.flatnonzero(origins == t):
            weight = np.exp(log_weight[:live])
            weight /= weight.sum()
            for each in range(len(product)):
                p, maker, own_rate = product[each], goods + supplier[each], rate[supplier[each]]
                gap = t - last[supplier[each]]  # days whose jumps nobody has seen yet
                drift = own_rate * FIRST * (1 - SHOCK_DECAY**gap) / (1 - SHOCK_DECAY)
                doubt = own_rate * SECOND * (1 - SHOCK_DECAY ** (2 * gap)) / (1 - SHOCK_DECAY**2)
                for m in range(live):
                    now = out[o, m, each]
                    now[0], now[1], now[2] = weight[m], mean[m, p], mean[m, maker] + drift
                    now[3], now[4], now[5] = cov[m, p, p], cov[m, maker, maker] + doubt, cov[m, p, maker]
    return out
