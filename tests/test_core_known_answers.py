"""Energies with known landscapes, through the routes that every model takes."""

from functools import cache

import numpy as np
import pytest
import torch
import xarray as xr
from answers import run
from cases import bundled

from ired_interp_core import tasks
from ired_interp_core.energy import AdaptedEnergy, Energy
from ired_interp_core.ideal_energy import GaussianIdeal
from ired_interp_core.inference import UNCHANGED, anneal, within_rounding
from ired_interp_core.schedule import cosine
from ired_interp_core.schema import PLACES

SIZE, D, COUNT = 3, 9, 6
ALPHA_BAR, SIGMA = cosine().alphas_cumprod, cosine().sigma
RESOLVED = range(7)
"""Levels whose eigenvalues lie further apart than float32 rounds; σ²/ᾱ makes the rest alike."""


def basis() -> np.ndarray:
    """Orthonormal matrices [9, 3, 3]: the trace, five more symmetric ones, three antisymmetric."""
    rng = np.random.default_rng(0)
    sym, anti = (
        [a + sign * a.T for a in rng.normal(size=(count, SIZE, SIZE))]
        for count, sign in ((5, 1), (3, -1))
    )
    q, _ = np.linalg.qr(np.stack([np.eye(SIZE), *sym, *anti]).reshape(D, D).T)
    return q.T


VARIANCES = np.array([0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.2, 0.25, 0.3])
"""Of y given x along `basis`: the trace is the most certain, antisymmetric parts are the least."""


class GaussianPosterior:
    """y | x ~ N(Cx, V): E_t = ½(ỹ − √ᾱ m)ᵀ σ(σ²I + ᾱV)⁻¹ (ỹ − √ᾱ m)."""

    size, n_in, task = SIZE, D, "inverse"
    centre = np.random.default_rng(1).normal(size=(D, D)) / 10

    def energy(self, x, y, t):
        q, v, c = (torch.from_numpy(a).to(y) for a in (basis(), VARIANCES, self.centre))
        alpha_bar, sigma = (torch.from_numpy(a).to(y)[t][:, None] for a in (ALPHA_BAR, SIGMA))
        along = (y - alpha_bar.sqrt() * (x @ c.T)) @ q.T
        return (sigma / (sigma**2 + alpha_bar * v) * along.square()).sum(-1) / 2


class TwoModes:
    """y | x ~ ½N(y* − e, wI) + ½N(y* + e, wI), e all .5 and w = .01; E_t = −σ log p_t(ỹ) + c."""

    size, n_in, task = SIZE, 2 * D, "addition"
    variance, offset = 0.01, 0.5

    def energy(self, x, y, t):
        alpha_bar, sigma = (torch.from_numpy(a).to(y)[t][:, None] for a in (ALPHA_BAR, SIGMA))
        spread, root = sigma**2 + alpha_bar * self.variance, alpha_bar.sqrt()
        truth = x[:, :D] + x[:, D:]
        logs = [
            -(y - root * (truth + sign * self.offset)).square().sum(-1) / (2 * spread[:, 0])
            for sign in (-1, 1)
        ]
        return -sigma[:, 0] * torch.logaddexp(*logs) + 10


def gaussian() -> Energy:
    return AdaptedEnergy(GaussianPosterior(), "1" * 24, {})


@cache
def of(name: str, **parameters) -> xr.Dataset:
    return run(name, _GAUSSIAN, "inverse", 0, COUNT, SIZE, **parameters)


_GAUSSIAN = gaussian()
WIDE = {"clip": 1e3}


def mean() -> np.ndarray:
    return tasks.problems("inverse", COUNT, 0, size=SIZE).x @ GaussianPosterior.centre.T


def eigenvalues() -> np.ndarray:
    """σ/(σ² + ᾱv) [level, direction]."""
    return SIGMA[:, None] / (SIGMA[:, None] ** 2 + ALPHA_BAR[:, None] * VARIANCES)


def test_spectrum_of_a_gaussian_posterior_at_every_place() -> None:
    found = of("hessian_spectrum")
    expected = np.sort(eigenvalues(), axis=-1)
    for place in PLACES:
        for problem in range(COUNT):
            lam = found.eigenvalue_spectrum.sel(place=place, problem=problem).values
            np.testing.assert_allclose(lam, expected, rtol=2e-5)
    assert (found["index"] == 0).all()
    assert (found.above_inverse_sigma == 0).all()


def test_implied_variance_is_that_of_the_posterior_at_every_place() -> None:
    """v = (1/v_x + ᾱ/σ²)⁻¹ given x and ỹ; at t ≥ 8 float32 eigenvalues do not tell it."""
    found = of("hessian_spectrum").implied_variance
    given = 1 / (1 / VARIANCES + (ALPHA_BAR / SIGMA**2)[:, None])
    for t in range(8):
        np.testing.assert_allclose(found.sel(level=t), given[t].mean(), rtol=3e-3)


