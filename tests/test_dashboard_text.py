"""What the dashboard says: the answer, the comparison with "no change", and nothing a user wrote as markup."""

import pandas as pd
import pytest

from ordercast.dashboard import text

BRAZIL = text.Voice("pt_BR", "BRL")
TODAY = pd.Timestamp("2026-11-14")
LINE = {
    "product_id": "P1",
    "name": "Sugar",
    "unit": "kg",
    "supplier_id": "S1",
    "quantity_units": 1200,
    "order_on": TODAY,
    "arrive_on": TODAY + pd.Timedelta(days=7),
    "unit_price": 4.02,
    "total_cost": 4824.0,
    "reason": "Buy 1.200 from S1.",
    "buy": True,
    "urgent": False,
}
WAIT = {"buy": False, "quantity_units": 0, "total_cost": 0.0, "reason": "Wait."}
LATER = {"order_on": TODAY + pd.Timedelta(days=2)}


def orders(*changes: dict) -> pd.DataFrame:
    return pd.DataFrame([LINE | change for change in changes])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param([{}, {"urgent": True}], "2 orders to place today, R$ 9.648 in total, 1 urgent", id="one_urgent"),
        pytest.param([{}], "1 order to place today, R$ 4.824 in total, none urgent", id="one_order"),
        pytest.param([{}] * 1200, "1.200 orders to place today, R$ 5.788.800 in total, none urgent", id="many"),
        pytest.param([WAIT], "No orders to place today", id="nothing_to_buy"),
        pytest.param([LATER, WAIT], "No orders to place today", id="only_later"),
        pytest.param([{}, LATER], "1 order to place today, R$ 4.824 in total, none urgent", id="later_not_counted"),
    ],
)
def test_headline_is_the_answer(lines, said):
    assert text.headline(orders(*lines), TODAY, BRAZIL).replace("\xa0", " ") == said


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        pytest.param(0.88, "Price forecast error 12% below “no change”", id="better"),
        pytest.param(0.997, "Price forecast no better than “no change”", id="hardly_better"),
        pytest.param(1.0, "Price forecast no better than “no change”", id="the_same"),
        pytest.param(1.07, "Price forecast error 7% above “no change”", id="worse"),
    ],
)
def test_error_is_told_beside_no_change(ratio, said):
    assert text.beside_naive({"price": {"ordercast": {"rmsse_ratio": ratio}}}, BRAZIL) == [said]


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        pytest.param(0.0, "no better than today's price", id="none"),
        pytest.param(0.62, "trusted by 62%", id="some"),
        pytest.param(1.0, "fully trusted", id="full"),
    ],
)
def test_skill_weight_in_words(weight, said):
    assert said in text.skill(weight, BRAZIL)


@pytest.mark.parametrize(
    ("voice", "said"),
    [
        pytest.param(BRAZIL, "R$ 48.200,50 on 14/11/2026", id="pt_BR"),
        pytest.param(text.Voice("en_GB", "GBP"), "£48,200.50 on 14/11/2026", id="en_GB"),
        pytest.param(text.Voice("de_DE", "EUR"), "48.200,50 € on 14.11.26", id="de_DE"),
    ],
)
def test_money_and_days_follow_the_locale(voice, said):
    assert f"{voice.money(48200.5)} on {voice.day(TODAY)}".replace("\xa0", " ") == said


def test_demand_says_how_long_the_stock_lasts():
    ahead = pd.DataFrame({"horizon_days": range(1, 15), "mean": 15.0})
    assert text.demand_words(ahead, 90.0, "kg", BRAZIL) == (
        "Expected in the next 14 days: 210 kg. In stock: 90 kg, about 6 days at that pace."
    )
    assert "Nobody said how much is in stock." in text.demand_words(ahead, None, "kg", BRAZIL)
    assert text.demand_words(ahead.assign(mean=0.0), 5.0, "kg", BRAZIL).endswith("In stock: 5 kg.")


def test_weekly_demand_is_counted_in_days_and_drawn_per_week():
    weeks = pd.DataFrame({"horizon_days": [7, 14], "mean": 70.0})
    assert text.demand_words(weeks, 30.0, "kg", BRAZIL) == (
        "Expected in the next 14 days: 140 kg. In stock: 30 kg, about 3 days at that pace."
    )
    assert text.per_step(pd.Series(pd.date_range("2026-11-15", periods=2, freq="7D"))) == "per week"


@pytest.mark.parametrize(
    ("days", "said"),
    [
        pytest.param(["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-09"], "per day", id="daily_with_a_gap"),
        pytest.param(["2026-11-01", "2026-11-15"], "per 14 days", id="fortnight"),
        pytest.param(["2026-11-01"], "per day", id="one_day"),
    ],
)
def test_pace_of_demand(days, said):
    assert text.per_step(pd.Series(pd.to_datetime(days))) == said


EVIL = "<script>alert(1)</script>\"'&"
LINES = {"name": EVIL, "supplier_id": EVIL, "unit": EVIL, "reason": EVIL}


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param(lambda: text.order_line(orders(LINES).iloc[0], BRAZIL), id="order_line"),
        pytest.param(lambda: text.order_line(orders(LINES | WAIT | {"reason": EVIL}).iloc[0], BRAZIL), id="wait_line"),
        pytest.param(
            lambda: text.product_head(pd.Series({"name": EVIL, "product_id": EVIL, "category": EVIL})), id="product"
        ),
        pytest.param(lambda: text.notes_list([(EVIL, EVIL)], BRAZIL), id="notes"),
        pytest.param(lambda: text.figure(b"", EVIL, EVIL), id="figure"),
        pytest.param(lambda: text.told(EVIL), id="missing"),
        pytest.param(lambda: text.newer_run(EVIL, EVIL), id="newer_run"),
        pytest.param(lambda: text.metrics_table({EVIL: {"naive": {}, EVIL: {}}}, BRAZIL), id="metrics"),
    ],
)
def test_what_users_wrote_is_never_markup(markup):
    said = markup()
    assert "<script" not in said
    assert "&lt;script&gt;" in said or "%3Cscript%3E" in said
    assert "\"'&" not in said


def test_orders_frame_puts_texts_in_the_order_of_their_values():
    table = text.orders_frame(
        orders({"total_cost": 1200.0, "quantity_units": 9}, {"total_cost": 300.0, "quantity_units": 1000}, WAIT), BRAZIL
    )
    assert [cell.replace("\xa0", " ") for cell in table["Total"].sort_values()] == ["–", "R$ 300,00", "R$ 1.200,00"]
    assert list(table["Quantity"].sort_values()) == ["–", "9 kg", "1.000 kg"]
    assert list(table["Do"]) == ["Buy", "Buy", "Wait"]


def test_orders_frame_shortens_a_long_name():
    (name,) = text.orders_frame(orders({"name": "x" * 200}), BRAZIL)["Product"]
    assert name == "x" * 70 + " …"


def test_metrics_table_puts_ours_first_and_a_dash_where_a_figure_lacks():
    scores = {"naive": {"rmsse_ratio": 1.0}, "ordercast": {"rmsse_ratio": 0.876, "coverage80": 0.79}}
    said = text.metrics_table({"price": scores}, BRAZIL)
    assert said.index("Ordercast") < said.index("no change</th>")
    assert "<td>0,88</td><td>–</td><td>79%</td><td>–</td>" in said


def test_a_catalogue_that_never_changed_has_no_error_to_show():
    (said,) = text.beside_naive({"price": {"ordercast": {"coverage80": 1.0}}}, BRAZIL)
    assert "nothing was seen to change" in said
