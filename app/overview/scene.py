"""What Overview is drawn from: every model of the store on every set of problems."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.shared.address.address import Address
from app.shared.asks import chosen, reading, settling, steps
from app.shared.asks.chosen import Family
from app.shared.asks.reading import Subject
from app.shared.table import verdict
from store import QuestionInfo, Store


@dataclass(frozen=True)
class Scene:
    """All subjects of a store; a training stands there once, by its last step.

    Args:
        store: the store.
        descended: models that the store has answers of, on these problems.
        undescended: the others.
    """

    store: Store
    descended: tuple[Subject, ...]
    undescended: tuple[Subject, ...]

    @property
    def identity(self) -> tuple[Any, ...]:
        """Models and sets; what is said of them depends on the store's generation alone."""
        return tuple((one.model, one.set) for one in (*self.descended, *self.undescended))

    def question(self, analysis: str) -> QuestionInfo | None:
        """None: no question stands for all subjects."""
        return None

    @cached_property
    def richest(self) -> list[Subject]:
        """Subjects with a descent, those with most analyses first, then with most problems."""

        def rows(subject: Subject) -> tuple[int, int]:
            asked = self.family(subject).asked
            return len(asked), asked["descent"].rows

        return sorted(self.descended, key=rows, reverse=True)

    def family(self, subject: Subject) -> Family:
        """The questions about a subject."""
        if subject not in self._families:
            self._families[subject] = chosen.family(self.store, subject)
        return self._families[subject]

    @cached_property
    def _families(self) -> dict[Subject, Family]:
        """Those that were asked for; every panel asks again."""
        return {}

    def standing(self, subject: Subject) -> verdict.Standing:
        """How a subject with a descent stands beside the trivial predictors."""
        return verdict.standing(self.store, self.family(subject).scope())

    def name(self, subject: Subject) -> str:
        """The shortest words that tell a subject from the others with a descent."""
        task = subject.problems.task
        alike = [one for one in self.descended if one.problems.task == task]
        if len(alike) == 1:
            return task
        if len({one.model for one in alike}) == 1:
            return titled(subject)
        return f"{titled(subject)} ({reading.model_name(self.store, subject.model)})"

    def whose(self, subject: Subject) -> str:
        """Size, seed and model of a subject, for a reader."""
        problems, name = subject.problems, reading.model_name(self.store, subject.model)
        return f"{problems.size}×{problems.size} matrices, seed {problems.seed} · model {name}"


def titled(subject: Subject) -> str:
    """Task and variant of a subject, for a reader."""
    return f"{subject.problems.task} · {subject.problems.kind}"


def scene(store: Store, address: Address, _: Subject | None) -> tuple[Address, Scene]:
    """Gather the subjects of a store, and settle the one that links to other views carry on.

    Args:
        store: opened.
        address: of the view.

    Returns:
        Address and scene.
    """
    address, _ = settling.settle(store, address)
    found: dict[bool, list[Subject]] = {True: [], False: []}
    for subject in steps.listed(store):
        found[any(q.rows for q in reading.questions(store, subject, "descent"))].append(subject)
    return address, Scene(store, tuple(found[True]), tuple(found[False]))
