"""What can be asked of the minima of one problem: more starts, and the paths between them."""

from app.minima.found import Found
from app.minima.scene import DESCENT, MINIMA, PATHS, PROFILES, Scene
from app.shared.asks import reading
from app.shared.page.contract import Compute, Missing
from app.shared.page.lacking import answer
from ired_interp_core import registry
from ired_interp_core.schema import LEVELS

MORE_STARTS = 59
"""As many bound unseen basins by 5 % where all end in one."""


def more_starts(scene: Scene, problem: int) -> tuple[Compute, ...]:
    """The same question with more starts, in the place of the answer that is shown."""
    question, subject = scene.asked[MINIMA], scene.subject
    starts = int(question.parameters["starts"])
    given = {
        **question.parameters,
        "starts": MORE_STARTS + (starts if starts >= MORE_STARTS else 0),
    }
    return (
        Compute(
            MINIMA, subject.model, subject.problems, problem, given,
            {DESCENT: question.inputs[DESCENT]}, free=True,
            hides=_all_but(MINIMA, "starts", "seed"), label="more starts",
            also="the first ones are those that are known",
        ),
    )  # fmt: skip


def connect(scene: Scene, problem: int) -> tuple[Compute, ...]:
    """Paths between the minima: the first time, or again with another budget; nothing for one."""
    question, subject, found = scene.question(PATHS), scene.subject, scene.found(problem)
    if found is None or all(len(found.there(t)) < 2 for t in range(LEVELS)):
        return ()
    return (
        Compute(
            PATHS, subject.model, subject.problems, problem,
            {} if question is None else question.parameters, {MINIMA: scene.asked[MINIMA].key},
            free=True, again=question is not None, hides=_all_but(PATHS, "budget", "images"),
            label="paths",
        ),
    )  # fmt: skip


def lines(scene: Scene, problem: int) -> tuple[Compute, ...]:
    """The energy through lone minima; nothing where it is there, or where no level has one."""
    question, subject, found = scene.question(PROFILES), scene.subject, scene.found(problem)
    if found is None or all(len(found.there(t)) != 1 for t in range(LEVELS)):
        return ()
    if question is not None and problem in reading.problems_present(question):
        return ()
    return (
        Compute(
            PROFILES, subject.model, subject.problems, problem,
            {} if question is None else question.parameters, {MINIMA: scene.asked[MINIMA].key},
            free=True, hides=_all_but(PROFILES), label="profiles",
        ),
    )  # fmt: skip


def _all_but(analysis: str, *shown: str) -> tuple[str, ...]:
    return tuple(name for name in registry.get(analysis).parameters if name not in shown)


def no_paths(scene: Scene, found: Found, problem: int) -> Missing:
    """Why there are no paths between the minima that are shown, and what computes them."""
    if max(len(found.there(t)) for t in range(LEVELS)) < 2:
        return Missing("No level of this problem has two minima: there is nothing to connect.")
    question = scene.question(PATHS)
    if question is not None:
        return answer(scene, question, problem)
    (asks,) = connect(scene, problem)
    return Missing(
        f"The paths between these minima of problem {problem} have not been computed.",
        {"analysis": PATHS, "problem": problem},
        compute=asks,
    )
