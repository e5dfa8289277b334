"""Saddles between known minima, and the tree that they make."""

import itertools

import known_landscapes as known
import numpy as np
import pytest
import torch
import xarray as xr
from cases import bundled
from test_core_minima import X, padded

from ired_interp_core import registry, tasks
from ired_interp_core.minima.basins import Basins
from ired_interp_core.minima.connected import asked_pairs
from ired_interp_core.minima.names import CONVERGED
from ired_interp_core.minima.newton import Look, Stationary, stationary
from ired_interp_core.minima.profiles import String
from ired_interp_core.minima.saddles import Network, spread
from ired_interp_core.minima.states import lbfgs, noise_near
from ired_interp_core.minima.tree import barriers, components, tree
from ired_interp_core.records import Block, ProblemSet


def network(model, starts, images: int = 11) -> Network:
    basins = Basins(model)
    y = padded(np.array(starts))
    t = torch.zeros(len(y), dtype=torch.int64)
    basins.falls(X.expand(len(y), 1), y, t, np.zeros(len(y), int))
    basins.known[0].sort(key=lambda one: (round(one.e, 9), one.y[0]))
    here = Look(model, X, 0)
    basins.noises[0] = [noise_near(model, here, one, basins.dtype) for one in basins.known[0]]
    return Network(basins, 0, Look(model, X, 0), images=images)


MULLER_BROWN = [(-0.5, 1.4), (0.6, 0.0), (0.0, 0.5)]
CAMEL = [(0.1, -0.7), (-0.1, 0.7), (1.7, -0.8), (-1.7, 0.8), (1.6, 0.57), (-1.6, -0.57)]


def arrays(found: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        np.array([one.e for one in found.minima]),
        np.array([one.point.e for one in found.saddles]),
        np.array([one.ends for one in found.saddles]).reshape(-1, 2),
    )


@pytest.mark.parametrize("images", [7, 11, 25])
def test_the_way_between_the_deepest_two_of_muller_brown_leads_over_the_third(images: int) -> None:
    found = network(known.model(known.muller_brown, 2), MULLER_BROWN, images)
    assert found.connect(0, 1)
    energies, saddles, ends = arrays(found)
    order = np.argsort(saddles)
    np.testing.assert_allclose(saddles[order], [-72.248940, -40.664844], atol=1e-6)
    assert ends[order].tolist() == [[1, 2], [0, 2]]
    climbs = barriers(energies, saddles, ends)
    np.testing.assert_allclose([climbs[0, 1], climbs[1, 0]], [106.0347, 67.5019], atol=1e-4)
    assert all(one.point.index == 1 and one.point.gradient_norm <= 1e-8 for one in found.saddles)


def test_the_six_hump_camel_has_seven_saddles_and_two_maxima() -> None:
    found = network(known.model(known.camel, 2), CAMEL)
    assert len(found.minima) == 6
    for pair in itertools.combinations(range(6), 2):
        found.connect(*pair)
    _, saddles, _ = arrays(found)
    expected = [0, 0.543719, 0.543719, 2.229357, 2.229357, 2.229471, 2.229471]
    np.testing.assert_allclose(np.sort(saddles), expected, atol=1e-6)
    look = Look(known.model(known.camel, 2), X, 0)
    peaks = [
        stationary(look, start, climbed=2)
        for start in padded(np.array([[1.2, 0.16], [-1.2, -0.16]])).numpy()
    ]
    np.testing.assert_allclose([one.e for one in peaks], 2.496295, atol=1e-6)
    assert [one.index for one in peaks] == [2, 2]
    assert len(found.minima) - len(saddles) + len(peaks) == 1


def test_both_saddles_of_a_ring_are_kept_and_the_tree_takes_the_lower() -> None:
    found = network(known.model(known.ring, 2), [(-1, 0), (1, 0)])
    np.testing.assert_allclose([one.e for one in found.minima], -0.008333, atol=1e-6)
    assert found.connect(0, 1)
    energies, saddles, ends = arrays(found)
    np.testing.assert_allclose(np.sort(saddles), [0.184581, 0.368948], atol=1e-6)
    lowest = [one.point.eigenvalues[0] for one in found.saddles]
    np.testing.assert_allclose(np.sort(lowest), [-0.7103, -0.4932], atol=1e-4)
    (join,) = tree(energies, saddles, ends)
    assert join.energy == saddles.min()


def test_the_search_does_not_climb_a_flat_direction() -> None:
    found = network(known.model(known.trough, 3), [(-1, 0, 0.3), (1, 0, -0.2)])
    assert found.connect(0, 1)
    (saddle,) = found.saddles
    assert (saddle.point.e, saddle.point.index) == (pytest.approx(1, abs=1e-9), 1)
    assert abs(saddle.point.y[2]) <= 0.3


