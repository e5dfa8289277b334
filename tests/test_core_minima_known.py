"""Known answers that need a search: clusters, a small basin, a bound on other shares, addition."""

import known_landscapes as known
import numpy as np
import pytest
import torch
import xarray as xr
from cases import bundled
from test_core_minima import X, fallen, padded, uniform
from test_core_saddles import network

from ired_interp_core import registry, tasks
from ired_interp_core.minima.basins import Basins
from ired_interp_core.minima.coverage import starts_needed, unseen_bound
from ired_interp_core.minima.newton import Look, stationary
from ired_interp_core.minima.saddles import BOWS, Network
from ired_interp_core.minima.states import lbfgs
from ired_interp_core.records import Block, ProblemSet

LOWEST = {5: (-9.10385, -8.48062), 6: (-12.71206, -12.07903), 7: (-16.50538, -15.44473)}
"""Lennard-Jones clusters: the lowest minimum and the lowest saddle."""


@pytest.mark.parametrize("atoms", LOWEST)
def test_lowest_saddles_of_lennard_jones_clusters(atoms: int) -> None:
    """Found as sets of energies; rotations and shifts are six flat directions, and no index."""
    size = 4 if atoms < 6 else 5
    look = Look(known.model(known.lennard_jones, 3 * atoms, size), X, 0)
    rng = np.random.default_rng(atoms)
    octahedron = np.stack([*np.eye(3), *-np.eye(3)]).ravel()
    places = [octahedron] if atoms == 6 else 0.8 * rng.normal(size=(40, 3 * atoms))
    for place in places:
        lowest = stationary(look, lbfgs(look, padded(np.array([place]), size**2).numpy()[0]))
        if lowest.e < LOWEST[atoms][0] + 1e-4:
            break
    assert lowest.e == pytest.approx(LOWEST[atoms][0], abs=1e-5)
    found = []
    for away in 0.15 * rng.normal(size=(12, 3 * atoms)):
        start = lowest.y + padded(away[None], size**2).numpy()[0]
        one = stationary(look, start, climbed=1, longest=0.1)
        if one.stands and one.index == 1:
            assert one.flat == 6
            found.append(one.e)
    assert min(found) == pytest.approx(LOWEST[atoms][1], abs=1e-5)


def test_a_small_basin_is_found_or_bounded() -> None:
    """A basin of 5 % of the start volume, 40 searches of 59 starts: E' = a(a − 1.8)(a − 1.9)."""
    model = known.model(lambda a: a**4 / 4 - 3.7 * a**3 / 3 + 3.42 * a**2 / 2, 1, size=2)
    starts = uniform(40 * 59, [-2], [2], seed=1)
    basins, label = fallen(model, padded(starts, 4))
    places = np.array([one.y[0] for one in basins.known[0]])[label]
    np.testing.assert_allclose(np.sort([one.y[0] for one in basins.known[0]]), [0, 1.9], atol=1e-9)
    far = np.abs(starts[:, 0] - 1.8) > 1e-3
    assert ((places > 1) == (starts[:, 0] > 1.8))[far].all()
    small = (places > 1).reshape(40, 59).sum(1)
    held = [n > 0 or unseen_bound(np.array([59])) >= 0.05 for n in small]
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 40)


def zipf(count: int) -> np.ndarray:
    shares = 1 / np.arange(1, count + 1)
    return shares / shares.sum()


OTHERS = {
    "zipf": zipf(30),
    "halves": 0.5 ** np.array([*range(1, 12), 11]),
    "few of eight": np.random.default_rng(1).dirichlet(np.full(8, 0.3)),
    "few of forty": np.random.default_rng(2).dirichlet(np.full(40, 0.1)),
    "two and a tail": np.array([0.5, 0.3, *[0.02] * 10]),
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_bound_covers_on_shares_that_it_was_not_made_on(name: str) -> None:
    rng, shares, draws = np.random.default_rng(3), OTHERS[name], 2000
    for count in (12, 59, 118):
        counts = rng.multinomial(count, shares, size=draws)
        unseen = (shares * (counts == 0)).sum(1)
        kinds = [tuple(sorted(one[one > 0])) for one in counts]
        bound = {one: unseen_bound(np.array(one)) for one in set(kinds)}
        held = [left <= bound[one] for one, left in zip(kinds, unseen, strict=True)]
        assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / draws), count


