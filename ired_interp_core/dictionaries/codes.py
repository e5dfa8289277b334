"""Codes of whole problems: of a block as declared, and of a range, walked as often as needed."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import scipy.sparse
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.desk import Desk
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.progress import step
from ired_interp_core.dictionaries.samples import blocks
from ired_interp_core.records import Block, Rows

KEPT = 48_000_000
"""Positive activations kept in memory, 8 bytes each; a larger set is encoded at every walk."""


@torch.no_grad()
def encode(
    dictionary: Dictionary, values: Float[np.ndarray, "n points d"]
) -> Iterator[Float[Tensor, "points m"]]:
    """Codes problem by problem.

    Never of several problems at once: rounding depends on the shape of a product, and decides which
    of two nearly equal features is among the k largest. So a problem's code is the same to the bit
    in whatever block or analysis it is computed.

    Args:
        dictionary: of these activations.
        values: activations in their own frame.

    Yields:
        f of one problem.
    """
    for rows in values:
        yield dictionary.encode(rows)


@torch.no_grad()
def codes_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Active features of a block as declared in `analyses/dictionary_codes.py`.

    Args:
        block: rows, a dictionary, and the activations of the same rows.
        parameters: as the analysis declares.

    Returns:
        The declared variables; levels ascending from t = 0.
    """
    dictionary = Dictionary.from_dataset(block.upstream["dictionary"], block.device)
    values = np.asarray(block.upstream["activations"]["activation"], dtype=np.float32)
    count, levels, steps, d = values.shape
    points, kept = levels * steps, parameters["kept"]
    feature = np.full((count, points, kept), -1, dtype=np.int32)
    value = np.zeros((count, points, kept), dtype=np.float32)
    active = np.zeros((count, points), dtype=np.int32)
    error = np.zeros((count, points), dtype=np.float32)
    values = values.reshape(count, points, d)
    for row, f in enumerate(encode(dictionary, values)):
        strongest, places = f.topk(min(kept, f.shape[1]), dim=-1)
        places[strongest <= 0] = -1
        feature[row, :, : places.shape[1]] = places.cpu()
        value[row, :, : places.shape[1]] = strongest.cpu()
        active[row] = (f > 0).sum(-1).cpu()
        error[row] = left_out(dictionary, values[row], f).cpu()
    grid = ("problem", "level", "step")
    lead = (count, levels, steps)
    return xr.Dataset(
        {
            "code_feature": ((*grid, "active"), feature.reshape(*lead, kept)),
            "code_value": ((*grid, "active"), value.reshape(*lead, kept)),
            "code_count": (grid, active.reshape(lead)),
            "code_error": (grid, error.reshape(lead)),
        },
        coords={
            "level": np.arange(levels),
            "step": block.upstream["activations"]["step"].values,
        },
    )


def left_out(
    dictionary: Dictionary, x: Float[np.ndarray, "N d"], f: Float[Tensor, "N m"]
) -> Float[Tensor, "N"]:
    """‖x − x̂‖²/‖x − centre‖² of each input.

    Args:
        dictionary: of these activations.
        x: activations in their own frame.
        f: their codes.

    Returns:
        0 where rebuilt, 1 where nothing but the centre is; NaN for an input that is the centre.
    """
    given = torch.as_tensor(x).to(dictionary.centre)
    rest = (given - dictionary.decode(f)).square().sum(-1)
    return rest / (given - dictionary.centre).square().sum(-1)


class RangeCodes:
    """Sparse codes of problems 0 … count − 1.

    Walked a second time they come from memory if they fit, else they are computed again: the same
    to the bit.

    Args:
        dictionary: whose codes.
        activations: answer of the analysis `activations`.
        count: problems.
        desk: told how far a walk is, and asked whether to leave.
    """

    def __init__(self, dictionary: Dictionary, activations: Rows, count: int, desk: Desk) -> None:
        self.dictionary, self.count = dictionary, count
        self._activations, self._desk = activations, desk
        self._memory: list[tuple[np.ndarray, scipy.sparse.csc_array]] | None = None

    @property
    def features(self) -> int:
        """Number of atoms m."""
        return self.dictionary.features

    def __iter__(self) -> Iterator[tuple[np.ndarray, scipy.sparse.csc_array]]:
        """Walk through the problems in order.

        Yields:
            Indices [n] and codes [n·points, m], rows by problem, level, step; of positive entries
            only, so that within a feature rows ascend.
        """
        if self._memory is not None:
            yield from self._memory
            return
        memory: list[tuple[np.ndarray, scipy.sparse.csc_array]] = []
        held = 0
        for indices, values in blocks(self._activations, np.arange(self.count)):
            rows = values.reshape(len(values), -1, values.shape[-1])
            piece = scipy.sparse.vstack(
                [scipy.sparse.csr_array(f.cpu().numpy()) for f in encode(self.dictionary, rows)],
                format="csc",
            )
            held += piece.nnz
            if held <= KEPT:
                memory.append((indices, piece))
            else:
                memory.clear()
            done = int(indices[-1]) + 1
            step(self._desk, done / self.count, f"{done} of {self.count} problems encoded")
            yield indices, piece
        if held <= KEPT:
            self._memory = memory
