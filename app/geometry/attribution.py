"""Attributions of all problems, as the sheet on attribution shows them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr
from scipy.special import erf

from app.geometry import over
from app.geometry.over import Middle, Verdict
from ired_interp_core.geometry.names import BASELINES, COUNTS, GROUPS

VARIABLES = (
    "attribution_x", "attribution_y", "mean_y", "mean_x", "energy_gaps", "error_attribution",
    "error_gap", "error_true_gap", "disturbance",
)  # fmt: skip
Means = Callable[[np.ndarray], np.ndarray]
"""Entries of every problem → one ratio of means a problem."""
HEADLINE = COUNTS.index(20)


@dataclass(frozen=True)
class Ratio:
    """Mean attribution per entry of one group over that of another.

    Args:
        name: of the two groups.
        group: value of the field `grouping` that means it.
        value: of every problem; NaN where a group has no entry that counts.
        size: [problem], the same ratio of the entries' size, or of their distance from a mean.
        untrained: [problem], the same ratio of an untrained network; NaN where it is not known.
    """

    name: str
    group: str
    value: np.ndarray
    size: np.ndarray
    untrained: np.ndarray

    @cached_property
    def middles(self) -> dict[str, Middle]:
        """Medians over problems of the three, and of value over each control, paired."""
        with np.errstate(divide="ignore", invalid="ignore"):
            columns = {
                "value": self.value, "size": self.size, "untrained": self.untrained,
                "over_size": self.value / self.size,
                "over_untrained": self.value / self.untrained,
            }  # fmt: skip
        return {name: over.middle(column[:, None]) for name, column in columns.items()}

    @property
    def verdict(self) -> Verdict:
        """Whether it exceeds 1, and both controls on the same problems."""
        m = self.middles
        found = over.verdict(m["value"].low, m["value"].high, 1.0)
        for name in ("over_size", "over_untrained"):
            found = over.clear(found, m[name].low - 1.0, m[name].high - 1.0)
        return found


@dataclass(frozen=True)
class Attribution:
    """What is attributed to the entries of x and y, by one method.

    Args:
        found: `VARIABLES` of all problems.
        x: the problems [problem, part, row, col]; NaN where they are not known.
        y: the answers at which E was taken [problem, row, col].
        of: energy or error.
        approach: one of `METHODS`; of the error, its baseline.
        holes: x has hidden entries, which are 0.
    """

    found: xr.Dataset
    x: np.ndarray
    y: np.ndarray
    of: str
    approach: str
    holes: bool

    @property
    def problems(self) -> np.ndarray:
        """Their indices."""
        return self.found["problem"].values

    @property
    def from_zero(self) -> bool:
        """Whether what counts is the distance from zero: then entries that are 0 get 0."""
        return self.approach not in ("mean", "noise")

    @cached_property
    def counted(self) -> np.ndarray:
        """Entries of x whose attribution is not 0 by construction."""
        return self.x != 0 if self.from_zero else np.ones(self.x.shape, bool)

    def _away(self, values: np.ndarray) -> np.ndarray:
        """How far entries are from where the path begins; from noise, on average over the noise."""
        if self.from_zero:
            return np.abs(values)
        there = np.isfinite(values).reshape(len(values), -1).all(1)  # answers of others diverged
        if not there.any():
            return np.full(values.shape, np.nan)
        apart = values - values[there].mean(0)
        return np.abs(apart) if self.approach == "mean" else folded(apart, values[there].std(0))

    @cached_property
    def size_x(self) -> np.ndarray:
        """What attribution to x grows with, whatever the network is; in the shape of x."""
        return self._away(self.x)

    @cached_property
    def size_y(self) -> np.ndarray:
        """The same of the answers."""
        return self._away(self.y)

    @cached_property
    def to_x(self) -> np.ndarray:
        """|attribution| to x, in its shape."""
        if self.of == "error":
            return np.abs(self.found["error_attribution"].values.astype("f8"))
        return np.abs(self.found["attribution_x"].sel(approach=self.approach).values.astype("f8"))

    @cached_property
    def to_y(self) -> np.ndarray | None:
        """|attribution| to y; None of the error, which is attributed to x alone."""
        if self.of == "error":
            return None
        return np.abs(self.found["attribution_y"].sel(approach=self.approach).values.astype("f8"))

    @cached_property
    def diverged(self) -> int:
        """Problems without any attribution."""
        return int((~np.isfinite(self.to_x).all((1, 2, 3))).sum())

    def _untrained(self, name: str, above: str, below: str) -> np.ndarray:
        if self.of == "error":
            return np.full(len(self.problems), np.nan)
        means = self.found[name].sel(network="untrained", approach=self.approach)
        values = means.sel(group=[above, below]).transpose("problem", "group").values
        with np.errstate(divide="ignore", invalid="ignore"):
            return values[:, 0] / values[:, 1]

    @cached_property
    def ratios(self) -> dict[str, Ratio]:
        """Those that the task has, x before y; the first two are those of 3.1 and 3.2."""
        n, (on, off, observed, hidden) = self.x.shape[-1], GROUPS
        eye, seen = np.eye(n, dtype=bool), self.x != 0
        diagonal = np.broadcast_to(eye, self.x.shape)

        def of_x(name: str, group: str, means: Means, untrained: np.ndarray) -> Ratio:
            return Ratio(f"x: {name}", group, means(self.to_x), means(self.size_x), untrained)

        found = {
            "x_diagonal": of_x(
                "off / on diagonal", "diagonal",
                lambda v: _over(v, self.counted & ~diagonal, self.counted & diagonal),
                self._untrained("mean_x", off, on),
            )
        }  # fmt: skip
        rows = self._rows("x", self.to_x, self.size_x, self.counted)
        apart = of_x(
            "observed / hidden", "observed", lambda v: _over(v, seen, ~seen),
            self._untrained("mean_x", observed, hidden),
        )  # fmt: skip
        of_hidden = {"x_observed": apart} if self.holes and not self.from_zero else {}
        to_y = self.to_y
        if to_y is None:
            return {**found, "x_rows": rows, **of_hidden}

        def of_y(name: str, group: str, means: Means, untrained: np.ndarray) -> Ratio:
            return Ratio(f"y: {name}", group, means(to_y), means(self.size_y), untrained)

        on_y = np.broadcast_to(eye, self.y.shape)
        found["y_diagonal"] = of_y(
            "on / off diagonal", "diagonal", lambda v: _over(v, on_y, ~on_y),
            self._untrained("mean_y", on, off),
        )  # fmt: skip
        found["x_rows"] = rows
        found["y_rows"] = self._rows("y", to_y, self.size_y, np.ones(self.y.shape, bool))
        if self.holes:
            of_hidden["y_observed"] = of_y(
                "observed / hidden", "observed", lambda v: _over(v, seen[:, 0], ~seen[:, 0]),
                self._untrained("mean_y", observed, hidden),
            )  # fmt: skip
        return found | of_hidden

    def _rows(self, name: str, values: np.ndarray, size: np.ndarray, there: np.ndarray) -> Ratio:
        """The largest row over the mean one; an average over noise has no largest row."""
        nothing = np.full(len(self.problems), np.nan)
        sizes = nothing if self.approach == "noise" else _largest(size, there)
        words = f"{name}: largest / mean row"
        return Ratio(words, "rows", _largest(values, there), sizes, nothing)

    def means(self) -> dict[str, np.ndarray]:
        """Means over problems of |attribution| and of size [m, n]; parts under each other."""
        n = self.x.shape[-1]
        flat = {
            "attribution_x": _mean(self.to_x, self.counted),
            "size_x": _mean(self.size_x, self.counted),
        }
        if self.to_y is not None:
            every = np.ones(self.y.shape, bool)
            flat |= {"attribution_y": _mean(self.to_y, every), "size_y": _mean(self.size_y, every)}
        return {name: values.reshape(-1, n) for name, values in flat.items()}

    @property
    def gaps(self) -> np.ndarray | None:
        """Completeness gap of every problem; None where a method adds up to nothing."""
        if self.of == "error":
            return self.found["error_gap"].values
        if self.approach not in BASELINES:
            return None
        return self.found["energy_gaps"].sel(approach=self.approach).values

    @cached_property
    def moved(self) -> np.ndarray:
        """‖Δŷ‖ of a disturbance [problem, chosen, count]."""
        return self.found["disturbance"].transpose("problem", "chosen", "count").values

    @cached_property
    def beside_random(self) -> Middle:
        """‖Δŷ‖ of the 20 top entries over that of random ones, and of the largest over random."""
        top = self.moved[:, :, HEADLINE]
        with np.errstate(divide="ignore", invalid="ignore"):
            return over.middle(top[:, :2] / top[:, 2:])

    @cached_property
    def beyond_random(self) -> Middle:
        """Their differences to random ones, paired."""
        top = self.moved[:, :, HEADLINE]
        return over.middle(top[:, :2] - top[:, 2:])


def folded(apart: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Mean of |apart − spread·η| over η ~ N(0, 1); |apart| where there is no spread."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = apart / spread
        mean = spread * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + apart * erf(ratio / 2**0.5)
    return np.where(spread > 0, mean, np.abs(apart))


def _mean(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Mean over problems of what counts; NaN where nothing does."""
    there = counted & np.isfinite(values)
    number = there.sum(0)
    with np.errstate(invalid="ignore"):
        return np.where(number > 0, np.where(there, values, 0.0).sum(0) / number, np.nan)


def _of_group(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Mean over the entries of a group, problem by problem; NaN where it has none."""
    axes = tuple(range(1, values.ndim))
    number = group.sum(axes)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(number > 0, np.where(group, values, 0.0).sum(axes) / number, np.nan)


def _over(values: np.ndarray, above: np.ndarray, below: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return _of_group(values, above) / _of_group(values, below)


def _largest(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Largest mean of a row over the mean of all rows, which are those of every part."""
    number = counted.sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rows = np.where(number > 0, np.where(counted, values, 0.0).sum(-1) / number, np.nan)
    rows = rows.reshape(len(values), -1)
    there = np.isfinite(rows)
    count = there.sum(1)
    mean = np.where(there, rows, 0.0).sum(1) / np.maximum(count, 1)
    most = np.where(there, rows, -np.inf).max(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 1, most / mean, np.nan)
