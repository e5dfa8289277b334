"""What the annealing view says about its figures: how to read them, at length, citations."""

from dataclasses import dataclass

from app.shared.drawing import sources
from app.shared.page.contract import Words

BANDS = "Line: median over problems; bands: 25–75 and 5–95 %; dots: extremes."
BANDS_GROUPED = "Lines: group medians; bands: 25–75 %; dots: 5, 95 %."


@dataclass(frozen=True)
class About:
    """What a panel shows, and how to read it.

    Args:
        analysis: whose answers.
        variables: of it, as the lines of Python load them.
        short: one or two lines under the figure.
        long: the same at length.
        banded: its marks are bands of quantiles.
    """

    analysis: str
    variables: tuple[str, ...]
    short: str
    long: str
    banded: bool = True

    def caption(self, grouped: bool = False) -> str:
        """What stands under it; bands mean another thing where problems are cut into groups."""
        if not self.banded:
            return self.short
        return f"{self.short} {BANDS_GROUPED if grouped else BANDS}"

    @property
    def words(self) -> Words:
        """Caption, long text, citation."""
        cited = {"descent": sources.SAMPLER, "hessian_spectrum": sources.TWEEDIE}
        return Words(self.caption(), self.long, cited.get(self.analysis, sources.ANGLES))


