"""What multipliers leave open: the limits' rest is filled, and the choices that can still matter are searched."""

from dataclasses import dataclass

import numpy as np

from ordercast.kernels import repair
from ordercast.kernels.repair import TIE
from ordercast.orders.lattice import Records
from ordercast.orders.multipliers import Plan, State, Task, amounts, choose, cost_of, ordered, values
from ordercast.orders.supply import Floats, Ints
from ordercast.orders.world import Bools

PASSES = 12  # of filling
CORE, CORE_CHOICES, NODES = 60, 1 << 17, 10_000_000  # products, choices and nodes of a search
HOOD, HOODS, HOOD_NODES = 14, 300, 300_000  # products, number and nodes of the searches by supplier
LOOKED_AT = 5_000_000  # products looked at for them


def filled(task: Task, state: State, need: Bools, weights: Floats, plan: Plan) -> Plan:
    """The plan with what is left over filled in."""
    plan = plan[0].copy(), plan[1].copy()
    _, money, volume = amounts(task, plan)
    sums, counts = ordered(task, plan, money)
    left = task.limits * (1.0 + TIE) - np.array([money.sum(), volume.sum()])
    counts = np.ascontiguousarray(counts)
    repair.fill(*task.pool, weights[0], weights[1], task.minimum, state.open, need, left, sums, counts, *plan, PASSES)
    return plan


@dataclass(frozen=True)
class _Undecided:
    """The choices that can still matter: of each of the products, from `begins` on, ascending by what they lose."""

    choices: Records
    products: Ints
    begins: Ints
    sizes: Ints
    second: Floats  # what the second one loses (inf: there is none)
    whole: bool  # no other choice can matter


def searched(
    task: Task, state: State, need: Bools, weights: Floats, plan: Plan, best: float
) -> tuple[Plan | None, bool]:
    """A plan of the state that costs less than `best` (None: none found), and whether no other costs less still.

    plan: of the state; what it has of products that are not in the core stays. Where the core is not the whole of it,
    the products of one supplier with a minimum are searched after the other.
    """
    still = _undecided(task, state, need, weights, best)
    if still is None:
        return None, True
    if not len(still.products):
        return None, False
    several = int((still.sizes > 1).sum())
    inside = np.argsort(still.second, kind="stable")[: max(min(CORE, several), 1)][::-1]
    whole = still.whole and several <= CORE
    found, finished = _search(task, state, weights, still, inside, plan, best, whole, NODES)
    if whole and finished:
        return found, True
    start = plan if found is None else found
    best = best if found is None else cost_of(task, found)
    better = _by_supplier(task, state, weights, still, start, best)
    return (found if better is None else better), False


def _by_supplier(task: Task, state: State, weights: Floats, still: _Undecided, plan: Plan, best: float) -> Plan | None:
    out, turns, lately = None, 0, True
    most = min(HOODS, LOOKED_AT // task.choices.products)
    while lately and turns < most:
        lately = False
        for who in task.members.values():
            current = values(task, state, weights, plan)[still.products]
            first = still.choices["lost"][still.begins]
            ideal = (still.choices["cost"] + _worth(state, weights, still.choices))[still.begins] - first
            key = np.where(current - ideal > TIE * np.abs(ideal), 0.0, still.second)
            inside = np.flatnonzero(np.isin(still.products, who) & (still.sizes > 1))
            inside = inside[np.argsort(key[inside], kind="stable")[:HOOD]][::-1]
            turns += 1
            if not len(inside) or turns > most:
                continue
            found, _ = _search(task, state, weights, still, inside, plan, best, False, HOOD_NODES)
            if found is not None:
                out = plan = found
                best, lately = cost_of(task, plan), True
    return out


def _worth(state: State, weights: Floats, choices: Records) -> Floats:
    bonus = np.append(state.bonus, 0.0)[choices["supplier"]]
    out: Floats = (weights[0] - bonus) * choices["money"] + weights[1] * choices["volume"]
    return out


def _undecided(task: Task, state: State, need: Bools, weights: Floats, best: float) -> _Undecided | None:
    """None: no plan of the state costs less than `best`."""
    everyone = np.arange(task.choices.products)
    ideal = np.zeros(len(everyone), np.int64), np.zeros(len(everyone), np.int64)
    choose(task, state, everyone, ideal, need, weights)
    least = values(task, state, weights, ideal)
    finite = np.isfinite(task.limits)
    promised = float(task.minimum[state.forced] @ state.bonus[state.forced])
    gap = best - (float(least.sum()) + promised - float(weights[finite] @ task.limits[finite]))
    if gap <= 0:
        return None
    found, whole, count = np.zeros(CORE_CHOICES, repair.OPEN), True, CORE_CHOICES + 1
    while count > CORE_CHOICES:
        count = repair.within(*task.pool, weights[0], weights[1], state.bonus, state.open, need, least, gap, found)
        whole, gap = whole and count <= CORE_CHOICES, gap / 4
    found = found[:count]
    found = found[np.lexsort([found["lost"], found["product"]])]
    products, begins, sizes = np.unique(found["product"], return_index=True, return_counts=True)
    if whole and len(products) < len(everyone):
        return None  # a product all of whose choices lose more than that
    second = (
        np.where(sizes > 1, found["lost"][np.minimum(begins + 1, max(count - 1, 0))], np.inf) if count else np.zeros(0)
    )
    return _Undecided(found, products, begins, sizes, second, whole)


def _search(
    task: Task,
    state: State,
    weights: Floats,
    still: _Undecided,
    inside: Ints,
    plan: Plan,
    best: float,
    whole: bool,
    nodes: int,
) -> tuple[Plan | None, bool]:
    """A plan cheaper than `best` with other choices of the products `inside`, and whether all have been looked at."""
    begins, sizes, products = still.begins, still.sizes, still.products[inside]
    table = np.concatenate([still.choices[begins[i] : begins[i] + sizes[i]] for i in inside])
    line, step = plan[0].copy(), plan[1].copy()
    if whole:  # the others have one choice
        line[still.products], step[still.products] = still.choices["line"][begins], still.choices["step"][begins]
    fixed = line.copy()
    fixed[products] = -1
    cost, money, volume = amounts(task, (fixed, step))
    sums, counts = ordered(task, (fixed, step), money)
    watched = (task.minimum > 0) & (np.isin(np.arange(len(task.minimum)), table["supplier"]) | state.forced | whole)
    place = np.append(np.where(watched, np.cumsum(watched) - 1, -1), -1)
    table["supplier"] = place[table["supplier"]]
    chosen = np.zeros(len(inside), np.int64)
    known = float(cost.sum())
    reached, left = repair.search(
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
        best - known,
        nodes,
        chosen,
    )
    if reached >= best - known:
        return None, left > 0
    line[products], step[products] = table["line"][chosen], table["step"][chosen]
    return (line, step), left > 0
