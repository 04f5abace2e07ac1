"""What stays under stock whatever the planner thinks: in a replay the rule's reorder point, today also the line's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from ordercast.orders.lots import order_quantity
from ordercast.orders.policies import Decision
from ordercast.orders.world import Bools, Floats, Ints, State, View, World


class Floor(Protocol):
    """A rule that buys what is missing to its reorder point; see `policies.ReorderPoint`."""

    def decide(self, view: View, state: State) -> Decision: ...

    def late(self, view: View, state: State) -> Bools: ...

    def reorder_points(self, view: View) -> Floats: ...


@dataclass(frozen=True)
class AndOfTheLine:
    """A floor, and no less than the reorder point that the ERP rule's line of today is printed with.

    The replayed rule goes by recent demand, the line by the demand that is forecast: the higher point holds.
    series: (products,) of the line's supplier, -1 where it is not offered; point_units, missing_units: (products,), the
    line's reorder point and what is missing to it, as far as the line buys it (0: it waits).
    """

    rule: Floor
    series: Ints
    point_units: Floats
    missing_units: Floats

    @staticmethod
    def of(rule: Floor, lines: pd.DataFrame, world: World) -> AndOfTheLine:
        """lines: of `erp.plan`, with those of all the world's products."""
        own = lines.set_index("product_id").loc[world.product_ids.tolist()]
        key = pd.MultiIndex.from_arrays([world.product_ids[world.terms.product], world.supplier_ids])
        named = pd.MultiIndex.from_arrays([world.product_ids, own["erp_supplier_id"].to_numpy(object)])
        place = key.get_indexer(named).astype(np.int64)
        point = own["reorder_point_units"].to_numpy(np.float64)
        position = (own["on_hand_units"] + own["on_order_units"]).to_numpy(np.float64)
        bought = own["erp_quantity_units"].to_numpy(np.float64)
        missing = np.clip(np.nan_to_num(point - position), np.minimum(bought, 1.0), bought)
        return AndOfTheLine(rule, place, np.nan_to_num(point), missing)

    def decide(self, view: View, state: State) -> Decision:
        series, units = self.rule.decide(view, state)
        own = np.maximum(self.series, 0)
        terms, room = view.terms, state.room_units
        least, _ = order_quantity(self.missing_units, terms.moq_units[own], terms.pack_units[own], room)
        more = (self.series >= 0) & (self.missing_units > 0) & view.orderable[own] & (least > units)
        return np.where(more, self.series, series), np.where(more, least, units).astype(np.float64)

    def late(self, view: View, state: State) -> Bools:
        return self.rule.late(view, state)

    def reorder_points(self, view: View) -> Floats:
        points = self.rule.reorder_points(view).copy()
        own = self.series[self.series >= 0]
        points[own] = np.maximum(points[own], self.point_units[self.series >= 0])
        return points
