"""Yes-or-no questions about a visited point, answered from its matrices.

Definitions: docs/definitions.md §5.4.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from ired_interp_core.dictionaries.names import CONCEPTS
from ired_interp_core.records import Gathered

MAIN_BASELINE = {
    "inverse": "polynomial_1",
    "completion": "copy_observed",
    "addition": "exact_undivided",
}
"""The predictor whose error published accuracy coincides with: c0·I + c1·A for inverse, observed
entries copied for completion (docs/definitions.md §2.3). For addition the exact sum has error 0,
so that every answer would be worse: there the exact sum without the division by √ᾱ_0 that the
official code leaves out."""

LATE = 2
"""Levels t ≤ 2 are late: there the gap of a completion's spectrum can be read."""

SCALARS = {
    "trace": "trace",
    "log10_condition": "log_condition",
    "log_abs_det": "determinant",
}
"""Property → concept: whether it lies above its median."""

PROBLEMS_AT_ONCE = 256
"""As many as a shard of properties holds."""


def top_eigenvector_sign(matrices: Float[np.ndarray, "N n n"]) -> Float[np.ndarray, "N"]:
    """Whether the first entry of the eigenvector of the largest eigenvalue is positive.

    Of the symmetric part (M + Mᵀ)/2, which for inverse is A itself. An eigenvector's sign is
    arbitrary: it is chosen here so that the entries have a positive sum, which makes the answer a
    property of the matrix.

    Args:
        matrices: finite.

    Returns:
        1 or 0; NaN where the entries sum to 0 and the convention says nothing.
    """
    symmetric = (matrices + matrices.swapaxes(1, 2)) / 2
    vector = np.linalg.eigh(symmetric)[1][:, :, -1]
    side = np.sign(vector.sum(axis=1)) * vector[:, 0]
    return np.where(side == 0, np.nan, side > 0)


def fixed_entries(d: int) -> Int[np.ndarray, "10"]:
    """The ten entries whose observation is asked for: spread evenly over the flattened matrix.

    Args:
        d: entries of an answer.

    Returns:
        ⌊i·(d − 1)/9⌋, i = 0 … 9, row-major.
    """
    return np.arange(10) * (d - 1) // 9


def problem_concepts(
    gathered: Gathered, training: np.ndarray
) -> dict[str, Float[np.ndarray, "problem"]]:
    """Answers that all points of a problem share; of every concept but `late_level`.

    `trace`, `log_condition` and `determinant` (|det|, by its logarithm) describe the matrix that
    `tasks.PROPERTIES` says: A for inverse, the answer for the others; so does `eigenvector_sign`.
    `error_above_baseline`: final MSE of the descent above that of MAIN_BASELINE on that problem.

    Args:
        gathered: with the roles properties and descent.
        training: indices of the training problems, over which the medians are taken.

    Returns:
        Concept → 1, 0, or NaN where it is not defined, of problems 0 … count − 1.
    """
    task, columns = gathered.problems.task, _columns(gathered)
    found = dict.fromkeys(CONCEPTS, np.full(gathered.count, np.nan))
    for name, concept in SCALARS.items():
        values = columns[name]
        known = values[training][~np.isnan(values[training])]
        if len(known):
            found[concept] = np.where(np.isnan(values), np.nan, values > np.median(known))
    worse = columns["mse_final"] - columns["baseline"]
    found["error_above_baseline"] = np.where(np.isnan(worse), np.nan, worse > 0)
    found["eigenvector_sign"] = columns["eigenvector_sign"]
    if task == "completion":
        found |= {f"observed_{i}": columns["observed"][:, i] for i in range(10)}
    del found["late_level"]
    return found


def _columns(gathered: Gathered) -> dict[str, np.ndarray]:
    """What the concepts are made of, by name and for every problem; read in pieces."""
    pieces: list[dict[str, np.ndarray]] = []
    for start in range(0, gathered.count, PROBLEMS_AT_ONCE):
        rows = list(range(start, min(start + PROBLEMS_AT_ONCE, gathered.count)))
        names = [*SCALARS, "baseline_mse", "x", "y_true"]
        known = gathered.upstream["properties"].read(rows, names)
        mse = gathered.upstream["descent"].read(rows, ["mse_final"])["mse_final"]
        piece = _matrix_columns(gathered.problems.task, known)
        piece |= {name: np.asarray(known[name], dtype=np.float64) for name in SCALARS}
        pieces.append(piece | {"mse_final": np.asarray(mse, dtype=np.float64)})
    return {name: np.concatenate([p[name] for p in pieces]) for name in pieces[0]}


def _matrix_columns(task: str, known: xr.Dataset) -> dict[str, np.ndarray]:
    """Baseline error, sign and observed entries of some problems, by name; NaN without answer."""
    x = np.asarray(known["x"], dtype=np.float64)[:, 0]
    matrix = x if task == "inverse" else np.asarray(known["y_true"], dtype=np.float64)
    usable = np.isfinite(matrix).all(axis=(1, 2))
    nothing = np.full(len(x), np.nan)
    sign = nothing.copy()
    sign[usable] = top_eigenvector_sign(matrix[usable])
    baselines = [str(name) for name in np.asarray(known["baseline"])]
    main = MAIN_BASELINE.get(task, "")
    entries = x.reshape(len(x), -1)
    return {
        "baseline": np.asarray(known["baseline_mse"])[:, baselines.index(main)]
        if main in baselines
        else nothing,
        "eigenvector_sign": sign,
        "observed": (entries[:, fixed_entries(entries.shape[1])] != 0).astype("f8"),
    }


def point_labels(
    concepts: dict[str, Float[np.ndarray, "problem"]],
    problem: Int[np.ndarray, "N"],
    level: Int[np.ndarray, "N"],
) -> dict[str, Float[np.ndarray, "N"]]:
    """Answers at points.

    Args:
        concepts: as `problem_concepts` gives.
        problem: of every point.
        level: t of every point.

    Returns:
        Every concept of CONCEPTS, in that order → 1, 0 or NaN.
    """
    return {
        name: (level <= LATE).astype("f8") if name == "late_level" else concepts[name][problem]
        for name in CONCEPTS
    }
