"""Least-squares polynomials in A that stand for A⁻¹, in a Chebyshev basis of the eigenvalues.

Definitions: docs/definitions.md §2.3.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float64
from numpy.polynomial import chebyshev

from ired_interp_core.tasks.kinds import Draw
from ired_interp_core.tasks.seeding import FIT_SEED, stream, variant_code

DEGREES = (0, 1, 2, 3, 4, 5, 7)
"""Fitted degrees; degree 0 is the scaled identity c·I."""


@dataclass(frozen=True)
class Polynomial:
    """p(A) = Σ_j c_j T_j(2A/top − I), T_j the Chebyshev polynomials.

    Attributes:
        coefficients: c_0 … c_degree.
        top: Eigenvalues 0 … top are mapped to −1 … 1.
    """

    coefficients: tuple[float, ...]
    top: float

    def __call__(self, x: Float64[np.ndarray, "N d"]) -> Float64[np.ndarray, "N d"]:
        """Evaluate p on flattened matrices by Clenshaw's recurrence.

        Args:
            x: Matrices A [N, n²], row-major; they need not be symmetric.

        Returns:
            p(A) [N, n²].
        """
        n = round(x.shape[1] ** 0.5)
        eye = np.eye(n)
        argument = (2.0 / self.top) * x.reshape(-1, n, n) - eye
        after = np.zeros_like(argument)
        now = np.zeros_like(argument)
        for c in self.coefficients[:0:-1]:
            now, after = c * eye + 2.0 * argument @ now - after, now
        return (self.coefficients[0] * eye + argument @ now - after).reshape(len(x), -1)


def fit_count(size: int) -> int:
    """Problems in a fit: 10,000 up to n = 20, then fewer as n² grows, never below 500.

    Args:
        size: Matrix side n.

    Returns:
        The count; with it a fit takes about two seconds at any size up to 100.
    """
    return int(np.clip(4_000_000 // size**2, 500, 10_000))


@lru_cache(maxsize=16)
def fit(draw: Draw, task_code: int, variant: str, size: int) -> dict[int, Polynomial]:
    """Fit p(A) ≈ A⁻¹ over all entries of a fixed, seeded problem set.

    For a symmetric A, ‖A⁻¹ − p(A)‖²_F = Σ_i (1/λ_i − p(λ_i))², so least squares over all entries
    is scalar least squares over the pooled eigenvalues: exact, and cheap. Plain powers of λ are
    ill-conditioned at degree 7; Chebyshev polynomials on [0, largest λ of the set] are not.

    Args:
        draw: Makes one problem; its x must be a symmetric positive definite matrix.
        task_code: Code of the task.
        variant: Variant whose problems are fitted.
        size: Matrix side n.

    Returns:
        degree → polynomial, for all `DEGREES`. Deterministic; kept for the life of the process.
    """
    code = variant_code(variant)
    streams = (stream(task_code, code, size, FIT_SEED, i) for i in range(fit_count(size)))
    matrices = np.stack([draw(rng, size, variant)[0].reshape(size, size) for rng in streams])
    values = np.linalg.eigvalsh(matrices).ravel()
    top = float(values.max())
    basis = chebyshev.chebvander(2.0 * values / top - 1.0, max(DEGREES))
    solved = {k: np.linalg.lstsq(basis[:, : k + 1], 1.0 / values)[0] for k in DEGREES}
    return {k: Polynomial(tuple(map(float, c)), top) for k, c in solved.items()}
