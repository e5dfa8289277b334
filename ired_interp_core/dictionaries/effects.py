"""What is concluded from the walks with a feature and its controls: paired, corrected, with words.

Definitions: docs/definitions.md §5.5.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ired_interp_core.dictionaries.names import CONTROLS, INTERVENTIONS, RIVALS, VERDICTS, WAYS
from ired_interp_core.intervals import bootstrap_t, detectable, holm
from ired_interp_core.records import seeded

SURE = 0.05
"""Holm's p below which an effect is decided."""

UNTESTED, MORE, UNDECIDED, LESS = range(len(VERDICTS))


@dataclass(frozen=True)
class Measured:
    """One effect of every tested feature, beside its controls on the same problems.

    Args:
        mean: over problems.
        low: of its 95 % interval.
        high: of its 95 % interval.
        controls: mean of each control.
        control: mean of the rival.
        beyond: mean of feature − control, paired by problem.
        beyond_low: of its interval.
        beyond_high: of its interval.
        rival: the control with the smallest `beyond_low`, in RIVALS.
        p: largest p over the controls that the effect exceeds, 1 where it does not exceed all,
            after Holm over features.
        found: what so many problems find with 80 % power at the first level of Holm: of an effect
            with a sign, its mean; of a distance, the difference to the rival.
        verdict: in VERDICTS.
    """

    mean: Float[np.ndarray, "trial"]
    low: Float[np.ndarray, "trial"]
    high: Float[np.ndarray, "trial"]
    controls: Float[np.ndarray, "trial control"]
    control: Float[np.ndarray, "trial"]
    beyond: Float[np.ndarray, "trial control"]
    beyond_low: Float[np.ndarray, "trial control"]
    beyond_high: Float[np.ndarray, "trial control"]
    rival: Int[np.ndarray, "trial"]
    p: Float[np.ndarray, "trial"]
    found: Float[np.ndarray, "trial"]
    verdict: Int[np.ndarray, "trial"]


def measure(
    effects: Float[np.ndarray, "way trial walked"],
    intervention: str,
    signed: bool,
    resamples: int,
    seed: int,
) -> Measured:
    """Hold an intervention against each of its controls on the same problems.

    An effect exceeds its controls only if it exceeds each of them (an intersection–union test: the
    largest p decides, without further correction); it falls short if it falls short of one (the
    smallest p, times their number). Both are corrected by Holm over features.

    Args:
        effects: of every walk, in the order of WAYS.
        intervention: ablation or steering.
        signed: whether the effect may be negative; it is then held against no change, too.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        The effect of every tested feature; controls that the intervention has not are NaN.
    """
    own = effects[WAYS.index(intervention)]
    names = INTERVENTIONS[intervention]
    others = [effects[WAYS.index(f"{intervention}_{c}")] for c in names]
    differences = np.stack([own - other for other in others] + [own] * signed)
    count, trials = len(differences), len(own)
    columns = np.concatenate([own[None], differences]).reshape(-1, own.shape[1]).T
    found = bootstrap_t(columns, seeded("causal", intervention, seed), resamples)
    value, low, high, p = (
        v.reshape(1 + count, trials) for v in (found.value, found.low, found.high, found.p)
    )
    with np.errstate(invalid="ignore"):
        more = np.where((value[1:] > 0).all(axis=0), p[1:].max(axis=0), _unless_nan(p[1:]))
        less = np.where(value[1:] < 0, p[1:], 1.0).min(axis=0) * count
    more, less = holm(more), holm(np.minimum(less, 1.0))
    known = np.isfinite(low[1:]).all(axis=0)
    rival = np.where(np.isfinite(low[1:]), low[1:], np.inf).argmin(axis=0)
    reach = detectable(differences.reshape(-1, own.shape[1]).T, trials).reshape(count, trials)
    reached = reach[-1] if signed else reach[rival, np.arange(trials)]
    at = np.arange(trials)
    verdict = np.select([more < SURE, less < SURE], [MORE, LESS], UNDECIDED)
    spread = {
        name: _of_controls(values, len(names))
        for name, values in {
            "controls": np.stack([other.mean(axis=1) for other in others]),
            "beyond": value[1:], "beyond_low": low[1:], "beyond_high": high[1:],
        }.items()
    }  # fmt: skip
    number = np.array([RIVALS.index(n) for n in (*names, "no_change")])
    return Measured(
        value[0], low[0], high[0], **spread,
        control=np.where(known, value[0] - value[1:][rival, at], np.nan),
        rival=np.where(known, number[rival], 0), p=more,
        found=np.where(known, reached, np.nan), verdict=verdict,
    )  # fmt: skip


def _unless_nan(p: Float[np.ndarray, "control trial"]) -> Float[np.ndarray, "trial"]:
    """1 where every p is there: a test was made and not passed; NaN where none could be made."""
    return np.where(np.isfinite(p).all(axis=0), 1.0, np.nan)


def _of_controls(
    values: Float[np.ndarray, "rival trial"], count: int
) -> Float[np.ndarray, "trial control"]:
    """Rows of the controls that there are; NaN for the others."""
    whole = np.full((values.shape[1], len(CONTROLS)), np.nan)
    whole[:, :count] = values[:count].T
    return whole
