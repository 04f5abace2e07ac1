"""What stage 6 begins with, read from a small project's tables: who can be planned, and what is forecast of them."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import params, purchasing, store
from ordercast.orders import receipts
from ordercast.orders.replay import opening_morning
from ordercast.purchasing import TABLES, evenly, keys, plannable, stored_outlook

LAST = pd.Timestamp("2025-10-27")
HORIZON = 14


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's data/raw, data/features and data/forecast: A and B are sold, C is not, D is new, E has ended."""
    folder = tmp_path_factory.mktemp("project")
    known = small.quotes()
    a = known[(known["product_id"] == "A") & (known["supplier_id"] == "F1")]
    new = a[a["date"] == LAST].assign(product_id="D")
    ended = a[a["date"] < LAST - pd.Timedelta(days=250)].assign(product_id="E")
    sold = small.sales()
    sold = pd.concat([sold, *(sold[sold["product_id"] == "A"].assign(product_id=other) for other in "DE")])
    prices = pd.concat([known, new, ended], ignore_index=True).assign(currency="BRL")
    key = prices[["product_id", "supplier_id"]].drop_duplicates()
    series = key.assign(status=np.where(key["product_id"] == "E", "ended", "active"))
    ids = pd.DataFrame({"product_id": list("ABCDE")})
    tables = {
        "raw/prices": prices,
        "raw/sales": sold,
        "raw/products": ids.assign(shelf_capacity_units=100.0, shelf_life_days=np.nan, unit_value=np.nan),
        "raw/suppliers": key.assign(lead_time_days=3.0, moq_units=2.0),
        "raw/stock": ids.assign(on_hand_units=[10.0, 20.0, 30.0, 40.0, 50.0]),
        "raw/open_orders": pd.DataFrame(
            {
                "order_id": ["O1"],
                "product_id": ["B"],
                "supplier_id": ["F1"],
                "quantity_units": [7.0],
                "due_on": [LAST + pd.Timedelta(days=2)],
                "status": ["open"],
            }
        ),
        "raw/price_tiers": pd.DataFrame(
            {
                "product_id": ["A", "B"],
                "supplier_id": ["F2", "F1"],
                "min_units": [9.0, 5.0],
                "discount_rate": [0.1, 0.2],
            }
        ),
        "features/series": series,
        "forecast/prices": _ahead(key[key["product_id"].isin(["A", "B"])], 10.0),
        "forecast/demand": _ahead(ids[ids["product_id"].isin(["A", "B"])], 5.0),
    }
    for name, frame in tables.items():
        store.write_parquet(frame, folder / "data" / f"{name}.parquet", [])
    return folder


def _ahead(key: pd.DataFrame, middle: float) -> pd.DataFrame:
    rows = key.merge(pd.DataFrame({"horizon_days": np.arange(1, HORIZON + 1)}), how="cross")
    quantiles = {"p10": 0.9 * middle, "p50": middle, "p90": 1.1 * middle, "mean": middle + rows["horizon_days"] / 100}
    return rows.assign(**quantiles, cluster="x")


METADATA = {
    "targets": {
        name: {
            "groups": ["y", "x"],
            "error_correlation": [[0.1] * (HORIZON - 1), [0.8] * (HORIZON - 1)],
            "error_persistence": [[0.2] * (HORIZON - 1), [0.9] * (HORIZON - 1)],
            "level_cv": [0.0, 0.25],
        }
        for name in ("price", "demand")
    }
}


@pytest.fixture(autouse=True)
def inside(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)


@pytest.mark.parametrize(
    ("today", "since", "expected"),
    [
        pytest.param(LAST, LAST, ["A", "B"], id="new_unsold_and_ended_ones_are_left_to_the_rule"),
        pytest.param(LAST, pd.Timestamp("2025-01-01"), [], id="nobody_was_quoted_before_the_first_day"),
        pytest.param(LAST + pd.Timedelta(days=1), LAST + pd.Timedelta(days=1), ["A", "B", "D"], id="a_day_later"),
    ],
)
def test_what_can_be_planned(today, since, expected):
    assert plannable(today, since)["product_id"].tolist() == expected


