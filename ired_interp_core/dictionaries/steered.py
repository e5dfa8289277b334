"""One feature scaled in the sampler, or its atom added, as in `analyses/steered_descent.py`.

Definitions: docs/definitions.md §5.5.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int

from ired_interp_core import registry
from ired_interp_core.activations import LAYERS
from ired_interp_core.descent_record import fixed_batches, walked_batch
from ired_interp_core.dictionaries.controls import unit
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.intervention import Added, Edit, Intervened, TakenOff
from ired_interp_core.dictionaries.names import STEERINGS
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.network import IredEnergy
from ired_interp_core.records import Block, seeded
from ired_interp_core.schema import LEVELS

SITES = ("gradient", *LAYERS)
KEPT = ("answer", "step_energy", "step_mse", "mse_final")
"""Of what a walk gives; by the names of `analyses/descent.py`."""
EVERY = -1
"""Word of the parameter `level`: all levels that the dictionary knows."""


@torch.no_grad()
def steered_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """A block walked as it is, steered, and with random controls.

    All walks start from the noise of the descent, in batches of its shape: an accept decision hangs
    on the last bit, and that depends on the shape of a product. A strength that changes nothing
    walks the model itself.

    Args:
        block: rows, a model, a dictionary, and activations and descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The variables that the analysis declares.
    """
    model: Energy = block.models["model"]
    learned = registry.question_of(block.upstream["activations"]).parameters
    sampler = registry.question_of(block.upstream["descent"]).parameters
    dictionary = _dictionary(block, parameters, learned)
    level = parameters["level"]
    lowest, highest = (0, learned["highest_level"]) if level == EVERY else (level, level)
    chunks = []
    for rows, used in fixed_batches(block.start, block.count):
        walks = [
            walked_batch(
                block, rows, Intervened(model, learned["site"], edit, highest, lowest), sampler
            )[1]
            for edit in edits(dictionary, parameters, block.start + rows)
        ]
        chunks.append(changes(walks).isel(problem=slice(*used)))
    found, each = with_shifts(xr.concat(chunks, dim="problem")), np.full(block.count, 1.0)
    active, largest = _activity(block, dictionary, parameters["feature"], lowest, highest)
    return found.assign(
        active_share=("problem", active),
        largest_activation=("problem", largest),
        strength_unit=("problem", each / dictionary.scale),
        site=("problem", (each * SITES.index(learned["site"])).astype("i1")),
    )  # fmt: skip


def edits(
    dictionary: Dictionary, parameters: Mapping[str, Any], problems: Int[np.ndarray, "B"]
) -> tuple[Edit | None, ...]:
    """What is done on each problem, in the order of `names.STEERINGS`; None: nothing.

    Mode `scale`: x' = x − (1 − s)·f_i(x)·W_i/scale; controls turn W_i about x − centre to random
    sides at every look, so that the same length is taken off and as much of x is left
    (`intervention.TakenOff`). Mode `add`: x' = x + s·W_i/scale; controls add as much along random
    directions. A direction is a pure function of (seed, feature, problem, number).

    Args:
        dictionary: with the feature.
        parameters: mode, feature, strength, seed.
        problems: indices, one a row.

    Returns:
        Edits of as many rows, in the frame of x.
    """
    scaled = parameters["mode"] == "scale"
    strength, feature = parameters["strength"], parameters["feature"]
    if strength == (1.0 if scaled else 0.0):
        return (None,) * len(STEERINGS)
    index = torch.full((len(problems),), feature, device=dictionary.decoder.device)
    atom = dictionary.decoder[index]
    sides = [
        torch.from_numpy(unit(drawn).astype("f4")).to(atom)
        for drawn in _drawn(parameters["seed"], feature, problems, atom.shape[1])
    ]
    if scaled:
        ways = [TakenOff(dictionary, index, side, 1.0 - strength) for side in (None, *sides)]
        return None, *ways
    length = strength / dictionary.scale
    return None, *(Added(length * v) for v in (atom, *sides))


def _drawn(
    seed: int, feature: int, problems: Int[np.ndarray, "B"], d: int
) -> Float[np.ndarray, "3 B d"]:
    controls = range(len(STEERINGS) - 2)
    return np.stack(
        [
            [seeded("steered", seed, feature, int(p), number).standard_normal(d) for p in problems]
            for number in controls
        ]
    )


def changes(walks: list[dict[str, Any]]) -> xr.Dataset:
    """Walks side by side, and how far their answers lie from those of the first."""
    columns: dict[str, Any] = {}
    for name in KEPT:
        dims = ("problem", "steering", *walks[0][name][0][1:])
        columns[name] = (dims, np.stack([walk[name][1] for walk in walks], axis=1))
    answers = columns["answer"][1].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        moved = np.linalg.norm(answers - answers[:, :1], axis=(-2, -1))
    columns["shift"] = (("problem", "steering", "level"), moved)
    return xr.Dataset(columns, {"steering": np.array(STEERINGS), "level": np.arange(LEVELS)})


def with_shifts(found: xr.Dataset) -> xr.Dataset:
    """The same with how far the final answer is moved, by steering and by the largest control."""
    shift = found["shift"].sel(level=0, drop=True)
    controls = shift.sel(steering=list(STEERINGS[2:]))
    return found.assign(
        steered_shift=shift.sel(steering="steered", drop=True),
        control_shift=controls.max("steering", skipna=False),
    )


def _activity(
    block: Block, dictionary: Dictionary, feature: int, lowest: int, highest: int
) -> tuple[Float[np.ndarray, "N"], Float[np.ndarray, "N"]]:
    """Share of the visited points at which a feature is active, and its largest activation."""
    values = np.asarray(block.upstream["activations"]["activation"], dtype=np.float32)
    shares, largest = [], []
    for row in values[:, lowest : highest + 1]:
        x = torch.from_numpy(row.reshape(-1, row.shape[-1])).to(block.device)
        index = torch.full((len(x),), feature, device=x.device)
        f = TakenOff(dictionary, index).activations(x)
        shares.append(float((f > 0).double().mean()))
        largest.append(float(f.max()))
    return np.array(shares), np.array(largest)


def _dictionary(
    block: Block, parameters: Mapping[str, Any], learned: Mapping[str, Any]
) -> Dictionary:
    """The dictionary, which must know the feature, the level and the model's activations."""
    dictionary = Dictionary.from_dataset(block.upstream["dictionary"], block.device)
    model, units = block.models["model"], dictionary.decoder.shape[1]
    if learned["site"] == "gradient" or not isinstance(model, IredEnergy):
        there = model.d
    else:
        there = model.width
    if units != there:
        raise Refusal(
            "dictionary is of other activations",
            where="steered_descent, dictionary",
            came=f"{units} units",
            expected=f"{there} units, site {learned['site']}",
            next_step="choose a dictionary of this model",
        )
    if parameters["feature"] >= dictionary.features:
        raise Refusal(
            "no such feature",
            where="steered_descent, feature",
            came=parameters["feature"],
            expected=f"0 … {dictionary.features - 1}",
        )
    if parameters["level"] > learned["highest_level"]:
        raise Refusal(
            "dictionary does not know this level",
            where="steered_descent, level",
            came=parameters["level"],
            expected=f"0 … {learned['highest_level']}, or {EVERY} for all of these",
        )
    return dictionary
