"""Points at which other latents have taken a concept over from its main ones (see `absorption`)."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

INACTIVE = 1e-8
PROBE_COSINE = 0.025
PROJECTION_SHARE = 0.4
ABSORBING_COSINE = 0.1
MOST_ABSORBING = 3
"""The last two are of the absorption fraction; all are those that SAEBench ships."""


@dataclass(frozen=True)
class Points:
    """Visited points of one split.

    Args:
        u: what latents explain, in the scaled frame.
        codes: f.
        problem: of every point.
        level: of every point.
    """

    u: Float[np.ndarray, "N d"]
    codes: sparse.csr_matrix
    problem: Int[np.ndarray, "N"]
    level: Int[np.ndarray, "N"]

    def where(self, mask: np.ndarray) -> "Points":
        """Some of the points.

        Args:
            mask: which.

        Returns:
            Them.
        """
        return Points(self.u[mask], self.codes[mask], self.problem[mask], self.level[mask])


def fractions(
    atoms: Float[np.ndarray, "m d"],
    points: Points,
    main: Int[np.ndarray, "k"],
    direction: Float[np.ndarray, "d"],
) -> Float[np.ndarray, "N"]:
    """How far other latents have taken the probe's direction over from the main ones.

    Args:
        atoms: W, unit norm.
        points: to judge.
        main: latents.
        direction: p, unit.

    Returns:
        Step 5 above, 0 … 1; 0 where u·p ≤ 0.
    """
    cosine = atoms @ direction
    own = points.codes[:, main].toarray() @ cosine[main]
    others = np.where(cosine >= ABSORBING_COSINE, cosine, 0.0)
    others[main] = 0.0
    projections = points.codes.multiply(others[None, :]).tocsr()
    most = np.array(
        [
            np.sort(projections.data[low:high])[-MOST_ABSORBING:].sum()
            for low, high in pairwise(projections.indptr)
        ]
    )
    along = points.u @ direction
    taken = np.minimum(most, along - own)
    counts = (along > 0) & (own < along) & (most >= PROJECTION_SHARE * along)
    share = np.where(own <= 0, 1.0, taken / np.where(counts, taken + own, 1.0))
    return np.where(counts, share, 0.0)


def absorbed(
    atoms: Float[np.ndarray, "m d"],
    points: Points,
    main: Int[np.ndarray, "k"],
    direction: Float[np.ndarray, "d"],
) -> np.ndarray:
    """Where the main latents are inactive and another, aligned latent carries the probe.

    Args:
        atoms: W, unit norm.
        points: to judge.
        main: latents.
        direction: p, unit.

    Returns:
        Booleans: step 4 above without its first condition.
    """
    cosine = atoms @ direction
    silent = np.abs(points.codes[:, main].toarray()).max(axis=1) < INACTIVE
    projections = points.codes.multiply(cosine[None, :]).tocsr()
    # An inactive latent projects to 0: the top one is positive, or none carries anything.
    largest = projections.max(axis=1).toarray().ravel()
    top = np.asarray(projections.argmax(axis=1)).ravel()
    along = points.u @ direction
    carries = (cosine[top] >= PROBE_COSINE) & (largest >= PROJECTION_SHARE * along)
    return silent & (along > 0) & (largest > 0) & carries
