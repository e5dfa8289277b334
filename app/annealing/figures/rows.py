"""Quantities by level, one above the other: bands over all problems, or a band for each group."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from app.shared.drawing.by_level import Look, Row, compare, legend, level_axis, points, ring
from app.shared.drawing.levels import SMALL
from app.shared.drawing.scatter import ends
from app.shared.drawing.ticks import log_ticks, small_ticks


def stack(rows: Sequence[Row], look: Look) -> go.Figure:
    """Draw quantities over the levels, the first on top; markers carry what `by_level` says."""
    figure = go.Figure()
    gap = 0.07 if len(rows) > 1 else 0.0
    each = (1 - gap * (len(rows) - 1)) / len(rows)
    layout: dict[str, object] = {}
    notes = []
    for i, row in enumerate(rows):
        n = "" if i == 0 else str(i + 1)
        traces = [*compare(row, look), *points(row, i, look), ring(row, look)]
        figure.add_traces([t.update(xaxis="x", yaxis=f"y{n}") for t in traces if t is not None])
        top = 1 - i * (each + gap)
        layout[f"yaxis{n}"] = {
            "domain": [max(0.0, top - each), top],
            **y_axis(row),
        }
        notes += line_names(row, n, look)
    figure.add_traces(legend(look))
    layout["xaxis"] = {**level_axis(True), "anchor": f"y{len(rows) if len(rows) > 1 else ''}"}
    figure.update_layout(
        template=look.template,
        margin={"l": 58, "r": 74 if notes else 12, "t": 22 if len(look.names) > 1 else 8, "b": 36},
        annotations=notes,
        clickmode="event+select",
        dragmode=False,
        hovermode="closest",
        **layout,
    )
    return figure


def y_axis(row: Row) -> dict[str, object]:
    """The axis of a quantity: bands and controls fill it."""
    axis: dict[str, object] = {
        "title": {"text": row.label, "standoff": 4, "font": {"size": SMALL}},
        "ticklen": 3,
        "type": "log" if row.log else "linear",
        "nticks": 5,
        "automargin": False,
    }
    span = row.span or _span(row)
    if span is not None:
        axis["range"] = list(np.log10(span)) if row.log else list(span)
    if row.log:
        axis |= log_ticks(*span) if span is not None else {}
    elif span is not None:
        axis |= small_ticks(*span)
    return axis


def _span(row: Row) -> tuple[float, float] | None:
    every = [row.values.ravel(), *(line.values for line in row.lines)]
    values = np.concatenate(every)
    values = values[np.isfinite(values) & ((values > 0) if row.log else True)]
    if not values.size:
        return None
    if not row.log:
        low, high = ends(values)
        return low, high
    low, high = float(values.min()), float(values.max())
    edge = (high / low) ** 0.06 if high > low else 1.5
    return low / edge, high * edge


def line_names(row: Row, n: str, look: Look) -> list[dict[str, object]]:
    """Names of the controls at the right, those that would overlap left to the hover."""
    span = row.span or _span(row)
    if span is None:
        return []
    place = np.log10 if row.log else np.asarray
    low, high = place(span)
    notes, taken = [], []
    for line in sorted(row.lines, key=lambda a: (not a.chosen, not a.strong)):
        value = line.values[0]
        if not np.isfinite(value) or (row.log and value <= 0):
            continue
        y = float(place(value))
        at = (y - low) / (high - low)
        if not 0 <= at <= 1 or any(abs(at - other) < 0.065 for other in taken):
            continue
        taken.append(at)
        notes.append(
            {
                "x": 1.0, "xref": "paper", "xanchor": "left", "xshift": 3,
                "y": y, "yref": f"y{n}", "yanchor": "middle", "showarrow": False,
                "text": line.name,
                "font": {"size": 11, "color": line.ink(look)},
            }
        )  # fmt: skip
    return notes
