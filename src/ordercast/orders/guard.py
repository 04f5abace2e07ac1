"""For which products the planner is trusted: those for which its record beats the ERP rule's, at executable prices.

The record is a replay of both over days that the forecasts had not seen. Prices of a catalogue move together, so that a
product's own record is mostly luck: first all products together must have gained, in most ways that the months could
have fallen. Where a product's own record is a loss all the same, the ERP rule goes on: losses come again. (To ask for
surer gains of single products withheld more than it saved, over six simulated catalogues.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ordercast.orders import savings
from ordercast.orders.policies import Decision, Policy
from ordercast.orders.world import Bools, Floats, State, View

SURE = 0.75  # share of the resampled records in which the catalogue must have gained
SEED = 7


@dataclass(frozen=True)
class Record:
    """What a planner gained on the ERP rule.

    gain: (products,) share of a product's cost, 0 where it had none; trusted: (products,); chance: share of the
    resampled records in which all products together gained; saving_pct: of all products together.
    """

    gain: Floats
    trusted: Bools
    chance: float
    saving_pct: float


def judged(cost: Floats, erp_cost: Floats) -> Record:
    """The record of a planner: cost, erp_cost (products, days), daily costs of the same days as `Account.daily`."""
    days = cost.shape[1]
    usual, gained = erp_cost.sum(axis=1), erp_cost - cost
    totals = gained.sum(axis=0)[savings.block_days(days, SEED)].sum(axis=1)
    chance = float((totals > 0).mean()) if days else 0.0
    saving = float(100 * gained.sum() / usual.sum()) if usual.sum() > 0 else 0.0
    gain = np.divide(gained.sum(axis=1), usual, out=np.zeros(len(cost)), where=usual > 0)
    alone = usual <= 0  # who has no record goes with the others
    return Record(gain, (chance >= SURE) & ((gain > 0) | alone), chance, saving)


@dataclass(frozen=True)
class Guarded:
    """The planner's decisions for trusted products, the ERP rule's for the others."""

    planner: Policy
    erp: Policy
    trusted: Bools
    name: str = "planner"

    def decide(self, view: View, state: State) -> Decision:
        series, units = self.erp.decide(view, state)
        if not self.trusted.any():
            return series, units
        planned, amount = self.planner.decide(view, state)
        return np.where(self.trusted, planned, series), np.where(self.trusted, amount, units)
