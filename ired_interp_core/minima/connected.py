"""A block of paths as declared in `analyses/paths.py`."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import torch
import xarray as xr

from ired_interp_core.energy import Energy
from ired_interp_core.minima.basins import Basins
from ired_interp_core.minima.names import NOT_TRIED, OPEN, VERIFIED
from ired_interp_core.minima.newton import Look
from ired_interp_core.minima.saddles import Network
from ired_interp_core.minima.tree import barriers
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS

FEW = 6
"""Minima of a level up to which all pairs are tried; of more, each with the truth's and lowest."""

Columns = dict[str, np.ndarray]


@torch.no_grad()
def paths_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Saddles and barriers of a block.

    Args:
        block: rows, a model and the minima of the same rows.
        parameters: as the analysis declares.

    Returns:
        The variables that the analysis declares.
    """
    from ired_interp_core import registry

    declared = registry.get("paths").schema.variables
    schedule = block.models["model"].schedule
    rows = [
        [_level(block, row, t, parameters) for t in range(LEVELS)] for row in range(block.count)
    ]
    return xr.Dataset(
        {
            **{
                name: (
                    declared[name].dims,
                    np.stack([[one[name] for one in row] for row in rows]).astype(
                        declared[name].dtype
                    ),
                )
                for name in rows[0][0]
            },
            "alpha_bar": ("level", schedule.alphas_cumprod),
            "sigma": ("level", schedule.sigma),
        },
        coords={"level": np.arange(LEVELS)},
    )


def _level(block: Block, row: int, t: int, parameters: Mapping[str, Any]) -> Columns:
    model: Energy = block.models["model"]
    block.desk.check()
    stored = block.upstream["minima"].isel(problem=row, level=t)
    points = np.asarray(stored["point"], dtype=np.float64).reshape(-1, model.d)
    kept, scale = len(points), model.schedule.sqrt_alpha_bar[t]
    x = torch.as_tensor(block.x[row], dtype=torch.float64, device=block.device)
    energy = Look(model, x, t)
    basins = Basins(model, check=block.desk.check)
    numbers: list[int] = []  # of the basins, in the order of the network's minima
    for number in np.flatnonzero(np.isfinite(points).all(-1)):
        found = basins.refine(t, energy, scale * points[number])
        if found is not None and len(basins.known.get(t, ())) > len(numbers):
            numbers.append(int(number))
    energy.count = 0
    network = Network(basins, t, energy, parameters["budget"], parameters["images"])
    pairs = list(combinations(range(len(numbers)), 2))
    if len(numbers) > FEW:
        lowest = int(np.argmin([one.e for one in network.minima]))
        pairs = [pair for pair in pairs if {0, lowest} & set(pair)]
    tried = []
    for pair in pairs:
        if network.joined(*pair):
            continue
        if network.left:
            network.connect(*pair)
            tried.append(pair)
    return _described(network, numbers, tried, kept, scale, parameters["saddles"])


def _described(
    network: Network,
    numbers: list[int],
    tried: list[tuple[int, int]],
    kept: int,
    scale: float,
    most: int,
) -> Columns:
    model = network.basins.model
    found: Columns = {
        "pair_status": np.zeros((kept, kept)), "barrier": np.full((kept, kept), np.nan),
        "saddle_energy": np.full(most, np.nan), "saddle_gradient_norm": np.full(most, np.nan),
        "saddle_eigenvalue": np.full((most, model.d), np.nan),
        "saddle_first": np.full(most, -1), "saddle_second": np.full(most, -1),
        "saddle_point": np.full((most, model.size, model.size), np.nan),
    }  # fmt: skip
    saddles = sorted(network.saddles, key=lambda one: one.point.e)
    heights = barriers(
        np.array([one.e for one in network.minima]),
        np.array([one.point.e for one in saddles]),
        np.array([one.ends for one in saddles], dtype=int).reshape(-1, 2),
    )
    counts = {VERIFIED: 0, OPEN: 0, NOT_TRIED: 0}
    for i, j in combinations(range(len(numbers)), 2):
        status = OPEN if (i, j) in tried else NOT_TRIED
        status = VERIFIED if network.joined(i, j) else status
        counts[status] += 1
        for a, b in ((i, j), (j, i)):
            found["pair_status"][numbers[a], numbers[b]] = status
            found["barrier"][numbers[a], numbers[b]] = heights[a, b]
    for k, one in enumerate(saddles[:most]):
        ends = [numbers[end] if end < len(numbers) else -1 for end in one.ends]
        found["saddle_first"][k], found["saddle_second"][k] = ends
        found["saddle_energy"][k] = one.point.e
        found["saddle_gradient_norm"][k] = one.point.gradient_norm
        found["saddle_eigenvalue"][k] = one.point.eigenvalues
        found["saddle_point"][k] = one.point.y.reshape(model.size, model.size) / scale
    names = {VERIFIED: "verified", OPEN: "open_pairs", NOT_TRIED: "not_tried"}
    return found | {name: np.asarray(counts[status]) for status, name in names.items()}
