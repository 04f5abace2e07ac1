"""The contracts hold for the simulated world, tell each kind of fault, and read as a data dictionary."""

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from ordercast import schema, simulate

DAY = pd.Timestamp("2026-01-05")


def demand(**changes: Any) -> pd.DataFrame:
    """A right forecast of two days, with some columns changed."""
    frame = pd.DataFrame(
        {
            "product_id": ["A", "A"],
            "origin": [DAY, DAY],
            "date": [DAY + pd.Timedelta(days=1), DAY + pd.Timedelta(days=2)],
            "horizon_days": [1, 2],
            "p10": [1.0, 0.0],
            "p50": [2.0, 0.0],
            "p90": [3.0, 9.5],
            "mean": [2.0, 3.0],
        }
    )
    return frame.assign(**changes)


def test_the_simulated_tables_keep_their_contracts():
    world = simulate.world(products=5, history_days=60, seed=3, today=dt.date(2026, 3, 1), currency="BRL")
    for table, frame in world.tables().items():
        checked = schema.check(frame, table)
        assert len(checked) == len(frame)
        assert list(checked.columns) == schema.TABLES[table].names


@pytest.mark.parametrize("table", list(schema.TABLES))
def test_a_table_without_rows_keeps_its_contract(table: str):
    empty = schema.TABLES[table].empty()
    pd.testing.assert_frame_equal(schema.check(empty, table), empty)
    assert schema.faults(empty, table).empty


def test_check_orders_columns_and_widens_numbers_but_changes_no_value():
    given = demand(p10=[1, 0], origin=pd.Series([DAY, DAY], dtype="datetime64[ns]"))
    given.index = pd.Index([7, 9])
    checked = schema.check(given[given.columns[::-1]], "forecast_demand")
    pd.testing.assert_frame_equal(checked, demand())


def test_an_output_table_may_have_more_columns_and_keeps_them_last():
    checked = schema.check(demand(extra=1).loc[:, ["extra", *demand().columns]], "forecast_demand")
    assert list(checked.columns) == [*demand().columns, "extra"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"mean": [2.0, None]}, "mean is missing in 1 of 2 rows, first row 1: ''", id="empty_cell"),
        pytest.param({"product_id": ["A", None]}, "product_id is missing in 1 of 2 rows", id="empty_text"),
        pytest.param({"p10": [-1.0, 0.0]}, "p10 is below 0 in 1 of 2 rows, first row 0: '-1.0'", id="below_bound"),
        pytest.param({"p90": [float("inf")] * 2}, "p90 is infinite in 2 of 2 rows", id="infinite"),
        pytest.param({"horizon_days": [0, 1]}, "horizon_days is below 1 in 1 of 2 rows", id="bound_on_a_count"),
        pytest.param({"horizon_days": [1.0, 2.0]}, "horizon_days must be a whole number (int64)", id="float_count"),
        pytest.param({"p50": ["2", "2"]}, "p50 must be a number (float64), not str", id="number_as_text"),
        pytest.param({"p50": [True, True]}, "p50 must be a number (float64), not bool", id="number_as_flag"),
        pytest.param({"product_id": [1, 2]}, "product_id must be text (str), not int64", id="text_as_number"),
        pytest.param({"date": ["2026-01-06"] * 2}, "date must be a date (datetime64[us]), not str", id="date_as_text"),
        pytest.param(
            {"origin": DAY + pd.Timedelta(hours=6)}, "origin must be a date (datetime64[us])", id="date_with_a_time"
        ),
        pytest.param({"date": DAY}, "product_id, origin, date is given more than once in 2 of 2 rows", id="key_twice"),
        pytest.param({"p50": [2.0, 9.9]}, "p50, p90 do not ascend in 1 of 2 rows, first row 1", id="quantiles_cross"),
        pytest.param({"origin": pd.Timestamp("1024-01-05")}, "is not between 1900-01-01 and 2099-12-31", id="year"),
    ],
)
def test_check_tells_each_kind_of_fault(changes: dict[str, Any], sentence: str):
    with pytest.raises(schema.SchemaError) as raised:
        schema.check(demand(**changes), "forecast_demand")
    assert str(raised.value).startswith("table forecast_demand breaks its contract:\n- ")
    assert sentence in str(raised.value)


def test_check_names_missing_columns_and_the_ones_there_are():
    with pytest.raises(schema.SchemaError, match="columns p10, mean are missing; there are: product_id, origin, date"):
        schema.check(demand().drop(columns=["p10", "mean"]), "forecast_demand")


def test_an_input_table_has_no_further_columns():
    prices = schema.TABLES["prices"].empty().assign(colour="red")
    with pytest.raises(schema.SchemaError, match="column colour is not among: product_id, supplier_id, date"):
        schema.check(prices, "prices")


def test_check_tells_all_kinds_at_once():
    with pytest.raises(schema.SchemaError) as raised:
        schema.check(demand(p10=[-1.0, None], horizon_days=[0, 2]), "forecast_demand")
    assert str(raised.value).count("\n- ") == 3


def test_faults_name_row_column_and_value():
    terms = schema.TABLES["suppliers"].empty()
    terms.loc[12] = {"product_id": "A", "supplier_id": "S", "pack_units": 1.5, "moq_units": -2.0}
    terms.loc[40] = {"product_id": "B", "supplier_id": None, "pack_units": 6.0}
    rows = schema.faults(terms, "suppliers")
    assert rows.values.tolist() == [  # noqa: PD011
        ["suppliers", 40, "supplier_id", "", "is missing"],
        ["suppliers", 12, "moq_units", "-2.0", "is below 0"],
        ["suppliers", 12, "pack_units", "1.5", "is not a whole number"],
    ]


def test_faults_leave_columns_that_are_not_there_alone():
    assert schema.faults(pd.DataFrame({"unit_price": [1.0]}), "prices").empty


def test_the_dictionary_describes_every_column():
    words = schema.dictionary()
    assert list(words) == ["table", "column", "type", "unit", "required", "rule", "description"]
    assert len(words) == sum(len(table.columns) for table in schema.TABLES.values())
    assert not words.duplicated(["table", "column"]).any()
    assert words["description"].str.fullmatch(r".{5,}[.?]").all()
    price = words[(words["table"] == "prices") & (words["column"] == "unit_price")].iloc[0]
    assert (price["unit"], price["rule"], price["required"]) == ("currency/unit", "above 0", True)


def test_a_number_with_a_unit_in_its_name_has_that_unit():
    words = schema.dictionary()
    for suffix, unit in {"_days": "days", "_units": "units", "_unit_price": "currency/unit"}.items():
        named = words[words["column"].str.endswith(suffix)]
        assert set(named["unit"]) == {unit}, suffix
