"""Walks from elsewhere: from a chosen point, and from many noises, beside slow twins."""

import itertools
from functools import cache

import numpy as np
import pytest
import torch
import xarray as xr
from answers import run
from cases import small
from test_core_inference import anneal_twin
from test_core_known_answers import (
    ALPHA_BAR,
    RESOLVED,
    TwoModes,
    basis,
    eigenvalues,
    gaussian,
)
from test_core_known_answers import mean as posterior_mean

from ired_interp_core import registry, tasks
from ired_interp_core.energy import AdaptedEnergy, Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.landscape.walks import clusters, starting_noises, unseen_share
from ired_interp_core.records import Block, ProblemSet

SIZE, D, COUNT = 3, 9, 3


def answer(name: str, **parameters) -> xr.Dataset:
    return of(small(SIZE), name, **parameters)


@cache
def of(model: Energy, name: str, task: str = "inverse", **parameters) -> xr.Dataset:
    return run(name, model, task, 0, COUNT, SIZE, **parameters)


def x_of(task: str = "inverse") -> np.ndarray:
    return tasks.problems(task, COUNT, 0, size=SIZE).x


def on_the_slice(slice_: xr.Dataset, i: int, a: float, b: float) -> np.ndarray:
    u, v = slice_.direction.values[i].astype("f8")
    return slice_.centre.values[i].astype("f8") + float(slice_.radius[i]) * (a * u + b * v)


def twin(model: Energy, x: np.ndarray, start: np.ndarray, first: int, steps: int) -> list:
    """The sampler from a point of the data frame, in float64, one state after the other."""
    s = model.schedule
    scale, sigma, eta = s.sqrt_alpha_bar, s.sigma, s.step_size
    x, y = torch.from_numpy(x)[None], torch.from_numpy(scale[first] * start.ravel())[None]
    found = []
    for t in range(first, -1, -1):
        denoised = (y - sigma[t] * model.gradient(x, y, t)) / scale[t]
        y = scale[t] * denoised.clamp(-2, 2)
        found.append((t, 0, y))
        for step in range(1, steps + 1):
            moved = y - (1 if step == 1 else 2) * eta[t] * model.gradient(x, y, t)
            moved = moved.clamp(-2 * scale[t], 2 * scale[t])
            if not model.energy(x, moved, t) > model.energy(x, y, t):
                y = moved
            found.append((t, step, y))
        y = scale[max(t - 1, 0)] / scale[t] * y
    return found


@pytest.mark.parametrize(("first", "steps"), [(9, 5), (4, 5), (0, 3)])
def test_a_walk_from_a_point_is_that_of_the_twin(first: int, steps: int) -> None:
    model, slice_ = small(SIZE), answer("landscape_slice")
    found = answer("descent_from", a=0.4, b=-0.7, level=first, inner_steps=steps)
    for i in range(COUNT):
        start = on_the_slice(slice_, i, 0.4, -0.7)
        np.testing.assert_allclose(found.start[i], start, rtol=1e-14)
        for t, step, y in twin(model, x_of()[i], start, first, steps):
            here = found.isel(problem=i, level=t, step=step)
            state = y.numpy().ravel() / np.sqrt(ALPHA_BAR[t])
            np.testing.assert_allclose(here.trajectory.values.ravel(), state, atol=2e-4)
            energy = float(model.energy(torch.from_numpy(x_of()[i : i + 1]), y, t))
            assert float(here.step_energy) == pytest.approx(energy, rel=1e-4, abs=1e-4)
        np.testing.assert_allclose(found.answer[i, 0].values.ravel(), state, atol=2e-4)
        final = torch.as_tensor(np.sqrt(ALPHA_BAR[0]) * found.answer[i, 0].values.astype("f8"))
        energy = model.energy(torch.from_numpy(x_of()[i : i + 1]), final.reshape(1, -1), 0)
        assert float(found.energy_final[i]) == pytest.approx(float(energy), rel=1e-12)


def test_above_the_first_level_there_is_nothing() -> None:
    found = answer("descent_from", a=0.4, level=4)
    for name in ("trajectory", "answer", "step_energy", "step_mse", "mse", "shift"):
        known = np.isfinite(found[name].values)
        assert known[:, :5].all(), name
        assert not known[:, 5:].any(), name
    assert (found.step_accepted[:, 5:] == 0).all()


def test_from_the_end_of_a_level_the_next_ones_are_those_of_the_descent() -> None:
    """The state as stored is rounded once more, so that an answer agrees to the rounding."""
    walk = answer("descent")
    for t, step in ((5, 5), (2, 3)):
        found = answer("descent_from", source="state", level=t, step=step)
        np.testing.assert_array_equal(found.start, walk.trajectory[:, t, step])
    # On a slice whose centre is the answer ŷ_t, walking on at t − 1 is the descent itself.
    slice_ = answer("landscape_slice", place="answer", level=6, max_nodes=5)
    found = compute(slice_, level=5)
    np.testing.assert_allclose(found.start, walk.answer[:1, 6], rtol=1e-6)
    np.testing.assert_allclose(found.answer[:, :6], walk.answer[:1, :6], atol=2e-4)
    np.testing.assert_allclose(found["shift"][:, :6], 0, atol=1e-3)
    np.testing.assert_allclose(found.energy_final, found.energy_stored, rtol=1e-4)


