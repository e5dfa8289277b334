"""Intervals over problems: coverage where it is known, and slow twins."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats

from ired_interp_core import intervals, shares
from ired_interp_core.accuracy import statistics
from ired_interp_core.accuracy.statistics import beside, shared
from ired_interp_core.dictionaries.recovery import loss_recovered

REPETITIONS = 6000
Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]


def covered(interval: tuple[np.ndarray, np.ndarray], truth: float) -> float:
    """Share of the intervals that hold the truth."""
    low, high = interval
    return float(((low <= truth) & (truth <= high)).mean())


@pytest.mark.parametrize(
    ("draw", "truth", "least", "most"),
    [
        (lambda rng, shape: rng.normal(size=shape), 0.0, 0.93, 0.97),
        (lambda rng, shape: rng.lognormal(size=shape), np.exp(0.5), 0.92, 0.97),
        (lambda rng, shape: rng.standard_t(3, size=shape), 0.0, 0.93, 0.97),
        (
            lambda rng, shape: rng.lognormal(size=shape) - 0.5 * rng.lognormal(size=shape),
            0.5 * np.exp(0.5), 0.92, 0.97,
        ),
    ],
    ids=["normal", "lognormal", "student", "difference"],
)  # fmt: skip
def test_bootstrap_t_covers_at_64_problems(
    draw: Draw, truth: float, least: float, most: float
) -> None:
    rng = np.random.default_rng(0)
    found = intervals.bootstrap_t(draw(rng, (64, REPETITIONS)), rng)
    assert least <= covered((found.low, found.high), truth) <= most
    # An interval excludes 0 exactly where p is below 5 %.
    away = (found.low > 0) | (found.high < 0)
    np.testing.assert_array_equal(found.p < 0.05, away)


def test_the_control_of_this_test_is_narrower_where_values_are_skewed() -> None:
    """Student's t and the percentile bootstrap cover less of lognormal values."""
    rng = np.random.default_rng(1)
    values = rng.lognormal(size=(64, REPETITIONS))
    reach = scipy.stats.t.ppf(0.975, 63) * values.std(axis=0, ddof=1) / 8
    mean = values.mean(axis=0)
    student = covered((mean - reach, mean + reach), np.exp(0.5))
    plain = covered(intervals.percentile(values, rng), np.exp(0.5))
    found = intervals.bootstrap_t(values, rng)
    assert max(student, plain) < 0.915 < covered((found.low, found.high), np.exp(0.5))


def test_bootstrap_t_against_a_loop() -> None:
    rng = np.random.default_rng(2)
    values = rng.lognormal(size=(23, 2)) * [1e-9, 1e9] - [0, 3e9]
    found = intervals.bootstrap_t(values, np.random.default_rng(7), 400)
    drawn = np.random.default_rng(7).integers(23, size=(400, 23))
    for column in range(2):
        sample = values[:, column]
        mean, error = sample.mean(), sample.std(ddof=1) / np.sqrt(23)
        ratios = []
        for rows in drawn:
            again = sample[rows]
            ratios.append(abs(again.mean() - mean) / (again.std(ddof=1) / np.sqrt(23)))
        reach = sorted(ratios)[int(np.ceil(0.95 * 399))] * error
        assert found.value[column] == pytest.approx(mean)
        assert found.low[column] == pytest.approx(mean - reach, rel=1e-9)
        assert found.high[column] == pytest.approx(mean + reach, rel=1e-9)
        beyond = sum(ratio >= abs(mean) / error for ratio in ratios)
        assert found.p[column] == (1 + beyond) / 401


def test_equal_few_and_broken_values() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(64, 5))
    values[:, 1], values[:, 2] = 0.1, 0.0
    values[5, 3], values[7, 4] = np.nan, np.inf
    found = intervals.bootstrap_t(values, rng)
    assert found.low[0] < found.value[0] < found.high[0]
    assert (found.low[1], found.value[1], found.high[1]) == (0.1, 0.1, 0.1)
    assert (found.low[2], found.value[2], found.high[2]) == (0.0, 0.0, 0.0)
    assert (found.p[1], found.p[2]) == (1 / 1001, 1.0)
    assert np.isnan([found.low[3:], found.high[3:], found.p[3:]]).all()
    # One problem, and one that differs among many equal: resamples without spread, no interval.
    assert np.isnan(intervals.bootstrap_t(values[:1], rng).low).all()
    few = intervals.bootstrap_t(np.eye(64)[:, :1], rng)
    assert np.isnan(few.low[0])
    assert few.p[0] > 0.3  # more than a third of resamples lack that problem
    assert intervals.bootstrap_t(np.empty((0, 2)), rng).value.shape == (2,)


