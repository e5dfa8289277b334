"""Properties recorded for each problem: what makes it hard, and what its answer looks like.

Definitions: docs/definitions.md §2.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, Float64

from ired_interp_core.dims import Span
from ired_interp_core.errors import Refusal
from ired_interp_core.tasks import doors
from ired_interp_core.tasks.generation import TASKS, task_named

MATRIX = (
    "the matrix is A for inverse, the sum (the answer) for addition, the complete M for completion"
)
"""Which matrix the spectral properties describe, in words."""


@dataclass(frozen=True)
class Property:
    """What a property means.

    Attributes:
        unit: "1" for a pure number, "y" for the unit of a matrix entry (data frame).
        help: Formula, which matrix, and what degenerate input gives.
        tasks: Tasks for which it is defined; NaN for the others.
        label: Short text for an axis.
        span: As `schema.Variable` has it.
    """

    unit: str
    help: str
    tasks: tuple[str, ...]
    label: str
    span: Span = ""


def _everywhere(label: str, unit: str, text: str, span: Span = "") -> Property:
    return Property(unit, text, tuple(TASKS), label, span)


PROPERTIES: Mapping[str, Property] = MappingProxyType(
    {
        "log10_condition": _everywhere(
            "log₁₀ condition number",
            "1",
            f"log₁₀(s_max/s_min); {MATRIX}. +inf where s_min is exactly 0, the zero "
            "matrix included; a matrix singular only up to rounding gives about 16 or more.",
        ),
        "trace": _everywhere("trace", "y", f"Sum of the diagonal; {MATRIX}.", "signed"),
        "log_abs_det": _everywhere(
            "log |det|",
            "1",
            f"ln|det| = Σ ln s_i; {MATRIX}. −inf where s_min is exactly 0.",
        ),
        "smallest_singular": _everywhere(
            "smallest singular value", "y", f"Smallest singular value s_min; {MATRIX}."
        ),
        "largest_singular": _everywhere(
            "largest singular value", "y", f"Largest singular value s_max; {MATRIX}."
        ),
        "problem_norm": _everywhere(
            "‖x‖_F",
            "y",
            "Frobenius norm of the problem x, over both matrices for addition and over "
            "the observed entries for completion.",
        ),
        "answer_norm": _everywhere("‖y*‖_F", "y", "Frobenius norm of the true answer."),
        "answer_effective_rank": _everywhere(
            "effective rank of y*",
            "1",
            "exp(−Σ p ln p), p = s²/Σs², s the singular values of the true answer; 1 … n. NaN for "
            "a zero answer.",
        ),
        "answer_spectral_gap": _everywhere(
            "spectral gap of y*",
            "1",
            "(s_1 − s_2)/s_1, s the singular values of the true answer; 0 … 1. NaN for a "
            "zero answer.",
            "share",
        ),
        "symmetry_defect": _everywhere(
            "symmetry defect of y*",
            "1",
            "‖Y − Yᵀ‖_F/‖Y‖_F of the true answer Y; 0 symmetric, 2 antisymmetric, about √2 for "
            "independent entries. NaN for a zero answer.",
        ),
        "observed_share": Property(
            "1",
            "Share of entries of x that are not exactly 0, so observed; completion only, NaN "
            "elsewhere.",
            ("completion",),
            "observed share",
            "share",
        ),
    }
)
"""name → meaning, in the order of `properties`."""


def properties(
    task: str, x: Float64[np.ndarray, "N n_in"], y: Float64[np.ndarray, "N d"]
) -> dict[str, Float64[np.ndarray, " N"]]:
    """Compute every property of `PROPERTIES` for each problem.

    The spectral ones describe A = x for inverse, and the answer y for addition (the sum) and for
    completion (the complete matrix M). Degenerate input raises no warning; `PROPERTIES[name].help`
    says what it gives. A row with NaN or ±inf in x gives NaN throughout; one with them in y alone,
    as where nobody knows the answer, keeps what is of x alone: its norm and the observed share.

    Args:
        task: Task name.
        x: Problems [N, n_in], flattened row-major.
        y: True answers [N, d] in the data frame, flattened row-major.

    Returns:
        name → values [N], float64.

    Raises:
        Refusal: Unknown task, or shapes that do not belong to it.
    """
    where = "tasks.properties"
    kind = task_named(task, where)
    answers = doors.rows("y", y, None, where)
    n = doors.side("y", answers.shape[1], where)
    given = doors.rows("x", x, kind.blocks * n * n, where)
    if len(given) != len(answers):
        raise Refusal(
            "x and y differ in rows",
            where=f"{where}(x, y)",
            came=f"{len(given)} problems and {len(answers)} answers",
            expected="one answer per problem",
            next_step="give the answers that belong to these problems",
        )

    stated: Bool[np.ndarray, " N"] = np.isfinite(given).all(axis=1)
    usable: Bool[np.ndarray, " N"] = stated & np.isfinite(answers).all(axis=1)
    found = {name: np.full(len(given), np.nan) for name in PROPERTIES}
    for name, values in _of_problem(kind.name, given[stated]).items():
        found[name][stated] = values
    if usable.any():
        with np.errstate(all="ignore"):
            measured = _measure(kind.name, given[usable], answers[usable].reshape(-1, n, n))
        for name, values in measured.items():
            found[name][usable] = values
    return found


def _of_problem(
    task: str, x: Float64[np.ndarray, "N n_in"]
) -> dict[str, Float64[np.ndarray, " N"]]:
    """What is of x alone, by name [N]."""
    with np.errstate(all="ignore"):
        found = {"problem_norm": np.linalg.norm(x, axis=1)}
    if task == "completion":
        found["observed_share"] = (x != 0.0).mean(axis=1)
    return found


def _measure(
    task: str, x: Float64[np.ndarray, "N n_in"], answer: Float64[np.ndarray, "N n n"]
) -> dict[str, Float64[np.ndarray, " N"]]:
    """All defined properties of finite problems, by name [N]."""
    spectrum = np.linalg.svd(answer, compute_uv=False)
    matrix, values = answer, spectrum
    if task == "inverse":
        matrix = x.reshape(answer.shape)
        values = np.linalg.svd(matrix, compute_uv=False)
    largest, smallest = values[:, 0], values[:, -1]
    norm = np.linalg.norm(answer, axis=(1, 2))
    share = (spectrum / spectrum[:, :1]) ** 2
    share /= share.sum(axis=1, keepdims=True)
    surprise = share * np.log(np.where(share > 0.0, share, 1.0))
    return {
        "log10_condition": np.where(smallest > 0.0, np.log10(largest / smallest), np.inf),
        "trace": np.trace(matrix, axis1=1, axis2=2),
        "log_abs_det": np.log(values).sum(axis=1),
        "smallest_singular": smallest,
        "largest_singular": largest,
        "answer_norm": norm,
        "answer_effective_rank": np.exp(-surprise.sum(axis=1)),
        "answer_spectral_gap": (spectrum[:, 0] - spectrum[:, 1]) / spectrum[:, 0],
        "symmetry_defect": np.linalg.norm(answer - answer.swapaxes(1, 2), axis=(1, 2)) / norm,
    }
