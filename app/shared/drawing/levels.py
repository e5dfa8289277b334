"""What a figure hands over: described traces for every level, in the order of inference.

The page and a download draw the same `Panel`: the page sends it whole to the browser, where one
level control picks among the levels; a download asks `figure` for one of them.
"""

import base64
import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go

LEVEL_ORDER = tuple(range(9, -1, -1))
"""Levels as inference walks them, smoothest first; every per-level list is in this order."""

Trace = dict[str, Any]
Layout = dict[str, Any]

SMALL, TINY = 11, 10
"""Font sizes of axis titles and of tick labels: these panels stand close together."""

TOP_LEGEND: Layout = {
    "orientation": "h",
    "x": 0,
    "y": 1.0,
    "yanchor": "bottom",
    "font": {"size": TINY},
    "itemsizing": "constant",
    "itemwidth": 30,
}


def axis(title: str = "", **rest: Any) -> Layout:
    """An axis in the panels' type size.

    Args:
        title: its text, with the unit; none if empty.
        rest: anything else Plotly knows about axes.

    Returns:
        The axis.
    """
    head = {"title": {"text": title, "standoff": 4, "font": {"size": SMALL}}} if title else {}
    # Fixed margins: with automatic ones the browser lays every figure out twice at each level.
    return {"automargin": False, "tickfont": {"size": TINY}, "ticklen": 3, **head, **rest}


def same(trace: int, field: str = "z") -> Trace:
    """Stands for an array that another trace of the same level carries, so that it travels once.

    Args:
        trace: position of the other trace in its level's list.
        field: its field.

    Returns:
        What `figure` and the browser resolve.
    """
    return {"same": trace, "field": field}


def _resolved(traces: Sequence[Trace]) -> list[Trace]:
    def value(v: Any) -> Any:
        return traces[v["same"]][v["field"]] if isinstance(v, dict) and "same" in v else v

    return [{k: value(v) for k, v in t.items()} for t in traces]


def subscript(level: int) -> str:
    """A level as an index for plain text.

    Args:
        level: t.

    Returns:
        E.g. "₃".
    """
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(level))


@dataclass(frozen=True)
class Panel:
    """A figure of the level-controlled page.

    Args:
        id: name within the page.
        title: short heading.
        reading: how to read it, with units and frame.
        layout: Plotly layout common to all levels.
        shared: traces that do not depend on the level.
        levels: traces of each level, in `LEVEL_ORDER`; empty if nothing depends on it.
        layouts: what each level changes in the layout; empty if nothing.
        notes: one line beside the title, for all levels or for each.
    """

    id: str
    title: str
    reading: str
    layout: Layout
    shared: Sequence[Trace] = ()
    levels: Sequence[Sequence[Trace]] = ()
    layouts: Sequence[Layout] = ()
    notes: Sequence[str] = ()
    kind: str = field(default="plot", init=False)


@dataclass(frozen=True)
class Linked:
    """A cell that leads somewhere.

    Args:
        to: what is shown as a link; the address is the table's `link` and this.
        text: what stands behind it.
    """

    to: str
    text: str


Cell = str | Linked


@dataclass(frozen=True)
class Row:
    """A row of a `Table`.

    Args:
        label: what the numbers are, with the symbol.
        help: one sentence for a reader, with unit and frame.
        cells: one cell, or one per level, for each column.
    """

    label: str
    help: str
    cells: Sequence[Cell | Sequence[Cell]]


@dataclass(frozen=True)
class Column:
    """A column of a `Table`.

    Args:
        text: its head.
        help: one sentence for a reader.
        mark: stands out, e.g. because it is the chosen place.
    """

    text: str
    help: str = ""
    mark: bool = False


