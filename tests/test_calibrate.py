import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercast import calibrate

RNG = np.random.default_rng(3)
SIGNAL = RNG.standard_normal(2400)
NOISE = RNG.standard_normal(2400)
BLOCK = np.repeat(np.arange(12), 200)
ONE = np.zeros(2400, dtype=np.int64)
RULES = [
    pytest.param(calibrate.mean_weights, id="mean"),
    pytest.param(calibrate.quantile_weights, id="median"),
]


def weight_of(rule, forecast, actual, block=BLOCK):
    return rule(forecast, actual, block, np.zeros(len(block), dtype=np.int64), 1)[0]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("forecast", "actual", "low", "high"),
    [
        pytest.param(SIGNAL, SIGNAL, 1.0, 1.0, id="a_model_that_is_right_is_believed"),
        pytest.param(SIGNAL, 0.5 * SIGNAL + 0.1 * NOISE, 0.45, 0.52, id="one_that_exaggerates_is_halved"),
        pytest.param(SIGNAL, NOISE, 0.0, 0.05, id="one_that_knows_nothing_is_not_heard"),
        pytest.param(SIGNAL, -SIGNAL, 0.0, 0.0, id="one_that_is_wrong_is_not_turned_round"),
        pytest.param(np.zeros(2400), NOISE, 0.0, 0.0, id="one_that_says_nothing"),
        pytest.param(0.3 * SIGNAL, SIGNAL, 1.0, 1.0, id="no_weight_above_one"),
    ],
)
def test_weight(rule, forecast, actual, low, high):
    assert low <= weight_of(rule, forecast, actual) <= high


@pytest.mark.parametrize("rule", RULES)
def test_skill_that_rests_on_one_block_is_doubted(rule):
    """The same gain, once spread over all blocks and once from a single shock."""
    spread = weight_of(rule, SIGNAL, 0.3 * SIGNAL + NOISE)
    assert spread > 0.15
    assert weight_of(rule, SIGNAL, np.where(BLOCK == 5, 3.6 * SIGNAL, 0.0) + NOISE) < spread / 2


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("rows", "weight"), [(96, 0.0), (108, 1.0)])
def test_a_handful_of_forecasts_is_no_evidence(rule, rows, weight):
    few = np.arange(2400) % 200 < rows // 12  # in every block
    assert weight_of(rule, SIGNAL[few], SIGNAL[few], BLOCK[few]) == weight


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("blocks", "weight"), [(0, 0.0), (3, 0.0), (4, 1.0)])
def test_three_blocks_are_no_evidence(rule, blocks, weight):
    first = blocks > BLOCK
    assert weight_of(rule, SIGNAL[first], SIGNAL[first], BLOCK[first]) == weight


@pytest.mark.parametrize("rule", RULES)
def test_groups_are_judged_apart(rule):
    group = np.where(np.arange(2400) % 2 == 0, 0, 2)
    actual = np.where(group == 0, SIGNAL, NOISE)
    weights = rule(SIGNAL, actual, BLOCK, group, 3)
    assert weights[:2].tolist() == [1, 0]
    assert weights[2] <= 0.1


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("kin", "low", "high"),
    [pytest.param(1, 0.0, 0.0, id="a_stranger_lends_nothing"), pytest.param(2, 0.9, 1.0, id="kin_lend_their_skill")],
)
def test_a_group_without_evidence_borrows_from_its_kin(rule, kin, low, high):
    """Groups 0 and 1 are kin, and 2 and 3; only group 0 has been seen."""
    weights = rule(SIGNAL, SIGNAL, BLOCK, ONE, 4, kin)
    assert weights[0] == pytest.approx(1.0)
    assert low <= weights[1] <= high
    assert weights[2:].tolist() == [0, 0]


@pytest.mark.parametrize("rule", RULES)
def test_what_a_group_knows_of_itself_counts_more_than_its_kin(rule):
    group = np.arange(2400) % 2
    weights = rule(SIGNAL, np.where(group == 0, SIGNAL, NOISE), BLOCK, group, 2, 2)
    apart = rule(SIGNAL, np.where(group == 0, SIGNAL, NOISE), BLOCK, group, 2)
    assert apart[1] <= weights[1] < 0.5 < weights[0] <= apart[0]


