"""Numbers of a spectrum, ready to draw: what an ideal denoiser may have, and what it may not.

Tweedie's reading, level frame: H = (1/σ)(I − (ᾱ/σ²)·Cov[y | x, ỹ]).
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float, Float32, Int

from app.shared.drawing.levels import LEVEL_ORDER
from ired_interp_core.curvature.ideal import implied_variance
from ired_interp_core.schedule import Schedule
from ired_interp_core.schema import LEVELS

VARIANCE_LEVELS = 7
"""Implied variance is read at t ≤ 7; above, σ²/ᾱ is 40 to 41,500 and the reading is noise."""

NOISED = "noised_truth"
"""The place at which Tweedie's formula holds."""

AXES = {
    "relative": "σλ: eigenvalue over the ideal 1/σ",
    "eigenvalue": "eigenvalue λ",
    "variance": "implied posterior variance v",
}


def reading(place: str) -> str:
    """Where Tweedie's formula is read as a variance; of a real model nowhere without its check."""
    if place == NOISED:
        return "as of an ideal model"
    return "extrapolated: no noise at this place"


@dataclass(frozen=True)
class Spectrum:
    """All eigenvalues at one place, for the ten levels, in one frame and on one axis.

    Args:
        values: what is drawn [level in LEVEL_ORDER, eigenvalue], λ ascending; NaN where the axis
            has no meaning.
        line: where λ = 1/σ lies on this axis, per level.
        zero: where λ = 0 lies on this axis, per level.
        kind: −1 for λ < −τ, +1 for λ > 1/σ + τ, else 0 [level, eigenvalue].
        above: number of eigenvalues above 1/σ + τ, per level.
        below: number of eigenvalues below −τ, per level.
        inverse_sigma: 1/σ_t in the chosen frame, per level.
        axis: key of AXES.
        frame: "level" or "data".
        place: where the Hessian was taken.
        missing: number of eigenvalues that are not finite, per level.
        flat: first position and number of the eigenvalues that are exactly 0, per level: directions
            that the first layer cannot see, where the answer has more entries than it has units.
        check: mean v and the denoising error at the noised truth, per level: equal in the mean for
            an ideal model; NaN where v is not read.
        broken: how many eigenvalues lie below the widest gap within, and its width in median gaps,
            per level.
        identity: share of the stiffest direction that lies along the identity, at least, per level.
        draft: levels of which nothing is known are still to come.
    """

    values: Float32[np.ndarray, "L K"]
    line: Float[np.ndarray, " L"]
    zero: Float[np.ndarray, " L"]
    kind: Int[np.ndarray, "L K"]
    above: Int[np.ndarray, " L"]
    below: Int[np.ndarray, " L"]
    inverse_sigma: Float[np.ndarray, " L"]
    axis: str
    frame: str
    place: str
    missing: Int[np.ndarray, " L"]
    flat: Int[np.ndarray, "L 2"]
    check: Float[np.ndarray, "L 2"]
    broken: Float[np.ndarray, "L 2"]
    identity: Float[np.ndarray, " L"]
    draft: bool = False


def _along_the_identity(
    top: Float[np.ndarray, "L 2"], curvature: Float[np.ndarray, " L"]
) -> Float[np.ndarray, " L"]:
    """(q − λ₂)/(λ₁ − λ₂) ≤ (uᵀv₁)², of the curvature q = uᵀHu along a unit u, within 0 … 1."""
    second, first = top.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip((curvature - second) / (first - second), 0, 1)


