"""What one set of problems teaches about failures of another, and what chance would.

Definitions: docs/definitions.md §6.2.
"""

import numpy as np
from jaxtyping import Bool, Float

from ired_interp_core.failure.models import log_loss, logistic, reduced
from ired_interp_core.failure.nested import PENALTIES, Setting
from ired_interp_core.failure.scores import placements


def chosen(
    values: Float[np.ndarray, "N column"], setting: Setting, grid: tuple[float, ...]
) -> tuple[float, float]:
    """Penalty with the smallest log-loss when each fold is left out, and that loss.

    Args:
        values: of every problem.
        setting: labels and folds.
        grid: penalties, strongest first.

    Returns:
        Of equal losses the strongest penalty.
    """
    failed, losses = setting.failed, np.zeros(len(grid))
    for f in range(setting.k):
        rows = setting.training(f)
        z = reduced(values[rows], setting.components).of(values)
        for i, penalty in enumerate(grid):
            p = logistic(z[rows], failed[rows], penalty).probability(z[~rows])
            losses[i] += log_loss(failed[~rows], p) * (~rows).sum()
    return grid[int(losses.argmin())], float(losses.min() / len(failed))


def carried(
    own: Float[np.ndarray, "N column"],
    other: Float[np.ndarray, "M column"],
    setting: Setting,
    there: Setting,
    permuted: Float[np.ndarray, "label N"],
    each: bool,
    grid: tuple[float, ...] = PENALTIES,
) -> dict[str, np.ndarray]:
    """Learn from all of one side, and score the other.

    Components are those of the side that is learned from. What chance gives are models of permuted
    labels at the same penalty (`guessed`): any direction of the activations may tell failures of
    the other side, so that these scatter more widely than the AUROC of a score that knows nothing.

    Args:
        own: of the problems that are learned from.
        other: of those that are predicted.
        setting: labels and folds of the former.
        there: labels of the latter.
        permuted: labels that know nothing.
        each: whether the other side is standardised by itself; else by the one that is learned
            from.
        grid: penalties, strongest first.

    Returns:
        Scores `score`, the inner `loss`, and `chance`, AUROCs of the permuted labels.
    """
    penalty, loss = chosen(own, setting, grid)
    ready = reduced(own, setting.components)
    z, ahead = ready.of(own), (ready.elsewhere(other) if each else ready).of(other)
    score = logistic(z, setting.failed, penalty).score(ahead)
    chance = placed(there.failed, guessed(z, permuted, penalty, ahead))
    return {"score": score, "loss": np.array(loss), "chance": np.array(chance)}


def guessed(
    z: Float[np.ndarray, "n component"],
    labels: Float[np.ndarray, "label n"],
    penalty: float,
    ahead: Float[np.ndarray, "M component"],
) -> Float[np.ndarray, "M label"]:
    """Scores by labels that know nothing: one Newton step of `models.logistic` from the base rate.

    w = (π(1 − π) ZᵀZ/n + penalty)⁻¹ Zᵀ(y − π)/n, one decomposition for all labels. As such labels
    lead to small weights, a second step changes little.

    Args:
        z: training rows, made ready, of mean 0.
        labels: permuted, each with the same number of failures.
        penalty: of the weights.
        ahead: rows to score, made ready.

    Returns:
        One column for each permutation.
    """
    y = np.asarray(labels, dtype=np.float64)
    rate, n = y.mean(), len(z)
    curved = rate * (1 - rate) * (z.T @ z) / n + penalty * np.eye(z.shape[1])
    return ahead @ np.linalg.solve(curved, z.T @ (y - rate).T / n)


def placed(
    failed: Bool[np.ndarray, "M"], scores: Float[np.ndarray, "M column"]
) -> Float[np.ndarray, "column"]:
    """AUROC of every column of scores, in pieces."""
    pieces = np.array_split(scores, max(1, scores.shape[1] // 50), axis=1)
    return np.concatenate([placements(failed, s)[0].mean(axis=0) for s in pieces])
