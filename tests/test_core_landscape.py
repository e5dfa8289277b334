"""Slices: exact at the nodes, interpolated within the stated error, placed on the right plane."""

import numpy as np
import pytest
import torch
from cases import bundled, small
from planes_twin import energies_twin

from ired_interp_core import tasks
from ired_interp_core.landscape.directions import BY_NAME, Scene, explained_share, orthonormal
from ired_interp_core.landscape.interpolation import (
    CHEBYSHEV,
    barycentric_matrix,
    chebyshev_nodes,
    coefficients,
    evaluate,
    linear_matrix,
)
from ired_interp_core.landscape.slices import (
    Plane,
    adaptive_slice,
    energies,
    profile,
)


def random_plane(model, seed: int = 0, radius: float = 1.0) -> tuple[np.ndarray, Plane]:
    rng = np.random.default_rng(seed)
    (u, v), _ = orthonormal(rng.normal(size=model.d), rng.normal(size=model.d))
    return rng.normal(size=model.n_in), Plane(rng.normal(size=model.d), u, v, radius)


def test_interpolation_is_exact_on_polynomials() -> None:
    nodes = chebyshev_nodes(9, 1.5)
    a, b = np.linspace(-1.5, 1.5, 31), np.linspace(-1.5, 1.5, 17)
    f = lambda p, q: 1 + p**8 - 3 * q**5 * p**2 + q  # noqa: E731
    found = evaluate(f(*np.meshgrid(nodes, nodes)), nodes, a, b)
    np.testing.assert_allclose(found, f(*np.meshgrid(a, b)), atol=1e-11)


def test_interpolation_matrices_pick_nodes_and_ignore_padding() -> None:
    nodes = chebyshev_nodes(7)
    np.testing.assert_array_equal(barycentric_matrix(nodes, nodes), np.eye(7))
    grid = np.linspace(-1, 1, 5)
    np.testing.assert_allclose(linear_matrix(grid, np.array([0.25])), [[0, 0, 0.5, 0.5, 0]])
    padded = np.full((9, 9), np.nan)
    padded[:7, :7] = np.add.outer(nodes, nodes)
    wide = np.concatenate([nodes, [np.nan, np.nan]])
    found = evaluate(padded, wide, np.array([0.3]), np.array([0.1]), CHEBYSHEV)
    assert found == pytest.approx(0.4)
    empty = evaluate(padded, np.full(9, np.nan), np.zeros(2), np.zeros(3))
    assert empty.shape == (3, 2)
    assert np.isnan(empty).all()


def test_coefficients_of_chebyshev_polynomials() -> None:
    nodes = chebyshev_nodes(6)
    t2, t3 = 2 * nodes**2 - 1, 4 * nodes**3 - 3 * nodes
    c = np.abs(coefficients(np.outer(t3, t2)))
    expected = np.zeros((6, 6))
    expected[3, 2] = 1
    np.testing.assert_allclose(c, expected, atol=1e-14)


@pytest.mark.parametrize("task", ["inverse", "addition"])
def test_energies_on_a_plane_against_a_pass_per_point(task: str) -> None:
    model = small(task=task)
    x, plane = random_plane(model, radius=2.0)
    a, b = np.random.default_rng(1).uniform(-1, 1, (2, 6))
    np.testing.assert_allclose(
        energies(model, x, plane, a, b), energies_twin(model, x, plane, a, b), rtol=1e-12
    )


@pytest.mark.parametrize("radius", [0.5, 1.0, 3.0])
def test_slice_keeps_its_stated_error(radius: float) -> None:
    model = bundled("inverse")
    p = tasks.problems("inverse", 1, 3)
    _, plane = random_plane(model)
    plane = Plane(p.y[0], plane.u, plane.v, radius * float(np.linalg.norm(p.y[0])))
    found = adaptive_slice(model, p.x[0], plane, 1.0, 1e-5, 65, np.random.default_rng(0))
    assert found.method == CHEBYSHEV
    assert (found.error <= 1e-5).all()
    a, b = np.random.default_rng(9).uniform(-1, 1, (2, 30))
    truth = energies_twin(model, p.x[0], plane, a, b)
    seen = np.stack(
        [evaluate(found.energy, found.nodes, [s], [r])[:, 0, 0] for s, r in zip(a, b, strict=True)],
        axis=1,
    )
    spread = np.ptp(found.energy, axis=(1, 2))
    assert (np.abs(seen - truth).max(axis=1) <= 2e-5 * spread).all()


