"""Price tiers from their table to what an order pays: all units cost less from so many on, and nobody pays twice."""

import doctest

import mornings
import numpy as np
import pandas as pd
import pytest
import replayed
import test_orders
from test_orders_planner import decided, expecting

from ordercast.orders import accounts, tiers
from ordercast.orders.planner import Planner
from ordercast.orders.replay import replay

SERIES = pd.DataFrame({"product_id": ["A", "A", "B"], "supplier_id": ["F1", "F2", "F1"]})


def table(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["product_id", "supplier_id", "min_units", "discount_rate"])


def test_the_examples_in_the_text_hold():
    assert doctest.testmod(tiers) == (0, 2)


@pytest.mark.parametrize(
    ("rows", "units", "discount"),
    [
        pytest.param([], [[], [], []], [[], [], []], id="none"),
        pytest.param([("X", "F1", 5, 0.1), ("B", "F2", 5, 0.1)], [[], [], []], [[], [], []], id="of_others_alone"),
        pytest.param(
            [("B", "F1", 9, 0.2), ("A", "F2", 7, 0.1), ("B", "F1", 3, 0.05)],
            [[np.inf, np.inf], [7, np.inf], [3, 9]],
            [[0, 0], [0.1, 0.1], [0.05, 0.2]],
            id="sorted_and_filled_up",
        ),
        pytest.param(
            [("A", "F1", 3, 0.2), ("A", "F1", 9, 0.1)],
            [[3, 9], [np.inf, np.inf], [np.inf, np.inf]],
            [[0.2, 0.2], [0, 0], [0, 0]],
            id="more_units_get_no_less_off",
        ),
    ],
)
def test_tiers_by_series(rows, units, discount):
    least, off = tiers.padded(table(*rows) if rows else None, SERIES)
    np.testing.assert_array_equal(least, np.array(units, dtype=float).reshape(3, -1))
    np.testing.assert_array_equal(off, np.array(discount, dtype=float).reshape(3, -1))


@pytest.mark.parametrize(
    ("ordered", "discount", "least"),
    [
        pytest.param(2.9, 0.0, 0.0, id="below_the_first"),
        pytest.param(3.0, 0.05, 3.0, id="on_the_first"),
        pytest.param(12.0, 0.2, 9.0, id="beyond_the_last_real_one"),
        pytest.param(99.0, 0.2, 9.0, id="a_tier_that_gives_no_more_is_not_named"),
    ],
)
def test_what_an_order_gets_off(ordered, discount, least):
    own = np.array([[3.0, 9.0, 50.0, np.inf]]), np.array([[0.05, 0.2, 0.2, 0.0]])
    got, named = tiers.reached(*own, np.array([ordered]))
    assert (got.item(), named.item()) == (discount, least)
    world = replayed.world(tiers={3: 0.05, 9: 0.2, 50: 0.2})
    assert world.terms.discount(np.array([0]), np.array([ordered])).item() == discount


def test_a_replay_pays_the_tier_that_each_order_reaches():
    world = replayed.world(on_hand=0.0, tiers={20: 0.1, 30: 0.25})
    run = replay(world, replayed.AsTold({10: 19.0, 12: 20.0, 14: 33.0}), 10, 20)
    paid = accounts.account(world, run, "next_quote").purchase[0]
    assert paid[[0, 2, 4]].tolist() == pytest.approx([190.0, 180.0, 247.5])


@pytest.mark.parametrize(
    ("found", "low", "high"),
    [
        pytest.param({}, 1, 19, id="no_tier_little_at_a_time"),
        pytest.param({30: 0.3}, 30, 34, id="it_goes_up_to_a_tier_that_pays"),
        pytest.param({30: 0.001}, 1, 19, id="but_not_to_one_that_does_not"),
        pytest.param({500: 0.5}, 1, 19, id="nor_to_one_beyond_all_demand"),
    ],
)
def test_the_planner_weighs_tiers(found, low, high):
    world = replayed.world(on_hand=1.0, order_cost=1.0, tiers=found)
    _, units = decided(world, Planner(expecting(0.0)))
    assert low <= units <= high


def test_a_line_of_the_planner_names_its_tier_and_pays_it():
    world = replayed.world(on_hand=1.0, order_cost=1.0, tiers={12: 0.3})
    known = mornings.worked(world)
    told = mornings.planned.lines(
        mornings.rule(world), known, np.ones(1, dtype=bool), mornings.NO_CORRECTION, mornings.REASONS
    ).iloc[0]
    assert told["quantity_units"] >= 12
    assert told["unit_price"] == 7.0
    assert told["total_cost"] == 7.0 * told["quantity_units"]
    assert "at R$\xa07,00 (30% off from 12 units): " in told["reason"]
    assert "; worth it up to a quote of R$" in told["reason"]
    assert told["buy_below_unit_price"] >= 10


@pytest.mark.parametrize(
    ("given", "price", "says"),
    [
        pytest.param(
            [("P1", "F01", 365, 0.12)],
            8.8,
            "at R$8.80 (12% off from 365 units): stock 50",
            id="it_pays_what_it_reaches",
        ),
        pytest.param([("P1", "F01", 366, 0.12)], 10.0, "at R$10.00: stock 50", id="it_does_not_chase_a_tier"),
    ],
)
def test_the_erp_rule_pays_the_tier_its_lot_reaches(given, price, says):
    line = test_orders.plan(test_orders.world() | {"price_tiers": table(*given)}).iloc[0]
    assert (line["quantity_units"], line["unit_price"]) == (365, price)
    assert line["total_cost"] == pytest.approx(365 * price)
    assert says in line["reason"]


def test_a_tier_makes_the_dearer_quote_the_cheaper_supplier():
    both = test_orders.world(**test_orders.two({"unit_price": 10.5}, {}), stock=[{"on_hand_units": 55}])
    assert test_orders.plan(both)["supplier_id"].tolist() == ["F02"]
    line = test_orders.plan(both | {"price_tiers": table(("P1", "F01", 300, 0.1))}).iloc[0]
    assert (line["supplier_id"], line["unit_price"]) == ("F01", 9.45)
    assert 10.5 < line["buy_below_unit_price"] < 11.12  # the quote at which F02 would cost as much


def test_a_line_that_waits_shows_the_quote():
    tables = test_orders.world(stock=[{"on_hand_units": 61}]) | {"price_tiers": table(("P1", "F01", 1, 0.5))}
    assert test_orders.plan(tables)[["decision", "unit_price"]].iloc[0].tolist() == ["wait", 10.0]
