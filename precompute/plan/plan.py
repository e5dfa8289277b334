"""Sweep → questions × blocks = units of work, dependencies first, and only what is missing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ired_interp_core import registry
from ired_interp_core.records import ProblemSet, Question, block_ranges
from precompute.ground.exits import Usage, asking
from precompute.plan.asks import Ask
from precompute.plan.models import ModelRef
from precompute.plan.sweep import ProblemsEntry, Sweep
from precompute.plan.sweep_models import ModelEntry
from store import shards


@dataclass(frozen=True)
class Asked:
    """A question of a sweep.

    Args:
        question: with its address.
        problems: the set its rows belong to.
        model: digest, or empty.
        count: rows asked for.
        depth: 0 for a question that reads no other answer, else one more than those it reads.
        stage: how many answers of whole sets must be there before, one after the other.
        reads: role → analysis whose answer fills it, where another than the declared one does.
    """

    question: Question
    problems: ProblemSet
    model: str
    count: int
    depth: int
    stage: int = 0
    reads: Mapping[str, str] = field(default_factory=dict)


Span = tuple[str, int, int]
"""Question key, first row, one past the last."""


@dataclass(frozen=True)
class Unit:
    """One piece of work: some rows of one question.

    Args:
        asked: the question.
        start: first row.
        stop: one past the last row.
    """

    asked: Asked
    start: int
    stop: int

    @property
    def key(self) -> str:
        """Of the question."""
        return self.asked.question.key

    @property
    def span(self) -> Span:
        """What it computes."""
        return self.key, self.start, self.stop

    @property
    def inputs(self) -> Collection[str]:
        """Digests and keys that fill the roles of the question."""
        return self.asked.question.inputs.values()

    def reads(self) -> Collection[tuple[str, str, int, int]]:
        """The answers that it reads: (analysis, key, first row, one past the last) of each."""
        return rows_read(self).values()

    @property
    def name(self) -> str:
        """For people: analysis, beginning of the key, rows."""
        return (
            f"{self.asked.question.analysis} {self.asked.question.key[:8]}"
            f" [{self.start}, {self.stop})"
        )


def questions(sweep: Sweep, models: Sequence[ModelRef], where: str) -> list[Asked]:
    """Every question of a sweep, each once, those that others read first.

    A model meets the problem sets of its own task and size; a pair that does not fit is left out.

    Returns:
        The questions; one asked with two counts has the larger.

    Raises:
        Usage: an analysis for which no model fits any problem set, or that no set is for.
    """
    found: dict[str, Asked] = {}

    def add(ask: Ask, problems: ProblemSet, count: int, model: ModelRef | None) -> Asked:
        parameters, whole = dict(ask.parameters), ask.analysis.scope == "set"
        if whole:  # it reads problems 0 … count − 1 of everything upstream, and is one row itself
            count = parameters[registry.RANGE] = parameters[registry.RANGE] or count
        upstream = {}
        for role, above in ask.upstream.items():
            here = f"{where} {ask.analysis.name}, {role}"
            other = _other(problems, above, here)
            theirs = model if other.task == problems.task else only_model(above, other, here)
            upstream[role] = add(above, other, count, theirs)
        filled = {r: a.question.key for r, a in upstream.items()}
        for role, kind in ask.analysis.inputs.items():
            if kind.kind == "problems":
                filled[role] = problems.digest
            elif kind.kind == "model" and model is not None:
                filled[role] = model.digest
        for role, kind in ask.analysis.inputs.items():
            if kind.of in filled:
                filled[role] = found[filled[kind.of]].question.inputs[kind.above(role)]
            if kind.apart and role in filled:
                _check_apart(problems, found[filled[role]], f"{where} {ask.analysis.name}, {role}")
        question = ask.analysis.question(filled, parameters, where)
        if ask.analysis.together is not None:
            ask.analysis.together(question.parameters)
        above = [found[k] for k in filled.values() if k in found]
        found[question.key] = Asked(
            question,
            problems,
            model.digest if model else "",
            found[question.key].count if question.key in found else 0,
            1 + max((a.depth for a in above), default=-1),
            max((a.stage for a in above), default=0) + whole,
        )
        need(question.key, 1 if whole else count)
        return found[question.key]

    def only_model(ask: Ask, problems: ProblemSet, where: str) -> ModelRef | None:
        """The model that an input about another task is asked of."""
        every = _partners(ask, problems, models)
        fitting = [m for m in every if _count(ask, m, sweep.models, 1)]
        if len(fitting) != 1:
            raise Usage(
                f"it is not said which model {ask.analysis.name} is asked of",
                where=where,
                came=", ".join(m.checkpoint for m in fitting if m) or "none that fits",
                expected=f"one model of {problems.task}, size {problems.size}, in the sweep",
                next_step=f"keep others from it by an `only` without {ask.analysis.name}",
            )
        return fitting[0]

    def need(key: str, count: int) -> None:
        """Ask for so many rows of a question, and of what these rows read."""
        asked = found[key]
        if count <= asked.count:
            return
        found[key] = replace(asked, count=count)
        for _, upstream, _, stop in rows_read(Unit(found[key], 0, count)).values():
            need(upstream, stop)

    for ask in sweep.analyses:
        any_pair = False
        entries = _sets_for(ask, sweep.problems, where)
        for entry in entries:
            for model in _partners(ask, entry.problems, models):
                if count := _count(ask, model, sweep.models, entry.count):
                    add(ask, entry.problems, count, model)
                    any_pair = True
        if not any_pair:
            raise Usage(
                f"no model of the sweep fits any of its problem sets, so {ask.analysis.name} has"
                " nothing to do",
                where=where,
                came="; ".join(f"{m.checkpoint}: {m.task}, size {m.size}" for m in models),
                expected="; ".join(
                    dict.fromkeys(f"{e.problems.task}, size {e.problems.size}" for e in entries)
                ),
            )
    return sorted(found.values(), key=lambda a: a.depth)


def _other(problems: ProblemSet, ask: Ask, where: str) -> ProblemSet:
    """The set that an input is about; there is no other draw of problems that come from a file."""
    if problems.content and ask.about:
        raise Usage(
            f"{ask.analysis.name} is asked about another draw of problems that come from a file",
            where=where,
            came=", ".join(f"{k} {v}" for k, v in ask.about.items()),
            expected="a problem set with a seed",
            next_step="keep this analysis to seeded sets, by `only` of a set or `set` of its entry",
        )
    with asking(where):
        return ProblemSet.from_dict({**problems.as_dict(), **ask.about})


def _check_apart(ours: ProblemSet, read: Asked, where: str) -> None:
    """Refuse to look at problems through what was learned on their own draws."""
    drawn = [(p.task, p.size, p.seed, p.content) for p in (ours, read.problems)]
    if drawn[0] == drawn[1]:
        raise Usage(
            f"{read.question.analysis} was learned on these very problems",
            where=where,
            came=f"{ours.task}, seed {ours.seed}, for both",
            expected="problems that it has never seen",
            next_step="give that input another seed: set = { seed = 1 }",
        )


def _sets_for(ask: Ask, sets: Sequence[ProblemsEntry], where: str) -> Sequence[ProblemsEntry]:
    """The sets that an entry is for, by its task and set, and by their `only`."""
    name, wanted = ask.analysis.name, ask.about.items()
    fitting = [
        e
        for e in sets
        if ask.task in ("", e.problems.task)
        and not (wanted and e.problems.content)  # of its own problems variant and seed say nothing
        and all(getattr(e.problems, field) == value for field, value in wanted)
    ]
    found = [e for e in fitting if not e.only or name in e.only]
    if not found:
        raise Usage(
            f"no problem set of the sweep is for {name}", where=where,
            came="; ".join(
                f"{e.problems.task} {e.problems.variant}, seed {e.problems.seed}"
                + (f", only {', '.join(e.only)}" if e.only else "")
                for e in sets
            ),
            expected=f"{name} in the `only` of one" if fitting else " ".join(
                ["a set of", ask.task or "any task", *(f"{k} {v}" for k, v in wanted)]
            ),
        )  # fmt: skip
    return found


def _count(ask: Ask, model: ModelRef | None, entries: Sequence[ModelEntry], count: int) -> int:
    """How many of `count` problems are asked about, by the entry and by those of the model."""
    count = min(ask.count or count, count)
    mine = [
        e
        for e in entries
        if model and (e.checkpoint, e.weights) == (model.checkpoint, model.weights)
    ]
    wanted = [
        min(e.count or count, count) for e in mine if not e.only or ask.analysis.name in e.only
    ]
    return max(wanted, default=0 if mine else count)


def _partners(
    ask: Ask, problems: ProblemSet, models: Sequence[ModelRef]
) -> Sequence[ModelRef | None]:
    if not ask.needs_model:
        return [None]
    return [m for m in models if (m.task, m.size) == (problems.task, problems.size)]


def rows_read(unit: Unit) -> dict[str, tuple[str, str, int, int]]:
    """The answers of other questions that a unit reads.

    Returns:
        Role → (analysis, key, first row, one past the last).
    """
    question = unit.asked.question
    analysis = registry.get(question.analysis)
    return {
        role: (
            unit.asked.reads.get(role, kind.analysis),
            question.inputs[role],
            *analysis.rows_read(role, unit.start, unit.stop, question.parameters),
        )
        for role, kind in registry.roles_of(question).items()
        if kind.kind == "answer"
    }


def missing_units(root: Path, asked: Iterable[Asked]) -> list[Unit]:
    """What is still to be computed, in the order in which to do it.

    Early rows of every question come before late rows of any, so that a reader soon sees
    everything about a few problems; within the same rows, answers that others read come first. What
    reads the answer of a whole set comes after everything that this set reads.

    Args:
        root: store.
        asked: questions, those that others read first.

    Returns:
        Units whose rows no complete shard holds.
    """
    order = []
    for place, a in enumerate(asked):
        rows = registry.get(a.question.analysis).rows
        blocks = block_ranges(a.count, rows)
        for start, stop in shards.missing(root, a.question.analysis, a.question.key, blocks):
            first = start - start % rows
            order.append((a.stage, first, a.depth, start, place, Unit(a, start, stop)))
    order.sort(key=lambda entry: entry[:5])
    return [entry[-1] for entry in order]
