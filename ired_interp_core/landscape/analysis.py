"""A block of slices as declared in `analyses/landscape_slice.py`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ired_interp_core.curvature.places import places
from ired_interp_core.energy import Energy
from ired_interp_core.landscape.directions import (
    BY_NAME,
    Pair,
    Scene,
    explained_share,
    orthonormal,
)
from ired_interp_core.landscape.interpolation import rounding
from ired_interp_core.landscape.slices import Plane, Slice, adaptive_slice, spread
from ired_interp_core.records import Block, seeded
from ired_interp_core.schedule import Schedule
from ired_interp_core.schema import LEVELS, PLACES

DIMS = {
    "energy": ("level", "b", "a"),
    "node": ("a",),
    "nodes": (),
    "method": (),
    "surface_error": ("level",),
    "radius": (),
    "centre": ("row", "col"),
    "direction": ("axis", "row", "col"),
    "orthogonalised": (),
    "explained_share": ("axis",),
    "centre_energy": ("level",),
    "energy_range": ("level",),
    "path_position": ("level", "step", "axis"),
    "path_distance": ("level", "step"),
    "path_gap": ("level", "step"),
    "point_position": ("level", "point", "axis"),
    "point_distance": ("level", "point"),
    "point_gap": ("level", "point"),
}


MARGIN = 1.1
"""Room around the projected states where they give the radius."""

Spans = Callable[[Scene], Pair]
"""What spans the plane of a problem; a direction of length 0 where it has none."""


def slice_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Slices of a block.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The variables that the analysis declares.
    """
    name = parameters["plane"]

    def three_points(scene: Scene) -> Pair:
        u, v = (scene.named[parameters[p]] - scene.centre for p in ("second", "third"))
        return u, v

    spans = three_points if name == "three_points" else BY_NAME[name]
    return planes_dataset(block, parameters, [spans] * block.count)


def planes_dataset(
    block: Block,
    parameters: Mapping[str, Any],
    spans: Sequence[Spans],
    centres: Sequence[Float[np.ndarray, "d"] | None] | None = None,
    radii: Sequence[float | None] | None = None,
) -> xr.Dataset:
    """Slices of a block along given directions.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: those of `analyses/landscape_slice.py` but `second` and `third`.
        spans: of each row.
        centres: c of each row, data frame; where there is none, as the parameters say.
        radii: R of each row, likewise.

    Returns:
        The variables that that analysis declares.
    """
    given, reach = centres or [None] * block.count, radii or [None] * block.count
    rows = [
        _one_problem(block, row, parameters, spans[row], given[row], reach[row])
        for row in range(block.count)
    ]
    return _labelled(block, rows)


def _labelled(
    block: Block, rows: Sequence[Mapping[str, Any]], problem: int | None = None
) -> xr.Dataset:
    """What problems leave as an answer; of a single one with its index."""
    schedule = block.models["model"].schedule
    index = {} if problem is None else {"problem": [problem]}
    return xr.Dataset(
        {
            **{
                name: (("problem", *dims), np.stack([row[name] for row in rows]))
                for name, dims in DIMS.items()
            },
            "alpha_bar": ("level", schedule.alphas_cumprod),
            "sigma": ("level", schedule.sigma),
        },
        coords={"level": np.arange(LEVELS), "point": np.array(PLACES), **index},
    )


def _one_problem(
    block: Block,
    row: int,
    parameters: Mapping[str, Any],
    spans: Spans,
    centre: Float[np.ndarray, "d"] | None,
    radius: float | None,
) -> dict[str, Any]:
    model: Energy = block.models["model"]
    index, level = block.start + row, parameters["level"]
    descent = block.upstream["descent"].isel(problem=row)
    schedule, truth = model.schedule, block.y[row]
    scale = schedule.sqrt_alpha_bar[:, None, None]
    # The planes are shared by all levels, so that points are those of the data frame.
    points = places(schedule, truth, descent, index, parameters["seed"]) / scale
    states = np.asarray(descent["trajectory"], dtype=np.float64).reshape(LEVELS, -1, model.d)
    named = dict(zip(PLACES, points[level], strict=True)) | {"zero": np.zeros(model.d)}
    counted = states[: parameters["from_level"] + 1].reshape(-1, model.d)
    scene = Scene(
        model=model,
        x=block.x[row],
        level=level,
        centre=_centre(schedule, descent, states, named, parameters) if centre is None else centre,
        named=named,
        states=counted,
        rng=seeded("landscape", parameters["seed"], index),
        device=block.device,
    )
    out = _empty(model, states.shape[1], parameters["max_nodes"])
    out["centre"] = scene.centre.reshape(model.size, model.size).astype("f4")
    plane = _plane(scene, truth, parameters, spans, out, radius)
    if plane is None:
        return out
    out["centre_energy"] = _energy(model, scene.x, np.tile(scene.centre, (LEVELS, 1, 1)))[:, 0]
    for name, where in (("path", states), ("point", points)):
        position, distance = plane.project(where)
        shadow = plane.points(position[..., 0].ravel(), position[..., 1].ravel())
        gap = _energy(model, scene.x, where) - _energy(model, scene.x, shadow.reshape(where.shape))
        out[f"{name}_position"] = position.astype("f4")
        out[f"{name}_distance"] = distance.astype("f4")
        out[f"{name}_gap"] = gap.astype("f4")

    def coarse(found: Slice) -> None:
        copied = {name: np.copy(value) for name, value in out.items()}
        block.desk.hand_over("coarse", _labelled(block, [copied | _surface(copied, found)], index))

    found = adaptive_slice(
        model, scene.x, plane, parameters["half_width"], parameters["tolerance"],
        parameters["max_nodes"], scene.rng, block.device, block.desk.check,
        coarse if block.desk.awaited else None,
    )  # fmt: skip
    return out | _surface(out, found)


