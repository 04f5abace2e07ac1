"""Small random panels, on which the tests of the kernels set each rule beside a plain loop."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st


class Cells(NamedTuple):
    """A panel's arrays and some (series, origin) pairs to describe."""

    z: np.ndarray
    observed: np.ndarray
    first: np.ndarray
    series: np.ndarray
    origin: np.ndarray

    def pairs(self) -> list[tuple[int, int]]:
        return list(zip(self.series.tolist(), self.origin.tolist(), strict=True))


def carried(quoted: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Each row's quotes carried over its gaps, and its first one back to the beginning."""
    z = np.empty(quoted.shape)
    for s, row in enumerate(quoted):
        value = row[int(np.argmax(observed[s]))]
        for t, each in enumerate(row):
            value = each if observed[s, t] else value
            z[s, t] = value
    return z


@st.composite
def cells(draw: st.DrawFn) -> Cells:
    """Up to 5 series of up to 60 steps: gaps, late starters, prices that repeat; none to three origins of each."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.integers(1, 5)), draw(st.integers(1, 60))
    observed = rng.random(shape) < draw(st.sampled_from([0.1, 0.5, 0.9, 1.0]))
    levels = np.round(rng.normal(0, 0.2, draw(st.sampled_from([1, 2, 5, 200]))), 7)
    first = rng.integers(0, shape[1], shape[0]) * rng.integers(0, 2, shape[0])
    observed[np.arange(shape[1]) < first[:, None]] = False
    observed[np.arange(shape[0]), first] = True
    z = carried(rng.choice(levels, shape), observed)
    pairs = [(s, int(t)) for s in range(shape[0]) for t in np.sort(rng.integers(first[s], shape[1], rng.integers(4)))]
    series, origin = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Cells(z, observed, first.astype(np.int64), series.copy(), origin.copy())


def series(*values: float) -> np.ndarray:
    """One series as (1, steps) cells."""
    return np.array([values], dtype=float)


def at(*steps: int) -> np.ndarray:
    return np.array(steps, dtype=np.int64)
