"""The gradient in the layers against automatic differentiation, and against known answers."""

import numpy as np
import pytest
import torch
from cases import small
from dictionary_records import run

from ired_interp_core import tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.probing.flow import dead, flow_dataset, layer_gradients, untrained
from ired_interp_core.records import Block, ProblemSet


def test_gradients_of_the_layers_are_those_of_automatic_differentiation():
    model = small()
    rng = np.random.default_rng(0)
    x, y = (torch.from_numpy(rng.normal(size=(4, n))) for n in (model.n_in, model.d))
    w = model.layers(torch.float64, x.device)
    for t in (0, 4, 9):
        h, found = [], layer_gradients(model, x, y, t)
        z = model.first_layer(x, y)
        gains = [w.m2[[t]].unbind(1), w.m3[[t]].unbind(1)]
        for weight, bias, (gain, shift) in (
            (w.w2, w.b2, gains[0]), (w.w3, w.b3, gains[1]), (w.w4, w.b4, (0.0, 0.0)),
        ):  # fmt: skip
            h.append((z * torch.sigmoid(z)).requires_grad_(True))
            z = (h[-1] @ weight.T + bias) * (gain + 1) + shift
        known = torch.autograd.grad(z.square().sum(), h)
        for mine, theirs in zip(found, known, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-12)


def test_a_unit_is_dead_by_the_largest_of_its_layer():
    g = torch.tensor([[1.0, -0.5e-6, 2e-6, 0.0], [0.0, 0.0, 0.0, 0.0], [torch.nan, 1.0, 0.0, 2.0]])
    assert dead(g).tolist() == [[False, True, False, True], [True] * 4, [True] * 4]


def test_an_untrained_network_has_the_shape_and_never_the_weights():
    model = small()
    first, again, other = (untrained(model, seed) for seed in (0, 0, 1))
    assert {n: w.shape for n, w in first.weights.items()} == {
        n: w.shape for n, w in model.weights.items()
    }
    name = "fc2.weight"
    assert torch.equal(first.weights[name], again.weights[name])
    assert not torch.equal(first.weights[name], other.weights[name])
    assert not torch.equal(first.weights[name], model.weights[name])


def test_sizes_deaths_and_ratios_of_an_answer_are_those_of_its_points():
    p = tasks.problems("inverse", 3, 0, size=3)
    problems, models = ProblemSet("inverse", "same", 3, 0), {"model": small()}
    walked = run("descent", Block(problems, 0, p.x, p.y, models), polish_iterations=0)
    answer = run("gradient_flow", Block(problems, 0, p.x, p.y, models, {"descent": walked}))
    assert answer.sizes["step"] == 7
    size, ratio = answer["layer_gradient"], answer["layer_gradient"].sel(network="trained")
    ratio = ratio.values[..., :-1] / ratio.values[..., 1:]
    np.testing.assert_allclose(answer["least_ratio"], ratio.reshape(3, -1).min(1), rtol=1e-6)
    np.testing.assert_allclose(answer["largest_ratio"], ratio.reshape(3, -1).max(1), rtol=1e-6)
    assert (size > 0).all()
    assert (answer["dead_points"] >= 0).all()
    assert (answer["dead_points"] <= 7).all()
    # The last state of level 0, from its own trajectory.
    y = torch.from_numpy(walked["trajectory"].values[1, 0, -1].reshape(1, -1))
    y = y * np.float32(models["model"].schedule.sqrt_alpha_bar[0])
    x = torch.from_numpy(p.x[[1]].astype("f4"))
    g = layer_gradients(models["model"], x, y, 0)[:, 0].double()
    known = g.square().mean(-1).sqrt()
    found = size.sel(problem=1, network="trained", level=0).isel(step=-1).values
    np.testing.assert_allclose(found, known, rtol=1e-5)


def test_another_energy_has_no_layers():
    p = tasks.problems("inverse", 1, 0, size=3)
    problems = ProblemSet("inverse", "same", 3, 0)
    block = Block(problems, 0, p.x, p.y, {"model": object()}, {"descent": None})
    with pytest.raises(Refusal, match="no hidden layers"):
        flow_dataset(block, {"seed": 0})
