"""What a reader is told about a question that the store holds answers to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet, Question
from ired_interp_core.spelling import counted
from store.sides import Range


@dataclass(frozen=True)
class QuestionInfo:
    """A question that the store holds answers to.

    Args:
        key: its address.
        analysis: name.
        version: of the analysis.
        parameters: every parameter with its value.
        inputs: role → digest or key.
        title: what differs from the defaults, here and upstream.
        model: digest of the model it is about, or "".
        problems: the set it is about.
        rows_present: verified problems, [start, stop) ranges.
        rows_asked: most problems any run asks for; 0 if none does.
        failures: units that failed and were not computed since.
    """

    key: str
    analysis: str
    version: int
    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]
    title: str
    model: str
    problems: ProblemSet
    rows_present: tuple[Range, ...]
    rows_asked: int
    failures: int

    def __str__(self) -> str:
        """In one line: what, of which model, about which problems, how many."""
        of = self.problems
        drawn = f"of one's own, {of.content[:8]}" if of.content else f"{of.kind}, seed {of.seed}"
        about = f"{of.task} {of.size}×{of.size} {drawn}"
        model = f", model {self.model[:8]}" if self.model else ""
        return (
            f"{self.analysis} {self.key[:8]} ({self.title}): {about}{model},"
            f" {counted(self.rows, 'problem')}"
        )

    @cached_property
    def question(self) -> Question:
        """The question itself; checked once, since every live answer on a page asks for all."""
        return registry.read_question(
            {
                "analysis": self.analysis,
                "version": self.version,
                "parameters": self.parameters,
                "inputs": self.inputs,
            }
        )

    @property
    def rows(self) -> int:
        """How many problems are present."""
        return sum(stop - start for start, stop in self.rows_present)


def only(
    there: Sequence[QuestionInfo],
    prefix: str | None,
    where: str,
    analyses: Iterable[str],
    again: str,
) -> QuestionInfo:
    """The one question of some whose key begins so.

    Args:
        there: questions of one analysis.
        prefix: beginning of a key; None where there must be a single question.
        where: named in refusals.
        analyses: that the store knows answers of.
        again: the command that computes more.

    Returns:
        The question.

    Raises:
        Refusal: none, or several.
    """
    found = [q for q in there if prefix is None or q.key.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    listed = "; ".join(map(str, found or there))
    if not there:
        known = ", ".join(analyses) or "none yet"
        raise Refusal(
            "no answer of this analysis", where=where, came="no question", expected=known,
            next_step=again,
        )  # fmt: skip
    if not found:
        raise Refusal("unknown question", where=where, came=repr(prefix), expected=listed)
    raise Refusal(
        "several questions fit", where=where, came=f"{len(found)} questions",
        expected=f"question= the key, or model=, size=, seed= …, of one of {listed}",
    )  # fmt: skip
