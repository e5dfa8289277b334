"""Every analysis end to end on small models: conforming, block by block, self-consistent."""

import re
from functools import cache

import numpy as np
import pytest
import torch
import xarray as xr
from answers import run
from cases import bundled, random_tensors, small

from ired_interp_core import checkpoints, registry, tasks
from ired_interp_core.analyses.landscape_slice import PLANES
from ired_interp_core.curvature.places import noise
from ired_interp_core.dictionaries.intervention import Intervened
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.inference import anneal
from ired_interp_core.landscape.interpolation import evaluate
from ired_interp_core.landscape.slices import Plane, energies
from ired_interp_core.records import Block, ProblemSet
from ired_interp_core.schema import PLACES

TASKS = ("inverse", "addition", "completion")
BLOCKS = [name for name, spec in registry.analyses().items() if spec.scope == "block"]
LEARNED = ("dictionary_codes", "atom_slice", "steered_descent")
"""Of these, those that read a dictionary."""
PROBED = ("probe_slice", "probe_steered")
"""Those that read probes."""
THROUGH = "minima_slice"
"""Small models have no minima after so few steps, and so no plane: tests/test_core_minima_slice.py
plants some."""

UNMEASURED = (
    "inverse_residual", "observed_share", "condition", "cosine_to_minimum", "cosine_to_truth",
    "lowest_energy", "lowest_above_truth", "in_deepest", "pointing",
    "asymptotic_alignment", "asymptotic_other",
    "leaving_ratio", "leaving_ratio_symmetric", "off_diagonal_share", "off_diagonal_random",
    "beyond_line", "arrival_order", "settled_order", "arrival_order_ideal",
    "arrival_order_shuffled",
    "predictor_order", "bent_share",
    "off_on_x", "off_on_size", "off_on_untrained", "off_on_error", "on_off_y", "on_off_size",
    "on_off_untrained", "moved_attribution", "moved_size", "moved_random",
    "rotation_distance", "transpose_distance", "scale_distance", "sum_distance",
)  # fmt: skip
"""Scalars that some tasks or places do not have; those of dictionaries have their own tests."""


@cache
def answer(name: str, task: str = "inverse", **parameters) -> xr.Dataset:
    return run(name, tiny(task), task, 0, 5, 3, **parameters)


@cache
def tiny(task: str = "inverse") -> Energy:
    return small(3, task)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", registry.analyses())
def test_every_analysis_on_every_task(name: str, task: str) -> None:
    result = answer(name, task)
    spec = registry.get(name)
    assert result.sizes.get("problem") == (5 if name in BLOCKS else None)
    for variable, declared in spec.schema.variables.items():
        if not declared.when:
            assert result[variable].attrs["units"] == declared.unit
    for scalar in spec.schema.scalars() if name in BLOCKS else ():
        if scalar in spec.schema.derived:
            made = spec.schema.derived[scalar].array(result)
            assert made.attrs["units"] == spec.schema.scalars()[scalar].unit
        elif (scalar not in UNMEASURED and name != THROUGH) or (scalar, task) == (
            "inverse_residual",
            "inverse",
        ):
            assert np.isfinite(result[scalar]).all(), scalar


