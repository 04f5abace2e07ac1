"""The planner's sentences, word by word, with numbers as the locale writes them."""

import pandas as pd
import pytest

from ordercast.language import Voice
from ordercast.orders.whys import sentences
from ordercast.orders.words import Words

LINE = {
    "decision": "buy",
    "supplier_id": "F05",
    "quantity_units": 1332,
    "unit_price": 5.9,
    "paid_unit_price": 5.9,
    "quote": 5.9,
    "discount": 0.0,
    "tier_units": 0.0,
    "held_by": "",
    "lost_unit_added": 0.0,
    "days_of_cover": 17.0,
    "cover_ends": True,
    "buy_below_unit_price": 5.98,
    "floored": False,
    "floor_units": 1200.0,
    "line_point_units": 1100.0,
    "same": False,
    "later_days": 7,
    "early_units": 1332.0,
    "later_unit_price": 6.25,
    "on_hand_units": 1127.5,
    "coming_units": 0.0,
    "in_time_units": 0.0,
    "cost_of_today": 0.0,
    "no_room": False,
    "open_shelf": False,
}
RULE = "Wait: enough."


def said(locale: str = "pt_BR", language: str = "en", **changes: object) -> str:
    told = pd.DataFrame([LINE | changes], index=["P1"])
    texts = sentences(told, pd.Series([RULE], index=told.index), Words(Voice(locale, "BRL", language)))
    assert texts.index.tolist() == ["P1"]
    return str(texts["P1"]).replace("\xa0", " ")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {},
            "Buy 1.332 from F05 at R$ 5,90: R$ 6,25 is expected in 7 days, when stock would call for it; covers 17 "
            "days; worth it up to R$ 5,98.",
            id="before_a_rise",
        ),
        pytest.param(
            {"later_unit_price": 5.9, "later_days": 1, "days_of_cover": 1.0},
            "Buy 1.332 from F05 at R$ 5,90: no lower price is expected in 1 day, when stock would call for it; covers "
            "1 day; worth it up to R$ 5,98.",
            id="at_a_standing_price",
        ),
        pytest.param(
            {"later_days": 0},
            "Buy 1.332 from F05 at R$ 5,90: stock calls for it now; covers 17 days; worth it up to R$ 5,98.",
            id="it_cannot_wait",
        ),
        pytest.param(
            {"early_units": 600.0},
            "Buy 1.332 from F05 at R$ 5,90: stock calls for some of it now, and for the rest about 7 days later, when "
            "R$ 6,25 is expected; covers 17 days; worth it up to R$ 5,98.",
            id="part_of_it_cannot_wait",
        ),
        pytest.param(
            {"early_units": 600.0, "later_unit_price": 5.9},
            "Buy 1.332 from F05 at R$ 5,90: stock calls for some of it now, and no lower price is expected about 7 "
            "days later, for the rest; covers 17 days; worth it up to R$ 5,98.",
            id="part_of_it_at_a_standing_price",
        ),
        pytest.param(
            {"floored": True, "buy_below_unit_price": 5.81},
            "Buy 1.332 from F05 at R$ 5,90: the 1.127,5 in stock and on order are not over the reorder point of 1.200 "
            "by recent demand; covers 17 days; but for that worth it up to a quote of R$ 5,81 only.",
            id="the_floor_asks_for_it_at_any_price",
        ),
        pytest.param(
            {"floored": True, "line_point_units": 1200.0},
            "Buy 1.332 from F05 at R$ 5,90: the 1.127,5 in stock and on order are not over the reorder point of 1.200; "
            "covers 17 days; worth it up to R$ 5,98.",
            id="the_rules_own_reorder_point",
        ),
        pytest.param(
            {"later_days": 0, "days_of_cover": 60.0, "cover_ends": False},
            "Buy 1.332 from F05 at R$ 5,90: stock calls for it now; covers 60 days or more; worth it up to R$ 5,98.",
            id="it_lasts_beyond_the_forecast",
        ),
        pytest.param(
            {"decision": "wait", "no_room": True, "coming_units": 300.0},
            "Wait: stock 1.127,5 + 300 on order leave no room on the shelf for an order of today; they last 17 days.",
            id="no_room_for_an_order",
        ),
        pytest.param(
            {"decision": "wait", "no_room": True, "open_shelf": True, "coming_units": 300.0},
            "Wait: stock 1.127,5 + 300 on order are as much as is worth holding; they last 17 days.",
            id="more_than_is_worth_holding",
        ),
        pytest.param(
            {"paid_unit_price": 6.25},
            "Buy 1.332 from F05 at R$ 5,90 (R$ 6,25 expected at the next quote, which is paid): no lower price is "
            "expected in 7 days, when stock would call for it; covers 17 days; worth it up to R$ 5,98.",
            id="the_next_quote_is_the_dear_one",
        ),
        pytest.param(
            {"decision": "wait", "cost_of_today": 12.4, "later_unit_price": 5.25, "paid_unit_price": 5.25},
            "Wait: F05 asks R$ 5,90 (R$ 5,25 expected at the next quote, which is paid), and no lower price is "
            "expected; stock 1.127,5 + 0 on order lasts 17 days, the best day to order is expected in 7 days; ordering "
            "today would cost R$ 12,40 more.",
            id="the_next_quote_is_the_cheap_one",
        ),
        pytest.param(
            {"decision": "wait", "cost_of_today": 12.4, "later_unit_price": 5.25},
            "Wait: F05 asks R$ 5,90, R$ 5,25 is expected in 7 days; stock 1.127,5 + 0 on order lasts 17 days; ordering "
            "today would cost R$ 12,40 more.",
            id="a_wait",
        ),
        pytest.param(
            {"decision": "wait", "cost_of_today": 12.4, "later_unit_price": 5.9},
            "Wait: F05 asks R$ 5,90, and no lower price is expected; stock 1.127,5 + 0 on order lasts 17 days, the "
            "best day to order is expected in 7 days; ordering today would cost R$ 12,40 more.",
            id="a_wait_for_the_stock_alone",
        ),
    ],
)
def test_the_planners_sentence_stands_before_the_rules(changes, expected):
    assert said(**changes) == f"{expected} The ERP rule: {RULE}"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"discount": 0.12, "tier_units": 500.0}, "at R$ 5,90 (12% off from 500 units): ", id="a_tier"),
        pytest.param(
            {"discount": 0.12, "tier_units": 500.0}, "; worth it up to a quote of R$ 5,98.", id="its_limit_is_a_quote"
        ),
        pytest.param({"held_by": "budget"}, ". The budget of today's orders changed it. The ERP", id="a_budget"),
        pytest.param(
            {"decision": "wait", "cost_of_today": -3.5, "held_by": "warehouse_volume"},
            "; ordering today would save R$ 3,50. The room left in the warehouse changed it. The ERP",
            id="a_wait_for_want_of_room",
        ),
        pytest.param(
            {"lost_unit_added": 2.5},
            " To serve enough, a unit that lacks counts R$ 2,50 more. The",
            id="a_service_floor",
        ),
    ],
)
def test_what_changed_an_order_is_said(changes, says):
    assert says in said(**changes)


