"""Ticks of axes: never none, never crowded, and spelled without small raised type or prefixes."""

from typing import Any

import numpy as np

from ired_interp_core.spelling import RAISED, number

FEW = 4
"""Ticks that an axis of a small panel has room for, beyond which every other one is left out."""

SMALL = 1e-3
"""Ends of a linear axis below which its ticks are spelled with powers."""

Ticks = dict[str, Any]


def log_ticks(low: float, high: float, most: int = FEW) -> Ticks:
    """Ticks of a logarithmic axis.

    Args:
        low: smallest number on the axis, above 0.
        high: largest one.
        most: ticks at most; where the axis has room for no round number, the two ends.

    Returns:
        `tickmode`, `tickvals` and `ticktext` of a Plotly axis.
    """
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    width = float(np.log10(high / low))
    for factors in ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        found = [f * 10.0**d for d in range(first, last + 1) for f in factors]
        found = [t for t in found if low * 0.999 <= t <= high * 1.001]
        if len(found) <= most or (factors == (1,) and width > 1):
            break
    found = found[:: -(-len(found) // most)] if found else [low, high]
    return {"tickmode": "array", "tickvals": found, "ticktext": [spelled(t) for t in found]}


def linear_ticks(low: float, high: float, most: int = FEW) -> Ticks:
    """Ticks of a linear axis whose numbers are too small to be spelled out.

    Args:
        low: one end of the axis.
        high: the other end, above it.
        most: ticks at most.

    Returns:
        `tickmode`, `tickvals` and `ticktext` of a Plotly axis.
    """
    unit = 10.0 ** np.floor(np.log10(high - low))
    step = next(f * unit for f in (0.2, 0.5, 1, 2, 5) if (high - low) / (f * unit) < most)
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    found = [i * step for i in range(first, last + 1)]
    return {"tickmode": "array", "tickvals": found, "ticktext": [spelled(t) for t in found]}


def small_ticks(low: float, high: float, most: int = FEW) -> Ticks:
    """Spelled ticks where Plotly's own would be long; nothing elsewhere."""
    return linear_ticks(low, high, most) if 0 < max(abs(low), abs(high)) < SMALL else {}


def spelled(value: float) -> str:
    """A number at a tick: 0.01, 20, 10⁻⁶, −2×10⁵."""
    if value <= 0:
        return f"−{spelled(-value)}" if value else "0"
    if 1e-4 <= value < 1e4:
        return number(value, ".4g")
    power = int(np.floor(np.log10(value * (1 + 1e-9))))
    digits = number(value / 10.0**power, ".4g")
    raised = f"10{str(power).translate(RAISED)}"
    return raised if digits == "1" else f"{digits}×{raised}"


def log_axis(values: np.ndarray, most: int = FEW) -> Ticks:
    """A logarithmic axis that fits some numbers by itself; those above 0 count."""
    drawn = np.asarray(values, dtype=np.float64)
    drawn = drawn[np.isfinite(drawn) & (drawn > 0)]
    if not drawn.size:
        return {"type": "log"}
    low, high = float(drawn.min()), float(drawn.max())
    room = (high / low) ** 0.05 if high > low else 2.0  # a fitted axis is a little longer
    return {"type": "log", **log_ticks(low / room, high * room, most)}
