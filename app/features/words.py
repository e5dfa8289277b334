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
    "How far the final answer moves inside the sampler: taken out, x − f W/scale at every step;"
    " turned up, {strength} × f̄ W/scale added, f̄ its mean activation. Controls: a random direction,"
    " and one drawn from the covariance of the activations, each projected out where it is large,"
    " at as many points as the feature is active; the atom turned about x to a random side: the"
    " same length off, and as much left. Turned up: the same length. Whiskers: 95 % bootstrap-t"
    " over problems, right of the difference paired by problem."
)
"""Of the panel effects, with the strength of the steering."""

WORDS = {
    "worth": Words(
        "Which explains most on held-out problems, at equal L0: the dictionary or a rival.",
        "Rivals are chosen as the dictionary chooses: of TopK the k largest principal components or"
        " entries of every input, else all above one threshold, set so that as many are kept on"
        " the same points. A winner is named where the paired 95 % interval of the difference to"
        " the better rival holds no 0. Loss recovered: 1 if x̂ in place of x leaves the final error"
        " as it is, 0 if it is as bad as 0 in place of x. Held out is every fifth problem.",
    ),
    "dictionaries": Words(
        "One row is one dictionary; a click chooses it, one on a head sorts. Metrics are measured"
        " on held-out problems.",
        "Held out is every fifth problem. EV beyond the mean of each (level, step) stands beside"
        " that of principal components and of single entries under the same rule of selection, at"
        " equal L0; PW-MCC (the same settings, another seed) beside that of two random"
        " dictionaries; loss recovered beside the L0 in its own walk. Blank: not measured; the"
        " last columns say why.",
        SAEBENCH,
    ),
    "pareto": Words(
        "Up and left is better; a dictionary below its grey rivals loses. Click a point to choose"
        " it.",
        "Dictionaries of one site; EV of other sites, levels or states does not compare with it."
        " Whisker: 95 % over held-out problems, one training. The stepped line joins dictionaries"
        " that no other beats. Grey: principal components (bar) and single entries (cross) under"
        " each dictionary's rule, at its L0.",
    ),
    "levels": Words(
        "Below the grey lines the dictionary is worse than its rivals under the same rule.",
        "Explained variance on the points of one level alone, each against that level's own mean.",
    ),
    "concepts": Words(
        "Absorption: how far other latents take a concept over from its main ones; control of the"
        " probes: five components, five entries.",
        "Questions about a point that its matrices answer. Absorption: mean fraction of the probe's"
        " direction that others have taken over from the main latents; full: share of points that"
        " the main latents miss and one other latent takes over. Probes on five features, those"
        " whose means lie furthest apart, stand beside the same of both rivals.",
        SAEBENCH,
    ),
    "answer": Words(
        "All features together, beside their controls; a feature's own numbers are on its card.",
        "More than every control: the largest p over the controls, paired by problem, is below .05"
        " after Holm over the tested features. Other atoms follow the rule of the dictionary at"
        " equal L0. Intervals cover problems, of one training.",
    ),
    "map": Words(
        "One point is one atom. Point at it to see it; click for its card; a lasso narrows the"
        " table.",
        "Of an atom's nearest by cos the note says how many are nearest on the map.",
    ),
    "features": Words(
        "One row is one feature; a click opens its card, one on a head sorts.",
        "Effects stand beside the control that is hardest to exceed, with a verdict at 5 % after"
        " Holm over features; |cos| beside the random null on the sheet Compare. Blank: never"
        " active, not tested, or without a pair. Files hold every feature that passes, labels too.",
    ),
    "summary": Words(
        "Over all problems of the range, training ones too.",
        "Density: share of all visited points at which the feature is active. Activations are in"
        " the scaled frame of the dictionary; Σf² is over all features.",
    ),
    "atom": Words(
        "Decoder row as a matrix, one colour scale for all parts; shares of ‖W‖², below them"
        " those of the gradients before the jumps.",
        "W, (W + Wᵀ)/2, (W − Wᵀ)/2 and diag W, level frame, unit norm, and the singular values of"
        " W. The diagonal lies in the symmetric part.",
    ),
    "alike": Words(
        "A click opens the card. Random pairs: what |cos| of paired random atoms reaches.",
        "Nearest atoms by cos of decoder rows; features active together by cos of their codes;"
        " pairs of matched dictionaries, beside the mean |cos| of pairs of random ones. Of"
        " neighbours within one dictionary there is no control.",
        MATCHING,
    ),
    "examples": Words(
        "#: strongest, at most one a problem; %: at that quantile of its positive activations."
        " Click: its landscape.",
        "∇E: the gradient ∇E(x, ỹ) at that point, level frame, E/ỹ, what the dictionary saw."
        " State: the sampler's state after that step, divided by √ᾱ, data frame. Problem: x (of"
        " addition the first summand). One colour scale, ends at 99.5 % of |entries|.",
    ),
    "correlations": Words(
        "Spearman ρ of a property and the mean activation on the problem; filled: p < .05 by Holm.",
        "Spearman ρ of the problem's property and the mean activation on it, over all problems;"
        " p is corrected by Holm over all features and properties. A property that is rounding, as"
        " the symmetry defect of an inverse, is left out.",
    ),
    "activity": Words(
        "Share of problems in which it is active: before the jump (−1), after it (0), each step.",
        "All problems of the range, training ones too; hover: mean activation where active.",
    ),
    "histogram": Words(
        "Visited points by activation, where it is active.",
        "Positive activations in equal bins from 0 to the largest one, in the scaled frame.",
    ),
    "effects": Words(
        "Left: how far the answer moves. Right: feature minus control, paired, 95 % over problems."
        " Grey: controls; filled: the hardest.",
        "Distance of the final answers (data frame), without the feature and with more of it.",
    ),
    "sides": Words(
        "Metrics and pairs below are of these two.",
        "A is the dictionary that was matched onto the other one; parameters that differ stand as"
        " A | B.",
    ),
    "metrics": Words(
        "On held-out problems; EV beyond the mean beside that of both rivals.",
        "EV compares only where both rebuild the same activations. Blank: not measured. Time is"
        " from the provenance, all parts of a training that was interrupted.",
        SAEBENCH,
    ),
    "stability": Words(
        "How alike the atoms are, beside random dictionaries; blank: of it there is no null.",
        "Each atom of A is paired with one of B so that the sum of |cos| is largest. Random values"
        " are blank where they were not computed: of dead atoms and shares there is no null.",
        MATCHING,
    ),
    "spread": Words(
        "Grey line: mean |cos| of pairs of random dictionaries; where the bars stand there, nothing"
        " is shared.",
        "Each atom of A is paired with one of B so that the sum of |cos| is largest. Band: s.d. of"
        " the mean over pairs of random dictionaries. Dashed: from here on a pair counts as"
        " matched.",
        MATCHING,
    ),
    "pairs": Words(
        "One row is one pair, most alike first; a click shows both atoms, one on a head sorts.",
        "cos is signed; the pairing maximises |cos|. Nearest: by signed cos, without pairing."
        " Files hold all pairs.",
        MATCHING,
    ),
    "pair": Words(
        "Decoder rows of unit norm, one colour scale centred on 0 for both.",
        "The chosen pair; the most alike one where the feature has no partner.",
        MATCHING,
    ),
    "study": Words(
        "Each row against the dictionary of the same activations, parameters and seed without"
        " penalty.",
        "Small differences may be chance. Times are those of the provenance, and"
        " are left blank where host or device differ; other work on the host slows them.",
        ORTSAE,
    ),
    "cost": Words(
        "Upper left is better: absorption gone at little cost.",
        "Each dictionary with a penalty against the same one without. One seed each: small"
        " differences may be chance.",
        ORTSAE,
    ),
    "counts": Words(
        "Attempted updates that succeeded, and how often the activations were seen.",
        "A step fails where the gradient or the loss is not finite; such a step changes nothing.",
    ),
    "penalty": Words(
        "Penalty and loss by attempted step. Dashed diagonal: every step succeeds.",
        "τ: threshold of the orthogonality penalty; |cos|: mean ± s.d. over the pairs most active"
        " together in a batch, and over all pairs of live features. Pair stability: Jaccard index"
        " of the pairs selected here and 100 steps before; 1: always the same. Loss on a log axis;"
        " parts that are 0 are not drawn. Where entries are many, some are drawn and files hold"
        " all.",
        TRAINING,
    ),
    "course": Words(
        "By attempted step; EV also on 32 held-out problems.",
        "EV on the batch is flattered: held out is what counts. Dead: not active for `dead_after`"
        " steps, a setting. Where entries are many, some are drawn and files hold all.",
        TRAINING,
    ),
}
"""Panel → its words; those of panels whose long text depends on the numbers come with them."""
