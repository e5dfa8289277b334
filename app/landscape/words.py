"""What the landscape view says about its panels: captions, how to read them, citations."""

from app.shared.drawing import sources
from app.shared.page.contract import Words

WORDS = {
    "slice": Words(
        "E_t on a plane through the centre; axes in units of R. White: the sampler's path. Click"
        " a point to go to its level.",
        "The energy E_t(x, √ᾱ_t·(c + R·(a·u + b·v))) on one plane of the data frame, for every"
        " level. u and v are orthogonal unit vectors; the radius R is ‖y*‖ unless the slice says"
        " otherwise. The second line of the tick labels gives the same length in the chosen frame"
        " (level frame ỹ = √ᾱ_t·y, or data frame y). The path and the four places (noised truth,"
        " truth, answer, minimum) are projected orthogonally onto the plane: marks are smaller"
        " farther from it and fainter at earlier levels. Hover over a mark for its distance to the"
        " plane and for the gap between its own energy and the surface. Where the minima of the"
        " level were searched for, they are marked like that, T in the truth's basin and the others"
        " by number (hollow: outside the box), and so are the saddles between them. The surface is"
        " stored at"
        " Chebyshev nodes and drawn by barycentric interpolation at 61 × 61 points; the error"
        " beside the title is a share of the level's energy range. Where the server answers live"
        " questions, a click on the surface asks for the energy and the exact spectrum there.",
        sources.SLICES,
    ),
    "pinned_slice": Words(
        "The slice of the pinned view, in the colours of the one beside it.",
        "The colours of both slices reach from the lower to the higher energy of the two, level by"
        " level. Only where problem, plane and centre are the same do places compare too.",
        sources.SLICES,
    ),
    "cuts": Words(
        "E_t along the two axes of the slice. The Hessian at the centre predicts a parabola; any"
        " deviation is of higher order.",
        "The surface of the slice along b = 0 and along a = 0, with the same units, scale and"
        " error. A cut that is no parabola is called anharmonic: terms beyond the second order"
        " matter there.",
        sources.SLICES,
    ),
    "spectrum": Words(
        "All eigenvalues of the exact Hessian. For an ideal denoiser, λ = 1/σ where the answer is"
        " certain, less elsewhere; none is above 1/σ.",
        "All eigenvalues of ∇²E in ỹ (level frame; the data frame multiplies them by ᾱ_t). The"
        " Hessian is exact, by layer-wise assembly. An ideal denoiser that is certain of its answer"
        " has every λ at 1/σ. A smaller λ marks a direction that x leaves uncertain; λ > 1/σ is"
        " impossible; λ < 0 means that the posterior has several modes. The counts exclude"
        " eigenvalues within τ = 10⁻⁵·max|λ| of a line. Where exact zeros are drawn short (a flat"
        " part: the answer has more entries than the network has hidden units), the histogram"
        " excludes them. The axis “variance” shows v = (σ²/ᾱ)(1 − σλ), the posterior variance that"
        " an ideal model would imply at the noised truth (the truth plus the noise of the level),"
        " where the mean of v is the denoising error. A real model's is not, so the ratio of the"
        " two stands beside the title. At other places v is an extrapolation; it is not shown at"
        " t > 7. On completion only the observed entries are certain: an ideal model has as many"
        " eigenvalues at 1/σ and the others in a band below (σλ from 0.03 to 0.68 at t = 0, from"
        " 0.42 to 0.88 at t = 1, near 1 from t = 6 on). A break is the widest gap with a twentieth"
        " of the eigenvalues on either side, where it is as wide as thirty median gaps."
        " “Stiffest: the identity” gives the least share of the stiffest eigenvector that lies"
        " along I, (q − λ₂)/(λ₁ − λ₂), where q is the curvature along I.",
        sources.TWEEDIE,
    ),
    "numbers": Words(
        "Scalars of the exact Hessian at each of the four places; the chosen place is marked.",
        "Scalars of the Hessian at the four places: the noised truth (the truth plus the noise of"
        " the level), the truth, the answer ŷ_t and the minimum that L-BFGS finds from it. Where"
        " this polishing converged, min λ > 0 distinguishes a minimum from a saddle. The sampler"
        " cannot leave the box ±c, so it cannot reach a minimum outside it. H = 2JᵀJ +"
        " 2Σ r_i∇²r_i: the norms of the Gauss–Newton part and of the residual part do not add, so"
        " their cosine is given. Hover over a name for its unit.",
        sources.TWEEDIE,
    ),
    "matrices": Words(
        "Matrix entries in the data frame, colours centred on 0. |error| has one scale for all"
        " levels, so early levels saturate. All panels zoom together.",
        "The problem, the truth, and the sampler's state at the end of level t divided by √ᾱ_t, so"
        " that all of them are in the data frame. ŷ_t is not a minimiser of E_t. |error| has one"
        " colour scale for all levels, which ends at the 98th percentile of t ≤ 4.",
        sources.SAMPLER,
    ),
    "attribution": Words(
        "Attribution to entries of x and y; red raises what is attributed, blue lowers it. Baseline"
        " and path stand in the title.",
        "Integrated gradients of E_t at (x, ŷ_t) along the straight line from a baseline (zero, the"
        " mean problem, noise), or gradients times the distance from zero; of the final error to x"
        " alone, with the walk's clamps and accept decisions held fast. Colours end at the 98th"
        " percentile of |attribution|, which stands above each matrix. That of E is of one level;"
        " at others it is blank until it is computed. Where attributions miss the true difference"
        " by more than 1 % none is shown. The sheet Attribution of Geometry has all problems,"
        " beside the entries' size and an untrained network; without these a pattern means little.",
        "Sundararajan, Taly & Yan, arXiv 1703.01365",
    ),
    "traces": Words(
        "Energy, error and proposals at each step. ◇: state after a jump. Dotted: trivial"
        " predictors. Energies are comparable within a level only.",
        "At each step: the energy on the level's own landscape; the error to y* in the data frame,"
        " with the trivial predictors on this problem (dotted); the fate of the proposal (strip);"
        " and the share of entries on the box ±c√ᾱ_t, the bound to which the sampler clamps."
        " “Undecided”: the energies of proposal and state differ by less than 8 ulp, so rounding"
        " decided; hover over the mark for the outcome. “Unchanged”: the clamp undid the step, so"
        " its acceptance means nothing. Click a state to go to its level.",
        sources.SAMPLER,
    ),
    "point": Words(
        "Scalars of the ten landscapes at the point that was clicked, beside those at the answer.",
        "The point y = c + R(a·u + b·v) of the slice's plane, data frame. Energy, gradient and all"
        " eigenvalues of the exact Hessian are computed there for every level. MSE is that of the"
        " point as an answer. Entries outside the box ±c cannot be reached by the sampler. The"
        " nearest state is that of all states which the descent visited, at any level; its"
        " distance is in units of R.",
        sources.TWEEDIE,
    ),
    "eigenvector": Words(
        "The clicked eigenvalue's eigenvector as a matrix, of unit length; colours centred on 0."
        " Random directions have the shares in brackets.",
        "The unit eigenvector v of ∇²E at the place of the spectrum, or at the point, written as a"
        " matrix V; its sign is that which makes the largest entry positive. The symmetric share is"
        " ‖(V + Vᵀ)/2‖², in the mean (n + 1)/2n for a random direction; the diagonal share is"
        " ΣV_ii², in the mean 1/n. Where the gap to the next eigenvalue is below the error of the"
        " spectrum (10⁻⁵ of max|λ| in float32), no single direction is the eigenvector, and none"
        " is drawn. A direction is the same in both frames; λ is not.",
        sources.TWEEDIE,
    ),
    "along": Words(
        "E_t along the eigenvector, from minus ‖y*‖ to ‖y*‖. Dashed: the parabola that the gradient"
        " and λ at s = 0 predict.",
        "The energy E_t(√ᾱ_t·(y + s·v)) along the eigenvector of each level, in float64; s is a"
        " length in the data frame. The parabola is E + √ᾱ·s·vᵀ∇E + ½ᾱs²λ: any deviation is of"
        " higher order, so the landscape is anharmonic there. A plane along it shows the same"
        " energies beside a second direction, and points of it can be clicked.",
        sources.SLICES,
    ),
    "point_spectrum": Words(
        "All eigenvalues of the exact Hessian at the point that was clicked on the plane.",
        "All eigenvalues of ∇²E at the point y = c + R(a·u + b·v) of the slice's plane, at every"
        " level. How to read them is said at the panel Spectrum; the point is no noised truth, so"
        " the axis “variance” is an extrapolation.",
        sources.TWEEDIE,
    ),
    "steered": Words(
        "How far the answer moves when a feature is scaled or its atom added. Beside it: random"
        " controls of the same norm, from the same noise.",
        "‖Δŷ‖ is the distance of the final answer from that of the plain descent, data frame. In"
        " mode scale what the feature contributes to the activation is multiplied by the strength"
        " (0 off, 1 as it is), beside random atoms of equal code norm; in mode add its unit atom is"
        " added, strength long in the scaled frame, beside random unit directions. All walks begin"
        " with the same noise. One problem says nothing about others: the view Features measures"
        " the effect on many, with its interval.",
        sources.DICTIONARIES,
    ),
    "readout": Words(
        "The probe that is opened: R², gain over its best control, verdict. Steer pushes the"
        " sampler along its direction, beside random directions as long.",
        "A probe reads w·h + b from an activation h, at the end of level t, over many problems. A w"
        " of the gradient is a direction of the answer; a w of a layer is pulled back to"
        " ∇(w·h) at the centre of the plane, along which the readout grows fastest. Steering adds"
        " s·r·w to the activation at every look of the level, r the root mean square of an entry"
        " there. Probes of x, (x, ỹ) and codes have no such direction.",
        sources.DICTIONARIES,
    ),
    "own": Words(
        "What was changed in this problem, how far it lies from training problems, and how far"
        " the model's answer moved.",
        "The entries of x that differ from the problem it was edited from; the truth is made anew"
        " (A⁻¹, A + B, or the changed entry). ‖Δx‖ is a share of ‖x‖. The answer's change is the"
        " root of the mean square over the entries of ŷ at t = 0, from the same starting noise."
        " The range compares five values of x with the 1 % and 99 % quantiles of 20,000 training"
        " problems; beyond them the model was hardly ever trained. One problem: no interval.",
    ),
    "features": Words(
        "Features and their activations (scaled frame) at each state of this level, strongest"
        " first. Last column: ŷ_t. Click a number for its card.",
        "Codes of the sparse dictionary at the sampler's states: x ≈ Σ f_i W_i, with the largest f"
        " first. In the scaled frame the activations are centred and scaled to E‖x‖ = √d, as"
        " the dictionary was trained on them. “Left out” is ‖x − x̂‖²/‖x − centre‖², the share of"
        " x about the dictionary's centre that x̂ does not rebuild. The view Features shows what"
        " the dictionary was trained on, how faithful it is, and whether its features matter.",
        sources.DICTIONARIES,
    ),
}
"""Panel → its words; some captions are said more closely once the numbers are there."""
