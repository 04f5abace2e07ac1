"""The service floor: lost units count for more where a plan serves too little, and nowhere else."""

from dataclasses import replace

import mornings
import numpy as np
import pytest
import replayed
from hypothesis import given, settings
from hypothesis import strategies as st
from test_orders_lattice import problem

from ordercast.orders import lattice, service
from ordercast.orders.leads import programmes
from ordercast.orders.planner import Planner
from ordercast.orders.service import Served

WORLD = replayed.random_world(5, 6, 120)


def planned(floor: float | None, world: replayed.World = WORLD) -> mornings.Morning:
    return mornings.worked(world, Planner(replayed.one_in_ten, None, service_floor=floor))


def test_without_a_floor_nothing_is_judged():
    known = planned(None)
    assert known.worked.served is None
    assert service.report([(None, np.ones(6, dtype=bool))], None) is None


@pytest.mark.parametrize("floor", [0.9, 0.98])
def test_who_is_under_the_floor_is_lifted_over_it_and_others_stay_as_they_are(floor):
    free, known = planned(None).worked, planned(floor).worked
    raised = known.served.added > 0
    assert 0 < raised.sum() < WORLD.products
    assert not known.served.missed(floor).any()
    assert (known.units[~raised] == free.units[~raised]).all()
    assert (known.units[raised] >= free.units[raised]).all()


def test_a_floor_of_next_to_nothing_raises_nobody():
    assert not planned(0.01).worked.served.added.any()


def test_a_floor_that_no_shelf_allows_is_missed_and_counted():
    world = replayed.world(demand=4.0, on_hand=0.0, shelf_capacity_units=2.0)
    served = planned(0.9, world).worked.served
    assert served.missed(0.9).tolist() == [True]
    told = service.report([(served, np.ones(1, dtype=bool)), (served, np.zeros(1, dtype=bool))], 0.9)
    assert told["products"] == told["raised"] == told["missed"] == 1
    assert told["expected_fill"] == pytest.approx(served.fill[0], abs=1e-6)


def test_a_line_says_what_a_unit_that_lacks_counts():
    known = planned(0.98)
    trusted = np.ones(WORLD.products, dtype=bool)
    told = mornings.planned.lines(mornings.rule(WORLD), known, trusted, mornings.NO_CORRECTION, mornings.REASONS)
    raised = known.worked.served.added > 0
    by_planner = (told["planned_by"] == "planner").to_numpy()
    says = told["reason"].str.contains("To serve enough, a unit that lacks counts R$", regex=False).to_numpy()
    assert (says == (raised & by_planner)).all()
    assert says.any()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_part_of_a_problem_is_solved_as_in_the_whole(seed: int):
    whole = problem(seed)
    found = lattice.solve(whole)
    some = np.flatnonzero(np.random.default_rng(seed).random(len(whole.stock)) < 0.6)
    if len(some):
        part = lattice.solve(service.of_products(whole, some))
        np.testing.assert_array_equal(part.cost, found.cost[some])
        np.testing.assert_array_equal(part.units, found.units[some])


def test_the_units_lost_are_those_of_the_dearest_plan_there_is():
    """One day, ten asked for, an order dearer than what it saves: all ten are lost until a unit counts 2 + 15 / 10."""
    one = lattice.certain(
        np.array([10.0]), np.array([[2.0]]), np.array([15.0]), holding_cost=1, lost_value=3, ceiling_units=10
    )
    parts = [(programmes(np.array([0, 1]), np.zeros(1, dtype=np.int64))[0], one, lattice.solve(one))]
    _, plain = service.kept(parts, 1, 0.0)
    assert isinstance(plain, Served)
    assert plain.added.tolist() == [0.0]
    assert plain.fill.item() == pytest.approx(0.0, abs=1e-6)
    new, served = service.kept(parts, 1, 0.5)
    assert served.fill.item() == pytest.approx(1.0)
    assert 0.5 <= served.added.item() <= 1.0  # what serves, to the steps of the bisection
    assert new[0][2].units.tolist() == [10.0]
    assert lattice.solve(replace(one, lost_value=one.lost_value + 0.49)).units.tolist() == [0.0]
