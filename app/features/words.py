"""What the panels say about themselves: how to read them, at length, and citations."""

from app.shared.page.contract import Words

MATCHING = (
    "Matching after Sharkey et al. 2022 (MMCS) and Paulo & Belrose, arXiv 2501.16615 (Hungarian"
    " pairing of seeds)"
)
SAEBENCH = "Absorption: SAEBench, arXiv 2503.09532"
ORTSAE = f"{SAEBENCH}; OrtSAE: arXiv 2509.22033"
TRAINING = (
    "Penalty of co-active pairs: ours; OrtSAE: arXiv 2509.22033; revival of dead features: Gao et"
    " al., arXiv 2406.04093"
)

EFFECTS_LONG = (
    "How far the final answer moves when the feature is ablated inside the sampler (x − f W/scale"
    " at every step) or steered ({strength} × f̄ W/scale added, where f̄ is its mean activation)."
    " Controls of the ablation: a random direction and one drawn from the covariance of the"
    " activations, each projected out where it is large, at as many points as the feature is"
    " active; and the atom turned about x to a random side, which removes the same length and"
    " leaves as much. Control of the steering: the same length along those directions. The"
    " difference to each control is paired by problem; whiskers: 95 % bootstrap-t intervals over"
    " problems."
)
"""Of the panel effects, with the strength of the steering."""