def test_the_jump_lands_on_the_posterior_mean() -> None:
    """m + √ᾱ V(σ² + ᾱV)⁻¹(ỹ − √ᾱ m), from the answer of the level before."""
    found = of("descent", **WIDE)
    landed, answers = found.trajectory.values[:, :, 0], found.answer.values
    q = basis()
    for t in range(9):
        noisy = answers[:, t + 1].reshape(COUNT, D) - mean()
        gain = ALPHA_BAR[t] * VARIANCES / (SIGMA[t] ** 2 + ALPHA_BAR[t] * VARIANCES)
        expected = mean() + noisy @ q.T * gain @ q
        np.testing.assert_allclose(
            landed[:, t].reshape(COUNT, D), expected, atol=2e-5 * 10 ** (t > 6)
        )


def test_the_minimum_is_the_mean() -> None:
    found = of("descent", **WIDE)
    expected = np.broadcast_to(mean()[:, None], (COUNT, 10, D)).reshape(COUNT, 10, SIZE, SIZE)
    sharp = found.sel(level=slice(0, 8))
    np.testing.assert_allclose(sharp.minimum, expected[:, :9], atol=1e-5)
    np.testing.assert_allclose(sharp.minimum_energy, 0, atol=1e-12)
    assert (sharp.minimum_status == 0).all()
    y = tasks.problems("inverse", COUNT, 0, size=SIZE).y
    truth = ((mean() - y) ** 2).mean(-1)
    np.testing.assert_allclose(sharp.minimum_mse, truth[:, None].repeat(9, 1), rtol=1e-4)


def test_a_minimum_lies_in_the_box_or_not() -> None:
    """The polishing knows no clamp: c set between the means' largest entries tells them apart."""
    furthest = np.sort(np.abs(mean()).max(-1))
    c = float(furthest[2:4].mean())
    inside = of("descent", clip=c).minimum_in_box.sel(level=0).values
    np.testing.assert_array_equal(inside, np.abs(mean()).max(-1) <= c)
    assert 0 < inside.mean() < 1


def test_directions_are_aligned_as_the_posterior_is() -> None:
    found = of("eigenspace", k=3).sel(level=list(RESOLVED))
    assert (found.resolved == 1).all()
    np.testing.assert_allclose(found.alignment.sel(subspace="symmetric", end="top"), 1, atol=1e-4)
    np.testing.assert_allclose(found.alignment.sel(subspace="trace", end="top"), 1 / 3, atol=1e-4)
    for name, value in (("antisymmetric", 1), ("symmetric", 0), ("trace", 0)):
        seen = found.alignment.sel(subspace=name, end="bottom")
        np.testing.assert_allclose(seen, value, atol=1e-4)


def test_the_outermost_direction_and_either_side_of_the_break_are_named() -> None:
    """λ falls with v: the trace is the stiffest; three antisymmetric ones lie below the widest gap,
    six symmetric ones above it.
    """
    spectrum = of("hessian_spectrum").sel(level=list(RESOLVED))
    assert (spectrum.break_below == 3).all()
    found = of("eigenspace", k=3).sel(level=list(RESOLVED))
    first, sides = found.alignment_first, found.alignment_break
    np.testing.assert_allclose(first.sel(end="top", subspace="trace"), 1, atol=1e-3)
    np.testing.assert_allclose(first.sel(end="bottom", subspace="antisymmetric"), 1, atol=1e-3)
    for end, name, value in (
        ("bottom", "antisymmetric", 1), ("bottom", "symmetric", 0), ("top", "symmetric", 1),
        ("top", "trace", 1 / 6),
    ):  # fmt: skip
        np.testing.assert_allclose(sides.sel(end=end, subspace=name), value, atol=1e-4)


def test_curvature_of_named_subspaces() -> None:
    found, lam = of("hessian_spectrum").subspace_curvature, eigenvalues()
    for name, rows in (
        ("symmetric", slice(0, 6)), ("antisymmetric", slice(6, 9)), ("trace", slice(0, 1))
    ):  # fmt: skip
        expected = lam[:, rows].mean(-1)[None, :, None] + np.zeros((COUNT, 1, 4))
        np.testing.assert_allclose(found.sel(subspace=name), expected, rtol=1e-5)


