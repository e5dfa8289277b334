"""Slices through minima, saddles and images as declared in `analyses/minima_slice.py`.

Definitions: docs/definitions.md §4.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.landscape.analysis import Spans, planes_dataset
from ired_interp_core.landscape.directions import Pair, Scene
from ired_interp_core.minima.names import CORNERS, NONE
from ired_interp_core.records import Block

SAME = 1e-9
"""Relative difference of two energies up to which they are one saddle's."""
ROOM = 1.25
"""Radius over the distance from the centre to the farthest minimum."""


def minima_slice_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Slices of a block through minima of one level.

    Args:
        block: rows, a model, its minima and the descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The variables that the analysis declares.
    """
    asked = [parameters[name] for name in CORNERS if parameters[name] != NONE]
    stored = block.upstream["minima"]["point"].isel(level=parameters["level"])
    points = np.asarray(stored, dtype=np.float64)
    points = points.reshape(*points.shape[:2], -1)  # problem, basin, entry
    kept = points.shape[1]
    nothing = np.full((len(points), points.shape[2]), np.nan)
    corners = np.stack(
        [*(points[:, k] if k < kept else nothing for k in asked), *on_path(block, parameters)],
        axis=1,
    )
    centres = corners[:, 0] if parameters["place"] == "first" else corners.mean(axis=1)
    away = np.linalg.norm(corners - centres[:, None], axis=-1).max(axis=1)
    near = parameters["radius"] == "minima"
    radii = [ROOM * r if near and r > 0 else None for r in away]
    spans = [_through(row, parameters) for row in corners]
    given = {**parameters, "plane": "minima", "step": 0}
    return planes_dataset(block, given, spans, list(centres), radii)


def on_path(block: Block, parameters: Mapping[str, Any]) -> list[Float[np.ndarray, "P d"]]:
    """The saddle or the image that is the third point of each problem.

    Args:
        block: rows with the answers `minima` and `paths`.
        parameters: as the analysis declares.

    Returns:
        Nothing where none is asked; else the points, data frame, NaN where there is none.

    Raises:
        Refusal: one is asked without paths, or the paths lie between other minima.
    """
    pair = parameters["first"], parameters["second"]
    image, saddle = parameters["image"], parameters["saddle"]
    if image == NONE and not saddle:
        return []
    if "paths" not in block.upstream:
        raise Refusal(
            "no paths to take a point from",
            where="minima_slice, image and saddle",
            came="no input paths",
            expected="the answer of paths between these minima",
            next_step="name it: inputs.paths = {}",
        )
    own, theirs = (registry.question_of(block.upstream[role]) for role in ("minima", "paths"))
    if theirs.inputs["minima"] != own.key:  # whose numbers mean other points
        raise Refusal(
            "these paths lie between other minima",
            where="minima_slice, minima and paths",
            came=f"minima {own.key}, paths between {theirs.inputs['minima']}",
            expected="paths between the minima that the plane lies through",
            next_step="ask both of the same: inputs.paths = { inputs.minima = … }",
        )
    minima, paths = (block.upstream[role].isel(level=parameters["level"])
                     for role in ("minima", "paths"))  # fmt: skip
    return [_saddles(minima, paths, pair) if saddle else _images(paths, pair, image)]


def _saddles(
    minima: xr.Dataset, paths: xr.Dataset, pair: tuple[int, int]
) -> Float[np.ndarray, "P d"]:
    """The saddle as high as the barrier says; NaN where there is none, or it is not kept."""
    points = np.asarray(paths["saddle_point"], dtype=np.float64)
    found = np.full((len(points), points.shape[-2] * points.shape[-1]), np.nan)
    if max(pair) >= paths.sizes["basin"]:
        return found
    height = minima["energy"].values[:, pair[0]] + paths["barrier"].values[:, *pair]
    off = np.abs(paths["saddle_energy"].values - height[:, None])
    for row, each in enumerate(off <= SAME * np.maximum(1, np.abs(height))[:, None]):
        for k in np.flatnonzero(each)[:1]:
            found[row] = points[row, k].ravel()
    return found


def _images(paths: xr.Dataset, pair: tuple[int, int], image: int) -> Float[np.ndarray, "P d"]:
    """An image of the string from one minimum to the other, which may be kept the other way."""
    points = np.asarray(paths["string_point"], dtype=np.float64)
    ends = np.stack([paths["string_first"], paths["string_second"]], axis=-1)
    found = np.full((len(points), points.shape[-2] * points.shape[-1]), np.nan)
    count = points.shape[2]
    for way, at in ((pair, image), (pair[::-1], count - 1 - image)):
        for row, k in np.argwhere((ends == way).all(-1)) if image < count else ():
            found[row] = points[row, k, at].ravel()
    return found


def _through(corners: Float[np.ndarray, "M d"], parameters: Mapping[str, Any]) -> Spans:
    """The directions of a problem: the ways between its minima, else those that are declared."""

    def pair(scene: Scene) -> Pair:
        ways = [corner - corners[0] for corner in corners[1:]]
        ways += [_way(scene, parameters[axis], corners[0]) for axis in "uv"[len(ways) :]]
        return ways[0], ways[1]

    return pair


def _way(scene: Scene, kind: str, first: Float[np.ndarray, "d"]) -> Float[np.ndarray, "d"]:
    """A place as seen from the first minimum; eigenvectors and gradient at the centre."""
    if kind not in ("gradient", "random", "stiff", "soft"):
        return scene.named[kind] - first
    if not np.isfinite(scene.centre).all():
        return np.full_like(scene.centre, np.nan)
    if kind == "gradient":
        return scene.gradient()
    return scene.random().ravel() if kind == "random" else scene.extremes()[kind == "soft"][0]
