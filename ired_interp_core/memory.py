"""One analysis of problems at hand, in memory: no store, no sweep, no file."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ired_interp_core import registry
from ired_interp_core.contents import Content
from ired_interp_core.errors import Refusal
from ired_interp_core.own.reading import content_of
from ired_interp_core.records import Block, Question, canonical_json
from ired_interp_core.roles import Role

if TYPE_CHECKING:
    from ired_interp_core.energy import Energy


def compute(
    analysis: str,
    model: "Energy",
    x: np.ndarray,
    y: np.ndarray | None = None,
    device: str = "cpu",
    **parameters: Any,
) -> xr.Dataset:
    """Compute an analysis, and whatever it reads, for problems of one's own.

    The numbers are those of `ired-interp ask ANALYSIS --x FILE` on the same device, to the bit.

    Args:
        analysis: name of one that is computed problem by problem.
        model: from `checkpoints.load`.
        x: problems; one n×n matrix (addition: 2×n×n), or N of them, or rows [N, n_in], row-major.
        y: true answers in the same form, data frame; where left out, as the task says (A⁻¹, A + B;
            NaN for completion).
        device: torch device name.
        parameters: of the analysis; the declared defaults elsewhere, also of what it reads.

    Returns:
        The declared variables, with units, frame and help, for problems 0 … N − 1. An unknown
        analysis or parameter, matrices that cannot be used, and an analysis that is learned from a
        whole set, or reads one that is, are a `Refusal`.
    """
    found = {"x": np.asarray(x), **({} if y is None else {"y": np.asarray(y)})}
    content = content_of(found, model.task, model.size, "x and y")
    return _Sheet(content, model, device).answer(analysis, parameters)


class _Sheet:
    """What was computed of some problems, each question once.

    Args:
        content: the problems.
        model: the only one there is.
        device: torch device name.
    """

    def __init__(self, content: Content, model: "Energy", device: str) -> None:
        self.content, self.model, self.device = content, model, device
        self._answers: dict[tuple[str, int, int], xr.Dataset] = {}
        self._asked: dict[str, Question] = {}

    def answer(self, analysis: str, parameters: Mapping[str, Any]) -> xr.Dataset:
        """The answer about all problems."""
        return self._compute(self._ask(analysis, parameters).key, 0, len(self.content.x))

    def _ask(self, name: str, parameters: Mapping[str, Any]) -> Question:
        spec = registry.get(name)
        if spec.scope == "set":
            raise Refusal(
                "analysis is learned from a whole problem set", where=name,
                came=f"{len(self.content.x)} problems in memory",
                expected="an analysis that is computed problem by problem",
                next_step="ask for it in a sweep, then read its answer from the store",
            )  # fmt: skip
        filled: dict[str, str] = {}
        for role, kind in spec.inputs.items():
            if kind.needed:
                filled[role] = self._fill(spec.name, role, kind, filled)
        question = spec.question(filled, parameters)
        self._asked[question.key] = question
        return question

    def _fill(self, name: str, role: str, kind: Role, filled: Mapping[str, str]) -> str:
        if kind.kind == "problems":
            return self.content.problems.digest
        if kind.kind == "model":
            return self.model.digest
        if kind.of:
            return self._asked[filled[kind.of]].inputs[kind.above(role)]
        if kind.about or registry.get(kind.analysis).scope == "set":
            raise Refusal(
                "analysis reads an answer that is learned from a whole problem set",
                where=f"{name}, {role}", came=kind.analysis,
                expected="analyses that are computed problem by problem",
                next_step=f"ired-interp ask {name} --x FILE --input {role}=KEY",
            )  # fmt: skip
        return self._ask(kind.analysis, kind.given).key

    def _compute(self, key: str, start: int, stop: int) -> xr.Dataset:
        if (key, start, stop) not in self._answers:
            asked = self._asked[key]
            spec, parameters = registry.get(asked.analysis), asked.parameters
            models, read = {}, {}
            for role in asked.inputs:
                kind = spec.inputs[role]
                if kind.kind == "model":
                    models[role] = self.model
                elif kind.kind == "answer":
                    rows = spec.rows_read(role, start, stop, parameters)
                    read[role] = self._compute(asked.inputs[role], *rows)
            x, y = self.content.rows(start, stop)
            block = Block(self.content.problems, start, x, y, models, read, self.device)
            result = spec.run(block, parameters)
            result.attrs["question"] = canonical_json(asked.as_dict())
            self._answers[key, start, stop] = result
        return self._answers[key, start, stop]
