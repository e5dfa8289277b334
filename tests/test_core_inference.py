"""The sampler and the polishing of its answers."""

import numpy as np
import pytest
import torch
from cases import bundled, points, small

from ired_interp_core import tasks
from ired_interp_core.energy import Energy
from ired_interp_core.inference import ACCEPTED, NOT_PROPOSED, UNCHANGED, anneal, start_noise
from ired_interp_core.polish import CONVERGED, OUT_OF_ITERATIONS, STALLED, polish, polish_twin


def anneal_twin(model: Energy, x: torch.Tensor, y: torch.Tensor, c: float) -> torch.Tensor:
    """The sampler written out as docs/definitions.md §1.7 says, row by row, in float64."""
    s = model.schedule
    f32 = lambda values: np.float32(values).astype(float)  # noqa: E731
    scale, recip, recipm1, eta = (
        f32(s.sqrt_alpha_bar), f32(s.sqrt_recip_alphas_cumprod),
        f32(s.sqrt_recipm1_alphas_cumprod), f32(s.step_size),
    )  # fmt: skip
    rows = []
    for i in range(len(y)):
        xi, yi = x[i : i + 1], y[i : i + 1]
        for t in range(9, -1, -1):
            x0 = recip[t] * yi - recipm1[t] * model.gradient(xi, yi, t)
            yi = scale[t] * x0.clamp(-c, c)
            for step in range(5):
                new = yi - (2.0 if step else 1.0) * eta[t] * model.gradient(xi, yi, t)
                new = new.clamp(-c * scale[t], c * scale[t])
                if not model.energy(xi, new, t) > model.energy(xi, yi, t):
                    yi = new
            answer = recip[t] * yi.clamp(-c * scale[t], c * scale[t])
            yi = scale[t - 1] * answer if t else yi
        rows.append(torch.cat([answer, yi]))
    return torch.stack(rows, dim=1)


@pytest.mark.parametrize("clip", [0.7, 2.0, 5.0])
def test_sampler_against_its_twin(clip: float) -> None:
    model = small()
    x, start, _ = points(model, 5)
    walk = anneal(model, x, start, clip=clip)
    answer, official = anneal_twin(model, x, start, clip)
    torch.testing.assert_close(walk.answer, answer, atol=1e-9, rtol=0)
    torch.testing.assert_close(walk.answer_official, official, atol=1e-9, rtol=0)
    assert float(walk.answers.abs().max()) <= clip * (1 + 1e-6)


def test_record_of_the_walk() -> None:
    model = small()
    x, start, _ = points(model, 4)
    walk = anneal(model, x, start, inner_steps=3)
    assert walk.states.shape == (10, 4, 4, 9)
    assert walk.answers.shape == (10, 4, 9)
    assert (walk.acceptance[:, 0] == NOT_PROPOSED).all()
    assert (walk.acceptance[:, 1:] != NOT_PROPOSED).all()
    for level, t in enumerate(range(9, -1, -1)):
        for step in range(4):
            state = walk.states[level, step]
            torch.testing.assert_close(walk.energies[level, step], model.energy(x, state, t))
            torch.testing.assert_close(
                walk.gradient_norms[level, step], model.gradient(x, state, t).norm(dim=-1)
            )
    falls = walk.energies[:, 1:] <= walk.energies[:, :-1] + 1e-12
    assert falls.all(), "an accepted step never raises the energy"


def test_proposals_that_the_clamp_undoes_are_told_apart() -> None:
    model = small()
    x, start, _ = points(model, 4)
    walk = anneal(model, x, start, clip=1e-4)
    assert (walk.acceptance[0, 1:] == UNCHANGED).any()
    moved = (walk.states[:, 1:] != walk.states[:, :-1]).any(-1)
    assert torch.equal(moved, walk.acceptance[:, 1:] == ACCEPTED)


def test_no_jump_and_no_inner_steps_leaves_the_rescaled_start() -> None:
    model = small()
    x, start, _ = points(model, 2)
    walk = anneal(model, x, start, inner_steps=0, jump=False, clip=1e6)
    torch.testing.assert_close(
        walk.answer, start / model.schedule.sqrt_alpha_bar[9], rtol=1e-6, atol=0
    )


def test_noise_is_a_function_of_seed_and_problem() -> None:
    rows = start_noise(3, np.array([5, 6]), 9)
    np.testing.assert_array_equal(rows[1], start_noise(3, np.array([6]), 9)[0])
    assert np.abs(rows - start_noise(4, np.array([5, 6]), 9)).min() > 0


def test_polish_reaches_scipys_minimum() -> None:
    model = bundled("inverse")
    p = tasks.problems("inverse", 2, 5)
    x, t = torch.from_numpy(p.x), torch.tensor([1, 6])
    start = torch.from_numpy(p.y) * torch.from_numpy(model.schedule.sqrt_alpha_bar)[t][:, None]
    found = polish(model, x, start, t, 500)
    assert (found.status == CONVERGED).all()
    for i in range(2):
        twin = polish_twin(model, p.x[i], start[i].numpy(), int(t[i]))
        assert float(found.energies[i]) == pytest.approx(twin.fun, rel=1e-9)
        np.testing.assert_allclose(found.points[i], twin.x, atol=1e-5)
    e, g = model.energy_and_gradient(x, found.points, t)
    torch.testing.assert_close(found.energies, e)
    torch.testing.assert_close(found.gradient_norms, g.norm(dim=-1), atol=1e-9, rtol=0)


def test_polish_says_how_it_ended() -> None:
    model = small()
    x, y, t = points(model, 3)
    none = polish(model, x, y, t, 0)
    assert (none.status == OUT_OF_ITERATIONS).all()
    assert torch.equal(none.points, y)
    bad = y.clone()
    bad[1] = float("nan")
    ended = polish(model, x, bad, t, 3000)
    assert ended.status[1] == STALLED
    assert ended.status[0] == CONVERGED
    assert (ended.energies[[0, 2]] <= model.energy(x, y, t)[[0, 2]]).all()
