"""Inverse: a symmetric positive definite matrix → its inverse (docs/definitions.md §2.1)."""

from functools import partial

import numpy as np
from jaxtyping import Float64

from ired_interp_core import made_to_order
from ired_interp_core.tasks import ensembles, polynomials
from ired_interp_core.tasks.kinds import Baseline, FittedOn, Task, answer_zero

CODE = 0

SHIFT = {"same": 0.5, "harder": 0.1}
"""Multiple of I that is added. Source: `Inverse` in dataset.py of yilundu/ired_code_release."""


def draw(
    rng: np.random.Generator, size: int, variant: str
) -> tuple[Float64[np.ndarray, " n_in"], Float64[np.ndarray, " d"]]:
    """One problem: R ~ U(−1, 1)^{n×n}, x = A = 2RRᵀ + c·I, y = A⁻¹.

    The official code writes 2RRᵀ as G + Gᵀ with G = RRᵀ; so does this one, and A is symmetric to
    the last bit.

    Args:
        rng: Stream of this problem.
        size: Matrix side n.
        variant: same (c = 0.5), harder (c = 0.1), or made to order (`ensembles`).

    Returns:
        x [n²] and y [n²].
    """
    if made_to_order.is_made(variant):
        matrix, inverted = ensembles.draw(rng, size, variant)
        return matrix.ravel(), inverted.ravel()
    root = rng.uniform(-1.0, 1.0, (size, size))
    gram = root @ root.T
    matrix = gram + gram.T + SHIFT[variant] * np.eye(size)
    return matrix.ravel(), np.linalg.inv(matrix).ravel()


def _name(degree: int) -> str:
    return f"polynomial_{degree}" if degree else "scaled_identity"


def _refitted(degree: int) -> str:
    return f"{_name(degree)}_refitted"


def _fitted(degree: int, fitted_on: FittedOn, size: int, refitted: bool) -> Baseline:
    """Baseline of one fitted polynomial; `refitted` says that it has seen another variant."""
    function = polynomials.fit(draw, CODE, fitted_on, size)[degree]
    name, label = _name(degree), f"polynomial in A, degree {degree}" if degree else "c·I"
    text = (
        f"Σ_j c_j T_j(2A/λ_top − I), j ≤ {degree}: least squares over all entries of "
        f"{polynomials.fit_count(size)} problems of the variant {fitted_on}."
    )
    if refitted:
        name, label = (
            _refitted(degree),
            f"{label}, refitted on {made_to_order.title(TASK.name, fitted_on)}",
        )
    return Baseline(name, label, fitted_on, degree + 1, text, size * size, function)


def fit_baselines(variant: str, size: int) -> tuple[Baseline, ...]:
    """Baselines of inverse: fitted on same for all variants; for others also the refitted ones.

    A polynomial in A is left out of a variant made to order whose x is not symmetric, or whose
    eigenvalues reach beyond those that the polynomial was fitted on; the refitted ones also where
    all eigenvalues are equal, but for c·I (`why_unfit`).

    Args:
        variant: same, harder, or made to order.
        size: Matrix side n.

    Returns:
        zero, scaled_identity, polynomial_1 … polynomial_7; for others then the same names with
        `_refitted`, which know that variant and so are no fair rival of a model trained on same.
    """
    d = size * size
    zero = Baseline("zero", "zero", "", 0, "Answers 0.", d, partial(answer_zero, d=d))
    made = made_to_order.is_made(variant)
    known = _degrees(variant, size) if made else polynomials.DEGREES
    found = [zero, *(_fitted(k, "same", size, False) for k in known)]
    if made and not ensembles.definite(variant):
        return tuple(found)
    if variant != "same":
        again = polynomials.DEGREES if not made or ensembles.distinct(variant) else (0,)
        found += [_fitted(k, variant, size, True) for k in again]
    return tuple(found)


def _degrees(variant: str, size: int) -> tuple[int, ...]:
    """Degrees of the polynomials fitted on same that apply to a variant made to order."""
    top = polynomials.fit(draw, CODE, "same", size)[0].top
    inside = ensembles.definite(variant) and ensembles.largest_eigenvalue(variant, size) <= top
    return polynomials.DEGREES if inside else (0,)


def why_unfit(variant: str) -> str:
    """Why some predictors do not apply to a variant made to order.

    Args:
        variant: its name.

    Returns:
        A phrase; it is about no predictor where all apply.
    """
    if not ensembles.definite(variant):
        return "x is not symmetric positive definite, so that no polynomial in A was fitted"
    if not ensembles.distinct(variant):
        return "all eigenvalues are equal, so that every polynomial in A is a multiple of I"
    return "its eigenvalues reach beyond those that the polynomials were fitted on"


TASK = Task(
    name="inverse",
    code=CODE,
    title="Matrix inverse",
    formula="A = 2RRᵀ + 0.5·I with R ~ U(−1, 1)^{n×n} → A⁻¹",
    harder="A = 2RRᵀ + 0.1·I",
    blocks=1,
    determined=True,
    source="yilundu/ired_code_release, dataset.py, Inverse",
    baselines=("zero", *map(_name, polynomials.DEGREES), *map(_refitted, polynomials.DEGREES)),
    draw=draw,
    fit_baselines=fit_baselines,
    why_unfit=why_unfit,
)
