"""A probe's direction as an axis of a plane, and as a way to push the sampler."""

from dataclasses import replace
from functools import cache
from typing import Any

import answers
import numpy as np
import pytest
import torch
import xarray as xr
from cases import random_tensors

from ired_interp_core import checkpoints, registry, tasks
from ired_interp_core.dictionaries.intervention import Intervened
from ired_interp_core.dictionaries.names import STEERINGS
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.inference import anneal
from ired_interp_core.records import Block, ProblemSet

SIZE, D, WIDTH, COUNT, LEVEL = 3, 9, 8, 3, 4
SITES = ("gradient", "h1", "h2", "h3")
SET = ProblemSet("inverse", "same", SIZE, 0)


@cache
def model() -> Energy:
    return checkpoints.from_tensors(random_tensors(SIZE, 1, WIDTH, seed=2), {"task": "inverse"})


@cache
def probes() -> xr.Dataset:
    """Probes of random directions; those of the trace are none."""
    rng = np.random.default_rng(3)
    layers, gradient = rng.normal(size=(2, 3, 10, WIDTH)), rng.normal(size=(2, 10, SIZE, SIZE))
    layers /= np.linalg.norm(layers, axis=-1, keepdims=True)
    gradient /= np.linalg.norm(gradient, axis=(-2, -1), keepdims=True)
    layers[1], gradient[1] = np.nan, np.nan
    return xr.Dataset(
        {"layer_direction": (("property", "layer", "level", "unit"), layers.astype("f4")),
         "gradient_direction": (("property", "level", "row", "col"), gradient.astype("f4"))},
        {"property": ["error", "trace"], "layer": ["h1", "h2", "h3"], "level": range(10)},
    )  # fmt: skip


@cache
def block() -> Block:
    p = tasks.problems("inverse", COUNT, 0, size=SIZE)
    upstream = {"probes": probes()}
    for role, name in (("descent", "descent"), ("slice", "landscape_slice")):
        upstream[role] = answers.run(name, model(), "inverse", 0, COUNT, SIZE)
    return Block(SET, 0, p.x, p.y, {"model": model()}, upstream)


def run(name: str, given: Block | None = None, **parameters: Any) -> xr.Dataset:
    spec = registry.get(name)
    filled = {role: "0" * 24 for role, kind in spec.inputs.items() if kind.needed}
    asked = spec.question(filled, {"level": LEVEL, **parameters})
    return spec.run(given or block(), asked.parameters)


def direction(site: str) -> np.ndarray:
    stored = probes().sel(property="error", level=LEVEL)
    w = stored.gradient_direction if site == "gradient" else stored.layer_direction.sel(layer=site)
    return w.values.astype("f8").ravel()


