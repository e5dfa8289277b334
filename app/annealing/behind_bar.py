"""The bar of the annealing view that names the problems behind a clicked point."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from app.annealing import behind as annealing_quantities
from app.annealing.scene import Scene
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.drawing.by_level import SHARE, Pick
from app.shared.page import frame as chrome

VIEW = "annealing"


def bar(scene: Scene) -> None:
    """Name the problems behind the picked point, always in sight.

    Args:
        scene: everything.
    """
    address = scene.address
    with st.container(
        key="annealing-behind", horizontal=True, vertical_alignment="center", gap="small"
    ):
        if address["problem"] is not None:
            _problem(address)
            return
        pick = scene.look.pick
        found = None
        if pick is not None:
            found = annealing_quantities.behind(
                scene.s, scene.pop, address, scene.groups, pick, scene.schedule
            )
        if found is None:
            st.caption("Click a point of any figure: the problems behind it are named here.")
            return
        st.text(found.sentence, width="content")
        for problem, value in found.near:
            chrome.link(
                f"{problem} ({value:.4g})",
                address.carry("landscape", problem=problem, level=pick.level),
                help=f"problem {problem} at t = {pick.level} in Landscape",
            )
        if found.table is not None:
            chrome.link("open in Problems", found.table, icon=":material/table_rows:")
        _forget()


def _problem(address: Address) -> None:
    n, t = address["problem"], address["level"]
    st.text(f"Problem {n} at t = {t}", width="content")
    chrome.link("open in Landscape", address.carry("landscape"), icon=":material/landscape:")
    chrome.link(
        "open in Problems",
        address.carry("problems", sort="problem", order="up", q=address["q"]),
        icon=":material/table_rows:",
    )
    _forget()


def _forget() -> None:
    st.button(
        "forget",
        key="annealing:forget",
        type="tertiary",
        on_click=session.push,
        args=(VIEW,),
        kwargs={"pick": "", "problem": None},
    )


def clicked(key: str, name: str, whats: Sequence[str]) -> None:
    """Write a click on a figure into the address; for `on_select`.

    Args:
        key: of the figure.
        name: of the panel.
        whats: quantities of its rows.
    """
    points: list[dict[str, Any]] = st.session_state[key]["selection"]["points"]
    if not points:
        return
    numbers = _numbers(points[0]["customdata"])
    if name == "energy":
        session.push(VIEW, problem=int(numbers[0]), level=int(numbers[1]), pick="")
        return
    level, percent, group, row = (int(v) for v in numbers[:4])
    pick = Pick(whats[row], level, percent, group)
    share = "share" if pick.percent == SHARE else str(pick.percent)
    session.push(VIEW, pick=f"{pick.what}~{share}~{pick.group}", level=level, problem=None)


def _numbers(found: Any) -> list[float]:
    """A point's own numbers; what travels as a typed array comes back as {"0": …, "1": …}.

    Returns:
        They.
    """
    if isinstance(found, dict):
        return [float(found[str(i)]) for i in range(len(found))]
    return np.ravel(found).tolist()
