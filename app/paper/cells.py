"""What stands in one cell of the paper's tables."""

from collections.abc import Mapping

import numpy as np

from app.paper import rows as paper
from app.paper.answers import Answer
from app.shared.table import verdict
from app.shared.table.baselines import Interval
from app.shared.table.verdict import Beside, Mean
from ired_interp_core import published
from ired_interp_core.spelling import counted, number
from ired_interp_core.tasks import TASKS

NONE = "–"


def quoted(value: float) -> str:
    """A number as the paper spells it."""
    if not np.isfinite(value):
        return NONE
    return number(value, f".{published.DIGITS}f")


def lines(*told: str) -> str:
    """A cell or label of several lines; empty ones are left out."""
    return "\n".join(filter(None, told))


def share(of: Mean) -> str:
    """A share of problems in percent, with its error."""
    if not np.isfinite(of.value):
        return NONE
    # Where all problems agree, √(p(1 − p)/N) is 0 and says nothing.
    error = f"± {number(100 * of.error, '.2g')}" if of.error > 0 else ""
    return lines(f"{number(100 * of.value)} %", error)


def problems(answers: Mapping[str, Answer]) -> str:
    """How many problems were asked, once where all variants have as many."""
    counts = sorted({a.problems for a in answers.values()})
    return " and ".join(f"{n:,}" for n in counts) + " problems"


def sources(answer: Answer) -> str:
    """On how many problems, and which analysis measured them; below it the others that did."""
    others = [f"({other.problems:,} in {other.source})" for other in answer.others]
    return lines(counted(answer.problems, "problem"), answer.source, *others)


def predictor(of: Beside, problems: int) -> str:
    """A predictor with its error, and on how many problems where it has answered fewer."""
    few = f" ({counted(of.count, 'problem')})" if of.count < problems else ""
    return f"{paper.label(of.name)} {number(of.mse.value)}{few}"


def prefers(answer: Answer) -> str:
    """The share E(ŷ) < E(y*): where x leaves y open beside the ideal energy's, or not at all."""
    ideal, mean = answer.numbers["prefers_wrong_ideal"], paper.mean(answer, "prefers_wrong")
    if TASKS[answer.task].determined:
        return share(mean)
    if not np.isfinite(ideal):
        return NONE
    return lines(share(mean), f"ideal {number(100 * ideal)} %")


def apart(difference: Interval | None) -> str:
    """A paired difference with its sign, "" where there is none."""
    if difference is None or not np.isfinite(difference.value):
        return ""
    return ("+" if difference.value > 0 else "") + verdict.ranged(difference)


def times(answer: Answer, whole: Answer | None) -> str:
    """How many times as large the error is on the very same problems; "" where not paired."""
    ratio = paper.compared(answer, whole, "official_ratio")
    return "" if ratio is None or not np.isfinite(ratio.value) else f"{verdict.ranged(ratio)} ×"