ABOUT = {
    "quantity": About(
        "hessian_spectrum",
        (),
        "The chosen number at each level; dashed: an ideal denoiser, where defined.",
        "Quantiles over the problems at each level, at the chosen place (the point at which the"
        " curvature is taken) and in the chosen frame (level frame ỹ, or data frame y). Problems"
        " for which the number is not defined, such as the condition number of an indefinite"
        " Hessian, are excluded. The axis is logarithmic where the numbers span a factor of 30 or"
        " more.",
    ),
    "error": About(
        "descent",
        ("mse",),
        "MSE of ŷ_t. Grey: means of trivial predictors, which learned nothing; solid: the best.",
        "Mean squared error of the sampler's state at the end of each level, divided by √ᾱ_t (data"
        " frame), or that error times ᾱ_t (level frame). Its root times √d is the distance"
        " ‖ŷ_t − y*‖. At smooth levels the states end on the clamp ±2. The grey lines are means"
        " over the same problems of the trivial predictors: rules that never saw the model, such as"
        " c·I (the identity times one fitted number), degree k in A (a fitted polynomial of that"
        " degree in A), copy observed, and the Bayes posterior mean of the task's distribution.",
    ),
    "spectrum": About(
        "hessian_spectrum",
        ("eigenvalue_spectrum",),
        "Ridge: density of the middle 99 % of the eigenvalues. Bars: 25–75 %, 5–95 %, min–max."
        " Dashed: 1/σ, the maximum for an ideal denoiser.",
        "Exact eigenvalues of ∇²E in ỹ at the chosen place, pooled over the problems; the peak of"
        " each ridge has the same height, so compare shapes, not heights. An ideal denoiser has no"
        " eigenvalue beyond 1/σ, and all of them at 1/σ where the answer is certain. σλ makes"
        " levels comparable: 1 is the ideal 1/σ. On completion this holds only for the observed"
        " entries; the others lie in a band below (σλ from 0.03 to 0.68 at t = 0, from 0.42 to 0.88"
        " at t = 1, near 1 from t = 6 on). v = (σ²/ᾱ)(1 − σλ) is the posterior variance that an"
        " ideal denoiser would imply at the noised truth (the truth plus the noise of the level),"
        " where the mean of v is the denoising error: see “Implied variance beside the denoising"
        " error”. At other places v is an extrapolation; it is not shown at t > 7. Dashed grey: the"
        " variance of an entry of y*, which is the variance for someone who knows only the mean"
        " answer. At smooth levels v is tens of times this prior and lies outside the window: zoom"
        " out. Quantiles over problems and eigenvalues are read from 2,048 bins between a level's"
        " smallest and largest eigenvalue.",
        banded=False,
    ),
    "variance": About(
        "hessian_spectrum",
        ("implied_variance", "denoising_error"),
        "Mean implied variance v over the denoising error, at the noised truth; an ideal model has"
        " 1. Whiskers: 95 % over problems, one training.",
        "The mean over problems of v = (σ²/ᾱ)(1 − σ·tr H/d), divided by the mean squared error per"
        " entry of (ỹ − σ∇E)/√ᾱ at the same noised truths (the truth plus the noise of the level),"
        " in the data frame. Equivalently, 1 − σ·tr H/d over L_t, the denoising part of the loss."
        " Above 1, v overestimates the variance. The contrastive part of the loss reduces the"
        " curvature where the truth is no minimum. The interval is a percentile interval over"
        " problems, for one training. t > 7 is excluded, since σ²/ᾱ is 40 to 41,500 there.",
        banded=False,
    ),
    "definite": About(
        "hessian_spectrum",
        ("smallest_eigenvalue", "largest_eigenvalue"),
        "Share of problems with λ_min ≥ −10⁻⁵ λ_max. Whiskers: 95 % over problems, one training;"
        " dashed: threshold of hypothesis 1.3. Minima have it by construction.",
        "The share of problems whose Hessian is positive definite up to rounding, at each level"
        " and at the four places, with exact (Clopper–Pearson) intervals over problems, for one"
        " training. 32 of 32 problems give [0.89, 1], so fewer than 73 problems cannot show more"
        " than 0.95. Control: an ideal model of inverse and addition has 1 everywhere. The Gaussian"
        " ideal of completion (an ideal denoiser that knows only mean and variance of each entry)"
        " has 1, too; a posterior of several modes may have less.",
        banded=False,
    ),
    "progression": About(
        "hessian_spectrum",
        ("participation_ratio", "condition", "index"),
        "|Spearman's ρ| between level t and each number, median over problems, with its controls."
        " Hypothesis S1 expects at least 0.8.",
        "For each problem, the correlation over the ten levels at the chosen place; levels without"
        " a condition number are excluded. The interval of the median over problems lies between"
        " two order statistics: it is exact for any distribution, and for one training. Fewer than"
        " six problems have no interval. “Constant” means that the number is the same at every"
        " level and has no order. An ideal model that is certain has H = I/σ, the same σH at every"
        " level.",
        banded=False,
    ),
    "fates": About(
        "descent",
        ("decided_accepted_share", "decided_rejected_share", "undecided_share", "unchanged_share"),
        "Shares of inner steps by fate, mean over problems. Undecided: the energies differ by less"
        " than 8 ulp, so rounding decided.",
        "Shares of the inner steps of a level; they add up to 1. “Accepted” and “rejected” count"
        " only the steps that more than rounding decided, while accepted_share also counts what"
        " was done with undecided ones. “Unchanged” means that the proposal equals the state,"
        " mostly because the clamp undid the step.",
        banded=False,
    ),
    "counts": About(
        "hessian_spectrum",
        ("index", "above_inverse_sigma"),
        "Numbers of eigenvalues below −τ (top) and above 1/σ (bottom); ideally 0.",
        "Eigenvalues of one problem's Hessian, out of d. Those within τ = 10⁻⁵·max|λ| of a line are"
        " not counted. λ < 0 (a direction of negative curvature; their number is the index) is"
        " possible for a posterior of several modes. λ > 1/σ would be a negative variance, which is"
        " impossible for an ideal denoiser (dashed: 0). The counts are the same in both frames.",
    ),
    "rank": About(
        "hessian_spectrum",
        ("participation_ratio", "entropy_rank"),
        "Effective number of directions with curvature; dashed: d, for equal eigenvalues.",
        "The participation ratio (Σ|λ|)²/Σλ² and the entropy rank exp(−Σ p ln p) with p = |λ|/Σ|λ|."
        " Both are d for equal eigenvalues and 1 for a single one. They are the same in both"
        " frames.",
    ),
    "parts": About(
        "hessian_spectrum",
        ("gauss_newton_norm", "residual_norm", "gauss_newton_residual_cosine"),
        "Norms of the parts of H = 2JᵀJ + 2Σ r∇²r, and their cosine.",
        "Frobenius norms of the Gauss–Newton part 2JᵀJ and of the residual part 2Σ r_i∇²r_i, and"
        " the cosine between the two; the norms do not add, so the cosine is needed. Dashed: the"
        " norm of an ideal Hessian. Level frame; the data frame multiplies the norms by ᾱ_t.",
    ),
    "energy": About(
        "descent",
        ("mse", "energy_answer", "energy_truth", "step_mse", "step_energy"),
        "Each point is one problem's ŷ_t; ρ is Spearman's. Dashed, or an arrow: median energy of"
        " the truths.",
        "E_t of the sampler's states against their squared error, level by level, as in the paper's"
        " Figure 4; each level has its own axes. ρ = 1 if a lower energy always means a lower"
        " error, and 0 if the energy says nothing about the error. The dashed line is the median"
        " energy of the true answers; an arrow gives it where it is off scale. “Every step” also"
        " shows the states before the end of the level. “E − E(y*)” subtracts the energy of the"
        " truth of each problem: the model prefers what lies below 0. Dotted, for E − E(y*) only:"
        " −½λ̄‖ŷ_t − y*‖² with the mean eigenvalue λ̄ at the answers. Points on this line lie in an"
        " isotropic bowl centred on the answer ŷ_t, and ρ = −1 then says no more than that. At most"
        " 4,000 points of a level are drawn, chosen by a seed; ρ is over all points. The energy is"
        " the same number in both frames; the error is not.",
        banded=False,
    ),
    "drift": About(
        "descent",
        ("answer", "mse"),
        "Distance between the answers of successive levels; dashed: distance to y*.",
        "‖ŷ_t − ŷ_{t+1}‖ in the data frame, whichever frame is chosen, since the two answers belong"
        " to two levels. Dashed: median of ‖ŷ_t − y*‖, the distance that is left to the truth.",
    ),
    "minimum": About(
        "descent",
        ("minimum_distance", "minimum_mse", "mse"),
        "Top: distance from ŷ_t to its minimum. Bottom: ratio of their errors.",
        "ŷ_t is where the sampler stops, not where E_t is smallest. The minimum is the one that"
        " L-BFGS finds from ŷ_t (polishing). Top: ‖minimum − ŷ_t‖ in the chosen frame. Bottom: the"
        " squared error of the minimum over that of ŷ_t; above 1 (dashed) the minimum is the worse"
        " answer. Polishing has no clamp, so it may move far at smooth levels.",
    ),
    "preference": About(
        "descent",
        ("energy_answer", "energy_truth"),
        "Energy of the answer minus that of the truth; share of problems below 0.",
        "E_t(ŷ_t) − E_t(y*) on the level's own landscape, and the share of problems in which it is"
        " negative, so that the model prefers its answer to the truth. Where x determines y"
        " (inverse, addition) that is a fault of the energy, not of the sampler. On completion it"
        " is none: an ideal model, the Gaussian one included, has it on every problem.",
    ),
    "alignment": About(
        "eigenspace",
        ("alignment", "alignment_random", "resolved"),
        "Share of the k stiffest (top) and softest (bottom) eigenvectors in a subspace.",
        "‖P_S V_k‖²_F/k of the k eigenvectors at each end of the spectrum, at the chosen place, on"
        " a scale from 0 to 1. Dashed: dim S/d, the value for a random space. The subspaces"
        " tangent, normal and frame belong to the level's own answer, truncated at its rank r:"
        " tangent directions keep the rank, normal ones raise it, and the frame is spanned by the"
        " products u_i v_iᵀ of its singular vectors. The first map gives the share of problems"
        " whose gap at k is below the eigenvalue error, so that the eigenspace is ill-defined;"
        " these problems are excluded from the other maps. Grey: the eigenspace is ill-defined for"
        " most problems. The values are the same in both frames.",
    ),
    "angles": About(
        "eigenspace",
        ("angle_level", "resolved"),
        "RMS principal angle [rad] to the eigenspace of t − 1; dashed: random spaces.",
        "Angles between the eigenspaces of level t and of level t − 1 at the same place: √(mean θ²)"
        " over the k principal angles, in radians; t = 0 has none. Dashed: the mean over 24 seeded"
        " pairs of random spaces with the same k in d dimensions. Problems in which either gap is"
        " below the eigenvalue error are excluded, and counted beside the title.",
    ),
}
"""Panel → what it is about."""
