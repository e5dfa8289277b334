"""Named subspaces, alignments and principal angles on cases with known answers."""

import numpy as np
import pytest
from test_core_analyses import answer

from ired_interp_core.curvature.names import SUBSPACES
from ired_interp_core.curvature.subspaces import (
    Subspace,
    alignment,
    principal_angles,
    subspaces,
)

N = 6
RNG = np.random.default_rng(0)
MASK = RNG.random((N, N)) < 0.5
SPACES = subspaces(RNG.normal(size=(N, N)), MASK, 2)


def matrix_of(space: Subspace) -> np.ndarray:
    """The projector as a d × d matrix, column by column."""
    return space.project(np.eye(N * N).reshape(-1, N, N)).reshape(N * N, N * N).T


@pytest.mark.parametrize("name", SUBSPACES)
def test_projections_are_projections_of_the_stated_dimension(name: str) -> None:
    p = matrix_of(SPACES[name])
    np.testing.assert_allclose(p @ p, p, atol=1e-12)
    np.testing.assert_allclose(p, p.T, atol=1e-12)
    assert np.trace(p) == pytest.approx(SPACES[name].dim)


def test_complements_add_up() -> None:
    for a, b in (("symmetric", "antisymmetric"), ("tangent", "normal"), ("observed", "unobserved")):
        total = matrix_of(SPACES[a]) + matrix_of(SPACES[b])
        np.testing.assert_allclose(total, np.eye(N * N), atol=1e-12)


def test_tangent_space_holds_the_motions_that_keep_the_rank() -> None:
    u, v = RNG.normal(size=(N, 2)), RNG.normal(size=(N, 2))
    space = subspaces(u @ v.T, None, 2)
    du, dv = RNG.normal(size=(N, 2)), RNG.normal(size=(N, 2))
    motion = (du @ v.T + u @ dv.T)[None]
    np.testing.assert_allclose(space["tangent"].project(motion), motion, atol=1e-10)
    np.testing.assert_allclose(space["normal"].project(motion), 0, atol=1e-10)
    assert "observed" not in space


def test_alignment_of_a_random_space_is_its_share_of_the_dimension() -> None:
    q = np.linalg.qr(RNG.normal(size=(N * N, N * N)))[0].T.reshape(-1, N, N)
    for name, space in SPACES.items():
        assert alignment(q, space) == pytest.approx(space.dim / N**2), name
    assert alignment(np.eye(N)[None] / np.sqrt(N), SPACES["trace"]) == pytest.approx(1)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 0.3, 1.2, np.pi / 2])
def test_principal_angles(angle: float) -> None:
    e = np.eye(5)
    first = e[:2]
    second = np.stack([e[0], np.cos(angle) * e[1] + np.sin(angle) * e[2]])
    np.testing.assert_allclose(principal_angles(first, second), [0, angle], atol=1e-12)
    turn = np.linalg.qr(RNG.normal(size=(2, 2)))[0]
    np.testing.assert_allclose(principal_angles(first, turn @ second), [0, angle], atol=1e-8)


def test_angles_of_what_is_no_number() -> None:
    assert np.isnan(principal_angles(np.eye(3)[:2], np.full((2, 3), np.nan))).all()


def test_eigenspace_answers_are_consistent() -> None:
    r = answer("eigenspace", "completion", k=3, rank=1)
    pair = r.alignment.sel(subspace="symmetric") + r.alignment.sel(subspace="antisymmetric")
    np.testing.assert_allclose(pair, 1, atol=1e-5)
    seen = r.alignment.sel(subspace="observed") + r.alignment.sel(subspace="unobserved")
    np.testing.assert_allclose(seen, 1, atol=1e-5)
    np.testing.assert_allclose(r.angle_place.sel(place="answer"), 0, atol=1e-3)
    assert np.isnan(r.angle_level.isel(level=0)).all()
    assert float(r.angle_level.isel(level=slice(1, None)).max()) <= np.pi / 2 + 1e-6
    assert r.alignment_random.sel(subspace="diagonal").values == pytest.approx(3 / 9)


def test_other_tasks_have_no_observed_entries() -> None:
    r = answer("eigenspace", "inverse", k=2)
    assert np.isnan(r.alignment.sel(subspace="observed")).all()
    assert np.isfinite(r.alignment.sel(subspace="tangent")).all()
