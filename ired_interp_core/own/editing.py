"""Entries of a problem changed, hidden or shown, and its truth made anew."""

from collections.abc import Sequence

import numpy as np

from ired_interp_core.contents import Change, Content
from ired_interp_core.errors import Refusal
from ired_interp_core.own import truths


def edit(problem: Content, changes: Sequence[Change], symmetric: bool = True) -> Content:
    """A problem with some entries changed, in order; the truth follows.

    For inverse y* = A⁻¹ and for addition y* = A + B are made anew. For completion y* has the new
    value of a changed entry, which is observed from then on; a hidden entry keeps its y*.

    Args:
        problem: one problem.
        changes: entries and what becomes of them.
        symmetric: for inverse, change the entry across the diagonal too; of no effect elsewhere.

    Returns:
        The new problem, with the index of the old one; the very same numbers without a change.

    Raises:
        Refusal: more than one problem, no such entry, a value that cannot be used, or κ over the
            limit.
    """
    if len(problem.x) != 1:
        raise Refusal("only one problem is edited at a time", came=f"{len(problem.x)} problems")
    x, task, n = problem.x[0].copy(), problem.task, problem.size
    y = None if problem.y is None else problem.y[0].copy()
    for change in changes:
        _check(change, task, n)
        at = [change.part * n * n + change.row * n + change.col]
        if symmetric and task == "inverse":
            at.append(change.col * n + change.row)
        if task == "completion":
            _observe(change, x, y, at[0])
        else:
            x[at] = change.value
    if np.array_equal(x, problem.x[0]) and task != "completion":
        return Content(task, n, problem.x, problem.y, problem.first)
    solved = truths.solve(task, x[None]) if task != "completion" else None
    if solved is None and y is not None:
        solved = y[None]
    return Content(task, n, x[None], solved, problem.first)


def _observe(change: Change, x: np.ndarray, y: np.ndarray | None, at: int) -> None:
    """Change an entry of a completion problem in place."""
    if change.value is not None:
        x[at] = change.value
        if y is not None:
            y[at] = change.value
    elif not change.observed:
        x[at] = 0.0
    elif x[at] == 0.0:
        if y is None or y[at] == 0.0:
            raise Refusal(
                "the hidden entry cannot be shown", where=change.name,
                came="no true value" if y is None else "a true value of 0, which says hidden",
                next_step="give it a value",
            )  # fmt: skip
        x[at] = y[at]


def _check(change: Change, task: str, n: int) -> None:
    parts = 2 if task == "addition" else 1
    inside = 0 <= change.row < n and 0 <= change.col < n and 0 <= change.part < parts
    if not inside:
        raise Refusal(
            "no such entry", came=change.name,
            expected=f"rows and columns 0 … {n - 1}" + (", part 0 or 1" if parts == 2 else ""),
        )  # fmt: skip
    if (change.value is None) == (change.observed is None):
        raise Refusal("a change has a value or says observed, and not both", where=change.name)
    if change.value is None:
        if task != "completion":
            raise Refusal("only completion hides entries", where=change.name, came=task)
        return
    if not (np.isfinite(change.value) and abs(change.value) <= truths.LARGEST):
        raise Refusal(
            "value cannot be used", where=change.name, came=change.value,
            expected=f"a number between ±{truths.LARGEST:,.0f}",
        )  # fmt: skip
    if task == "completion" and change.value == 0:
        raise Refusal(
            "an observed entry cannot be 0, which says hidden", where=change.name,
            next_step="hide it, or give a small number",
        )  # fmt: skip
