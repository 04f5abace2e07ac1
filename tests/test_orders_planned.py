"""Order lines: the ERP rule's where it is trusted more, the planner's elsewhere, each within what can be ordered."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import replayed
from hypothesis import given, settings
from hypothesis import strategies as st
from mornings import PLANNER, REASONS, rule, worked
from pandas.testing import assert_frame_equal

from ordercast import schema
from ordercast.language import Voice
from ordercast.orders import ORDER_COLUMNS, planned
from ordercast.orders.planner import Ahead, Planner
from ordercast.orders.replay import opening_morning
from ordercast.orders.timing import NO_CORRECTION, Correction
from ordercast.orders.words import Words
from ordercast.orders.world import View, World

ALL = slice(None)
ADDED = {"planned_by", "just_in_time_saving", "waiting_cost", "days_of_cover"}


def lines(
    world: World,
    erp: pd.DataFrame | None = None,
    trusted: object = ALL,
    planner: Planner = PLANNER,
    correction: Correction = NO_CORRECTION,
) -> pd.DataFrame:
    """The lines of the world's last morning; trusted: the products of the planner, all by default."""
    whom = np.zeros(world.products, dtype=np.bool_)
    whom[trusted] = True
    return planned.lines(rule(world) if erp is None else erp, worked(world, planner), whom, correction, REASONS)


def test_the_rules_lines_get_the_planners_columns_and_nothing_else():
    erp = rule(replayed.world())
    assert set(erp.columns) - set(ORDER_COLUMNS) == ADDED
    assert (erp["planned_by"] == "erp").all()
    nobody = planned.by_erp(erp.iloc[:0][[*ORDER_COLUMNS, "days_of_cover"]])
    assert nobody.empty
    assert set(nobody.columns) == set(erp.columns)


@pytest.mark.parametrize("seed", range(4))
def test_without_trust_nothing_changes(seed):
    world = replayed.random_world(seed, 5, 80)
    assert_frame_equal(lines(world, trusted=[]), rule(world))


@pytest.mark.parametrize("seed", range(4))
def test_who_is_not_trusted_keeps_the_rules_line(seed):
    world = replayed.random_world(seed, 5, 80)
    some, all_, erp = lines(world, trusted=[1, 3]), lines(world), rule(world)
    assert_frame_equal(some.iloc[[0, 2, 4]], erp.iloc[[0, 2, 4]])
    assert_frame_equal(some.iloc[[1, 3]], all_.iloc[[1, 3]])


def test_the_order_of_lines_and_products_unknown_to_the_world_are_kept():
    world = replayed.random_world(0, 4, 80)
    erp = rule(world)
    more = pd.concat([erp.iloc[[3, 1]], erp.iloc[[0]].assign(product_id="X"), erp.iloc[[2, 0]]], ignore_index=True)
    told = lines(world, more)
    assert told["product_id"].tolist() == ["P3", "P1", "X", "P2", "P0"]
    assert_frame_equal(told.iloc[[2]], more.iloc[[2]])
    one_by_one = lines(world).set_index("product_id")
    assert_frame_equal(told.drop(index=2).set_index("product_id").sort_index(), one_by_one.sort_index())


def test_a_product_nobody_offers_today_stays_with_the_rule():
    world = replayed.world([*[10.0] * 5, *[np.nan] * 35], on_hand=0.0)
    assert lines(world)["planned_by"].tolist() == ["erp"]
    assert_frame_equal(lines(world), rule(world))


