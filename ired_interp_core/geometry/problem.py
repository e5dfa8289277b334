"""The geometry of one problem, group by group, as `analyses/geometry.py` declares it."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from ired_interp_core.geometry import grassmann, modes, moves, paths
from ired_interp_core.geometry.looks import Look
from ired_interp_core.geometry.names import (
    AGAINST,
    ENDS,
    FACTORS,
    LENGTHS,
    MANIFOLDS,
    MOST_DIMENSION,
    MOVES,
    PASSED,
    PROJECTIONS,
    SOURCES,
)
from ired_interp_core.records import seeded
from ired_interp_core.schema import LEVELS

RESOLVED = 1e-5
"""Relative gap at k above which the leading space of a float32 matrix is determined."""

APART = 1e-6
"""Distance of two states, over that of the truth from 0, below which they are one."""

ROUNDING = 1e-12
"""Share of an energy by which float64 may miss the mean of two."""

Found = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """What is known of one problem before anything is measured; matrices of the data frame.

    Args:
        model: looks at its energy.
        ideal: looks at that of the Gaussian ideal.
        truth: y* [n, n]; NaN where nobody knows it.
        answers: ŷ_t [level, n, n], t ascending.
        minima: ŷ_t polished.
        states: of the walk [level, step, n, n], the one before the jump first.
        excess: energy above the truth of answers and minima [level, 2].
        index: of the problem.
        parameters: k, rank, seed, length, threshold, draws.
    """

    model: Look
    ideal: Look
    truth: Float[np.ndarray, "n n"]
    answers: Float[np.ndarray, "level n n"]
    minima: Float[np.ndarray, "level n n"]
    states: Float[np.ndarray, "level step n n"]
    excess: Float[np.ndarray, "level 2"]
    index: int
    parameters: Mapping[str, Any]

    @property
    def size(self) -> int:
        """Matrix side n."""
        return len(self.truth)

    @property
    def k(self) -> int:
        """Dimension of the leading spaces."""
        return min(self.parameters["k"], self.size)

    @property
    def rank(self) -> int:
        """Rank r of the manifold, below n: all matrices have the rank n."""
        return min(self.parameters["rank"], self.size - 1)

    @property
    def manifolds(self) -> tuple[str, ...]:
        """Those that the truth lies near: symmetric matrices only where it is symmetric."""
        off = abs(self.truth - self.truth.T).max()
        return MANIFOLDS if off <= 1e-6 * abs(self.truth).max() else MANIFOLDS[:1]


def subspaces(of: Problem) -> Found:
    """Angles and distances of the leading spaces of ŷ_t, and of its minimum, and those of y*."""
    n, dims = of.size, min(of.size, MOST_DIMENSION)
    truth = grassmann.svd(of.truth)
    ended = grassmann.svd(np.stack([of.answers, of.minima], axis=1))
    shape = (LEVELS, len(ENDS), len(FACTORS), dims)
    theta = np.full((*shape, dims), np.nan)
    for k in range(1, dims + 1):
        for f, (here, there) in enumerate(((ended.left, truth.left), (ended.right, truth.right))):
            goal = np.broadcast_to(there[:, :k], (LEVELS, len(ENDS), n, k))
            theta[:, :, f, k - 1, :k] = grassmann.angles(here[..., :k], goal)
    filled = np.where(np.arange(dims) < np.arange(1, dims + 1)[:, None], theta, 0.0)
    distances = grassmann.geodesic(filled), grassmann.chordal(filled)
    gap = np.minimum(_gaps(ended.values)[..., :dims], _gaps(truth.values)[:dims])
    at = of.k - 1
    means = [np.sqrt((d[..., min(at, dims - 1)] ** 2).mean(-1)) for d in distances]
    ends = np.stack([of.answers, of.minima], axis=1)
    return {
        "principal_angle": theta,
        "geodesic": distances[0],
        "chordal": distances[1],
        "gap": gap,
        "resolved": (gap > RESOLVED).astype("i1"),
        "distance": means[0],
        "chordal_distance": means[1],
        "euclidean": np.linalg.norm(ends - of.truth, axis=(-2, -1)),
        "excess": of.excess,
    }


def _gaps(values: Float[np.ndarray, "... n"]) -> Float[np.ndarray, "... n"]:
    """(s_k − s_{k+1})/s_k at every k; 1 at k = n, where the space is everything."""
    after = np.concatenate([values[..., 1:], np.zeros_like(values[..., :1])], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (values - after) / values


def ways(of: Problem) -> Found:
    """E from ŷ_t to y* along the geodesic path and straight on, and the transported gradient."""
    s, n = np.array(PASSED), of.size
    usable = np.isfinite(of.truth).all() & np.isfinite(of.answers).all((-2, -1))
    turned = np.full((LEVELS, len(s), n, n), np.nan)
    routes = {t: paths.between(of.answers[t], of.truth, of.k) for t in np.flatnonzero(usable)}
    for t, route in routes.items():
        turned[t] = np.stack([route.at(at) for at in s])
    at = s[:, None, None]
    straight = (1 - at) * of.answers[:, None] + at * of.truth
    e, g = of.model.gradients(turned)
    cosines = np.full((LEVELS, len(s)), np.nan)
    for t, route in routes.items():
        cosines[t] = route.agreement(g[t], s)
    direct = of.model.energies(straight)
    return {
        "path_energy": e,
        "straight_energy": direct,
        "transport_cosine": cosines,
        "path_barrier": paths.barrier(e),
        "straight_barrier": paths.barrier(direct),
    }


def split(of: Problem) -> Found:
    """∇E at the states of the walk: off and along the manifolds, and its singular vectors."""
    n, rng = of.size, seeded("random gradient", of.parameters["seed"], of.index)
    steps = of.states.shape[1]
    gradients = {
        "model": of.model.gradients(of.states)[1],
        "ideal": of.ideal.gradients(of.states)[1],
        "random": rng.standard_normal((LEVELS, steps, n, n)),
    }
    found = np.full((LEVELS, steps, len(SOURCES), len(MANIFOLDS)), np.nan)
    for s, source in enumerate(SOURCES):
        for m, manifold in enumerate(of.manifolds):
            found[..., s, m] = moves.ratio(manifold, of.states, gradients[source], of.rank)
    score = gradients["model"]
    against = {"truth": np.broadcast_to(of.truth, of.states.shape), "error": of.states - of.truth}
    aligned = [modes.aligned(score, against[name], of.k) for name in AGAINST]
    return {
        "normal_ratio": found,
        "rank_ratio": found[:, 0, 0, 0],
        "score_alignment": np.stack(aligned, axis=-1),
    }


def displacements(of: Problem) -> Found:
    """ΔE of moves of equal length that keep a manifold or leave it, and E after projections."""
    n, draws = of.size, of.parameters["draws"]
    drawn = seeded("moves", of.parameters["seed"], of.index).standard_normal((draws, n, n))
    energy = np.full((LEVELS, len(MANIFOLDS), len(MOVES), len(LENGTHS)), np.nan)
    projected = np.full((LEVELS, len(MANIFOLDS), len(PROJECTIONS)), np.nan)
    for m, manifold in enumerate(of.manifolds):
        both = [
            moves.onto(manifold, of.answers, of.rank),
            moves.onto_random(manifold, of.answers, of.rank),
        ]
        projected[:, m] = of.model.energies(np.stack(both, axis=1))
        if np.isfinite(of.truth).all():
            energy[:, m] = _rise(of, manifold, np.concatenate([drawn, -drawn]))
    nearest = int(np.argmin(abs(np.log(np.array(LENGTHS) / of.parameters["length"]))))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(energy[:, :, 0] > 0, energy[:, :, 1] / energy[:, :, 0], np.nan)
    return {
        "move_energy": energy,
        "projected_energy": projected,
        "leaving_ratio": ratio[:, 0, nearest],
        "leaving_ratio_symmetric": ratio[:, 1, nearest],
    }


def _rise(of: Problem, manifold: str, drawn: np.ndarray) -> Float[np.ndarray, "level 3 length"]:
    """Mean ΔE over draws of both signs, from the point of the manifold nearest the truth."""
    base = moves.onto(manifold, of.truth, of.rank)
    unit = float(np.linalg.norm(of.truth))
    moved = [
        np.stack(list(moves.displaced(manifold, base, drawn, unit * length, of.rank).values()))
        for length in LENGTHS
    ]
    points = np.stack(moved, axis=1).reshape(-1, of.size, of.size)
    everywhere = np.broadcast_to(points, (LEVELS, *points.shape))
    e = of.model.energies(everywhere).reshape(LEVELS, len(MOVES), len(LENGTHS), -1).mean(-1)
    here = of.model.energies(np.broadcast_to(base, (LEVELS, *base.shape)))
    return e - here[:, None, None]


def convexity(of: Problem) -> Found:
    """Pairs of states of a level whose middle lies above their mean energy."""
    pairs = np.array(list(itertools.combinations(range(of.states.shape[1]), 2)))
    ends = [of.states[:, pairs[:, i]] for i in (0, 1)]
    apart = np.linalg.norm(ends[0] - ends[1], axis=(-2, -1))
    size = np.linalg.norm(of.truth)
    unit = size if np.isfinite(size) and size > 0 else 1.0
    counted = apart > APART * unit
    e = of.model.energies(of.states)
    middle = of.model.energies((ends[0] + ends[1]) / 2)
    mean = (e[:, pairs[:, 0]] + e[:, pairs[:, 1]]) / 2
    bent = (middle > mean + ROUNDING * abs(mean)) & counted
    number = counted.sum(1)
    with np.errstate(invalid="ignore"):
        share = np.where(number > 0, bent.sum(1) / number, np.nan)
    return {"bent_share": share, "compared_pairs": number.astype("i2")}


def order(of: Problem, predicted: Float[np.ndarray, "n n"], ideal: np.ndarray) -> Found:
    """When each singular direction of the truth arrives, beside the nearest predictor and ideal.

    Args:
        of: the problem.
        predicted: answer of the nearest predictor.
        ideal: answers of the Gaussian ideal's own walk [level, n, n].

    Returns:
        The variables of S2.
    """
    truth, threshold = grassmann.svd(of.truth), of.parameters["threshold"]
    share, by_ideal = (modes.present(truth, y) for y in (of.answers, ideal))
    known = modes.present(truth, predicted)
    came, came_ideal = (modes.arrival(a, threshold) for a in (share, by_ideal))
    stays = modes.settled(share, threshold)
    shuffled = seeded("shuffled directions", of.parameters["seed"], of.index).permutation(came)
    rho = modes.rank_correlation
    return {
        "truth_singular": truth.values,
        "present": share,
        "present_predictor": known,
        "arrival": came.astype("i1"),
        "arrival_ideal": came_ideal.astype("i1"),
        "settled": stays.astype("i1"),
        "settled_order": np.float64(rho(truth.values, stays)),
        "arrival_order": np.float64(rho(truth.values, came)),
        "arrival_order_ideal": np.float64(rho(truth.values, came_ideal)),
        "arrival_order_shuffled": np.float64(rho(truth.values, shuffled)),
        "predictor_order": np.float64(rho(truth.values, known)),
    }


def structure(of: Problem) -> Found:
    """Effective rank, nuclear norm and symmetric share of ŷ_t, and the truth's own."""
    values, truth = grassmann.svd(of.answers).values, grassmann.svd(of.truth).values
    return {
        "effective_rank": modes.effective_rank(values),
        "nuclear_norm": values.sum(-1),
        "symmetric_share": modes.symmetric_share(of.answers),
        "truth_nuclear_norm": np.float64(truth.sum()),
        "truth_symmetric_share": np.float64(modes.symmetric_share(of.truth)),
    }


