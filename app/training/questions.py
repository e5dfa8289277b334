"""Which answers along a training belong together: one question about each step's model.

Two questions about different models are alike when analysis and parameters agree, and so do those
of everything they read upstream.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.shared.address.address import Address
from app.shared.address.fields import MOST_SERIES
from app.shared.asks import reading, series
from app.shared.asks.chosen import graph
from app.shared.asks.prefix import by_prefix
from ired_interp_core import registry
from ired_interp_core.records import ProblemSet
from store import QuestionInfo, Series, Store


@dataclass(frozen=True)
class Alike:
    """Questions of one analysis that differ in the model alone.

    Args:
        by_model: digest of a model → its question.
    """

    by_model: Mapping[str, QuestionInfo]

    @property
    def first(self) -> QuestionInfo:
        """One of them, which stands for all but for the model."""
        return next(iter(self.by_model.values()))

    def named_by(self, prefix: str) -> bool:
        """Whether the key of one of them begins so."""
        return any(question.key.startswith(prefix) for question in self.by_model.values())

    def steps(self, series: Series) -> tuple[tuple[int, QuestionInfo], ...]:
        """The questions along one training: (step, question), by step."""
        return tuple((step, self.by_model[d]) for step, d in series.models if d in self.by_model)


def members(chosen: Sequence[Series]) -> set[str]:
    """Digests of the models of some series."""
    return {digest for one in chosen for _, digest in one.models}


def _answered(
    store: Store, chosen: Sequence[Series], problems: ProblemSet
) -> Iterator[QuestionInfo]:
    models = members(chosen)
    for question in reading.questions(store):
        if question.rows and question.problems == problems and question.model in models:
            yield question


def alike(
    store: Store, chosen: Sequence[Series], problems: ProblemSet, analysis: str
) -> tuple[Alike, ...]:
    """Every way in which an analysis was asked about the models of some series.

    Args:
        store: opened.
        chosen: series.
        problems: the set.
        analysis: name.

    Returns:
        The way asked about most models first; then in the order of the store's questions.
    """
    known = graph(store)
    ways: dict[str, dict[str, QuestionInfo]] = {}
    for question in _answered(store, chosen, problems):
        if question.analysis == analysis:
            way = ways.setdefault(known.signatures[question.key], {})
            way.setdefault(question.model, question)
    return tuple(Alike(way) for way in sorted(ways.values(), key=len, reverse=True))


def asked(
    store: Store, chosen: Sequence[Series], problems: ProblemSet, analysis: str, prefix: str = ""
) -> Alike | None:
    """The questions that are drawn along the training: those that a key's beginning names."""
    ways = alike(store, chosen, problems, analysis)
    named = (way for way in ways if prefix and way.named_by(prefix))
    return next(named, ways[0] if ways else None)


def analyses(store: Store, chosen: Sequence[Series], problems: ProblemSet) -> list[str]:
    """Analyses that were asked about the models of some series, upstream ones first."""
    there = {question.analysis for question in _answered(store, chosen, problems)}
    return [name for name in registry.analyses() if name in there]


def sets(store: Store, chosen: Sequence[Series]) -> dict[str, ProblemSet]:
    """Problem sets that the models of some series were asked about, by name."""
    models = members(chosen)
    return {t.set: t.problems for t in reading.subjects(store) if t.model in models}


def settle(store: Store, address: Address) -> tuple[Address, tuple[Series, ...], ProblemSet | None]:
    """Find the series and the problems that an address means.

    Where it names no series: those of the set's task, the one that has the address' model first.

    Args:
        store: opened.
        address: of the view Annealing, its model and set settled.

    Returns:
        The address with full ids; the series, of one task and size; their problems, None without
        any answers.
    """
    there, named = series.known(store), bool(address["series"])
    found: list[Series] = []
    for prefix in address["series"]:
        one, why = by_prefix(there, prefix, "series", "in this store", "id")
        if one is not None:
            found.append(one)
        else:
            address = address.replace(f"series={prefix}: {why}; left out")
    if not found:
        first = [t.series for t in series.steps_of(store, address["model"])]
        task = address["set"].partition("-")[0]
        same = [t for t in there if t.task == task]
        found = [*first, *same, *there]
    found = list({t.id: t for t in found}.values())
    site = (found[0].task, found[0].size) if found else ()
    if address["series"]:
        for other in found:
            if (other.task, other.size) != site:
                said = f"series={other.id[:8]}: another task or size than the first; left out"
                address = address.replace(said)
    found = [t for t in found if (t.task, t.size) == site][:MOST_SERIES]
    address = address.replace(series=tuple(t.id for t in found))
    known = sets(store, found)
    if known and address["set"] not in known:
        first_set = next(iter(known))
        if named:
            address = address.refuse("set", "these series have no answers about it", first_set)
        else:  # the set is the page's own choice, and gives way without a word
            address = address.replace(set=first_set)
    asked_about = {t.model for t in reading.subjects(store) if t.set == address["set"]}
    if asked_about and address["model"] not in asked_about:
        digests = [d for one in found for _, d in reversed(one.models)]
        address = address.replace(model=next(d for d in digests if d in asked_about))
    return address, tuple(found), known.get(address["set"])