def test_the_saddle_of_completion_at_level_0() -> None:
    model, p = bundled("completion"), tasks.problems("completion", 1, 0, size=20)
    basins, energy = Basins(model), Look(model, torch.from_numpy(p.x[0]), 0)
    starts = [model.schedule.sqrt_alpha_bar[0] * p.y[0], np.random.default_rng(0).normal(size=400)]
    for start in starts:
        basins.refine(0, energy, lbfgs(energy, start))
    found = Network(basins, 0, energy, budget=9000, images=7)
    assert found.connect(0, 1)
    (saddle,) = found.saddles
    assert saddle.point.e == pytest.approx(260.442, abs=1e-3)
    assert saddle.point.eigenvalues[0] == pytest.approx(-3.229, abs=1e-3)
    assert (saddle.ends, saddle.point.index) == ((0, 1), 1)


def test_without_budget_a_pair_stays_open() -> None:
    found = network(known.model(known.muller_brown, 2), MULLER_BROWN)
    found.budget = 1
    assert not found.connect(0, 1)
    assert tree(*arrays(found)) == []


def test_unconnected_parts_stand_apart() -> None:
    energies, saddles = np.array([0.0, 1.0, 2.0, 0.5]), np.array([5.0, 3.0, 4.0])
    ends = np.array([[0, 1], [0, 1], [1, 2]])
    joins = tree(energies, saddles, ends)
    assert [(j.energy, j.saddle, j.left, j.right) for j in joins] == [
        (3.0, 1, (0,), (1,)), (4.0, 2, (0, 1), (2,)),
    ]  # fmt: skip
    assert components(4, [(0, 1), (1, 2)]).tolist() == [0, 0, 0, 3]
    assert np.isnan(barriers(energies, saddles, ends)[3, :3]).all()
    assert tree(energies[:1], saddles[:0], ends[:0]) == []


def test_the_tree_is_that_of_all_ways() -> None:
    """The slow twin: the lowest highest saddle over all ways, by relaxation of a full table."""
    rng = np.random.default_rng(0)
    energies, saddles = rng.random(7), 1 + rng.random(12)
    ends = rng.integers(0, 7, (12, 2))
    highest = np.full((7, 7), np.inf)
    np.fill_diagonal(highest, -np.inf)
    for e, (a, b) in zip(saddles, ends, strict=True):
        highest[a, b] = highest[b, a] = min(highest[a, b], e)
    for k in range(7):
        highest = np.minimum(highest, np.maximum(highest[:, k : k + 1], highest[k]))
    found = barriers(energies, saddles, ends)
    expected = np.where(np.isfinite(highest), highest - energies[:, None], np.nan)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(found, expected)


def test_paths_of_a_block_are_those_of_its_minima_at_every_level() -> None:
    model, points = known.model(known.muller_brown, 2), np.full((1, 10, 4, 3, 3), np.nan)
    start = network(model, MULLER_BROWN)
    for t in (0, 5):
        for number, one in zip((0, 1, 3), start.minima, strict=True):
            points[0, t, number] = one.y.reshape(3, 3) / model.schedule.sqrt_alpha_bar[t]
    minima = xr.Dataset({"point": (("problem", "level", "basin", "row", "col"), points)})
    problems, zeros = ProblemSet("inverse", "same", 3, 0), np.zeros((1, 9))
    block = Block(problems, 0, zeros[:, :1], zeros, {"model": model}, {"minima": minima})
    spec = registry.get("paths")
    asked = {name: one.default for name, one in spec.parameters.items()} | {"images": 11}
    found = spec.run(block, asked).isel(problem=0)
    assert found.verified.values.tolist() == [3, 0, 0, 0, 0, 3, 0, 0, 0, 0]
    for t in (0, 5):
        one = found.sel(level=t)
        np.testing.assert_allclose(one.barrier[0, 1], 106.0347, atol=1e-4)
        np.testing.assert_allclose(one.barrier[1, 0], 67.5019, atol=1e-4)
        np.testing.assert_allclose(one.saddle_energy[:2], [-72.248940, -40.664844], atol=1e-6)
        ends = np.stack([one.saddle_first, one.saddle_second], -1)[:2].tolist()
        assert ends == [[1, 3], [0, 3]]
        assert (one.saddle_eigenvalue[:2] < 0).sum("eigenvalue").values.tolist() == [1, 1]
        assert one.pair_status[2].values.tolist() == [0, 0, 0, 0]
        assert (one.saddles_found, one.minima_beyond) == (2, 0)
        assert 0 < one.path_looks.max() < one.looks <= asked["budget"] + 4 * 11
        for i, j in ((0, 1), (0, 3), (1, 3)):
            check_profile(model, one, points[0, t] * model.schedule.sqrt_alpha_bar[t], i, j)
        check_points(model, one, float(model.schedule.sqrt_alpha_bar[t]))
        assert np.isnan(one.path_energy[2]).all()
        assert np.isnan(one.path_energy[0, 0]).all()


