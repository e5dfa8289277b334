"""Fields of the address as widgets: a choice is one entry of the browser's history."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.page.contract import Control, Part, Sheet, View

WIDTHS = {"select": 220}
"""Pixels of widgets that cannot be as wide as their content; numbers are narrower."""


def rows(parts: Sequence[Sequence[Part]], scene: Any, address: Address, key: str) -> None:
    """Place rows of controls.

    Args:
        parts: of a sheet or panel.
        scene: of the sheet.
        address: settled and bound.
        key: unique on the page.
    """
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


def sheets(view: View, address: Address) -> None:
    """The choice of sheets of a view; nothing where it has one alone."""
    if len(view.sheets) > 1:
        words(address.view, "sheet", {s.id: s.title for s in view.sheets}, "Sheet")


def sheet_of(view: View, address: Address) -> Sheet:
    """The sheet that an address names."""
    return view.sheet(address["sheet"]) if "sheet" in view.fields else view.sheets[0]


def control(part: Control, scene: Any, address: Address) -> None:
    """Place one control.

    Args:
        part: what it is.
        scene: of the sheet.
        address: settled and bound.
    """
    options = part.options(scene, address) if callable(part.options) else part.options
    field = links.VIEWS[address.view][part.field]
    # A fragment that runs alone: what another widget changed must reach this one in the browser.
    st.session_state[session.key(address.view, part.field)] = address[part.field]
    label, help_ = part.label or field.words or part.field, part.help or field.help or None
    common: dict[str, Any] = {
        "key": session.key(address.view, part.field),
        "help": help_,
        "on_change": session.push,
        "args": (address.view,),
        "kwargs": dict(part.resets),
        "width": part.width,
    }
    fixed = {**common, "width": WIDTHS.get(part.kind, 130)} if part.width == "content" else common
    if part.kind == "toggle":
        st.toggle(label, **common)
    elif options is None:
        whole = {"step": 1} if isinstance(address[part.field], int) else {}
        st.number_input(label, **whole, **fixed)
    elif part.kind == "words":
        _segments(label, options, common)
    else:
        known = dict(options)
        st.selectbox(label, list(known), format_func=lambda v: known.get(v, str(v)), **fixed)


def words(
    view: str, name: str, options: Mapping[Any, str], label: str, help: str | None = None,
    **changes: object,
) -> None:  # fmt: skip
    """A choice of a few words, without its label on the page.

    Args:
        view: key of `links.VIEWS`.
        name: parameter of the address.
        options: value → word.
        label: for those who hear the page.
        help: shown on hover.
        **changes: further parameters that a choice sets.
    """
    common = {
        "key": session.key(view, name),
        "help": help,
        "on_change": session.push,
        "args": (view,),
        "kwargs": changes,
        "label_visibility": "collapsed",
    }
    _segments(label, options, common)


def _segments(label: str, options: Mapping[Any, str], common: Mapping[str, Any]) -> None:
    known = dict(options)
    st.segmented_control(label, list(known), format_func=known.__getitem__, required=True, **common)
