"""Completion (official name lowrank): a noisy low-rank matrix with entries zeroed → the matrix.

Definitions: docs/definitions.md §2.1.
"""

from functools import partial

import numpy as np
from jaxtyping import Float64

from ired_interp_core import made_to_order, spelling
from ired_interp_core.tasks import posterior
from ired_interp_core.tasks.kinds import Baseline, FittedOn, Task, answer_zero

SCALE = {"same": 20.0, "harder": 5.0}
"""Divisor s of UVᵀ at every n: `LowRankDataset`, dataset.py of yilundu/ired_code_release."""

RANK = 10
"""Columns of U and V, at every n; same source."""

NOISE = 0.1
"""Standard deviation of the noise on every entry of M; same source."""


LEAST_NOISE = 0.01
"""Noise below which the posterior mean of a variant made to order is not estimated: Gibbs sampling
between factors that all but fix each other does not mix."""


def prior(variant: str) -> posterior.Model:
    """What M is drawn from: M = UVᵀ/s + noise·N(0, 1), U, V ~ N(0, 1)^{n×rank}.

    Args:
        variant: same (s = 20), harder (s = 5), or made to order: there s = 20·√(rank/10), which
            keeps the variance of an entry, or 20 where it may grow with the rank.

    Returns:
        Divisor s, noise and rank.
    """
    if not made_to_order.is_made(variant):
        return posterior.Model(SCALE[variant], NOISE, RANK)
    order = made_to_order.values("completion", variant)
    kept = (order["rank"] / RANK) ** 0.5 if order["variance"] == "kept" else 1.0
    return posterior.Model(SCALE["same"] * kept, order["noise"], order["rank"])


def observed_share(variant: str) -> float:
    """Probability that an entry is observed: ½, or as made to order."""
    return (
        made_to_order.values("completion", variant)["observed"]
        if (made_to_order.is_made(variant))
        else 0.5
    )


def entry_variance(variant: str) -> float:
    """Variance of an entry of M: rank/s² + noise², 0.035 (same) and 0.41 (harder)."""
    scale, noise, rank = prior(variant)
    return rank / scale**2 + noise**2


def draw(
    rng: np.random.Generator, size: int, variant: str
) -> tuple[Float64[np.ndarray, " n_in"], Float64[np.ndarray, " d"]]:
    """One problem: y = M = UVᵀ/s + 0.1·N(0, 1), U, V ~ N(0, 1)^{n×10}; x = M, half its entries 0.

    Each entry is kept by a coin of its own, fair but where made to order otherwise; the mask is not
    part of x, an exact 0 says it. An entry of M is kept as it is, noise included.

    Args:
        rng: Stream of this problem.
        size: Matrix side n.
        variant: same (s = 20), harder (s = 5), or made to order (`prior`).

    Returns:
        x [n²] and y [n²].
    """
    scale, spread, rank = prior(variant)
    left = rng.standard_normal((size, rank))
    right = rng.standard_normal((size, rank))
    noise = spread * rng.standard_normal((size, size))
    matrix = noise + left @ right.T / scale
    kept = rng.random((size, size)) < observed_share(variant)
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
    """Posterior mean under the prior of one variant; `refitted` says that it is not same."""
    model, words = prior(fitted_on), made_to_order.title(TASK.name, fitted_on)
    text = (
        f"Gibbs estimate ({posterior.SWEEPS} sweeps, fixed seed) of E[M | observed entries] under "
        f"the generative model of the variant {words} (rank {model.rank}, UVᵀ/{model.scale:g}, "
        f"noise {model.noise:g}). An approximation: its sampling error lifts the MSE by 1 percent "
        "or less at n = 20."
    )
    name, label = "posterior_mean", "posterior mean (Gibbs estimate, prior of same)"
    if refitted:
        name = "posterior_mean_refitted"
        label = f"posterior mean (Gibbs estimate, prior of {words})"
    function = partial(posterior.posterior_mean, model=model)
    return Baseline(name, label, fitted_on, 0, text, size * size, function, slow=True)


def fit_baselines(variant: str, size: int) -> tuple[Baseline, ...]:
    """Baselines of completion.

    Args:
        variant: same, harder, or made to order.
        size: Matrix side n.

    Returns:
        zero, copy_observed, posterior_mean (prior of same); for others also
        posterior_mean_refitted (their own prior), but where the noise is below `LEAST_NOISE`.
    """
    d = size * size
    copied = (
        "Copies the observed entries and answers 0 elsewhere. Its expected MSE is the share of "
        "hidden entries times the variance of an entry, exactly "
        f"{spelling.number((1 - observed_share(variant)) * entry_variance(variant), '.6g')} here."
    )
    found = [
        Baseline("zero", "zero", "", 0, "Answers 0.", d, partial(answer_zero, d=d)),
        Baseline("copy_observed", "copy observed, else 0", "", 0, copied, d, copy_observed),
        _posterior("same", size, False),
    ]
    if variant != "same" and prior(variant).noise >= LEAST_NOISE:
        found.append(_posterior(variant, size, True))
    return tuple(found)


def why_unfit(variant: str) -> str:
    """Why the posterior mean does not apply to a variant made to order; empty where it does."""
    few = prior(variant).noise < LEAST_NOISE
    return f"the estimate does not mix at a noise below {LEAST_NOISE:g}" if few else ""


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
    why_unfit=why_unfit,
)
