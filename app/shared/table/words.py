"""How columns of the wide table are named in menus, on axes and in captions."""

from collections.abc import Mapping
from typing import Any

from app.shared.drawing.colours import PLACE_NAMES
from app.shared.table.quantities import Quantity


def menu(column: Quantity) -> str:
    """Name a column in a menu: label, unit, and what it depends on."""
    return column.axis + {"level": " (t)", "level and place": " (t, place)"}.get(column.per, "")


def measured(values: Mapping[str, Any]) -> str:
    """Say, in a caption, where the numbers that depend on level and place were taken."""
    place = PLACE_NAMES[values["place"]]
    return f"Level t = {values['level']}; curvature at the {place} (level frame)."


def axis(column: Quantity, values: Mapping[str, Any]) -> str:
    """Name a column on an axis: label with unit, and the level and place of these values."""
    at = {"level": f", t = {values['level']}"}
    at["level and place"] = f"{at['level']}, {PLACE_NAMES[values['place']]}"
    return column.axis + at.get(column.per, "")
