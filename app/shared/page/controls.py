"""Fields of the address as widgets: a choice is one entry of the browser's history."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.page.contract import Control, Missing, Part, Sheet, View

WIDTHS = {"select": 220}
"""Pixels of widgets that cannot be as wide as their content; numbers are narrower."""


def rows(parts: Sequence[Sequence[Part]], scene: Any, address: Address, key: str) -> None:
    """Place the rows of controls of a sheet or panel; `key` is unique on the page."""
    for number, row in enumerate(parts):
        with st.container(
            key=f"controls-{key}-{number}",
            horizontal=True,
            gap="small",
            vertical_alignment="bottom",
        ):
            for part in row:
                if not isinstance(part, Control):
                    part(scene, address)
                elif part.shown(scene, address):
                    control(part, scene, address)


def sheets(view: View, here: Sheet, scene: Any) -> None:
    """The choice of sheets of a view; nothing where the page is the only one."""
    lacks = isinstance(scene, Missing)
    offered = [one for one in view.sheets if one is here or lacks or one.shown(scene)]
    if len(offered) > 1:
        common = {
            "key": session.key(view.name, "sheet"),
            "on_change": session.push,
            "args": (view.name,),
            "label_visibility": "collapsed",
        }
        _segments("Sheet", {sheet.id: sheet.title for sheet in offered}, common)


def sheet_of(view: View, address: Address) -> Sheet:
    """The sheet that an address names."""
    return view.sheet(address["sheet"]) if "sheet" in view.fields else view.sheets[0]


def control(part: Control, scene: Any, address: Address) -> None:
    """Place one control."""
    options = part.options(scene, address) if callable(part.options) else part.options
    field = links.VIEWS[address.view][part.field]
    # A fragment that runs alone: what another widget changed must reach this one in the browser.
    st.session_state[session.key(address.view, part.field)] = address[part.field]
    label = part.label or part.field
    common: dict[str, Any] = {
        "key": session.key(address.view, part.field),
        "help": part.help or field.help or None,
        "on_change": session.push,
        "args": (address.view,),
        "kwargs": dict(part.resets),
        "width": part.width,
    }
    fixed = {**common, "width": WIDTHS.get(part.kind, 130)} if part.width == "content" else common
    if part.kind == "toggle":
        st.toggle(links.literal(label), **common)
    elif options is None:
        whole = {"step": 1} if isinstance(address[part.field], int) else {}
        st.number_input(links.literal(label), **whole, **fixed)
    elif part.kind == "words":
        _segments(label, options, common)
    else:
        known = dict(options)
        st.selectbox(
            links.literal(label), list(known), format_func=lambda v: known.get(v, str(v)), **fixed
        )


def choice(
    key: str, label: str, options: Mapping[Any, str], shown: Any, choose: Callable[[Any], None],
    help: str, width: int,
) -> None:  # fmt: skip
    """Place a choice that no field alone describes.

    Args:
        key: unique on the page.
        label: above the widget.
        options: value → word.
        shown: the value that holds.
        choose: called with the value that the reader chooses.
        help: shown on hover.
        width: pixels.
    """
    st.session_state[key] = shown
    st.selectbox(
        links.literal(label), list(options), key=key, format_func=options.__getitem__, help=help,
        width=width, on_change=lambda: choose(st.session_state[key]),
    )  # fmt: skip


def problem(
    address: Address, name: str, label: str, ends: tuple[int, int], help: str, width: int
) -> None:
    """Place the number of a problem, between the first and the last one."""
    key = session.key(address.view, name)
    st.session_state[key] = address[name]  # what a key changed while a fragment runs alone
    st.number_input(
        links.literal(label), *ends, key=key, on_change=session.push, args=(address.view,),
        help=help, width=width,
    )  # fmt: skip


def _segments(label: str, options: Mapping[Any, str], common: Mapping[str, Any]) -> None:
    known = dict(options)
    st.segmented_control(
        links.literal(label), list(known), format_func=lambda value: links.literal(known[value]),
        required=True, **common,
    )  # fmt: skip
