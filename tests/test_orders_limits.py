"""A budget for the orders of a day: what it cuts, what it leaves alone, and the sentence that says so."""

import mornings
import numpy as np
import pytest
import replayed
from hypothesis import given
from hypothesis import strategies as st

from ordercast.orders import limits
from ordercast.orders.world import World


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
    free, known = mornings.worked(world), mornings.worked(world, budget=budget)
    assert free.worked.units[0] > 0
    assert known.worked.units[0] == (free.worked.units[0] if units is None else units)
    assert (known.coupled is None) == (budget is None)
    if known.coupled is not None:
        assert says in limits.said(known.coupled, budget, mornings.WORDS)


def test_half_the_money_buys_less_and_says_what_more_would_return():
    world = replayed.world(on_hand=0.0, demand=4.0, order_cost=1.0)
    free = mornings.worked(world)
    budget = spent(free) / 2
    known = mornings.worked(world, budget=budget)
    assert 0 < known.worked.units[0] < free.worked.units[0]
    assert spent(known) <= budget * (1 + 1e-9)
    assert "cuts 1 products" in limits.said(known.coupled, budget, mornings.WORDS)


@given(replayed.worlds(products=4, days=120), st.floats(0, 2))
def test_no_budget_is_ever_exceeded_and_untrusted_products_are_left_alone(world: World, share: float):
    free = mornings.worked(world)
    trusted = np.arange(world.products) % 2 == 0
    own = np.where(trusted, free.worked.units, 0.0)
    money = own * free.paid[np.maximum(free.worked.series, 0)]
    budget = share * float(np.nansum(money))
    limited, found = limits.within(free.worked, budget, trusted, np.zeros(world.products))
    assert found.spent <= budget * (1 + 1e-9)
    assert limited.units[~trusted].tolist() == free.worked.units[~trusted].tolist()
    terms, bought = world.terms, np.flatnonzero(trusted & (limited.series >= 0))
    series, units = limited.series[bought], limited.units[bought]
    assert (np.mod(units, terms.pack_units[series]) == 0).all()
    assert (units >= terms.moq_units[series]).all()
    assert (units <= free.state.room_units[bought]).all()
