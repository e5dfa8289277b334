"""A plane through minima: they lie on it, with their own energies, and within its window."""

from functools import cache
from typing import Any

import answers
import numpy as np
import pytest
import torch
import xarray as xr
from cases import random_tensors

from ired_interp_core import checkpoints, registry, tasks
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.landscape.interpolation import evaluate
from ired_interp_core.minima import planes
from ired_interp_core.records import Block, ProblemSet, Question, canonical_json

SIZE, COUNT, LEVEL, BASINS = 3, 2, 4, 4
D = SIZE**2


@cache
def model() -> Energy:
    return checkpoints.from_tensors(random_tensors(SIZE, 1, 8, seed=2), {"task": "inverse"})


@cache
def minima() -> np.ndarray:
    """Points in place of minima; of problem 1 the last basin does not exist at the level."""
    points = np.random.default_rng(3).normal(size=(COUNT, 10, BASINS, SIZE, SIZE))
    points[1, LEVEL, 3] = np.nan
    return points


IMAGES = 5


@cache
def paths() -> xr.Dataset:
    """A string from minimum 2 to 1, and two saddles: the higher one is that of the way 1 – 2."""
    rng, shape = np.random.default_rng(5), (COUNT, 10)
    level, entry = ("problem", "level"), ("row", "col")
    barrier = np.full((*shape, BASINS, BASINS), np.nan)
    barrier[..., 1, 2], barrier[..., 2, 1] = 4.0, 3.0  # of E = 1 and 2
    first, second = (np.full((*shape, 2), -1) for _ in range(2))
    first[..., 1], second[..., 1] = 2, 1
    images = rng.normal(size=(*shape, 2, IMAGES, SIZE, SIZE)).astype("f4")
    return xr.Dataset({
        "saddle_energy": ((*level, "saddle"), np.broadcast_to([3.0, 5.0], (*shape, 2))),
        "saddle_point": ((*level, "saddle", *entry), rng.normal(size=(*shape, 2, SIZE, SIZE))),
        "barrier": ((*level, "basin", "other_basin"), barrier),
        "string_first": ((*level, "string"), first),
        "string_second": ((*level, "string"), second),
        "string_point": ((*level, "string", "image", *entry), images),
    })  # fmt: skip


def asked_of(analysis: str, **inputs: str) -> Question:
    """A question with its usual parameters; inputs that are not named are of no interest."""
    spec = registry.get(analysis)
    return spec.question(dict.fromkeys(spec.inputs, "0" * 24) | inputs, {})


def headed(answer: xr.Dataset, question: Question) -> xr.Dataset:
    """An answer as the store gives it: its head says what it answers."""
    return answer.assign_attrs(question=canonical_json(question.as_dict()))


def run(start: int = 0, between: str = asked_of("minima").key, **parameters: Any) -> xr.Dataset:
    """The analysis of problems `start` … COUNT − 1; paths are `between` some minima."""
    p = tasks.problems("inverse", COUNT, 0, size=SIZE)
    energy = np.arange(BASINS, dtype=float) + np.zeros((COUNT, 10, BASINS))
    stored = xr.Dataset({
        "energy": (("problem", "level", "basin"), energy),
        "point": (("problem", "level", "basin", "row", "col"), minima()),
    })  # fmt: skip
    stored = headed(stored, asked_of("minima"))
    descent = answers.run("descent", model(), "inverse", 0, COUNT, SIZE)
    spec = registry.get("minima_slice")
    filled = dict.fromkeys(spec.inputs, "0" * 24)
    asked = spec.question(filled, {"level": LEVEL, "max_nodes": 17, **parameters})
    rows = {"minima": stored, "descent": descent}
    if parameters.get("saddle") or parameters.get("image", -1) >= 0:
        rows["paths"] = headed(paths(), asked_of("paths", minima=between))
    rows = {role: one.isel(problem=slice(start, None)) for role, one in rows.items()}
    block = Block(ProblemSet("inverse", "same", SIZE, 0), start, p.x[start:], p.y[start:],
                  {"model": model()}, rows)  # fmt: skip
    return spec.run(block, asked.parameters)


def energy(i: int, t: int, y: np.ndarray) -> float:
    """E_t at a point of the data frame, in float64, by the model itself."""
    x = torch.as_tensor(tasks.problems("inverse", COUNT, 0, size=SIZE).x[i : i + 1]).double()
    scaled = torch.as_tensor(model().schedule.sqrt_alpha_bar[t] * y).double()[None]
    return float(model().energy(x, scaled, t))


def at(found: xr.Dataset, i: int, point: np.ndarray) -> tuple[np.ndarray, float]:
    """Coordinates on the plane and distance from it, by least squares."""
    one = found.isel(problem=i)
    axes = one["direction"].values.reshape(2, D).astype("f8").T
    rest = point - one["centre"].values.ravel().astype("f8")
    ab, *_ = np.linalg.lstsq(axes, rest, rcond=None)
    return ab / float(one["radius"]), float(np.linalg.norm(rest - axes @ ab))


