"""What may be asked live: the same numbers as in a sweep, and a cost that grows with the work."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from answers import run
from cases import small

from ired_interp_core import registry, tasks
from ired_interp_core.desk import Desk
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Cancelled, Refusal
from ired_interp_core.live import Live, Sizes
from ired_interp_core.records import Block, ProblemSet
from store.handed import Given, padded

LIVE = {name: spec for name, spec in registry.analyses().items() if spec.live}
LONG = ("probe_slice", "probe_steered", "minima_slice", "minima_profiles", "minima", "paths")
"""Those that read probes or look for minima, which take long: tests/test_core_probe_directions.py
and those of tests/test_core_minima_*.py ask alone, and fewer problems are asked about minima."""
PAPER = Sizes(20, 400, 1_200_000)


@cache
def model(task: str) -> Energy:
    """One for all analyses: what several of them read of it is computed once."""
    return small(8, task, width=64)


@pytest.mark.parametrize("task", ["inverse", "addition"])
@pytest.mark.parametrize("name", [name for name in LIVE if name not in LONG])
def test_an_answer_asked_alone_is_that_of_the_sweep_to_the_bit(name: str, task: str) -> None:
    check_alone(name, task, 7, 5)


@pytest.mark.parametrize("name", ["minima", "paths"])
def test_minima_asked_alone_are_those_of_the_sweep_to_the_bit(name: str) -> None:
    check_alone(name, "inverse", 2, 1)


def check_alone(name: str, task: str, count: int, problem: int) -> None:
    """Compare the answer of one problem with its row among others."""
    swept, alone = (
        run(name, model(task), task, *rows, 8) for rows in ((0, count), (problem, problem + 1))
    )
    assert alone.sizes["problem"] == 1
    for variable in swept.data_vars:
        rows = swept[variable]
        rows = rows.sel(problem=[problem]) if "problem" in rows.dims else rows
        np.testing.assert_array_equal(alone[variable], rows, variable)


@pytest.mark.parametrize("name", LIVE)
def test_costs_are_finite_and_grow_with_the_model(name: str) -> None:
    spec = LIVE[name]
    defaults = {n: p.default for n, p in spec.parameters.items()}
    wide = Sizes(40, 1600, 40_000_000)
    for cost in (spec.live.seconds, spec.live.memory):
        assert 0 < cost(defaults, PAPER) < cost(defaults, wide) < np.inf
    assert spec.live.seconds(defaults, PAPER) < 60
    assert spec.live.memory(defaults, PAPER) < 1e9


def test_costs_grow_with_the_parameters_that_make_work() -> None:
    for name, dear in {
        "descent": {"inner_steps": 1000}, "hessian_spectrum": {"vectors": 100},
        "landscape_slice": {"max_nodes": 257, "tolerance": 1e-9},
        "directed_slice": {"max_nodes": 257, "tolerance": 1e-9}, "point": {"vectors": 100},
    }.items():  # fmt: skip
        spec = LIVE[name]
        cheap = {n: p.default for n, p in spec.parameters.items()}
        assert spec.live.seconds(cheap | dear, PAPER) > 1.5 * spec.live.seconds(cheap, PAPER)
        assert spec.live.memory(cheap | dear, PAPER) > 1.1 * spec.live.memory(cheap, PAPER)


def test_the_width_follows_from_the_number_of_weights() -> None:
    for width in (64, 512, 1024):
        for n_in in (400, 800):
            weights = 3 * width**2 + (n_in + 400) * width
            assert Sizes(20, n_in, weights).width == width


def test_a_whole_set_is_not_asked_live() -> None:
    declare = registry.analysis(
        name="never", version=1, title="", sentence="", rows=1, inputs={}, variables={},
        parameters={registry.RANGE: registry.get("dictionary").parameters[registry.RANGE]},
        figure="table", scope="set", live=Live(lambda *_: 1.0, lambda *_: 1.0),
    )  # fmt: skip
    with pytest.raises(Refusal, match="only one problem"):
        declare(lambda *_: xr.Dataset())


class Waiting(Desk):
    """Takes parts, and has the work leave when it asks for the n-th time."""

    awaited = True

    def __init__(self, leave_at: int = 10**9) -> None:
        self.parts: dict[str, xr.Dataset] = {}
        self.asked, self.leave_at = 0, leave_at

    def hand_over(self, name: str, part: Any) -> None:
        self.parts[name] = part

    def check(self) -> None:
        self.asked += 1
        if self.asked >= self.leave_at:
            raise Cancelled


def block(desk: Desk, **upstream: xr.Dataset) -> Block:
    p = tasks.problems("inverse", 1, 0, size=8, start=5)
    given = Block(ProblemSet("inverse", "same", 8, 0), 5, p.x, p.y, {"model": small(8)}, upstream)
    return replace(given, desk=desk)


def asked(name: str) -> Callable[[Block], xr.Dataset]:
    spec = LIVE[name]
    defaults = {n: p.default for n, p in spec.parameters.items()}
    return lambda given: spec.run(given, defaults)


def test_finished_parts_are_those_of_the_answer() -> None:
    descent, spectrum = Waiting(), Waiting()
    walked = asked("descent")(block(descent))
    whole = asked("hessian_spectrum")(block(spectrum, descent=walked))
    assert list(descent.parts) == ["walk"]
    question = LIVE["descent"].question(dict.fromkeys(LIVE["descent"].inputs, "x"), {})
    draft = Given.of(question, 5, padded(question, [descent.parts["walk"]])).read()
    for name in ("answer", "step_mse", "step_energy", "mse_final", "mse_to_baseline"):
        np.testing.assert_array_equal(draft[name], walked[name], name)
    assert list(spectrum.parts) == [f"level {t}" for t in range(10)]
    for part, answer in [
        (descent.parts["walk"], walked), *((p, whole) for p in spectrum.parts.values())
    ]:  # fmt: skip
        there = answer.sel({dim: part[dim].values for dim in part.coords})
        for name in part.data_vars:
            assert part[name].dims == answer[name].dims
            np.testing.assert_array_equal(part[name], there[name], name)


def test_a_coarse_slice_is_of_the_same_plane_and_as_good_as_it_says() -> None:
    from ired_interp_core.landscape.interpolation import drawn_at

    desk = Waiting()
    walked = asked("descent")(block(Waiting()))
    whole = asked("landscape_slice")(block(desk, descent=walked))
    ((name, coarse),) = desk.parts.items()
    assert name == "coarse"
    assert set(coarse.data_vars) == set(whole.data_vars)
    surface = {"energy", "node", "nodes", "method", "surface_error", "energy_range"}
    for variable in set(whole.data_vars) - surface:
        np.testing.assert_array_equal(coarse[variable], whole[variable], variable)
    assert int(coarse["nodes"][0]) == 9 < int(whole["nodes"][0])
    a, b = np.random.default_rng(0).uniform(-1, 1, (2, 200))
    seen = []
    for one in (coarse.isel(problem=0), whole.isel(problem=0)):
        n = int(one["nodes"])
        seen.append(drawn_at(one["energy"].values[:, :n, :n], one["node"].values[:n], a, b))
    away = np.abs(seen[0] - seen[1]).max(axis=1) / whole["energy_range"].values[0]
    assert (away <= 10 * coarse["surface_error"].values[0]).all()
    unasked = asked("landscape_slice")(replace(block(desk, descent=walked), desk=Desk()))
    xr.testing.assert_identical(unasked, whole)


@pytest.mark.parametrize("name", ["descent", "hessian_spectrum", "eigenspace", "landscape_slice",
                                  "activations"])  # fmt: skip
def test_work_is_left_on_the_way(name: str) -> None:
    walked = asked("descent")(block(Waiting()))
    with pytest.raises(Cancelled):
        asked(name)(block(Waiting(leave_at=1), descent=walked))
