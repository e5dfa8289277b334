"""Rules of failure, scores, calibration and effects against known numbers and slow twins."""

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics

from ired_interp_core.errors import Refusal
from ired_interp_core.failure import calibration, effects, hotspots, resampling, rules, scores
from ired_interp_core.failure.names import KINDS
from ired_interp_core.probing import folds


def split(failed, k=5):
    """Folds that hold each kind equally."""
    fold = np.empty(len(failed), dtype=int)
    for kind in (True, False):
        rows = np.flatnonzero(failed == kind)
        fold[rows] = np.arange(len(rows)) % k
    return fold


# ------------------------------------------------------------------------------ rules


@pytest.mark.parametrize(("count", "failures"), [(128, 16), (256, 32), (4096, 512), (8, 1), (1, 0)])
def test_the_worst_eighth_is_an_eighth(count, failures):
    value = np.random.default_rng(0).permutation(count).astype(float)
    found = rules.worst(value, 1 / 8)
    assert found.failed.sum() == failures
    assert value[found.failed].min(initial=np.inf) > found.threshold >= 0


def test_equal_errors_fail_together_or_not_at_all_and_what_diverged_fails():
    assert not rules.worst(np.ones(64), 1 / 8).failed.any()
    value = np.r_[np.ones(40), [np.nan, np.inf]]
    assert np.flatnonzero(rules.worst(value, 1 / 8).failed).tolist() == [40, 41]
    assert rules.above(np.array([0.5, 1.0, 1.5, np.nan]), 1.0).failed.tolist() == [0, 0, 1, 1]


def test_rules_read_what_they_say_and_refuse_tasks_on_which_they_mean_nothing():
    measured = {
        "mse": np.array([1.0, 4.0]), "baseline_mse": np.array([2.0, 2.0]),
        "residual": np.array([0.1, 0.2]), "energy_answer": np.array([3.0, 1.0]),
        "energy_truth": np.array([2.0, 2.0]),
    }  # fmt: skip
    for rule in ("baseline", "prefers_wrong"):
        assert rules.outcome(rule, measured, 0.5, "inverse", True).failed.tolist() == [False, True]
    assert rules.outcome("residual", measured, 0.9, "inverse", True).threshold == 0.1
    with pytest.raises(Refusal, match="does not fix y"):
        rules.outcome("prefers_wrong", measured, 0.5, "completion", False)
    with pytest.raises(Refusal, match="inverse alone"):
        rules.outcome("residual", measured, 0.5, "addition", True)


def test_kinds_of_error_are_those_of_the_formulas():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(5, 4, 4))
    truth = truth + truth.swapaxes(1, 2)
    odd = rng.normal(size=(4, 4))
    even = odd + odd.T
    even -= truth[3] * (even * truth[3]).sum() / (truth[3] ** 2).sum()
    answer = truth.copy()
    answer[0] *= 0.5
    answer[1] += odd - odd.T
    answer[2, 0, 0], answer[2, 1, 1] = 9.0, -9.0  # two of sixteen on the box, error symmetric
    truth[2, 0, 0], truth[2, 1, 1] = 8.0, -10.0
    answer[3] += 0.3 * even
    answer[4] = np.nan
    found = [KINDS[k] for k in rules.kinds(answer, truth, 9.0)]
    assert found == ["scale", "asymmetric", "clipped", "structure", "structure"]
    # The twin: a factor by least squares, the antisymmetric part by its definition.
    for a, y, kind in zip(answer[:4], truth[:4], found, strict=False):
        e = a - y
        c = np.linalg.lstsq(a.reshape(-1, 1), y.ravel(), rcond=None)[0][0]
        assert (np.sum((c * a - y) ** 2) < 0.5 * np.sum(e**2)) == (kind == "scale")
        assert (np.sum(((e - e.T) / 2) ** 2) > 0.5 * np.sum(e**2)) == (kind == "asymmetric")


# ------------------------------------------------------------------------------ AUROC


def test_delong_of_a_worked_example():
    failed = np.array([True] * 4 + [False] * 5)
    one = np.array([0.8, 0.6, 0.6, 0.9, 0.1, 0.6, 0.4, 0.3, 0.7])
    two = np.array([0.5, 0.7, 0.2, 0.9, 0.2, 0.4, 0.4, 0.1, 0.6])
    found = scores.delong(failed, np.stack([one, two, one], axis=1))
    assert found.auroc == pytest.approx([0.850, 0.775, 0.850])
    assert found.error(np.array([1.0, 0, 0])) == pytest.approx(0.1323, abs=5e-5)
    assert found.error(np.array([1.0, -1, 0])) == pytest.approx(0.1575, abs=5e-5)
    assert found.error(np.array([1.0, 0, -1])) == 0.0
    assert found.auroc[0] - found.auroc[1] == pytest.approx(0.075)
    turned = scores.delong(failed, np.stack([two, one], axis=1))
    assert turned.auroc[0] - turned.auroc[1] == pytest.approx(-0.075)


