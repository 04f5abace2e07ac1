"""The price lattice: equally likely nodes that keep the forecast's mean, links that keep them equally likely."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercast.orders import nodes

Z90 = NormalDist().inv_cdf(0.9)


def forecast(seed: int, series: int = 3, days: int = 5) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    p50 = np.exp(rng.normal(2, 1, (series, days)))
    below, above = np.exp(-rng.uniform(0, 0.5, (series, days))), np.exp(rng.uniform(0, 0.5, (series, days)))
    return np.exp(rng.normal(2, 1, series)), p50 * below, p50, p50 * above


def drawn(p10: float, p50: float, p90: float, low: float, high: float, points: int = 4000) -> float:
    """Mean price of the quantiles between two shares, by adding up many of them."""
    total = 0.0
    for n in range(points):
        z = NormalDist().inv_cdf(low + (high - low) * (n + 0.5) / points)
        spread = math.log(p50 / p10) if z < 0 else math.log(p90 / p50)
        total += p50 * math.exp(z * spread / Z90)
    return total / points


@pytest.mark.parametrize("count", [1, 2, 3, 7, 9])
def test_a_node_is_the_mean_price_of_its_bin(count: int):
    price, p10, p50, p90 = forecast(0)
    got = nodes.price_nodes(price, p10, p50, p90, count)
    assert (got[:, 0] == price[:, None]).all()
    for i, day in [(0, 0), (2, 4)]:
        exact = [drawn(p10[i, day], p50[i, day], p90[i, day], j / count, (j + 1) / count) for j in range(count)]
        np.testing.assert_allclose(got[i, day + 1], exact, rtol=1e-3)


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_nodes_rise_and_have_the_mean_whatever_their_number(seed: int, count: int):
    some = forecast(seed)
    got = nodes.price_nodes(*some, count)
    assert (np.diff(got, axis=2) >= -1e-9 * got[..., :1]).all()
    np.testing.assert_allclose(got.mean(axis=2), nodes.price_nodes(*some, 1)[..., 0], rtol=1e-12)


def test_quantiles_that_coincide_are_one_certain_price():
    flat = np.full((1, 2), 5.0)
    np.testing.assert_allclose(nodes.price_nodes(np.array([5.0]), flat, flat, flat), 5.0, rtol=1e-14)


@pytest.mark.parametrize("count", [1, 2, 5, 7, 9])
def test_transitions_keep_nodes_equally_likely(count: int):
    table = nodes.transitions(count)
    assert table.shape == (181, count, count)
    assert (table >= 0).all()
    for axis in (1, 2):
        np.testing.assert_allclose(table.sum(axis=axis), 1.0, atol=1e-9)
    np.testing.assert_allclose(table, table.transpose(0, 2, 1), atol=1e-9)
    np.testing.assert_allclose(table[0], np.eye(count), atol=1e-12)
    np.testing.assert_allclose(table[90], 1 / count, atol=1e-12)
    np.testing.assert_allclose(table[180], np.eye(count)[::-1], atol=1e-12)


def test_transitions_are_those_of_correlated_normals():
    rng = np.random.default_rng(1)
    today, noise = rng.standard_normal((2, 400_000))
    edges = [NormalDist().inv_cdf(j / 7) for j in range(1, 7)]
    for correlation in (-0.5, 0.3, 0.9, 0.99):
        after = correlation * today + math.sqrt(1 - correlation**2) * noise
        counted = np.zeros((7, 7))
        np.add.at(counted, (np.searchsorted(edges, today), np.searchsorted(edges, after)), 1)
        link = nodes.links(np.array(correlation))
        np.testing.assert_allclose(nodes.transitions(7)[link], counted / counted.sum(axis=1)[:, None], atol=0.02)


def test_links_are_the_nearest_tabulated_correlation():
    given = np.linspace(-1.2, 1.2, 101)
    found = np.cos(nodes.links(given) * np.pi / 180)
    assert np.abs(found - np.clip(given, -1, 1)).max() < 0.01
    assert nodes.links(np.array([1.0, 0.0, -1.0])).tolist() == [0, 90, 180]


def test_the_next_quote_is_expected_and_the_quote_seen_is_known():
    some = forecast(4, series=2, days=4)
    price = nodes.price_nodes(*some, 3)
    link = nodes.links(np.array([[0.9, 0.5, 0.0], [1.0, 1.0, -1.0]]))
    expected, seen = nodes.paid_prices(price, link), nodes.paid_prices(price, link, "quote_seen")
    assert (seen == price[:, :-1]).all()
    np.testing.assert_allclose(expected[:, 0], np.repeat(price[:, 1].mean(axis=1)[:, None], 3, axis=1), rtol=1e-12)
    for i in range(2):
        for day in range(1, 4):
            chances = nodes.transitions(3)[link[i, day - 1]]
            for j in range(3):
                mean = sum(chances[j, k] * price[i, day + 1, k] for k in range(3))
                assert expected[i, day, j] == pytest.approx(mean, rel=1e-12)
    np.testing.assert_allclose(expected.mean(axis=2), price[:, 1:].mean(axis=2), rtol=1e-9)


def lowest(paid: np.ndarray, correlation: float, draws: int = 400_000) -> np.ndarray:
    """Mean lowest price of equally likely bins, (nodes,), of suppliers' nodes on one day, (suppliers, nodes), drawn."""
    count, bins = paid.shape
    shared, own = np.random.default_rng(5).standard_normal((2, draws, count))
    z = math.sqrt(correlation) * shared[:, :1] + math.sqrt(1 - correlation) * own
    edges = [NormalDist().inv_cdf(j / bins) for j in range(1, bins)]
    node = np.searchsorted(edges, z)
    price = np.sort(np.stack([paid[s][node[:, s]] for s in range(count)]).min(axis=0))
    return np.array([part.mean() for part in np.array_split(price, bins)])


