"""What the annealing view says about its figures: how to read them, at length, citations."""

from dataclasses import dataclass

from app.shared.drawing import sources
from app.shared.page.contract import Words

BANDS = "Line: median; bands: 25–75 and 5–95 % of problems; dots: min and max."
BANDS_GROUPED = "Lines: medians of the groups, side by side; bands: 25–75 %; dots: 5 and 95 %."


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
        "The chosen number of every problem; dashed: an ideal denoiser, where it has one.",
        "Quantiles over the problems at each level, at the chosen place and in the chosen frame;"
        " problems in which it is not defined, such as a condition number of an indefinite Hessian,"
        " are left out. Logarithmic where the numbers span a factor of 30 or more.",
    ),
    "error": About(
        "descent",
        ("mse",),
        "MSE of ŷ_t, beside predictors that learned nothing (dashed, mean over the problems).",
        "Mean squared error of the sampler's state at the end of each level, all divided by √ᾱ_t"
        " (data frame) or times ᾱ_t (level frame); its root times √d is the distance ‖ŷ_t − y*‖."
        " Smooth levels end on the clamp ±2. Baselines: mean over the same problems.",
    ),
    "spectrum": About(
        "hessian_spectrum",
        ("eigenvalue_spectrum",),
        "Ridge: density of the middle 99 % of all eigenvalues, tallest = 1; bars: 25–75 %, 5–95 %,"
        " min–max. An ideal denoiser has none beyond the dashed line 1/σ, and all on it where the"
        " answer is certain.",
        "Exact eigenvalues of ∇²E in ỹ at the chosen place. σλ makes levels comparable: 1 is the"
        " ideal 1/σ; on completion only for the observed entries, the others lying in a band below"
        " (σλ .03 to .68 at t = 0, .42 to .88 at 1, near 1 from t = 6 on). v = (σ²/ᾱ)(1 − σλ) is"
        " the posterior variance that an ideal denoiser would mean at the noised truth, where its"
        " mean is the denoising error: see “Implied variance beside the denoising error”."
        " Extrapolated elsewhere, left out at t > 7; dashed grey: the variance of an entry of y*,"
        " that of one who knows only the mean answer. Smooth"
        " levels leave that window, where v is tens of times the prior: zoom out. Quantiles"
        " over problems and eigenvalues are read from 2,048 bins between a level's smallest and"
        " largest eigenvalue. Ridges are scaled level by level: compare shapes, not heights.",
        banded=False,
    ),
    "variance": About(
        "hessian_spectrum",
        ("implied_variance", "denoising_error"),
        "Mean implied variance over the denoising error at the noised truth. An ideal model has 1;"
        " above it v is read too large. Whiskers: 95 %, one training.",
        "Mean of v = (σ²/ᾱ)(1 − σ·tr H/d) over problems, over the mean squared error per entry of"
        " (ỹ − σ∇E)/√ᾱ at the same noised truths, data frame; equivalently 1 − σ·tr H/d over L_t,"
        " the denoising part of the loss. The contrastive part shrinks the curvature where the"
        " truth is no minimum. Percentile interval over problems, one training. Left out at t > 7,"
        " where σ²/ᾱ is 40 to 41,500.",
        banded=False,
    ),
    "definite": About(
        "hessian_spectrum",
        ("smallest_eigenvalue", "largest_eigenvalue"),
        "Share of problems with λ_min ≥ −10⁻⁵ λ_max; whiskers: 95 % over problems, one training;"
        " dashed: threshold of hypothesis 1.3. Minima have it by construction.",
        "Positive definite but for rounding, level by level at the four places, with exact"
        " (Clopper–Pearson) intervals over problems, one training: 32 of 32 is [0.89, 1], so that"
        " fewer than 73 problems cannot show more than 0.95. Control: an ideal model of inverse and"
        " addition has 1 everywhere; of completion the Gaussian ideal has, where a posterior of"
        " several modes may have less.",
        banded=False,
    ),
    "progression": About(
        "hessian_spectrum",
        ("participation_ratio", "condition", "index"),
        "Spearman's ρ of t with each problem's number, absolute, median over problems, beside its"
        " controls. Hypothesis S1: at least 0.8.",
        "Per problem, over the ten levels at the chosen place (levels without a condition number"
        " are left out); median over problems between two order statistics, exact whatever the"
        " distribution, one training; fewer than six have no interval. Constant:"
        " the number is the same at every level and has no order; an ideal model that is certain"
        " has H = I/σ, the same σH everywhere.",
        banded=False,
    ),
    "fates": About(
        "descent",
        ("decided_accepted_share", "decided_rejected_share", "undecided_share", "unchanged_share"),
        "Mean over problems. Undecided: E told proposal and state apart by less than 8 ulp, so that"
        " rounding chose.",
        "Shares of the inner steps of a level, together 1. Accepted and rejected are those that"
        " more than rounding decided; accepted_share counts what was done with undecided ones too."
        " Unchanged: the proposal is the state itself, mostly since the clamp undid it.",
        banded=False,
    ),
    "counts": About(
        "hessian_spectrum",
        ("index", "above_inverse_sigma"),
        "Top: index, #{λ < −τ}: directions of negative curvature. Below: #{λ > 1/σ}, impossible"
        " for an ideal denoiser (dashed: 0).",
        "Counts of eigenvalues of one problem's Hessian, of d; what lies within τ = 1e-5·max|λ| of"
        " a line is not counted. λ < 0 is possible for a posterior of several modes, λ > 1/σ is a"
        " negative variance. The same in both frames.",
    ),
    "rank": About(
        "hessian_spectrum",
        ("participation_ratio", "entropy_rank"),
        "Directions that carry the curvature; d (dashed) when all eigenvalues are alike.",
        "Participation ratio (Σ|λ|)²/Σλ² and entropy rank exp(−Σ p ln p), p = |λ|/Σ|λ|: both d for"
        " equal eigenvalues, 1 for a single one. The same in both frames.",
    ),
    "parts": About(
        "hessian_spectrum",
        ("gauss_newton_norm", "residual_norm", "gauss_newton_residual_cosine"),
        "H = 2JᵀJ + 2Σ r∇²r; dashed: the norm of an ideal Hessian. The norms do not add:"
        " hence the cosine.",
        "Frobenius norms of the Gauss–Newton part 2JᵀJ and of the residual part 2Σ r_i∇²r_i, and"
        " the cosine between them. Level frame; the data frame multiplies the norms by ᾱ_t.",
    ),
    "energy": About(
        "descent",
        ("mse", "energy_answer", "energy_truth", "step_mse", "step_energy"),
        "A point is one problem's ŷ_t. ρ: Spearman; 1 if low energy always means low error, 0 if"
        " energy says nothing. Dashed or named: median of the truth; dotted,"
        " for E − E(y*): a round bowl around ŷ_t.",
        "E_t of the sampler's states against their squared error, level by level, as in the paper's"
        " Figure 4; each level has axes of its own. “Every step” shows the states on the way, too."
        " “E − E(y*)” takes each problem's energy of the truth away: what lies below 0 the model"
        " prefers; dotted: −½λ̄‖ŷ_t − y*‖² with the mean eigenvalue at the answers. Points on it lie"
        " in a round bowl around the answer, and ρ = −1 then says no more than that. At most 4,000"
        " points of a level are drawn, chosen by a seed; ρ is over all. The energy is the same"
        " number in both frames; the error is not.",
        banded=False,
    ),
    "drift": About(
        "descent",
        ("answer", "mse"),
        "How far the answer moves in a level, beside what is left to y* (dashed).",
        "‖ŷ_t − ŷ_{t+1}‖ in the data frame, whatever the frame chosen: the two answers belong to"
        " two levels. Dashed: median of ‖ŷ_t − y*‖.",
    ),
    "minimum": About(
        "descent",
        ("minimum_distance", "minimum_mse", "mse"),
        "Top: from ŷ_t to the minimum that L-BFGS finds from it. Below: error there over error of"
        " ŷ_t; above 1 (dashed) the minimum is the worse answer.",
        "ŷ_t is where the sampler stops, not where E_t is smallest. ‖minimum − ŷ_t‖ in the chosen"
        " frame, and the ratio of the squared errors. The polishing knows no clamp, so at smooth"
        " levels it may go far.",
    ),
    "preference": About(
        "descent",
        ("energy_answer", "energy_truth"),
        "Below 0 the energy is lower at the answer than at the truth; lower map: how often.",
        "E_t(ŷ_t) − E_t(y*) on the level's own landscape, and the share of problems where it is"
        " below 0. Where x fixes y (inverse, addition) that is a fault of the energy, not of the"
        " sampler. On completion it is none: an ideal model, the Gaussian one included, has it on"
        " every problem.",
    ),
    "alignment": About(
        "eigenspace",
        ("alignment", "alignment_random", "resolved"),
        "Share of the k stiffest (above) and softest (below) eigenvectors in a subspace; dashed:"
        " dim S/d, a random space. Grey: not determined in most problems; those are left out.",
        "‖P_S V_k‖²_F/k of the k eigenvectors at each end of the spectrum, at the chosen place."
        " Tangent, normal and frame: at the level's own answer, of rank r. First map: share of"
        " problems whose gap at k is below the eigenvalue error, so that there is no such"
        " eigenspace; they are left out of the others. Scale 0 … 1. The same in both frames.",
    ),
    "angles": About(
        "eigenspace",
        ("angle_level", "resolved"),
        "Root mean square principal angle to the eigenspace of t − 1; dashed: random spaces of the"
        " same k in d. Problems with a degenerate gap are left out and counted.",
        "Angles between the eigenspaces of level t and t − 1 at the same place, √(mean θ²) over the"
        " k principal angles, in radians; nothing at t = 0. Dashed: mean over 24 seeded pairs of"
        " random spaces. Left out where either gap is below the eigenvalue error.",
    ),
}
"""Panel → what it is about."""
