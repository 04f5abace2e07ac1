"""What is known of prices at some steps is what is known there of all steps."""

import numpy as np
import pytest

from ordercast.structure import Structure

CELLS = np.arange(2 * 6 * 4, dtype=np.float32).reshape(2, 6, 4)
WHOLE = Structure(CELLS, np.arange(6))
SOME = Structure(CELLS[:, [1, 4]], np.array([-1, 0, -1, -1, 1, -1]))
BOTH = (np.array([1, 0]), np.array([4, 1]))


def test_some_steps_tell_what_all_tell():
    np.testing.assert_array_equal(SOME.at(*BOTH), WHOLE.at(*BOTH))
    np.testing.assert_array_equal(SOME.at(*BOTH), CELLS[[1, 0], [4, 1]])


@pytest.mark.parametrize("steps", [slice(None, 2), slice(1, None), slice(2, 5), slice(2, 3)], ids=str)
def test_a_slice_of_the_steps_holds_no_other(steps):
    there = [step for step in (1, 4) if step in range(6)[steps]]
    own = SOME.steps(steps)
    assert own.kept.shape == (2, len(there), 4)
    for step in there:
        at = step - (steps.start or 0)
        np.testing.assert_array_equal(own.at(np.array([1]), np.array([at])), CELLS[[1], [step]])


def test_a_step_that_was_not_kept_is_refused():
    with pytest.raises(ValueError, match="not kept"):
        SOME.at(np.array([0]), np.array([2]))


def test_one_more_step_knows_of_the_change():
    longer = WHOLE.take(slice(1, 2)).extended(np.array([0.5]))
    (then,), (now,) = (longer.at(np.array([0]), np.array([step])) for step in (5, 6))
    np.testing.assert_array_equal(then - now, [0.5, 0, 0, 1])
