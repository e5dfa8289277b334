"""What the numbers of the paper's tables say, in plain sentences that the numbers decide."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.paper import rows as paper
from app.paper.answers import Answer, Moved, Shown
from app.paper.rows import Interval, Near
from app.shared.drawing.levels import subscript
from app.shared.table import verdict
from app.shared.table.verdict import FIRM, Beside, Mean
from ired_interp_core import published

IS_TRUTH = 0.999
"""R² of the truth on a predictor from which on the predictor *is* the answer, up to a factor."""
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


def stands(b: Beside) -> str:
    """How the model's answer stands to a predictor.

    Args:
        b: the predictor.

    Returns:
        "better than", "worse than" or "no different from"; a model that diverged is none of these.
    """
    if not np.isfinite(b.difference.value):
        return "not to be compared with"
    return b.word.replace("indistinguishable from", "no different from")


def computes(near: Near) -> str:
    """Decide from R², its interval and the control whether a model computes a predictor.

    Args:
        near: the predictor that its answers are nearest to.

    Returns:
        A key of `VERDICTS`.
    """
    if not np.isfinite([near.r2.low, near.r2.high, near.control]).all():
        return "unknown"
    if near.control >= IS_TRUTH:
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


def spell(of: Interval) -> str:
    """Spell an R² with its interval.

    Args:
        of: the estimate.

    Returns:
        For example ".931 (.928 … .934)"; digits as the interval has them.
    """
    if not np.isfinite(of.value):
        return "–"
    width = of.high - of.low
    places = 3 if not width > 0 else int(np.clip(np.ceil(-np.log10(width / 2)), 2, 6))
    value, low, high = (_dotted(f"{v:.{places}f}") for v in (of.value, of.low, of.high))
    return f"{value} ({low} … {high})" if np.isfinite(width) else value


def _dotted(text: str) -> str:
    head, point, tail = text.partition(".")
    text = f"{head.removesuffix('0')}.{tail}" if point and head in {"0", "-0"} else text
    return text.replace("-", "−")


def r2(value: float) -> str:
    """Spell an R² without interval.

    Args:
        value: it.

    Returns:
        Three digits after the point.
    """
    return _dotted(f"{value:.3f}") if np.isfinite(value) else "–"


def sentence(answers: Mapping[str, Shown]) -> list[str]:
    """Answer, for one task: as published, better than a trivial predictor, and is it one?

    Args:
        answers: variant → answer of the official sampler.

    Returns:
        One line for each variant.
    """
    return [f"{variant}: {_line(e.answer)}" for variant, e in answers.items()]


def _line(a: Answer) -> str:
    said = []
    near = paper.nearest(a)
    if near is not None:
        verdict_ = VERDICTS[computes(near)].format(name=paper.label(near.name))
        said.append(
            f"{verdict_}: R² {spell(near.r2)} of ŷ on it, {r2(near.control)} of the truth on it, "
            f"{r2(near.truth.value)} of ŷ on the truth"
        )
    copied = reproduces(paper.official(a), paper.quoted(a))
    error = [f"Its error is {copied}"] if copied else []
    error.append(_beside(a, near))
    return ". ".join([*said, "; ".join(error)]) + "."


def _beside(a: Answer, near: Near | None) -> str:
    """How ŷ stands to the predictor that it is nearest to, and to the best one."""
    rival = paper.rival(a)
    if rival is None:
        return "no trivial predictor was computed"
    told = []
    for b in paper.beside(a):
        if near is not None and b.name == near.name != rival.name:
            told.append(f"{stands(b)} {paper.label(b.name)} ({_gap(b)})")
    best = f"the best trivial predictor, {paper.label(rival.name)}"
    told.append(f"{stands(rival)} {best} (MSE {verdict.short(rival.mse.value)}; {_gap(rival)})")
    return f"ŷ is {' and '.join(told)}"


def _gap(b: Beside) -> str:
    return f"paired difference {verdict.spelled(b.difference)}"


def lowest(found: Moved) -> dict[int, tuple[int, bool]]:
    """Where on the way from the truth E_t is lowest.

    Args:
        found: energies around the truth; the first displacement is 0.

    Returns:
        Level → rank of the displacement, and whether the energy there is below that at the truth
        by more than `FIRM` standard errors (taken as independent, so that it is said too rarely).
    """
    places = {}
    for t, (energy, error) in enumerate(zip(found.energy, found.error, strict=True)):
        if not np.isfinite(energy).any():
            continue
        at = int(np.nanargmin(energy))
        slack = FIRM * float(np.hypot(error[at], error[0]))
        places[t] = (at, at > 0 and bool(energy[0] - energy[at] > slack))
    return places


def around_truth(variant: str, found: Moved) -> str:
    """Say at which levels the truth is not the bottom.

    Args:
        variant: of the problems.
        found: energies around the truth.

    Returns:
        A sentence.
    """
    places = lowest(found)
    away = sorted(t for t, (_, firm) in places.items() if firm)
    if not places:
        return f"{variant}: no energies were measured."
    if not away:
        return f"{variant}: at every level the mean energy is lowest at the truth, within 2 s.e."
    names = _levels(away)
    least = ", ".join(
        f"t = {t}: {verdict.short(float(found.displacement[places[t][0]]))}" for t in away[:3]
    )
    more = "" if len(away) <= 3 else ", …"
    return f"{variant}: lowest away from the truth at {names} (displacement {least}{more} y²)."


def _levels(levels: Sequence[int]) -> str:
    if len(levels) == 1:
        return f"t = {levels[0]}"
    if list(levels) == list(range(levels[0], levels[-1] + 1)):
        return f"t = {levels[0]} … {levels[-1]}"
    return "t = " + ", ".join(map(str, levels))


def walk(answers: Mapping[str, Shown]) -> str:
    """Say where on the way the answer is best.

    Args:
        answers: variant → answer.

    Returns:
        A sentence.
    """
    said = []
    for variant, e in answers.items():
        values = e.answer.levels["absolute_error_level"]
        if values.notna().any():
            best = int(values.idxmin())
            name = f"|ŷ{subscript(best)} − y*| = {verdict.short(float(values[best]))}"
            last = verdict.short(float(values[0]))
            at_end = "at the end" if best == 0 else f"before the end, where it is {last}"
            said.append(f"{variant}: smallest at t = {best}, {name}, {at_end}")
    return "; ".join(said) + ("." if said else "")