@pytest.mark.parametrize(("radius", "most"), [(50.0, 9), (4.0, 9), (400.0, 17)])
def test_a_slice_short_of_nodes_takes_what_errs_less_and_states_its_error(
    radius: float, most: int
) -> None:
    """Both ways are drawn again by hand, and compared with the energy on a dense grid."""
    model = small()
    x, plane = random_plane(model, radius=radius)
    found = adaptive_slice(model, x, plane, 1.0, 1e-12, most, np.random.default_rng(0))
    assert len(found.nodes) == most
    dense = np.linspace(-1, 1, 61)
    a, b = (axis.ravel() for axis in np.meshgrid(dense, dense))
    true = energies(model, x, plane, a, b).reshape(10, 61, 61)
    worst = {}
    for method, nodes in enumerate((chebyshev_nodes(most), np.linspace(-1, 1, most))):
        at = (axis.ravel() for axis in np.meshgrid(nodes, nodes))
        values = energies(model, x, plane, *at).reshape(10, most, most)
        drawn = evaluate(values, nodes, dense, dense, method)
        worst[method] = np.abs(drawn - true).max(axis=(1, 2)) / np.ptp(values, axis=(1, 2))
        if method == found.method:
            np.testing.assert_allclose(found.energy, values, rtol=1e-12)
    assert worst[found.method].max() <= 2 * worst[1 - found.method].max()  # chosen by 64 points
    # An estimate from points: no bound, but never far below, nor beyond what the tail allows.
    assert (found.error >= 0.3 * worst[found.method]).all()
    assert found.error.max() < 30 * worst[found.method].max()


def test_projection_and_distance() -> None:
    model = small()
    _, plane = random_plane(model, radius=2.0)
    w = np.random.default_rng(5).normal(size=model.d)
    w -= (w @ plane.u) * plane.u + (w @ plane.v) * plane.v
    w /= np.linalg.norm(w)
    position, distance = plane.project(plane.points(np.array([0.3]), np.array([-0.7])) + 3 * w)
    np.testing.assert_allclose(position, [[0.3, -0.7]])
    np.testing.assert_allclose(distance, [1.5])


def test_profile_is_a_cut_of_the_slice() -> None:
    model = small()
    x, plane = random_plane(model)
    a = np.linspace(-1, 1, 5)
    np.testing.assert_allclose(
        profile(model, x, plane.centre, 7 * plane.u, plane.radius, a),
        energies(model, x, plane, a, np.zeros(5)),
    )


def scene(model, seed: int = 0) -> Scene:
    rng = np.random.default_rng(seed)
    names = ("truth", "answer", "minimum", "noised_truth")
    return Scene(
        model=model, x=rng.normal(size=model.n_in), level=2, centre=rng.normal(size=model.d),
        named={n: rng.normal(size=model.d) for n in names} | {"zero": np.zeros(model.d)},
        states=rng.normal(size=(12, model.d)) * np.arange(1, model.d + 1), rng=rng,
    )  # fmt: skip


@pytest.mark.parametrize("name", BY_NAME)
def test_every_plane_is_orthonormal(name: str) -> None:
    (u, v), _ = orthonormal(*BY_NAME[name](scene(small())))
    np.testing.assert_allclose([u @ u, v @ v, u @ v], [1, 1, 0], atol=1e-12)


def test_directions_are_what_their_names_say() -> None:
    model = small()
    s = scene(model)
    scale = model.schedule.sqrt_alpha_bar[2]
    x, y = torch.from_numpy(s.x)[None], torch.from_numpy(scale * s.centre)[None]
    _, vectors = np.linalg.eigh(model.hessian(x, y, 2)[0].numpy())
    top, low = BY_NAME["stiff_soft"](s)
    assert abs(top @ vectors[:, -1]) == pytest.approx(1)
    assert abs(low @ vectors[:, 0]) == pytest.approx(1)
    gradient, error = BY_NAME["gradient_error"](s)
    np.testing.assert_allclose(gradient, model.gradient(x, y, 2)[0])
    np.testing.assert_array_equal(error, s.named["answer"] - s.named["truth"])
    sym, anti = (m.reshape(3, 3) for m in BY_NAME["symmetry"](s))
    np.testing.assert_allclose(sym, sym.T)
    np.testing.assert_allclose(anti, -anti.T)
    first, second = BY_NAME["trajectory"](s)
    values = np.linalg.svd(s.states - s.states.mean(0), compute_uv=False)
    np.testing.assert_allclose(
        explained_share(s, first, second), values[:2] ** 2 / (values**2).sum()
    )


def test_eigenvectors_of_a_network_narrower_than_its_answer() -> None:
    model = small(5)
    s = scene(model)
    scale = model.schedule.sqrt_alpha_bar[2]
    x, y = torch.from_numpy(s.x)[None], torch.from_numpy(scale * s.centre)[None]
    h = model.hessian(x, y, 2)[0].numpy()
    lam = model.hessian_eigenvalues(x, y, 2)[0].numpy()
    nonzero = lam[lam != 0]
    for ends, values in zip(s.extremes(), (nonzero[::-1], nonzero), strict=True):
        for vector, value in zip(ends, values, strict=False):
            np.testing.assert_allclose(h @ vector, value * vector, atol=1e-9)


def test_directions_that_span_no_plane() -> None:
    e = np.eye(4)
    assert orthonormal(e[0], 3 * e[0]) is None
    assert orthonormal(e[0], 0 * e[0]) is None
    assert orthonormal(e[0], np.full(4, np.nan)) is None
    _, cosine = orthonormal(e[0], e[0] + e[1])
    assert cosine == pytest.approx(np.sqrt(0.5))
