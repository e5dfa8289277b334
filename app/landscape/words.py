"""What the landscape view says about its figures: titles, sources, citations, how to read them."""

from app.landscape.figures import active, spectrum, spectrum_table, traces
from app.landscape.figures import slice as slices

TITLES = {
    "slice": "Slice",
    "cuts": "Cuts through the centre",
    "spectrum": "Spectrum",
    "numbers": "Curvature in numbers",
    "matrices": "Matrices",
    "traces": "Descent",
    "features": "Active features",
}

SOURCES = {
    "slice": "landscape_slice",
    "cuts": "landscape_slice",
    "spectrum": "hessian_spectrum",
    "numbers": "hessian_spectrum",
    "matrices": "problem_properties",
    "traces": "descent",
    "features": "dictionary_codes",
}

COLUMNS = {
    "slice": ("energy", "node"),
    "cuts": ("energy", "node"),
    "spectrum": ("eigenvalue_spectrum",),
    "numbers": spectrum_table.ROWS,
    "matrices": ("x", "y_true"),
    "traces": ("step_energy", "step_mse", "step_accepted", "step_clamped", "step_gradient_norm"),
    "features": ("code_feature", "code_value", "code_count", "code_error"),
}
"""What a CSV of a panel holds."""

CITATIONS = {
    "slice": slices.CITATION,
    "cuts": slices.CITATION,
    "spectrum": spectrum.CITATION,
    "numbers": spectrum.CITATION,
    "matrices": traces.CITATION,
    "traces": traces.CITATION,
    "features": active.CITATION,
}

LONG = {
    "slice": (
        "E_t(x, √ᾱ_t·(c + radius·(a·u + b·v))) on one plane of the data frame for all levels; u"
        " and v are unit and orthogonal, the radius is ‖y*‖ unless the slice says otherwise."
        " Stored at Chebyshev nodes and drawn by barycentric interpolation at 61 × 61 points; the"
        " error beside the title is a share of the level's energy range. The descent and the four"
        " places are projected orthogonally: hover for their distance to the plane, and for the"
        " gap between their true energy and the surface."
    ),
    "cuts": "The surface of the slice along b = 0 and along a = 0; same units, scale and error.",
    "spectrum": (
        "All eigenvalues of ∇²E in ỹ (level frame; the data frame multiplies by ᾱ_t), exact by"
        " layer-wise assembly. Counts leave out what lies within τ = 1e-5·max|λ| of a line. The"
        " axis “variance” reads v = (σ²/ᾱ)(1 − σλ): calibrated at the noised truth, extrapolated"
        " elsewhere, left out at t > 7."
    ),
    "numbers": (
        "Scalars of the same Hessians. H = 2JᵀJ + 2Σ r_i∇²r_i: the Gauss–Newton and the residual"
        " part do not add in norm, hence their cosine. Units: hover a name."
    ),
    "matrices": (
        "Problem, truth, and the sampler's state at the end of level t divided by √ᾱ_t, so that"
        " everything is in the data frame. ŷ_t is not a minimiser of E_t."
    ),
    "traces": (
        "Per step: energy on the level's own landscape, error to y* in the data frame beside"
        " trivial predictors, what became of the proposal, and the share of entries on the box"
        " ±c√ᾱ_t. “Unchanged”: the clamp undid the step, so that accepting it means nothing."
    ),
    "features": (
        "Codes of the sparse dictionary at the sampler's states: x ≈ Σ f_i W_i in the scaled frame"
        " of the activations, strongest f first. “Left out” is the part of x about the dictionary's"
        " centre that x̂ does not rebuild. What the dictionary was trained on, how faithful it is"
        " and whether its features matter stands in the view Features."
    ),
}
"""How to read each figure, at length."""
