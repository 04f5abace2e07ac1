"""How finely stock is told apart: steps that whole packs fit into, or that fit into whole packs."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from ordercast.kernels.compiled import COLUMN, FLOAT, INDEX, INT, LEVELS, Floats, Ints, jit

FINEST = 1.0 / 4096  # of a unit
NEARLY = 1e-9
MOST_TIMES = 4096  # multiples that are compared: a stock of thousands of millions must not take minutes


@jit(INT, INT, INT)
def common_divisor(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


@jit(FLOAT, LEVELS, LEVELS, FLOAT, nb.boolean, COLUMN)
def grid_step(packs: Floats, moq: Floats, wish: float, divide: bool, lots: Floats) -> float:
    """Step in units of about `wish`, and in `lots` the least whole packs of each supplier that are whole steps.

    packs, moq: (suppliers,) whole units. Where the packs' greatest common divisor is coarser than the wish it is
    divided, into whole units if these are near it, unless not to `divide`. Where it is finer, its multiple is taken
    that fits the packs best: lots then are several packs, or one, but never a part of one. Lots that add up to all
    minimum orders exactly may be up to n + 1 times as coarse as others, with n suppliers.
    """
    divisor = 0
    for pack in packs:
        divisor = common_divisor(round(pack), divisor)
    wish = max(wish, FINEST)
    if divisor >= wish:
        lots[:] = packs
        if not divide:
            return float(divisor)
        parts = max(math.floor(divisor / wish + NEARLY), 1)
        if wish <= 1:
            return 1.0 / math.floor(1.0 / wish + NEARLY)
        for whole in range(parts, parts // 2, -1):
            if divisor % whole == 0:
                return divisor / whole
        return divisor / parts
    fewest = math.ceil(wish / divisor - NEARLY)
    step, least = divisor * fewest, np.inf
    for times in range(fewest, fewest + min(fewest, MOST_TIMES) + 1):
        coarsest, missed = 0.0, 0
        for s in range(len(packs)):
            pack = round(packs[s])
            lot = pack * (divisor * times // common_divisor(divisor * times, pack))
            coarsest = max(coarsest, float(lot))
            missed += math.ceil(moq[s] / pack - NEARLY) * pack % lot > 0
        if coarsest * (1 + missed) < least:
            step, least = divisor * times, coarsest * (1 + missed)
    for s in range(len(packs)):
        lots[s] = round(packs[s]) * (step // common_divisor(step, round(packs[s])))
    return float(step)


@jit((COLUMN, COLUMN), INDEX, LEVELS, LEVELS, LEVELS, nb.boolean)
def grid_steps(rows: Ints, packs: Floats, moq: Floats, wish: Floats, divide: bool) -> tuple[Floats, Floats]:
    """`grid_step` of every product, (products,), and lots of every supplier, (rows,); rows: (products + 1,) offsets.

    A product without a supplier has the step it wishes.
    """
    steps, lots = np.maximum(wish, FINEST), packs.copy()
    for p in range(len(wish)):
        if rows[p + 1] > rows[p]:
            own = slice(rows[p], rows[p + 1])
            steps[p] = grid_step(packs[own], moq[own], wish[p], divide, lots[own])
    return steps, lots