@dataclass(frozen=True)
class Table:
    """Numbers of the current level in rows and columns; the first column heads the rows.

    Args:
        id: name within the page.
        title: short heading.
        reading: how to read it.
        columns: heads, the first one above the row labels.
        rows: the numbers as texts.
        notes: as for `Panel`.
        link: beginning of the addresses of its `Linked` cells.
    """

    id: str
    title: str
    reading: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    link: str = ""
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Missing:
    """Stands where a figure has no data, and says what makes it.

    Args:
        id: name within the page.
        title: heading of the figure that is missing.
        text: what is missing and why.
        command: what to run, "" if nothing would help.
        reading: as for `Panel`.
    """

    id: str
    title: str
    text: str
    command: str = ""
    reading: str = ""
    notes: Sequence[str] = ()
    kind: str = field(default="note", init=False)


AnyPanel = Panel | Table | Missing


def merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one nested dict over another.

    Args:
        base: kept where `change` says nothing.
        change: wins.

    Returns:
        A new dict.
    """
    result = dict(base)
    for key, value in change.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merge(old, value) if both else value
    return result


def figure(panel: Panel, level: int, template: Any = None) -> go.Figure:
    """One level of a panel as a figure of its own, for downloads.

    Args:
        panel: the panel.
        level: t.
        template: Plotly template of the theme.

    Returns:
        What the page shows at this level.
    """
    index = LEVEL_ORDER.index(level)
    own = panel.levels[index] if panel.levels else ()
    layout = merge(panel.layout, panel.layouts[index] if panel.layouts else {})
    note = panel.notes[index] if len(panel.notes) > 1 else "".join(panel.notes)
    title = {"text": f"{panel.title} · t = {level}<br><sub>{note}</sub>"}
    return go.Figure(
        [*panel.shared, *_resolved(own)], {"template": template, "title": title, **layout}
    )


def animated(panel: Panel, template: Any = None) -> go.Figure:
    """All levels of a panel as one figure with a slider, for a page of its own.

    Args:
        panel: the panel.
        template: Plotly template of the theme.

    Returns:
        A figure whose frames are the levels, smoothest first, shown at t = 0.
    """
    shown = figure(panel, LEVEL_ORDER[-1], template)
    frames, steps = [], []
    for level in LEVEL_ORDER:
        one = figure(panel, level)
        frames.append(go.Frame(data=one.data, layout=one.layout, name=str(level)))
        instant = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}}
        steps.append({"label": str(level), "method": "animate", "args": [[str(level)], instant]})
    shown.frames = frames
    slider = {"currentvalue": {"prefix": "level t = "}, "steps": steps, "active": len(steps) - 1}
    shown.update_layout(sliders=[slider], margin={"t": 70, "b": 110, "l": 70, "r": 130})
    return shown


_CODES = {
    "f": {4: "f4", 8: "f8"},
    "i": {1: "i1", 2: "i2", 4: "i4"},
    "u": {1: "u1", 2: "u2", 4: "u4"},
}


def _plain(value: Any) -> Any:
    """Bring a value to what JSON and plotly.js read: typed arrays as base64, NaN as null.

    Returns:
        Dicts, lists, texts, finite numbers, booleans and None.
    """
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in _CODES:
            return value.tolist()
        if value.dtype.kind in "iu" and value.dtype.itemsize == 8:
            value = value.astype(np.int32)  # plotly.js knows no 64-bit integers
        spec = {
            "dtype": _CODES[value.dtype.kind][value.dtype.itemsize],
            "bdata": base64.b64encode(np.ascontiguousarray(value).tobytes()).decode(),
        }
        if value.ndim > 1:
            spec["shape"] = ", ".join(str(n) for n in value.shape)
        return spec
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def to_json(value: Any) -> str:
    """Spell panels for the browser; arrays travel as base64, a tenth of the size of lists.

    Args:
        value: nested dicts and lists of texts, numbers, NumPy arrays and panels.

    Returns:
        JSON without NaN.
    """

    def fields(item: Any) -> Any:
        if isinstance(item, Panel | Table | Missing | Row | Column | Linked):
            return {f.name: fields(getattr(item, f.name)) for f in dataclasses.fields(item)}
        if isinstance(item, list | tuple):
            return [fields(v) for v in item]
        if isinstance(item, Mapping):
            return {k: fields(v) for k, v in item.items()}
        return item

    return json.dumps(_plain(fields(value)), ensure_ascii=False, separators=(",", ":"))
