"""A feature that is scaled or added during the descent: how far the answer moves, and by chance."""

from typing import Any

import numpy as np
import xarray as xr

from app.landscape.scene import Scene
from app.shared.asks import reading
from app.shared.drawing.levels import Sentence, Strong
from app.shared.drawing.names import input_name, property_name
from app.shared.page.contract import Compute, Drawn, Fields, Missing, Outcome, Source
from ired_interp_core.dictionaries.names import STEERINGS
from ired_interp_core.spelling import number
from store import QuestionInfo

ANALYSIS, PROBE = "steered_descent", "probe_steered"
FACTS = ("active_share", "largest_activation", "strength_unit")
STEERED, CONTROLS = STEERINGS[1], STEERINGS[2:]


def asks(scene: Scene, fields: Fields, feature: int) -> Compute:
    """The question that a reader asks with another feature, mode or strength."""
    subject = scene.subject
    return Compute(
        ANALYSIS, subject.model, subject.problems, fields["problem"], {"feature": feature},
        {"dictionary": fields["dictionary"]}, free=True, label=f"feature {feature} off",
    )  # fmt: skip


def draw(scene: Scene, fields: Fields) -> Outcome:
    """Say how far the answer moved, beside random controls from the same noise."""
    ways = (ANALYSIS, PROBE)
    there = [q for n in ways for q in reading.questions(scene.store, scene.subject, n)]
    question = next((q for q in there if q.key == fields["steer"]), None)
    answer = scene.read(question, fields["problem"])
    if question is None or answer is None:
        return Missing("This steered descent is not in the store any more: ask it again.")
    shift = answer["shift"].sel(level=0)
    moved = float(shift.sel(steering=STEERED))
    chance = np.array([float(shift.sel(steering=name)) for name in CONTROLS])
    told = ", ".join(number(c, ".2g") for c in chance)
    line: list[Any] = [
        Strong(f"{_what(question)}: ‖Δŷ‖ {number(moved, '.2g')}"),
        f"; random {_chance(question)} {told}{_verdict(moved, chance)}. One problem: no interval.",
    ]
    errors = {name: float(answer["mse_final"].sel(steering=name)) for name in STEERINGS[:2]}
    facts = [f"MSE of ŷ {number(errors['plain'])} → {number(errors[STEERED])}; {_facts(answer)}"]
    names = ["shift", "mse_final", *(n for n in FACTS if n in answer)]
    caption = (
        "How far the answer moves along the probe's direction. Beside it: random directions of the"
        " same length, from the same noise."
        if question.analysis == PROBE
        else ""
    )
    used = {"problems": [fields["problem"]], "variables": names}
    return Drawn(Sentence([[line], [facts]], small=True), _numbers(answer, names),
                 [Source(question, used)], caption=caption)  # fmt: skip


def _chance(question: QuestionInfo) -> str:
    if question.analysis == PROBE:
        return "directions of the same length"
    return (
        "atoms of equal code norm"
        if question.parameters["mode"] == "scale"
        else ("unit directions")
    )


def _facts(answer: xr.Dataset) -> str:
    """What else tells how strong the push was."""
    if "active_share" not in answer:
        unit = number(float(answer["strength_unit"]), ".3g")
        return f"strength 1 is {unit} long, the root mean square of an entry of the activation."
    return (
        f"the feature is active at {number(100 * float(answer['active_share']), '.2g')} % of the"
        f" states, at most {number(float(answer['largest_activation']), '.3g')} (scaled frame)."
    )


def _what(question: QuestionInfo) -> str:
    parameters = question.parameters
    strength = number(parameters["strength"], ".3g")
    if question.analysis == PROBE:
        read = f"{property_name(parameters['property'])} from {input_name(parameters['site'])}"
        return f"Along the probe of {read}, strength {strength}, at t = {parameters['level']}"
    name = f"feature {parameters['feature']}"
    at = "" if parameters["level"] < 0 else f" at t = {parameters['level']}"
    if parameters["mode"] == "add":
        return f"Atom of {name} added, strength {strength} (scaled frame){at}"
    off = "F" + name[1:] + " off" if parameters["strength"] == 0 else f"F{name[1:]} × {strength}"
    return off + at


def _verdict(moved: float, chance: np.ndarray) -> str:
    """What the comparison says; nothing where the steered one moves it more than every control."""
    if moved == 0 and not chance.any():
        return ": nothing is changed"
    return "" if moved > chance.max() else ": no more than chance"


def _numbers(answer: xr.Dataset, names: list[str]) -> xr.Dataset:
    return answer[names].drop_vars("problem", errors="ignore")
