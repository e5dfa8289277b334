"""What a card says of a model: its verdict as a chip, then what the numbers say."""

from collections.abc import Iterable, Mapping
from typing import Any

import xarray as xr

from app.overview.scene import Scene, titled
from app.shared.asks import chosen, reading
from app.shared.asks.reading import Subject
from app.shared.drawing.levels import Chip, Line, Sentence, Strong
from app.shared.drawing.names import baseline_name
from app.shared.page.contract import Drawn, Fields, Source
from app.shared.table import verdict
from app.shared.table.verdict import Standing
from ired_interp_core.spelling import number

JUDGED = {
    "descent": ("mse_final", "mse_official", "mse_to_baseline"),
    "problem_properties": ("baseline_mse",),
}
"""Analysis → variables that a verdict is made of."""

UNLIKE = {"polish_iterations 0": "without L-BFGS polishing"}
"""What differs from the official settings → how a sentence says it."""


def draw(subject: Subject, scene: Scene, fields: Fields) -> Drawn:
    """How a model stands beside predictors that learned nothing, in words."""
    standing = scene.standing(subject)
    lines: list[Line] = [
        [Strong(titled(subject)), f" · {reading.model_name(scene.store, subject.model)}"],
        [verdict.sentence(standing)],
        *([line] for line in others(scene, subject)),
    ]
    body = Sentence([[line] for line in lines], [chip(standing)], small=True)
    return Drawn(body, labelled(standing).drop_dims("predictor"), sources(scene, subject))


def chip(standing: Standing) -> Chip:
    """The verdict beside the best trivial predictor; the interval decides, and none says so."""
    if standing.diverged:
        return Chip(f"diverges: {standing.diverged} of {standing.count}", "not")
    best = standing.best
    if best is None:
        return Chip("no trivial predictor", "unmeasured")
    name = baseline_name(best.name)
    if best.word == "not comparable with":
        return Chip("one problem: no interval", "unmeasured")
    states = {"better than": "holds", "worse than": "not", "indistinguishable from": "undecided"}
    return Chip(f"{best.word} {name}", states[best.word])


def others(scene: Scene, subject: Subject) -> list[str]:
    """Errors of the descents with other parameters."""
    family = scene.family(subject)
    told = []
    for question in family.others["descent"]:
        if question != family.asked["descent"]:
            other = chosen.family(scene.store, subject, {"descent": question.key})
            numbers = verdict.standing(scene.store, other.scope())
            how = UNLIKE.get(question.title) or f"with {question.title}"
            told.append(
                f"Another run of {numbers.counted}, {how}: MSE of ŷ {number(numbers.answer.value)}"
                f" beside {number(scene.standing(subject).answer.value)}."
            )
    return told


def sources(
    scene: Scene, subject: Subject, variables: Mapping[str, Iterable[str]] = JUDGED
) -> list[Source]:
    """The answers about a subject that hold some variables of some analyses."""
    asked = scene.family(subject).asked
    wanted = {name: list(known) for name, known in variables.items() if name in asked}
    return [Source(asked[name], {"variables": listed}) for name, listed in wanted.items()]


def labelled(standing: Standing) -> xr.Dataset:
    """The numbers behind verdict and strip."""
    of_model = {"answer": "MSE of the answer", "official": "MSE as the official code measures it"}
    of_each = {
        "mse": "MSE of the predictor",
        "distance": "mean squared distance between the two answers",
    }
    data: dict[str, Any] = {"count": ((), standing.count, {"long_name": "problems", "units": "1"})}
    data["diverged"] = ((), standing.diverged, {"long_name": "answers not finite", "units": "1"})
    for name, said in of_model.items():
        mean = getattr(standing, name)
        data |= _with_error(name, said, (), mean.value, mean.error)
    for name, said in of_each.items():
        means = [getattr(one, name) for one in standing.beside]
        values, errors = [mean.value for mean in means], [mean.error for mean in means]
        data |= _with_error(name, said, "predictor", values, errors)
    said = "MSE of the model's answer minus the predictor's, paired"
    for end, word in (("value", ""), ("low", ", lower end"), ("high", ", upper end")):
        values = [getattr(one.difference, end) for one in standing.beside]
        label = {"long_name": f"{said}{word}", "units": "y^2"}
        data["difference" if end == "value" else f"difference_{end}"] = ("predictor", values, label)
    names = [baseline_name(one.name) for one in standing.beside]
    return xr.Dataset(data, {"predictor": ("predictor", names, {"long_name": "predictor"})})


def _with_error(name: str, said: str, dims: Any, values: Any, errors: Any) -> dict[str, Any]:
    """A mean and its standard error as variables."""
    unit = {"units": "y^2"}
    return {
        name: (dims, values, {"long_name": said, **unit}),
        f"{name}_error": (dims, errors, {"long_name": f"{said}, standard error", **unit}),
    }
