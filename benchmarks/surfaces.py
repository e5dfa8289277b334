"""Slices of ten levels at 101 × 101 points: few nodes against a forward pass per point."""

import numpy as np
import torch

from benchmarks.measure import Row, interleaved, ratio_quartiles
from benchmarks.networks import bundled, plain_energy
from ired_interp_core import tasks
from ired_interp_core.landscape.interpolation import evaluate
from ired_interp_core.landscape.slices import Plane, adaptive_slice, energies, spread
from ired_interp_core.network import IredEnergy
from ired_interp_core.registry import get
from ired_interp_core.schema import LEVELS

POINTS = 101
CHUNK = 4096


def plane_of(problem: int) -> tuple[np.ndarray, Plane]:
    """A random plane through the truth with the default radius ‖y*‖."""
    p = tasks.problems("inverse", 1, 0, start=problem)
    y = p.y[0]
    basis = np.linalg.qr(np.random.default_rng(problem).standard_normal((len(y), 2)))[0].T
    return p.x[0], Plane(y, basis[0], basis[1], float(np.linalg.norm(y)))


def per_point(model: IredEnergy, x: np.ndarray, plane: Plane, grid: np.ndarray) -> np.ndarray:
    """A forward pass for every point and level, float32, in batches: what one writes first."""
    a, b = (m.ravel() for m in np.meshgrid(grid, grid))
    points = torch.from_numpy(plane.points(a, b)).float()
    condition = torch.from_numpy(x).float()[None]
    out = np.empty((LEVELS, len(a)))
    with torch.no_grad():
        for t, scale in enumerate(model.schedule.sqrt_alpha_bar):
            for i in range(0, len(a), CHUNK):
                y = float(scale) * points[i : i + CHUNK]
                level = torch.full((len(y),), t)
                e = plain_energy(model, condition.expand(len(y), -1), y, level)
                out[t, i : i + CHUNK] = e.numpy()
    return out.reshape(LEVELS, len(grid), len(grid))


def affine(model: IredEnergy, x: np.ndarray, plane: Plane, grid: np.ndarray) -> np.ndarray:
    """Our own fallback: every point, but the first layer's products made once; float64."""
    a, b = (m.ravel() for m in np.meshgrid(grid, grid))
    with torch.no_grad():
        return energies(model, x, plane, a, b).reshape(LEVELS, len(grid), len(grid))


def ours(model: IredEnergy, x: np.ndarray, plane: Plane, grid: np.ndarray) -> np.ndarray:
    """What a sweep does with its defaults, and what the app does to draw it."""
    p = {name: v.default for name, v in get("landscape_slice").parameters.items()}
    s = adaptive_slice(
        model, x, plane, p["half_width"], p["tolerance"], p["max_nodes"], np.random.default_rng(0)
    )
    return evaluate(s.energy, s.nodes, grid, grid, s.method)


def run(planes: int = 5) -> list[Row]:
    """The row of PERFORMANCE's table that is about slices, and the bytes they take."""
    model, grid = bundled(), np.linspace(-1, 1, POINTS)
    chosen = [plane_of(i) for i in range(planes)]
    errors: dict[str, float] = {}
    ways = {"ours": ours, "affine": affine, "per point": per_point}
    for x, plane in chosen[:2]:
        truth = affine(model, x, plane, grid)
        for name, way in ways.items():
            off = np.abs(way(model, x, plane, grid) - truth).max(axis=(1, 2)) / spread(truth)
            errors[name] = max(errors.get(name, 0.0), float(off.max()))
    seconds = interleaved(
        {
            name: lambda way=way: [way(model, x, plane, grid) for x, plane in chosen]
            for name, way in ways.items()
        },
        {"ours": 15, "affine": 3, "per point": 3},
    )
    each = {name: 1e3 * float(np.median(s)) / planes for name, s in seconds.items()}
    return [
        Row(
            target="slices 101² × 10 levels against a forward pass per point",
            ours=each["ours"],
            peer=each["per point"],
            unit="ms",
            peer_name="forward pass per point, float32, batches of 4096",
            must=20,
            aim=45,
            accuracy=f"{errors['ours']:.0e} | {errors['per point']:.0e} of the energy range",
            spread=ratio_quartiles(seconds["ours"], seconds["per point"]),
            more={"every point in float64, first layer shared, ms": each["affine"]},
        ),
        bytes_a_plane(),
    ]


def bytes_a_plane() -> Row:
    """Bytes of a published shard of sixteen planes, everything in it counted."""
    import tempfile
    from pathlib import Path

    from benchmarks.sweeps import SLICES, computed

    with tempfile.TemporaryDirectory() as folder:
        root = computed(Path(folder), SLICES, 16)
        files = list(root.glob("results/landscape_slice/*/*.h5"))
        planes = 16 * len(files)
        size = sum(f.stat().st_size for f in files) / planes
    grids = 10 * POINTS**2 * 4
    return Row(
        target="bytes stored per plane (ten levels) against ten 101×101 float32 grids",
        ours=size / 1e3,
        peer=grids / 1e3,
        unit="kB",
        peer_name="ten raw grids",
        must=8,
        aim=15,
        accuracy="energies, directions, trajectory and points with it",
    )
