"""Live answers about the problem on the page, read as those of the store are."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

from app.shared.asks.reading import Subject
from store import LiveAnswers, Store, joined

_offered = False
_draft: ContextVar[str] = ContextVar("draft", default="")


def offer(there: bool) -> None:
    """Say whether this server answers live questions."""
    global _offered
    _offered = there


def offered() -> bool:
    """Whether this server answers live questions, so that any problem can be looked at."""
    return _offered


def with_live(store: Store, subject: Subject, problem: int | None) -> Store:
    """A store with what was asked live about one problem.

    Args:
        store: at this session's generation.
        subject: model and problems.
        problem: index; None for none.

    Returns:
        The very same store where nothing was asked live about it.
    """
    if problem is None:
        return store
    live = LiveAnswers(store.root)
    return joined.about(store, live, subject.model, subject.problems, problem, draft=_draft.get())


@contextlib.contextmanager
def with_draft(key: str) -> Iterator[None]:
    """Meanwhile, read what is known of an answer that is computed, too."""
    before = _draft.set(key)
    try:
        yield
    finally:
        _draft.reset(before)


def is_draft(store: Store, key: str) -> bool:
    """Whether what is read of a question is a draft."""
    return isinstance(store, joined.Joined) and store.is_draft(key)


def is_live(store: Store, key: str, problem: int | None = None) -> bool:
    """Whether an answer is a live one, which no generation of the store knows."""
    return isinstance(store, joined.Joined) and store.is_live(key, problem)
