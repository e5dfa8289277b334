"""Controls of a causal effect: other directions, treated as the atom of a feature is.

Definitions: docs/definitions.md §5.5.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.intervention import Added, Edit, Projected, TakenOff
from ired_interp_core.records import seeded

POINTS = 4096
"""Visited points from which covariance and thresholds are taken, at most."""


@dataclass(frozen=True)
class Trial:
    """A feature to test.

    Args:
        feature: index.
        density: share of visited points at which it is active.
        length: of steering, in the frame of x.
    """

    feature: int
    density: float
    length: float


@dataclass(frozen=True)
class Controls:
    """Directions for each feature on each problem, and how they are used.

    Many directions instead of one, so that no single one decides; each a pure function of (seed,
    feature, problem) and the points, so that it does not depend on its batch.

    Args:
        dictionary: whose features are tested.
        points: visited points of held-out problems, in the frame of x.
        seed: of the directions.
    """

    dictionary: Dictionary
    points: Float[Tensor, "N unit"]
    seed: int

    def random_atoms(
        self, feature: int, problems: Int[np.ndarray, "P"]
    ) -> Float[np.ndarray, "P unit"]:
        """Directions uniform on the sphere, float64."""
        return unit(self._normal("causal direction", feature, problems))

    def data_atoms(
        self, feature: int, problems: Int[np.ndarray, "P"]
    ) -> Float[np.ndarray, "P unit"]:
        """Directions of normal vectors with the covariance C of the points, C^{1/2}ξ, float64."""
        return unit(self._normal("data direction", feature, problems) @ self._root)

    def _normal(self, word: str, feature: int, problems: np.ndarray) -> np.ndarray:
        d = self.points.shape[1]
        drawn = [seeded(word, self.seed, feature, int(p)).standard_normal(d) for p in problems]
        return np.stack(drawn)

    @cached_property
    def _root(self) -> Float[np.ndarray, "unit unit"]:
        """C^{1/2} of the points, symmetric; 1 where all points are one."""
        values, vectors = np.linalg.eigh(np.cov(self.points.double().cpu().numpy().T, bias=True))
        root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        return root if values[-1] > 0 else np.eye(len(root))

    def thresholds(self, directions: Float[Tensor, "P unit"], density: float) -> Float[Tensor, "P"]:
        """θ above which ⟨x − centre, v⟩ lies at a share of the points; at least 0.

        Args:
            directions: unit v.
            density: the share.

        Returns:
            In the frame of x.
        """
        along = (self.points - self.dictionary.centre) @ directions.T
        above = min(max(round(density * len(along)), 1), len(along) - 1)
        # The largest that is left out: as many lie above it as are wanted, but for ties.
        return along.kthvalue(len(along) - above, dim=0).values.clamp_min(0.0)

    def edits(self, trial: Trial, problems: Int[np.ndarray, "P"]) -> tuple[Edit, ...]:
        """What is done on each problem, in the order of `names.WAYS`.

        Controls with a code of their own are active at as many points as the feature, or at those
        with a positive projection where these are fewer.

        Args:
            trial: the feature.
            problems: indices, one a row.

        Returns:
            Edits of as many rows.
        """
        feature, density, length = trial.feature, trial.density, trial.length
        d = self.dictionary
        index = torch.full((len(problems),), feature, device=d.decoder.device)
        atom = d.decoder[index]
        random, data = (
            torch.from_numpy(drawn.astype("f4")).to(atom)
            for drawn in (self.random_atoms(feature, problems), self.data_atoms(feature, problems))
        )
        projected = [Projected(d.centre, v, self.thresholds(v, density)) for v in (random, data)]
        return (
            TakenOff(d, index),
            *projected,
            TakenOff(d, index, random),
            *(Added(length * v) for v in (atom, random, data)),
        )


def unit(vectors: Float[np.ndarray, "N d"]) -> Float[np.ndarray, "N d"]:
    """Rows of length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
