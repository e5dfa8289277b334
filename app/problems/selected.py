"""The selected problem of the Problems view, and the problems that are like it."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.shared.address.address import Address
from app.shared.asks import similar
from app.shared.asks.chosen import Scope
from app.shared.page import frame as chrome
from app.shared.table import rows as table_rows
from app.shared.table.quantities import Quantity
from store import Store

FACTS = ("descent.mse_final", "problem_properties.log10_condition")
"""Columns that are told of similar problems."""


def selected(s: Store, address: Address, of: Scope, known: dict[str, Quantity]) -> None:
    """Show what is like the selected problem, and lead to its landscape.

    Args:
        s: the store.
        address: settled and bound.
        of: questions, level and place.
        known: columns.
    """
    problem = address["problem"]
    if problem is None:
        return
    with st.container(border=True, key="selected", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", key="links-open"):
            st.markdown(f"**Problem {problem}**", width="content")
            chrome.link(
                "Open in Landscape", address.carry("landscape"), icon=":material/landscape:"
            )
        if not of.key("problem_properties"):
            return
        near = similar.similar(s, of, problem)
        if near.empty:
            return
        ids = [i for i in FACTS if i in known]
        facts = table_rows.page(s, of, known, ids, [problem, *near["problem"].tolist()])
        own = pd.DataFrame({"problem": [problem], "distance": [0.0]})
        _neighbours(
            address, pd.concat([own, near]).merge(facts, on="problem", how="left"), known, ids
        )


def _neighbours(
    address: Address, rows: pd.DataFrame, known: dict[str, Quantity], ids: Sequence[str]
) -> None:
    st.caption(
        "Similar problems: nearest in all properties, each brought to mean 0 and standard"
        " deviation 1; distance in standard deviations."
    )
    with st.container(gap=None, key="links-similar"):
        for row in rows.iloc[1:].to_dict("records"):
            facts = " · ".join(f"{known[i].label} {row[i]:.4g}" for i in ids if pd.notna(row[i]))
            label = f"problem {int(row['problem'])} · distance {row['distance']:.2f} · {facts}"
            chrome.link(label, address.carry("landscape", problem=int(row["problem"])))