def eigenbasis(of: Problem, x: Float[np.ndarray, "n n"] | None) -> Found:
    """ŷ_t in the eigenbasis of the problem; NaN where x is no symmetric definite matrix."""
    n = of.size
    found = {
        "eigenbasis": np.full((LEVELS, n, n), np.nan),
        "problem_eigenvalue": np.full(n, np.nan),
        "off_diagonal_share": np.full(LEVELS, np.nan),
        "off_diagonal_random": np.full(LEVELS, np.nan),
        "beyond_line": np.full(LEVELS, np.nan),
    }
    if x is None or not np.isfinite(x).all() or abs(x - x.T).max() > 1e-12 * abs(x).max():
        return found
    values, basis = (part[..., ::-1] for part in np.linalg.eigh(x))
    if values[-1] <= 0:
        return found
    turned = modes.in_basis(basis, of.answers)
    rng = seeded("random basis", of.parameters["seed"], of.index)
    other = np.linalg.qr(rng.standard_normal((n, n)))[0]
    diagonal = np.diagonal(turned, axis1=-2, axis2=-1)
    return {
        "eigenbasis": turned,
        "problem_eigenvalue": values,
        "off_diagonal_share": modes.off_diagonal(turned),
        "off_diagonal_random": modes.off_diagonal(modes.in_basis(other, of.answers)),
        "beyond_line": modes.beyond_line(values, diagonal),
    }
