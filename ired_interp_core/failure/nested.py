"""Predictions of problems that a model did not see, its penalty chosen without them.

Definitions: docs/definitions.md §6.2.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from ired_interp_core.failure.models import boosted, log_loss, logistic, reduced
from ired_interp_core.failure.scores import auroc

Failed = Bool[np.ndarray, "N"]
Folds = Int[np.ndarray, "N"]

PENALTIES = (300.0, 30.0, 3.0, 0.3)
"""Of a weight on a standardised column, in units of the mean log-loss; strongest first."""

WEAK = (30.0, 3.0, 0.3, 0.03, 0.003)
"""Of confounds, which are few and fixed: what they know has to be taken from them in full."""

NOT_USED = np.inf
"""Penalty of columns that add nothing to others."""


@dataclass(frozen=True)
class Setting:
    """What is the same for every fit.

    Args:
        failed: whether each problem did.
        fold: test fold of each, 0 … k − 1.
        components: principal components at most.
        trees: of gradient boosting.
    """

    failed: Failed
    fold: Folds
    components: int = 64
    trees: int = 50

    @property
    def k(self) -> int:
        """Test folds."""
        return int(self.fold.max()) + 1

    def training(self, *folds: int) -> Bool[np.ndarray, "N"]:
        """The rows of no fold among these."""
        return ~np.isin(self.fold, folds)


@dataclass(frozen=True)
class Foreseen:
    """Out-of-fold predictions.

    Args:
        probability: of every problem, by the model of the folds that it is not in; float32, as it
            is kept, so that what is exported gives the same scores.
        train: AUROC of each fold's model on its training rows.
        penalty: of each fold, chosen on its training rows.
        loss: mean log-loss of the inner folds at that penalty.
    """

    probability: Float[np.ndarray, "N"]
    train: Float[np.ndarray, "k"]
    penalty: Float[np.ndarray, "k"]
    loss: Float[np.ndarray, "k"]


def penalties(
    values: Float[np.ndarray, "N column"],
    setting: Setting,
    best: int = 0,
    grid: Sequence[float] = PENALTIES,
) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"]]:
    """Choose the penalty of every test fold by cross-validation within its training rows.

    The inner folds are the other folds. A model without folds f and g predicts g for the choice of
    f and f for that of g; centre, scale, chosen columns and components are those of its own rows.

    Args:
        values: of every problem.
        setting: labels and folds.
        best: as `models.reduced`.
        grid: penalties, strongest first.

    Returns:
        Penalty and mean log-loss of every test fold; of equal losses the strongest penalty.
    """
    failed, fold, k = setting.failed, setting.fold, setting.k
    losses = np.zeros((k, len(grid)))
    for f, g in itertools.combinations(range(k), 2):
        rows = setting.training(f, g)
        ready = reduced(values[rows], setting.components, failed[rows], best)
        z = ready.of(values)
        for i, penalty in enumerate(grid):
            p = logistic(z[rows], failed[rows], penalty).probability(z)
            for outer, inner in ((f, g), (g, f)):
                here = fold == inner
                losses[outer, i] += log_loss(failed[here], p[here]) * here.sum()
    losses /= np.array([setting.training(f).sum() for f in range(k)])[:, None]
    chosen = losses.argmin(axis=1)
    return np.array(grid)[chosen], losses[np.arange(k), chosen]


def predicted(
    values: Float[np.ndarray, "N column"],
    setting: Setting,
    penalty: Float[np.ndarray, "k"],
    loss: Float[np.ndarray, "k"] | None = None,
    best: int = 0,
) -> Foreseen:
    """Predict every fold by the model of the others, at a penalty that is there.

    Args:
        values: of every problem.
        setting: labels and folds.
        penalty: of every test fold.
        loss: kept beside it.
        best: as `models.reduced`.

    Returns:
        Predictions.
    """
    probability, train = np.full(len(values), np.nan), np.full(setting.k, np.nan)
    for f in range(setting.k):
        rows = setting.training(f)
        ready = reduced(values[rows], setting.components, setting.failed[rows], best)
        z = ready.of(values)
        p = logistic(z[rows], setting.failed[rows], float(penalty[f])).probability(z)
        probability[~rows] = p[~rows]
        train[f] = auroc(setting.failed[rows], p[rows])
    return Foreseen(probability.astype("f4"), train, np.asarray(penalty), _none(loss, setting.k))


def nested(
    values: Float[np.ndarray, "N column"],
    setting: Setting,
    best: int = 0,
    grid: Sequence[float] = PENALTIES,
) -> Foreseen:
    """Predict every fold by the model of the others, its penalty chosen within these.

    Args:
        values: of every problem.
        setting: labels and folds.
        best: as `models.reduced`.
        grid: penalties, strongest first.

    Returns:
        Predictions.
    """
    return predicted(values, setting, *penalties(values, setting, best, grid), best=best)


@dataclass(frozen=True)
class Added:
    """Columns beside confounds: of every test fold those of an input of its own.

    Args:
        confounds: of every problem.
        penalty: of the confounds, of every test fold, chosen for them alone.
        inputs: name → values.
        chosen: name of the input of every test fold; chosen on its training rows.
        best: as `models.reduced`, of the inputs.
    """

    confounds: Float[np.ndarray, "N confound"]
    penalty: Float[np.ndarray, "k"]
    inputs: Mapping[str, Float[np.ndarray, "N column"]]
    chosen: Sequence[str]
    best: int = 0

    def ready(
        self, fold: int, rows: Bool[np.ndarray, "N"], setting: Setting
    ) -> tuple[np.ndarray, np.ndarray]:
        """Both kinds of columns for a test fold, made ready by some rows."""
        values, failed = self.inputs[self.chosen[fold]], setting.failed[rows]
        return (
            reduced(self.confounds[rows], setting.components).of(self.confounds),
            reduced(values[rows], setting.components, failed, self.best).of(values),
        )


def _at(c: np.ndarray, z: np.ndarray, first: float, second: float) -> np.ndarray:
    """Columns for a penalty of 1: a penalty of its own is a scale; one without end leaves out."""
    c = c / np.sqrt(first)
    return c if np.isinf(second) else np.concatenate([c, z / np.sqrt(second)], axis=1)


def added(given: Added, setting: Setting) -> Foreseen:
    """Predict from confounds with other columns beside them, each at a penalty of its own.

    That of the confounds is the one they have alone, and among those of the others is one without
    end: columns that know nothing leave the confounds as they are.

    Args:
        given: confounds and other columns.
        setting: labels and folds.

    Returns:
        Predictions; the penalty is that of the other columns.
    """
    failed, fold, k = setting.failed, setting.fold, setting.k
    grid = (NOT_USED, *PENALTIES)
    probability, train = np.full(len(failed), np.nan), np.full(k, np.nan)
    chosen, loss = np.full(k, np.nan), np.full(k, np.nan)
    for f in range(k):
        losses = np.zeros(len(grid))
        for g in (g for g in range(k) if g != f):
            rows, here = setting.training(f, g), fold == g
            c, z = given.ready(f, rows, setting)
            for i, penalty in enumerate(grid):
                both = _at(c, z, given.penalty[f], penalty)
                p = logistic(both[rows], failed[rows], 1.0).probability(both[here])
                losses[i] += log_loss(failed[here], p) * here.sum()
        rows = setting.training(f)
        chosen[f], loss[f] = grid[int(losses.argmin())], losses.min() / rows.sum()
        both = _at(*given.ready(f, rows, setting), given.penalty[f], chosen[f])
        p = logistic(both[rows], failed[rows], 1.0).probability(both)
        probability[~rows], train[f] = p[~rows], auroc(failed[rows], p[rows])
    return Foreseen(probability.astype("f4"), train, chosen, loss)


Ready = Callable[[int, Bool[np.ndarray, "N"]], np.ndarray]
"""(test fold, training rows) → columns of all rows, made ready by the training rows."""


def ready_by(values: np.ndarray, setting: Setting, best: int = 0) -> Ready:
    """Columns of one input, for gradient boosting."""
    return lambda _, rows: reduced(
        values[rows], setting.components, setting.failed[rows], best
    ).of(values)  # fmt: skip


def ready_beside(given: Added, setting: Setting) -> Ready:
    """Confounds with other columns beside them, for gradient boosting."""
    return lambda f, rows: np.concatenate(given.ready(f, rows, setting), axis=1)


def boosting(ready: Ready, setting: Setting) -> Foreseen:
    """Predict every fold by gradient boosting on the others, with fixed settings.

    Args:
        ready: makes columns.
        setting: labels, folds and trees.

    Returns:
        Predictions; there is no penalty.
    """
    probability, train = np.full(len(setting.failed), np.nan), np.full(setting.k, np.nan)
    for f in range(setting.k):
        rows = setting.training(f)
        z = ready(f, rows)
        p = boosted(z[rows], setting.failed[rows], z, setting.trees)
        probability[~rows], train[f] = p[~rows], auroc(setting.failed[rows], p[rows])
    nothing = np.full(setting.k, np.nan)
    return Foreseen(probability.astype("f4"), train, nothing, nothing)


def nearest(losses: Mapping[str, Float[np.ndarray, "k"]]) -> list[str]:
    """The input of every test fold with the smallest loss on its inner folds, the first of equals.

    Args:
        losses: input → loss of every test fold.

    Returns:
        Names, chosen without the test fold.
    """
    names = list(losses)
    return [names[int(i)] for i in np.argmin([losses[n] for n in names], axis=0)]


def decided(
    foreseen: Foreseen, setting: Setting, threshold: float
) -> tuple[Float[np.ndarray, "N"], Bool[np.ndarray, "N"]]:
    """Decide which problems will fail.

    Args:
        foreseen: predictions.
        setting: labels and folds.
        threshold: predicted above it; 0: above the base rate of the training folds, where
            calibrated probabilities have the best balanced accuracy.

    Returns:
        The threshold of every problem, and whether failure is predicted.
    """
    rate = np.array([setting.failed[setting.training(f)].mean() for f in range(setting.k)])
    each = (rate if threshold == 0 else np.full(setting.k, threshold))[setting.fold]
    return each, foreseen.probability > each * (1 + 1e-6)  # not by the rounding of a rate itself


def _none(loss: np.ndarray | None, k: int) -> np.ndarray:
    return np.full(k, np.nan) if loss is None else loss