@pytest.mark.parametrize("level", RESOLVED)
def test_steps_in_a_quadratic_shrink_every_direction_by_its_factor(level: int) -> None:
    """Without jumps ỹ − √ᾱm along an eigenvector is multiplied by 1 − sηλ at every step."""
    model = gaussian()
    slice_ = of(model, "landscape_slice")
    steps = 3
    asked = {"a": 0.2, "b": 0.3, "level": level, "jump": False, "inner_steps": steps}
    found = of(model, "descent_from", clip=1e3, **asked)
    eta = model.schedule.step_size
    for i in range(COUNT):
        away = (on_the_slice(slice_, i, 0.2, 0.3).ravel() - posterior_mean()[i]) @ basis().T
        for t in range(level, -1, -1):
            for step in range(steps):
                factor = 1 - (2 if step else 1) * eta[t] * eigenvalues()[t]
                assert (abs(factor) <= 1).all()  # so that E falls, and the step is accepted
                away = factor * away
            state = posterior_mean()[i] + away @ basis()
            np.testing.assert_allclose(found.answer[i, t].values.ravel(), state, atol=3e-5)


def test_distances_are_those_of_the_answers() -> None:
    found, walk = answer("descent_from", a=3.0, b=-2.0), answer("descent")
    away = (found.answer - walk.answer).astype("f8")
    np.testing.assert_allclose(
        found["shift"], np.sqrt((away**2).sum(("row", "col"))), rtol=1e-6, atol=1e-12
    )
    np.testing.assert_array_equal(found.answer_shift, found["shift"].sel(level=0))
    np.testing.assert_allclose(found.mse_final, found.mse.sel(level=0), rtol=1e-12)


def test_a_step_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refusal, match="descent_from, step · came: 6 · expected: 0 … 5"):
        run("descent_from", small(SIZE), "inverse", 0, 1, SIZE, source="state", step=6)


def test_a_slice_without_a_plane_has_no_walk() -> None:
    slice_ = answer("landscape_slice").isel(problem=slice(0, 1)).copy(deep=True)
    for name in ("direction", "radius"):
        slice_[name][:] = np.nan
    found = compute(slice_)
    for name in ("start", "answer", "step_energy", "answer_shift", "energy_final"):
        assert np.isnan(found[name]).all(), name
    assert np.isfinite(found.energy_stored).all()


def compute(slice_: xr.Dataset, **parameters) -> xr.Dataset:
    """Of the first problem, from a slice that is in memory."""
    p, first = tasks.problems("inverse", 1, 0, size=SIZE), {"problem": slice(0, 1)}
    upstream = {"slice": slice_.isel(first), "descent": answer("descent").isel(first)}
    models = {"model": small(SIZE)}
    block = Block(ProblemSet("inverse", "same", SIZE, 0), 0, p.x, p.y, models, upstream)
    spec = registry.get("descent_from")
    asked = spec.question(dict.fromkeys(spec.inputs, "x"), parameters).parameters
    return spec.run(block, asked)


def test_many_starts_are_walks_of_the_sampler_from_their_noises() -> None:
    found, walk = answer("many_starts", starts=5), answer("descent")
    x = torch.from_numpy(x_of())
    for i in range(COUNT):
        noise = torch.from_numpy(starting_noises(0, i, 0, D)[:5])
        ends = anneal_twin(small(SIZE), x[i : i + 1].expand(5, -1), noise, 2.0)[0].numpy()
        np.testing.assert_allclose(found.answer[i].values.reshape(5, D), ends, atol=3e-4)
        here = found.isel(problem=i)
        stored = walk.answer[i, 0].values.astype("f8").ravel()
        away = here.answer.values.reshape(5, D).astype("f8") - stored
        np.testing.assert_allclose(here.distance, np.sqrt((away**2).mean(-1)), rtol=1e-12)
        truth = tasks.problems("inverse", COUNT, 0, size=SIZE).y[i]
        np.testing.assert_allclose(
            here.mse_final, ((here.answer.values.reshape(5, D) - truth) ** 2).mean(-1), rtol=1e-6
        )
        np.testing.assert_allclose(here.step_mse[:, 0, -1], here.mse_final, rtol=1e-5)
        y = torch.as_tensor(np.sqrt(ALPHA_BAR[0]) * here.answer.values.reshape(5, D).astype("f8"))
        energies = small(SIZE).energy(x[i : i + 1].expand(5, -1), y, 0).numpy()
        np.testing.assert_allclose(here.energy_final, energies, rtol=1e-12)
        assert float(here.energy_lowest) == energies.min()
        assert float(here.furthest) == here.distance.max()
        assert float(here.at_stored) == (here.distance <= 1e-3).sum()


