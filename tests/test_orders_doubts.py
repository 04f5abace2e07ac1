"""A price that is old, or moved so far that it may be a slip, is to be asked for before it is paid."""

import mornings
import numpy as np
import pandas as pd
import pytest

from ordercast.orders import doubts

TODAY = pd.Timestamp("2026-03-31")
KEY = {"product_id": "A", "supplier_id": "F1"}


def told(decision: str = "buy", **given: object) -> str:
    """What stands behind the reason of one line; given: columns of series or of the recent quotes."""
    series = KEY | {"first_quote_on": "2025-04-01", "last_quote_on": "2026-03-30", "quotes": 300, "unit_price": 10.0}
    recent = KEY | {"newest_on": "2026-03-30", "newest_unit_price": 10.0, "before_unit_price": 10.0}
    tables = [pd.DataFrame([row | {name: given[name] for name in row if name in given}]) for row in (series, recent)]
    for table in tables:
        for day in table.columns[table.columns.str.endswith("_on")]:
            table[day] = pd.to_datetime(table[day])
    line = pd.DataFrame([KEY | {"decision": decision, "reason": "Buy 5."}])
    told = doubts.asked_for(line, *tables, TODAY, mornings.REASONS)["reason"].iloc[0]
    return str(told).replace("\xa0", " ").removeprefix("Buy 5.").strip()


ASIDE = (
    "Ask for the price first: the newest quote, R$ 9.000,00 on 31/03/2026, is set aside as a likely slip of the pen."
)
JUMPED = "Ask for the price first: some weeks ago it was usually R$ 10,00."
OLD = "Ask for the price first: it was last quoted 171 days ago, on 11/10/2025."


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param({}, "", id="quoted_yesterday"),
        pytest.param({"newest_on": "2026-03-31", "newest_unit_price": 9000.0}, ASIDE, id="the_newest_is_set_aside"),
        pytest.param({"unit_price": 9000.0, "newest_unit_price": 9000.0}, JUMPED, id="up_nine_hundred_times"),
        pytest.param({"unit_price": 2.0, "newest_unit_price": 2.0}, JUMPED, id="down_fivefold"),
        pytest.param({"unit_price": 2.1, "newest_unit_price": 2.1}, "", id="down_by_less"),
        pytest.param({"unit_price": 9000.0, "before_unit_price": np.nan}, "", id="new_so_nothing_to_compare_with"),
        pytest.param({"last_quote_on": "2025-10-11", "newest_on": pd.NaT}, OLD, id="nearly_half_a_year_old"),
        pytest.param({"last_quote_on": "2026-03-03", "newest_on": "2026-03-03"}, "", id="four_weeks_old"),
        pytest.param(
            {"last_quote_on": "2026-02-20", "newest_on": pd.NaT, "quotes": 12}, "", id="usually_quoted_once_a_month"
        ),
        pytest.param({"decision": "wait", "last_quote_on": "2025-10-11"}, "", id="a_wait_pays_nothing"),
    ],
)
def test_a_price_to_ask_for(given, says):
    assert told(**given) == says


def test_a_line_without_any_quote_keeps_its_reason():
    line = pd.DataFrame([{"product_id": "B", "supplier_id": "", "decision": "wait", "reason": "Wait."}])
    series = pd.DataFrame([KEY | {"first_quote_on": TODAY, "last_quote_on": TODAY, "quotes": 1, "unit_price": 1.0}])
    recent = pd.DataFrame([KEY | {"newest_on": TODAY, "newest_unit_price": 1.0, "before_unit_price": 1.0}]).head(0)
    assert doubts.asked_for(line, series, recent, TODAY, mornings.REASONS)["reason"].tolist() == ["Wait."]
