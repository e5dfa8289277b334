"""Fidelity of a dictionary, its baselines, and the loss that it recovers."""

import numpy as np
import pytest
import torch
from dictionary_cases import (
    identity,
    loaded,
    plain_codes,
    plain_rebuild,
    rough,
    silent,
    tensor,
    values,
    world,
)  # fmt: skip
from dictionary_records import run
from sklearn.decomposition import PCA
from sklearn.linear_model import orthogonal_mp

from ired_interp_core.dictionaries.baselines import (
    Moments,
    matching_pursuit,
    pca_unexplained,
    random_atoms,
)  # fmt: skip
from ired_interp_core.dictionaries.metrics import Fidelity, unexplained
from ired_interp_core.dictionaries.recovery import loss_recovered
from ired_interp_core.dictionaries.split import held_out
from ired_interp_core.errors import Refusal

QUICK = {"recovery_problems": 2, "bootstrap": 20}


def test_every_number_against_plain_loops() -> None:
    given = world(rough())
    r, d, x = run("dictionary_metrics", given, **QUICK), loaded(rough()), values(given)
    held = held_out(np.arange(10))
    f = plain_codes(d, x).reshape(*x.shape[:3], -1)
    rebuilt = plain_rebuild(d, f)

    def explained(mask, levels=slice(None)):
        a, b = (v[mask][:, levels].reshape(-1, 9).astype(float) for v in (x, rebuilt))
        return 1 - ((a - b) ** 2).sum() / ((a - a.mean(0)) ** 2).sum()

    assert float(r.l0) == pytest.approx((f[held] > 0).sum(-1).mean())
    assert float(r.explained_variance) == pytest.approx(explained(held), abs=1e-5)
    assert float(r.fvu) == pytest.approx(1 - explained(held), abs=1e-5)
    assert float(r.explained_variance_training) == pytest.approx(explained(~held), abs=1e-5)
    for t in (0, 4, 9):
        assert float(r.explained_variance_level[t]) == pytest.approx(
            explained(held, slice(t, t + 1)), rel=1e-4
        )
        assert float(r.l0_level[t]) == pytest.approx((f[held][:, t] > 0).sum(-1).mean())
    a, b = x[held].reshape(-1, 9).astype(float), rebuilt[held].reshape(-1, 9)
    norms = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    assert float(r.cosine) == pytest.approx(((a * b).sum(1) / norms[0] / norms[1]).mean(), abs=1e-5)
    assert float(r.norm_ratio) == pytest.approx((norms[1] / norms[0]).mean(), rel=1e-5)
    assert float(r.dead_share) == pytest.approx(1 - (f > 0).any(axis=(0, 1, 2)).mean())
    train, test = (x[m].reshape(-1, 9) for m in (~held, held))
    pca = PCA(round(float(r.l0))).fit(train.astype(float))
    back = pca.inverse_transform(pca.transform(test))
    known = 1 - ((test - back) ** 2).sum() / ((test - test.mean(0)) ** 2).sum()
    assert float(r.pca_explained_variance) == pytest.approx(known, abs=1e-6)
    one = test.reshape(2, 10, -1, 9)[:, 3].reshape(-1, 9).astype(float)
    back = pca.inverse_transform(pca.transform(one))
    known = 1 - ((one - back) ** 2).sum() / ((one - one.mean(0)) ** 2).sum()
    assert float(r.pca_explained_variance_level[3]) == pytest.approx(known, abs=1e-5)
    assert int(r.held_out_problems) == 2


def test_the_mean_explains_nothing_and_the_input_everything() -> None:
    x = torch.randn(4, 10, 3, 5, generator=torch.Generator().manual_seed(0)) + 100
    moments = Moments(torch.full((5,), 99.0))
    moments.add(x.reshape(-1, 5))
    for rebuilt, wanted in ((moments.mean.expand(x.shape), 1.0), (x, 0.0)):
        seen = Fidelity(10)
        seen.add(x.double(), rebuilt, torch.zeros(4, 10, 3))
        assert unexplained(seen.error, moments.spread) == pytest.approx(wanted, abs=1e-12)
    assert np.isnan(unexplained(0.0, 0.0))


def test_a_dictionary_that_rebuilds_all_recovers_all() -> None:
    given = world(identity())
    r = run("dictionary_metrics", given, **QUICK)
    for name in ("explained_variance", "cosine", "norm_ratio", "loss_recovered"):
        assert float(r[name]) == pytest.approx(1, abs=1e-3), name
    assert float(r.l0) == pytest.approx(9)
    assert float(r.pca_explained_variance) == pytest.approx(1)
    assert float(r.random_explained_variance) == pytest.approx(1, abs=1e-6)
    descent = given.upstream["descent"].read()["mse_final"].values
    assert float(r.mse_original) == pytest.approx(descent[[4, 9]].mean(), rel=1e-4)


