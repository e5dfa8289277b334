"""The panel of slices along training: one plane of one problem, step by step."""

import html

import numpy as np
import pandas as pd

from app.shared.asks.slices import name as slice_name
from app.shared.page.contract import Drawn, Fields, Missing, Source
from app.training import arrays as series_arrays
from app.training import citing, words
from app.training.figures import planes as series_planes
from app.training.figures.planes import Tile
from app.training.scene import Scene, labelled, missing, unique


def planes(scene: Scene, fields: Fields) -> Drawn | Missing:
    """One plane of one problem, step by step."""
    where, problem = scene.plane(fields["plane"], fields["centre"]), fields["problem"]
    if where is None or problem is None:
        return missing("landscape_slice")
    way, level, scale = scene.slices[where], fields["level"], fields["shade"]
    by_series = scene.along(way)
    steps = series_planes.chosen(sorted({step for _, found in by_series for step, _ in found}))
    cuts = [
        {step: cut for step, q in found if step in steps
         and (cut := series_arrays.cut(scene.store, q, problem, level, scale)) is not None}
        for _, found in by_series
    ]  # fmt: skip
    kept = [(n, row) for n, row in zip(scene.names, cuts, strict=True) if row]
    if not kept:
        return Missing(f"No slice of problem {problem} at these steps.")
    every = [cut for _, row in kept for cut in row.values()]
    tiles: list[dict[int, Tile]] = [{k: c.tile for k, c in row.items()} for _, row in kept]
    first = every[0]
    same = all(
        np.allclose(c.centre, first.centre, atol=1e-6)
        and np.allclose(c.direction, first.direction, atol=1e-6)
        for c in every
    )
    question = next(iter(way.of.values()))
    plane = slice_name(question, (question,))
    note = f"problem {problem} · t = {level} · {plane}"
    note += "" if same else " · of each step's own model"
    figure = series_planes.figure([n for n, _ in kept], tiles, steps, scale,
                                  fields.look.template, fields.look.ink.text)  # fmt: skip
    errors = [c.error for c in every if np.isfinite(c.error)]
    long = words.LONG["planes"].format(
        half=question.parameters["half_width"], radius=first.radius, plane=plane,
        error=max(errors, default=0.0),
        same="Centre and directions are the very same at every step." if same else
        "The rule is the same at every step, but its centre or its directions are each model's"
        " own: the maps lie around different points.",
    )  # fmt: skip
    drawn = [
        q for (_, found), row in zip(by_series, cuts, strict=True) for step, q in found
        if step in row
    ]  # fmt: skip
    questions = unique(drawn)
    return Drawn(
        figure,
        labelled(_table(kept)),
        [Source(q) for q in questions],
        note,
        long=long,
        cite=citing.citation(scene, questions),
        python=citing.python(scene, questions, ["energy", "node"], [problem]),
        command=citing.command(scene, questions[0]),
    )


def _table(kept: list[tuple[str, dict[int, series_arrays.Cut]]]) -> pd.DataFrame:
    parts = []
    for name, row in kept:
        for step, cut in row.items():
            at = np.linspace(-1, 1, len(cut.tile.values))
            b, a = np.meshgrid(at, at, indexing="ij")
            parts.append(pd.DataFrame({
                "series": html.unescape(name), "step": step, "b_half_widths": b.ravel(),
                "a_half_widths": a.ravel(), "value": cut.tile.values.ravel(),
            }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)
