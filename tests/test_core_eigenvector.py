"""One eigenvector of a spectrum, and E along it, beside automatic differentiation."""

from functools import cache

import numpy as np
import pytest
import torch
import xarray as xr
from answers import run
from cases import small
from test_core_known_answers import ALPHA_BAR, RESOLVED, VARIANCES, basis, eigenvalues, gaussian
from test_core_known_answers import mean as posterior_mean

from ired_interp_core import registry, tasks
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.landscape.eigenvector import chosen
from ired_interp_core.records import Block, ProblemSet
from ired_interp_core.schema import PLACES

SIZE, D, COUNT = 3, 9, 3
LEVELS = range(10)


@cache
def answer(name: str, width: int = 0, **parameters) -> xr.Dataset:
    return run(name, model(width), "inverse", 0, COUNT, SIZE, **parameters)


def model(width: int = 0) -> Energy:
    return small(SIZE, width=width) if width else small(SIZE)


def twin(energy: Energy, i: int, where: np.ndarray, t: int) -> tuple[np.ndarray, ...]:
    """λ ascending, their vectors as columns and ∇E at a point of the data frame."""
    x = torch.from_numpy(tasks.problems("inverse", COUNT, 0, size=SIZE).x[i : i + 1])
    y = torch.from_numpy(np.sqrt(ALPHA_BAR[t]) * where)

    def at(moved: torch.Tensor) -> torch.Tensor:
        return energy.energy(x, moved[None], t)[0]

    h = torch.autograd.functional.hessian(at, y).numpy()
    return (*np.linalg.eigh(h), torch.autograd.functional.jacobian(at, y).numpy())


def place(i: int, name: str, t: int) -> np.ndarray:
    if name == "truth":
        return tasks.problems("inverse", COUNT, 0, size=SIZE).y[i]
    return answer("descent")[name][i, t].values.astype("f8").ravel()


@pytest.mark.parametrize(("where", "rank"), [("answer", 0), ("truth", -1), ("minimum", 3)])
def test_an_eigenvector_is_that_of_the_whole_hessian(where: str, rank: int) -> None:
    found = answer("eigenvector", place=where, rank=rank, nodes=9, half_width=0.5)
    for i in range(COUNT):
        reach = 0.5 * np.linalg.norm(tasks.problems("inverse", COUNT, 0, size=SIZE).y[i])
        np.testing.assert_allclose(found.position[i], np.linspace(-reach, reach, 9), rtol=1e-12)
        for t in LEVELS:
            here, point = found.isel(problem=i, level=t), place(i, where, t)
            values, vectors, gradient = twin(model(), i, point, t)
            at = (D - 1 - rank) % D
            others = np.delete(values, at)
            assert float(here.eigenvalue) == pytest.approx(values[at], rel=1e-6, abs=1e-10)
            gap = np.abs(others - values[at]).min()
            assert float(here.gap) == pytest.approx(gap, rel=1e-5, abs=1e-10)
            assert int(here.resolved) == (gap > 1e-5 * abs(values).max())
            v = here.vector.values.astype("f8").ravel()
            if here.resolved:
                np.testing.assert_allclose(abs(v @ vectors[:, at]), 1, atol=1e-5)
            assert v[abs(v).argmax()] > 0
            m = v.reshape(SIZE, SIZE)
            assert float(here.symmetric_share) == pytest.approx(
                (((m + m.T) / 2) ** 2).sum(), abs=1e-6
            )
            assert float(here.diagonal_share) == pytest.approx(np.trace(m * m), abs=1e-6)
            assert float(here.slope_along) == pytest.approx(gradient @ v, abs=2e-6)
            x = torch.from_numpy(tasks.problems("inverse", COUNT, 0, size=SIZE).x[i : i + 1])
            for s, e in zip(here.position.values, here.energy_along.values, strict=True):
                y = torch.from_numpy(np.sqrt(ALPHA_BAR[t]) * (point + s * v))[None]
                assert e == pytest.approx(float(model().energy(x, y, t)), rel=1e-5)


def test_ranks_follow_the_stored_spectrum_at_every_place() -> None:
    spectrum = answer("hessian_spectrum")
    for name in PLACES:
        for rank in (0, 4, -1):
            found = answer("eigenvector", place=name, rank=rank)
            known = spectrum.eigenvalue_spectrum.sel(place=name)[..., -1 - rank]
            np.testing.assert_allclose(
                found.eigenvalue, known, atol=1e-5 * float(spectrum.spectral_radius.max())
            )


