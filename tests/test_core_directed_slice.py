"""Slices along chosen directions: each direction is what it says, and the energy is there."""

from functools import cache

import numpy as np
import pytest
import torch
import xarray as xr
from answers import run
from cases import small
from planes_twin import energies_twin

from ired_interp_core import registry, tasks
from ired_interp_core.analyses.directed_slice import CENTRES, DIRECTIONS
from ired_interp_core.analyses.landscape_slice import VARIABLES as SLICE
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.landscape.interpolation import evaluate
from ired_interp_core.landscape.slices import Plane

SIZE, D, COUNT = 3, 9, 3
SCALE = np.sqrt(small(SIZE).schedule.alphas_cumprod)


@cache
def answer(name: str, width: int = 0, **parameters) -> xr.Dataset:
    return run(name, model(width), "inverse", 0, COUNT, SIZE, **parameters)


@cache
def model(width: int = 0) -> Energy:
    """One for all questions: the descents that they read are walked once."""
    return small(SIZE, width=width) if width else small(SIZE)


def problems() -> tasks.Problems:
    return tasks.problems("inverse", COUNT, 0, size=SIZE)


def derivatives(i: int, where: np.ndarray, t: int) -> tuple[np.ndarray, np.ndarray]:
    """∇E and H at a point of the data frame, by automatic differentiation in float64."""
    x = torch.from_numpy(problems().x[i : i + 1])

    def energy(y: torch.Tensor) -> torch.Tensor:
        return model().energy(x, y[None], t)[0]

    y = torch.from_numpy(SCALE[t] * where)
    g = torch.autograd.functional.jacobian(energy, y)
    return g.numpy(), torch.autograd.functional.hessian(energy, y).numpy()


def state(i: int, level: int, step: int) -> np.ndarray:
    return answer("descent").trajectory[i, level, step].values.astype("f8").ravel()


def place(i: int, name: str, level: int) -> np.ndarray:
    if name == "zero":
        return np.zeros(D)
    if name == "truth":
        return problems().y[i]
    return answer("descent")[name][i, level].values.astype("f8").ravel()


def on_the_slice(i: int, a: float, b: float) -> np.ndarray:
    s = answer("landscape_slice").isel(problem=i)
    u, v = s.direction.values.astype("f8").reshape(2, D)
    return s.centre.values.astype("f8").ravel() + float(s.radius) * (a * u + b * v)


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def expected(kind: str, i: int, centre: np.ndarray, level: int) -> np.ndarray:
    """Direction u of the parameters of the test, the slow way."""
    g, h = derivatives(i, centre, level)
    states = answer("descent").trajectory[i, :8].values.astype("f8").reshape(-1, D)
    away = states - states.mean(0)
    return {
        "eigenvector": lambda: np.linalg.eigh(h)[1][:, -1 - 1],
        "gradient": lambda: g,
        "error": lambda: place(i, "answer", level) - place(i, "truth", level),
        "principal": lambda: np.linalg.eigh(away.T @ away)[1][:, -1 - 1],
        "state": lambda: state(i, 4, 3) - centre,
        "point": lambda: on_the_slice(i, 0.5, -0.25) - centre,
        **{
            name: lambda name=name: place(i, name, level) - centre
            for name in ("truth", "answer", "minimum", "zero")
        },
    }[kind]()


@pytest.mark.parametrize("kind", [k for k in DIRECTIONS if k not in ("random", "noised_truth")])
def test_a_direction_is_what_it_says_and_the_energy_is_there(kind: str) -> None:
    asked = {
        "u": kind, "u_index": 1, "u_level": 4, "u_step": 3, "u_a": 0.5, "u_b": -0.25,
        "v": "random", "v_index": 7, "place": "trajectory", "level": 2, "step": 1,
    }  # fmt: skip
    found = answer("directed_slice", **asked)
    for i in range(COUNT):
        row, centre = found.isel(problem=i), state(i, 2, 1)
        np.testing.assert_array_equal(row.centre.values.ravel(), centre.astype("f4"))
        u, v = row.direction.values.astype("f8").reshape(2, D)
        np.testing.assert_allclose([u @ u, v @ v, u @ v], [1, 1, 0], atol=1e-6)
        wanted = unit(expected(kind, i, centre, 2))
        if kind in ("eigenvector", "principal"):
            wanted *= np.sign(wanted @ u)
        np.testing.assert_allclose(u, wanted, atol=2e-6)
        plane = Plane(centre, u, v, float(np.linalg.norm(problems().y[i])))
        assert float(row.radius) == pytest.approx(plane.radius)
        a, b = np.array([0.0, 0.6, -0.9]), np.array([0.0, -0.3, 0.8])
        true = energies_twin(model(), problems().x[i], plane, a, b)
        seen = evaluate(row.energy.values, row.node.values, a, b)
        for t in range(10):
            near = 2e-5 * float(row.energy_range[t]) + 1e-6 * abs(true[t]).max()
            np.testing.assert_allclose(np.diagonal(seen[t]), true[t], atol=near)