def test_58_starts_in_one_basin_go_on_and_59_stop() -> None:
    assert [starts_needed([k], 0.05, 1000) for k in (58, 59)] == [59, 59]
    assert starts_needed([32], 0.05, 1000) == 59  # two kinds of 32 are not one of 64


def test_addition_prefers_a_wrong_minimum_at_level_0() -> None:
    model, p = bundled("addition"), tasks.problems("addition", 1, 0, size=20)
    look = Look(model, torch.from_numpy(p.x[0]), 0)
    truth = stationary(look, lbfgs(look, model.schedule.sqrt_alpha_bar[0] * p.y[0]))
    other = stationary(look, lbfgs(look, np.random.default_rng(0).normal(size=(5, 400))[-1]))
    assert (truth.e, other.e) == (pytest.approx(986.25, abs=1e-2), pytest.approx(877.86, abs=1e-2))
    assert truth.index == other.index == 0


def test_the_saddle_of_addition_at_level_1() -> None:
    model, p = bundled("addition"), tasks.problems("addition", 1, 0, size=20)
    basins, look = Basins(model), Look(model, torch.from_numpy(p.x[0]), 1)
    shallow = np.random.default_rng(0).normal(size=(7, 400))[-1]
    for start in (model.schedule.sqrt_alpha_bar[1] * p.y[0], shallow):
        basins.refine(1, look, lbfgs(look, start))
    np.testing.assert_allclose([one.e for one in basins.known[1]], [474.856, 543.578], atol=1e-3)
    found = Network(basins, 1, look, images=11)
    found.strung(0, 1, bows=BOWS[:1])
    (saddle,) = found.saddles
    assert (saddle.ends, saddle.point.index) == ((0, 1), 1)
    assert saddle.point.e == pytest.approx(545.524, abs=1e-3)
    assert saddle.point.eigenvalues[0] == pytest.approx(-6.141, abs=1e-3)


def test_minima_of_a_ring_and_its_point_of_index_2() -> None:
    model = known.model(known.ring, 2)
    found = network(model, [(-1, 0), (1, 0)])
    places = np.array([one.y[:2] for one in found.minima])
    np.testing.assert_allclose(places, [[-0.986013, -0.166667], [0.986013, -0.166667]], atol=1e-6)
    top = stationary(Look(model, X, 0), padded(np.array([[0.05, 0.05]])).numpy()[0], climbed=2)
    assert (top.index, top.e) == (2, pytest.approx(1.001471, abs=1e-6))
    assert found.connect(0, 1)
    assert all(one.point.e < 0.5 for one in found.saddles)


def test_paths_of_no_minimum_of_one_and_of_one_that_is_there_twice() -> None:
    model, points = known.model(known.muller_brown, 2), np.full((1, 10, 4, 3, 3), np.nan)
    start, scale = network(model, [(-0.5, 1.4), (0.6, 0.0)]), model.schedule.sqrt_alpha_bar
    points[0, 3, 0] = start.minima[0].y.reshape(3, 3) / scale[3]
    points[0, 7, [0, 2]] = start.minima[0].y.reshape(3, 3) / scale[7]
    points[0, 8, 0], points[0, 8, 1] = (one.y.reshape(3, 3) / scale[8] for one in start.minima[:2])
    minima = xr.Dataset({"point": (("problem", "level", "basin", "row", "col"), points)})
    zeros = np.zeros((1, 9))
    block = Block(ProblemSet("inverse", "same", 3, 0), 0, zeros[:, :1], zeros, {"model": model},
                  {"minima": minima})  # fmt: skip
    spec = registry.get("paths")
    asked = {name: one.default for name, one in spec.parameters.items()} | {"budget": 1}
    found = spec.run(block, asked).isel(problem=0)
    counts = [found[name].values.tolist() for name in ("verified", "open_pairs", "not_tried")]
    assert np.sum(counts, axis=0).tolist() == [0] * 8 + [1, 0]
    assert found.verified.sum() == 0
    assert np.isnan(found.barrier.isel(level=8)[0, 1])
    assert (found.pair_status.isel(level=[0, 3, 7]) == 0).all()
