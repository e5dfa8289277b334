"""What the numbers of the paper's tables say, in plain sentences that the numbers decide."""

from collections.abc import Mapping

import numpy as np

from app.paper import rows as paper
from app.paper.answers import Answer
from app.paper.rows import Near
from app.shared.table import verdict
from app.shared.table.baselines import Interval
from app.shared.table.verdict import FIRM, Beside, Mean
from ired_interp_core import published
from ired_interp_core.spelling import counted, number

COMPUTES, LARGELY = 0.99, 0.9
"""Lower ends of R² from which on the model is said to compute a predictor, or largely to."""


def reproduces(mean: Mean, quoted: float) -> str:
    """Compare a measured MSE with a published one.

    Args:
        mean: measured.
        quoted: published, known to `published.DIGITS` digits; NaN if there is none.

    Returns:
        "as published", or by what factor it differs; "" where there is nothing to compare.
    """
    if not (np.isfinite(quoted) and np.isfinite(mean.value)):
        return ""
    error = mean.error if np.isfinite(mean.error) else 0.0
    slack = 0.5 * 10.0**-published.DIGITS + FIRM * error
    if abs(mean.value - quoted) <= slack:
        return "as published"
    return f"{mean.value / quoted:.3g} × the published"


def stands(predictor: Beside) -> str:
    """How the model's answer stands to a predictor; one that diverged is not compared."""
    if not np.isfinite(predictor.difference.value):
        return "not to be compared with"
    return predictor.word.replace("indistinguishable from", "no different from")


def computes(near: Near) -> str:
    """Whether a model computes the predictor nearest to its answers: a key of `VERDICTS`."""
    if not np.isfinite([near.r2.low, near.r2.high, near.control]).all():
        return "unknown"
    if near.control >= paper.IS_TRUTH:
        return "truth"
    if near.r2.low >= COMPUTES:
        return "computes"
    if near.r2.low >= LARGELY and near.r2.low > near.control:
        return "largely"
    if near.r2.low > near.control:
        return "leans"
    return "no" if near.r2.high <= near.control else "open"


VERDICTS = {
    "computes": "it computes {name}",
    "largely": "it largely computes {name}",
    "leans": "it does not compute {name}, but agrees with it better than the truth does",
    "no": "it does not compute {name}: the truth itself agrees with it as well or better",
    "open": "whether it agrees with {name} better than the truth does cannot be told",
    "truth": "{name} is the true answer here, and R² says how exactly the model computes that",
    "unknown": "R² on {name} was not measured",
}


def spell(estimate: Interval) -> str:
    """Spell an R² with its interval, in the interval's digits: "0.931 [0.928, 0.934]"."""
    width = estimate.high - estimate.low
    places = 3 if not width > 0 else int(np.clip(np.ceil(-np.log10(width / 2)), 2, 6))
    numbers = (estimate.value, estimate.low, estimate.high)
    value, low, high = (number(v, f".{places}f") for v in numbers)
    return f"{value} [{low}, {high}]" if np.isfinite([estimate.value, width]).all() else value


def r2(value: float) -> str:
    """Spell an R² without interval, three digits after the point."""
    return number(value, ".3f")


def sentence(answers: Mapping[str, Answer]) -> list[str]:
    """A line for each variant: as published, better than a trivial predictor, and is it one?"""
    return [f"{variant}: {_line(answer)}" for variant, answer in answers.items()]


def _line(answer: Answer) -> str:
    said = []
    near = paper.nearest(answer)
    if near is not None:
        verdict_ = VERDICTS[computes(near)].format(name=paper.label(near.name))
        said.append(
            f"{verdict_}: R² {spell(near.r2)} of ŷ on it, {r2(near.control)} of the truth on it"
        )
        if np.isfinite(near.slope.value):
            said.append(beyond(near))
    copied = reproduces(paper.official(answer), paper.quoted(answer))
    error = [f"Its error is {copied}"] if copied else []
    error.append(_beside(answer, near))
    over = f"{counted(answer.problems, 'problem')}, one training"
    return ". ".join([*said, "; ".join(error)]) + f" ({over})."


def beyond(near: Near) -> str:
    """What the answer knows of the truth beyond the predictor b that it is nearest to."""
    slope, name = near.slope, paper.label(near.name)
    if slope.low > 0:
        said = f"Of what the truth has beyond {name}, ŷ has a share of {verdict.ranged(slope)}"
    elif slope.high < 0:
        said = f"Beyond {name}, ŷ goes away from the truth: slope {verdict.ranged(slope)}"
    else:
        said = f"Beyond {name}, ŷ shows nothing of the truth: slope {verdict.ranged(slope)}"
    return f"{said}, cosine {r2(near.cosine.value)}; corr²(ŷ, y*) {r2(near.truth.value)}"


def _beside(answer: Answer, near: Near | None) -> str:
    """How ŷ stands to the predictor that it is nearest to, and to the best one."""
    rival = paper.rival(answer)
    if rival is None:
        return "no trivial predictor was computed"
    told = []
    for b in paper.beside(answer):
        if near is not None and b.name == near.name != rival.name:
            told.append(f"{stands(b)} {paper.label(b.name)} ({_gap(b)})")
    best = f"the best trivial predictor, {paper.label(rival.name)}"
    few = f", on {counted(rival.count, 'problem')}" if rival.count < answer.problems else ""
    mse = number(rival.mse.value)
    told.append(f"{stands(rival)} {best} (MSE {mse}; {_gap(rival)}{few})")
    return f"ŷ is {' and '.join(told)}"


def _gap(predictor: Beside) -> str:
    return f"paired difference {verdict.ranged(predictor.difference)}"


def walk(answers: Mapping[str, Answer]) -> str:
    """Say where on the way the answer is best."""
    said = []
    for variant, answer in answers.items():
        values = answer.levels["absolute_error_level"]
        if values.notna().any():
            best = int(values.idxmin())
            last = f", then {number(float(values[0]))} at t = 0" if best else ""
            said.append(f"{variant}: smallest {number(float(values[best]))} at t = {best}{last}")
    return "; ".join(said)
