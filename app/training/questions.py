"""Which answers along a training belong together: one question about each step's model.

Two questions about different models are alike when analysis and parameters agree, and so do those
of everything they read upstream.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.shared.address import address as links
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
        title: what differs from the defaults.
        of: digest of a model → its question.
    """

    title: str
    of: Mapping[str, QuestionInfo]

    def steps(self, one: Series) -> tuple[tuple[int, QuestionInfo], ...]:
        """The questions along one training.

        Args:
            one: series.

        Returns:
            (step, question), by step.
        """
        return tuple((step, self.of[d]) for step, d in one.models if d in self.of)


def alike(
    s: Store, chosen: Sequence[Series], problems: ProblemSet, analysis: str
) -> tuple[Alike, ...]:
    """Every way in which an analysis was asked about the models of some series.

    Args:
        s: the store.
        chosen: series.
        problems: the set.
        analysis: name.

    Returns:
        The way asked about most models first; then in the order of the store's questions.
    """
    known = graph(s)
    members = {digest for one in chosen for _, digest in one.models}
    there = [
        q
        for q in reading.questions(s, analysis=analysis)
        if q.rows and q.problems == problems and q.model in members
    ]
    ways: dict[str, dict[str, QuestionInfo]] = {}
    for q in there:
        ways.setdefault(known.signatures[q.key], {}).setdefault(q.model, q)
    many = Counter({way: len(of) for way, of in ways.items()})
    return tuple(
        Alike(next(iter(ways[way].values())).title, ways[way]) for way, _ in many.most_common()
    )


def asked(
    s: Store, chosen: Sequence[Series], problems: ProblemSet, analysis: str, prefix: str = ""
) -> Alike | None:
    """The questions of one analysis that are drawn along the training.

    Args:
        s: the store.
        chosen: series.
        problems: the set.
        analysis: name.
        prefix: of the key of a question that says which way is meant, where there are several.

    Returns:
        They; None if there is none.
    """
    ways = alike(s, chosen, problems, analysis)
    named = (w for w in ways if prefix and any(q.key.startswith(prefix) for q in w.of.values()))
    return next(named, ways[0] if ways else None)


def analyses(s: Store, chosen: Sequence[Series], problems: ProblemSet) -> list[str]:
    """Analyses that were asked about the models of some series.

    Args:
        s: the store.
        chosen: series.
        problems: the set.

    Returns:
        Names, upstream analyses first.
    """
    members = {digest for one in chosen for _, digest in one.models}
    there = {
        q.analysis
        for q in reading.questions(s)
        if q.rows and q.problems == problems and q.model in members
    }
    return [name for name in registry.analyses() if name in there]


def sets(s: Store, chosen: Sequence[Series]) -> list[ProblemSet]:
    """Problem sets that the models of some series were asked about.

    Args:
        s: the store.
        chosen: series.

    Returns:
        In the order of subjects.
    """
    members = {digest for one in chosen for _, digest in one.models}
    return list(dict.fromkeys(t.problems for t in reading.subjects(s) if t.model in members))


def settle(s: Store, address: Address) -> tuple[Address, tuple[Series, ...], ProblemSet | None]:
    """Find the series and the problems that an address means.

    Where it names no series: those of the set's task, the one that has the address' model first.

    Args:
        s: the store.
        address: of the view Annealing, its model and set settled.

    Returns:
        The address with full ids; the series, of one task and size; their problems, None without
        any answers.
    """
    there = series.known(s)
    found: list[Series] = []
    for prefix in address["series"]:
        one, why = by_prefix(there, prefix, "series", "in this store", "id")
        if one is not None:
            found.append(one)
        else:
            address = address.replace(f"series={prefix}: {why}; left out")
    if not found:
        first = [t.series for t in series.steps_of(s, address["model"])]
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
    known = sets(s, found)
    names = {links.set_name(p): p for p in known}
    if known and address["set"] not in names:
        first_set = next(iter(names))
        address = address.refuse("set", "these series have no answers about it", first_set)
    there_too = [t for t in reading.subjects(s) if t.set == address["set"]]
    if there_too and address["model"] not in {t.model for t in there_too}:
        digests = [d for one in found for _, d in reversed(one.models)]
        model = next(d for d in digests if d in {t.model for t in there_too})
        address = address.replace(model=model)
    return address, tuple(found), names.get(address["set"])
