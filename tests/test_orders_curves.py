"""Value curves: the plan's point says what its line says, every other one can be ordered, none costs less than it."""

import math

import numpy as np
import pandas as pd
import pytest
import replayed
from mornings import NO_CORRECTION, PLANNER, REASONS, rule, worked

from ordercast.orders import curves, planned, service
from ordercast.orders.limits import Limits
from ordercast.orders.planner import Planner
from ordercast.orders.policies import just_in_time

SAME = {"quantity_units": "quantity_units", "spend": "total_cost", "cover_days": "days_of_cover"}
SAME |= dict.fromkeys(("expected_saving", "saving_p10", "saving_p90"), "")
SEEDS = [pytest.param(seed, id=f"world_{seed}") for seed in range(6)]


def told(seed, trusted=slice(None), planner=PLANNER, allowed=None):
    """The curves of a random world's last morning beside its lines, both indexed by product_id."""
    world = replayed.random_world(seed, 6, 80)
    whom = np.zeros(world.products, dtype=np.bool_)
    whom[trusted] = True
    erp, known = rule(world), worked(world, planner, allowed)
    table = curves.of_morning(erp, known, whom)
    lines = planned.lines(erp, known, whom, NO_CORRECTION, REASONS)
    return table.set_index("product_id"), lines.set_index("product_id"), known


@pytest.mark.parametrize("seed", SEEDS)
def test_the_plans_point_has_the_figures_of_its_line(seed):
    table, lines, _ = told(seed)
    own = table[table["planned"]]
    mine = lines[lines["planned_by"] == "planner"]
    assert own.index.is_unique
    assert set(own.index) == set(lines.index)
    assert (own["supplier_id"].loc[mine.index] == mine["supplier_id"]).all()
    for name, beside in SAME.items():
        assert own.loc[mine.index, name].to_numpy() == pytest.approx(mine[beside or name].to_numpy(), abs=0.011), name