def test_auroc_against_pairs_one_by_one():
    rng = np.random.default_rng(2)
    failed, score = rng.random(60) < 0.3, rng.integers(0, 8, 60) / 8
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0 for a in score[failed] for b in score[~failed]
    ]
    assert scores.auroc(failed, score) == pytest.approx(np.mean(pairs))
    assert scores.auroc(failed, score) == pytest.approx(
        sklearn.metrics.roc_auc_score(failed, score)
    )


def test_a_constant_prediction_knows_nothing_though_its_folds_differ():
    failed = np.arange(128) < 16
    fold = folds.folds(np.arange(128), 0, 5, failed)
    rate = np.array([failed[fold != f].mean() for f in range(5)])[fold]
    assert scores.fold_auroc(failed, rate, fold) == 0.5
    assert scores.auroc(failed, rate) == pytest.approx(0.470, abs=5e-4)  # thrown together


@pytest.mark.parametrize("failures", [0, 1, 3])
def test_fewer_failures_than_folds_have_no_auroc(failures):
    failed = np.arange(64) < failures
    fold = split(failed)
    assert not scores.enough(failed, fold)
    assert np.isnan(scores.fold_auroc(failed, np.arange(64.0), fold))
    weights = resampling.draws(failed, fold, np.arange(64), np.random.default_rng(0), 10)
    assert np.isnan(resampling.resampled_auroc(failed, np.arange(64.0), fold, weights)).all()


def test_resampled_auroc_is_the_weighted_one_pair_by_pair():
    rng = np.random.default_rng(3)
    failed, score = rng.random(50) < 0.4, rng.integers(0, 9, 50) / 9
    fold, weights = split(failed, 2), rng.random((4, 50))
    found = resampling.resampled_auroc(failed, score, fold, weights)
    for w, value in zip(weights, found, strict=True):
        parts = []
        for f in range(2):
            won, all_pairs = 0.0, 0.0
            for i in np.flatnonzero(failed & (fold == f)):
                for j in np.flatnonzero(~failed & (fold == f)):
                    pair = w[i] * w[j]
                    won += pair * (
                        1.0 if score[i] > score[j] else 0.5 if score[i] == score[j] else 0
                    )
                    all_pairs += pair
            parts.append(won / all_pairs)
        assert value == pytest.approx(np.mean(parts))


def test_the_bootstrap_agrees_with_delong_within_folds():
    rng = np.random.default_rng(4)
    failed = np.arange(1000) < 125
    score = rng.normal(size=1000) + failed
    fold = split(failed)
    weights = resampling.draws(failed, fold, np.arange(1000), rng, 2000)
    found = resampling.resampled_auroc(failed, score, fold, weights)
    found = found.mean() + (found - found.mean()) / 1.5  # for five models that share their rows
    each = [scores.delong(failed[fold == f], score[fold == f, None]) for f in range(5)]
    known = np.sqrt(sum(e.covariance[0, 0] for e in each)) / 5
    assert found.std() == pytest.approx(known, rel=0.06)
    assert found.mean() == pytest.approx(scores.fold_auroc(failed, score, fold), abs=0.005)
    # And over all problems at once it is nearly the same number.
    assert known == pytest.approx(scores.delong(failed, score[:, None]).error(np.ones(1)), rel=0.1)


@pytest.mark.parametrize("failures", [16, 125])
def test_intervals_of_noise_hold_a_half(failures):
    rng, held, count = np.random.default_rng(5), 0, 8 * failures
    failed, fold = np.arange(count) < failures, np.zeros(count, dtype=int)
    for _ in range(400):
        weights = resampling.draws(failed, fold, np.arange(count), rng, 400)
        score = rng.normal(size=count)
        found = resampling.resampled_auroc(failed, score, fold, weights)
        low, high, _ = resampling.interval(scores.fold_auroc(failed, score, fold), found, True)
        held += low <= 0.5 <= high
    assert 0.92 <= held / 400 <= 0.98  # of scores that no model gave; of models: test_…_models


def test_copies_are_drawn_together():
    failed = np.r_[np.arange(40) < 10, np.arange(40) < 10]
    words, fold = np.tile(np.arange(40), 2), np.tile(split(np.arange(40) < 10), 2)
    weights = resampling.draws(failed, fold, words, np.random.default_rng(6), 50)
    np.testing.assert_array_equal(weights[:, :40], weights[:, 40:])
    assert weights.std(axis=0).min() > 0.5


