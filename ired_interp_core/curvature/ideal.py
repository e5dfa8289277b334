"""What the eigenvalues of an ideal denoiser mean, and how near they are told. Light: no torch."""

import numpy as np
from jaxtyping import Float

INDEX_TOLERANCE = {"float32": 1e-5, "float64": 1e-6}
"""τ as a share of max |λ|, by dtype: eigenvalues nearer to a threshold than that do not count."""


def implied_variance(
    eigenvalues: Float[np.ndarray, "..."],
    sigma: Float[np.ndarray, "..."],
    alpha_bar: Float[np.ndarray, "..."],
) -> Float[np.ndarray, "..."]:
    """Tweedie's reading of an eigenvalue: v = (σ²/ᾱ)(1 − σλ), variance of y given x and ỹ.

    At noised points, on which the model is trained, the mean v of an ideal model is its denoising
    error; a real model's is not. Extrapolated elsewhere; noise at t ≥ 8.

    Args:
        eigenvalues: λ, level frame.
        sigma: σ_t.
        alpha_bar: ᾱ_t.

    Returns:
        Variances in the data frame; negative where λ > 1/σ.
    """
    return sigma**2 / alpha_bar * (1 - sigma * eigenvalues)


def gaussian_eigenvalue(
    variance: float, sigma: Float[np.ndarray, "..."], alpha_bar: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """λ = σ/(σ² + ᾱv) of an ideal model along a direction of variance v given x, level frame."""
    return sigma / (sigma**2 + alpha_bar * variance)