@pytest.mark.parametrize("rank", [0, 2, -1, -3])
def test_an_eigenvector_has_its_rank_its_eigenvalue_and_its_gap(rank: int) -> None:
    found = answer("directed_slice", u="gradient", v="eigenvector", v_index=rank, level=5)
    for i in range(COUNT):
        h = derivatives(i, found.centre[i].values.astype("f8").ravel(), 5)[1]
        values = np.linalg.eigvalsh(h)[::-1]
        others = np.delete(values, rank)
        assert float(found.axis_eigenvalue[i, 1]) == pytest.approx(values[rank], rel=1e-6)
        gap = np.abs(others - values[rank]).min() / abs(values[rank])
        assert float(found.axis_gap[i, 1]) == pytest.approx(gap, rel=1e-5)
    assert np.isnan(found.axis_eigenvalue[:, 0]).all()


def test_the_softest_and_stiffest_eigenvector_span_the_plane_of_that_name() -> None:
    found, known = answer("directed_slice"), answer("landscape_slice", plane="stiff_soft")
    np.testing.assert_allclose(found.direction, known.direction, atol=1e-6)
    for name in ("centre", "radius", "nodes", "method", "point_distance", "path_distance"):
        np.testing.assert_allclose(found[name], known[name], atol=1e-5, err_msg=name)
    assert set(found.data_vars) == set(SLICE) | {"cosine", "axis_eigenvalue", "axis_gap"}


@pytest.mark.parametrize("centre", CENTRES)
def test_the_centre_is_what_it_says(centre: str) -> None:
    found = answer("directed_slice", place=centre, level=3, step=2, a=0.4, b=0.7, u="random",
                   v="random", v_index=1, max_nodes=5)  # fmt: skip
    alike = {} if centre == "point" else {"place": centre, "level": 3, "step": 2}
    known = answer("landscape_slice", plane="random", **alike)
    for i in range(COUNT):
        wanted = on_the_slice(i, 0.4, 0.7) if centre == "point" else known.centre[i].values.ravel()
        np.testing.assert_allclose(found.centre[i].values.ravel(), wanted, rtol=1e-6, atol=1e-7)


def test_the_angle_before_is_told_and_the_target_lies_on_its_axis() -> None:
    found = answer("directed_slice", u="state", u_level=9, u_step=0, v="truth", level=1)
    for i in range(COUNT):
        centre = place(i, "answer", 1)
        u, v = state(i, 9, 0) - centre, place(i, "truth", 1) - centre
        assert float(found.cosine[i]) == pytest.approx(unit(u) @ unit(v), abs=1e-6)
        assert float(found.orthogonalised[i]) == pytest.approx(abs(unit(u) @ unit(v)), abs=1e-6)
        seen = found.isel(problem=i, level=9, step=0)
        reach = np.linalg.norm(u) / float(found.radius[i])
        np.testing.assert_allclose(seen.path_position, [reach, 0], atol=1e-4)
        np.testing.assert_allclose(found.sel(point="truth", level=1).point_distance, 0, atol=1e-4)


@pytest.mark.parametrize(
    ("asked", "cosine"),
    [
        ({"u": "zero", "v": "zero"}, 1.0),
        ({"u": "truth", "v": "error"}, -1.0),
        ({"u": "random", "u_index": 3, "v": "random", "v_index": 3}, 1.0),
        ({"u": "answer", "v": "gradient"}, np.nan),
    ],
)
def test_directions_that_span_no_plane_leave_a_gap_and_their_cosine(asked, cosine) -> None:
    found = answer("directed_slice", **asked)
    assert (found.nodes == 0).all()
    assert np.isnan(found.energy).all()
    assert np.isnan(found.path_position).all()
    np.testing.assert_allclose(found.cosine, cosine, atol=1e-6)


