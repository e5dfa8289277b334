"""What the sheet along training says about its figures."""

from app.shared.drawing import sources
from app.shared.page.contract import Words

READING = {
    "curves": (
        "Each point is the mean over the steps since the previous entry, without smoothing."
        " Dashed: trivial predictors on the same problems. Step 0: untrained weights."
    ),
    "quantity": "Line: {said}; band: {band}. Step 0, left of the break, is untrained: the control.",
    "spectra": (
        "Line: median eigenvalue; bands: 25–75 %, 5–95 % and min–max. An ideal denoiser has none"
        " beyond 1/σ (dashed)."
    ),
    "planes": (
        "The same plane for each training step (columns) and series (rows), on one colour scale."
        " Marks: truth, answer and minimum, projected onto the plane."
    ),
}
"""One or two lines under each figure."""

LONG = {
    "curves": (
        "From the log of each training. Loss = denoising + ½·contrastive (0 where a training uses"
        " no negatives). The gradient norm is that before clipping. The axes are logarithmic, so"
        " zeros are not drawn. The errors are those of the averaged weights with the official"
        " sampler: means over the problems on which the training evaluates itself (seed 1, both"
        " variants), in the data frame. Dashed lines: trivial predictors on these problems, as the"
        " log of the first series gives them. At most 240 entries are drawn, evenly spaced in log"
        " step; the files contain all of them."
    ),
    "quantity": (
        "{help}. {frame} Every kept step was asked the same question about the same problems{set},"
        " so the curves differ in the model alone. Grey dashed: trivial predictors (where the"
        " number is an error), {of} over the same problems. Red dashed: an ideal denoiser{where}."
        " The weights are the averaged ones. The axis is logarithmic where the numbers span a"
        " factor of 30 or more."
    ),
    "spectra": (
        "Exact eigenvalues of ∇²E in ỹ at level t and the chosen place (the point at which the"
        " curvature is taken), of {count} that every step has (at most the first 32). σλ = 1 is"
        " the ideal 1/σ, reached where the answer is certain. v = (σ²/ᾱ)(1 − σλ) is the posterior"
        " variance that an ideal denoiser would imply at the noised truth (the truth plus the"
        " noise of the level), where the mean of v is its denoising error. At other places v is an"
        " extrapolation. The number “implied variance over denoising error” measures how far a"
        " model is from that. All panels have the same scale."
    ),
    "planes": (
        "E_t(x, √ᾱ_t·(c + R·(a·u + b·v))), with a to the right and b upwards over ±{half:g} radii"
        " (radius R = {radius:.3g} in y, data frame; {plane}). {same} Marks outside the window are"
        " not drawn. The surface is stored at Chebyshev nodes and drawn at 51 × 51 points without"
        " smoothing; its error is at most {error} of its range. At most 8 steps are drawn, evenly"
        " spaced among the kept ones."
    ),
}
"""How to read each figure, at length."""

CITATIONS = {
    "curves": sources.SAMPLER,
    "quantity": sources.SAMPLER,
    "spectra": sources.TWEEDIE,
    "planes": sources.SLICES,
}


UNKNOWN = {
    "said": "median or mean over the problems", "band": "25–75 %, or ± standard error",
    "help": "A scalar of the catalog.", "frame": "Shown in the chosen frame.", "set": "",
    "of": "median or mean", "where": "", "count": "the problems", "half": 1.0, "radius": 1.0,
    "plane": "the chosen plane", "same": "", "error": "a small share",
}  # fmt: skip
"""What stands in the texts before the numbers are known."""


def words(name: str) -> Words:
    """What a panel says about itself, before its numbers are known."""
    short, long = (text.format(**UNKNOWN) for text in (READING[name], LONG[name]))
    return Words(short, long, CITATIONS[name])
