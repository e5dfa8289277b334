"""Dictionaries of a subject, and the answers that stand downstream of one of them."""

from dataclasses import replace

from app.shared.address.address import Address
from app.shared.asks import commands, reading
from app.shared.asks.chosen import graph
from app.shared.asks.prefix import by_prefix
from app.shared.asks.reading import Subject
from ired_interp_core import registry
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import counted
from store import QuestionInfo, Store

SITES = {
    "gradient": "∇E",
    "h1": "hidden layer 1",
    "h2": "hidden layer 2",
    "h3": "hidden layer 3",
}

STATES = {"all": "", "before": ", before the jumps", "after": ", after the jumps"}
"""Which visited points a dictionary is of, as it is added to their site."""

STANDARDISED = {"centre_steps": "centred by step", "scale_steps": "scaled by step"}
"""Parameters that standardise activations by (level, step), in words."""

ABOUT = (
    "dictionary_metrics", "dictionary_features", "dictionary_causal", "dictionary_map",
    "dictionary_codes",
)  # fmt: skip
"""Analyses of one dictionary."""


def dictionaries(store: Store, subject: Subject | None = None) -> list[QuestionInfo]:
    """Dictionaries of a subject, or of the store, whose training has ended."""
    return [q for q in reading.questions(store, subject, "dictionary") if q.rows]


def downstream(store: Store, dictionary: QuestionInfo, analysis: str) -> QuestionInfo | None:
    """The answer of another analysis about a dictionary.

    Args:
        store: opened.
        dictionary: its question.
        analysis: name, with a role `dictionary`.

    Returns:
        Its question, that with default parameters first; None if the store has no answer.
    """
    return next(iter(graph(store).down(dictionary.key, analysis, "dictionary")), None)


def matches(store: Store, dictionary: QuestionInfo) -> list[QuestionInfo]:
    """Comparisons that a dictionary is one half of; those in which it is `one` first."""
    return graph(store).down(dictionary.key, "dictionary_match", "one", "other")


def partner(match: QuestionInfo, key: str) -> str:
    """Key of the other half of a comparison."""
    one, other = match.inputs["one"], match.inputs["other"]
    return other if one == key else one


def seeds_apart(store: Store, dictionary: QuestionInfo, key: str) -> bool:
    """Whether another dictionary was trained in the same way from another seed.

    Args:
        store: opened.
        dictionary: its question.
        key: of the other one.

    Returns:
        True if their inputs are the same, and their parameters but for the seed.
    """
    other = graph(store).by_key.get(key)
    if other is None or other.inputs != dictionary.inputs:
        return False
    differing = {n for n, v in dictionary.parameters.items() if other.parameters.get(n) != v}
    return differing == {"seed"}


def site(store: Store, dictionary: QuestionInfo) -> str:
    """Where the activations were taken: gradient, h1, h2 or h3; "" if the question is lost."""
    asked = graph(store).up(dictionary, "activations")
    return str(asked.parameters["site"]) if asked else ""


def where(store: Store, dictionary: QuestionInfo) -> str:
    """Site of the activations, levels and states where not all; EV compares within one."""
    asked = graph(store).up(dictionary, "activations")
    if asked is None:
        return "?"
    words = SITES.get(str(asked.parameters["site"]), "?")
    highest = int(asked.parameters.get("highest_level", LEVELS - 1))
    words = words if highest == LEVELS - 1 else f"{words}, t ≤ {highest}"
    return words + STATES[str(dictionary.parameters["states"])]


def name(store: Store, dictionary: QuestionInfo) -> str:
    """Name a dictionary by site, variant, size, penalty, problems, seed and digits of its key."""
    p = dictionary.parameters
    words = [where(store, dictionary), str(p["variant"]), f"m {p['features']}"]
    if p["variant"] != "relu":
        words.append(f"k {p['k']}")
    if p["orthogonality"] != "none":
        words.append(str(p["orthogonality"]))
    words += [said for name, said in STANDARDISED.items() if p[name]]
    words += [counted(p[registry.RANGE], "problem")] if p[registry.RANGE] else []
    return " · ".join([*words, f"seed {p['seed']}", dictionary.key[:8]])


def settle(
    store: Store, address: Address, there: list[QuestionInfo]
) -> tuple[Address, QuestionInfo]:
    """Find the dictionary that an address means; another one is shown only with a message.

    Args:
        store: opened.
        address: with the parameter `dictionary`.
        there: dictionaries of the subject, at least one.

    Returns:
        The address with the full key, and the dictionary; where none is named, the one about
        which most is known.
    """
    wanted = address["dictionary"]
    if not wanted:
        best = max(there, key=lambda q: _told(store, q))
        return address.replace(dictionary=best.key), best
    one, why = by_prefix(there, wanted, "dictionary")
    if one is None:
        return address.refuse("dictionary", why, there[0].key), there[0]
    return address.replace(dictionary=one.key), one


def _told(store: Store, dictionary: QuestionInfo) -> int:
    there = sum(bool(downstream(store, dictionary, name)) for name in ABOUT)
    return there + bool(matches(store, dictionary))


def command_for(store: Store, dictionary: QuestionInfo, analysis: str) -> str:
    """Shell lines that compute what is not there about a dictionary.

    Args:
        store: opened.
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
    return commands.command(store, asked, count=int(dictionary.parameters[registry.RANGE]))
