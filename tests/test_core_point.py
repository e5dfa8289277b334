"""A chosen point: energy, slope and spectrum there, and how far it lies from what is known."""

from functools import cache

import numpy as np
import pytest
import torch
import xarray as xr
from answers import run
from cases import small
from test_core_known_answers import ALPHA_BAR, basis, eigenvalues, gaussian
from test_core_known_answers import mean as posterior_mean

from ired_interp_core import registry, tasks
from ired_interp_core.analyses import hessian_spectrum
from ired_interp_core.errors import Refusal
from ired_interp_core.landscape.interpolation import evaluate
from ired_interp_core.records import Block, ProblemSet

SIZE, D, COUNT = 3, 9, 3
LEVELS = range(10)


MODEL = small(SIZE)
"""One for all questions: the descents that they read are walked once."""


@cache
def answer(name: str, **parameters) -> xr.Dataset:
    return run(name, MODEL, "inverse", 0, COUNT, SIZE, **parameters)


def twin(x: np.ndarray, where: np.ndarray, t: int) -> tuple[float, float, np.ndarray]:
    """E, ‖∇E‖ and all λ at a point of the data frame, by automatic differentiation in float64."""
    model = small(SIZE)
    x, y = (torch.as_tensor(v, dtype=torch.float64) for v in (x, where))
    scale = float(np.sqrt(model.schedule.alphas_cumprod[t]))

    def energy(moved: torch.Tensor) -> torch.Tensor:
        return model.energy(x[None], moved[None], t)[0]

    g = torch.autograd.functional.jacobian(energy, scale * y)
    h = torch.autograd.functional.hessian(energy, scale * y)
    return float(energy(scale * y)), float(g.norm()), torch.linalg.eigvalsh(h).numpy()


@pytest.mark.parametrize(("a", "b"), [(0.0, 0.0), (0.31, -0.2), (-1.7, 2.5)])
def test_a_point_is_what_the_plane_says_and_the_energy_is_there(a: float, b: float) -> None:
    found, slice_ = answer("point", a=a, b=b, dtype="float64"), answer("landscape_slice")
    x = tasks.problems("inverse", COUNT, 0, size=SIZE).x
    for i in range(COUNT):
        c, (u, v) = slice_.centre.values[i].astype("f8"), slice_.direction.values[i].astype("f8")
        where = (c + float(slice_.radius[i]) * (a * u + b * v)).ravel()
        np.testing.assert_allclose(found.matrix[i].values.ravel(), where, rtol=1e-14)
        for t in LEVELS:
            here = found.isel(problem=i, level=t)
            e, slope, lam = twin(x[i], where, t)
            assert float(here.energy) == pytest.approx(e, rel=1e-10)
            assert float(here.gradient_norm) == pytest.approx(slope, rel=1e-8)
            np.testing.assert_allclose(here.eigenvalue_spectrum, lam, atol=1e-6 * abs(lam).max())
            assert float(here.smallest_eigenvalue) == pytest.approx(lam[0], abs=1e-8)
            assert float(here.largest_eigenvalue) == pytest.approx(lam[-1], rel=1e-8)
            assert int(here["index"]) == (lam < -1e-6 * abs(lam).max()).sum()


def test_the_surface_of_the_slice_is_the_energy_of_the_point() -> None:
    slice_, found = answer("landscape_slice"), answer("point", a=0.31, b=-0.2)
    for i in range(COUNT):
        row = slice_.isel(problem=i)
        for t in LEVELS:
            seen = evaluate(
                row.energy[t].values, row.node.values, np.array([0.31]), np.array([-0.2])
            )
            near = 2e-5 * float(row.energy_range[t]) + 1e-6
            assert seen[0, 0] == pytest.approx(float(found.energy[i, t]), abs=near)
    np.testing.assert_allclose(found.position, [[0.31, -0.2]] * COUNT, rtol=0)
    np.testing.assert_array_equal(found.radius, slice_.radius)
    np.testing.assert_allclose(found.plane_distance, 0, atol=1e-6)


