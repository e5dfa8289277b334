"""Answers that are not finite: no mean or median has them, so whoever shows one says so."""

from collections.abc import Iterable

from app.shared.asks import reading
from app.shared.asks.kept import kept
from store import QuestionInfo, Store
from store.joined import Joined


@kept(32)
def _counts(store: Store) -> dict[str, tuple[int, int]]:
    return store.diverged()


def _catalogued(store: Store) -> Store:
    """The store whose catalog it is: no table of it knows a live answer."""
    while isinstance(store, Joined):
        store = store.base
    return store


def said(store: Store, asked: Iterable[QuestionInfo]) -> str:
    """Say how many answers diverged that some questions are about or that they read.

    Args:
        store: opened.
        asked: questions whose answers are shown together.

    Returns:
        Such as "3 of 32 diverged", with the most of them where questions differ; "" for none.
    """
    waiting = [q.key for q in asked]
    counts = _counts(_catalogued(store)) if waiting else {}
    if not counts:
        return ""
    by_key = {q.key: q for q in reading.questions(store)}
    seen: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key in by_key and key not in seen:
            waiting += by_key[key].inputs.values()
        seen.add(key)
    found = max((counts[key] for key in seen & counts.keys()), default=None)
    return f"{found[0]:,} of {found[1]:,} diverged" if found else ""
