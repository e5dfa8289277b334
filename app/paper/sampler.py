"""Panels of the sampler: Table 1 and what it says, Table 2 with its figure, Table 3."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from app.paper import rows as paper
from app.paper import tables, words
from app.paper.answers import Answer
from app.paper.figures import steps as figures
from app.paper.figures.steps import Course
from app.paper.scene import Scene
from app.paper.source import drawn, spoken
from app.shared.page.contract import Drawn, Fields, Missing
from ired_interp_core import published
from ired_interp_core.schema import LEVELS

Steps = Mapping[int, Mapping[str, Answer]]
TOO_FEW_STEPS = "These weights were measured with fewer than two numbers of steps."


def errors(scene: Scene, fields: Fields) -> Drawn:
    """Table 1: published beside measured beside trivial, of all tasks."""
    table, numbers = tables.first(scene.store, scene.everything, scene.chosen)
    shown = [e for task in scene.chosen for e in scene.official(task).values()]
    return drawn(scene, table, numbers, shown)


def said(task: str, scene: Scene, fields: Fields) -> Drawn:
    """What the numbers of Table 1 say about one task."""
    answers = scene.official(task)
    body = spoken(task, words.sentence(answers))
    return drawn(scene, body, tables.said(answers), [*answers.values()])


def steps(scene: Scene, fields: Fields) -> Drawn | Missing:
    """Table 2: errors by number of steps."""
    task = fields["task"]
    by_steps = scene.by_steps(task)
    if len(by_steps) < 2:
        return scene.lacks(task, TOO_FEW_STEPS)
    table, numbers = tables.second(by_steps, task)
    quoted = (
        "published: the paper's Table 2; small: ratio to the published."
        if task == "inverse"
        else "the paper gives such a table for inverse only."
    )
    caption = f"MSE ± s.e. [y²] of the official answer; {quoted}"
    return drawn(scene, table, numbers, _shown(by_steps), task, caption)


def steps_figure(scene: Scene, fields: Fields) -> Drawn | Missing:
    """Table 2 as a figure, beside trivial predictors."""
    task = fields["task"]
    by_steps = scene.by_steps(task)
    if len(by_steps) < 2:
        return scene.lacks(task, TOO_FEW_STEPS)
    there = [v for v in published.MSE[task] if any(v in a for a in by_steps.values())]
    courses = {v: _course(by_steps, v, task) for v in there}
    ink = fields.look.ink
    figure = figures.figure(courses, fields.look.template, ink.accent, ink.muted)
    numbers = figures.numbers(courses).assign(task=task)
    return drawn(scene, figure, numbers, _shown(by_steps), task)


def ablations(scene: Scene, fields: Fields) -> Drawn | Missing:
    """Table 3: what parts of the sampler and of the loss are worth."""
    task = fields["task"]
    rows = []
    if task in scene.chosen:
        rows = paper.ablations(scene.store, scene.everything, task, scene.chosen[task])
    if len(rows) < 2:
        text = "These weights were measured with fewer than two settings of the sampler."
        return scene.lacks(task, text)
    table, numbers = tables.third(scene.store, rows)
    return drawn(scene, table, numbers, [e for r in rows for e in r.answers.values()], task)


def _shown(by_steps: Steps) -> Sequence[Answer]:
    return [e for answers in by_steps.values() for e in answers.values()]


def _course(by_steps: Steps, variant: str, task: str) -> Course:
    there = {n * LEVELS: a[variant] for n, a in by_steps.items() if variant in a}
    quoted = published.MSE_BY_STEPS if task == "inverse" else {}
    rows = []
    for steps, answer in there.items():
        mse = paper.official(answer)
        rows.append((steps, mse.value, mse.error, quoted.get(steps, {}).get(variant, np.nan)))
    last = there[max(there)]
    predictors = {paper.label(b.name): b.mse.value for b in paper.named(last)}
    return Course(pd.DataFrame(rows, columns=figures.MEASURED), predictors)
