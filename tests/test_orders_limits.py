"""Limits of a day's orders together: what they cut, what they leave alone, and the sentences that say so."""

from dataclasses import replace

import mornings
import numpy as np
import pandas as pd
import pytest
import replayed
from hypothesis import given
from hypothesis import strategies as st

from ordercast.orders import curves, limits
from ordercast.orders.limits import Limits
from ordercast.orders.planner import Ahead
from ordercast.orders.world import View, World


def spent(known: mornings.Morning) -> float:
    """What the orders of a morning are expected to cost."""
    bought = np.flatnonzero(known.worked.series >= 0)
    return float((known.worked.units[bought] * known.paid[known.worked.series[bought]]).sum())


@pytest.mark.parametrize(
    ("budget", "units", "says"),
    [
        pytest.param(None, None, None, id="no_budget"),
        pytest.param(1e6, None, "does not bind", id="more_than_enough"),
        pytest.param(5.0, 0.0, "does not pay the smallest order", id="less_than_one_unit"),
    ],
)
def test_one_product_within_a_budget(budget, units, says):
    world = replayed.world(on_hand=0.0, demand=4.0, order_cost=1.0)
    free, known = mornings.worked(world), mornings.worked(world, allowed=Limits(budget=budget))
    assert free.worked.units[0] > 0
    assert known.worked.units[0] == (free.worked.units[0] if units is None else units)
    assert (known.coupled is None) == (budget is None)
    if known.coupled is not None:
        assert says in limits.said(known.coupled, Limits(budget=budget), mornings.WORDS)


def test_half_the_money_buys_less_and_says_what_more_would_return():
    world = replayed.world(on_hand=0.0, demand=4.0, order_cost=1.0)
    free = mornings.worked(world)
    budget = spent(free) / 2
    known = mornings.worked(world, allowed=Limits(budget=budget))
    assert 0 < known.worked.units[0] < free.worked.units[0]
    assert spent(known) <= budget * (1 + 1e-9)
    assert "cuts 1 product" in limits.said(known.coupled, Limits(budget=budget), mornings.WORDS)


@given(replayed.worlds(products=4, days=120), st.floats(0, 2))
def test_no_budget_is_ever_exceeded_and_untrusted_products_are_left_alone(world: World, share: float):
    free = mornings.worked(world)
    trusted = np.arange(world.products) % 2 == 0
    own = np.where(trusted, free.worked.units, 0.0)
    money = own * free.paid[np.maximum(free.worked.series, 0)]
    budget = share * float(np.nansum(money))
    limited, found = limits.within(
        free.worked, Limits(budget=budget), free.view.today_price, trusted, np.zeros(world.products)
    )
    assert found.spent <= budget * (1 + 1e-9)
    assert limited.units[~trusted].tolist() == free.worked.units[~trusted].tolist()
    terms, bought = world.terms, np.flatnonzero(trusted & (limited.series >= 0))
    series, units = limited.series[bought], limited.units[bought]
    assert (np.mod(units, terms.pack_units[series]) == 0).all()
    assert (units >= terms.moq_units[series]).all()
    assert (units <= free.state.room_units[bought]).all()


@given(replayed.worlds(products=4, days=120))
def test_a_budget_that_does_not_bind_changes_no_order(world: World):
    free = mornings.worked(world)
    known = mornings.worked(world, allowed=Limits(budget=1e12))
    assert known.worked.series.tolist() == free.worked.series.tolist()
    assert known.worked.units.tolist() == free.worked.units.tolist()


def test_a_budget_is_kept_at_the_quotes_that_the_lines_say():
    """Tomorrow's quote, at which the order is paid, is expected a tenth lower."""

    def falling(view: View) -> Ahead:
        said = replayed.one_in_ten(view)
        return replace(said, p10=0.8 * said.p10, p50=0.9 * said.p50, p90=0.9 * said.p90)

    world = replayed.world(**HUNGRY)
    planner = replace(mornings.PLANNER, forecasts=falling, execution="next_quote")
    free = mornings.worked(world, planner)
    budget = 10.0 * free.worked.units[0] - 1.0
    known = mornings.worked(world, planner, Limits(budget=budget))
    assert 0 < known.worked.units[0] * 10.0 <= budget
    assert known.coupled.spent == pytest.approx(known.worked.units[0] * 10.0)


def line_of(known: mornings.Morning) -> pd.Series:
    trusted = np.ones(known.world.products, dtype=bool)
    rule = mornings.rule(known.world)
    return mornings.planned.lines(rule, known, trusted, mornings.NO_CORRECTION, mornings.REASONS).iloc[0]


