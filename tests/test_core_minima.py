"""Minima and who falls into them, on energies whose minima are known."""

import known_landscapes as known
import numpy as np
import pytest
import torch
from cases import bundled

from ired_interp_core import tasks
from ired_interp_core.minima import grouping
from ired_interp_core.minima.basins import AT_SADDLE, Basins
from ired_interp_core.minima.coverage import good_turing, starts_needed, unseen_bound
from ired_interp_core.minima.falling import SAFETY, Falling, fall
from ired_interp_core.minima.lineage import NOWHERE, lineage
from ired_interp_core.minima.names import CONVERGED
from ired_interp_core.minima.newton import Look, stationary
from ired_interp_core.minima.states import lbfgs

X = torch.zeros(1, dtype=torch.float64)


def padded(points: np.ndarray, d: int = 9) -> torch.Tensor:
    y = np.zeros((len(points), d))
    y[:, : points.shape[1]] = points
    return torch.from_numpy(y)


def fallen(model, starts: torch.Tensor) -> tuple[Basins, np.ndarray]:
    basins, count = Basins(model), len(starts)
    t = torch.zeros(count, dtype=torch.int64)
    return basins, basins.falls(X.expand(count, 1), starts, t, np.zeros(count, int))


def uniform(count: int, low: list[float], high: list[float], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, (count, len(low)))


MULLER_BROWN = {
    -146.699517: (-0.558224, 1.441726),
    -108.166724: (0.623499, 0.028038),
    -80.767818: (-0.050011, 0.466694),
}
CAMEL = [-1.031628, -1.031628, -0.215464, -0.215464, 2.104250, 2.104250]


def test_muller_brown_has_three_minima() -> None:
    basins, label = fallen(
        known.model(known.muller_brown, 2), padded(uniform(60, [-1.4, -0.4], [1.1, 1.9]))
    )
    assert (label >= 0).all()
    found = {round(one.e, 6): one for one in basins.known[0]}
    assert sorted(found) == sorted(MULLER_BROWN)
    for energy, place in MULLER_BROWN.items():
        one = found[energy]
        np.testing.assert_allclose(one.y[:2], place, atol=1e-6)
        np.testing.assert_allclose(one.y[2:], 0, atol=1e-9)
        assert (one.index, one.flat, one.stands) == (0, 0, True)


def flow_ends(starts: np.ndarray, minima: np.ndarray) -> np.ndarray:
    """The slow twin: the gradient flow of the six-hump camel in steps of a thousandth."""
    a, b = starts.T.copy()
    for _ in range(20_000):
        slopes = 8 * a - 8.4 * a**3 + 2 * a**5 + b, a - 8 * b + 16 * b**3
        a, b = a - 1e-3 * slopes[0], b - 1e-3 * slopes[1]
    return np.linalg.norm(np.stack([a, b], 1)[:, None] - minima, axis=-1).argmin(1)


def test_starts_fall_where_the_gradient_flow_ends_and_lbfgs_does_not() -> None:
    starts = uniform(150, [-3, -2], [3, 2], seed=1)
    model = known.model(known.camel, 2)
    basins, label = fallen(model, padded(starts))
    minima = np.stack([one.y[:2] for one in basins.known[0]])
    np.testing.assert_allclose(sorted(one.e for one in basins.known[0]), CAMEL, atol=1e-6)
    assert (flow_ends(starts, minima) != label).mean() <= 0.02
    energy = Look(model, X, 0)
    jumped = np.stack([lbfgs(energy, one)[:2] for one in padded(starts).numpy()])
    away = np.linalg.norm(jumped[:, None] - minima, axis=-1).argmin(1) != label
    assert 0.08 <= away.mean() <= 0.3


def test_steps_are_no_longer_than_the_stiffest_curvature_allows() -> None:
    model, starts = known.model(known.camel, 2), padded(uniform(20, [-1.5, -1], [1.5, 1]))
    rows = Falling.of(model, X.expand(20, 1), starts, torch.zeros(20, dtype=torch.int64))
    for steps in (0, 4, 4, 4, 40):
        energies = rows.e.clone()
        fall(model, rows, steps)
        hessians = model.hessian(X.expand(20, 1), rows.y, 0)
        stiffest = torch.linalg.eigvalsh(hessians).abs().amax(-1)
        measured = 0.95 if steps == 0 else 0.5  # it grows until it is measured again
        assert (rows.curvature * SAFETY >= measured * stiffest).all()
        assert (rows.e <= energies + 1e-12).all()


