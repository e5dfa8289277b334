"""The frame of every page: bar, subject, messages, and what stands where there is nothing."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import commands, reading, series
from app.shared.asks import steps as series_picks
from app.shared.asks.reading import Subject
from app.shared.page import step as training_step
from app.shared.page.contract import Missing, There, View
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from store import Store, running
from store.running import Running

_PAGES, _VIEWS = "chrome:pages", "chrome:views"
_HERE, _COUNT = "chrome:here", "chrome:links"

LOOK_AGAIN, LOOK_AGAIN_RUNNING = 30, 10
"""Seconds between looks for newer data, and while a run is under way."""

_STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")


def style() -> None:
    """Put the page's own style sheet in place."""
    st.html(f"<style>{_STYLE}</style>")
    session.follow(None)
    st.session_state[_COUNT] = 0


def register(pages: Mapping[str, Any], views: Mapping[str, View]) -> None:
    """Remember the pages of this run and the views in menu order, for links between them."""
    st.session_state[_PAGES], st.session_state[_VIEWS] = dict(pages), dict(views)


def enter(view: str) -> None:
    """Say which view the page shows; links to it are written as buttons."""
    st.session_state[_HERE] = view


def switch(address: Address) -> None:
    """Go to another view."""
    st.switch_page(st.session_state[_PAGES][address.view], query_params=address.query())


def link(label: str, address: Address, help: str | None = None, icon: str | None = None) -> None:
    """A link, one history entry.

    Args:
        label: text, shown as it is.
        address: where it leads.
        help: shown on hover.
        icon: a Material symbol.
    """
    if address.view != st.session_state.get(_HERE):
        _page_link(label, address, help, icon)
        return
    # A page link to the page itself does nothing (Streamlit 1.67), whatever its query says.
    st.session_state[_COUNT] += 1
    st.button(
        links.literal(label),
        key=f"link:{st.session_state[_COUNT]}",
        help=links.literal(help or "") or None,
        icon=icon,
        type="tertiary",
        on_click=session.go,
        args=(address,),
    )


def _page_link(label: str, address: Address, help: str | None, icon: str | None) -> None:
    page = st.session_state[_PAGES][address.view]
    st.page_link(
        page, label=links.literal(label), help=links.literal(help or "") or None, icon=icon,
        query_params=address.query(),
    )  # fmt: skip


def with_something(store: Store) -> dict[str, bool]:
    """Whether each view, in menu order, has something to show and belongs into the menu."""
    rows: dict[str, int] = {}
    for question in reading.questions(store):
        rows[question.analysis] = max(rows.get(question.analysis, 0), question.rows)
    trained = any(series.steps_of(store, t.model) for t in reading.subjects(store))
    there = There(rows, trained)
    return {name: view.has(there) for name, view in st.session_state[_VIEWS].items()}


def look_again(store: Store) -> int:
    """Seconds until a page looks for newer data."""
    return LOOK_AGAIN_RUNNING if running.under_way(store.root) else LOOK_AGAIN


