"""The floor of today's plan: the replayed rule's, and no less than the reorder point that the line is printed with."""

import numpy as np
import pandas as pd
import pytest
import replayed

from ordercast.orders.floors import AndOfTheLine
from ordercast.orders.policies import just_in_time
from ordercast.orders.replay import opening_morning

RULE = just_in_time(2.05)  # demand 1 a day, lead time 2, review 1: reorder point 3


def line(**changes: object) -> pd.DataFrame:
    columns = {"product_id": "P0", "erp_supplier_id": "F0", "erp_quantity_units": 40, "reorder_point_units": 8.0}
    return pd.DataFrame([columns | {"on_hand_units": 5.0, "on_order_units": 0.0} | changes])


@pytest.mark.parametrize(
    ("on_hand", "changes", "ordered", "point"),
    [
        pytest.param(5.0, {}, (0, 3.0), 8.0, id="the_lines_point_is_higher"),
        pytest.param(5.0, {"erp_quantity_units": 0}, (-1, 0.0), 8.0, id="a_line_that_waits_asks_for_nothing"),
        pytest.param(5.0, {"erp_quantity_units": 2}, (0, 2.0), 8.0, id="no_more_than_the_line_buys"),
        pytest.param(5.0, {"reorder_point_units": 5.0}, (0, 1.0), 5.0, id="at_the_point_one_lot"),
        pytest.param(5.0, {"on_order_units": 2.0}, (0, 1.0), 8.0, id="what_is_on_order_in_time_counts"),
        pytest.param(1.0, {"reorder_point_units": 2.0, "on_hand_units": 1.0}, (0, 2.0), 3.0, id="the_rules_is_higher"),
        pytest.param(5.0, {"erp_supplier_id": "nobody"}, (-1, 0.0), 3.0, id="a_supplier_not_offered"),
    ],
)
def test_the_higher_point_holds(on_hand, changes, ordered, point):
    world = replayed.world(on_hand=on_hand)
    view, state = opening_morning(world)
    supplier = {"erp_supplier_id": str(world.supplier_ids[0]), "product_id": str(world.product_ids[0])}
    floor = AndOfTheLine.of(RULE, line(**(supplier | changes)), world)
    series, units = floor.decide(view, state)
    assert (series[0], units[0]) == ordered
    assert floor.reorder_points(view).tolist() == [point]
    assert floor.late(view, state).tolist() == RULE.late(view, state).tolist()


def test_what_is_missing_comes_in_packs_of_at_least_the_moq():
    world = replayed.world(on_hand=5.0, moq_units=4.0, pack_units=3.0)
    view, state = opening_morning(world)
    names = {"erp_supplier_id": str(world.supplier_ids[0]), "product_id": str(world.product_ids[0])}
    _, units = AndOfTheLine.of(RULE, line(**names), world).decide(view, state)
    assert units.tolist() == [6.0]
    assert np.isfinite(units).all()
