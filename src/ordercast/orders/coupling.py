"""Today's orders of all products together: one budget, one warehouse, and what a supplier's order must come to.

Every limit gets a price: what a unit of money, or of volume, more would save (generalized Lagrange multipliers: Everett
1963; Fisher 1981). At these prices each product chooses for itself. The dual is maximised by its cutting planes (Kelley
1960), which for one limit is bisection with a good guess. A supplier under its minimum is either dropped or
lifted: its lines get a bonus that brings in the units of least marginal cost. What the limits leave over is filled
with what saves most per resource, and a search among the few choices that can still matter (the core: Balas & Zemel
1980) closes the rest of the gap. Few products with few minima are solved to the proven optimum.
"""

from dataclasses import dataclass, replace
from itertools import product as combinations

import numpy as np
from numpy.typing import NDArray

from ordercast.kernels.repair import TIE
from ordercast.orders import core, multipliers
from ordercast.orders.choices import Choices, affordable, units_of
from ordercast.orders.multipliers import Plan, State, Task
from ordercast.orders.supply import Floats, Ints
from ordercast.orders.world import Bools

FEW_SUPPLIERS, FEW_POINTS = 6, 20_000  # all combinations of dropped and lifted suppliers are solved
FEE_ROUNDS, FLIPS = 3, 60  # of fitting fees and prices to each other; suppliers that are tried the other way
LIFTS = 6  # rounds in which bonus and multipliers are fitted to each other


@dataclass(frozen=True)
class Coupled:
    """What is ordered today of n products, and what the limits cost.

    supplier_row: (n,) as in the choices, -1 to wait; units, money (without the cost of an order), cost: (n,), cost
    against waiting, negative where ordering saves. spent, volume: of all. budget_multiplier, volume_multiplier: what a
    unit of money or volume more would save. dual_bound: no plan within the limits costs less; gap: of the cost to it,
    relative to it. bound_by: (n,) what kept a product from its best choice: budget, volume, supplier_minimum or "".
    floor_missed: (n,) of those that had to be ordered. shortfall: (suppliers,) money that the lines wanted of a
    supplier that gets no order are short of its minimum. least_order: money of the smallest order there is (inf: none).
    """

    supplier_row: Ints
    units: Floats
    money: Floats
    cost: Floats
    spent: float
    volume: float
    budget_multiplier: float
    volume_multiplier: float
    dual_bound: float
    gap: float
    bound_by: NDArray[np.str_]
    floor_missed: Bools
    shortfall: Floats
    least_order: float

    def too_small(self, budget: float) -> bool:
        """Whether the budget does not pay a single order."""
        return budget < self.least_order


def couple(
    choices: Choices, *, budget: float | None = None, room: float | None = None, minimum: Floats | None = None
) -> Coupled:
    """The cheapest orders of today within the limits; without any, each product's own best choice.

    budget: money of today's orders; room: volume they may take; minimum: (suppliers,) money that a supplier's lines
    come to at least if there are any. None: no limit. Floors that cannot all be paid are served in the order of what
    leaving them costs per money.
    """
    suppliers = int(choices.lines["supplier"].max(initial=-1)) + 1
    limits = np.array([np.inf if each is None else max(float(each), 0.0) for each in (budget, room)])
    least = np.zeros(suppliers) if minimum is None else np.maximum(minimum[:suppliers], 0.0)
    task = Task(choices, limits, least, _floors_served(choices, limits))
    wanted = _wanted(task)
    if multipliers.fits(task, wanted):
        weights, plan, bound = np.zeros(2), wanted, multipliers.cost_of(task, wanted)
    else:
        own, kept = affordable(choices, limits)
        (line, step), weights, bound = _best(Task(own, limits, least, task.need))
        plan = np.append(kept, -1)[line], step
    return _report(task, wanted, plan, weights, bound)


def _best(task: Task) -> tuple[Plan, Floats, float]:
    """A plan, its multipliers, and a bound under all plans; see the module."""
    found = _guided(task)
    bounded = np.flatnonzero((task.minimum > 0) & np.isin(np.arange(len(task.minimum)), list(task.members)))
    few = 0 < len(bounded) <= FEW_SUPPLIERS and task.choices.lines["count"].sum() <= FEW_POINTS
    if few and found.bound < found.cost:
        found = _enumerated(task, bounded, found)
    return found.plan, found.weights, found.bound


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
    task: Task, need: Bools, weights: Floats, suppliers: Ints, found: "_Planned | None"
) -> tuple[float, "_Planned | None"]:
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
    if found is None:
        return bound, None
    turns = 0
    for s in suppliers:
        for lift in (False, True):
            state = found.state
            if turns >= FLIPS or (state.open[s] == lift and state.forced[s] == lift):
                continue
            turns += 1
            at = np.arange(len(task.minimum)) == s
            start = State(
                np.where(at, lift, state.open), np.where(at, lift, state.forced), np.where(at, 0.0, state.bonus)
            )
            found = _better(found, _solved_in(task, start, need, found.weights))
    return bound, found


