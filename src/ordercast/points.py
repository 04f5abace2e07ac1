"""The points of all products' value curves as arrays, beside the order lines of the same run: a what-if's ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ordercast.knapsack import Bools, Floats, Ints

CENTS = 100.0  # money is added up in whole ones, so that a budget is kept to the last of them
NUMBERS = ("cost", "expected_saving", "saving_p10", "saving_p90", "cover_days")


@dataclass(frozen=True)
class Curves:
    """The points of n products, ascending by product, spend and quantity, and the order lines they belong to.

    begins: (n + 1,) offsets into the points; product, units, cents, cost, expected_saving, saving_p10, saving_p90,
    cover_days, lost_value: (points,), the last in money of demand not served, 0 where nobody knows; may: (points,)
    whether a point can be chosen at all, reorder point kept; least: (points,) the least order among those. Of products,
    (n,): plan, the point of the run; demand_value. place: (lines,) the product of an order line, -1 without curve.
    table: the points as they were read, in this order.
    """

    begins: Ints
    product: Ints
    units: Floats
    cents: Floats
    cost: Floats
    expected_saving: Floats
    saving_p10: Floats
    saving_p90: Floats
    cover_days: Floats
    lost_value: Floats
    may: Bools
    least: Bools
    plan: Ints
    demand_value: Floats
    place: Ints
    ids: pd.Index[str]
    table: pd.DataFrame

    @staticmethod
    def of(curves: pd.DataFrame, lines: pd.DataFrame) -> Curves:
        """The curves of data/orders/curves.parquet beside the lines of orders.parquet.

        Raises ValueError where the two tell of different plans.
        """
        table = curves.sort_values(["product_id", "spend", "quantity_units"], ignore_index=True)
        product, ids = pd.factorize(table["product_id"], sort=True)
        ids, begins = pd.Index(ids), np.searchsorted(product, np.arange(len(ids) + 1))
        planned = np.flatnonzero(table["planned"])
        place = ids.get_indexer(pd.Index(lines["product_id"]))
        _refuse_other_plan(table, lines, product[planned], planned, place, len(ids))
        units, choosable = table["quantity_units"].to_numpy(np.float64), table["choosable"].to_numpy(np.bool_)
        most = by_product(np.maximum, np.where(choosable, units, 0.0), begins)
        may = choosable & (units >= np.minimum(table["floor_units"].to_numpy(np.float64), most[product]))
        smallest = by_product(np.minimum, np.where(may & (units > 0), units, np.inf), begins)
        value = table["demand_value"].to_numpy(np.float64)
        known = table["fill"].notna().to_numpy()
        return Curves(
            begins=begins,
            product=product,
            units=units,
            cents=np.rint(CENTS * table["spend"].to_numpy(np.float64)),
            **{name: table[name].to_numpy(np.float64) for name in NUMBERS},
            lost_value=np.where(known, value * (1 - table["fill"].to_numpy(np.float64)), 0.0),
            may=may,
            least=may & (units == smallest[product]),
            plan=planned,
            demand_value=np.where(known, value, 0.0)[begins[:-1]],
            place=place,
            ids=ids,
            table=table,
        )


def _refuse_other_plan(
    table: pd.DataFrame, lines: pd.DataFrame, product: Ints, planned: Ints, place: Ints, products: int
) -> None:
    if not np.array_equal(product, np.arange(products)):
        raise ValueError("curves: a product has no planned point, or more than one; run `dvc repro orders`")
    told = np.append(table["quantity_units"].to_numpy()[planned], 0)[place]
    other = np.flatnonzero(lines["quantity_units"].to_numpy() != told)
    if len(other):
        line = lines.iloc[other[0]]
        raise ValueError(
            f"curves and order lines come from different plans: product {line['product_id']} has {told[other[0]]:g} "
            f"units on its curve and {line['quantity_units']:g} on its line; run `dvc repro orders`"
        )


def by_product(of: np.ufunc, values: Floats, begins: Ints) -> Floats:
    return np.asarray(of.reduceat(values, begins[:-1]) if len(values) else values)
