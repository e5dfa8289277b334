"""Ratios of mean attributions beside those of the entries' size; agreement of the methods."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from app.geometry.attribution import Ratio
from app.shared.drawing import colours
from app.shared.drawing.levels import LINE_LEGEND, Layout, Levels, Trace, axis
from app.shared.drawing.ticks import log_axis
from ired_interp_core.spelling import number

CONTROLS = (("size", "line-ns-open", 16), ("untrained", "diamond-open", 9))
"""Control → its mark."""


def figure(rows: Sequence[Ratio], size: str, grouping: str, ink: str, accent: str) -> Levels:
    """Draw medians with their intervals; the controls stand beside them in grey.

    Args:
        rows: from above.
        size: name of the size that is the first control.
        grouping: whose rows are ringed.
        ink: of whiskers and of the line of equality.
        accent: of the rings.

    Returns:
        The figure; its marks tell the grouping of their row.
    """
    names = {"value": "attribution", "size": size, "untrained": "untrained network"}
    there = [one for one in CONTROLS
             if any(np.isfinite(row.middles[one[0]].value[0]) for row in rows)]  # fmt: skip
    marks = [_controls(rows, names, *one) for one in there] + [_values(rows, names, ink)]
    known = np.concatenate([np.asarray(trace["x"], float) for trace in marks])
    known = known[np.isfinite(known) & (known > 0)]
    ends = (float(known.min(initial=1.0)) / 1.35, float(known.max(initial=1.0)) * 1.35)
    ring: Trace = {
        "type": "scatter", "mode": "markers", "hoverinfo": "skip", "showlegend": False,
        "x": [one.middles["value"].value[0] for one in rows if one.group == grouping],
        "y": [k for k, one in enumerate(rows) if one.group == grouping],
        "marker": {"symbol": "circle-open", "size": 17, "color": accent, "line": {"width": 2}},
    }  # fmt: skip
    layout: Layout = {
        "margin": {"l": 140, "r": 16, "t": 26, "b": 36},
        "xaxis": axis("mean per entry over mean per entry [1]", **log_axis(np.array(ends), most=6),
                      zeroline=False, range=np.log10(ends).tolist()),
        "yaxis": axis(range=[len(rows) - 0.4, -0.6], tickvals=list(range(len(rows))),
                      ticktext=[one.name for one in rows], showgrid=False, zeroline=False),
        "legend": LINE_LEGEND,
        "hovermode": "closest",
        "shapes": [{"type": "line", "x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1,
                    "line": {"color": ink, "width": 1, "dash": "dot"}}],
    }  # fmt: skip
    return Levels(layout, shared=[*marks, ring])


def _told(one: Ratio, names: dict[str, str]) -> str:
    m = one.middles["value"]
    ends = f" [{number(m.low[0])}, {number(m.high[0])}]" if np.isfinite(m.low[0]) else ""
    beside = []
    for name, *_ in CONTROLS:
        value = one.middles[name].value[0]
        words = "untrained" if name == "untrained" else "size"
        known = np.isfinite(value)
        beside.append(f"{names[name]} {number(value)}" if known else f"no {words} control")
    return f"{one.name}: {number(m.value[0])}{ends}<br>{', '.join(beside)}<br>click: this grouping"


def _values(rows: Sequence[Ratio], names: dict[str, str], ink: str) -> Trace:
    value, low, high = (np.array([getattr(one.middles["value"], end)[0] for one in rows])
                        for end in ("value", "low", "high"))  # fmt: skip
    return {
        "type": "scatter", "mode": "markers", "name": names["value"], "x": value,
        "y": list(range(len(rows))),
        "marker": {"size": 10, "color": colours.FIRST},
        "error_x": {"type": "data", "symmetric": False, "width": 0, "thickness": 1.6, "color": ink,
                    "array": np.nan_to_num(high - value),
                    "arrayminus": np.nan_to_num(value - low)},
        "customdata": [[one.group] for one in rows],
        "hovertext": [_told(one, names) for one in rows],
        "hovertemplate": "%{hovertext}<extra></extra>", "cliponaxis": False,
    }  # fmt: skip


def _controls(
    rows: Sequence[Ratio], names: dict[str, str], control: str, symbol: str, size: int
) -> Trace:
    values = [one.middles[control].value[0] for one in rows]
    return {
        "type": "scatter", "mode": "markers", "name": names[control], "x": values,
        "y": list(range(len(rows))),
        "marker": {"symbol": symbol, "size": size, "color": colours.BASELINE,
                   "line": {"width": 2, "color": colours.BASELINE}},
        "hovertemplate": f"{names[control]}: %{{x:.3g}}<extra></extra>", "cliponaxis": False,
    }  # fmt: skip


def agreement(
    rho: Float[np.ndarray, "M M"], approaches: Sequence[str], names: Sequence[str]
) -> Levels:
    """Draw Spearman's ρ between the methods, with its numbers.

    Args:
        rho: medians over problems.
        approaches: ids, which the cells tell.
        names: of the same methods.

    Returns:
        The figure.
    """
    cells: Trace = {
        "type": "heatmap", "x": list(names), "y": list(names), "z": rho.astype(np.float32),
        "zmin": -1, "zmax": 1, "colorscale": colours.SIGNED, "showscale": False, "xgap": 2,
        "ygap": 2, "text": [[number(v, ".2f") for v in row] for row in rho],
        "texttemplate": "%{text}", "textfont": {"size": 11},
        "customdata": [[[one] for _ in approaches] for one in approaches],
        "hovertemplate": "%{y} ~ %{x}: %{text}<br>click: %{y} on Landscape<extra></extra>",
    }  # fmt: skip
    layout: Layout = {
        "margin": {"l": 76, "r": 8, "t": 8, "b": 24},
        "xaxis": axis(showgrid=False, zeroline=False, type="category", tickangle=0,
                      tickvals=list(names), ticktext=[name[:6] for name in names]),
        "yaxis": axis(showgrid=False, zeroline=False, type="category", autorange="reversed"),
        "hovermode": "closest",
    }  # fmt: skip
    return Levels(layout, shared=[cells])
