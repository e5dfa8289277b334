"""What an answer of `failure_prediction` holds: its variables and dims. Light: no torch."""

from ired_interp_core import tasks
from ired_interp_core.dims import DIMS, Dim, Span
from ired_interp_core.failure.names import (
    ALARMS,
    CONFOUNDS,
    CURVES,
    DESIGNS,
    ESTIMATORS,
    KINDS,
    RIVALS,
)  # fmt: skip
from ired_interp_core.probing.names import INPUTS
from ired_interp_core.schema import Variable, number

EACH = ("measured",)
WAY = ("design", "estimator", "level")
POINT = ("input", "level", "step")
CURVE = ("curve", "level", "step")
TOP = ("top",)
RIVAL = ("rival",)
SIZE = ("size",)

FOUND = "95 % bootstrap interval over problems"


def _one(dims: tuple[str, ...], label: str, help: str, span: Span = "share") -> Variable:
    return Variable(dims, "float64", label, "1", help, span=span)


def _ends(
    name: str, dims: tuple[str, ...], label: str, help: str, span: Span = "share"
) -> dict[str, Variable]:
    """A number with the two ends of its interval."""
    return {
        name: _one(dims, label, help, span),
        f"{name}_low": _one(dims, f"{label}, low", f"lower end of its {FOUND}", span),
        f"{name}_high": _one(dims, f"{label}, high", f"upper end of its {FOUND}", span),
    }


CASES = {
    "rule_value": Variable(
        EACH, "float64", "quantity of the rule", "1",
        "MSE of ŷ (worst), MSE over that of the trivial predictor (baseline), ‖AŶ − I‖/√n"
        " (residual) or E_0(y*) − E_0(ŷ) (prefers_wrong); inf where the walk diverged",
    ),
    "failed": Variable(
        EACH, "int8", "failure", "1", "whether the quantity is above the rule's threshold",
        flags=("passed", "failed"),
    ),
    "kind": Variable(EACH, "int8", "kind of error", "1", "the first that fits", flags=KINDS),
    "error_ratio": Variable(
        EACH, "float64", "MSE over the baseline's", "1",
        "error of the answer over that of the trivial predictor on the same problem",
    ),
    "rule_baseline": Variable(
        ("baseline",), "float64", "mean baseline MSE", "y²", "of every trivial predictor"
    ),
    "chosen_on": Variable(
        EACH, "int8", "used for", "1",
        "features are chosen on some problems, and their effects shown on the others",
        flags=("shown", "chosen"),
    ),
    "fold": Variable(
        ("split", "measured"), "int8", "test fold", "1", "of every problem in every split"
    ),
    "confound": Variable(
        ("sign", "measured"), "float32", "confound", "1",
        "trivial signs of failure when the walk is over, those of levels at t = 0",
    ),
    "probability": Variable(
        (*WAY, "measured"), "float32", "predicted probability", "1",
        "of failure, by models that did not see the problem, from the state before the jump of"
        " level t", span="share",
    ),
}  # fmt: skip

WAYS = {
    **_ends("auroc", WAY, "AUROC", "mean over the test folds"),
    "train_auroc": _one(WAY, "AUROC, training", "mean over the folds, on training rows"),
    **_ends(
        "increment", WAY, "increment over confounds",
        "AUROC − that of the confounds by the same estimator, paired by problem", "signed",
    ),
    "increment_found": _one(
        WAY, "increment to be found", "that so many problems find with 80 % power", ""
    ),
    **{
        n: v
        for name, label, help in (
            ("balanced_accuracy", "balanced accuracy", "(recall + 1 − false alarms)/2"),
            ("recall", "recall", "share of the failures that are predicted"),
            ("precision", "precision", "share of the predicted that fail"),
            ("false_alarms", "false alarms", "share of the others that are predicted"),
            ("brier", "Brier score", "mean of (p − y)²"),
        )
        for n, v in _ends(name, WAY, label, help).items()
    },
    **{
        name: Variable(WAY, "float64", label, "1", help)
        for name, label, help in (
            ("hits", "hits", "failures that are predicted"),
            ("missed", "missed", "failures that are not predicted"),
            ("alarms", "false alarms", "predicted, and they do not fail"),
            ("passed", "passed", "neither predicted nor failures"),
        )
    },
    "threshold": _one(
        WAY, "threshold", "predicted above it; mean over the folds, chosen on training rows"
    ),
    "mean_probability": _one(WAY, "mean probability", "predicted; calibrated: the base rate"),
    "miscalibration": _one(
        WAY, "miscalibration", "Brier − that of the isotonic recalibration, at least 0"
    ),
    "miscalibration_expected": _one(
        WAY, "miscalibration, calibrated", "mean that calibrated forecasts of these would show"
    ),
    "miscalibration_limit": _one(
        WAY, "miscalibration, limit", "95 % quantile of that: below it nothing is shown"
    ),
    "discrimination": _one(
        WAY, "discrimination", "what the recalibrated probabilities gain over the base rate"
    ),
    "roc_recall": _one((*WAY, "alarm"), "recall", "at this share of false alarms, mean of folds"),
    "roc_low": _one((*WAY, "alarm"), "recall, low", f"lower end of its {FOUND}"),
    "roc_high": _one((*WAY, "alarm"), "recall, high", f"upper end of its {FOUND}"),
    "roc_threshold": _one((*WAY, "alarm"), "threshold", "that gives this share over all folds"),
    "calibration_predicted": _one((*WAY, "rung"), "predicted", "quantiles of the probabilities"),
    "calibration_observed": _one((*WAY, "rung"), "observed", "isotonic estimate there"),
    "calibration_low": _one((*WAY, "rung"), "band, low", "2.5 % of calibrated forecasts"),
    "calibration_high": _one((*WAY, "rung"), "band, high", "97.5 % of calibrated forecasts"),
    "calibration_count": _one((*WAY, "rung"), "problems", "on this step of the estimate", ""),
    "chosen_input": Variable(
        ("level", "part_fold"), "int8", "chosen input", "1",
        "of the activations, by the inner folds of every test fold", flags=("none", *INPUTS),
    ),
    "split_auroc": _one(
        ("learner", "split"), "AUROC by split", "of other folds, at the level of the numbers"
    ),
}  # fmt: skip

