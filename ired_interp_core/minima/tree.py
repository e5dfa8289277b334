"""Disconnectivity tree of minima and saddles, by union–find from plain arrays. Light: NumPy only.

Source: Becker & Karplus, J. Chem. Phys. 106 (1997), 1495, at exact energies instead of chosen ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class Join:
    """Two branches that meet.

    Args:
        energy: of the saddle at which they meet.
        saddle: its place in what the tree was made of.
        left: minima of the one branch.
        right: minima of the other.
    """

    energy: float
    saddle: int
    left: tuple[int, ...]
    right: tuple[int, ...]


def components(count: int, pairs: Sequence[tuple[int, int]]) -> Int[np.ndarray, "minimum"]:
    """Which minima are joined.

    Args:
        count: of minima.
        pairs: minima that a saddle joins.

    Returns:
        For each the smallest number of a minimum that it is joined to.
    """
    part = np.arange(count)
    for a, b in pairs:
        low, high = sorted((part[a], part[b]))
        part[part == high] = low
    return part


def tree(
    energies: Float[np.ndarray, "minimum"],
    saddles: Float[np.ndarray, "saddle"],
    ends: Int[np.ndarray, "saddle 2"],
) -> list[Join]:
    """Joins in ascending order: of several saddles between two branches the lowest counts.

    Minima that no saddle joins stay apart: they are in no join, and nothing joins them at the top.

    Args:
        energies: of the minima.
        saddles: energies of the saddles.
        ends: the minima of each.

    Returns:
        As many joins as there are minima less connected parts.
    """
    part, joins = np.arange(len(energies)), []
    for k in np.argsort(saddles, kind="stable"):
        a, b = part[ends[k, 0]], part[ends[k, 1]]
        if a != b:
            branches = [tuple(int(m) for m in np.flatnonzero(part == one)) for one in (a, b)]
            joins.append(Join(float(saddles[k]), int(k), branches[0], branches[1]))
            part[part == max(a, b)] = min(a, b)
    return joins


def barriers(
    energies: Float[np.ndarray, "minimum"],
    saddles: Float[np.ndarray, "saddle"],
    ends: Int[np.ndarray, "saddle 2"],
) -> Float[np.ndarray, "minimum minimum"]:
    """How high one must climb from minimum i to reach j: the lowest highest saddle, less E(i).

    Args:
        energies: of the minima.
        saddles: energies of the saddles.
        ends: the minima of each.

    Returns:
        Barriers, row by row from each minimum; 0 on the diagonal, NaN where no path is known.
    """
    found = np.full((len(energies), len(energies)), np.nan)
    np.fill_diagonal(found, 0.0)
    for join in tree(energies, saddles, ends):
        for i in join.left:
            for j in join.right:
                found[i, j] = join.energy - energies[i]
                found[j, i] = join.energy - energies[j]
    return found
