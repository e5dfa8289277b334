"""Filters of the Problems view: column, comparison, number."""

import streamlit as st

from app import column_words, links
from app.links import OPERATORS, Address, Filter
from app.tables import Column

VIEW = "problems"


def chips(address: Address, known: dict[str, Column]) -> None:
    """Show the filters; a click takes one away.

    Args:
        address: settled and bound.
        known: columns.
    """
    if not address["filter"]:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="filters"):
        for i, f in enumerate(address["filter"]):
            st.button(
                f"{known[f.column].label} {OPERATORS[f.operator]} {f.number:.6g}",
                key=f"problems:filter:{i}",
                icon=":material/close:",
                icon_position="right",
                help="remove this filter",
                on_click=_unfilter,
                args=(f,),
            )
        st.button(
            "Clear filters", key="problems:clear", type="tertiary", on_click=links.push,
            args=(VIEW,), kwargs={"filter": (), "page": 1},
        )  # fmt: skip


def form(address: Address, known: dict[str, Column]) -> None:
    """Ask for one more filter.

    Args:
        address: settled and bound.
        known: columns.
    """
    with st.form("problems:new", border=False):
        column = st.selectbox(
            "Column", list(known), format_func=lambda i: column_words.menu(known[i])
        )
        operator = st.selectbox("is", list(OPERATORS), format_func=OPERATORS.get)
        number = st.number_input("number", value=0.0, format="%.6g", step=None)
        if st.form_submit_button("Add filter", disabled=column is None):
            new = Filter(column, operator, float(number))
            links.push(VIEW, filter=tuple(dict.fromkeys([*address["filter"], new])), page=1)
            st.rerun()


def _unfilter(gone: Filter) -> None:
    kept = tuple(f for f in st.session_state[links.key(VIEW, "filter")] if f != gone)
    links.push(VIEW, filter=kept, page=1)
