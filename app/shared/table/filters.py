"""Filters of a table: column, comparison, number; shared by the views that have one."""

from collections.abc import Mapping

import streamlit as st

from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.address.fields import MOST_FILTERS, OPERATORS, Filter
from app.shared.table import words as column_words
from app.shared.table.quantities import Quantity

NAMES = {"problems": ("filter", "page"), "features": ("keep", "leaf")}
"""View → its parameters: the filters, and the page that a new filter turns back to 1."""


def chips(address: Address, known: Mapping[str, Quantity]) -> None:
    """Show the filters; a click takes one away."""
    view = address.view
    name, page = NAMES[view]
    if not address[name]:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="filters"):
        for i, f in enumerate(address[name]):
            st.button(
                links.literal(f"{known[f.column].label} {OPERATORS[f.operator]} {f.number:.6g}"),
                key=f"{view}:filter:{i}",
                icon=":material/close:",
                icon_position="right",
                help="remove this filter",
                on_click=_unfilter,
                args=(view, f),
            )
        st.button(
            "Clear filters", key=f"{view}:clear", type="tertiary", on_click=session.push,
            args=(view,), kwargs={name: (), page: 1},
        )  # fmt: skip


def form(address: Address, known: Mapping[str, Quantity]) -> None:
    """Ask for one more filter, where there is room for one."""
    view = address.view
    full = len(address[NAMES[view][0]]) >= MOST_FILTERS
    with (
        st.popover("Filter", icon=":material/filter_alt:", disabled=full),
        st.form(f"{view}:new", border=False),
    ):
        st.selectbox(
            "Column",
            list(known),
            key=f"{view}:new:column",
            format_func=lambda i: column_words.menu(known[i]),
        )
        st.selectbox("is", list(OPERATORS), key=f"{view}:new:operator", format_func=OPERATORS.get)
        st.number_input(
            "number", value=0.0, key=f"{view}:new:number", format="%.6g", step=None
        )  # fmt: skip
        st.form_submit_button("Add filter", disabled=not known, on_click=_add, args=(view,))


def _add(view: str) -> None:
    name, page = NAMES[view]
    column, operator, number = (
        st.session_state[f"{view}:new:{part}"] for part in ("column", "operator", "number")
    )
    new = Filter(column, operator, float(number))
    kept = tuple(dict.fromkeys([*st.session_state[session.key(view, name)], new]))
    session.push(view, **{name: kept, page: 1})


def _unfilter(view: str, gone: Filter) -> None:
    name, page = NAMES[view]
    kept = tuple(f for f in st.session_state[session.key(view, name)] if f != gone)
    session.push(view, **{name: kept, page: 1})
