"""What units are expected to take, as their analyses declare it: before the first one has ended."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ired_interp_core import registry, tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.live import Sizes
from precompute.plan import models
from precompute.plan.plan import Unit
from precompute.work import speed
from store import LiveAnswers


def sizes(root: Path, unit: Unit) -> Sizes:
    """What the cost of a unit depends on beside its parameters."""
    p, model = unit.asked.problems, unit.asked.model
    weights = models.numbers(root, model) if model else 0
    return Sizes(p.size, tasks.n_in(p.task, p.size), weights)


def expected(root: Path, units: Iterable[Unit]) -> dict[str, float]:
    """Seconds of a row of each analysis on this machine.

    Args:
        root: of the store.
        units: of a plan.

    Returns:
        By name, the mean over the units; without analyses that declare no cost, and without those
        of models that are not kept in the store.
    """
    pace = speed.known(LiveAnswers(root).folder) or 1.0
    seconds: dict[str, float] = {}
    rows: dict[str, int] = {}
    for unit in units:
        question, count = unit.asked.question, unit.stop - unit.start
        live = registry.get(question.analysis).live
        if live is None:
            continue
        with suppress(OSError, Refusal):
            cost = pace * live.of(count, question.parameters, sizes(root, unit))
            seconds[question.analysis] = seconds.get(question.analysis, 0.0) + cost
            rows[question.analysis] = rows.get(question.analysis, 0) + count
    return {name: seconds[name] / rows[name] for name in seconds}
