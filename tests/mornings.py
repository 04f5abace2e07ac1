"""A morning of a small replay world worked through, and the ERP rule's lines beside it."""

from typing import Any

import numpy as np
import pandas as pd
import replayed

from ordercast import schema
from ordercast.language import Voice
from ordercast.orders import planned
from ordercast.orders.limits import Limits
from ordercast.orders.planned import Morning
from ordercast.orders.planner import Planner
from ordercast.orders.policies import ReorderPoint, just_in_time
from ordercast.orders.replay import opening_morning
from ordercast.orders.timing import NO_CORRECTION
from ordercast.orders.words import Words
from ordercast.orders.world import World

__all__ = ["NO_CORRECTION", "PLANNER", "REASONS", "WORDS", "Morning", "planned", "rule", "worked"]
WORDS = Words(Voice("pt_BR", "BRL"))  # English with figures as Brazil writes them
REASONS = {"reason": WORDS}
PLANNER = Planner(replayed.one_in_ten, just_in_time(2.05), execution="quote_seen")


def worked(world: World, planner: Planner = PLANNER, allowed: Limits | None = None) -> Morning:
    return planned.morning(world, planner, np.ones(world.products, dtype=bool), allowed)


def rule(world: World, reason: str = "as the rule has it.", **changes: Any) -> pd.DataFrame:
    """The ERP rule's lines of the world's last morning, a row per product; changes: columns to set."""
    view, state = opening_morning(world)
    series, units = ReorderPoint(2.05).decide(view, state)
    shown = np.where(series >= 0, series, world.terms.starts)
    price = np.nan_to_num(view.today_price[shown])
    today = pd.Timestamp(view.dates[-1])
    lines = pd.DataFrame(
        {
            "run_id": "2026-01-01-a",
            "product_id": world.product_ids,
            "supplier_id": world.supplier_ids[shown],
            "decision": np.where(units > 0, "buy", "wait"),
            "quantity_units": units.astype(np.int64),
            "order_on": today,
            "arrive_on": today + pd.Timedelta(days=3),
            "unit_price": price,
            "total_cost": np.round(units * price, 2),
            "expected_saving": 0.0,
            "saving_p10": 0.0,
            "saving_p90": 0.0,
            "regret_probability": 0.5,
            "buy_below_unit_price": price,
            "erp_quantity_units": units.astype(np.int64),
            "binding_constraint": "none",
            "urgent": False,
            "reason": reason,
            "days_of_cover": np.nan,
        }
    ).assign(**changes)
    return planned.by_erp(schema.check(lines, "orders"))