def test_a_thing_differs_from_itself_by_exactly_nothing() -> None:
    rng = np.random.default_rng(4)
    values = rng.lognormal(size=(100, 3))
    found = intervals.paired(values, values.copy(), rng)
    for end in (found.value, found.low, found.high):
        np.testing.assert_array_equal(end, 0.0)
    shifted = intervals.paired(values + rng.normal(0.1, 0.01, (100, 3)), values, rng)
    assert (shifted.low > 0.095).all()
    assert (shifted.high < 0.105).all()


def test_the_detectable_effect_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=(64, REPETITIONS))
    effect = float(np.median(intervals.detectable(values)))
    assert (intervals.bootstrap_t(values + effect, rng).p < 0.05).mean() == pytest.approx(
        0.8, abs=0.02
    )
    harder = float(np.median(intervals.detectable(values, tests=20)))
    found = intervals.bootstrap_t(values[:, :2000] + harder, rng, 4000)
    assert (found.p < 0.05 / 20).mean() == pytest.approx(0.8, abs=0.03)
    assert np.isnan(intervals.detectable(values[:1])).all()


def test_holm_by_a_loop() -> None:
    p = np.array([[0.01, np.nan, 0.04], [0.03, 0.005, 0.9]])
    there = sorted(v for v in p.ravel() if np.isfinite(v))
    worst, expected = 0.0, {}
    for rank, value in enumerate(there):
        worst = max(worst, min(1.0, value * (len(there) - rank)))
        expected[value] = worst
    for value, adjusted in zip(p.ravel(), intervals.holm(p).ravel(), strict=True):
        assert adjusted == pytest.approx(expected.get(value, 1.0))


def test_percentile_against_the_normal_interval() -> None:
    rng = np.random.default_rng(0)
    sample = rng.normal(size=(400, 2)) * [1, 5]
    sample[:, 1] += 7
    low, high = intervals.percentile(sample, rng, 9000)
    error = sample.std(axis=0) / 20
    np.testing.assert_allclose(low, sample.mean(0) - 1.96 * error, atol=0.2 * error.max())
    np.testing.assert_allclose(high, sample.mean(0) + 1.96 * error, atol=0.2 * error.max())
    means = intervals.resampled_means(np.array([[1.0], [2.0]]), rng, 6000)
    kinds, counts = np.unique(means, return_counts=True)
    np.testing.assert_allclose(kinds, [1, 1.5, 2])
    np.testing.assert_allclose(counts / 6000, [0.25, 0.5, 0.25], atol=0.03)
    assert np.isnan(intervals.percentile(sample[:1], rng, 10)[0]).all()
    sample[3, 0] = np.nan
    low, _ = intervals.percentile(sample, rng, 10)
    assert np.isnan(low[0])
    assert np.isfinite(low[1])


@pytest.mark.parametrize("count", [200, 1000])  # of slow predictors, in the sweeps and by default
def test_intervals_of_what_answers_share_with_a_predictor_cover(count: int) -> None:
    """Slope, cosine and R²: 2,000 repetitions, problems of unequal size."""
    rng = np.random.default_rng(count)
    shape = (count, 2000)
    size = rng.lognormal(0.0, 0.5, shape)
    products = np.zeros((3, *shape))
    for _ in range(4):  # entries
        truth = size * rng.normal(size=shape)
        answer = 0.3 * truth + 0.5 * size * rng.normal(size=shape)
        products += np.stack([answer * answer, truth * truth, answer * truth]) / 4
    found = beside(*products, np.full(count, 2.0), 1.0, rng)
    for ratio, value in ((found.slope, 0.3), (found.cosine, 0.3 / np.sqrt(0.34))):
        assert 0.925 <= covered((ratio.low, ratio.high), value) <= 0.97
    near, spread = (
        0.3 * size**2 * rng.gamma(3.0, 1 / 3, shape),
        size**2 * rng.gamma(9, 1 / 9, shape),
    )
    r2 = statistics.ratio(
        np.concatenate([near, spread], axis=1), lambda m: 1 - m[:, :2000] / m[:, 2000:], rng
    )
    assert 0.925 <= covered((r2.low, r2.high), 0.7) <= 0.97


def test_intervals_of_a_correlation_and_of_recovery_cover() -> None:
    """corr² on 200 problems, loss recovered on 64."""
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(2000):
        truth = rng.normal(size=(200, 3))
        answer = 0.5 * truth + rng.normal(size=(200, 3))
        found, _, _ = shared(answer, truth, rng)
        held += found.low[0] <= 0.25 / 1.25 <= found.high[0]
    assert 0.935 <= held / 2000 <= 0.97
    held = 0
    for _ in range(2000):
        original = rng.gamma(4.0, size=64)
        zero = original + rng.gamma(9.0, size=64)
        replaced = original + 0.2 * rng.gamma(2.0, size=64)  # recovers 1 − .4/9 on average
        _, low, high = loss_recovered(np.stack([original, replaced, zero], axis=1), 200, rng)
        held += low <= 1 - 0.4 / 9 <= high
    assert 0.92 <= held / 2000 <= 0.97