def test_a_flat_minimum_is_one_minimum() -> None:
    starts = uniform(12, [-1.5, -1, -3], [1.5, 1, 3])
    basins, label = fallen(known.model(known.trough, 3), padded(starts))
    assert sorted(np.bincount(label)) == sorted(
        [(starts[:, 0] < 0).sum(), (starts[:, 0] > 0).sum()]
    )
    assert [(one.index, one.flat) for one in basins.known[0]] == [(0, 1)] * 2
    assert [abs(one.e) < 1e-15 for one in basins.known[0]] == [True] * 2


@pytest.mark.parametrize("turned", [None, known.rotation(9)], ids=["plain", "turned"])
def test_a_start_on_the_ridge_is_no_minimum(turned) -> None:
    model = known.model(lambda a: (a**2 - 1) ** 2, 1, basis=turned)
    start = torch.zeros(1, 9, dtype=torch.float64)
    basins, label = fallen(model, start)
    assert list(label) == [AT_SADDLE]
    assert [one.index for one in basins.left[0]] == [1]
    assert len(basins.known[0]) == 2
    np.testing.assert_allclose([one.e for one in basins.known[0]], 0, atol=1e-12)


def test_minima_of_energy_zero_are_told_apart_by_an_absolute_floor() -> None:
    model = known.model(lambda a: 1e-3 * a**2, 1)
    energy = Look(model, X, 0)
    points = [stationary(energy, start.numpy()) for start in padded(np.array([[0.3], [-0.2]]))]
    points[0].y[0] += 1e-10
    assert grouping.same(*points)
    assert [grouping.distinct(points, factor) for factor in grouping.FACTORS] == [1, 1, 1]


def test_the_rotated_double_well_in_400_dimensions() -> None:
    stiff = torch.linspace(0.5, 3, 399, dtype=torch.float64)

    class Well(known.Known):
        def energy(self, x, y, t):
            z = y @ self.basis.to(y)
            return (z[:, 0] ** 2 - 1) ** 2 + 0.5 * (stiff.to(y) * z[:, 1:] ** 2).sum(-1)

    turn = known.rotation(400)
    model = known.AdaptedEnergy(Well(None, 1, 20, turn), "0" * 24, {})
    starts = torch.from_numpy(np.random.default_rng(0).normal(size=(8, 400)))
    basins, label = fallen(model, starts)
    np.testing.assert_allclose([one.e for one in basins.known[0]], [0, 0], atol=1e-12)
    side = (starts @ turn)[:, 0] > 0
    assert len(set(label[side])) == len(set(label[~side])) == 1
    top = stationary(Look(model, X, 0), 0.01 * np.ones(400), climbed=1)
    assert (top.e, top.index) == (pytest.approx(1, abs=1e-12), 1)
    assert top.eigenvalues[0] == pytest.approx(-4, abs=1e-9)
    assert top.status == CONVERGED


LENNARD_JONES = {
    5: [-9.10385],
    6: [-12.71206, -12.30293],
    7: [-16.50538, -15.93504, -15.59321, -15.53306],
}


@pytest.mark.parametrize("atoms", LENNARD_JONES)
def test_lennard_jones_clusters(atoms: int) -> None:
    size = 4 if atoms < 6 else 5
    model = known.model(known.lennard_jones, 3 * atoms, size)
    rng, energy, found = np.random.default_rng(atoms), Look(model, X, 0), []
    octahedron = np.stack([*np.eye(3), *-np.eye(3)]).ravel()
    starts = list(rng.normal(size=({5: 4, 6: 20, 7: 35}[atoms], 3 * atoms)) * 0.8)
    starts += [octahedron + 0.1 * rng.normal(size=18)] if atoms == 6 else []
    for place in starts:
        start = padded(place[None], size**2).numpy()[0]
        one = stationary(energy, lbfgs(energy, start))
        if one.stands and one.index == 0 and one.e < -1:
            found.append(round(one.e, 5))
            assert one.flat >= 6
    assert sorted(set(found)) == LENNARD_JONES[atoms]


