"""For which products the planner is trusted: those for which its record beats the ERP rule's, at executable prices.

The record is a replay of both over days that the forecasts had not seen. Prices of a catalogue move together, so that a
product's own record is mostly luck: first all products together must have gained, in most ways that the months could
have fallen; then a product's gain is drawn towards the catalogue's as far as it is no surer than that (empirical Bayes:
Morris 1983), and where what is left of it may well be a loss the ERP rule goes on. So it does where a product's own
record is a loss: a stock bought ahead moves months about and makes luck look larger than it is, so that losses come
again more often than all that lets expect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ordercast.orders import savings
from ordercast.orders.policies import Decision, Policy
from ordercast.orders.world import Bools, Floats, State, View

SURE = 0.75  # share of the resampled records in which the catalogue must have gained
DOUBTS = 1.0  # standard deviations by which a product's expected gain must be over 0: one-sided 84%
SEED = 7
DRAWS = 200  # of the record, enough for the spread of a product's gain


@dataclass(frozen=True)
class Record:
    """What a planner gained on the ERP rule.

    gain: (products,) expected share of a product's cost, its own record drawn towards the catalogue's; doubt: its
    standard deviation; trusted: (products,); chance: share of the resampled records in which all products together
    gained; saving_pct: of all products together.
    """

    gain: Floats
    doubt: Floats
    trusted: Bools
    chance: float
    saving_pct: float


def judged(cost: Floats, erp_cost: Floats) -> Record:
    """The record of a planner: cost, erp_cost (products, days), daily costs of the same days as `Account.daily`."""
    products, days = cost.shape
    usual = erp_cost.sum(axis=1)
    gained = erp_cost - cost
    drawn = savings.block_days(days, SEED)
    totals = gained.sum(axis=0)[drawn].sum(axis=1)
    times = np.array([np.bincount(each, minlength=days) for each in drawn[:DRAWS]])
    chance = float((totals > 0).mean()) if days else 0.0
    saving = float(100 * gained.sum() / usual.sum()) if usual.sum() > 0 else 0.0
    share = np.divide(gained.sum(axis=1), usual, out=np.zeros(products), where=usual > 0)
    spread = np.divide((gained @ times.T).std(axis=1), usual, out=np.ones(products), where=usual > 0)
    gain, doubt = shrunk(share, np.square(spread), saving / 100)
    nothing = usual <= 0  # who has no record goes with the others
    own = ((share > 0) & (gain > DOUBTS * doubt)) | (nothing & (gain > 0))
    return Record(gain, doubt, (chance >= SURE) & own, chance, saving)


def shrunk(share: Floats, variance: Floats, centre: float) -> tuple[Floats, Floats]:
    """Shares drawn towards the centre by their variance beside that between products, and their doubt, (products,).

    The doubt is the standard deviation of what a share truly is, given all that: 0 where products do not differ.

    >>> expected, doubt = shrunk(np.array([0.04, -0.04]), np.array([0.0, 0.0004]), 0.0)
    >>> expected.round(3).tolist(), doubt.round(3).tolist()
    ([0.04, -0.031], [0.0, 0.018])
    """
    between = max(float(np.mean(np.square(share - centre) - variance)), 0.0)
    weight = np.divide(between, between + variance, out=np.zeros(len(share)), where=between + variance > 0)
    return centre + weight * (share - centre), np.sqrt(weight * variance)


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
