"""Minima and saddles of the problem that a slice shows, as the slice sees them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from app.landscape.figures.landmarks import Landmarks
from app.landscape.scene import Scene
from app.landscape.through import FIRST_TWO, Through
from app.shared.asks import commands, reading, toml
from app.shared.asks.slices import THROUGH, on_path, through_name
from app.shared.drawing import planes
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.drawing.names import basin_name
from app.shared.page.contract import Compute, Missing, Source

MINIMA, PATHS = "minima", "paths"
FORM = "through minima"
VARIABLES = {
    MINIMA: ("point", "energy", "above_truth", "outside", "mse"),
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
        first="T" if np.isfinite(minima["mse"].values).any() else "S",
    )


def sources(scene: Scene, problem: int) -> list[Source]:
    """The answers that landmarks are made of."""
    return [
        Source(scene.asked[name], {"problems": [problem], "variables": list(VARIABLES[name])})
        for name in (MINIMA, PATHS)
        if _read(scene, MINIMA, problem) is not None and _read(scene, name, problem) is not None
    ]


def _asks(scene: Scene, fields: Mapping[str, Any], through: Through) -> Compute | None:
    """The plane through some minima; None where no minima were computed."""
    minima, paths, subject = scene.asked.get(MINIMA), scene.asked.get(PATHS), scene.subject
    if minima is None:
        return None
    between = {PATHS: paths.key} if through.third and paths is not None else {}
    return Compute(
        THROUGH, subject.model, subject.problems, fields["problem"], through.parameters,
        {"minima": minima.key, **between}, hides=() if between else ("image", "saddle"),
    )  # fmt: skip


def planes_through(scene: Scene, fields: Mapping[str, Any]) -> tuple[Compute, ...]:
    """A plane through minima to be chosen, of the level in view; none without minima."""
    asks = _asks(scene, fields, fields.get("through") or FIRST_TWO)
    return (replace(asks, free=True, label=FORM, follows="level"),) if asks else ()


def lacking(scene: Scene, fields: Mapping[str, Any]) -> Missing:
    """A plane through minima that the store does not have, and what computes it."""
    through = fields["through"] or FIRST_TWO
    asks, problem, minima = (
        _asks(scene, fields, through),
        fields["problem"],
        scene.asked.get(MINIMA),
    )
    if asks is None or minima is None:
        command = commands.addition(scene.store, [toml.entry("name", MINIMA)])
        return Missing(
            "The minima of these problems have not been computed, so that no plane lies through"
            " them. To compute them:", {"analysis": MINIMA, "problem": problem}, command,
        )  # fmt: skip
    asked = replace(minima, analysis=THROUGH, parameters=asks.parameters, inputs=asks.inputs)
    command = commands.command(scene.store, asked, count=max(problem + 1, minima.rows_asked))
    third = [on_path(asks.parameters)] if through.third else []
    words = through_name([*(basin_name(k) for k in through.basins), *third])
    return Missing(
        f"This store has no plane {words} of t = {through.level}. To compute it:",
        {"analysis": THROUGH, "problem": problem, **asks.parameters},
        "" if scene.subject.problems.content else command,
        asks,
    )
