"""Raw activations against codes of a dictionary: one difference, chosen without the test side."""

from dataclasses import dataclass

import numpy as np

from app.probes import cells
from app.probes.cells import Cell, Cells
from app.probes.scene import READ, Scene
from app.shared.drawing.names import input_name
from ired_interp_core.failure.names import RAW
from ired_interp_core.probing.paired import difference


@dataclass(frozen=True)
class Rival:
    """R² of codes − R² of a raw input, of one property at one level.

    Args:
        raw: the raw input with the largest validation score.
        value: the difference.
        low: lower end of its interval, paired by problem.
        high: upper end.
    """

    raw: str
    value: float
    low: float
    high: float

    @property
    def name(self) -> str:
        """In words."""
        return f"codes − {input_name(self.raw)}"


def codes_against_raw(scene: Scene, found: Cells, cell: Cell) -> Rival | None:
    """Compare codes with raw activations; None where one of them has no predictions."""
    where = {"property": cell.property, "level": cell.level}
    validation = found.answer["validation_score"].sel(where)
    usable = {n: float(validation.sel(input=n)) for n in RAW if n in found.inputs}
    usable = {n: v for n, v in usable.items() if np.isfinite(v)}
    if "codes" not in found.inputs or not usable:
        return None
    raw = max(usable, key=lambda n: usable[n])
    question = scene.asked[READ]
    answer = cells.one(scene.store, question, ("true", "predicted", "fold"))
    true = answer["true"].sel(property=cell.property).values.astype("f8")
    mine, other = (
        answer["predicted"].sel(input=n, **where).values.astype("f8") for n in ("codes", raw)
    )
    fold = answer["fold"].isel(split=0).values
    known = np.isfinite(true) & np.isfinite(mine) & np.isfinite(other)
    if known.sum() < 2 or len(np.unique(fold[known])) < 2:
        return None
    each = (true[known], mine[known], other[known], fold[known])
    return Rival(raw, *difference(*each, int(question.parameters["seed"])))
