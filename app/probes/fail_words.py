"""What the sheet on failures says about its panels."""

from app.shared.page.contract import Words

LONG = (
    "Positive = failure, by a rule that is part of the question. Predictions are of models that did"
    " not see the problem: folds by problem, penalty and choices within the training folds. At"
    " level t means at the state before its jump. Confounds are what is known without looking into"
    " the network: properties that x gives, energies and gradients so far, steps that were taken. "
)

WORDS = {
    "foreseen": Words(
        "Whether failure is foreseen better than by trivial signs: AUROC, and the paired increment"
        " over the confounds.",
        LONG + "The increment is AUROC of confounds and activations less that of the confounds, on"
        " the same problems, with its 95 % interval over problems.",
    ),
    "rule": Words(
        "How failure is defined: problems by the quantity of the rule. Dashed: mean errors of"
        " trivial predictors.",
        LONG + "A problem whose walk diverged is a failure. The line is the rule's threshold.",
    ),
    "increment": Words(
        "AUROC of failure for each set of inputs; right, the paired gain over confounds, which"
        " answers the question.",
        LONG + "Grey band: where an AUROC lies by chance. Hollow: gradient boosting. Whiskers: 95 %"
        " intervals over problems.",
    ),
    "confusion": Words(
        "Predicted failure against outcome, at a threshold that was chosen on training folds.",
        LONG + "Counts are over the test folds of the first split, of confounds and activations.",
    ),
    "rates": Words(
        "Rates at the threshold, with 95 % intervals over problems. First row: what guessing by the"
        " base rate gives.",
        LONG + "Failure is positive: recall is the share of failures that are predicted, precision"
        " that of predicted ones that fail. A lower Brier score is better.",
    ),
    "early": Words(
        "How early failure is foreseen. Solid grey: what is known by that step; dashed grey uses"
        " the end.",
        LONG + "Seven states a level: before its jump, after it, after each of five steps. Bands:"
        " 95 % intervals. Dotted line: the first level at which the lower end of the increment over"
        " the confounds known by then is above 0.",
    ),
    "roc": Words(
        "Recall of failures against false alarms. Dot: the threshold. Click the curve to move it,"
        " the ring to return. Grey: confounds alone.",
        LONG + "Mean over the test folds. Band: 95 % over problems. The dot of a threshold that was"
        " clicked counts the problems of all folds together, and may lie beside the mean curve.",
    ),
    "calibration": Words(
        "Observed against predicted failure rate, isotonic, no bins. Inside the grey band:"
        " calibrated as far as this sample shows.",
        LONG + "CORP: the isotonic estimate splits the Brier score into miscalibration −"
        " discrimination + uncertainty. Below: predictions of failures (up) and of others (down).",
        "Dimitriadis, Gneiting & Jordan, PNAS 118 (2021)",
    ),
    "hot": Words(
        "Where the strongest features of failure lie, against their share of live features. Pale:"
        " within chance.",
        LONG + "Features are chosen by |d| on one half of the problems. log₂ of the share of the"
        " strongest over that of all live features; chance by permuted labels.",
    ),
    "forest": Words(
        "Difference of each feature between failures and others, in pooled s.d. Grey: the largest"
        " value that chance reaches.",
        LONG + "Shown on problems that the features were not chosen on; filled where Holm's p is"
        " below 0.05. Whiskers: 95 % intervals. A feature stands there once, at the state where it"
        " differs most; + counts its other states among the strongest.",
    ),
    "cases": Words(
        "The most surprising failures and false alarms. A row opens its landscape.",
        LONG
        + "Sorted by |outcome − predicted probability|, of models that did not see the problem.",
    ),
    "causal": Words(
        "Failure rate with the top features zeroed, beside random ones of equal density (grey).",
        LONG + "Walked on problems that the features were not chosen on; the interval of the change"
        " is exact over the problems whose outcome changed (McNemar).",
    ),
    "kinds": Words(
        "Kind of error of failures, true by row, predicted by column; each row sums to one.",
        LONG + "Scale: a factor leaves less than half of ‖e‖². Asymmetric: more than half of it is"
        " antisymmetric. Clipped: more than 5 % of the entries lie on the box. Else structure.",
    ),
    "rivals": Words(
        "Paired differences between ways to predict failure. Right of zero the first is better."
        " Hollow: gap between training and test.",
        LONG + "Of balanced accuracy, on the same problems, with 95 % intervals.",
    ),
    "learned": Words(
        "Balanced accuracy for failure against number of training problems. Grey: confounds alone.",
        LONG + "The test problems are the same at every size.",
    ),
    "carried": Words(
        "Learned on one task's model (row), tried on another's (column). Pale: within what permuted"
        " labels reach, written below.",
        "AUROC of the failures of each model, by a logistic regression of the activations that told"
        " its own best, and of the confounds that both have. Each set is standardised by itself;"
        " the failures of the other are not looked at. One direction may tell most failures there,"
        " so that a model of permuted labels may, too. On the diagonal: each model by itself, out"
        " of fold, with its 95 % interval. A dash: not asked.",
    ),
}
"""Panel → its words."""
