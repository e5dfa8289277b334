"""Subspaces, paths, moves and modes against slow twins, geomstats and closed forms."""

import os

import numpy as np
import pytest
import torch
from answers import ask, run
from cases import small

from ired_interp_core import registry, tasks
from ired_interp_core.energy import AdaptedEnergy
from ired_interp_core.geometry import grassmann, modes, moves, paths
from ired_interp_core.geometry.names import LENGTHS, MOVES
from ired_interp_core.records import Block, ProblemSet, canonical_json
from ired_interp_core.schedule import cosine

RNG = np.random.default_rng(0)
ALPHA_BAR, SIGMA = cosine().alphas_cumprod, cosine().sigma


def orthogonal(n: int) -> np.ndarray:
    return np.linalg.qr(RNG.normal(size=(n, n)))[0]


def pair(n: int, *theta: float) -> tuple[np.ndarray, np.ndarray]:
    """Frames of two spaces with these principal angles, in a random position."""
    k, q = len(theta), orthogonal(n)
    first = q[:, :k]
    second = first * np.cos(theta) + q[:, k : 2 * k] * np.sin(theta)
    return first, second


def distances(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    theta = grassmann.angles(first, second)
    return float(grassmann.geodesic(theta)), float(grassmann.chordal(theta))


def test_distances_of_known_angles():
    np.testing.assert_allclose(distances(*pair(6, 0.3, 1.1)), [1.140175, 0.938926], atol=1e-6)
    assert distances(*pair(6, np.pi / 2, 0.3))[0] == pytest.approx(1.599188, abs=1e-6)
    right = distances(*pair(20, *[np.pi / 2] * 10))
    np.testing.assert_allclose(right, [4.967294, 3.162278], atol=1e-6)
    assert distances(*pair(6, 1e-8, 1e-9))[0] == pytest.approx(1.005e-8, rel=1e-3)
    rounded = [side.astype("f4") for side in pair(6, 1e-4, 0.0)]
    assert distances(*rounded)[0] == pytest.approx(1e-4, rel=0.01)


def test_most_of_a_small_space_is_shared():
    """Two spaces of 15 of 20 dimensions share ten: at most five angles differ from 0."""
    q = orthogonal(20)
    found = distances(q[:, :15], np.concatenate([q[:, 5:15], q[:, 15:]], axis=1))
    np.testing.assert_allclose(found, [3.512407, 2.236068], atol=1e-6)


def test_distances_know_spaces_and_not_frames():
    first, second = pair(8, 0.2, 0.7, 1.3)
    before = distances(first, second)
    turned = distances(first @ orthogonal(3), -second @ orthogonal(3))
    np.testing.assert_allclose(turned, before, atol=1e-12)
    assert max(distances(first, first @ orthogonal(3))) <= 1e-12
    projectors = [side @ side.T for side in (first, second)]
    chordal = np.linalg.norm(projectors[0] - projectors[1]) / np.sqrt(2)
    assert before[1] == pytest.approx(chordal, abs=1e-12)


def test_distance_geodesic_and_transport_agree_with_geomstats():
    """Its points are projectors UUᵀ, its vectors HUᵀ + UHᵀ, its distance √2 times the angles."""
    os.environ.setdefault("GEOMSTATS_BACKEND", "numpy")
    from geomstats.geometry.grassmannian import Grassmannian

    first, second = pair(6, 0.4, 1.2)
    space = Grassmannian(6, 2)
    points = [side @ side.T for side in (first, second)]
    route = grassmann.towards(first, second)
    assert space.metric.dist(*points) == pytest.approx(np.sqrt(2) * distances(first, second)[0])
    for s in (0.0, 0.35, 1.0):
        u = route.frame(s)
        theirs = space.metric.geodesic(points[0], end_point=points[1])(s)
        np.testing.assert_allclose(u @ u.T, np.squeeze(theirs), atol=1e-7)
        np.testing.assert_allclose(u.T @ u, np.eye(2), atol=1e-12)
    h = grassmann.horizontal(RNG.normal(size=(6, 2)), first)
    there, u = route.transport(h, 1.0), route.frame(1.0)
    lifted = h @ first.T + first @ h.T
    theirs = space.metric.parallel_transport(lifted, points[0], end_point=points[1])
    np.testing.assert_allclose(there @ u.T + u @ there.T, theirs, atol=1e-7)


@pytest.mark.parametrize("theta", [(np.pi / 2, 0.3), (1e-8, 1.0), (0.0, 0.0), (0.4, 0.4)])
def test_transport_keeps_norm_and_stays_horizontal(theta):
    first, second = pair(7, *theta)
    route = grassmann.towards(first, second)
    h = grassmann.horizontal(RNG.normal(size=(7, 2)), first)
    assert np.linalg.norm(h) > 0.5
    np.testing.assert_allclose(grassmann.horizontal(h, first), h, atol=1e-14)
    for s in (0.0, 0.5, 1.0):
        there = route.transport(h, s)
        assert np.linalg.norm(there) == pytest.approx(np.linalg.norm(h), abs=1e-12)
        np.testing.assert_allclose(route.frame(s).T @ there, 0, atol=1e-12)
    np.testing.assert_allclose(grassmann.angles(route.frame(1.0), second), 0, atol=1e-12)


def test_random_pairs_are_as_far_apart_as_the_table_says():
    _, found = grassmann.null(20)
    at = found[:, [0, 1, 4, 9]]
    np.testing.assert_allclose(at[..., 0].mean(0), [1.38, 1.85, 2.56, 2.88], atol=0.03)
    np.testing.assert_allclose(at[..., 0].std(0), [0.14, 0.13, 0.13, 0.13], atol=0.02)
    np.testing.assert_allclose(at[..., 1].mean(0), [0.97, 1.34, 1.94, 2.24], atol=0.02)
    np.testing.assert_allclose(found[:, 19], 0, atol=1e-12)


def low_rank(n: int, *values: float) -> np.ndarray:
    k = len(values)
    return (orthogonal(n)[:, :k] * values) @ orthogonal(n)[:, :k].T


@pytest.mark.parametrize("k", [1, 3, 5, 6])
@pytest.mark.parametrize("deficient", [False, True])
def test_a_path_meets_both_ends_and_turns_the_spaces_evenly(k, deficient):
    first, second = RNG.normal(size=(2, 6, 6))
    if deficient:
        first = low_rank(6, 2.0, 1.0)
    route = paths.between(first, second, k)
    for s, end in ((0.0, first), (1.0, second)):
        np.testing.assert_allclose(route.at(s), end, atol=1e-10)
    middle = np.stack([route.at(s) for s in (0.25, 0.5)])
    assert np.isfinite(middle).all()
    if not deficient:
        spaces = [grassmann.svd(m).left[:, :k] for m in (first, second)]
        theta = grassmann.angles(*spaces)
        met = grassmann.angles(spaces[0], route.left.frame(0.25))
        np.testing.assert_allclose(met, theta / 4, atol=1e-7)


def test_symmetric_ends_stay_symmetric_and_values_run_on_a_logarithmic_axis():
    q = orthogonal(5)
    first = q @ np.diag([4.0, 3.0, 2.0, -1.0, 0.0]) @ q.T
    first = (first + first.T) / 2
    second = moves.symmetric(RNG.normal(size=(5, 5)))
    for k in (2, 5):
        route = paths.between(first, second, k)
        for s in (0.0, 0.3, 1.0):
            y = route.at(s)
            np.testing.assert_allclose(y, y.T, atol=1e-12)
        np.testing.assert_allclose(route.at(0.0), first, atol=1e-10)
        np.testing.assert_allclose(route.at(1.0), second, atol=1e-10)
    alike = paths.between(np.diag([4.0, 1.0, 0.0]), np.diag([1.0, 4.0, 0.0]), 2)
    values = np.linalg.svd(alike.at(0.5), compute_uv=False)
    np.testing.assert_allclose(values, [4.0, 1.0, 0.0], atol=1e-12)
    halved = paths.between(np.diag([4.0, 1.0, 0.0]), np.diag([1.0, 0.25, 0.0]), 2)
    np.testing.assert_allclose(np.diag(halved.at(0.5)), [2.0, 0.5, 0.0], atol=1e-12)


def test_a_diagonal_core_would_miss_the_end():
    """What the turned core is for: U(1) diag(s) V(1)ᵀ, frames turned apart, is not the truth."""
    first, second = RNG.normal(size=(2, 20, 20))
    route = paths.between(first, second, 10)
    naive = (route.left.frame(1.0) * grassmann.svd(second).values[:10]) @ route.right.frame(1.0).T
    there = moves.truncated(second, 10)
    assert np.linalg.norm(naive - there) > 0.8 * np.linalg.norm(there)


def test_the_transported_gradient_of_a_linear_energy_on_a_still_path():
    """No turning: what is carried is what is there, wherever singular values go."""
    y = low_rank(6, 3.0, 2.0, 1.0)
    route = paths.between(y, 2 * y, 3)
    s = np.array([0.0, 0.5, 1.0])
    g = np.broadcast_to(RNG.normal(size=(6, 6)), (3, 6, 6))
    np.testing.assert_allclose(route.agreement(g, s), 1.0, atol=1e-9)
    np.testing.assert_allclose(
        route.agreement(g * [[[1]], [[-1]], [[2]]], s), [1, -1, 1], atol=1e-9
    )
    assert np.isnan(route.agreement(np.zeros((3, 6, 6)), s)).all()


def test_barriers_of_known_profiles():
    profiles = np.array([[3, 1, 2, 0], [3, 2, 1, 0], [0, 1, 2, 3], [1, 0, 0.5, 2], [0, 5, 0, 0]])
    np.testing.assert_array_equal(paths.barrier(profiles.astype(float)), [1, 0, 0, 0, 5])


def test_tangent_vectors_are_velocities_and_ratios_those_of_random_matrices():
    y = low_rank(6, 3.0, 2.0)
    u, _, v = grassmann.svd(y)
    left, right = RNG.normal(size=(2, 6, 6))
    speed = left @ y + y @ right  # of exp(sL) Y exp(sR), all of rank 2
    np.testing.assert_allclose(moves.tangent("rank", y, speed, 2), speed, atol=1e-12)
    off = u[:, 2:] @ RNG.normal(size=(4, 4)) @ v[:, 2:].T
    np.testing.assert_allclose(moves.tangent("rank", y, off, 2), 0, atol=1e-12)
    known = {r: moves.ratio_of_random(20, r)["rank"] for r in (1, 2, 5, 10)}
    np.testing.assert_allclose(list(known.values()), [3.04, 2.06, 1.13, 0.577], atol=0.005)
    assert moves.ratio_of_random(20, 10)["symmetric"] == pytest.approx(0.951, abs=5e-4)
    at, g = RNG.normal(size=(2, 200, 20, 20))
    for name, value in moves.ratio_of_random(20, 10).items():
        assert np.median(moves.ratio(name, at, g, 10)) == pytest.approx(value, rel=0.02)


@pytest.mark.parametrize("manifold", ["rank", "symmetric"])
def test_moves_have_one_length_and_keep_or_leave(manifold):
    base = moves.onto(manifold, RNG.normal(size=(8, 8)), 3)
    drawn = RNG.normal(size=(4, 8, 8))
    for length in (0.01, 2.0):
        found = moves.displaced(manifold, base, drawn, length, 3)
        assert tuple(found) == MOVES
        for there in found.values():
            np.testing.assert_allclose(np.linalg.norm(there - base, axis=(1, 2)), length, rtol=1e-6)
        kept, left = found["keeping"], found["leaving"]
        if manifold == "rank":
            values = [np.linalg.svd(m, compute_uv=False)[:, 3] for m in (kept, left)]
            assert values[0].max() < 1e-12
            assert values[1].min() > 1e-3 * length
        else:
            np.testing.assert_allclose(kept, kept.swapaxes(1, 2), atol=1e-14)
            turned = left - base
            np.testing.assert_allclose(turned, -turned.swapaxes(1, 2), atol=1e-14)
    once = moves.onto_random(manifold, drawn, 3)
    np.testing.assert_allclose(moves.onto_random(manifold, once, 3), once, atol=1e-12)
    share = (once**2).sum() / (drawn**2).sum()
    assert share == pytest.approx(moves.dimension(manifold, 8, 3) / 64, abs=0.12)


def test_modes_of_known_matrices():
    truth = np.diag([4.0, 2.0, 1.0])
    share = modes.present(grassmann.svd(truth), np.stack([truth, np.diag([2.0, 2.0, 0.0])]))
    np.testing.assert_allclose(share, [[1, 1, 1], [0.5, 1, 0]])
    np.testing.assert_array_equal(
        modes.arrival(np.array([[1, 1, 0.1], [0.6, 0, 0]]), 0.5), [1, 0, -1]
    )
    walked = np.array([[1.0, 1.0, 0.1], [0.6, 0.0, 0.0], [9.0, 7.0, 8.0]])
    np.testing.assert_array_equal(modes.arrival(walked, 0.5), [2, 2, 2])
    np.testing.assert_array_equal(modes.settled(walked, 0.5), [2, 0, -1])
    assert modes.effective_rank(np.array([1.0, 1.0, 0.0])) == pytest.approx(2)
    assert modes.symmetric_share(np.array([[0.0, 1.0], [-1.0, 0.0]])) == 0
    assert modes.off_diagonal(np.ones((4, 4))) == pytest.approx(0.75)
    values = np.array([1.0, 2.0, 5.0, 10.0])
    np.testing.assert_allclose(
        modes.beyond_line(values, np.stack([1 / values, 1 / values + values])), 1
    )
    assert np.isnan(modes.beyond_line(values, 3 - 0.1 * values))
    assert np.isnan(modes.beyond_line(np.full(4, 2.0), values))
    bent = np.linalg.lstsq(np.stack([np.ones(4), values, values**-1], 1), values**2, rcond=None)[1][
        0
    ]
    line = np.linalg.lstsq(np.stack([np.ones(4), values], 1), values**2, rcond=None)[1][0]
    assert modes.beyond_line(values, values**2) == pytest.approx(1 - bent / line, rel=1e-9)
    assert modes.rank_correlation(np.arange(5.0), np.array([0, 0, 1, 1, 2])) == pytest.approx(
        0.9487, abs=1e-4
    )
    assert np.isnan(modes.rank_correlation(np.arange(5.0), np.ones(5)))
    first = RNG.normal(size=(400, 20, 20))
    assert modes.aligned(first, RNG.normal(size=(400, 20, 20)), 10).mean() == pytest.approx(
        0.05, abs=0.004
    )
    np.testing.assert_allclose(modes.aligned(first, -2 * first, 10), 1)


class Coarse:
    """E_t = ‖ỹ − √ᾱ C_t‖²/2σ, C_t the i + 1 largest directions of A⁻¹ at t = 9 − i."""

    size, n_in, task = 3, 9, "inverse"

    def energy(self, x, y, t):
        u, s, v = torch.linalg.svd(torch.linalg.inv(x.unflatten(-1, (3, 3))))
        kept = torch.arange(3) < 10 - t[:, None]
        centre = ((u * (s * kept)[:, None]) @ v).flatten(1)
        alpha_bar, sigma = (torch.from_numpy(a).to(y)[t] for a in (ALPHA_BAR, SIGMA))
        return (y - alpha_bar.sqrt()[:, None] * centre).square().sum(-1) / (2 * sigma)


def test_a_coarse_to_fine_quadratic_energy_in_closed_form():
    model = AdaptedEnergy(Coarse(), "0" * 24, {})
    r = run("geometry", model, "inverse", 0, 3, 3)
    made = tasks.problems("inverse", 3, 0, size=3)
    y = made.y.reshape(-1, 3, 3)
    values = np.linalg.svd(y, compute_uv=False)
    np.testing.assert_array_equal(r.arrival, [[9, 8, 7]] * 3)
    np.testing.assert_array_equal(r.settled, r.arrival)
    np.testing.assert_allclose([r.arrival_order, r.settled_order], 1)
    assert (r.arrival_order_shuffled < 1).any()
    np.testing.assert_allclose(r.present.sel(level=9), [[1, 0, 0]] * 3, atol=1e-4)
    np.testing.assert_allclose(r.truth_singular, values)
    np.testing.assert_allclose(r.problem_eigenvalue, 1 / values[:, ::-1])
    at = r.sel(level=[0, 4], place="answer")
    np.testing.assert_allclose(at.distance, 0, atol=1e-4)
    np.testing.assert_allclose(at.off_diagonal_share, 0, atol=1e-6)
    assert (at.off_diagonal_random > 0.01).all()
    np.testing.assert_allclose(at.leaving_ratio_symmetric, 1, rtol=1e-6)
    np.testing.assert_allclose(at.nuclear_norm, values.sum(1)[:, None].repeat(2, 1), rtol=1e-4)
    np.testing.assert_allclose(
        at.effective_rank, modes.effective_rank(values)[:, None].repeat(2, 1), rtol=1e-3
    )
    np.testing.assert_allclose(at.symmetric_share, 1, atol=1e-6)
    assert (r.bent_share.fillna(0) == 0).all()
    np.testing.assert_allclose(r.path_barrier, 0, atol=1e-12)
    # At t = 9 one direction of three is there; the energy is 0 there and rises to that of the rest.
    rest = (values[:, 1:] ** 2).sum(1)
    s, scale = r.passed.values, ALPHA_BAR[9] / (2 * SIGMA[9])
    np.testing.assert_allclose(
        r.straight_energy.sel(level=9), scale * rest[:, None] * s**2, atol=1e-6 * scale
    )
    np.testing.assert_allclose(r.excess.sel(level=9, place="answer"), -scale * rest, rtol=1e-4)
    moved = r.move_energy.sel(level=2, manifold="symmetric", move="random")
    size = (values**2).sum(1)
    exact = ALPHA_BAR[2] / (2 * SIGMA[2]) * size[:, None] * np.square(LENGTHS)
    np.testing.assert_allclose(moved, exact, rtol=1e-9)
    found = r.projected_energy.sel(level=2, manifold="symmetric", projection="manifold")
    np.testing.assert_allclose(found, 0, atol=1e-9)


def test_an_unknown_truth_leaves_what_needs_none():
    """Problems of one's own without a truth: structure and splits stay, the rest is no number."""
    problems, made = ProblemSet("completion", "same", 3, 0), tasks.problems("completion", 1, 0, 3)
    asked = ask("geometry", problems)
    model, none = small(3, "completion"), np.full((1, 9), np.nan)
    above = asked.upstream["descent"].question
    descent = registry.get("descent").run(
        Block(problems, 0, made.x, none, {"model": model}), above.parameters
    )
    descent.attrs["question"] = canonical_json(above.as_dict())
    block = Block(problems, 0, made.x, none, {"model": model}, {"descent": descent})
    r = registry.get("geometry").run(block, asked.question.parameters)
    assert np.isfinite(r.effective_rank).all()
    assert np.isfinite(r.normal_ratio.sel(source="model", manifold="rank")).all()
    for name in ("distance", "excess", "path_energy", "move_energy", "present", "euclidean"):
        assert np.isnan(r[name]).all(), name


def test_paths_have_the_energies_of_their_ends_and_distances_follow_from_angles():
    """Of a random model: E along both ways begins at ŷ_t and ends at y*."""
    model = small(3, "addition")
    r = run("geometry", model, "addition", 0, 2, 3)
    for name in ("path_energy", "straight_energy"):
        way = r[name]
        rise = way.isel(passed=0) - way.isel(passed=-1)
        np.testing.assert_allclose(rise, r.excess.sel(place="answer"), rtol=1e-4, atol=1e-6)
    ends = [r.path_energy.isel(passed=i) - r.straight_energy.isel(passed=i) for i in (0, -1)]
    np.testing.assert_allclose(ends, 0, atol=1e-9)
    np.testing.assert_allclose(r.transport_cosine.isel(passed=0).fillna(1), 1, atol=1e-6)
    np.testing.assert_allclose(r.geodesic.isel(dimension=-1), 0, atol=1e-6)
    theta = r.principal_angle.fillna(0)
    np.testing.assert_allclose(r.geodesic, np.sqrt((theta**2).sum("angle")), atol=1e-6)
    squares = (r.geodesic.sel(dimension=3) ** 2).mean("factor")
    np.testing.assert_allclose(r.distance, np.sqrt(squares), atol=1e-6)
