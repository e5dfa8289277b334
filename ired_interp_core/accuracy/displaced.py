"""The energy around the truth: E_t where y* is moved in a random direction by a given MSE.

Definitions: docs/definitions.md §2.4.
"""

import numpy as np
from jaxtyping import Float

from ired_interp_core import tasks
from ired_interp_core.accuracy.measurement import energies
from ired_interp_core.accuracy.names import DISPLACEMENTS
from ired_interp_core.dictionaries.progress import step
from ired_interp_core.records import Gathered, seeded
from ired_interp_core.schema import LEVELS

ROWS = 64
"""Problems at a time."""


def directions(seed: int, problems: np.ndarray, d: int) -> Float[np.ndarray, "B d"]:
    """Unit directions of the displacements: row i is a pure function of (seed, problem, d).

    Args:
        seed: of the analysis.
        problems: indices.
        d: entries of y.

    Returns:
        Uniform on the sphere.
    """
    drawn = [seeded("displacement", seed, int(i)).standard_normal(d) for i in problems]
    return np.stack(drawn) / np.linalg.norm(drawn, axis=1, keepdims=True)


def displaced_energies(
    gathered: Gathered, count: int, seed: int
) -> Float[np.ndarray, "problem level displacement"]:
    """E_t(x, √ᾱ_t·(y* + δ√d·u)), δ² the displacement, u a unit vector for each problem.

    Args:
        gathered: a model and a problem set.
        count: problems 0 … count − 1.
        seed: of the directions.

    Returns:
        Energies, float64.
    """
    model, p = gathered.models["model"], gathered.problems
    found = np.full((count, LEVELS, len(DISPLACEMENTS)), np.nan)
    for first in range(0, count, ROWS):
        rows = min(ROWS, count - first)
        made = tasks.problems(p.task, rows, p.seed, size=p.size, variant=p.variant, start=first)
        away = directions(seed, np.arange(first, first + rows), model.d) * np.sqrt(model.d)
        for k, displacement in enumerate(DISPLACEMENTS):
            points = made.y + np.sqrt(displacement) * away
            here = energies(model, made.x, points[:, None], gathered.device)
            found[first : first + rows, :, k] = here
        step(gathered.desk, 1.0, f"energy around the truth: {first + rows} of {count} problems")
    return found
