"""Doubted quotes are told by kind, those that are the price now first, the farthest of them as examples."""

import numpy as np
import pandas as pd
import pytest

from ordercast.sources import slips


def prices(values: list[float], product: str = "A") -> pd.DataFrame:
    dates = pd.date_range("2026-01-01", periods=len(values))
    return pd.DataFrame({"product_id": product, "supplier_id": "F1", "date": dates, "unit_price": values})


def said(table: pd.DataFrame) -> list[str]:
    return [str(sentence) for sentence in slips.remarks(table)]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        pytest.param([10, 10.5, 1000, 10, 11], ["A on 2026-01-03 (1000 beside 10.5)"], id="slipped_to_the_left"),
        pytest.param([10, 10.5, 0.1, 10, 11], ["A on 2026-01-03 (0.1 beside 10.5)"], id="slipped_to_the_right"),
        pytest.param([10, 10, 10, 10, 0.1, 10], ["A on 2026-01-05 (0.1 beside 10)"], id="later_on"),
        pytest.param(
            [10, 10, 10, 10, 99, 99],
            ["A on 2026-01-05 (99 beside 10), A on 2026-01-06 (99 beside 10)"],
            id="two_in_a_row",
        ),
        pytest.param([10, 10, 10, 99], ["A on 2026-01-04 (99 beside 10)"], id="the_last_quote_has_one_neighbour"),
        pytest.param(
            [10, 10, 60, 60, 60],
            ["A on 2026-01-04 (60 beside 60), A on 2026-01-05 (60 beside 60)"],
            id="a_new_level_is_doubted_at_first",
        ),
        pytest.param([10, 40, 10], [], id="fourfold_may_be"),
        pytest.param([10], [], id="one_quote"),
        pytest.param([50, 5.0], ["A on 2026-01-02 (5 beside 50)"], id="of_two_the_later_one_is_doubted"),
    ],
)
def test_slips_of_the_pen(values: list[float], found: list[str]) -> None:
    assert [line.rpartition(": ")[2] for line in said(prices(values))] == found


def test_what_is_set_aside_is_told_apart_from_what_is_used() -> None:
    late, early = said(prices([10, 10, 10, 10, 900, 10])), said(prices([10, 900, 10]))
    assert "set aside by the forecasts" in late[0]
    assert "used as given" in early[0]


@pytest.mark.parametrize(
    ("values", "first", "examples"),
    [
        pytest.param(
            [10, 10, 10, 10, 90, 91, 92],
            "believed: orders",
            "A on 2026-01-07 (92 beside 10)",
            id="a_slip_of_three_days",
        ),
        pytest.param([10, 10, 10, 10, 90, 91, 10, 10], "set aside", "", id="of_two_days"),
        pytest.param([9, 9, 9, 1, 1, 1], "believed: orders", "A on 2026-01-06 (1 beside 9)", id="downwards"),
        pytest.param([10, 10, 10, 10, *[9000] * 13], "set aside", "", id="a_thousandfold_for_many_days"),
        pytest.param(
            [10, 10, 10, 10, *[9000] * 14], "believed: orders", "A on 2026-01-18 (9000 beside 10)", id="for_two_weeks"
        ),
    ],
)
def test_a_jump_that_became_the_price_is_told_first(values: list[float], first: str, examples: str) -> None:
    told = said(prices(values))[0]
    assert first in told
    assert examples in told


def test_a_jump_that_is_over_is_told_as_such() -> None:
    told = said(prices([10, 10, 10, *[90] * 6, *[10] * 6]))
    assert "set aside" in told[0]
    assert told[1].startswith(
        "1 price that became at least 5 times larger or smaller, stayed so for some quotes and is back"
    )
    assert told[1].endswith("correct it: A on 2026-01-06 (90 beside 10)")


def test_the_farthest_quotes_are_the_examples() -> None:
    tables = [prices([10, 10, 10, 10, 60.0 + n, 10], product=f"P{n}") for n in range(9)]
    (line,) = said(pd.concat([*tables, prices([10, 10, 10, 10, 9000, 10], product="Q")]))
    assert line.startswith("10 quotes at least 5 times")
    assert line.partition("pen: ")[2].startswith(
        "Q on 2026-01-05 (9000 beside 10), P8 on 2026-01-05 (68 beside 10), P7"
    )
    assert line.endswith(" and 5 more")


@pytest.mark.parametrize(
    ("again", "remark"),
    [
        pytest.param([12.5], "1 day with different prices", id="another_price"),
        pytest.param([10.0], "", id="the_same_price_again"),
        pytest.param([12.5, 11.0], "A on 2026-01-01 (12.5 beside 10)", id="of_three_the_least_and_the_most"),
    ],
)
def test_days_with_several_prices_are_told(again: list[float], remark: str) -> None:
    more = pd.concat([prices([price]) for price in again])
    found = said(pd.concat([prices([10, 11]), more, prices([9, 9], product="B")], ignore_index=True))
    assert len(found) == bool(remark)
    assert all(remark in line and "their median is used" in line for line in found)


@pytest.mark.parametrize(
    ("units", "remark"),
    [
        pytest.param([4, 9] * 10 + [5000, 4], "1 day's sales more than 50 times as large as any before", id="a_slip"),
        pytest.param([4, 9] * 10 + [300, 4], "", id="a_large_sale"),
        pytest.param([4, 5000, 4], "", id="too_few_to_judge_by"),
    ],
)
def test_sales_that_can_be_none(units: list[float], remark: str) -> None:
    days = pd.date_range("2026-01-01", periods=len(units))
    sales = pd.DataFrame({"product_id": "A", "date": days, "demand_units": np.array(units, dtype=float)})
    told = [str(sentence) for sentence in slips.sold(sales)]
    assert len(told) == bool(remark)
    for line in told:
        assert line.startswith(remark)
        assert line.endswith("A on 2026-01-21 (5000 beside 9)")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        pytest.param([10, 11, 12000], ["A on 2026-01-03 (12000 beside 11)"], id="the_third_quote"),
        pytest.param([50, 49885, 50.2], ["A on 2026-01-02 (49885 beside 50)"], id="the_second_alone"),
        pytest.param([49885, 50, 50.2, 50.1], ["A on 2026-01-01 (49885 beside 50)"], id="the_first_alone"),
    ],
)
def test_a_slip_among_the_first_quotes(values: list[float], found: list[str]) -> None:
    assert [line.rpartition(": ")[2] for line in said(prices(values))] == found


def test_slips_are_looked_for_within_a_series_only() -> None:
    dear_and_cheap = pd.concat([prices([100, 101, 100]), prices([1, 1.1, 1], product="B")])
    assert said(dear_and_cheap.sort_values("date")) == []
