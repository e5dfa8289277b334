"""Matrices and Descent: where the sampler went, from its noise, a point, or many noises."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import xarray as xr

from app.landscape import missing, numbers, own, starts
from app.landscape.figures import matrices, traces
from app.landscape.panels import read, read_pinned, source
from app.landscape.scene import Scene
from app.shared.asks import walks
from app.shared.page.contract import Compute, Drawn, Fields, Outcome, Source
from ired_interp_core.analyses.descent import SAMPLER


def draw_matrices(scene: Scene, fields: Fields) -> Outcome:
    """Problem, truth, answer and error."""
    question, problem = scene.asked["problem_properties"], fields["problem"]
    properties, sources = read(scene, question.analysis, problem, "x", "y_true")
    other = _walk(scene, fields, "answer")
    descent, beside = (other.answer, other.sources) if other else read(
        scene, "descent", problem, "answer"
    )  # fmt: skip
    if properties is None:
        return missing.answer(scene, question, problem)
    shown = numbers.of_matrices(properties, descent, matrices.PARTS[question.problems.task])
    held, pinned = _pinned_walk(scene, "answer")
    if descent is not None and held is not None:
        shown = numbers.with_pinned_answer(shown, held)
    notes = [f"{other.title} · {line}" for line in matrices.notes(shown)] if other else None
    edits = own.edits(scene, fields, properties["x"].values, matrices.ends(shown).problem)
    figure = matrices.figure(shown, edits.changes)
    sources = [*sources, *beside, *pinned]
    said = notes or matrices.notes(shown)
    return Drawn(figure, shown, sources, said, matrices.caption(shown), edits=edits)


@dataclass(frozen=True)
class _Walk:
    """Another descent of this problem than the stored one."""

    title: str
    answer: xr.Dataset
    sources: list[Source]


def _walk(scene: Scene, fields: Mapping[str, Any], *variables: str) -> _Walk | None:
    question, problem = scene.walk(fields["walk"]), fields["problem"]
    answer = scene.read(question, problem)
    if question is None or question.analysis == walks.MANY or answer is None:
        return None
    return _Walk(question.title, answer, [source(question, problem, *variables)])


def _pinned_walk(scene: Scene, *variables: str) -> tuple[xr.Dataset | None, list[Source]]:
    """The descent of the pinned view, None where nothing is pinned or it is not there."""
    pinned = scene.pinned
    other = _walk(pinned.scene, pinned.fields, *variables) if pinned else None
    return (other.answer, other.sources) if other else read_pinned(scene, "descent", *variables)


def draw_traces(scene: Scene, fields: Fields) -> Outcome:
    """The descent step by step."""
    problem, question = fields["problem"], scene.asked["descent"]
    variables = [f"step_{v}" for v in ("energy", "mse", "accepted", "undecided", "clamped")]
    descent, sources = read(scene, "descent", problem, *variables)
    properties, beside = read(scene, "problem_properties", problem, "baseline_mse")
    if descent is None:
        return missing.answer(scene, question, problem)
    trivial = None if properties is None else properties["baseline_mse"]
    again = missing.again(scene, question, problem)
    walk = numbers.of_walk(descent, trivial)
    other = _walk(scene, fields, *variables)
    sources = [*sources, *beside]
    if other is not None:
        again_walk = numbers.of_walk(other.answer, trivial)
        walk = numbers.beside(again_walk, walk, "stored").assign_attrs(title=other.title)
        sources = [*other.sources, *sources]
    held, pinned = _pinned_walk(scene, *variables)
    if held is not None:
        walk = numbers.beside(walk, numbers.of_walk(held, None), "pinned")
        sources = [*sources, *pinned]
    notes: str | list[str] = traces.notes(walk)
    many = scene.walk(fields["walk"])
    ends = scene.read(many, problem) if many and many.analysis == walks.MANY else None
    if many is not None and ends is not None:
        walk = starts.beside(walk, ends)
        notes = starts.said(ends, many)
        sources = [source(many, problem, *starts.VARIABLES), *sources]
    return Drawn(
        traces.figure(walk), walk, sources, notes, traces.caption(walk),
        asks=_asks(scene, problem, again),
    )  # fmt: skip


def _asks(scene: Scene, problem: int, again: Compute | None) -> tuple[Compute, ...]:
    """The sampler anew: from its noise with other settings, from a state, from many noises."""
    if again is None:
        return ()
    question = scene.asked["descent"]
    sampler = {name: question.parameters[name] for name in SAMPLER}
    many = Compute(
        walks.MANY, again.model, again.problems, problem, sampler, {"descent": question.key},
        free=True, label=walks.starts_of({}),
    )  # fmt: skip
    from_state = descend(
        scene, problem, {"source": "state", "step": question.parameters["inner_steps"]}
    )
    return (replace(again, label="its own noise"), *from_state, many)


def descend(
    scene: Scene, problem: int, given: Mapping[str, Any], key: str = ""
) -> tuple[Compute, ...]:
    """The sampler from a point of a slice, or from a state of its descent; none without a slice.

    Args:
        scene: of the sheet.
        problem: that is looked at.
        given: source, and the coordinates of the point.
        key: of the slice; one of the descent on the page where left out.

    Returns:
        The question, where there is a slice.
    """
    descent = scene.asked.get("descent")
    of_descent = (q.key for q in scene.slices if descent and q.inputs.get("descent") == descent.key)
    slice_ = key or next(of_descent, "")
    if not slice_ or descent is None:
        return ()
    sampler = {name: descent.parameters[name] for name in SAMPLER}
    subject, state = scene.subject, given["source"] == "state"
    return (
        Compute(
            walks.FROM, subject.model, subject.problems, problem, {**sampler, **given},
            {"slice": slice_}, free=True, label="a state" if state else "descent from here",
            hides=("source",), follows="level",
        ),
    )  # fmt: skip
