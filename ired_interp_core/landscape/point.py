"""One point of the answer space, on all ten landscapes, as declared in `analyses/point.py`.

Definitions: docs/definitions.md §4.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ired_interp_core import registry
from ired_interp_core.curvature.analysis import TRAILING, spectra_at
from ired_interp_core.curvature.names import PLAIN_SUBSPACES
from ired_interp_core.curvature.places import places
from ired_interp_core.descent_record import FLOAT32_ROUNDING
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.landscape.slices import Plane
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS, PLACES


def plane_of(slice_: xr.Dataset) -> Plane:
    """The plane that a stored slice is on.

    Args:
        slice_: of one problem, with `centre`, `direction` and `radius`.

    Returns:
        Its plane, data frame, in float64 as it is stored; of NaN where the slice has none.
    """
    centre, (u, v) = (
        np.asarray(slice_[name], dtype=np.float64) for name in ("centre", "direction")
    )
    return Plane(centre.ravel(), u.ravel(), v.ravel(), float(slice_["radius"]))


def state_of(descent: xr.Dataset, level: int, step: int, where: str) -> Float[np.ndarray, "... d"]:
    """A state of the descent.

    Args:
        descent: `trajectory` of one problem or of several.
        level: t.
        step: within the level.
        where: named in the refusal.

    Returns:
        The state or states, data frame, in float64.

    Raises:
        Refusal: the descent has no such step.
    """
    steps = descent.sizes["step"]
    if step >= steps:
        raise Refusal(
            "the descent has no such step", where=where, came=step, expected=f"0 … {steps - 1}"
        )
    states = np.asarray(descent["trajectory"].isel(level=level, step=step), dtype=np.float64)
    return states.reshape(*states.shape[:-2], -1)


@torch.no_grad()
def point_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Energy, gradient and spectrum of every level at a point of each problem.

    Args:
        block: rows, a model, a slice and the descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The variables that the analysis declares.
    """
    schedule, rows = block.models["model"].schedule, []
    for row in range(block.count):
        rows.append(_one_problem(block, row, parameters))
    merged = {
        name: (("problem", *dims), np.stack([row[name][1] for row in rows]))
        for name, (dims, _) in rows[0].items()
    }
    subspaces = merged["subspace_curvature"][1].shape[-1]
    return xr.Dataset(
        {
            **merged,
            "alpha_bar": ("level", schedule.alphas_cumprod),
            "sigma": ("level", schedule.sigma),
        },
        coords={
            "level": np.arange(LEVELS),
            "subspace": np.array(PLAIN_SUBSPACES[:subspaces]),
        },
    )


def _one_problem(block: Block, row: int, parameters: Mapping[str, Any]) -> dict[str, Any]:
    model: Energy = block.models["model"]
    descent = block.upstream["descent"].isel(problem=row)
    plane = plane_of(block.upstream["slice"].isel(problem=row))
    if parameters["source"] == "state":
        where = state_of(descent, parameters["level"], parameters["step"], "point, step")
    else:
        where = plane.points(np.array([parameters["a"]]), np.array([parameters["b"]]))[0]
    clip = registry.question_of(block.upstream["descent"]).parameters["clip"]
    known = _seen_from(where, plane, descent, block.y[row], clip)
    known["matrix"] = ("row", "col"), where.reshape(model.size, model.size)
    if parameters["source"] == "plane" and np.isfinite(where).all():
        known["position"] = ("axis",), np.array([parameters["a"], parameters["b"]])
    points = model.schedule.sqrt_alpha_bar[:, None] * where
    known |= _energies(block, row, points)
    if block.desk.awaited:
        _hand_over(block, row, "energy", known)

    def spectrum(t: int, found: Mapping[str, np.ndarray]) -> None:
        part = {n: (("level", *TRAILING.get(n, ())), column) for n, column in found.items()}
        _hand_over(block, row, f"level {t}", part, level=[t])

    index, seed = block.start + row, 0  # of the noised truth, which is not looked at
    minima = places(model.schedule, block.y[row], descent, index, seed)[:, PLACES.index("minimum")]
    columns = spectra_at(block, row, points[:, None], minima, parameters, spectrum)
    return {
        name: (("level", *TRAILING.get(name, ())), column[:, 0]) for name, column in columns.items()
    } | known


def _hand_over(
    block: Block, row: int, name: str, columns: Mapping[str, Any], level: Any = range(LEVELS)
) -> None:
    part = {n: (("problem", *dims), np.asarray(v)[None]) for n, (dims, v) in columns.items()}
    coords = {"problem": [block.start + row], "level": np.array(level)}
    if "subspace_curvature" in columns:
        there = np.shape(columns["subspace_curvature"][1])[-1]
        coords["subspace"] = np.array(PLAIN_SUBSPACES[:there])
    block.desk.hand_over(name, xr.Dataset(part, coords))


def _energies(block: Block, row: int, points: Float[np.ndarray, "10 d"]) -> dict[str, Any]:
    """E_t and ‖∇_ỹE‖ at points ỹ in the level frame, which spectra in float32 round."""
    y = torch.as_tensor(points, dtype=torch.float64, device=block.device)
    x = torch.as_tensor(block.x[row], dtype=torch.float64, device=block.device)
    t = torch.arange(LEVELS, device=block.device)
    e, g = block.models["model"].energy_and_gradient(x.expand(len(y), -1), y, t)
    norm = torch.linalg.vector_norm(g, dim=-1)
    return {
        "energy": (("level",), e.cpu().numpy()),
        "gradient_norm": (("level",), norm.cpu().numpy()),
    }


def _seen_from(
    where: Float[np.ndarray, "d"],
    plane: Plane,
    descent: xr.Dataset,
    truth: Float[np.ndarray, "d"],
    clip: float,
) -> dict[str, Any]:
    """How far a point lies from the plane, the visited states, the truth and the box."""
    with np.errstate(over="ignore", invalid="ignore"):
        position, off = plane.project(where)
        states = np.asarray(descent["trajectory"], dtype=np.float64)
        away = np.linalg.norm(states.reshape(*states.shape[:2], -1) - where, axis=-1)
        mse = np.mean((where - truth) ** 2)
        beyond = np.abs(where) > clip * (1 + FLOAT32_ROUNDING)
    away = np.where(np.isfinite(away), away, np.inf)
    level, step = np.unravel_index(away.argmin(), away.shape)
    found = bool(np.isfinite(away[level, step]))
    return {
        "position": (("axis",), position),
        "plane_distance": ((), off),
        "radius": ((), np.float64(plane.radius)),
        "mse": ((), mse),
        "outside_box": ((), np.float64(beyond.sum()) if np.isfinite(where).all() else np.nan),
        "nearest_distance": ((), away[level, step] if found else np.nan),
        "nearest_level": ((), np.int16(level if found else -1)),
        "nearest_step": ((), np.int16(step if found else -1)),
    }
