"""One cell along a training: its score at every checkpoint that was probed alike."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.probes import cells
from app.probes.cells import Cell, Cells
from app.probes.figures import read_lines
from app.probes.scene import READ, Scene
from app.shared.address.address import Address
from app.shared.asks import reading, series
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Source
from ired_interp_core.spelling import counted
from store import QuestionInfo, Series

NAMES = ("score", "score_low", "score_high", "gain")


@dataclass(frozen=True)
class Along:
    """A training with what was probed of it.

    Args:
        series: the training.
        asked: (step, question) of every checkpoint that was probed as the one of the page.
    """

    series: Series
    asked: tuple[tuple[int, QuestionInfo], ...]


def along(scene: Scene) -> Along | None:
    """The training of the page's model of which most steps were probed; None for fewer than two."""
    mine = scene.asked.get(READ)
    if mine is None:
        return None
    alike = {
        q.model: q
        for q in reading.questions(scene.store, analysis=READ)
        if q.rows and q.problems == mine.problems and q.parameters == mine.parameters
    }
    found = [
        Along(one.series, tuple((s, alike[m]) for s, m in one.series.models if m in alike))
        for one in series.steps_of(scene.store, scene.subject.model)
    ]
    best = max(found, key=lambda one: len(one.asked), default=None)
    return best if best is not None and len(best.asked) > 1 else None


def draw(scene: Scene, fields: Fields) -> Outcome:
    """Score of the chosen cell and its best control at every checkpoint."""
    found = along(scene)
    if found is None:
        return Missing("No other checkpoint of this training was probed.")
    cell = scene.cells.chosen(fields)
    read = [(step, q, cells.read(scene.store, q)) for step, q in found.asked]
    usable = [(step, q, one) for step, q, one in read if _there(one, cell)]
    if not usable:
        return Missing(f"{cell.title} was read at no checkpoint of this training.")
    steps = np.array([step for step, _, _ in usable])
    each = xr.concat([one.of(cell, *NAMES) for _, _, one in usable], "training_step",
                     coords="minimal", compat="override")  # fmt: skip
    each = each.assign_coords(training_step=steps)
    each = each.assign(control=each["score"] - each["gain"])
    each["control"].attrs.update(long_name="score of the best control", units="1")
    models = [q.model for _, q, _ in usable]
    now = models.index(scene.subject.model) if scene.subject.model in models else -1
    score, low, high, control = (
        each[n].values.astype("f8") for n in ("score", "score_low", "score_high", "control")
    )
    look = fields.look
    figure = read_lines.along(steps, (score, low, high), control, models, now, look.template)
    note = (f"{cell.title} · {series.name(scene.store, found.series)},"
            f" {counted(len(steps), 'checkpoint')}")  # fmt: skip
    sources = [Source(q, {"variables": list(NAMES)}) for _, q, _ in usable]
    return Drawn(figure, each, sources, note)


def _there(one: Cells, cell: Cell) -> bool:
    """Whether a checkpoint has the cell."""
    return (
        cell.property in one.properties
        and cell.input in one.inputs
        and bool(np.isfinite(one.number(cell, "score")))
    )


def to_step(address: Address, point: Picked) -> dict[str, str] | None:
    """A checkpoint was clicked: its probes."""
    told = point.custom[:1]
    return {"model": str(told[0])} if told and isinstance(told[0], str) and told[0] else None
