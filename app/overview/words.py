"""What the panels of Overview say about themselves."""

from app.shared.page.contract import Words

HEADLINE = Words(
    "A trivial predictor is a rule that never saw the model. Verdicts hold over these problems, for"
    " one training each.",
    "A model beats a predictor where the 95 % interval of the difference of their errors, paired by"
    " problem, lies below 0. The number in brackets is the model's error over that of the best"
    " predictor of its problems: 1 + the difference over the predictor's mean error. An exact"
    " predictor has no error, so that there is no such number. Intervals over problems say nothing"
    " about other trainings.",
)

ABOUT = Words(
    "95 % intervals over problems, one training.",
    "Mean squared errors in the data frame, of the final answer ŷ, divided by √ᾱ₀. The best trivial"
    " predictor (a rule that never saw the model) is the one with the smallest mean error on these"
    " problems. Two errors are called different where the 95 % bootstrap-t interval of their"
    " difference, paired by problem, does not contain 0. Intervals over problems say nothing about"
    " other trainings.",
)

MAPS = Words(
    "Energy, each map in its own colours. Click to open.",
    "One plane, from smooth to sharp: the first landscape slice of this model, of the problem whose"
    " error is nearest to the median. Each map goes from its own lowest to its own highest energy,"
    " since the energies of different levels differ by orders of magnitude; the numbers are under"
    " the pointer.",
)

STRIP = Words(
    "Square: model. Ticks: predictors. Left is better.",
    "Mean squared errors in the data frame, on a logarithmic axis that is the same on all cards:"
    " over the error of the best trivial predictor (dashed, 1), or, where an exact"
    " predictor makes none, as they are; that predictor stands at the left edge. The whisker is the"
    " 95 % interval of the difference from the best predictor, paired by problem. The hollow square"
    " is the official answer, which is not divided by √ᾱ₀. c·I is the identity times one fitted"
    " number, degree k in A a fitted polynomial of that degree in A, and posterior mean the Bayes"
    " posterior mean of the task's distribution.",
)

FIRST = Words(
    "Click a row to open it.",
    "Each row is the problem with the largest or smallest value of the number that is named, among"
    " all problems with an answer; a problem that stands there already is left out. The predictor"
    " is the best trivial one on these problems. λ are eigenvalues of the Hessian at the answer ŷ,"
    " level t = 0, level frame. An ideal model has none above 1/σ at noised points, but ŷ carries"
    " no noise. ΔE is the energy of the answer less that of the truth at t = 0. Below 0 it is a"
    " fault only where x determines y, as on inverse and addition: the ideal energy of completion"
    " has it on every problem. The distance is from the answer to the minimum found from it.",
)

FURTHER = Words(
    "Models without a card. Click a row for its problems, or a head to sort.",
    "The four models with most analyses have a card; the others stand here, with the same numbers:"
    " the verdict beside the best trivial predictor, the error over that predictor's with its 95 %"
    " interval, and the mean squared error of the answer.",
)

UNDESCENDED = Words(
    "These models have no descent on these problems yet. Click a row to open the sheet that shows"
    " them.",
    "Without a descent there are no answers to single problems, and so no landscapes of them. Means"
    " over problems may have been measured nevertheless.",
)

COVERAGE = Words(
    "Verified rows of each analysis about each model, summed over its questions; “of”: what the"
    " largest runs asked for. Blank: not asked.",
    "A row of an answer is one problem, or one set of problems. A question is an analysis with its"
    " parameters and inputs; its key, a hash of these, is the address of its answer. A training"
    " stands in one row of this table with all its steps, and any other model by the first digits"
    " of its digest.",
)

EMPTY = Words("How to fill this store.", "An empty store has no answers about a model.")
