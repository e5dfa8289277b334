"""What the sheet on all problems says about its panels."""

from app.minima.words import COVERAGE, LONG
from app.shared.page.contract import Words

OVER = "Whiskers: 95 % intervals over problems (Clopper–Pearson), of one training. "
GAUSSIAN = (
    "An ideal Gaussian energy, which knows mean and variance of each entry given x, is a convex"
    " parabola: it has one minimum at every level, and none below it. "
)

WORDS = {
    "all_answer": Words(
        "Hypotheses 1.1 (one basin near the truth) and 1.2 (gradients point to the minimum), with"
        " what decides them.",
        LONG + COVERAGE + "1.1 asks for one minimum in at least 95 % of the problems, from 64"
        " starts or more, whose MSE is at most that of the best trivial predictor; 1.2 for a"
        " cosine above 0 at 95 % of the points, at the noised truth and at the steps (a problem"
        " counts where 95 % of its steps at the level have one). A verdict is said where the"
        " interval lies wholly on one side at every level.",
    ),
    "counts": Words(
        "Share of problems with one, two or more minima. The line is the share that hypothesis 1.1"
        " asks for.",
        OVER + COVERAGE + GAUSSIAN + "Counted are all minima found by starts of every kind.",
    ),
    "lower": Words(
        "Share of problems with a minimum below the truth's basin, at each level. Grey: an ideal"
        " Gaussian energy.",
        LONG + OVER + GAUSSIAN + "Hollow marks: x does not fix y, so a lower minimum is another"
        " answer and no error.",
    ),
    "who": Words(
        "Share of starts that end in the truth's basin, in percent, by kind of start and level."
        " Grey ground: fewer than 59 starts.",
        LONG + "The mean over problems of the share of their starts; its interval over"
        " problems (bootstrap-t; exact where all are 0 or 1) stands in the tooltip. Starts that"
        " did not converge count as not ending there. Noise: ỹ ~ N(0, I); box: uniform in it;"
        " noised truth: √ᾱ y* + σε.",
    ),
    "barriers": Words(
        "Barriers in both directions: how high one must climb from T, and from the other minimum."
        " Bars: medians; ▲: no path found.",
        "The energy of the highest saddle of the lowest known way, less that of the minimum at"
        " which it begins. Only verified saddles count (index 1, small steps on both sides end in"
        " the two minima). Open pairs were tried within the budget and not joined.",
    ),
    "gap": Words(
        "Energy of the lowest other minimum, less that of the truth's basin. Below zero the energy"
        " prefers the other.",
        LONG + "Open marks lie outside the box, which the sampler cannot reach; crosses are minima"
        " beyond those whose points are kept, of which only the lowest energy is known. The sign"
        " test asks whether the other lies below as often as above, over the problems that have"
        " another; the lowest of k others does so by chance in k/(k + 1) of problems.",
    ),
    "pointing": Words(
        "Does the negative gradient point to the minimum? 1 means straight there; the grey band is"
        " chance. Bands: 5–95 % of problems.",
        "cos(−∇E, ỹ_min − ỹ), at the noised truth with the minimum into which it falls, and at the"
        " steps of the sampler with the minimum that polishing its answer reaches. Dashed: the"
        " cosine with the way to √ᾱ y*. Random directions have mean 0 and s.d. 0.05 in 400"
        " dimensions. For an ideal energy whose x fixes y the cosine is 1.",
    ),
    "align": Words(
        "Alignment of the last levels with the way to the minimum, less that with another problem's"
        " minimum, against the final error.",
        "The mean over t = 2, 1, 0 of the cosine between the level's displacement and the way from"
        " its start to the minimum that ŷ_t falls into, data frame, less the same with the minimum"
        " of another problem (its control): dashed, 0. Spearman's ρ with the interval of Bonett and"
        " Wright; beside it what 95 % of shuffled pairs stay below.",
    ),
    "births": Words(
        "Basins that appear (up) and that are found for the last time (down) on the way from level"
        " 9 to 0.",
        LONG + "Basins that are there at level 9, and those that last to level 0, are counted in"
        " the note. A basin that no start reached at some level may be older than it seems.",
    ),
}
"""Panel → its words."""
