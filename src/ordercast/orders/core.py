"""What multipliers leave open: the limits' rest is filled, and the choices that can still matter are searched."""

import numpy as np

from ordercast.kernels import repair
from ordercast.kernels.repair import TIE
from ordercast.orders.multipliers import Plan, State, Task, amounts, choose, ordered, values
from ordercast.orders.supply import Floats
from ordercast.orders.world import Bools

PASSES = 12  # of filling
CORE, CORE_CHOICES, NODES = 60, 1 << 17, 10_000_000  # products, choices and nodes of a search


def filled(task: Task, state: State, need: Bools, weights: Floats, plan: Plan) -> Plan:
    """The plan with what is left over filled in."""
    plan = plan[0].copy(), plan[1].copy()
    _, money, volume = amounts(task, plan)
    sums, counts = ordered(task, plan, money)
    left = task.limits * (1.0 + TIE) - np.array([money.sum(), volume.sum()])
    counts = np.ascontiguousarray(counts)
    repair.fill(*task.pool, weights[0], weights[1], task.minimum, state.open, need, left, sums, counts, *plan, PASSES)
    return plan


def searched(
    task: Task, state: State, need: Bools, weights: Floats, plan: Plan, best: float
) -> tuple[Plan | None, bool]:
    """A plan of the state that costs less than `best` (None: none found), and whether no other costs less still.

    plan: of the state; what it has of products that are not in the core stays.
    """
    everyone = np.arange(task.choices.products)
    ideal = np.zeros(len(everyone), np.int64), np.zeros(len(everyone), np.int64)
    choose(task, state, everyone, ideal, need, weights)
    least = values(task, state, weights, ideal)
    finite = np.isfinite(task.limits)
    promised = float(task.minimum[state.forced] @ state.bonus[state.forced])
    gap = best - (float(least.sum()) + promised - float(weights[finite] @ task.limits[finite]))
    found, whole, count = np.zeros(CORE_CHOICES, repair.OPEN), True, CORE_CHOICES + 1
    while gap > 0 and count > CORE_CHOICES:
        count = repair.within(*task.pool, weights[0], weights[1], state.bonus, state.open, need, least, gap, found)
        whole, gap = whole and count <= CORE_CHOICES, gap / 4
    found = found[:count] if gap > 0 else found[:0]
    found = found[np.lexsort([found["lost"], found["product"]])]
    products, begins, sizes = np.unique(found["product"], return_index=True, return_counts=True)
    if (whole and len(products) < len(everyone)) or not len(products):
        return None, whole  # a product without a choice that loses less than the gap
    second = np.where(sizes > 1, found["lost"][np.minimum(begins + 1, len(found) - 1)], np.inf)
    inside = np.argsort(second, kind="stable")[: max(min(CORE, int((sizes > 1).sum())), 1)][::-1]
    whole &= int((sizes > 1).sum()) <= CORE
    table = np.concatenate([found[begins[i] : begins[i] + sizes[i]] for i in inside])
    line, step = plan[0].copy(), plan[1].copy()
    if whole:
        line[products], step[products] = found["line"][begins], found["step"][begins]
    fixed = line.copy()
    fixed[products[inside]] = -1
    cost, money, volume = amounts(task, (fixed, step))
    sums, counts = ordered(task, (fixed, step), money)
    watched = (task.minimum > 0) & (np.isin(np.arange(len(task.minimum)), table["supplier"]) | state.forced)
    place = np.append(np.where(watched, np.cumsum(watched) - 1, -1), -1)
    table["supplier"] = place[table["supplier"]]
    chosen = np.zeros(len(inside), np.int64)
    reached, nodes = repair.search(
        table,
        np.append(0, np.cumsum(sizes[inside])),
        weights[0],
        weights[1],
        state.bonus[watched],
        task.limits * (1.0 + TIE) - np.array([money.sum(), volume.sum()]),
        task.minimum[watched],
        state.forced[watched],
        np.ascontiguousarray(sums[watched]),
        np.ascontiguousarray(counts[watched]),
        best - float(cost.sum()),
        NODES,
        chosen,
    )
    proved = bool(whole and nodes > 0)
    if reached >= best - float(cost.sum()):
        return None, proved
    line[products[inside]], step[products[inside]] = table["line"][chosen], table["step"][chosen]
    return (line, step), proved
