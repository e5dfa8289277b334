"""Which features are active at the states of a problem: numbers, and the table that shows them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from app.landscape.figures.spectrum_table import number
from app.shared.drawing.levels import LEVEL_ORDER, Column, Linked, Row, Table

SHOWN = 8
"""Ranks of the table: as many as can be read at a glance."""


@dataclass(frozen=True)
class Active:
    """The features at every state of one problem.

    Args:
        feature: strongest first, −1 past the last [level in LEVEL_ORDER, step, rank].
        value: activations in the scaled frame.
        count: active features, also those past the last rank; −1 at a level that the dictionary
            does not have [level, step].
        error: ‖x − x̂‖²/‖x − centre‖², NaN there [level, step].
        steps: names of the steps' states: −1 before the jump, 0 after it.
    """

    feature: Int[np.ndarray, "L S K"]
    value: Float[np.ndarray, "L S K"]
    count: Int[np.ndarray, "L S"]
    error: Float[np.ndarray, "L S"]
    steps: Int[np.ndarray, "S"]


def active(codes: xr.Dataset, shown: int = SHOWN) -> Active:
    """Take the strongest features of every state.

    Args:
        codes: dictionary_codes of one problem (no problem dim).
        shown: ranks kept.

    Returns:
        The numbers.
    """
    nothing = {"code_feature": -1, "code_value": 0.0, "code_count": -1, "code_error": np.nan}
    found = codes.isel(active=slice(0, shown))[list(nothing)]
    ordered = found.reindex(level=list(LEVEL_ORDER), fill_value=nothing)
    return Active(
        feature=ordered["code_feature"].transpose("level", "step", "active").values,
        value=ordered["code_value"].transpose("level", "step", "active").values,
        count=ordered["code_count"].transpose("level", "step").values,
        error=ordered["code_error"].transpose("level", "step").values,
        steps=ordered["step"].values,
    )


def step_name(step: int) -> str:
    """Name a step of a level.

    Args:
        step: −1 before the jump, 0 after it.

    Returns:
        The name.
    """
    return {-1: "before the jump", 0: "after the jump"}.get(step, f"step {step}")


def table(found: Active, labels: Mapping[int, str], link: str) -> Table:
    """Steps as columns, ranks as rows; the last step is marked.

    Args:
        found: the numbers.
        labels: feature → what a reader calls it.
        link: of a card, but for the feature's number at its end.

    Returns:
        The table.
    """
    levels, steps, ranks = found.feature.shape
    columns = [Column("")]
    for step in range(steps):
        last = step == steps - 1
        help = "the last step: the level's answer ŷ_t" if last else ""
        columns.append(Column(step_name(int(found.steps[step])), help, last, align="left"))

    there = found.count[:, 0] >= 0

    def cells(values: np.ndarray) -> list[list[str]]:
        return [
            [number(float(values[i, step])) if there[i] else "" for i in range(levels)]
            for step in range(steps)
        ]

    rows = [
        Row(
            f"rank {rank + 1}",
            "feature, its activation in the scaled frame, and its label",
            [[_cell(found, labels, i, step, rank) for i in range(levels)] for step in range(steps)],
        )
        for rank in range(ranks)
    ]
    rows += [
        Row("active", "features with f > 0, all of them", cells(found.count)),
        Row("left out", "‖x − x̂‖²/‖x − centre‖² of this state", cells(found.error)),
    ]
    return Table(columns, rows, link)


def notes(found: Active, name: str) -> list[str]:
    """How much of the state the dictionary explains, per level.

    Args:
        found: the numbers.
        name: of the dictionary.

    Returns:
        Texts in LEVEL_ORDER.
    """
    there = found.count[:, 0] >= 0
    highest = max((t for i, t in enumerate(LEVEL_ORDER) if there[i]), default=-1)
    return [
        f"{name} · at ŷ_t {found.count[i, -1]} active, {number(found.error[i, -1])} left out"
        if there[i]
        else f"{name} · knows levels t ≤ {highest} only"
        for i in range(len(LEVEL_ORDER))
    ]


def _cell(
    found: Active, labels: Mapping[int, str], level: int, step: int, rank: int
) -> Linked | str:
    feature = int(found.feature[level, step, rank])
    if feature < 0:
        return ""
    value = number(float(f"{found.value[level, step, rank]:.3g}"))
    label = labels.get(feature, "")
    return Linked(str(feature), f"{value} {label}".rstrip())
