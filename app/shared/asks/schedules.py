"""The schedule of a model, as its answers record it."""

from collections.abc import Iterable
from contextlib import suppress

import xarray as xr

from app.shared.asks import chosen, reading
from ired_interp_core.errors import Refusal
from ired_interp_core.schedule import Schedule, cosine
from store import QuestionInfo, Store


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
        if not (question.rows and chosen.declares(question, "alpha_bar")):
            continue
        there = reading.problems_present(question).tolist()
        for problems in (there[:1], there[1:]):  # the others where the first one cannot be read
            with suppress(Refusal):
                return recorded(reading.dataset(store, question, tuple(problems), ("alpha_bar",)))
    return recorded()
