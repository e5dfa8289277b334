"""What the sheet on subspaces says about its panels."""

from app.shared.drawing.ranks import Correlation
from app.shared.page.contract import Words
from ired_interp_core.spelling import number

CLOSE = "Over problems, one training."


def between(low: float, high: float, form: str = ".2f") -> str:
    """An interval in brackets whose spaces do not break; nothing where there is none."""
    ends = [number(v, form) for v in (low, high)]
    return f"\u00a0[{ends[0]},\u00a0{ends[1]}]" if "–" not in ends else ""


def correlation(found: Correlation) -> str:
    """A rank correlation with its interval."""
    return number(found.rho, ".2f") + between(found.low, found.high)


SPACES = (
    "The k leading left or right singular vectors of ŷ_t (or of the minimum that polishing it"
    " reaches) span a point of the Grassmannian Gr(n, k), as those of y* do; θ are the principal"
    " angles between both, geodesic distance ‖θ‖₂ in rad (geomstats' is √2 times it), chordal"
    " ‖sin θ‖₂. One number is the root mean square over left and right. Where the relative gap"
    " (s_k − s_{k+1})/s_k of either matrix is below 10⁻⁵ the space is not determined. Data frame. "
)
OVER = (
    "Line: median over problems, its 95 % interval in the tooltip (order statistics); band:"
    " quartiles. Of one training. "
)
SOURCE = "Edelman, Arias & Smith, SIAM J. Matrix Anal. Appl. 20 (1998), 303"

WORDS = {
    "subspaces_answer": Words(
        "Hypotheses 4.1 (geodesic and Euclidean distance differ) and 4.4 (geodesic distance"
        " follows the energy), with what decides them.",
        SPACES + "4.1 holds where Spearman's ρ of both distances is below 0.9 at every level, if"
        " the spaces are nearer than random ones, whose distance goes with nothing; that"
        " they differ more where κ is large is not asked of one set. 4.4 holds where ρ of distance"
        " and energy excess is above 0 at every level, and above that of ‖ŷ − y*‖. A verdict is"
        " said where 95 % intervals over problems lie wholly on one side; the interval of a"
        " difference is a bootstrap over problems.",
    ),
    "distance": Words(
        "Distance between the leading singular subspaces of answer and truth. Grey: random pairs."
        " Hollow: no gap at this k.",
        SPACES + OVER + "Grey: mean ± 1.96 s.d. of random pairs of spaces.",
        SOURCE,
    ),
    "by_k": Words(
        "The same distance for every k. Truths have full rank, so at k = n it is zero. Grey:"
        " random pairs.",
        SPACES + "Medians over problems, left and right spaces apart. The dotted line is the chosen"
        " k.",
        SOURCE,
    ),
    "energy": Words(
        "Energy excess against distance within one level, one dot a problem: distance of subspaces"
        " left, Euclidean distance right.",
        SPACES + "The note has Spearman's ρ of both with their 95 % intervals over problems (Bonett"
        " and Wright); the headline has their difference and what shuffled pairs give. The ring is"
        " the chosen problem.",
    ),
    "path": Words(
        "Energy from answer to truth along the geodesic path and along the straight line. Strip:"
        " cosine of the transported gradient with that found there.",
        "Path: Y(s) = U(s)M(s)V(s)ᵀ + the rest linearly, leading singular spaces turned along a"
        " geodesic, both ends met to 10⁻¹⁰ (definitions, §6.5), with the k of the stored answer."
        " Strip: cosine of what turns the spaces in ∇E at ŷ_t, carried in parallel, with the same"
        " found on the way; grey: random directions, mean 0, s.d. 0.05. One valley: E never rises"
        " again; exact 95 % interval over problems.",
        SOURCE,
    ),
    "angles": Words(
        "Principal angles between answer and truth in this problem, smallest first. Grey: mean of"
        " random pairs, band ±1.96 s.d.",
        SPACES,
        SOURCE,
    ),
}
"""Panel → its words."""
