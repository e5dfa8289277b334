"""The address of this session: read before the first widget, bound to widgets, written by them.

Tried in Chromium, Streamlit 1.67: writing `st.query_params` in a callback pushes a history entry,
and Back reruns the script with the older query; `bind="query-params"` only replaces the entry.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from app.shared.address.address import VIEWS, Address, parse

_AFTER = "address:after"


def follow(callback: Callable[[], None] | None) -> None:
    """Say what is done when a choice has written the address; None: the page runs again."""
    st.session_state[_AFTER] = callback


def _after() -> None:
    callback = st.session_state.get(_AFTER)
    if callback is not None:
        callback()


def current(view: str) -> Address:
    """Read the address that the browser shows; to be called before the first widget."""
    return parse(view, {name: st.query_params.get_all(name) for name in st.query_params})


def key(view: str, name: str) -> str:
    """Key of the widget of one parameter of a view."""
    return f"{view}.{name}"


def bind(address: Address) -> None:
    """Give every widget the settled address' value; to be called before the first widget."""
    for name, value in address.values.items():
        st.session_state[key(address.view, name)] = value
    st.session_state[f"{address.view}:bound"] = address


def push(view: str, /, **changes: Any) -> None:
    """Write the widgets' values into the address: one history entry. For `on_change`.

    Args:
        view: key of `VIEWS`.
        **changes: further parameters, e.g. page=1 where a filter changed.
    """
    address: Address = st.session_state[f"{view}:bound"]
    values = dict(address.values)
    fresh = current(view)
    for name, known in VIEWS[view].items():
        if known.live:
            values[name] = fresh[name]
        elif key(view, name) in st.session_state:
            values[name] = st.session_state[key(view, name)]
    query = replace(address, values=values).query(**changes)
    wanted = {n: [v] if isinstance(v, str) else v for n, v in query.items()}
    if wanted != {n: st.query_params.get_all(n) for n in st.query_params}:
        st.query_params.from_dict(query)
    _after()


def go(address: Address) -> None:
    """Show another address of the same view: one history entry. For `on_click`."""
    st.query_params.from_dict(address.query())
    _after()
