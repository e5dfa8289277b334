"""What the panels of Overview say about themselves."""

from app.shared.page.contract import Words

ABOUT = Words(
    "Mean squared errors ± s.e., data frame; differences paired, with 95 % intervals over problems,"
    " one training.",
    "Answer ŷ: MSE of the final answer, divided by √ᾱ₀. Official: MSE as the official code measures"
    " it, of the last state, not divided by √ᾱ₀. Third: the trivial predictor that is best on these"
    " problems. Two errors are called different where the 95 % bootstrap-t interval of their"
    " difference, paired over the problems, does not hold 0."
    " Intervals over problems say nothing about other trainings.",
)

FIRST = Words(
    "Click a row to go there.",
    "Of each number the problem at its end, over all problems with an answer. Baseline: the best"
    " trivial predictor on these problems. Eigenvalues are those of the Hessian at the answer ŷ,"
    " level t = 0, level frame; above 1/σ none lies for an ideal model at noised points, and ŷ"
    " carries no noise. E: energy at t = 0; lower than the truth's is a fault only where x fixes y,"
    " as on inverse and addition: the ideal energy of completion has it on every problem. Moved:"
    " distance from the answer to the minimum that is found from it.",
)

STANDING = Words(
    "Grey: trivial predictors. Squares: the model. Means ± s.e., data frame. Right: distance of the"
    " model's answer from each predictor's; near 0 it computes the same.",
    "Left: mean squared error of every trivial predictor, of the model's answer ŷ (filled square,"
    " dotted line) and of the official one, which is not divided by √ᾱ₀ (hollow square). Right:"
    " mean squared distance between the model's answer and each predictor's. Data frame, all over"
    " the same problems. An axis is linear where a value is 0, else logarithmic.",
)

UNDESCENDED = Words(
    "No descent of these models on these problems yet. Click a row to go where they are spoken of.",
    "Without a descent there is no answer to single problems, so there are no landscapes of them."
    " Means over problems may have been measured all the same.",
)

COVERAGE = Words(
    "Verified rows of each analysis, over its questions, beside the rows that the largest run of"
    " each question asks for.",
    "A row is one problem, or one set. A training stands in one row with all its steps; other"
    " models by the first digits of their digest. Questions: different parameters asked.",
)

EMPTY = Words("What fills this store.", "An empty store has no answers about a model.")