def test_more_starts_begin_with_the_same_ones() -> None:
    few, many = answer("many_starts", starts=3), answer("many_starts", starts=40)
    for name in ("answer", "step_energy", "step_mse", "distance"):
        np.testing.assert_array_equal(few[name], many[name][:, :3], name)
    later = starting_noises(2, 1, 32, D)
    for k in range(8):
        np.testing.assert_array_equal(later[k], starting_noises(2, 1, 32 + k, D)[0])


def test_two_modes_are_two_ends_and_nothing_is_said_of_unseen_ones() -> None:
    model = AdaptedEnergy(TwoModes(), "2" * 24, {})
    found = run("many_starts", model, "addition", 0, COUNT, SIZE, starts=40, jump=False)
    truth = tasks.problems("addition", COUNT, 0, size=SIZE).y
    for i in range(COUNT):
        here = found.isel(problem=i)
        sign = np.sign((here.answer.values.reshape(40, D) - truth[i]).mean(-1))
        many = int(here.ends)
        assert many == len(set(sign))
        sizes = [int((here.cluster == k).sum()) for k in range(many)]
        assert sizes == sorted(sizes, reverse=True)
        assert sum(sizes) == 40
        for k in range(many):
            assert len(set(sign[here.cluster.values == k])) == 1
        # Which mode a start ends in is a matter of rounding for some; one lies beyond the box.
        modes = np.clip(truth[i] + 0.5 * sign[:, None], -2, 2)
        np.testing.assert_allclose(here.answer.values.reshape(40, D), modes, atol=2e-2)
        assert float(here.at_stored) == (here.distance < 0.5).sum()
        assert bool(np.isnan(here.unseen_share)) == (float(here.at_stored) < 40)
        if many == 2:
            apart = np.sqrt(
                np.mean((np.clip(truth[i] + 0.5, -2, 2) - np.clip(truth[i] - 0.5, -2, 2)) ** 2)
            )
            assert float(here.furthest) == pytest.approx(apart, abs=5e-2)
    assert set(found.ends.values) == {1.0, 2.0}


def test_one_mode_is_one_end_and_unseen_ones_are_rare() -> None:
    found = run("many_starts", gaussian(), "inverse", 0, COUNT, SIZE, starts=32, tolerance=0.5)
    assert (found.ends == 1).all()
    assert (found.at_stored == 32).all()
    np.testing.assert_allclose(found.unseen_share, 1 - 0.05 ** (1 / 32))
    assert float(found.unseen_share[0]) < 0.09


@pytest.mark.parametrize("count", [2, 14, 32, 59, 299])
def test_a_rarer_end_would_be_seen_in_nineteen_of_twenty(count: int) -> None:
    share = unseen_share(count)
    assert (1 - share) ** count == pytest.approx(0.05)  # no such start among so many
    rng = np.random.default_rng(count)
    unseen = (rng.random((20_000, count)) >= share).all(-1).mean()
    assert unseen == pytest.approx(0.05, abs=0.006)


def clusters_twin(ends: np.ndarray, tolerance: float) -> np.ndarray:
    """Grow every cluster member by member."""
    left, groups = [i for i in range(len(ends)) if np.isfinite(ends[i]).all()], []
    while left:
        group = [left.pop(0)]
        for member in group:
            near = [i for i in left if np.sqrt(((ends[i] - ends[member]) ** 2).mean()) <= tolerance]
            group += near
            left = [i for i in left if i not in near]
        groups.append(group)
    groups.sort(key=lambda g: (-len(g), min(g)))
    out = np.full(len(ends), -1)
    for k, group in enumerate(groups):
        out[group] = k
    return out


def test_ends_are_told_apart_as_by_hand() -> None:
    rng = np.random.default_rng(3)
    for tolerance, spread in itertools.product((0.0, 0.1, 0.4, 2.0), (0.02, 0.3, 3.0)):
        ends = rng.integers(0, 4, (30, 1)) + spread * rng.normal(size=(30, 4))
        ends[rng.integers(0, 30, 3)] = np.nan
        ends[7] = ends[11]
        np.testing.assert_array_equal(clusters(ends, tolerance), clusters_twin(ends, tolerance))
    np.testing.assert_array_equal(clusters(np.full((3, 4), np.nan), 1.0), [-1, -1, -1])


def test_more_starts_and_steps_cost_more() -> None:
    from test_core_live import PAPER

    for name, dear in (("many_starts", {"starts": 64}), ("descent_from", {"inner_steps": 50})):
        live = registry.get(name).live
        plain = {n: p.default for n, p in registry.get(name).parameters.items()}
        assert live.seconds(plain | dear, PAPER) > 1.9 * live.seconds(plain, PAPER)
        assert live.memory(plain | dear, PAPER) > live.memory(plain, PAPER)
