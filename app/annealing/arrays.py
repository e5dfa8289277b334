"""Arrays of all problems by level, read some hundred problems at a time and cut down on the way.

All four places are read in one pass, since a shard holds them together; what is kept of a problem
is small, so 20,000 problems need no more memory than a few arrays of [problem, level].
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from app.shared.asks import reading
from app.shared.asks.chosen import Family
from app.shared.asks.kept import kept, sealed
from app.shared.drawing.bands import Groups, Pooled, random_angle
from app.shared.table import derived
from app.shared.table.by_level import by_level, pieces
from ired_interp_core.counts import counted
from ired_interp_core.schema import LEVELS, PLACES
from store import QuestionInfo, Store
from store.catalog_counts import Cells

CHUNK = 256
"""Problems read at once: 16 MB of spectra, a shard of 16 problems being 1 MB."""

SPECTRUM = "eigenvalue_spectrum"

ANGLES = ("least", "mean", "most")
"""Kept of the principal angles: smallest, root mean square, largest."""


@kept(4, "Reading every step")
def steps(store: Store, question: QuestionInfo) -> tuple[np.ndarray, np.ndarray]:
    """Energy E_t and error (data frame) after each step [problem, level, step], where readable."""
    energy, mse = [], []
    for part, _ in pieces(store, question, ("step_energy", "step_mse"), CHUNK):
        energy.append(part["step_energy"].sortby("level").values)
        mse.append(part["step_mse"].sortby("level").values)
    whole = np.concatenate(energy), np.concatenate(mse)
    sealed(*whole)
    return whole


@kept(12, "Counting eigenvalues")
def _pooled(
    store: Store, question: QuestionInfo, by: tuple[str, int], _groups: Groups
) -> dict[str, Pooled]:
    there = reading.problems_present(question)
    whole = by == ("", 1) and bool((_groups.of(there) == 0).all())
    every = _of_all(store, question) if whole else _of_groups(store, question, _groups)
    found = {p: Pooled.of([[g.get((t, p)) for t in range(LEVELS)] for g in every]) for p in PLACES}
    for one in found.values():
        sealed(one.counts, one.edges, one.low, one.high)
    return found


def _of_all(store: Store, question: QuestionInfo) -> list[Cells]:
    """What was counted when the catalog was built."""
    return [store.counts(question, SPECTRUM)]


def _of_groups(store: Store, question: QuestionInfo, groups: Groups) -> list[Cells]:
    """Each group's eigenvalues, counted now."""
    cells: list[Cells] = [{} for _ in range(max(groups.count, 1))]
    for part, _ in pieces(store, question, (SPECTRUM,), CHUNK):
        spectra = part[SPECTRUM].sel(level=range(LEVELS), place=list(PLACES))
        found = spectra.transpose("level", "place", "problem", "eigenvalue").values
        member = groups.of(part["problem"].values)
        for g, (t, p) in product(range(groups.count), np.ndindex(LEVELS, len(PLACES))):
            if (own := counted(found[t, p][member == g])) is not None:
                at = (t, PLACES[p])
                cells[g][at] = cells[g][at] + own if at in cells[g] else own
    return cells


def pooled(store: Store, question: QuestionInfo, place: str, groups: Groups, by: str) -> Pooled:
    """Count eigenvalues at one place, in groups made by the number with the id `by`."""
    return _pooled(store, question, (by, groups.count), groups)[place]


@kept(12)
def variance_check(store: Store, question: QuestionInfo) -> tuple[np.ndarray, np.ndarray]:
    """Mean implied variance and denoising error of every problem at the noised truth.

    Args:
        store: opened.
        question: of spectra.

    Returns:
        Both [problem, level], y², of the problems in which all are numbers.
    """
    known, own = derived.quantities(question.analysis), Family({question.analysis: question})
    v, error = (
        by_level(store, own, known[f"{question.analysis}.{name}"], PLACES[0])[1]
        for name in ("implied_variance", "denoising_error")
    )
    whole = np.isfinite(v).all(axis=1) & np.isfinite(error).all(axis=1)
    v, error = v[whole], error[whole]
    sealed(v, error)
    return v, error


@dataclass(frozen=True)
class Spaces:
    """Eigenspaces of every problem at one place.

    Args:
        problems: indices, ascending.
        ends: "top" and "bottom".
        subspaces: names of those that the task has.
        alignment: ‖P_S V_k‖²/k [problem, level, end, subspace].
        random: dim S/d, mean over the problems [subspace].
        resolved: whether the k vectors are determined [problem, level, end].
        angle: to the eigenspace of t − 1 [problem, level, end, one of ANGLES], rad; NaN at t = 0.
        k: vectors at each end.
        d: dimension of the answer.
        chance: root mean square angle of random spaces, mean and standard deviation.
    """

    problems: np.ndarray
    ends: tuple[str, ...]
    subspaces: tuple[str, ...]
    alignment: np.ndarray
    random: np.ndarray
    resolved: np.ndarray
    angle: np.ndarray
    k: int
    d: int
    chance: tuple[float, float]

    def turning(self, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Root mean square angle to the eigenspace of t − 1, where both are determined.

        Args:
            end: position in `ends`.

        Returns:
            Angles and whether they are determined [problem, level]; at t = 0 there is no angle,
            and nothing undetermined.
        """
        both = self.resolved[:, :, end].copy()
        both[:, 1:] &= self.resolved[:, :-1, end]
        both[:, 0] = True
        return np.where(both, self.angle[:, :, end, ANGLES.index("mean")], np.nan), both


@kept(2, "Reading eigenspaces")
def _spaces(store: Store, question: QuestionInfo) -> dict[str, Spaces]:
    wanted = ("alignment", "alignment_random", "resolved", "angle_level")
    aligned, random, resolved, angles = [], [], [], []
    ends: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    vectors = 0
    there = reading.problems_present(question)
    problems = []
    for part, at in pieces(store, question, wanted, CHUNK):
        problems.append(there[at])
        part = part.sel(level=range(LEVELS), place=list(PLACES))
        ends = tuple(str(e) for e in part["end"].values)
        names = tuple(str(n) for n in part["subspace"].values)
        vectors = part.sizes["vector"]
        aligned.append(part["alignment"].transpose("place", "problem", ...).values)
        random.append(part["alignment_random"].values)
        resolved.append(part["resolved"].transpose("place", "problem", ...).values == 1)
        theta = part["angle_level"].transpose("place", "problem", ..., "vector").values
        mean = np.sqrt(np.mean(theta**2, axis=-1))
        angles.append(np.stack([theta[..., 0], mean, theta[..., -1]], axis=-1))
    by_problem = np.concatenate(random)
    has = np.isfinite(by_problem).any(axis=0)
    alignment, determined, angle = (np.concatenate(v, axis=1) for v in (aligned, resolved, angles))
    alignment = alignment[..., has]
    d = question.problems.size**2
    known = np.concatenate(problems)
    sealed(known, alignment, determined, angle)
    return {
        place: Spaces(
            known,
            ends,
            tuple(n for n, h in zip(names, has, strict=True) if h),
            alignment[p],
            np.nanmean(by_problem[:, has], axis=0),
            determined[p],
            angle[p],
            vectors,
            d,
            random_angle(min(vectors, d), d),
        )
        for p, place in enumerate(PLACES)
    }


def spaces(store: Store, question: QuestionInfo, place: str) -> Spaces:
    """Alignments and angles of all problems at one place."""
    return _spaces(store, question)[place]
