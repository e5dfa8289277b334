"""How columns of the wide table are named in menus, on axes and in captions."""

from collections.abc import Mapping
from typing import Any

from app.shared.drawing.colours import PLACE_NAMES
from app.shared.table.quantities import Quantity


def menu(column: Quantity) -> str:
    """Name a column in a menu.

    Args:
        column: of the wide table.

    Returns:
        Label, unit, and what it depends on.
    """
    where = {"level": " (t)", "level and place": " (t, place)"}.get(column.per, "")
    return f"{column.label} [{column.unit}]{where}" if column.unit != "1" else column.label + where


def measured(values: Mapping[str, Any]) -> str:
    """Say where the numbers that depend on level and place were taken.

    Args:
        values: level and place.

    Returns:
        Part of a caption.
    """
    place = PLACE_NAMES[values["place"]]
    return f"per-level numbers at t = {values['level']}, curvature at the {place} (level frame)."


def axis(column: Quantity, values: Mapping[str, Any]) -> str:
    """Name a column on an axis.

    Args:
        column: of the wide table.
        values: level and place.

    Returns:
        Label with unit, level and place.
    """
    at = {"level": f", t = {values['level']}"}
    at["level and place"] = f"{at['level']}, {PLACE_NAMES[values['place']]}"
    return column.axis + at.get(column.per, "")
