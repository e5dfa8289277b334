"""Numbers that answers of `accuracy` carry along their dims. Light: no torch."""

import numpy as np

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
"""Of the problems' own MSE."""

DISPLACEMENTS = (0.0, *(float(v) for v in np.logspace(-5, 0, 11)))
"""MSE of the displaced truth: 0, and half decades over the errors of all tasks."""