def slope_by_hand(forecast: list[float], actual: list[float], block: list[int]) -> float:
    """Least squares through 0, less 2.576 jackknife errors over the blocks."""

    def slope(without: int | None) -> float:
        kept = [(f, a) for f, a, b in zip(forecast, actual, block, strict=True) if b != without]
        return sum(f * a for f, a in kept) / sum(f * f for f, _ in kept)

    names = sorted(set(block))
    left_out = [slope(name) for name in names]
    mean = sum(left_out) / len(names)
    error = ((len(names) - 1) / len(names) * sum((each - mean) ** 2 for each in left_out)) ** 0.5
    return min(max(slope(None) - 2.576 * error, 0.0), 1.0)


@given(st.integers(0, 2**32 - 1), st.floats(-0.5, 1.5), st.integers(4, 9))
def test_the_weight_of_a_mean_is_a_lower_bound(seed: int, slope: float, blocks: int):
    rng = np.random.default_rng(seed)
    forecast, block = rng.normal(0, 1, 120), np.arange(120) % blocks
    actual = slope * forecast + rng.normal(0, 0.5, 120)
    expected = slope_by_hand(forecast.tolist(), actual.tolist(), block.tolist())
    assert weight_of(calibrate.mean_weights, forecast, actual, block) == pytest.approx(expected, abs=1e-4)


@given(st.integers(0, 2**32 - 1), st.floats(-0.5, 1.5), st.integers(4, 9))
def test_the_weight_of_a_median_has_the_surest_gain(seed: int, slope: float, blocks: int):
    rng = np.random.default_rng(seed)
    forecast, block = rng.normal(0, 1, 120), np.arange(120) % blocks
    actual = slope * forecast + rng.normal(0, 0.5, 120)

    def surest(weight: float) -> float:
        gain = [0.0] * blocks
        for f, a, b in zip(forecast, actual, block, strict=True):
            gain[b] += abs(a) - abs(a - weight * f)
        mean = sum(gain) / blocks
        return sum(gain) - 2.576 * ((blocks - 1) / blocks * sum((each - mean) ** 2 for each in gain)) ** 0.5

    best = max((tenth / 10 for tenth in range(11)), key=surest)
    assert weight_of(calibrate.quantile_weights, forecast, actual, block) == pytest.approx(
        best if surest(best) > 0 else 0
    )


def test_near_and_far_horizons_are_judged_apart():
    days, ahead = np.arange(2400) // 10, np.where(np.arange(2400) % 2 == 0, 14, 15)
    actual = np.where(ahead == 15, SIGNAL, -SIGNAL)
    weights = calibrate.by_range(calibrate.mean_weights, SIGNAL, actual, days, ahead, ONE, 1)
    assert weights.tolist() == [[0, 1]]


def test_blocks_are_as_long_as_the_range():
    """Fifty days are four fortnights, and one stretch of sixty days: too little to be judged by."""
    days = np.arange(2400) % 50
    ahead = np.where(np.arange(2400) < 1200, 7, 60)
    weights = calibrate.by_range(calibrate.mean_weights, SIGNAL, SIGNAL, days, ahead, ONE, 1)
    assert weights.tolist() == [[1, 0]]


@pytest.mark.parametrize("far", [False, True])
def test_a_range_without_forecasts_has_no_weight(far):
    ahead = np.full(2400, 60 if far else 3)
    weights = calibrate.by_range(calibrate.mean_weights, SIGNAL, SIGNAL, np.arange(2400), ahead, ONE, 1)
    assert weights.tolist() == [[0, 1] if far else [1, 0]]


@pytest.mark.parametrize("level", [0.1, 0.9])
@pytest.mark.parametrize(
    ("departure", "weight"),
    [
        pytest.param(1.28, 1.0, id="a_departure_that_makes_it_hold_is_made"),
        pytest.param(2.56, 0.5, id="of_one_that_goes_too_far_half_is_made"),
        pytest.param(-1.0, 0.0, id="one_to_the_wrong_side_is_not_made"),
    ],
)
def test_the_weight_of_an_outer_quantile(level, departure, weight):
    """From the median of a normal variable, outwards."""
    outwards = np.full(2400, departure if level > 0.5 else -departure)
    told = calibrate.quantile_weights(outwards, SIGNAL, BLOCK, ONE, 1, level=level)[0]
    assert told == pytest.approx(weight, abs=0.1)


