"""Probes beside their controls, of one level: intervals, single features, and classes."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ired_interp_core.probing.cells import KINDS, Design, fitted
from ired_interp_core.probing.classes import classes_beside, classified, fitting
from ired_interp_core.probing.codelength import class_bits
from ired_interp_core.probing.compared import compared
from ired_interp_core.probing.folds import folds
from ired_interp_core.probing.paired import difference
from ired_interp_core.probing.single import single_features
from ired_interp_core.records import seeded


def design(values: np.ndarray, seed: int = 0) -> Design:
    count = len(values)
    code = np.random.default_rng(seed).integers(32, size=count)
    return Design(np.arange(count), values, code, 1, 5, seed)


def test_a_perfect_score_is_one_with_an_interval_of_no_width():
    rng = np.random.default_rng(0)
    plan = design(rng.normal(size=(60, 1)))
    x = rng.normal(size=(60, 3))
    known = fitted(plan, x, None)
    perfect = type(known)(**{**vars(known), "miss": np.zeros_like(known.miss)})
    fits = {("x", "trained"): known, ("xy", "trained"): known, ("h1", "trained"): perfect}
    held = compared(plan, fits, ("x", "xy", "h1"), "", seeded(0), 100)
    np.testing.assert_array_equal(held.score[:, 2, 0], 1.0)
    assert (held.gain[:, 2] <= 1 - held.control[0, 2, 2]).any()
    assert np.isfinite(held.score).all()


def test_intervals_are_those_of_resampled_problems_one_by_one():
    rng = np.random.default_rng(3)
    z = rng.normal(size=50)
    plan = design(np.stack([z, rng.normal(size=50)], axis=1))
    inputs = {"x": rng.normal(size=(50, 2)), "h1": z[:, None] + rng.normal(size=(50, 1))}
    fits = {(n, "trained"): fitted(plan, x, None) for n, x in inputs.items()}
    fits["xy", "trained"] = fits["x", "trained"]
    held = compared(plan, fits, ("x", "xy", "h1"), "", seeded(1), 300)
    rng, scores, gains = seeded(1), [], []
    own, control = fits["h1", "trained"], fits["x", "trained"]
    for _ in range(300):
        rows = rng.integers(50, size=50)
        r2 = 1 - own.miss[rows].sum(0) / own.spread[rows].sum(0)
        rival = 1 - control.miss[rows].sum(0) / own.spread[rows].sum(0)
        scores.append(r2[0])
        gains.append(r2[0] - max(r2[KINDS.index("shuffled") * 2], rival[0]))
    np.testing.assert_allclose(held.score[1:, 2, 0], np.quantile(scores, [0.025, 0.975]), 1e-9)
    np.testing.assert_allclose(held.gain[1:, 2, 0], np.quantile(gains, [0.025, 0.975]), 1e-9)


def test_single_features_score_as_a_line_through_each():
    rng = np.random.default_rng(0)
    z = rng.normal(size=300)
    codes = np.maximum(rng.normal(size=(300, 4)), 0)
    codes[:, 1] = np.maximum(z, 0)
    codes[:, 3] = 0
    plan = design(z[:, None])
    gain, low = single_features(plan, codes.astype("f4"))
    for feature in range(3):
        miss = 0.0
        for held in range(5):
            test, rows = plan.fold[0] == held, plan.fold[0] != held
            line = np.polyfit(codes[rows, feature], z[rows], 1)
            miss += np.square(z[test] - np.polyval(line, codes[test, feature])).sum()
        mean = np.array([z[plan.fold[0] != k].mean() for k in range(5)])[plan.fold[0]]
        own = 1 - miss / np.square(z - mean).sum()
        assert gain[0, feature] == pytest.approx(own, abs=0.05)  # less that of a shuffle, about 0
    assert low[0, 1] > 0.5
    assert low[0, 0] < 0 < gain[0, 1]
    assert gain[0, 3] == low[0, 3] == 0


def test_class_probes_stand_beside_their_controls():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(160, 2))
    plan = design(z)
    inputs = {"x": rng.normal(size=(160, 3)), "h1": z[:, :1] + 0.3 * rng.normal(size=(160, 1))}
    found = {(n, "trained"): classified(plan, x, False, lambda: None) for n, x in inputs.items()}
    found["xy", "trained"] = found["x", "trained"]
    found["h1", "untrained"] = classified(plan, inputs["x"], True, lambda: None)
    numbers = classes_beside(plan, found, ("x", "xy", "h1"), "", seeded(0), 200)
    read, noise = ({n: v[2, t] for n, v in numbers.items()} for t in (0, 1))
    assert read["class_low"] > 0.9
    assert read["class_low"] < read["class_auroc"] < read["class_high"] <= 1
    assert read["class_balanced"] > 0.85
    assert read["class_bits"] < 0.7 * read["class_bits_constant"]
    assert noise["class_low"] < 0.5 < noise["class_high"]
    assert noise["class_bits"] > noise["class_bits_constant"] - 3
    label, fold = z[:, 0] > np.median(z[:, 0]), plan.fold[0]
    known = [
        roc_auc_score(label[fold == k], found["h1", "trained"].probability[0][fold == k])
        for k in range(5)
    ]
    assert read["class_auroc"] == pytest.approx(np.mean(known))
    beside = [numbers["class_auroc"][0, 0], found["h1", "trained"].shuffled[0]]
    assert read["class_control"] == max(beside)


def test_noise_is_not_compressed_by_logistic_probes():
    rng = np.random.default_rng(1)
    label = np.zeros(128, dtype=bool)
    label[rng.permutation(128)[:16]] = True
    x, words = rng.normal(size=(128, 30)), np.arange(128)
    bits = class_bits(x, label, words, fitting(folds(words, 0)))
    assert bits.constant[0] == pytest.approx(73.4, abs=0.05)
    assert bits.probe[0] > bits.constant[0] - 3


def test_the_difference_of_two_probes_is_paired_and_that_of_their_scores():
    rng = np.random.default_rng(3)
    y, fold = rng.normal(size=300), np.arange(300) % 5
    shared = rng.normal(size=300)
    one, other = y + shared + 0.1 * rng.normal(size=300), y + shared
    mean = np.array([y[fold != f].mean() for f in fold])
    score = [1 - sum((a - b) ** 2 for a, b in zip(y, p, strict=True)) / sum((y - mean) ** 2)
             for p in (one, other)]  # fmt: skip
    value, low, high = difference(y, one, other, fold, 0)
    assert value == pytest.approx(score[0] - score[1], abs=1e-12)
    assert low < value < high
    # Of two predictions whose errors are alike the difference is known far better than either.
    assert high - low < 0.1
    assert difference(y, one, one, fold, 0) == (0.0, 0.0, 0.0)
    assert difference(y, one, other, fold, 0) == (value, low, high)
