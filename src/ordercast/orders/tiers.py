"""Quantity discounts: what an order of so many units gets off the quoted price, for all of its units."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ordercast.language import phrase
from ordercast.orders.supply import Floats, Ints
from ordercast.orders.words import Words

KEY = ["product_id", "supplier_id"]


def padded(price_tiers: pd.DataFrame | None, series: pd.DataFrame) -> tuple[Floats, Floats]:
    """Least units (inf where a series has fewer tiers) and discount of each tier, (series, most tiers) each.

    price_tiers: as in its contract, None for none; series: product_id, supplier_id, distinct. Units rise, and a
    discount is never less than that of fewer units: who orders more gets at least as much off.
    """
    none = np.zeros((len(series), 0))
    if price_tiers is None or price_tiers.empty:
        return none, none
    of = pd.MultiIndex.from_frame(series[KEY])
    rows = price_tiers.assign(series=of.get_indexer(pd.MultiIndex.from_frame(price_tiers[KEY])))
    rows = rows[rows["series"] >= 0].sort_values(["series", "min_units"], ignore_index=True)
    place = rows.groupby("series").cumcount().to_numpy()
    units = np.full((len(series), int(place.max(initial=-1)) + 1), np.inf)
    discount = np.zeros(units.shape)
    units[rows["series"], place] = rows["min_units"].to_numpy(np.float64)
    discount[rows["series"], place] = rows["discount_rate"].to_numpy(np.float64)
    return units, np.maximum.accumulate(discount, axis=1)


def reached(tier_units: Floats, tier_discount: Floats, units: Floats) -> tuple[Floats, Floats]:
    """Discount of an order of `units` and the least units it is given for, (n,) each; 0 and 0 below the first tier.

    tier_units, tier_discount: (n, tiers) of `padded`.

    >>> tiers = np.array([[100.0, 500.0]]), np.array([[0.05, 0.12]])
    >>> [[float(of[0]) for of in reached(*tiers, np.array([units]))] for units in (99, 100, 5000)]
    [[0.0, 0.0], [0.05, 100.0], [0.12, 500.0]]
    """
    got = np.where(tier_units <= np.asarray(units)[:, None], tier_discount, 0.0)
    discount = got.max(axis=1, initial=0.0)
    best = np.isfinite(tier_units) & (tier_discount >= discount[:, None])  # rising: the first of them is the least
    least = np.where(best, tier_units, np.inf).min(axis=1, initial=np.inf)
    return discount, np.where(discount > 0, least, 0.0)


def flat(tier_units: Floats, tier_discount: Floats) -> tuple[Ints, Floats, Floats]:
    """The tiers one after the other: offsets of the rows, (n + 1,), least units and discounts."""
    there = np.isfinite(tier_units)
    return np.append(0, np.cumsum(there.sum(axis=1))), tier_units[there], tier_discount[there]


def said(prices: pd.Series[float], discount: Floats, least_units: Floats, words: Words) -> list[str]:
    """Each price, behind it in brackets the tier that the order reaches, where it reaches one."""
    return words.choose(
        ["%(price)s", phrase("%(price)s (%(share)s off from %(units)s units)")],
        discount > 0,
        price=words.money(prices),
        share=words.shares(discount),
        units=words.numbers(least_units),
    )
