"""What the paper's sheet says about its tables and figures."""

from app.shared.page.contract import Words
from ired_interp_core import published


def _quoted(short: str, long: str, where: str) -> Words:
    """Of a panel that follows one of the paper's."""
    return Words(short, long, f"{published.SOURCE}, {where}")


TABLE_1 = (
    "Mean squared errors over entries and problems [y²] in the data frame, mean ± s.e.; the paper"
    " gives no standard errors. The official answer is the last state, not divided by √ᾱ₀, as the"
    " paper's code measures it. Trivial predictors are rules that never saw the model: c·I (the"
    " identity times one fitted number), degree k in A (a fitted polynomial of that degree in A),"
    " the Bayes posterior mean, and others. R² of ŷ on a predictor's answers b is"
    " 1 − Σ‖ŷ − b‖² / Σ‖ŷ − mean ŷ‖², with nothing fitted and with a 95 % bootstrap interval over"
    " problems, for one training; at 1 the model computes the predictor. Its control is the R² of"
    " the truth y* on b. What ŷ knows beyond b is given by the slope and the cosine of ŷ − b on"
    " y* − b, which are 0 where it knows nothing. Differences are paired by problem, with 95 %"
    " bootstrap-t intervals. An energy below that of the truth is a fault only where x determines"
    " y; the Gaussian-ideal energy of completion has it on every problem. “Refitted” predictors"
    " have seen the harder variant, which the model has not. “Computes” is said from R² ≥ 0.99 on"
    " and “largely” from 0.9 on, by the lower end of the interval; the variants are same (the"
    " training distribution) and harder."
)
TABLE_2 = (
    "MSE ± s.e. [y²] of the official answer, with clip 2 and with the jump. There are ten levels,"
    " so the number of steps is 10 × the inner steps. All rows are over the same problems. Below"
    " each error stands the difference to the default, paired by problem, with its 95 %"
    " bootstrap-t interval over problems, for one training. 50 steps are the default of the"
    " official code. The published numbers are those of Table 2 of the paper, for 10 to 40 steps;"
    " the paper gives such a table for inverse only. Dashed in the figure: trivial predictors"
    " within a factor of 2 of what was measured."
)
WORDS = {
    "table-1": _quoted(
        "MSE [y²], mean ± s.e.: published, measured, and of trivial predictors on the same"
        " problems. Hover over a head for its meaning.",
        TABLE_1, "Table 1",
    ),
    "said": _quoted("What the numbers of Table 1 show.", TABLE_1, "Table 1"),
    "table-2": _quoted("MSE ± s.e. [y²] of the official answer.", TABLE_2, "Table 2"),
    "steps": _quoted(
        "MSE ± s.e. [y²] of the official answer by number of steps; dashed: trivial predictors"
        " within a factor of 2.",
        TABLE_2, "Table 2",
    ),
    "table-3": Words(
        "MSE ± s.e. [y²] with parts of the sampler changed. Small: ratio to the first row on the"
        " same problems, with a 95 % interval.",
        "MSE ± s.e. [y²]. The small number is the ratio to the official answer of the first row,"
        " paired on the same problems, with a 95 % interval; another training is not paired. “Jump"
        " only” makes no gradient steps. “Without the jump” makes gradient steps alone, from the"
        " same noise. The box of clip ±c, to which the sampler clamps, is in the data frame;"
        " targets of harder addition reach ±5, so that clip 2 alone adds an error there. The"
        " paper's own figures for such rows are not quoted.",
        published.SOURCE,
    ),
    "figure-3": _quoted(
        "Mean |ŷ_t − y*| ± s.e. [y] at the end of each level. Inference proceeds to the right.",
        "Mean absolute error, over entries and problems, of the official sampler's state at the end"
        " of each level, divided by √ᾱ_t (data frame), ± s.e. Inference proceeds from left to"
        " right, from smooth to sharp levels.",
        "Figure 3",
    ),
    "example": Words(
        "|ŷ_t − y*| [y] of each entry, with the same colour scale at all levels.",
        "|ŷ_t − y*| of each entry for one problem, in the data frame, from the descent in this"
        " store. The colour scale is the same at all levels and ends at the 98th percentile of t"
        " ≤ 4.",
    ),
    "bottom": _quoted(
        "Where the energy around the truth is lowest, along directed displacements.",
        "The directed displacement of Figure 4 with the lowest mean energy at each level. A level"
        " is named where this energy lies below that of the truth with p < 0.05, after Holm's"
        " correction (for many tests) over the directed displacements of the level. Random"
        " displacements decide nothing, since they raise E around any point of a bowl. Three levels"
        " are spelled out, with the energy of the truth.",
        "Figure 4",
    ),
    "figure-4": _quoted(
        "Mean energy of y* + δ by direction of δ. The truth is a minimum where all rise to both"
        " sides. Star: p < 0.05.",
        "Mean energy of y* displaced by δ, against the mean of δ² over entries, on both sides of"
        " the truth. The directions are: towards and away from the answer ŷ; along −∇E and ∇E at"
        " y*; along the softest and the stiffest eigenvector of the Hessian at y*, with the side on"
        " which E falls to first order to the right; and a random one for each problem, which"
        " raises E around any point of a bowl and so decides nothing. The axis of E − E at y* is"
        " linear near 0 and logarithmic beyond ±1 (asinh). Star: the lowest directed mean of a"
        " level, where it is below that of the truth with p < 0.05 after Holm's correction (for"
        " many tests) over the directed displacements of the level.",
        "Figure 4",
    ),
}  # fmt: skip
"""Panel → what it says about itself."""
