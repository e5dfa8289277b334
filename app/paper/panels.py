"""Panels of one task: error by level, and one problem entry by entry."""

import pandas as pd
import xarray as xr

from app.paper import example as paper_example
from app.paper import words
from app.paper.figures import levels
from app.paper.numbers import about
from app.paper.scene import Scene
from app.paper.source import drawn
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page.contract import Drawn, Fields, Missing, Source
from app.shared.page.outcomes import lacks
from ired_interp_core.spelling import number


def fall(scene: Scene, fields: Fields) -> Drawn | Missing:
    """Figure 3: error by level."""
    task = fields["task"]
    answers = scene.official(task)
    if not answers:
        return scene.lacks(task)
    falls = {variant: answer.levels[list(levels.FALL)] for variant, answer in answers.items()}
    numbers = pd.concat(
        fall.rename_axis("level").reset_index().assign(**about(answers[variant]))
        for variant, fall in falls.items()
    )
    figure = levels.figure(falls, fields.look.template)
    return drawn(
        scene,
        figure,
        numbers,
        [*answers.values()],
        f"{task} · {words.walk(answers)}".removesuffix(" · "),
    )


def example(scene: Scene, fields: Fields) -> Drawn | Missing:
    """The error of one problem by level, where its descent is in the store."""
    task, problem = fields["task"], fields["example"]
    found = scene.example(task)
    if found is None:
        return lacks(scene, ["descent"]) if task in scene.chosen else scene.lacks(task)
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
    mse = number(float(read["mse_final"]))
    note = f"problem {problem} of {found.set} · MSE of ŷ {mse}"
    return Drawn(figure, kept.assign(error=error), sources, note)