HUNGRY = {"on_hand": 0.0, "demand": 4.0, "order_cost": 1.0}  # it wants some 20 units at 10 each
NOBODY = np.zeros(1, dtype=np.int64)


@pytest.mark.parametrize(
    ("allowed", "most", "bound", "says"),
    [
        pytest.param(
            Limits(room=10.0, unit_volume=np.array([2.0])),
            5,
            "warehouse_volume",
            "The warehouse's room for 10 cuts 1 product, 10 are taken; one more of it would return R$",
            id="half_the_room",
        ),
        pytest.param(Limits(room=1e6, unit_volume=np.array([2.0])), None, "none", "does not bind: ", id="room_enough"),
        pytest.param(
            Limits(room=10.0, unit_volume=np.zeros(1), unmeasured=1),
            None,
            "none",
            "1 product without unit_volume is taken to need none of it.",
            id="what_has_no_volume_needs_no_room",
        ),
        pytest.param(
            Limits(room=0.0, overfull=7.0, unit_volume=np.array([2.0])),
            0,
            "warehouse_volume",
            "Stock and orders on their way take 7 more than the warehouse holds.",
            id="an_overfull_warehouse",
        ),
        pytest.param(
            Limits(room=0.0, unit_volume=np.array([2.0])),
            0,
            "warehouse_volume",
            "The warehouse is full: the order of 1 product is not placed.",
            id="a_full_warehouse",
        ),
        pytest.param(
            Limits(names=np.array(["F1"], dtype=object), minimum=np.array([1.0]), supplier=NOBODY),
            None,
            "none",
            "No supplier's minimum order value binds.",
            id="a_minimum_that_is_met",
        ),
        pytest.param(
            Limits(names=np.array(["F1"], dtype=object), minimum=np.array([1e6]), supplier=NOBODY),
            0,
            "supplier_minimum",
            "change 1 product; without an order stay F1 (R$",
            id="a_minimum_beyond_all_demand",
        ),
    ],
)
def test_a_limit_is_kept_named_and_said(allowed, most, bound, says):
    world = replayed.world(**HUNGRY)
    free, known = mornings.worked(world), mornings.worked(world, allowed=allowed)
    units = known.worked.units[0]
    assert units == (free.worked.units[0] if most is None else most)
    assert line_of(known)["binding_constraint"] == bound
    told = limits.said(known.coupled, allowed, mornings.WORDS)
    assert says in told.replace("\xa0", " ")
    if bound != "none":
        assert " changed it. The ERP rule: " in line_of(known)["reason"]
    figures = limits.report(known.coupled, allowed)
    assert figures["gap_to_dual_bound"] <= 0.2  # lots of one product: what whole units leave over
    assert figures["room"] == allowed.room


def test_where_the_money_lacks_the_minimum_that_would_be_met_is_not_blamed():
    allowed = Limits(5.0, names=np.array(["F1"], dtype=object), minimum=np.array([20.0]), supplier=NOBODY)
    known = mornings.worked(replayed.world(**HUNGRY), allowed=allowed)
    line = line_of(known)
    assert (line["binding_constraint"], line["quantity_units"]) == ("budget", 0)
    assert "; ordering today would save R$" in line["reason"]


def test_a_minimum_lifts_an_order_that_is_worth_it():
    world = replayed.world(**HUNGRY)
    free = mornings.worked(world)
    least = spent(free) * 1.2
    allowed = Limits(names=np.array(["F1"], dtype=object), minimum=np.array([least]), supplier=NOBODY)
    known = mornings.worked(world, allowed=allowed)
    assert least <= spent(known) < 1.1 * least
    assert line_of(known)["binding_constraint"] == "supplier_minimum"


def tables(world: World, **terms: object) -> dict[str, pd.DataFrame]:
    """The tables beside a world of one product and a second one that the planner does not know."""
    products = pd.DataFrame({"product_id": ["P1", "P2"], "unit_volume": [2.0, np.nan]})
    suppliers = pd.DataFrame({"product_id": ["P1", "P2"], "supplier_id": "F1", "min_order_value": [np.nan, 100.0]})
    stock = pd.DataFrame({"product_id": ["P1"], "on_hand_units": [3.0]})
    order = {"order_id": "O1", "product_id": "P1", "quantity_units": 4.0, "status": "open", "due_on": world.dates[-1]}
    orders = pd.DataFrame([order, order | {"order_id": "O2", "status": "received"}])
    return {"products": products, "suppliers": suppliers, "stock": stock, "open_orders": orders}


