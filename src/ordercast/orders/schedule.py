"""When the ERP rule's lines order and arrive: today, or on the day stock or room is expected to call for it."""

import numpy as np
import pandas as pd

from ordercast.orders import supply
from ordercast.orders.supply import DemandAhead, Floats, Stock


def scheduled(
    lines: pd.DataFrame, demand: DemandAhead, held: Stock, *, longest_days: int, review_period_days: float
) -> pd.DataFrame:
    """The lines with order_days and arrive_days (from today), not_before, and reviewed: whether not every day is.

    A line that waits is expected to buy on the first day of review on which stock has fallen to the reorder point, or
    there is room. not_before is True where that lies behind the product's demand forecast, of longest_days where it has
    none; the day is then the first of review that is no earlier than the forecast's last.
    """
    days = np.full(len(lines), np.inf)
    days[lines["situation"] == "buy"] = 0
    days[lines["situation"] == "enough"] = _days_to_reorder(lines[lines["situation"] == "enough"], demand, held)
    shelf = lines[lines["situation"] == "shelf"]
    never = shelf["least_units"] > held.capacity[shelf["product"]]
    missing_room = (shelf["least_units"] - shelf["room_units"]).mask(never, np.inf).to_numpy(np.float64)
    days[shelf.index] = demand.days_until_used(shelf["product"].to_numpy(np.int64), missing_room)
    days = np.where(lines["situation"] == "buy", 0, np.maximum(np.ceil(days), 1))
    reach = demand.horizon_days[lines["product"]]
    reach = np.where(reach > 0, reach, longest_days)
    every = max(review_period_days, 1)
    order_days = np.ceil(np.minimum(days, reach) / every) * every
    return lines.assign(
        order_days=order_days,
        arrive_days=order_days + np.ceil(lines["lead_time_days"]),
        not_before=days > reach,
        reviewed=every > 1,
    )


def _days_to_reorder(enough: pd.DataFrame, demand: DemandAhead, held: Stock) -> Floats:
    """Days until the position falls to the reorder point or is spoilt; orders due later enter it as they come near."""
    lines = enough[["product", "protection_days"]].assign(line=np.arange(len(enough)))
    later = lines.merge(held.due, on="product")
    later = later[later["due_days"] > later["protection_days"]]
    product = enough["product"].to_numpy(np.int64)
    used = supply.days_covered(
        demand,
        product,
        (enough["position_units"] - enough["reorder_point"]).to_numpy(np.float64),
        later["line"].to_numpy(np.int64),
        np.ceil((later["due_days"] - later["protection_days"]).to_numpy(np.float64)),
        later["quantity_units"].to_numpy(np.float64),
    )
    return np.asarray(np.minimum(used, held.keeps_days[product]), dtype=np.float64)
