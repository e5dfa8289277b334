"""How a quantity changes from set to set, beside sets whose labels are shuffled. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.geometry.words import between
from ired_interp_core.records import seeded
from ired_interp_core.spelling import number

RESAMPLES = 400


@dataclass(frozen=True)
class Slope:
    """Change of a quantity by one unit of what the sets differ in.

    Args:
        value: least squares over problems.
        low: lower end of its 95 % interval, problems drawn anew within each set.
        high: upper end.
        shuffled: what 95 % of slopes with shuffled labels stay below in size.
    """

    value: float
    low: float
    high: float
    shuffled: float


def slope(places: Sequence[float], values: Sequence[np.ndarray], level: int) -> Slope | None:
    """The slope of least squares over the problems of all sets.

    Args:
        places: of each set on the axis; one that is not finite is left out.
        values: of each set [problem, level].
        level: whose.

    Returns:
        None without two places.
    """
    columns = [one[:, level] for one in values]
    parts = [(at, column[np.isfinite(column)]) for at, column in zip(places, columns, strict=True)]
    parts = [(at, column) for at, column in parts if np.isfinite(at) and column.size]
    if len({at for at, _ in parts}) < 2:
        return None
    x = np.concatenate([np.full(column.size, at) for at, column in parts])
    y = np.concatenate([column for _, column in parts])
    weights = (x - x.mean()) / ((x - x.mean()) ** 2).sum()  # the slope is weights @ y
    rng = seeded("slope on condition", len(y), level)
    anew, start = np.zeros(RESAMPLES), 0
    for _, column in parts:  # all of a set have one weight
        drawn = rng.integers(column.size, size=(RESAMPLES, column.size))
        anew += weights[start] * column[drawn].sum(1)
        start += column.size
    null = np.abs(rng.permuted(np.tile(y, (RESAMPLES, 1)), axis=1) @ weights)
    low, high = np.quantile(anew, (0.025, 0.975))
    return Slope(float(weights @ y), float(low), float(high), float(np.quantile(null, 0.95)))


def spelled(found: Slope | None, unit: str) -> str:
    """A slope with its interval, beside shuffled labels; `unit` is what it is taken by."""
    if found is None:
        return "no slope"
    ends = between(found.low, found.high, ".2g")
    shuffled = number(found.shuffled, ".2g")
    return f"slope {number(found.value, '.2g')}{ends} a {unit}, shuffled ±{shuffled}"
