"""The picture of a card: one plane of one problem at three levels."""

import numpy as np

from app.components.host import Picked
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
def median_problem(store: Store, slice_: QuestionInfo, descent: str) -> int | None:
    """Of the problems with a slice the one whose error is nearest to their median.

    Args:
        store: opened.
        slice_: question of the slice.
        descent: key of the descent.

    Returns:
        Its index, None where no error is finite.
    """
    present = reading.problems_present(slice_)
    if not len(present):
        return None
    frame = store.sql(
        "SELECT problem, mse_final FROM descent__problem WHERE question = ?"
        " AND problem BETWEEN ? AND ? AND isfinite(mse_final) ORDER BY problem",
        [descent, int(present[0]), int(present[-1])],
    )
    frame = frame[frame["problem"].isin(present)]
    if frame.empty:
        return None
    apart = (frame["mse_final"] - frame["mse_final"].median()).abs()
    return int(frame["problem"].to_numpy()[int(np.argmin(apart.to_numpy()))])


def _found(scene: Scene, subject: Subject) -> tuple[QuestionInfo, int] | None:
    asked = scene.family(subject).asked
    slice_ = asked.get("landscape_slice")
    if slice_ is None or "descent" not in asked:
        return None
    problem = median_problem(scene.store, slice_, asked["descent"].key)
    return None if problem is None else (slice_, problem)


def draw(subject: Subject, scene: Scene, fields: Fields) -> Outcome:
    """Three maps of one plane, each in its own colours."""
    found = _found(scene, subject)
    if found is None:
        return Missing("No landscape slice has been computed for this model and these problems.")
    slice_, problem = found
    answer = reading.dataset(scene.store, slice_, (problem,)).isel(problem=0)
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
    slice_, problem = found
    plane, place = slices.place_of(slice_)
    return address.carry(
        "landscape", model=subject.model, set=subject.set, problem=problem,
        level=LEVELS[figures.map_at(float(point.x))], plane=plane, centre=place,
    )  # fmt: skip
