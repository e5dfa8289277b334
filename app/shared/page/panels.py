"""A page from its view: what is asked is settled, then head, controls and panels are placed.

Head, controls and every panel are fragments with names. A choice that changes only what some
panels read runs those alone again; anything else runs the page.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import streamlit as st

from app.components import host
from app.components.said import Custom, Picked
from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import commands, reading
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.drawing.payload import to_json
from app.shared.page import asking, controls, drafts, exports, frame, grid, look, outcomes
from app.shared.page.contract import Drawn, Missing, Panel, View
from app.shared.page.pages import Page, settle

_PAGE, _GO, _WANTED, _SELECTED = "page:shown", "page:go", "page:wanted", "page:selected"
_PLACED, _DRAFTS, _DRAFTED = "page:placed", "page:drafts", "page:drafted"


def show(view: View) -> None:
    """Show a view as the address asks for it."""
    going = st.session_state.pop(_GO, None)
    if going is not None:
        frame.switch(going)
    page = settle(view)
    session.bind(page.address)
    before = st.session_state.get(_PAGE)
    if before is None or (before.view.name, before.sheet.id) != (view.name, page.sheet.id):
        st.session_state[_SELECTED] = {}  # the browser shows new panels, in which nothing is held
        st.session_state[_PLACED] = {}
    known = host.Drafted(st.session_state.pop(_DRAFTED, ""), "")
    found = drafts.pages(page, known, st.session_state[_SELECTED], look.active())
    st.session_state[_PAGE], st.session_state[_DRAFTS] = page, found
    session.follow(_changed)
    frame.enter(view.name)
    _fragment("head", _head)
    _fragment("controls", _controls)
    if isinstance(page.scene, Missing):
        frame.nothing(page.scene.text, page.scene.command)
        return
    _fragment("host", _host)
    key = f"grid-{view.name}-{page.sheet.id}"
    st.html(grid.rules(key, page.panels))
    with st.container(key=key):
        for block in grid.blocks(page.panels):
            framed = st.container(key=f"card-{block[0].card}", gap=None) if block[0].card else None
            with framed or nullcontext():
                for panel in block:
                    _fragment(panel.id, lambda panel=panel: _panel(panel))
    if page.sheet.foot is not None:
        page.sheet.foot(page.scene, page.address)


def _fragment(name: str, body: Any) -> None:
    st.fragment(body, key=f"part:{name}")()


def _here() -> Page:
    return st.session_state[_PAGE]


def _head() -> None:
    page = _here()
    frame.head(page.store, page.address, _newer, isinstance(page.scene, Missing))
    frame.messages(page.address)
    frame.outdated(page.store)


def _controls() -> None:
    page = _here()
    key = "page-controls-line" if page.sheet.line else "page-controls"
    with st.container(key=key, gap="xsmall"):
        with st.container(
            key="page-subject", horizontal=True, gap="small", vertical_alignment="bottom"
        ):
            if page.subject is not None and page.sheet.subject:
                frame.subject_bar(page.store, page.address, page.subject)
            controls.sheets(page.view, page.sheet, page.scene)
        if not isinstance(page.scene, Missing):
            key = f"{page.view.name}-{page.sheet.id}"
            controls.rows(page.sheet.controls, page.scene, page.address, key)


def _host() -> None:
    page = _here()
    levelled = page.sheet.levelled(page.scene)
    schedule = page.scene.schedule if levelled else None
    live = [name for name, known in page.view.fields.items() if known.live]
    host.page(
        "page-host",
        to_json(
            {
                "version": host.version(),
                "templates": {g: look.template(g).to_plotly_json() for g in ("light", "dark")},
                "level": LEVEL_ORDER[-1],
                "levels": host.stops(schedule) if schedule else None,
                "bar": levelled,
                "query": page.address.url().partition("?")[2],
                "live": live,
                "opening": commands.opening(page.store),
                "panels": [panel.id for panel in page.panels],
                "asking": asking.said(),
                "looks": frame.look_again(page.store),
                "subject": asking.subject(page.subject) if page.view.any_problems else None,
            }
        ),
        on_went=_went,
        on_answered=_renew,
        on_drafted=_drafted,
        on_looked=lambda: st.rerun(["part:head", "part:host"]),
    )


def _went(back: host.Went) -> None:
    """Go to an address of the app."""
    view = next((v for v, path in links.PATHS.items() if path.strip("/") == back.path), "")
    if not view:
        return
    address = links.parse(view, parse_qs(back.query[: links.MOST_READ], keep_blank_values=True))
    if view != _here().view.name:
        st.session_state[_GO] = address
        st.rerun("app")
    if back.draft:  # another problem: nothing of the page stays
        st.session_state[_DRAFTED] = back.draft
        session.follow(lambda: st.rerun("app"))
    session.go(address)


def _panel(panel: Panel) -> None:
    page = st.session_state[_DRAFTS].get(panel.id) or _here()
    read, shown = _shown(page, panel)
    with st.container(key=f"panel-{panel.id}", gap=None):
        if panel.controls:
            key = f"{page.view.name}-{panel.id}"
            controls.rows([panel.controls], page.scene, page.address, key)
        host.panel(
            f"host-{page.view.name}-{panel.id}",
            shown.text,
            panel.height,
            file=_file(page, panel, shown.outcome, read),
            early=panel.id in st.session_state[_DRAFTS],
            on_picked=lambda picked: _picked(panel, picked),
            on_selected=lambda customs: _selected(panel, customs),
            on_export=lambda label: st.session_state.update({_WANTED: (panel.id, label)}),
            on_answered=lambda key: _answered(panel, key),
        )
    # Not before: a run that is interrupted leaves at its next message, and nothing was placed.
    st.session_state[_PLACED][panel.id] = shown.text


def _shown(page: Page, panel: Panel) -> tuple[Mapping[str, Any], outcomes.Shown]:
    return page.shown(panel, st.session_state[_SELECTED], look.active())


def _file(
    page: Page, panel: Panel, result: Any, read: Mapping[str, Any]
) -> Mapping[str, str] | None:
    """The file that the reader asked this panel for, made now."""
    wanted, label = st.session_state.get(_WANTED, ("", ""))
    if wanted != panel.id or not isinstance(result, Drawn) or st.session_state[_DRAFTS].get(wanted):
        return None
    del st.session_state[_WANTED]
    result = exports.held(result, panel.selects, st.session_state[_SELECTED].get(panel.id))
    if label == host.NUMBERS:
        return host.file(host.NUMBERS, "", "application/json", exports.numbers_json(result))
    if label == host.LIGHT:
        shown = outcomes.shown(page.view.name, panel, page.scene, read, "light")
        return host.file(host.LIGHT, "", "application/json", shown.text)
    name = exports.stem(panel.id, result, read, page.store)
    if result.more is not None and label == result.more.label:
        name, label = f"{name}-{result.more.word}", "netCDF"
        result = replace(result, numbers=result.more.make())
    if label not in exports.MIME:
        return None
    count = st.session_state["page:files"] = st.session_state.get("page:files", 0) + 1
    content = exports.content(result, label)
    return host.file(
        f"{panel.id}-{count}", f"{name}.{exports.ENDINGS[label]}", exports.MIME[label], content
    )


def _picked(panel: Panel, picked: Picked) -> None:
    if panel.on_pick is None:
        return
    page = _here()
    change = panel.on_pick(page.address, picked)
    if change is None:
        return
    if isinstance(change, Address):
        if change.view != page.address.view:
            st.session_state[_GO] = change
            st.rerun("app")
        session.go(change)
    else:
        session.push(page.address.view, **change)


def held(panel: str) -> Sequence[Custom] | None:
    """What lasso or box hold in a panel of the page; None without one."""
    selected: Sequence[Custom] | None = st.session_state[_SELECTED].get(panel)
    return selected


def _selected(panel: Panel, customs: Any) -> None:
    selections = st.session_state[_SELECTED]
    selections[panel.id] = tuple(customs) if customs else None
    reading_it = [p for p in _here().panels if f"@{panel.id}" in p.reads]
    if reading_it:
        st.rerun([f"part:{p.id}" for p in reading_it])


def _answered(panel: Panel, key: str) -> None:
    """After an answer that was asked live is there: draw what it fills, and leave the rest."""
    old = _here()
    if panel.on_answer is not None and not isinstance(_shown(old, panel)[1].outcome, Missing):
        session.push(old.address.view, **panel.on_answer(old.address, key))
    else:
        _renew()


def _newer() -> None:
    """Draw the page from the newest generation: the panels that it changes."""
    reading.move_on()
    if _here().sheet.foot is not None:
        st.rerun("app")
    _renew()


def _renew() -> None:
    """Draw the page with the answers that are there now: the panels that they change."""
    old = _here()
    new = settle(old.view)
    if isinstance(old.scene, Missing) or [p.id for p in new.panels] != [p.id for p in old.panels]:
        st.rerun("app")
    early, placed = st.session_state[_DRAFTS], st.session_state[_PLACED]
    st.session_state[_PAGE], st.session_state[_DRAFTS] = new, {}
    session.bind(new.address)
    touched = [
        p.id
        for p in new.panels
        if p.controls or p.id in early or _shown(new, p)[1].text != placed.get(p.id)
    ]
    st.rerun([f"part:{name}" for name in ("head", "controls", "host", *touched)])


def _drafted(said: host.Drafted) -> None:
    """Draw the panels that show a draft of what is computed."""
    found = drafts.pages(_here(), said, st.session_state[_SELECTED], look.active())
    st.session_state[_DRAFTS] |= found
    st.rerun([f"part:{name}" for name in ("host", *found)])


def _changed() -> None:
    """After a choice has written the address: run again what reads it, and nothing else.

    Called within callbacks alone; returning from it runs the whole page.
    """
    old, new = _here(), settle(_here().view)
    same = (
        new.sheet is old.sheet
        and new.subject == old.subject
        and new.store is old.store
        and not isinstance(new.scene, Missing)
        and not isinstance(old.scene, Missing)
        and new.scene.identity == old.scene.identity
        and [p.id for p in new.panels] == [p.id for p in old.panels]
        and new.sheet.foot is None
    )
    if not same:
        st.rerun("app")
    st.session_state[_PAGE], st.session_state[_DRAFTS] = new, {}
    session.bind(new.address)
    selected = st.session_state[_SELECTED]
    touched = [
        p.id
        for p in new.panels
        if p.controls
        or outcomes.values(p, new.address, selected) != outcomes.values(p, old.address, selected)
    ]
    st.rerun([f"part:{name}" for name in ("head", "controls", "host", *touched)])
