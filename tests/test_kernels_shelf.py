"""A day on the shelf against a plain loop over crates."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ordercast.kernels import shelf

UNITS = st.one_of(st.integers(0, 5).map(float), st.floats(0, 5, allow_subnormal=False))


@given(st.lists(UNITS, min_size=1, max_size=12), st.floats(0, 40, allow_subnormal=False), st.integers(1, 14))
def test_the_oldest_are_sold_first_and_the_too_old_are_thrown_away(
    crates: list[float], demand: float, life_days: int
) -> None:
    lots, oldest, day = np.array([crates]), np.zeros(1, dtype=np.int64), len(crates) - 1
    sold, spoiled, left = shelf.use(lots, oldest, np.array([demand]), np.array([life_days]), day)
    wanted, rest = demand, []
    for units in crates:
        taken = min(units, wanted)
        wanted -= taken
        rest.append(units - taken)
    old = [day - arrived + 1 >= life_days for arrived in range(len(rest))]
    kept = [0.0 if gone else units for units, gone in zip(rest, old, strict=True)]
    np.testing.assert_allclose(lots[0], kept, atol=1e-9)
    np.testing.assert_allclose([sold[0], left[0]], [demand - wanted, sum(kept)], atol=1e-9)
    np.testing.assert_allclose(spoiled[0], sum(rest) - sum(kept), atol=1e-9)
    assert not lots[0, : oldest[0]].any()