def test_where_both_agree_the_rule_speaks():
    assert said(same=True) == f"The planner agrees with the ERP rule. {RULE}"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"discount": 0.12, "tier_units": 500.0},
            "Comprar 1.332 de F05 a R$ 5,90 (12% de desconto a partir de 500 unidades): espera-se R$ 6,25 em 7 dias, "
            "quando o estoque exigiria a compra; cobre 17 dias; vale a pena até uma cotação de R$ 5,98. A regra do "
            "ERP: ",
            id="buy",
        ),
        pytest.param(
            {"decision": "wait", "cost_of_today": -3.5, "held_by": "budget", "later_days": 1, "later_unit_price": 5.25},
            "Aguardar: F05 pede R$ 5,90, espera-se R$ 5,25 em 1 dia; estoque 1.127,5 + 0 em pedidos dura 17 dias; "
            "pedir hoje economizaria R$ 3,50. O orçamento dos pedidos de hoje mudou esta linha. A regra do ERP: ",
            id="wait",
        ),
        pytest.param({"same": True}, "O planejador concorda com a regra do ERP. ", id="as_the_rule"),
    ],
)
def test_the_same_in_portuguese(changes, expected):
    assert said(language="pt_BR", **changes) == expected + RULE


def test_numbers_are_those_of_the_locale():
    assert "Buy 1,332 from F05 at R$5.90" in said("en_US")


def test_no_line_no_sentence():
    told = pd.DataFrame([LINE]).iloc[:0]
    assert sentences(told, pd.Series([], dtype="str"), Words(Voice("pt_BR", "BRL"))).tolist() == []