def test_a_silent_dictionary_is_its_centre() -> None:
    given = world(silent())
    r = run("dictionary_metrics", given, **QUICK)
    assert float(r.l0) == 0
    assert float(r.dead_share) == 1
    assert np.isnan(r.cosine)
    assert float(r.norm_ratio) == 0
    assert float(r.mse_replaced) == float(r.mse_zero) == float(r.mse_mean)
    assert float(r.loss_recovered) == 0
    # No component is left of PCA: the training mean, which cannot beat the held-out one.
    assert -0.2 < float(r.pca_explained_variance) <= 0
    mean = values(given)[[4, 9]].reshape(-1, 9).mean(0, dtype=float)
    at_mean = run("dictionary_metrics", world(silent(centre=mean)), **QUICK)
    assert float(at_mean.explained_variance) == pytest.approx(0, abs=1e-9)


def test_the_walk_is_the_descents_own() -> None:
    parameters = {"clip": 0.7, "inner_steps": 2, "jump": False, "seed": 3}
    given = world(rough(), task="completion", **parameters)
    r = run("dictionary_metrics", given, **QUICK)
    descent = given.upstream["descent"].read()["mse_final"].values
    assert float(r.mse_original) == pytest.approx(descent[[4, 9]].mean(), rel=1e-4)


@pytest.mark.parametrize("site", ["h1", "h3"])
def test_hidden_layers(site: str) -> None:
    r = run("dictionary_metrics", world(identity(16), site=site), **QUICK)
    assert float(r.explained_variance) == pytest.approx(1, abs=1e-5)
    assert float(r.mse_replaced) == pytest.approx(float(r.mse_original), rel=1e-2)
    assert float(r.mse_zero) != float(r.mse_original)


def test_a_range_without_held_out_problems_is_refused() -> None:
    with pytest.raises(Refusal, match="no problem is held out"):
        run("dictionary_metrics", world(identity(), count=4), **QUICK)


@pytest.mark.parametrize("components", [0, 1, 4, 7, 30])
def test_principal_components_against_sklearn(components: int) -> None:
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(7, 7))
    train, test = (rng.normal(size=(n, 7)) @ mixing + 3 for n in (200, 90))
    fitted, measured = (Moments(torch.full((7,), 2.0)) for _ in range(2))
    for part in np.split(train, 4):
        fitted.add(tensor(part))
    measured.add(tensor(test))
    back = np.broadcast_to(train.mean(0), test.shape)
    if components:
        pca = PCA(min(components, 7)).fit(train)
        back = pca.inverse_transform(pca.transform(test))
    known = ((test - back) ** 2).sum() / ((test - test.mean(0)) ** 2).sum()
    assert pca_unexplained(fitted, components, measured) == pytest.approx(known, abs=1e-12)


@pytest.mark.parametrize("steps", [0, 1, 5, 12])
def test_matching_pursuit_against_sklearn(steps: int) -> None:
    rng = np.random.default_rng(1)
    atoms = random_atoms(30, 12, rng).astype(float)
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    x = rng.normal(size=(9, 12))
    found = matching_pursuit(tensor(x), tensor(atoms), steps).numpy()
    known = np.zeros_like(x)
    if steps:
        known = orthogonal_mp(atoms.T, x.T, n_nonzero_coefs=steps).T @ atoms
    np.testing.assert_allclose(found, known, atol=1e-8)


def test_an_input_that_is_spanned_early_stays_finite() -> None:
    atoms = np.eye(4)[[0, 0, 1]]
    found = matching_pursuit(tensor(np.array([[2.0, 0, 0, 1]])), tensor(atoms), 3)
    np.testing.assert_allclose(found, [[2, 0, 0, 0]])


def test_random_atoms_are_unit_and_of_any_direction() -> None:
    atoms = random_atoms(4000, 6, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(atoms, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(atoms.T @ atoms / 4000, np.eye(6) / 6, atol=0.02)


def test_loss_recovered_of_known_errors() -> None:
    rng = np.random.default_rng(0)
    original = rng.uniform(0.1, 0.2, 50)
    zero = original + rng.uniform(1, 2, 50)
    for share in (1.0, 0.5, 0.0, -0.25):
        replaced = zero + share * (original - zero)
        table = np.stack([original, replaced, zero], axis=1)
        value, low, high = loss_recovered(table, 200, rng)
        np.testing.assert_allclose([value, low, high], share, atol=1e-12)
    noisy = np.stack([original, original + rng.uniform(0, 1, 50), zero], axis=1)
    value, low, high = loss_recovered(noisy, 500, rng)
    assert low < value < high
    assert high - low < 0.3
    assert np.isnan(loss_recovered(noisy[:1], 20, rng)[1])


def test_no_loss_recovered_where_nothing_is_lost_or_a_walk_diverged() -> None:
    rng = np.random.default_rng(0)
    same = np.full((20, 3), 0.3)
    noise = rng.normal(1, 0.1, (20, 3))
    diverged = noise + np.array([0, 0, 9])
    diverged[4, 1] = np.inf
    for table in (same, noise, diverged):
        assert np.isnan(loss_recovered(table, 300, rng)).all()
