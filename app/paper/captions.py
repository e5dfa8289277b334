"""What the paper's sheet says about its tables and figures."""

from app.shared.page.contract import Words
from ired_interp_core import published


def _quoted(short: str, long: str, where: str) -> Words:
    """Of a panel that follows one of the paper's."""
    return Words(short, long, f"{published.SOURCE}, {where}")


TABLE_1 = (
    "Mean squared errors over entries and problems [y²], data frame, mean ± s.e.; the paper gives"
    " no errors. Official answer: the last state, not divided by √ᾱ₀, as the paper's code measures"
    " it. R² of ŷ on a predictor's answers b: 1 − Σ‖ŷ − b‖² / Σ‖ŷ − mean ŷ‖², nothing fitted, with"
    " a 95 % bootstrap interval over problems, one training; 1: the model computes it. Its control"
    " is the same of the truth y*. What ŷ knows beyond b: slope and cosine of ŷ − b on y* − b, 0"
    " where it knows nothing. Differences are paired by problem, with 95 % bootstrap-t intervals. A"
    " lower energy than the truth's is a fault only where x fixes y; the Gaussian-ideal energy of"
    " completion has it on every problem. “Refitted” predictors have seen the harder variant, which"
    " the model has not."
    " “Computes” is said from R² ≥ .99 on, “largely” from .9 on, by the interval's lower end."
)
TABLE_2 = (
    "Official answer, MSE ± s.e. [y²], clip 2, with the jump; ten levels, so 10 × inner steps. All"
    " rows are over the same problems; below each the difference to the default, paired by problem,"
    " with its 95 % bootstrap-t interval over problems, one training."
    " 50 steps are the official code's default. Published: Table 2 of the paper, 10 to 40 steps;"
    " the paper gives such a table for inverse only. Dashed in the figure: trivial predictors"
    " within a factor 2 of what was measured."
)
WORDS = {
    "table-1": _quoted(
        "MSE [y²], mean ± s.e.; published beside measured beside trivial predictors on the same"
        " problems. Hover a head for its meaning.",
        TABLE_1, "Table 1",
    ),
    "said": _quoted("What the numbers of Table 1 say.", TABLE_1, "Table 1"),
    "table-2": _quoted("MSE ± s.e. [y²] of the official answer.", TABLE_2, "Table 2"),
    "steps": _quoted(
        "Official answer, MSE ± s.e. [y²]; dashed: trivial predictors within a factor 2 of it.",
        TABLE_2, "Table 2",
    ),
    "table-3": Words(
        "MSE ± s.e. [y²]; small: × the first row's on the same problems, 95 % interval. Box ±c in"
        " the data frame.",
        "MSE ± s.e. [y²]; small: × the first row's official answer, paired on the same problems,"
        " with a 95 % interval; another training is not paired. Jump only: no gradient steps."
        " Without the jump: gradient steps alone, from the same noise. The box of clip ±c is in the"
        " data frame; targets of harder addition reach ±5, so that clip 2 alone costs there. The"
        " paper's own figures for such rows are not quoted.",
        published.SOURCE,
    ),
    "figure-3": _quoted(
        "Mean |ŷ_t − y*| ± s.e. at the end of each level; inference walks to the right.",
        "Mean over entries and problems of the official sampler's state at the end of each level,"
        " divided by √ᾱ_t (data frame), ± s.e.; read from left to right as inference walks.",
        "Figure 3",
    ),
    "example": Words(
        "|ŷ_t − y*| [y], entry by entry; the same colours at all levels.",
        "|ŷ_t − y*| of one problem, data frame, entry by entry, from the descent in this store; the"
        " same colours at all levels, up to the 98th percentile of t ≤ 4.",
    ),
    "bottom": _quoted(
        "Where the energy around the truth is lowest, along directed ways.",
        "Of the directed displacements of Figure 4, the one with the lowest mean energy at each"
        " level; levels are named where it lies below the truth's with p < .05, Holm over the"
        " directed displacements of the level. Random ones decide nothing: they raise E around any"
        " point of a bowl. Three levels are spelled out, with the energy of the truth.",
        "Figure 4",
    ),
    "figure-4": _quoted(
        "Energy of y* moved by δ, by direction: the truth is a bottom where all rise to both sides."
        " Star: lowest of a level, p < .05.",
        "Mean energy of y* moved by δ; mean δ² over entries to both sides of the truth. Directions:"
        " towards and away from the answer ŷ; along −∇E and ∇E at y*; along the softest and the"
        " stiffest eigenvector of the Hessian at y*, to the right the way on which E falls to first"
        " order; and a random one for each problem, which raises E around any point of a bowl and"
        " decides nothing. The axis of E − E at y* is linear near 0 and logarithmic beyond ±1"
        " (asinh). Star: lowest directed mean of a level, below the truth's with p < .05 (Holm).",
        "Figure 4",
    ),
}  # fmt: skip
"""Panel → what it says about itself."""
