"""Prices of money and volume, the suppliers that are dropped or lifted to their minimum, and the plan that follows."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ordercast.kernels import choices as kernels
from ordercast.kernels.balance import balance
from ordercast.kernels.repair import TIE
from ordercast.orders.choices import Choices
from ordercast.orders.lattice import Records
from ordercast.orders.supply import Floats, Ints
from ordercast.orders.world import Bools

Plan = tuple[Ints, Ints]  # line (-1: wait) and step of each product, (n,) each
CUTS, EXACT = 80, 1e-11  # most cutting planes, and where between bound and best value there is no more to find
DEAREST = 1e6  # no multiplier is more than so many times the best saving per money or volume
MOVED = 30  # products that are moved towards the limits, before the multiplier of what is exceeded grows
ROUNDS, SWEEPS = 12, 3  # of decisions about suppliers, of fitting their bonus and fees to each other


@dataclass(frozen=True)
class Task:
    """limits: (2,) money and volume; minimum: (suppliers,) money; need: (n,) floors that are kept."""

    choices: Choices
    limits: Floats
    minimum: Floats
    need: Bools
    members: dict[int, Ints] = field(init=False)  # the products of each supplier that has a minimum, and its lines
    offered: dict[int, Ints] = field(init=False)
    supplier: Ints = field(init=False)  # of each line; -1 behind the last, for line -1

    def __post_init__(self) -> None:
        lines = self.choices.lines
        object.__setattr__(self, "supplier", np.append(lines["supplier"], -1))
        bound = np.flatnonzero(self.minimum[lines["supplier"]] > 0)
        bound = bound[np.argsort(lines["supplier"][bound], kind="stable")]
        own, begins = np.unique(lines["supplier"][bound], return_index=True)
        offered = {int(s): part for s, part in zip(own, np.split(bound, begins)[1:], strict=True)}
        object.__setattr__(self, "offered", offered)
        object.__setattr__(self, "members", {s: np.unique(lines["product"][part]) for s, part in offered.items()})

    @property
    def pool(self) -> tuple[Ints, Records, Floats, NDArray[np.int32]]:
        return self.choices.rows, self.choices.lines, self.choices.curve, self.choices.hull


@dataclass(frozen=True)
class State:
    """Of each supplier: whether it may get an order, whether it has to reach its minimum, and the bonus for that."""

    open: Bools
    forced: Bools
    bonus: Floats


def open_state(task: Task) -> State:
    count = len(task.minimum)
    return State(np.ones(count, np.bool_), np.zeros(count, np.bool_), np.zeros(count))


def reachable(task: Task, state: State | None = None) -> Bools:
    """Products with a line that meets their floor at a supplier who may get an order, (n,)."""
    lines, out = task.choices.lines, np.zeros(task.choices.products, np.bool_)
    meets = lines["meets_floor"] == 1
    out[lines["product"][meets if state is None else meets & state.open[lines["supplier"]]]] = True
    return out


def choose(
    task: Task, state: State, who: Ints, plan: Plan, need: Bools, weights: Floats | None = None
) -> tuple[float, float, float]:
    """Fill in the best choices of the products `who` at the weights; their cost less bonus, money and volume."""
    per_money, per_volume = np.zeros(2) if weights is None else weights
    cost, credit, money, volume = kernels.pick(
        who, *task.pool, per_money, per_volume, state.bonus, state.open, need, *plan
    )
    return cost - credit, money, volume


def amounts(task: Task, plan: Plan) -> tuple[Floats, Floats, Floats]:
    """Cost, money and volume of a plan's choices, (n,) each."""
    lines, (line, step) = task.choices.lines, plan
    at = np.flatnonzero(line >= 0)
    own, steps, out = line[at], step[at], np.zeros((3, len(line)))
    units = lines["first_units"][own] + steps * lines["lot_units"][own]
    out[1, at], out[2, at] = lines["spend"][own] * units, lines["volume"][own] * units
    place = lines["points_from"][own] + steps * lines["stride"][own]
    out[0, at] = lines["fixed"][own] + lines["price"][own] * units + task.choices.curve[place]
    return out[0], out[1], out[2]


def cost_of(task: Task, plan: Plan) -> float:
    return float(amounts(task, plan)[0].sum())


def ordered(task: Task, plan: Plan, money: Floats) -> tuple[Floats, Ints]:
    """Money and lines of each supplier, (suppliers,) each."""
    supplier = task.supplier[plan[0]] + 1
    count = len(task.minimum) + 1
    lines: Ints = np.bincount(supplier, minlength=count)[1:].astype(np.int64)
    return np.bincount(supplier, money, count)[1:].astype(np.float64), lines


