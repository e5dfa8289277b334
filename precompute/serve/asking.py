"""A question about one problem → its address, and the units that are missing of its answer.

The very questions that a sweep would ask, so that an answer has one address however it was asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ired_interp_core import registry
from ired_interp_core.messages import Ask
from ired_interp_core.records import Question
from precompute.ground import foreign_code
from precompute.ground.exits import Usage, asking
from precompute.plan.models import ModelRef
from precompute.plan.plan import Asked, Unit
from precompute.serve.chain import Chain
from precompute.work import costs
from store import LiveAnswers, contents, naming

Row = tuple[str, int]
"""Key of a question, and a problem."""


@dataclass(frozen=True)
class Wanted:
    """An answer that somebody wants.

    Args:
        live: where answers lie.
        asked: its question, and every other that it may have to read, by key.
        question: its own.
        problem: index.
        models: digest → model.
    """

    live: LiveAnswers
    asked: Mapping[str, Asked]
    question: Question
    problem: int
    models: Mapping[str, ModelRef] = field(default_factory=dict)

    @property
    def row(self) -> Row:
        """Its address."""
        return self.question.key, self.problem

    @property
    def about(self) -> Mapping[str, Any]:
        """What is said of it with every word about it."""
        question = self.question
        return {"analysis": question.analysis, "key": question.key, "problem": self.problem}

    @property
    def where(self) -> Path | None:
        """The store that holds it; None if none does."""
        span = (self.problem, self.problem + 1)
        return self.live.where(self.question.analysis, self.question.key, *span)

    def missing(self) -> list[Unit]:
        """What has to be computed for it, in order; nothing if it is there.

        Returns:
            Units of one problem; a `Usage` where it reads what is not there and not asked live.
        """
        units: dict[Row, Unit] = {}
        if self.where is None:
            foreign_code.check((m.adapter for m in self.models.values()), self.question.analysis)
            self._need(Unit(self.asked[self.question.key], self.problem, self.problem + 1), units)
        return list(units.values())

    def _need(self, unit: Unit, units: dict[Row, Unit]) -> None:
        analysis = registry.get(unit.asked.question.analysis)
        if analysis.live is None:
            raise Usage(
                "reads an answer that is not in the store and is not asked live",
                where=self.question.analysis,
                came=unit.name,
                expected="an answer of the store",
                next_step="compute it by a sweep: python -m precompute run SWEEP.toml",
            )
        problems = unit.asked.problems
        if problems.content and not contents.there(self.live.roots, problems.content):
            raise Usage(
                "the problems of this set are not kept here", where=unit.name,
                came=f"content {problems.content}", next_step=contents.AGAIN,
            )  # fmt: skip
        for name, key, low, high in unit.reads():
            if (key, low) not in units and self.live.where(name, key, low, high) is None:
                self._need(Unit(self.asked[key], low, high), units)
        units[unit.asked.question.key, unit.start] = unit


def price(wanted: Wanted, units: list[Unit], speed: float) -> tuple[float, float]:
    """What some units cost.

    Args:
        wanted: the answer that they are for.
        units: of `Wanted.missing`.
        speed: seconds here for one on the reference core.

    Returns:
        Seconds, and bytes beyond those of an idle worker.
    """
    seconds, memory = 0.0, 0.0
    for unit in units:
        question = unit.asked.question
        live = registry.get(question.analysis).live
        if live is not None:
            sizes = costs.sizes(wanted.live.root, unit)
            seconds += speed * live.of(1, question.parameters, sizes)
            memory = max(memory, live.memory(question.parameters, sizes))
    return seconds, memory


def wanted(live: LiveAnswers, ask: Ask) -> Wanted:
    """Find what a request asks for.

    Args:
        live: where answers lie.
        ask: the request.

    Returns:
        The answer that is wanted.

    Raises:
        Usage: an analysis that is not asked live, or what cannot be asked of it.
    """
    with asking():
        analysis = registry.get(ask.analysis)
        naming.check_range(ask.problem, ask.problem + 1)
    if analysis.live is None:
        known = ", ".join(n for n, a in registry.analyses().items() if a.live)
        raise Usage("analysis is not asked live", came=ask.analysis, expected=known)
    chain = Chain(live, ask.problems, ask.model)
    question = chain.ask(analysis, ask.parameters, ask.inputs)
    return Wanted(live, chain.asked, question, ask.problem, chain.models)
