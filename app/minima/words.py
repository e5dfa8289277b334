"""What the sheet on one problem says about its panels."""

from app.shared.page.contract import Words

LONG = (
    "Basin T is the one into which small steps lead from √ᾱ y*; without a truth it is that of the"
    " sampler's answer, and is called S. The others are numbered in the order of their birth on the"
    " walk from level 9 to 0, then of their energy; a number belongs to a basin that is followed"
    " from level to level. Energies of different levels do not compare. Lower means below T: wrong"
    " where x fixes y, another answer where it does not (completion). "
)
COVERAGE = (
    "Unseen basins hold at most the stated share of each drawn kind of start, with 95 % confidence:"
    " Clopper and Pearson's bound on the starts that are alone in their basin. Good–Turing's"
    " estimate is those over all starts. "
)

WORDS = {
    "answer": Words(
        "Minima that were found at this level, where they lie, and how many starts unseen basins"
        " may hold.",
        LONG + COVERAGE,
    ),
    "list": Words(
        "All minima of this problem at this level. Starts: how many of each kind ended there.",
        LONG + "A minimum is refined in float64 until ‖∇E‖ ≤ 10⁻¹⁰, or as far as rounding allows."
        " Flat directions have |λ| ≤ τ: along them the position is not determined. Curvature is in"
        " the level frame, MSE and distance in the data frame.",
    ),
}
"""Panel → its words."""
