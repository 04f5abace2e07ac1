"""What the log price of a simulated series may be in some days: normal noise, decayed jumps, and promotions or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.panels import Floats
from ordercast.kernels.compiled import CELLS, COLUMN, CUBE, CUBES, FLOAT, INT, LEVELS, jit
from ordercast.kernels.nodes import normal_below, tilted
from ordercast.simulate.market import SHOCK_DECAY, jump_sizes

PATHS, POINTS = 50_000, 12  # drawn of the jumps at each rate, and kept of those that hold any
HALVINGS = 30
NO_SPREAD = 1e-6  # of a log price: what a known one is taken to have


@dataclass(frozen=True)
class Jumps:
    """The sum of a supplier's decayed jumps of n = 0..days days, rows are rates: (rates, days + 1[, POINTS]).

    chance: of any; size: equally likely sizes of the sum where there was any; variance: of the sum.
    """

    chance: Floats
    size: Floats
    variance: Floats


def jumps(rate: Floats, days: int) -> Jumps:
    """Drawn, from one seed: the sum of uniform sizes that decay from different days has no closed form."""
    rng = np.random.default_rng(0)
    chance, variance = (np.zeros((len(rate), days + 1)) for _ in range(2))
    size = np.zeros((len(rate), days + 1, POINTS))
    for row, each in enumerate(rate):
        total = np.zeros(PATHS)
        for day in range(1, days + 1):
            total = SHOCK_DECAY * total + jump_sizes(rng.random(PATHS), each)
            some = np.sort(total[total != 0])
            chance[row, day], variance[row, day] = 1 - (1 - each) ** day, total.var()
            size[row, day] = [part.mean() for part in np.array_split(some, POINTS)]
    return Jumps(chance, size, variance)


@jit(FLOAT, FLOAT, FLOAT, LEVELS, LEVELS, INT)
def below(z: float, spread: float, weight: Any, shift: Any, count: int) -> float:
    """Chance that normal noise around one of `count` shifts stays below z."""
    total = 0.0
    for c in range(count):
        total += weight[c] * normal_below((z - shift[c]) / spread)
    return total


@jit(FLOAT, FLOAT, FLOAT, FLOAT, LEVELS, LEVELS, INT)
def mean_price(low: float, high: float, spread: float, weight: Any, shift: Any, count: int) -> float:
    """E[exp(z)] over z between low and high, times the chance of that."""
    total = 0.0
    for c in range(count):
        place = tilted((low - shift[c]) / spread, (high - shift[c]) / spread, spread)
        total += weight[c] * np.exp(shift[c]) * place
    return total


@jit(INT, FLOAT, LEVELS, FLOAT, FLOAT, COLUMN, COLUMN)
def mixed(jump_chance: float, size: Any, on: float, cut: float, weight: Any, shift: Any) -> int:
    """How many shifts there are; fills their weights: no jump or one of the sizes, with a promotion or without."""
    count, points = 0, len(size)
    for promotion in range(2 if on > 0 else 1):
        share, off = (on, cut) if promotion else (1 - on, 0.0)
        weight[count], shift[count] = share * (1 - jump_chance), off
        count += 1
        for c in range(points if jump_chance > 0 else 0):
            weight[count], shift[count] = share * jump_chance / points, off + size[c]
            count += 1
    return count


@jit((CUBE, CUBE), CELLS, CELLS, CUBES, CELLS, LEVELS, LEVELS, INT)
def told(spread: Any, jump_chance: Any, size: Any, on: Any, cut: Any, levels: Any, bins: int) -> Any:
    """Quantiles, (rows, n, levels), and log mean prices of equally likely bins, (rows, n, bins), less the centre.

    spread (NaN: not asked for, and not told), jump_chance, on: (rows, n), the latter of a promotion, whose discount's
    log is cut, (rows,), below 0; size: (rows, n, points). Quantiles by halving, means in closed form.
    """
    rows, count = spread.shape
    points, means = np.full((rows, count, len(levels)), np.nan), np.full((rows, count, bins), np.nan)
    weight, shift = np.empty(2 * (size.shape[2] + 1)), np.empty(2 * (size.shape[2] + 1))
    wanted = np.concatenate((levels, np.arange(1, bins) / bins))
    for r in range(rows):
        for n in range(count):
            sd = spread[r, n]
            if np.isnan(sd):
                continue
            shifts = mixed(jump_chance[r, n], size[r, n], on[r, n], cut[r], weight, shift)
            least, most = shift[:shifts].min() - 7 * sd, shift[:shifts].max() + 7 * sd
            before, low_edge = 0.0, least
            for q in range(len(wanted)):
                low, high = (least, most) if q < len(levels) else (low_edge, most)
                for _ in range(HALVINGS):
                    z = (low + high) / 2
                    low, high = (z, high) if below(z, sd, weight, shift, shifts) < wanted[q] else (low, z)
                if q < len(levels):
                    points[r, n, q] = (low + high) / 2
                    continue
                share = below(high, sd, weight, shift, shifts)
                mean = mean_price(low_edge, high, sd, weight, shift, shifts)
                means[r, n, q - len(levels)] = np.log(mean / (share - before))
                before, low_edge = share, high
            mean = mean_price(low_edge, most, sd, weight, shift, shifts)
            means[r, n, bins - 1] = np.log(mean / (1 - before))
    return points, means
