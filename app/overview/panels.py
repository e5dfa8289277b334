"""Panels of Overview: of each subject a verdict, where to look first, and its predictors."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from app.components.host import Picked
from app.overview import coverage, undescended, words
from app.overview.figures import standing as figures
from app.overview.scene import Scene, titled
from app.shared.address.address import Address
from app.shared.asks import chosen, steps
from app.shared.asks.reading import Subject
from app.shared.drawing.levels import Column, Row, Sentence, Strong, Table
from app.shared.drawing.names import baseline_name
from app.shared.page import frame
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Panel, Source
from app.shared.table import catalog, verdict
from app.shared.table import rows as table_rows
from app.shared.table.rows import Rows
from ired_interp_core.spelling import number
from ired_interp_core.tasks import TASKS

EXCESS = "descent.energy_excess"
OPEN = "answer of lowest relative energy"
"""Why of `EXCESS` where x leaves y open: there an ideal energy is lower at its answer too."""

FIRST = (
    ("descent.excess", True, "largest error relative to its baseline", "MSE − baseline", "+.4f"),
    ("descent.mse_final", True, "largest error", "MSE", ".4f"),
    ("hessian_spectrum.smallest_eigenvalue", False, "softest direction at ŷ", "min λ", ".3g"),
    ("hessian_spectrum.above_inverse_sigma", True, "most eigenvalues above 1/σ", "", ".0f"),
    (EXCESS, False, "prefers its wrong answer most", "E(ŷ) − E(y*)", ".3g"),
    ("descent.minimum_distance", True, "answer farthest from a minimum", "distance", ".3g"),
)
"""What to look at first: column, largest first, why, sign of its number, how it is spelled."""

STEPS, PROBLEMS = "steps", "problems"
"""Rows that lead elsewhere than to a problem."""


def panels(scene: Scene) -> Sequence[Panel]:
    """Three panels for each subject with a descent, the subjects without, what the store has."""
    found = [panel for subject in scene.descended for panel in of_subject(scene, subject)]
    found += undescended.panels(scene)
    if not found:
        found.append(Panel("empty", "Nothing here yet", (), (),
                           lambda scene, fields: frame.lacking(scene.store), words.EMPTY,
                           span=24, height=0, kind="sentence"))  # fmt: skip
    return [*found, *coverage.panels(scene.store)]


def of_subject(scene: Scene, subject: Subject) -> list[Panel]:
    """The panels of a model that has a descent on a set of problems."""
    key = f"{subject.model[:8]}-{subject.set}"
    about = Panel(f"about-{key}", titled(subject), (), (), partial(draw_about, subject),
                  words.ABOUT, span=24, height=0, kind="sentence")  # fmt: skip
    first = Panel(f"first-{key}", "Look at first", (), (), partial(draw_first, subject),
                  words.FIRST, on_pick=partial(picked, scene, subject), span=12, height=0,
                  kind="table")  # fmt: skip
    count = len(scene.standing(subject).beside)
    standing = Panel(f"standing-{key}", "Beside trivial predictors", (), (),
                     partial(draw_standing, subject), words.STANDING, span=12,
                     height=figures.height(count) if count else 96)  # fmt: skip
    return [about, first, standing]


# ----- verdict


def draw_about(subject: Subject, scene: Scene, fields: Fields) -> Outcome:
    """How a model stands beside predictors that learned nothing, in words."""
    numbers = scene.standing(subject)
    shown = [("answer ŷ", numbers.answer), ("official", numbers.official)]
    if numbers.best:
        shown.append((baseline_name(numbers.best.name), numbers.best.mse))
    facts: list[str | Strong] = ["MSE [y²]: "]
    for name, mean in shown:
        facts += [f"{name} ", Strong(verdict.spelled(mean)), " · "]
    lines = [
        [Strong(titled(subject)), f" · {scene.whose(subject)}"],
        [verdict.sentence(numbers)],
        facts[:-1],
        *([line] for line in others(scene, subject)),
    ]
    return Drawn(
        Sentence([[line] for line in lines]),
        labelled(numbers).drop_dims("predictor"),
        sources(scene, subject),
    )


UNLIKE = {"polish_iterations 0": "without L-BFGS polishing"}
"""What differs from the official settings → how a sentence says it."""


def others(scene: Scene, subject: Subject) -> list[str]:
    """Errors of the descents with other parameters."""
    family = scene.family(subject)
    told = []
    for question in family.others["descent"]:
        if question != family.asked["descent"]:
            other = chosen.family(scene.store, subject, {"descent": question.key})
            numbers = verdict.standing(scene.store, other.scope())
            error = verdict.spelled(numbers.answer)
            how = UNLIKE.get(question.title) or f"with {question.title}"
            told.append(f"Another run of {numbers.counted}, {how}: MSE of ŷ {error}")
    return told


JUDGED = {
    "descent": ("mse_final", "mse_official", "mse_to_baseline"),
    "problem_properties": ("baseline_mse",),
}
"""Analysis → variables that a verdict is made of."""


def sources(
    scene: Scene, subject: Subject, variables: Mapping[str, Iterable[str]] = JUDGED
) -> list[Source]:
    """The answers about a subject that hold some variables of some analyses."""
    asked = scene.family(subject).asked
    wanted = {name: list(known) for name, known in variables.items() if name in asked}
    return [Source(asked[name], {"variables": listed}) for name, listed in wanted.items()]


# ----- what to look at first


def draw_first(subject: Subject, scene: Scene, fields: Fields) -> Drawn:
    """Problems at the ends of some numbers, and the ways to more."""
    found = firsts(scene, subject)
    rows = [Row(f"problem {n}", "", [why, said], n) for n, why, said, _ in found]
    if other := steps.more(scene.store, subject):
        rows.append(Row("training", "", [other, ""], STEPS))
    rows.append(Row("all problems", "", ["of this set", ""], PROBLEMS))
    rest = [np.nan] * (len(rows) - len(found))
    numbers = xr.Dataset(
        {
            "problem": ("row", [*(float(n) for n, *_ in found), *rest],
                        {"long_name": "index of the problem", "units": "1"}),
            "why": ("row", [str(row.cells[0]) for row in rows], {"long_name": "why", "units": ""}),
            "value": ("row", [*(value for *_, value in found), *rest],
                      {"long_name": "number of that problem", "units": "that of the number named"}),
        }
    )  # fmt: skip
    heads = [Column("where"), Column("why", align="left"), Column("number", align="left")]
    return Drawn(Table(heads, rows), numbers, sources(scene, subject, read_by(scene, subject)))


def firsts(scene: Scene, subject: Subject) -> list[tuple[int, str, str, float]]:
    """The problem at the end of each number of `FIRST`: index, why, number spelled, number."""
    store, scope = scene.store, scene.family(subject).scope(0, "answer")
    known = catalog.columns(store, scope)
    found = []
    for column, down, why, sign, form in FIRST:
        if column not in known:
            continue
        top = table_rows.points(store, scope, known, [column], Rows((), column, down), 1)
        if top.empty or pd.isna(top[column].iloc[0]):
            continue
        value, problem = float(top[column].iloc[0]), int(top["problem"].iloc[0])
        if column == EXCESS and not TASKS[subject.problems.task].determined:
            why = OPEN
        if not (column.endswith("above_inverse_sigma") and value == 0):
            found.append((problem, why, f"{sign} {number(value, form)}".strip(), value))
    return found


def read_by(scene: Scene, subject: Subject) -> Mapping[str, Iterable[str]]:
    """Analysis → variables that the numbers of `FIRST` are taken from, once each."""
    known = catalog.columns(scene.store, scene.family(subject).scope())
    variables: dict[str, dict[str, None]] = {}
    for part in (part for column, *_ in FIRST if column in known for part in known[column].parts):
        variables.setdefault(part.analysis, {})[part.variable] = None
    return variables


def picked(scene: Scene, subject: Subject, address: Address, row: Picked) -> Address | None:
    """Where a row of the table leads."""
    if row.head or not row.custom:
        return None
    about: dict[str, Any] = {"model": subject.model, "set": subject.set}
    where = row.custom[0]
    if where == STEPS:
        return address.carry("annealing", **about, sheet="training")
    if where == PROBLEMS:
        return address.carry("problems", **about)
    if not isinstance(where, int):
        return None
    view = "landscape" if frame.with_something(scene.store)["landscape"] else "problems"
    return address.carry(view, **about, problem=where, level=0)


# ----- predictors


def draw_standing(subject: Subject, scene: Scene, fields: Fields) -> Outcome:
    """The model's error among those of all trivial predictors."""
    standing = scene.standing(subject)
    if not standing.beside:
        return Missing("The trivial predictors of these problems were not computed.")
    numbers, ink = labelled(standing), fields.look.ink
    figure = figures.standing(numbers, ink.accent, ink.muted)
    return Drawn(figure, numbers, sources(scene, subject), standing.counted)


