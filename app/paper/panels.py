"""Of the paper's sheet: Figure 3, the error by level, and Figure 4, the energy around the truth."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from app.paper import (
    answers as paper_answers,
)
from app.paper import (
    example as paper_example,
)
from app.paper import (
    rows as paper,
)
from app.paper import (
    words as paper_words,
)
from app.paper.answers import OFFICIAL, Answer, Moved, Shown
from app.paper.example import Example
from app.paper.figures import energy as paper_energy
from app.paper.figures import levels as paper_levels
from app.paper.foot import command, foot
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.page import choices
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import look as theme
from app.shared.table import verdict
from store import Store

VIEW = "overview"
CURVES = {"excess": "E − E at y*", "value": "E"}
"""What Figure 4 draws."""

FALL = (
    "Mean over entries and problems of the official sampler's state at the end of each level,"
    " divided by √ᾱ_t (data frame), ± s.e.; read from left to right as inference walks. {said}"
)
STRIP = (
    "|ŷ_t − y*| of problem {problem} of {set}, entry by entry; the same colours at all levels, up"
    " to the 98th percentile of t ≤ 4. MSE of ŷ {mse}."
)
AROUND = (
    "Mean energy of y* moved by δ in one random direction for each problem; mean δ² over"
    " entries on the axis, energies in the level frame: an energy that measures error rises"
    " from the left end on. Star: lowest mean, below the truth's by more than 2 s.e.; circle:"
    " lowest mean, not told apart from the truth's or the truth itself. {axis}"
)
AXES = {
    "excess": "The vertical axis is linear near 0 and logarithmic beyond ±1 (asinh).",
    "value": "Bars: ± s.e.",
}


def show(s: Store, address: Address, everything: Sequence[Shown], model: str) -> None:
    """Show both figures of the chosen task.

    Args:
        s: the store.
        address: settled and bound.
        everything: there is.
        model: digest of the task's weights.
    """
    task = address["task"]
    answers = paper.pick(everything, task, model, OFFICIAL)
    if not answers:
        chrome.nothing("The official sampler was not measured of these weights.", command(s))
        return
    found = paper_example.find(s, task, model)
    left, right = st.columns([5, 7], gap="medium") if found else (st.container(), None)
    with left:
        st.subheader(f"Figure 3 · {task}: error by level", anchor=False)
        _fall(s, address, answers)
    if right and found:
        with right:
            _one(s, address, model, found)
    st.subheader(f"Figure 4 · {task}: energy around the truth", anchor=False)
    _around(s, address, answers)


def _fall(s: Store, address: Address, answers: Mapping[str, Shown]) -> None:
    names = ("absolute_error_level", "absolute_error_level_error")
    falls = {
        v: paper_levels.Fall(*(e.answer.levels[n].to_numpy(float) for n in names))
        for v, e in answers.items()
    }
    drawn = paper_levels.figure(falls, theme.template(theme.active()))
    st.plotly_chart(drawn, theme=None, key="paper:levels", config=theme.PLOT_CONFIG)
    numbers = pd.concat(
        [e.answer.levels[list(names)].reset_index().assign(**_about(e.answer))
         for e in answers.values()]
    )  # fmt: skip
    how = FALL.format(said=paper_words.walk(answers))
    files = [citing.html(drawn, f"levels-{address['task']}")]
    foot(s, address, "figure-3", how, [*answers.values()], numbers, "Figure 3", files)


def _about(a: Answer) -> dict[str, object]:
    return {"task": a.task, "variant": a.variant, "weights": a.model, "question": a.key,
            "problems": a.problems}  # fmt: skip


def _one(s: Store, address: Address, model: str, found: Example) -> None:
    """The error of one problem by level, where its descent is in the store."""
    problem = address["example"]
    st.subheader("One problem, entry by entry", anchor=False)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.number_input(
            "Problem",
            *found.ends,
            key=session.key(VIEW, "example"),
            label_visibility="collapsed",
            width=140,
            on_change=session.push,
            args=(VIEW,),
            help="number of the problem in its set",
        )
        about = {"model": model, "set": found.set, "problem": problem}
        if chrome.with_something(s)["landscape"]:
            chrome.link(f"problem {problem} in Landscape", address.carry("landscape", **about))
    errors, mse = paper_example.errors(s, found, problem)
    drawn = paper_levels.strip(errors, theme.template(theme.active()))
    st.plotly_chart(drawn, theme=None, key="paper:strip", config=theme.PLOT_CONFIG)
    how = STRIP.format(problem=problem, set=found.set, mse=verdict.short(mse))
    name = f"errors-{found.set}-{problem}"
    citing.foot(
        address,
        "figure-3-problem",
        how,
        citing.citation(s, found.descent, found.properties),
        citing.python(s, found.descent, problems=[problem], variables=["answer"]),
        citing.command(s, found.descent),
        [
            citing.netcdf(lambda: paper_example.answer(s, found, problem), name),
            citing.html(drawn, name),
        ],
    )


def _around(s: Store, address: Address, answers: Mapping[str, Shown]) -> None:
    moved = {v: paper_answers.moved(s, e.answer) for v, e in answers.items()}
    moved = {v: m for v, m in moved.items() if np.isfinite(m.energy).any()}
    if not moved:
        chrome.nothing("No energies around the truth were measured (energy_problems = 0).")
        return
    said = "the energy itself, or what it exceeds that of the true answer by"
    choices.words(VIEW, "curve", CURVES, "Energy", said)
    arounds = {
        v: paper_energy.Around(m.displacement, m.energy, m.error, paper_words.lowest(m))
        for v, m in moved.items()
    }
    st.text("\n".join(paper_words.around_truth(v, m) for v, m in moved.items()))
    drawn = paper_energy.figure(
        arounds,
        theme.template(theme.active()),
        theme.ink().muted,
        excess=address["curve"] == "excess",
    )
    st.plotly_chart(drawn, theme=None, key="paper:energy", config=theme.PLOT_CONFIG)
    numbers = pd.concat([_long(answers[v].answer, m) for v, m in moved.items()])
    files = [citing.html(drawn, f"energy-{address['task']}")]
    how = AROUND.format(axis=AXES[address["curve"]])
    foot(s, address, "figure-4", how, [*answers.values()], numbers, "Figure 4", files)


def _long(a: Answer, m: Moved) -> pd.DataFrame:
    levels, count = m.energy.shape
    columns = {
        "level": np.repeat(np.arange(levels), count),
        "displacement": np.tile(m.displacement, levels),
        "energy": m.energy.ravel(),
        "energy_error": m.error.ravel(),
    }
    return pd.DataFrame({**_about(a), **columns})
