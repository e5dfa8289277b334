"""Features of the chosen input and level beside what was said about the same problems: one file."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from app.shared.asks import reading
from app.shared.drawing.names import input_name
from app.shared.page.contract import More
from ired_interp_core.probing.names import LAYERS
from store import QuestionInfo, Store

MOST = 16_000_000
"""Numbers of one file that a page makes; more of them come by command."""

SIDES = {"x": ("x",), "xy": ("x", "ỹ"), "gradient": ("gradient",)}
"""Input → arrays that stand side by side in it; a layer is one."""


def more(
    store: Store, question: QuestionInfo, said: Callable[[], xr.Dataset], name: str, level: int
) -> More | None:
    """What a panel offers to save.

    Args:
        store: opened.
        question: of probes or failure_prediction.
        said: labels, folds and predictions [measured].
        name: input.
        level: t; of probes its end, of a prediction of failure the state before its jump.

    Returns:
        None for codes, which have to be computed by a network, and where the states are not here.
    """
    states = next(
        (q for q in reading.questions(store) if q.key == question.inputs.get("states")), None
    )
    if name == "codes" or states is None or not states.rows:
        return None
    size = question.problems.size
    if int(question.parameters["problems"]) * max(1024, 3 * size * size) > MOST:
        return None
    label = f"netCDF with {input_name(name)} of t = {level}"

    def make() -> xr.Dataset:
        answer = said()
        rows = answer["measured"].values.astype(int)
        values = features(store, question, states, name, level, rows)
        told = {"long_name": f"{input_name(name)} at t = {level}", "units": "1"}
        wide = answer.assign({f"feature_{name}": (("measured", "entry"), values, told)})
        return wide.assign_attrs(key=question.key)

    return More(label, f"with-{name}", make)


def features(
    store: Store, question: QuestionInfo, states: QuestionInfo, name: str, level: int,
    rows: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """An input of some problems as a probe reads it, float32 [problem, entry], row-major."""
    last = int(_question(store, states.inputs["descent"]).parameters["inner_steps"])
    step = -1 if question.analysis == "failure_prediction" else last
    order = np.argsort(rows)

    def read(asked: QuestionInfo, variable: str, at: dict[str, object]) -> np.ndarray:
        answer = store.read(asked, problems=rows[order].tolist(), variables=[variable], at=at)
        values = answer[variable].values.astype("f4").reshape(len(rows), -1)
        found = np.empty_like(values)
        found[order] = values
        return found

    where: dict[str, object] = {"level": level, "step": step}
    if name in LAYERS:
        return read(states, "layer_state", {**where, "network": "trained", "layer": name})
    parts = []
    for side in SIDES[name]:
        if side == "x":
            properties = _question(store, question.inputs["properties"])
            parts.append(read(properties, "x", {}))
        elif side == "gradient":
            parts.append(read(states, "state_gradient", {**where, "network": "trained"}))
        else:
            parts.append(read(states, "state", where))
    return np.concatenate(parts, axis=1)


def _question(store: Store, key: str) -> QuestionInfo:
    return next(q for q in store.questions() if q.key == key)
