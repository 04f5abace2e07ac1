"""The receipts to come: what the ERP has on order, and what people approved or sent since."""

import pandas as pd


def to_come(open_orders: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Both tables in one, with the columns of open_orders: every order once.

    decisions: approved and sent orders. One whose order_id stands in `open_orders`, with whatever status, is the
    ERP's to tell: it knows what was really delivered, when, and at which price. Nothing else tells two orders to be
    one: two equal orders of a day are two.
    """
    new = decisions[~decisions["order_id"].isin(open_orders["order_id"])]
    return pd.concat([open_orders, new[open_orders.columns]], ignore_index=True) if len(new) else open_orders


def said(open_orders: pd.DataFrame, decisions: pd.DataFrame) -> str:
    """What was counted and why, in a sentence or two; "" where nobody has decided anything."""
    if decisions.empty:
        return ""
    known = int(decisions["order_id"].isin(open_orders["order_id"]).sum())
    text = (
        f"{len(decisions) - known} orders approved or sent by people are counted as receipts to come, as open_orders is"
    )
    if known:
        text += f"; {known} more are in open_orders by their order_id, which tells their quantity, day and status"
    return text + "."