def _surface(out: Mapping[str, Any], found: Slice) -> dict[str, Any]:
    """What a slice found, in the arrays of what a problem leaves."""
    count = len(found.nodes)
    out["energy"][:, :count, :count] = found.energy
    out["node"][:count] = found.nodes
    # Float64 to the disk: at t = 9 E varies by 1e-4 of itself, and float32's rounding would be 1e-3
    # of the range. A few nodes cost little in either.
    error = found.error + rounding(found.energy, "float64") / spread(found.energy)
    out["surface_error"][:] = error
    return {
        "nodes": np.int16(count),
        "method": np.int8(found.method),
        "energy_range": np.ptp(found.energy, axis=(1, 2)),
    }


def _centre(
    schedule: Schedule,
    descent: xr.Dataset,
    states: np.ndarray,
    named: Mapping[str, np.ndarray],
    parameters: Mapping[str, Any],
) -> np.ndarray:
    place = parameters["place"]
    if place == "start":
        start = np.asarray(descent["start"], dtype=np.float64).ravel()
        return start / schedule.sqrt_alpha_bar[-1]
    if place == "trajectory":
        return states[parameters["level"], min(parameters["step"], states.shape[1] - 1)]
    return named[place]


def _plane(
    scene: Scene,
    truth: np.ndarray,
    parameters: Mapping[str, Any],
    spans: Spans,
    out: dict[str, Any],
    given: float | None,
) -> Plane | None:
    """The plane, its record written to `out`; None where its directions do not span one."""
    u, v = spans(scene)
    pair = orthonormal(np.asarray(u, dtype=np.float64), np.asarray(v, dtype=np.float64))
    if pair is None or not np.isfinite(scene.centre).all():
        return None
    (u, v), cosine = pair
    if parameters["plane"] == "trajectory":
        out["explained_share"][:] = explained_share(scene, u, v)
    radius = given or float(np.linalg.norm(truth)) or 1.0
    if parameters["radius"] == "trajectory":
        position, _ = Plane(scene.centre, u, v, 1.0).project(scene.states)
        radius = float(np.abs(position).max()) * MARGIN or 1.0
    if not np.isfinite(radius):
        return None
    out["direction"] = np.stack([u, v]).reshape(2, scene.model.size, -1).astype("f4")
    out["orthogonalised"], out["radius"] = np.float32(cosine), np.float64(radius)
    return Plane(scene.centre, u, v, radius)


def _empty(model: Energy, steps: int, nodes: int) -> dict[str, Any]:
    """What a problem without a plane leaves: NaN, no nodes."""

    def nan(*shape: int, dtype: str = "f4") -> np.ndarray:
        return np.full(shape, np.nan, dtype)

    n = model.size
    return {
        "energy": nan(LEVELS, nodes, nodes, dtype="f8"),
        "node": nan(nodes, dtype="f8"),
        "nodes": np.int16(0),
        "method": np.int8(0),
        "surface_error": nan(LEVELS),
        "radius": np.float64("nan"),
        "centre": nan(n, n),
        "direction": nan(2, n, n),
        "orthogonalised": np.float32("nan"),
        "explained_share": nan(2),
        "centre_energy": nan(LEVELS, dtype="f8"),
        "energy_range": nan(LEVELS, dtype="f8"),
        "path_position": nan(LEVELS, steps, 2),
        "path_distance": nan(LEVELS, steps),
        "path_gap": nan(LEVELS, steps),
        "point_position": nan(LEVELS, len(PLACES), 2),
        "point_distance": nan(LEVELS, len(PLACES)),
        "point_gap": nan(LEVELS, len(PLACES)),
    }


@torch.no_grad()
def _energy(model: Energy, x: np.ndarray, points: np.ndarray) -> np.ndarray:
    """E_t in float64 at points [level, M, d] of the data frame; [level, M]."""
    condition = torch.as_tensor(x, dtype=torch.float64)[None].expand(points.shape[1], -1)
    scale = model.schedule.sqrt_alpha_bar
    return np.stack(
        [
            model.energy(condition, torch.as_tensor(s * p), t).numpy()
            for t, (s, p) in enumerate(zip(scale, points, strict=True))
        ]
    )
