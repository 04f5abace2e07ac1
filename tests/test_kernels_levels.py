"""Where the other prices say that each should stand: beside a plain loop, and what the rule promises."""

import statistics
from statistics import NormalDist

import loops
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops import Cells, at

from ordercast.kernels import levels, lists


def rule(waited: float, every: float) -> bool:
    turns = round(waited / every)
    return turns >= 1 and abs(waited - turns * every) <= 1.01


def beat(waited: float, every: float, punctual: float) -> tuple[float, float, float]:
    """The rule of `lists.rhythm`."""
    turns = max(round(waited / every), 1)
    late = waited - turns * every
    timely = abs(late) <= 1.01
    share = np.clip(punctual + 0.1 * (float(timely and turns == 1) - punctual), 0.1, 0.95)
    if timely and turns == 1:
        return every + 0.1 * late, share, 0.6 * late
    if timely and share >= 0.35:
        return every, share, 0.6 * late
    if share >= 0.35:
        return every, share, waited
    return every + 0.3 * (np.clip(waited, every / 2, 2 * every) - every), share, 0.0


def plain(z: np.ndarray, first: np.ndarray, product: list[int], supplier: list[int], waves: np.ndarray) -> np.ndarray:
    """The rule of `levels.structures` for days, a full matrix for each product and a dictionary for all else."""
    count, steps = z.shape
    rows = {p: [i for i in range(count) if product[i] == p] for p in product}
    mean = {p: np.zeros(3 + len(own)) for p, own in rows.items()}
    noise, told = dict.fromkeys(rows, 0.015**2), dict.fromkeys(rows, 20.0)
    cov = {p: np.diag([noise[p] / (1 - 0.985**2), *[9 * noise[p]] * 2, *[0.09] * len(own)]) for p, own in rows.items()}
    keep = {p: np.diag([0.985, *[1.0] * (2 + len(own))]) for p, own in rows.items()}
    drift = {p: np.diag([1.0, 0, 0, *[0.004] * len(own)]) for p, own in rows.items()}
    asks, unsure, asked = dict.fromkeys(supplier, 0.0), dict.fromkeys(supplier, 1e-3), dict.fromkeys(supplier, 0)
    listed, odds, changed = dict.fromkeys(range(count), 0.0), dict.fromkeys(range(count), 0.0), {}
    every, punctual = dict.fromkeys(range(count), 3.0), dict.fromkeys(range(count), 0.5)
    sales, depth = (dict.fromkeys(range(count), 0.0) for _ in range(2))
    out = np.zeros((count, steps, 4))

    def seen(i: int, t: int) -> np.ndarray:
        return np.array([1.0, *waves[:, t], *[float(i == j) for j in rows[product[i]]]])

    def chance(i: int, t: int) -> float:
        if every[i] <= 3:
            return 1 / every[i]
        if rule(t - changed[i], every[i]):
            return punctual[i] / 3
        return max((1 - punctual[i]) / max(every[i] - 3, 1), 0.003)

    for t in range(steps):
        for p in rows:
            mean[p] = keep[p] @ mean[p]
            cov[p] = keep[p] @ cov[p] @ keep[p] + noise[p] * drift[p]
        for s in asks:
            asks[s] *= 0.985
            unsure[s] = unsure[s] * 0.985**2 + 1e-7
        before, cut, likely, miss, doubt = dict(listed), set(), {}, {}, {}
        for i in range(count):
            p = product[i]
            if t < first[i]:
                continue
            if t == first[i]:
                listed[i], changed[i] = z[i, t], t
                miss[i] = 0.0
            elif z[i, t] != z[i, t - 1]:
                move, was = z[i, t] - z[i, t - 1], odds[i]
                likely[i] = chance(i, t)
                if odds[i] <= 0 or move >= (listed[i] - z[i, t - 1]) / 2:
                    listed[i], odds[i] = z[i, t], 0.0
                else:
                    listed[i] = listed[i] + z[i, t] - z[i, t - 1]
                if was <= 0 and move <= -0.05:
                    cut.add(i)
                if was > 0 and odds[i] <= 0:
                    sales[i], depth[i] = sales[i] + 1, z[i, t - 1] - before[i]
            elif odds[i] > 0:
                odds[i] -= 0.1
                if odds[i] <= 0:
                    listed[i], odds[i], miss[i] = z[i, t], 0.0, 0.0
            if listed[i] != before[i] or i in miss:
                h = seen(i, t)
                if t == first[i]:
                    mean[p][3 + rows[p].index(i)] = z[i, t] - h @ mean[p] - asks[supplier[i]]
                miss[i] = listed[i] - h @ mean[p] - asks[supplier[i]]
                doubt[i] = h @ cov[p] @ h + 0.1 * noise[p]
        for s in asks:
            own = [i for i in miss if supplier[i] == s]
            if not own:
                continue
            centre = statistics.median(miss[i] for i in own) if len(own) >= 3 else 0.0
            far = [np.inf if len(own) < 3 else 2 * doubt[i] ** 0.5 for i in own]
            near = [centre + np.clip(miss[i] - centre, -most, most) for i, most in zip(own, far, strict=True)]
            weight = [1 / doubt[i] for i in own]
            common, blur = np.average(near, weights=weight), 1 / sum(weight)
            alone = np.prod([0.45 if i in cut else 0.1 for i in own]) if len(own) < 3 else 0.0
            jumps, calm = min(0.002 * (t - asked[s]), 0.3), unsure[s]
            # he stood still, he jumped, his prices did: chance, variance of what he asks, of what else they miss
            tales = [(1 - jumps - alone, calm, blur), (jumps, calm + 0.1**2, blur), (alone, calm, blur + 0.6**2)]
            told_by = [chance * NormalDist(0, (own_part + rest) ** 0.5).pdf(common) for chance, own_part, rest in tales]
            odd = [each / sum(told_by) for each in told_by] if common**2 > 4 * (calm + blur) else [1, 0, 0]
            gain = [own_part / (own_part + rest) for _, own_part, rest in tales]
            left = [each * rest for each, (_, _, rest) in zip(gain, tales, strict=True)]
            move = common * sum(np.multiply(odd, gain))
            unsure[s] = sum(np.multiply(odd, left)) + common**2 * (
                sum(np.multiply(odd, np.square(gain))) - sum(np.multiply(odd, gain)) ** 2
            )
            asks[s] += move
            asked[s] = t
            miss |= {i: miss[i] - move for i in own}
        for i in sorted(miss):
            p, h = product[i], seen(i, t)
            response = cov[p] @ h
            variance = h @ response + unsure[supplier[i]] + 0.1 * noise[p]
            rest = listed[i] - h @ mean[p] - asks[supplier[i]]
            if i in cut and rest < 0 and not any(j != i and miss[j] < miss[i] / 2 for j in miss if product[j] == p):
                fit = np.log(2 * np.pi * variance) + min(rest**2 / variance, 16)
                deep, age = 1 / 0.3, t - max(first[i], 0)
                if sales[i]:
                    deep = (deep + NormalDist(depth[i], 0.015).pdf(z[i, t] - z[i, t - 1])) / 2
                often = (sales[i] + 1) / (age + 20)
                odds[i] = max(min(np.log(often * deep) - np.log(likely[i]) + fit / 2, 4.0), 0.0)
                if odds[i] > 0:
                    listed[i] = before[i]
                    continue
            waited = t - changed[i]
            if waited > 0:
                every[i], punctual[i], since = beat(waited, every[i], punctual[i])
                changed[i] = t - since
            if rest**2 <= 9 * variance:
                told[p] = min(told[p] + 1, 100)
                noise[p] = max(noise[p] * (1 + (rest**2 / variance - 1) / told[p]), 1e-4**2)
            else:
                rest, own = 3 * variance**0.5 * np.sign(rest), 3 + rows[p].index(i)
                cov[p][own, own] += variance / 2
                response[own] += variance / 2
                variance *= 1.5
            mean[p] = mean[p] + response / variance * rest
            cov[p] = cov[p] - np.outer(response, response) / variance
        for i in range(count):
            if t >= first[i]:
                m, fortnight = mean[product[i]], waves[:, t + 14] - waves[:, t]
                gap = seen(i, t) @ m + asks[supplier[i]] - listed[i]
                swing = m[1:3] @ fortnight - (1 - 0.985**14) * (m[0] + asks[supplier[i]])
                wait = every[i] - (t - changed[i])
                if punctual[i] >= 0.35 and wait < -0.5:
                    wait += every[i] * np.ceil((-0.5 - wait) / every[i])
                out[i, t] = gap, swing, z[i, t] - listed[i], wait
    return out