def test_in_a_quadratic_it_is_the_known_direction_and_e_a_known_parabola() -> None:
    first = run("eigenvector", gaussian(), "inverse", 0, COUNT, SIZE, rank=0, place="truth")
    y = tasks.problems("inverse", COUNT, 0, size=SIZE).y
    for t in RESOLVED:
        along = int(np.argmax(eigenvalues()[t]))
        assert VARIANCES[along] == VARIANCES.min()  # the identity is the stiffest
        for i in range(COUNT):
            here = first.isel(problem=i, level=t)
            assert int(here.resolved) == 1
            np.testing.assert_allclose(
                abs(here.vector.values.ravel() @ basis()[along]), 1, atol=1e-6
            )
            lam = eigenvalues()[t][along]
            assert float(here.eigenvalue) == pytest.approx(lam, rel=1e-7)
            others = np.delete(eigenvalues()[t], along)
            assert float(here.gap) == pytest.approx(abs(others - lam).min(), rel=1e-6)
            assert float(here.symmetric_share) == pytest.approx(1, abs=1e-7)
            assert float(here.diagonal_share) == pytest.approx(1, abs=1e-7)
            away = (y[i] - posterior_mean()[i]) @ basis().T
            sign = np.sign(here.vector.values.ravel() @ basis()[along])
            e = (eigenvalues()[t] * ALPHA_BAR[t] * away**2).sum() / 2
            moved = away[along] + sign * here.position.values
            known = e + lam * ALPHA_BAR[t] * (moved**2 - away[along] ** 2) / 2
            np.testing.assert_allclose(here.energy_along, known, rtol=1e-8)
            slope = lam * np.sqrt(ALPHA_BAR[t]) * sign * away[along]
            assert float(here.slope_along) == pytest.approx(slope, rel=1e-6)
            s, root = here.position.values, np.sqrt(ALPHA_BAR[t])
            e0 = here.energy_along.values[len(s) // 2]
            parabola = e0 + root * s * float(here.slope_along) + ALPHA_BAR[t] * s**2 * lam / 2
            np.testing.assert_allclose(here.energy_along, parabola, rtol=1e-8)
    last = run("eigenvector", gaussian(), "inverse", 0, COUNT, SIZE, rank=-1)
    np.testing.assert_allclose(last.symmetric_share[:, list(RESOLVED)], 0, atol=1e-7)


def test_random_directions_have_these_shares() -> None:
    found = answer("eigenvector")
    m = np.random.default_rng(0).normal(size=(20_000, SIZE, SIZE))
    m /= np.linalg.norm(m, axis=(1, 2), keepdims=True)
    symmetric = (((m + m.swapaxes(1, 2)) / 2) ** 2).sum((1, 2)).mean()
    diagonal = (m[:, range(SIZE), range(SIZE)] ** 2).sum(1).mean()
    np.testing.assert_allclose(found.symmetric_share_random, symmetric, rtol=0.02)
    np.testing.assert_allclose(found.diagonal_share_random, diagonal, rtol=0.02)


def test_flat_directions_of_a_narrow_network_are_none() -> None:
    width = 4
    whole = answer("hessian_spectrum", width).eigenvalue_spectrum.sel(place="answer")
    for rank in range(D):
        found = answer("eigenvector", width, rank=rank)
        known = whole[..., -1 - rank]
        near = 1e-5 * float(abs(whole).max())
        np.testing.assert_allclose(found.eigenvalue, known, atol=near)
        flat = found.eigenvalue.values == 0
        assert np.isnan(found.vector.values[flat]).all()
        assert np.isfinite(found.vector.values[~flat]).all()
        assert (found.resolved.values[flat] == 0).all()
        assert np.isnan(found.energy_along.values[flat]).all()
    assert flat.mean() < 1


@pytest.mark.parametrize("rank", [-10, 9, 400])
def test_a_rank_that_is_not_there_is_refused(rank: int) -> None:
    with pytest.raises(Refusal, match=r"no such eigenvector .* expected: -9 … 8"):
        run("eigenvector", small(SIZE), "inverse", 0, 1, SIZE, rank=rank)


@pytest.mark.parametrize("known", [[3.0, 1.0], [3.0, -1.0], [-1.0, -2.0], [2.0, 2.0]])
def test_zeros_stand_between_positive_and_negative_eigenvalues(known: list[float]) -> None:
    values, d = np.array(known), 5
    every = sorted([*known, 0.0, 0.0, 0.0], reverse=True)
    for rank in range(d):
        place_, value, gap = chosen(values, d, rank)
        assert (place_, value, gap) == (
            known.index(every[rank], 0 if every.index(every[rank]) == rank else 1)
            if every[rank] else -1,
            every[rank],
            min(abs(other - every[rank]) for k, other in enumerate(every) if k != rank),
        )  # fmt: skip
        assert chosen(values, d, rank - d) == (place_, value, gap)


def test_an_eigenvector_of_a_point_is_taken_there() -> None:
    point = answer("point", a=0.4, b=-0.3).isel(problem=slice(0, 1))
    found = compute(point, rank=1)
    for t in LEVELS:
        values, vectors, _ = twin(model(), 0, point.matrix[0].values.ravel(), t)
        here = found.isel(problem=0, level=t)
        assert float(here.eigenvalue) == pytest.approx(values[-2], rel=1e-6, abs=1e-10)
        if here.resolved:
            v = here.vector.values.astype("f8").ravel()
            np.testing.assert_allclose(abs(v @ vectors[:, -2]), 1, atol=1e-5)


def compute(spectrum: xr.Dataset, desk=None, **parameters) -> xr.Dataset:
    """Of the first problem, of a spectrum that is in memory."""
    p, first = tasks.problems("inverse", 1, 0, size=SIZE), {"problem": slice(0, 1)}
    upstream = {"spectrum": spectrum.isel(first), "descent": answer("descent").isel(first)}
    block = Block(ProblemSet("inverse", "same", SIZE, 0), 0, p.x, p.y, {"model": model()},
                  upstream, **({"desk": desk} if desk else {}))  # fmt: skip
    spec = registry.get("eigenvector")
    asked = spec.question(dict.fromkeys(spec.inputs, "x"), parameters).parameters
    return spec.run(block, asked)


def test_parts_are_those_of_the_answer() -> None:
    from test_core_live import Waiting

    desk = Waiting()
    whole = compute(answer("hessian_spectrum"), desk)
    assert list(desk.parts) == [f"level {t}" for t in LEVELS]
    for part in desk.parts.values():
        there = whole.sel({dim: part[dim].values for dim in part.coords})
        for name in part.data_vars:
            assert part[name].dims == whole[name].dims
            np.testing.assert_array_equal(part[name], there[name], name)
