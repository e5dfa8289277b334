"""Of the paper's sheet: Table 2 with its figure, errors by number of steps; Table 3, ablations."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from app.paper import rows as paper
from app.paper import tables as paper_tables
from app.paper.answers import Shown
from app.paper.figures import steps as figures
from app.paper.figures.steps import Course
from app.paper.foot import command, foot
from app.shared.address.address import Address
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import look as theme
from ired_interp_core import published
from ired_interp_core.schema import LEVELS
from store import Store

STEPS = (
    "Official answer, MSE ± s.e. [y²], clip 2, with the jump; ten levels, so 10 × inner steps."
    " 50 steps are the official code's default. {quoted} Dashed: trivial predictors within a factor"
    " 2 of what was measured."
)
ABLATIONS = (
    "MSE ± s.e. [y²]; small: × the first row's official answer. Jump only: no gradient steps."
    " Without the jump: gradient steps alone, from the same noise. The box of clip ±c is in the"
    " data frame; targets of harder addition reach ±5, so that clip 2 alone costs there. The"
    " paper's own figures for such rows are not quoted."
)


def show(s: Store, address: Address, everything: Sequence[Shown], model: str) -> None:
    """Show both tables of the chosen task.

    Args:
        s: the store.
        address: settled and bound.
        everything: there is.
        model: digest of the task's weights.
    """
    task = address["task"]
    steps = paper.by_steps(everything, task, model)
    st.subheader(f"Table 2 · {task}: errors by number of steps", anchor=False)
    if len(steps) > 1:
        _steps(s, address, steps)
    else:
        told = "Fewer than two numbers of steps were measured of these weights."
        chrome.nothing(told, command(s))
    rows = paper.ablations(s, everything, task, model)
    st.subheader(f"Table 3 · {task}: parts left out", anchor=False)
    if len(rows) < 2:
        told = "Fewer than two settings of the sampler were measured of these weights."
        chrome.nothing(told, command(s))
        return
    html, numbers = paper_tables.third(s, rows)
    st.html(html)
    shown = [e for r in rows for e in r.answers.values()]
    foot(s, address, "table-3", ABLATIONS, shown, numbers, "")


def _steps(s: Store, address: Address, steps: Mapping[int, Mapping[str, Shown]]) -> None:
    task = address["task"]
    html, numbers = paper_tables.second(steps, task)
    there = [v for v in published.MSE[task] if any(v in a for a in steps.values())]
    courses = {v: _course(steps, v, task) for v in there}
    ink = theme.ink()
    drawn = figures.figure(courses, theme.template(theme.active()), ink.accent, ink.muted)
    left, right = st.columns([4, 5], gap="medium")
    left.html(html)
    with right:
        st.plotly_chart(drawn, theme=None, key="paper:steps", config=theme.PLOT_CONFIG)
    quoted = (
        "Published: Table 2 of the paper, 10 to 40 steps; small: × the published."
        if task == "inverse"
        else "The paper gives such a table for inverse only."
    )
    shown = [e for a in steps.values() for e in a.values()]
    files = [citing.html(drawn, f"steps-{task}")]
    foot(s, address, "table-2", STEPS.format(quoted=quoted), shown, numbers, "Table 2", files)


def _course(steps: Mapping[int, Mapping[str, Shown]], variant: str, task: str) -> Course:
    there = {n: a[variant].answer for n, a in steps.items() if variant in a}
    means = [paper.official(a) for a in there.values()]
    quoted = published.MSE_BY_STEPS if task == "inverse" else {}
    last = there[max(there)]
    return Course(
        np.array([n * LEVELS for n in there]),
        np.array([m.value for m in means]),
        np.array([m.error for m in means]),
        np.array([quoted.get(n * LEVELS, {}).get(variant, np.nan) for n in there]),
        {paper.label(b.name): b.mse.value for b in paper.named(last)},
    )
