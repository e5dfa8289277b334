"""Panels of one task: error by level, one problem entry by entry, energy around the truth."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from app.paper import answers as paper_answers
from app.paper import example as paper_example
from app.paper import words
from app.paper.answers import Answer, Moved
from app.paper.captions import WORDS
from app.paper.figures import energy, levels
from app.paper.scene import Scene
from app.paper.source import drawn
from app.shared.drawing.levels import LEVEL_ORDER, Line, Sentence, Strong
from app.shared.page.contract import Drawn, Fields, Missing, Source
from app.shared.page.outcomes import lacks
from app.shared.table import verdict

OFFICIAL_MISSING = "The official sampler was not measured of these weights."


def fall(scene: Scene, fields: Fields) -> Drawn | Missing:
    """Figure 3: error by level."""
    task = fields["task"]
    answers = scene.official(task)
    if not answers:
        return scene.lacks(task, OFFICIAL_MISSING)
    names = ["absolute_error_level", "absolute_error_level_error"]
    falls = {
        v: levels.Fall(*(e.answer.levels[n].to_numpy(float) for n in names))
        for v, e in answers.items()
    }
    numbers = pd.concat(
        [e.answer.levels[names].rename_axis("level").reset_index().assign(**_about(e.answer))
         for e in answers.values()]
    )  # fmt: skip
    caption = f"{WORDS['figure-3'].short} {words.walk(answers)}".strip()
    figure = levels.figure(falls, fields.look.template)
    return drawn(scene, figure, numbers, [*answers.values()], task, caption)


def _about(answer: Answer) -> dict[str, object]:
    return {"task": answer.task, "variant": answer.variant, "weights": answer.model,
            "question": answer.key, "problems": answer.problems}  # fmt: skip


def example(scene: Scene, fields: Fields) -> Drawn | Missing:
    """The error of one problem by level, where its descent is in the store."""
    task, problem = fields["task"], fields["example"]
    found = scene.example(task)
    if found is None:
        if task not in scene.chosen:
            return scene.lacks(task, "")
        return lacks(scene.store, ["descent"])
    read, errors = paper_example.read(scene.store, found, problem)
    figure = levels.strip(errors, fields.look.template)
    error = xr.DataArray(
        errors, {"level": list(LEVEL_ORDER)}, ("level", "row", "col"),
        attrs={"long_name": "|ŷ_t − y*|", "units": "y"},
    )  # fmt: skip
    kept = read[["answer", "y_true", "mse_final"]].sel(level=list(LEVEL_ORDER))
    sources = (
        Source(found.descent, {"problems": [problem], "variables": ["answer", "mse_final"]}),
        Source(found.properties, {"problems": [problem], "variables": ["y_true"]}),
    )
    mse = verdict.short(float(read["mse_final"]))
    note = f"problem {problem} of {found.set} · MSE of ŷ {mse}"
    return Drawn(figure, kept.assign(error=error), sources, note)


def _moved(scene: Scene, task: str) -> Mapping[str, Moved] | Missing:
    """Energies around the truth by variant, or what is missing."""
    answers = scene.official(task)
    if not answers:
        return scene.lacks(task, OFFICIAL_MISSING)
    moved = {v: paper_answers.moved(scene.store, e.answer) for v, e in answers.items()}
    moved = {v: m for v, m in moved.items() if np.isfinite(m.energy).any()}
    return moved or Missing("No energies around the truth were measured (energy_problems = 0).")


def bottom(scene: Scene, fields: Fields) -> Drawn | Missing:
    """Where the energy around the truth is lowest."""
    task = fields["task"]
    moved = _moved(scene, task)
    if isinstance(moved, Missing):
        return moved
    answers = scene.official(task)
    lines: list[Line] = []
    rows = []
    for variant, m in moved.items():
        head, _, rest = words.around_truth(variant, m).partition(":")
        lines.append([Strong(f"{task}, {head}:"), rest])
        for t, (rank, firm) in words.lowest(m).items():
            rows.append({
                **_about(answers[variant].answer), "level": t,
                "displacement": m.displacement[rank], "energy": m.energy[t, rank],
                "energy_error": m.error[t, rank],
                "energy_excess": m.energy[t, rank] - m.energy[t, 0], "below_truth": firm,
            })  # fmt: skip
    body = Sentence([[line] for line in lines])
    return drawn(scene, body, pd.DataFrame(rows), [*answers.values()])


def around(scene: Scene, fields: Fields) -> Drawn | Missing:
    """Figure 4: the energy around the truth."""
    task = fields["task"]
    moved = _moved(scene, task)
    if isinstance(moved, Missing):
        return moved
    answers = scene.official(task)
    arounds = {
        v: energy.Around(m.displacement, m.energy, m.error, words.lowest(m))
        for v, m in moved.items()
    }
    look = fields.look
    excess = fields["curve"] == "excess"
    figure = energy.figure(arounds, look.template, look.ink.muted, excess=excess)
    numbers = pd.concat([_long(answers[v].answer, m) for v, m in moved.items()])
    return drawn(scene, figure, numbers, [*answers.values()], task)


def _long(answer: Answer, moved: Moved) -> pd.DataFrame:
    levels_, count = moved.energy.shape
    columns = {
        "level": np.repeat(np.arange(levels_), count),
        "displacement": np.tile(moved.displacement, levels_),
        "energy": moved.energy.ravel(),
        "energy_error": moved.error.ravel(),
        "energy_excess": (moved.energy - moved.energy[:, :1]).ravel(),
    }
    return pd.DataFrame({**_about(answer), **columns})
