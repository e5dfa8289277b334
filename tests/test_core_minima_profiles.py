"""Energies through minima: beside automatic differentiation, and of a parabola itself."""

from typing import Any

import known_landscapes as known
import numpy as np
import pytest
import torch
import xarray as xr
from cases import small

from ired_interp_core import registry, tasks
from ired_interp_core.energy import Energy
from ired_interp_core.minima.names import OFFSETS
from ired_interp_core.records import Block, ProblemSet

SIZE, COUNT, BASINS = 3, 2, 3
D = SIZE**2


def points(seed: int = 0) -> np.ndarray:
    """Points in place of minima; of problem 1 the first does not exist at t = 4, the last never."""
    found = np.random.default_rng(seed).normal(size=(COUNT, 10, BASINS, SIZE, SIZE))
    found[1, 4, 0] = found[:, :, 2] = np.nan
    return found


def run(
    model: Energy, where: np.ndarray, x: np.ndarray, start: int = 0, **parameters: Any
) -> xr.Dataset:
    stored = xr.Dataset({"point": (("problem", "level", "basin", "row", "col"), where)})
    spec = registry.get("minima_profiles")
    asked = {name: one.default for name, one in spec.parameters.items()} | parameters
    block = Block(ProblemSet("inverse", "same", SIZE, 0), start, x, np.zeros((len(x), D)),
                  {"model": model}, {"minima": stored})  # fmt: skip
    return spec.run(block, asked)


@pytest.mark.parametrize("most", [1, 2])
def test_lines_follow_the_ends_of_the_spectrum(most: int) -> None:
    model, where = small(SIZE), points()
    x = tasks.problems("inverse", COUNT, 0, size=SIZE).x
    found = run(model, where, x, most=most)
    scale = model.schedule.sqrt_alpha_bar
    for i, t in ((0, 0), (1, 4), (1, 9)):
        given = torch.from_numpy(x[i : i + 1])
        there = [b for b in range(BASINS) if np.isfinite(where[i, t, b]).all()][:most]
        for b in range(BASINS):
            one = found.isel(problem=i, basin=b).sel(level=t)
            if b not in there:
                assert np.isnan(one.line_energy).all()
                continue
            y = torch.from_numpy(scale[t] * where[i, t, b].ravel())
            h = torch.autograd.functional.hessian(
                lambda moved, t=t, given=given: model.energy(given, moved[None], t)[0], y
            )
            values, vectors = np.linalg.eigh(h.numpy())
            for end, k in (("top", -1), ("bottom", 0)):
                line = one.sel(end=end)
                assert float(line.line_curvature) == pytest.approx(values[k], rel=1e-9)
                v = vectors[:, k] * np.sign(vectors[np.abs(vectors[:, k]).argmax(), k])
                for s, e in zip(OFFSETS, line.line_energy.values, strict=True):
                    at = y + torch.from_numpy(s * np.sqrt(D) * v)
                    assert e == pytest.approx(float(model.energy(given, at[None], t)), rel=1e-9)


def test_a_problem_asked_alone_is_that_of_the_block_to_the_bit() -> None:
    model, where = small(SIZE), points()
    x = tasks.problems("inverse", COUNT, 0, size=SIZE).x
    whole, alone = run(model, where, x), run(model, where[1:], x[1:], 1)
    xr.testing.assert_identical(alone, whole.isel(problem=slice(1, None)))


def test_a_parabola_is_what_its_curvature_predicts_and_a_double_well_is_not() -> None:
    """½Σy² along every other entry; (y₁² − 1)² at y₁ = 1 is 4s² + 4s³ + s⁴."""
    model = known.model(lambda a: (a**2 - 1) ** 2, 1, SIZE)
    bottom = np.zeros((1, 10, 1, SIZE, SIZE))
    bottom[..., 0, 0] = 1 / model.schedule.sqrt_alpha_bar[None, :, None]
    found = run(model, bottom, np.zeros((1, 1))).isel(problem=0, basin=0)
    s = np.sqrt(D) * np.array(OFFSETS)
    for t in (0, 9):
        soft, stiff = (found.sel(level=t, end=end) for end in ("bottom", "top"))
        np.testing.assert_allclose(soft.line_curvature, 1)
        np.testing.assert_allclose(soft.line_energy, s**2 / 2, atol=1e-12)
        np.testing.assert_allclose(stiff.line_curvature, 8)
        np.testing.assert_allclose(stiff.line_energy, 4 * s**2 + 4 * s**3 + s**4, atol=1e-9)
