"""Targets that no layer can know: a shuffled property, and a table over the cells of a coarse code.

Definitions: docs/definitions.md §6.1. Light: no torch.
"""

import numpy as np
from jaxtyping import Float, Int

from ired_interp_core.probing.folds import ranks
from ired_interp_core.records import seeded

SIGNS = 5
"""Entries of x whose signs make the code: 32 cells, so that labels recur on both sides of a split
from some 100 problems on."""


def cells(x: Float[np.ndarray, "N n_in"], size: int) -> Int[np.ndarray, "N"]:
    """A coarse code of problems: the signs of five fixed entries above the diagonal.

    The entries are spread over the upper triangle of the (first) matrix, where those of all tasks
    have either sign; smaller matrices have fewer.

    Args:
        x: problems, flattened row-major.
        size: side n of the matrix.

    Returns:
        Σ_b 2^b·[x_b > 0], 0 … 31.
    """
    row, col = np.triu_indices(size, 1)
    chosen = np.unique(np.linspace(0, len(row) - 1, min(SIGNS, len(row))).round().astype(int))
    entries = (row * size + col)[chosen] if len(row) else np.zeros(1, dtype=int)
    return ((x[:, entries] > 0) << np.arange(len(entries))).sum(axis=1)


def control_task(
    code: Int[np.ndarray, "N"], values: Float[np.ndarray, "N T"], seed: int
) -> Float[np.ndarray, "N T"]:
    """A fixed random table over the cells, after Hewitt & Liang (EMNLP 2019).

    Every cell is given one of the property's own values, so that control and task are of the same
    kind. Labels recur, so that a probe can learn the table where the input tells the cells apart:
    what it scores here it owes to its own capacity.

    Args:
        code: cell of every row.
        values: properties.
        seed: of the tables.

    Returns:
        A label for every row and property.
    """
    rng = seeded("control task", seed)
    drawn = rng.random((2**SIGNS, values.shape[1]))[code]
    ordered = np.sort(values, axis=0)
    places = np.floor(drawn * len(values)).astype(int)
    return np.take_along_axis(ordered, places, axis=0)


def shuffled(
    words: Int[np.ndarray, "N"], values: Float[np.ndarray, "N T"], seed: int
) -> Float[np.ndarray, "N T"]:
    """Give every problem the values of another one: a permutation that knows content and no index.

    Args:
        words: problem of every row, as `folds.groups` gives; rows of a problem stay together.
        values: properties of the rows.
        seed: of the permutation.

    Returns:
        Values of the rows of a problem; of problems that stand several times the first is given.
    """
    unique, first, row = np.unique(words, return_index=True, return_inverse=True)
    order = np.argsort(ranks(unique, 2 * seed + 1))
    given = np.empty(len(unique), dtype=int)
    given[order] = np.roll(order, 1)  # one cycle: nobody keeps its own
    return values[first[given]][row]
