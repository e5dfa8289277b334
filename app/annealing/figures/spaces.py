"""Alignment of the stiff and soft directions with named subspaces, small maps side by side."""

from collections.abc import Sequence

import plotly.graph_objects as go

from app.shared.drawing.by_level import Look, Row, compare, legend, level_axis, points, ring

NAMES = {
    "symmetric": "symmetric",
    "antisymmetric": "antisym.",
    "diagonal": "diagonal",
    "trace": "trace",
    "observed": "observed",
    "unobserved": "unobserved",
    "tangent": "tangent",
    "normal": "normal",
    "singular_frame": "uᵢvᵢᵀ frame",
}
"""Short names of the subspaces."""

ENDS = {"top": "stiff", "bottom": "soft"}


def figure(columns: Sequence[str], rows: Sequence[Sequence[Row]], look: Look) -> go.Figure:
    """Draw one small map for each end and each column; all shares, 0 … 1.

    Args:
        columns: headings.
        rows: for each end, one row of numbers for each column.
        look: shared.

    Returns:
        The figure; a click on a marker gives customdata [level, per cent, group, position, …],
        the position counting row by row.
    """
    drawn = go.Figure()
    wide = len(columns)
    layout: dict[str, object] = {}
    notes: list[dict[str, object]] = []
    for i, end in enumerate(rows):
        for j, row in enumerate(end):
            index = i * wide + j
            n = "" if index == 0 else str(index + 1)
            axes = {"xaxis": f"x{n}", "yaxis": f"y{n}"}
            traces = [*points(row, index, look, compact=True), *compare(row, look)]
            traces.append(ring(row, look))
            drawn.add_traces([t.update(**axes) for t in traces if t is not None])
            last = i == len(rows) - 1
            layout[f"xaxis{n}"] = {
                **level_axis(last, (9, 5, 0), title=False),
                "domain": [j / wide, (j + 1) / wide - 0.012],
                "anchor": f"y{n}",
            }
            each = 1 / len(rows)
            layout[f"yaxis{n}"] = {
                "domain": [1 - (i + 1) * each + 0.03, 1 - i * each - 0.03],
                "anchor": f"x{n}",
                "range": [-0.04, 1.04],
                "tickvals": [0, 0.5, 1],
                "showticklabels": j == 0,
                "ticklen": 3 if j == 0 else 0,
                "automargin": False,
                "fixedrange": True,
            }
            if j == 0:
                title = {"text": row.label, "standoff": 4, "font": {"size": 11}}
                layout[f"yaxis{n}"]["title"] = title
            if i == 0:
                notes.append(
                    {
                        "x": (j + 0.5) / wide - 0.006, "xref": "paper", "xanchor": "center",
                        "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
                        "text": columns[j], "font": {"size": 11, "color": look.text},
                    }
                )  # fmt: skip
    drawn.add_traces(legend(look))
    many = len(look.names) > 1
    drawn.update_layout(
        template=look.template,
        margin={"l": 46, "r": 4, "t": 40 if many else 20, "b": 24},
        legend={"y": 1.08} if many else {},
        annotations=notes,
        clickmode="event+select",
        dragmode=False,
        hovermode="closest",
        **layout,
    )
    return drawn