CURVED = {
    **_ends("early", CURVE, "AUROC", "from the state at this level and step"),
    **_ends(
        "early_gain", CURVE, "AUROC beyond confounds by then",
        "difference to the confounds known at this step, paired by problem", "signed",
    ),
    **_ends("input_auroc", POINT, "AUROC", "from this input alone, at this level and step"),
    "input_train": _one(POINT, "AUROC, training", "mean over the folds, on training rows"),
}  # fmt: skip

SPOTS = {
    f"hot_{word}{ending}": Variable(dims, "float64", label, "1", help)
    for ending, dims in (("", POINT), ("_input", ("input",)), ("_step", ("step",)))
    for word, label, help in (
        ("count", "features among the strongest", "of the strongest, how many lie here"),
        ("expected", "expected", "the strongest times the share of live features that lie here"),
        ("low", "chance, low", "2.5 % of the counts under permuted labels"),
        ("high", "chance, high", "97.5 % of them"),
    )
} | {
    "hot_again": Variable(
        POINT,
        "float64",
        "told again",
        "1",
        "of these, how many differ on the other problems: Holm p < 0.05",
    ),
}

STRONGEST = {
    "top_input": Variable(TOP, "int8", "input", "1", "where the feature lies",
        flags=("none", *INPUTS),
    ),
    "top_level": Variable(TOP, "int16", "level", "1", "where the feature lies"),
    "top_step": Variable(TOP, "int16", "step", "1", "where the feature lies"),
    "top_unit": Variable(TOP, "int32", "unit", "1", "hidden unit, entry of ∇E, or feature"),
    "top_chosen_d": _one(TOP, "|d| where chosen", "on the problems that it was chosen on", ""),
    **_ends(
        "top_d", TOP, "Cohen's d",
        "(mean of failures − mean of others)/pooled s.d., on problems it was not chosen on",
        "signed",
    ),
    "top_p": _one(TOP, "p", "of d, Holm over the strongest; NaN of one that does not vary"),
    "top_failed": _one(TOP, "mean if failed", "of the feature, over failures", ""),
    "top_other": _one(TOP, "mean if not", "of the feature, over the others", ""),
    "top_value": Variable((*TOP, *EACH), "float32", "value", "1", "of the feature"),
}  # fmt: skip

REST = {
    "kind_count": Variable(
        ("kind_true", "kind_told"), "float64", "failures", "1", "by their kind and that predicted"
    ),
    **_ends(
        "rival_difference", RIVAL, "difference", "of balanced accuracy, first − second", "signed"
    ),
    "rival_gap": _one(RIVAL, "gap, first", "AUROC on training rows − on test rows", "signed"),
    "rival_gap_other": _one(RIVAL, "gap, second", "the same of the second", "signed"),
    "learning_size": Variable(SIZE, "float64", "training problems", "1", "of every fold"),
    "learning_auroc": _one(SIZE, "AUROC", "on the same test problems at every size"),
    "learning_balanced": _one(SIZE, "balanced accuracy", "on the same test problems"),
    "learning_train": _one(SIZE, "AUROC, training", "on training rows"),
    "learning_confounds": _one(SIZE, "AUROC of confounds", "alone, on the same test problems"),
    "learning_confounds_balanced": _one(
        SIZE, "balanced accuracy of confounds", "alone, on the same problems"
    ),
    "walked_problem": Variable(("walked",), "int64", "problem", "1", "the walked problem"),
    "walked_failed": Variable(
        ("walked",), "int8", "failure", "1", "of the walked problem, by the sampler as it is",
        flags=("passed", "failed"),
    ),
    "walked_after": Variable(
        ("walked",), "int8", "failure without", "1", "with the strongest features set to 0",
        flags=("passed", "failed"),
    ),
    "random_rate": _one(("drawn",), "failure rate", "with matched random features set to 0"),
}  # fmt: skip

