"""Numbers of the view of probes as a reader sees them."""

import numpy as np

from ired_interp_core.spelling import number


def spelled(value: float, low: float, high: float, form: str = ".2f") -> str:
    """A number with its interval."""
    least = 0.5 * 10 ** -int(form[1])
    a, b, c = (number(0.0 if abs(v) < least else v, form) for v in (value, low, high))
    return f"{a} [{b}, {c}]" if np.isfinite([low, high]).all() else a
