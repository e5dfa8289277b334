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
    "lineage": Words(
        "Minima by level and distance to the truth. Size: share of starts. Orange: the sampler's"
        " answers. Lines follow a basin from level to level.",
        LONG + "Without a truth the axis shows the distance to ŷ₀. A line is solid where a minimum,"
        " taken to the next level, falls into the other and the other falls back; dashed where it"
        " goes one way only. + birth, × end, a stroke: outside the box ±c, which at smooth levels"
        " is so narrow in the level frame that it says nothing. Hollow: none of these starts.",
    ),
    "shares": Words(
        "Where starts of each kind end. Blue: the truth's basin; hatched: outside the box. Right:"
        " bound on unseen basins.",
        LONG + COVERAGE + "Whisker: 95 % interval of the share of the truth's basin (Clopper and"
        " Pearson). The sampler's states and answers of other problems are counted, not drawn, and"
        " bound nothing. Starts fall by small steps; L-BFGS from the start would end elsewhere for"
        " some, and how often both agree is said above.",
    ),
    "tree": Words(
        "Leaves are minima at their energies; branches join at the lowest saddle found. Dashed: no"
        " path. Tinted: lower than the truth's basin.",
        LONG + "A saddle has index 1, ‖∇E‖ ≤ 10⁻⁸, and small steps from both its sides end in the"
        " minima that it joins. Energies are exact, none is rounded to a grid; minima that no path"
        " joins stand apart. A click with the shift key on a second leaf chooses its path from the"
        " chosen one. Two minima are a ladder with both barriers. Of a single one the energy is"
        " shown along its softest and stiffest eigenvector, ±1 rms per entry in the level frame;"
        " dashed the parabola that its curvature predicts.",
        "Becker & Karplus, J. Chem. Phys. 106 (1997), 1495",
    ),
    "path": Words(
        "Energy along the path between two minima. The bowtie is the exact saddle; circles are"
        " images of the string, dashed the straight line.",
        LONG + "Images have their own true energies, and nothing is drawn between them. The barrier"
        " (arrows) is the saddle's energy less that of either end, never an image's; of a way by"
        " other minima it is the highest saddle, which stands at the highest image. The straight"
        " line is stretched to the length of the path. Below: two lowest eigenvalues, level frame."
        " A click on an image or the"
        " saddle shows it in the card. Residual: share of the gradient across the string, 0 where"
        " it has converged.",
    ),
    "card": Words(
        "The chosen minimum in the data frame, its error, and all eigenvalues (level frame). Click:"
        " a plane through it in Landscape.",
        LONG + "Without a truth it stands beside the sampler's answer. Colours are centred on 0,"
        " ± their end above each matrix. Dashed: λ = 0, and 1/σ, above which an ideal denoiser has"
        " none. ‖∇E‖ is converged at 10⁻¹⁰, or as small as rounding allows. Flat directions have"
        " |λ| ≤ τ; the best trivial predictor stands beside the MSE.",
    ),
    "list": Words(
        "All minima at this level, lowest first. Starts: how many of each kind ended there.",
        LONG
        + "A click shows a minimum in the card, one with the shift key its path from the chosen"
        " one. Two that are one matrix up to an order of rows and columns, PAPᵀ, are told, and stay"
        " two. A minimum is refined in float64 until ‖∇E‖ ≤ 10⁻¹⁰, or as far as rounding allows."
        " Flat directions have |λ| ≤ τ: along them the position is not determined. Curvature is in"
        " the level frame, MSE and distance in the data frame.",
    ),
}
"""Panel → its words."""
