"""Whether predicted probabilities are those that come true, by isotonic regression.

CORP: Dimitriadis, Gneiting & Jordan, PNAS 118 (2021). No bins. Definitions: docs/definitions.md
§6.2.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

Each = Float[np.ndarray, "N"]


@dataclass(frozen=True)
class Calibration:
    """Brier = miscalibration − discrimination + uncertainty, and the curve.

    Args:
        brier: mean (p − y)².
        miscalibration: Brier less that of the recalibrated probabilities, at least 0.
        discrimination: what these gain over the base rate π.
        uncertainty: π(1 − π).
        expected: mean miscalibration of calibrated probabilities of these problems.
        limit: its 95 % quantile: a miscalibration below it shows nothing.
        at: probabilities at which the curve is kept, quantiles of p.
        observed: the isotonic estimate there.
        low: 2.5 % of the isotonic estimates of calibrated probabilities.
        high: 97.5 % of them.
        count: problems of the step that each lies on.
    """

    brier: float
    miscalibration: float
    discrimination: float
    uncertainty: float
    expected: float
    limit: float
    at: Float[np.ndarray, "grid"]
    observed: Float[np.ndarray, "grid"]
    low: Float[np.ndarray, "grid"]
    high: Float[np.ndarray, "grid"]
    count: Float[np.ndarray, "grid"]


def isotonic(
    value: Float[np.ndarray, "group"], weight: Float[np.ndarray, "group"]
) -> tuple[Float[np.ndarray, "group"], Float[np.ndarray, "group"]]:
    """The non-decreasing sequence nearest in weighted square, by pooling adjacent violators.

    Args:
        value: in the order of p.
        weight: of each.

    Returns:
        The fit, and the weight of the step that each value lies on.
    """
    from scipy.optimize import isotonic_regression

    fitted = isotonic_regression(value, weights=weight)
    blocks = fitted.blocks
    sizes = np.add.reduceat(weight, blocks[:-1])
    return fitted.x, np.repeat(sizes, np.diff(blocks))


def calibration(
    failed: Bool[np.ndarray, "N"],
    probability: Each,
    rng: np.random.Generator,
    resamples: int = 200,
    grid: int = 65,
) -> Calibration:
    """Decompose the Brier score, and say how far calibrated probabilities would seem to be off.

    Args:
        failed: y.
        probability: p, of models that did not see the problem.
        rng: of the draws y ~ Bernoulli(p), which say what a calibrated forecast looks like.
        resamples: how many.
        grid: points of the curve.

    Returns:
        The parts and the curve.
    """
    p, group = np.unique(probability, return_inverse=True)
    weight = np.bincount(group).astype(float)
    y = failed.astype(float)

    def fit(outcome: Each) -> tuple[Float[np.ndarray, "group"], Float[np.ndarray, "group"]]:
        return isotonic(np.bincount(group, outcome) / weight, weight)

    def parts(outcome: Each, fitted: Float[np.ndarray, "group"]) -> tuple[float, float, float]:
        score = float(np.square(probability - outcome).mean())
        recalibrated = float(np.square(fitted[group] - outcome).mean())
        base = float(outcome.mean())
        return score, recalibrated, base * (1 - base)

    estimate, sizes = fit(y)
    score, recalibrated, uncertainty = parts(y, estimate)
    drawn, missed = [], []
    for _ in range(resamples):
        again = (rng.random(len(y)) < probability).astype(float)
        fitted, _ = fit(again)
        drawn.append(fitted)
        best = parts(again, fitted)
        missed.append(best[0] - best[1])
    ordered = np.sort(probability)
    at = np.quantile(ordered, np.linspace(0, 1, grid), method="nearest")
    place = np.searchsorted(p, at)
    low, high = np.quantile(np.array(drawn)[:, place], [0.025, 0.975], axis=0)
    return Calibration(
        score, max(score - recalibrated, 0.0), max(uncertainty - recalibrated, 0.0), uncertainty,
        float(np.mean(missed)), float(np.quantile(missed, 0.95)),
        at, estimate[place], low, high, sizes[place],
    )  # fmt: skip
