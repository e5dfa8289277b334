"""The picture of a card: one plane of one problem at three levels."""

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.overview import words
from app.overview.figures import maps as figures
from app.overview.scene import Scene
from app.shared.address.address import Address
from app.shared.asks import reading, slices
from app.shared.asks.kept import kept
from app.shared.asks.reading import Subject
from app.shared.drawing import planes
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Source
from ired_interp_core.analyses.landscape_slice import PLANES
from store import QuestionInfo, Store

LEVELS = (9, 4, 0)


@kept(64)
def nearest_median(store: Store, slice_: QuestionInfo, descent: str) -> list[int]:
    """Problems of a slice whose error is finite, those with the most usual error first.

    Args:
        store: opened.
        slice_: its question.
        descent: key of the question that has the errors.

    Returns:
        Their indices.
    """
    present = reading.problems_present(slice_)
    if not len(present):
        return []
    frame = store.sql(
        "SELECT problem, mse_final FROM descent__problem WHERE question = ?"
        " AND problem BETWEEN ? AND ? AND isfinite(mse_final) ORDER BY problem",
        [descent, int(present[0]), int(present[-1])],
    )
    frame = frame[frame["problem"].isin(present)]
    apart = (frame["mse_final"] - frame["mse_final"].median()).abs()
    return frame["problem"].to_numpy()[np.argsort(apart.to_numpy(), kind="stable")].tolist()


def _found(scene: Scene, subject: Subject) -> tuple[QuestionInfo, int, xr.Dataset] | None:
    """The slice, the problem nearest to the median error that can be read, and its answer."""
    asked = scene.family(subject).asked
    slice_ = asked.get("landscape_slice")
    if slice_ is None or "descent" not in asked:
        return None
    for problem in nearest_median(scene.store, slice_, asked["descent"].key):
        answer = reading.about(scene.store, slice_, problem)
        if answer is not None:
            return slice_, problem, answer
    return None


def draw(subject: Subject, scene: Scene, fields: Fields) -> Outcome:
    """Three maps of one plane, each in its own colours."""
    found = _found(scene, subject)
    if found is None:
        return Missing("No landscape slice has been computed for this model and these problems.")
    slice_, problem, answer = found
    if not int(answer["nodes"]):
        return Missing(f"The directions of problem {problem} span no plane.")
    surface = planes.surface(answer, slice_.parameters["half_width"], points=figures.SIDE)
    at = [LEVEL_ORDER.index(level) for level in LEVELS]
    numbers = figures.numbers(surface.values[at], surface.a, LEVELS)
    plane = PLANES[slice_.parameters["plane"]]
    return Drawn(
        figures.figure(numbers),
        numbers,
        [Source(slice_, {"problems": [problem]})],
        f"problem {problem}, near the median error",
        long=f"{words.MAPS.long} Plane: {plane}.",
    )


def picked(scene: Scene, subject: Subject, address: Address, point: Picked) -> Address | None:
    """A click opens the plane where it was made: that problem at that level."""
    found = _found(scene, subject)
    if found is None or not isinstance(point.x, int | float):
        return None
    slice_, problem, _ = found
    plane, place = slices.place_of(slice_)
    return address.carry(
        "landscape", model=subject.model, set=subject.set, problem=problem,
        level=LEVELS[figures.map_at(float(point.x))], plane=plane, centre=place,
    )  # fmt: skip
