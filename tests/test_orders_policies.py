"""The policies of the replay: the ERP rule against orders.erp, the promo rule case by case; savings and intervals."""

import doctest
import math
from dataclasses import replace
from statistics import NormalDist
from types import SimpleNamespace
from typing import Any

import mornings
import numpy as np
import pandas as pd
import pytest
import replayed
from hypothesis import given, settings
from hypothesis import strategies as st
from replayed import AsTold

from ordercast.orders import assumed, erp, policies, savings
from ordercast.orders.policies import PromoRule, ReorderPoint, just_in_time
from ordercast.orders.replay import replay
from ordercast.orders.world import State, View, World

TODAY = pd.Timestamp("2026-11-23")


def morning(world: World, day: int) -> tuple[View, State]:
    """What a policy would be shown on the first morning of a replay."""
    seen: list[tuple[View, State]] = []

    class Onlooker:
        name = "onlooker"

        def decide(self, view: View, state: State) -> tuple[np.ndarray, np.ndarray]:
            seen.append((view, state))
            return np.full(world.products, -1), np.zeros(world.products)

    replay(world, Onlooker(), day, day)
    return seen[0]


def erp_plan(view: View, state: State, service_factor: float) -> pd.DataFrame:
    """What orders.erp makes of the same morning, its demand forecast being the recent mean and spread."""
    terms = view.terms
    product = np.char.add("P", np.arange(len(view.base_price)).astype(str))
    supplier = np.char.mod("F%03d", np.arange(len(terms.product)))
    mean, variance = policies.recent_demand(view)
    days = np.arange(1, 15)
    key = {"product_id": product[terms.product], "supplier_id": supplier}
    age = np.array([view.day - np.flatnonzero(row)[-1] if row.any() else 10**4 for row in view.quoted])
    last_quote = TODAY - pd.to_timedelta(age, unit="D")
    series = pd.DataFrame({**key, "unit_price": view.today_price, "last_quote_on": last_quote})
    series["status"] = np.where(view.orderable, "active", "ended")
    series = series[~np.isnan(view.today_price)]
    ahead = pd.DataFrame({**key, "p10": 1.0, "p50": 1.0, "p90": 1.0, "horizon_days": 14})
    demand = pd.DataFrame(
        {
            "product_id": np.repeat(product, 14),
            "horizon_days": np.tile(days, len(product)),
            "date": TODAY + pd.to_timedelta(np.tile(days, len(product)), unit="D"),
            "mean": np.repeat(mean, 14),
            "p10": 0.0,
            "p90": np.repeat(np.sqrt(variance) * 2.5631, 14),
        }
    )
    figures = {name: getattr(terms, name) for name in ("lead_time_days", "lead_time_sd_days", "moq_units")}
    figures |= {"pack_units": terms.pack_units, "order_cost": terms.order_cost}
    limits = {name: getattr(terms, name) for name in ("shelf_capacity_units", "shelf_life_days")}
    goods = {name: np.where(np.isinf(limit), np.nan, limit) for name, limit in limits.items()}
    goods["holding_rate_per_year"] = terms.holding_rate_per_year
    due = pd.DataFrame(
        {
            "order_id": [f"O{row}" for row in range(len(state.order_units))],
            "product_id": product[state.order_product],
            "quantity_units": state.order_units,
            "due_on": TODAY + pd.to_timedelta(state.order_due_day - view.day, unit="D"),
            "status": "open",
        }
    )
    rules = SimpleNamespace(
        service_level=NormalDist().cdf(service_factor),
        review_period_days=1,
        defaults=SimpleNamespace(**dict.fromkeys((*figures, "holding_rate_per_year"), 1.0)),
    )
    return erp.plan(
        series.reset_index(drop=True),
        ahead,
        demand,
        pd.DataFrame({"product_id": product, **goods}),
        pd.DataFrame({**key, **figures}),
        pd.DataFrame({"product_id": product, "on_hand_units": state.on_hand_units}),
        due,
        pd.DataFrame(
            {
                **{name: np.repeat(column, terms.tier_units.shape[1]) for name, column in key.items()},
                "min_units": terms.tier_units.ravel(),
                "discount_rate": terms.tier_discount.ravel(),
            }
        ).query("discount_rate > 0"),
        today=TODAY,
        run_id="run-1",
        params=rules,
        words=mornings.REASONS,
    )


@settings(max_examples=40, deadline=None)
@given(replayed.worlds(days=130), st.sampled_from([0.5, 1.5, 2.05, 3.0]), st.integers(100, 129))
def test_the_erp_rule_on_arrays_is_that_of_the_plan(world: World, service_factor: float, day: int) -> None:
    view, state = morning(world, day)
    series, units = ReorderPoint(service_factor).decide(view, state)
    plan = erp_plan(view, state, service_factor)
    # Which supplier is in time depends on receipts too, where the plan looks at each and the replay at their sum.
    alike = (np.bincount(world.terms.product) == 1) | ~np.isin(np.arange(world.products), state.order_product)
    assert units[alike].tolist() == plan["quantity_units"][alike].tolist()
    chosen = [f"F{row:03d}" for row in series[(series >= 0) & alike]]
    assert chosen == plan.loc[(plan["decision"] == "buy") & alike, "supplier_id"].tolist()


