"""The planner's orders of a morning within a budget."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ordercast.orders import choices, leads
from ordercast.orders.coupling import Coupled, couple
from ordercast.orders.planner import Worked
from ordercast.orders.words import Words
from ordercast.orders.world import Bools, Floats


def within(worked: Worked, budget: float, trusted: Bools, floor_units: Floats) -> tuple[Worked, Coupled]:
    """The decision with which the orders of trusted products cost at most `budget`, at the prices expected to be paid.

    floor_units: (products,) that the reorder point asks for, which are bought first (0: none). Others stay as they are.
    """
    products = len(worked.units)
    pool = choices.choices(worked.parts, products, floor_units=np.where(trusted, floor_units, 0.0))
    own = pool.lines[trusted[pool.lines["product"]]]
    _, row, units = leads.best_actions([(one, found) for one, _, found in worked.parts], products)
    wanted = (np.where(trusted, row, -1), np.where(trusted, units, 0.0))
    found = couple(
        choices.from_lines(own, pool.curve, products, wanted=wanted, floor=pool.floor & trusted), budget=budget
    )
    if not len(worked.offers):
        return worked, found
    series = np.where(found.supplier_row >= 0, worked.offers[found.supplier_row], -1)
    return (
        replace(
            worked,
            series=np.where(trusted, series, worked.series),
            units=np.where(trusted, found.units, worked.units),
        ),
        found,
    )


def said(found: Coupled, budget: float, words: Words) -> str:
    """The budget in a sentence: what of it is spent, what it cuts, and what one more of it would return."""
    whole, spent = words.money([budget, found.spent])
    if found.too_small(budget):
        least = words.money([found.least_order])[0]
        return f"The budget of {whole} does not pay the smallest order, {least}: none is placed."
    cut = int((found.bound_by == "budget").sum())
    if not cut:
        return f"The budget of {whole} does not bind: {spent} are spent."
    missed = int(found.floor_missed.sum())
    late = f" {missed} products stay under their reorder point." if missed else ""
    more = words.money([found.budget_multiplier])[0]
    return f"The budget of {whole} cuts {cut} products, {spent} are spent; one more of it would return {more}.{late}"
