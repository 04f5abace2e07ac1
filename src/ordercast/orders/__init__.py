"""Purchasing: what to buy today, from whom, how much, and why; `erp` and `planned` make the lines of stage 6."""

from ordercast.orders.erp import ORDER_COLUMNS
from ordercast.orders.supply import Defaults, Rules, fill_assumptions

__all__ = ["ORDER_COLUMNS", "Defaults", "Rules", "fill_assumptions"]
