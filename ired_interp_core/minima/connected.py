"""A block of paths as declared in `analyses/paths.py`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import torch
import xarray as xr

from ired_interp_core.curvature.eigen import fixed_sign
from ired_interp_core.energy import Energy
from ired_interp_core.minima.basins import Basins
from ired_interp_core.minima.names import NOT_TRIED, OPEN, VERIFIED
from ired_interp_core.minima.newton import Look, Stationary, stationary
from ired_interp_core.minima.profiles import lowest_curvatures
from ired_interp_core.minima.saddles import BOWS, Network
from ired_interp_core.minima.tree import barriers
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS

FEW = 6
"""Minima of a level up to which all pairs are tried."""

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
        found = stationary(energy, scale * points[number])
        if found.stands and not found.index and basins.number(t, found, energy) == len(numbers):
            numbers.append(int(number))
    energy.count = 0
    network = Network(basins, t, energy, parameters["budget"], parameters["images"])
    tried = _connect(network, len(numbers))
    return {
        **_pairs(network, numbers, tried, kept),
        **_saddles(network, numbers, scale, parameters["saddles"]),
        **_strings(network, numbers, kept),
        **_images(network, numbers, scale, parameters["strings"]),
        "looks": np.asarray(energy.count),
        "minima_beyond": np.asarray(len(network.minima) - len(numbers)),
    }


def _connect(network: Network, count: int) -> set[tuple[int, int]]:
    """Connect the minima while there is budget; the pairs that were tried."""
    tried: set[tuple[int, int]] = set()
    bowed: set[tuple[int, int]] = set()
    pairs = asked_pairs(network.minima[:count])

    def each(wanted: Callable[[tuple[int, int]], bool]) -> Iterator[tuple[int, int]]:
        for pair in pairs:
            if network.left and wanted(pair):
                yield pair
                tried.add(pair)

    def apart(pair: tuple[int, int]) -> bool:
        return not network.joined(*pair)

    for pair in each(apart):  # the nearest first, which join most with least
        network.strung(*pair, bows=BOWS[:1])
    for pair in each(apart):
        network.connect(*pair)
        bowed.add(pair)
    for pair in each(lambda one: one not in network.strings):  # joined by way of others
        network.strung(*pair, bows=BOWS[:1])
    for pair in each(lambda one: one not in bowed):  # there may be more saddles
        network.strung(*pair, bows=BOWS[1:])
    return tried


def asked_pairs(minima: Sequence[Stationary]) -> list[tuple[int, int]]:
    """Pairs to connect: all of at most FEW minima, else each with its two nearest and the lowest.

    Args:
        minima: of a level.

    Returns:
        Pairs of their places, the smaller first; the nearest pair first.
    """
    if len(minima) < 2:
        return []
    points = np.stack([one.y for one in minima])
    apart = np.linalg.norm(points[:, None] - points, axis=-1)
    pairs = set(combinations(range(len(minima)), 2))
    if len(minima) > FEW:
        lowest = int(np.argmin([one.e for one in minima]))
        near = np.argsort(apart, axis=1, kind="stable")[:, 1:3]
        pairs = {p for p in pairs if lowest in p or p[1] in near[p[0]] or p[0] in near[p[1]]}
    return sorted(pairs, key=lambda pair: (apart[pair], pair))


def _pairs(network: Network, numbers: list[int], tried: set[tuple[int, int]], kept: int) -> Columns:
    status_of, barrier = np.zeros((kept, kept)), np.full((kept, kept), np.nan)
    heights = barriers(
        np.array([one.e for one in network.minima]),
        np.array([one.point.e for one in network.saddles]),
        np.array([one.ends for one in network.saddles], dtype=int).reshape(-1, 2),
    )
    counts = {VERIFIED: 0, OPEN: 0, NOT_TRIED: 0}
    for i, j in combinations(range(len(numbers)), 2):
        status = OPEN if (i, j) in tried else NOT_TRIED
        status = VERIFIED if network.joined(i, j) else status
        counts[status] += 1
        for a, b in ((i, j), (j, i)):
            status_of[numbers[a], numbers[b]] = status
            barrier[numbers[a], numbers[b]] = heights[a, b]
    names = {VERIFIED: "verified", OPEN: "open_pairs", NOT_TRIED: "not_tried"}
    return {
        "pair_status": status_of,
        "barrier": barrier,
        **{name: np.asarray(counts[status]) for status, name in names.items()},
    }


def _saddles(network: Network, numbers: list[int], scale: float, most: int) -> Columns:
    model = network.basins.model
    found: Columns = {
        "saddle_energy": np.full(most, np.nan), "saddle_gradient_norm": np.full(most, np.nan),
        "saddle_eigenvalue": np.full((most, model.d), np.nan),
        "saddle_first": np.full(most, -1), "saddle_second": np.full(most, -1),
        "saddle_point": np.full((most, model.size, model.size), np.nan),
        "saddle_direction": np.full((most, model.size, model.size), np.nan),
        "saddles_found": np.asarray(len(network.saddles)),
    }  # fmt: skip
    lowest = sorted(network.saddles, key=lambda one: one.point.e)[:most]
    for k, one in enumerate(lowest):
        ends = [numbers[end] if end < len(numbers) else -1 for end in one.ends]
        found["saddle_first"][k], found["saddle_second"][k] = ends
        found["saddle_energy"][k] = one.point.e
        found["saddle_gradient_norm"][k] = one.point.gradient_norm
        found["saddle_eigenvalue"][k] = one.point.eigenvalues
        found["saddle_point"][k] = one.point.y.reshape(model.size, model.size) / scale
        downhill = fixed_sign(one.point.vectors[:1])
        found["saddle_direction"][k] = downhill.reshape(model.size, model.size)
    return found


def _images(network: Network, numbers: list[int], scale: float, most: int) -> Columns:
    """The images themselves, of the strings whose highest image is the lowest."""
    n = network.basins.model.size
    found: Columns = {
        "string_first": np.full(most, -1), "string_second": np.full(most, -1),
        "string_point": np.full((most, network.images, n, n), np.nan),
    }  # fmt: skip
    known = [(pair, s) for pair, s in network.strings.items() if max(pair) < len(numbers)]
    known.sort(key=lambda one: (one[1].energies.max(), one[0]))
    for k, ((i, j), string) in enumerate(known[:most]):
        found["string_first"][k], found["string_second"][k] = numbers[i], numbers[j]
        found["string_point"][k] = string.points.reshape(-1, n, n) / scale
    return found


def _strings(network: Network, numbers: list[int], kept: int) -> Columns:
    """The strings between kept minima, at both places of a pair: from the first to the second."""
    pair, image = (kept, kept), (kept, kept, network.images)
    found: Columns = {
        "path_length": np.full(image, np.nan), "path_energy": np.full(image, np.nan),
        "path_straight": np.full(image, np.nan), "path_curvature": np.full((*image, 2), np.nan),
        "path_straight_length": np.full(pair, np.nan), "path_highest": np.full(pair, np.nan),
        "path_residual": np.full(pair, np.nan), "path_looks": np.zeros(pair),
    }  # fmt: skip
    spent = network.energy.count
    for (i, j), string in network.strings.items():
        if j >= len(numbers):
            continue
        line, straight = network.straight(i, j)
        length = np.linalg.norm(line[-1] - line[0]) / line.shape[1] ** 0.5
        curvature = lowest_curvatures(network.energy, string.points)
        for at, one, way in (
            ((numbers[i], numbers[j]), string, 1), ((numbers[j], numbers[i]), string.turned(), -1)
        ):  # fmt: skip
            found["path_length"][at], found["path_energy"][at] = one.arc, one.energies
            found["path_straight"][at], found["path_curvature"][at] = (
                straight[::way], curvature[::way],
            )  # fmt: skip
            found["path_straight_length"][at] = length
            found["path_highest"][at] = one.energies.max()
            found["path_residual"][at], found["path_looks"][at] = one.residual, one.looks
    network.energy.count = spent
    return found
