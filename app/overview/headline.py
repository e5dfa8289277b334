"""The headline of Overview: how many models there are, and whether one solves its task."""

import numpy as np
import xarray as xr

from app.overview.about import sources
from app.overview.scene import Scene, titled
from app.shared.asks.reading import Subject
from app.shared.drawing.levels import Line, Sentence, Strong
from app.shared.page.contract import Drawn, Fields
from app.shared.table.baselines import Interval
from app.shared.table.verdict import Standing
from ired_interp_core.spelling import counted, number

LISTED = 3
"""Models that a part of the sentence names; of more it says how many."""


def draw(scene: Scene, fields: Fields) -> Drawn:
    """Count, judge, and name the model that comes closest."""
    there = {subject: scene.standing(subject) for subject in scene.descended}
    lines = [[*_counts(there), " ", *_verdict(scene, there)]]
    numbers = _numbers(scene, there)
    asked = [source for subject in there for source in sources(scene, subject)]
    return Drawn(Sentence([lines]), numbers, asked)


def _counts(there: dict[Subject, Standing]) -> Line:
    models = len({subject.model for subject in there})
    tasks = len({subject.problems.task for subject in there})
    sizes = sorted({standing.count for standing in there.values()})
    each = " each" if len(there) > 1 else ""
    if len(sizes) == 1:
        problems = f"{counted(sizes[0], 'problem')}{each}"
    else:
        problems = f"{sizes[0]:,} to {counted(sizes[-1], 'problem')}{each}"
    return [Strong(counted(models, "model")), f", {counted(tasks, 'task')}, {problems}."]


def _verdict(scene: Scene, there: dict[Subject, Standing]) -> Line:
    """What the intervals allow to say of all models; what diverges or lacks one is named so."""
    beat, open_, gone, unknown = [], [], [], []
    ratios = {}
    for subject, standing in there.items():
        word = standing.best.word if standing.best else ""
        if standing.diverged:
            gone.append(subject)
        elif word == "better than":
            beat.append(subject)
        elif word == "indistinguishable from":
            open_.append(subject)
        elif word != "worse than":
            unknown.append(subject)
        found = ratio(standing).value
        if np.isfinite(found) and word in ("worse than", "indistinguishable from"):
            ratios[subject] = found
    judged = len(there) - len(gone) - len(unknown)
    said: list[str | Strong] = []
    if beat:
        verb = "beats" if len(beat) == 1 else "beat"
        said += [Strong(_named(scene, beat)), f" {verb} the best trivial predictor"]
    elif judged:
        who = "None" if judged > 1 else "It" if len(there) == 1 else "The one that can be judged"
        said.append(
            f"{who} {'beats' if judged > 1 else 'does not beat'} the best trivial predictor"
        )
    if open_:
        said.append(f"; of {_named(scene, open_)} the interval does not decide")
    if ratios and not beat and judged > 1:
        near = min(ratios, key=ratios.__getitem__)
        said += [f"; {scene.name(near)} is closest (", Strong(number(ratios[near])),
                 " × its error)"]  # fmt: skip
    if gone:
        said.append(f"{'; ' if said else ''}{_named(scene, gone)} diverged on some problems")
    if unknown:
        said.append(f"{'; ' if said else ''}{_named(scene, unknown)} cannot be judged yet")
    return [*said, "."]


def _named(scene: Scene, subjects: list[Subject]) -> str:
    if len(subjects) > LISTED:
        return f"{len(subjects)} models"
    return " and ".join(map(scene.name, subjects))


def ratio(standing: Standing) -> Interval:
    """Error of the model over that of the best trivial predictor, with its interval.

    It is 1 + the paired difference over the predictor's mean error, so that it lies clear of 1
    just where the difference lies clear of 0.

    Args:
        standing: of the model.

    Returns:
        NaN where there is no predictor, or one without an error.
    """
    best = standing.best
    if best is None or not best.mse.value > 0:
        return Interval(np.nan, np.nan, np.nan)
    d = best.difference
    return Interval(*(1.0 + end / best.mse.value for end in (d.value, d.low, d.high)))


def _numbers(scene: Scene, there: dict[Subject, Standing]) -> xr.Dataset:
    """One row for each model."""
    ratios = [ratio(standing) for standing in there.values()]
    said = "error over that of the best trivial predictor"
    columns = {
        "set": ([titled(subject) for subject in there], "problems", ""),
        "name": ([scene.whose(subject) for subject in there], "model", ""),
        "count": ([standing.count for standing in there.values()], "problems", "1"),
        "diverged": ([standing.diverged for standing in there.values()], "not finite", "1"),
        "word": ([standing.best.word if standing.best else "" for standing in there.values()],
                 "beside the best trivial predictor", ""),
        "ratio": ([one.value for one in ratios], said, "1"),
        "ratio_low": ([one.low for one in ratios], f"{said}, lower end", "1"),
        "ratio_high": ([one.high for one in ratios], f"{said}, upper end", "1"),
    }  # fmt: skip
    return xr.Dataset(
        {n: ("model", v, {"long_name": text, "units": u}) for n, (v, text, u) in columns.items()}
    )