def head(store: Store, address: Address, renew: Callable[[], None], alone: bool) -> None:
    """The bar: name, views, how far the store is, and newer data where there is some.

    Args:
        store: at this session's generation.
        address: of the page.
        renew: draws the page from the newest generation.
        alone: no host stands on the page that asks for a look.
    """
    shown, views = with_something(store), st.session_state[_VIEWS]
    with st.container(key="bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.html('<span class="wordmark">ired-interp</span>', width="content")
        for view, has in shown.items():
            if has or view == address.view:
                name = f"here-{view}" if view == address.view else f"nav-{view}"
                with st.container(key=name, width="content"):
                    _page_link(views[view].title, address.carry(view), None, None)
        st.space("stretch")
        with st.container(key="state", width="content"):
            st.text(state(store), width="content")
        news = st.fragment(_news, run_every=look_again(store)) if alone else _news
        news(store, renew)


def state(store: Store) -> str:
    """Name of the store, time of its generation, rows there and asked."""
    table = reading.coverage(store)
    day, time = store.generation[:8], store.generation[9:13]
    when = f"{day[:4]}-{day[4:6]}-{day[6:]} {time[:2]}:{time[2:]} UTC"
    there, asked = int(table["present"].sum()), int(table["asked"].sum())
    rows = counted(there, "row") if there == asked else f"{there:,} of {counted(asked, 'row')}"
    return f"{links.plain(store.root.resolve().name)} · {when} · {rows}"


def _news(store: Store, renew: Callable[[], None]) -> None:
    """How far a run is, and newer data than the store that is shown; the view stays."""
    for run in running.under_way(store.root)[:1]:  # runs beside it fill the same store
        with st.container(key="running", width="content"):
            st.text(going(run), width="content")
    try:
        behind = reading.newest() != store.generation
    except Refusal:  # what is shown was read from an open generation and goes on being right
        behind = False
    if behind:
        st.button("Newer data", icon=":material/refresh:", key="newer", on_click=renew)


def going(run: Running) -> str:
    """How far a run is that is under way, in a few words."""
    if run.training:
        name = links.plain(run.training)
        words = f"training {name}: step {run.done:,} of {run.total:,}"
    else:
        words = f"computing {run.done:,} of {counted(run.total, 'row')}"
    if run.seconds_left is None:
        return words
    minutes = math.ceil(run.seconds_left / 60)
    return f"{words} · {f'about {minutes} min' if minutes > 1 else 'about a minute'} left"


def subject_bar(store: Store, address: Address, subject: Subject) -> None:
    """Choose model and problem set, and of a training the step beside it."""
    there = series_picks.listed(store, subject)
    if subject not in there:  # one that no sweep asked about
        there = [subject, *there]
    key = f"{address.view}:subject"
    st.session_state[key] = subject
    with st.container(
        horizontal=True, gap="xsmall", vertical_alignment="center", wrap=False,
        key=f"{address.view}-subject",
    ):  # fmt: skip
        st.selectbox(
            "Model and problems",
            there,
            key=key,
            format_func=lambda t: subject_name(store, t),
            label_visibility="collapsed",
            on_change=_choose,
            args=(address.view, key),
            help="one model on one seeded set of problems; a step of a training is chosen beside",
        )
        training_step.bar(store, address, subject)


def _choose(view: str, key: str) -> None:
    subject = st.session_state[key]
    training_step.show(view, subject, ("page", "filter", "q", "lock"), set=subject.set)


def subject_name(store: Store, subject: Subject) -> str:
    """Problems, then model; of a training the other way round: its name must not be cut."""
    p = subject.problems
    kind, set_ = p.kind, f"seed {p.seed}"
    if p.content:
        kind, set_ = "your own", p.content[:8]
    about = f"{p.task} · {kind} · {p.size}×{p.size} · {set_}"
    parts = (about, reading.model_name(store, subject.model))
    return "  —  ".join(parts[::-1] if series.steps_of(store, subject.model) else parts)


def messages(address: Address) -> None:
    """Say what the address asked for and could not get."""
    if address.messages:
        with st.container(key="messages", gap=None):
            for line in address.messages:
                st.text(line)


def outdated(store: Store) -> None:
    """Say which answers are of another version than the one installed, and which runs renew them.

    What a run has renewed is no longer named by its record: its old answers only take room.
    """
    old = {q.key: q for q in reading.outdated(store)}
    runs = [r for r in reading.runs(store) if any(q["key"] in old for q in r["questions"])]
    asked = {q["key"] for r in runs for q in r["questions"]}
    known = {name: a.version for name, a in registry.analyses().items()}
    versions = {(q.analysis, q.version) for key, q in old.items() if key in asked}
    named = [f"{n} {v} (now {known[n]})" for n, v in sorted(versions) if known.get(n, v) != v]
    if not named:
        return
    with st.container(key="outdated", border=True):
        nothing(
            f"Some answers are not shown, because their analyses have a newer version: "
            f"{', '.join(named)}; nor is what was computed from them. To compute them again:",
            "\n".join(commands.run(links.plain(r["name"]), store) for r in runs),
        )


def nothing(line: str, command: str = "") -> None:
    """An empty state: one clear line, and the shell command that fills it."""
    st.text(line)
    if command:
        st.code(command, language="bash", wrap_lines=True)


def lacking(store: Store) -> Missing:
    """What stands on a page about a model where the store has no answers about any."""
    command = commands.run("precompute/sweeps/demo.toml", store)
    return Missing("This store has no answers about a model yet.", command=command)


def refusal(error: Refusal) -> None:
    """Show a refusal: its line, and the next step by itself, ready to copy."""
    with st.container(key="refusal", border=True):
        st.text(error.line)
        if error.next_step:
            st.code(error.next_step, language="bash", wrap_lines=True)


def listing(table: pd.DataFrame, columns: Mapping[str, Any] | None = None) -> None:
    """Records under the panels, such as versions and files: what is no result."""
    st.dataframe(table, hide_index=True, width="stretch", height="auto", column_config=columns)


def save(label: str, name: str, make: Callable[[], str], help: str, key: str) -> None:
    """A button that saves a table as CSV; it is made when the button is pressed."""
    st.download_button(
        links.literal(label),
        make,
        name,
        "text/csv",
        key=key,
        type="tertiary",
        on_click="ignore",
        help=help,
    )
