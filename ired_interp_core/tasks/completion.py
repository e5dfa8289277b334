"""Completion (official name lowrank): a noisy low-rank matrix with entries zeroed → the matrix.

Definitions: docs/definitions.md §2.1.
"""

from functools import partial

import numpy as np
from jaxtyping import Float64

from ired_interp_core.tasks import posterior
from ired_interp_core.tasks.kinds import Baseline, FittedOn, Task, answer_zero

SCALE = {"same": 20.0, "harder": 5.0}
"""Divisor s of UVᵀ at every n: `LowRankDataset`, dataset.py of yilundu/ired_code_release."""

RANK = 10
"""Columns of U and V, at every n; same source."""

NOISE = 0.1
"""Standard deviation of the noise on every entry of M; same source."""


def entry_variance(variant: str) -> float:
    """Variance of an entry of M: rank/s² + noise², 0.035 (same) and 0.41 (harder)."""
    return RANK / SCALE[variant] ** 2 + NOISE**2


def draw(
    rng: np.random.Generator, size: int, variant: str
) -> tuple[Float64[np.ndarray, " n_in"], Float64[np.ndarray, " d"]]:
    """One problem: y = M = UVᵀ/s + 0.1·N(0, 1), U, V ~ N(0, 1)^{n×10}; x = M, half its entries 0.

    Each entry is kept by a fair coin of its own; the mask is not part of x, an exact 0 says it.

    Args:
        rng: Stream of this problem.
        size: Matrix side n.
        variant: same (s = 20) or harder (s = 5).

    Returns:
        x [n²] and y [n²].
    """
    left = rng.standard_normal((size, RANK))
    right = rng.standard_normal((size, RANK))
    noise = NOISE * rng.standard_normal((size, size))
    matrix = noise + left @ right.T / SCALE[variant]
    kept = rng.random((size, size)) < 0.5
    return np.where(kept, matrix, 0.0).ravel(), matrix.ravel()


def copy_observed(x: Float64[np.ndarray, "N d"]) -> Float64[np.ndarray, "N d"]:
    """Answer an observed entry by itself and an unobserved one by 0, its prior mean: ŷ = x.

    Args:
        x: Problems [N, n²].

    Returns:
        ŷ [N, n²], a copy.
    """
    return x.copy()


def _posterior(fitted_on: FittedOn, size: int, refitted: bool) -> Baseline:
    """Posterior mean under the prior of one variant; `refitted` says that it is the harder one."""
    scale = SCALE[fitted_on]
    text = (
        f"Gibbs estimate ({posterior.SWEEPS} sweeps, fixed seed) of E[M | observed entries] under "
        f"the generative model of the variant {fitted_on} (rank {RANK}, UVᵀ/{scale:g}, noise "
        f"{NOISE}). An approximation: its sampling error lifts the MSE by 1 percent or less at "
        "n = 20."
    )
    name, label = "posterior_mean", "posterior mean (Gibbs estimate, prior of same)"
    if refitted:
        name = "posterior_mean_refitted"
        label = "posterior mean (Gibbs estimate, prior of harder)"
    model = posterior.Model(scale, NOISE, RANK)
    function = partial(posterior.posterior_mean, model=model)
    return Baseline(name, label, fitted_on, 0, text, size * size, function, slow=True)


def fit_baselines(variant: str, size: int) -> tuple[Baseline, ...]:
    """Baselines of completion.

    Args:
        variant: same or harder.
        size: Matrix side n.

    Returns:
        zero, copy_observed, posterior_mean (prior of same); for harder also
        posterior_mean_refitted (prior of harder).
    """
    d = size * size
    copied = (
        "Copies the observed entries and answers 0 elsewhere. Its expected MSE is exactly "
        f"½(0.01 + {RANK}/s²), s = 20 (same) or 5 (harder)."
    )
    found = [
        Baseline("zero", "zero", "", 0, "Answers 0.", d, partial(answer_zero, d=d)),
        Baseline("copy_observed", "copy observed, else 0", "", 0, copied, d, copy_observed),
        _posterior("same", size, False),
    ]
    if variant == "harder":
        found.append(_posterior("harder", size, True))
    return tuple(found)


TASK = Task(
    name="completion",
    code=2,
    title="Matrix completion",
    formula=(
        "M = UVᵀ/20 + 0.1·N(0, 1) with U, V ~ N(0, 1)^{n×10}, each entry zeroed by a fair coin → M"
    ),
    harder="M = UVᵀ/5 + 0.1·N(0, 1)",
    blocks=1,
    determined=False,
    source="yilundu/ired_code_release, dataset.py, LowRankDataset",
    baselines=("zero", "copy_observed", "posterior_mean", "posterior_mean_refitted"),
    draw=draw,
    fit_baselines=fit_baselines,
)