def test_random_directions_are_of_their_seed_and_problem() -> None:
    found = answer("directed_slice", u="random", u_index=3, v="random", v_index=4)
    other = answer("directed_slice", u="gradient", v="random", v_index=3)
    assert (np.abs(found.cosine) < 0.99).all()
    for i in range(COUNT):
        g, v = other.direction[i].values.astype("f8").reshape(2, D)
        u = found.direction[i, 0].values.astype("f8").ravel()
        np.testing.assert_allclose(unit(u - (u @ g) * g), v, atol=1e-5)
        assert not np.allclose(found.direction[i, 0], found.direction[(i + 1) % COUNT, 0])


def test_a_narrow_network_has_as_many_eigenvectors_as_it_is_wide() -> None:
    found = answer("directed_slice", width=4, u_index=3, v_index=0)
    assert (found.nodes > 0).all()
    with pytest.raises(Refusal, match=r"no such eigenvector.*u_index.*came: 4.*-4 … 3"):
        answer("directed_slice", width=4, u_index=4)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"u_index": D}, r"no such eigenvector.*u_index.*came: 9.*-9 … 8"),
        ({"v_index": -D - 1}, "no such eigenvector.*v_index.*came: -10"),
        ({"u": "state", "u_step": 6}, "no such step.*u_step.*came: 6.*0 … 5"),
        ({"place": "trajectory", "step": 99}, "no such step.*directed_slice, step.*came: 99"),
    ],
)
def test_what_is_not_there_is_refused(asked: dict, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        answer("directed_slice", **asked)


@pytest.mark.parametrize("kind", ["random", "principal"])
def test_only_eigenvectors_are_counted_from_the_other_end(kind: str) -> None:
    spec = registry.get("directed_slice")
    asked = spec.question(dict.fromkeys(spec.inputs, "x"), {"v": kind}).parameters
    with pytest.raises(Refusal, match=rf"no such {kind} direction.*v_index.*came: -1"):
        spec.together(asked)
    spec.together({**asked, "v_index": 0})


def test_another_energy_than_the_official_network_has_directions_too() -> None:
    from test_core_known_answers import ALPHA_BAR, basis, eigenvalues, gaussian

    found = run("directed_slice", gaussian(), "inverse", 0, 1, SIZE, u_index=2, level=1)
    order = np.argsort(-eigenvalues()[1])
    u = found.direction[0, 0].values.astype("f8").ravel()
    assert abs(u @ basis()[order[2]]) == pytest.approx(1, abs=1e-5)
    # Along an eigenvector through c the energy is a parabola of that curvature.
    r, lam = float(found.radius[0]), eigenvalues()[1][order[2]]
    seen = evaluate(found.energy[0, 1].values, found.node[0].values, np.array([-1.0, 0, 1]),
                    np.array([0.0]))[0]  # fmt: skip
    bend = seen[0] - 2 * seen[1] + seen[2]
    assert bend == pytest.approx(lam * ALPHA_BAR[1] * r**2, rel=1e-6)


@pytest.mark.parametrize(("other", "level"), [(2, 0), (0, 5)])
def test_a_plane_leads_to_another_problems_answer(other: int, level: int) -> None:
    asked = {"other": other, "level": level, "v": "random", "v_index": 4, "place": "minimum"}
    found = answer("other_slice", **asked)
    for i in range(COUNT):
        row, centre = found.isel(problem=i), place(i, "minimum", level)
        target = place(other, "answer", level)
        u, v = row.direction.values.astype("f8").reshape(2, D)
        np.testing.assert_allclose(u, unit(target - centre), atol=2e-6)
        known = np.linalg.norm(problems().y[i])
        assert float(row.radius) == pytest.approx(known)
        plane = Plane(centre, u, v, known)
        reach = float(np.linalg.norm(target - centre)) / known
        a, b = np.array([0.0, min(reach, 1.0), -0.4]), np.array([0.0, 0.0, 0.6])
        true = energies_twin(model(), problems().x[i], plane, a, b)
        seen = evaluate(row.energy.values, row.node.values, a, b)
        for t in range(10):
            near = 2e-5 * float(row.energy_range[t]) + 1e-6 * abs(true[t]).max()
            np.testing.assert_allclose(np.diagonal(seen[t]), true[t], atol=near)


def test_the_own_answer_is_no_direction_from_itself() -> None:
    found = answer("other_slice", other=1, v="random", max_nodes=5)
    assert found.nodes.values.tolist() == [5, 0, 5]
