from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import panel, quotes


def frame(rows: list[tuple[str, str, str, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["product_id", "supplier_id", "date", "unit_price"])
    return table.assign(date=pd.to_datetime(table["date"]))


@pytest.mark.parametrize(
    ("rows", "today", "step_days", "value", "observed"),
    [
        pytest.param(
            [
                ("A", "F", "2026-01-01", 5),
                ("A", "F", "2026-01-01", 7),
                ("A", "F", "2026-01-01", 9),
                ("A", "F", "2026-01-02", 8),
            ],
            "2026-01-02",
            1,
            [[7, 8]],
            [[True, True]],
            id="several_quotes_of_a_day_are_their_median",
        ),
        pytest.param(
            [("A", "F", "2026-01-01", 5), ("A", "F", "2026-01-04", 6)],
            "2026-01-05",
            1,
            [[5, 5, 5, 6, 6]],
            [[True, False, False, True, False]],
            id="gaps_carry_the_last_quote",
        ),
        pytest.param(
            [("A", "F", "2026-01-01", 5), ("B", "F", "2026-01-03", 6)],
            "2026-01-03",
            1,
            [[5, 5, 5], [6, 6, 6]],
            [[True, False, False], [False, False, True]],
            id="before_its_start_a_series_holds_its_first_quote",
        ),
        pytest.param(
            [("A", "F", "2026-01-02", 5), ("A", "F", "2026-01-05", 9), ("A", "F", "2026-01-15", 6)],
            "2026-01-15",
            7,
            [[7, 6]],
            [[True, True]],
            id="weeks_end_on_the_weekday_of_today",
        ),
        pytest.param(
            [("A", "F", "2026-01-01", 5), ("A", "F", "2026-01-02", 99)],
            "2026-01-01",
            1,
            [[5]],
            [[True]],
            id="quotes_after_today_are_not_used",
        ),
    ],
)
def test_price_panel(rows, today, step_days, value, observed):
    known = panel.price_panel(frame(rows), pd.Timestamp(today), step_days)
    np.testing.assert_array_equal(known.value, value)
    np.testing.assert_array_equal(known.observed, observed)
    assert known.dates[-1] == np.datetime64(today)


@pytest.mark.parametrize(
    ("gaps_days", "frequency", "step_days"),
    [
        pytest.param([1, 1, 3, 1], "auto", 1, id="business_days_are_daily"),
        pytest.param([7, 7, 14, 7], "auto", 7, id="weekly_quotes_with_a_hole"),
        pytest.param([1, 1, 1, 1], "weekly", 7, id="asked_for_weekly"),
        pytest.param([30, 31, 30, 31], "auto", 7, id="monthly_quotes_lie_on_weeks"),
    ],
)
def test_step_days(gaps_days, frequency, step_days):
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.cumsum([0, *gaps_days]), unit="D")
    rows = frame([("A", "F", str(day.date()), 5.0) for day in days])
    assert quotes.detect_step_days(rows, frequency) == step_days


def test_demand_days_without_a_row_sold_nothing_and_stock_outs_or_late_sales_are_censored():
    prices = panel.price_panel(
        frame([("A", "F", "2026-01-01", 5), ("A", "F", "2026-01-10", 6)]), pd.Timestamp("2026-01-10"), 1
    )
    sold = pd.DataFrame(
        {
            "product_id": "A",
            "date": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-08", "2026-01-09"]),
            "demand_units": [3.0, 4.0, 0.0, 2.0],
            "in_stock": [True, True, False, True],
        }
    )
    known = panel.demand_panel(sold, prices)
    np.testing.assert_array_equal(known.value[0], [3, 4, 0, 0, 0, 0, 0, 3, 2, 0])
    np.testing.assert_array_equal(known.observed[0], [True] * 7 + [False, True, False])
    np.testing.assert_allclose(known.driver[0, [0, -1]], np.log([5, 6]), atol=1e-7)


@pytest.mark.parametrize("step_days", [1, 7])
def test_a_slip_in_the_sales_is_not_observed(step_days):
    days = pd.date_range("2026-01-01", periods=28)
    quoted = pd.DataFrame({"product_id": "A", "supplier_id": "F", "date": days, "unit_price": 5.0})
    prices = panel.price_panel(quoted, days[-1], step_days)
    units = np.where(np.arange(28) == 24, 5000.0, 3.0)
    sold = pd.DataFrame({"product_id": "A", "date": days, "demand_units": units, "in_stock": True})
    known = panel.demand_panel(sold, prices)
    slip = 24 // step_days
    np.testing.assert_array_equal(known.observed[0], np.arange(known.steps) != slip)
    np.testing.assert_array_equal(known.value[0], np.full(known.steps, 3.0 * step_days))


def test_no_sales_no_demand_panel():
    nothing = small.sales().iloc[:0]
    assert set(panel.panels(small.quotes(), nothing, pd.Timestamp("2025-10-27"), 1)) == {"price"}


@pytest.mark.parametrize("most_series", [1, 2, 100])
def test_a_panel_in_parts_is_the_panel(most_series):
    known = panel.panels(small.quotes_with_comers_and_goers(), small.sales(), pd.Timestamp("2025-10-27"), 1)
    for whole in known.values():
        slices = list(panel.by_products(whole, most_series))
        assert len(slices) == {1: whole.ids["product_id"].nunique(), 100: 1}.get(most_series, len(slices))
        products = [set(whole.ids["product_id"][each]) for each in slices]
        assert sum(map(len, products)) == whole.ids["product_id"].nunique()
        parts = (replace(whole.take(each), driver=None, market=None, supplier=None, usual=None) for each in slices)
        back = panel.joined(parts, len(whole.ids) + 3)
        for field in ("dates", "value", "z", "observed", "first"):
            np.testing.assert_array_equal(getattr(back, field), getattr(whole, field), err_msg=field)
        pd.testing.assert_frame_equal(back.ids, whole.ids)


def test_a_panel_without_series_is_one_part():
    nobody = panel.price_panel(small.quotes(), pd.Timestamp("2025-10-27"), 1).take(slice(0))
    assert list(panel.by_products(nobody, 10)) == [slice(0, 0)]
    with pytest.raises(ValueError, match="no parts"):
        panel.joined([], 10)


def test_the_driver_is_the_same_in_blocks(monkeypatch):
    known = panel.panels(small.quotes_with_comers_and_goers(), small.sales(), pd.Timestamp("2025-10-27"), 1)
    monkeypatch.setattr(panel, "BLOCK_SERIES", 1)
    again = panel.with_price_driver(known["demand"], known["price"])
    np.testing.assert_array_equal(again.driver, known["demand"].driver)


def test_series_that_stopped_are_said_to_have_ended():
    rows = frame([("A", "F", "2026-01-01", 5), ("A", "F", "2026-01-02", 5), ("B", "F", "2026-03-01", 6)])
    table = panel.series_table(panel.price_panel(rows, pd.Timestamp("2026-03-01"), 1), ended_after_days=30)
    assert table["status"].tolist() == ["ended", "active"]
    assert table["share_unchanged"].tolist() == [1.0, 1.0]
    assert table["last_quote_on"].dt.strftime("%Y-%m-%d").tolist() == ["2026-01-02", "2026-03-01"]


def test_views_cannot_be_written_through():
    known = panel.price_panel(small.quotes(), pd.Timestamp("2025-10-27"), 1)
    with pytest.raises(ValueError, match="read-only"):
        known.until(10).value[0, 0] = 1.0


def test_tail_and_extension_keep_the_calendar():
    known = panel.price_panel(small.quotes(), pd.Timestamp("2025-10-27"), 1)
    tail = known.tail(5)
    assert tail.steps == 5
    assert (tail.first == known.first - (known.steps - 5)).all()
    longer = tail.extended(np.full(4, 3.0), np.log(np.full(4, 3.0)))
    assert longer.dates[-1] - known.dates[-1] == np.timedelta64(1, "D")
    assert longer.observed[:, -1].all()
    assert (longer.value[:, -1] == 3.0).all()
    assert (longer.first == tail.first).all()


@pytest.mark.parametrize(
    ("today", "said"),
    [
        pytest.param("2024-12-31", "before the first quote of 2025-01-01", id="before_the_first_quote"),
        pytest.param("2030-01-01", "no price was quoted in the last 180 days before 2030-01-01", id="years_later"),
    ],
)
def test_a_today_without_prices_is_refused(today, said):
    with pytest.raises(ValueError, match=said):
        panel.series_table(panel.price_panel(small.quotes(), pd.Timestamp(today), 1), ended_after_days=180)
