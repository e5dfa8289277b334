"""Taking out of an activation what is linearly readable of a property.

Definitions: docs/definitions.md §6.1.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Int8
from torch import Tensor

from ired_interp_core.probing.ridge import fit, out_of_fold, r2, squares


@dataclass(frozen=True)
class Removal:
    """x' = x − ⟨x − centre, w⟩·v for all rows of an activation.

    As an edit of `dictionaries.intervention.Intervened` it is done at every look of the sampler.

    Args:
        centre: mean of the activations.
        readout: w.
        along: v.
    """

    centre: Float[np.ndarray, "p"]
    readout: Float[np.ndarray, "p"]
    along: Float[np.ndarray, "p"]

    def of(self, x: Float[np.ndarray, "N p"]) -> Float[np.ndarray, "N p"]:
        """Take it out of rows, float64."""
        x = x.astype(np.float64)
        return np.asarray(x - ((x - self.centre) @ self.readout)[:, None] * self.along)

    def __call__(self, x: Float[Tensor, "B p"]) -> Float[Tensor, "B p"]:
        """Take it out of a batch of the sampler."""
        centre, w, v = (torch.from_numpy(a).to(x) for a in (self.centre, self.readout, self.along))
        return x - ((x - centre) @ w)[:, None] * v


def oblique(
    x: Float[np.ndarray, "N p"], z: Float[np.ndarray, "N"], words: Int[np.ndarray, "N"]
) -> Removal:
    """Project a property out along c = Cov(x, z): x' = x − c·⟨x − x̄, w⟩/⟨w, c⟩, w the probe.

    Then Cov(x', z) = 0, so that no linear probe reads anything on these rows, and w·x' is constant.
    Taking off w alone, x − w⟨x, w⟩/‖w‖², leaves what other entries share with z: of x = (z, z + e)
    with unit normals the probe is (1, 0), and without it R² is still ½. After Belrose et al.,
    NeurIPS 2023 (LEACE), in the metric of the ridge probe instead of that of least squares.

    Args:
        x: activations.
        z: the property.
        words: problem of every row.

    Returns:
        The projection; one that changes nothing where the probe reads nothing.
    """
    probe = fit(x, z[:, None], words)
    w, centre = probe.readout[:, 0], probe.centre
    c = (x - centre).T @ (z - z.mean()) / len(z)
    reach = w @ c
    return Removal(centre, w, c / reach if reach > 0 else np.zeros_like(c))


def random_removals(
    x: Float[np.ndarray, "N p"], removal: Removal, count: int, rng: np.random.Generator
) -> list[Removal]:
    """Random directions that take as much variance out of these rows as a removal does.

    x' = x − s·⟨x − x̄, v⟩·v with v ∝ C^{1/2}ξ drawn from the covariance C of the activations, and
    s = √(V/Var⟨x, v⟩), V = Var⟨x, w⟩·‖along‖² the variance that the removal takes.

    Args:
        x: activations.
        removal: whose variance is matched.
        count: directions.
        rng: of ξ.

    Returns:
        The controls.
    """
    centred = x - removal.centre
    taken = np.square(centred @ removal.readout).mean() * np.square(removal.along).sum()
    found = []
    for draw in rng.normal(size=(count, len(x))):
        v = draw @ centred
        v /= max(float(np.linalg.norm(v)), np.finfo(float).tiny)
        carried = np.square(centred @ v).mean()
        scale = np.sqrt(taken / carried) if carried > 0 else 0.0
        found.append(Removal(removal.centre, v, scale * v))
    return found


def left(
    x: Float[np.ndarray, "N p"],
    z: Float[np.ndarray, "N"],
    words: Int[np.ndarray, "N"],
    fold: Int8[np.ndarray, "N"],
    half: Bool[np.ndarray, "N"],
    removal: Removal,
) -> float:
    """R² of a new probe after a removal, on rows that the removal was not fitted on.

    Where it was fitted nothing is left by construction.

    Args:
        x: activations.
        z: the property.
        words: problem of every row.
        fold: of every row.
        half: rows that the removal was fitted on.
        removal: of the property.

    Returns:
        Out-of-fold R² over the other rows.
    """
    rows = ~half
    target = z[rows, None]
    found, _ = out_of_fold(removal.of(x[rows]), target, words[rows], fold[rows])
    return float(r2(*squares(target, found))[0])
