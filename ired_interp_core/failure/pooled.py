"""All visited points of a problem at once: side by side, their mean, and how they change.

Definitions: docs/definitions.md §6.2.
"""

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float

from ired_interp_core.failure import nested
from ired_interp_core.failure.models import log_loss, logistic, reduced
from ired_interp_core.failure.nested import PENALTIES, Foreseen, Setting
from ired_interp_core.failure.scores import auroc

OF_A_POINT = 16
"""Principal components that each point contributes to the concatenation."""

Points = Callable[[], Iterator[Float[np.ndarray, "N p"]]]
"""Walks through the points of some problems in the order of the descent."""


def concatenated(points: Points, setting: Setting) -> Foreseen:
    """Predict from all points side by side.

    Each point gives its first components over the training rows of a fold; these stand side by
    side, and are reduced again as any input is. The penalty is chosen on the inner folds with the
    components of the outer training rows, which know no label.

    Args:
        points: walks through them.
        setting: labels and folds.

    Returns:
        Predictions.
    """
    k, failed, fold = setting.k, setting.failed, setting.fold
    sides: list[list[np.ndarray]] = [[] for _ in range(k)]
    for values in points():
        for f in range(k):
            ready = reduced(values[setting.training(f)], OF_A_POINT)
            sides[f].append(ready.of(values).astype("f4"))
    probability, train = np.full(len(failed), np.nan), np.full(k, np.nan)
    chosen, loss = np.full(k, np.nan), np.full(k, np.nan)
    for f in range(k):
        beside = np.concatenate(sides[f], axis=1)
        sides[f].clear()
        losses = np.zeros(len(PENALTIES))
        for g in (g for g in range(k) if g != f):
            rows, here = setting.training(f, g), fold == g
            z = reduced(beside[rows], setting.components).of(beside)
            for i, penalty in enumerate(PENALTIES):
                p = logistic(z[rows], failed[rows], penalty).probability(z[here])
                losses[i] += log_loss(failed[here], p) * here.sum()
        rows = setting.training(f)
        chosen[f], loss[f] = PENALTIES[int(losses.argmin())], losses.min() / rows.sum()
        z = reduced(beside[rows], setting.components).of(beside)
        p = logistic(z[rows], failed[rows], chosen[f]).probability(z)
        probability[~rows], train[f] = p[~rows], auroc(failed[rows], p[rows])
    return Foreseen(probability.astype("f4"), train, chosen, loss)


def mean(points: Points, setting: Setting) -> Foreseen:
    """Predict from the mean of the activations over all points."""
    each = points()
    total, count = next(each).astype("f8"), 1
    for values in each:
        total += values
        count += 1
    return nested.nested(total / count, setting)


def sequence(points: Points, setting: Setting) -> Foreseen:
    """Predict from how the activations change: ‖Δ‖ of every move, and cos of successive ones."""
    return nested.nested(moves(points), setting)


def moves(points: Points) -> Float[np.ndarray, "N move"]:
    """Lengths of the moves from point to point, and the cosines between successive ones.

    Args:
        points: walks through them.

    Returns:
        ‖h_{i+1} − h_i‖ of every move, then cos(h_{i+1} − h_i, h_{i+2} − h_{i+1}); 0 where one of
        them has no length.
    """
    lengths: list[np.ndarray] = []
    turns: list[np.ndarray] = []
    before, step = None, None
    for values in points():
        now = values.astype("f8")
        if before is not None:
            move = now - before
            lengths.append(np.linalg.norm(move, axis=1))
            if step is not None:
                product = lengths[-1] * lengths[-2]
                along = (move * step).sum(1)
                turns.append(np.where(product > 0, along / np.where(product > 0, product, 1), 0.0))
            step = move
        before = now
    return np.stack([*lengths, *turns], axis=1)
