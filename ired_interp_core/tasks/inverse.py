"""Inverse: a symmetric positive definite matrix → its inverse (docs/definitions.md §2.1)."""

from functools import partial

import numpy as np
from jaxtyping import Float64

from ired_interp_core.tasks import polynomials
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
        variant: same (c = 0.5) or harder (c = 0.1).

    Returns:
        x [n²] and y [n²].
    """
    root = rng.uniform(-1.0, 1.0, (size, size))
    gram = root @ root.T
    matrix = gram + gram.T + SHIFT[variant] * np.eye(size)
    return matrix.ravel(), np.linalg.inv(matrix).ravel()


def _name(degree: int) -> str:
    return f"polynomial_{degree}" if degree else "scaled_identity"


def _refitted(degree: int) -> str:
    return f"{_name(degree)}_refitted"


def _fitted(degree: int, fitted_on: FittedOn, size: int, refitted: bool) -> Baseline:
    """Baseline of one fitted polynomial; `refitted` says that it has seen the harder variant."""
    function = polynomials.fit(draw, CODE, fitted_on, size)[degree]
    name, label = _name(degree), f"polynomial in A, degree {degree}" if degree else "c·I"
    text = (
        f"Σ_j c_j T_j(2A/λ_top − I), j ≤ {degree}: least squares over all entries of "
        f"{polynomials.fit_count(size)} problems of the variant {fitted_on}."
    )
    if refitted:
        name, label = _refitted(degree), f"{label}, refitted on harder"
    return Baseline(name, label, fitted_on, degree + 1, text, size * size, function)


def fit_baselines(variant: str, size: int) -> tuple[Baseline, ...]:
    """Baselines of inverse: fitted on same for both variants; for harder also the refitted ones.

    Args:
        variant: same or harder.
        size: Matrix side n.

    Returns:
        zero, scaled_identity, polynomial_1 … polynomial_7; for harder then the same names with
        `_refitted`, which know the harder variant and so are no fair rival of a model trained on
        same.
    """
    d = size * size
    zero = Baseline("zero", "zero", "", 0, "Answers 0.", d, partial(answer_zero, d=d))
    found = [zero, *(_fitted(k, "same", size, False) for k in polynomials.DEGREES)]
    if variant == "harder":
        found += [_fitted(k, "harder", size, True) for k in polynomials.DEGREES]
    return tuple(found)


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
)