def test_the_bound_on_unseen_basins() -> None:
    assert unseen_bound([58]) == pytest.approx(0.0503, abs=5e-5)
    assert unseen_bound([59]) == pytest.approx(0.0495, abs=5e-5)
    assert unseen_bound([32]) == pytest.approx(0.0894, abs=5e-5)
    assert (unseen_bound([]), unseen_bound([1]), unseen_bound([1, 1])) == (1, 0.95, 1)
    assert good_turing([10, 1, 1, 3]) == pytest.approx(2 / 15)
    assert unseen_bound([10, 1, 1, 3]) > good_turing([10, 1, 1, 3])


@pytest.mark.parametrize("counts", [[], [20], [30, 1], [30, 1, 1, 4]])
def test_as_many_starts_are_drawn_as_the_bound_needs(counts: list[int]) -> None:
    needed = starts_needed(counts, 0.05, 10_000)
    rest = needed - sum(counts)
    largest = counts[0] if counts else 0
    assert starts_needed(counts, 0.05, 40) == max(40, sum(counts))
    assert unseen_bound([largest + rest, *counts[1:]]) <= 0.05
    assert unseen_bound([largest + rest - 1, *counts[1:]]) > 0.05


@pytest.mark.parametrize(
    "shares",
    [
        [0.95, 0.05], [0.5, 0.5], [0.9, 0.04, 0.03, 0.03], [0.8, *[0.01] * 20], [0.02] * 50,
        [0.96, *[0.004] * 10], [0.9, 0.05, 0.05],
    ],
)  # fmt: skip
def test_the_bound_covers(shares: list[float]) -> None:
    """Over 4,000 draws the bound holds in 95 of 100, less three standard errors."""
    rng, shares = np.random.default_rng(0), np.array(shares)
    for count in (20, 59):
        draws = rng.multinomial(count, shares, size=4000)
        unseen = (shares * (draws == 0)).sum(1)
        kinds = {tuple(sorted(one[one > 0])): None for one in draws}
        bound = {one: unseen_bound(np.array(one)) for one in kinds}
        held = [
            left <= bound[tuple(sorted(one[one > 0]))]
            for one, left in zip(draws, unseen, strict=True)
        ]
        assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 4000), count


def test_completion_has_a_spurious_minimum_at_level_0() -> None:
    model, p = bundled("completion"), tasks.problems("completion", 1, 0, size=20)
    truth = model.schedule.sqrt_alpha_bar[0] * p.y
    starts = np.concatenate([truth, np.random.default_rng(0).normal(size=(2, 400))])
    basins, t = Basins(model), torch.zeros(3, dtype=torch.int64)
    x = torch.from_numpy(p.x).expand(3, -1)
    label = basins.falls(x, torch.from_numpy(starts), t, np.zeros(3, int))
    assert label[0] != label[1] == label[2]
    ends = [basins.known[0][k] for k in label[:2]]
    np.testing.assert_allclose([one.e for one in ends], [87.4388, 186.4981], atol=1e-3)
    for one in ends:
        assert one.index == 0
        assert one.gradient_norm <= 1e-9
        whole = torch.linalg.eigvalsh(model.hessian(x[:1], torch.from_numpy(one.y)[None], 0))[0]
        np.testing.assert_allclose(one.eigenvalues, whole, atol=1e-9)


def test_more_starts_never_find_fewer_minima() -> None:
    starts = padded(uniform(40, [-3, -2], [3, 2], seed=3))
    model = known.model(known.camel, 2)
    few, many = (fallen(model, some) for some in (starts[:20], starts))
    again = fallen(model, starts)
    np.testing.assert_array_equal(again[1], many[1])
    energies = [[round(b.known[0][k].e, 6) for k in label] for b, label in (few, many)]
    assert energies[0] == energies[1][:20]
    assert len(few[0].known[0]) <= len(many[0].known[0])


def test_basins_keep_their_number_where_they_are_followed_both_ways() -> None:
    """Level 2: T, a; level 1: T, a, b, which level 0's only other one comes from; c at 0 anew."""
    energies = [[5.0, 3.0, 4.0], [2.0, 9.0, 1.0], [7.0, 6.0]]
    down = [np.full(3, NOWHERE), np.array([0, 0, 1]), np.array([0, 1])]
    up = [np.array([0, 2, 0]), np.array([0, 1, 0]), np.full(2, NOWHERE)]
    found = lineage(energies, [0, 0, 0], down, up)
    assert found.numbers == [[0, 2, 3], [0, 1, 2], [0, 1]]
    assert (found.born, found.ended) == ([2, 2, 1, 0], [0, 1, 0, 0])
