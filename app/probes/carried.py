"""What was learned of one model's failures, tried on those of others: task by task."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.probes.figures import moved
from app.probes.scene import TRANSFER, Scene
from app.shared.address.address import Address
from app.shared.address.fields import Unusable, problem_set
from app.shared.asks import reading
from app.shared.asks.reading import Subject
from app.shared.drawing import colours
from app.shared.drawing.names import input_name
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Source
from ired_interp_core.analyses.failure_transfer import INPUTS
from ired_interp_core.spelling import counted
from store import QuestionInfo, Store

ENDS = ("", "_low", "_high")
SIDES = ("activations", "confounds")
LABELS = {"auroc": "AUROC", "low": "lower end", "high": "upper end",
          "chance_low": "chance, low", "chance_high": "chance, high"}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """One answer.

    Args:
        question: of `failure_transfer`.
        own: the model that is learned from.
        other: the one that is predicted.
    """

    question: QuestionInfo
    own: Subject
    other: Subject


def pairs(store: Store, subject: Subject) -> list[Pair]:
    """Answers that lead from a model or to it, and those between the others at their ends."""
    by_key = {q.key: q for q in reading.questions(store)}
    every: dict[tuple[str, str], Pair] = {}
    for q in reading.questions(store, analysis=TRANSFER):
        other = by_key.get(q.inputs["other"])
        if not q.rows or other is None or q.problems.size != subject.problems.size:
            continue
        pair = Pair(q, Subject(q.model, q.problems), Subject(other.model, other.problems))
        there = every.get((q.model, other.model))
        if there is None or _problems(there) < _problems(pair):
            every[q.model, other.model] = pair
    near = {m for ends in every if subject.model in ends for m in ends}
    return [pair for ends, pair in every.items() if near.issuperset(ends)]


def _problems(pair: Pair) -> int:
    return int(pair.question.parameters["problems"])


def draw(scene: Scene, fields: Fields) -> Outcome:
    """How well failures of every model are told by what was learned on every other's."""
    found = pairs(scene.store, scene.subject)
    if not found:
        return Missing(
            "What was learned of these failures was not tried on another model. The sweep `probes`"
            " does it for the three tasks, by the analysis `failure_transfer`."
        )
    level = 0 if fields["level"] is None else int(fields["level"])
    models = _models(found, scene.subject)
    at = {one.model: i for i, one in enumerate(models)}
    shape = (len(SIDES), len(models), len(models))
    numbers = {name: np.full(shape, np.nan) for name in LABELS}
    words = np.full(shape, "", dtype=object)
    read = [(p, reading.dataset(scene.store, p.question, (0,)).sel(level=level)) for p in found]
    # On the diagonal of the confounds stands the pair that has most of them, which is read last.
    for pair, answer in sorted(read, key=lambda one: float(one[1]["shared_confounds"])):
        here = at[pair.own.model], at[pair.other.model]
        for side in range(len(SIDES)):
            for (row, column), values, told in _cells(answer, side, here):
                words[side, row, column] = told
                for name, value in zip(LABELS, values, strict=True):
                    numbers[name][side, row, column] = value
    names = _names(scene.store, models)
    arrays = {
        n: (("side", "learned_on", "tried_on"), v, {"long_name": LABELS[n], "units": "1"})
        for n, v in numbers.items()
    }
    labels = {"side": list(SIDES), "learned_on": names, "tried_on": names}
    custom = [[one.model, one.set] for one in models]
    look = fields.look
    figure = moved.matrices(
        np.stack(list(numbers.values()), -1), words, names, custom, colours.GAIN[look.ground],
        (look.ink.text, look.ink.ground), look.template,
    )  # fmt: skip
    sources = [Source(pair.question, {}) for pair in found]
    note = f"before the jump of t = {level} · {counted(_problems(found[0]), 'problem')} of each"
    return Drawn(figure, xr.Dataset(arrays, labels), sources, note)


def _cells(
    answer: xr.Dataset, side: int, here: tuple[int, int]
) -> list[tuple[tuple[int, int], Sequence[float], str]]:
    """The cell of an answer, and what either model has of its own."""
    row, column = here
    if SIDES[side] == "confounds":
        across, ends, at = "confounds_transfer", "confounds_chance", {}
        own, there, told = "confounds_own", "confounds_there", "confounds that both have"
    else:
        name = INPUTS[max(int(answer["chosen_input"]) - 1, 0)]
        across, ends, at = "transfer_auroc", "chance", {"input": name}
        own, there, told = "own_auroc", "there_auroc", f"from {input_name(name)}"

    def numbers(name: str) -> list[float]:
        return [float(answer[f"{name}{e}"].sel(at)) for e in ENDS]

    chance = [float(answer[f"{ends}_{e}"].sel(at)) for e in ("low", "high")]
    nothing = [np.nan, np.nan]
    return [
        ((row, row), [*numbers(own), *nothing], "by itself, out of fold"),
        ((column, column), [*numbers(there), *nothing], "by itself, out of fold"),
        (here, [*numbers(across), *chance], told),
    ]


def to_other(address: Address, point: Picked) -> Address | None:
    """A cell was clicked: the failures of the model that was predicted."""
    told = point.custom
    if len(told) != 2 or not all(isinstance(t, str) for t in told):
        return None
    try:
        return address.replace(model=str(told[0]), set=problem_set(str(told[1])))
    except Unusable:
        return None


def _models(found: Sequence[Pair], subject: Subject) -> list[Subject]:
    """All ends, the model of the page first, the others by task."""
    ends = {one.model: one for pair in found for one in (pair.own, pair.other)}
    return sorted(
        ends.values(), key=lambda one: (one.model != subject.model, one.problems.task, one.model)
    )


def _names(store: Store, models: Sequence[Subject]) -> list[str]:
    """Their tasks; where two have one task, their own names."""
    tasks = [one.problems.task for one in models]
    if len(set(tasks)) == len(tasks):
        return tasks
    return [f"{one.problems.task} {one.model[:6]}" for one in models]