def test_mean_implied_variance_is_the_denoising_error_of_the_ideal() -> None:
    """Of the best linear denoiser, whatever the distribution; 256 problems, ± 4 standard errors."""
    model = GaussianIdeal("completion", SIZE)
    found = run("hessian_spectrum", model, "completion", 0, 256, SIZE).sel(place="noised_truth")
    apart = (found.denoising_error - found.implied_variance).sel(level=slice(0, 7))
    error = apart.std("problem") / np.sqrt(256)
    assert (np.abs(apart.mean("problem")) < 4 * error).all()
    assert (error < 0.1 * found.implied_variance.mean("problem").sel(level=slice(0, 7))).all()


def test_cosines_at_the_places() -> None:
    found = of("hessian_spectrum", **{"seed": 0}).sel(level=slice(0, 8))
    assert np.isnan(found.cosine_to_minimum.sel(place="minimum")).all()
    assert np.isnan(found.cosine_to_truth.sel(place="truth")).all()
    at_truth = found.cosine_to_minimum.sel(place="truth")
    assert (at_truth > 0).all(), "of a convex bowl, −∇E never points away from the minimum"
    y = tasks.problems("inverse", COUNT, 0, size=SIZE).y
    along = (mean() - y) @ basis().T
    bent = along * eigenvalues()[2]
    expected = (along * bent).sum(-1) / np.linalg.norm(along, axis=-1)
    expected /= np.linalg.norm(bent, axis=-1)
    np.testing.assert_allclose(at_truth.sel(level=2), expected, atol=1e-5)


def test_the_spectrum_of_inverse_breaks_after_the_symmetric_directions_but_the_identity() -> None:
    model = bundled("inverse")
    spectrum = run("hessian_spectrum", model, "inverse", 0, 1, 20).isel(problem=0)
    sharp = spectrum.sel(level=[0, 1, 2, 4], place="answer")
    np.testing.assert_array_equal(sharp.break_below, 209)
    assert (sharp.break_ratio > 5).all()
    trace = sharp.subspace_curvature.sel(subspace="trace")
    assert (trace > sharp.eigenvalue_spectrum.isel(eigenvalue=-2)).all()
    found = run("eigenspace", model, "inverse", 0, 1, 20).sel(problem=0, level=0, place="answer")
    assert float(found.alignment_first.sel(end="top", subspace="trace")) > 0.95
    below = found.alignment_break.sel(end="bottom", subspace="symmetric")
    assert float(below) > 0.9 > float(found.alignment_random.sel(subspace="symmetric")) + 0.3


def test_directions_do_not_turn_from_level_to_level() -> None:
    found = of("eigenspace", k=3).sel(level=list(RESOLVED)[1:])
    assert float(found.angle_level.max()) < 5e-3
    assert float(found.angle_place.max()) < 5e-3


def test_slices_are_exact_at_the_fewest_nodes() -> None:
    found = of("landscape_slice", plane="stiff_soft")
    assert (found.nodes == found.nodes.min()).all()
    assert (found.surface_error <= 2e-7).all()
    assert int(found.nodes[0]) <= 9


def test_cosines_to_the_minimum_by_the_formula() -> None:
    """cos(H(ỹ − √ᾱm), ỹ − √ᾱm) at every state."""
    found = of("descent", **WIDE)
    q, lam = basis(), eigenvalues()
    for t in range(9):
        states = found.trajectory.values[:, t].reshape(COUNT, -1, D).astype(float)
        along = (states - mean()[:, None]) @ q.T
        bent = lam[t] * along
        expected = (along * bent).sum(-1) / np.linalg.norm(along, axis=-1)
        expected /= np.linalg.norm(bent, axis=-1)
        far = np.linalg.norm(along, axis=-1) > 1e-3
        seen = found.step_cosine_to_minimum.values[:, t]
        np.testing.assert_allclose(seen[far], expected[far], atol=1e-3)
    unpolished = of("descent", polish_iterations=0)
    assert np.isnan(unpolished.step_cosine_to_minimum).all()
    there = np.isfinite(unpolished.step_cosine_to_truth)
    np.testing.assert_array_equal(there, unpolished.step_gradient_norm > 0)


def test_the_ideal_of_completion_prefers_its_wrong_answer_on_every_problem() -> None:
    found = run("descent", GaussianIdeal("completion", SIZE), "completion", 0, COUNT, SIZE)
    excess = (found.energy_answer - found.energy_truth).sel(level=0)
    assert (excess < 0).all()
    assert (found.mse_final > 1e-3).all()


@pytest.mark.parametrize("task", ["inverse", "addition"])
def test_the_ideal_where_x_fixes_y_finds_it(task: str) -> None:
    found = run("descent", GaussianIdeal(task, SIZE), task, 0, COUNT, SIZE)
    np.testing.assert_allclose(found.mse_final, 0, atol=1e-9)
    np.testing.assert_allclose(found.energy_truth, 0, atol=1e-20)
    spectrum = run("hessian_spectrum", GaussianIdeal(task, SIZE), task, 0, COUNT, SIZE)
    lam = spectrum.eigenvalue_spectrum
    np.testing.assert_allclose(lam, (lam * 0) + (1 / SIGMA)[:, None, None], rtol=1e-5)