def test_what_the_rule_orders_of_products_the_planner_does_not_know_takes_its_part_first():
    world = replayed.world(**HUNGRY)
    one = mornings.rule(world).iloc[[0]]
    other = one.assign(product_id="P2", quantity_units=7, total_cost=70.0)
    both = pd.concat([one, other], ignore_index=True)
    for trusted in (True, False):
        found = limits.of(world, both, np.array([trusted]), budget=500.0, warehouse_volume=100.0, **tables(world))
        assert (found.budget, found.room) == (500.0 - 70.0, 100.0 - 2 * 7)
        assert found.minimum.tolist() == [100.0 - 70.0]
        assert found.overfull == 0
    assert found.names.tolist() == ["F1"]
    full = limits.of(world, both, np.array([True]), budget=500.0, warehouse_volume=10.0, **tables(world))
    assert (full.room, full.overfull) == (0.0, 4.0)
    assert not Limits().any
    assert found.any


@pytest.mark.parametrize(
    ("settings_", "minimum", "expected"),
    [
        pytest.param((None, None), np.nan, False, id="nothing"),
        pytest.param((None, None), 0.0, False, id="a_minimum_of_nothing"),
        pytest.param((None, None), 5.0, True, id="a_minimum"),
        pytest.param((0.0, None), np.nan, True, id="a_budget_of_nothing"),
        pytest.param((None, 3.0), np.nan, True, id="a_warehouse"),
    ],
)
def test_what_couples_the_orders_of_a_day(settings_, minimum, expected):
    suppliers = pd.DataFrame({"supplier_id": ["F1"], "min_order_value": [minimum]})
    assert limits.wanted(*settings_, suppliers) is expected


def test_lines_under_their_suppliers_minimum_say_so():
    lines = pd.DataFrame(
        {
            "supplier_id": ["F1", "F1", "F1", "F2", "F3"],
            "quantity_units": [3, 2, 0, 5, 1],
            "total_cost": [30.0, 20.0, 0.0, 50.0, 1.0],
            "reason": ["a.", "b.", "c.", "d.", "e."],
        }
    )
    suppliers = pd.DataFrame({"supplier_id": ["F1", "F1", "F2"], "min_order_value": [np.nan, 60.0, 50.0]})
    told = limits.under_minimum(lines, suppliers, mornings.REASONS)["reason"].str.replace("\xa0", " ").tolist()
    under = " All lines to F1 come to R$ 50,00, under its minimum of R$ 60,00."
    assert told == [f"a.{under}", f"b.{under}", "c.", "d.", "e."]


@given(replayed.worlds(products=4, days=120), st.floats(0, 2))
def test_the_rules_orders_keep_the_budget_too_and_are_placed_whole_or_not_at_all(world: World, share: float):
    trusted = np.arange(world.products) % 2 == 0
    erp = mornings.rule(world)
    free = mornings.planned.morning(world, mornings.PLANNER, trusted)
    whole = mornings.planned.lines(erp, free, trusted, mornings.NO_CORRECTION, mornings.REASONS)
    budget = share * float(whole["total_cost"].sum())
    known = mornings.planned.morning(world, mornings.PLANNER, trusted, Limits(budget=budget), erp)
    lines = mornings.planned.lines(erp, known, trusted, mornings.NO_CORRECTION, mornings.REASONS)
    assert known.coupled is not None
    assert known.coupled.spent <= budget * (1 + 1e-9)
    theirs = lines[~trusted & (erp["quantity_units"] > 0).to_numpy()]
    placed = theirs["quantity_units"] > 0
    assert (theirs["quantity_units"][placed] == theirs["erp_quantity_units"][placed]).all()
    assert (theirs["decision"] == np.where(placed, "buy", "wait")).all()
    assert (theirs.loc[~placed, "binding_constraint"] == "budget").all()
    assert (theirs["order_on"].eq(erp["order_on"].iloc[0]) == placed).all()
    assert theirs.loc[~placed, "reason"].str.startswith("Wait: the budget of today's orders does not reach").all()
    assert (theirs["planned_by"] == "erp").all()


