"""The textbook formulas of ordering: economic lot, safety stock, whole packs, the chance of a lower price."""

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from ordercast.orders.supply import Floats, Ints

LONGEST_LOT_DAYS = 365  # no lot is for more than a year's demand, however cheap it is to hold


def economic_lot(units_per_year: Floats, order_cost: Floats, holding_cost_per_year: Floats) -> Floats:
    """The lot that balances ordering against holding cost (Harris 1913, Wilson 1934), in units; shape (n,).

    order_cost: money per order; holding_cost_per_year: money to hold one unit for a year. Where holding costs
    nothing that lot has no bound, and a year's demand is taken.

    Snyder & Shen, Fundamentals of Supply Chain Theory, example 3.1: demand 1300, K = 8, h = 0.30 x 0.75.
    >>> economic_lot(np.array([1300]), np.array([8]), np.array([0.225])).round(4).tolist()
    [304.0468]
    """
    squared = np.square(np.asarray(units_per_year, dtype=np.float64))
    costs = 2.0 * units_per_year * order_cost
    np.divide(costs, holding_cost_per_year, out=squared, where=holding_cost_per_year > 0)
    return np.sqrt(squared)


def safety_stock(service_level: float, sd_units: Floats) -> Floats:
    """The stock against demand above its mean: normal quantile of the service level x sd, in units; shape (n,).

    service_level: probability (0 to 1, exclusive) of no stock-out while an order is under way.

    Snyder & Shen, example 5.5: sd 150 a year, lead time 1/12 year, service level 7.5 / 7.725; the reorder point
    190.337 less the mean 1300 / 12.
    >>> safety_stock(7.5 / 7.725, np.array([150 * (1 / 12) ** 0.5])).round(3).tolist()
    [82.004]
    """
    return NormalDist().inv_cdf(service_level) * sd_units


def lead_time_demand_sd(variance_units: Floats, units_per_day: Floats, lead_time_sd_days: Floats) -> Floats:
    """Standard deviation of demand while an order is under way, its lead time being uncertain too; shape (n,).

    variance_units: of the demand in the expected lead time. Silver, Pyke & Thomas, Inventory and Production
    Management in Supply Chains, ch. 7.

    Heizer & Render, Operations Management, ch. 12, 9-volt batteries: 150 a day (sd 16), lead time 5 days (sd 1).
    >>> lead_time_demand_sd(np.array([5 * 16**2]), np.array([150]), np.array([1])).round(1).tolist()
    [154.2]
    """
    return np.sqrt(variance_units + np.square(units_per_day * lead_time_sd_days))


def order_quantity(
    wish_units: Floats, moq_units: Floats, pack_units: Floats, room_units: Floats
) -> tuple[Ints, npt.NDArray[np.str_]]:
    """Whole units to order, and what bound them: none, moq, pack or shelf_capacity; both of shape (n,).

    The smallest pack multiple that reaches both wish and MOQ, but no more than the whole packs there is room for
    on the shelf (inf: no limit); where those are less than the MOQ, 0 and shelf_capacity.

    >>> wish, moq, pack, room = np.array([[212, 0, 24, np.inf], [30, 40, 24, 60], [30, 50, 24, 60]]).T
    >>> [of.tolist() for of in order_quantity(wish, moq, pack, room)]
    [[216, 48, 0], ['pack', 'moq', 'shelf_capacity']]
    """
    least = np.maximum(moq_units, 1)
    lot = np.ceil(np.maximum(wish_units, least) / pack_units) * pack_units
    fits = np.floor(room_units / pack_units) * pack_units
    units = np.minimum(lot, np.where(fits >= least, fits, 0))
    bound = np.select(
        [units < lot, wish_units < moq_units, units > np.ceil(wish_units)],
        ["shelf_capacity", "moq", "pack"],
        default="none",
    )
    return units.astype(np.int64), bound


def probability_lower(price: Floats, p10: Floats, p50: Floats, p90: Floats) -> Floats:
    """Probability that a forecast price comes out below `price`, 0 to 1; shape (n,).

    Piecewise linear through the three quantiles, the outer pieces going on as tails. Where quantiles coincide
    with `price`, the mass on that one value counts half: three equal quantiles on it give 0.5.

    >>> price = np.array([10.0, 9, 10, 20])
    >>> p10, p50, p90 = np.array([[8, 10, 12], [8, 10, 12], [10, 10, 10], [8, 10, 12.0]]).T
    >>> probability_lower(price, p10, p50, p90).tolist()
    [0.5, 0.3, 0.5, 1.0]
    """
    low, middle, high = np.sort(np.stack([p10, p50, p90]), axis=0)
    off = price - middle
    width = np.where(off < 0, middle - low, high - middle)
    beyond = np.where(off < 0, -np.inf, np.inf)
    below = np.clip(0.5 + np.divide(0.4 * off, width, out=beyond, where=width > 0), 0, 1)
    at_middle = 0.5 + 0.25 * (middle > low) - 0.25 * (high > middle)
    return np.asarray(np.round(np.where(off == 0, at_middle, below), 6), dtype=np.float64)
