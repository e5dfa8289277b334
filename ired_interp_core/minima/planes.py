"""Slices through minima as declared in `analyses/minima_slice.py`.

Definitions: docs/definitions.md §4.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from ired_interp_core.landscape.analysis import Spans, planes_dataset
from ired_interp_core.landscape.directions import Pair, Scene
from ired_interp_core.minima.names import CORNERS, NONE
from ired_interp_core.records import Block

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
    corners = np.stack([points[:, k] if k < kept else nothing for k in asked], axis=1)
    centres = corners[:, 0] if parameters["place"] == "first" else corners.mean(axis=1)
    away = np.linalg.norm(corners - centres[:, None], axis=-1).max(axis=1)
    near = parameters["radius"] == "minima"
    radii = [ROOM * r if near and r > 0 else None for r in away]
    spans = [_through(row, parameters) for row in corners]
    given = {**parameters, "plane": "minima", "step": 0}
    return planes_dataset(block, given, spans, list(centres), radii)


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
