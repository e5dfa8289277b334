"""A problem of the reader's own: where it comes from, what was changed, and what that did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from app.landscape import missing
from app.landscape.scene import Scene
from app.shared.asks import reading
from app.shared.drawing.levels import Sentence, Strong
from app.shared.page.contract import Drawn, Edits, Fields, Outcome, Source
from ired_interp_core.contents import Content
from ired_interp_core.own import facts
from ired_interp_core.own.rounding import ROUNDING
from ired_interp_core.spelling import counted, number

MOST_CHANGES = 400
"""Entries that count as an edit; a problem that differs in more is another one."""
LISTED = 3
"""Changed entries that are named."""
COMPLETION, INVERSE = "completion", "inverse"
COMPARED = {
    "condition": "κ",
    "smallest": "smallest singular value",
    "symmetry_defect": "‖x − xᵀ‖/‖x‖",
    "largest_entry": "largest |entry|",
    "norm": "‖x‖",
}
"""Values that are compared with those of training problems → what they are called."""


@dataclass(frozen=True)
class Origin:
    """The problem that another one was edited from.

    Args:
        x: its matrices.
        properties: its own answer.
        descent: where the model took it; None where that is not in the store.
        sources: both.
    """

    x: np.ndarray
    properties: xr.Dataset
    descent: xr.Dataset | None
    sources: Sequence[Source]


def origin(scene: Scene, fields: Mapping[str, Any]) -> Origin | None:
    """The problem that this one was edited from; None where the address or the store has none."""
    problem = fields["problem"]
    properties, descent = (scene.of_origin(name) for name in ("problem_properties", "descent"))
    before = reading.about(scene.store, properties, problem)
    if properties is None or before is None:
        return None
    walked = reading.about(scene.store, descent, problem)
    used = [Source(properties, {"problems": [problem], "variables": ["x", "y_true"]})]
    if descent is not None and walked is not None:
        used.append(Source(descent, {"problems": [problem], "variables": ["answer"]}))
    return Origin(before["x"].values, before, walked, used)


def changes(task: str, x: np.ndarray, before: np.ndarray) -> list[dict[str, Any]]:
    """Entries of x [part, row, col] that differ, as a request to make the problem spells them."""
    found = []
    for part, row, col in np.argwhere(x != before).tolist():
        new, old = float(x[part, row, col]), float(before[part, row, col])
        at = {"row": row, "col": col} | ({"part": part} if part else {})
        if task == COMPLETION and (new == 0 or old == 0):
            found.append({**at, "observed": new != 0})
        else:
            found.append({**at, "value": new})
    return found


def edits(scene: Scene, fields: Mapping[str, Any], x: np.ndarray, limit: float) -> Edits:
    """What the browser needs to change an entry: of which problem, and what is changed already."""
    p, problem = scene.subject.problems, fields["problem"]
    before, base, done = origin(scene, fields), p, []
    if before is not None and scene.origin is not None:
        done = changes(p.task, x, before.x)
        base = scene.origin
    if len(done) > MOST_CHANGES:
        base, done = p, []
    return Edits(base, problem, len(x), done, p.task == INVERSE, p.task == COMPLETION, limit)


def draw(scene: Scene, fields: Fields) -> Outcome:
    """What was changed, how far it is from training, and how far the answer moved."""
    question, problem = scene.asked["problem_properties"], fields["problem"]
    there = scene.read(question, problem)
    if there is None:
        return missing.answer(scene, question, problem)
    p, before = scene.subject.problems, origin(scene, fields)
    x = there["x"].values
    old = None if before is None else _content(p.task, p.size, before.x)
    known = facts(_content(p.task, p.size, x, there["y_true"].values), old)
    used = [Source(question, {"problems": [problem], "variables": ["x", "y_true"]})]
    lines = [_what(scene, problem, x, before, known)]
    descent = scene.asked.get("descent")
    walked = scene.read(descent, problem)
    moved = None
    if descent is not None and walked is not None:
        used.append(Source(descent, {"problems": [problem], "variables": ["answer"]}))
        if before is not None and before.descent is not None:
            moved = _moved(p.task, there, walked, before)
            lines.append(moved.words)
            used += before.sources
    lines.append(_range(p.task, known))
    return Drawn(
        Sentence([[line] for line in lines], small=True),
        _numbers(known, moved),
        used,
    )


def _content(task: str, size: int, x: np.ndarray, y: np.ndarray | None = None) -> Content:
    if y is not None and not np.isfinite(y).all():
        y = None
    x, y = (None if m is None else m.reshape(1, -1).astype(np.float64) for m in (x, y))
    return Content(task, size, x, y)


def _what(
    scene: Scene, problem: int, x: np.ndarray, before: Origin | None, known: Mapping[str, Any]
) -> list[Any]:
    notes = "".join(f" It has {note}." if note == "no truth" else f" It is {note}."
                    for note in known["notes"])  # fmt: skip
    if before is None or scene.origin is None:
        return [Strong("A problem of your own"), f": κ {_said(known['condition'])}.{notes}"]
    done = changes(scene.subject.problems.task, x, before.x)
    listed = "; ".join(_change(one, x, before.x) for one in done[:LISTED])
    more = f" and {len(done) - LISTED} more" if len(done) > LISTED else ""
    share = 100 * (known["relative_change"] or 0.0)
    return [
        Strong(f"Problem {problem}, {counted(len(done), 'entry', 'entries')} changed"),
        f": {listed}{more} · ‖Δx‖ {number(share, '.2g')} % of ‖x‖ · κ"
        f" {_said(known['condition_before'])} → {_said(known['condition'])}.{notes}",
    ]


def _change(one: Mapping[str, Any], x: np.ndarray, before: np.ndarray) -> str:
    part, row, col = one.get("part", 0), one["row"], one["col"]
    name = f"x[{row}, {col}]" + (f" of summand {part + 1}" if part else "")
    if "observed" in one:
        return f"{name} {'shown' if one['observed'] else 'hidden'}"
    old, new = (number(float(m[part, row, col]), ".3g") for m in (before, x))
    return f"{name} {old} → {new}"


@dataclass(frozen=True)
class _Moved:
    """How far the answer moved, rms and at most; errors before and now, and of the best rival.

    Args:
        rms: over the entries.
        largest: of an entry.
        rounding: what rounding alone can do to an entry.
        errors: MSE.
        trivial: that of the best trivial predictor.
    """

    rms: float
    largest: float
    rounding: float
    errors: tuple[float, float]
    trivial: tuple[float, float]

    @property
    def words(self) -> list[Any]:
        """In a sentence."""
        if self.largest <= self.rounding:
            return [
                f"No entry of the answer moves by more than {number(self.largest, '.1g')}, which"
                f" rounding in the sampler alone can do ({number(self.rounding, '.2g')} in walks of"
                " the bundled model): no visible effect."
            ]
        said = [f"The answer moves by {number(self.rms, '.2g')} (rms)"]
        if np.isfinite(self.errors).all():
            old, new = (number(e, ".3g") for e in self.errors)
            said.append(f"; its MSE {old} → {new}")
        if np.isfinite(self.trivial).all():
            old, new = (number(e, ".3g") for e in self.trivial)
            said.append(f", that of the best trivial predictor {old} → {new}")
        return [*said, "."]


def _moved(task: str, there: xr.Dataset, walked: xr.Dataset, before: Origin) -> _Moved:
    assert before.descent is not None  # looked at by the caller
    answers = [a["answer"].sel(level=0).values.astype(float) for a in (before.descent, walked)]
    truths = [p["y_true"].values for p in (before.properties, there)]
    errors = [float(((a - y) ** 2).mean()) for a, y in zip(answers, truths, strict=True)]
    trivial = [_least(p) for p in (before.properties, there)]
    apart = answers[1] - answers[0]
    return _Moved(
        float(np.sqrt((apart**2).mean())), float(np.abs(apart).max()), ROUNDING.get(task, 0.0),
        (errors[0], errors[1]), (trivial[0], trivial[1]),
    )  # fmt: skip


def _least(properties: xr.Dataset) -> float:
    values = properties["baseline_mse"].values
    return float(values[np.isfinite(values)].min()) if np.isfinite(values).any() else float("nan")


def _compared(task: str, name: str) -> str:
    """What a compared value is called; the smallest one is an eigenvalue for inverse."""
    return "smallest eigenvalue" if (task, name) == (INVERSE, "smallest") else COMPARED[name]


def _range(task: str, known: Mapping[str, Any]) -> list[Any]:
    """How many of its values lie where 98 % of training problems have theirs."""
    told = [one for one in known["range"] if one["inside"] is not None]
    if not told:
        return ["No training problems of this size are known to compare it with."]
    outside = [one for one in told if not one["inside"]]
    named = "; ".join(
        f"{_compared(task, one['name'])} {_said(one['value'])}"
        f" (training {_said(one['low'])} … {_said(one['high'])})"
        for one in outside
    )
    inside = (
        f"{len(told) - len(outside)} of {len(told)} values lie within 98 % of training problems"
    )
    return [f"{inside}; outside: {named}." if outside else f"{inside}."]


def _said(value: Any) -> str:
    return number(float(value), ".3g") if value is not None else "–"


def _numbers(known: Mapping[str, Any], moved: _Moved | None) -> xr.Dataset:
    rows = known["range"]
    table = {
        name: ("value_of", np.array([_float(one[name]) for one in rows]), {"long_name": words})
        for name, words in (
            ("value", "value of this problem"),
            ("low", "1 % quantile of training problems"),
            ("high", "99 % quantile of training problems"),
        )
    }
    data: dict[str, Any] = dict(table)
    for name in ("condition", "condition_before", "changed", "relative_change"):
        data[name] = ((), _float(known[name]), {"long_name": name.replace("_", " ")})
    if moved is not None:
        data["answer_moved"] = (
            (),
            moved.rms,
            {"long_name": "rms of the change of ŷ", "units": "y"},
        )
        largest = {"long_name": "largest change of an entry of ŷ", "units": "y"}
        data["answer_moved_most"] = ((), moved.largest, largest)
        for name, pair in (("mse", moved.errors), ("trivial_mse", moved.trivial)):
            data[name] = ("when", np.array(pair), {"long_name": name.replace("_", " ")})
    coords = {"value_of": [one["name"] for one in rows]} | (
        {"when": ["before", "now"]} if moved is not None else {}
    )
    return xr.Dataset(data, coords)


def _float(value: Any) -> float:
    return float("nan") if value is None else float(value)
