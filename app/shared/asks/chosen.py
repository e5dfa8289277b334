"""Which question is meant: by its key, by what it stands on and what stands on it, by its likes.

The one graph of a store's questions: `up` leads to what an answer was computed from, `down` to what
was computed from it, `alike` to the same question about another subject.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.asks.kept import kept
from app.shared.asks.prefix import HERE, by_prefix
from app.shared.asks.reading import Subject
from ired_interp_core import registry
from ired_interp_core.schema import PLACES
from store import QuestionInfo, Store


@dataclass(frozen=True)
class Graph:
    """The questions of a store and what they stand on.

    Args:
        by_key: key → question.
        readers: key → (role, question that reads its answer), in the order of the store.
        signatures: key → what the question asks apart from its model and problems.
        likes: signature → questions.
    """

    by_key: Mapping[str, QuestionInfo]
    readers: Mapping[str, Sequence[tuple[str, QuestionInfo]]]
    signatures: Mapping[str, str]
    likes: Mapping[str, Sequence[QuestionInfo]]

    def up(self, question: QuestionInfo, *roles: str) -> QuestionInfo | None:
        """Follow roles upstream, one after the other; None if the store does not know one."""
        at: QuestionInfo | None = question
        for role in roles:
            at = self.by_key.get(at.inputs.get(role, "")) if at else None
        return at

    def source(self, question: QuestionInfo, analysis: str) -> QuestionInfo | None:
        """The nearest answer of an analysis that a question stands on, itself included."""
        waiting = [question]
        for at in waiting:
            if at.analysis == analysis:
                return at
            waiting += [self.by_key[k] for k in at.inputs.values() if k in self.by_key]
        return None

    def down(self, key: str, analysis: str, *roles: str) -> list[QuestionInfo]:
        """Questions of an analysis that read an answer and have answers themselves.

        Args:
            key: of the answer.
            analysis: name.
            *roles: in which it is read, in the order wanted; all when left out.

        Returns:
            They, those with default parameters first.
        """
        found = [(r, q) for r, q in self.readers.get(key, ()) if q.analysis == analysis]
        wanted = roles or tuple(dict.fromkeys(r for r, _ in found))
        return [q for role in wanted for r, q in found if r == role]

    def alike(self, question: QuestionInfo) -> list[QuestionInfo]:
        """The same question about any subject, itself included: also upstream all agrees."""
        return [q for q in self.likes[self.signatures[question.key]] if q.rows]


@kept(16)
def graph(store: Store) -> Graph:
    """The graph of a store's questions, made once for each generation."""
    questions = reading.questions(store)
    by_key = {q.key: q for q in questions}
    readers: dict[str, list[tuple[str, QuestionInfo]]] = {}
    for q in questions:
        for role, key in q.inputs.items():
            if q.rows and key in by_key:
                readers.setdefault(key, []).append((role, q))
    signatures = _signatures(by_key)
    likes: dict[str, list[QuestionInfo]] = {}
    for q in questions:
        likes.setdefault(signatures[q.key], []).append(q)
    return Graph(by_key, readers, signatures, likes)


def _signatures(by_key: Mapping[str, QuestionInfo]) -> dict[str, str]:
    roles = {name: a.inputs for name, a in registry.analyses().items()}
    made: dict[str, str] = {}

    def signature(key: str) -> str:
        if key not in by_key:
            return key
        if key not in made:
            q = by_key[key]
            declared = roles.get(q.analysis, {})
            answers = sorted(r for r in q.inputs if r in declared and declared[r].kind == "answer")
            upstream = [(r, signature(q.inputs[r])) for r in answers]
            words = [q.analysis, q.version, dict(q.parameters), upstream]
            made[key] = json.dumps(words, sort_keys=True)
        return made[key]

    return {key: signature(key) for key in by_key}


@dataclass(frozen=True)
class Scope:
    """Which numbers of which questions a table shows; hashable, so part of cache keys.

    Args:
        keys: analysis → question key, as pairs.
        level: t.
        place: of the curvature.
    """

    keys: tuple[tuple[str, str], ...]
    level: int
    place: str

    def key(self, analysis: str) -> str:
        """Key of the question of an analysis, "" if the subject has none."""
        return dict(self.keys).get(analysis, "")


@dataclass(frozen=True)
class Family:
    """The questions about a subject that belong together: one an analysis, all on one descent.

    Args:
        asked: analysis → the chosen question, upstream ones first.
        others: analysis → all questions among which it was chosen.
        refused: analysis → why the wanted one is not the chosen one.
    """

    asked: Mapping[str, QuestionInfo]
    others: Mapping[str, tuple[QuestionInfo, ...]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def scope(self, level: int = 0, place: str = PLACES[0]) -> Scope:
        """What a table shows of them."""
        return Scope(tuple((a, q.key) for a, q in self.asked.items()), level, place)


def family(store: Store, subject: Subject, wanted: Mapping[str, str] | None = None) -> Family:
    """Choose one question of every analysis that answers problem by problem.

    Args:
        store: opened.
        subject: model and problems.
        wanted: analysis → beginning of the key of the question that is meant; "" for any.

    Returns:
        For each analysis the wanted one, else the one nearest to the defaults; only those that
        stand on the chosen descent, or on none.
    """
    known, wanted = graph(store), wanted or {}
    asked: dict[str, QuestionInfo] = {}
    others: dict[str, tuple[QuestionInfo, ...]] = {}
    refused: dict[str, str] = {}
    for name, analysis in registry.analyses().items():
        if analysis.scope == "set":
            continue
        candidates = [q for q in reading.questions(store, subject, name) if q.rows]
        if name != "descent" and "descent" in asked:
            candidates = [
                q for q in candidates if known.source(q, "descent") in (None, asked["descent"])
            ]
        prefix = wanted.get(name, "")
        one, why = by_prefix(candidates, prefix, "answer") if prefix else (None, "")
        if why:
            refused[name] = why
        if candidates:
            asked[name], others[name] = one or candidates[0], tuple(candidates)
    for name in wanted.keys() - asked.keys() - refused.keys():
        refused[name] = f"no such answer {HERE}"
    return Family(asked, others, refused)


def settle_descent(store: Store, subject: Subject, address: Address) -> Address:
    """Spell the key of the descent that an address means whole, as a menu of keys has it."""
    if not address["q"]:
        return address
    there = [q for q in reading.questions(store, subject, "descent") if q.rows]
    one, why = by_prefix(there, address["q"], "descent")
    return address.replace(q=one.key) if one else address.refuse("q", why, "")


def declares(question: QuestionInfo, variable: str) -> bool:
    """Whether the answers to a question have a variable."""
    return variable in registry.get(question.analysis).schema.variables
