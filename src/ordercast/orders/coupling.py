"""Today's orders of all products together: one budget, one warehouse, and what a supplier's order must come to.

Every limit gets a price: what a unit of money, or of volume, more would save (generalized Lagrange multipliers: Everett
1963; Fisher 1981). At these prices each product chooses for itself. The dual is maximised by its cutting planes (Kelley
1960), which for one limit is bisection with a good guess. A supplier under its minimum is either dropped or
lifted: its lines get a bonus that brings in the units of least marginal cost. What the limits leave over is filled
with what saves most per resource, and a search among the few choices that can still matter (the core: Balas & Zemel
1980) closes the rest of the gap. Few products with few minima are solved to the proven optimum.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ordercast.kernels.repair import TIE
from ordercast.orders import multipliers
from ordercast.orders.choices import Choices, affordable, units_of
from ordercast.orders.multipliers import Plan, Task
from ordercast.orders.selection import best
from ordercast.orders.supply import Floats, Ints
from ordercast.orders.world import Bools

FLOOR_ROUNDS = 4  # of choosing floors anew, less the suppliers whose minimum leaves theirs without an order


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

    Four days of 10 units each at 2 apiece, 5 for an order: 50 would buy 25 units, but two whole days are better.
    >>> from ordercast.orders import lattice, leads
    >>> from ordercast.orders.choices import choices
    >>> day, one = np.full(4, 10.0), np.array([5.0])
    >>> problem = lattice.certain(day, 2.0 + 0 * day[None], one, holding_cost=0.1, lost_value=9, ceiling_units=40)
    >>> (part,) = leads.programmes(problem.offers.rows, np.zeros(1, dtype=np.int64))
    >>> pool = choices([(part, problem, lattice.solve(problem))], products=1)
    >>> couple(pool).units.tolist(), couple(pool, budget=50.0).units.tolist()
    ([40.0], [20.0])
    >>> found = couple(pool, budget=50.0)
    >>> found.spent, found.bound_by.tolist()
    (40.0, ['budget'])
    """
    minimum = np.zeros(0) if minimum is None else minimum
    suppliers = max(int(choices.lines["supplier"].max(initial=-1)) + 1, len(minimum))
    limits = np.array([np.inf if each is None else max(float(each), 0.0) for each in (budget, room)])
    least = np.append(np.maximum(minimum, 0.0), np.zeros(suppliers - len(minimum)))
    everyone = np.ones(suppliers, np.bool_)
    task = Task(choices, limits, least, _floors_served(choices, limits, choices.floor, everyone))
    wanted = _wanted(task)
    if multipliers.fits(task, wanted):
        weights, plan, bound = np.zeros(2), wanted, multipliers.cost_of(task, wanted)
    else:
        own, kept = affordable(choices, limits)
        (line, step), weights, bound = _best(Task(own, limits, least, task.need))
        plan = np.append(kept, -1)[line], step
    return _report(task, wanted, plan, weights, bound)


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


def _best(task: Task) -> tuple[Plan, Floats, float]:
    """The best plan that keeps the floors it should, its multipliers and bound.

    Where a supplier's minimum leaves some of these without an order, it is left out when the floors that can be paid
    are chosen anew; the plan that misses the fewest is taken, of those the cheapest.
    """
    pool, closed = task.choices, np.zeros(len(task.minimum), np.bool_)
    chosen = found = best(task)
    least = np.inf, np.inf
    for left in range(FLOOR_ROUNDS, -1, -1):
        plan = found[0]
        kept = np.append(pool.lines["meets_floor"], 0)[plan[0]] == 1
        cost, money, _ = multipliers.amounts(task, plan)
        if (price := (int((pool.floor & ~kept).sum()), float(cost.sum()))) < least:
            chosen, least = found, price
        lost = (task.need & ~kept)[pool.lines["product"]] & (pool.lines["meets_floor"] == 1)
        nothing = multipliers.ordered(task, plan, money)[0] == 0
        shut = np.bincount(pool.lines["supplier"][lost], minlength=len(closed)) > 0
        shut &= nothing & (task.minimum > 0) & ~closed
        if not left or not shut.any():
            break
        closed |= shut
        task = replace(task, need=_floors_served(pool, task.limits, pool.floor, ~closed))
        found = best(task)
    return chosen


def _floors_served(choices: Choices, limits: Floats, asked: Bools, open_to: Bools) -> Bools:
    """The floors that are kept: all if they can be paid, else those whose lateness costs most per money, (n,).

    asked: (n,) which floors there are; open_to: (suppliers,) who may get an order.
    """
    lines = choices.lines
    at = np.flatnonzero(asked[lines["product"]] & (lines["meets_floor"] == 1) & open_to[lines["supplier"]])
    money = lines["spend"][at] * lines["first_units"][at]
    order = np.lexsort([money, lines["product"][at]])
    _, first = np.unique(lines["product"][at][order], return_index=True)
    cheapest, money = at[order][first], money[order][first]
    volume = lines["volume"][cheapest] * lines["first_units"][cheapest]
    cost = lines["fixed"][cheapest] + lines["price"][cheapest] * lines["first_units"][cheapest]
    cost = cost + choices.curve[lines["points_from"][cheapest]]
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
    supplier = task.supplier
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
        budget_multiplier=abs(float(weights[0])),
        volume_multiplier=abs(float(weights[1])),
        dual_bound=min(bound, total),
        gap=max(total - bound, 0.0) / max(abs(bound), TIE),
        bound_by=_bound_by(task, wanted, plan, weights, (desired - money, space - volume), asked < task.minimum),
        floor_missed=task.choices.floor & ~meets,
        shortfall=np.where(dropped, task.minimum - asked, 0.0),
        least_order=float((lines["spend"] * lines["first_units"]).min(initial=np.inf)),
    )


def _bound_by(
    task: Task, wanted: Plan, plan: Plan, weights: Floats, less: tuple[Floats, Floats], short: Bools
) -> NDArray[np.str_]:
    """The limit that costs most of what a product gets less than it wants; a supplier's minimum where none does.

    short: (suppliers,) where all that is wanted does not come to the minimum; others get nothing for want of money.
    """
    supplier = task.supplier
    changed = (wanted[0] != plan[0]) | (wanted[1] != plan[1])
    own, now = supplier[wanted[0]], supplier[plan[0]]
    sums = np.append(np.bincount(now + 1, minlength=len(task.minimum) + 1)[1:], 1)
    dropped = (own >= 0) & (sums[own] == 0) & np.append(short, False)[own]
    lifted = (now >= 0) & (less[0] < 0) & (np.append(task.minimum, 0.0)[now] > 0)
    of_money, of_volume = weights[0] * less[0], weights[1] * less[1]
    if not weights.any():
        of_money, of_volume = less[0] / max(task.limits[0], 1.0), less[1] / max(task.limits[1], 1.0)
    limit = np.where(of_money >= of_volume, "budget", "volume")
    by_minimum = dropped | lifted | (np.maximum(of_money, of_volume) <= 0) & (task.minimum > 0).any()
    return np.where(changed, np.where(by_minimum, "supplier_minimum", limit), "")
