"""How many bits a property costs whoever knows an input: online coding.

Definitions: docs/definitions.md §6.1. Voita & Titov, EMNLP 2020; Rissanen, Biometrika 1984.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from ired_interp_core.probing.ridge import fit

HALVINGS = 10
"""Blocks end at the fractions 2⁻¹⁰ … 1 of the problems."""

FEWEST = 8
"""Problems from which on a probe is fitted; a block that begins earlier is coded as a constant."""

UNIFORM_BITS = 8.0
"""Bits of a value under the uniform code: values are written to 1/256 of their range."""


FINEST = 1 / np.sqrt(2 * np.pi)
"""Least scale of a density, in steps: no value then costs less than 0 bits."""


@dataclass(frozen=True)
class Bits:
    """Description lengths in bits of all labels together.

    Args:
        probe: online code of a probe: every block by what was fitted on those before it.
        constant: sequential code of a predictor that knows no input.
        uniform: of one that knows the range, or the classes.
    """

    probe: Float[np.ndarray, "T"]
    constant: Float[np.ndarray, "T"]
    uniform: Float[np.ndarray, "T"]


def starts(count: int) -> list[int]:
    """Where blocks begin: the problems before them, ⌈N·2⁻ʲ⌉ for j = 10 … 1, each once."""
    return sorted({-(-count // 2**j) for j in range(HALVINGS, 0, -1)} & set(range(1, count)))


def gaussian_bits(
    x: Float[np.ndarray, "N p"], values: Float[np.ndarray, "N T"], words: Int[np.ndarray, "N"]
) -> Bits:
    """Code values in the given order, those of a block by a ridge fitted on all before it.

    A value costs −log₂ of the density of Student's t with n − 1 degrees of freedom around the
    prediction, n the rows before, times a step of 1/256 of the range: the Gaussian code whose
    variance is not known beforehand, which is always finite. Its scale is the root mean square of
    the errors that the fitted rows have when left out. The constant predictor is the same code
    around the running mean, with s√(1 + 1/n), row by row. The first two rows are coded uniformly.

    Args:
        x: one row a problem, in a random order.
        values: at least three rows, none constant.
        words: problem of every row.

    Returns:
        Bits; differences between the codes do not depend on the step.
    """
    count = len(values)
    step = np.ptp(values, axis=0) / 2**UNIFORM_BITS
    constant = _constant(values, step)
    cost = constant.copy()
    begin = [n for n in starts(count) if n >= FEWEST]
    for n, stop in pairwise([*begin, count]):
        probe = fit(x[:n], values[:n], words[:n])
        error = values[n:stop] - probe.predict(x[n:stop])
        scale = np.maximum(np.sqrt(probe.residual), step * FINEST)
        cost[n:stop] = _student(error / scale, float(n - 1)) + np.log2(scale / step)
    return Bits(cost.sum(axis=0), constant.sum(axis=0), np.full(values.shape[1], 8.0 * count))


def _constant(
    values: Float[np.ndarray, "N T"], step: Float[np.ndarray, "T"]
) -> Float[np.ndarray, "N T"]:
    """Bits of every value under Student's t around the mean of those before it."""
    cost = np.full(values.shape, UNIFORM_BITS)
    moved = values - values[:1]  # cancels less
    n = np.arange(2, len(values))[:, None].astype(float)
    mean = np.cumsum(moved, axis=0)[1:-1] / n
    square = np.cumsum(np.square(moved), axis=0)[1:-1] / n
    spread = np.sqrt(np.maximum(square - np.square(mean), 0.0) * n / (n - 1) * (1 + 1 / n))
    scale = np.maximum(spread, step * FINEST)
    cost[2:] = _student((moved[2:] - mean) / scale, n - 1) + np.log2(scale / step)
    return cost


def _student(
    z: Float[np.ndarray, "..."], freedom: float | Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """−log₂ of the density of Student's t."""
    from scipy.special import gammaln

    half = (np.asarray(freedom) + 1) / 2
    log = gammaln(half) - gammaln(half - 0.5) - 0.5 * np.log(np.pi * np.asarray(freedom))
    return np.asarray((half * np.log1p(np.square(z) / freedom) - log) / np.log(2))


Fitted = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(x, label, words, new x) → probability of the positive class."""


def class_bits(
    x: Float[np.ndarray, "N p"],
    label: Bool[np.ndarray, "N"],
    words: Int[np.ndarray, "N"],
    fitted: Fitted,
) -> Bits:
    """Code a class in the given order, labels of a block by a probe fitted on all before it.

    Blocks begin where two of each class are in; all before them, and all where a class has fewer,
    costs what the constant predictor asks: Laplace's rule, (n_c + 1)/(n + 2), together
    log₂ (N + 1) + log₂ C(N, n₁).

    Args:
        x: one row a problem, in a random order.
        label: positive or not.
        words: problem of every row.
        fitted: how a probe is fitted, and what it says of new rows.

    Returns:
        Bits, one number each; uniform is 1 bit a label.
    """
    label = np.asarray(label, dtype=bool)
    count, before = len(label), np.arange(len(label))
    seen = np.cumsum(label) - label  # positives before each row
    right = np.where(label, seen, before - seen)
    constant = -np.log2((right + 1) / (before + 2))
    cost = constant.copy()
    both = [n for n in starts(count) if 2 <= label[:n].sum() <= n - 2]
    for n, stop in pairwise([*both, count]):
        p = fitted(x[:n], label[:n], words[:n], x[n:stop])
        share = np.where(label[n:stop], p, 1 - p)
        # As surely as n rows can know: Laplace's rule of rows that were all of one class.
        cost[n:stop] = -np.log2(np.clip(share, 1 / (n + 2), 1 - 1 / (n + 2)))
    return Bits(*(np.array([v]) for v in (cost.sum(), constant.sum(), float(count))))
