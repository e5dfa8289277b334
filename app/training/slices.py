"""The panel of slices along training: one plane of one problem, step by step."""

import html

import numpy as np
import pandas as pd

from app.shared.asks.slices import name as slice_name
from app.shared.page.contract import Drawn, Fields, Missing
from app.training import arrays as series_arrays
from app.training import citing, words
from app.training.arrays import Cut
from app.training.figures import planes as series_planes
from app.training.scene import Scene, missing
from ired_interp_core.spelling import number


def planes(scene: Scene, fields: Fields) -> Drawn | Missing:
    """One plane of one problem, step by step."""
    where, problem = scene.plane(fields["plane"], fields["centre"]), fields["problem"]
    if where is None or problem is None:
        return missing("landscape_slice")
    way, level, scale = scene.slices[where], fields["level"], fields["shade"]
    along = scene.along(way)
    steps = series_planes.chosen(sorted({step for _, asked in along for step, _ in asked}))
    kept: dict[str, dict[int, Cut]] = {}
    questions = []
    for name, asked in along:
        for step, question in asked:
            if step not in steps:
                continue
            cut = series_arrays.cut(scene.store, question, problem, level, scale)
            if cut is not None:
                kept.setdefault(name, {})[step] = cut
                questions.append(question)
    if not kept:
        return Missing(f"There is no slice of problem {problem} at these training steps.")
    every = [cut for row in kept.values() for cut in row.values()]
    tiles = [{step: cut.tile for step, cut in row.items()} for row in kept.values()]
    first = every[0]
    same = all(
        np.allclose(c.centre, first.centre, atol=1e-6)
        and np.allclose(c.direction, first.direction, atol=1e-6)
        for c in every
    )
    question = way.first
    plane = slice_name(question, (question,))
    note = f"problem {problem} · t = {level} · {plane}"
    note += "" if same else " · of the model at each step"
    figure = series_planes.figure(list(kept), tiles, steps, scale,
                                  fields.look.template, fields.look.ink.text)  # fmt: skip
    errors = [c.error for c in every if np.isfinite(c.error)]
    long = words.LONG["planes"].format(
        half=question.parameters["half_width"], radius=first.radius, plane=plane,
        error=number(max(errors, default=0.0), ".0e"),
        same="The centre and the directions are the same at every step." if same else
        "The rule is the same at every step, but each model has its own centre or directions, so"
        " the maps lie around different points.",
    )  # fmt: skip
    python = citing.python(scene, questions, ["energy", "node"], [problem])
    return citing.drawn(scene, figure, _table(kept), questions, python, note, long=long)


def _table(kept: dict[str, dict[int, Cut]]) -> pd.DataFrame:
    parts = []
    for name, row in kept.items():
        for step, cut in row.items():
            at = np.linspace(-1, 1, len(cut.tile.values))
            b, a = np.meshgrid(at, at, indexing="ij")
            parts.append(pd.DataFrame({
                "series": html.unescape(name), "step": step, "b_half_widths": b.ravel(),
                "a_half_widths": a.ravel(), "value": cut.tile.values.ravel(),
            }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)
