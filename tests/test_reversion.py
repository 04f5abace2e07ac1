"""The line beside the trees: what a price gives back of its distance from its own past."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import calibrate, features, reversion


def given(horizons: tuple[int, ...] = (1, 7, 14), every: int = 5) -> features.Rows:
    """Rows of the small world's prices, at origins from day 60 on."""
    problem = replace(small.problem("price"), horizons=np.array(horizons))
    return features.rows(problem, features.every_cell(problem, range(60, 280, every)))


def by_hand(at: features.Rows) -> np.ndarray:
    """The terms, row by row: distances in usual steps, at most 15, told in the scale of the row; the level as it is."""
    out = []
    for row in range(len(at.x)):
        cells = [float(at.x[row, at.names.index(name)]) for name in reversion.names(at.names)[:-1]]
        steps = [0.0 if np.isnan(cell) else min(max(cell, -15.0), 15.0) for cell in cells]
        out.append([each * at.unit[row] / at.scale[row] for each in steps] + [at.level_forecast()[row]])
    return np.array(out)


def test_terms_are_distances_in_the_scale_of_the_target():
    at = given()
    at.x[0, at.names.index("over_mean_7d")], at.x[1, at.names.index("over_mean_28d")] = 400.0, np.nan
    assert reversion.names(at.names)[-1] == "level_forecast"
    assert {"over_mean_7d", "over_mean_28d", "over_other_suppliers"} < set(reversion.names(at.names))
    np.testing.assert_allclose(reversion.terms(at), by_hand(at))


def test_a_line_is_found_for_each_range_of_horizons():
    """Half of the distance from the month's mean comes back in a fortnight, a tenth by tomorrow."""
    at = given()
    place = reversion.names(at.names).index("over_mean_28d")
    back = np.array([{1: 0.1, 7: 0.3, 14: 0.5}[each] for each in at.horizon.tolist()])
    actual = -back * reversion.terms(at)[:, place]
    line = reversion.fit(at, actual, 1)
    assert line.shape == (calibrate.RANGES, len(reversion.names(at.names)))
    told = reversion.foreseen(line, at, 1)
    for horizon in (1, 7, 14):
        own = at.horizon == horizon
        assert np.corrcoef(told[own], actual[own])[0, 1] > 0.99
        assert 0.7 < (told[own] @ actual[own]) / (actual[own] @ actual[own]) < 1.3  # ranges borrow, and the ridge draws
    np.testing.assert_allclose(reversion.shares(line, at, 1).sum(axis=1), told)


def test_what_is_foreseen_of_a_block_knows_neither_it_nor_those_beside_it():
    """Each block's rows by a fit on the rest; whatever came in it and beside it changes nothing."""
    at = given()
    rng = np.random.default_rng(1)
    actual = rng.normal(size=len(at.x)) - 0.3 * reversion.terms(at)[:, 0]
    block = at.origin // reversion.BLOCK_DAYS
    assert set(block.tolist()) == {0, 1, 2, 3}
    told = reversion.crossed(at, actual, 1)
    for each in range(4):
        own, rest = np.flatnonzero(block == each), np.flatnonzero(np.abs(block - each) > 1)
        line = reversion.fit(at.take(rest), actual[rest], 1)
        np.testing.assert_allclose(told[own], reversion.foreseen(line, at.take(own), 1), atol=1e-9)
        other = np.where(np.abs(block - each) > 1, actual, rng.normal(size=len(actual)))
        np.testing.assert_allclose(reversion.crossed(at, other, 1)[own], told[own], atol=1e-3)


def test_targets_further_off_than_a_quarter_leave_their_blocks_as_long() -> None:
    """Half a year ahead a block is half a year: what the next one learned would hold this one's targets."""
    at = given(horizons=(7, 180), every=30)
    actual = np.random.default_rng(2).normal(size=len(at.x))
    assert reversion.crossed(at, actual, 1).tolist() == [0.0] * len(at.x)  # two blocks, each beside the other
    assert reversion.crossed(at.take(np.flatnonzero(at.horizon == 7)), actual[at.horizon == 7], 1).any()


def alone() -> pd.DataFrame:
    known = small.quotes()
    return known[known["product_id"] == "B"]


def at_a_fixed_markup() -> pd.DataFrame:
    """A second supplier of every product who asks exactly a tenth more than the first."""
    known = small.quotes()
    first = known[known["supplier_id"] == "F1"]
    second = first.assign(supplier_id="F7", unit_price=1.1 * first["unit_price"])
    return pd.concat([first, second], ignore_index=True)


@pytest.mark.parametrize("quotes", [alone, at_a_fixed_markup])
def test_a_term_that_never_moved_but_for_rounding_is_worth_nothing(quotes) -> None:
    """The market of one product is its own price, and a fixed markup no distance: their noise must not be blown up."""
    problem = small.problem("price", quotes())
    at = features.rows(problem, features.every_cell(problem, range(60, 280, 5)))
    actual = features.scaled_target(problem.panel, at)
    seen = np.flatnonzero(np.isfinite(actual))
    assert np.abs(reversion.fit(at.take(seen), actual[seen], 1)).max() < 10


@pytest.mark.parametrize(
    "rows",
    [pytest.param(slice(0, 0), id="none"), pytest.param(slice(0, 40), id="one_block")],
)
def test_without_other_times_nothing_is_foreseen(rows):
    at = given()
    at = at.take(np.flatnonzero(at.origin < reversion.BLOCK_DAYS)[rows])
    assert reversion.crossed(at, np.ones(len(at.x)), 1).tolist() == [0.0] * len(at.x)


def test_a_departure_stays_within_what_anyone_forecasts():
    at = given()
    line = np.full((calibrate.RANGES, len(reversion.names(at.names))), 50.0)
    assert np.abs(reversion.foreseen(line, at, 1)).max() == features.TARGET_LIMIT
