"""What is said of a problem of one's own beside its numbers."""

import math
from typing import Any

import numpy as np

from ired_interp_core.contents import Content
from ired_interp_core.own.training_range import places
from ired_interp_core.own.truths import condition

NO_TRUTH = "no truth"


def facts(content: Content, before: Content | None = None) -> dict[str, Any]:
    """Facts about the first problem of a content, JSON-ready.

    Args:
        content: the problem, or several.
        before: the problem that it was edited from.

    Returns:
        `count` of problems; `condition` κ and `condition_before`; `changed` entries of x and
        `relative_change` ‖Δx‖_F/‖x‖_F; `truth`: whether y* is known; `range`: `Place` by `Place`;
        `notes`: words for what a reader must know. A number is null where there is none, and the
        word "inf" where it is infinite.
    """
    x, old = content.x[0], None if before is None else before.x[0]
    where = places(content.task, content.size, x)
    change = None
    if old is not None:
        with np.errstate(all="ignore"):
            change = float(np.linalg.norm(x - old) / np.linalg.norm(old))
    return {
        "count": len(content.x),
        "condition": plain(condition(content.task, x[None])[0]),
        "condition_before": plain(condition(content.task, old[None])[0])
        if old is not None
        else None,
        "changed": int(np.count_nonzero(x != old)) if old is not None else 0,
        "relative_change": plain(change),
        "truth": content.y is not None,
        "range": [
            {"name": p.name, "value": plain(p.value), "low": plain(p.low), "high": plain(p.high),
             "inside": p.inside}
            for p in where
        ],
        "notes": _notes(content),
    }  # fmt: skip


def _notes(content: Content) -> list[str]:
    said = [] if content.y is not None else [NO_TRUTH]
    if content.task == "inverse":
        matrix = content.x[0].reshape(content.size, -1)
        if not np.allclose(matrix, matrix.T, rtol=1e-6, atol=0):
            said.append("not symmetric, as no training problem was")
        elif np.linalg.eigvalsh((matrix + matrix.T) / 2)[0] <= 0:
            said.append("not positive definite, as no training problem was")
    return said


def plain(value: float | None) -> float | str | None:
    """A number for JSON: null for none and NaN, a word for an infinity."""
    if value is None or math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else str(float(value))