def layer(site: str, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """h_l in float64 by its definition, differentiable."""
    w = {k: v.double() for k, v in model().weights.items()}
    modulations = model()._official_modulation(LEVEL, y)
    h = torch.cat([x, y], -1)
    for number in range(1, int(site[1]) + 1):
        z = h @ w[f"fc{number}.weight"].T + w[f"fc{number}.bias"]
        if number > 1:
            gain, bias = modulations[number - 2]
            z = z * gain + bias
        h = z * torch.sigmoid(z)
    return h


@pytest.mark.parametrize("site", SITES)
def test_the_plane_is_along_what_the_probe_reads(site: str) -> None:
    found, w = run("probe_slice", site=site, max_nodes=5, v="random"), direction(site)
    for i in range(COUNT):
        wanted = w
        if site != "gradient":
            scale = model().schedule.sqrt_alpha_bar[LEVEL]
            centre = block().upstream["descent"].answer.values[i, LEVEL].astype("f8").ravel()
            y = torch.tensor(scale * centre)[None].requires_grad_()
            read = layer(site, torch.as_tensor(block().x[i : i + 1]).double(), y)
            (read @ torch.as_tensor(w)).sum().backward()
            wanted = y.grad[0].numpy()
        u = found.direction[i].values[0].ravel()
        np.testing.assert_allclose(u, wanted / np.linalg.norm(wanted), atol=1e-5)
        assert int(found.nodes[i]) > 0


@pytest.mark.parametrize("site", SITES)
def test_the_sampler_is_pushed_along_the_probe_and_as_far_along_random_ways(site: str) -> None:
    found, w = run("probe_steered", site=site, strength=1.5), direction(site)

    class Pushed(Intervened):
        def official_energy_and_gradient(self, x, y, t):
            self.edit = self.push if t == LEVEL else None
            return super().official_energy_and_gradient(x, y, t)

        def push(self, h):
            self.seen.append(h.double().clone())
            return h + self.by

    stored = block().upstream["descent"]
    for i in range(COUNT):
        x = torch.from_numpy(block().x[i : i + 1]).float()
        start = torch.from_numpy(stored.start.values[i].reshape(1, D)).float()
        energy = Pushed(model(), site)
        for by in (0.0, None):
            if by is None:
                rms = torch.stack(energy.seen).square().mean().sqrt()
                by = (1.5 * rms * torch.as_tensor(w)).float()
            energy.by, energy.seen = by, []
            walked = anneal(energy, x, start).answers
        assert float(found.strength_unit[i]) == pytest.approx(float(rms), rel=1e-3)
        answer = found.answer.sel(steering="steered").isel(problem=i, level=0).values.ravel()
        plain = found.answer.sel(steering="plain").isel(problem=i, level=0).values.ravel()
        wanted = np.asarray(walked[-1, 0])
        np.testing.assert_allclose(answer, wanted, rtol=1e-3, atol=1e-4)
        shift = np.linalg.norm(answer.astype("f8") - plain)
        assert float(found.steered_shift[i]) == pytest.approx(shift, rel=1e-6)
    above = found["shift"].sel(level=slice(LEVEL + 1, 9))
    assert (above == 0).all()  # nothing is changed before the level
    controls = found["shift"].sel(steering=list(STEERINGS[2:]), level=LEVEL)
    assert (controls > 0).all()


def test_random_ways_are_of_the_length_of_the_probes_own() -> None:
    from ired_interp_core.probing.steered import directions

    ways = directions(direction("h2"), 0, np.arange(50))
    np.testing.assert_allclose(np.linalg.norm(ways, axis=-1), 1, atol=1e-6)
    cosines = np.abs(ways[1:] @ direction("h2"))
    assert 0.2 < cosines.mean() < 0.4  # of random unit vectors of 8 units: 0.29
    again = directions(direction("h2"), 0, np.arange(3, 5))
    np.testing.assert_array_equal(again, ways[:, 3:5])


def test_no_strength_is_the_stored_descent() -> None:
    found, stored = run("probe_steered", strength=0.0), block().upstream["descent"]
    assert (found["shift"] == 0).all()
    for way in STEERINGS:
        assert found.answer.sel(steering=way).values.tobytes() == stored.answer.values.tobytes()


@pytest.mark.parametrize("name", ["probe_slice", "probe_steered"])
@pytest.mark.parametrize("site", ["gradient", "h3"])
def test_a_problem_asked_alone_is_that_of_the_block_to_the_bit(name: str, site: str) -> None:
    whole, given = run(name, site=site), block()
    rows = {
        role: answer if role == "probes" else answer.isel(problem=slice(1, 2))
        for role, answer in given.upstream.items()
    }
    alone = run(name, Block(SET, 1, given.x[1:2], given.y[1:2], given.models, rows), site=site)
    for variable in whole.data_vars:
        one = whole[variable]
        one = one.isel(problem=slice(1, 2)) if "problem" in one.dims else one
        np.testing.assert_array_equal(alone[variable], one, variable)


@pytest.mark.parametrize("name", ["probe_slice", "probe_steered"])
def test_a_probe_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(Refusal, match="no probe of this property"):
        run(name, property="trace")
    with pytest.raises(Refusal, match="no such property"):
        run(name, property="log10_condition")
    cut = probes().isel(unit=slice(4))
    other = replace(block(), upstream={**block().upstream, "probes": cut})
    with pytest.raises(Refusal, match="of other activations"):
        run(name, other, site="h2")
