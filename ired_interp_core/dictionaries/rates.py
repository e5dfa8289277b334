"""Learning rate: up in a line, level, down in a line to 0."""


def rate_at(step: int, steps: int, peak: float, warm_up: float, decay: float) -> float:
    """Rate of an update.

    Args:
        step: 0 … steps − 1.
        steps: in all.
        peak: highest rate.
        warm_up: share of the steps in which it rises.
        decay: share of the steps at the end in which it falls.

    Returns:
        peak · min(1, (step + 1)/rise, (steps − step)/fall).
    """
    rise, fall = max(1.0, warm_up * steps), max(1.0, decay * steps)
    return peak * min(1.0, (step + 1) / rise, (steps - step) / fall)
