"""The one cache of the app: results kept for all readers, by everything that they depend on."""

from collections.abc import Callable
from typing import Any

import streamlit as st


def kept(entries: int, reading: str = "", copied: bool = False) -> Callable[[Any], Any]:
    """Keep what a function gives, for everybody who asks for the same.

    Arguments whose names begin with "_" are no part of the key: the store's root, its generation
    and the keys of questions are.

    Args:
        entries: how many results; the oldest are dropped.
        reading: shown while the first reader waits.
        copied: every reader gets a copy, where the result could be written into.

    Returns:
        The decorator.
    """
    keep = st.cache_data if copied else st.cache_resource
    return keep(max_entries=entries, show_spinner=reading or False)
