"""Sheet of Overview: the paper's tables and figures, published beside measured beside trivial."""

from collections.abc import Mapping, Sequence

import streamlit as st

from app.paper import (
    answers as paper_answers,
)
from app.paper import (
    example as paper_example,
)
from app.paper import panels as paper_figures
from app.paper import (
    rows as paper,
)
from app.paper import sampler as paper_sampler
from app.paper import (
    tables as paper_tables,
)
from app.paper.answers import OFFICIAL, Shown
from app.paper.foot import command, foot
from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.page import frame as chrome
from store import Store

VIEW = "overview"

HOW = (
    "Mean squared errors over entries and problems [y²], data frame, mean ± s.e.; the paper gives"
    " no errors. Official answer: the last state, not divided by √ᾱ₀, as the paper's code measures"
    " it. R² of ŷ on a predictor's answers b: 1 − Σ‖ŷ − b‖² / Σ‖ŷ − mean ŷ‖², nothing fitted, with"
    " a 95 % bootstrap interval over problems; 1: the model computes it. Its control is the same"
    " of the truth y*. “Refitted” predictors have seen the harder variant, which the model has not."
    " “Computes” is said from R² ≥ .99 on, “largely” from .9 on, by the interval's lower end."
)


def settle(s: Store, address: Address) -> tuple[Address, list[Shown], dict[str, str]]:
    """Choose the weights of each task; to be called before the address is bound.

    Args:
        s: the store.
        address: of this view.

    Returns:
        The address, everything there is to show, and task → digest.
    """
    everything = paper_answers.everything(s)
    address, chosen = paper.settle(s, everything, address)
    return paper_example.settle(s, address, chosen.get(address["task"])), everything, chosen


def show(
    s: Store, address: Address, everything: Sequence[Shown], chosen: Mapping[str, str]
) -> None:
    """Show the sheet.

    Args:
        s: the store.
        address: settled and bound.
        everything: there is.
        chosen: task → digest of its weights.
    """
    tables, trouble = paper_answers.shipped_tables()
    if tables is None:
        st.text(links.plain(f"Shipped {trouble}", 400))
    if not everything:
        chrome.nothing("No accuracy was measured in this store yet.", command(s))
        return
    st.subheader("Table 1 · errors on three tasks", anchor=False)
    html, numbers = paper_tables.first(s, everything, chosen)
    st.html(html)
    rows = [
        e for t, m in chosen.items() for e in paper.pick(everything, t, m, OFFICIAL).values()
    ]  # fmt: skip
    foot(s, address, "table-1", HOW, rows, numbers, "Table 1")
    _controls(s, everything, address, chosen)
    task = address["task"]
    if task not in chosen:
        chrome.nothing(f"No weights for {task} were measured yet.", command(s))
        return
    paper_sampler.show(s, address, everything, chosen[task])
    paper_figures.show(s, address, everything, chosen[task])


def _controls(
    s: Store, everything: Sequence[Shown], address: Address, chosen: Mapping[str, str]
) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.segmented_control(
            "Task",
            paper.TASKS,
            key=session.key(VIEW, "task"),
            required=True,
            label_visibility="collapsed",
            on_change=session.push,
            args=(VIEW,),
            help="of Tables 2 and 3 and the figures",
        )
        task = address["task"]
        known = paper.models(s, everything, task)
        if len(known) < 2:
            return
        key = f"{VIEW}:weights:{task}"
        st.session_state[key] = chosen[task]
        st.selectbox(
            "Weights",
            known,
            key=key,
            format_func=lambda m: paper.model_words(s, m)[0],
            label_visibility="collapsed",
            on_change=_exchange,
            args=(key, address, dict(chosen), task),
            help="weights that this task is shown with, in Table 1 too",
        )


def _exchange(key: str, address: Address, chosen: Mapping[str, str], task: str) -> None:
    session.go(paper.exchange(address, chosen, task, st.session_state[key]))