def season(steps: int) -> np.ndarray:
    angle = 2 * np.pi * np.arange(steps + 14) / 365.25
    return np.stack([np.cos(angle), np.sin(angle)])


def structures(z: np.ndarray, first: np.ndarray, product: np.ndarray, supplier: np.ndarray) -> np.ndarray:
    return levels.structures(z, first, product, supplier, season(z.shape[1]), 1, np.arange(z.shape[1]))


def gaps(z: np.ndarray, first: np.ndarray, product: np.ndarray, supplier: np.ndarray) -> np.ndarray:
    return structures(z, first, product, supplier)[:, :, levels.GAP]


@given(loops.cells(), st.randoms())
def test_structures(known: Cells, random):
    product = sorted(random.choices(range(3), k=len(known.z)))
    supplier = random.choices(range(3), k=len(known.z))
    got = structures(known.z, known.first, at(*product), at(*supplier))
    expected = plain(known.z, known.first, product, supplier, season(known.z.shape[1]))
    np.testing.assert_allclose(got, expected, atol=1e-4)


@given(loops.cells(), st.integers(0, 59))
def test_a_later_quote_changes_no_earlier_structure(known: Cells, cut: int):
    torn, owner = known.z.copy(), np.zeros(len(known.z), dtype=np.int64)
    torn[:, cut + 1 :] += 0.05
    honest, other = (structures(z, known.first, owner, owner)[:, : cut + 1] for z in (known.z, torn))
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
    got = gaps(z, START, PRODUCT, SUPPLIER)
    for standing, moving in ((2, 0), (5, 3)):
        behind = z[moving] + 0.2 - z[standing]
        assert np.corrcoef(got[standing, 40:], behind[40:])[0, 1] > 0.75
    assert np.abs(got[[0, 1, 3, 4], 40:]).mean() < 0.01


