"""Attribution of one problem: matrices of x and y* beside what each entry carries."""

from typing import Any

import numpy as np
import xarray as xr

from app.landscape import missing
from app.landscape.figures import attributed, matrices
from app.landscape.numbers import LEVELS
from app.landscape.panels import read, source
from app.landscape.scene import Scene
from app.shared.asks import commands, toml
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page.contract import Compute, Drawn, Fields, Missing, Outcome
from ired_interp_core import registry
from ired_interp_core.geometry.names import BASELINES, MOST_GAP
from ired_interp_core.schema import LEVELS as COUNT
from ired_interp_core.spelling import number
from store import QuestionInfo

ANALYSIS = "attribution"
SHOWN = {
    "zero": "from zero", "mean": "from the mean problem", "noise": "from noise",
    "smooth": "by SmoothGrad", "gradient": "by the gradient", "error": "of the final error",
}  # fmt: skip
"""What the matrices show: E attributed by a method, or the final error."""


def _of(scene: Scene, problem: int, approach: str) -> dict[int, tuple[QuestionInfo, xr.Dataset]]:
    """Level → the attribution taken there; that of the final error stands at all levels."""
    found: dict[int, tuple[QuestionInfo, xr.Dataset]] = {}
    for question in scene.attributions:
        answer = scene.read(question, problem)
        if answer is not None:
            found.setdefault(int(question.parameters["level"]), (question, answer))
    if found and approach == "error":
        return dict.fromkeys(range(COUNT), next(iter(found.values())))
    return found


def _asks(scene: Scene, problem: int) -> Compute:
    """The attribution at the level in view."""
    descent, subject = scene.asked.get("descent"), scene.subject
    inputs = {} if descent is None else {"descent": descent.key}
    others = (name for name in registry.get(ANALYSIS).parameters if name != "level")
    return Compute(ANALYSIS, subject.model, subject.problems, problem, {"level": 0}, inputs,
                   free=True, hides=tuple(others), follows="level")  # fmt: skip


def _lacking(scene: Scene, problem: int, asks: Compute) -> Missing:
    """That there is no attribution of the problem, and what computes it."""
    if scene.attributions:
        return missing.answer(scene, scene.attributions[0], problem)
    own = bool(scene.subject.problems.content)  # no sweep asks about these
    command = "" if own else commands.addition(scene.store, [toml.entry("name", ANALYSIS)])
    return Missing(
        "This store has no attribution of this model on these problems. To compute it:",
        {"analysis": ANALYSIS, "problem": problem}, command, asks,
    )  # fmt: skip


def draw(scene: Scene, fields: Fields) -> Outcome:
    """x, y* and what is attributed to their entries, at every level that has an answer."""
    problem, approach = fields["problem"], fields["attribution"]
    properties, sources = read(scene, "problem_properties", problem, "x", "y_true")
    if properties is None:
        return missing.answer(scene, scene.asked["problem_properties"], problem)
    found, asks = _of(scene, problem, approach), _asks(scene, problem)
    if not found:
        return _lacking(scene, problem, asks)
    shown = numbers(properties, {t: one for t, (_, one) in found.items()}, approach,
                    matrices.PARTS[scene.subject.problems.task])  # fmt: skip
    notes = [_note(shown.sel(level=t), approach, t in found) for t in LEVEL_ORDER]
    of_error = approach == "error"
    names = (
        ("error_attribution", "error_change", "error_gap", "error_true_gap")
        if of_error
        else ("attribution_x", "attribution_y", "energy_change", "energy_gaps")
    )
    asked = {question.key: question for question, _ in found.values()}
    used = [source(question, problem, *names) for question in asked.values()]
    return Drawn(attributed.figure(shown), shown, [*used, *sources], notes, asks=(asks,))


def numbers(
    properties: xr.Dataset, found: dict[int, xr.Dataset], approach: str, parts: list[str]
) -> xr.Dataset:
    """Entries beside their attributions; NaN at levels without one, or where its gap is too large.

    Args:
        properties: of the problem, with `x` and `y_true`.
        found: level → its attribution.
        approach: one of the analysis' methods, or the final error.
        parts: names of the matrices of x.

    Returns:
        What is drawn, by level, with the sum of attributions and what it should be.
    """
    x, truth = properties["x"].values, properties["y_true"].values
    unit = "y²" if approach == "error" else "E"
    to_x, to_y = np.full((COUNT, *x.shape), np.nan), np.full((COUNT, *truth.shape), np.nan)
    total, change, gap, true = (np.full(COUNT, np.nan) for _ in range(4))
    for t, one in found.items():
        if approach == "error":
            own, beside = one["error_attribution"].values, None
            change[t], gap[t] = float(one["error_change"]), float(one["error_gap"])
            true[t] = float(one["error_true_gap"])
        else:
            mine = one.sel(approach=approach)
            own, beside = mine["attribution_x"].values, mine["attribution_y"].values
            if approach in BASELINES:
                change[t], gap[t] = float(mine["energy_change"]), float(mine["energy_gaps"])
        total[t] = own.sum() + (0.0 if beside is None else beside.sum())
        if not gap[t] > MOST_GAP:
            to_x[t] = own
            to_y[t] = np.nan if beside is None else beside
    matrix = ("row", "column")
    data: dict[str, Any] = {
        "x": (("part", *matrix), x, _named("x", "1")),
        "truth": (matrix, truth, _named("y*", "y")),
        "attribution_x": (("level", "part", *matrix), to_x, _named("attribution to x", unit)),
        "sum": ("level", total, _named("sum of attributions", unit)),
        "change": ("level", change, _named("what they should add up to", unit)),
        "gap": ("level", gap, _named("|sum − change|/|change|", "1")),
    }
    if approach == "error":
        data["true_gap"] = ("level", true, _named("gap to the change of two real walks", "1"))
    else:
        data["attribution_y"] = (("level", *matrix), to_y, _named("attribution to y", unit))
    shown = xr.Dataset(data, {"part": parts, "level": range(COUNT)}, {"approach": approach})
    return shown.sel(LEVELS)


def _named(long_name: str, units: str) -> dict[str, str]:
    return {"long_name": long_name, "units": units}


def _note(shown: xr.Dataset, approach: str, there: bool) -> str:
    """What is shown at a level, what it adds up to, and why there is nothing."""
    at = f"{SHOWN[approach]} · " if approach == "error" else (
        f"t = {int(shown['level'])} · {SHOWN[approach]} · ")  # fmt: skip
    total, change, gap = (float(shown[name]) for name in ("sum", "change", "gap"))
    if not there:
        return f"{at}not computed at this level"
    if not np.isfinite(total):
        return f"{at}the answer diverged"
    if not np.isfinite(change):
        return f"{at}adds up to nothing"
    missed = f"gap {number(100 * gap, '.2g')}\u00a0%"
    if gap > MOST_GAP:
        return f"{at}{missed}: not shown for one problem"
    what = "MSE − MSE(baseline)" if approach == "error" else f"E − E({_start(approach)})"
    if approach == "error":
        missed += f", real walks {number(100 * float(shown['true_gap']), '.2g')}\u00a0%"
    return f"{at}sum {number(total)}, {what} {number(change)} ({missed})"


def _start(approach: str) -> str:
    return {"zero": "0", "mean": "mean"}.get(approach, approach)
