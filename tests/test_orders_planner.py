"""The planner as a policy: what it does with a price that will fall or rise, with a floor, and with odd products."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import replayed

from ordercast.orders.nodes import price_nodes
from ordercast.orders.planner import Ahead, Planner
from ordercast.orders.policies import just_in_time
from ordercast.orders.replay import _state as state_of
from ordercast.orders.replay import opening_stock
from ordercast.orders.world import View, World

DAYS, FIRST = 30, 30


def expecting(change_a_day: float, demand_units: float = 1.0) -> Callable[[View], Ahead]:
    """Prices that surely move by so much a day, relative to today's, for ten days, and certain demand."""

    def said(view: View) -> Ahead:
        path = (1 + change_a_day) ** np.minimum(np.arange(1, DAYS + 1), 10)
        price = view.today_price[:, None] * path
        mean = np.full((len(view.base_price), DAYS), demand_units)
        link = np.full((len(price), DAYS - 1), 0.9)
        return Ahead(
            p10=0.999 * price,
            p50=price,
            p90=1.001 * price,
            correlation=link,
            persistence=link,
            quote_due=np.ones(DAYS, dtype=bool),
            demand_mean=mean,
            demand_variance=0.01 * mean,
            demand_level_cv=np.zeros(len(mean)),
        )

    return said


def decided(world: World, policy: Planner) -> tuple[int, float]:
    stock = opening_stock(world, FIRST)
    view = world.view(FIRST, world.base_price(FIRST))
    series, units = policy.decide(view, state_of(world, stock.lots_units, stock.open_orders, FIRST))
    return int(series[0]), float(units[0])


@pytest.mark.parametrize(
    ("change_a_day", "on_hand", "low", "high"),
    [
        pytest.param(0.02, 12.0, 20, 60, id="before_a_rise_it_stocks_up"),
        pytest.param(-0.02, 12.0, 0, 0, id="before_a_fall_it_waits_while_the_stock_lasts"),
        pytest.param(-0.02, 2.0, 1, 8, id="before_a_fall_it_bridges_when_the_stock_does_not_last"),
        pytest.param(0.0, 12.0, 0, 0, id="at_a_standing_price_it_does_not_hurry"),
    ],
)
def test_the_forecast_times_the_purchase(change_a_day, on_hand, low, high):
    world = replayed.world(on_hand=on_hand, order_cost=0.1)
    _, units = decided(world, Planner(expecting(change_a_day)))
    assert low <= units <= high


def test_what_is_missing_to_the_reorder_point_is_bought_however_the_price_will_fall():
    world = replayed.world(on_hand=3.0, order_cost=0.1)
    floor = just_in_time(5.0)
    _, alone = decided(world, Planner(expecting(-0.02)))
    _, floored = decided(world, Planner(expecting(-0.02), floor))
    stock = opening_stock(world, FIRST)
    view = world.view(FIRST, world.base_price(FIRST))
    _, least = floor.decide(view, state_of(world, stock.lots_units, stock.open_orders, FIRST))
    assert floored == max(alone, float(least[0]))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"demand": 0.0}, expecting(0.05, 0.0), id="nobody_wants_it"),
        pytest.param({"price": [*[10.0] * 5, *[np.nan] * 35]}, expecting(0.05), id="nobody_offers_it_any_more"),
        pytest.param({"shelf_capacity_units": 5.0}, expecting(0.05), id="the_shelf_is_full"),
    ],
)
def test_what_cannot_or_need_not_be_bought_is_not(change, told):
    assert decided(replayed.world(on_hand=5.0, **change), Planner(told)) == (-1, 0.0)


@pytest.mark.parametrize("change_a_day", [0.02, 0.002, -0.02])
def test_nodes_that_are_brought_stand_for_those_of_the_quantiles(change_a_day):
    def bringing(view: View) -> Ahead:
        ahead = expecting(change_a_day)(view)
        return replace(
            ahead, nodes=price_nodes(view.today_price, ahead.p10, ahead.p50, ahead.p90)[:, 1:], p50=ahead.p90
        )

    world = replayed.world(on_hand=12.0, order_cost=0.1)
    assert decided(world, Planner(bringing)) == decided(world, Planner(expecting(change_a_day)))
