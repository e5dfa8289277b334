"""How well failures are told from the rest: by rank within test folds, and by decisions.

Definitions: docs/definitions.md §6.2. Positive is failure.
"""

from dataclasses import dataclass

import numpy as np
import scipy.stats
from jaxtyping import Bool, Float, Int

Each = Float[np.ndarray, "N"]
Failed = Bool[np.ndarray, "N"]
Folds = Int[np.ndarray, "N"]


def placements(
    failed: Failed, score: Float[np.ndarray, "N column"]
) -> tuple[Float[np.ndarray, "n1 column"], Float[np.ndarray, "n0 column"]]:
    """Share of the others that each problem is on the right side of, ties counted half.

    Of a failure Σ_j ψ(s_i, s_j)/n₀ over those that did not fail, of one that did not
    Σ_i ψ(s_i, s_j)/n₁, ψ = 1, ½, 0 for s_i >, =, < s_j; by mid-ranks.

    Args:
        failed: whether it did.
        score: larger where failure is expected.

    Returns:
        Of the failures, and of the others, in their order.
    """
    ranks = scipy.stats.rankdata(score, axis=0)
    n1, n0 = int(failed.sum()), int((~failed).sum())
    one = (ranks[failed] - scipy.stats.rankdata(score[failed], axis=0)) / max(n0, 1)
    other = (ranks[~failed] - scipy.stats.rankdata(score[~failed], axis=0)) / max(n1, 1)
    return one, 1 - other


@dataclass(frozen=True)
class Delong:
    """AUROC of scores of the same problems, with their covariance.

    Args:
        auroc: of every score; NaN without problems of both kinds.
        covariance: of these; NaN with fewer than two of a kind.
    """

    auroc: Float[np.ndarray, "column"]
    covariance: Float[np.ndarray, "column column"]

    def error(self, weights: Float[np.ndarray, "column"]) -> float:
        """Standard error of a weighted sum of the AUROCs: (1,) of one, (1, −1) of a difference."""
        return float(np.sqrt(max(weights @ self.covariance @ weights, 0.0)))


def delong(failed: Failed, score: Float[np.ndarray, "N column"]) -> Delong:
    """AUROC and its covariance by placements, S₁₀/n₁ + S₀₁/n₀.

    For scores that were not fitted to these problems: of nested models scored in sample the
    difference is not normal. DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988).

    Args:
        failed: whether it did.
        score: of every problem, by every way to predict.

    Returns:
        AUROCs and their covariance.
    """
    one, other = placements(failed, score)
    columns = score.shape[1]
    nothing = np.full((columns, columns), np.nan)
    if not len(one) or not len(other):
        return Delong(np.full(columns, np.nan), nothing)
    if min(len(one), len(other)) < 2:
        return Delong(one.mean(axis=0), nothing)
    parts = (np.cov(v, rowvar=False, ddof=1).reshape(columns, columns) for v in (one, other))
    spread, rest = parts
    return Delong(one.mean(axis=0), spread / len(one) + rest / len(other))


def auroc(failed: Failed, score: Each) -> float:
    """Share of pairs (failure, other) in which the failure has the larger score, ties half."""
    return float(delong(failed, score[:, None]).auroc[0])


def enough(failed: Failed, fold: Folds) -> bool:
    """Whether every test fold holds problems of both kinds, so that there is an AUROC."""
    each = [failed[fold == f] for f in np.unique(fold)]
    return bool(each) and all(0 < part.sum() < len(part) for part in each)


def fold_auroc(failed: Failed, score: Each, fold: Folds) -> float:
    """Mean over the test folds of the AUROC within each.

    Scores of several folds are never compared: each comes from a model of its own, and thrown
    together a constant prediction, the base rate of its training folds, would get 0.47.

    Args:
        failed: whether it did.
        score: of the model that did not see the problem.
        fold: test fold of every problem.

    Returns:
        NaN where a fold lacks problems of a kind, or a score is no number.
    """
    if not enough(failed, fold) or not np.isfinite(score).all():
        return np.nan
    return float(np.mean([auroc(failed[fold == f], score[fold == f]) for f in np.unique(fold)]))


def null_deviation(failures: int, others: int) -> float:
    """Standard deviation of an AUROC that knows nothing, √((n₁ + n₀ + 1)/(12 n₁n₀))."""
    pairs = 12 * failures * others
    return float(np.sqrt((failures + others + 1) / pairs)) if pairs else np.nan


@dataclass(frozen=True)
class Confusion:
    """Predictions at a threshold, with all that is read off them.

    Args:
        hits: failures that were predicted.
        missed: failures that were not.
        alarms: predicted, and they did not fail.
        passed: neither.
    """

    hits: Float[np.ndarray, "..."]
    missed: Float[np.ndarray, "..."]
    alarms: Float[np.ndarray, "..."]
    passed: Float[np.ndarray, "..."]

    @property
    def recall(self) -> Float[np.ndarray, "..."]:
        """Share of the failures that were predicted."""
        return _over(self.hits, self.hits + self.missed)

    @property
    def precision(self) -> Float[np.ndarray, "..."]:
        """Share of the predicted that failed; NaN where nothing was predicted."""
        return _over(self.hits, self.hits + self.alarms)

    @property
    def false_alarms(self) -> Float[np.ndarray, "..."]:
        """Share of those that did not fail and were predicted."""
        return _over(self.alarms, self.alarms + self.passed)

    @property
    def balanced_accuracy(self) -> Float[np.ndarray, "..."]:
        """(recall + 1 − false alarms)/2: ½ of any guess that knows nothing."""
        return (self.recall + 1 - self.false_alarms) / 2


def _over(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)


def confusion(
    failed: Failed,
    predicted: Bool[np.ndarray, "N"],
    weights: Float[np.ndarray, "resample N"] | None = None,
) -> Confusion:
    """Count predictions, or add their weights.

    Args:
        failed: whether it did.
        predicted: whether it was said that it would.
        weights: how often each problem is in every resample; once, when left out.

    Returns:
        Four counts, or four of every resample.
    """
    rows = np.ones((1, len(failed))) if weights is None else weights
    each = (failed & predicted, failed & ~predicted, ~failed & predicted, ~failed & ~predicted)
    counts = [rows @ part.astype(np.float64) for part in each]
    return Confusion(*(counts if weights is not None else (c[0] for c in counts)))


def brier(failed: Failed, probability: Each) -> float:
    """Mean of (p − y)², y = 1 of a failure; π(1 − π) of the base rate π."""
    return float(np.square(probability - failed).mean()) if len(failed) else np.nan
