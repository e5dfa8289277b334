"""The sampler along a probe's direction, as declared in `analyses/probe_steered.py`.

Definitions: docs/definitions.md §6.1.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int
from torch import Tensor

from ired_interp_core import registry
from ired_interp_core.descent_record import fixed_batches, walked_batch
from ired_interp_core.dictionaries.controls import unit
from ired_interp_core.dictionaries.intervention import Added, Intervened
from ired_interp_core.dictionaries.names import STEERINGS
from ired_interp_core.dictionaries.steered import SITES, changes, with_shifts
from ired_interp_core.energy import Energy
from ired_interp_core.probing.directions import readout
from ired_interp_core.records import Block, seeded


class Sizes:
    """Leaves an activation as it is, and keeps the mean square of its entries, row by row."""

    def __init__(self) -> None:
        self._seen: list[Tensor] = []

    def __call__(self, x: Float[Tensor, "B unit"]) -> Float[Tensor, "B unit"]:
        """Look at it."""
        self._seen.append(x.double().square().mean(-1))
        return x

    @property
    def rms(self) -> Float[Tensor, "B"]:
        """Root mean square over entries and looks."""
        return torch.stack(self._seen).mean(0).sqrt()


@torch.no_grad()
def probe_steered_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """A block walked as it is, along a probe's direction, and along random ones.

    All walks start from the noise of the descent, in batches of its shape (`steered_dataset`).

    Args:
        block: rows, a model, probes of it, and the descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The variables that the analysis declares.
    """
    model: Energy = block.models["model"]
    sampler = registry.question_of(block.upstream["descent"]).parameters
    w = readout(block.upstream["probes"], model, parameters, "probe_steered")
    site, level, strength = (parameters[n] for n in ("site", "level", "strength"))
    chunks, lengths = [], []
    for rows, used in fixed_batches(block.start, block.count):
        sizes = Sizes()
        looked = Intervened(model, site, sizes, level, level)
        walks = [walked_batch(block, rows, looked, sampler)[1]]
        sides = directions(w, parameters["seed"], block.start + rows)
        for side in torch.from_numpy(sides):
            v = strength * sizes.rms[:, None] * side.to(sizes.rms)
            edit = Added(v) if strength else None
            energy = Intervened(model, site, edit, level, level)
            walks.append(walked_batch(block, rows, energy, sampler)[1])
        chunks.append(changes(walks).isel(problem=slice(*used)))
        lengths.append(sizes.rms[slice(*used)].cpu().numpy())
    each = np.full(block.count, SITES.index(site), dtype=np.int8)
    return with_shifts(xr.concat(chunks, dim="problem")).assign(
        strength_unit=("problem", np.concatenate(lengths)), site=("problem", each)
    )


def directions(
    w: Float[np.ndarray, "unit"], seed: int, problems: Int[np.ndarray, "B"]
) -> Float[np.ndarray, "4 B unit"]:
    """The probe's direction and three random ones for each problem, all of unit length.

    Args:
        w: of the probe.
        seed: of the random ones, which are pure functions of (seed, problem, number).
        problems: indices.

    Returns:
        In the order of `STEERINGS`, but the plain walk.
    """
    drawn = [
        [seeded("probe", seed, int(p), number).standard_normal(len(w)) for p in problems]
        for number in range(len(STEERINGS) - 2)
    ]
    return np.concatenate([np.broadcast_to(w, (1, len(problems), len(w))), unit(np.stack(drawn))])
