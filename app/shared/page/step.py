"""Which step of its training a model is, and the way to the steps before and after it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import steps as series_picks
from app.shared.asks.reading import Subject
from app.shared.asks.steps import Walk
from ired_interp_core.spelling import counted
from store import Store


def show(view: str, subject: Subject, anew: Sequence[str], **changes: Any) -> None:
    """Show another model in a view: one history entry.

    Args:
        view: key of `links.VIEWS`.
        subject: whose model.
        anew: parameters that begin again, where the view has them.
        **changes: further parameters.
    """
    known = links.VIEWS[view]
    changes |= {name: known[name].default for name in anew if name in known}
    session.push(view, model=subject.model, **changes)


def bar(store: Store, address: Address, subject: Subject) -> None:
    """Choose the training step; nothing is drawn for a subject whose model is in no series."""
    walk, view = series_picks.walk(store, subject), address.view
    if walk is None or len(walk.subjects) < 2:
        return
    with st.container(
        horizontal=True, gap="xsmall", vertical_alignment="center", wrap=False, width="content",
        key=f"{view}-steps",
    ):  # fmt: skip
        _steps(view, walk, subject)


def _steps(view: str, walk: Walk, subject: Subject) -> None:
    by_step = dict(walk.subjects)
    here = next(step for step, t in walk.subjects if t == subject)
    before = [step for step in by_step if step < here]
    after = [step for step in by_step if step > here]
    key = f"{view}:step"
    st.session_state[key] = here

    def go(step: int | None = None) -> None:
        show(view, by_step[st.session_state[key] if step is None else step], ("q", "dictionary"))

    st.button(
        "‹", key=f"{view}:earlier", shortcut="J", disabled=not before, on_click=go,
        args=tuple(before[-1:]), help="earlier training step (key J)",
    )  # fmt: skip
    st.selectbox(
        "Training step",
        list(by_step),
        key=key,
        format_func=lambda n: f"step {n:,}",
        label_visibility="collapsed",
        on_change=go,
        width=132,
        help=f"of {counted(len(by_step), 'step')} of this training",
    )
    st.button(
        "›", key=f"{view}:later", shortcut="K", disabled=not after, on_click=go,
        args=tuple(after[:1]), help="later training step (key K)",
    )  # fmt: skip
