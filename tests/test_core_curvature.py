"""Curvature in ỹ against its slow twins and an independent library."""

import numpy as np
import pytest
import torch
from cases import bundled, points, reference, small

from ired_interp_core import tasks
from ired_interp_core.curvature import assembly, generic
from ired_interp_core.curvature.analysis import tile_size
from ired_interp_core.curvature.eigen import eigenvalues, extreme_eigenvectors
from ired_interp_core.curvature.ideal import implied_variance
from ired_interp_core.curvature.measures import (
    part_measures,
    spectrum_measures,
    subspace_curvature,
    widest_break,
)
from ired_interp_core.curvature.names import PLAIN_SUBSPACES
from ired_interp_core.curvature.subspaces import subspaces

MODELS = {"square": (3, "inverse"), "two parts": (3, "addition"), "wider than d": (2, "inverse"),
          "d above width": (5, "inverse")}  # fmt: skip


def worst(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a.double() - b.double()).abs().max() / b.double().abs().max())


@pytest.mark.parametrize("name", MODELS)
def test_assembly_and_generic_path_against_autograd_twin(name: str) -> None:
    size, task = MODELS[name]
    model = small(size, task)
    x, y, t = points(model, 7)
    twin = generic.hessian_twin(model, x, y, t)
    h = assembly.hessian(model, x, y, t)
    assert worst(h, twin) < 1e-12
    assert torch.equal(h, h.mT)
    together = assembly.parts(model, x, y, t, assembly.Workspace(model, len(y), y))
    torch.testing.assert_close(together.gauss_newton + together.residual, h)
    assert worst(generic.hessian(model, x, y, t), twin) < 1e-12
    single = assembly.hessian(model, x.float(), y.float(), t)
    assert worst(single, twin) < 1e-5


def test_width_bottleneck_keeps_the_whole_spectrum() -> None:
    model = small(5)  # d = 25 above a hidden width of 16
    x, y, t = points(model, 6)
    h = generic.hessian_twin(model, x, y, t)
    expected = torch.linalg.eigvalsh(h)
    found = model.hessian_eigenvalues(x, y, t)
    assert worst(found, expected) < 1e-12
    assert ((found == 0).sum(-1) == 25 - 16).all()
    work = assembly.Workspace(model, len(y), y, reduced=True)
    reduced = assembly.parts(model, x, y, t, work)
    basis = model.layers(y.dtype, y.device).reduction[0]
    whole = assembly.parts(model, x, y, t, assembly.Workspace(model, len(y), y))
    for small_part, part in zip(vars(reduced).values(), vars(whole).values(), strict=True):
        torch.testing.assert_close(basis @ small_part @ basis.T, part)
    assert part_measures(reduced)["residual_norm"] == pytest.approx(
        part_measures(whole)["residual_norm"]
    )


def test_assembly_on_the_real_network() -> None:
    r, model = reference(), bundled("inverse")
    x, y = torch.from_numpy(r["x"][:1]), torch.from_numpy(r["y_level"][1, :1])
    assert worst(assembly.hessian(model, x, y, 1), generic.hessian(model, x, y, 1)) < 1e-12


def test_gauss_newton_part_is_twice_jacobian_gram() -> None:
    model = small()
    x, y, t = points(model, 1)

    def residual(v: torch.Tensor) -> torch.Tensor:
        return model.forward_from(model.first_layer(x, v[None]), t).r[0]

    j = torch.autograd.functional.jacobian(residual, y[0])
    parts = assembly.parts(model, x, y, t, assembly.Workspace(model, 1, y))
    torch.testing.assert_close(parts.gauss_newton[0], 2 * j.T @ j)
    norms = part_measures(parts)
    together = (
        norms["gauss_newton_norm"] ** 2
        + norms["residual_norm"] ** 2
        + 2
        * norms["gauss_newton_residual_cosine"]
        * norms["gauss_newton_norm"]
        * norms["residual_norm"]
    )
    np.testing.assert_allclose(together, norms["hessian_norm"] ** 2, rtol=1e-10)


