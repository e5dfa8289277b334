"""The panel of slices along training: one plane of one problem, step by step."""

import html

import numpy as np
import pandas as pd

from app.annealing.scene import Missing
from app.landscape import slices as scene_slices
from app.shared.page import look as theme
from app.training import arrays as series_arrays
from app.training import words
from app.training.figures import planes as series_planes
from app.training.figures.planes import Tile
from app.training.questions import Alike, alike
from app.training.scene import Drawn, Scene, missing


def slices(scene: Scene) -> dict[tuple[str, str], Alike]:
    """Planes of which the models of the series have slices.

    Args:
        scene: everything.

    Returns:
        (plane, centre) → questions; of those with other parameters, too, the ones asked most.
    """
    if scene.problems is None:
        return {}
    found: dict[tuple[str, str], Alike] = {}
    for way in alike(scene.s, scene.chosen, scene.problems, "landscape_slice"):
        found.setdefault(scene_slices.place_of(next(iter(way.of.values()))), way)
    return found


def plane_of(scene: Scene) -> tuple[str, str] | None:
    """The plane that the address means, or it around another centre, or the first there is.

    Args:
        scene: everything.

    Returns:
        Plane and centre; None if there is no slice at all.
    """
    there = slices(scene)
    plane, centre = scene.address["plane"], scene.address["centre"]
    near = [k for k in there if k[0] == plane]
    fitting = [k for k in near if centre in ("", k[1])]
    return next(iter([*fitting, *near, *there]), None)


def planes(scene: Scene) -> Drawn | Missing:
    """One plane of one problem, step by step.

    Args:
        scene: everything.

    Returns:
        The panel.
    """
    where, problem = plane_of(scene), scene.address["problem"]
    if where is None or problem is None:
        return missing("landscape_slice")
    of = slices(scene)[where]
    level, scale = scene.address["level"], scene.address["shade"]
    by_series = scene.along(of)
    steps = series_planes.chosen(sorted({step for _, found in by_series for step, _ in found}))
    cuts = [
        {step: cut for step, q in found if step in steps
         and (cut := series_arrays.cut(scene.s, q, problem, level, scale)) is not None}
        for _, found in by_series
    ]  # fmt: skip
    kept = [(n, row) for n, row in zip(scene.names, cuts, strict=True) if row]
    if not kept:
        return Missing(f"No slice of problem {problem} at these steps.", "")
    every = [cut for _, row in kept for cut in row.values()]
    tiles: list[dict[int, Tile]] = [{k: c.tile for k, c in row.items()} for _, row in kept]
    first = every[0]
    same = all(
        np.allclose(c.centre, first.centre, atol=1e-6)
        and np.allclose(c.direction, first.direction, atol=1e-6)
        for c in every
    )
    question = next(iter(of.of.values()))
    plane = scene_slices.name(question, (question,))
    note = f"problem {problem} · t = {level} · {plane}"
    note += "" if same else " · of each step's own model"
    figure = series_planes.figure([n for n, _ in kept], tiles, steps, scale, scene.template,
                                  theme.ink().text)  # fmt: skip
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
    return Drawn(figure, note, words.READING["planes"], long, lambda: _table(kept), drawn,
                 ["energy", "node"])  # fmt: skip


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
