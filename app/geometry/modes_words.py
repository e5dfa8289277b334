"""What the sheet on modes says about its panels."""

from app.geometry.words import OVER
from app.shared.page.contract import Words

SHARE = (
    "a_i(t) = u_iᵀŷ_t v_i/s_i with the truth's singular vectors: 1 for the truth itself. A"
    " direction arrives at the largest t with a_i ≥ ½, and is settled from the level on from which"
    " it stays there; at t = 9 and 8 answers are mostly noise of the box, and a_i is far from 0 … 1"
    ". "
)
VECTORS = (
    "Mean cos² of the k leading singular vectors of ∇E, in order and over both sides, with those of"
    " y* and of the error; 1/n for random matrices; mean over the states of a level. "
)
BASIS = (
    "Inverse with symmetric definite A = QΛQᵀ, largest λ first; data frame. The exact inverse has"
    " 1/λ on the diagonal and 0 off it. R²: what 1/λ explains of the diagonal that c₀ + c₁λ does"
    " not. "
)

MODES_WORDS = {
    "modes_answer": Words(
        "Hypotheses S2 (coarse to fine), S3 (the score is aligned) and, for inverse, 4.7 (it works"
        " in the eigenbasis).",
        SHARE + VECTORS + BASIS + "S2: the mean over problems of Spearman(s, arrival) is above"
        " 0 (bootstrap-t), above shuffled directions and the predictor, and above 0 until settled,"
        " since arrivals at t = 9 and 8 are noise. S3: both medians are above 1/n at every level."
        " 4.7: at t = 0 the share off the diagonal is at most 0.05 and R² beyond the line above"
        " 1/(n − 2), what a random column explains on average: R² is never below 0. A verdict is"
        " said where 95 %"
        " intervals lie wholly on one side.",
    ),
    "arrival": Words(
        "How much of each singular direction of the truth is present, 0 … 1. Line: settled; right:"
        " nearest predictor.",
        SHARE + "Medians over problems, the largest direction on top. The line stands where the"
        " median direction settles, at the right of t = 0 where it never does. The predictor is the"
        " one whose answer lies nearest to ŷ.",
    ),
    "order": Words(
        "Do large directions arrive first? One value per problem; grey: shuffled. Lines: until"
        " settled, predictor, Gaussian ideal. Arrivals at t = 9, 8 are noise.",
        SHARE + "Spearman(s_i, arrival) of each problem; the lines are means. Until settled:"
        " Spearman(s_i, level from which on it stays), which noise does not reach; predictor:"
        " Spearman(s_i, a_i) of its answer, which needs no walk; Gaussian ideal: of the walk on it"
        " from the same noise.",
    ),
    "score": Words(
        "Alignment of the gradient's singular vectors with those of truth and error. Grey: random.",
        VECTORS + OVER,
    ),
    "structure": Words(
        "Structure of the answer by level: medians, bands are quartiles over problems. Dashed: the"
        " truth's own median.",
        "Effective rank exp(−Σ p ln p), p = s²/Σs²; nuclear norm Σs; symmetric share"
        " ‖(Y + Yᵀ)/2‖²/‖Y‖². Data frame. Along training the same scalars are columns of"
        " Annealing's sheet on training.",
    ),
    "eigen": Words(
        "The answer in the eigenbasis of A. On the solid line it would be the exact inverse;"
        " dashed: best line in λ.",
        BASIS + "Left: mean size of the entries over problems. Right: the diagonal of each problem;"
        " the dashed curve is the least-squares line in λ over all of them.",
    ),
}
"""Panel → its words."""
