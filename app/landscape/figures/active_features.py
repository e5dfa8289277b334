"""Which features are active at the states of a problem: the table that shows them."""

from collections.abc import Mapping

import xarray as xr

from app.landscape.figures.spectrum_table import number
from app.shared.drawing.levels import Column, Linked, Row, Table


def step_name(step: int) -> str:
    """Name a step of a level: −1 stands before the jump, 0 after it."""
    return {-1: "before the jump", 0: "after the jump"}.get(step, f"step {step}")


def table(active: xr.Dataset, labels: Mapping[int, str], link: str) -> Table:
    """Steps as columns, ranks as rows; `link` leads to a card, but for the feature's number."""
    feature, value = active["feature"].values, active["activation"].values
    there = active["active"].values[:, 0] >= 0
    levels, steps, ranks = feature.shape
    columns = [Column("")]
    for step in range(steps):
        last = step == steps - 1
        help = "the last step: the answer ŷ_t of the level" if last else ""
        columns.append(Column(step_name(int(active["step"][step])), help, last, align="left"))

    def cells(name: str) -> list[list[str]]:
        by_step = active[name].values.T
        return [
            [number(float(v)) if known else "" for v, known in zip(row, there, strict=True)]
            for row in by_step
        ]

    rows = [
        Row(
            f"rank {rank + 1}",
            "feature, its activation in the scaled frame, and its label",
            [
                [
                    _cell(int(feature[i, step, rank]), float(value[i, step, rank]), labels)
                    for i in range(levels)
                ]
                for step in range(steps)
            ],
        )
        for rank in range(ranks)
    ]
    rows += [
        Row("active", "number of features with f > 0", cells("active")),
        Row("left out", "‖x − x̂‖²/‖x − centre‖² of this state", cells("left_out")),
    ]
    return Table(columns, rows, link)


def notes(active: xr.Dataset) -> list[str]:
    """How much of the state the dictionary explains, per level."""
    name, levels = active.attrs["dictionary"], active["level"].values
    last = active.isel(step=-1)
    there = active["active"].values[:, 0] >= 0
    highest = levels[there].max(initial=-1)
    return [
        f"{name} · at ŷ_t {count} active, {number(error)} left out"
        if known
        else f"{name} · trained on levels t ≤ {highest} only"
        for known, count, error in zip(
            there, last["active"].values, last["left_out"].values, strict=True
        )
    ]


def _cell(feature: int, value: float, labels: Mapping[int, str]) -> Linked | str:
    if feature < 0:
        return ""
    short = number(float(f"{value:.3g}"))
    return Linked(str(feature), f"{short} {labels.get(feature, '')}".rstrip())