@pytest.mark.parametrize("count", [8, 32, 128])
def test_a_share_is_covered_whatever_it_is(count):
    """Exactly: the chances of all k whose interval holds the share, summed."""
    k = np.arange(count + 1)
    low, high = intervals.proportion(k, np.full(count + 1, count))
    for share in (0.001, 0.05, 0.3, 0.5, 0.8, 0.95, 0.999):
        chance = [
            math.comb(count, i) * share**i * (1 - share) ** (count - i) for i in range(count + 1)
        ]
        assert np.sum(chance, where=(low <= share) & (share <= high)) >= 0.95


@pytest.mark.parametrize("seldom", [0.0, 0.01, 0.1, 0.5])
def test_a_mean_share_is_covered_also_where_few_problems_have_any(seldom):
    """Shares that are 0 but for a few: resampling alone says [0, 0], or nothing at all."""
    rng, repetitions, count = np.random.default_rng(4), 300, 32
    drawn = rng.uniform(size=(repetitions, count)) * (
        rng.uniform(size=(repetitions, count)) < seldom
    )
    found = np.array([shares.mean_share(one, np.random.default_rng(5)) for one in drawn])
    assert covered((found[:, 1], found[:, 2]), seldom / 2) >= 0.92
    assert (found[:, 2] > found[:, 1]).all()
    plain = intervals.bootstrap_t(drawn.T, np.random.default_rng(5))
    if 0 < seldom < 0.1:  # the control
        assert covered((plain.low, plain.high), seldom / 2) < 0.5


def test_a_mean_share_that_no_problem_has_is_bounded_as_a_count_is():
    ends = scipy.stats.binomtest(0, 8).proportion_ci(method="exact")
    rng = np.random.default_rng(0)
    assert shares.mean_share(np.zeros(8), rng) == pytest.approx((0, ends.low, ends.high))
    assert shares.mean_share(np.ones(8), rng) == pytest.approx((1, 1 - ends.high, 1))
    assert np.isnan(shares.mean_share(np.zeros(0), rng)).all()


def test_all_problems_leave_room_for_one_that_was_not_seen():
    low, high = intervals.proportion(np.array([32.0, 0.0, 0.0]), np.array([32.0, 32.0, 0.0]))
    assert low[0] == pytest.approx(0.025 ** (1 / 32))
    assert (high[0], low[1]) == (1, 0)
    assert np.isnan(low[2])


@pytest.mark.parametrize("count", [6, 8, 32, 64, 500])
@pytest.mark.parametrize("draw", ["normal", "lognormal"])
def test_a_median_is_covered(count, draw):
    rng = np.random.default_rng(count)
    hits = 0
    for _ in range(2000):
        values = rng.normal(size=count)
        values = np.exp(values) if draw == "lognormal" else values
        _, low, high = intervals.median(values)
        hits += low <= (1.0 if draw == "lognormal" else 0.0) <= high
    assert hits / 2000 >= 0.94


def test_a_median_of_ties_and_of_few():
    assert intervals.median(np.ones(8)) == (1.0, 1.0, 1.0)
    assert intervals.median(np.arange(8.0)) == (3.5, 0.0, 7.0)
    middle, low, high = intervals.median(np.arange(5.0))
    assert middle == 2.0
    assert np.isnan([low, high]).all()
    assert np.isnan(intervals.median(np.zeros(0))).all()


def test_a_sign_test_counts_all_outcomes_that_are_as_rare():
    for n in (1, 5, 12):
        for k in range(n + 1):
            as_rare = sum(math.comb(n, i) for i in range(n + 1) if abs(i - n / 2) >= abs(k - n / 2))
            assert float(intervals.sign_test(k, n)) == pytest.approx(as_rare / 2**n)
    assert np.isnan(intervals.sign_test(0, 0))


@pytest.mark.parametrize("r", [0.0, 0.6, -0.9])
def test_a_rank_correlation_is_covered(r):
    count, draws, rng = 32, 2000, np.random.default_rng(4)
    x = rng.standard_normal((draws, count))
    y = r * x + np.sqrt(1 - r**2) * rng.standard_normal((draws, count))
    ranks = [np.argsort(np.argsort(v, -1), -1) - (count - 1) / 2 for v in (x, y)]
    rho = (ranks[0] * ranks[1]).sum(-1) / (ranks[0] ** 2).sum(-1)
    truth = 6 / np.pi * np.arcsin(r / 2)  # of normal values
    ends = np.array([intervals.rank_correlation_ends(float(v), count) for v in rho])
    inside = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    assert 0.93 < inside.mean() < 0.975


def test_a_rank_correlation_of_few_or_of_one_order():
    assert np.isnan(intervals.rank_correlation_ends(0.3, 4)).all()
    assert np.isnan(intervals.rank_correlation_ends(float("nan"), 20)).all()
    assert intervals.rank_correlation_ends(1.0, 20) == (1.0, 1.0)
