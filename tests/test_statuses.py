"""A status in other words is understood; one that nobody knows is told."""

import pandas as pd
import pytest

from ordercast.orders.supply import CLOSED_STATUS
from ordercast.sources import intake, layout, statuses
from ordercast.sources.faults import Findings


@pytest.mark.parametrize(
    ("found", "meant", "note"),
    [
        pytest.param(["open", "received", ""], ["open", "received", None], None, id="ours"),
        pytest.param(["OPEN"], ["open"], None, id="other_letters"),
        pytest.param(
            ["Concluído", "Em aberto", "Em aberto"],
            ["closed", "open", "open"],
            "status is read as follows: 'Concluído' as closed, 'Em aberto' as open",
            id="portuguese",
        ),
        pytest.param(
            ["unterwegs"], ["unterwegs"], "status 'unterwegs' is not known: such orders count as open", id="no_one"
        ),
    ],
)
def test_a_status_is_understood_or_told(found: list[str], meant: list[str | None], note: str | None):
    findings = Findings()
    header = ["order_id", "product_id", "quantity_units", "status"]
    cells = pd.DataFrame([[str(n), "A", "1", status] for n, status in enumerate(found)], dtype="str")
    orders = intake.take("open_orders", layout.Sheet(header, cells), {}, findings)
    before = len(findings.notes)
    statuses.translate(orders, findings)
    assert [None if pd.isna(status) else status for status in orders.frame["status"]] == meant
    assert [text for _, text in findings.notes[before:]] == [note] * (note is not None)


def test_each_closed_status_is_one_that_the_planner_knows():
    assert {status for status in statuses.MEANT if status != "open"} <= set(CLOSED_STATUS)
    assert {statuses.KNOWN[status] for status in CLOSED_STATUS} <= set(CLOSED_STATUS)
