"""The ERP rule's orders among the limits of a day: placed as they are, or held back, which their lines then say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast.language import phrase
from ordercast.orders.choices import LINE
from ordercast.orders.lattice import Records
from ordercast.orders.supply import Floats, Ints
from ordercast.orders.words import Words
from ordercast.orders.world import Bools

HELD_BACK = {
    "budget": phrase("Wait: the budget of today's orders does not reach for it. The ERP rule: %(rule)s"),
    "warehouse_volume": phrase("Wait: the warehouse has no room left for it. The ERP rule: %(rule)s"),
    "supplier_minimum": phrase("Wait: the limits of today's orders leave nothing for it. The ERP rule: %(rule)s"),
}


@dataclass(frozen=True)
class Fixed:
    """Orders of products that the planner does not plan, (n,) each, at most one of a product.

    product, row: places among the products and the offers; supplier_id; units; money; saving against waiting.
    """

    product: Ints
    row: Ints
    supplier_id: NDArray[np.object_]
    units: Floats
    money: Floats
    saving: Floats

    def lines(self, supplier: int, volume_per_unit: Floats, places: int) -> tuple[Records, Floats]:
        """Choices of one lot each, of a `supplier` of their own, and what follows a curve of so many places."""
        lines = np.zeros(len(self.product), LINE)
        lines["product"], lines["row"], lines["supplier"] = self.product, self.row, supplier
        lines["points_from"], lines["count"], lines["meets_floor"] = places + np.arange(len(lines)), 1, 1
        lines["first_units"] = lines["lot_units"] = self.units
        lines["price"] = lines["spend"] = self.money / self.units
        if len(volume_per_unit):
            lines["volume"] = volume_per_unit[self.product]
        return lines, -self.saving - self.money

    def spent_at(self, supplier_ids: NDArray[np.object_], placed: Bools) -> Floats:
        """Money of the orders that are placed, (n,), at each of the suppliers."""
        place = pd.Index(supplier_ids).get_indexer(pd.Index(self.supplier_id))
        money = np.where(placed, self.money, 0.0)
        return np.bincount(place[place >= 0], money[place >= 0], minlength=len(supplier_ids)).astype(np.float64)


_NO_PLACES, _NO_FIGURES = np.zeros(0, dtype=np.int64), np.zeros(0)
NO_ORDERS = Fixed(_NO_PLACES, _NO_PLACES, np.zeros(0, dtype=object), _NO_FIGURES, _NO_FIGURES, _NO_FIGURES)


def held_back(bound_by: list[str], rule: list[str], words: Words) -> list[str]:
    """What is said of each order that a limit left nothing for; rule: its reason by the ERP rule."""
    return words.choose(list(HELD_BACK.values()), [list(HELD_BACK).index(limit) for limit in bound_by], rule=rule)