def check_points(model, one: xr.Dataset, scale: float) -> None:
    """Images have the energies of the profile; across a saddle's direction E bends down."""
    strings = [(int(i), int(j)) for i, j in zip(one.string_first, one.string_second, strict=True)]
    assert {tuple(sorted(pair)) for pair in strings[:3]} == {(0, 1), (0, 3), (1, 3)}
    assert strings[3:] == [(-1, -1)] * (len(strings) - 3)
    highest = [float(one.path_highest[pair]) for pair in strings[:3]]
    assert highest == sorted(highest)
    for k, pair in enumerate(strings[:3]):
        y = torch.from_numpy(scale * one.string_point[k].values.astype("f8").reshape(-1, 9))
        energies = model.energy(X.expand(len(y), 1), y, 0).numpy()
        np.testing.assert_allclose(energies, one.path_energy[pair], atol=1e-2)
    for k in range(2):
        v = one.saddle_direction[k].values.astype("f8").ravel()
        y = torch.from_numpy(scale * one.saddle_point[k].values.reshape(1, -1))
        h = model.hessian(X[None], y, 0)[0].numpy()
        assert np.linalg.norm(v) == pytest.approx(1, abs=1e-6)
        assert v @ h @ v == pytest.approx(float(one.saddle_eigenvalue[k, 0]), rel=1e-5)
        assert v[np.abs(v).argmax()] > 0


def check_profile(model, one: xr.Dataset, points: np.ndarray, i: int, j: int) -> None:
    """The profile of a pair: its ends, its line computed again, its mirror image, its height."""
    there, back = one.isel(basin=i, other_basin=j), one.isel(basin=j, other_basin=i)
    ends = points[[i, j]].reshape(2, -1)
    share = np.linspace(0, 1, 11)[:, None]
    line = torch.from_numpy((1 - share) * ends[0] + share * ends[1])
    straight = model.energy(X.expand(11, 1), line, 0).numpy()
    np.testing.assert_allclose(there.path_straight, straight, atol=1e-9)
    apart = np.sqrt(((ends[1] - ends[0]) ** 2).mean())
    assert there.path_straight_length == pytest.approx(apart)
    assert there.path_length[0] == 0
    assert (np.diff(there.path_length) > 0).all()
    assert there.path_length[-1] >= 0.999 * apart
    np.testing.assert_allclose(there.path_energy[[0, -1]], straight[[0, -1]], atol=1e-6)
    assert there.path_highest == there.path_energy.max() <= straight.max()
    hessians = model.hessian(X.expand(2, 1), torch.from_numpy(ends), 0)
    lowest = torch.linalg.eigvalsh(hessians)[:, :2]
    np.testing.assert_allclose(there.path_curvature[[0, -1]], lowest, rtol=1e-5)
    assert there.path_curvature[:, 0].min() < 0
    assert 0 <= there.path_residual < 0.5
    for name in ("path_energy", "path_straight"):
        np.testing.assert_array_equal(there[name], back[name][::-1])
    np.testing.assert_allclose(back.path_length, (there.path_length[-1] - there.path_length)[::-1],
                               atol=1e-6)  # fmt: skip


def test_a_string_on_the_valley_floor_has_no_residual_and_one_across_a_slope_has() -> None:
    points = np.stack([np.linspace(-1, 1, 5), np.zeros(5)], 1)
    along = np.stack([np.linspace(-2, 2, 5), np.zeros(5)], 1)
    assert String(points, along[:, 0], along, 1).residual == 0
    across = along + np.array([0, 3])
    inner = across[1:-1]
    expected = np.sqrt((inner[:, 1] ** 2).sum() / (inner**2).sum())
    assert String(points, along[:, 0], across, 1).residual == pytest.approx(expected)
    assert String(points, along[:, 0], 0 * along, 1).residual == 0
    np.testing.assert_allclose(String(points, along[:, 0], along, 1).arc, np.arange(5) / 8**0.5)


@pytest.mark.parametrize("count", [2, 6, 9])
def test_of_many_minima_each_is_tried_with_its_two_nearest_and_the_lowest(count: int) -> None:
    eye, place = np.eye(2), np.arange(count) ** 1.5
    minima = [
        Stationary(np.array([one, 0.0]), abs(k - 4.0), 0.0, np.ones(2), eye, CONVERGED, 1)
        for k, one in enumerate(place)
    ]
    expected = set(itertools.combinations(range(count), 2))
    if count > 6:
        near = {i: sorted(range(count), key=lambda j: abs(place[j] - place[i]))[1:3]
                for i in range(count)}  # fmt: skip
        expected = {p for p in expected if 4 in p or p[1] in near[p[0]] or p[0] in near[p[1]]}
    found = asked_pairs(minima)
    assert set(found) == expected
    assert found == sorted(found, key=lambda pair: place[pair[1]] - place[pair[0]])


def test_images_are_spread_evenly_along_their_polygon() -> None:
    corner = np.array([[0.0, 0.0], [0.9, 0.0], [1.0, 0.0], [1.0, 1.0]])
    np.testing.assert_allclose(spread(corner), [[0, 0], [2 / 3, 0], [1, 1 / 3], [1, 1]], atol=1e-12)
