"""Dictionaries of a subject, and the answers that stand downstream of one of them."""

import streamlit as st

from app import reading
from app.links import Address
from app.reading import Subject
from store import QuestionInfo, Store

SITES = {
    "gradient": "∇E",
    "h1": "hidden layer 1",
    "h2": "hidden layer 2",
    "h3": "hidden layer 3",
}


def dictionaries(s: Store, subject: Subject) -> list[QuestionInfo]:
    """Dictionaries of a subject whose training has ended.

    Args:
        s: the store.
        subject: model and problems.

    Returns:
        Their questions; the key of one of them names the dictionary.
    """
    return [q for q in reading.questions(s, subject, "dictionary") if q.rows]


@st.cache_resource(max_entries=32, show_spinner=False)
def _by_input(generation: str, role: str, _s: Store) -> dict[tuple[str, str], list[QuestionInfo]]:
    found: dict[tuple[str, str], list[QuestionInfo]] = {}
    for q in reading.questions(_s):
        if q.rows and role in q.inputs:
            found.setdefault((q.analysis, q.inputs[role]), []).append(q)
    return found


def downstream(s: Store, dictionary: QuestionInfo, analysis: str) -> QuestionInfo | None:
    """The answer of another analysis about a dictionary.

    Args:
        s: the store.
        dictionary: its question.
        analysis: name, with a role `dictionary`.

    Returns:
        Its question, that with default parameters first; None if the store has no answer.
    """
    found = _by_input(s.generation, "dictionary", s).get((analysis, dictionary.key), [])
    return found[0] if found else None


def upstream(s: Store, question: QuestionInfo, *roles: str) -> QuestionInfo | None:
    """Follow roles upstream.

    Args:
        s: the store.
        question: where to start.
        *roles: e.g. "activations", "descent".

    Returns:
        The question that fills the last of them; None if the store does not know one.
    """
    known = _by_key(s.generation, s)
    at: QuestionInfo | None = question
    for role in roles:
        at = known.get(at.inputs.get(role, "")) if at else None
    return at


@st.cache_resource(max_entries=32, show_spinner=False)
def _by_key(generation: str, _s: Store) -> dict[str, QuestionInfo]:
    return {q.key: q for q in reading.questions(_s)}


def site(s: Store, dictionary: QuestionInfo) -> str:
    """Where the activations of a dictionary were taken.

    Args:
        s: the store.
        dictionary: its question.

    Returns:
        gradient, h1, h2 or h3; "" if the store has lost the question.
    """
    asked = upstream(s, dictionary, "activations")
    return str(asked.parameters["site"]) if asked else ""


def name(s: Store, dictionary: QuestionInfo) -> str:
    """Name a dictionary for a reader.

    Args:
        s: the store.
        dictionary: its question.

    Returns:
        Site, variant, size, penalty, seed and the first digits of its key.
    """
    p = dictionary.parameters
    words = [SITES.get(site(s, dictionary), "?"), str(p["variant"]), f"m {p['features']}"]
    if p["variant"] != "relu":
        words.append(f"k {p['k']}")
    if p["orthogonality"] != "none":
        words.append(str(p["orthogonality"]))
    return " · ".join([*words, f"seed {p['seed']}", dictionary.key[:8]])


def settle(s: Store, address: Address, there: list[QuestionInfo]) -> tuple[Address, QuestionInfo]:
    """Find the dictionary that an address means; another one is shown only with a message.

    Args:
        s: the store.
        address: with the parameter `dictionary`.
        there: dictionaries of the subject, at least one.

    Returns:
        The address with the full key, and the dictionary.
    """
    wanted = address["dictionary"]
    fitting = [q for q in there if q.key.startswith(wanted)]
    if len(fitting) == 1 or (fitting and not wanted):
        return address.replace(dictionary=fitting[0].key), fitting[0]
    why = "several dictionaries begin so" if fitting else "no such dictionary of this model and set"
    return address.refuse("dictionary", why, there[0].key), there[0]