WORDS = {
    "worth": Words(
        "Which coding explains most on held-out problems at equal L0: the dictionary or a rival.",
        "The rivals (principal components, single entries) follow the dictionary's own rule: for"
        " TopK, the k largest components or entries of every input; otherwise all above one"
        " threshold, set so that as many are kept on the same points. A winner is named where the"
        " paired 95 % interval of the difference to the better rival does not contain 0. Loss"
        " recovered is 1 if using x̂ instead of x leaves the final error as it is, and 0 if it is"
        " as bad as using 0. Every fifth problem is held out.",
    ),
    "dictionaries": Words(
        "One row is one dictionary, measured on held-out problems. Click a row to choose it, or a"
        " head to sort.",
        "Every fifth problem is held out. m is the number of atoms, k the number of features that"
        " should be active in an input, and the site is where the activations were taken (the"
        " gradient ∇E or a hidden layer). EV beyond the mean of each (level, step) stands beside"
        " that of principal components and of single entries under the same rule of selection, at"
        " equal L0; PW-MCC (the same settings, another seed) beside that of two random"
        " dictionaries; loss recovered beside the L0 in its own walk. Splitting is the mean number"
        " of features that a concept needs. A blank cell was not measured; the last columns say"
        " why.",
        SAEBENCH,
    ),
    "pareto": Words(
        "Explained variance against L0: up and left is better; a dictionary below its grey"
        " rivals is worse. Click a point to choose it.",
        "The dictionaries of one site (the place in the network where the activations were taken)."
        " Do not compare explained variance across sites, ranges of levels or states. Whiskers:"
        " 95 % over held-out problems, one training. The stepped line joins the dictionaries that"
        " no other beats. Grey: principal components (bar) and single entries (cross) under each"
        " dictionary's rule, at its L0.",
    ),
    "levels": Words(
        "Explained variance by level. Where the dictionary lies below the grey lines, its rivals"
        " under the same rule explain more.",
        "Explained variance on the points of one level alone, each against that level's own mean.",
    ),
    "concepts": Words(
        "Absorption: how far other features take a concept over from its main ones, for each"
        " concept; probes stand beside five components and five entries.",
        "A concept is a yes-or-no question about a point, answered from its matrices. Absorption is"
        " the mean fraction of the probe's direction that other features have taken over from the"
        " main ones; “full” is the share of points that the main features miss and one other"
        " feature takes over. Probes on five features, those whose means lie furthest apart, stand"
        " beside the same for both rivals.",
        SAEBENCH,
    ),
    "answer": Words(
        "What all features do, beside their controls. The card of a feature shows its own numbers.",
        "“More than every control” means that the largest p over the controls, paired by problem,"
        " is below 0.05 after Holm's correction over the tested features (a stepwise correction"
        " for many tests). Other atoms follow the rule of the dictionary at equal L0. Intervals"
        " are over problems, for one training.",
    ),
    "map": Words(
        "Each point is one atom. Click it for its card; drag to lasso atoms and filter the table;"
        " lasso empty space to clear.",
        "The note gives how many of an atom's nearest neighbours by cosine are neighbours on the"
        " map.",
    ),
    "features": Words(
        "One row is one feature. Click a row to open its card, or a head to sort.",
        "Effects stand beside the control that is hardest to exceed, with a verdict at 5 % after"
        " Holm's correction over the features; |cos| stands beside the random null on the sheet"
        " Compare. A blank cell: never active, not tested, or without a pair. The files hold every"
        " feature that passes the filters, with its label.",
    ),
    "summary": Words(
        "Activity of the feature over all problems of the range, including those of the training.",
        "The density is the share of all visited points at which the feature is active. Activations"
        " are in the scaled frame of the dictionary, in which its inputs are centred and scaled to"
        " E‖x‖ = √d. Σf² is over all features.",
    ),
    "atom": Words(
        "The atom (decoder row) as a matrix, on one colour scale for all parts. Bars: shares of"
        " ‖W‖² and of the gradients before the jumps.",
        "W, (W + Wᵀ)/2, (W − Wᵀ)/2 and diag W in the level frame, with unit norm, and the singular"
        " values of W. The diagonal is part of the symmetric part.",
    ),
    "alike": Words(
        "The nearest atoms and co-active features; random pairs give the null of |cos|. Click a row"
        " to open the card.",
        "Nearest atoms by cosine of the decoder rows; features that are active together, by cosine"
        " of their codes; pairs in matched dictionaries, beside the mean |cos| of pairs of random"
        " ones. For neighbours within one dictionary there is no control.",
        MATCHING,
    ),
    "examples": Words(
        "Points at which the feature is active, by rank (#, one per problem) or by quantile of"
        " activation (%). Click one for its landscape.",
        "∇E is the gradient ∇E(x, ỹ) at that point, in the level frame [E/ỹ], as the dictionary saw"
        " it. The state is the sampler's state after that step, divided by √ᾱ (data frame). The"
        " problem is x (for addition, the first summand). One colour scale, whose ends are at"
        " 99.5 % of |entries|. Quantiles are those of the positive activations.",
    ),
    "correlations": Words(
        "Spearman's ρ between each property of the problem and the feature's mean activation on it."
        " Filled: p < 0.05 after Holm's correction.",
        "Spearman's ρ over all problems. p is corrected by Holm's method, over all features and"
        " properties. A property that is only rounding error, such as the symmetry defect of an"
        " inverse, is excluded.",
    ),
    "predicts": Words(
        "What this feature alone predicts beyond its control. Whiskers across zero mean nothing was"
        " shown.",
        "R² of a line through the code of this feature alone at the end of a level, on problems"
        " that the dictionary was not trained on, less that of the shuffled property; of the level"
        " where the lower end of its 95 % interval is largest, so that it is a little optimistic."
        " Whisker: down to that end; filled where it is above 0.",
    ),
    "activity": Words(
        "Share of problems in which the feature is active: before the jump (−1), after it (0), and"
        " after each inner step.",
        "All problems of the range, including those of the training. Hover for the mean activation"
        " where the feature is active.",
    ),
    "histogram": Words(
        "Number of visited points by activation, where the feature is active.",
        "Positive activations in equal bins from 0 to the largest one, in the scaled frame (inputs"
        " centred and scaled to E‖x‖ = √d).",
    ),
    "effects": Words(
        "Left: mean shift of the answer, ‖Δŷ‖. Right: feature − control, paired, 95 % over"
        " problems. Grey: controls; filled: the hardest.",
        "The distance between the final answers (data frame) with the feature as it is, ablated, or"
        " steered.",
    ),
    "sides": Words(
        "The two dictionaries that the metrics and pairs below compare.",
        "A is the dictionary that was matched onto the other one. Parameters that differ are given"
        " as A | B.",
    ),
    "metrics": Words(
        "Metrics on held-out problems; EV beyond the mean stands beside that of both rivals.",
        "Compare EV only where both dictionaries rebuild the same activations. A blank cell was not"
        " measured. The time comes from the provenance and adds up all parts of a training that was"
        " interrupted.",
        SAEBENCH,
    ),
    "stability": Words(
        "Similarity of the paired atoms, beside that of random dictionaries. Blank: there is no"
        " null.",
        "Each atom of A is paired with one atom of B so that the sum of |cos| is largest. Random"
        " values are blank where they were not computed: dead atoms and shares have no null.",
        MATCHING,
    ),
    "spread": Words(
        "Distribution of |cos| over pairs. Grey line: mean for random dictionaries; bars at this"
        " line mean that nothing is shared.",
        "Each atom of A is paired with one atom of B so that the sum of |cos| is largest. Band: the"
        " standard deviation of the mean over pairs of random dictionaries. Dashed: the threshold"
        " from which a pair counts as matched.",
        MATCHING,
    ),
    "pairs": Words(
        "One row is one pair, the most similar first. Click a row to see both atoms, or a head to"
        " sort.",
        "cos is signed, while the pairing maximises |cos|. “Nearest” is by signed cos, without"
        " pairing. The files hold all pairs.",
        MATCHING,
    ),
    "pair": Words(
        "The two atoms (decoder rows of unit norm) on one colour scale centred on 0.",
        "The chosen pair, or the most similar one where the feature has no partner.",
        MATCHING,
    ),
    "study": Words(
        "Each row is a dictionary with an orthogonality penalty, compared with the one of the same"
        " activations, parameters and seed without it.",
        "Small differences may be due to chance. Times come from the provenance and are blank where"
        " host or device differ; other work on the host lengthens them.",
        ORTSAE,
    ),
    "cost": Words(
        "Absorption removed against the cost of the penalty: upper left is better.",
        "Each dictionary with a penalty is compared with the same one without. There is one seed"
        " for each, so small differences may be due to chance.",
        ORTSAE,
    ),
    "counts": Words(
        "Number of attempted updates that succeeded, and how often each activation was seen.",
        "A step fails where the gradient or the loss is not finite; such a step changes nothing.",
    ),
    "penalty": Words(
        "Penalty and loss by attempted step. Dashed diagonal: every step succeeds.",
        "τ is the threshold of the orthogonality penalty. |cos| is given as mean ± s.d. over the"
        " pairs that are most active together in a batch, and over all pairs of live features. Pair"
        " stability is the Jaccard index of the pairs selected here and 100 steps before; 1 means"
        " always the same pairs. The loss has a logarithmic axis, so parts that are 0 are not"
        " drawn. Where there are many entries, only some are drawn; the files hold all of them.",
        TRAINING,
    ),
    "course": Words(
        "Quality of the dictionary by attempted step, on the batch; EV also on 32 held-out"
        " problems.",
        "EV on the batch is too high, so judge by the held-out EV. A feature is dead if it was not"
        " active for `dead_after` steps, a parameter. Where there are many entries, only some are"
        " drawn; the files hold all of them.",
        TRAINING,
    ),
}
"""Panel → its words; those of panels whose long text depends on the numbers come with them."""
