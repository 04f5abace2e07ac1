"""Better choices within what is left: one product at a time, then the few whose choice is open all together."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from ordercast.kernels.choices import FLAGS, POOL, Places, line_cost
from ordercast.kernels.compiled import COLUMN, FLOAT, INDEX, INDICES, INT, LEVELS, Bools, Floats, Ints, jit

TIE = 1e-12  # of an amount: what rounding may take from a limit, and what is no improvement


@jit(nb.boolean, COLUMN, INDICES, LEVELS, INT, INT, FLOAT, FLOAT)
def keeps_minima(sums: Floats, counts: Ints, minimum: Floats, a: int, b: int, taken: float, put: float) -> bool:
    """Whether every supplier still has no line or its minimum where `taken` leaves a and `put` comes to b (-1: none).

    sums, counts: (suppliers,) money and lines of today.
    """
    if a == b:
        return a < 0 or sums[a] - taken + put >= minimum[a] * (1.0 - TIE)
    if a >= 0 and counts[a] > 1 and sums[a] - taken < minimum[a] * (1.0 - TIE):
        return False
    return b < 0 or sums[b] + put >= minimum[b] * (1.0 - TIE)


@jit(
    INT,
    *POOL,
    *(FLOAT, FLOAT, LEVELS, FLAGS, FLAGS),
    *(COLUMN, COLUMN, INDICES, INDICES, INDICES, INT),
)
def fill(
    rows: Ints,
    lines: Any,
    curve: Floats,
    hull: Places,
    per_money: float,
    per_volume: float,
    minimum: Floats,
    open: Bools,
    need: Bools,
    left: Floats,
    sums: Floats,
    counts: Ints,
    line: Ints,
    step: Ints,
    passes: int,
) -> int:
    """Move products to cheaper choices that fit in what is left, most saved per resource first; returns the moves made.

    left: (2,) money and volume; left, sums, counts, line and step are kept up to date. Of a product's choices the one
    that saves most per resource, at per_money and per_volume, is tried; in the next pass it is looked at again.
    """
    products, made = len(line), 0
    rate, to_line, to_step = np.empty(products), np.empty(products, np.int64), np.empty(products, np.int64)
    for _ in range(passes):
        for p in range(products):
            rate[p] = 0.0
            now, a, taken, volume = 0.0, -1, 0.0, 0.0
            if line[p] >= 0:
                one = lines[line[p]]
                units = one.first_units + step[p] * one.lot_units
                now, a = line_cost(one, curve, step[p]), one.supplier
                taken, volume = one.spend * units, one.volume * units
            for n in range(rows[p] - (0 if need[p] else 1), rows[p + 1]):
                here, b, count = n, -1, 1
                if n < rows[p]:
                    here = -1  # to wait
                else:
                    if not open[lines[n].supplier] or (need[p] and lines[n].meets_floor == 0):
                        continue
                    b, count = lines[n].supplier, lines[n].count
                for k in range(count):
                    cost, put, more = 0.0, 0.0, -volume
                    if here >= 0:
                        units = lines[n].first_units + k * lines[n].lot_units
                        put, more = lines[n].spend * units, lines[n].volume * units - volume
                        if put - taken > left[0] or more > left[1]:
                            break
                        cost = line_cost(lines[n], curve, k)
                    saved = now - cost
                    if saved <= TIE * (abs(now) + abs(cost)):
                        continue
                    each = saved / max(per_money * (put - taken) + per_volume * more, TIE * saved)
                    if each > rate[p] and keeps_minima(sums, counts, minimum, a, b, taken, put):
                        rate[p], to_line[p], to_step[p] = each, here, k
        found = 0
        for p in np.argsort(-rate):
            if rate[p] == 0.0:
                break
            a, b, taken, put, more = -1, -1, 0.0, 0.0, 0.0
            if line[p] >= 0:
                one = lines[line[p]]
                units = one.first_units + step[p] * one.lot_units
                a, taken, more = one.supplier, one.spend * units, -one.volume * units
            if to_line[p] >= 0:
                one = lines[to_line[p]]
                units = one.first_units + to_step[p] * one.lot_units
                b, put, more = one.supplier, one.spend * units, more + one.volume * units
            if put - taken > left[0] or more > left[1]:
                continue
            if not keeps_minima(sums, counts, minimum, a, b, taken, put):
                continue
            left[0], left[1] = left[0] - (put - taken), left[1] - more
            if a >= 0:
                sums[a], counts[a] = sums[a] - taken, counts[a] - 1
            if b >= 0:
                sums[b], counts[b] = sums[b] + put, counts[b] + 1
            line[p], step[p] = to_line[p], to_step[p]
            found += 1
        made += found
        if found == 0:
            break
    return made


OPEN = np.dtype(
    [
        ("product", np.int64),
        ("line", np.int64),  # -1: wait
        ("step", np.int64),
        ("supplier", np.int64),  # -1: none
        ("lost", np.float64),  # what the choice is worse by than the product's best at the prices of the resources
        ("cost", np.float64),
        ("money", np.float64),
        ("volume", np.float64),
    ],
    align=True,
)
OPENS = nb.types.Array(nb.from_dtype(OPEN), 1, "C")


@jit(INT, *POOL, FLOAT, FLOAT, LEVELS, FLAGS, FLAGS, LEVELS, FLOAT, OPENS)
def within(
    rows: Ints,
    lines: Any,
    curve: Floats,
    hull: Places,
    per_money: float,
    per_volume: float,
    bonus: Floats,
    open: Bools,
    need: Bools,
    least: Floats,
    gap: float,
    into: Any,
) -> int:
    """Fill `into` with all choices worse by no more than the gap than `least`, (products,), ascending by product.

    Returns their number, also where it is more than there is room for.
    """
    found = 0
    for p in range(len(least)):
        if not need[p] and -least[p] <= gap:
            if found < len(into):
                one = into[found]
                one.product, one.line, one.step, one.supplier = p, -1, 0, -1
                one.lost, one.cost, one.money, one.volume = -least[p], 0.0, 0.0, 0.0
            found += 1
        for n in range(rows[p], rows[p + 1]):
            line = lines[n]
            if not open[line.supplier] or (need[p] and line.meets_floor == 0):
                continue
            extra = (per_money - bonus[line.supplier]) * line.spend + per_volume * line.volume
            for k in range(line.count):
                units, cost = line.first_units + k * line.lot_units, line_cost(line, curve, k)
                lost = cost + extra * units - least[p]
                if lost > gap:
                    continue
                if found < len(into):
                    one = into[found]
                    one.product, one.line, one.step, one.supplier = p, n, k, line.supplier
                    one.lost, one.cost, one.money, one.volume = lost, cost, line.spend * units, line.volume * units
                found += 1
    return found


@jit((FLOAT, INT), OPENS, INDEX, FLOAT, FLOAT, LEVELS, LEVELS, LEVELS, FLAGS, COLUMN, INDICES, FLOAT, INT, INDICES)
def search(
    choices: Any,
    begins: Ints,
    per_money: float,
    per_volume: float,
    bonus: Floats,
    left: Floats,
    minimum: Floats,
    forced: Bools,
    sums: Floats,
    counts: Ints,
    best: float,
    nodes: int,
    chosen: Ints,
) -> tuple[float, int]:
    """The least cost of one choice per product under `best` (no such: best itself), and the nodes that were not used.

    Depth first with the multipliers' bound. choices: of each product ascending by what they lose, products at `begins`,
    (m + 1,); left: (2,) money and volume for them; minimum, forced (has to reach it), sums and counts of the lines of
    other products: (suppliers,); sums and counts are used and restored. chosen: (m,) takes places in `choices`.
    """
    m = len(begins) - 1
    base = np.zeros(m + 1)  # of later products: least value, least and most money and volume
    least, most, reach = np.zeros((m + 1, 2)), np.zeros((m + 1, 2)), np.zeros((m + 1, len(minimum)))
    for i in range(m - 1, -1, -1):
        low, high, value, of = np.full(2, np.inf), np.zeros(2), np.inf, np.zeros(len(minimum))
        for c in range(begins[i], begins[i + 1]):
            one = choices[c]
            low[0], low[1] = min(low[0], one.money), min(low[1], one.volume)
            high[0], high[1] = max(high[0], one.money), max(high[1], one.volume)
            credit = 0.0
            if one.supplier >= 0:
                credit, of[one.supplier] = bonus[one.supplier] * one.money, max(of[one.supplier], one.money)
            value = min(value, one.cost + per_money * one.money + per_volume * one.volume - credit)
        base[i], least[i], most[i] = base[i + 1] + value, least[i + 1] + low, most[i + 1] + high
        reach[i] = reach[i + 1] + of
    promised = 0.0
    for s in range(len(minimum)):
        if forced[s]:
            promised += bonus[s] * max(minimum[s] - sums[s], 0.0)
    at, tried, used = begins[:-1].copy(), np.full(m, -1), np.zeros((m + 1, 2))
    lost, cost = np.zeros(m + 1), np.zeros(m + 1)
    floor = base[0] + promised - (per_money * left[0] if per_money > 0.0 else 0.0)
    floor -= per_volume * left[1] if per_volume > 0.0 else 0.0
    i = 0
    while i >= 0:
        if tried[i] >= 0:
            one = choices[tried[i]]
            if one.supplier >= 0:
                sums[one.supplier] -= one.money
                counts[one.supplier] -= 1
            tried[i] = -1
        done = nodes <= 0 or at[i] == begins[i + 1]
        if done or floor + lost[i] + choices[at[i]].lost >= best - TIE * abs(best):
            at[i] = begins[i]  # the others lose even more
            i -= 1
            continue
        one, tried[i] = choices[at[i]], at[i]
        at[i] += 1
        nodes -= 1
        if one.supplier >= 0:
            sums[one.supplier] += one.money
            counts[one.supplier] += 1
        lost[i + 1], cost[i + 1] = lost[i] + one.lost, cost[i] + one.cost
        used[i + 1, 0], used[i + 1, 1] = used[i, 0] + one.money, used[i, 1] + one.volume
        if used[i + 1, 0] + least[i + 1, 0] > left[0] or used[i + 1, 1] + least[i + 1, 1] > left[1]:
            continue
        bound = base[0] + lost[i + 1] + promised
        if per_money > 0.0:
            bound -= per_money * min(left[0], used[i + 1, 0] + most[i + 1, 0])
        if per_volume > 0.0:
            bound -= per_volume * min(left[1], used[i + 1, 1] + most[i + 1, 1])
        if bound >= best - TIE * abs(best):
            continue
        owed, can = 0.0, True
        for n in range(len(minimum)):
            if forced[n]:
                owed += max(minimum[n] * (1.0 - TIE) - sums[n], 0.0)
                can = can and sums[n] + reach[i + 1, n] >= minimum[n] * (1.0 - TIE)
        if not can or used[i + 1, 0] + owed > left[0]:
            continue
        if i + 1 < m:
            i += 1
            continue
        valid = cost[m] < best - TIE * abs(best)
        for s in range(len(minimum)):
            if (forced[s] or counts[s] > 0) and sums[s] < minimum[s] * (1.0 - TIE):
                valid = False
        if valid:
            best = cost[m]
            for j in range(m):
                chosen[j] = tried[j]
    return best, nodes
