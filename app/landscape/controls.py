"""Choices of the landscape view that no field alone describes: problem, slice, lock of colours."""

from collections.abc import Mapping

import streamlit as st

from app.landscape import pin as pins
from app.landscape.scene import Scene
from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.asks import live, slices
from app.shared.page import problem_bar
from ired_interp_core.geometry.names import BASELINES
from ired_interp_core.spelling import number

VIEW = "landscape"


def problem(scene: Scene, address: Address) -> None:
    """The problem by its number, and the way to others."""
    problem_bar.place(scene.basis, address)


def plane(scene: Scene, address: Address) -> None:
    """The plane, and the point at its centre."""
    chosen, by_key = scene.slice(address.values), {q.key: q for q in scene.slices}
    names = {key: slices.name(question, scene.slices) for key, question in by_key.items()}
    key = "landscape-slice"
    st.session_state[key] = chosen.key if chosen else None

    def choose() -> None:
        picked = by_key.get(st.session_state[key])
        if picked is not None:
            plane, centre = slices.place_of(picked)
            alike = [q for q in scene.slices if slices.place_of(q) == (plane, centre)]
            short = picked.key[:8] if len(alike) > 1 else ""
            session.push(VIEW, plane=plane, centre=centre, q=short)

    st.selectbox(
        "Slice",
        list(names),
        index=0 if chosen else None,
        key=key,
        format_func=lambda one: names.get(one, one),
        placeholder="choose a slice" if names else "no slice in this store",
        on_change=choose,
        width="stretch",
        help="the plane and the point at its centre",
    )


def lock(scene: Scene, address: Address) -> None:
    """Keep the colours of the slice."""
    locked, limits = address["lock"], scene.limits(address)
    key = "landscape-locked"
    st.session_state[key] = locked is not None
    span = f" {number(locked[0], '.4g')} … {number(locked[1], '.4g')}" if locked else ""
    st.toggle(
        links.literal(f"lock colours{span}"),
        key=key,
        disabled=limits is None and locked is None,
        on_change=lambda: session.push(VIEW, lock=limits if st.session_state[key] else None),
        help="keep the colour range of this problem (over all levels) for other problems, too",
    )


def attributed(scene: Scene, address: Address) -> None:
    """Show what each entry carries of E, where that is known or can be asked."""
    if not (scene.attributed or scene.attributions or live.offered()):
        return
    key = "landscape-attributed"
    st.session_state[key] = scene.attributed
    st.toggle(
        "attribution",
        key=key,
        on_change=lambda: session.push(
            VIEW, attribution=BASELINES[0] if st.session_state[key] else ""
        ),
        help="beside the entries of x and y*, how much each of them carries of E",
    )


def clear(scene: Scene, address: Address) -> None:
    """Look at no point, at no eigenvector any more."""
    eigen = address["eigen"]
    of_point = {"eigen": None} if eigen is not None and eigen.at_point else {}
    if address["point"] is not None:
        st.button(
            "Clear the point",
            key="landscape-clear",
            on_click=lambda: session.push(VIEW, point=None, **of_point),
            help="the point that was clicked on the plane",
        )
    if eigen is not None:
        st.button(
            "Clear the eigenvector",
            key="landscape-clear-eigen",
            on_click=lambda: session.push(VIEW, eigen=None),
            help="the eigenvalue that was clicked in a spectrum",
        )


def pin(scene: Scene, address: Address) -> None:
    """Hold what is shown beside what will be shown, or let it go."""
    if scene.pinned is None:
        st.button(
            "Pin",
            key="landscape-pin",
            shortcut="B",
            on_click=lambda: session.push(VIEW, pin=pins.of(address)),
            help="hold this view beside the next ones: spectrum, slice, descent, answer, numbers",
        )
        return
    st.button(
        links.literal(f"Unpin {scene.pinned.name}"),
        key="landscape-unpin",
        shortcut="B",
        on_click=lambda: session.push(VIEW, pin=None),
        help="end the comparison",
    )
    held: pins.Pin = address["pin"]
    st.button(
        "Swap",
        key="landscape-swap",
        shortcut="S",
        on_click=lambda: session.push(VIEW, **vars(held), pin=pins.of(address)),
        help="show the pinned view, and pin this one",
    )


def walks(scene: Scene, address: Address) -> Mapping[str, str]:
    """Descents of the subject, by key; the stored one first."""
    stored = scene.asked.get("descent")
    return {"": "as stored"} | {q.key: q.title for q in scene.walks if q != stored}


def dictionaries(scene: Scene, address: Address) -> Mapping[str, str]:
    """Dictionaries of the subject, by key."""
    return {key: features.name(scene.store, one) for key, one in scene.dictionaries.items()}
