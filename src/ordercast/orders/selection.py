"""Which suppliers get an order today where some ask for a minimum, and the best plan for them."""

from dataclasses import dataclass, replace
from itertools import product as combinations

import numpy as np

from ordercast.kernels.repair import TIE
from ordercast.orders import core, multipliers
from ordercast.orders.multipliers import Plan, State, Task
from ordercast.orders.supply import Floats, Ints
from ordercast.orders.world import Bools

FEW_SUPPLIERS, FEW_POINTS = 6, 20_000  # all combinations of dropped and lifted suppliers are solved
FEE_ROUNDS = 3  # of fitting fees and prices to each other
ENOUGH = 1e-5  # of the bound: with a smaller gap no other combination is looked for
FLIPS, FLIPPED = 60, 200_000  # suppliers that are tried the other way, and products looked at for it
LIFTS = 6  # rounds in which bonus and multipliers are fitted to each other


def best(task: Task) -> tuple[Plan, Floats, float]:
    """A plan, its multipliers, and a bound under all plans; few suppliers are decided exactly."""
    found = _guided(task)
    bounded = np.flatnonzero((task.minimum > 0) & np.isin(np.arange(len(task.minimum)), list(task.members)))
    few = 0 < len(bounded) <= FEW_SUPPLIERS and task.choices.lines["count"].sum() <= FEW_POINTS
    if few and found.bound < found.cost:
        found = _enumerated(task, bounded, found)
    return found.plan, found.weights, found.bound


@dataclass(frozen=True)
class _Planned:
    plan: Plan
    state: State
    need: Bools
    weights: Floats
    cost: float


@dataclass(frozen=True)
class _Found:
    plan: Plan
    weights: Floats
    cost: float
    bound: float
    missed: int  # floors of those that should be kept


def _guided(task: Task) -> _Found:
    """Suppliers short of their minimum are decided about one after the other, at the prices of the day."""
    state, need = multipliers.open_state(task), task.need & multipliers.reachable(task)
    root, everyone = need, np.arange(task.choices.products)
    bound, weights = multipliers.dual(task, state, need, np.zeros(2))
    decided = np.zeros(len(task.minimum), np.bool_)
    for _ in range(multipliers.ROUNDS):
        plan = np.zeros(len(everyone), np.int64), np.zeros(len(everyone), np.int64)
        multipliers.choose(task, state, everyone, plan, need, weights)
        short = multipliers.lacking(task, state, plan)
        if not short.any():
            break
        decided |= short
        state = multipliers.decide(task, state, need, weights, plan)
        need = need & multipliers.reachable(task, state)
        weights = multipliers.dual(task, state, need, weights)[1]
    found = _planned(task, state, need, weights)
    if decided.any():
        bounds, found = _switched(task, root, weights, np.flatnonzero(decided), found)
        bound = max(bound, bounds)
    if found is None:
        nothing = np.full(len(everyone), -1), np.zeros(len(everyone), np.int64)
        return _Found(nothing, weights, 0.0, bound, int(root.sum()))
    better, proved = core.searched(task, found.state, found.need, found.weights, found.plan, found.cost)
    plan = found.plan if better is None else better
    cost, missed = multipliers.cost_of(task, plan), int((root & ~found.need).sum())
    free = found.state.open.all() and not found.state.forced.any() and not missed
    return _Found(plan, found.weights, cost, cost if proved and free else bound, missed)


