"""Live answers about the problem on the page, read as those of the store are."""

from app.shared.asks.reading import Subject
from store import LiveAnswers, Store, joined

_offered = False


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
    return joined.about(store, LiveAnswers(store.root), subject.model, subject.problems, problem)


def is_live(store: Store, key: str, problem: int | None = None) -> bool:
    """Whether an answer is a live one, which no generation of the store knows."""
    return isinstance(store, joined.Joined) and store.is_live(key, problem)
