"""The bar that names the problems behind a clicked point, always in sight."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.annealing.behind import behind
from app.annealing.scene import Scene, pick_of
from app.components.said import Picked
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.drawing.by_level import SHARE
from app.shared.page import frame
from ired_interp_core.spelling import number


def bar(scene: Scene, address: Address) -> None:
    """Name the problems behind the picked point."""
    with st.container(
        key="annealing-behind", horizontal=True, vertical_alignment="center", gap="small"
    ):
        if address["problem"] is not None:
            _problem(address)
            return
        pick = pick_of(address["pick"], address["level"])
        found = None
        if pick is not None:
            groups = scene.groups(address["group"], address["groups"])
            found = behind(scene.store, scene.family, address, groups, pick, scene.schedule)
        if found is None or pick is None:
            st.caption("Click a point of any figure to list the problems behind it here.")
            return
        st.text(found.sentence, width="content")
        for problem, value in found.near:
            frame.link(
                f"{problem} ({number(value, '.4g')})",
                address.carry("landscape", problem=problem, level=pick.level),
                help=f"problem {problem} at t = {pick.level} in Landscape",
            )
        if found.table is not None:
            frame.link("open in Problems", found.table, icon=":material/table_rows:")
        _forget()


def _problem(address: Address) -> None:
    n, t = address["problem"], address["level"]
    st.text(f"Problem {n} at t = {t}", width="content")
    frame.link("open in Landscape", address.carry("landscape"), icon=":material/landscape:")
    frame.link(
        "open in Problems",
        address.carry("problems", sort="problem", order="up", q=address["q"]),
        icon=":material/table_rows:",
    )
    _forget()


def _forget() -> None:
    st.button(
        "Clear selection",
        key="annealing:forget",
        type="tertiary",
        on_click=session.push,
        args=("annealing",),
        kwargs={"pick": "", "problem": None},
    )


def picked(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A point of a quantity by level was clicked: its problems are wanted."""
    if len(point.custom) < 6:
        return None
    level, percent, group, _, _, quantity = point.custom
    share = "share" if percent == SHARE else str(int(percent))
    return {"pick": f"{quantity}~{share}~{int(group)}", "level": int(level), "problem": None}


def picked_problem(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A point that is one problem at one level was clicked."""
    if len(point.custom) < 2:
        return None
    return {"problem": int(point.custom[0]), "level": int(point.custom[1]), "pick": ""}
