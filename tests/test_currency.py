"""All money is in one currency: that of a column, of the cells' signs, or of the params."""

import pandas as pd
import pytest

from ordercast.sources import currency, faults, intake, layout
from ordercast.sources.faults import Findings


def table(name: str, header: list[str], row: list[str], findings: Findings) -> intake.Intake:
    cells = pd.DataFrame([row], index=[2], dtype="str")
    return intake.take(name, layout.Sheet(header, cells), {}, findings)


@pytest.mark.parametrize(
    ("price", "code", "cost", "settled", "told"),
    [
        pytest.param("3.5", None, "1", "BRL", None, id="that_of_the_params"),
        pytest.param("3.5", "eur", "1", "EUR", "all money is in EUR, not in base.currency BRL", id="of_the_column"),
        pytest.param("US$ 3.5", None, "1", "USD", "all money is in USD, not in base.currency BRL", id="of_the_signs"),
        pytest.param("3.5", "R$", "1", "BRL", None, id="a_sign_for_a_code"),
        pytest.param("3.5", "", "1", "BRL", "1 row without currency: read as currency = BRL", id="no_cell_filled"),
        pytest.param("3.5", "$", "1", "BRL", "1 row without currency: read as currency = BRL", id="any_dollar"),
        pytest.param("R$ 3.5", "BRL", "R$ 1", "BRL", None, id="all_agree"),
        pytest.param(
            "R$ 3.5", "USD", "1", "USD", "is in BRL, as its cells say, and currency says USD", id="both_differ"
        ),
        pytest.param(
            "R$ 3.5", None, "US$ 1", "BRL", "order_cost is in USD, the prices are in BRL", id="a_cost_differs"
        ),
    ],
)
def test_one_currency_is_settled(price: str, code: str | None, cost: str, settled: str, told: str | None):
    findings = Findings()
    named = ([], []) if code is None else (["currency"], [code])
    prices = table(
        "prices", ["product_id", "date", "unit_price", *named[0]], ["A", "2026-01-01", price, *named[1]], findings
    )
    terms = table("suppliers", ["product_id", "supplier_id", "order_cost"], ["A", "S", cost], findings)
    currency.settle(prices, [terms], "BRL", findings)
    assert prices.frame["currency"].tolist() == [settled]
    sentences = [sentence for _, sentence in [*findings.stops, *findings.notes]]
    assert told is None or any(told in sentence for sentence in sentences)
    assert bool(findings.stops) == bool(told and "is in " in told and "all money" not in told)


def test_what_is_no_code_is_blamed():
    findings = Findings()
    prices = table("prices", ["product_id", "date", "unit_price", "currency"], ["A", "2026-01-01", "6", "50"], findings)
    currency.settle(prices, [], "BRL", findings)
    assert findings.quarantine()[["row", "value", "fault"]].to_numpy().tolist() == [[2, "50", faults.NO_CURRENCY]]
