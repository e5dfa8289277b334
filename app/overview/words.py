"""What the panels of Overview say about themselves."""

from app.shared.page.contract import Words

ABOUT = Words(
    "Mean squared errors ± s.e. in the data frame. Differences are paired by problem, with 95 %"
    " intervals over problems, for one training.",
    "“Answer ŷ” is the MSE of the final answer, divided by √ᾱ₀. “Official” is the MSE as the"
    " official code measures it: of the last state, not divided by √ᾱ₀. The third number is that of"
    " the trivial predictor (a rule that never saw the model) with the smallest error on these"
    " problems. Two errors are called different where the 95 % bootstrap-t interval of their"
    " difference, paired by problem, does not contain 0. Intervals over problems say nothing about"
    " other trainings.",
)

FIRST = Words(
    "The most extreme problem by each number. Click a row to open it.",
    "For each number, the problem with its largest or smallest value among all problems that have"
    " an answer. The baseline is the best trivial predictor on these problems. Eigenvalues are"
    " those of the Hessian at the answer ŷ, level t = 0, level frame. An ideal model has none above"
    " 1/σ at noised points, but ŷ carries no noise. E is the energy at t = 0. An energy below that"
    " of the truth is a fault only where x determines y, as on inverse and addition: the ideal"
    " energy of completion has it on every problem. The last number is the distance from the answer"
    " to the minimum that is found from it.",
)

STANDING = Words(
    "Left: MSE ± s.e. of trivial predictors (grey) and of the model (squares). Right: distance from"
    " the model's answer to each predictor's. Data frame.",
    "Left: the mean squared error of every trivial predictor (a rule that never saw the model), of"
    " the model's answer ŷ (filled square, dotted line) and of the official answer, which is not"
    " divided by √ᾱ₀ (hollow square). Right: the mean squared distance between the model's answer"
    " and each predictor's; near 0 the model computes the same as the predictor. c·I is the"
    " identity times one fitted number, degree k in A a fitted polynomial of that degree in A, and"
    " posterior mean the Bayes posterior mean of the task's distribution. All values are means over"
    " the same problems, in the data frame. An axis is linear where a value is 0, else"
    " logarithmic.",
)

UNDESCENDED = Words(
    "These models have no descent on these problems yet. Click a row to open the sheet that shows"
    " them.",
    "Without a descent there are no answers to single problems, and so no landscapes of them. Means"
    " over problems may have been measured nevertheless.",
)

COVERAGE = Words(
    "Verified rows of each analysis, summed over its questions, and the rows that the largest run"
    " of each question asked for.",
    "A row of an answer is one problem, or one set of problems. A question is an analysis with its"
    " parameters and inputs; its key, a hash of these, is the address of its answer. A training"
    " stands in one row of this table with all its steps, and any other model by the first digits"
    " of its digest.",
)

EMPTY = Words("How to fill this store.", "An empty store has no answers about a model.")
