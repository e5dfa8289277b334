"""What readers call features: each label is a note in the store, at the address of its card."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.asks.kept import kept
from app.shared.page import frame as chrome
from ired_interp_core.errors import Refusal
from ired_interp_core.records import KEY_LENGTH
from store import Store, notes
from store.notes import MOST, MOST_LABEL, MOST_NOTES, Note

_AUTHOR = "labels:author"
_LONGEST_QUERY_FIELDS = 64
"""Parameters of an address that are looked at; no view has as many."""


@dataclass(frozen=True)
class Label:
    """What a reader said about a feature; the newest word about it.

    Args:
        text: the label, "" if it was taken back.
        note: what was said beside it.
        author: as they signed.
        at: UTC, ISO 8601.
    """

    text: str
    note: str
    author: str
    at: str


BESIDE = 120
"""Characters of a note that stand beside its label; a longer one is whole where it is changed."""

Labels = Mapping[int, Label]


def card(address: Address, dictionary: str, feature: int) -> Address:
    """The address of a feature's card, which its labels stand at; the rest at its default."""
    values = {name: field.default for name, field in links.VIEWS["features"].items()}
    subject = {name: address[name] for name in ("model", "set")}
    about = {"sheet": "atoms", "dictionary": dictionary, "feature": feature}
    return Address("features", {**values, **subject, **about})


def leads_to(where: str) -> Address | None:
    """The view that a note's address is about, as the view reads it; None if it is none of ours."""
    try:
        parts = urlsplit(where)
        raw = parse_qs(parts.query, max_num_fields=_LONGEST_QUERY_FIELDS)
    except ValueError:
        return None
    view = next((v for v, path in links.PATHS.items() if path == parts.path), None)
    return links.parse(view, raw) if view and not (parts.scheme or parts.netloc) else None


@lru_cache(MOST_NOTES)
def _feature(where: str) -> tuple[str, int] | None:
    """Dictionary and feature of a card's address; all notes are looked at whenever one is added."""
    address = leads_to(where)
    if address is None or address.view != "features" or address["feature"] is None:
        return None
    whole = len(address["dictionary"]) == KEY_LENGTH
    return (address["dictionary"], address["feature"]) if whole else None


def _read(store: Store) -> tuple[tuple[Note, ...], dict[str, Labels]]:
    found, _ = notes.read(store.root)
    labels: dict[str, dict[int, Label]] = {}
    for note in found:
        about = _feature(note.address) if note.label is not None else None
        if about is not None:
            said = Label(note.label or "", note.text, note.author, note.at)
            labels.setdefault(about[0], {}).setdefault(about[1], said)
    return tuple(found), {k: MappingProxyType(v) for k, v in labels.items()}


@kept(4)
def _kept(
    folder: str, stamp: tuple[int, ...], _s: Store
) -> tuple[tuple[Note, ...], dict[str, Labels]]:
    return _read(_s)


def _now(store: Store) -> tuple[tuple[Note, ...], dict[str, Labels]]:
    stamp = notes.stamp(store.root)
    # Right after a change the folder's time cannot be trusted yet, and its stamp is used once.
    return _kept(str(store.root), stamp, store) if len(stamp) == 1 else _read(store)


def written(store: Store) -> tuple[Note, ...]:
    """Every note of the store as it is now, newest first."""
    return _now(store)[0]


def of(store: Store, dictionary: str) -> Labels:
    """The newest word about each of a dictionary's features, as it is now."""
    return _now(store)[1].get(dictionary, {})


def edit(store: Store, address: Address, dictionary: str, feature: int) -> None:
    """What is said about a feature, and a form to say more; each saying is one immutable note."""
    known = of(store, dictionary).get(feature)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if known:
            signed = f"{links.plain(known.author)}, {known.at[:16].replace('T', ' ')} UTC"
            st.text(f"“{known.text}”" if known.text else "label removed", width="content")
            st.caption(f"by {links.literal(signed)}", width="content")
            note = " ".join(known.note.split())
            if note:
                st.text(links.plain(note, BESIDE), width="content")
        with st.popover(
            "Change label" if known else "Label this feature",
            icon=":material/label:",
            width="content",
        ):
            if known and len(known.note) > BESIDE:
                lines = known.note.splitlines()
                st.text("\n".join(links.plain(line, MOST["text"]) for line in lines))
            _form(store, address, dictionary, feature, known)
        if (
            known
            and known.text
            and st.button(
                "Remove label",
                icon=":material/label_off:",
                type="tertiary",
                key=f"unlabel:{dictionary[:8]}:{feature}:{known.at}",
                help="the feature has no label any more, anywhere; a note keeps that it had one",
            )
        ):
            _say(store, address, (dictionary, feature), "", st.session_state.get(_AUTHOR, ""), "")


def _say(
    store: Store, address: Address, about: tuple[str, int], text: str, author: str, label: str
) -> None:
    """Keep one note at the card of a feature, and show the page as it is then."""
    try:
        notes.add(store.root, card(address, *about).url(), text, author, label=label)
    except Refusal as error:
        chrome.refusal(error)
    else:
        st.rerun()


def _form(
    store: Store, address: Address, dictionary: str, feature: int, known: Label | None
) -> None:
    # A new word about the feature makes a new form, which starts from it.
    key = f"label:{dictionary[:8]}:{feature}:{known.at if known else ''}"
    with st.form(key, border=False):
        label = st.text_input(
            "Label",
            known.text if known else "",
            max_chars=MOST_LABEL,
            help="what the feature seems to stand for",
        )
        text = st.text_area("Note", max_chars=MOST["text"], help="why, or what speaks against it")
        author = st.text_input(
            "Author", st.session_state.get(_AUTHOR, ""), max_chars=MOST["author"]
        )
        saved = st.form_submit_button("Save", help="saves one note, which cannot be changed later")
    if not saved:
        return
    if not label.strip() and not text.strip() and not (known and known.text):
        st.text("Enter a label or a note.")
        return
    st.session_state[_AUTHOR] = author.strip()
    _say(store, address, (dictionary, feature), text.strip(), author.strip(), label.strip())
