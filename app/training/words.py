"""What the sheet along training says about its figures."""

from app.shared.drawing import sources
from app.shared.page.contract import Words

READING = {
    "curves": (
        "Nothing is smoothed: an entry is the mean over the steps since the one before. Dashed:"
        " trivial predictors on the same problems. Step 0: untrained weights, left of the break."
    ),
    "quantity": (
        "Line: {said}; band: {band}. Step 0, left of the break, is the control: untrained weights."
    ),
    "spectra": (
        "Line: median of all eigenvalues; bands: 25–75, 5–95 %, min–max. An ideal denoiser has none"
        " beyond the dashed line 1/σ, and all on it where the answer is certain."
    ),
    "planes": (
        "One colour scale for all maps: colours can be compared. Columns: training steps; rows:"
        " series. Markers: truth, answer and minimum, seen from the plane; those outside it are"
        " left out."
    ),
}
"""One or two lines under each figure."""

LONG = {
    "curves": (
        "From the log of each training. Loss = denoising + ½·contrastive (0 where a training makes"
        " no negatives); gradient: norm before it is clipped. Logarithmic axes; what is 0 is not"
        " drawn. The errors are those of the averaged weights, official sampler, on the problems"
        " that the training itself evaluates on (seed 1, both variants), mean, data frame; dashed:"
        " trivial predictors on these problems, as the log of the first series holds them. At most"
        " 240 entries are drawn, evenly in log step; the files hold them all."
    ),
    "quantity": (
        "{help}. {frame} At each kept step the same question about the same problems{set}: the"
        " curves differ in the model alone. Grey dashed: trivial predictors (of an error), {of}"
        " over the same problems; red dashed: an ideal denoiser{where}. Averaged weights."
        " Logarithmic where the numbers span a factor of 30 or more."
    ),
    "spectra": (
        "Exact eigenvalues of ∇²E in ỹ at level t and the chosen place, of the {count} problems"
        " that are drawn together at every step (the first that all steps have; at most 32)."
        " σλ: 1 is the ideal 1/σ; v = (σ²/ᾱ)(1 − σλ) is the posterior variance that an ideal"
        " denoiser would mean at the noised truth (the mean v would be its denoising error there),"
        " extrapolated elsewhere; the number “implied variance over denoising error” says how far"
        " a model is from that. All panels have one scale."
    ),
    "planes": (
        "E_t(x, √ᾱ_t·(c + radius·(a·u + b·v))), a to the right and b upwards over ±{half:g} radii"
        " (radius {radius:.3g} in y, data frame; {plane}). {same} Stored at Chebyshev nodes, drawn"
        " at 51 × 51 points without smoothing; error of a surface at most {error:.0e} of its range."
        " At most 8 steps are drawn, evenly among the kept ones."
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
    "said": "median or mean over the problems", "band": "25–75 % of them, or ± standard error",
    "help": "A scalar of the catalog.", "frame": "Shown in the chosen frame.", "set": "",
    "of": "median or mean", "where": "", "count": "first", "half": 1.0, "radius": 1.0,
    "plane": "the chosen plane", "same": "", "error": 0.0,
}  # fmt: skip
"""What stands in the texts before the numbers are known."""


def words(name: str) -> Words:
    """What a panel says about itself, before its numbers are known."""
    short, long = (text.format(**UNKNOWN) for text in (READING[name], LONG[name]))
    return Words(short, long, CITATIONS[name])
