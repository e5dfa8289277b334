"""Features: dictionaries of gradients and hidden layers, their atoms, and what these do."""

import shlex

import streamlit as st

from app.features import (
    atoms_sheet as feature_atoms,
)
from app.features import (
    compare_sheet as feature_compare,
)
from app.features import (
    dictionaries_sheet as feature_dictionaries,
)
from app.features import pairs as dictionary_pairs
from app.features import rows as feature_rows
from app.features import (
    training_sheet as feature_training,
)
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.asks.reading import Subject
from app.shared.page import choices
from app.shared.page import frame as chrome
from store import QuestionInfo, Store

VIEW = "features"
SHEETS = {
    "dictionaries": "Dictionaries",
    "atoms": "Atoms",
    "compare": "Compare",
    "training": "Training",
}


def show() -> None:
    """Show the view."""
    s, address, subject = chrome.begin(VIEW)
    if subject is None:
        chrome.head(s, address)
        chrome.empty(s)
        return
    address, subject = _settle_subject(s, address, subject)
    there = features.dictionaries(s, subject)
    if there:
        address, dictionary = features.settle(s, address, there)
        table = feature_rows.table(s, dictionary)
        address = feature_rows.settle(_settle_feature(address, dictionary), table)
        address = dictionary_pairs.settle(s, address, dictionary, there)
    session.bind(address)
    chrome.head(s, address)
    chrome.messages(address)
    if not there:
        chrome.subject_bar(s, address, subject)
        words = ["python", "-m", "precompute", "run", "precompute/sweeps/dictionaries.toml"]
        chrome.nothing(
            "No dictionary was trained for this model on these problems yet. The sweep names a"
            " model and its problems: put yours there.",
            shlex.join([*words, "--store", str(s.root)]),
        )
        return
    _controls(s, address, subject, there)
    if address["sheet"] == "dictionaries":
        feature_dictionaries.show(s, address, there, dictionary)
    elif address["sheet"] == "atoms":
        feature_atoms.show(s, address, dictionary, table)
    elif address["sheet"] == "compare":
        feature_compare.show(s, address, there, dictionary)
    else:
        feature_training.show(s, address, there, dictionary)


def _settle_subject(s: Store, address: Address, subject: Subject) -> tuple[Address, Subject]:
    """Where the address names no subject, take the first one that has dictionaries."""
    asked = session.current(VIEW)
    if asked["model"] or asked["set"] or features.dictionaries(s, subject):
        return address, subject
    for other in reading.subjects(s):
        if features.dictionaries(s, other):
            return address.replace(model=other.model, set=other.set), other
    return address, subject


def _settle_feature(address: Address, dictionary: QuestionInfo) -> Address:
    most = int(dictionary.parameters["features"])
    if address["feature"] is None or address["feature"] < most:
        return address
    return address.refuse("feature", f"this dictionary has features 0 … {most - 1}", None)


def _controls(s: Store, address: Address, subject: Subject, there: list[QuestionInfo]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        chrome.subject_bar(s, address, subject)
        names = {q.key: features.name(s, q) for q in there}
        st.selectbox(
            "Dictionary",
            list(names),
            key=session.key(VIEW, "dictionary"),
            format_func=lambda k: names.get(k, k[:8]),
            label_visibility="collapsed",
            on_change=session.push,
            args=(VIEW,),
            kwargs={"feature": None, "leaf": 1},
            help="site, kind, atoms m, active features k, penalty, seed",
        )
        choices.words(VIEW, "sheet", SHEETS, "Sheet")
