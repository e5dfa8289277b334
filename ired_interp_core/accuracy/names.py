"""Numbers and words that answers of `accuracy` carry along their dims. Light: no torch."""

import numpy as np

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
"""Of the problems' own MSE."""

DISPLACEMENTS = (0.0, *(float(v) for v in np.logspace(-5, 0, 11)))
"""MSE of the displaced truth: 0, and half decades over the errors of all tasks."""

RANDOM = "random"
"""The undirected displacement, which says nothing of the truth: it is the control."""

DIRECTIONS = (
    RANDOM, "to_answer", "from_answer", "downhill", "uphill", "soft_downhill", "soft_uphill",
    "stiff_downhill", "stiff_uphill",
)  # fmt: skip
"""Ways out of the truth; all but the first come in pairs of opposite signs, + before −."""
