"""All problems of a subject: which questions belong together, and the schedule of their model."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from app.shared.asks import chosen, reading
from app.shared.asks.chosen import Scope
from app.shared.asks.reading import Subject
from ired_interp_core.schedule import Schedule, cosine
from ired_interp_core.schema import PLACES
from store import QuestionInfo, Store


@dataclass(frozen=True)
class Population:
    """The questions about a subject that belong together: all on one descent.

    Args:
        of: the same as the table of problems takes them.
        asked: every question, by analysis.
    """

    of: Scope
    asked: Mapping[str, QuestionInfo]

    @classmethod
    def of_question(cls, question: QuestionInfo) -> "Population":
        """One question alone."""
        keys = ((question.analysis, question.key),)
        return cls(Scope(keys, 0, PLACES[0]), {question.analysis: question})


def population(store: Store, subject: Subject, prefix: str = "") -> Population:
    """Choose the questions.

    Args:
        store: opened.
        subject: model and problems.
        prefix: of the descent's key, where there are several.

    Returns:
        What there is.
    """
    family = chosen.family(store, subject, {"descent": prefix} if prefix else {})
    return Population(family.scope(0, PLACES[0]), family.asked)


def sealed(*arrays: np.ndarray) -> None:
    """Let nobody write into arrays that all sessions share."""
    for array in arrays:
        array.flags.writeable = False


def recorded(*answers: xr.Dataset | None) -> Schedule:
    """The schedule that the first answer with one records; the official one where none does."""
    for answer in answers:
        if answer is not None and "alpha_bar" in answer:
            return Schedule.from_alphas_cumprod(answer["alpha_bar"].sortby("level").values)
    return cosine()


def schedule(store: Store, questions: Iterable[QuestionInfo]) -> Schedule:
    """The model's own schedule, as the first answer that records it says.

    Args:
        store: opened.
        questions: about the model; those with levels declare `alpha_bar`.

    Returns:
        It; the official one where no answer says.
    """
    for question in questions:
        there = reading.problems_present(question)
        if len(there) and chosen.declares(question, "alpha_bar"):
            return recorded(reading.dataset(store, question, (int(there[0]),), ("alpha_bar",)))
    return recorded()
