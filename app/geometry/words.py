"""What the sheet on subspaces says about its panels."""

from app.shared.page.contract import Words

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
        SPACES + "4.1 holds where Spearman's ρ of both distances is below 0.9 at every level; that"
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
}
"""Panel → its words."""