def test_who_doubts_less_believes_more():
    """A gain that rests on half of the blocks is too little for who asks for 2.576 standard errors."""
    outwards = np.full(2400, 1.28)
    actual = np.where(BLOCK % 2 == 0, np.abs(SIGNAL), -np.abs(SIGNAL)) - 0.4
    told = [
        calibrate.quantile_weights(outwards, actual, BLOCK, ONE, 1, level=0.9, doubt=doubt)[0] for doubt in (2.576, 0.0)
    ]
    assert told[0] < told[1]


def test_a_model_stands_alone_where_a_series_has_no_past():
    assert calibrate.blended(np.array([1.0, 1.0]), np.array([3.0, np.nan]), 0.75).tolist() == [1.5, 1.0]


def test_a_share_of_what_a_band_lacked_is_added():
    one = np.zeros(1000, dtype=np.int64)
    whole, half = (calibrate.shifts(0 * NOISE[:1000], NOISE[:1000], 0.9, one, one, 1, share) for share in (1.0, 0.5))
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)
    nothing = np.zeros(0, dtype=np.int64)
    assert calibrate.shifts(np.zeros(0), np.zeros(0), 0.9, nothing, nothing, 1, 0.5)[0, 0] == pytest.approx(
        1.2816, abs=1e-4
    )


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (7, 2), (14, 4), (15, 5), (45, 7), (46, 8), (180, 8)],
)
def test_horizon_bucket(days, bucket):
    assert calibrate.horizon_bucket(np.array([days])).tolist() == [bucket]


@pytest.mark.parametrize(("days", "far"), [(1, 0), (14, 0), (15, 1), (60, 1)])
def test_far_range(days, far):
    assert calibrate.far_range(np.array([days])).tolist() == [far]


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("told", [0.0, -3.0])
def test_shifted_quantiles_cover_what_they_promise(level, told):
    """Two ranges of horizons, one of thrice the spread; whatever the model said, it is brought to where it holds."""
    bucket = np.tile([0, 1], 2000)
    factor = np.where(bucket == 1, 3.0, 1.0)
    error = factor * RNG.standard_normal(4000)
    table = calibrate.shifts(np.full(4000, told), error, level, bucket, np.zeros(4000, dtype=np.int64), 1)
    fresh = RNG.standard_normal(20_000)
    for place, spread in enumerate((1, 3)):
        assert (spread * fresh <= told + table[0, place]).mean() == pytest.approx(level, abs=0.03)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from([0.1, 0.9]))