NUMBERS = {
    name: number(label, unit, help)
    for name, label, unit, help in (
        ("measured_problems", "problems", "1", "that it was predicted for"),
        ("failures", "failures", "1", "by the rule; fewer than folds: no AUROC"),
        ("base_rate", "base rate", "1", "share of failures"),
        ("rule_threshold", "threshold of the rule", "1", "a problem fails above it"),
        ("null_deviation", "s.d. of an AUROC by chance", "1", "√((n₁ + n₀ + 1)/(12 n₁n₀))"),
        ("uncertainty", "uncertainty", "1", "Brier score of the base rate, π(1 − π)"),
        ("auroc_confounds", "AUROC, confounds", "1", "before the jump of the level asked for"),
        ("auroc_activations", "AUROC, activations", "1", "at the same state"),
        ("auroc_both", "AUROC, both", "1", "confounds with the activations beside them"),
        ("auroc_shuffled", "AUROC, shuffled", "1", "of permuted labels, from one input, a control"),
        ("gain", "increment", "1", "AUROC of both − of the confounds, paired by problem"),
        ("gain_low", "increment, low", "1", f"lower end of its {FOUND}"),
        ("gain_high", "increment, high", "1", f"upper end of its {FOUND}"),
        ("gain_found", "increment to be found", "1", "with 80 % power by so many problems"),
        ("accuracy_both", "balanced accuracy", "1", "of both, at the same state"),
        ("earliest_level", "earliest level", "1",
         "largest t at which the increment's lower end is above 0; NaN where none is"),
        ("largest_d", "largest |d|", "1", "of all features, on all problems"),
        ("largest_d_null", "largest |d| by chance", "1", "95 % quantile under permuted labels"),
        ("top_null", "largest |d| by chance, strongest", "1",
         "95 % quantile for the strongest, on the problems that they are shown on"),
        ("top_tested", "strongest that vary", "1", "features that Holm corrects for"),
        ("kind_f1", "macro-F1 of kinds", "1", "mean over the kinds that occur"),
        ("kind_f1_shuffled", "macro-F1, shuffled", "1", "mean under permuted predictions"),
        ("kind_f1_limit", "macro-F1, shuffled, 95 %", "1", "quantile under permutation"),
        ("rate_before", "failure rate", "1", "of the walked problems as they are"),
        ("rate_after", "failure rate without", "1", "with the strongest features set to 0"),
        ("rate_change", "change of the rate", "1", "after − before"),
        ("rate_change_low", "change, low", "1", "exact interval over problems that changed"),
        ("rate_change_high", "change, high", "1", "upper end of it"),
        ("rate_beyond", "change beyond random", "1", "after − mean of random sets, paired"),
        ("rate_beyond_low", "beyond random, low", "1", "of its bootstrap-t interval"),
        ("rate_beyond_high", "beyond random, high", "1", "upper end of it"),
    )
}  # fmt: skip

VARIABLES = CASES | WAYS | CURVED | SPOTS | STRONGEST | REST | NUMBERS

LEARNERS = ("confounds", "activations", "confounds_activations")
"""Designs that are followed over splits."""

DECLARED_DIMS = (
    DIMS["baseline"].labelled(tasks.BASELINES, some=True),
    Dim("input", "what a probe reads", "VARCHAR", "whole", INPUTS, some=True),
    Dim("size", "rank of the size of training, ascending", taken="whole"),
    Dim("split", "split by problem", taken="whole"),
    Dim("design", "what failure is predicted from", "VARCHAR", "whole", DESIGNS),
    Dim("estimator", "logistic regression or gradient boosting", "VARCHAR", "whole", ESTIMATORS),
    Dim("curve", "what is followed over levels and steps", "VARCHAR", "whole", CURVES),
    Dim("sign", "trivial sign of failure", "VARCHAR", "whole", CONFOUNDS, some=True),
    Dim("learner", "design that is followed over splits", "VARCHAR", "whole", LEARNERS),
    Dim("rival", "pair of ways to predict", "VARCHAR", "whole", RIVALS),
    Dim("kind_true", "kind of error", "VARCHAR", "whole", KINDS),
    Dim("kind_told", "predicted kind of error", "VARCHAR", "whole", KINDS),
    Dim("alarm", "share of false alarms", "DOUBLE", "whole", ALARMS),
    Dim("rung", "rank among the quantiles of the predicted probabilities", taken="whole"),
    Dim("top", "rank of a feature among the strongest where it was chosen", taken="whole"),
    Dim("part_fold", "test fold", taken="whole"),
    Dim("walked", "rank of the walked problem, ascending", taken="whole"),
    Dim("drawn", "random set of features", taken="whole"),
)  # fmt: skip