def spectrum(
    spectra: xr.Dataset, place: str, schedule: Schedule, frame: str, axis: str, tolerance: float
) -> Spectrum:
    """Describe the spectra of one problem at one place.

    Args:
        spectra: hessian_spectrum of one problem (no problem dim).
        place: one of its places.
        schedule: of the model.
        frame: "level" (λ) or "data" (ᾱλ).
        axis: key of AXES.
        tolerance: τ as a share of max |λ| (1e-5 in float32, 1e-6 in float64).

    Returns:
        The described spectrum.
    """
    chosen = spectra["eigenvalue_spectrum"].sel(place=place).sel(level=list(LEVEL_ORDER))
    raw = chosen.transpose("level", "eigenvalue").values.astype(np.float64)
    order = list(LEVEL_ORDER)
    at = spectra.sel(place=place, level=order)
    check = np.full((len(order), 2), np.nan)
    if NOISED in spectra["place"].values:
        noised = spectra.sel(place=NOISED, level=order)
        check = np.stack(
            [noised[n].values for n in ("implied_variance", "denoising_error")], axis=1
        )
    check[np.array(order) > VARIANCE_LEVELS] = np.nan
    alpha_bar, sigma = schedule.alphas_cumprod[order], schedule.sigma[order]
    largest = np.nanmax(np.abs(raw), axis=1, initial=0.0)
    tau = (tolerance * largest)[:, None]
    ideal = (1.0 / sigma)[:, None]
    with np.errstate(invalid="ignore"):
        kind = np.where(raw > ideal + tau, 1, np.where(raw < -tau, -1, 0))
    factor = alpha_bar if frame == "data" else np.ones_like(alpha_bar)
    values, line, zero = raw * factor[:, None], factor / sigma, np.zeros_like(sigma)
    if axis == "variance":
        values = implied_variance(raw, sigma[:, None], alpha_bar[:, None])
        line, zero = np.zeros_like(sigma), implied_variance(np.zeros_like(sigma), sigma, alpha_bar)
        unread = np.array(order) > VARIANCE_LEVELS
        values[unread], line[unread], zero[unread] = np.nan, np.nan, np.nan
    return Spectrum(
        values=values.astype(np.float32),
        line=line,
        zero=zero,
        kind=kind,
        above=(kind > 0).sum(axis=1),
        below=(kind < 0).sum(axis=1),
        inverse_sigma=factor / sigma,
        axis=axis,
        frame=frame,
        place=place,
        missing=(~np.isfinite(raw)).sum(axis=1),
        flat=np.stack([(raw < 0).sum(axis=1), (raw == 0).sum(axis=1)], axis=1),
        check=check,
        broken=np.stack([at["break_below"].values, at["break_ratio"].values], axis=1),
        identity=_along_the_identity(
            raw[:, -2:], at["subspace_curvature"].sel(subspace="trace").values
        ),
    )


def shortened(
    rank: Float[np.ndarray, " K"], first: int, many: int, width: float
) -> Float[np.ndarray, " K"]:
    """Where ranks stand on an axis on which a run of equal values is drawn short.

    Args:
        rank: 1 … K.
        first: ranks before the run.
        many: length of the run.
        width: of the run on the axis.

    Returns:
        Positions, increasing with rank.
    """
    within = np.clip(rank - first, 0, many)
    return rank - within + within * (width / max(many, 1))


def histogram(
    values: Float[np.ndarray, " K"], low: float, high: float, bins: int = 48
) -> tuple[Float[np.ndarray, " B"], Int[np.ndarray, " B"]]:
    """Centres of equal bins from low to high, and how many finite values each holds."""
    finite = values[np.isfinite(values)]
    counts, edges = np.histogram(finite, bins=bins, range=(low, high))
    return (edges[:-1] + edges[1:]) / 2, counts


def apart(values: Float[np.ndarray, " K"], gap: float) -> np.ndarray:
    """Which of some sorted values have both neighbours farther away than a gap."""
    far = np.abs(np.diff(values)) > gap
    return np.append(True, far) & np.append(far, True)


def with_gaps(
    x: Float[np.ndarray, " K"], y: Float[np.ndarray, " K"], gap: float
) -> tuple[Float32[np.ndarray, " M"], Float32[np.ndarray, " M"]]:
    """Break a line where neighbours are farther apart than `gap`, by a NaN between them.

    Args:
        x: positions.
        y: sorted values.
        gap: farthest distance that is joined.

    Returns:
        x and y with the breaks.
    """
    at = np.flatnonzero(np.abs(np.diff(y)) > gap) + 1
    return tuple(np.insert(v.astype(np.float32), at, np.nan) for v in (x, y))


def affine(
    axis: str, frame: str, schedule: Schedule
) -> tuple[Float[np.ndarray, " L"], Float[np.ndarray, " L"], str]:
    """How an axis reads λ: slope·λ + offset.

    Args:
        axis: key of AXES.
        frame: "level" or "data", for the axis of eigenvalues alone.
        schedule: of the model.

    Returns:
        Slope and offset of every level, NaN where the axis has no meaning; label with unit.
    """
    sigma, alpha_bar = schedule.sigma, schedule.alphas_cumprod
    if axis == "relative":
        return sigma, np.zeros(LEVELS), "σλ [1/σ = 1]"
    if axis == "variance":
        scale = implied_variance(np.zeros(LEVELS), sigma, alpha_bar)
        scale = np.where(np.arange(LEVELS) > VARIANCE_LEVELS, np.nan, scale)
        return -scale * sigma, scale, "v = (σ²/ᾱ)(1 − σλ) [y²]"
    if frame == "data":
        return alpha_bar, np.zeros(LEVELS), "λ (data frame) [E/y²]"
    return np.ones(LEVELS), np.zeros(LEVELS), "λ (level frame) [E/ỹ²]"
