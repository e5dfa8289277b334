"""Activations read piece by piece, so that a set may be larger than memory."""

from collections.abc import Iterator

import numpy as np

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Rows

PROBLEMS_AT_ONCE = 32
"""As many as a shard of activations holds: 60 points of 400 numbers each are 3 MB."""


def blocks(
    activations: Rows, problems: np.ndarray, at_once: int = PROBLEMS_AT_ONCE
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Walk through some problems' activations in the order given.

    Args:
        activations: answer of the analysis `activations`.
        problems: indices.
        at_once: problems of one piece.

    Yields:
        Indices [n] and activations [n, level, step, unit], float32; levels ascending from t = 0.

    Raises:
        Refusal: a number is not finite.
    """
    for start in range(0, len(problems), at_once):
        indices = problems[start : start + at_once]
        values = np.asarray(activations.read(indices.tolist(), ["activation"])["activation"])
        if not np.isfinite(values).all():
            bad = indices[~np.isfinite(values).all(axis=(1, 2, 3))][0]
            raise Refusal(
                "activations are not finite",
                where=f"{activations.question.analysis} {activations.question.key[:8]}",
                came=f"problem {bad}",
                expected="finite numbers",
                next_step="look at its descent in Landscape",
            )
        yield indices, values
