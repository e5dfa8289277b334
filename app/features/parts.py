"""Widgets of the view that are no plain controls: filters, pages, the label of a feature."""

import streamlit as st

from app.features import rows, tables
from app.features.scene import Scene
from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.page import labels
from app.shared.table import filters

VIEW = "features"


def filter_form(scene: Scene, address: Address) -> None:
    """Ask for one more filter, where there is room for one."""
    filters.form(address, rows.sortable(scene.table))


def filter_chips(scene: Scene, address: Address) -> None:
    """The filters; a click takes one away."""
    filters.chips(address, rows.sortable(scene.table))


def _pages(count: int, address: Address) -> None:
    pages = tables.pages(count)
    if pages > 1:
        key = session.key(VIEW, "leaf")
        st.session_state[key] = min(address["leaf"], pages)
        st.number_input(
            links.literal(f"Page of {pages}"), 1, pages, key=key, on_change=session.push,
            args=(VIEW,), width=120,
        )  # fmt: skip


def feature_pages(scene: Scene, address: Address) -> None:
    """Which page of the table of features is shown."""
    _pages(len(rows.passing(scene.table, address["keep"], None)), address)


def pair_pages(scene: Scene, address: Address) -> None:
    """Which page of the table of pairs is shown."""
    _pages(0 if scene.matched is None else len(scene.matched), address)


def label(scene: Scene, address: Address) -> None:
    """What readers call the feature, and a form to say more."""
    labels.edit(scene.store, address, scene.dictionary.key, address["feature"])


def close(scene: Scene, address: Address) -> None:
    """Take the card off the page."""
    st.button(
        "close", icon=":material/close:", type="tertiary", key="features:close",
        on_click=session.push, args=(VIEW,), kwargs={"feature": None},
    )  # fmt: skip


def beside(scene: Scene, address: Address) -> dict[str, str]:
    """Dictionaries that can stand beside the chosen one; those matched with it come first."""
    store, dictionary = scene.store, scene.dictionary
    matched = {features.partner(m, dictionary.key) for m in features.matches(store, dictionary)}
    there = [q for q in scene.dictionaries if q.key != dictionary.key]
    names = {}
    if address["sheet"] == "training":
        site = features.site(store, dictionary)
        there = [q for q in there if features.site(store, q) == site or q.key == address["other"]]
        names[""] = "no second dictionary"
    there.sort(key=lambda q: q.key not in matched)
    matched_words = {True: " · matched", False: ""}
    return names | {q.key: scene.name(q) + matched_words[q.key in matched] for q in there}
