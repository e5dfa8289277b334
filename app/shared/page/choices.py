"""A choice of a few words, bound to one parameter of the address."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.shared.address import session


def words(
    view: str, name: str, options: Mapping[Any, str], label: str, help: str | None = None,
    **changes: object,
) -> None:  # fmt: skip
    """Let the reader choose; the choice is one entry of the browser's history.

    Args:
        view: key of `links.VIEWS`.
        name: parameter of the address.
        options: value → word.
        label: for those who hear the page.
        help: shown on hover.
        **changes: further parameters that a choice sets.
    """
    st.segmented_control(
        label,
        list(options),
        format_func=options.__getitem__,
        key=session.key(view, name),
        required=True,
        label_visibility="collapsed",
        help=help,
        on_change=session.push,
        args=(view,),
        kwargs=changes,
    )
