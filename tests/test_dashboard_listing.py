"""The ranked list: filters, order, groups and pages, and what people decided."""

import pandas as pd
import pytest

from ordercast.dashboard.listing import LINES_A_PAGE, Listing
from ordercast.dashboard.view import View
from ordercast.dashboard.words import plain

TODAY = pd.Timestamp("2026-11-14")
LINES = pd.DataFrame(
    [
        ("o1", "P1", "S1", "Açúcar", True, True, 90.0, 100, 2.0, 5.0),
        ("o2", "P2", "S1", "Óleo", True, False, 500.0, 10, 8.0, 40.0),
        ("o3", "P3", "S2", "Arroz 100% integral", True, False, 20.0, 1, 900.0, 9.0),
        ("o4", "P4", "S2", "Feijão_preto", False, False, 0.0, 0, 4.0, None),
    ],
    columns=[
        "order_id",
        "product_id",
        "supplier_id",
        "name",
        "due",
        "urgent",
        "value",
        "quantity_units",
        "unit_price",
        "days_of_cover",
    ],
).assign(
    words=lambda frame: frame["name"].map(plain) + " " + frame["product_id"].str.lower(),
    total_cost=lambda frame: frame["quantity_units"] * frame["unit_price"],
    expected_saving=lambda frame: frame["value"],
    order_on=[TODAY, TODAY, TODAY, TODAY + pd.Timedelta(days=3)],
    reason="because",
)
LEAST = pd.DataFrame({"supplier_id": ["S2"], "min_order_value": [1000.0]})


def state(**statuses: str) -> pd.DataFrame:
    """Where the lines stand: proposed but for those named."""
    return pd.DataFrame(
        {
            "order_id": LINES["order_id"],
            "quantity_units": LINES["quantity_units"].astype("float64"),
            "unit_price": LINES["unit_price"],
            "status": [statuses.get(order, "proposed") for order in LINES["order_id"]],
            "sequence": 0,
            **dict.fromkeys(("who", "at", "until", "event", "reason", "note"), ""),
        }
    )


def listing(**statuses: str) -> Listing:
    made = Listing(LINES, LEAST)
    made.decide(state(**statuses))
    return made


def ids(made: Listing, **view: object) -> list[str]:
    return made.cut(View(**view)).lines["order_id"].tolist()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("view", "found"),
    [
        pytest.param({}, ["o1", "o2", "o3"], id="to_place_today_by_supplier"),
        pytest.param({"grouped": False, "sort": "total"}, ["o3", "o1", "o2"], id="flat_by_total"),
        pytest.param(
            {"grouped": False, "sort": "name", "show": "all"}, ["o1", "o3", "o4", "o2"], id="by_name_without_accents"
        ),
        pytest.param({"show": "urgent"}, ["o1"], id="urgent"),
        pytest.param({"show": "waiting"}, ["o4"], id="waiting"),
        pytest.param({"supplier": "S2", "show": "all"}, ["o3", "o4"], id="supplier"),
        pytest.param({"search": "acucar"}, ["o1"], id="search_without_accents"),
        pytest.param({"search": "100%"}, ["o3"], id="percent_is_a_letter"),
        pytest.param({"search": "_preto", "show": "all"}, ["o4"], id="underscore_is_a_letter"),
        pytest.param({"search": "' OR true --", "show": "all"}, [], id="no_sql_from_the_search"),
        pytest.param({"supplier": "' OR true --", "show": "all"}, [], id="no_sql_from_the_supplier"),
        pytest.param(
            {"sort": "cover", "show": "all", "grouped": False}, ["o1", "o3", "o2", "o4"], id="unknown_cover_last"
        ),
    ],
)
def test_filters_and_order(view, found):
    assert ids(listing(), **view) == found


def test_groups_carry_subtotals_of_all_pages_and_the_minimum():
    groups = listing().cut(View()).groups.set_index("supplier_id")
    assert groups["total_cost"].to_dict() == {"S1": 280.0, "S2": 900.0}
    assert groups["lines"].to_dict() == {"S1": 2, "S2": 1}
    assert groups["least"].fillna(0.0).to_dict() == {"S1": 0.0, "S2": 1000.0}
    assert groups.index.tolist() == ["S1", "S2"], "the one with something urgent first, though it is cheaper"


@pytest.mark.parametrize(
    ("statuses", "show", "found"),
    [
        pytest.param({"o1": "rejected"}, "due", ["o2", "o3"], id="rejected_leaves_the_list"),
        pytest.param({"o1": "approved"}, "due", ["o1", "o2", "o3"], id="approved_stays"),
        pytest.param({"o1": "sent", "o3": "snoozed"}, "decided", ["o1", "o3"], id="decided"),
    ],
)
def test_what_people_decided(statuses, show, found):
    assert sorted(ids(listing(**statuses), show=show)) == found


def test_an_edited_quantity_counts_in_total_and_the_planned_one_stays_known():
    made = Listing(LINES, LEAST)
    edited = state()
    edited.loc[0, "quantity_units"] = 7.0
    made.decide(edited)
    line = made.lines(["o1"]).iloc[0]
    assert (line["quantity_units"], line["total_cost"], line["planned_units"]) == (7.0, 14.0, 100)


def test_totals_of_the_day():
    totals = listing(o1="approved", o2="rejected").totals()
    assert {name: int(totals[name]) for name in ("due", "urgent", "open", "approved", "put_aside", "lines")} == {
        "due": 2,
        "urgent": 1,
        "open": 1,
        "approved": 1,
        "put_aside": 1,
        "lines": 4,
    }
    assert totals["total_cost"] == 1100.0
    assert totals["next_on"] == TODAY + pd.Timedelta(days=3)


def test_pages_end_where_the_lines_do():
    many = pd.concat([LINES.iloc[[0]]] * 120, ignore_index=True)
    many["order_id"] = [f"x{place:03d}" for place in range(120)]
    made = Listing(many, LEAST)
    made.decide(state().iloc[[0]].drop(columns="order_id").merge(many[["order_id"]], how="cross"))
    first, last = made.cut(View()), made.cut(View(number=99))
    assert (first.pages, first.lines_found, len(first.lines)) == (3, 120, LINES_A_PAGE)
    assert last.lines["order_id"].tolist() == [f"x{place:03d}" for place in range(100, 120)]


def test_nothing_found_is_an_empty_page():
    cut = listing().cut(View(search="nothing like it"))
    assert (cut.lines_found, cut.pages, cut.total_cost, len(cut.lines)) == (0, 1, 0.0, 0)
