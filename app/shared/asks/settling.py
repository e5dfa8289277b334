"""An address settled with the store: which subject is meant, and which problem can be shown."""

from collections.abc import Iterable

import numpy as np

from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.asks.prefix import by_prefix
from app.shared.asks.reading import Subject
from ired_interp_core.records import ProblemSet
from store import LiveAnswers, QuestionInfo, Store, contents


def settle(
    store: Store,
    address: Address,
    prefers: str = "",
    any_problems: bool = False,
) -> tuple[Address, Subject | None]:
    """Find the subject that an address means; another one is shown only with a message.

    Args:
        store: opened.
        address: as it came.
        prefers: analysis that a subject to begin with has answers of, where the address names none.
        any_problems: a model may be shown on a set that it was never asked about.

    Returns:
        The address with full digest and set, and the subject; None if the store has none.
    """
    there = reading.subjects(store)
    if not there:
        return address, None
    if prefers and not address["model"] and not address["set"]:
        answered = (t for t in there if any(q.rows for q in reading.questions(store, t, prefers)))
        chosen = next(answered, there[0])
        return address.replace(model=chosen.model, set=chosen.set), chosen
    fitting, wanted_set = there, address["set"]
    if address["model"]:
        models = {t.model: t for t in there}
        near, why = by_prefix(models.values(), address["model"], "model", "in this store", "model")
        if near is None:
            near = next((t for t in there if t.set == wanted_set), there[0])
            address = address.refuse("model", why, near.model[:12])
        fitting = [t for t in there if t.model == near.model]
    chosen = next((t for t in fitting if t.set == wanted_set), None)
    if chosen is None and wanted_set and any_problems:
        chosen = _never_asked(store, fitting, links.set_of(wanted_set))
    if chosen is None:
        chosen = fitting[0]
        if wanted_set:
            why = f"this store has no such set for model {chosen.model[:8]}"
            address = address.refuse("set", why, chosen.set)
    return address.replace(model=chosen.model, set=chosen.set), chosen


def _never_asked(store: Store, fitting: Iterable[Subject], problems: ProblemSet) -> Subject | None:
    """The first model that solves such problems, on a set of them; None where nobody can."""
    sizes = (problems.task, problems.size)
    model = next((t.model for t in fitting if (t.problems.task, t.problems.size) == sizes), None)
    roots = (store.root, LiveAnswers(store.root).folder)
    if model is None or (problems.content and not contents.there(roots, problems.content)):
        return None
    return Subject(model, problems)


def problem(address: Address, question: QuestionInfo) -> Address:
    """Keep a problem that has an answer, or show the nearest one that has, and say so."""
    why = f"not computed yet (available: {available(question)})"
    return nearest(address, reading.problems_present(question), why)


def nearest(address: Address, there: np.ndarray, why: str) -> Address:
    """Keep a problem that is there, or none; for another the nearest one is shown, and why.

    Args:
        address: with a field `problem`.
        there: problems that can be shown.
        why: the one that was asked for cannot.

    Returns:
        The address.
    """
    wanted = address["problem"]
    if wanted is None or not len(there) or wanted in there:
        return address
    return address.refuse("problem", why, int(there[np.abs(there - wanted).argmin()]))


def available(question: QuestionInfo) -> str:
    """Which problems a question has answers to, such as "0 … 31"; the first three spans."""
    spans = question.rows_present
    told = [f"{a}" if b == a + 1 else f"{a} … {b - 1}" for a, b in spans[:3]]
    return ", ".join([*told, *(["…"] if len(spans) > 3 else [])]) or "none"
