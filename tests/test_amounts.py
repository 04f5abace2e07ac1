"""Numbers are read by the decimal sign that their column proves; what could be two numbers is not read."""

import pytest

from ordercast.sources import amounts
from ordercast.sources.reading import Decimal

GOOD = ""
CASES = [
    pytest.param(["1.5", "2"], [1.5, 2], id="decimal_point"),
    pytest.param(["1,5", "2"], [1.5, 2], id="decimal_comma"),
    pytest.param(["1.234,56", "7.000", "1.234.567"], [1234.56, 7000, 1234567], id="comma_and_thousands"),
    pytest.param(["1,234.56", "7,000", "3.125"], [1234.56, 7000, 3.125], id="point_and_thousands"),
    pytest.param(["1 234,5", "1\u00a0234\u00a0567,5"], [1234.5, 1234567.5], id="blanks_between_thousands"),
    pytest.param(["0.125", "1.234"], [0.125, 1.234], id="no_thousand_begins_with_0"),
    pytest.param(["1234.567", "1.234"], [1234.567, 1.234], id="four_digits_are_no_group"),
    pytest.param(["12", "-3", "+4", "\u22125"], [12, -3, 4, -5], id="whole_numbers"),
    pytest.param(["1,5E+3", ",5", "5,"], [1500, 0.5, 5], id="exponents_and_bare_signs"),
]
MONEY = [
    pytest.param(["R$ 1.234,56", "R$ 3", "4"], [1234.56, 3, 4], "BRL", id="reais"),
    pytest.param(["-R$ 3,50", "R$ -3,50", "(R$ 3,50)", "3,50 R$"], [-3.5, -3.5, -3.5, 3.5], "BRL", id="minus"),
    pytest.param(["US$ 1,234.50", "USD 3"], [1234.5, 3], "USD", id="dollars"),
    pytest.param(["$ 3.5"], [3.5], None, id="a_sign_of_many_currencies"),
    pytest.param(["3,50 €"], [3.5], "EUR", id="sign_behind"),
]


@pytest.mark.parametrize(("texts", "values"), CASES)
def test_the_column_proves_its_decimal_sign(texts: list[str], values: list[float]):
    reading = amounts.read(texts, [1] * len(texts), "auto", money=False)
    assert reading.values == values
    assert reading.faults == [GOOD] * len(texts)
    assert not reading.doubt


@pytest.mark.parametrize(("texts", "values", "currency"), MONEY)
def test_money_has_signs(texts: list[str], values: list[float], currency: str | None):
    reading = amounts.read(texts, [1] * len(texts), "auto", money=True)
    assert reading.values == values
    assert reading.currency == currency
    assert "at its numbers: read as" in reading.notes[-1]
    without = amounts.read(texts, [1] * len(texts), "auto", money=False)
    assert amounts.NO_NUMBER in without.faults


@pytest.mark.parametrize("text", ["1.234", "1,234", "12.500", "-1.234"])
def test_what_could_be_two_numbers_is_told_and_settled_by_a_setting(text: str):
    texts = ["5", text]
    reading = amounts.read(texts, [9, 1], "auto", money=False)
    assert reading.doubtful == text
    assert "Set data.decimal: '.' or ','" in reading.doubt
    values = [amounts.read(texts, [9, 1], sign, money=False).values[1] for sign in (".", ",")]  # type: ignore[arg-type]
    assert abs(values[0]) in (abs(values[1]) * 1000, abs(values[1]) / 1000)


@pytest.mark.parametrize(
    ("texts", "counts", "faults"),
    [
        pytest.param(["1.5", "2,5"], [2, 1], [GOOD, amounts.OTHER_DECIMAL], id="most_have_a_point"),
        pytest.param(["1.5", "2,5"], [1, 2], [amounts.OTHER_DECIMAL, GOOD], id="most_have_a_comma"),
        pytest.param(["1.5", "2,5"], [1, 1], [GOOD, amounts.OTHER_DECIMAL], id="as_many"),
        pytest.param(
            ["1.5", "2,5", "1.234"], [2, 1, 5], [GOOD, amounts.OTHER_DECIMAL, amounts.EITHER_NUMBER], id="both"
        ),
        pytest.param(["1.5", "x", "1.2.3", "R$"], [1] * 4, [GOOD, *[amounts.NO_NUMBER] * 3], id="no_numbers"),
        pytest.param(["20%", "2,5 %", "%"], [1] * 3, [*[amounts.PERCENT] * 2, amounts.NO_NUMBER], id="shares"),
        pytest.param(["R$ 1", "R$ 2", "US$ 3"], [1] * 3, [GOOD, GOOD, amounts.OTHER_CURRENCY], id="another_currency"),
    ],
)
def test_what_differs_from_the_column_is_at_fault(texts: list[str], counts: list[int], faults: list[str]):
    reading = amounts.read(texts, counts, "auto", money=True)
    assert reading.faults == faults
    assert [value is None for value in reading.values] == [bool(fault) for fault in faults]


@pytest.mark.parametrize(
    ("texts", "setting", "notes"),
    [
        pytest.param(["1.5", "3"], "auto", [], id="plain"),
        pytest.param(["1,5", "1.234,56"], "auto", ["has a decimal comma: 1.234,56 is 1234.56"], id="comma"),
        pytest.param(["1.5", "1,234.56"], "auto", ["has a decimal point: 1,234.56 is 1234.56"], id="thousands"),
        pytest.param(["2.5", "1.234"], "auto", ["has a decimal point: 1.234 is 1.234"], id="one_cell_settles_it"),
        pytest.param(["1.234.567"], "auto", ["has a decimal comma: 1.234.567 is 1234567"], id="millions"),
        pytest.param(["1.234"], ",", ["has a decimal comma: 1.234 is 1234"], id="settled"),
    ],
)
def test_what_was_assumed_is_told_with_an_example(texts: list[str], setting: Decimal, notes: list[str]):
    assert amounts.read(texts, [1] * len(texts), setting, money=False).notes == notes


def test_long_cells_do_not_take_long():
    long = "1" + " " * 300_000 + "1"
    assert amounts.read([long, "9" * 300], [1, 1], "auto", money=True).faults == [amounts.NO_NUMBER, GOOD]