def _solved_in(task: Task, state: State, need: Bools, weights: Floats) -> "_Planned | None":
    need = need & multipliers.reachable(task, state)
    return _planned(task, state, need, multipliers.dual(task, state, need, weights)[1])


def _better(a: "_Planned | None", b: "_Planned | None") -> "_Planned | None":
    if a is None or b is None:
        return b if a is None else a
    return min(a, b, key=lambda each: (-each.need.sum(), each.cost))


@dataclass(frozen=True)
class _Planned:
    plan: Plan
    state: State
    need: Bools
    weights: Floats
    cost: float


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


def _wanted(task: Task) -> Plan:
    """Each product's best choice alone, floors kept."""
    pool = task.choices
    line, step = pool.wanted_line.copy(), pool.wanted_step.copy()
    meets = np.append(pool.lines["meets_floor"], 0)[line] == 1
    short = np.flatnonzero(pool.floor & ~meets)
    multipliers.choose(
        task, multipliers.open_state(task), short, (line, step), pool.floor & multipliers.reachable(task)
    )
    return line, step


def _floors_served(choices: Choices, limits: Floats) -> Bools:
    """The floors that are kept: all if they can be paid, else those whose lateness costs most per money, (n,)."""
    lines = choices.lines
    at = np.flatnonzero(choices.floor[lines["product"]] & (lines["meets_floor"] == 1))
    money = lines["price"][at] * lines["first_units"][at]
    order = np.lexsort([money, lines["product"][at]])
    _, first = np.unique(lines["product"][at][order], return_index=True)
    cheapest, money = at[order][first], money[order][first]
    volume = lines["volume"][cheapest] * lines["first_units"][cheapest]
    cost = lines["fixed"][cheapest] + money + choices.curve[lines["points_from"][cheapest]]
    served = np.zeros(choices.products, np.bool_)
    left = limits * (1.0 + TIE)
    for place in np.argsort(cost / np.maximum(money, TIE), kind="stable"):
        if money[place] <= left[0] and volume[place] <= left[1]:
            left -= money[place], volume[place]
            served[lines["product"][cheapest[place]]] = True
    return served


def _report(task: Task, wanted: Plan, plan: Plan, weights: Floats, bound: float) -> Coupled:
    lines, suppliers = task.choices.lines, len(task.minimum)
    cost, money, volume = multipliers.amounts(task, plan)
    _, desired, space = multipliers.amounts(task, wanted)
    units = units_of(lines, *plan)
    supplier = np.append(lines["supplier"], -1)
    sums = np.bincount(supplier[plan[0]] + 1, money, suppliers + 1)[1:]
    asked = np.bincount(supplier[wanted[0]] + 1, desired, suppliers + 1)[1:]
    dropped = (sums == 0) & (asked > 0) & (asked < task.minimum)
    total = float(cost.sum())
    row = np.append(lines["row"], -1)[plan[0]]
    meets = np.append(lines["meets_floor"], 0)[plan[0]] == 1
    return Coupled(
        supplier_row=row,
        units=units,
        money=money,
        cost=cost,
        spent=float(money.sum()),
        volume=float(volume.sum()),
        budget_multiplier=float(weights[0]),
        volume_multiplier=float(weights[1]),
        dual_bound=min(bound, total),
        gap=max(total - bound, 0.0) / max(abs(bound), TIE),
        bound_by=_bound_by(task, wanted, plan, weights, (desired - money, space - volume)),
        floor_missed=task.choices.floor & ~meets,
        shortfall=np.where(dropped, task.minimum - asked, 0.0),
        least_order=float((lines["price"] * lines["first_units"]).min(initial=np.inf)),
    )


def _bound_by(task: Task, wanted: Plan, plan: Plan, weights: Floats, less: tuple[Floats, Floats]) -> NDArray[np.str_]:
    """The limit that costs most of what a product gets less than it wants; a supplier's minimum where none does."""
    supplier = np.append(task.choices.lines["supplier"], -1)
    changed = (wanted[0] != plan[0]) | (wanted[1] != plan[1])
    own, now = supplier[wanted[0]], supplier[plan[0]]
    sums = np.append(np.bincount(now + 1, minlength=len(task.minimum) + 1)[1:], 1)
    dropped = (own >= 0) & (sums[own] == 0) & (np.append(task.minimum, 0.0)[own] > 0)
    lifted = (now >= 0) & (less[0] < 0) & (np.append(task.minimum, 0.0)[now] > 0)
    of_money, of_volume = weights[0] * less[0], weights[1] * less[1]
    if not weights.any():
        of_money, of_volume = less[0] / task.limits[0], less[1] / task.limits[1]
    limit = np.where(of_money >= of_volume, "budget", "volume")
    by_minimum = dropped | lifted | (np.maximum(of_money, of_volume) <= 0) & (task.minimum > 0).any()
    return np.where(changed, np.where(by_minimum, "supplier_minimum", limit), "")
