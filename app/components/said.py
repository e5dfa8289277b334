"""What the browser says of a reader's clicks, checked: anything else is as if nothing was said."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.shared.drawing.levels import LEVEL_ORDER

Scalar = str | int | float | bool | None
Custom = tuple[Scalar, ...]


@dataclass(frozen=True)
class Picked:
    """What a reader clicked.

    Args:
        trace: number of the trace among those drawn, -1 in a table.
        custom: the point's `customdata`; of a table's row its id, of a head nothing.
        x: position as drawn; of a table the id of the column.
        y: position as drawn.
        z: value of a cell or surface.
        level: annealing level that was shown; None where the page has none.
        head: the head of a table's column.
        shift: with the shift key.
    """

    trace: int = -1
    custom: Custom = ()
    x: Scalar = None
    y: Scalar = None
    z: Scalar = None
    level: int | None = None
    head: bool = False
    shift: bool = False


def _scalar(value: Any) -> Scalar:
    """A number, text or truth that the browser sent; None for anything else."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool) else None


def _custom(value: Any) -> Custom:
    return tuple(_scalar(v) for v in value) if isinstance(value, list) else ()


def picked(value: Any) -> Picked | None:
    """What the browser says was clicked; None where it says something else."""
    if not isinstance(value, Mapping) or type(value.get("trace")) is not int:
        return None
    level = value.get("level")
    return Picked(
        trace=value["trace"],
        custom=_custom(value.get("custom")),
        x=_scalar(value.get("x")),
        y=_scalar(value.get("y")),
        z=_scalar(value.get("z")),
        level=level if type(level) is int and level in LEVEL_ORDER else None,
        head=value.get("head") is True,
        shift=value.get("shift") is True,
    )


def selected(value: Any) -> list[Custom] | None:
    """What the browser says is selected; None where it says nothing."""
    if not isinstance(value, Mapping) or not isinstance(value.get("custom"), list):
        return None
    return [_custom(one) for one in value["custom"] if isinstance(one, list)] or None