def test_a_shift_is_taken_outwards(seed: int, count: int, level: float):
    """The rank of n errors is that of n + 1: with few of them the widest is taken."""
    error = np.sort(np.random.default_rng(seed).normal(size=count).round(6))
    none = np.zeros(count, dtype=np.int64)
    shift = calibrate.shifts(np.zeros(count), error, level, none, none, 1)[0, 0]
    rank = int(level * (count + 1) + 1e-9) if level < 0.5 else -int(-(level * (count + 1)) // 1)
    assert shift == error[min(max(rank, 1), count) - 1]


@pytest.mark.parametrize(
    ("own", "others", "borrowed"),
    [
        pytest.param(1000, 2000, "own", id="enough_of_its_own"),
        pytest.param(300, 2000, "range", id="a_thin_group_takes_the_range_of_all"),
        pytest.param(10, 20, "all", id="a_thin_range_takes_all_errors"),
    ],
)
def test_thin_cells_borrow(own, others, borrowed):
    """Errors of group 1 at range 0, of group 0 at range 0 and of both at range 5, each about a level of its own."""
    level = np.repeat([1.0, 2.0, 3.0], [own, others, 4000])
    group = np.append(np.repeat([1, 0], [own, others]), np.arange(4000) % 2)
    bucket = np.repeat([0, 0, 5], [own, others, 4000])
    table = calibrate.shifts(np.zeros(len(level)), level, 0.5, bucket, group, 2)
    assert table[1, 0] == {"own": 1.0, "range": 2.0, "all": 3.0}[borrowed]


def test_an_empty_group_takes_what_there_is():
    few = np.zeros(10, dtype=np.int64)
    table = calibrate.shifts(np.zeros(10), np.full(10, 2.5), 0.9, few, few, 3)
    assert table.shape == (3, 9)
    assert (table == 2.5).all()


def test_without_errors_a_band_is_that_of_a_normal_step():
    none, whole = np.zeros(0), np.zeros(0, dtype=np.int64)
    assert calibrate.shifts(none, none, 0.1, whole, whole, 2) == pytest.approx(np.full((2, 9), -1.281552))
    assert (calibrate.shifts(none, none, 0.5, whole, whole, 2) == 0).all()
    assert calibrate.mean_weights(none, none, whole, whole, 2).tolist() == [0, 0]
    assert calibrate.quantile_weights(none, none, whole, whole, 2).tolist() == [0, 0]
    assert calibrate.by_range(calibrate.mean_weights, none, none, whole, whole, whole, 2).tolist() == [[0, 0]] * 2


@pytest.mark.parametrize(
    ("departure", "trust", "expected"),
    [
        (0.0, 0, 0.0),
        (0.07, 0, 0.0),
        (-0.07, 0, 0.0),
        (0.3, 0, 0.23),
        (-0.3, 0, -0.23),
        (-0.3, 0.5, -0.265),
        (0.01, 1, 0.01),
    ],
)
def test_snapped(departure, trust, expected):
    assert calibrate.snapped(np.array([departure]), np.array([trust])) == pytest.approx([expected])


@given(st.lists(st.floats(-5, 5), min_size=2))
def test_snapping_keeps_the_order_and_never_enlarges(values: list[float]):
    departure = np.sort(values)
    got = calibrate.snapped(departure, np.zeros(len(departure)))
    assert (np.diff(got) >= 0).all()
    assert (np.abs(got) <= np.abs(departure)).all()
    assert (got * departure >= 0).all()


def auto_regressive(phi: float, paths: int = 4000, horizons: int = 9, seed: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    error = rng.standard_normal((paths, horizons))
    for h in range(1, horizons):
        error[:, h] = phi * error[:, h - 1] + (1 - phi**2) ** 0.5 * error[:, h]
    return error


@pytest.mark.parametrize("lag", [1, 3, 4])
@pytest.mark.parametrize("phi", [0.6, 0.9, 0.98])
def test_the_link_of_auto_regressive_errors_is_their_phi(phi, lag):
    error = auto_regressive(phi)
    found = calibrate.links(error, np.zeros(len(error), dtype=np.int64), 1, lag)
    assert found == pytest.approx(np.full((1, 8), phi), abs=0.05)


def test_errors_that_alternate_have_a_negative_link():
    error = auto_regressive(-0.8)
    found = calibrate.links(error, np.zeros(len(error), dtype=np.int64), 1, 3)
    assert found == pytest.approx(np.full((1, 8), -0.8), abs=0.05)


def test_noise_on_top_of_a_walk_lasts_no_longer_than_a_quote():
    rng = np.random.default_rng(6)
    walk = np.cumsum(rng.standard_normal((4000, 60)), axis=1)
    error, one = walk + 4 * rng.standard_normal(walk.shape), np.zeros(4000, dtype=np.int64)
    link, persistence = (calibrate.links(error, one, 1, lag)[0] for lag in (1, 28))
    assert (persistence[:32] > link[:32] + 0.05).all()
    assert (persistence[32:] == persistence[31]).all()  # the last with another four weeks ahead of it


@given(st.integers(0, 2**32 - 1), st.integers(2, 7), st.integers(1, 8), st.floats(0, 0.5))
def test_links_are_what_a_plain_loop_finds(seed: int, horizons: int, lag: int, missing: float):
    rng = np.random.default_rng(seed)
    error, group = rng.standard_normal((450, horizons)).cumsum(axis=1), np.sort(rng.integers(0, 2, 450))
    group[: rng.integers(0, 400)] = 0
    error[rng.random(error.shape) < missing] = np.nan
    found, lag = calibrate.links(error, group, 3, lag), min(lag, horizons - 1)
    for g in range(3):
        for h in range(horizons - 1):
            near, far = error[:, min(h, horizons - 1 - lag)], error[:, min(h, horizons - 1 - lag) + lag]
            seen = [p for p in range(450) if np.isfinite(near[p]) and np.isfinite(far[p])]
            own = [p for p in seen if group[p] == g]
            own = own if len(own) >= 200 else seen
            top = sum(near[p] * far[p] for p in own)
            root = (sum(near[p] ** 2 for p in own) * sum(far[p] ** 2 for p in own)) ** 0.5
            link = top / root
            assert found[g, h] == pytest.approx(abs(link) ** (1 / lag) * (1 if link > 0 else -1), abs=6e-5)


@pytest.mark.parametrize(
    ("error", "shape"),
    [
        pytest.param(np.zeros((0, 5)), (2, 4), id="no_path"),
        pytest.param(np.full((9, 3), np.nan), (2, 2), id="nothing_observed"),
        pytest.param(np.zeros((9, 3)), (2, 2), id="no_error_at_all"),
        pytest.param(np.ones((9, 1)), (2, 0), id="a_single_horizon_has_no_neighbour"),
    ],
)
@pytest.mark.parametrize("lag", [1, 28])
def test_without_errors_nothing_is_linked(error, shape, lag):
    found = calibrate.links(error, np.zeros(len(error), dtype=np.int64), 2, lag)
    assert found.shape == shape
    assert not found.any()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_an_error_of_the_level_is_found(share):
    expected, spread = np.tile([50.0, 200.0], 2000), np.tile([5.0, 20.0], 2000)
    rng = np.random.default_rng(8)
    error = share * expected * rng.standard_normal(4000) + spread * rng.standard_normal(4000)
    group = np.repeat([0, 2], 2000)
    found = calibrate.level_cv(error, expected, spread**2, group, 3)
    assert found[[0, 2]] == pytest.approx([share, share], abs=0.03)
    assert found[1] == 0


@pytest.mark.parametrize(
    ("error", "expected", "variance", "share"),
    [
        pytest.param([3.0, -3.0], [10.0, 10.0], [0.0, 0.0], 0.3, id="all_of_it"),
        pytest.param([5.0, -5.0], [10.0, 10.0], [16.0, 16.0], 0.3, id="what_is_beyond_the_days_own"),
        pytest.param([5.0, 1.0], [10.0, 20.0], [6.0, 0.0], 0.2, id="by_the_size_of_the_sums"),
        pytest.param([1.0, -1.0], [10.0, 10.0], [4.0, 4.0], 0.0, id="less_than_the_days_own_is_none"),
        pytest.param([1.0], [0.0], [0.0], 0.0, id="nothing_was_expected"),
        pytest.param([], [], [], 0.0, id="no_sums"),
    ],
)
def test_the_level_error_by_hand(error, expected, variance, share):
    group = np.zeros(len(error), dtype=np.int64)
    assert calibrate.level_cv(np.array(error), np.array(expected), np.array(variance), group, 1).tolist() == [share]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param([1, 2, 3], [1, 2, 3], id="what_rises_stays"),
        pytest.param([1, 3, 2], [1, 2.5, 2.5], id="a_dent_is_met_halfway"),
        pytest.param([5, 1, 1, 1], [3, 3, 3, 3], id="one_high_value_does_not_rule_what_follows_alone"),
        pytest.param([2], [2], id="one_horizon"),
    ],
)
def test_rows_that_never_fall(row, expected):
    assert calibrate.rising(np.array([row], dtype=float)).tolist() == [expected]


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=9))
def test_what_never_falls_lies_between_what_was_and_what_comes(row):
    (made,) = calibrate.rising(np.array([row]))
    assert (np.diff(made) >= 0).all()
    for k, cell in enumerate(made):
        assert cell == (max(row[: k + 1]) + min(row[k:])) / 2
