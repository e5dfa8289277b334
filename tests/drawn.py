"""Pages and panels without a browser: what tests of views draw from."""

from typing import Any

from streamlit.testing.v1 import AppTest

from app.shared.address.address import Address, parse
from app.shared.page import outcomes, pages
from app.shared.page.contract import Drawn, Outcome, Panel, View
from app.views import VIEWS
from store import Store


def view(name: str) -> View:
    return next(v for v in VIEWS if v.name == name)


def address(name: str, **values: Any) -> Address:
    """An address of a view with some fields; the others at their defaults."""
    return Address(name, {**parse(name, {}).values, **values})


def page(store: Store, name: str, **values: Any) -> pages.Page:
    """A page of a view as a reader sees it who asks for some fields."""
    return pages.settled(view(name), store, address(name, **values))


def panel(shown: pages.Page, id_: str) -> Panel:
    return next(p for p in shown.panels if p.id == id_)


def outcome(
    shown: pages.Page, id_: str, ground: str = "light", selections: dict | None = None
) -> Outcome | outcomes.Failed:
    """What a panel shows."""
    one = panel(shown, id_)
    read = outcomes.values(one, shown.address, selections or {})
    return outcomes.outcome(one, shown.scene, read, ground)


def payload(shown: pages.Page, id_: str, selections: dict | None = None) -> str:
    """What the browser gets of a panel."""
    one = panel(shown, id_)
    read = outcomes.values(one, shown.address, selections or {})
    result = outcomes.outcome(one, shown.scene, read, "light")
    return outcomes.spelled(one, result, shown.scene.store, read)


def drawn(store: Store, name: str, id_: str, **values: Any) -> Drawn:
    """What a panel draws; anything else fails the test."""
    found = outcome(page(store, name, **values), id_)
    assert isinstance(found, Drawn), found
    return found


SCRIPT = """
from functools import partial

import streamlit as st

from app.shared.page import frame, panels
from app.views import VIEWS

frame.style()
pages = {
    view.name: st.Page(
        partial(panels.show, view), title=view.title, url_path=view.name,
        default=view.name == "NAME",
    )
    for view in VIEWS
}
frame.register(pages, {view.name: view for view in VIEWS})
st.navigation(list(pages.values()), position="hidden").run()
"""


def app(name: str, **query: str) -> AppTest:
    """A view as Streamlit runs it, without a browser; IRED_STORE names the store."""
    tested = AppTest.from_string(SCRIPT.replace("NAME", name), default_timeout=60)
    tested.query_params.update(query)
    return tested.run()
