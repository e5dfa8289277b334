"""Slices along directions to choose, as declared in `analyses/directed_slice.py`.

Definitions: docs/definitions.md §4.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from ired_interp_core.curvature.measures import cosine
from ired_interp_core.errors import Refusal
from ired_interp_core.landscape.analysis import planes_dataset
from ired_interp_core.landscape.directions import Pair, Scene, principal
from ired_interp_core.landscape.point import plane_of, state_of
from ired_interp_core.records import Block, seeded

AXES = ("u", "v")

PROBE = "probe"
"""The direction u that `probe_slice` gives."""

Along = Callable[[Scene], Float[np.ndarray, "d"]]


def _answer(descent: xr.Dataset, level: int) -> Float[np.ndarray, "d"]:
    """ŷ_t of the one problem of an answer, data frame."""
    return np.asarray(descent["answer"].isel(problem=0, level=level), dtype=np.float64).ravel()


def directed_slice_dataset(
    block: Block, parameters: Mapping[str, Any], along: Along | None = None
) -> xr.Dataset:
    """Slices of a block along two directions, each chosen by itself.

    Args:
        block: rows, a model, a slice and the descent of the same rows.
        parameters: as the analysis declares.
        along: gives the direction `probe`.

    Returns:
        The variables that the analysis declares. Without a plane where a direction is 0 or not
        finite, or both are parallel: NaN and no nodes, as in `landscape_slice`; their cosine stands
        there all the same.
    """
    beyond = block.upstream.get("other")
    other = None if beyond is None else _answer(beyond, parameters["level"])
    spans = [
        Directed(
            parameters,
            block.start + row,
            block.upstream["descent"].isel(problem=row),
            block.upstream["slice"].isel(problem=row),
            other,
            along,
        )
        for row in range(block.count)
    ]
    centres = [one.centre() for one in spans]
    found = planes_dataset(block, {**parameters, "plane": "directed"}, spans, centres)
    return found.assign(
        cosine=("problem", np.array([one.cosine for one in spans])),
        axis_eigenvalue=(("problem", "axis"), np.array([one.eigenvalues for one in spans])),
        axis_gap=(("problem", "axis"), np.array([one.gaps for one in spans])),
    )


@dataclass
class Directed:
    """Spans the plane of one problem, and keeps what is said of its directions.

    Args:
        parameters: as the analysis declares.
        index: of the problem.
        descent: of this problem.
        slice_: of this problem, whose points may be named.
        other: another problem's answer, data frame, to which a direction may lead.
        along: gives the direction `probe`.
    """

    parameters: Mapping[str, Any]
    index: int
    descent: xr.Dataset
    slice_: xr.Dataset
    other: Float[np.ndarray, "d"] | None = None
    along: Along | None = None

    def __post_init__(self) -> None:
        self.cosine = float("nan")
        self.eigenvalues = [float("nan")] * 2
        self.gaps = [float("nan")] * 2

    def centre(self) -> Float[np.ndarray, "d"] | None:
        """A state or a point of the slice; None where the centre is a place or the start."""
        p = self.parameters
        if p["place"] == "trajectory":
            return state_of(self.descent, p["level"], p["step"], "directed_slice, step")
        return self._point(p["a"], p["b"]) if p["place"] == "point" else None

    def __call__(self, scene: Scene) -> Pair:
        """Both directions, of any length, data frame; 0 where there is none."""
        u, v = (self._direction(scene, axis) for axis in range(2))
        self.cosine = float(cosine(u, v))
        return u, v

    def _direction(self, scene: Scene, axis: int) -> Float[np.ndarray, "d"]:
        def of(word: str) -> Any:
            return self.parameters[f"{AXES[axis]}_{word}"]

        kind = self.parameters[AXES[axis]]
        match kind:
            case "eigenvector":
                return self._eigenvector(scene, axis, of("index"))
            case "gradient":
                return scene.gradient()
            case "error":
                return scene.named["answer"] - scene.named["truth"]
            case "principal":
                return principal(scene, of("index"))
            case "random":
                rng = seeded("direction", of("index"), self.index)
                return rng.standard_normal(scene.model.d)
            case "state":
                where = f"directed_slice, {AXES[axis]}_step"
                return state_of(self.descent, of("level"), of("step"), where) - scene.centre
            case "point":
                return self._point(of("a"), of("b")) - scene.centre
            case "other" if self.other is not None:
                return self.other - scene.centre
            case "probe" if self.along is not None:
                return self.along(scene)
        return scene.named[kind] - scene.centre

    def _eigenvector(self, scene: Scene, axis: int, rank: int) -> Float[np.ndarray, "d"]:
        """By its rank, 0 the stiffest and −1 the softest; λ and its gap are kept."""
        values, vectors = scene.eigenpairs
        count = len(values)
        if not -count <= rank < count:
            raise Refusal(
                "no such eigenvector",
                where=f"directed_slice, {AXES[axis]}_index",
                came=rank,
                expected=f"{-count} … {count - 1}, 0 the stiffest and -1 the softest",
            )
        rank %= count
        beside = np.delete(values[max(rank - 1, 0) : rank + 2], min(rank, 1))
        self.eigenvalues[axis] = float(values[rank])
        with np.errstate(divide="ignore", invalid="ignore"):
            self.gaps[axis] = float(np.abs(beside - values[rank]).min() / np.abs(values[rank]))
        return vectors[rank]

    def _point(self, a: float, b: float) -> Float[np.ndarray, "d"]:
        return plane_of(self.slice_).points(np.array([a]), np.array([b]))[0]
