"""A question about one problem → its address, and the units that are missing of its answer.

The very questions that a sweep would ask, so that an answer has one address however it was asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ired_interp_core import registry, tasks
from ired_interp_core.live import LEAST, Sizes
from ired_interp_core.messages import Ask
from ired_interp_core.records import ProblemSet, Question
from ired_interp_core.registry import Analysis
from precompute.ground.exits import Usage, asking
from precompute.plan import models
from precompute.plan.models import ModelRef
from precompute.plan.plan import Asked, Unit
from store import LiveAnswers, contents, folders, layout, naming, records

Row = tuple[str, int]
"""Key of a question, and a problem."""


@dataclass(frozen=True)
class Wanted:
    """An answer that somebody wants.

    Args:
        live: where answers lie.
        asked: its question, and every other that it may have to read, by key.
        question: its own.
        problem: index.
        models: digest → model.
    """

    live: LiveAnswers
    asked: Mapping[str, Asked]
    question: Question
    problem: int
    models: Mapping[str, ModelRef] = field(default_factory=dict)

    @property
    def row(self) -> Row:
        """Its address."""
        return self.question.key, self.problem

    @property
    def about(self) -> Mapping[str, Any]:
        """What is said of it with every word about it."""
        question = self.question
        return {"analysis": question.analysis, "key": question.key, "problem": self.problem}

    @property
    def where(self) -> Path | None:
        """The store that holds it; None if none does."""
        span = (self.problem, self.problem + 1)
        return self.live.where(self.question.analysis, self.question.key, *span)

    def missing(self) -> list[Unit]:
        """What has to be computed for it, in order; nothing if it is there.

        Returns:
            Units of one problem; a `Usage` where it reads what is not there and not asked live.
        """
        units: dict[Row, Unit] = {}
        if self.where is None:
            self._need(Unit(self.asked[self.question.key], self.problem, self.problem + 1), units)
        return list(units.values())

    def _need(self, unit: Unit, units: dict[Row, Unit]) -> None:
        analysis = registry.get(unit.asked.question.analysis)
        if analysis.live is None:
            raise Usage(
                "reads an answer that is not in the store and is not asked live",
                where=self.question.analysis,
                came=unit.name,
                expected="an answer of the store",
                next_step="compute it by a sweep: python -m precompute run SWEEP.toml",
            )
        problems = unit.asked.problems
        if problems.content and not contents.there(self.live.roots, problems.content):
            raise Usage(
                "the problems of this set are not kept here", where=unit.name,
                came=f"content {problems.content}", next_step=contents.AGAIN,
            )  # fmt: skip
        for name, key, low, high in unit.reads():
            if (key, low) not in units and self.live.where(name, key, low, high) is None:
                self._need(Unit(self.asked[key], low, high), units)
        units[unit.asked.question.key, unit.start] = unit


def price(wanted: Wanted, units: list[Unit], speed: float) -> tuple[float, float]:
    """What some units cost.

    Args:
        wanted: the answer that they are for.
        units: of `Wanted.missing`.
        speed: seconds here for one on the reference core.

    Returns:
        Seconds, and bytes beyond those of an idle worker.
    """
    seconds, memory = 0.0, 0.0
    for unit in units:
        question = unit.asked.question
        live = registry.get(question.analysis).live
        if live is not None:
            sizes = _sizes(wanted, unit)
            seconds += speed * (LEAST + live.seconds(question.parameters, sizes))
            memory = max(memory, live.memory(question.parameters, sizes))
    return seconds, memory


def _sizes(wanted: Wanted, unit: Unit) -> Sizes:
    p = unit.asked.problems
    weights = 0
    if unit.asked.model:
        weights = models.numbers(wanted.live.root, unit.asked.model)
    return Sizes(p.size, tasks.n_in(p.task, p.size), weights)


def wanted(live: LiveAnswers, ask: Ask) -> Wanted:
    """Find what a request asks for.

    Args:
        live: where answers lie.
        ask: the request.

    Returns:
        The answer that is wanted.

    Raises:
        Usage: an analysis that is not asked live, or what cannot be asked of it.
    """
    with asking():
        analysis = registry.get(ask.analysis)
        naming.check_range(ask.problem, ask.problem + 1)
    if analysis.live is None:
        known = ", ".join(n for n, a in registry.analyses().items() if a.live)
        raise Usage("analysis is not asked live", came=ask.analysis, expected=known)
    chain = _Chain(live, ask.problems, ask.model)
    question = chain.ask(analysis, ask.parameters, ask.inputs)
    return Wanted(live, chain.asked, question, ask.problem, chain.models)


class _Chain:
    """A question and everything that it reads."""

    def __init__(self, live: LiveAnswers, problems: ProblemSet, model: str) -> None:
        self.live, self.problems, self.model = live, problems, model
        self.asked: dict[str, Asked] = {}
        self.models: dict[str, ModelRef] = {}

    def ask(
        self, analysis: Analysis, parameters: Mapping[str, Any], inputs: Mapping[str, str]
    ) -> Question:
        """Ask anew; roles that are not given read the answer of the defaults."""
        free = {r for r, kind in analysis.inputs.items() if kind.kind == "answer" and not kind.of}
        for role in set(inputs) - free:
            expected = ", ".join(sorted(free)) or "none"
            raise Usage("unknown input", where=analysis.name, came=role, expected=expected)
        filled: dict[str, str] = {}
        for role, kind in analysis.inputs.items():
            if kind.kind == "problems":
                filled[role] = self.problems.digest
            elif kind.kind == "model":
                filled[role] = self._model(self.model, analysis.name)
            elif not kind.needed and role not in inputs:
                continue
            elif kind.of:
                given = self.asked[filled[kind.of]].question.inputs[role]
                filled[role] = self._the_same(kind.analyses, given).key
            elif role in inputs:
                filled[role] = self._known(kind.analyses, inputs[role]).key
            elif registry.get(kind.analysis).scope == "set":
                raise Usage(
                    "it is not said which answer is read",
                    where=f"{analysis.name}, {role}",
                    came="nothing",
                    expected=f"the key of an answer of {kind.analysis}",
                    next_step=f"--input {role}=KEY",
                )
            else:
                filled[role] = self.ask(registry.get(kind.analysis), kind.given, {}).key
        with asking():
            question = analysis.question(filled, parameters)
            if analysis.together is not None:
                analysis.together(question.parameters)
        return self._add(question)

    def _add(self, question: Question) -> Question:
        model = next(
            (question.inputs[r] for r, kind in registry.roles_of(question).items()
             if kind.kind == "model"), "",
        )  # fmt: skip
        reads = {
            role: self.asked[key].question.analysis
            for role, kind in registry.roles_of(question).items()
            if kind.also and (key := question.inputs[role]) in self.asked
        }
        self.asked[question.key] = Asked(question, self.problems, model, 0, 0, reads=reads)
        return question

    def _the_same(self, names: Sequence[str], key: str) -> Question:
        """A question that another one reads; for problems of one's own, asked about these."""
        if key in self.asked:
            return self.asked[key].question
        return self._moved(names, key) if self.problems.content else self._known(names, key)

    def _moved(self, names: Sequence[str], key: str) -> Question:
        """A question that the store knows, asked about these problems with all that it reads.

        What was learned of a whole set stays what it is: problems of one's own are looked at
        through a dictionary of others.

        Returns:
            The question about these problems.
        """
        known, filled = self._read(names, key), {}
        analysis = known.analysis
        for role, kind in registry.roles_of(known).items():
            given = known.inputs[role]
            if kind.kind == "problems":
                filled[role] = self.problems.digest
            elif kind.kind == "model":
                filled[role] = self._model(given, analysis)
            elif registry.get(kind.analysis).scope == "set":
                filled[role] = self._known(kind.analyses, given).key
            else:
                filled[role] = self._the_same(kind.analyses, given).key
        return self._add(registry.get(analysis).question(filled, known.parameters))

    def _known(self, names: Sequence[str], key: str, others: bool = False) -> Question:
        """A question that the store knows, and what it reads; about the same problems.

        Args:
            names: of analyses, one of which it belongs to.
            key: of the question, or the beginning of it.
            others: whether it may be about other problems: what was learned of a whole set may,
                where these are of one's own.

        Returns:
            The question.

        Raises:
            Usage: it is about other problems, or another model.
        """
        question = self._read(names, key)
        analysis = question.analysis
        others |= bool(self.problems.content) and registry.get(analysis).scope == "set"
        for role, kind in registry.roles_of(question).items():
            given = question.inputs[role]
            if kind.kind == "problems" and given != self.problems.digest and not others:
                raise Usage(
                    "input is about other problems",
                    where=f"{analysis}/{key}",
                    came=f"set {given}",
                    expected=f"set {self.problems.digest}, {self.problems.as_dict()}",
                )
            if kind.kind == "model":
                if self.model and not given.startswith(self.model):
                    raise Usage("input is about another model", where=f"{analysis}/{key}",
                                came=given, expected=self.model)  # fmt: skip
                self._model(given, analysis)
            elif kind.kind == "answer":
                self._known(kind.analyses, given, others)
        if others and registry.get(analysis).scope == "block":
            return question  # it is not read here, so that nothing of it is computed
        return self._add(question)

    def _read(self, names: Sequence[str], key: str) -> Question:
        question = records.read_question(*_find(self.live, names, key))
        records.declared(question)
        return question

    def _model(self, digest: str, analysis: str) -> str:
        if not digest:
            raise Usage("question needs a model", where=analysis, came="none",
                        expected="the digest of one, or the beginning of it")  # fmt: skip
        model = models.stored(self.live.root, digest)
        if (model.task, model.size) != (self.problems.task, self.problems.size):
            raise Usage(
                "model answers other problems",
                where=analysis,
                came=f"{model.task}, size {model.size}",
                expected=f"{self.problems.task}, size {self.problems.size}",
            )
        self.models[model.digest] = model
        return model.digest


def _find(live: LiveAnswers, names: Sequence[str], key: str) -> tuple[Path, str, str]:
    """The store that knows a question of some analyses, its analysis, and its whole key."""
    found: dict[str, tuple[Path, str]] = {}
    for root in (live.folder, live.root):
        for analysis in names:
            there = folders.names(layout.results(root) / naming.check_analysis(analysis))
            mine = [k for k in there if naming.is_key(k) and k.startswith(key)]
            found |= dict.fromkeys(mine, (root, analysis))
    if len(found) != 1 or not key:
        known = ", ".join(found) or "the key of one that was asked"
        raise Usage("no such question" if not found else "several questions fit",
                    where=" or ".join(names), came=repr(key), expected=known)  # fmt: skip
    return next((*at, whole) for whole, at in found.items())