def test_the_centre_of_a_slice_at_an_answer_is_that_place() -> None:
    found = answer("point").sel(level=0)
    known = answer("hessian_spectrum").sel(level=0, place="answer")
    size = float(known.spectral_radius.max())
    np.testing.assert_allclose(
        found.eigenvalue_spectrum, known.eigenvalue_spectrum, atol=1e-5 * size
    )
    for name in hessian_spectrum.VARIABLES.keys() & known.data_vars.keys() - {
        "eigenvalue_spectrum", "alpha_bar", "sigma",
    }:  # fmt: skip
        np.testing.assert_allclose(found[name], known[name], rtol=2e-4, atol=1e-5, err_msg=name)
    np.testing.assert_allclose(found.energy, known.energy, rtol=1e-6)
    assert (found["index"] == known["index"]).all()
    np.testing.assert_allclose(found.mse, answer("descent").mse_final, rtol=1e-6)


@pytest.mark.parametrize(("level", "step"), [(0, 5), (3, 2), (9, 0)])
def test_the_energy_of_a_state_is_that_of_its_step(level: int, step: int) -> None:
    found = answer("point", source="state", level=level, step=step, a=1.0)
    walk = answer("descent").isel(level=level, step=step)
    here = found.isel(level=level)
    np.testing.assert_array_equal(found.matrix, walk.trajectory)
    np.testing.assert_allclose(here.energy, walk.step_energy, rtol=1e-5)
    np.testing.assert_allclose(here.gradient_norm, walk.step_gradient_norm, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.mse, walk.step_mse, rtol=1e-5)
    np.testing.assert_array_equal(found.nearest_distance, 0)
    position = answer("landscape_slice").isel(level=level, step=step)
    np.testing.assert_allclose(found.position, position.path_position, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.plane_distance, position.path_distance, rtol=1e-4, atol=1e-5)


def test_the_nearest_state_and_the_entries_outside_the_box() -> None:
    found, walk = answer("point", a=2.0, b=-3.0), answer("descent")
    for i in range(COUNT):
        where = found.matrix[i].values
        away = {
            (t, s): np.sqrt(((walk.trajectory[i, t, s].values.astype("f8") - where) ** 2).sum())
            for t in LEVELS for s in range(6)
        }  # fmt: skip
        nearest = int(found.nearest_level[i]), int(found.nearest_step[i])
        assert float(found.nearest_distance[i]) == pytest.approx(min(away.values()), rel=1e-12)
        assert away[nearest] == min(away.values())
        assert float(found.outside_box[i]) == (np.abs(where) > 2.0 * (1 + 1e-6)).sum()
    assert float(found.outside_box.max()) > 0
    # States at the first jump lie on the box, where rounding may put an entry beyond it.
    assert (answer("point", source="state", level=9).outside_box == 0).all()


def test_a_gaussian_posterior_has_its_curvature_at_every_point() -> None:
    found = run("point", gaussian(), "inverse", 0, COUNT, SIZE, a=-2.0, b=0.7)
    np.testing.assert_allclose(
        found.eigenvalue_spectrum, np.sort(eigenvalues(), axis=-1)[None].repeat(COUNT, 0), rtol=2e-5
    )
    away = (found.matrix.values.reshape(COUNT, D) - posterior_mean()[:COUNT]) @ basis().T
    for t in LEVELS:
        along = np.sqrt(ALPHA_BAR[t]) * away
        np.testing.assert_allclose(
            found.energy[:, t], (eigenvalues()[t] * along**2).sum(-1) / 2, rtol=1e-9
        )
        np.testing.assert_allclose(
            found.gradient_norm[:, t], np.linalg.norm(eigenvalues()[t] * along, axis=-1), rtol=1e-9
        )
    assert (found["index"] == 0).all()


def test_eigenvectors_of_a_point() -> None:
    found = answer("point", a=0.4, vectors=2).isel(problem=1, level=4)
    p = tasks.problems("inverse", COUNT, 0, size=SIZE)
    y = torch.from_numpy(np.sqrt(ALPHA_BAR[4]) * found.matrix.values.ravel())
    h = small(SIZE).hessian(torch.from_numpy(p.x[1:2]), y[None], 4)[0].numpy()
    for vectors, values in ((found.vector_top, [-1, -2]), (found.vector_bottom, [0, 1])):
        for vector, rank in zip(vectors.values.reshape(2, D), values, strict=True):
            lam = float(found.eigenvalue_spectrum[rank])
            np.testing.assert_allclose(h @ vector, lam * vector, atol=1e-4 * np.abs(h).max())