@given(replayed.worlds(products=4, days=120), st.floats(0, 2), st.floats(0, 2))
def test_orders_of_the_rule_fill_their_suppliers_minimum_only_if_they_are_placed(
    world: World, share: float, least: float
):
    place = np.arange(len(world.terms.product)) - world.terms.starts[world.terms.product]
    world = replace(world, supplier_ids=np.array([f"F{s}" for s in place], dtype=object))  # who sell all products
    trusted = np.arange(world.products) % 2 == 0
    erp = mornings.rule(world)
    free = mornings.planned.morning(world, mornings.PLANNER, trusted)
    whole = mornings.planned.lines(erp, free, trusted, mornings.NO_CORRECTION, mornings.REASONS)
    names, supplier = np.unique(world.supplier_ids.astype(str), return_inverse=True)
    minimum = least * whole.groupby("supplier_id")["total_cost"].sum().reindex(names).fillna(0.0).to_numpy()
    budget = share * float(whole["total_cost"].sum())
    allowed = Limits(budget, names=names.astype(object), minimum=minimum, supplier=supplier)
    known = mornings.planned.morning(world, mornings.PLANNER, trusted, allowed, erp)
    lines = mornings.planned.lines(erp, known, trusted, mornings.NO_CORRECTION, mornings.REASONS)
    assert lines["total_cost"].sum() <= budget * (1 + 1e-9) + 0.02
    total = lines.groupby("supplier_id")["total_cost"].sum().reindex(names).fillna(0.0).to_numpy()
    planners = lines[(lines["planned_by"] == "planner") & (lines["decision"] == "buy")]
    asked = np.isin(names, planners["supplier_id"])
    assert (total[asked] >= minimum[asked] * (1 - 1e-9) - 0.02).all()


@pytest.mark.parametrize(
    ("allowed", "limit", "says"),
    [
        pytest.param(
            Limits(budget=0.0), "budget", "Wait: the budget of today's orders does not reach for it.", id="no_money"
        ),
        pytest.param(
            Limits(room=1.0, unit_volume=np.array([2.0])),
            "warehouse_volume",
            "Wait: the warehouse has no room left for it.",
            id="no_room",
        ),
    ],
)
def test_an_order_of_the_rule_that_a_limit_forbids_waits_and_says_so(allowed, limit, says):
    world, nobody = replayed.world(**HUNGRY), np.zeros(1, dtype=bool)
    erp = mornings.rule(world)
    assert erp["quantity_units"].iloc[0] > 0
    known = mornings.planned.morning(world, mornings.PLANNER, nobody, allowed, erp)
    line = mornings.planned.lines(erp, known, nobody, mornings.NO_CORRECTION, mornings.REASONS).iloc[0]
    assert (line["decision"], line["quantity_units"], line["total_cost"]) == ("wait", 0, 0.0)
    assert (line["binding_constraint"], line["erp_quantity_units"]) == (limit, erp["quantity_units"].iloc[0])
    assert line["reason"] == f"{says} The ERP rule: as the rule has it."
    assert line["expected_saving"] < 0  # it was worth its money
    assert line["saving_p10"] <= line["expected_saving"] <= line["saving_p90"] <= 0
    points = curves.of_morning(erp, known, nobody)
    assert points.loc[points["planned"], "quantity_units"].tolist() == [0]
    assert points.loc[points["erp"], "quantity_units"].tolist() == [erp["quantity_units"].iloc[0]]


@pytest.mark.parametrize(("tomorrow", "chance"), [(9.0, 0.0), (10.0, 0.0), (11.0, 1.0)])
def test_an_order_held_back_has_the_chance_and_the_quote_of_a_wait(tomorrow: float, chance: float):
    def said(view: View) -> Ahead:
        price = np.full((1, 20), tomorrow)
        return replace(replayed.one_in_ten(view), p10=price, p50=price, p90=price)

    world, nobody = replayed.world(**HUNGRY), np.zeros(1, dtype=bool)
    erp = mornings.rule(world, regret_probability=0.9, unit_price=9.0)
    known = mornings.planned.morning(world, replace(mornings.PLANNER, forecasts=said), nobody, Limits(budget=0.0), erp)
    line = mornings.planned.lines(erp, known, nobody, mornings.NO_CORRECTION, mornings.REASONS).iloc[0]
    assert (line["unit_price"], line["regret_probability"]) == (10.0, chance)


@pytest.mark.parametrize(("budget", "units"), [pytest.param(0.0, 0, id="no_money"), pytest.param(70.0, 7, id="enough")])
def test_an_order_at_a_price_too_old_for_the_planner_is_within_the_budget_too(budget, units):
    world, nobody = (
        replayed.world(price=np.r_[10.0, np.full(replayed.DAYS - 1, np.nan)], on_hand=0.0),
        np.zeros(1, dtype=bool),
    )
    assert not world.orderable[:, -1].any()
    rule = mornings.rule(
        world, decision="buy", quantity_units=7, erp_quantity_units=7, unit_price=10.0, total_cost=70.0
    )
    known = mornings.planned.morning(world, mornings.PLANNER, nobody, Limits(budget=budget), rule)
    line = mornings.planned.lines(rule, known, nobody, mornings.NO_CORRECTION, mornings.REASONS).iloc[0]
    assert (line["quantity_units"], line["total_cost"]) == (units, 10.0 * units)
    assert line["reason"].startswith("Wait: the budget") == (units == 0)