def test_the_recent_quotes_of_what_is_bought():
    lines = pd.DataFrame({"product_id": ["A", "B"], "supplier_id": ["F2", "F1"], "decision": ["buy", "wait"]})
    found = purchasing.recent_quotes(lines, LAST)
    known = small.quotes()
    known = known[(known["product_id"] == "A") & (known["supplier_id"] == "F2") & (known["date"] <= LAST)]
    before = known[known["date"].between(LAST - pd.Timedelta(days=87), LAST - pd.Timedelta(days=28))]
    newest = known.sort_values(["date", "unit_price"]).iloc[-1]
    assert found.to_dict("list") == {
        "product_id": ["A"],
        "supplier_id": ["F2"],
        "newest_on": [newest["date"]],
        "newest_unit_price": [newest["unit_price"]],
        "before_unit_price": [pytest.approx(before["unit_price"].median())],
    }


def the_world(*ids: str):
    wanted = pd.DataFrame({"product_id": list(ids)}, dtype="str")
    return purchasing.world(wanted, params.Orders(), LAST, 1, 7)


def test_the_world_of_some_products_holds_nothing_of_others():
    known = the_world("B", "A")
    assert known.product_ids.tolist() == ["A", "B"]
    assert keys(known).to_dict("list") == {"product_id": ["A", "A", "B"], "supplier_id": ["F1", "F2", "F1"]}
    assert known.dates[-1] == np.datetime64(date(2025, 10, 27))
    _, state = opening_morning(known)
    assert state.on_hand_units.tolist() == [10.0, 20.0]
    assert state.expected_units.tolist() == [0.0, 7.0]
    assert known.terms.moq_units.tolist() == [2.0, 2.0, 2.0]
    assert known.terms.tier_units.tolist() == [[np.inf], [9.0], [5.0]]


def test_todays_world_counts_the_orders_people_approved_and_the_past_does_not():
    ids = pd.DataFrame({"product_id": ["A", "B"]}, dtype="str")
    known = store.read_parquet("data/raw/open_orders.parquet")
    approved = pd.DataFrame(
        {"order_id": ["r-1", "r-2"], "product_id": ["A", "C"], "supplier_id": "F1", "status": "sent"}
    )
    approved = approved.assign(quantity_units=5.0, due_on=LAST + pd.Timedelta(days=3))
    both = receipts.to_come(known, approved)
    for orders, expected in ((both, [5.0, 7.0]), (None, [0.0, 7.0])):
        now = purchasing.world(ids, params.Orders(), LAST, 1, 7, open_orders=orders)
        _, state = opening_morning(now)
        assert state.expected_units.tolist() == expected


def test_stored_forecasts_become_what_the_planner_asks_for():
    known = the_world("A", "B")
    told = stored_outlook(known, METADATA, 1, HORIZON).ahead
    assert told.p50.shape == (3, HORIZON)
    assert (told.p50 == 10.0).all()
    assert told.demand_mean[0] == pytest.approx(5.0 + np.arange(1, HORIZON + 1) / 100)
    assert told.demand_level_cv.tolist() == [0.25, 0.25]
    assert (told.correlation == 0.8).all()
    assert (told.persistence == 0.9).all()
    assert told.quote_due.all()


def test_forecasts_that_do_not_reach_are_told_with_the_cure():
    with pytest.raises(ValueError, match=r"no forecast of 15 days for .*'A'.*: run `dvc repro forecast`"):
        stored_outlook(the_world("A", "B"), METADATA, 1, HORIZON + 1)


def test_a_product_without_a_demand_forecast_is_told_by_name():
    with pytest.raises(ValueError, match=r"no forecast of 14 days for .*'D'"):
        stored_outlook(the_world("A", "D"), METADATA, 1, HORIZON)


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        pytest.param(5, "ABCDE", id="all"),
        pytest.param(9, "ABCDE", id="more_than_there_are"),
        pytest.param(3, "ACE", id="evenly"),
        pytest.param(1, "A", id="one"),
    ],
)
def test_an_even_sample(most, expected):
    products = pd.DataFrame({"product_id": list("ABCDE")})
    sample = evenly(products, most)
    assert sample["product_id"].tolist() == list(expected)
    assert sample.index.tolist() == list(range(len(expected)))


def test_an_even_sample_of_nothing_is_nothing():
    assert evenly(pd.DataFrame({"product_id": []}), 5).empty


def test_the_tables_of_the_stage_are_those_it_declares():
    assert set(TABLES) == {"prices", "sales", "products", "suppliers", "stock", "open_orders", "price_tiers"}
