"""A model's mean error beside every trivial predictor's on the same problems, and what follows."""

from dataclasses import dataclass

import numpy as np

from app.shared.asks.chosen import Scope
from app.shared.asks.kept import kept
from app.shared.drawing.names import baseline_name
from app.shared.table import baselines
from app.shared.table.baselines import Interval, Mean
from ired_interp_core.spelling import RAISED, counted, number
from store import Store

FIRM = 2.0
"""Standard errors beyond which a mean is called different from a number that is known."""


@dataclass(frozen=True)
class Beside:
    """One trivial predictor beside the model.

    Args:
        name: as the store names it.
        mse: of the predictor.
        difference: MSE of the model's answer minus the predictor's, problem by problem.
        distance: mean squared difference between the two answers.
        count: problems that it has answered; 0 where they are those of the model.
    """

    name: str
    mse: Mean
    difference: Interval
    distance: Mean
    count: int = 0

    @property
    def word(self) -> str:
        """How the model stands to it: better than, worse than or indistinguishable from.

        Without an interval, as of one problem alone, nothing can be said.
        """
        d = self.difference
        if not np.isfinite([d.low, d.high]).all():
            return "not comparable with"
        if d.low > 0:
            return "worse than"
        return "better than" if d.high < 0 else "indistinguishable from"


@dataclass(frozen=True)
class Standing:
    """A model on a set of problems.

    Args:
        count: problems.
        diverged: those among them whose answer is not finite; no mean has them.
        answer: MSE of the final answer, divided by √ᾱ_0.
        official: MSE as the official code measures it.
        beside: the trivial predictors, largest error first.
    """

    count: int
    diverged: int
    answer: Mean
    official: Mean
    beside: tuple[Beside, ...]

    @property
    def best(self) -> Beside | None:
        """The trivial predictor with the smallest error."""
        return self.beside[-1] if self.beside else None

    @property
    def finite(self) -> int:
        """Problems that the means are taken over."""
        return self.count - self.diverged

    @property
    def counted(self) -> str:
        """Say how many problems there are, and how many of them diverged."""
        said = counted(self.count, "problem")
        return f"{said}, {self.diverged} diverged" if self.diverged else said


@kept(32)
def _standing(store: Store, properties: str, descent: str) -> Standing:
    count, diverged, answer, official = baselines.answers(store, descent)
    beside = tuple(
        Beside(name, *means) for name, means in baselines.paired(store, properties, descent)
    )
    return Standing(count, diverged, answer, official, beside)


def standing(store: Store, scope: Scope) -> Standing:
    """Measure a model against the trivial predictors, on the problems that both answer."""
    return _standing(store, scope.key("problem_properties"), scope.key("descent"))


def spelled(mean: Mean) -> str:
    """Spell a mean with its standard error to the error's second digit: 0.00957 ± 0.00024."""
    if not (np.isfinite(mean.value) and np.isfinite(mean.error) and mean.error > 0):
        return number(mean.value)
    places = min(max(1 - int(np.floor(np.log10(mean.error))), 0), 12)
    return f"{number(mean.value, f'.{places}f')} ± {number(mean.error, f'.{places}f')}"


def ranged(estimate: Interval) -> str:
    """Spell an estimate and its interval to two digits of the width: −0.0044 [−0.0045, −0.0043]."""
    width = estimate.high - estimate.low
    if not (np.isfinite([estimate.value, width]).all() and width > 0):
        return number(estimate.value)
    ends = (estimate.value, estimate.low, estimate.high)
    power = int(np.floor(np.log10(max(map(abs, ends)))))
    places = min(max(1 - int(np.floor(np.log10(width))), 0), 14)
    raised = ""
    if power < -4:  # 0.0000123 is read more slowly than 1.23×10⁻⁵
        places, raised = max(places + power, 0), f"×10{str(power).translate(RAISED)}"
        ends = tuple(end / 10.0**power for end in ends)
    value, low, high = (number(end, f".{places}f") for end in ends)
    return f"{value} [{low}, {high}]{raised}"


def sentence(standing: Standing) -> str:
    """What the numbers say: first that the model diverges, where it does, then of the rest."""
    if not standing.diverged:
        return _compared(standing)
    if not standing.finite:
        return f"The descent diverges: none of its {counted(standing.count, 'answer')} is finite."
    whole = counted(standing.count, "problem")
    return (
        f"The descent diverges on {standing.diverged} of {whole}, so that its"
        f" mean error over all of them is not finite. On the other {standing.finite}: "
        + _compared(standing)
    )


def _compared(standing: Standing) -> str:
    """How the finite answers stand to the trivial predictors."""
    best = standing.best
    if best is None:
        return "No trivial predictor was computed for these problems to compare the error with."
    d = best.difference
    if standing.finite == 1:
        return (
            "One problem gives no interval and no verdict: the error of the answer less that of the"
            f" best trivial predictor ({baseline_name(best.name)}) is {ranged(d)}."
        )
    gap = f"difference {ranged(d)}, paired over {counted(standing.finite, 'problem')}"
    said = (
        f"Its answer is {best.word} the best trivial predictor "
        f"({baseline_name(best.name)}, MSE {number(best.mse.value)}; {gap})"
    )
    alike = [b for b in standing.beside if b.word == "indistinguishable from" and b is not best]
    if alike:
        near = min(alike, key=lambda b: abs(b.difference.value))
        said += f"; its error is indistinguishable from that of {baseline_name(near.name)}"
    nearest = min(standing.beside, key=lambda b: b.distance.value)
    if np.isfinite(nearest.distance.value):
        said += (
            f". It is closest to the predictor {baseline_name(nearest.name)} "
            f"(mean squared distance {number(nearest.distance.value)})"
        )
    return said + "."
