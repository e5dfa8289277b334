"""The one cache of the app: results kept for all readers, by everything that they depend on."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import streamlit as st

from app.shared.asks import unreadable
from store import QuestionInfo, Store
from store.joined import Joined

F = TypeVar("F", bound=Callable[..., Any])

_KNOWN_BY = {
    Store: lambda store: (str(store.root), store.generation),
    Joined: lambda store: (str(store.root), store.generation),
    QuestionInfo: lambda question: (question.analysis, question.key),
}
"""What stands for a store and for one of its questions in the key of a result."""


def kept(entries: int, reading: str = "", copied: bool = False) -> Callable[[F], F]:
    """Keep what a function gives, for everybody who asks for the same.

    A store counts as its root and generation, a question as its key. Arguments whose names begin
    with "_" are no part of the key: they follow from the others. What could not be read meanwhile
    is kept beside the result, and noticed again by everybody who gets it.

    Args:
        entries: how many results; the oldest are dropped.
        reading: shown while the first reader waits.
        copied: every reader gets a copy, where the result could be written into.

    Returns:
        The decorator.
    """
    keep = st.cache_data if copied else st.cache_resource
    keeping = keep(max_entries=entries, show_spinner=reading or False, hash_funcs=_KNOWN_BY)

    def decorate(make: F) -> F:
        @keeping
        @functools.wraps(make)
        def made(*args: Any, **named: Any) -> tuple[Any, tuple[unreadable.Lost, ...]]:
            with unreadable.noticed() as found:
                return make(*args, **named), tuple(found)

        @functools.wraps(make)
        def given(*args: Any, **named: Any) -> Any:
            result, lost = made(*args, **named)
            unreadable.pass_on(lost)
            return result

        given.clear = made.clear
        return cast(F, given)

    return decorate


def sealed(*arrays: np.ndarray) -> None:
    """Let nobody write into arrays that all readers share."""
    for array in arrays:
        array.flags.writeable = False
