"""What the sheet on moves says about its panels."""

from app.geometry.words import OVER
from app.shared.page.contract import Words

MANIFOLD = (
    "Manifold: the matrices of rank r (the parameter `rank` of the stored answer), or the symmetric"
    " ones where the truths are symmetric. A gradient is split at the rank-r truncation of the"
    " state: P_T(G) = UUᵀG + GVVᵀ − UUᵀGVVᵀ, or (G + Gᵀ)/2. "
)
STEPS = (
    "Moves of length ℓ‖y*‖ begin at the point of the manifold nearest y*: keeping (along a random"
    " tangent vector and back to the manifold, with the same length), leaving (along its normal"
    " part), random. ΔE is the mean over draws with both signs, so that no first order is left. "
)
BY_KAPPA = (
    "Share of pairs of states whose middle lies above their mean energy. Hollow: norm kept. Dashed:"
    " what is asked at κ = 10."
)
SIDE_BY_SIDE = (
    "Mean share of pairs of states whose middle lies above their mean energy, one line a set."
)
MOVES_WORDS = {
    "moves_answer": Words(
        "Hypotheses 4.2 (projections keep the order of energies), 4.5, 4.6 (leaving the manifold is"
        " punished) and 1.4 (convexity).",
        MANIFOLD + STEPS + "4.5: the median ratio of the gradient's parts is above its random value"
        " and above 1 where each level begins; 4.6: the median paired ratio of ΔE is above 1,"
        " and leaving also costs more than a random move; 4.2:"
        " Spearman's ρ of E(ŷ) and E(Pŷ) is at least 0.9; 1.4: at most 5 % of pairs of states have"
        " their middle above their mean energy, asked of sets with κ = 10 alone. A verdict is said"
        " where 95 % intervals over problems lie wholly on one side at every level.",
    ),
    "split": Words(
        "Gradient off the manifold over gradient along it. Grey: a random matrix. Above 1 the"
        " normal part dominates.",
        MANIFOLD + OVER + "Where a level begins (before its jump), and at its last state. The"
        " tooltip has the Gaussian ideal's. Near a minimum both parts are rounding.",
    ),
    "length": Words(
        "Energy cost of moves of equal length that keep the manifold or leave it, at this level."
        " Grey: random directions.",
        STEPS + "Medians over problems, band: quartiles. The axis of ΔE is logarithmic where all"
        " medians of the level are above 0, else linear.",
    ),
    "pairs": Words(
        "The two costs of equal moves, paired by problem. Above the dashed line leaving the"
        " manifold costs more.",
        STEPS + "The note has the median of the paired ratio with its 95 % interval.",
    ),
    "project": Words(
        "Energy of the answer before and after projection onto the manifold. Grey: onto a random"
        " subspace of equal dimension.",
        MANIFOLD + "P takes the nearest matrix of the manifold. Note: Spearman's ρ over problems of"
        " both energies with its 95 % interval, beside that of the random projection.",
    ),
    "convex": Words(
        "Share of pairs of a level's states whose middle lies above their mean energy. Dashed: what"
        " is asked at κ = 10.",
        "Mean over problems; its 95 % interval (bootstrap-t) stands in the tooltip, band:"
        " quartiles. Pairs of states that lie less than 10⁻⁶‖y*‖ apart are not counted. Where the"
        " set has one κ and the model has a geometry on others that have: one mark a set; the slope"
        " on log₁₀ κ is least squares over problems, with its bootstrap interval, beside what 95 %"
        " of slopes with shuffled κ stay below.",
    ),
}
"""Panel → its words."""
