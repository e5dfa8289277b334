"""All numbers of a prediction beside those of another on the same problems.

Definitions: docs/definitions.md §6.2.
"""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float

from ired_interp_core.failure.calibration import calibration
from ired_interp_core.failure.names import ALARMS
from ired_interp_core.failure.nested import Foreseen, Setting, decided
from ired_interp_core.failure.resampling import EQUAL, Weights, interval, resampled_auroc
from ired_interp_core.failure.scores import Confusion, brier, confusion, fold_auroc
from ired_interp_core.records import seeded

GRID = 65
"""Points of a calibration curve."""

BAND = 200
"""Resamples of a band around a curve."""


@dataclass(frozen=True)
class Score:
    """AUROC of a prediction, also of every resample.

    Args:
        value: mean over test folds.
        resampled: of every resample.
        foreseen: the prediction.
    """

    value: float
    resampled: Float[np.ndarray, "resample"]
    foreseen: Foreseen

    def interval(self) -> tuple[float, float, float]:
        """Value and its two ends."""
        low, high, _ = interval(self.value, self.resampled, True)
        return self.value, low, high

    def over(self, other: "Score") -> tuple[float, float, float, float]:
        """Paired difference to another on the same problems, its ends, and what could be found."""
        value = self.value - other.value
        value = 0.0 if abs(value) < EQUAL else value
        return value, *interval(value, self.resampled - other.resampled)


def score(foreseen: Foreseen, setting: Setting, weights: Weights) -> Score:
    """AUROC of a prediction."""
    p = foreseen.probability
    return Score(
        fold_auroc(setting.failed, p, setting.fold),
        resampled_auroc(setting.failed, p, setting.fold, weights),
        foreseen,
    )


def balanced(
    foreseen: Foreseen, setting: Setting, weights: Weights, threshold: float
) -> tuple[float, Float[np.ndarray, "resample"]]:
    """Balanced accuracy, also of every resample; NaN where nothing was predicted from."""
    if not np.isfinite(foreseen.probability).all():
        return np.nan, np.full(len(weights), np.nan)
    _, predicted = decided(foreseen, setting, threshold)
    whole = confusion(setting.failed, predicted)
    return float(whole.balanced_accuracy), confusion(
        setting.failed, predicted, weights
    ).balanced_accuracy


def numbers(
    found: Score, setting: Setting, weights: Weights, threshold: float, seed: int
) -> dict[str, np.ndarray]:
    """Everything that stands beside a prediction.

    Args:
        found: the prediction with its AUROC.
        setting: labels and folds.
        weights: of the resamples.
        threshold: as `nested.decided`.
        seed: of the draws of a calibrated forecast.

    Returns:
        Arrays by the names of the declared variables.
    """
    failed, p = setting.failed, found.foreseen.probability.astype("f8")
    value, low, high = found.interval()
    out: dict[str, float | np.ndarray] = {
        "auroc": value, "auroc_low": low, "auroc_high": high,
        "train_auroc": float(np.mean(found.foreseen.train)),
    }  # fmt: skip
    each, predicted = decided(found.foreseen, setting, threshold)
    whole, again = confusion(failed, predicted), confusion(failed, predicted, weights)
    for name in ("balanced_accuracy", "recall", "precision", "false_alarms"):
        one = float(getattr(whole, name))
        out[name] = one
        out[f"{name}_low"], out[f"{name}_high"], _ = interval(one, getattr(again, name), True)
    out |= {f.name: float(getattr(whole, f.name)) for f in fields(Confusion)}
    out["threshold"] = float(each.mean())
    missed = np.square(p - failed)
    out["brier"] = brier(failed, p)
    ends = interval(float(missed.mean()), weights @ missed / len(failed), True)
    out["brier_low"], out["brier_high"] = ends[:2]
    out["mean_probability"] = float(p.mean())
    parts = calibration(failed, p, seeded("failure", "calibration", seed), BAND, GRID)
    out |= {n: getattr(parts, n) for n in ("miscalibration", "discrimination")}
    out |= {"miscalibration_expected": parts.expected, "miscalibration_limit": parts.limit}
    out |= {
        "calibration_predicted": parts.at, "calibration_observed": parts.observed,
        "calibration_low": parts.low, "calibration_high": parts.high,
        "calibration_count": parts.count,
    }  # fmt: skip
    out |= roc(p, setting, weights[:BAND])
    return {n: np.asarray(v, "f8") for n, v in out.items()}


def roc(
    p: Float[np.ndarray, "N"], setting: Setting, weights: Weights
) -> dict[str, Float[np.ndarray, "alarm"]]:
    """Recall at given shares of false alarms, the mean over the test folds.

    Its area is the mean AUROC. Between thresholds it is a straight line.

    Args:
        p: predictions.
        setting: labels and folds.
        weights: of the band.

    Returns:
        Recall, its 95 % band, and the threshold, over all folds, that gives each share.
    """
    rows = np.concatenate([np.ones((1, len(p))), weights])
    curves = np.zeros((len(rows), len(ALARMS)))
    for f in range(setting.k):
        here = np.flatnonzero(setting.fold == f)
        order = here[np.argsort(-p[here], kind="stable")]
        starts = np.flatnonzero(np.r_[True, np.diff(p[order]) < 0])
        w, y = rows[:, order], setting.failed[order]
        one, other = (
            np.maximum.accumulate(np.cumsum(np.add.reduceat(w * part, starts, 1), 1), 1)
            for part in (y, ~y)
        )
        for i, (hits, alarms) in enumerate(zip(one, other, strict=True)):
            share = np.clip(np.r_[0.0, alarms / alarms[-1]], 0, 1)
            curves[i] += np.interp(ALARMS, share, np.clip(np.r_[0.0, hits / hits[-1]], 0, 1))
    curves /= setting.k
    low, high = np.quantile(curves[1:], [0.025, 0.975], axis=0)
    others = np.sort(p[~setting.failed])[::-1]
    place = np.minimum((np.array(ALARMS) * len(others)).astype(int), len(others) - 1)
    return {"roc_recall": curves[0], "roc_low": np.minimum(low, curves[0]),
            "roc_high": np.maximum(high, curves[0]), "roc_threshold": others[place]}  # fmt: skip