def test_pyhessian_agrees_when_the_point_is_the_only_parameter() -> None:
    from pyhessian import hessian as pyhessian

    model = bundled("inverse")
    r, t = reference(), 4
    x, point = torch.from_numpy(r["x"][:1]).float(), torch.from_numpy(r["y_level"][t, :1]).float()

    class AtPoint(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.y = torch.nn.Parameter(point.clone())

        def forward(self, condition: torch.Tensor) -> torch.Tensor:
            return model.energy(condition, self.y, t)

    torch.manual_seed(0)
    check = pyhessian(AtPoint(), lambda e, _: e.sum(), data=(x, torch.zeros(1)), cuda=False)
    top, _ = check.eigenvalues(maxIter=400, tol=1e-6, top_n=1)
    ours = model.hessian_eigenvalues(x, point, t)[0]
    assert top[0] == pytest.approx(float(ours.abs().max()), rel=5e-3)


def test_gradient_is_the_slope_of_the_energy() -> None:
    model = small()
    x, y, t = points(model, 4)
    e, g = model.energy_and_gradient(x, y, t)
    with torch.enable_grad():
        v = y.clone().requires_grad_(True)
        (expected,) = torch.autograd.grad(model.energy(x, v, t).sum(), v)
    torch.testing.assert_close(g, expected)
    official = model.official_energy_and_gradient(x, y, 3)
    torch.testing.assert_close(official[1], model.gradient(x, y, 3))
    torch.testing.assert_close(official[0], model.energy(x, y, 3))
    assert e.shape == (4,)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("d", [9, 63, 64, 100, 400])
def test_eigenvalues_against_float64_each_matrix_by_itself(d: int, dtype: torch.dtype) -> None:
    rng = np.random.default_rng(d)
    made = rng.normal(size=(3, d, d)) / np.sqrt(d)
    made = made + made.transpose(0, 2, 1) + np.array([0.0, 3.0, -40.0])[:, None, None] * np.eye(d)
    h = torch.from_numpy(made).to(dtype)
    known = np.linalg.eigvalsh(h.double().numpy())
    kept, found = h.clone(), eigenvalues(h)
    assert torch.equal(h, kept)
    assert found.dtype == dtype
    error = np.abs(found.double().numpy() - known).max(-1) / np.abs(known).max(-1)
    assert (error <= 4 * np.sqrt(d) * torch.finfo(dtype).eps).all()
    for one, alone in zip(h, found, strict=True):
        assert torch.equal(eigenvalues(one[None])[0], alone)
    lower = h.tril() + 7 * torch.ones(d, d, dtype=dtype).triu(1)
    assert torch.equal(eigenvalues(lower), found)
    h[1, 2, 1] = torch.nan
    broken = eigenvalues(h)
    assert broken[1].isnan().all()
    assert torch.equal(broken[[0, 2]], found[[0, 2]])


def test_eigenvalues_of_nothing_and_of_multiples_of_the_identity_are_exact() -> None:
    for c in (0.0, 2.0, -3.5):
        assert (eigenvalues(c * torch.eye(100)[None]) == c).all()


def test_eigenvectors_at_both_ends() -> None:
    model = small(5)
    x, y, t = points(model, 1)
    h = model.hessian(x, y, t)[0]
    lam = eigenvalues(h[None])[0].numpy()
    for k in (2, 9):  # the subset solver, and the whole one
        top, bottom = extreme_eigenvectors(h, k)
        for vectors, values in ((top, lam[::-1][:k]), (bottom, lam[:k])):
            np.testing.assert_allclose(h.numpy() @ vectors.T, vectors.T * values, atol=1e-10)
            np.testing.assert_allclose(vectors @ vectors.T, np.eye(k), atol=1e-10)
            peak = np.abs(vectors).argmax(1)
            assert (vectors[np.arange(k), peak] > 0).all()


def test_measures_on_spectra_with_known_answers() -> None:
    lam = torch.tensor([[-1.0, -1e-9, 0.0, 2.0], [1.0, 2.0, 2.0, 4.0]], dtype=torch.float64)
    m = spectrum_measures(lam, torch.tensor([1.0, 0.4], dtype=torch.float64))
    np.testing.assert_array_equal(m["index"], [1, 0])
    np.testing.assert_array_equal(m["above_inverse_sigma"], [1, 1])
    np.testing.assert_allclose(m["trace"], [1, 9])
    np.testing.assert_array_equal(m["condition"], [np.nan, 4])
    np.testing.assert_allclose(m["participation_ratio"], [9 / 5, 81 / 25])
    np.testing.assert_allclose(m["relative_gap"], [1, 0.5])
    p = np.array([1, 2, 2, 4]) / 9
    np.testing.assert_allclose(m["entropy_rank"][1], np.exp(-(p * np.log(p)).sum()))


def test_the_widest_break_against_its_twin() -> None:
    rng = np.random.default_rng(0)
    for d in (4, 9, 40, 100):
        lam = np.sort(rng.normal(size=(5, d)), axis=-1)
        found = widest_break(lam)
        for i, row in enumerate(lam):
            edge = int(np.ceil(d / 20))
            gaps = {below: row[below] - row[below - 1] for below in range(edge, d - edge + 1)}
            widest = max(gaps, key=gaps.__getitem__)
            assert found["break_below"][i] == widest
            ratio = gaps[widest] / np.median(list(gaps.values()))
            assert found["break_ratio"][i] == pytest.approx(ratio)


def test_a_few_eigenvalues_that_stand_apart_are_no_break() -> None:
    lam = np.concatenate([[-50.0], np.arange(30), 40 + np.arange(10), [900.0]])[None]
    found = widest_break(np.sort(lam, axis=-1))
    assert found["break_below"][0] == 31
    assert found["break_ratio"][0] == 11


@pytest.mark.parametrize("reduced", [False, True])
def test_subspace_curvature_against_projections(reduced: bool) -> None:
    """tr(P_S H) with P_S applied to all d unit matrices, as `subspaces` does it."""
    model = small(5)  # d = 25 above the width 16: H has a reduction
    x, y, t = points(model, 2)
    observed = np.arange(25) % 3 > 0
    whole = assembly.hessian(model, x, y, t).numpy()
    named = subspaces(np.eye(5), observed.reshape(5, 5), 2)
    projected = {n: named[n].project(np.eye(25).reshape(25, 5, 5)).reshape(25, 25) for n in named}
    basis = model.layers(y.dtype, y.device).reduction[0] if reduced else None
    h = assembly.hessian(model, x, y, t, reduced)
    found = subspace_curvature(h, basis, 5, observed)
    for i, name in enumerate(PLAIN_SUBSPACES):
        expected = [(projected[name] * matrix).sum() / named[name].dim for matrix in whole]
        np.testing.assert_allclose(found[:, i], expected, atol=1e-10)


def test_spectrum_that_is_no_number_counts_nothing() -> None:
    h = torch.full((2, 3, 3), float("nan"))
    h[1] = torch.eye(3)
    lam = eigenvalues(h)
    assert torch.isnan(lam[0]).all()
    m = spectrum_measures(lam, torch.ones(2))
    assert all(np.isnan(value[0]) for value in m.values())
    assert m["trace"][1] == 3


def test_tweedie_on_a_gaussian() -> None:
    """y ~ N(0, s²): the ideal E has λ = 1/σ·(1 − ᾱv/σ²), v = (ᾱ/σ² + 1/s²)⁻¹."""
    alpha_bar, s2 = 0.6, 0.3
    sigma = np.sqrt(1 - alpha_bar)
    v = 1 / (alpha_bar / sigma**2 + 1 / s2)
    lam = (1 - alpha_bar / sigma**2 * v) / sigma
    assert implied_variance(lam, sigma, alpha_bar) == pytest.approx(v)


def test_curvature_is_of_the_answer_and_not_of_the_weights() -> None:
    model = bundled("completion")
    p = tasks.problems("completion", 1, 0)
    x, y = torch.from_numpy(p.x), torch.from_numpy(p.y)
    assert model.hessian(x, y, 0).shape == (1, 400, 400)


@pytest.mark.parametrize(("free", "points"), [(40 * 2**30, 40), (100 * 2**20, 7), (2**20, 1)])
def test_a_tile_fits_the_memory_of_the_device(
    free: int, points: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OnGpu:  # what `tile_size` asks of a tensor: there is no GPU here
        device = torch.device("cuda:0")

        @staticmethod
        def element_size() -> int:
            return 4

    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 80 * 2**30))
    model = bundled("inverse")
    assert tile_size(model, OnGpu()) == points
    assert tile_size(model, torch.zeros(1)) == assembly.TILE