def test_the_undivided_answer_of_a_point_mass_errs_by_the_missing_division() -> None:
    """Addition: official MSE (1 − √ᾱ₀)²·E y², E y² = ⅔."""
    model = GaussianIdeal("addition", 20)
    found = run("descent", model, "addition", 0, 32, 20, polish_iterations=0)
    y = tasks.problems("addition", 32, 0).y
    expected = (1 - np.sqrt(ALPHA_BAR[0])) ** 2 * (y**2).mean(-1)
    np.testing.assert_allclose(found.mse_official, expected, rtol=1e-3)
    assert float(found.mse_official.mean()) == pytest.approx(1.318e-4, rel=0.02)


def test_two_modes_have_a_saddle_between_them() -> None:
    """Along e, λ = (σ/s²)(1 − ᾱ‖e‖²/s²) with s² = σ² + ᾱw; σ/s² elsewhere; the truth is midway."""
    model = AdaptedEnergy(TwoModes(), "2" * 24, {})
    found = run("hessian_spectrum", model, "addition", 0, COUNT, SIZE, dtype="float64")
    midway = found.sel(place="truth")
    spread = SIGMA**2 + ALPHA_BAR * TwoModes.variance
    square = ALPHA_BAR * D * TwoModes.offset**2
    least = SIGMA / spread * (1 - square / spread)
    np.testing.assert_allclose(midway.smallest_eigenvalue, least + 0 * midway.trace, rtol=1e-5)
    np.testing.assert_allclose(midway.largest_eigenvalue, SIGMA / spread + 0 * midway.trace, 1e-5)
    np.testing.assert_array_equal(midway["index"], (square > spread) + 0 * midway.trace)
    assert int(midway["index"].sel(level=0)[0]) == 1
    sharp = found.sel(level=slice(0, 2), place=["answer", "minimum"])
    assert (sharp["index"] == 0).all(), "the sampler ends in a mode"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_undecided_is_less_than_eight_units_in_the_last_place(dtype: type) -> None:
    e = np.array([1.0, 1.0, 1.0, 1.5, 300.0, 300.0, 0.0, np.inf, np.nan], dtype)
    ulps = np.array([0, 7, 8, -7, -8, 7, 0, 1, 1])
    new = (e + ulps * np.spacing(e)).astype(dtype)
    seen = within_rounding(torch.from_numpy(e), torch.from_numpy(new)).tolist()
    assert seen == [True, True, False, True, False, True, True, False, False]


def test_undecided_decisions_of_a_real_walk() -> None:
    """Every proposal made again from the recorded state and gradient, and judged by NumPy."""
    model = bundled("inverse")
    p = tasks.problems("inverse", 32, 0)
    x = torch.from_numpy(p.x).float()
    start = torch.from_numpy(np.random.default_rng(0).normal(size=(32, 400))).float()
    walk, s = anneal(model, x, start), model.schedule
    undecided = 0
    for row, t in enumerate(range(9, -1, -1)):
        assert not walk.undecided[row, 0].any(), "the jump is not judged"
        eta, box = float(np.float32(s.step_size[t])), 2 * float(np.float32(s.sqrt_alpha_bar[t]))
        for step in range(1, 6):
            y, g, e = (c[row, step - 1] for c in (walk.states, walk.gradients, walk.energies))
            factor = torch.tensor(np.float32(eta)) * (1.0 if step == 1 else 2.0)
            proposal = (y - g * factor).clamp(-box, box)
            new = model.official_energy_and_gradient(x, proposal, t)[0].numpy()
            near = np.abs(new - e.numpy()) < 8 * np.spacing(e.numpy())
            moved = walk.acceptance[row, step].numpy() != UNCHANGED
            np.testing.assert_array_equal(walk.undecided[row, step], near & moved)
            undecided += (near & moved).sum()
    assert undecided > 0


def test_what_became_of_all_inner_steps_adds_up_to_one() -> None:
    r = run("descent", bundled("inverse"), "inverse", 0, 3, 20)
    parts = ("decided_accepted", "decided_rejected", "undecided", "unchanged")
    np.testing.assert_allclose(sum(r[f"{name}_share"] for name in parts), 1, atol=1e-12)
    assert (r.undecided_share > 0).any()
    assert (r.step_undecided.isel(step=0) == 0).all()
    done = (r.step_accepted == 2).isel(step=slice(1, None)).mean("step")
    np.testing.assert_allclose(r.accepted_share, done)
