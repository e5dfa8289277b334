"""Maps of atoms: clusters stay together, the same map for the same seed, and no atom breaks it."""

import dictionary_records as made
import numpy as np
import pytest

from ired_interp_core.dictionaries.maps import FEWEST, neighbours_kept, pca, umap
from ired_interp_core.dictionaries.neighbours import unit_rows
from ired_interp_core.records import Gathered


def given(atoms: np.ndarray) -> Gathered:
    values = np.zeros((2, 10, 2, atoms.shape[1]))
    return made.gathered(made.dictionary(atoms), made.activations(values), size=4)


def clusters(each: int = 20, d: int = 16) -> np.ndarray:
    """Three clusters of directions, then an atom of length 0 and the first one twice more."""
    rng = np.random.default_rng(0)
    centres = np.linalg.qr(rng.normal(size=(d, 3)))[0].T
    atoms = np.repeat(centres, each, axis=0) + 0.05 * rng.normal(size=(3 * each, d))
    return np.concatenate([atoms, np.zeros((1, d)), atoms[:1], atoms[:1]])


def test_umap_keeps_clusters_together_and_repeats_itself() -> None:
    atoms = clusters()
    first, again = (
        made.run("dictionary_map", given(atoms), neighbours=6, seed=3) for _ in range(2)
    )
    np.testing.assert_array_equal(first.umap, again.umap)
    places = first.umap.values.astype("f8")
    assert np.isfinite(places).all()
    middle = places[:60].reshape(3, 20, 2).mean(axis=1)
    own = np.linalg.norm(places[:60] - np.repeat(middle, 20, axis=0), axis=1)
    apart = [np.linalg.norm(middle[i] - middle[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert own.max() < min(apart) / 2
    assert float(first.neighbours_kept) > 3 * float(first.neighbours_kept_random)
    assert float(first.neighbours_kept_random) == pytest.approx(6 / 62)
    # More neighbours are asked for than there are other atoms.
    few = umap(unit_rows(atoms[:6]), 5, 0.1, 0)
    assert np.isfinite(few).all()


def test_principal_components_are_those_of_the_covariance() -> None:
    atoms = np.random.default_rng(0).normal(size=(30, 7)) * np.arange(1, 8)
    places, share = pca(atoms)
    values, vectors = np.linalg.eigh(np.cov(atoms.T))
    np.testing.assert_allclose(share, values[:-3:-1] / values.sum())
    expected = (atoms - atoms.mean(axis=0)) @ vectors[:, :-3:-1]
    np.testing.assert_allclose(np.abs(places), np.abs(expected))
    assert (places.max(axis=0) >= -places.min(axis=0)).all()


@pytest.mark.parametrize("count", [1, 2, FEWEST - 1])
def test_few_atoms_have_no_umap(count: int) -> None:
    r = made.run("dictionary_map", given(np.eye(16)[:count]))
    assert np.isnan(r.umap).all()
    assert np.isnan(r.neighbours_kept)
    assert np.isfinite(r.pca).all()


def test_atoms_that_are_all_the_same_have_no_umap() -> None:
    r = made.run("dictionary_map", given(np.ones((9, 16))))
    assert np.isnan(r.umap).all()
    np.testing.assert_allclose(r.pca, 0, atol=1e-6)


def test_the_neighbours_kept_are_counted_as_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ired_interp_core.dictionaries.maps.PAIRS_AT_ONCE", 5 * 40)
    rng = np.random.default_rng(0)
    atoms, places = unit_rows(rng.normal(size=(40, 6))), rng.normal(size=(40, 2))
    kept = 0
    for i in range(40):
        others = [j for j in range(40) if j != i]
        near = sorted(others, key=lambda j: -(atoms[i] @ atoms[j]))[:7]
        on_map = sorted(others, key=lambda j: np.linalg.norm(places[i] - places[j]))[:7]
        kept += len(set(near) & set(on_map))
    assert neighbours_kept(atoms, places, 7) == pytest.approx(kept / 280)


def test_without_umap_the_plane_of_pca_is_measured() -> None:
    atoms = np.zeros((30, 16))
    angle = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    atoms[:, 0], atoms[:, 1] = np.cos(angle), np.sin(angle)
    r = made.run("dictionary_map", given(atoms), with_umap=False, neighbours=4)
    assert "umap" not in r
    assert float(r.neighbours_kept) == 1
    np.testing.assert_allclose(r.pca_share, [0.5, 0.5], atol=1e-6)
