"""Integrated gradients against closed forms and captum; the frozen walk against the sampler."""

import numpy as np
import pytest
import torch
from answers import run
from cases import points, small

from ired_interp_core import tasks
from ired_interp_core.energy import AdaptedEnergy
from ired_interp_core.geometry import frozen
from ired_interp_core.geometry.integrated import gradients, integrated, smoothed
from ired_interp_core.geometry.names import METHODS
from ired_interp_core.ideal_energy import GaussianIdeal
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.schedule import cosine

RNG = np.random.default_rng(0)
SAMPLER = {"clip": 2.0, "inner_steps": 3, "jump": True}


def tensor(*shape: int) -> torch.Tensor:
    return torch.from_numpy(RNG.normal(size=shape))


def test_attributions_of_polynomials_in_closed_form():
    h = tensor(5, 5)
    h = h + h.T
    z = tensor(2, 5)
    zero = torch.zeros_like(z)
    found = integrated(lambda y: 0.5 * torch.einsum("bi,ij,bj->b", y, h, y), z, zero, 4)
    torch.testing.assert_close(found, 0.5 * z * (z @ h), rtol=1e-12, atol=1e-12)
    quartic = integrated(lambda y: y.pow(4).sum(-1), z, zero, 4)
    torch.testing.assert_close(quartic, z.pow(4), rtol=1e-12, atol=1e-12)


def test_attributions_do_not_depend_on_how_they_are_computed():
    model = small(3)
    x, y, _ = points(model, 2)

    def energy(z: torch.Tensor) -> torch.Tensor:
        return model.energy(z[:, :9], z[:, 9:], 4)

    z, start = torch.cat([x, y], 1), tensor(2, 18)
    kept = z.clone(), start.clone()
    whole = integrated(energy, z, start, 16, 10_000)
    for at_once in (1, 7, 64):
        torch.testing.assert_close(integrated(energy, z, start, 16, at_once), whole,
                                   rtol=1e-12, atol=1e-12)  # fmt: skip
    alone = integrated(energy, z[1:], start[1:], 16)
    torch.testing.assert_close(alone, whole[1:], rtol=1e-12, atol=1e-12)
    with torch.no_grad():
        torch.testing.assert_close(integrated(energy, z, start, 16), whole, rtol=0, atol=1e-12)
    back = integrated(energy, start, z, 16)
    torch.testing.assert_close(back, -whole, rtol=1e-10, atol=1e-12)
    change = energy(z) - energy(start)
    torch.testing.assert_close(integrated(energy, z, start, 48).sum(1), change, rtol=1e-6, atol=0)
    assert whole.dtype == torch.float64
    assert integrated(lambda v: v.sum(-1), z.float(), start.float(), 4).dtype == torch.float32
    assert torch.equal(z, kept[0])
    assert torch.equal(start, kept[1])
    assert not z.requires_grad


def test_integrated_gradients_agree_with_captum():
    from captum.attr import IntegratedGradients

    model = small(3)
    x, y, _ = points(model, 2)
    z, start = torch.cat([x, y], 1), tensor(2, 18)

    def energy(v: torch.Tensor) -> torch.Tensor:
        return model.energy(v[:, :9], v[:, 9:], 2)

    theirs = IntegratedGradients(energy).attribute(z, start, method="gausslegendre", n_steps=12)
    ours = integrated(energy, z, start, 12)
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)  # its nodes are float32


def test_smoothed_gradients_are_means_around_the_point():
    z, noise = tensor(2, 4), tensor(3, 2, 4)

    def quartic(v: torch.Tensor) -> torch.Tensor:
        return v.pow(4).sum(-1)

    slow = sum(4 * (z + eta) ** 3 for eta in noise) / 3
    torch.testing.assert_close(smoothed(quartic, z, noise, 2), z * slow)
    torch.testing.assert_close(smoothed(quartic, z, 0 * noise[:1]), 4 * z**4)


@pytest.mark.parametrize("task", ["inverse", "completion"])
def test_the_frozen_walk_is_that_of_the_sampler(task):
    model = small(3, task)
    made = tasks.problems(task, 1, 1, size=3)
    x, y = torch.from_numpy(made.x), torch.from_numpy(made.y)
    start = torch.from_numpy(start_noise(0, np.array([1]), 9))
    decisions = frozen.Decisions()
    recorded = frozen.walk(model, x, start, SAMPLER, decisions)
    walked = anneal(model, x, start, **SAMPLER)
    torch.testing.assert_close(recorded, walked.answers[-1], rtol=1e-11, atol=1e-11)
    assert walked.clamped.max() > 0, "something is clamped"
    assert len(decisions.made) == 10 * (2 + 2 * SAMPLER["inner_steps"])

    def error(rows: torch.Tensor) -> torch.Tensor:
        decisions.begin()
        return (frozen.walk(model, rows, start, SAMPLER, decisions) - y).square().mean(-1)

    slope = gradients(error, x)[0]
    eye = 1e-6 * torch.eye(9, dtype=torch.float64)
    difference = (error(x + eye) - error(x - eye)) / 2e-6
    torch.testing.assert_close(slope, difference, rtol=1e-5, atol=1e-8)
    torch.testing.assert_close(error(x), (recorded - y).square().mean(-1))


