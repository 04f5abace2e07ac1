"""The benchmark's guarded planner: what it promised counts where it was trusted, and as the tuning year corrects."""

import numpy as np
import replayed

from benchmarks.planners import Taught
from ordercast.orders.planner import Planner
from ordercast.orders.policies import ReorderPoint
from ordercast.orders.replay import replay
from ordercast.orders.timing import NO_CORRECTION, Correction, Recorded

FIRST, LAST = 40, 70


def told(trusted: list[bool], correction: Correction = NO_CORRECTION):
    world = replayed.random_world(3, 4, 90)
    taught = Taught(
        Recorded(Planner(replayed.one_in_ten)), ReorderPoint(2.05), np.array(trusted), correction=correction
    )
    run = replay(world, taught, FIRST, LAST)
    return run, taught.promises(world)


def test_a_planner_trusted_with_everything_decides_alone():
    world = replayed.random_world(3, 4, 90)
    run, promises = told([True] * 4)
    alone = replay(world, Planner(replayed.one_in_ten), FIRST, LAST)
    assert run.orders.units.tolist() == alone.orders.units.tolist()
    assert len(promises)


def test_promises_of_products_it_was_not_trusted_with_do_not_count():
    _, promises = told([False, True, True, False])
    assert set(promises["product"]) <= {1, 2}
    run, promises = told([False] * 4)
    rule = replay(replayed.random_world(3, 4, 90), ReorderPoint(2.05), FIRST, LAST)
    assert promises.empty
    assert run.orders.units.tolist() == rule.orders.units.tolist()


def test_chances_are_corrected():
    _, promises = told([True] * 4, Correction((0.0, 1.0), (0.25, 0.25)))
    assert set(promises["regret"]) == {0.25}
