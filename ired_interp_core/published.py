"""Numbers of the paper that ours stand beside: Du, Mao, Tenenbaum, ICML 2024, arXiv 2406.11179.

Everything that is quoted from it anywhere in the project is quoted from here. All are mean squared
errors of its method (IRED) on 20 × 20 matrices, answer not divided by √ᾱ_0, clip 2.
"""

from collections.abc import Mapping

SOURCE = "Du, Mao, Tenenbaum, ICML 2024, arXiv 2406.11179"

STEPS, BATCH = 50_000, 2048
"""Training of each model, appendix."""

SIZE = 20
"""Side of the matrices in every table."""

MSE: Mapping[str, Mapping[str, float]] = {
    "inverse": {"same": 0.0095, "harder": 0.2063},
    "completion": {"same": 0.0174, "harder": 0.2054},
    "addition": {"same": 0.0002, "harder": 0.0020},
}
"""Table 1: task → variant → MSE."""

MSE_BY_STEPS: Mapping[int, Mapping[str, float]] = {
    10: {"same": 0.0096, "harder": 0.2110},
    20: {"same": 0.0096, "harder": 0.2100},
    30: {"same": 0.0096, "harder": 0.2090},
    40: {"same": 0.0095, "harder": 0.2063},
}
"""Table 2, inverse: optimization steps (10 levels × inner steps) → variant → MSE."""

DIGITS = 4
"""Digits behind the point of every published MSE: it may be off by half of the last one."""
