"""Numbers of a default panel, cut out of an answer as its declaration says."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from app.more.scene import Scene, block
from app.shared.asks import reading
from app.shared.drawing.names import legal
from app.shared.page.contract import Missing
from ired_interp_core import registry
from ired_interp_core.schema import Variable
from store import QuestionInfo

MOST_PROBLEMS = 2000
"""Problems that quantiles are taken over; the first ones, said in the note."""
MOST_LABELS = 12
"""Labels of a further dim that are drawn as rows of their own."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def problems_of(question: QuestionInfo) -> np.ndarray:
    """The problems that quantiles are taken over."""
    return reading.problems_present(question)[:MOST_PROBLEMS]


def read(
    scene: Scene, question: QuestionInfo, names: Sequence[str], problem: int | None = None
) -> xr.Dataset:
    """Some variables of an answer; where it has one for each problem, of one or all of them."""
    if not block(question):
        return scene.store.read(question.analysis, question=question.key, variables=list(names))
    problems = problems_of(question).tolist() if problem is None else [problem]
    return reading.dataset(scene.store, question, tuple(problems), tuple(names))


def fitting(question: QuestionInfo, figure: str) -> dict[str, Variable]:
    """The variables that a kind of figure can draw; texts and those left out never."""
    declared = {
        name: v
        for name, v in registry.get(question.analysis).schema.variables.items()
        if v.dtype != "text" and (not v.when or question.parameters.get(v.when))
    }
    drawable = {
        "lines": lambda v: v.scalar and bool(along(v)),
        "heatmap": lambda v: len(further(v)) >= 2,
        "matrix": lambda v: {"row", "col"} <= set(v.dims),
        "table": lambda v: v.scalar,
    }[figure]
    return {name: v for name, v in declared.items() if drawable(v)}


def further(variable: Variable) -> tuple[str, ...]:
    """Dims beyond problem and place, which the page chooses."""
    return tuple(d for d in variable.dims if d not in ("problem", "place"))


def along(variable: Variable) -> str:
    """The dim that a line runs along: the level, else the longest by position (the last one)."""
    dims = further(variable)
    return "level" if "level" in dims else next(reversed(dims), "")


def placed(array: xr.DataArray, place: str) -> xr.DataArray:
    """An array at the chosen place."""
    return array.sel(place=place) if "place" in array.dims else array


def summary(array: xr.DataArray, place: str) -> xr.DataArray:
    """Numbers at a place: of problems their quantiles, of a set the number itself."""
    array = placed(array, place).astype(float)
    if "problem" not in array.dims:
        return array
    return array.quantile(QUANTILES, dim="problem").transpose("quantile", ...)


def rows(answer: xr.Dataset, names: Mapping[str, Variable], place: str) -> dict[str, xr.DataArray]:
    """Numbers along their dim: "variable" or "variable label" → [quantile, dim], or [dim]."""
    found: dict[str, xr.DataArray] = {}
    for name, variable in names.items():
        array, line = summary(answer[name], place), along(variable)
        others = [d for d in array.dims if d not in ("quantile", line)]
        if not others:
            found[name] = array
            continue
        stacked = array.stack(label=others).transpose(..., "label", line)
        for i in range(min(stacked.sizes["label"], MOST_LABELS)):
            label = " ".join(str(v) for v in np.atleast_1d(stacked["label"].values[i]))
            found[f"{name} {label}"] = stacked.isel(label=i).drop_vars(["label", *others])
    return found


def nothing(question: QuestionInfo, figure: str) -> Missing:
    """What stands in the place of a figure for which the answer has no variable."""
    title = registry.get(question.analysis).title
    return Missing(f"{title} declares the figure “{figure}”, but no variable that it could draw.")


def exported(arrays: Mapping[str, Any], attributes: Mapping[str, Variable]) -> xr.Dataset:
    """What is drawn, under legal names, with the words of its declaration."""
    data: dict[str, xr.DataArray] = {}
    for name, array in arrays.items():
        variable = attributes[name.split(" ")[0]]
        words = {"long_name": variable.label, "units": variable.unit, "help": variable.help}
        data[legal(name, data)] = array.assign_attrs(words)
    return xr.Dataset(data)
