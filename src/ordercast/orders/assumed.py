"""Supplier figures, those that no table gives being assumed, and the settings of a purchasing policy."""

from typing import Protocol

import numpy as np
import pandas as pd

from ordercast.orders.supply import refuse_repeats

SUPPLIER_FIGURES = ("lead_time_days", "lead_time_sd_days", "moq_units", "pack_units", "order_cost")
FIGURES = (*SUPPLIER_FIGURES, "holding_rate_per_year")


class Defaults(Protocol):
    """Figures taken where the tables give none; params.orders.defaults has this shape."""

    @property
    def lead_time_days(self) -> float: ...
    @property
    def lead_time_sd_days(self) -> float: ...
    @property
    def moq_units(self) -> float: ...
    @property
    def pack_units(self) -> float: ...
    @property
    def order_cost(self) -> float: ...
    @property
    def holding_rate_per_year(self) -> float: ...


class Rules(Protocol):
    """Settings of a policy; params.orders has this shape."""

    @property
    def service_level(self) -> float: ...
    @property
    def review_period_days(self) -> float: ...
    @property
    def defaults(self) -> Defaults: ...


def fill_assumptions(
    suppliers: pd.DataFrame, series: pd.DataFrame, products: pd.DataFrame, defaults: Defaults
) -> pd.DataFrame:
    """Every product x supplier that has prices, with all figures filled in and the assumed ones named.

    Columns: product_id, supplier_id, the names in FIGURES (days, units, money per order, share per year) and
    `assumed`, the comma-separated names of the figures that came from `defaults` ("" for none). Sorted by
    product_id, supplier_id. What this function returned may be passed to it again as `suppliers`.

    Raises ValueError for a repeated key and for a figure no order can be computed from.
    """
    keys = ["product_id", "supplier_id"]
    for frame, name, key in ((suppliers, "suppliers", keys), (series, "series", keys)):
        refuse_repeats(frame, key, name)
    refuse_repeats(products, ["product_id"], "products")
    given = suppliers.reindex(columns=[*keys, *SUPPLIER_FIGURES, "assumed"])
    rates = products.reindex(columns=["product_id", "holding_rate_per_year"])
    filled = series[keys].sort_values(keys, ignore_index=True)
    filled = filled.merge(given, on=keys, how="left").merge(rates, on="product_id", how="left")
    named = filled["assumed"].astype("object").fillna("").astype("str")
    missing = np.zeros(len(filled), dtype=np.int64)
    for bit, figure in enumerate(FIGURES):
        values = filled[figure].astype("float64")
        assumed = values.isna() | named.str.contains(figure, regex=False)
        missing += assumed.to_numpy(np.int64) << bit
        filled[figure] = values.fillna(float(getattr(defaults, figure)))
    labels = [
        ",".join(figure for bit, figure in enumerate(FIGURES) if code >> bit & 1) for code in range(1 << len(FIGURES))
    ]
    filled["assumed"] = pd.Series([labels[code] for code in missing], index=filled.index, dtype="str")
    _refuse_impossible(filled)
    return filled[[*keys, *FIGURES, "assumed"]]


def _refuse_impossible(figures: pd.DataFrame) -> None:
    whole = figures["pack_units"] == figures["pack_units"].round()
    for column in FIGURES:
        possible = whole & (figures[column] >= 1) if column == "pack_units" else figures[column] >= 0
        if possible.all():
            continue
        row = figures[~possible].iloc[0]
        rule = "a whole number of at least 1" if column == "pack_units" else "0 or more"
        if column in row["assumed"].split(","):
            raise ValueError(f"orders.defaults.{column} is {row[column]:g}; it must be {rule}.")
        table = "suppliers" if column in SUPPLIER_FIGURES else "products"
        raise ValueError(
            f"{table}: {column} is {row[column]:g} for product {row['product_id']}, supplier "
            f"{row['supplier_id']}; it must be {rule}. Correct it, or leave it empty to use "
            f"orders.defaults.{column}."
        )