def lacking(task: Task, state: State, plan: Plan) -> Bools:
    """Suppliers whose lines do not come to their minimum though they get an order or have to, (suppliers,)."""
    sums, counts = ordered(task, plan, amounts(task, plan)[1])
    short: Bools = (sums < task.minimum * (1.0 - TIE)) & ((counts > 0) | state.forced)
    return short


def fits(task: Task, plan: Plan) -> bool:
    _, money, volume = amounts(task, plan)
    within = money.sum() <= task.limits[0] * (1 + TIE) and volume.sum() <= task.limits[1] * (1 + TIE)
    return bool(within and not lacking(task, open_state(task), plan).any())


def dual(task: Task, state: State, need: Bools, start: Floats) -> tuple[float, Floats]:
    """The greatest lower bound of a state with its bonus, and its multipliers, (2,).

    start: multipliers to begin with. Each evaluation is a plane that the dual lies under.
    """
    everyone = np.arange(task.choices.products)
    plan = np.zeros(len(everyone), np.int64), np.zeros(len(everyone), np.int64)
    finite = np.isfinite(task.limits)
    limits = np.where(finite, task.limits, 0.0)
    promised = float(task.minimum[state.forced] @ state.bonus[state.forced])
    cuts: list[tuple[float, float, float]] = []
    best, at = -np.inf, np.zeros(2)

    def look(weights: Floats) -> None:
        nonlocal best, at
        cost, money, volume = choose(task, state, everyone, plan, need, weights)
        slopes = np.where(finite, np.array([money, volume]) - limits, 0.0)
        cuts.append((cost + promised, *slopes))
        value = cost + promised + float(weights @ slopes)
        if value - TIE * float(weights @ limits) > best:
            best, at = value, weights

    look(np.zeros(2))
    most = np.where(finite, DEAREST * _best_rates(task, state), 0.0)
    if most.any():
        look(most)
        look(np.minimum(start, most))
    while most.any() and len(cuts) < CUTS:
        bound, money, volume = kernels.highest(np.array(cuts), most[0], most[1])
        if bound - best <= EXACT * abs(bound):
            break
        look(np.array([money, volume]))
    return best, at


def _best_rates(task: Task, state: State) -> Floats:
    """The most that a choice saves per money and per volume, (2,), at least 1."""
    lines, curve = task.choices.lines, task.choices.curve
    if not len(lines):
        return np.ones(2)
    money = lines["spend"] * lines["first_units"]
    cost = lines["fixed"] + lines["price"] * lines["first_units"] + curve[lines["points_from"]]
    saved = -np.minimum(cost, 0.0) + state.bonus[lines["supplier"]]
    per_money = float(np.max(saved / np.maximum(money, TIE)))
    volume = lines["volume"] * lines["first_units"]
    per_volume = float(np.max(np.divide(saved, volume, out=np.zeros(len(lines)), where=volume > 0)))
    rates: Floats = np.maximum(np.array([per_money, per_volume]), 1.0)
    return rates


def decide(task: Task, state: State, need: Bools, weights: Floats, plan: Plan, firm: bool = False) -> State:
    """The state in which each supplier short of its minimum is lifted to it or dropped, whichever costs less.

    Changes the plan of their products. One that was lifted before gets a new bonus; one that keeps a floor no other
    supplier could meet is dropped only where it cannot be lifted. firm: only who is short is lifted, with products that
    no other lifted supplier has: each is lifted once and for all.
    """
    state = State(state.open.copy(), state.forced.copy(), state.bonus.copy())
    sums, _ = ordered(task, plan, amounts(task, plan)[1])
    lines = task.supplier
    short = np.flatnonzero(lacking(task, state, plan) | (state.forced & (state.bonus > 0) & (not firm)))
    trial, other = (plan[0].copy(), plan[1].copy()), (plan[0].copy(), plan[1].copy())
    for s in short[np.argsort(-sums[short] / task.minimum[short], kind="stable")].tolist():
        who = task.members[s]
        if firm:
            now = lines[plan[0][who]]
            who = who[(now < 0) | (now == s) | ~np.append(state.forced, False)[now]]
        bonus, reached, value = kernels.lift(
            who, *task.pool, weights[0], weights[1], state.bonus, state.open, need, s, task.minimum[s], *trial
        )
        can = reached >= task.minimum[s] and task.minimum[state.forced | (_only(s, state))].sum() <= task.limits[0]
        state.bonus[s] = 0.0
        state.open[s] = False
        still = need & reachable(task, state) if need.any() else need
        without = choose(task, state, who, other, still, weights)
        dropped = without[0] + float(weights @ np.array(without[1:]))
        must = bool((need[who] & ~still[who]).any())
        if can and (must or (firm and state.forced[s]) or value < dropped):
            state.open[s], state.forced[s], state.bonus[s], chosen = True, True, bonus, trial
        else:
            state.forced[s], need, chosen = False, still, other
        plan[0][who], plan[1][who] = chosen[0][who], chosen[1][who]
    return state