def labelled(standing: verdict.Standing) -> xr.Dataset:
    """The numbers behind verdict and figure."""
    of_model = {"answer": "MSE of the answer", "official": "MSE as the official code measures it"}
    of_each = {
        "mse": "MSE of the predictor",
        "distance": "mean squared distance between the two answers",
    }
    data: dict[str, Any] = {"count": ((), standing.count, {"long_name": "problems", "units": "1"})}
    data["diverged"] = ((), standing.diverged, {"long_name": "answers not finite", "units": "1"})
    for name, said in of_model.items():
        mean = getattr(standing, name)
        data |= _with_error(name, said, (), mean.value, mean.error)
    for name, said in of_each.items():
        means = [getattr(one, name) for one in standing.beside]
        values, errors = [mean.value for mean in means], [mean.error for mean in means]
        data |= _with_error(name, said, "predictor", values, errors)
    said = "MSE of the model's answer minus the predictor's, paired"
    for end, word in (("value", ""), ("low", ", lower end"), ("high", ", upper end")):
        values = [getattr(one.difference, end) for one in standing.beside]
        label = {"long_name": f"{said}{word}", "units": "y^2"}
        data["difference" if end == "value" else f"difference_{end}"] = ("predictor", values, label)
    names = [baseline_name(one.name) for one in standing.beside]
    return xr.Dataset(data, {"predictor": ("predictor", names, {"long_name": "predictor"})})


def _with_error(name: str, said: str, dims: Any, values: Any, errors: Any) -> dict[str, Any]:
    """A mean and its standard error as variables."""
    unit = {"units": "y^2"}
    return {
        name: (dims, values, {"long_name": said, **unit}),
        f"{name}_error": (dims, errors, {"long_name": f"{said}, standard error", **unit}),
    }
