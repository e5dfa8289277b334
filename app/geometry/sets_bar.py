"""The row of sets that stand side by side: one is looked at, others are added and taken away."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from app.geometry import sets
from app.geometry.scene import ANALYSES, GEOMETRY, OF_SHEET, Scene
from app.geometry.sets import Side
from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address, set_name
from app.shared.asks import commands
from app.shared.drawing import colours
from ired_interp_core.spelling import counted
from store import QuestionInfo

VIEW = "geometry"
KEY = "geometry:beside"


def row(scene: Scene, address: Address) -> None:
    """Place a chip for each set, the way to others, and what computes a set without answers."""
    analysis = OF_SHEET.get(address["sheet"], GEOMETRY)
    with st.container(
        key="geometry-sets", horizontal=True, gap="xsmall", vertical_alignment="bottom",
        width="content",
    ):  # fmt: skip
        st.html(style(scene, analysis))
        for side in scene.sides:
            asked = side.asked.get(analysis)
            question = scene.swept.get(asked.key, asked) if asked else None
            st.button(
                links.literal(side.name),
                key=f"geometry-set-{side.place}",
                help=links.literal(sets.told(scene.store, side, question)),
                on_click=session.push,
                args=(VIEW,),
                kwargs=shown(scene, side),
            )
        _add(scene, address)
        for side in scene.sides:
            if analysis not in side.asked:
                _missing(scene, side, analysis)


def shown(scene: Scene, side: Side) -> dict[str, Any]:
    """Changes of the address that show another of the sets, the others beside it."""
    others = tuple(one.link for one in scene.sides if one is not side)
    return {"set": side.link, "beside": others, "q": ""}


def _add(scene: Scene, address: Address) -> None:
    there = sets.known(scene.store, scene.subject, ANALYSES)
    own = set_name(scene.subject.problems)
    names = [n for n in dict.fromkeys((*there, *address["beside"])) if n != own]
    if not names:
        return
    st.session_state[KEY] = list(address["beside"])
    with st.popover("+ set", help="sets of the same task beside this one, at most four in all"):
        st.multiselect(
            "Beside this set",
            names,
            key=KEY,
            format_func=lambda name: _named(name, there),
            max_selections=sets.MOST - 1,
            placeholder="choose sets",
            on_change=_choose,
        )


def _named(name: str, there: Mapping[str, QuestionInfo]) -> str:
    known = there.get(name)
    rows = counted(known.rows, "problem") if known else "not computed"
    return f"{sets.short(links.set_of(name))} · {rows}"


def _choose() -> None:
    session.push(VIEW, beside=tuple(st.session_state[KEY]))


def _missing(scene: Scene, side: Side, analysis: str) -> None:
    """What computes a set: its own chip leads to Compute, and here is the sweep."""
    like = next((one.asked[analysis] for one in scene.sides if analysis in one.asked), None)
    if like is None:
        return
    command = commands.command(scene.store, replace(like, problems=side.problems), count=like.rows)
    with st.popover(links.literal(f"{side.name}: not computed")):
        st.text("The others are drawn. A sweep computes it for as many problems:")
        st.code(command, language="bash", wrap_lines=True)


def style(scene: Scene, analysis: str) -> str:
    """Colours of the chips: a bar at the left, hollow without answers; a frame round the chosen."""
    if len(scene.sides) < 2:
        return "<style></style>"
    rules = []
    for side in scene.sides:
        chip = f".st-key-geometry-set-{side.place} button"
        fill = side.colour if analysis in side.asked else "transparent"
        dot = f"background: {fill}; border: 2px solid {side.colour}"
        rules.append(
            f"{chip}::before {{ content: ''; flex: none; width: 10px; height: 10px;"
            f" margin-right: 6px; border-radius: 50%; {dot}; }}"
        )
        if side.problems == scene.subject.problems:
            rules.append(f"{chip} {{ box-shadow: inset 0 -2px 0 {side.colour}; }}")
            rules.append(f"{chip} p {{ font-weight: 650; }}")
        if side.unscaled:
            rules.append(f"{chip} {{ border: 1px dashed {colours.IDEAL}; }}")
    return f"<style>{''.join(rules)}</style>"
