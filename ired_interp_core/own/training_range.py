"""Where a problem lies among those that its task's models were trained on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from ired_interp_core import tasks
from ired_interp_core.own.truths import condition, matrix_of

TABLE = Path(__file__).with_name("training_range.json")
"""Made by `make ranges`."""

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
"""That are kept; 98 % of the training problems lie between the first and the last."""

COUNT, SIZE, SEED = 20_000, 20, 2**31 - 2
"""Of the training problems that the table is made of: a set that no shipped sweep asks about."""

SLACK = 1e-6
"""By so much of a value it may lie beyond: what writing a matrix with seven digits does."""


@dataclass(frozen=True)
class Place:
    """Where one value of a problem lies.

    Args:
        name: of the value.
        value: it.
        low: 1 % of the training problems have less; NaN where that is not known.
        high: 1 % have more.
        inside: whether it lies between; None where that is not known.
    """

    name: str
    value: float
    low: float
    high: float
    inside: bool | None


def values(task: str, x: Float64[np.ndarray, "N n_in"]) -> dict[str, Float64[np.ndarray, " N"]]:
    """What is compared, of M = A (inverse), A + B (addition), x with its gaps (completion).

    `condition` s_max/s_min of M; `smallest` its smallest eigenvalue, that of (A + Aᵀ)/2, for
    inverse, and its smallest singular value elsewhere; `symmetry_defect` ‖M − Mᵀ‖_F/‖M‖_F, NaN for
    a zero M; `largest_entry` max |x|; `norm` ‖x‖_F.

    Args:
        task: inverse, addition or completion.
        x: problems [N, n_in], finite.

    Returns:
        Name → values [N].
    """
    matrices = matrix_of(task, x)
    turned = matrices.swapaxes(1, 2)
    if task == "inverse":
        smallest = np.linalg.eigvalsh((matrices + turned) / 2)[:, 0]
    else:
        smallest = np.linalg.svd(matrices, compute_uv=False)[:, -1]
    with np.errstate(all="ignore"):
        defect = np.linalg.norm(matrices - turned, axis=(1, 2)) / np.linalg.norm(
            matrices, axis=(1, 2)
        )
    return {
        "condition": condition(task, x),
        "smallest": smallest,
        "symmetry_defect": defect,
        "largest_entry": np.abs(x).max(axis=1),
        "norm": np.linalg.norm(x, axis=1),
    }


def quantiles(task: str, count: int = COUNT, seed: int = SEED) -> dict[str, list[float]]:
    """Quantiles of `values` over training problems of side `SIZE`.

    Args:
        task: inverse, addition or completion.
        count: problems.
        seed: of their set.

    Returns:
        Name → a number for each of `QUANTILES`, with six digits.
    """
    pieces = [
        values(task, tasks.problems(task, min(1000, count - i), seed, SIZE, start=i).x)
        for i in range(0, count, 1000)
    ]
    found = {}
    for name in pieces[0]:
        every = np.concatenate([piece[name] for piece in pieces])
        exact = np.quantile(every, QUANTILES, method="inverted_cdf")  # a κ of ∞ is not averaged
        found[name] = [float(f"{q:.6g}") for q in exact]
    return found


@cache
def table() -> Mapping[str, Any]:
    """The table that ships: task → name → quantiles."""
    return json.loads(TABLE.read_text(encoding="utf-8"))


def places(task: str, size: int, x: Float64[np.ndarray, " n_in"]) -> list[Place]:
    """Where a problem lies among training problems, value by value.

    Args:
        task: inverse, addition or completion.
        size: matrix side n; for another than the table's, nothing is known but the values.
        x: one problem [n_in], finite.

    Returns:
        A place for each of `values`, in their order.
    """
    known = table()[task] if size == SIZE else {}
    found = []
    for name, value in values(task, x[None]).items():
        low, high = (known[name][0], known[name][-1]) if known else (np.nan, np.nan)
        slack = SLACK * max(abs(low), abs(high), 1.0)
        inside = bool(low - slack <= value[0] <= high + slack) if known else None
        found.append(Place(name, float(value[0]), low, high, inside))
    return found
