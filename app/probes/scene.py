"""What the view of probes is drawn from."""

from dataclasses import dataclass
from typing import Any

from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.asks.reading import Subject
from store import QuestionInfo, Store

ANALYSIS = "gradient_flow"


@dataclass(frozen=True)
class Scene:
    """The gradient flow of one model on one problem set.

    Args:
        store: opened.
        asked: its question; None where it was not computed.
    """

    store: Store
    asked: QuestionInfo | None

    @property
    def identity(self) -> tuple[Any, ...]:
        """The question and how many answers it has."""
        return (self.asked.key, self.asked.rows) if self.asked else ()

    def question(self, analysis: str) -> QuestionInfo | None:
        """The question of an analysis."""
        return self.asked if analysis == ANALYSIS else None


def scene(store: Store, address: Address, subject: Subject) -> tuple[Address, Scene]:
    """Find the question of this subject that has most answers."""
    there = [q for q in reading.questions(store, subject, ANALYSIS) if q.rows]
    return address, Scene(store, max(there, key=lambda q: q.rows, default=None))
