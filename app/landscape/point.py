"""A point that a reader clicked on the plane: what the ten landscapes are like there."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from app.components.said import Picked
from app.landscape import descents, numbers
from app.landscape.figures import spectrum, spectrum_table
from app.landscape.scene import Scene
from app.shared.address.address import Address
from app.shared.asks import live, reading
from app.shared.drawing import eigenvalues
from app.shared.page.contract import Compute, Drawn, Fields, Missing, Outcome, Source
from app.shared.table import derived
from ired_interp_core import registry
from ired_interp_core.curvature.ideal import INDEX_TOLERANCE
from ired_interp_core.spelling import counted, number
from store import QuestionInfo

ANALYSIS, HERE, BESIDE = "point", "point", "answer"
MEASURED = (
    "mse", "outside_box", "nearest_distance", "nearest_level", "nearest_step", "plane_distance",
    "radius",
)  # fmt: skip
"""Numbers of the point that its note says in words."""


def picked(address: Address, pick: Picked) -> Mapping[str, Any] | None:
    """A click on the surface sets the point; one on a mark, or where nobody answers, does not."""
    at = (pick.x, pick.y)
    if pick.custom or not live.offered() or not all(isinstance(v, int | float) for v in at):
        return None
    return {"point": tuple(round(float(v), 4) for v in at if isinstance(v, int | float))}


def _asks(scene: Scene, fields: Mapping[str, Any]) -> Compute | None:
    """The question about the point, by its coordinates on the slice; None without a slice."""
    question, at = scene.slice(fields), fields["point"]
    if question is None or at is None:
        return None
    subject, given = scene.subject, {"a": at[0], "b": at[1]}
    inputs = {"slice": question.key}
    also = "also fills the spectrum at the point"
    return Compute(
        ANALYSIS, subject.model, subject.problems, fields["problem"], given, inputs, also
    )


def _question(scene: Scene, asks: Compute) -> QuestionInfo | None:
    """The very question in the store, found by its key."""
    below = next(q for q in scene.slices if q.key == asks.inputs["slice"])
    filled = {
        "model": asks.model, "problems": asks.problems.digest, "slice": below.key,
        "descent": below.inputs["descent"],
    }  # fmt: skip
    key = registry.get(ANALYSIS).question(filled, asks.parameters).key
    there = reading.questions(scene.store, scene.subject, ANALYSIS)
    return next((q for q in there if q.key == key), None)


def found(scene: Scene, fields: Fields) -> tuple[QuestionInfo, xr.Dataset] | Missing:
    """The answer about the point and its question; what would compute it where there is none."""
    asks = _asks(scene, fields)
    if fields["point"] is None:
        return Missing("No point of the plane is chosen: click one.")
    if asks is None:
        return Missing("A point lies on a slice, and there is none of this problem yet.")
    question = _question(scene, asks)
    answer = scene.read(question, fields["problem"])
    if question is None or answer is None:
        at = ", ".join(number(v, ".3g") for v in fields["point"])
        return Missing(f"The point ({at}) has not been computed.", compute=asks)
    return question, answer


def _as_place(answer: xr.Dataset) -> xr.Dataset:
    """The spectrum of a point as that of a place."""
    names = [n for n, v in answer.data_vars.items() if "level" in v.dims]
    return answer[names].expand_dims(place=[HERE])


def draw_spectrum(scene: Scene, fields: Fields) -> Outcome:
    """All eigenvalues at the point."""
    there = found(scene, fields)
    if isinstance(there, Missing):
        return there
    question, answer = there
    tolerance = INDEX_TOLERANCE[question.parameters["dtype"]]
    described = eigenvalues.spectrum(
        _as_place(answer), HERE, scene.schedule, fields["frame"], fields["axis"], tolerance
    )
    return Drawn(
        spectrum.figure(described),
        numbers.of_spectrum(described).assign_attrs(a=fields["point"][0], b=fields["point"][1]),
        [_source(question, fields, "eigenvalue_spectrum")],
        spectrum.notes(described),
    )


def draw_numbers(scene: Scene, fields: Fields) -> Outcome:
    """Scalars at the point, beside those at the answer where they are known."""
    there = found(scene, fields)
    if isinstance(there, Missing):
        return there
    question, answer = there
    known = derived.quantities(ANALYSIS)
    place, used = _as_place(answer), [_source(question, fields)]
    stored = scene.asked.get("hessian_spectrum")
    beside = scene.read(stored, fields["problem"])
    if stored is not None and beside is not None:
        shared = [n for n in place.data_vars if n in beside and n in spectrum_table.ROWS]
        both = [beside[shared].sel(place=[BESIDE]), place[shared]]
        place = xr.concat(both, "place", join="override", combine_attrs="override")
        used.append(Source(stored, {"problems": [fields["problem"]], "variables": shared}))
    shown = {n: known[f"{ANALYSIS}.{n}"] for n in spectrum_table.ROWS if n in place}
    framed = numbers.framed(place, shown, fields["frame"], scene.schedule)
    helps = {name: quantity.help for name, quantity in shown.items()}
    a, b = fields["point"]
    shown = framed.assign({n: answer[n].drop_vars("problem", errors="ignore") for n in MEASURED})
    asks = descents.descend(
        scene, fields["problem"], {"source": "plane", "a": a, "b": b}, question.inputs["slice"]
    )
    return Drawn(
        spectrum_table.table(framed, helps, HERE),
        shown.assign_attrs(a=a, b=b),
        used,
        _note(answer, (a, b)),
        asks=asks,
    )


def _source(question: QuestionInfo, fields: Fields, *variables: str) -> Source:
    named = {"variables": list(variables)} if variables else {}
    return Source(question, {"problems": [fields["problem"]], **named})


def _note(answer: xr.Dataset, at: tuple[float, float]) -> str:
    a, b = (number(v, ".3g") for v in at)
    said = [f"(a, b) = ({a}, {b})", f"MSE {number(float(answer['mse']))}"]
    outside = int(answer["outside_box"])
    if outside:
        said.append(f"outside the box in {counted(outside, 'entry', 'entries')}: out of reach")
    level, step = int(answer["nearest_level"]), int(answer["nearest_step"])
    if level >= 0:
        away = float(answer["nearest_distance"]) / float(answer["radius"])
        said.append(f"nearest state t = {level}, step {step}, {number(away, '.2g')} R away")
    return " · ".join(said)