def test_perfect_separation_is_one_exactly_and_its_interval_too():
    failed = np.arange(100) < 20
    fold, score = split(failed), failed + 0.0
    weights = resampling.draws(failed, fold, np.arange(100), np.random.default_rng(7), 200)
    found = resampling.resampled_auroc(failed, score, fold, weights)
    value = scores.fold_auroc(failed, score, fold)
    assert value == 1.0
    assert resampling.interval(value, found, True)[:2] == pytest.approx((1.0, 1.0), abs=1e-12)
    assert resampling.interval(value, found, True)[1] <= 1.0
    assert resampling.interval(np.nan, found) == pytest.approx((np.nan,) * 3, nan_ok=True)


def test_the_null_deviation_is_that_of_shuffled_labels():
    rng = np.random.default_rng(8)
    failed = np.arange(200) < 25
    drawn = [scores.auroc(failed, rng.normal(size=200)) for _ in range(2000)]
    assert scores.null_deviation(25, 175) == pytest.approx(np.std(drawn), rel=0.05)
    assert scores.null_deviation(512, 3584) == pytest.approx(0.0136, abs=1e-4)
    assert np.isnan(scores.null_deviation(0, 10))


def test_decisions_are_counted_as_scikit_learn_counts_them():
    rng = np.random.default_rng(9)
    failed, predicted = rng.random(200) < 0.2, rng.random(200) < 0.3
    found = scores.confusion(failed, predicted)
    metrics = sklearn.metrics
    assert found.recall == pytest.approx(metrics.recall_score(failed, predicted))
    assert found.precision == pytest.approx(metrics.precision_score(failed, predicted))
    balanced = metrics.balanced_accuracy_score(failed, predicted)
    assert found.balanced_accuracy == pytest.approx(balanced)
    again = scores.confusion(failed, predicted, np.ones((3, 200)))
    assert again.false_alarms == pytest.approx([found.false_alarms] * 3)
    nothing = scores.confusion(failed, np.zeros(200, bool))
    assert np.isnan(nothing.precision)
    assert nothing.balanced_accuracy == 0.5


# ------------------------------------------------------------------------------ calibration


def test_the_parts_of_the_brier_score_add_up_and_the_fit_is_scikit_learns():
    from sklearn.isotonic import IsotonicRegression

    rng = np.random.default_rng(10)
    p = rng.integers(1, 20, 300) / 20
    failed = rng.random(300) < p**2
    found = calibration.calibration(failed, p, rng, 20)
    total = found.miscalibration * -1 + found.discrimination - found.uncertainty
    assert found.brier == pytest.approx(-total)
    assert found.brier == pytest.approx(scores.brier(failed, p))
    fitted = IsotonicRegression().fit(p, failed).predict(p)
    assert found.miscalibration == pytest.approx(found.brier - np.mean((fitted - failed) ** 2))
    np.testing.assert_allclose(
        found.observed, IsotonicRegression().fit(p, failed).predict(found.at), atol=1e-12
    )
    assert found.count.sum() > 0
    assert found.miscalibration > found.limit  # p² for p is seen


@pytest.mark.parametrize(
    ("count", "expected", "limit"), [(128, 0.012, 0.019), (1000, 0.0033, 0.0055)]
)
def test_calibrated_forecasts_seem_miscalibrated_by_as_much_as_is_said(count, expected, limit):
    rng = np.random.default_rng(11)
    found, said, said_limit = [], [], []
    for _ in range(60):
        p = 1 / (1 + np.exp(2.25 - rng.normal(size=count)))
        one = calibration.calibration(rng.random(count) < p, p, rng, 60)
        found.append(one.miscalibration)
        said.append(one.expected)
        said_limit.append(one.limit)
    assert np.mean(found) == pytest.approx(expected, rel=0.12)
    assert np.mean(said) == pytest.approx(expected, rel=0.12)
    assert np.mean(said_limit) == pytest.approx(limit, rel=0.2)
    assert np.mean(np.array(found) <= said_limit) > 0.85


# ------------------------------------------------------------------------------ effects


