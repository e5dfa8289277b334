"""Minima that are the same matrix up to an order of its rows and columns, PAPᵀ. Pure."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from app.minima.found import Found

ALIKE = 1e-3
"""Root mean square over the entries within which two matrices are one, level frame."""


def reordered(one: np.ndarray, other: np.ndarray, within: float) -> np.ndarray | None:
    """An order p with one[p][:, p] = other, found by what each row and column holds.

    Args:
        one: a matrix [n, n].
        other: another.
        within: root mean square over the entries of a difference that is none.

    Returns:
        The order [n]; None for none, or where rows cannot be told apart by what they hold.
    """
    apart = np.sort(one, axis=None) - np.sort(other, axis=None)
    if not np.sqrt((apart**2).mean()) <= within:
        return None
    mine, theirs = (
        np.concatenate([np.diag(m)[:, None], np.sort(m, axis=1), np.sort(m.T, axis=1)], axis=1)
        for m in (one, other)
    )
    cost = ((theirs[:, None] - mine) ** 2).sum(-1)
    order = linear_sum_assignment(cost)[1]
    rest = one[np.ix_(order, order)] - other
    return order if np.sqrt((rest**2).mean()) <= within else None


def alike(found: Found, t: int) -> dict[int, list[int]]:
    """Basin of a level → those whose minimum is the same up to PAPᵀ; they stay several."""
    there = found.there(t)
    within = ALIKE / float(np.sqrt(found["alpha_bar"][t]))
    pairs = [
        (a, b)
        for k, a in enumerate(there)
        for b in there[k + 1 :]
        if reordered(found["point"][t, a], found["point"][t, b], within) is not None
    ]
    return {a: [b for pair in pairs if a in pair for b in pair if b != a] for a in there}
