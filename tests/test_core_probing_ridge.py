"""Ridge against scikit-learn and against fitting again without each problem."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Known

from ired_interp_core.probing import ridge
from ired_interp_core.probing.folds import folds
from ired_interp_core.probing.ridge import PENALTIES, fit, out_of_fold, r2, squares

SHAPES = [(60, 12), (40, 90)]


def data(rows: int, inputs: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs of several sizes, three targets (linear, noisy, noise), a word for every row."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, inputs)) * rng.uniform(0.1, 10, inputs) + rng.normal(size=inputs)
    z = x / x.std(0)
    w = rng.normal(size=inputs)
    y = np.stack([z @ w, z @ w + 4 * rng.normal(size=rows), rng.normal(size=rows)], axis=1)
    return x, 3 * y + 1, rng.permutation(rows).astype(np.int64)


def twin(x: np.ndarray, y: np.ndarray, penalty: float, scale: np.ndarray | None = None) -> Known:
    """scikit-learn on rows divided by a scale, their own when left out."""
    return Known(alpha=penalty * len(x), solver="svd", tol=0).fit(x / scale, y)


@pytest.mark.parametrize("shape", SHAPES)
def test_coefficients_and_predictions_are_those_of_scikit_learn(shape):
    x, y, words = data(*shape)
    for penalty in (1e-3, 1.0):
        probe = fit(x, y, words, np.array([penalty]))
        known = twin(x, y, penalty, x.std(axis=0))
        np.testing.assert_allclose(probe.weights, known.coef_.T, rtol=0, atol=1e-8)
        new = data(*shape, seed=1)[0]
        np.testing.assert_allclose(
            probe.predict(new), known.predict(new / x.std(axis=0)), rtol=0, atol=1e-8
        )
        np.testing.assert_allclose(new @ probe.readout, new / x.std(axis=0) @ known.coef_.T)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("copies", [1, 3])
def test_penalty_and_errors_are_those_of_fitting_again_without_each_problem(shape, copies):
    x, y, words = data(*shape)
    if copies > 1:  # problems with one, two and three rows
        words = words // 3 + (words % 7 == 0) * 1000
    scale = x.std(axis=0)
    errors = np.zeros((len(PENALTIES), 3))
    mean = np.zeros(3)
    for word in np.unique(words):
        out = words == word
        for i, penalty in enumerate(PENALTIES):
            known = Known(alpha=penalty * len(x), solver="svd", tol=0)
            known.fit(x[~out] / scale, y[~out])
            errors[i] += np.square(y[out] - known.predict(x[out] / scale)).sum(0) / len(x)
        mean += np.square(y[out] - y[~out].mean(0)).sum(0) / len(x)
    probe = fit(x, y, words)
    np.testing.assert_array_equal(probe.penalty, PENALTIES[errors.argmin(0)])
    np.testing.assert_allclose(probe.residual, errors.min(0), rtol=1e-6)
    np.testing.assert_allclose(probe.validation, 1 - errors.min(0) / mean, rtol=1e-6, atol=1e-9)
    known = [twin(x, y[:, i], p, scale) for i, p in enumerate(probe.penalty)]
    scores = [k.score(x / scale, y[:, i]) for i, k in enumerate(known)]
    np.testing.assert_allclose(probe.train, scores, rtol=1e-6)


def test_what_is_fitted_does_not_know_a_test_row():
    x, y, words = data(60, 12)
    fold = folds(words, 0)
    held = fold == 2
    changed = x.copy()
    changed[np.flatnonzero(held)[3]] *= 10
    before, after = (fit(a[~held], y[~held], words[~held]) for a in (x, changed))
    for name in ("centre", "scale", "weights", "means", "penalty", "validation", "train"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
    one, other = (out_of_fold(a, y, words, fold)[0].predicted for a in (x, changed))
    moved = np.flatnonzero((one != other)[held].any(axis=1))
    np.testing.assert_array_equal(moved, [3])


def test_copies_of_problems_change_no_score():
    x, y, words = data(60, 30)
    twice = np.concatenate([np.arange(60), np.arange(60)])
    scores = []
    for rows in (np.arange(60), twice):
        found, _ = out_of_fold(x[rows], y[rows], words[rows], folds(words[rows], 3))
        scores.append(r2(*squares(y[rows], found)))
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-9)
    assert scores[0][0] > 0.9
    assert abs(scores[0][2]) < 0.2
    # Noise is learned by heart if a copy is on the other side.
    x, y, _ = data(60, 300)
    leaked, _ = out_of_fold(x[twice], y[twice], np.arange(120), folds(np.arange(120), 3))
    assert r2(*squares(y[twice], leaked))[2] > 0.5


def test_a_constant_input_says_nothing_and_a_mean_scores_zero():
    x, y, words = data(50, 4)
    x[:, 2] = 1e6 + 1e-3 * x[:, 2]  # the rounding of a constant
    probe = fit(x, y, words)
    assert not probe.readout[2].any()
    x[:] = x[:1]
    found, _ = out_of_fold(x, y, words, folds(words, 0))
    np.testing.assert_array_equal(r2(*squares(y, found)), 0.0)


def test_noise_scores_about_zero_and_a_linear_target_one():
    x, y, words = data(300, 20, seed=4)
    found, twins = out_of_fold(x, y, words, folds(words, 1), twin=x)
    score = r2(*squares(y, found))
    assert score[0] > 0.9999
    assert -0.05 < score[2] < 0.05
    assert found.validation[0] > 0.9999
    assert found.train[2] >= found.validation[2]
    np.testing.assert_array_equal(twins, found.predicted)


def test_learning_curves_train_on_some_and_test_on_all():
    x, y, words = data(200, 12, seed=5)
    fold = folds(words, 1)
    some = words < 60
    found, _ = out_of_fold(x, y, words, fold, trained=some)
    for held in range(5):
        rows = (fold != held) & some
        probe = fit(x[rows], y[rows], words[rows])
        np.testing.assert_array_equal(found.predicted[fold == held], probe.predict(x[fold == held]))


def test_of_many_inputs_those_that_vary_most_on_training_rows_are_read(monkeypatch):
    monkeypatch.setattr(ridge, "MOST", 5)
    x, y, words = data(60, 12)
    probe = fit(x, y, words)
    kept = np.flatnonzero(probe.readout.any(axis=1))
    np.testing.assert_array_equal(kept, np.sort(np.argsort(-x.std(0))[:5]))
    some = fit(x[:, kept], y, words)
    np.testing.assert_allclose(probe.predict(x), some.predict(x[:, kept]))


def test_a_fit_without_any_input_that_varies_is_the_mean():
    y = np.arange(12.0).reshape(6, 2)
    probe = fit(np.ones((6, 3)), y, np.arange(6))
    np.testing.assert_allclose(probe.predict(np.zeros((1, 3))), [[5.0, 6.0]])
    np.testing.assert_allclose(probe.validation, 0, atol=1e-12)