def test_a_step_that_is_not_there_is_refused() -> None:
    with pytest.raises(
        Refusal, match=r"no such step · in: point, step · came: 6 · expected: 0 … 5"
    ):
        run("point", small(SIZE), "inverse", 0, 1, SIZE, source="state", step=6)


def test_a_slice_without_a_plane_has_no_point() -> None:
    slice_ = answer("landscape_slice").isel(problem=slice(0, 1)).copy(deep=True)
    for name in ("direction", "radius"):
        slice_[name][:] = np.nan
    found = compute(slice_)
    assert np.isnan(found.matrix).all()
    assert np.isnan(found.energy).all()
    assert np.isnan(found.outside_box).all()
    assert np.isnan(found.position).all()
    assert (found.nearest_level == -1).all()


@pytest.mark.parametrize("source", ["plane", "state"])
def test_a_point_may_lie_on_a_slice_along_chosen_directions(source: str) -> None:
    slice_ = answer("directed_slice", u="gradient", v="random", v_index=2, level=3, place="truth")
    row = slice_.isel(problem=slice(0, 1))
    found = compute(row, a=0.3, b=-0.6, source=source, level=4, step=2)
    c, (u, v) = row.centre.values[0].astype("f8"), row.direction.values[0].astype("f8")
    where = c + float(row.radius[0]) * (0.3 * u - 0.6 * v)
    if source == "state":
        where = answer("descent").trajectory[0, 4, 2].values.astype("f8")
        seen = row.isel(problem=0, level=4, step=2)
        np.testing.assert_allclose(found.position[0], seen.path_position, rtol=1e-4, atol=1e-5)
    else:
        np.testing.assert_array_equal(found.position, [[0.3, -0.6]])
    np.testing.assert_allclose(found.matrix[0], where, rtol=1e-14)
    x = tasks.problems("inverse", 1, 0, size=SIZE).x[0]
    for t in LEVELS:
        e, slope, _ = twin(x, where.ravel(), t)
        assert float(found.energy[0, t]) == pytest.approx(e, rel=1e-10)
        assert float(found.gradient_norm[0, t]) == pytest.approx(slope, rel=1e-8)


def compute(slice_: xr.Dataset, desk=None, **parameters) -> xr.Dataset:
    """Of the first problem, with the descent that is in memory."""
    p = tasks.problems("inverse", 1, 0, size=SIZE)
    upstream = {"slice": slice_, "descent": answer("descent").isel(problem=slice(0, 1))}
    block = Block(ProblemSet("inverse", "same", SIZE, 0), 0, p.x, p.y, {"model": small(SIZE)},
                  upstream, **({"desk": desk} if desk else {}))  # fmt: skip
    spec = registry.get("point")
    asked = spec.question(dict.fromkeys(spec.inputs, "x"), parameters).parameters
    return spec.run(block, asked)


def test_parts_of_a_point_are_those_of_its_answer() -> None:
    from test_core_live import Waiting

    from store.handed import Given, padded

    desk = Waiting()
    whole = compute(answer("landscape_slice").isel(problem=slice(0, 1)), desk, a=0.2)
    assert list(desk.parts) == ["energy", *(f"level {t}" for t in LEVELS)]
    parts = list(desk.parts.values())
    spec = registry.get("point")
    asked = spec.question(dict.fromkeys(spec.inputs, "x"), {"a": 0.2})
    draft = Given.of(asked, 0, padded(asked, parts[:2]))
    spectra = draft.read()["eigenvalue_spectrum"][0]
    np.testing.assert_array_equal(spectra[0], whole["eigenvalue_spectrum"][0, 0])
    assert np.isnan(spectra[1:]).all()
    for part in parts:
        there = whole.sel({dim: part[dim].values for dim in part.coords})
        for name in part.data_vars:
            assert part[name].dims == whole[name].dims
            np.testing.assert_array_equal(part[name], there[name], name)
