"""All probes of one input at one level, of the model or of an untrained network.

Definitions: docs/definitions.md §6.1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, Int8

from ired_interp_core.probing.codelength import Bits, gaussian_bits
from ired_interp_core.probing.control_task import control_task, shuffled
from ired_interp_core.probing.folds import folds, ranks
from ired_interp_core.probing.ridge import OutOfFold, fit, out_of_fold, r2, squares

KINDS = ("task", "shuffled", "reshuffled", "table")
"""Targets of every property: itself; shuffled; shuffled again, which is the control of the first
shuffle; and the control task."""

SIZES = 6
"""Sizes of a learning curve at most, each twice the one before."""

SMALLEST = 16
"""Training problems of a learning curve at least."""


@dataclass(frozen=True)
class Design:
    """Targets and splits, the same for every input and control.

    Args:
        words: problem of every row.
        values: properties that vary, one row a problem.
        code: cell of every row in the coarse code of the control task.
        splits: how many.
        k: folds of a split.
        seed: of splits, shuffles and tables.
        far: properties of the twins in the harder set; NaN of what is left out.
        given: targets, where they are not made of the values.
    """

    words: Int[np.ndarray, "N"]
    values: Float[np.ndarray, "N T"]
    code: Int[np.ndarray, "N"]
    splits: int
    k: int
    seed: int
    far: Float[np.ndarray, "N T"] | None = None
    given: Float[np.ndarray, "N column"] | None = None

    @cached_property
    def fold(self) -> Int8[np.ndarray, "split N"]:
        """Fold of every row in every split."""
        seeds = [self.splits * self.seed + s for s in range(self.splits)]
        return np.stack([folds(self.words, s, self.k) for s in seeds])

    @cached_property
    def targets(self) -> Float[np.ndarray, "N column"]:
        """Every kind of target of every property; properties vary fastest."""
        if self.given is not None:
            return self.given
        once, again = (shuffled(self.words, self.values, 2 * self.seed + i) for i in range(2))
        table = control_task(self.code, self.values, self.seed)
        return np.concatenate([self.values, once, again, table], axis=1)

    @property
    def properties(self) -> int:
        """How many properties there are."""
        return self.values.shape[1]

    def kinds(self, count: int) -> Float[np.ndarray, "N column"]:
        """Targets of the first kinds."""
        return self.targets[:, : count * self.properties]

    @cached_property
    def rank(self) -> Int[np.ndarray, "N"]:
        """A random order of the problems, in which learning curves and codes take them."""
        return ranks(self.words, self.seed)

    @cached_property
    def once(self) -> Int[np.ndarray, "problem"]:
        """One row of every problem, in that order."""
        return np.unique(self.rank, return_index=True)[1]

    @cached_property
    def among(self) -> list[int]:
        """Problems of which the training rows of every size but the last are taken."""
        halves = [len(self.once) // 2**j for j in range(SIZES - 1, 0, -1)]
        return [m for m in halves if m * (self.k - 1) // self.k >= SMALLEST]

    @property
    def sizes(self) -> Int[np.ndarray, "size"]:
        """Training problems of every size, mean over folds."""
        every = np.array([*self.among, len(self.once)])
        return np.asarray(every * (self.k - 1) // self.k)


@dataclass(frozen=True)
class Fitted:
    """What probes of one input score.

    Args:
        miss: squared errors out of fold, of every kind of target, in the first split.
        spread: those of the mean of the training rows.
        scores: R² of every split.
        train: R² on training rows of the first split.
        validation: R² with problems left out in training.
        predicted: out of fold, in the first split.
        curve: R² of the task and of its shuffle by size of training.
        curve_train: that of the task on the training rows.
        bits: description lengths.
        far: squared errors on the twins, of probes of the task and of its shuffle.
    """

    miss: Float[np.ndarray, "N column"]
    spread: Float[np.ndarray, "N column"]
    scores: Float[np.ndarray, "split T"]
    train: Float[np.ndarray, "T"]
    validation: Float[np.ndarray, "T"]
    predicted: Float[np.ndarray, "N T"]
    curve: Float[np.ndarray, "size 2 T"]
    curve_train: Float[np.ndarray, "size T"]
    bits: Bits | None
    far: Float[np.ndarray, "N column"] | None


def fitted(
    design: Design,
    x: Float[np.ndarray, "N p"],
    twin: Float[np.ndarray, "N p"] | None,
    kinds: int = len(KINDS),
    whole: bool = True,
    check: Callable[[], None] = lambda: None,
) -> Fitted:
    """Fit all probes of an input.

    Args:
        design: targets and splits.
        x: the input, one row a problem.
        twin: of the same problems of the harder set.
        kinds: of targets that are needed.
        whole: whether all splits, learning curves and bits are; of controls one split is.
        check: called between fits; what it raises ends them.

    Returns:
        Scores and errors.
    """
    count, words, fold = design.properties, design.words, design.fold
    targets = design.kinds(kinds)
    first, other = out_of_fold(x, targets, words, fold[0], twin=twin)
    miss, spread = squares(targets, first)
    scores = [r2(miss, spread)[:count]]
    for split in fold[1:] if whole else ():
        check()
        found, _ = out_of_fold(x, design.values, words, split)
        scores.append(r2(*squares(design.values, found)))
    curve, curve_train = [], []
    for among in design.among:
        check()
        found, _ = out_of_fold(x, design.kinds(2), words, fold[0], design.rank < among)
        curve.append(_two(design, found))
        curve_train.append(found.train[:count])
    curve.append(r2(miss, spread)[: 2 * count].reshape(2, count))
    curve_train.append(first.train[:count])
    bits = None
    if whole:
        check()
        rows = design.once
        bits = gaussian_bits(x[rows], design.values[rows], words[rows])
    far = None
    if other is not None and design.far is not None:
        far = np.square(np.tile(design.far, 2) - other[:, : 2 * count])
    return Fitted(
        miss, spread, np.stack(scores), first.train[:count], first.validation[:count],
        first.predicted[:, :count], np.stack(curve), np.stack(curve_train), bits, far,
    )  # fmt: skip


def _two(design: Design, found: OutOfFold) -> Float[np.ndarray, "2 T"]:
    """R² of the task and of its shuffle."""
    return r2(*squares(design.kinds(2), found)).reshape(2, -1)


def direction(design: Design, x: Float[np.ndarray, "N p"]) -> Float[np.ndarray, "p T"]:
    """Unit readout directions of probes fitted on all problems, in the frame of the input.

    Args:
        design: targets.
        x: the input.

    Returns:
        w/‖w‖ of ŷ = w·x + constant; 0 where the probe reads nothing.
    """
    w = fit(x, design.values, design.words).readout
    length = np.linalg.norm(w, axis=0)
    return np.asarray(w / np.where(length > 0, length, 1.0))