@given(world=replayed.worlds(days=80), execution=st.sampled_from(["next_quote", "quote_seen"]))
@settings(max_examples=40)
def test_every_line_of_the_planner_is_one_that_can_be_placed(world, execution):
    planner = Planner(PLANNER.forecasts, PLANNER.floor, execution=execution)
    told = schema.check(lines(world, planner=planner), "orders")
    terms, known = world.terms, worked(world, planner)
    _, state = opening_morning(world)
    assert told["product_id"].tolist() == world.product_ids.tolist()
    for at, line in enumerate(told.itertuples()):
        if line.planned_by == "erp":
            continue
        series = int(np.flatnonzero((terms.product == at) & (world.supplier_ids == line.supplier_id))[0])
        assert line.reason
        assert not {"nan", "–", "inf"} & set(line.reason.split())
        assert line.saving_p10 <= line.expected_saving <= line.saving_p90
        assert line.buy_below_unit_price >= 0
        assert line.waiting_cost >= 0
        assert 0 <= line.regret_probability <= 1
        quote = known.view.today_price[series]
        due = 1 - replayed.discount(world, series, line.quantity_units)
        assert line.unit_price == pytest.approx(due * quote, abs=1e-6)
        if not line.reason.startswith("The planner agrees"):
            assert (" off from " in line.reason) == (due < 1)
        assert (line.quantity_units > 0) == (line.decision == "buy")
        assert (line.order_on == pd.Timestamp(world.dates[-1])) == (line.decision == "buy")
        assert (line.arrive_on - line.order_on).days == terms.promised_days[series]
        if line.decision == "buy":
            assert line.quantity_units % terms.pack_units[series] == 0
            assert line.quantity_units >= terms.moq_units[series]
            assert line.quantity_units <= state.room_units[at]
            assert line.waiting_cost == 0
            if not known.worked.floored[at]:
                assert quote <= line.buy_below_unit_price + 1e-4
        else:
            assert line.just_in_time_saving == 0
            assert line.unit_price >= line.buy_below_unit_price - 1e-4


@pytest.mark.parametrize("execution", ["next_quote", "quote_seen"])
def test_what_the_rule_would_do_as_well_saves_nothing_and_says_so(execution):
    world = replayed.world(on_hand=30.0)
    told = lines(world, planner=Planner(PLANNER.forecasts, PLANNER.floor, execution=execution)).iloc[0]
    assert told["decision"] == "wait"
    assert told[["expected_saving", "saving_p10", "saving_p90"]].tolist() == [0, 0, 0]
    assert told["reason"].startswith("Wait: F1 asks R$\xa010,00, and no lower price is expected; stock 30 + 0 on order")
    assert told["reason"].endswith(" more. The ERP rule: as the rule has it.")
    assert told["waiting_cost"] > 0


def test_a_wait_is_for_a_day_of_review():
    told = lines(replayed.world(on_hand=30.0, review_period_days=7)).iloc[0]
    assert told["decision"] == "wait"
    assert (told["order_on"] - pd.Timestamp(replayed.world().dates[-1])).days in (7, 14)


@pytest.mark.parametrize(
    ("due", "chance"),
    [
        pytest.param(np.ones(20, dtype=bool), 1.0, id="the_next_quote_is_the_dear_one"),
        pytest.param(np.arange(1, 21) == 20, 0.0, id="no_new_quote_until_then"),
    ],
)
def test_the_chance_of_a_higher_price_is_that_of_what_the_better_day_pays(due, chance):
    """Prices that rise every day: the better day is tomorrow, and an order of today pays tomorrow's quote."""

    def rising(view: View) -> Ahead:
        price = 10.0 + 0.1 * np.arange(1, 21)[None]
        return replace(replayed.one_in_ten(view), p10=price - 0.001, p50=price, p90=price + 0.001, quote_due=due)

    told = lines(replayed.world(on_hand=30.0), planner=Planner(rising, PLANNER.floor)).iloc[0]
    assert told["decision"] == "wait"
    assert told["regret_probability"] == chance


@pytest.mark.parametrize(("lead", "days"), [(2.0, 1), (3.0, 17)])
def test_a_shortage_that_no_order_can_mend_hurries_nobody(lead, days):
    """Stock ends tomorrow, and fifty days' units come on day 3: only a delivery on day 2 would help."""
    world = replayed.world(on_hand=1.0, orders=[(50, 3, 3)], lead_time_days=lead)
    told = lines(world, planner=Planner(PLANNER.forecasts, PLANNER.floor, execution="quote_seen")).iloc[0]
    assert told["decision"] == "wait"
    assert (told["order_on"] - pd.Timestamp(world.dates[-1])).days == days


@pytest.mark.parametrize(("pack_units", "bound"), [(1.0, "none"), (300.0, "pack")])
def test_one_pack_that_is_more_than_anybody_wants_is_what_bound(pack_units, bound):
    world = replayed.world(on_hand=0.0, order_cost=0.5, moq_units=1.0, pack_units=pack_units)
    told = lines(world, rule(world)).iloc[0]
    assert (told["decision"], told["binding_constraint"]) == ("buy", bound)


