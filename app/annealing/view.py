"""Annealing: all problems of a subject by level, smooth to sharp; a point leads to its problems."""

import streamlit as st

from app.annealing import behind as annealing_quantities
from app.annealing import behind_bar as annealing_behind
from app.annealing import panels_kept as annealing
from app.annealing import words
from app.annealing.frame import (
    FRAMES,
    HELP,
    SHORT_PLACES,
    SPECTRA,
    STYLE,
    VIEW,
    choice,
    heading,
    sheets,
)
from app.annealing.scene import Drawn, Missing, Scene, scene_of
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import population as people
from app.shared.asks import reading
from app.shared.asks.population import Population
from app.shared.asks.prefix import by_prefix
from app.shared.asks.reading import Subject
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import look as theme
from app.shared.page.foot import Download
from app.shared.table import groups as grouping
from app.shared.table.quantities import Quantity
from app.training import view as series
from ired_interp_core.errors import Refusal
from store import Store

ENERGIES = {"value": "E", "excess": "E − E(y*)"}
POINTS = {"answers": "answers", "steps": "every step"}
CHART = {
    **theme.PLOT_CONFIG,
    "modeBarButtonsToRemove": [
        *("select2d", "lasso2d", "autoScale2d", "pan2d", "zoom2d"),
        *("zoomIn2d", "zoomOut2d", "resetScale2d", theme.UPLOAD),
    ],
}
"""One button, which saves a PNG: levels and quantiles are read off, not zoomed into."""


def show() -> None:
    """Show the view."""
    s, address, subject = chrome.begin(VIEW)
    if subject is None:
        chrome.head(s, address)
        chrome.empty(s)
        return
    if address["sheet"] == "training":
        series.show(s, address)
        return
    descents = [q for q in reading.questions(s, subject, "descent") if q.rows]
    there = {q.key: q.title for q in descents}
    if address["q"]:
        one, why = by_prefix(descents, address["q"], "descent")
        address = address if one else address.refuse("q", why, "")
    pop = people.population(s, subject, address["q"])
    by = grouping.properties(s, pop.of) if pop.of.keys else {}
    address = _settle(s, address, pop, by)
    session.bind(address)
    chrome.head(s, address)
    chrome.messages(address)
    st.html(STYLE)
    if not pop.of.keys:
        sheets()
        chrome.nothing("Nothing was computed for this model on these problems yet.")
        return
    scene = scene_of(s, pop, address)
    _controls(s, address, subject, by, there)
    annealing_behind.bar(scene)
    with st.container(key="annealing-grid"):
        shown = {name: _panel(scene, name) for name in words.TITLES}
    _feet(scene, shown)


def _settle(s: Store, address: Address, pop: Population, by: dict[str, Quantity]) -> Address:
    if address["group"] and address["group"] not in by:
        address = address.refuse("group", "no such number of this model's problems", "")
    if address["pick"]:
        what, _, group = address["pick"].split("~")
        many = grouping.groups(s, pop.of, address["group"], address["groups"]).count
        if not annealing_quantities.known(pop, what):
            address = address.refuse("pick", "no such quantity of this model and set", "")
        elif int(group) >= many:
            address = address.refuse("pick", "no such group of problems", "")
    descent = pop.asked.get("descent")
    return reading.settle_problem(address, descent) if descent else address