@pytest.mark.parametrize(
    ("suppliers", "bins", "correlation"),
    [
        pytest.param(2, 7, 0.0, id="two_that_go_their_own_ways"),
        pytest.param(3, 7, 0.4, id="three_that_share_something"),
        pytest.param(4, 5, 0.8, id="four_that_share_most"),
    ],
)
def test_the_lowest_price_is_that_of_drawn_suppliers(suppliers: int, bins: int, correlation: float):
    rng = np.random.default_rng(suppliers)
    paid = np.sort(rng.uniform(8, 12, (suppliers, 3, bins)), axis=2)
    got = nodes.cheapest_prices(paid, np.array([0, suppliers]), correlation)
    assert (got[:, 0] == paid[:, 0]).all()
    for day in (1, 2):
        np.testing.assert_allclose(got[:, day].min(axis=0), lowest(paid[:, day], correlation), rtol=0.006)
        assert (np.diff(got[:, day].min(axis=0)) >= 0).all()


def test_a_product_of_one_supplier_keeps_its_prices():
    paid = np.sort(np.random.default_rng(0).uniform(8, 12, (3, 4, 7)), axis=2)
    alone = nodes.cheapest_prices(paid, np.array([0, 1, 1, 2, 3]), 0.3)
    assert (alone == paid).all()


def test_with_one_node_every_supplier_keeps_his_mean():
    paid = np.random.default_rng(0).uniform(8, 12, (3, 4, 1))
    assert (nodes.cheapest_prices(paid, np.array([0, 3]), 0.3) == paid).all()


def test_suppliers_that_cost_the_same_whatever_happens_leave_the_price():
    paid = np.full((2, 3, 7), 5.0)
    np.testing.assert_allclose(nodes.cheapest_prices(paid, np.array([0, 2]), 0.5), 5.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("shared", "low", "high"),
    [
        pytest.param(1.0, 0.9, 0.9, id="all_the_same_is_the_most_that_is_told"),
        pytest.param(0.5, 0.35, 0.65, id="half_is_shared"),
        pytest.param(0.0, 0.0, 0.15, id="nothing_is_shared"),
    ],
)
def test_together_is_what_suppliers_share_of_their_changes(shared: float, low: float, high: float):
    rng = np.random.default_rng(2)
    product = np.repeat(np.arange(40), 2)
    steps = math.sqrt(shared) * rng.standard_normal((40, 400))[product]
    steps += math.sqrt(1 - shared) * rng.standard_normal((80, 400))
    price = np.exp(0.01 * np.cumsum(steps, axis=1))
    price[:3, :200] = np.nan  # a gap tells nothing
    price[4] = 7.0  # nor does a price that stands
    assert low <= nodes.together(price, product) <= high


@pytest.mark.parametrize(
    ("price", "product"),
    [
        pytest.param(np.ones((2, 400)), [0, 0], id="standing_prices"),
        pytest.param(np.ones((2, 5)), [0, 0], id="a_short_history"),
        pytest.param(np.random.default_rng(0).uniform(1, 2, (2, 400)), [0, 1], id="single_suppliers"),
        pytest.param(np.full((2, 400), np.nan), [0, 0], id="no_prices"),
    ],
)
def test_nothing_that_tells_of_suppliers_is_no_correlation(price: np.ndarray, product: list[int]):
    assert nodes.together(price, np.array(product)) == 0.0