def _only(s: int, state: State) -> Bools:
    only: Bools = np.arange(len(state.open)) == s
    return only


def feasible(task: Task, state: State, need: Bools, weights: Floats) -> tuple[Plan, State, Bools] | None:
    """A plan within all limits near the weights: what is over a limit makes its multiplier grow."""
    everyone = np.arange(task.choices.products)
    grown = weights.copy()
    for turn in range(24):
        plan = np.full(len(everyone), -1), np.zeros(len(everyone), np.int64)
        choose(task, state, everyone, plan, need, grown)
        settled, kept = state, need
        while lacking(task, settled, plan).any():
            settled = decide(task, settled, kept, grown, plan, firm=True)
            kept = kept & reachable(task, settled)
        _, money, volume = amounts(task, plan)
        sums, counts = ordered(task, plan, money)
        left = task.limits * (1.0 + TIE) - np.array([money.sum(), volume.sum()])
        over, near = left < 0, (plan[0].copy(), plan[1].copy())
        also = task.minimum, settled.open, kept
        balance(*task.pool, grown[0], grown[1], *also, left, sums, counts, *near, MOVED)
        if (left >= 0).all():
            return near, settled, kept
        if not over.any():
            return plan, settled, kept
        grown = np.where(over, grown * (1.0 + 1e-9 * 8.0**turn) + 1e-12 * 8.0**turn, grown)
    return None


def lifted(task: Task, state: State, need: Bools, weights: Floats) -> State | None:
    """The state with the bonus that brings each supplier that is forced to its minimum; None where none does."""
    state = replace(state, bonus=state.bonus.copy())
    plan = np.full(task.choices.products, -1), np.zeros(task.choices.products, np.int64)
    for s in np.flatnonzero(state.forced).tolist():
        who = task.members[s]
        found = kernels.lift(
            who, *task.pool, weights[0], weights[1], state.bonus, state.open, need, s, task.minimum[s], *plan
        )
        if not np.isfinite(found[0]):
            return None
        state.bonus[s] = found[0]
    return state


def with_fees(task: Task, need: Bools, weights: Floats, suppliers: Ints, sweeps: int = SWEEPS) -> tuple[Task, State]:
    """A relaxed task whose every dual bound holds for all combinations of suppliers that are dropped or lifted.

    A supplier's lines get the bonus that lifts it, but each product pays a fee for having any of them: a share of what
    they are worth to it, together no more than bonus x minimum, which is what the supplier would give back (Lagrangian
    relaxation of the switch: Fisher 1981). Thus either all of its products have them, or none cares.
    """
    lines, state = task.choices.lines.copy(), open_state(task)
    relaxed = replace(task, choices=replace(task.choices, lines=lines))
    plan = np.full(task.choices.products, -1), np.zeros(task.choices.products, np.int64)
    for _ in range(sweeps):
        for s in suppliers.tolist():
            who, at = task.members[s], task.offered[s]
            lines["fixed"][at] = task.choices.lines["fixed"][at]
            state.bonus[s], state.open[s] = 0.0, False
            still = need & reachable(task, state) if need.any() else need
            choose(relaxed, state, who, plan, still, weights)
            others = values(relaxed, state, weights, (plan[0][who], plan[1][who]))
            others[need[who] & (plan[0][who] < 0)] = np.inf
            state.open[s] = True
            bonus, _, _ = kernels.lift(
                who, *relaxed.pool, weights[0], weights[1], state.bonus, state.open, need, s, task.minimum[s], *plan
            )
            if not np.isfinite(bonus) or task.minimum[s] > task.limits[0]:
                state.open[s] = False
                continue
            state.bonus[s] = bonus
            worth = np.maximum(others - values(relaxed, state, weights, (plan[0][who], plan[1][who])), 0.0)
            worth = np.minimum(worth, bonus * task.minimum[s])
            state.forced[s] = worth.sum() > bonus * task.minimum[s] > 0
            fee = worth * min(1.0, bonus * task.minimum[s] / max(float(worth.sum()), TIE))
            lines["fixed"][at] += fee[np.searchsorted(who, lines["product"][at])]
    return relaxed, state


def values(task: Task, state: State, weights: Floats, plan: Plan) -> Floats:
    """What a plan's choices cost at the weights, less bonus, (n,)."""
    cost, money, volume = amounts(task, plan)
    bonus = np.append(state.bonus, 0.0)[task.supplier[plan[0]]]
    out: Floats = cost + (weights[0] - bonus) * money + weights[1] * volume
    return out
