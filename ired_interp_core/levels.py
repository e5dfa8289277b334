"""Levels of a batch, one for all its rows or one for each; and what an energy may be asked."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ired_interp_core.errors import Refusal
from ired_interp_core.schema import LEVELS

Levels = int | Int[Tensor, "B"]
"""Annealing level t, 9 (smooth) … 0 (sharp): one for all rows, or [B] integers."""


def as_levels(t: Levels, y: Float[Tensor, "B d"]) -> Int[Tensor, "B"]:
    """One level for each row.

    Args:
        t: an int or [B] integers.
        y: points, for their number and device.

    Returns:
        Levels [B], int64.
    """
    levels = torch.as_tensor(t, device=y.device, dtype=torch.int64)
    return levels.expand(len(y)) if levels.ndim == 0 else levels


def check_asked(x: Any, y: Any, t: Any, n_in: int, d: int) -> None:
    """Refuse what no energy can be asked, in words instead of those of a matrix product.

    Args:
        x: problems [B, n_in], or one row for all.
        y: points ỹ [B, d], level frame, of the same dtype.
        t: level 0 … 9, or [B] integers.
        n_in: entries of x.
        d: entries of y.

    Raises:
        Refusal: other types, shapes or levels.
    """
    for name, value, width in (("x", x, n_in), ("ỹ", y, d)):
        if not isinstance(value, Tensor) or not value.is_floating_point():
            raise Refusal(
                f"{name} is no tensor of floating numbers", where=f"energy(…, {name}, …)",
                came=str(value.dtype) if isinstance(value, Tensor) else type(value).__name__,
                expected=f"float32 or float64 of shape [B, {width}]",
                next_step="torch.from_numpy(…)",
            )  # fmt: skip
        if value.ndim != 2 or value.shape[1] != width:
            raise Refusal(
                f"{name} has the wrong shape", where=f"energy(…, {name}, …)",
                came=str(list(value.shape)), expected=f"[B, {width}], matrices row-major",
                next_step=f"{name}.reshape(-1, {width})",
            )  # fmt: skip
    if x.dtype != y.dtype or len(x) not in (1, len(y)):
        raise Refusal(
            "x and ỹ do not belong together", where="energy(x, ỹ, …)",
            came=f"{len(x)} rows of {x.dtype}, {len(y)} of {y.dtype}",
            expected="one row of x for each of ỹ, of one dtype",
        )  # fmt: skip
    _check_levels(t, len(y))


def _check_levels(t: Any, rows: int) -> None:
    whole = isinstance(t, int) and not isinstance(t, bool)
    each = isinstance(t, Tensor) and not t.is_floating_point() and t.shape in ((), (rows,))
    if not (whole or each) or (whole and not 0 <= t < LEVELS):
        _no_level(f"{t!r}" if not isinstance(t, Tensor) else f"{t.dtype} {list(t.shape)}", rows)
    if each and t.device.type == "cpu" and len(t.reshape(-1)):
        low, high = (int(v) for v in torch.aminmax(t))
        if low < 0 or high >= LEVELS:
            _no_level(f"{low} … {high}", rows)


def _no_level(came: str, rows: int) -> None:
    raise Refusal(
        "no such level", where="energy(…, t)", came=came,
        expected=f"0 (sharp) … {LEVELS - 1} (smooth), or {rows} such integers",
    )  # fmt: skip
