"""Predictions of failure: nothing of a test row is in its model, and noise predicts nothing."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from ired_interp_core.failure import models, nested, resampling, scores
from ired_interp_core.probing import folds


def setting(count=200, failures=40, seed=0, **more):
    """Problems with folds that hold each kind equally."""
    failed = np.zeros(count, dtype=bool)
    failed[np.random.default_rng(seed).permutation(count)[:failures]] = True
    return nested.Setting(failed, folds.folds(np.arange(count), seed, 5, failed), **more)


def noise(count, columns, seed=0):
    return np.random.default_rng(seed).normal(size=(count, columns))


# ------------------------------------------------------------------------------ models


def test_standardised_columns_are_those_of_training_rows():
    values = noise(50, 4) * [1, 10, 100, 0] + [0, 5, 9, 3]
    ready = models.reduced(values, 64)
    assert ready.columns.tolist() == [0, 1, 2]
    known = (values[:, :3] - values[:, :3].mean(0)) / values[:, :3].std(0)
    np.testing.assert_allclose(ready.of(values), known)


@pytest.mark.parametrize(("rows", "columns"), [(40, 90), (120, 90), (500, 320), (310, 400)])
def test_components_are_those_of_a_singular_value_decomposition(rows, columns):
    values = noise(rows, columns) * np.linspace(1, 3, columns) + noise(rows, 1, 1) * 4
    ready = models.reduced(values, 6)
    z = (values - values.mean(0)) / values.std(0)
    u, s, _ = np.linalg.svd(z, full_matrices=False)
    found = ready.of(values)
    np.testing.assert_allclose(np.abs(found), np.abs(u[:, :6] * s[:6]), atol=1e-8)
    np.testing.assert_allclose(ready.axes.T @ ready.axes, np.eye(6), atol=1e-10)


def test_numbers_that_are_none_count_as_the_mean():
    values = noise(60, 3)
    values[5, 1] = np.inf
    ready = models.reduced(values, 64)
    assert ready.of(values)[5, 1] == 0.0
    rest = np.delete(values[:, 1], 5)
    assert ready.centre[1] == pytest.approx(rest.mean())


def test_the_logistic_fit_is_scikit_learns_and_minimises_its_loss():
    given, z = setting(150, 40), noise(150, 5)
    z[:, 0] += given.failed
    found = models.logistic(z, given.failed, 0.1)
    known = LogisticRegression(C=1 / 15, solver="lbfgs", tol=1e-10, max_iter=5000)
    known.fit(z, given.failed)
    np.testing.assert_allclose(found.weights, known.coef_[0], atol=1e-5)

    def loss(w, b):
        p = 1 / (1 + np.exp(-(z @ w + b)))
        return models.log_loss(given.failed, p) + 0.05 * w @ w

    best = loss(found.weights, found.bias)
    for step in np.eye(5) * 1e-3:
        assert (
            loss(found.weights + step, found.bias) > best < loss(found.weights - step, found.bias)
        )
    assert found.probability(z).mean() == pytest.approx(given.failed.mean(), abs=1e-6)


def test_without_columns_or_failures_the_rate_is_predicted():
    failed = np.arange(20) < 5
    assert models.logistic(np.zeros((20, 0)), failed, 1.0).probability(np.zeros((3, 0))) == (
        pytest.approx([0.25] * 3)
    )
    none = models.logistic(np.ones((20, 1)), np.zeros(20, bool), 1.0)
    assert none.probability(np.ones((1, 1))) == pytest.approx([1 / 22])
    assert models.boosted(np.zeros((20, 0)), failed, np.zeros((2, 0)), 5) == pytest.approx(
        [0.25] * 2
    )


# ------------------------------------------------------------------------------ folds


def test_a_constant_feature_has_no_auroc_but_a_half():
    given = setting(128, 16)
    found = nested.nested(np.full((128, 1), 3.0), given)
    assert scores.fold_auroc(given.failed, found.probability, given.fold) == 0.5
    assert abs(found.probability.mean() - 0.125) < 0.02
    assert not nested.decided(found, given, 0.0)[1].any()


@pytest.mark.parametrize("best", [0, 10])
@pytest.mark.parametrize("columns", [40, 300])
def test_nothing_of_a_test_row_is_in_its_model(columns, best):
    given = setting(components=8)
    values = noise(200, columns)
    values[:, 0] += given.failed
    row = 17
    changed = values.copy()
    changed[row] *= 10
    training = given.training(given.fold[row])
    one, other = (
        models.reduced(v[training], 8, given.failed[training], best) for v in (values, changed)
    )
    for name in ("columns", "centre", "scale", "axes"):
        first, second = getattr(one, name), getattr(other, name)
        assert (first is None and second is None) or np.array_equal(first, second)
    fits = [
        models.logistic(r.of(v)[training], given.failed[training], 1.0)
        for r, v in ((one, values), (other, changed))
    ]
    assert np.array_equal(fits[0].weights, fits[1].weights)
    assert fits[0].bias == fits[1].bias
    before, after = (nested.nested(v, given, best) for v in (values, changed))
    same = (given.fold == given.fold[row]) & (np.arange(200) != row)
    assert np.array_equal(before.probability[same], after.probability[same])
    assert before.penalty[given.fold[row]] == after.penalty[given.fold[row]]
    assert before.train[given.fold[row]] == after.train[given.fold[row]]
    assert not np.array_equal(before.probability[~same], after.probability[~same])


def test_the_penalty_is_chosen_as_by_a_loop_over_inner_folds():
    given = setting(160, 50, components=6)
    values = noise(160, 20)
    values[:, :2] += 0.7 * given.failed[:, None]
    penalty, loss = nested.penalties(values, given)
    for f in range(5):
        each = []
        for candidate in nested.PENALTIES:
            told = np.full(160, np.nan)
            for g in (g for g in range(5) if g != f):
                rows = ~np.isin(given.fold, (f, g))
                z = (values - values[rows].mean(0)) / values[rows].std(0)
                axes = np.linalg.svd(z[rows], full_matrices=False)[2][:6]
                fit = models.logistic(z[rows] @ axes.T, given.failed[rows], candidate)
                here = given.fold == g
                told[here] = fit.probability(z[here] @ axes.T)
            there = given.fold != f
            each.append(models.log_loss(given.failed[there], told[there]))
        assert loss[f] == pytest.approx(min(each), rel=1e-6)
        assert penalty[f] == nested.PENALTIES[int(np.argmin(each))]
    found = nested.nested(values, given)
    assert found.penalty.tolist() == penalty.tolist()
    assert scores.fold_auroc(given.failed, found.probability, given.fold) > 0.6


def test_another_order_and_other_threads_give_the_same_scores():
    given = setting(240, 40, components=16)
    values = noise(240, 100)
    values[:, :3] += 0.8 * given.failed[:, None]
    order = np.random.default_rng(1).permutation(240)
    turned = nested.Setting(given.failed[order], given.fold[order], 16)
    found = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            found.append(nested.nested(values, given))
            again = nested.nested(values[order], turned)
        assert again.penalty.tolist() == found[-1].penalty.tolist()
        np.testing.assert_allclose(again.probability, found[-1].probability[order], atol=1e-6)
        assert scores.fold_auroc(turned.failed, again.probability, turned.fold) == pytest.approx(
            scores.fold_auroc(given.failed, found[-1].probability, given.fold), abs=1e-12
        )
    np.testing.assert_allclose(found[0].probability, found[1].probability, atol=1e-6)


# ------------------------------------------------------------------------------ noise


def test_the_best_of_many_noise_features_predict_nothing_when_chosen_within_folds():
    given = setting(400, 50)
    values = noise(400, 3000, 7)
    honest = nested.nested(values, given, best=100)
    weights = resampling.draws(
        given.failed, given.fold, np.arange(400), np.random.default_rng(0), 500
    )

    def auroc(probability):
        value = scores.fold_auroc(given.failed, probability, given.fold)
        again = resampling.resampled_auroc(given.failed, probability, given.fold, weights)
        return value, *resampling.interval(value, again, True)[:2]

    _, low, high = auroc(honest.probability)
    assert low <= 0.5 <= high
    # Chosen with the test problems the same noise seems to know a great deal.
    columns = models.reduced(values, 64, given.failed, 100).columns
    assert auroc(nested.nested(values[:, columns], given).probability)[0] > 0.9


@pytest.mark.slow
def test_intervals_of_noise_cover_a_half_in_most_repetitions():
    held, count = 0, 256
    for seed in range(50):
        given = setting(count, 32, seed, components=16)
        found = nested.nested(noise(count, 30, 100 + seed), given)
        weights = resampling.draws(
            given.failed, given.fold, np.arange(count), np.random.default_rng(seed), 400
        )
        value = scores.fold_auroc(given.failed, found.probability, given.fold)
        again = resampling.resampled_auroc(given.failed, found.probability, given.fold, weights)
        low, high, _ = resampling.interval(value, again, True)
        held += low <= 0.5 <= high
    assert held >= 45


@pytest.mark.parametrize("trees", [0, 20])
def test_mean_probabilities_are_the_base_rate(trees):
    given = setting(400, 50, trees=trees)
    values = noise(400, 20)
    values[:, 0] += given.failed
    found = (
        nested.boosting(nested.ready_by(values, given), given)
        if trees
        else nested.nested(values, given)
    )
    assert abs(found.probability.mean() - 0.125) < 0.02
    assert scores.fold_auroc(given.failed, found.probability, given.fold) > 0.65
    assert (found.train >= 0.7).all()


# ------------------------------------------------------------------------------ increment


def beside(given, confounds, columns):
    alone = nested.nested(confounds, given)
    both = nested.Added(confounds, alone.penalty, {"one": columns}, ["one"] * 5)
    return alone, both


def test_columns_that_know_more_than_confounds_add_to_them():
    given = setting(500, 100)
    hidden = noise(500, 1, 5)[:, 0] + given.failed
    confounds = (given.failed + noise(500, 1, 6)[:, 0])[:, None]
    alone, both = beside(given, confounds, np.stack([hidden, *noise(500, 30, 8).T], axis=1))
    found = nested.added(both, given)
    gain = [scores.fold_auroc(given.failed, f.probability, given.fold) for f in (found, alone)]
    assert gain[0] - gain[1] > 0.05
    boosted = nested.boosting(nested.ready_beside(both, given), given)
    assert scores.fold_auroc(given.failed, boosted.probability, given.fold) > 0.75


def test_columns_that_know_nothing_leave_the_confounds_as_they_are():
    given = setting(400, 80)
    confounds = (given.failed + noise(400, 1, 6)[:, 0])[:, None]
    alone, both = beside(given, confounds, noise(400, 60, 9))
    found = nested.added(both, given)
    one, two = (scores.fold_auroc(given.failed, f.probability, given.fold) for f in (found, alone))
    assert abs(one - two) < 0.02
    unused = np.isinf(found.penalty)
    assert unused.any()
    for f in np.flatnonzero(unused):
        rows = given.fold == f
        np.testing.assert_allclose(found.probability[rows], alone.probability[rows], atol=1e-5)


def test_inputs_are_chosen_by_their_inner_losses():
    losses = {"a": np.array([0.3, 0.5, 0.4]), "b": np.array([0.4, 0.2, 0.4])}
    assert nested.nearest(losses) == ["a", "b", "a"]