def test_cohens_d_is_that_of_the_closed_form():
    rng = np.random.default_rng(12)
    values, failed = rng.normal(3, 2, size=(80, 3)), np.arange(80) < 15
    values[:, 1] += failed
    values[:, 2] = 7.0
    found = effects.cohens_d(values, failed[None] + 0.0)[0]
    for column in range(2):
        a, b = values[failed, column], values[~failed, column]
        pooled = np.sqrt((14 * a.var(ddof=1) + 64 * b.var(ddof=1)) / 78)
        assert found[column] == pytest.approx((a.mean() - b.mean()) / pooled)
        p = scipy.stats.ttest_ind(a, b).pvalue
        assert effects.p_of(found[column], 15, 65) == pytest.approx(p)
    assert np.isnan(found[2])
    labels = effects.permuted(failed, rng, 5)
    every = effects.cohens_d(values, labels)
    for row, label in zip(every, labels, strict=True):
        np.testing.assert_allclose(row, effects.cohens_d(values, label[None])[0])


def test_holm_says_how_many_were_tested():
    adjusted, tested = effects.holm_of_live(np.array([0.01, np.nan, 0.04]))
    np.testing.assert_allclose(adjusted, [0.02, np.nan, 0.04])
    assert tested == 2


def test_the_null_of_the_largest_d_is_that_of_maxima_of_t():
    rng = np.random.default_rng(13)
    failed = np.arange(400) < 50
    values = rng.normal(size=(400, 100))
    labels = effects.permuted(failed, rng, 400)
    weights = resampling.draws(failed, np.zeros(400, int), np.arange(400), rng, 300)
    found = effects.effects(values, failed, weights, labels)
    # The largest of 100 independent |t| is below q with probability (2F(q) − 1)^100.
    q = scipy.stats.t.ppf((1 + 0.95 ** (1 / 100)) / 2, 398)
    assert found.null == pytest.approx(q * np.sqrt(400 / (50 * 350)), rel=0.06)
    held = (found.low <= 0) & (found.high >= 0)
    assert held.mean() > 0.88
    reach = 1.96 * np.sqrt(400 / (50 * 350))
    assert (found.high - found.low).mean() == pytest.approx(2 * reach, rel=0.1)


def test_noise_beyond_its_null_is_as_rare_as_said():
    rng, beyond = np.random.default_rng(14), 0
    failed = np.arange(128) < 16
    for _ in range(100):
        values, labels = rng.normal(size=(128, 40)), effects.permuted(failed, rng, 100)
        d = np.abs(effects.cohens_d(values, labels))
        beyond += d[0].max() > np.quantile(d[1:].max(axis=1), 0.95)
    assert beyond <= 11


def test_a_feature_that_never_varies_is_neither_strong_nor_tested():
    values = np.stack([np.arange(40.0), np.full(40, 3.0)], axis=1)
    failed, rng = np.arange(40) < 20, np.random.default_rng(15)
    weights = resampling.draws(failed, np.zeros(40, int), np.arange(40), rng, 50)
    found = effects.effects(values, failed, weights, effects.permuted(failed, rng, 20))
    assert found.tested == 1
    assert np.isnan([found.d[1], found.low[1], found.high[1], found.p[1]]).all()
    assert np.isfinite([found.d[0], found.low[0], found.p[0], found.null]).all()


# ------------------------------------------------------------------------------ hot spots


def test_the_strongest_of_all_cells_are_those_of_one_table():
    rng = np.random.default_rng(16)
    d = rng.normal(size=(6, 4, 30))
    d[:, 2, 5] = np.nan
    kept = hotspots.Strongest(6, 10)
    for cell in (2, 0, 3, 1):
        kept.add(cell, d[:, cell])
    counts = kept.counts(4)
    for row in range(6):
        size = np.nan_to_num(np.abs(d[row]), nan=-1.0)
        order = np.argsort(-size.ravel())[:10]
        assert list(zip(kept.cell[row], kept.feature[row], strict=True)) == [
            divmod(int(i), 30) for i in order
        ]
        np.testing.assert_array_equal(counts[row], np.bincount(order // 30, minlength=4))
    assert kept.largest == pytest.approx(np.nanmax(np.abs(d), axis=(1, 2)))


def test_counts_are_held_against_live_features_and_a_permutation_band():
    kept = hotspots.Strongest(3, 4)
    kept.add(0, np.array([[3.0, 2.0, np.nan], [0.1, 0.2, np.nan], [1.0, 1.0, np.nan]]))
    kept.add(1, np.array([[0.5, 2.5], [2.0, 3.0], [0.5, 0.4]]))
    found = hotspots.spots(kept.counts(2), np.array([2.0, 2.0]), np.eye(2, dtype=bool))
    assert found.count.tolist() == [2.0, 2.0]
    assert found.expected.tolist() == [2.0, 2.0]
    assert (found.low <= found.high).all()
    few = hotspots.Strongest(1, 4)
    few.add(0, np.array([[np.nan, 1.0]]))
    assert few.counts(1)[0].tolist() == [1.0]
    assert few.feature[0].tolist() == [1, -1, -1, -1]
