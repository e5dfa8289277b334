"""A question with every question that it reads: new ones, and those that the store knows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ired_interp_core import registry
from ired_interp_core.records import ProblemSet, Question
from ired_interp_core.registry import Analysis
from precompute.ground.exits import Usage, asking
from precompute.plan import models
from precompute.plan.models import ModelRef
from precompute.plan.plan import Asked
from store import LiveAnswers, folders, layout, naming, records


class Chain:
    """A question and everything that it reads.

    Args:
        live: where answers lie.
        problems: what is asked about.
        model: digest, or the beginning of it; "" where none is needed.
    """

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
                given = self.asked[filled[kind.of]].question.inputs[kind.above(role)]
                filled[role] = self._the_same(kind.analyses, given).key
            elif role in inputs:
                learned = registry.get(kind.analysis).scope == "set"
                apart = learned and all(k.of != role for k in analysis.inputs.values())
                filled[role] = self._known(kind.analyses, inputs[role], apart).key
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
                    where=" or ".join(names), came=repr(key), expected=known,
                    next_step="" if found else "ask it again: of the live answers that nobody keeps"
                    " the oldest go")  # fmt: skip
    return next((*at, whole) for whole, at in found.items())
