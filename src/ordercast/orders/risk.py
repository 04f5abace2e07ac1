"""Stock and room on the day an order arrives, and what a day costs at each stock: the planner's view of demand risk."""

from functools import lru_cache

import numpy as np

from ordercast.kernels import risk as kernels
from ordercast.orders.supply import Floats, Ints


@lru_cache
def loss_table() -> Floats:
    """Loss functions of standardised demand, read only; see `kernels.risk`."""
    table: Floats = kernels.loss_table()
    table.setflags(write=False)
    return table


def stock_on_arrival(
    on_hand_units: Floats, due_units: Floats, demand_units: Floats, lead_days: Ints, days: int
) -> tuple[Floats, Floats]:
    """Stock expected when an order of today arrives, (n,), and what arrives with an order of days 0..days-1, (n, days).

    due_units: (n, >= days + longest lead) open orders by the day they are due; demand_units: (n, any) mean demand by
    day, the last one going on; day 0 is today. Receipts come before the day's demand; what is not there when asked for
    is lost and owes nothing later. The receipts of day 0 are in the stock already, hence 0.

    >>> stock, receipts = stock_on_arrival(
    ...     np.array([5.0]), np.array([[0, 0, 4, 0, 9.0]]), np.array([[4.0]]), np.array([2]), days=3
    ... )
    >>> stock.tolist(), receipts.tolist()
    ([4.0], [[0.0, 0.0, 9.0]])
    """
    stock = np.asarray(on_hand_units, dtype=np.float64)
    last = demand_units.shape[1] - 1
    for day in range(int(lead_days.max(initial=0))):
        passed = np.maximum(stock + due_units[:, day] - demand_units[:, min(day, last)], 0.0)
        stock = np.where(day < lead_days, passed, stock)
    receipts = np.take_along_axis(due_units, lead_days[:, None] + np.arange(days), axis=1)
    stock = stock + receipts[:, 0]
    receipts[:, 0] = 0.0
    return stock, receipts


def stock_ceilings(
    stock_units: Floats, room_units: Floats, capacity_units: Floats, demand_units: Floats, lead_days: Ints, days: int
) -> Floats:
    """Up to where orders of days 0..days-1 may lift the stock expected at their arrival, (n, days) units.

    room_units: what may be ordered today, (n,): shelf capacity less stock less all that is on order. On later days it
    is capacity less the mean demand of the lead time, on the assumption that what is ordered must fit even if nothing
    were sold meanwhile: the ceiling binds the position, as it does today.
    """
    last = demand_units.shape[1] - 1
    column = np.minimum(np.arange(days + int(lead_days.max(initial=0))), last)
    total = np.zeros((len(stock_units), len(column) + 1))
    np.cumsum(demand_units[:, column], axis=1, out=total[:, 1:])
    until = np.take_along_axis(total, lead_days[:, None] + np.arange(days), axis=1)
    ceilings = np.maximum(capacity_units[:, None] - (until - total[:, :days]), 0.0)
    ceilings[:, 0] = stock_units + np.maximum(room_units, 0.0)
    return np.asarray(ceilings, dtype=np.float64)


def useful_capacity(
    capacity_units: Floats, units_per_day: Floats, least_lot_units: Floats, cover_days: float
) -> Floats:
    """The shelf capacity (inf: none is known), but no more than the least lot on top of so many days of demand, (n,).

    What is never worth holding need not be told apart; the least lot stays possible, however large it is.

    >>> pace, least = np.array([2.0, 2.0]), np.array([50.0, 50.0])
    >>> useful_capacity(np.array([np.inf, 90.0]), pace, least, cover_days=120).tolist()
    [290.0, 90.0]
    """
    return np.minimum(capacity_units, cover_days * units_per_day + least_lot_units)


def lead_demand(
    mean_units: Floats, variance_units: Floats, lead_days: int, lead_sd_days: float, days: int, level_cv: float = 0.0
) -> tuple[Floats, Floats]:
    """Mean and variance of the demand over the lead time from each of `days` days on, both (days,).

    mean_units, variance_units: by day from today, the last day going on; days are independent but for an error in the
    level of all of them, of level_cv of the mean. A lead time with a spread adds (demand a day x lead_sd_days)^2:
    Silver, Pyke & Thomas, ch. 7.

    >>> mean, variance = lead_demand(np.array([150.0]), np.array([16.0**2]), 5, 1.0, days=1)
    >>> mean.tolist(), (variance**0.5).round(1).tolist()
    ([750.0], [154.2])
    """
    out = np.empty((days, 2))
    kernels.windows(mean_units, variance_units, lead_days, lead_sd_days, level_cv, out)
    return out[:, 0], out[:, 1]


def expected_rest(stock_units: Floats, lead: tuple[float, float], until: tuple[float, float]) -> tuple[Floats, Floats]:
    """Expected stock at the end of a window and units lost since arrival, by ascending stock at arrival, both (n,).

    lead, until: mean and variance of demand until the order arrives, and until the end of the window. The stock at
    arrival is an expectation already: it is taken for what the lead time's demand leaves of some position, and the rest
    is what the whole window's demand leaves of it.

    Newsvendor: without lead time, a day's demand of mean 10 and sd 3 leaves as much of a stock of 10 as it misses; were
    it normal, 3 x 0.399 = 1.20.
    >>> rest, lost = expected_rest(np.array([10.0]), (0.0, 0.0), (10.0, 9.0))
    >>> rest.round(2).tolist(), lost.round(2).tolist()
    ([1.19], [1.19])
    """
    position, left = np.empty(len(stock_units)), np.empty(len(stock_units))
    lost, scratch = np.empty(len(stock_units)), np.empty((4, kernels.KNOTS))
    kernels.positions(stock_units, len(stock_units), *lead, loss_table(), scratch, position)
    kernels.left_over(position, len(stock_units), *until, loss_table(), scratch, left)
    kernels.close_day(stock_units, left, len(stock_units), until[0] - lead[0], left, lost)
    return left, lost


def expected_rest_of(stock_units: Floats, lead: tuple[float, float], until: tuple[float, float]) -> Floats:
    """Expected units of a stock at arrival that demand until the end of a window does not ask for, (n,).

    As `expected_rest`; with a window of lead time + shelf life, the units that spoil.
    """
    return np.minimum(expected_rest(stock_units, lead, until)[0], stock_units)
