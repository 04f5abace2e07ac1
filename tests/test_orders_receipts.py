"""What people approved or sent is on its way like the ERP's open orders, and nothing is counted twice."""

import pandas as pd
import pytest

from ordercast import schema
from ordercast.orders import receipts


def orders(*rows: tuple[str, float, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["order_id", "quantity_units", "status"])
    frame = frame.assign(product_id="P1", supplier_id="S1", unit_price=2.0, due_on=pd.Timestamp("2026-11-05"))
    frame = frame.assign(ordered_on=pd.Timestamp("2026-11-01")).astype({"quantity_units": "float64", "status": "str"})
    frame[["ordered_on", "due_on"]] = frame[["ordered_on", "due_on"]].astype("datetime64[us]")
    return schema.check(frame.astype({"order_id": "str"}), "open_orders")


@pytest.mark.parametrize(
    ("known", "decided", "expected", "said"),
    [
        pytest.param([("E1", 7, "open")], [], {"E1": 7}, "", id="nobody_decided"),
        pytest.param([], [("r-1", 5, "sent")], {"r-1": 5}, "1 orders approved", id="the_erp_knows_nothing"),
        pytest.param(
            [("E1", 7, "open")],
            [("r-1", 5, "sent"), ("r-2", 5, "approved")],
            {"E1": 7, "r-1": 5, "r-2": 5},
            "2 orders approved",
            id="equal_orders_of_a_day_are_two",
        ),
        pytest.param(
            [("r-1", 4, "open")], [("r-1", 5, "sent")], {"r-1": 4}, "1 more are in open_orders", id="told_by_the_erp"
        ),
        pytest.param(
            [("r-1", 5, "received")], [("r-1", 5, "sent")], {"r-1": 5}, "0 orders approved", id="received_in_the_erp"
        ),
    ],
)
def test_every_order_is_counted_once(known, decided, expected, said):
    both = receipts.to_come(orders(*known), orders(*decided))
    assert dict(zip(both["order_id"], both["quantity_units"], strict=True)) == expected
    assert said in receipts.said(orders(*known), orders(*decided))
    assert schema.check(both, "open_orders").equals(both)
    if known and known[0][0] == "r-1":
        assert both["status"].tolist() == [known[0][2]]
