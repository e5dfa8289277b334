"""Which problems fail, by a rule that is part of the question, and what kind of error they have.

Definitions: docs/definitions.md §6.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from ired_interp_core.errors import Refusal
from ired_interp_core.failure.names import KINDS

Each = Float[np.ndarray, "N"]


@dataclass(frozen=True)
class Outcome:
    """What the rule measures of every problem, and which problems fail by it.

    Args:
        value: larger is worse; +inf where the walk left the numbers.
        threshold: a problem fails above it.
        failed: whether it does, or its value is no number.
    """

    value: Each
    threshold: float
    failed: Bool[np.ndarray, "N"]


def worst(value: Each, share: float) -> Outcome:
    """The share of the problems with the largest values.

    The threshold is the value of rank ⌊(N − 1)(1 − share)⌋ in ascending order, from 0 on, and what
    is equal to it does not fail: of equal values none fails.

    Args:
        value: of every problem; not finite where the walk left the numbers, which is a failure.
        share: of failures, 0 … 1.

    Returns:
        Values, threshold and failures.
    """
    usable = np.where(np.isfinite(value), value, np.inf)
    ordered = np.sort(usable)
    threshold = float(ordered[int((len(ordered) - 1) * (1 - share))]) if len(ordered) else np.nan
    return Outcome(usable, threshold, (usable > threshold) | np.isinf(usable))


def above(value: Each, threshold: float) -> Outcome:
    """The problems above a threshold that was there before them.

    Args:
        value: of every problem; not finite where the walk left the numbers, which is a failure.
        threshold: of the rule.

    Returns:
        Values, threshold and failures.
    """
    usable = np.where(np.isfinite(value), value, np.inf)
    return Outcome(usable, threshold, (usable > threshold) | np.isinf(usable))


def quantity(rule: str, measured: Mapping[str, Each]) -> Each:
    """What a rule measures; larger is worse.

    Args:
        rule: of RULES.
        measured: `mse`; for baseline `baseline_mse`, of the predictor on the same problems; for
            residual `residual`, ‖AŶ − I‖/√n; for prefers_wrong `energy_answer` and
            `energy_truth`, at t = 0.

    Returns:
        MSE (worst), MSE over that of the predictor (baseline), the residual, or E_0(y*) − E_0(ŷ).
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        if rule == "baseline":
            return measured["mse"] / measured["baseline_mse"]
        if rule == "residual":
            return measured["residual"]
        if rule == "prefers_wrong":
            return measured["energy_truth"] - measured["energy_answer"]
        return measured["mse"]


def outcome(
    rule: str, measured: Mapping[str, Each], share: float, task: str, determined: bool
) -> Outcome:
    """Failures by a rule.

    Args:
        rule: of RULES.
        measured: as `quantity` takes it.
        share: of failures, where the rule is a quantile.
        task: named in refusals.
        determined: whether x fixes y.

    Returns:
        Values, threshold and failures.

    Raises:
        Refusal: the rule means nothing on this task.
    """
    if rule == "prefers_wrong" and not determined:
        raise Refusal(
            "rule means nothing where x does not fix y",
            where="failure_prediction, rule",
            came=f"prefers_wrong on {task}",
            expected="worst or baseline",
            next_step="an ideal energy is lower at the posterior mean than at the truth too",
        )
    if rule == "residual" and task != "inverse":
        raise Refusal(
            "rule is one of inverse alone",
            where="failure_prediction, rule",
            came=f"residual on {task}",
            expected="worst or baseline",
        )
    value = quantity(rule, measured)
    if rule in {"worst", "residual"}:
        return worst(value, share)
    return above(value, 1.0 if rule == "baseline" else 0.0)


def kinds(
    answer: Float[np.ndarray, "N n n"],
    truth: Float[np.ndarray, "N n n"],
    clip: float,
    scale: float = 0.5,
    asymmetric: float = 0.5,
    clipped: float = 0.05,
) -> Int[np.ndarray, "N"]:
    """The kind of every error e = ŷ − y*, the first that fits.

    *Scale*: min_c ‖cŷ − y*‖² < `scale`·‖e‖². *Asymmetric*: ‖(e − eᵀ)/2‖² > `asymmetric`·‖e‖².
    *Clipped*: more than `clipped` of the entries of ŷ lie on the box. Else *structure*.

    Args:
        answer: ŷ in the data frame.
        truth: y*.
        clip: c, the box.
        scale: share of the squared error that a factor has to leave less than.
        asymmetric: share of it that has to be antisymmetric.
        clipped: share of the entries.

    Returns:
        Index in KINDS; the last of an answer that is no number.
    """
    answer, truth = (m.reshape(len(m), -1).astype("f8") for m in (answer, truth))
    n = int(np.sqrt(answer.shape[1]))
    error = (answer - truth).reshape(-1, n, n)
    with np.errstate(invalid="ignore", over="ignore"):
        size, own = np.square(error).sum((1, 2)), np.square(answer).sum(1)
        along = np.square((answer * truth).sum(1)) / np.where(own > 0, own, 1.0)
        left = np.square(truth).sum(1) - along
        odd = np.square(error - error.swapaxes(1, 2)).sum((1, 2)) / 4
        on_box = (np.abs(answer) >= clip * (1 - 1e-6)).mean(1)
        fits = (left < scale * size, odd > asymmetric * size, on_box > clipped)
    finite = np.isfinite(answer).all(1)
    return np.select([f & finite for f in fits], range(len(fits)), len(KINDS) - 1).astype(np.int64)
