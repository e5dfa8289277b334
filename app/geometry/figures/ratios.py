"""Ratios of mean attributions beside those of the entries' size; agreement of the methods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from app.geometry.attribution import Ratio
from app.shared.drawing import colours
from app.shared.drawing.levels import LINE_LEGEND, Layout, Levels, Trace, axis
from app.shared.drawing.ticks import log_axis
from ired_interp_core.spelling import number

CONTROLS = (("size", "line-ns-open", 16), ("untrained", "diamond-open", 9))
"""Control → its mark."""
ASIDE = 0.2
"""Between the marks of two sets in a row."""


@dataclass(frozen=True)
class Group:
    """The ratios of one set of problems.

    Args:
        name: in the legend.
        colour: of its marks.
        symbol: likewise.
        rows: by id.
    """

    name: str
    colour: str
    symbol: str
    rows: Mapping[str, Ratio]


def figure(
    groups: Sequence[Group], size: str, grouping: str, ink: str, accent: str
) -> Levels:  # fmt: skip
    """Draw medians with their intervals; the controls stand beside them in grey.

    Args:
        groups: one, or sets side by side with the same rows.
        size: name of the size that is the first control.
        grouping: whose rows are ringed.
        ink: of whiskers and of the line of equality.
        accent: of the rings.

    Returns:
        The figure; its marks tell the grouping of their row.
    """
    names = {"size": size, "untrained": "untrained network"}
    rows = list(groups[0].rows.values())
    places = {id_: k for k, id_ in enumerate(groups[0].rows)}
    marks: list[Trace] = []
    for place, group in enumerate(groups):
        aside = ASIDE * (place - (len(groups) - 1) / 2)
        own = {id_: one for id_, one in group.rows.items() if id_ in places}
        up = [places[id_] + aside for id_ in own]
        for control in CONTROLS:
            marks.append(_controls(list(own.values()), up, names, place == 0, *control))
        marks.append(_values(list(own.values()), up, group, names, ink))
    marks = [trace for trace in marks if np.isfinite(np.asarray(trace["x"], float)).any()]
    known = np.concatenate([np.asarray(trace["x"], float) for trace in marks])
    known = known[np.isfinite(known) & (known > 0)]
    ends = (float(known.min(initial=1.0)) / 1.35, float(known.max(initial=1.0)) * 1.35)
    ring: Trace = {
        "type": "scatter", "mode": "markers", "hoverinfo": "skip", "showlegend": False,
        "x": [x for t in marks if "customdata" in t
              for x, (told,) in zip(t["x"], t["customdata"], strict=True) if told == grouping],
        "y": [y for t in marks if "customdata" in t
              for y, (told,) in zip(t["y"], t["customdata"], strict=True) if told == grouping],
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
    return Levels(layout, shared=[*marks, *([ring] if len(groups) == 1 else [])])


def _told(one: Ratio, names: dict[str, str], whose: str) -> str:
    m = one.middles["value"]
    ends = f" [{number(m.low[0])}, {number(m.high[0])}]" if np.isfinite(m.low[0]) else ""
    beside = []
    for name, *_ in CONTROLS:
        value = one.middles[name].value[0]
        known = np.isfinite(value)
        beside.append(f"{names[name]} {number(value)}" if known else f"no {name} control")
    return (f"{whose} · {one.name}: {number(m.value[0])}{ends}<br>{', '.join(beside)}"
            "<br>click: this grouping")  # fmt: skip


def _values(
    rows: Sequence[Ratio], up: Sequence[float], group: Group, names: dict[str, str], ink: str
) -> Trace:
    value, low, high = (np.array([getattr(one.middles["value"], end)[0] for one in rows])
                        for end in ("value", "low", "high"))  # fmt: skip
    return {
        "type": "scatter", "mode": "markers", "name": group.name, "x": value, "y": list(up),
        "marker": {"size": 10, "color": group.colour, "symbol": group.symbol},
        "error_x": {"type": "data", "symmetric": False, "width": 0, "thickness": 1.6, "color": ink,
                    "array": np.nan_to_num(high - value),
                    "arrayminus": np.nan_to_num(value - low)},
        "customdata": [[one.group] for one in rows],
        "hovertext": [_told(one, names, group.name) for one in rows],
        "hovertemplate": "%{hovertext}<extra></extra>", "cliponaxis": False,
    }  # fmt: skip


def _controls(
    rows: Sequence[Ratio], up: Sequence[float], names: dict[str, str], named: bool, control: str,
    symbol: str, size: int,
) -> Trace:  # fmt: skip
    values = [one.middles[control].value[0] for one in rows]
    return {
        "type": "scatter", "mode": "markers", "name": names[control], "x": values, "y": list(up),
        "showlegend": named,
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