def test_a_sale_of_one_price_moves_the_others_little():
    z = walks()
    cut = z.copy()
    cut[0, 60:70] -= 0.25
    before, got = gaps(z, START, PRODUCT, SUPPLIER), gaps(cut, START, PRODUCT, SUPPLIER)
    assert structures(cut, START, PRODUCT, SUPPLIER)[0, 60, levels.SALE] < -0.2
    assert np.abs(got[1:3, 60:70] - before[1:3, 60:70]).max() < 0.05


@pytest.mark.parametrize("back", [51, 64, STEPS])
def test_one_price_of_a_supplier_that_jumps_moves_his_others_little(back):
    z = np.zeros((6, STEPS))
    z[0, 50:back] = np.log(4)
    got = gaps(z, START, np.arange(6), np.zeros(6, dtype=np.int64))
    assert np.abs(got[1:]).max() < 0.05


def test_what_a_supplier_asks_more_for_everything_is_his_own_affair():
    """Twenty products of two suppliers, one of whom adds a tenth to all he sells, half of it at once."""
    rng = np.random.default_rng(1)
    z = np.repeat(np.cumsum(rng.normal(0, 0.005, (20, STEPS)), axis=1), 2, axis=0)
    dearer = np.arange(40) % 4 == 1
    z[dearer, 80:] += 0.1
    slow = np.arange(40) % 4 == 3
    z[slow, 80:] = z[slow, 79:80]
    got = gaps(z, np.zeros(40, dtype=np.int64), np.arange(40) // 2, np.arange(40) % 2)
    assert np.median(got[slow, 82]) > 0.06  # he will ask it for these too
    assert np.abs(np.median(got[0::2, 82])) < 0.02


def test_a_supplier_of_few_prices_that_jumps_is_believed_once_another_of_his_tells():
    """Three products of one supplier, each quoted anew every 14 days, on days of their own; he asks a fifth more."""
    z = np.zeros((3, STEPS))
    rng = np.random.default_rng(3)
    for i, day in enumerate((0, 5, 10)):
        at_change = np.maximum((np.arange(STEPS) - day) // 14 * 14 + day, 0)
        z[i] = (np.cumsum(rng.normal(0, 0.002, STEPS)) + 0.2 * (np.arange(STEPS) >= 80))[at_change]
    got = gaps(z, START[:3], np.arange(3), np.zeros(3, dtype=np.int64))
    changes = np.flatnonzero((np.diff(z, axis=1) > 0.1).any(axis=0)) + 1
    last = np.argmax(np.diff(z, axis=1).argmax(axis=1))  # who tells last
    assert got[last, changes[0] - 1] < 0.02
    assert 0.05 < got[last, changes[1]] < 0.25
    assert np.abs(got[:, changes[2] + 1]).max() < 0.05


@pytest.mark.parametrize("daily", [0, 1e-6, 1e-4, 5e-4])
@pytest.mark.parametrize("suppliers", [3, 10, 40])
def test_suppliers_in_lockstep_leave_no_variance_under_that_of_a_cent(suppliers, daily):
    """All follow one index to the last digit, so that nothing is ever missed."""
    z = np.round(2 + 0.1 * np.arange(suppliers)[:, None] + daily * np.arange(730), 7)
    own = np.arange(suppliers)
    got = structures(z, np.zeros(suppliers, dtype=np.int64), np.zeros(suppliers, dtype=np.int64), own)
    assert np.isfinite(got).all()
    assert np.abs(got[:, 60:, levels.GAP]).max() < 0.01


def test_a_sale_as_deep_as_the_last_is_known_though_a_new_list_price_is_due():
    z, without = walks(), walks()
    z[2, 44:52] -= 0.18
    z[2, 70:78] -= 0.18
    without[2, 70:78] -= 0.18
    known, new = (structures(each, START, PRODUCT, SUPPLIER)[2, 70, levels.SALE] for each in (z, without))
    assert known < -0.15
    assert new == 0


@pytest.mark.parametrize(
    ("waited", "every", "punctual", "expected"),
    [
        pytest.param(14, 14, 0.5, (14, 0.55, 0), id="on the day"),
        pytest.param(15, 14, 0.5, (14.1, 0.55, 0.6), id="a day late, as it was seen late perhaps"),
        pytest.param(28, 14, 0.9, (14, 0.81, 0), id="one left out"),
        pytest.param(9, 14, 0.9, (14, 0.81, 9), id="out of turn: the rhythm is kept"),
        pytest.param(9, 14, 0.2, (12.5, 0.18, 0), id="no rhythm to keep"),
        pytest.param(90, 14, 0.2, (18.2, 0.18, 0), id="a long wait tells no more than a double one"),
    ],
)
def test_the_rhythm_of_list_prices(waited, every, punctual, expected):
    assert lists.rhythm(waited, every, punctual) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("since", "every", "punctual", "expected"),
    [(3, 14, 0.9, 11), (14.4, 14, 0.9, -0.4), (16, 14, 0.9, 12), (40, 14, 0.9, 2), (16, 14, 0.2, -2)],
)
def test_steps_until_the_list_price_changes(since, every, punctual, expected):
    assert lists.steps_to_change(since, every, punctual) == pytest.approx(expected)


@given(
    st.floats(-2, 2),
    st.floats(1e-6, 0.1),
    st.floats(1e-6, 0.1),
    st.floats(0, 0.3),
    st.sampled_from([0, 0.1, 0.2, 0.45]),
)
def test_a_supplier_never_moves_further_than_his_prices_and_never_gets_surer_of_nothing(miss, doubt, calm, chance, own):
    move, left = lists.jumped(miss, doubt, calm, chance, own)
    assert abs(move) <= abs(miss)
    assert move * miss >= 0
    assert 0 < left < calm + 0.1**2 + miss**2


def test_gaps_do_not_depend_on_the_level_of_prices():
    z = walks()
    shifted = z + np.arange(6)[:, None]
    np.testing.assert_allclose(gaps(shifted, START, PRODUCT, SUPPLIER), gaps(z, START, PRODUCT, SUPPLIER), atol=1e-5)


def test_a_structure_is_foreseen_once_the_list_price_is_due():
    structure = np.array([[0.1, 0.02, -0.2, 5.0]])
    got = levels.foreseen(structure, at(0, 0, 0), at(4, 5, 14), 1)
    later = 0.1 + 0.02 * (1 - 0.985**5) / (1 - 0.985**14)
    np.testing.assert_allclose(
        got, [0.2 * (1 - 0.9**4), later + 0.2 * (1 - 0.9**5), 0.12 + 0.2 * (1 - 0.9**14)], atol=1e-12
    )
