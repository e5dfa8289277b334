"""How faithful codings are: sums of squares by problem, level and step, and what follows.

Definitions: docs/definitions.md §5.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ired_interp_core.dictionaries.names import STAGES
from ired_interp_core.intervals import Interval, bootstrap_t

Points = Float[np.ndarray, "problem level step"]


@dataclass(frozen=True)
class Errors:
    """What is left out of held-out points, in the frame of the activations, and what could be.

    Args:
        mean: μ of each (level, step), over the problems measured.
        spread: ‖x − μ‖².
        error: coding → ‖x − x̂‖².
        active: coding → #{f ≠ 0}.
        first: number of the first step; −1 is the one before the jump.
        norm: ‖x‖².
        norm_rebuilt: ‖x̂‖² of the dictionary.
        product: x·x̂ of the dictionary.
    """

    mean: Float[np.ndarray, "level step d"]
    spread: Points
    error: Mapping[str, Points]
    active: Mapping[str, Points]
    first: int
    norm: Points
    norm_rebuilt: Points
    product: Points

    def steps(self, stage: str) -> slice:
        """The steps of a stage."""
        before = max(0, -self.first)
        parts = slice(None), slice(before), slice(before, None)
        return dict(zip(STAGES, parts, strict=True))[stage]

    def about(self, axes: tuple[int, ...]) -> Float[np.ndarray, "..."]:
        """Σ‖x − m‖², m the mean over problems and some of the axes level (0) and step (1).

        Args:
            axes: over which the points have a mean in common, and are summed.

        Returns:
            Of each of the other axis: Σ_p ‖x − μ‖² + P·Σ‖μ − m‖².
        """
        away = self.mean - self.mean.mean(axis=axes, keepdims=True)
        within = self.spread.sum(axis=0) + len(self.spread) * np.square(away).sum(axis=-1)
        return within.sum(axis=axes)

    def explained(self, coding: str, axes: tuple[int, ...] = (0, 1)) -> Float[np.ndarray, "..."]:
        """EV about the mean that points have in common, 1 − Σ‖x − x̂‖²/Σ‖x − m‖².

        Args:
            coding: name.
            axes: as for `about`; () for every (level, step) about its own mean.

        Returns:
            1 where nothing is left out; NaN where there is nothing to explain.
        """
        return explained(self.error[coding].sum(axis=0).sum(axis=axes), self.about(axes))

    def beyond(
        self, stage: str, rng: np.random.Generator, resamples: int
    ) -> tuple[Interval, Interval]:
        """EV beyond the mean of each (level, step), 1 − Σ‖x − x̂‖²/Σ‖x − μ‖², over problems.

        Args:
            stage: which points.
            rng: of the resampling.
            resamples: how many.

        Returns:
            Of each coding; and of the dictionary less each coding, paired by problem.
        """
        chosen = self.steps(stage)
        codings = list(self.error)
        spread = self.spread[:, :, chosen].sum(axis=(1, 2))
        missing = np.stack([self.error[c][:, :, chosen].sum(axis=(1, 2)) for c in codings], axis=1)
        both = np.concatenate([spread[:, None] - missing, missing - missing[:, :1]], axis=1)
        found = ratio(both, spread, rng, resamples)
        columns = slice(len(codings)), slice(len(codings), None)
        value, gain = (
            Interval(*(getattr(found, end)[c] for end in ("value", "low", "high", "p")))
            for c in columns
        )
        return value, gain


def explained(error: np.ndarray | float, spread: np.ndarray | float) -> np.ndarray:
    """EV = 1 − Σ‖x − x̂‖²/Σ‖x − x̄‖², x̄ the mean of the very inputs that are summed.

    Args:
        error: Σ‖x − x̂‖².
        spread: Σ‖x − x̄‖².

    Returns:
        1 is perfect, 0 no better than x̄; NaN where the inputs do not vary.
    """
    error, spread = np.asarray(error, "f8"), np.asarray(spread, "f8")
    return 1 - error / np.where(spread > 0, spread, np.nan)


def ratio(
    above: Float[np.ndarray, "problem column"],
    below: Float[np.ndarray, "problem"],
    rng: np.random.Generator,
    resamples: int,
) -> Interval:
    """Σa/Σb over problems with the bootstrap-t interval of its linearisation.

    r + (a − r·b)/b̄ has the mean r = ā/b̄, and deviates from it as the ratio does to first order.

    Args:
        above: a, a row a problem.
        below: b, positive in sum.
        rng: of the resampling.
        resamples: how many.

    Returns:
        As `intervals.bootstrap_t`; NaN where Σb is not positive.
    """
    mean = below.mean() if len(below) else np.nan
    if not mean > 0:
        nothing = np.full(above.shape[1], np.nan)
        return Interval(nothing, nothing, nothing, nothing)
    value = above.mean(axis=0) / mean
    return bootstrap_t(value + (above - below[:, None] * value) / mean, rng, resamples)


def weighted_cosine(errors: Errors, axes: tuple[int, ...] | None = None) -> np.ndarray:
    """Σx·x̂/√(Σ‖x‖² Σ‖x̂‖²): the cosine of all points as one vector, so that large ones count.

    Args:
        errors: of held-out points.
        axes: summed over; all when left out.

    Returns:
        NaN where x̂ or x is 0 throughout.
    """
    both = errors.norm.sum(axis=axes) * errors.norm_rebuilt.sum(axis=axes)
    return errors.product.sum(axis=axes) / np.sqrt(np.where(both > 0, both, np.nan))


def weighted_norm_ratio(errors: Errors, axes: tuple[int, ...] | None = None) -> np.ndarray:
    """√(Σ‖x̂‖²/Σ‖x‖²).

    Args:
        errors: of held-out points.
        axes: summed over; all when left out.

    Returns:
        NaN where x is 0 throughout.
    """
    norm = errors.norm.sum(axis=axes)
    return np.sqrt(errors.norm_rebuilt.sum(axis=axes) / np.where(norm > 0, norm, np.nan))
