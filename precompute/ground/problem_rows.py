"""The one door through which a worker gets the problems of a block, however their set is made."""

import numpy as np

from ired_interp_core import tasks
from ired_interp_core.records import ProblemSet
from store import contents
from store.layout import Root


def read(
    roots: tuple[Root, ...], problems: ProblemSet, start: int, stop: int
) -> tuple[np.ndarray, np.ndarray]:
    """Problems [start, stop) of a set: drawn from its seed, or read where its matrices lie.

    Args:
        roots: where matrices may lie.
        problems: the set.
        start: index of the first problem.
        stop: one past the last.

    Returns:
        x [N, n_in] and y [N, d], float64; y is NaN where nobody knows the true answer.
    """
    if problems.content:
        return contents.read(roots, problems.content).rows(start, stop)
    made = tasks.problems(
        problems.task, stop - start, problems.seed, problems.size, problems.variant, start
    )
    return made.x, made.y
