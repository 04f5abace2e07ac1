"""Purchasing: what to buy today, from whom, how much, and why; `erp` and `planned` make the lines of stage 6."""

from ordercast.orders.assumed import Defaults, Rules, fill_assumptions
from ordercast.orders.erp import ORDER_COLUMNS

__all__ = ["ORDER_COLUMNS", "Defaults", "Rules", "fill_assumptions"]
