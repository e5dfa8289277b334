"""What a figure hands over: traces for every level in the order of inference, a table, a sentence.

The page and a download draw the same `Levels`: the page sends them whole to the browser, where one
level control picks among them; a download asks `figure` for one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

LEVEL_ORDER = tuple(range(9, -1, -1))
"""Levels as inference walks them, smoothest first; every per-level list is in this order."""

Trace = dict[str, Any]
Layout = dict[str, Any]

SMALL, TINY = 12, 11
"""Font sizes of axis titles and of tick labels."""

TOP_LEGEND: Layout = {
    "orientation": "h",
    "x": 0,
    "y": 1.0,
    "yanchor": "bottom",
    "font": {"size": TINY},
    "itemsizing": "constant",
    "itemwidth": 30,
}

LINE_LEGEND: Layout = {**TOP_LEGEND, "itemsizing": "trace"}
"""The same for lines that are told apart by their dashes, too."""


def axis(title: str = "", **rest: Any) -> Layout:
    """An axis in the panels' type size, with a title unless that is empty."""
    head = {"title": {"text": title, "standoff": 4, "font": {"size": SMALL}}} if title else {}
    # Fixed margins: with automatic ones the browser lays every figure out twice at each level.
    return {"automargin": False, "tickfont": {"size": TINY}, "ticklen": 3, **head, **rest}


def named(names: Sequence[str], click: str = "") -> Trace:
    """The field `meta` of a trace whose points have names: those of one are lit together.

    Args:
        names: of each point; "" for none.
        click: "jump" or "leap" where a click on a point leads to its level.

    Returns:
        What the browser reads.
    """
    return {"names": list(names), "click": click}


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
    """A level as an index for plain text, e.g. "₃"."""
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(level))


@dataclass(frozen=True)
class Levels:
    """A figure at all ten levels; of one without levels only what is common to them.

    Args:
        layout: Plotly layout common to all levels.
        shared: traces that do not depend on the level.
        levels: traces of each level, in `LEVEL_ORDER`; empty if nothing depends on it.
        layouts: what each level changes in the layout; empty if nothing.
        hover: what the browser draws at the pointer, such as small matrices; None for tooltips.
    """

    layout: Layout
    shared: Sequence[Trace] = ()
    levels: Sequence[Sequence[Trace]] = ()
    layouts: Sequence[Layout] = ()
    hover: Mapping[str, Any] | None = None


def levels_of(plain: go.Figure) -> Levels:
    """A Plotly figure as one without levels; the page brings the template of its ground."""
    described = plain.to_plotly_json()
    layout = {name: value for name, value in described["layout"].items() if name != "template"}
    return Levels(layout, described["data"])


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
        label: what the numbers are, with the symbol; stands in the first column. One per level
            where the row stands for something else at each; "" at those that have no such row.
        help: one sentence for a reader, with unit and frame.
        cells: one cell, or one per level, for each further column; none where the row heads those
            under it.
        id: what a click on the row tells, or one per level; the label where left out.
        chosen: the row that the rest of the page speaks of, or one per level.
        name: points and rows of one name are lit together in all panels; or one per level.
    """

    label: str | Sequence[str]
    help: str
    cells: Sequence[Cell | Sequence[Cell]]
    id: str | int | Sequence[int] = ""
    chosen: bool | Sequence[bool] = False
    name: str | Sequence[str] = ""


@dataclass(frozen=True)
class Column:
    """A column of a `Table`.

    Args:
        text: its head.
        help: one sentence for a reader.
        mark: stands out, e.g. because it is the chosen place.
        id: what a click on the head or a cell tells; the text where left out.
        align: "left" for words; "right" keeps digits under each other.
        sortable: a click on the head is a wish to sort by it.
        sorted: rows stand in this order: "up", "down" or neither.
        pinned: stays at the left edge while the rest scrolls; the first column always does.
        prose: sentences, which take the width that is left, on as many lines as they need; for
            tables of a few rows.
    """

    text: str
    help: str = ""
    mark: bool = False
    id: str = ""
    align: Literal["left", "right"] = "right"
    sortable: bool = False
    sorted: Literal["", "up", "down"] = ""
    pinned: bool = False
    prose: bool = False


@dataclass(frozen=True)
class Table:
    """Numbers in rows and columns, of all levels or of each; the first column heads the rows.

    Args:
        columns: heads, the first one above the row labels.
        rows: the numbers as texts.
        link: beginning of the addresses of its `Linked` cells.
        dense: rows stand close together, so that the table is seen whole beside a figure.
        tall: cells may have several lines, smaller from the second on; for a handful of rows.
    """

    columns: Sequence[Column]
    rows: Sequence[Row]
    link: str = ""
    dense: bool = False
    tall: bool = False


@dataclass(frozen=True)
class Strong:
    """A part of a sentence that stands out, such as its number."""

    b: str


@dataclass(frozen=True)
class Chip:
    """A hypothesis and its verdict in words.

    Args:
        text: e.g. "1.1 does not hold".
        state: what the chip looks like.
    """

    text: str
    state: Literal["holds", "not", "undecided", "unmeasured"]


Line = Sequence[str | Strong]


@dataclass(frozen=True)
class Sentence:
    """The headline of a sheet, filled from its numbers.

    Args:
        lines: one or two; of each its parts, once or for each level.
        chips: verdicts before it.
        small: in the size of notes, on a card.
    """

    lines: Sequence[Sequence[Line]]
    chips: Sequence[Chip] = ()
    small: bool = False


def merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one nested dict over another: `base` is kept where `change` says nothing."""
    result = dict(base)
    for key, value in change.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merge(old, value) if both else value
    return result


def figure(drawn: Levels, level: int, template: Any = None) -> go.Figure:
    """One level as a figure of its own, for downloads.

    Args:
        drawn: all levels.
        level: t.
        template: Plotly template of the theme.

    Returns:
        What the page shows at this level.
    """
    index = LEVEL_ORDER.index(level)
    own = drawn.levels[index] if drawn.levels else ()
    layout = merge(drawn.layout, drawn.layouts[index] if drawn.layouts else {})
    return go.Figure([*drawn.shared, *_resolved(own)], {"template": template, **layout})
