"""What the view of probes is drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.probes import cells, foreseen
from app.probes.cells import Cells
from app.probes.foreseen import Foreseen
from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.asks.reading import Subject
from app.shared.page.contract import Source
from store import QuestionInfo, Store

FLOW, READ, FAILURES = "gradient_flow", "probes", "failure_prediction"
TRANSFER = "failure_transfer"
ANALYSES = (READ, FAILURES, FLOW, TRANSFER)


@dataclass(frozen=True)
class Scene:
    """What was asked about the layers of one model on one problem set.

    Args:
        store: opened.
        subject: the model and problems of the page.
        asked: analysis → its question; those that were not computed are left out.
    """

    store: Store
    subject: Subject
    asked: Mapping[str, QuestionInfo]

    @property
    def identity(self) -> tuple[Any, ...]:
        """The questions and how many answers they have."""
        return tuple((q.key, q.rows) for q in self.asked.values())

    def question(self, analysis: str) -> QuestionInfo | None:
        """The question of an analysis."""
        return self.asked.get(analysis)

    def sources(self, analysis: str, *names: str) -> list[Source]:
        """Where variables come from; all of the answer where none is named."""
        return [Source(self.asked[analysis], {"variables": list(names)} if names else {})]

    def set(self, analysis: str) -> str:
        """The problems that an analysis was asked about, as an address spells them."""
        return Subject(self.subject.model, self.asked[analysis].problems).set

    def elsewhere(self, analysis: str) -> str:
        """Which other problems an analysis was asked about, in words; "" for those of the page."""
        p = self.asked[analysis].problems
        if p == self.subject.problems:
            return ""
        return f" On other problems of this model: {p.kind}, seed {p.seed}."

    @cached_property
    def cells(self) -> Cells:
        """What the probes have found; only where they were asked."""
        return cells.read(self.store, self.asked[READ])

    @cached_property
    def foreseen(self) -> Foreseen:
        """What was found about failures; only where it was asked."""
        return foreseen.read(self.store, self.asked[FAILURES])


def scene(store: Store, address: Address, subject: Subject) -> tuple[Address, Scene]:
    """Find the questions about this model: the one about most problems of each analysis.

    Those about the problems of the page come first. What is learned of a model on others is shown
    where there are none, and says on which: a dictionary must have been trained on other problems.
    """  # noqa: DOC201

    def order(question: QuestionInfo) -> tuple[bool, int, int]:
        here = question.problems == subject.problems
        return here, int(question.parameters.get("problems", 0)), question.rows

    asked = {}
    for name in ANALYSES:
        there = [q for q in reading.questions(store, analysis=name)
                 if q.rows and q.model == subject.model]  # fmt: skip
        if there:
            asked[name] = max(there, key=order)
    return address, Scene(store, subject, asked)
