"""What the landscape view says about its panels: captions, how to read them, citations."""

from app.shared.drawing import sources
from app.shared.page.contract import Words

WORDS = {
    "slice": Words(
        "Colour: E_t on one plane, axes in radii. White: the descent; click a state to go to its"
        " level.",
        "E_t(x, √ᾱ_t·(c + radius·(a·u + b·v))) on one plane of the data frame for all levels; u"
        " and v are unit and orthogonal, the radius is ‖y*‖ unless the slice says otherwise. Below"
        " each tick the same length in the chosen frame. Stored at Chebyshev nodes and drawn by"
        " barycentric interpolation at 61 × 61 points; the error beside the title is a share of"
        " the level's energy range. The descent and the four places are projected orthogonally:"
        " marks are smaller off the plane, earlier levels fainter; hover for their distance to the"
        " plane, and for the gap between their true energy and the surface.",
        sources.SLICES,
    ),
    "cuts": Words(
        "The surface along its two axes. A parabola is what the eigenvalues say; any other shape"
        " is anharmonic.",
        "The surface of the slice along b = 0 and along a = 0; same units, scale and error.",
        sources.SLICES,
    ),
    "spectrum": Words(
        "All eigenvalues of the exact Hessian. Ideal denoiser: λ = 1/σ where certain, less"
        " elsewhere; above 1/σ impossible; below 0 several modes.",
        "All eigenvalues of ∇²E in ỹ (level frame; the data frame multiplies by ᾱ_t), exact by"
        " layer-wise assembly. An ideal denoiser certain of its answer has every λ at 1/σ; below"
        " it a direction is left uncertain, above it impossible, λ < 0 means several modes. Counts"
        " leave out what lies within τ = 1e-5·max|λ| of a line; the histogram leaves out exact"
        " zeros where they are drawn short (flat: more entries than hidden units). The axis"
        " “variance” reads v = (σ²/ᾱ)(1 − σλ) as an ideal model would mean it at the noised truth,"
        " where its mean is the denoising error; a real model's is not, so the ratio of the two"
        " stands beside the title. Extrapolated elsewhere, left out at t > 7. On completion only"
        " the observed entries are certain: an ideal model has as many eigenvalues at 1/σ, and the"
        " others in a band below (σλ .03 to .68 at t = 0, .42 to .88 at 1, near 1 from t = 6 on)."
        " A break: the widest gap with a twentieth of the eigenvalues on either side, where it is"
        " thirty median gaps wide. “Stiffest: the identity”: at least this share of the stiffest"
        " eigenvector lies along I, by (q − λ₂)/(λ₁ − λ₂) with q the curvature along I.",
        sources.TWEEDIE,
    ),
    "numbers": Words(
        "Scalars of the exact Hessians at the four places; the chosen one is marked.",
        "Scalars of the same Hessians. At the minimum, where polishing converged, min λ > 0 tells a"
        " minimum from a saddle; outside the box ±c no sampler can go. H = 2JᵀJ + 2Σ r_i∇²r_i: the"
        " Gauss–Newton and the residual part do not add in norm, hence their cosine. Units: hover a"
        " name.",
        sources.TWEEDIE,
    ),
    "matrices": Words(
        "Entries in the data frame, colours centred on 0. |error|: one scale for all levels, so"
        " that early levels saturate. All zoom together.",
        "Problem, truth, and the sampler's state at the end of level t divided by √ᾱ_t, so that"
        " everything is in the data frame. ŷ_t is not a minimiser of E_t. |error|: one scale for"
        " all levels, the 98th percentile of t ≤ 4.",
        sources.SAMPLER,
    ),
    "traces": Words(
        "◇: landing of a jump. Energies compare within a level only. Dotted: trivial predictors."
        " Strip: fate of each proposal. Box: share of entries on ±c.",
        "Per step: energy on the level's own landscape, error to y* in the data frame beside"
        " trivial predictors, what became of the proposal, and the share of entries on the box"
        " ±c√ᾱ_t. “Undecided”: E told proposal and state apart by less than 8 ulp, so that rounding"
        " chose; the pointer shows what was done. “Unchanged”: the clamp undid the step, so that"
        " accepting it means nothing. A click on a state goes to its level.",
        sources.SAMPLER,
    ),
    "features": Words(
        "Feature and activation (scaled frame) at this level's states, strongest first; last"
        " column: ŷ_t, which the other panels show. A number opens its card.",
        "Codes of the sparse dictionary at the sampler's states: x ≈ Σ f_i W_i in the scaled frame"
        " of the activations, strongest f first. “Left out” is ‖x − x̂‖²/‖x − centre‖²: the part of"
        " x about the dictionary's centre that x̂ does not rebuild. What the dictionary was trained"
        " on, how faithful it is and whether its features matter stands in the view Features.",
        sources.DICTIONARIES,
    ),
}
"""Panel → its words; some captions are said more closely once the numbers are there."""