@pytest.mark.parametrize(
    ("asked", "through"),
    [
        ({"second": 1, "third": 2}, (0, 1, 2)),
        ({"second": 2, "v": "gradient", "place": "first"}, (0, 2)),
        ({"first": 1, "second": -1, "u": "random", "v": "zero"}, (1,)),
    ],
    ids=str,
)
def test_the_minima_lie_on_the_plane_in_its_window_with_their_energies(asked, through):
    found = run(**asked)
    for i in range(COUNT):
        corners = minima()[i, LEVEL, list(through)].reshape(-1, D)
        one = found.isel(problem=i)
        middle = corners[0] if asked.get("place") == "first" else corners.mean(0)
        np.testing.assert_allclose(one["centre"].values.ravel(), middle, atol=1e-6)
        positions = []
        for corner in corners:
            ab, off = at(found, i, corner)
            assert off < 1e-5
            positions.append(ab)
            for t in (LEVEL, 0):
                drawn = evaluate(one["energy"].sel(level=t).values, one["node"].values,
                                 ab[:1], ab[1:], int(one["method"]))  # fmt: skip
                error = float(one["surface_error"].sel(level=t)) * float(one["energy_range"][t])
                assert float(drawn[0, 0]) == pytest.approx(
                    energy(i, t, corner), abs=2 * error + 1e-5
                )
        reach = np.linalg.norm(positions, axis=1).max()
        assert reach == pytest.approx(0.8 if len(through) > 1 else 0.0, abs=1e-5)
    if "third" not in asked and len(through) == 1:
        truth = tasks.problems("inverse", COUNT, 0, size=SIZE).y
        np.testing.assert_allclose(
            found["radius"], np.linalg.norm(truth.reshape(COUNT, -1), axis=1)
        )
        assert at(found, 0, np.zeros(D))[1] < 1e-5


def test_without_a_third_minimum_the_truth_lies_on_the_plane():
    found = run(second=1)
    for i, truth in enumerate(tasks.problems("inverse", COUNT, 0, size=SIZE).y):
        assert at(found, i, truth.ravel())[1] < 1e-5


@pytest.mark.parametrize(
    ("asked", "which"),
    [
        ({"first": 1, "second": 2, "saddle": True}, ("saddle_point", 1)),
        ({"first": 2, "second": 1, "saddle": True}, ("saddle_point", 1)),
        ({"first": 2, "second": 1, "image": 1}, ("string_point", (1, 1))),
        ({"first": 1, "second": 2, "image": 1}, ("string_point", (1, IMAGES - 2))),
    ],
    ids=str,
)
def test_a_point_of_the_path_lies_on_the_plane_with_both_minima(asked, which):
    found = run(**asked)
    name, place = which
    for i in range(COUNT):
        point = paths()[name].values[i, LEVEL][place].ravel()
        for corner in (*minima()[i, LEVEL, [1, 2]].reshape(-1, D), point):
            assert at(found, i, corner)[1] < 1e-5


@pytest.mark.parametrize(
    "asked",
    [{"second": 1, "saddle": True}, {"second": 3, "image": 0}, {"first": 2, "image": 9}],
    ids=str,
)
def test_a_path_that_is_not_there_spans_no_plane(asked):
    assert run(**asked)["nodes"].values.tolist() == [0, 0]


def test_a_point_of_a_path_needs_the_paths():
    block = Block(ProblemSet("inverse", "same", SIZE, 0), 0, *np.zeros((2, 1, D)), {}, {})
    with pytest.raises(Refusal, match=r"no paths .* inputs.paths"):
        planes.on_path(block, {"first": 0, "second": 1, "image": 0, "saddle": False})


def test_paths_between_other_minima_are_refused():
    with pytest.raises(Refusal, match=r"between other minima .* expected: paths between"):
        run(between="1" * 24, first=1, second=2, saddle=True)


def test_a_minimum_that_is_not_there_spans_no_plane():
    found = run(second=3)
    assert found["nodes"].values.tolist() == [17, 0]
    assert np.isnan(found["energy"].isel(problem=1)).all()
    assert run(second=BASINS + 5)["nodes"].values.tolist() == [0, 0]


def test_a_problem_asked_alone_is_that_of_the_block_to_the_bit():
    whole, alone = (run(start, second=1, third=2, seed=1) for start in (0, 1))
    for variable in whole.data_vars:
        one = whole[variable]
        one = one.isel(problem=slice(1, None)) if "problem" in one.dims else one
        np.testing.assert_array_equal(alone[variable], one, variable)


@pytest.mark.parametrize(
    "asked", [{"second": 0}, {"second": 2, "third": 2}, {"second": -1, "third": 1}], ids=str
)
def test_one_minimum_twice_is_refused(asked):
    spec = registry.get("minima_slice")
    defaults = {name: one.default for name, one in spec.parameters.items()}
    spec.together(defaults)
    with pytest.raises(Refusal, match=r"minima span no plane .* one, two or three different"):
        spec.together(defaults | asked)


@pytest.mark.parametrize(
    "asked",
    [{"second": -1, "saddle": True}, {"third": 2, "image": 0}, {"saddle": True, "image": 0}],
    ids=str,
)
def test_a_third_point_is_one_and_needs_a_second(asked):
    spec = registry.get("minima_slice")
    defaults = {name: one.default for name, one in spec.parameters.items()}
    with pytest.raises(Refusal, match="one third point"):
        spec.together(defaults | asked)