def test_what_is_urgent_by_the_rule_stays_so():
    world = replayed.world(on_hand=0.0, order_cost=0.5)
    told = lines(world, rule(world, reason="Buy; urgent: stock is short.", urgent=True))
    assert told["planned_by"].tolist() == ["planner"]
    assert told["urgent"].tolist() == [True]
    assert told["reason"].str.contains("; urgent: stock is short.", regex=False).all()


def test_each_language_has_its_own_sentence_before_the_rules_own():
    world = replayed.world(on_hand=0.0, order_cost=0.5)
    erp = rule(world, reason="as the rule has it.").assign(reason_pt_BR="como diz a regra.")
    words = {**REASONS, "reason_pt_BR": Words(Voice("pt_BR", "BRL", "pt_BR"))}
    told = planned.lines(erp, worked(world), np.ones(1, dtype=np.bool_), NO_CORRECTION, words).iloc[0]
    assert told["reason"].startswith("Buy ")
    assert told["reason"].endswith(" The ERP rule: as the rule has it.")
    assert told["reason_pt_BR"].startswith("Comprar ")
    assert told["reason_pt_BR"].endswith(" A regra do ERP: como diz a regra.")


def test_the_record_corrects_the_chances_of_purchases_only():
    doubtful = Correction((0.0, 1.0), (0.25, 0.25))
    worlds = [replayed.random_world(seed, 4, 80) for seed in range(6)]
    plain, told = (pd.concat([lines(world, correction=each) for world in worlds]) for each in (NO_CORRECTION, doubtful))
    mine = told["planned_by"] == "planner"
    buys = mine & (told["decision"] == "buy")
    assert buys.any()
    assert (mine & ~buys).any()
    assert (told.loc[buys, "regret_probability"] == 0.25).all()
    assert_frame_equal(told[~buys], plain[~buys])


@pytest.mark.parametrize(("on_hand", "corrected"), [(0.0, False), (9.0, True)])
def test_what_stock_calls_for_now_cannot_be_regretted_whatever_the_record(on_hand, corrected):
    world = replayed.world(on_hand=on_hand, order_cost=0.001, shelf_capacity_units=10.0, holding_rate_per_year=3.0)
    world = replace(world, terms=replace(world.terms, lead_time_days=np.array([8.0])))
    known = worked(world)
    assert known.worked.series[0] == 0
    told = lines(world, correction=Correction((0.0, 1.0), (0.25, 0.25))).iloc[0]
    assert (known.timing.wait_days[0] > 0) == corrected
    assert told["regret_probability"] == (0.25 if corrected else 0.0)


def test_a_floor_that_forces_a_bad_order_says_so_though_the_rule_orders_the_same():
    world = replayed.world(on_hand=0.0, moq_units=5000.0, shelf_life_days=3.0)
    told = lines(world).iloc[0]
    assert told["quantity_units"] == told["erp_quantity_units"] == 5000
    assert "but for that worth it up to a quote of" in told["reason"]
    assert told["just_in_time_saving"] == pytest.approx(-50_000, rel=0.05)  # what spoils is lost once


def test_a_price_that_stands_has_no_chance_of_a_higher_one():
    def standing(view: View) -> Ahead:
        price = np.full((1, 20), 10.0)
        return replace(replayed.one_in_ten(view), p10=price, p50=price, p90=price)

    told = lines(replayed.world(on_hand=30.0), planner=Planner(standing, PLANNER.floor)).iloc[0]
    assert (told["decision"], told["regret_probability"]) == ("wait", 0.0)


def test_the_floor_is_named_where_it_forced_the_purchase():
    world = replayed.world(on_hand=3.0, order_cost=0.1)
    falling = Planner(lambda view: replayed.one_in_ten(view), PLANNER.floor)
    told = lines(world, planner=falling)
    floored = worked(world, falling).worked.floored[0]
    assert floored
    assert (
        "the 3 in stock and on order are not over the reorder point of 3 by recent demand; " in told["reason"].iloc[0]
    )