@pytest.mark.parametrize("seed", SEEDS)
def test_every_point_can_be_ordered_and_the_cheapest_costs_nothing(seed):
    table, lines, known = told(seed)
    others = table[~table["planned"] & ~table["erp"] & (table["quantity_units"] > 0)]
    assert len(others)
    assert (others["quantity_units"] % others["pack_units"] == 0).all()
    assert (others["quantity_units"] >= others["moq_units"]).all()
    assert (others["quantity_units"] <= others["room_units"].fillna(np.inf)).all()
    assert (table["cost"] >= 0).all()
    mine = lines.index[lines["planned_by"] == "planner"]
    assert (table.loc[mine, "cost"].groupby(level=0).min() == 0).all()
    free = known.world.product_ids[~known.worked.floored]
    assert (table.loc[table["planned"] & table.index.isin(free), "cost"] == 0).all()
    assert (table["saving_p10"] <= table["expected_saving"] + 0.011).all()
    assert (table["expected_saving"] <= table["saving_p90"] + 0.011).all()
    assert set(table.index[table["quantity_units"] == 0]) == set(lines.index)
    assert table.groupby(level=0).size().max() <= curves.EVEN + 9
    assert (table.loc[table["erp"], "expected_saving"] == 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_cost_and_saving_are_two_sides_of_one_figure(seed):
    table, lines, _ = told(seed)
    mine = table.loc[lines.index[lines["planned_by"] == "planner"]]
    both = (mine["cost"] + mine["expected_saving"]).groupby(level=0)
    assert (both.max() - both.min()).max() <= 0.011


@pytest.mark.parametrize("seed", SEEDS)
def test_the_best_points_serve_what_the_service_floor_counts(seed):
    table, _, known = told(seed)
    _, served = service.kept(known.worked.parts, known.world.products, 0.0)
    one, _, found = known.worked.parts[0]
    first = np.flatnonzero(~known.worked.floored[one.products] & (found.row >= 0))
    best = known.worked.series[one.products[first]] == known.worked.offers[one.suppliers[found.row[first]]]
    products = one.products[first[best]]
    own = table[table["planned"]].loc[known.world.product_ids[products].tolist(), "fill"]
    assert own.to_numpy() == pytest.approx(served.fill[products], abs=1e-6)
    assert table["fill"].between(0, 1).all()


def test_more_serves_more_and_lasts_longer():
    world = replayed.world(demand=2.0, on_hand=4.0, shelf_capacity_units=60.0)
    table = curves.of_morning(rule(world), worked(world), np.ones(1, dtype=np.bool_))
    assert table["fill"].idxmin() == 0
    assert table["fill"].iloc[2:].min() > 0.98  # what is bought on later days hangs on it, too
    assert table["cover_days"].is_monotonic_increasing
    assert table["cover_days"].iloc[0] == 2
    assert table["room_units"].tolist() == [56.0] * len(table)


def test_a_product_the_planner_is_not_trusted_with_has_two_points():
    table, lines, _ = told(3, trusted=[])
    buys = lines[lines["quantity_units"] > 0]
    assert len(buys)
    assert (table.groupby(level=0).size() == np.where(lines["quantity_units"] > 0, 2, 1)).all()
    own = table[table["planned"]].loc[buys.index]
    assert own["erp"].all()
    assert (own["cost"] == 0).all()
    assert (own["floor_units"] == own["quantity_units"]).all()
    assert own["spend"].tolist() == buys["total_cost"].tolist()


def test_what_a_limit_of_the_warehouse_changed_stays_as_it_is():
    free, _, known = told(1)
    rooms = np.array([known.worked.units @ np.ones(6)])
    table, _, coupled = told(1, allowed=Limits(room=0.5 * float(rooms[0]), unit_volume=np.ones(6)))
    changed = coupled.coupled.bound_by == "volume"
    assert changed.any()
    held = table.loc[coupled.world.product_ids[changed].tolist()]
    assert (held["choosable"] == held["planned"]).all()
    assert free["choosable"].sum() > table["choosable"].sum()


def test_the_floor_and_its_least_lot_are_there():
    world = replayed.world(on_hand=0.0, demand=3.0, pack_units=4.0, moq_units=4.0)
    planner = Planner(lambda view: replayed.one_in_ten(view), just_in_time(2.05))
    known = worked(world, planner)
    table = curves.of_morning(rule(world), known, np.ones(1, dtype=np.bool_))
    (floor,) = table["floor_units"].unique()
    assert floor == known.floor_units[0] > 0
    least = math.ceil(floor / 4) * 4
    assert least in table["quantity_units"].tolist()


def test_who_buys_without_a_programme_is_worth_his_spend():
    world = replayed.world(on_hand=0.0)
    lines = rule(world).assign(moq_units=1.0, pack_units=1.0, room_units=np.nan)
    assert lines["quantity_units"].tolist() > [0]
    table = curves.whole([], lines)
    assert table["quantity_units"].tolist() == [0, lines["quantity_units"].iloc[0]]
    assert table["cost"].tolist() == [lines["total_cost"].iloc[0], 0.0]
    assert not table["priced"].any()
    assert table["planned"].tolist() == [False, True]
    assert curves.whole([table], lines).equals(table)
    assert curves.whole([], lines.assign(quantity_units=0)).empty


def test_a_discount_is_spent_as_the_line_says():
    world = replayed.world(on_hand=1.0, demand=2.0, tiers={20.0: 0.1}, shelf_capacity_units=80.0)
    table = curves.of_morning(rule(world), worked(world), np.ones(1, dtype=np.bool_))
    price = np.where(table["quantity_units"] >= 20, 9.0, 10.0)
    assert 20 in table["quantity_units"].tolist()
    pd.testing.assert_series_equal(table["spend"], pd.Series(table["quantity_units"] * price, name="spend"))
