"""One colour for one quantity, in every figure; all legible on light and on dark ground.

The colour maps are perceptually uniform: viridis (energy) and magma (error) are matplotlib's,
balance (signed entries) is cmocean's (Thyng et al., Oceanography 2016).
"""

from typing import Literal

from plotly.colors import diverging, sequential

Ground = Literal["light", "dark"]
Stops = list[list[float | str]]


def _stops(colours: list[str]) -> Stops:
    return [[i / (len(colours) - 1), c] for i, c in enumerate(colours)]


ENERGY: Stops = _stops(sequential.Viridis)
ERROR: Stops = _stops(sequential.Magma)
SIGNED: Stops = _stops(diverging.balance)
ORDERED: Stops = _stops(sequential.Agsunset)
"""Lines in an order, e.g. of the levels: no amounts, so none of the maps above."""
GAIN: dict[Ground, Stops] = {
    "light": _stops(["#e9efee", "#a9cdcb", "#5aa5a6", "#17656e", "#0a3a42"]),
    "dark": _stops(["#222c32", "#2b5961", "#38858f", "#62b6c0", "#c8eef1"]),
}
"""Shares, scores, amounts: from the ground's own tint, since their zero is “nothing here”."""

PLACES = {
    "noised_truth": "#0e9aa7",
    "truth": "#2f7ed8",
    "answer": "#e4572e",
    "minimum": "#8d5fd3",
}
PLACE_SYMBOLS = {
    "noised_truth": "diamond",
    "truth": "star",
    "answer": "square",
    "minimum": "triangle-down",
}
PLACE_NAMES = {
    "noised_truth": "noised truth",
    "truth": "truth",
    "answer": "answer ŷ",
    "minimum": "minimum",
}

OTHER = "#b9780e"
"""A basin that is not the truth's."""

IDEAL = "#d9480f"
"""The line 1/σ and what lies beyond it."""
NEGATIVE = "#ae3ec9"
"""Negative curvature."""
BULK = "#4c8fbd"
"""Eigenvalues that an ideal denoiser may have."""

FIRST, SECOND = "#4c8fbd", "#c98a1b"
"""Two lines in one figure, along a and along b."""

GROUPS = ("#7b5ea7", "#2f7ed8", "#2f9e8f", "#c9a21b")
"""Groups of problems, lowest first."""

BASELINE = "#868e96"
ACCEPTED, REJECTED, UNCHANGED, JUMP = "#2f9e6e", "#d9480f", "#adb5bd", "#4c8fbd"
UNDECIDED = "#b9780e"
"""A proposal whose fate rounding chose."""
CHANGED = "#0ca678"
"""The frame round an entry that a reader changed."""
POINT = "#e64980"
"""A point that a reader clicked on a plane."""
SHADE = "rgba(128, 140, 160, 0.22)"
"""The current level in the traces."""