def decision(policy: Any, day: int = 10, **world: Any) -> tuple[int, float]:
    series, units = policy.decide(*morning(replayed.world(**world), day))
    return int(series[0]), float(units[0])


# Demand 2 a day, lead time 2, review 1: reorder point 6. Order cost 10, holding .365 x 10: economic lot 63.2.
@pytest.mark.parametrize(
    ("world", "ordered"),
    [
        pytest.param({"on_hand": 7.0}, (-1, 0), id="enough_orders_nothing"),
        pytest.param({"on_hand": 6.0}, (0, 64), id="at_the_reorder_point_the_economic_lot"),
        pytest.param({"on_hand": 6.0, "pack_units": 10.0}, (0, 70), id="whole_packs"),
        pytest.param({"on_hand": 6.0, "moq_units": 80.0}, (0, 80), id="the_moq"),
        pytest.param({"on_hand": 6.0, "shelf_capacity_units": 30.0}, (0, 24), id="what_the_shelf_holds"),
        pytest.param(
            {"on_hand": 6.0, "shelf_capacity_units": 30.0, "moq_units": 25.0}, (-1, 0), id="no_room_for_the_moq"
        ),
        pytest.param({"on_hand": 6.0, "shelf_life_days": 9.0}, (0, 18), id="what_is_used_before_it_spoils"),
        pytest.param({"on_hand": 1.0, "shelf_life_days": 2.0}, (0, 4), id="no_more_of_a_shortage_than_keeps"),
        pytest.param({"on_hand": 6.0, "demand": 0.0}, (-1, 0), id="no_demand_no_order"),
        pytest.param({"on_hand": 1.0, "orders": [(20, 2, 2)]}, (-1, 0), id="on_order_counts"),
        pytest.param({"on_hand": 1.0, "orders": [(20, 4, 4)]}, (0, 64), id="due_too_late_does_not_count"),
        pytest.param({"on_hand": 1.0, "orders": [(20, -7, 4)]}, (-1, 0), id="a_week_late_still_counts"),
        pytest.param({"on_hand": 1.0, "orders": [(20, -8, 4)]}, (0, 64), id="later_than_that_does_not"),
        pytest.param(
            {"on_hand": 1.0, "price": np.r_[10.0, np.full(39, np.nan)], "day": 16}, (-1, 0), id="quote_too_old"
        ),
    ],
)
def test_the_erp_rule(world: dict[str, Any], ordered: tuple[int, float]) -> None:
    assert decision(ReorderPoint(2.05), **{"demand": 2.0} | world) == ordered


@pytest.mark.parametrize(
    ("orders_open", "ordered"),
    [
        pytest.param([], (1, 64), id="too_late_from_the_cheap_one"),
        pytest.param([(5, 2, 2)], (0, 67), id="what_is_on_order_leaves_time_for_it"),
        pytest.param([(5, 3, 3)], (0, 67), id="the_next_order_comes_as_the_last_unit_goes"),
        pytest.param([(5, 4, 4)], (1, 64), id="not_if_it_comes_a_day_after_the_stock_has_run_out"),
    ],
)
def test_the_erp_rule_takes_the_cheapest_supplier_that_is_in_time(
    orders_open: list[tuple[int, int, int]], ordered: tuple[int, float]
) -> None:
    """Demand 2 a day and 4 on hand: two days, for suppliers of 4 and of 1 day."""
    one = replayed.world(demand=2.0, on_hand=4.0, orders=orders_open, lead_time_days=4.0, price=9.0)
    fast = replayed.world(lead_time_days=1.0, price=10.0)
    both = {
        name: np.concatenate([getattr(one.terms, name), getattr(fast.terms, name)])
        for name in ("product", *assumed.SUPPLIER_FIGURES, "tier_units", "tier_discount")
    }
    daily = ("unit_price", "quoted", "lead_days")
    world = replace(
        one,
        supplier_ids=np.array(["slow", "fast"], dtype=object),
        terms=replace(one.terms, **both),
        **{name: np.vstack([getattr(one, name), getattr(fast, name)]) for name in daily},
    )
    series, units = ReorderPoint(2.05).decide(*morning(world, 10))
    assert (int(series[0]), float(units[0])) == ordered


def test_just_in_time_buys_what_is_missing() -> None:
    assert decision(just_in_time(2.05), demand=2.0, on_hand=1.0) == (0, 5)


CHEAP = np.r_[np.full(10, 10.0), np.full(30, 9.0)]  # a tenth off on day 10


