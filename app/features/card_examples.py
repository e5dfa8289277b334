"""Where a feature is active: its strongest points and those at quantiles, as matrices."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.features import card as feature_card
from app.features.address import SHOWN
from app.features.card import Card
from app.features.figures import examples as figures
from app.features.figures.examples import Example
from app.shared.address.address import Address
from app.shared.page import choices
from app.shared.page import frame as chrome
from app.shared.page import look as theme
from store import Store

VIEW = "features"
NAMES = {"input": "∇E there", "state": "state ỹ/√ᾱ", "problem": "problem x"}
LONG = {
    "input": "The gradient ∇E(x, ỹ) at that point, level frame, E/ỹ: what the dictionary saw.",
    "state": "The sampler's state after that step, divided by √ᾱ: data frame.",
    "problem": "The problem x (of addition the first summand).",
}


def show(s: Store, address: Address, of: Card, taken: Callable[..., Any]) -> list[Any]:
    """Show examples, with links to their landscapes.

    Args:
        s: the store.
        address: settled and bound.
        of: the card.
        taken: makes what a reader takes along.

    Returns:
        What was drawn.
    """
    top, quantile = feature_card.examples(of)
    if not top:
        return []
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown("**Where it is active**", width="content")
        choices.words(VIEW, "shown", {name: NAMES[name] for name in SHOWN}, "Shown")
    every = [*top, *quantile]
    found = feature_card.matrices(s, of, every, address["shown"])
    drawn = []
    if found is None:
        chrome.nothing(
            "Hidden units are no matrix: choose the state or the problem."
            if address["shown"] == "input" and of.site != "gradient"
            else "These points are not all in the store any more."
        )
    else:
        matrices, question = found
        figure = figures.examples(
            every, matrices, (len(top), len(quantile)), theme.template(theme.active())
        )
        st.plotly_chart(
            figure, theme=None, key="features:card:examples",
            config={**theme.PLOT_CONFIG, "displayModeBar": False},
        )  # fmt: skip
        short = (
            f"{LONG[address['shown']]} #: strongest, at most one a problem; %: the point at that"
            " quantile of its positive activations. One colour scale, ends at 99.5 % of |entries|."
        )
        st.caption(short)
        variable = {"input": "activation", "state": "trajectory", "problem": "x"}[address["shown"]]
        drawn.append(
            taken("Examples", short, question, (variable,), figure, lambda: _rows(every, matrices))
        )
    _links(address, top, quantile)
    return drawn


def _rows(found: list[Example], matrices: np.ndarray) -> pd.DataFrame:
    n = matrices.shape[1]
    frame = pd.DataFrame([vars(e) for e in found]).loc[np.repeat(np.arange(len(found)), n * n)]
    row, col = np.divmod(np.tile(np.arange(n * n), len(found)), n)
    return frame.assign(row=row, col=col, entry=matrices.ravel())


def _links(address: Address, top: list[Example], quantile: list[Example]) -> None:
    for kind, found in (("top", top), ("quantile", quantile)):
        with st.container(key=f"links-{kind}", horizontal=True, vertical_alignment="center"):
            for e in found:
                chrome.link(
                    f"{e.name} p{e.problem} t{e.level}",
                    address.carry("landscape", problem=e.problem, level=e.level),
                    help=f"problem {e.problem} at t = {e.level} in Landscape",
                )