def _controls(
    s: Store, address: Address, subject: Subject, by: dict[str, Quantity], there: dict[str, str]
) -> None:
    with st.container(key="annealing-controls", gap="xsmall"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            chrome.subject_bar(s, address, subject)
            sheets()
            if len(there) > 1:
                _descent(address, there)
            st.selectbox(
                "Group by",
                ["", *by],
                key=session.key(VIEW, "group"),
                format_func=lambda i: f"groups by {by[i].axis}" if i else "all problems together",
                label_visibility="collapsed",
                on_change=_regroup,
                width=300,
                help="cut the problems at the quantiles of a number",
            )
            with st.container(key="choice-groups", width="content"):
                st.segmented_control(
                    "groups",
                    [2, 3, 4],
                    key=session.key(VIEW, "groups"),
                    required=True,
                    label_visibility="collapsed",
                    disabled=not address["group"],
                    help="number of groups",
                    on_change=_regroup,
                )
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            choice("place", SHORT_PLACES, HELP["place"])
            choice("frame", FRAMES, HELP["frame"])
            choice("spectrum", SPECTRA, HELP["spectrum"])
            choice("energy", ENERGIES, "energy against error: E_t, or what it exceeds E_t(y*) by")
            choice("points", POINTS, "energy against error: the levels' answers, or every step")


def _regroup() -> None:
    session.push(VIEW, pick="")  # its group is another one now


def _descent(address: Address, there: dict[str, str]) -> None:
    key = "annealing:descent"
    st.session_state[key] = next((k for k in there if k.startswith(address["q"])), None)
    st.selectbox(
        "Descent",
        list(there),
        key=key,
        format_func=lambda k: f"{there[k]} · {k[:8]}",
        label_visibility="collapsed",
        on_change=lambda: session.push(VIEW, q=st.session_state[key]),
        width=190,
        help="how the sampler was run: what differs from the official settings",
    )


def _panel(scene: Scene, name: str) -> Drawn | Missing | None:
    with st.container(key=f"panel-{name}"):
        try:
            shown = annealing.panel(scene, name)
        except Refusal as error:  # one broken answer must not take the other panels away
            heading(words.TITLES[name], "")
            chrome.refusal(error)
            return None
        heading(words.TITLES[name], shown.note if isinstance(shown, Drawn) else "")
        if isinstance(shown, Missing):
            chrome.nothing(shown.text, shown.command)
            return shown
        mark = hash(annealing.identity(scene, name)[-1])
        key = f"annealing:{name}:{mark}"
        st.plotly_chart(
            shown.figure,
            theme=None,
            key=key,
            on_select=lambda: annealing_behind.clicked(key, name, shown.whats),
            selection_mode="points",
            config={
                **(theme.PLOT_CONFIG if name in {"energy", "spectrum"} else CHART),
                "toImageButtonOptions": {"filename": f"annealing-{name}", "scale": 2},
            },
        )
        bands = words.BANDS_GROUPED if scene.groups.by else words.BANDS
        has_bands = name not in {"spectrum", "energy"}
        st.caption(f"{words.READING[name]} {bands}" if has_bands else words.READING[name])
        return shown


def _feet(scene: Scene, shown: dict[str, Drawn | Missing | None]) -> None:
    """Under the panels, one figure at a time: how to read it, sources, copies, files."""
    there = {k: words.TITLES[k] for k, v in shown.items() if isinstance(v, Drawn)}
    if not there:
        return
    if st.session_state.get("annealing-foot") not in there:
        st.session_state["annealing-foot"] = next(iter(there))
    with st.container(key="annealing-feet", gap="xsmall"):
        chosen = st.selectbox(
            "Take a figure along",
            list(there),
            format_func=there.__getitem__,
            key="annealing-foot",
            width=360,
        )
        drawn = shown[chosen]
        question = scene.asked(words.SOURCES[chosen])
        name = f"annealing-{chosen}-{question.key[:8]}"
        citing.foot(
            scene.address,
            f"annealing-{chosen}",
            words.LONG[chosen],
            f"{citing.citation(scene.s, question)}. {words.CITATIONS[chosen]}",
            python=citing.python(scene.s, question, variables=list(words.VARIABLES[chosen])),
            command=citing.command(scene.s, question),
            downloads=[
                Download(
                    "CSV", f"{name}.csv", "text/csv", lambda: drawn.table().to_csv(index=False)
                ),
                citing.netcdf(lambda: drawn.numbers, name),
                citing.html(drawn.figure, name),
            ],
        )
