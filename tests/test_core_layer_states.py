"""Layers, gradient and energy at the states of a descent, against float64 automatic derivatives."""

import numpy as np
import pytest
import torch
from cases import small
from dictionary_records import run

from ired_interp_core import tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.probing.flow import untrained
from ired_interp_core.probing.layer_states import layer_states_dataset
from ired_interp_core.records import Block, ProblemSet


@pytest.fixture(scope="module")
def block():
    p = tasks.problems("inverse", 3, 0, size=3)
    problems, models = ProblemSet("inverse", "same", 3, 0), {"model": small()}
    walked = run("descent", Block(problems, 0, p.x, p.y, models), polish_iterations=0)
    return Block(problems, 0, p.x, p.y, models, {"descent": walked})


def slow(model, x, y, t):
    """h1, h2, h3, ∇E and E of one point, float64, by automatic differentiation."""
    w = model.layers(torch.float64, torch.device("cpu"))
    y = y.clone().requires_grad_(True)
    z, h = model.first_layer(x, y), []
    gains = [w.m2[[t]].unbind(1), w.m3[[t]].unbind(1), (0.0, 0.0)]
    for weight, bias, (gain, shift) in zip((w.w2, w.w3, w.w4), (w.b2, w.b3, w.b4), gains,
                                           strict=True):  # fmt: skip
        h.append(z * torch.sigmoid(z))
        z = (h[-1] @ weight.T + bias) * (gain + 1) + shift
    energy = z.square().sum()
    return [one.detach() for one in h], torch.autograd.grad(energy, y)[0], energy.detach()


def test_all_states_are_those_of_the_points_that_the_sampler_visits(block):
    answer = run("layer_states", block, points="all")
    assert answer["network"].values.tolist() == ["trained", "untrained"]
    assert answer["step"].values.tolist() == [-1, 0, 1, 2, 3, 4, 5]
    walked, scale = block.upstream["descent"], block.models["model"].schedule.sqrt_alpha_bar
    for t in (0, 4, 9):
        here = answer.isel(problem=1).sel(level=t)
        np.testing.assert_allclose(
            here["state"].sel(step=5),
            scale[t] * walked["trajectory"].isel(problem=1).sel(level=t, step=5), rtol=1e-6,
        )  # fmt: skip
        for name, model in (
            ("trained", block.models["model"]),
            ("untrained", untrained(block.models["model"], 0)),
        ):
            for step in (-1, 2):
                x = torch.from_numpy(block.x[[1]])
                y = torch.from_numpy(
                    here["state"].sel(step=step).values.reshape(1, -1).astype("f8")
                )
                h, g, e = slow(model, x, y, t)
                mine = here.sel(network=name, step=step)
                for layer, known in zip(("h1", "h2", "h3"), h, strict=True):
                    np.testing.assert_allclose(
                        mine["layer_state"].sel(layer=layer), known[0], rtol=2e-4, atol=1e-6
                    )
                np.testing.assert_allclose(
                    mine["state_gradient"].values.ravel(), g[0], rtol=2e-3, atol=1e-5
                )
                np.testing.assert_allclose(mine["state_energy"], e, rtol=1e-3)


def test_ends_are_the_last_of_all_to_the_bit_where_one_row_is_like_another(block):
    ends, every = run("layer_states", block), run("layer_states", block, points="all")
    assert ends["step"].values.tolist() == [5]
    np.testing.assert_array_equal(ends["state"], every["state"].isel(step=[-1]))
    for name in ("layer_state", "state_gradient", "state_energy"):
        np.testing.assert_allclose(ends[name], every[name].isel(step=[-1]), rtol=1e-4, atol=1e-6)


def test_gradients_are_those_on_which_dictionaries_are_learned(block):
    every = run("layer_states", block, points="all", networks="trained")
    assert every["network"].values.tolist() == ["trained"]
    gradient = run("activations", block, site="gradient")["activation"]
    mine = every["state_gradient"].values[:, 0].reshape(gradient.shape)
    np.testing.assert_array_equal(mine, gradient)
    for layer in ("h1", "h3"):
        there = run("activations", block, site=layer)["activation"]
        mine = every["layer_state"].sel(network="trained", layer=layer)
        np.testing.assert_array_equal(mine, there)


def test_layers_of_another_architecture_are_refused(block):
    other = Block(block.problems, 0, block.x, block.y, {"model": object()}, block.upstream)
    with pytest.raises(Refusal, match="no hidden layers"):
        layer_states_dataset(other, {"points": "ends", "networks": "both", "seed": 0})
