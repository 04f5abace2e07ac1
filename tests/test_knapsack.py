"""Lower hulls beside a plain definition, and the steps that are paid beside a plain loop."""

import numpy as np
import pytest

from ordercast.knapsack import lower_hull, taken


def plain_hull(x: np.ndarray, y: np.ndarray) -> list[int]:
    """Places of the corners from the first of least x to the first of least y, the steepest next one by one."""
    at = min(range(len(x)), key=lambda k: (x[k], y[k]))
    out = [at]
    while y[at] > y.min():
        later = [k for k in range(len(x)) if x[k] > x[at] and y[k] < y[at]]
        at = min(later, key=lambda k: ((y[k] - y[at]) / (x[k] - x[at]), -x[k]))
        out.append(at)
    return out


@pytest.mark.parametrize("seed", range(30))
def test_hulls_are_those_of_the_definition(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 12, 8)
    product, begins = np.repeat(np.arange(8), sizes), np.append(0, np.cumsum(sizes))
    x = np.concatenate([np.sort(rng.integers(0, 15, size)) for size in sizes]).astype(float)
    y = rng.integers(0, 12, len(x)).astype(float)
    found = lower_hull(product, x, y)
    for p in range(8):
        own = slice(begins[p], begins[p + 1])
        places = [k - begins[p] for k in found[product[found] == p]]
        expected = plain_hull(x[own], y[own])
        assert x[own][places].tolist() == x[own][expected].tolist()
        assert y[own][places].tolist() == y[own][expected].tolist()


def plain_taken(gain: list[float], price: list[float], product: list[int], step: list[int], left: float) -> list[int]:
    ended: set[int] = set()
    out = []
    for k in sorted(range(len(gain)), key=lambda k: (-gain[k] / price[k], k)):
        if product[k] in ended:
            continue
        if price[k] > left:
            ended.add(product[k])
            continue
        left -= price[k]
        out.append(k)
    return sorted(out)


@pytest.mark.parametrize("seed", range(30))
def test_steps_are_taken_as_in_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    product, step = np.repeat(np.arange(10), 4), np.tile(np.arange(1, 5), 10)
    price = rng.integers(1, 30, 40).astype(float)
    gain = price * np.sort(rng.uniform(0.1, 2, (10, 4)), axis=1)[:, ::-1].ravel()
    for left in (0.0, 15.0, 100.0, 250.0, 1e9):
        found = np.flatnonzero(taken(gain, price, product, step, left)).tolist()
        assert found == plain_taken(gain.tolist(), price.tolist(), product.tolist(), step.tolist(), left)


def test_nothing_has_no_hull():
    none = np.zeros(0)
    assert lower_hull(np.zeros(0, np.int64), none, none).tolist() == []
