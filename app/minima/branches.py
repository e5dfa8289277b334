"""Where the branches of a tree of minima stand: no two cross, and the truth's is leftmost. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.minima.found import FIRST, Found
from app.minima.joined import Saddle
from ired_interp_core.minima.tree import tree

MOST_LEAVES = 24
"""Leaves that are drawn; of more, those that matter most."""
SAME = 1e-9
"""Relative difference of two energies up to which they are one saddle's."""


@dataclass(frozen=True)
class Joint:
    """Two branches that meet at a saddle.

    Args:
        x: where the branch goes on.
        sides: where both come from: x and energy from which each rises.
        energy: of the saddle.
        pair: the lowest minimum of each side.
        saddle: what is known of it; None where it lies beyond those that are kept.
    """

    x: float
    sides: tuple[tuple[float, float], tuple[float, float]]
    energy: float
    pair: tuple[int, int]
    saddle: Saddle | None


@dataclass(frozen=True)
class Branches:
    """A tree, or several that nothing joins.

    Args:
        leaves: basin → x.
        joints: lowest first.
        roots: x and energy at which each tree ends; several where no path joins them.
        hidden: minima that are not drawn.
    """

    leaves: dict[int, float]
    joints: Sequence[Joint]
    roots: Sequence[tuple[float, float]]
    hidden: Sequence[int]


@dataclass(frozen=True)
class _Branch:
    leaves: tuple[int, ...]  # from left to right
    x: float
    energy: float


def branches(found: Found, t: int, most: int = MOST_LEAVES) -> Branches:
    """Join the minima of a level at the lowest saddles between them."""
    kept = shown(found, t, most)
    energies = np.array([found.energy(t, b) for b in kept])
    saddles, ends = _edges(found, t, kept)
    joins = tree(energies, saddles, ends)
    order = _order([(join.left, join.right) for join in joins], energies, kept)
    place = {k: float(x) for x, k in enumerate(order)}
    at = {k: _Branch((k,), place[k], float(energies[k])) for k in range(len(kept))}
    joints = []
    for join in joins:
        sides = sorted((at[join.left[0]], at[join.right[0]]), key=lambda one: one.x)
        lowest = [min(one.leaves, key=lambda k: energies[k]) for one in sides]
        x = (sides[0].x + sides[1].x) / 2
        joints.append(
            Joint(
                x,
                ((sides[0].x, sides[0].energy), (sides[1].x, sides[1].energy)),
                join.energy,
                (kept[lowest[0]], kept[lowest[1]]),
                saddle_at(found, t, join.energy),
            )
        )
        whole = _Branch(sides[0].leaves + sides[1].leaves, x, join.energy)
        at |= dict.fromkeys(whole.leaves, whole)
    roots = list(dict.fromkeys((one.x, one.energy) for one in at.values()))
    leaves = {kept[k]: place[k] for k in order}
    return Branches(leaves, joints, roots, [b for b in found.there(t) if b not in kept])


def shown(found: Found, t: int, most: int) -> list[int]:
    """Basins of a level that are drawn, by number: those that matter most where there are many.

    Args:
        found: minima of a problem.
        t: level.
        most: basins at most.

    Returns:
        The first basin and the answer's, then the most visited and the lowest ones.
    """
    there = found.there(t)
    if len(there) <= most:
        return there
    fell = found["fell"][t].sum(0)
    kept = {b for b in (FIRST, found.answer(t)) if b in there}
    for order in (lambda b: -fell[b], lambda b: found.energy(t, b)):
        room = (most - len(kept)) // (2 if len(kept) < most // 2 else 1)
        kept |= set(sorted((b for b in there if b not in kept), key=order)[:room])
    return sorted(kept)


def _edges(found: Found, t: int, shown: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Energies at which pairs are joined, by way of others where need be, and the pairs."""
    energies, ends = [], []
    joined = found.joined
    for i, a in enumerate(shown):
        for j, b in enumerate(shown[:i]):
            barrier = joined.barrier(t, a, b) if joined else np.nan
            if np.isfinite(barrier):
                energies.append(found.energy(t, a) + barrier)
                ends.append((i, j))
    return np.array(energies), np.array(ends, dtype=int).reshape(-1, 2)


def _order(
    joins: Sequence[tuple[tuple[int, ...], tuple[int, ...]]],
    energies: np.ndarray,
    shown: Sequence[int],
) -> list[int]:
    """Leaves from left to right: of two branches that with the truth, else the lower one."""

    def rank(leaves: tuple[int, ...]) -> tuple[bool, float]:
        return all(shown[k] != FIRST for k in leaves), min(float(energies[k]) for k in leaves)

    trees: dict[int, tuple[int, ...]] = {k: (k,) for k in range(len(shown))}
    for left, right in joins:
        both = sorted((trees[left[0]], trees[right[0]]), key=rank)
        whole = both[0] + both[1]
        trees |= dict.fromkeys(whole, whole)
    apart = sorted(set(trees.values()), key=rank)
    return [k for one in apart for k in one]


def saddle_at(found: Found, t: int, energy: float) -> Saddle | None:
    """The kept saddle with this energy; None where it lies beyond those that are kept."""
    there = found.joined.saddles(t) if found.joined else []
    near = [s for s in there if abs(s.energy - energy) <= SAME * max(1.0, abs(energy))]
    return near[0] if near else None
