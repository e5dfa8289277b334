"""Minima and saddles of the problem that a slice shows, as the slice sees them."""

import numpy as np
import xarray as xr

from app.landscape.figures.landmarks import Landmarks
from app.landscape.scene import Scene
from app.shared.asks import reading
from app.shared.drawing import planes
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page.contract import Source

MINIMA, PATHS = "minima", "paths"
VARIABLES = {
    MINIMA: ("point", "energy", "above_truth", "outside"),
    PATHS: ("saddle_point", "saddle_energy", "saddle_first", "saddle_second"),
}


def _read(scene: Scene, analysis: str, problem: int) -> xr.Dataset | None:
    """What is drawn of an answer, at the levels of LEVEL_ORDER; None where there is none."""
    question = scene.asked.get(analysis)
    answer = reading.about(scene.store, question, problem, VARIABLES[analysis])
    return None if answer is None else answer.sel(level=list(LEVEL_ORDER))


def _points(answer: xr.Dataset, name: str) -> np.ndarray:
    """Points [level, point, entry], data frame."""
    found = answer[name].values.astype(np.float64)
    return found.reshape(*found.shape[:2], -1)


def landmarks(scene: Scene, problem: int, plane: xr.Dataset) -> Landmarks | None:
    """Where the minima and saddles of all levels lie, seen from the plane of a slice.

    Args:
        scene: of the page.
        problem: index.
        plane: the slice of this problem.

    Returns:
        None where the minima were not computed.
    """
    minima, paths = _read(scene, MINIMA, problem), _read(scene, PATHS, problem)
    if minima is None:
        return None
    bottoms, energy = _points(minima, "point"), minima["energy"].values
    points, heights = np.zeros((len(LEVEL_ORDER), 0, bottoms.shape[-1])), energy[:, :0]
    ends = np.zeros((len(LEVEL_ORDER), 0, 2), dtype=int)
    if paths is not None:
        points, heights = _points(paths, "saddle_point"), paths["saddle_energy"].values
        joined = [paths[name].values for name in ("saddle_first", "saddle_second")]
        ends = np.stack(joined, axis=-1).astype(int)
    return Landmarks(
        basins=planes.projected(plane, bottoms, energy),
        above=minima["above_truth"].values,
        entries=minima["outside"].values.astype(int),
        saddles=planes.projected(plane, points, heights),
        ends=ends,
    )


def sources(scene: Scene, problem: int) -> list[Source]:
    """The answers that landmarks are made of."""
    return [
        Source(scene.asked[name], {"problems": [problem], "variables": list(VARIABLES[name])})
        for name in (MINIMA, PATHS)
        if _read(scene, MINIMA, problem) is not None and _read(scene, name, problem) is not None
    ]
