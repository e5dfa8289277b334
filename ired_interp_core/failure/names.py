"""Labels of what failure is, and of what it is predicted from. Light: no torch."""

RULES = ("worst", "baseline", "residual", "prefers_wrong")
"""What a failure is: the largest errors; worse than a trivial predictor on the same problem; the
largest ‖AŶ − I‖; an energy that is lower at the answer than at the truth."""

KINDS = ("scale", "asymmetric", "clipped", "structure")
"""Kinds of error; the first that fits."""

RAW = ("h1", "h2", "h3", "gradient")
"""Activations that failure is predicted from; the input is chosen among them within the training
folds."""

FEATURED = (*RAW, "codes")
"""Inputs whose columns are features."""

DESIGNS = (
    "confounds", "activations", "codes", "confounds_activations", "confounds_codes",
)  # fmt: skip
"""What failure is predicted from: what is known by then without looking into the network; the
activations; the codes of a dictionary; the confounds with either of these beside them."""

ESTIMATORS = ("logistic", "boosting")

CURVES = ("activations", "codes", "confounds_by_then", "confounds_at_end")
"""What is followed over levels and steps."""

RIVALS = ("codes_raw", "boosting_logistic", "points_mean", "sequence_points")
"""Pairs of ways to predict, first − second: codes − raw activations of their site; boosting −
logistic; all visited points side by side − their mean; how the activations change from point to
point − all points."""

CONFOUNDS = (
    "log10_condition", "trace", "log_abs_det", "smallest_singular", "largest_singular",
    "problem_norm", "answer_norm", "answer_effective_rank", "answer_spectral_gap",
    "symmetry_defect", "observed_share", "energy", "gradient_norm", "state_norm", "energy_ends",
    "accepted_share", "clamped_share", "smallest_eigenvalue", "start_spread", "start_ends",
)  # fmt: skip
"""Trivial signs of failure. Of the problem (those that x gives); of the state; of the levels that
are over; and of walks from other noises."""

SIZES = (0.125, 0.25, 0.5, 1.0)
"""Shares of the training problems of a learning curve."""

ALARMS = tuple(round(i / 50, 2) for i in range(51))
"""Shares of false alarms at which an ROC curve is kept."""