@pytest.mark.parametrize(
    ("world", "ordered"),
    [
        pytest.param({"on_hand": 20.0}, (0, 40), id="cheap_fills_thirty_days"),
        pytest.param({"on_hand": 20.0, "price": 10.0}, (-1, 0), id="not_cheap_waits"),
        pytest.param({"on_hand": 46.0}, (-1, 0), id="nearly_full_waits"),
        pytest.param({"on_hand": 10.0, "orders": [(40, -9, 9)]}, (-1, 0), id="all_that_is_on_order_counts"),
        pytest.param({"on_hand": 23.0, "shelf_life_days": 15.0}, (-1, 0), id="no_more_than_keeps"),
        pytest.param({"on_hand": 10.0, "shelf_life_days": 20.0}, (0, 30), id="as_much_as_keeps"),
        pytest.param({"on_hand": 20.0, "shelf_capacity_units": 45.0}, (0, 25), id="what_the_shelf_holds"),
        pytest.param({"on_hand": 6.0}, (0, 67), id="where_the_erp_rule_buys_more_that_is_bought"),
        pytest.param({"on_hand": 6.0, "order_cost": 1.0}, (0, 54), id="where_it_buys_less_the_fill"),
        pytest.param({"on_hand": 0.0, "demand": 0.0}, (-1, 0), id="no_demand_no_order"),
    ],
)
def test_the_promo_rule(world: dict[str, Any], ordered: tuple[int, float]) -> None:
    assert decision(PromoRule(ReorderPoint(2.05), 0.06, 30), **{"demand": 2.0, "price": CHEAP} | world) == ordered


def test_unknown_demand_is_left_out_of_the_recent_mean() -> None:
    view, _ = morning(replayed.world(demand=np.arange(40.0)), 4)
    known = np.array([[True, False, True, True]])
    mean, variance = policies.recent_demand(SimpleNamespace(demand_units=view.demand_units, demand_known=known))
    assert (mean[0], variance[0]) == pytest.approx((5 / 3, 7 / 3), abs=1e-6)


def test_the_names_of_the_grid_tell_policies_apart() -> None:
    erp = ReorderPoint()
    assert {policy.name for policy in (erp, just_in_time(1.0), PromoRule(erp), AsTold({}))} == {
        *("erp", "just_in_time", "promo_rule", "as_told"),
    }
    assert len(policies.erp_candidates()) == 16
    assert len(policies.promo_candidates(erp)) == 16


def test_the_examples_in_the_docstrings_of_savings_hold() -> None:
    assert doctest.testmod(savings, extraglobs={"np": np}) == (0, 2)


@pytest.mark.parametrize(
    ("cost", "share", "ratio"),
    [
        pytest.param([90, 104, 100], 1 / 3, 0.4, id="one_of_three"),
        pytest.param([100, 100, 100], 0, 0, id="all_the_same"),
        pytest.param([100, 101, 100], 1 / 3, math.inf, id="nobody_gained"),
        pytest.param([100, 100 + 1e-9, 90], 0, 0, id="a_rounding_error_is_no_loss"),
    ],
)
def test_products_worse_off(cost: list[float], share: float, ratio: float) -> None:
    worse = savings.worse_off(np.array(cost, dtype=float), np.full(3, 100.0))
    assert (worse.share, worse.losses_over_gains) == pytest.approx((share, ratio))


def test_no_share_of_nothing() -> None:
    assert math.isnan(savings.capture(np.array([99.0]), np.array([100.0]), np.array([100.0])))


def test_intervals_hold_the_value_follow_the_seed_and_are_paired() -> None:
    rng = np.random.default_rng(0)
    erp = rng.uniform(50, 150, 300)
    cost = erp * (0.95 + 0.02 * rng.standard_normal(300))
    found = savings.over_products(cost, erp, erp, seed=1)
    assert found == savings.over_products(cost, erp, erp, seed=1)
    assert found.value == pytest.approx(savings.saving_pct(cost, erp))
    assert found.low < found.value < found.high
    assert found.high - found.low < 1.0  # unpaired it would be some 8 points
    same = savings.over_products(cost, cost, erp, seed=1)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_what_lasts_for_weeks_widens_the_interval_over_time() -> None:
    rng = np.random.default_rng(0)
    usual, noise = np.full(364, 100.0), 10 * rng.standard_normal(364)
    lasting = np.repeat(10 * rng.standard_normal(13), 28)
    short, long = (savings.over_time(usual + off, usual, usual, seed=2) for off in (noise, lasting))
    assert long.high - long.low > 3 * (short.high - short.low)
    assert short == savings.over_time(usual + noise, usual, usual, seed=2)


@pytest.mark.parametrize("days", [1, 27, 28, 29, 100])
def test_days_are_drawn_in_blocks_of_a_month_that_go_round_the_end(days: int) -> None:
    drawn, block = savings.block_days(days, seed=3), min(days, 28)
    assert drawn.shape == (savings.DRAWS, days)
    following = np.delete(np.diff(drawn, axis=1) % days, np.arange(block - 1, days - 1, block), axis=1)
    assert (following == 1 % days).all()
    starts = np.bincount(drawn[:, 0], minlength=days)
    assert len(starts) == days
    assert starts.min() > 0
    assert (drawn == savings.block_days(days, seed=3)).all()


def test_of_no_days_none_are_drawn() -> None:
    assert savings.block_days(0, seed=3).shape == (savings.DRAWS, 0)
