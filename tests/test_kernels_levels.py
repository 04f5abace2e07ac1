"""Where the other prices say that each should stand: beside a plain loop, and what the rule promises."""

import statistics

import loops
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops import Cells, at

from ordercast.kernels import levels


def plain(z: np.ndarray, first: np.ndarray, product: list[int], supplier: list[int]) -> np.ndarray:
    """The rule of `levels.gaps`, a dictionary for each part."""
    level, effect = dict.fromkeys(product, 0.0), dict.fromkeys(supplier, 0.0)
    usual, misses = dict.fromkeys(product, 0.01), dict.fromkeys(product, 1)
    distance, changes = {}, dict.fromkeys(range(len(z)), 0)
    out = np.zeros(z.shape)

    def miss(i: int, t: int) -> float:
        return z[i, t] - level[product[i]] - effect[supplier[i]] - distance[i]

    def near(i: int, t: int) -> float:
        return max(-3 * usual[product[i]], min(3 * usual[product[i]], miss(i, t)))

    for t in range(z.shape[1]):
        started = [i for i in range(len(z)) if first[i] <= t]
        for i in started:
            if i not in distance:
                distance[i] = 0.0
                distance[i] = miss(i, t)
        moved = [i for i in started if first[i] < t and z[i, t] != z[i, t - 1]]
        shift = {}
        for s in effect:
            own = [i for i in moved if supplier[i] == s]
            asked = [miss(i, t) if len(own) >= 3 else near(i, t) for i in own]
            shift[s] = statistics.median(asked) * len(asked) / (len(asked) + 4) if asked else 0.0
        effect = {s: effect[s] + shift[s] for s in effect}
        pull = {p: [near(i, t) for i in moved if product[i] == p] for p in level}
        level = {p: level[p] + sum(pull[p]) / (len(pull[p]) + 0.5) for p in level}
        for i in moved:
            p, rest = product[i], near(i, t)
            misses[p] = min(misses[p] + 1, 30)
            usual[p] += (abs(rest) - usual[p]) / misses[p]
            changes[i] = min(changes[i] + 1, 12)
            distance[i] += rest / (changes[i] + 1)
            out[i, t] = -miss(i, t)
        for i in started:
            if i not in moved:
                out[i, t] = -miss(i, t)
    return out


@given(loops.cells(), st.randoms())
def test_gaps(known: Cells, random):
    product = sorted(random.choices(range(3), k=len(known.z)))
    supplier = random.choices(range(3), k=len(known.z))
    got = levels.gaps(known.z, known.first, at(*product), at(*supplier))
    expected = plain(known.z, known.first, product, supplier)
    np.testing.assert_allclose(got, expected, atol=1e-5)


@given(loops.cells(), st.integers(0, 59))
def test_a_later_quote_changes_no_earlier_gap(known: Cells, cut: int):
    torn, owner = known.z.copy(), np.zeros(len(known.z), dtype=np.int64)
    torn[:, cut + 1 :] += 0.05
    honest, other = (levels.gaps(z, known.first, owner, owner)[:, : cut + 1] for z in (known.z, torn))
    assert honest.tobytes() == other.tobytes()


STEPS = 120
START = np.zeros(6, dtype=np.int64)


def walks(seed: int = 0) -> np.ndarray:
    """Two products of three suppliers each, whose prices follow their product's; the last one follows every 14 days."""
    rng = np.random.default_rng(seed)
    common = np.cumsum(rng.normal(0, 0.01, (2, STEPS)), axis=1)
    z = np.repeat(common, 3, axis=0) + np.array([[0.0], [0.1], [0.2]] * 2)
    held = np.arange(STEPS) // 14 * 14
    z[2], z[5] = z[2, held], z[5, held]
    return z


PRODUCT, SUPPLIER = at(0, 0, 0, 1, 1, 1), at(0, 1, 2, 0, 1, 2)


@pytest.mark.parametrize("seed", range(3))
def test_a_price_that_stands_still_is_behind_by_what_the_others_moved(seed):
    z = walks(seed)
    got = levels.gaps(z, START, PRODUCT, SUPPLIER)
    for standing, moving in ((2, 0), (5, 3)):
        behind = z[moving] + 0.2 - z[standing]
        assert np.corrcoef(got[standing, 40:], behind[40:])[0, 1] > 0.75
    assert np.abs(got[[0, 1, 3, 4], 40:]).mean() < 0.01


def test_a_sale_of_one_price_moves_the_others_little():
    z = walks()
    cut = z.copy()
    cut[0, 60:70] -= 0.25
    before, got = levels.gaps(z, START, PRODUCT, SUPPLIER), levels.gaps(cut, START, PRODUCT, SUPPLIER)
    assert got[0, 60] > 0.2
    assert np.abs(got[1:3, 60:70] - before[1:3, 60:70]).max() < 0.05


@pytest.mark.parametrize("back", [51, 64, STEPS])
def test_one_price_of_a_supplier_that_jumps_moves_his_others_little(back):
    z = np.zeros((6, STEPS))
    z[0, 50:back] = np.log(4)
    got = levels.gaps(z, START, np.arange(6), np.zeros(6, dtype=np.int64))
    assert np.abs(got[1:]).max() < 0.02


def test_what_a_supplier_asks_more_for_everything_is_his_own_affair():
    """Twenty products of two suppliers, one of whom adds a tenth to all he sells, half of it at once."""
    rng = np.random.default_rng(1)
    z = np.repeat(np.cumsum(rng.normal(0, 0.005, (20, STEPS)), axis=1), 2, axis=0)
    dearer = np.arange(40) % 4 == 1
    z[dearer, 80:] += 0.1
    slow = np.arange(40) % 4 == 3
    z[slow, 80:] = z[slow, 79:80]
    got = levels.gaps(z, np.zeros(40, dtype=np.int64), np.arange(40) // 2, np.arange(40) % 2)
    assert np.median(got[slow, 82]) > 0.06  # he will ask it for these too
    assert np.abs(np.median(got[0::2, 82])) < 0.02


def test_gaps_do_not_depend_on_the_level_of_prices():
    z = walks()
    shifted = z + np.arange(6)[:, None]
    np.testing.assert_allclose(
        levels.gaps(shifted, START, PRODUCT, SUPPLIER), levels.gaps(z, START, PRODUCT, SUPPLIER), atol=1e-5
    )
