"""The order of rows as an address spells it: a column, with "-" before it largest first."""

from typing import Literal

import pandas as pd


def ordered(rows: pd.DataFrame, order: str) -> pd.DataFrame:
    """Rows by a column; by any other word as they are."""
    name = order.removeprefix("-")
    if name not in rows:
        return rows
    return rows.sort_values(name, ascending=name == order, kind="stable", na_position="last")


def resorted(order: str, name: str) -> str:
    """The order after a click on a head: largest first, and at a second click smallest first."""
    return name if order == f"-{name}" else f"-{name}"


def way(order: str, name: str) -> Literal["", "up", "down"]:
    """How a column is sorted in an order."""
    return "up" if order == name else "down" if order == f"-{name}" else ""
