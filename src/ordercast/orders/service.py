"""The service floor: where a plan would serve too little of a product's demand, its lost units are made to count more.

The least cost of a programme is a lower envelope of straight lines in what a lost unit costs: concave, and its slope is
the number of units the best plan loses. Between two prices of a lost unit the slope of the chord is therefore at least
what is lost at the higher one, so that solving tells of service without following a single plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ordercast.orders import lattice
from ordercast.orders.lattice import Actions, Offers, Problem
from ordercast.orders.leads import Programme
from ordercast.orders.world import Bools, Floats, Ints

PROBE = 0.01  # of a lost unit's value: how much it is raised to see what is lost as it is
LEAST, MOST = 0.125, 32.0  # of its value: how much more a lost unit may count
ROUNDS = 6  # of bisection between them; with probe and last solve eight of a product under the floor

Part = tuple[Programme, Problem, Actions]


@dataclass(frozen=True)
class Served:
    """What the floor did to n products: added, money a lost unit counts more (0: the plan serves enough as it is).

    fill: expected share of the demand served that an order of today or later can reach, no less than this.
    """

    added: Floats
    fill: Floats

    def missed(self, floor: float) -> Bools:
        """Products that stay under it whatever a lost unit costs: too small a shelf, or too large an order."""
        return np.asarray(self.fill < floor - 1e-9)


def kept(parts: Sequence[Part], products: int, floor: float) -> tuple[list[Part], Served]:
    """The parts, those of products under the floor solved anew with a higher value of lost units.

    A product is judged by the programme of its shortest lead time, the first part; all its programmes are raised.
    """
    served = Served(np.zeros(products), np.ones(products))
    if not parts:
        return list(parts), served
    one, problem, found = parts[0]
    value = problem.lost_value.mean(axis=(1, 2))
    asked = asked_units(problem)
    _, probe, more = probed(problem)
    lost = (probe.cost - found.cost) / more
    below = np.flatnonzero(lost > (1 - floor) * asked)
    if len(below):
        served.added[one.products[below]] = _least(
            of_products(problem, below), found.cost[below], value[below], (1 - floor) * asked[below]
        )
        parts = [_solved(part, served.added) for part in parts]
        _, now, more = probed(parts[0][1])
        lost = (now.cost - parts[0][2].cost) / more
    served.fill[one.products] = 1 - np.divide(lost, asked, out=np.zeros(len(asked)), where=asked > 0)
    return list(parts), served


def report(served: Sequence[tuple[Served | None, Bools]], floor: float | None) -> dict[str, Any] | None:
    """The floor as plain JSON values, over all blocks with who is trusted in each; None without a floor."""
    parts = [(found.added[who], found.fill[who], found.missed(floor)[who]) for found, who in served if found and floor]
    if not parts or floor is None:
        return None
    added, fill, missed = (np.concatenate(column) for column in zip(*parts, strict=True))
    return {
        "floor": floor,
        "products": len(added),
        "raised": int((added > 0).sum()),
        "missed": int(missed.sum()),
        "expected_fill": round(float(fill.mean()), 6) if len(fill) else None,
        "least_expected_fill": round(float(fill.min()), 6) if len(fill) else None,
    }


def _least(problem: Problem, cost: Floats, value: Floats, allowed: Floats) -> Floats:
    """How much more a lost unit must cost for no more than `allowed` to be lost, (n,); at most MOST of its value."""
    low, high = np.full(len(value), LEAST), np.full(len(value), MOST)
    from_ = np.zeros(len(value))
    for _ in range(ROUNDS):
        middle = np.sqrt(low * high)
        there = lattice.solve(_raised(problem, middle * value)).cost
        enough = (there - cost) <= allowed * (middle * value - from_)
        high = np.where(enough, middle, high)
        low, from_ = np.where(enough, low, middle), np.where(enough, from_, middle * value)
        cost = np.where(enough, cost, there)
    return np.asarray(high * value)


def probed(problem: Problem) -> tuple[Problem, Actions, Floats]:
    """The problem with lost units that cost a little more, solved, and how much more, (n,): what it adds is lost."""
    more = PROBE * problem.lost_value.mean(axis=(1, 2))
    dearer = _raised(problem, more)
    return dearer, lattice.solve(dearer), more


def _solved(part: Part, added: Floats) -> Part:
    one, problem, _ = part
    problem = _raised(problem, added[one.products])
    return one, problem, lattice.solve(problem)


def _raised(problem: Problem, added: Floats) -> Problem:
    return replace(problem, lost_value=problem.lost_value + added[:, None, None])


def asked_units(problem: Problem) -> Floats:
    """Mean demand of the days on which orders of the horizon's days arrive, (n,)."""
    days, last = problem.lost_value.shape[1], problem.demand_mean.shape[1] - 1
    day = np.minimum(problem.lead_days[:, None] + np.arange(days), last)
    return np.asarray(np.take_along_axis(problem.demand_mean, day, axis=1).sum(axis=1))


def of_products(problem: Problem, products: Ints) -> Problem:
    """The problem of some of its products alone, rising rows."""
    offers = problem.offers
    count = np.diff(offers.rows)[products]
    rows = np.append(0, np.cumsum(count))
    own = np.repeat(offers.rows[products] - rows[:-1], count) + np.arange(rows[-1])
    tiers = np.diff(offers.tier_rows)[own]
    tier_rows = np.append(0, np.cumsum(tiers))
    places = np.repeat(offers.tier_rows[own] - tier_rows[:-1], tiers) + np.arange(tier_rows[-1])
    terms = {name: getattr(offers, name)[own] for name in ("moq_units", "pack_units", "order_cost", "spare_days")}
    parts: dict[str, Any] = {
        name: values[products] for name, values in vars(problem).items() if name not in ("offers", "paid")
    }
    found = Offers(
        rows=rows,
        **terms,
        tier_rows=tier_rows,
        tier_units=offers.tier_units[places],
        tier_discount=offers.tier_discount[places],
    )
    return Problem(offers=found, paid=problem.paid[own], **parts)