@pytest.mark.parametrize("name", BLOCKS)
def test_rows_do_not_depend_on_their_block(name: str) -> None:
    whole, part = answer(name), run(name, tiny(), "inverse", 2, 4, 3)
    for variable in part:
        if "problem" in part[variable].dims:
            rows = whole[variable].isel(problem=slice(2, 4))
            xr.testing.assert_allclose(part[variable], rows, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(part.problem, [2, 3])


def test_rows_of_a_real_model_do_not_depend_on_their_block_to_the_bit() -> None:
    model = bundled("inverse")
    whole = run("descent", model, "inverse", 0, 7, 20)
    part = run("descent", model, "inverse", 4, 6, 20)
    for name in ("trajectory", "mse", "minimum", "minimum_energy", "energy_truth"):
        np.testing.assert_array_equal(part[name], whole[name].isel(problem=slice(4, 6)), name)


def test_properties_carry_the_matrices_and_baselines() -> None:
    p = tasks.problems("addition", 5, 0, size=3)
    result = answer("problem_properties", "addition")
    np.testing.assert_allclose(result.x.values.sum(axis=1).reshape(5, 9), p.y, atol=1e-6)
    exact = result.baseline_mse.sel(baseline="exact")
    np.testing.assert_allclose(exact, 0, atol=1e-20)
    zero = result.baseline_mse.sel(baseline="zero")
    np.testing.assert_allclose(zero, (p.y**2).mean(1))


def test_descent_is_consistent_with_itself() -> None:
    r = answer("descent")
    p = tasks.problems("inverse", 5, 0, size=3)
    y = p.y.reshape(5, 3, 3)
    np.testing.assert_allclose(r.mse_final, ((r.answer[:, 0] - y) ** 2).mean(("row", "col")), 1e-5)
    np.testing.assert_allclose(r.mse[:, 0], r.mse_final)
    np.testing.assert_allclose(r.trajectory[:, :, -1], r.answer, atol=1e-5)
    np.testing.assert_allclose(
        r.answer_official, r.answer[:, 0] * np.sqrt(float(r.alpha_bar[0])), rtol=1e-5
    )
    assert (r.minimum_energy <= r.energy_answer + 1e-9).all()
    residual = p.x.reshape(5, 3, 3) @ r.answer[:, 0].values - np.eye(3)
    np.testing.assert_allclose(
        r.inverse_residual, np.linalg.norm(residual, axis=(1, 2)) / np.sqrt(3), rtol=1e-5
    )
    zero = r.mse_to_baseline.sel(baseline="zero")
    np.testing.assert_allclose(zero, (r.answer[:, 0] ** 2).mean(("row", "col")), rtol=1e-5)


def test_spectrum_is_taken_at_the_four_places() -> None:
    model, r, d = small(3), answer("hessian_spectrum", vectors=2), answer("descent")
    p = tasks.problems("inverse", 5, 0, size=3)
    x, s = torch.from_numpy(p.x[1:2]), model.schedule
    points = {
        "noised_truth": s.sqrt_alpha_bar[4] * p.y[1] + s.sigma[4] * noise(0, 1, 9)[4],
        "truth": s.sqrt_alpha_bar[4] * p.y[1],
        "answer": s.sqrt_alpha_bar[4] * d.answer[1, 4].values.ravel(),
        "minimum": s.sqrt_alpha_bar[4] * d.minimum[1, 4].values.ravel(),
    }
    for place in PLACES:
        h = model.hessian(x, torch.as_tensor(points[place], dtype=torch.float64)[None], 4)
        found = r.sel(problem=1, level=4, place=place)
        lam = torch.linalg.eigvalsh(h)[0].numpy()
        np.testing.assert_allclose(found.eigenvalue_spectrum, lam, atol=2e-5 * np.abs(lam).max())
        assert float(found.trace) == pytest.approx(lam.sum(), rel=1e-3, abs=1e-3)
        top = found.vector_top.values.reshape(2, 9)
        np.testing.assert_allclose(h[0].numpy() @ top[0], lam[-1] * top[0], atol=1e-3)


@pytest.mark.parametrize("plane", PLANES)
def test_slices_agree_with_the_energy(plane: str) -> None:
    model, r = small(3), answer("landscape_slice", plane=plane)
    p = tasks.problems("inverse", 5, 0, size=3)
    row = r.isel(problem=2)
    assert int(row.nodes) > 0
    u, v = row.direction.values.reshape(2, 9).astype(float)
    np.testing.assert_allclose([u @ u, v @ v, u @ v], [1, 1, 0], atol=1e-6)
    a, b = 0.3, -0.8
    for t in (0, 5, 9):
        seen = evaluate(row.energy[t].values, row.node.values, np.array([a]), np.array([b]))
        y = row.centre.values.ravel() + float(row.radius) * (a * u + b * v)
        y = torch.as_tensor(model.schedule.sqrt_alpha_bar[t] * y)[None]
        true = float(model.energy(torch.from_numpy(p.x[2:3]), y, t))
        spread = float(row.energy_range[t])
        assert seen[0, 0] == pytest.approx(true, abs=1e-4 * spread + 1e-5 * abs(true))


@pytest.mark.parametrize("plane", ["stiff_soft", "random"])
def test_the_stated_error_covers_the_surface_as_it_is_stored(plane: str) -> None:
    """Also at t = 9, where E varies so little that float32 would lose the surface."""
    model, r = small(3), answer("landscape_slice", plane=plane)
    p = tasks.problems("inverse", 5, 0, size=3)
    grid = np.linspace(-1, 1, 19)
    a, b = (axis.ravel() for axis in np.meshgrid(grid, grid))
    for i in range(3):
        row = r.isel(problem=i)
        u, v = row.direction.values.reshape(2, 9).astype(float)
        spanned = Plane(row.centre.values.ravel().astype(float), u, v, float(row.radius))
        true = energies(model, p.x[i], spanned, a, b).reshape(10, 19, 19)
        seen = evaluate(row.energy.values, row.node.values, grid, grid)
        error = np.abs(seen - true).max(axis=(1, 2)) / row.energy_range.values
        assert (error <= row.surface_error.values + 1e-6).all()
        assert error[9] < 1e-6
        assert (row.surface_error.values <= 1.01e-5).all()


def test_points_and_path_lie_where_the_plane_says() -> None:
    r = answer("landscape_slice", plane="three_points", second="truth", third="zero")
    truth = r.sel(point="truth").isel(level=0)
    np.testing.assert_allclose(truth.point_distance, 0, atol=1e-5)
    np.testing.assert_allclose(truth.point_gap, 0, atol=1e-5)
    np.testing.assert_allclose(truth.point_position[:, 1], 0, atol=1e-5)
    last = r.isel(level=0, step=-1)
    np.testing.assert_allclose(last.path_position, 0, atol=1e-4)
    np.testing.assert_allclose(last.path_distance, 0, atol=1e-4)


def test_trajectory_plane_holds_the_descent_of_the_levels_it_counts() -> None:
    r = answer("landscape_slice", plane="trajectory", radius="trajectory")
    counted = r.path_position.isel(level=slice(0, 8))
    assert float(np.abs(counted).max()) <= 1
    assert (r.explained_share.sum("axis") <= 1 + 1e-6).all()
    assert (r.explained_share[:, 0] >= r.explained_share[:, 1]).all()


def test_activations_of_low_levels_are_those_of_all() -> None:
    every, low = answer("activations"), answer("activations", highest_level=4)
    np.testing.assert_array_equal(low.level, range(5))
    np.testing.assert_array_equal(low.activation, every.activation[:, :5])


def test_activations_are_the_gradients_that_the_sampler_follows() -> None:
    model, found, walked = tiny(), answer("activations").activation, answer("descent")
    norm = np.linalg.norm(found.sel(step=slice(0, None)), axis=-1)
    np.testing.assert_allclose(norm, walked.step_gradient_norm, rtol=1e-3, atol=1e-5)
    seen: dict[int, np.ndarray] = {}

    class Spy(Intervened):
        def official_energy_and_gradient(self, x, y, t):
            e, g = super().official_energy_and_gradient(x, y, t)
            seen.setdefault(t, g.numpy())  # the first of a level is the one before its jump
            return e, g

    x = torch.from_numpy(tasks.problems("inverse", 5, 0, size=3).x.astype("f4"))
    start = torch.from_numpy(walked.start.values.reshape(5, 9))
    anneal(Spy(model, "gradient"), x, start)
    for t in range(10):
        known = found.sel(step=-1, level=t)
        np.testing.assert_allclose(seen[t], known, rtol=1e-3, atol=1e-5 * np.abs(known).max())


def overflowing() -> Energy:
    """A network whose energies overflow: what a diverged training leaves."""
    tensors = {k: 1e20 * v if k.startswith("fc") else v for k, v in random_tensors(3).items()}
    return checkpoints.from_tensors(tensors, {"task": "inverse"})


@pytest.mark.parametrize("name", [name for name in BLOCKS if name not in (*LEARNED, *PROBED)])
def test_a_model_that_overflows_leaves_gaps_and_no_failure(name: str) -> None:
    result = run(name, overflowing(), "inverse", 0, 2, 3)
    if name == "eigenspace":
        assert np.isnan(result.alignment).all()
        assert (result.resolved == 0).all()


def test_no_dictionary_is_learned_of_a_model_that_overflows() -> None:
    with pytest.raises(Refusal, match=r"activations are not finite · .*problem 0"):
        run("dictionary", overflowing(), "inverse", 0, 1, 3)


@pytest.mark.parametrize("plane", PLANES)
def test_a_model_that_overflows_has_no_plane(plane: str) -> None:
    r = run("landscape_slice", overflowing(), "inverse", 0, 1, 3, plane=plane, radius="trajectory")
    assert np.isnan(r.energy).all()
    assert (r.nodes == 0).all()


def test_a_descent_of_one_state_has_no_trajectory_plane() -> None:
    descent = answer("descent").isel(step=slice(0, 1), problem=slice(0, 1))
    p = tasks.problems("inverse", 1, seed=0, size=3)
    problems = ProblemSet("inverse", "same", 3, 0)
    block = Block(problems, 0, p.x, p.y, {"model": small(3)}, {"descent": descent})
    spec = registry.get("landscape_slice")
    inputs = dict.fromkeys(spec.inputs, "x")
    asked = spec.question(inputs, {"plane": "trajectory", "from_level": 0})
    assert (spec.run(block, asked.parameters).nodes == 0).all()


@pytest.mark.parametrize(("size", "there"), [(3, 9), (5, 16)])  # d = 9, or the hidden width 16
def test_more_eigenvectors_than_there_are(size: int, there: int) -> None:
    model = small(size, width=16)
    spectrum = run("hessian_spectrum", model, "inverse", 0, 1, size, vectors=200)
    assert spectrum.sizes["vector"] == there
    top = spectrum.vector_top.values[0, 3, 0].reshape(there, -1)
    np.testing.assert_allclose(top @ top.T, np.eye(there), atol=1e-5)
    spaces = run("eigenspace", model, "inverse", 0, 1, size, k=100)
    assert spaces.sizes["vector"] == there - 1


@pytest.mark.parametrize("name", registry.analyses())
def test_every_analysis_says_its_arithmetic(name: str) -> None:
    spec = registry.get(name)
    defaults = {n: p.default for n, p in spec.parameters.items()}
    assert re.search("float(32|64)", spec.computes_in(defaults))
    if "dtype" in defaults:
        doubled = spec.computes_in(defaults | {"dtype": "float64"})
        assert "float32" not in doubled != spec.computes_in(defaults)


def test_directions_that_coincide_leave_a_gap_and_not_a_wrong_plane() -> None:
    r = answer("landscape_slice", plane="three_points", second="truth", third="truth")
    assert (r.nodes == 0).all()
    assert np.isnan(r.energy).all()
    assert np.isnan(r.path_position).all()
