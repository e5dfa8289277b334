"""All eigenvalues of ∇²_ỹE at the four places of every level."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.curvature.names import PLAIN_SUBSPACES
from ired_interp_core.live import DOUBLE, Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schedule import VARIABLES as SCHEDULE
from ired_interp_core.schema import DIMS, Parameter, Variable, seed_of

POINT = ("problem", "level", "place")
VECTOR = (*POINT, "vector", "row", "col")


def _scalar(label: str, unit: str, help: str, frame: Any = "", span: Any = "") -> Variable:
    return Variable(POINT, "float64", label, unit, help, frame, scalar=True, span=span)


VARIABLES = {
    "eigenvalue_spectrum": Variable(
        (*POINT, "eigenvalue"), "float32", "eigenvalue λ", "E/ỹ²",
        "all eigenvalues of H = ∇²_ỹE, ascending; times ᾱ_t for the data frame", frame="level",
        pooled=True,
    ),
    "energy": _scalar("E_t", "E", "energy at the point"),
    "gradient_norm": _scalar("‖∇E‖", "E/ỹ", "norm of the gradient at the point", "level"),
    "trace": _scalar("tr H", "E/ỹ²", "sum of the eigenvalues", "level"),
    "spectral_radius": _scalar("max |λ|", "E/ỹ²", "largest absolute eigenvalue", "level"),
    "smallest_eigenvalue": _scalar("min λ", "E/ỹ²", "smallest eigenvalue", "level"),
    "largest_eigenvalue": _scalar("max λ", "E/ỹ²", "largest eigenvalue", "level"),
    "index": _scalar(
        "index", "1", "directions of negative curvature: λ < −τ, with τ = 10⁻⁵·max|λ| in float32"
        " and 10⁻⁶·max|λ| in float64",
    ),
    "above_inverse_sigma": _scalar(
        "#{λ > 1/σ}", "1",
        "eigenvalues above 1/σ_t by more than τ: impossible for an ideal denoiser",
    ),
    "condition": _scalar(
        "condition", "1",
        "λ_max/λ_min where all λ > 0, else NaN; above 1e5 in float32 (1e6 in float64) λ_min is"
        " within the rounding",
    ),
    "participation_ratio": _scalar("participation ratio", "1", "(Σ|λ|)²/Σλ²"),
    "entropy_rank": _scalar("entropy rank", "1", "exp(−Σ p ln p), p = |λ|/Σ|λ|"),
    "relative_gap": _scalar("relative gap", "1", "(λ1 − λ2)/|λ1| of the two largest eigenvalues"),
    "hessian_norm": _scalar("‖H‖_F", "E/ỹ²", "Frobenius norm of the Hessian", "level"),
    "gauss_newton_norm": _scalar("‖GN‖_F", "E/ỹ²", "norm of the Gauss–Newton part 2JᵀJ", "level"),
    "residual_norm": _scalar("‖residual‖_F", "E/ỹ²", "norm of the part 2Σ r_i∇²r_i", "level"),
    "gauss_newton_residual_cosine": _scalar(
        "cos(GN, residual)", "1", "how far the two parts cancel: their norms do not add",
        span="signed",
    ),
    "break_below": _scalar(
        "eigenvalues below the break", "1",
        "how many lie below the widest gap that leaves a twentieth of all on either side",
    ),
    "break_ratio": _scalar(
        "width of the break", "1",
        "that gap over the median gap within the same nine tenths; a smooth spectrum has a few",
    ),
    "subspace_curvature": Variable(
        (*POINT, "subspace"), "float64", "mean curvature tr(P_S H)/dim S", "E/ỹ²",
        "mean of vᵀHv over the unit directions of a named subspace; along the trace the"
        " curvature of the identity", "level",
    ),
    "implied_variance": _scalar(
        "mean implied variance", "y²", "(σ²/ᾱ)(1 − σ·tr H/d), Tweedie's reading: for an ideal"
        " model the mean denoising error at noised truths; extrapolated elsewhere, noise at t ≥ 8",
        "data",
    ),
    "denoising_error": _scalar(
        "denoising error", "y²", "mean square of (ỹ − σ∇E)/√ᾱ − y*: what the implied variance of an"
        " ideal model is in the mean over noised truths; no more than a distance elsewhere", "data",
    ),
    "cosine_to_minimum": _scalar(
        "cos(−∇E, minimum − ỹ)", "1",
        "whether the descent direction points to the minimum reached from ŷ_t; NaN at the minimum",
        span="signed",
    ),
    "cosine_to_truth": _scalar(
        "cos(−∇E, √ᾱ y* − ỹ)", "1",
        "whether the descent direction points to the truth; NaN at the truth",
        span="signed",
    ),
    "vector_top": Variable(
        VECTOR, "float32", "top eigenvectors", "1",
        "of the largest eigenvalues; for d > hidden width among those that are not exactly 0",
        frame="level", when="vectors",
    ),
    "vector_bottom": Variable(
        VECTOR, "float32", "bottom eigenvectors", "1",
        "of the smallest eigenvalues; for d > hidden width among those that are not exactly 0",
        frame="level", when="vectors",
    ),
    **SCHEDULE,
}  # fmt: skip


POINTS = 40
"""Four places of ten levels."""


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    slower = DOUBLE if parameters["dtype"] == "float64" else 1.0
    solved = POINTS * (4.0 if parameters["vectors"] else 1.0)
    return slower * (sizes.hessians(POINTS) + sizes.spectra(solved))


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    w, k = sizes.width, min(sizes.width, sizes.d)
    tile = 2 * 8 * (3 * w * k + w * w + 8 * k * k)
    return tile + 3 * 4 * 2 * POINTS * parameters["vectors"] * sizes.d + 16 * sizes.weights


@analysis(
    name="hessian_spectrum",
    version=2,
    title="Hessian spectrum",
    sentence="Which directions of the answer are stiff, soft or unstable, place by place.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "descent": Role("answer", "descent"),
    },
    parameters={
        "dtype": Parameter(
            str, "float32", "arithmetic; eigenvalues agree to 10⁻⁵ of max |λ|",
            choices=("float32", "float64"),
        ),
        "vectors": Parameter(
            int, 0, "eigenvectors to keep at each end of the spectrum, at most all of them",
            minimum=0, maximum=200,
        ),
        "seed": seed_of("of the noise of the noised truth"),
    },
    variables=VARIABLES,
    dims=(DIMS["subspace"].labelled(PLAIN_SUBSPACES, some=True),),
    figure="lines",
    arithmetic="{dtype} Hessians, float64 measures, energies and gradients",
    live=Live(_seconds, _memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Exact spectra by layer-wise assembly (docs/definitions.md §3.2).

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.curvature.analysis import spectrum_dataset

    return spectrum_dataset(block, parameters)