def _switched(
    task: Task, need: Bools, weights: Floats, suppliers: Ints, found: _Planned | None
) -> tuple[float, _Planned | None]:
    """A bound under all combinations of dropped and lifted suppliers, and the plan after switching some."""
    bound = -np.inf
    for _ in range(FEE_ROUNDS):
        relaxed, advice = multipliers.with_fees(task, need, weights, suppliers)
        closed = replace(advice, forced=np.zeros_like(advice.forced))
        value, weights = multipliers.dual(relaxed, closed, need & multipliers.reachable(task, closed), weights)
        bound = max(bound, value)
        dropped = advice.open & ~advice.forced & (advice.bonus > 0)
        start = State(advice.open & ~dropped, advice.forced, np.where(dropped, 0.0, advice.bonus))
        found = _better(found, _solved_in(task, start, need, weights))
        if found is not None and found.cost - bound <= ENOUGH * abs(bound):
            return bound, found
    if found is None:
        return bound, None
    chosen = found
    turns, most = 0, min(FLIPS, FLIPPED // task.choices.products)
    for s in suppliers:
        for lift in (False, True):
            state = chosen.state
            if turns >= most or (state.open[s] == lift and state.forced[s] == lift):
                continue
            turns += 1
            at = np.arange(len(task.minimum)) == s
            start = State(
                np.where(at, lift, state.open), np.where(at, lift, state.forced), np.where(at, 0.0, state.bonus)
            )
            chosen = _better(chosen, _solved_in(task, start, need, chosen.weights)) or chosen
    return bound, chosen


def _solved_in(task: Task, state: State, need: Bools, weights: Floats) -> _Planned | None:
    need = need & multipliers.reachable(task, state)
    return _planned(task, state, need, multipliers.dual(task, state, need, weights)[1])


def _better(a: _Planned | None, b: _Planned | None) -> _Planned | None:
    if a is None or b is None:
        return b if a is None else a
    return min(a, b, key=lambda each: (-each.need.sum(), each.cost))


def _planned(task: Task, state: State, need: Bools, weights: Floats) -> _Planned | None:
    """A plan within the limits with the rest filled in, the state it settled in, and its cost."""
    found = multipliers.feasible(task, state, need, weights)
    if found is None:
        return None
    plan = core.filled(task, found[1], found[2], weights, found[0])
    return _Planned(plan, found[1], found[2], weights, multipliers.cost_of(task, plan))


def _enumerated(task: Task, bounded: Ints, found: _Found) -> _Found:
    """The best of all combinations of dropped and lifted suppliers, those that keep most floors first."""
    root = multipliers.open_state(task)
    states = []
    for lifted in combinations((True, False), repeat=len(bounded)):
        open_to, forced = root.open.copy(), root.forced.copy()
        open_to[bounded], forced[bounded] = lifted, lifted
        state = replace(root, open=open_to, forced=forced)
        need = task.need & multipliers.reachable(task, state)
        if task.minimum[forced].sum() <= task.limits[0] * (1 + TIE):
            states.append((int((task.need & ~need).sum()), state, need))
    for missed in sorted({each[0] for each in states}):
        best = found if found.missed <= missed else replace(found, cost=np.inf, missed=missed)
        bounds = []
        for _, state, need in (each for each in states if each[0] == missed):
            best, bound = _solved(task, state, need, best)
            bounds.append(bound)
        if np.isfinite(best.cost):
            return replace(best, bound=min([*bounds, best.cost]))
    return found


def _solved(task: Task, state: State, need: Bools, best: _Found) -> tuple[_Found, float]:
    """The best plan so far or a better one of the state, and a bound under all plans of the state."""
    bound, weights = multipliers.dual(task, state, need, best.weights)
    chosen = state
    for _ in range(LIFTS if state.forced.any() else 0):
        raised = multipliers.lifted(task, chosen, need, weights)
        if raised is None:
            return best, np.inf
        value, at = multipliers.dual(task, raised, need, weights)
        if value <= bound:
            break
        bound, weights, chosen = value, at, raised
    if bound >= best.cost:
        return best, bound
    start = _planned(task, chosen, need, weights)
    plan = best.plan
    if start is not None and not (need & ~start.need).any():
        plan = start.plan
        if start.cost < best.cost:
            best = _Found(plan, weights, start.cost, best.bound, best.missed)
    if not np.isfinite(best.cost):
        return best, bound
    better, proved = core.searched(task, chosen, need, weights, plan, best.cost)
    if better is not None:
        best = _Found(better, weights, multipliers.cost_of(task, better), best.bound, best.missed)
    return best, best.cost if proved else bound
