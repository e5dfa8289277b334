"""Problems: every problem of a subject; any scalar sorts, filters, or becomes an axis."""

import streamlit as st

from app.problems import (
    scatter as problem_scatter,
)
from app.problems import (
    selected as problem_selected,
)
from app.problems import (
    table as problem_table,
)
from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.asks.reading import Subject
from app.shared.drawing.colours import PLACE_NAMES
from app.shared.page import frame as chrome
from app.shared.table import catalog as tables
from app.shared.table import rows as table_rows
from app.shared.table.quantities import Quantity
from ired_interp_core.schema import LEVELS, PLACES
from store import QuestionInfo, Store

VIEW = "problems"


def show() -> None:
    """Show the view."""
    s, address, subject = chrome.begin(VIEW)
    if subject is None:
        chrome.head(s, address)
        chrome.empty(s)
        return
    address = _settle_descent(s, subject, address)
    of, asked = tables.scope(s, subject, address["level"], address["place"], address["q"])
    known = tables.columns(s, of)
    address = _settle(address, known, asked)
    total = table_rows.total(s, of, known, address["filter"])
    pages = max(1, -(-total // problem_table.ROWS))
    if address["page"] > pages:
        address = address.refuse("page", f"expected 1 … {pages}", pages)
    session.bind(address)
    chrome.head(s, address)
    chrome.messages(address)
    _controls(s, address, subject)
    if not of.key("descent") and not of.key("problem_properties"):
        chrome.nothing("Nothing was computed for this model on these problems yet.")
        return
    left, right = st.columns([6, 5], gap="medium")
    with right:
        chosen = problem_scatter.scatter(s, address, of, known, asked)
    with left:
        problem_table.table(s, address, of, known, asked, total, pages, chosen)
        problem_selected.selected(s, address, of, known)


def _settle_descent(s: Store, subject: Subject, address: Address) -> Address:
    there = _descents(s, subject)
    if not address["q"] or sum(key.startswith(address["q"]) for key in there) == 1:
        return address
    return address.refuse("q", "no such descent, or several, of this model and set", "")


def _descents(s: Store, subject: Subject) -> dict[str, str]:
    return {q.key: q.title for q in reading.questions(s, subject, "descent") if q.rows}


def _settle(address: Address, known: dict[str, Quantity], asked: list[QuestionInfo]) -> Address:
    filters, lost = tables.usable(known, address["filter"])
    address = address.replace(filter=filters)
    for line in lost:
        address = address.replace(links.plain(line, 200))
    for name in ("sort", "x", "y", "colour"):
        if address[name] not in known:
            there = links.VIEWS[VIEW][name].default
            there = there if there in known else next(iter(known))
            if address[name] == links.VIEWS[VIEW][name].default:
                address = address.replace(**{name: there})
            else:
                address = address.refuse(name, "no such column for this model and set", there)
    descent = next((q for q in asked if q.analysis == "descent"), None)
    return reading.settle_problem(address, descent) if descent else address


def _controls(s: Store, address: Address, subject: Subject) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="controls"):
        chrome.subject_bar(s, address, subject)
        _descent(address, _descents(s, subject))
        st.segmented_control(
            "Level t: 9 smooth … 0 sharp",
            list(range(LEVELS - 1, -1, -1)),
            key=session.key(VIEW, "level"),
            required=True,
            on_change=session.push,
            args=(VIEW,),
        )
        st.selectbox(
            "Place of the curvature",
            PLACES,
            key=session.key(VIEW, "place"),
            format_func=PLACE_NAMES.get,
            on_change=session.push,
            args=(VIEW,),
            width=150,
        )


def _descent(address: Address, there: dict[str, str]) -> None:
    if len(there) < 2:
        return
    key = "problems:descent"
    st.session_state[key] = next((k for k in there if k.startswith(address["q"])), None)
    st.selectbox(
        "Descent",
        list(there),
        key=key,
        format_func=lambda k: f"{there[k]} · {k[:8]}",
        on_change=lambda: session.push(VIEW, q=st.session_state[key], page=1),
        width=190,
        help="how the sampler was run: what differs from the official settings",
    )