class Quartic:
    """Σx⁴ + Σỹ⁴: what x carries says nothing about the answer."""

    size, n_in, task = 3, 9, "completion"

    def energy(self, x, y, t):
        return x.pow(4).sum(-1) + y.pow(4).sum(-1) + 0 * t


def test_an_energy_of_separate_entries_in_closed_form():
    model = AdaptedEnergy(Quartic(), "0" * 24, {})
    r = run("attribution", model, "completion", 0, 2, 3, baseline="noise")
    made = tasks.problems("completion", 2, 0, size=3)
    x = made.x.reshape(2, 3, 3)
    zero = r.sel(approach="zero")
    np.testing.assert_allclose(zero.attribution_x[:, 0], x**4, rtol=1e-5)
    y = run("descent", model, "completion", 0, 2, 3).answer.sel(level=0)
    scale = cosine().alphas_cumprod[0] ** 2
    np.testing.assert_allclose(zero.attribution_y, scale * y**4, rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(r.sel(approach="gradient").attribution_x[:, 0], 4 * x**4, rtol=1e-5)
    total = zero.attribution_x.sum(("part", "row", "col")) + zero.attribution_y.sum(("row", "col"))
    np.testing.assert_allclose(zero.energy_change, total, rtol=1e-5)
    assert (r.energy_gap < 1e-12).all()
    assert np.isnan(r.energy_gaps.sel(approach=["smooth", "gradient"])).all()
    assert np.isnan(r.mean_x.sel(network="untrained")).all()
    np.testing.assert_allclose(r.error_attribution, 0, atol=1e-15)
    for name in ("zero", "smooth"):
        hidden = (x == 0).mean((1, 2))
        np.testing.assert_allclose(r.by_construction.sel(approach=name), hidden)
        assert np.isnan(r.mean_x.sel(approach=name, group="hidden", network="trained")).all()
    off = ~np.eye(3, dtype=bool)
    for i in range(2):
        seen = off & (x[i] != 0)
        mean = r.mean_x.sel(approach="zero", group="off_diagonal", network="trained")[i]
        assert float(mean) == pytest.approx((x[i] ** 4)[seen].mean())
        assert np.isnan(r.size_x.sel(group="hidden")[i])  # hidden entries enter no mean
        assert float(r.size_x.sel(group="off_diagonal")[i]) == pytest.approx(abs(x[i])[seen].mean())
        assert float(r.size_y.sel(group="diagonal")[i]) == pytest.approx(abs(np.diag(y[i])).mean())
    other = r.sel(approach="mean")
    assert (other.by_construction == 0).all()
    assert np.isfinite(other.mean_x.sel(group="hidden", network="trained")).all()
    np.testing.assert_allclose(r.disturbance.sel(count=[1, 2]), 0, atol=1e-12)
    assert r.approach.values.tolist() == list(METHODS)
    agreement = np.diagonal(r.agreement, axis1=1, axis2=2)
    np.testing.assert_allclose(agreement, 1, rtol=1e-6)


def test_the_error_of_an_exact_sum_in_closed_form():
    """ŷ = A + B: along the path from 0 the error is (1 − s)²·mean y*², so A_i gets −A_i y*_i/d."""
    r = run(
        "attribution",
        GaussianIdeal("addition", 3),
        "addition",
        0,
        2,
        3,
        baseline="zero",
        error_nodes=2,
    )
    made = tasks.problems("addition", 2, 0, size=3)
    x, y = made.x.reshape(2, 2, 3, 3), made.y.reshape(2, 1, 3, 3)
    np.testing.assert_allclose(r.error_attribution, -x * y / 9, atol=2e-5)
    np.testing.assert_allclose(r.error_change, -(y**2).mean((1, 2, 3)), rtol=1e-4)
    assert (r.error_gap < 1e-4).all()
    assert (r.error_true_gap < 1e-4).all()
    amount = 0.3 * np.sqrt((x**2).mean((1, 2, 3)))
    moved = r.disturbance.sel(count=1)
    np.testing.assert_allclose(moved, amount[:, None].repeat(3, 1), rtol=1e-4)
