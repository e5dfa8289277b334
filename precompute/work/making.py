"""A problem is made in a worker, whatever the bytes are that it is made of."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from ired_interp_core import own
from ired_interp_core.contents import Content
from ired_interp_core.errors import Refusal
from ired_interp_core.messages import Edit, Load
from precompute.ground import problem_rows
from store import LiveAnswers, contents


def make(live: LiveAnswers, request: Edit | Load) -> dict[str, Any]:
    """Make a problem and keep its matrices, so that questions about it can be asked.

    Args:
        live: where they are kept.
        request: what it is made of.

    Returns:
        What is said of it: `problems`, `problem`, `facts`, and `part`, a dataset of its numbers.
        A `Refusal` where nothing can be made of it, or it cannot be kept.
    """
    before = None
    if isinstance(request, Edit):
        before = _before(live, request)
        content = own.edit(before, request.changes, request.symmetric)
    else:
        name = request.name or "what was given"
        content = own.read(_decoded(request.data), request.task, request.size, name)
    contents.publish(live, content)
    return {
        "problems": content.problems.as_dict(),
        "problem": content.first,
        "facts": own.facts(content, before),
        "part": xr.Dataset(_numbers(content, before), {"problem": [content.first]}),
    }


def _before(live: LiveAnswers, request: Edit) -> Content:
    p, i = request.problems, request.problem
    x, y = problem_rows.read(live.roots, p, i, i + 1)
    return Content(p.task, p.size, x, None if np.isnan(y).any() else y, i)


def _decoded(data: str) -> bytes:
    if len(data) > 4 * (own.MOST_FILE // 3 + 1):
        raise Refusal("file is too large", came=f"over {len(data) // 4 * 3:,} bytes",
                      expected=f"at most {own.MOST_FILE:,}")  # fmt: skip
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal("data is no base64", came=error) from error


def _numbers(content: Content, before: Content | None) -> Mapping[str, Any]:
    n = content.size
    x, y = content.rows(content.first, content.first + 1)
    found = {"x": x, **({"x_before": before.x} if before else {})}
    blocks = ("problem", "part", "row", "col")
    return {
        **{name: (blocks, array.reshape(1, -1, n, n)) for name, array in found.items()},
        "y_true": (("problem", "row", "col"), y.reshape(1, n, n)),
    }
