"""The door to the purchasing policies: what to buy today, from whom, how much, and why."""

from typing import Protocol

import pandas as pd

from ordercast.orders import erp
from ordercast.orders.erp import ORDER_COLUMNS
from ordercast.orders.reasons import URGENT
from ordercast.orders.supply import Defaults, Rules, fill_assumptions

__all__ = ["ORDER_COLUMNS", "POLICIES", "URGENT", "Defaults", "Policy", "Rules", "fill_assumptions", "policy"]


class Policy(Protocol):
    """A rule that turns forecasts and stock into order lines; orders.erp.plan is one."""

    def __call__(
        self,
        series: pd.DataFrame,
        forecast_prices: pd.DataFrame,
        forecast_demand: pd.DataFrame,
        products: pd.DataFrame,
        suppliers: pd.DataFrame,
        stock: pd.DataFrame,
        open_orders: pd.DataFrame,
        *,
        today: pd.Timestamp,
        run_id: str,
        params: Rules,
        currency: str,
        locale: str,
    ) -> pd.DataFrame: ...


POLICIES: dict[str, Policy] = {"erp": erp.plan}


def policy(name: str) -> Policy:
    """The policy of that name; ValueError with the names there are for any other.

    policy(params.orders.policy)(series, forecast_prices, ..., params=params.orders) makes the plan.
    """
    if name not in POLICIES:
        raise ValueError(f"orders.policy is {name!r}; choose one of: {', '.join(sorted(POLICIES))}.")
    return POLICIES[name]
