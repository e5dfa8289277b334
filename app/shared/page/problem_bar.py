"""The problem that a sheet shows, by its number, and the way to others."""

import random

import streamlit as st

from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import live, reading
from app.shared.page import controls
from store import QuestionInfo

MOST = 999_999
"""Index up to which a problem can be asked live; a set has no end."""


def place(basis: QuestionInfo | None, address: Address) -> None:
    """Place the number of the problem between the buttons that lead to its neighbours.

    Args:
        basis: the question whose problems can be shown; None for none.
        address: of the page.
    """
    there = reading.problems_present(basis).tolist() if basis else []
    here = address["problem"]
    before = [p for p in there if p < here]
    after = [p for p in there if p > here]
    with st.container(
        key=f"{address.view}-problems", horizontal=True, gap="xsmall", vertical_alignment="bottom",
        wrap=False, width="content",
    ):  # fmt: skip
        _go(address, "‹", "P", "previous problem (key P)", before[-1:] or there[-1:])
        label = f"Problem of {len(there)}" if there else "Problem"
        last = MOST if live.offered() else max(there[-1] if there else 0, here)
        help_ = "index of the problem in its set"
        controls.problem(address, "problem", label, (0, last), help_, 112)
        _go(address, "›", "N", "next problem (key N)", after[:1] or there[:1])
        _go(address, "any", "X", "any other problem (key X)", [p for p in there if p != here])


def _go(address: Address, label: str, key: str, help: str, targets: list[int]) -> None:
    st.button(
        links.literal(label),
        key=f"{address.view}-go-{key}",
        help=help,
        shortcut=key,
        disabled=not targets,
        on_click=lambda: session.push(address.view, problem=random.choice(targets)),
    )
