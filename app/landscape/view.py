"""Landscape: one problem, ten annealed energies, and one level control for all of them."""

import random

import streamlit as st

from app.components import panels
from app.landscape import files, scene, words
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.asks import reading, slices
from app.shared.asks.reading import Subject
from app.shared.drawing import eigenvalues as spectra
from app.shared.drawing import planes
from app.shared.drawing.colours import PLACE_NAMES
from app.shared.page import choices
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import step as training_step
from store import QuestionInfo, Store

VIEW = "landscape"
FRAMES = {"level": "level ỹ", "data": "data y"}
STYLES = {"heatmap": "map", "surface": "3-D"}
SCALES = {"energy": "E", "log": "log E", "percent": "% centre"}
SHORT_PLACES = {**PLACE_NAMES, "noised_truth": "noised"}
AXES = {"eigenvalue": "λ", "variance": "variance"}


_STYLE = """<style>
[class*="st-key-choice-"] { position: relative; }
@media (min-width: 1300px) {
  [class*="st-key-choice-"] { display: flex; flex-direction: row; align-items: center; gap: .4rem; }
  [class*="st-key-choice-"]::before { font-size: .75rem; opacity: .65; }
  .st-key-choice-place::before { content: "place"; }
  .st-key-choice-frame::before { content: "frame"; }
  .st-key-choice-axis::before { content: "spectrum"; }
  .st-key-choice-scale::before { content: "slice"; }
}
.st-key-landscape-controls { padding-top: .1rem; }
</style>"""


def show() -> None:
    """Show the view that the address asks for."""
    s = reading.here()
    address, subject = reading.settle(s, session.current(VIEW))
    if subject is None:
        chrome.head(s, address)
        chrome.nothing(
            "This store has no answers about a model yet.",
            f"python -m precompute run precompute/sweeps/demo.toml --store {s.root}",
        )
        return
    questions, address = scene.choose(s, subject, address)
    base = scene.basis(questions)
    if base is not None:
        address = reading.settle_problem(address, base)
    session.bind(address)
    chrome.head(s, address)
    chrome.messages(address)
    text, limits = scene.payload(scene.identity(s, questions, address), s, questions, address)
    st.html(_STYLE)
    with st.container(key="landscape-controls", gap="xsmall"):
        _subject_row(s, address, subject, questions, base)
        _figure_row(s, address, subject, limits)
    panels.show("landscape-panels", text)
    _dictionary(s, address, subject)
    _feet(s, address, questions)


def _subject_row(
    s: Store,
    address: Address,
    subject: Subject,
    questions: scene.Questions,
    base: QuestionInfo | None,
) -> None:
    left, middle, right = st.columns([9, 10, 9], gap="small", vertical_alignment="center")
    with left:
        chrome.subject_bar(s, address, subject, steps=False)
    with middle:
        _problem(address, base)
    with right:
        _plane(address, questions)


def _problem(address: Address, base: QuestionInfo | None) -> None:
    there = reading.problems_present(base).tolist() if base else []
    here = address["problem"]
    before = [p for p in there if p < here]
    after = [p for p in there if p > here]
    others = [p for p in there if p != here]
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", wrap=False):
        _go("‹", "P", "previous problem (key P)", before[-1:] or there[-1:])
        st.number_input(
            "Problem",
            0,
            max(there[-1] if there else 0, here),
            key=session.key(VIEW, "problem"),
            label_visibility="collapsed",
            on_change=session.push,
            args=(VIEW,),
            width=112,
            help="index of the problem in its set",
        )
        _go("›", "N", "next problem (key N)", after[:1] or there[:1])
        _go("any", "X", "any other problem (key X)", others)
        many = f"of {len(there)}" if there else "none"
        st.caption(many, width="content")


def _go(label: str, key: str, help: str, targets: list[int]) -> None:
    st.button(
        label,
        key=f"landscape-go-{key}",
        help=help,
        shortcut=key,
        disabled=not targets,
        on_click=_jump,
        args=(targets,),
    )


def _jump(targets: list[int]) -> None:
    session.push(VIEW, problem=random.choice(targets))


