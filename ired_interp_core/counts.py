"""Numbers counted in bins, so that counts of parts, added, are the counts of the whole.

The bins of a part are 2^e wide and begin at whole multiples of 2^e, where e is the smallest
exponent with which its numbers fit into `BINS` bins. Two neighbours then make one bin of the next
exponent exactly, and what is counted depends on the numbers alone, neither on how they came in
parts nor on the order of these. Light: no torch.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

BINS = 4096
"""Most bins: quantiles are known to within 1/2048 of the range of the numbers, or better."""

FINEST = 40
"""Bins are at least 2^−40 of the largest magnitude wide, so that a bin's number is exact."""


@dataclass(frozen=True)
class Counts:
    """Finite numbers, counted.

    Args:
        low: smallest number.
        high: largest.
        exponent: e; bins are 2^e wide.
        first: the first bin begins at first · 2^e.
        counts: of each bin.
    """

    low: float
    high: float
    exponent: int
    first: int
    counts: Int[np.ndarray, " B"]

    @property
    def edges(self) -> Float[np.ndarray, " E"]:
        """Ends of the bins, one more than there are bins."""
        return np.ldexp(self.first + np.arange(len(self.counts) + 1.0), self.exponent)

    def within(self, exponent: int, first: int, length: int) -> Int[np.ndarray, " B"]:
        """The same counts in bins of an exponent at least as large."""
        found = np.zeros(length, np.int64)
        at = (self.first + np.arange(len(self.counts))) >> (exponent - self.exponent)
        np.add.at(found, at - first, self.counts)
        return found

    def __add__(self, other: "Counts") -> "Counts":
        """The counts of the numbers of both."""
        low, high = min(self.low, other.low), max(self.high, other.high)
        bins = _bins(low, high)
        return Counts(low, high, *bins[:2], self.within(*bins) + other.within(*bins))


def counted(values: Float[np.ndarray, "..."]) -> Counts | None:
    """Count the finite ones of some numbers; None where there is none."""
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return None
    low, high = float(finite.min()), float(finite.max())
    exponent, first, length = _bins(low, high)
    at = np.floor(np.ldexp(finite, -exponent)).astype(np.int64) - first
    return Counts(low, high, exponent, first, np.bincount(at, minlength=length))


def _bins(low: float, high: float) -> tuple[int, int, int]:
    """Exponent, number of the first bin, and how many there are between two numbers."""
    largest = max(abs(low), abs(high))
    exponent = math.frexp(largest)[1] - FINEST if largest else 0
    if high > low:
        exponent = max(exponent, math.frexp(high - low)[1] - BINS.bit_length())
    while True:
        first, last = (math.floor(math.ldexp(v, -exponent)) for v in (low, high))
        if last - first < BINS:
            return exponent, first, last - first + 1
        exponent += 1
