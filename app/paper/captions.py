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
    " a 95 % bootstrap interval over problems; 1: the model computes it. Its control is the same"
    " of the truth y*. “Refitted” predictors have seen the harder variant, which the model has not."
    " “Computes” is said from R² ≥ .99 on, “largely” from .9 on, by the interval's lower end."
)
TABLE_2 = (
    "Official answer, MSE ± s.e. [y²], clip 2, with the jump; ten levels, so 10 × inner steps."
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
        "MSE ± s.e. [y²]; small: × the first row's official answer. Box ±c in the data frame.",
        "MSE ± s.e. [y²]; small: × the first row's official answer. Jump only: no gradient steps."
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
        "Where the energy around the truth is lowest.",
        "Of the displacements of Figure 4, the one with the lowest mean energy at each level;"
        " levels are named where it lies below the truth's energy by more than 2 s.e.",
        "Figure 4",
    ),
    "figure-4": _quoted(
        "Energy of y* moved by δ; it should rise from the left end on. Star: lowest below the"
        " truth's by more than 2 s.e.; circle: lowest.",
        "Mean energy of y* moved by δ in one random direction for each problem; mean δ² over"
        " entries on the axis, energies in the level frame: an energy that measures error rises"
        " from the left end on. Star: lowest mean, below the truth's by more than 2 s.e.; circle:"
        " lowest mean, not told apart from the truth's or the truth itself. The axis of E − E at y*"
        " is linear near 0 and logarithmic beyond ±1 (asinh); bars of E: ± s.e.",
        "Figure 4",
    ),
}  # fmt: skip
"""Panel → what it says about itself."""
