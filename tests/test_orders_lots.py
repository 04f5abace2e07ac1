"""Lots by the hundred thousand: the smallest whole packs that reach MOQ and wish, integers, never above the shelf.

ORDERCAST_RANDOM_ORDERS: how many orders each property sees (default 20,000; a million takes some minutes).
"""

import os

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from test_orders_lattice import problem

from ordercast.orders import lattice, lots

ORDERS, BATCH = int(os.environ.get("ORDERCAST_RANDOM_ORDERS", "20000")), 2000
BATCHES = settings(max_examples=max(ORDERS // BATCH, 1), deadline=None, database=None)
SEEDS = st.integers(0, 2**32 - 1)
NEARLY = 1e-6  # units: what the programme's grids may take from a limit


@BATCHES
@given(SEEDS)
def test_a_lot_is_the_smallest_that_reaches_moq_and_wish_and_never_above_the_shelf(seed: int):
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.uniform(-1, 5, BATCH)
    pack = np.maximum(np.round(scale * rng.choice([0, 0.01, 0.1, 1], BATCH)), 1)
    moq = np.where(rng.random(BATCH) < 0.5, np.round(scale * rng.random(BATCH), rng.integers(0, 3)), 0.0)
    wish = np.where(rng.random(BATCH) < 0.1, -scale, 3 * scale * rng.random(BATCH))
    wish = np.where(rng.random(BATCH) < 0.3, pack * np.round(wish / pack), wish)
    room = np.where(rng.random(BATCH) < 0.2, np.inf, np.round(5 * scale * (rng.random(BATCH) - 0.1), 2))
    units, bound = lots.order_quantity(wish, moq, pack, room)
    least = np.maximum(moq, 1)
    assert units.dtype == np.int64
    assert (units % pack == 0).all()
    assert (units >= 0).all()
    assert ((units <= room) | (units == 0)).all()
    bought = units > 0
    assert (units[bought] >= least[bought]).all()
    whole = bound != "shelf_capacity"
    asked = np.maximum(wish, least)
    assert (units[whole] >= asked[whole]).all()
    assert (units[whole] - pack[whole] < asked[whole]).all()  # a pack less is too little
    cut = ~whole
    assert (units[cut] < asked[cut]).all()
    assert (units[cut & bought] + pack[cut & bought] > room[cut & bought]).all()  # a pack more does not fit
    none = cut & ~bought
    assert (np.floor(room[none] / pack[none]) * pack[none] < least[none]).all()


@BATCHES
@given(SEEDS)
def test_an_order_of_the_programme_keeps_pack_moq_and_ceiling(seed: int):
    rng = np.random.default_rng(seed)
    one = problem(seed, products=BATCH // 2)  # two suppliers each, more or less
    found, offers = lattice.solve(one, threads=1), one.offers
    owner = np.repeat(np.arange(len(one.stock)), np.diff(offers.rows))
    asked = np.flatnonzero(offers.spare_days == 0)
    wish = rng.uniform(0, 12, len(asked))
    room = (one.ceiling[:, 0] - one.stock)[owner]
    for row, units, least in (
        (np.arange(len(owner)), found.row_units, np.zeros(len(owner))),
        (asked, lattice.at_least(one, found, asked, wish), wish),
    ):
        ordered = units > 0
        row, units, least = row[ordered], units[ordered], least[ordered]
        assert (np.mod(units, offers.pack_units[row]) == 0).all()
        assert (units >= offers.moq_units[row]).all()
        assert (units >= least - NEARLY).all()
        assert (units <= room[row] + NEARLY).all()
    own = np.append(found.row_units, 0.0)[found.row]
    np.testing.assert_array_equal(found.units, own)
