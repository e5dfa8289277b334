"""What the landscape view says where an answer is missing: for this problem, plane and centre."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.landscape import minima
from app.landscape.chosen import CODES
from app.landscape.scene import Scene
from app.shared.address.fields import ATOMS, DIRECTIONS, MINIMA
from app.shared.asks import commands, toml
from app.shared.asks import dictionaries as features
from app.shared.page import asking
from app.shared.page.contract import Compute, Missing
from app.shared.page.lacking import answer
from ired_interp_core.analyses.landscape_slice import PLANES
from store import QuestionInfo


def compute(scene: Scene, question: QuestionInfo, problem: int) -> Compute | None:
    """The same question about a problem, to be asked from here; None where it is not asked live."""
    return asking.same(question, scene.subject, problem)


def again(scene: Scene, question: QuestionInfo, problem: int) -> Compute | None:
    """A question that is answered, to be asked anew with other settings."""
    asks = compute(scene, question, problem)
    return asks and replace(asks, free=True, again=True)


def slice_(scene: Scene, fields: Mapping[str, Any]) -> Missing:
    """A slice that the store does not have of this subject, and what computes it."""
    plane, centre, problem = fields["plane"], fields["centre"], fields["problem"]
    if plane == MINIMA:
        return minima.lacking(scene, fields)
    if plane == DIRECTIONS:
        return Missing("This store has no slice along chosen directions of this problem.")
    along = plane == ATOMS
    words = "along atoms" if along else PLANES[plane]
    where = f" at {centre.replace('_', ' ')}" if centre else ""
    analysis = "atom_slice" if along else "landscape_slice"
    parameters = {} if along else {"plane": plane}
    parameters |= {"place": centre} if centre else {}
    lines = [toml.entry(name, v) for name, v in {"name": analysis, **parameters}.items()]
    command = commands.addition(scene.store, ["\n".join(lines)])
    descent = scene.asked.get("descent")
    if descent is not None and not along:
        inputs = {"descent": descent.key}
        asked = replace(descent, analysis=analysis, parameters=parameters, inputs=inputs)
        command = commands.command(scene.store, asked, count=max(problem + 1, descent.rows_asked))
    if scene.subject.problems.content:
        command = ""
    subject, dictionary = scene.subject, fields.get("dictionary", "")
    inputs = {"descent": descent.key} if descent is not None else {}
    inputs = {"dictionary": dictionary} if along else inputs
    asks = Compute(analysis, subject.model, subject.problems, problem, parameters, inputs)
    return Missing(
        f"This store has no slice “{words}{where}” of this model on these problems. To compute it:",
        {"analysis": analysis, "problem": problem, **parameters},
        command,
        None if along and not dictionary else asks,
    )


def plane(problem: int) -> Missing:
    """A slice whose directions span no plane for a problem; nothing would help."""
    return Missing(
        f"The two directions do not span a plane for problem {problem}: one of them is zero, both"
        " are the same, too few atoms are active, or a minimum is not there at this level."
    )


def codes(scene: Scene, dictionary: QuestionInfo, problem: int) -> Missing:
    """Codes of a dictionary that were not computed, of any problem or of this one."""
    name, question = features.name(scene.store, dictionary), scene.codes(dictionary.key)
    if question is not None:
        return answer(scene, question, problem)
    return Missing(
        f"The active features of {name} have not been computed at these states. To compute them:",
        {"analysis": CODES, "dictionary": dictionary.key, "problem": problem},
        features.command_for(scene.store, dictionary, CODES),
        Compute(CODES, scene.subject.model, scene.subject.problems, problem,
                inputs={"dictionary": dictionary.key}),
    )  # fmt: skip
