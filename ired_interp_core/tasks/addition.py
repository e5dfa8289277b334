"""Addition: two matrices → their sum (docs/definitions.md §2.1)."""

from functools import partial

import numpy as np
from jaxtyping import Float64

from ired_interp_core import made_to_order
from ired_interp_core.tasks.kinds import Baseline, Task, answer_zero

SCALE = {"same": 1.0, "harder": 2.5}
"""Entries are U(−scale, scale). Source: `Addition` in dataset.py of yilundu/ired_code_release."""

ALPHA_BAR_0 = 0.972093
"""ᾱ_0 = f(1)/f(0), f(k) = cos²((k/10 + 0.008)/1.008 · π/2): cosine schedule of 10 steps, t = 0.

Source: Nichol & Dhariwal, arXiv 2102.09672, §3.2, with the 10 steps of the official IRED code."""


def draw(
    rng: np.random.Generator, size: int, variant: str
) -> tuple[Float64[np.ndarray, " n_in"], Float64[np.ndarray, " d"]]:
    """One problem: x = (A, B), y = A + B, entries of A and B U(−s, s).

    Args:
        rng: Stream of this problem.
        size: Matrix side n.
        variant: same (s = 1), harder (s = 2.5), or a range s made to order.

    Returns:
        x [2n²] (A, then B, each row-major) and y [n²].
    """
    made = made_to_order.is_made(variant)
    scale = made_to_order.values("addition", variant)["range"] if made else SCALE[variant]
    pair = rng.uniform(-scale, scale, (2, size * size))
    return pair.ravel(), pair[0] + pair[1]


def scaled_sum(x: Float64[np.ndarray, "N n_in"], factor: float = 1.0) -> Float64[np.ndarray, "N d"]:
    """Linear answer: factor · (A + B).

    Args:
        x: Problems [N, 2n²].
        factor: The factor; 1 is the exact answer.

    Returns:
        ŷ [N, n²].
    """
    half = x.shape[1] // 2
    return factor * (x[:, :half] + x[:, half:])


def fit_baselines(
    variant: str, size: int, alpha_bar_0: float = ALPHA_BAR_0
) -> tuple[Baseline, ...]:
    """Baselines of addition; nothing is fitted, so all variants have the same three.

    Args:
        variant: same, harder, or made to order.
        size: Matrix side n.
        alpha_bar_0: ᾱ_0 of the model's schedule.

    Returns:
        zero, exact, exact_undivided.
    """
    d = size * size

    def make(name: str, label: str, text: str, function: partial) -> Baseline:
        return Baseline(name, label, "", 0, text, 2 * d, function)

    return (
        make("zero", "zero", "Answers 0 everywhere.", partial(answer_zero, d=d)),
        make("exact", "exact sum", "The sum A + B, the exact answer.", partial(scaled_sum)),
        make(
            "exact_undivided",
            "exact sum · √ᾱ₀ (missing division)",
            f"√ᾱ₀·(A + B) with ᾱ₀ = {alpha_bar_0}: what a perfect model scores where the last "
            "state is returned without the division by √ᾱ₀, as the official sampler does.",
            partial(scaled_sum, factor=alpha_bar_0**0.5),
        ),
    )


TASK = Task(
    name="addition",
    code=1,
    title="Matrix addition",
    formula="two n×n matrices A, B with entries U(−1, 1) → A + B",
    harder="entries U(−2.5, 2.5)",
    blocks=2,
    determined=True,
    source="yilundu/ired_code_release, dataset.py, Addition",
    baselines=("zero", "exact", "exact_undivided"),
    draw=draw,
    fit_baselines=fit_baselines,
)
