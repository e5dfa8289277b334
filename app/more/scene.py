"""What default panels are drawn from: the answers of one subject that no other view shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from app.shared.address.address import Address
from app.shared.asks import live, reading, schedules, settling
from app.shared.asks.prefix import by_prefix
from app.shared.asks.reading import Subject
from app.shared.page.contract import Missing
from ired_interp_core import registry
from ired_interp_core.schedule import Schedule
from ired_interp_core.spelling import counted
from store import QuestionInfo, Store


def block(question: QuestionInfo) -> bool:
    """Whether there is one answer for each problem."""
    return registry.get(question.analysis).scope == "block"


@dataclass(frozen=True)
class Scene:
    """The analyses without a view that have answers about a subject.

    Args:
        store: the store.
        subject: model and problems.
        questions: analysis → the question that is shown; one of several with other parameters.
    """

    store: Store
    subject: Subject
    questions: Mapping[str, QuestionInfo]

    @property
    def identity(self) -> tuple[Any, ...]:
        """Keys of the questions."""
        return tuple(sorted((name, q.key) for name, q in self.questions.items()))

    def question(self, analysis: str) -> QuestionInfo | None:
        """The question of an analysis; None where there is none."""
        return self.questions.get(analysis)

    @cached_property
    def schedule(self) -> Schedule:
        """The schedule of the model."""
        return schedules.schedule(self.store, self.questions.values())

    def _dims(self, figure: str = "") -> list[tuple[str, ...]]:
        """Dims of all variables, or of those of analyses with one kind of figure."""
        declared = [registry.get(name) for name in self.questions]
        kept = [one for one in declared if figure in ("", one.figure)]
        return [variable.dims for one in kept for variable in one.schema.variables.values()]

    @property
    def levels(self) -> bool:
        """Whether one of them is a matrix for each level, which the level bar moves."""
        return any({"row", "level"} <= set(dims) for dims in self._dims("matrix"))

    @property
    def places(self) -> bool:
        """Whether any of them depends on the place of the curvature."""
        return any("place" in dims for dims in self._dims())

    @property
    def problems(self) -> list[int]:
        """Problems that one of them has answers to."""
        by_problem = filter(block, self.questions.values())
        return sorted({int(i) for q in by_problem for i in reading.problems_present(q)})


def scene(
    shown_elsewhere: frozenset[str], store: Store, address: Address, subject: Subject
) -> tuple[Address, Scene | Missing]:
    """Settle the address with the store, and find the answers that no other view shows."""
    store = live.with_live(store, subject, address["problem"])
    there = [
        q for q in reading.questions(store, subject) if q.rows and q.analysis not in shown_elsewhere
    ]
    chosen: dict[str, QuestionInfo] = {}
    if address["q"]:
        one, why = by_prefix(there, address["q"], "answer")
        if one is None:
            address = address.refuse("q", why, "")
        else:
            chosen[one.analysis] = one
    for question in there:
        chosen.setdefault(question.analysis, question)
    if not chosen:
        return address, Missing("All answers about this model and set are shown in other views.")
    made = Scene(
        store, subject, {name: chosen[name] for name in registry.analyses() if name in chosen}
    )
    problems = np.array(made.problems, dtype=int)
    why = f"not computed yet (available: {counted(len(problems), 'problem')})"
    return settling.nearest(address, problems, why), made
