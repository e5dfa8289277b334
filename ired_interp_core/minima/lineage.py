"""Basins from level to level: which minimum is which, where one is born, and where it ends.

Light: NumPy only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

NOWHERE = -1


@dataclass(frozen=True)
class Lineage:
    """Numbers of basins that hold at all levels.

    Args:
        numbers: for every level, the number of each of its minima.
        born: number → highest level at which it was found.
        ended: number → lowest level at which it was found.
    """

    numbers: list[list[int]]
    born: list[int]
    ended: list[int]


def lineage(
    energies: Sequence[Sequence[float]],
    truth: Sequence[int],
    down: Sequence[Int[np.ndarray, "m"]],
    up: Sequence[Int[np.ndarray, "m"]],
) -> Lineage:
    """Number basins in order of birth on the walk from the highest level down, then of energy.

    A minimum keeps its number where it is followed both ways: taken to the next level in the data
    frame and let fall there it comes to the other, and the other so comes to it. The truth's basin
    is 0 at every level, whatever leads there.

    Args:
        energies: level → energies of its minima.
        truth: level → which of them is that of the truth, or NOWHERE.
        down: level t → for each minimum the one at t − 1 that it falls into, or NOWHERE.
        up: level t → the same at t + 1.

    Returns:
        Numbers, births and ends; a basin seen at level 9 is born there.
    """
    highest = len(energies) - 1
    numbers: list[list[int]] = [[NOWHERE] * len(one) for one in energies]
    born, ended = [highest], [0]
    known = [t for t in range(highest + 1) if truth[t] != NOWHERE]
    if known:
        born, ended = [max(known)], [min(known)]
    for t in range(highest, -1, -1):
        for k in np.argsort(energies[t], kind="stable"):
            if k == truth[t]:
                numbers[t][k] = 0
                continue
            above = int(up[t][k]) if t < highest else NOWHERE
            if above != NOWHERE and above != truth[t + 1] and down[t + 1][above] == k:
                numbers[t][k] = numbers[t + 1][above]
                ended[numbers[t][k]] = t
            else:
                numbers[t][k] = len(born)
                born.append(t)
                ended.append(t)
    return Lineage(numbers, born, ended)
