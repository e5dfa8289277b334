"""Dictionaries of a subject, and the answers that stand downstream of one of them."""

from dataclasses import replace

from app.shared.address.address import Address
from app.shared.asks import commands, reading
from app.shared.asks.chosen import graph
from app.shared.asks.prefix import by_prefix
from app.shared.asks.reading import Subject
from ired_interp_core import registry
from ired_interp_core.schema import LEVELS
from store import QuestionInfo, Store

SITES = {
    "gradient": "∇E",
    "h1": "hidden layer 1",
    "h2": "hidden layer 2",
    "h3": "hidden layer 3",
}

ABOUT = (
    "dictionary_metrics", "dictionary_features", "dictionary_causal", "dictionary_map",
    "dictionary_codes",
)  # fmt: skip
"""Analyses of one dictionary."""


def dictionaries(s: Store, subject: Subject) -> list[QuestionInfo]:
    """Dictionaries of a subject whose training has ended.

    Args:
        s: the store.
        subject: model and problems.

    Returns:
        Their questions; the key of one of them names the dictionary.
    """
    return [q for q in reading.questions(s, subject, "dictionary") if q.rows]


def downstream(s: Store, dictionary: QuestionInfo, analysis: str) -> QuestionInfo | None:
    """The answer of another analysis about a dictionary.

    Args:
        s: the store.
        dictionary: its question.
        analysis: name, with a role `dictionary`.

    Returns:
        Its question, that with default parameters first; None if the store has no answer.
    """
    return next(iter(graph(s).down(dictionary.key, analysis, "dictionary")), None)


def known(s: Store) -> list[QuestionInfo]:
    """Every dictionary of the store.

    Args:
        s: the store.

    Returns:
        Their questions.
    """
    return [q for q in reading.questions(s, analysis="dictionary") if q.rows]


def matches(s: Store, dictionary: QuestionInfo) -> list[QuestionInfo]:
    """Comparisons that a dictionary is one half of.

    Args:
        s: the store.
        dictionary: its question.

    Returns:
        Questions of `dictionary_match`; those in which it is `one` first.
    """
    return graph(s).down(dictionary.key, "dictionary_match", "one", "other")


def partner(match: QuestionInfo, key: str) -> str:
    """The other half of a comparison.

    Args:
        match: a question of `dictionary_match`.
        key: of one half.

    Returns:
        Key of the other.
    """
    one, other = match.inputs["one"], match.inputs["other"]
    return other if one == key else one


def seeds_apart(s: Store, dictionary: QuestionInfo, key: str) -> bool:
    """Whether another dictionary was trained in the same way from another seed.

    Args:
        s: the store.
        dictionary: its question.
        key: of the other one.

    Returns:
        True if their inputs are the same, and their parameters but for the seed.
    """
    other = graph(s).by_key.get(key)
    if other is None or other.inputs != dictionary.inputs:
        return False
    differing = {n for n, v in dictionary.parameters.items() if other.parameters.get(n) != v}
    return differing == {"seed"}


def upstream(s: Store, question: QuestionInfo, *roles: str) -> QuestionInfo | None:
    """Follow roles upstream.

    Args:
        s: the store.
        question: where to start.
        *roles: e.g. "activations", "descent".

    Returns:
        The question that fills the last of them; None if the store does not know one.
    """
    return graph(s).up(question, *roles)


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


def where(s: Store, dictionary: QuestionInfo) -> str:
    """Say where the activations of a dictionary were taken; EV compares within one place alone.

    Args:
        s: the store.
        dictionary: its question.

    Returns:
        Site, and the levels where these are not all.
    """
    asked = upstream(s, dictionary, "activations")
    if asked is None:
        return "?"
    words = SITES.get(str(asked.parameters["site"]), "?")
    highest = int(asked.parameters.get("highest_level", LEVELS - 1))
    return words if highest == LEVELS - 1 else f"{words}, t ≤ {highest}"


def name(s: Store, dictionary: QuestionInfo) -> str:
    """Name a dictionary for a reader.

    Args:
        s: the store.
        dictionary: its question.

    Returns:
        Site, variant, size, penalty, problems, seed and the first digits of its key.
    """
    p = dictionary.parameters
    words = [where(s, dictionary), str(p["variant"]), f"m {p['features']}"]
    if p["variant"] != "relu":
        words.append(f"k {p['k']}")
    if p["orthogonality"] != "none":
        words.append(str(p["orthogonality"]))
    words += [f"{p[registry.RANGE]} problems"] if p[registry.RANGE] else []
    return " · ".join([*words, f"seed {p['seed']}", dictionary.key[:8]])


def settle(s: Store, address: Address, there: list[QuestionInfo]) -> tuple[Address, QuestionInfo]:
    """Find the dictionary that an address means; another one is shown only with a message.

    Args:
        s: the store.
        address: with the parameter `dictionary`.
        there: dictionaries of the subject, at least one.

    Returns:
        The address with the full key, and the dictionary; where none is named, the one about
        which most is known.
    """
    wanted = address["dictionary"]
    if not wanted:
        best = max(there, key=lambda q: _told(s, q))
        return address.replace(dictionary=best.key), best
    one, why = by_prefix(there, wanted, "dictionary")
    if one is None:
        return address.refuse("dictionary", why, there[0].key), there[0]
    return address.replace(dictionary=one.key), one


def _told(s: Store, dictionary: QuestionInfo) -> int:
    there = sum(bool(downstream(s, dictionary, name)) for name in ABOUT)
    return there + bool(matches(s, dictionary))


def command_for(s: Store, dictionary: QuestionInfo, analysis: str) -> str:
    """Shell lines that compute what is not there about a dictionary.

    Args:
        s: the store.
        dictionary: its question.
        analysis: name, with a role `dictionary`.

    Returns:
        A sweep and the command that runs it.
    """
    roles = registry.get(analysis).inputs
    asked = replace(
        dictionary,
        analysis=analysis,
        parameters={},
        inputs={r: dictionary.key for r in roles if r == "dictionary"},
    )
    return commands.command(s, asked, int(dictionary.parameters[registry.RANGE]))