def _plane(address: Address, questions: scene.Questions) -> None:
    options = {q.key: slices.name(q, questions.slices) for q in questions.slices}
    key = "landscape-slice"
    st.session_state[key] = questions.slice.key if questions.slice else None
    st.selectbox(
        "Slice",
        list(options),
        index=0 if questions.slice else None,
        key=key,
        format_func=lambda k: options.get(k, k),
        placeholder="slices in this store" if options else "no slice in this store",
        label_visibility="collapsed",
        on_change=_choose_slice,
        args=(questions.slices,),
        help="the plane, and the point at its centre",
    )


def _choose_slice(slices: tuple[QuestionInfo, ...]) -> None:
    key = st.session_state["landscape-slice"]
    chosen = next((q for q in slices if q.key == key), None)
    if chosen is None:
        return
    plane, centre = slices.place_of(chosen)
    alike = [q for q in slices if slices.place_of(q) == (plane, centre)]
    short = chosen.key[:8] if len(alike) > 1 else ""
    session.push(VIEW, plane=plane, centre=centre, q=short)


def _figure_row(
    s: Store, address: Address, subject: Subject, limits: tuple[float, float] | None
) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        training_step.bar(s, address, subject)
        _choice("place", SHORT_PLACES, "where the Hessian is taken")
        _choice(
            "frame", FRAMES, "level frame ỹ: what the network sees; data frame y: compares levels"
        )
        _choice("axis", AXES, f"spectrum: {' or '.join(spectra.AXES.values())}")
        _choice("scale", SCALES, f"slice: {', '.join(planes.SCALES.values())}", lock=None)
        _choice("view", STYLES, "slice: map with contours, or a surface to turn")
        _lock(address, limits)


def _choice(name: str, options: dict[str, str], help: str, **changes: object) -> None:
    with st.container(key=f"choice-{name}", width="content"):
        choices.words(VIEW, name, options, name, help, **changes)


def _lock(address: Address, limits: tuple[float, float] | None) -> None:
    locked = address["lock"]
    key = "landscape-locked"
    st.session_state[key] = locked is not None
    span = f" {locked[0]:.4g} … {locked[1]:.4g}" if locked else ""
    st.toggle(
        f"lock colours{span}",
        key=key,
        disabled=limits is None and locked is None,
        on_change=_toggle_lock,
        args=(limits,),
        help="keep this problem's range over all levels, also for other levels and problems",
    )


def _toggle_lock(limits: tuple[float, float] | None) -> None:
    session.push(VIEW, lock=limits if st.session_state["landscape-locked"] else None)


def _dictionary(s: Store, address: Address, subject: Subject) -> None:
    """Under the panels, beside the last of them: whose features are shown."""
    there = {q.key: features.name(s, q) for q in features.dictionaries(s, subject)}
    if len(there) < 2:
        return
    st.selectbox(
        "Features of",
        list(there),
        key=session.key(VIEW, "dictionary"),
        format_func=lambda key: there.get(key, key),
        label_visibility="collapsed",
        on_change=session.push,
        args=(VIEW,),
        width=520,
        help="the dictionary whose active features are shown",
    )


def _feet(s: Store, address: Address, questions: scene.Questions) -> None:
    """Under the panels, one figure at a time: how to read it, sources, copies, files."""
    used = questions.used()
    there = {k: t for k, t in words.TITLES.items() if words.SOURCES[k] in used}
    if not there:
        return
    st.session_state.setdefault("landscape-foot", next(iter(there)))
    if st.session_state["landscape-foot"] not in there:
        st.session_state["landscape-foot"] = next(iter(there))
    with st.container(key="landscape-feet", gap="xsmall"):
        chosen = st.segmented_control(
            "Take a figure along",
            list(there),
            format_func=there.__getitem__,
            key="landscape-foot",
            required=True,
        )
        question = used[words.SOURCES[chosen]]
        problem = address["problem"]
        citing.foot(
            address,
            f"landscape-{chosen}",
            words.LONG[chosen],
            f"{citing.citation(s, question)}. {words.CITATIONS[chosen]}",
            python=citing.python(s, question, problems=[problem]),
            command=citing.command(s, question),
            downloads=files.downloads(s, questions, address, chosen),
        )
