"""How models of series are listed: one entry for a training, and a control of its step."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.shared.asks import reading, series
from app.shared.asks.reading import Subject
from ired_interp_core.spelling import counted
from store import Series, Store


@dataclass(frozen=True)
class Walk:
    """The steps of a training on one set of problems.

    Args:
        series: the training.
        subjects: (step, subject), by step; those that the store has answers about.
    """

    series: Series
    subjects: tuple[tuple[int, Subject], ...]

    def nearest(self, step: int | None) -> Subject:
        """The subject of a step, or of the one nearest to it; of the last one when None."""
        if step is None:
            return self.subjects[-1][1]
        return min(self.subjects, key=lambda t: abs(t[0] - step))[1]


def walk(store: Store, subject: Subject) -> Walk | None:
    """The steps, on the same problems, of the first training that has a subject's model."""
    there = series.steps_of(store, subject.model)
    return _walk(there[0].series, subject.set, reading.subjects(store)) if there else None


def _walk(one: Series, set_: str, there: Sequence[Subject]) -> Walk:
    by_model = {t.model: t for t in there if t.set == set_}
    last = {by_model[d]: step for step, d in one.models if d in by_model}  # weights may stand still
    return Walk(one, tuple((step, t) for t, step in last.items()))


def listed(store: Store, shown: Subject | None = None) -> list[Subject]:
    """Subjects to choose from: of each training on each set one model alone.

    Args:
        store: opened.
        shown: the subject on the page. It stands for its training; other trainings by the step
            nearest to its own, so that choosing another training keeps the step.

    Returns:
        In the order of `reading.subjects`; trainings by their last step where none is shown.
    """
    there = reading.subjects(store)
    own = series.steps_of(store, shown.model) if shown else ()
    kept = {t for t in there if not series.steps_of(store, t.model)}
    for set_ in dict.fromkeys(t.set for t in there):
        for one in series.known(store):
            found = _walk(one, set_, there)
            if not found.subjects:
                continue
            if own and one.id == own[0].series.id:
                kept.add(found.nearest(own[0].step))
                continue
            # The untrained weights may be those of the training shown: then the step after them.
            left = tuple(t for t in found.subjects if t[1] not in kept and t[1].model not in
                         {d for _, d in (own[0].series.models if own else ())})  # fmt: skip
            if left:
                kept.add(Walk(one, left).nearest(own[0].step if own else None))
    return [t for t in there if t in kept]


def more(store: Store, subject: Subject) -> str:
    """Which other steps of a subject's training there are, as words of a link; "" if none."""
    found = walk(store, subject)
    others = len(found.subjects) - 1 if found else 0
    if not found or not others:
        return ""
    return f"{counted(others, 'other step')} of this training"
